"""Commands of order lines. Each locks its order, so that positions and states hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from core.audit.service import record
from core.events import publish
from erp.catalogue import queries as catalogue
from erp.catalogue.model import Door
from erp.sales.events import LineRemoved
from erp.sales.model import HandEdit, Line, Order, Question
from erp.sales.queries.offer import offer
from erp.sales.queries.orders import SUBJECT
from erp.sales.queries.orders import entry as entry_in
from erp.sales.queries.questions import line_values
from erp.sales.rules.orders import DoorUnknown, LineEntry, LineGone, LineMoved
from erp.sales.rules.questions import QuestionState, seen_as
from erp.sales.rules.states import Verb
from erp.sales.service.orders import lock_editable, put_words

FIELDS = (
    "room",
    "door_id",
    "kind",
    "colour_code",
    "dim_basis",
    "width_mm",
    "height_mm",
    "wall_mm",
    "mother_width_mm",
    "handing",
    "options",
    "measures",
    "set_count",
    "note",
)


def add_line(
    session: Session,
    order_id: int,
    entry: LineEntry,
    *,
    by: int | None,
    at: datetime,
    source: dict[str, Any] | None = None,
) -> Line:
    """Add a line at the end. Locks the order. Raises NotFound, OrderFrozen, DoorUnknown."""
    order = lock_editable(session, order_id)
    line = add_lines(session, order, [(entry, source or {}, 1)])[0]  # typing it is one touch
    _record(session, order_id, Verb.ADD_LINE, {"line": [None, line.position]}, by=by, at=at)
    return line


def add_lines(
    session: Session, order: Order, entries: Iterable[tuple[LineEntry, dict[str, Any], int]]
) -> list[Line]:
    """Add lines at the end of an order that the caller has locked. Raises DoorUnknown.

    An entry is the line, the cells it came from, and how often a hand was laid on it.
    """
    doors = {door.code: door for door in catalogue.doors(session)}
    position = last_position(session, order.id)
    lines = []
    for entry, source, touch_count in entries:
        position += 1
        line = Line(order_id=order.id, position=position, source=source, touch_count=touch_count)
        fill(line, entry, doors)
        lines.append(line)
    session.add_all(lines)
    session.flush()  # the caller wants ids and positions
    _settle(session, order)
    return lines


def last_position(session: Session, order_id: int) -> int:
    """Return the position of an order's last line; 0 without one."""
    return (
        session.scalar(select(func.coalesce(func.max(Line.position), 0)).where(Line.order_id == order_id))
        or 0
    )


def fill(line: Line, entry: LineEntry, doors: Mapping[str, Any]) -> None:
    """Write the entry into the row; `doors` are the models by code. Raises DoorUnknown."""
    door = doors.get(entry.door_code)
    if door is None:
        raise DoorUnknown(code=entry.door_code)
    line.door_id, line.kind = door.id, door.kind
    line.room, line.note = entry.room, entry.note
    line.colour_code, line.handing = entry.colour_code, entry.handing
    line.dim_basis = entry.dim_basis
    line.width_mm, line.height_mm, line.wall_mm = entry.width_mm, entry.height_mm, entry.wall_mm
    line.mother_width_mm = entry.mother_width_mm
    line.options = dict(entry.options)
    line.measures = {code: f"{size:f}" for code, size in entry.measures.items()}
    line.set_count = entry.set_count
    if entry.expected_amount is not None:
        line.expected_amount = entry.expected_amount


def _settle(session: Session, order: Order) -> None:
    """Bring what the order says of its lines up to date: its count of sets, the rooms and remarks it is found by."""
    put_words(session, order)
    order.set_count = (
        session.scalar(select(func.coalesce(func.sum(Line.set_count), 0)).where(Line.order_id == order.id))
        or 0
    )


def amend_line(
    session: Session,
    order_id: int,
    line_id: int,
    entry: LineEntry,
    *,
    by: int | None,
    at: datetime,
    seen: str = "",
) -> Line:
    """Change a line; `seen` is the fingerprint of what its form was opened on, where there was a form.

    Locks the order. Raises NotFound, OrderFrozen, LineGone, LineMoved, DoorUnknown.
    """
    order = lock_editable(session, order_id)
    line = _line(session, order_id, line_id)
    code = session.get_one(Door, line.door_id).code
    if seen and seen != seen_as(line_values(line, code)):
        raise LineMoved(position=line.position)
    before = {name: getattr(line, name) for name in FIELDS}
    entry = _as_left(session, entry, entry_in(line, code))
    fill(line, entry, {door.code: door for door in catalogue.doors(session)})
    changes = {
        f"{line.position}.{name}": [before[name], getattr(line, name)]
        for name in FIELDS
        if before[name] != getattr(line, name)
    }
    session.flush()  # the sum below reads the table
    _settle(session, order)
    if changes:
        line.touch_count += 1
        _record(session, order_id, Verb.AMEND_LINE, changes, by=by, at=at)
    return line


def _as_left(session: Session, entry: LineEntry, old: LineEntry) -> LineEntry:
    """Return a line with its choices as they were where they are the same: a form makes all that a model makes."""
    usual = offer(session).with_usual
    is_same = usual(entry).options == usual(old).options
    return replace(entry, options=old.options) if is_same else entry


def copy_line(session: Session, order_id: int, line_id: int, *, by: int | None, at: datetime) -> Line:
    """Repeat a line at the end, for another room. Locks the order.

    Raises NotFound, OrderFrozen, LineGone.
    """
    order = lock_editable(session, order_id)
    old = _line(session, order_id, line_id)
    line = Line(
        order_id=order_id,
        position=last_position(session, order_id) + 1,
        source={},
        touch_count=1,  # repeating it is a touch of its own
        **{name: getattr(old, name) for name in FIELDS if name != "room"},
    )
    session.add(line)
    session.flush()  # the caller goes to the new line
    _settle(session, order)
    _record(session, order_id, Verb.COPY_LINE, {"line": [old.position, line.position]}, by=by, at=at)
    return line


def remove_line(session: Session, order_id: int, line_id: int, *, by: int | None, at: datetime) -> None:
    """Remove a line; the others keep their positions. Locks the order. Publishes LineRemoved.

    Raises NotFound, OrderFrozen, LineGone.
    """
    order = lock_editable(session, order_id)
    line = _line(session, order_id, line_id)
    _record(session, order_id, Verb.REMOVE_LINE, {"line": [line.position, None]}, by=by, at=at)
    _forget_questions(session, line, by=by, at=at)
    publish(session, LineRemoved(line.id))
    session.execute(delete(HandEdit).where(HandEdit.line_id == line.id))  # of no release: it is a draft
    session.delete(line)
    session.flush()  # the sum below reads the table
    _settle(session, order)


def _forget_questions(session: Session, line: Line, *, by: int | None, at: datetime) -> None:
    """Close what is still asked, or to be decided, about a line that goes; its questions stand without it."""
    about_it = update(Question).where(Question.line_id == line.id)
    closed = {"state": QuestionState.CLOSED, "closed_at": at, "closed_by_id": by}
    still = (QuestionState.OPEN, QuestionState.ANSWERED)
    session.execute(about_it.where(Question.state.in_(still)).values(**closed))
    session.execute(about_it.values(line_id=None))


def _line(session: Session, order_id: int, line_id: int) -> Line:
    line = session.get(Line, line_id)
    if line is None or line.order_id != order_id:
        raise LineGone
    return line


def _record(
    session: Session,
    order_id: int,
    verb: Verb,
    changes: dict[str, list[Any]],
    *,
    by: int | None,
    at: datetime,
) -> None:
    record(session, subject=SUBJECT, subject_id=order_id, verb=verb.value, by=by, at=at, changes=changes)
