"""Commands of changes by hand to the sets of a line, until its order is released.

Each locks the order and counts its version up, so that a release that looked before is refused. Each is one touch
of the line. None changes a price.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.audit.service import record
from core.errors import Conflict
from core.i18n import Named
from erp.catalogue import queries as catalogue
from erp.catalogue.rules.by_hand import (
    ADDED,
    EditKind,
    NewPiece,
    Wanted,
    added_values,
    base_of,
    changed_values,
    confirmed_values,
    faults,
    is_stale,
    need_of,
    of_set,
    outline,
    piece_of,
    quantity_values,
    set_sha256,
)
from erp.catalogue.rules.document import Cut
from erp.catalogue.rules.explode import explode
from erp.catalogue.rules.explosion import Explosion
from erp.materials import queries as materials
from erp.sales.model import HandEdit, Line, Order
from erp.sales.queries.hand_edits import edit_of, in_force, line_of
from erp.sales.queries.orders import SUBJECT, entry
from erp.sales.rules.orders import EditGone, SetsFrozenAlready
from erp.sales.rules.states import UNRELEASED, Verb
from erp.sales.service.orders import lock


@dataclass(frozen=True, slots=True)
class Place:
    """Which set of which line is edited, and what the page showed: the order's version, and the set by the rules."""

    line_id: int
    set_position: int  # or ALL_SETS
    version: int
    seen_sha256: str  # rules.by_hand.set_sha256


@dataclass(frozen=True, slots=True)
class _Held:
    """A locked order and the set that is edited, as the rules make it."""

    order: Order
    line: Line
    position: int
    made: Explosion


def change_piece(
    session: Session, place: Place, code: str, wanted: Wanted, reason: str, *, by: int, at: datetime
) -> HandEdit:
    """Make a piece of the rules otherwise; of another sheet it has that sheet's thickness unless it is told another.

    Raises NotFound, Conflict, SetsFrozenAlready, PieceUnknown, and what rules.by_hand.changed_values raises.
    """
    held = _hold(session, place)
    piece = piece_of(held.made, code)
    new = materials.by_code(session).get(wanted.material_code)
    follows = piece.cut is Cut.SHEET and wanted.thickness_mm == piece.thickness_mm
    if follows and new is not None and new.code != piece.material_code and new.thickness_mm is not None:
        wanted = replace(wanted, thickness_mm=new.thickness_mm)
    values = changed_values(piece, wanted, materials.kinds(session))
    name = Named(piece.name, piece.name_en)
    return _put(session, held, EditKind.CHANGE, code, name, values, reason, by=by, at=at)


def leave_out(session: Session, place: Place, code: str, reason: str, *, by: int, at: datetime) -> HandEdit:
    """Make a set without a piece, and without what is built into it.

    Raises NotFound, Conflict, SetsFrozenAlready, PieceUnknown.
    """
    held = _hold(session, place)
    piece = piece_of(held.made, code)
    name = Named(piece.name, piece.name_en)
    return _put(session, held, EditKind.LEAVE_OUT, code, name, {}, reason, by=by, at=at)


def add_piece(
    session: Session, place: Place, new: NewPiece, reason: str, *, by: int, at: datetime
) -> HandEdit:
    """Make a set with a piece that no rule makes.

    Raises NotFound, Conflict, SetsFrozenAlready, and what rules.by_hand.added_values raises.
    """
    held = _hold(session, place)
    values = added_values(new, held.made, materials.kinds(session))
    added = select(func.count()).where(HandEdit.line_id == held.line.id, HandEdit.kind == EditKind.ADD)
    code = f"{ADDED}{(session.scalar(added) or 0) + 1}"
    name = Named(new.name, new.name_en)
    return _put(session, held, EditKind.ADD, code, name, values, reason, by=by, at=at)


def change_need(
    session: Session, place: Place, code: str, quantity: Decimal, reason: str, *, by: int, at: datetime
) -> HandEdit:
    """Let a set need another quantity of hardware, band, glue; 0 leaves it out.

    Raises NotFound, Conflict, SetsFrozenAlready, PieceUnknown, QuantityImplausible, NothingEdited.
    """
    held = _hold(session, place)
    need = need_of(held.made, code)
    values = quantity_values(need, quantity)
    name = Named(need.name, need.name_en)
    return _put(session, held, EditKind.QUANTITY, code, name, values, reason, by=by, at=at)


def confirm_edit(
    session: Session, edit_id: int, version: int, seen_sha256: str, *, by: int, at: datetime
) -> HandEdit:
    """Let a stale change by hand count on what the rules make now.

    Raises NotFound, Conflict, SetsFrozenAlready, EditGone, PieceUnknown, and what its making raises.
    """
    old, order, line = _edit(session, edit_id, version)
    held = _Held(order, line, old.set_position, _made(session, line, seen_sha256))
    values = confirmed_values(held.made, edit_of(old), materials.kinds(session))
    name = Named(old.name, old.name_en)
    return _put(session, held, old.kind, old.code, name, values, old.reason, by=by, at=at)


def drop_edit(session: Session, edit_id: int, version: int, *, by: int, at: datetime) -> None:
    """Let the rules count again where a hand was.

    Raises NotFound, Conflict, SetsFrozenAlready, EditGone.
    """
    edit, order, line = _edit(session, edit_id, version)
    edit.dropped_at, edit.dropped_by_id = at, by
    changes = {_what(line, edit): [outline({**edit.base, **edit.values}), outline(edit.base)]}
    _touch(session, order, line, Verb.DROP_EDIT, changes, by=by, at=at)


def end_edits(session: Session, edit_ids: Collection[int], *, by: int | None, at: datetime) -> None:
    """End changes by hand that do not fit a line that was changed after its release."""
    session.execute(
        update(HandEdit)
        .where(HandEdit.id.in_(edit_ids), HandEdit.dropped_at.is_(None))
        .values(dropped_at=at, dropped_by_id=by)
        .execution_options(synchronize_session=False)
    )


def _lock(session: Session, order_id: int, version: int) -> Order:
    """Return the order as the page showed it, locked. Raises NotFound, Conflict, SetsFrozenAlready."""
    order = lock(session, order_id)
    if order.state not in UNRELEASED:
        raise SetsFrozenAlready(number=order.number, state=order.state)
    if order.version != version:
        raise Conflict
    return order


def _hold(session: Session, place: Place) -> _Held:
    """Lock the order and split the line. Raises NotFound, Conflict, SetsFrozenAlready, and a line's first refusal."""
    line = line_of(session, place.line_id, place.set_position)
    order = _lock(session, line.order_id, place.version)
    return _Held(order, line, place.set_position, _made(session, line, place.seen_sha256))


def _made(session: Session, line: Line, seen_sha256: str) -> Explosion:
    """Return a set of a line as the rules make it, the same that was seen. Raises Conflict, the first refusal."""
    session.refresh(line)  # it was read before its order was locked
    door = catalogue.door(session, line.door_id)
    document = catalogue.document(catalogue.current_version(session, line.door_id))
    made = explode(document, entry(line, door.code).spec, materials.stock_lengths(session))
    if set_sha256(made) != seen_sha256:
        raise Conflict
    return made


def _edit(session: Session, edit_id: int, version: int) -> tuple[HandEdit, Order, Line]:
    """Return a change by hand in force, its order locked. Raises EditGone, NotFound, Conflict, SetsFrozenAlready."""
    edit = session.get(HandEdit, edit_id)
    if edit is None:
        raise EditGone
    line = session.get_one(Line, edit.line_id)
    order = _lock(session, line.order_id, version)
    if edit.dropped_at is not None:
        raise EditGone
    return edit, order, line


def _put(
    session: Session,
    held: _Held,
    kind: EditKind,
    code: str,
    name: Named,
    values: Mapping[str, Any],
    reason: str,
    *,
    by: int,
    at: datetime,
) -> HandEdit:
    """Write a change by hand in the place of the one in force on the same piece. Raises what stands against it."""
    same = select(HandEdit).where(
        *(HandEdit.line_id == held.line.id, HandEdit.set_position == held.position),
        *(HandEdit.code == code, HandEdit.dropped_at.is_(None)),
    )
    for old in session.scalars(same):
        old.dropped_at, old.dropped_by_id = at, by
    session.flush()  # the old one goes before its successor comes: one is in force
    edit = HandEdit(
        line_id=held.line.id,
        set_position=held.position,
        kind=kind,
        code=code,
        name=name.zh,
        name_en=name.en,
        base=base_of(held.made, kind, code),
        values=dict(values),
        reason=reason,
        made_at=at,
        made_by_id=by,
    )
    session.add(edit)
    session.flush()  # what is in force is read below
    _check(session, held)
    was = "" if kind is EditKind.ADD else outline(edit.base)
    now = "—" if kind is EditKind.LEAVE_OUT else outline({**edit.base, **edit.values})
    changes = {_what(held.line, edit): [was, now], "reason": ["", reason]}
    _touch(session, held.order, held.line, Verb.EDIT_SET, changes, by=by, at=at)
    return edit


def _check(session: Session, held: _Held) -> None:
    """Raise the first thing that stands against the set with its edits; what is stale is told by its page."""
    edits = in_force(session, [held.line.id]).get(held.line.id, ())
    fresh = [edit for edit in of_set(edits, held.position) if not is_stale(held.made, edit)]
    wrong = faults(held.made, fresh, materials.stock_lengths(session), materials.kinds(session))
    if wrong:
        raise wrong[0]


def _what(line: Line, edit: HandEdit) -> str:
    """Return how the history names an edit: line, set, piece."""
    return f"{line.position}-{edit.set_position or '*'}.{edit.name}"


def _touch(
    session: Session,
    order: Order,
    line: Line,
    verb: Verb,
    changes: dict[str, list[Any]],
    *,
    by: int,
    at: datetime,
) -> None:
    """Count a hand on the line and a version of the order, and write it into its history."""
    line.touch_count += 1
    session.execute(
        update(Order)
        .where(Order.id == order.id)
        .values(version=Order.version + 1)
        .execution_options(synchronize_session="fetch")
    )
    record(session, subject=SUBJECT, subject_id=order.id, verb=verb.value, by=by, at=at, changes=changes)
