"""Commands of changes of released orders: what one person types, and how it is put in force at last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.audit.service import record
from core.events import publish
from erp.catalogue import queries as catalogue
from erp.catalogue.model import Door
from erp.sales.events import AmountChanged
from erp.sales.model import Amendment, Line, Order
from erp.sales.queries.amendments import amendment
from erp.sales.queries.offer import offer
from erp.sales.queries.orders import SUBJECT, entry
from erp.sales.rules.amending import (
    Amended,
    AmendedMeanwhile,
    DraftLine,
    Edit,
    LineDropped,
    NotAmendable,
    PriceReasonMissing,
    differences,
    edits_data,
    is_idle,
    live,
    next_key,
    read_edits,
)
from erp.sales.rules.orders import DoorUnknown, LineGone, check_due
from erp.sales.rules.pricing import term_data
from erp.sales.rules.states import WITHDRAWABLE, Verb
from erp.sales.service.lines import fill, last_position
from erp.sales.service.orders import lock, put_words
from erp.sales.service.progress import ORDERS, counted


def edit_line(session: Session, order_id: int, key: str | None, edit: Edit, *, by: int, at: datetime) -> str:
    """Keep what a person types for a line of a released order, or for one more; return the line's key.

    Nothing is in force yet; what is as in the order is not kept. Locks the order.
    Raises NotFound, NotAmendable, LineGone, LineDropped, DoorUnknown, PriceReasonMissing.
    """
    typed = _locked(session, order_id, by, at)
    edits = read_edits(typed.edits)
    if edit.entry is None or edit.entry.door_code not in {door.code for door in catalogue.doors(session)}:
        raise DoorUnknown(code=edit.entry.door_code if edit.entry else "")
    if edit.agreed_amount is not None and not edit.agreed_reason.strip():
        raise PriceReasonMissing
    key = next_key(edits) if key is None else key
    if key.isdecimal():
        line, door_code = _own(session, order_id, key)
        if key in edits and edits[key].entry is None:
            raise LineDropped(position=line.position)
        edit = replace(edit, base=live(entry(line, door_code), line.live_count))
        if _is_idle(session, edit):
            edits.pop(key, None)
            _keep(typed, edits, at)
            return key
    elif key not in edits and key != next_key(edits):
        raise LineGone
    _keep(typed, edits | {key: edit}, at)
    return key


def _is_idle(session: Session, edit: Edit) -> bool:
    """Say whether an edit changes nothing of the line that it was typed over."""
    if edit.base is None or edit.entry is None:
        return False
    offered = offer(session)
    return is_idle(replace(edit, entry=offered.with_usual(edit.entry)), offered.with_usual(edit.base))


def drop_line(session: Session, order_id: int, key: str, *, by: int, at: datetime) -> None:
    """Mark a line of a released order as one that shall go; an added one is forgotten. Locks the order.

    Raises NotFound, NotAmendable, LineGone.
    """
    typed = _locked(session, order_id, by, at)
    edits = read_edits(typed.edits)
    if key.isdecimal():
        _own(session, order_id, key)
        _keep(typed, edits | {key: Edit(None)}, at)
        return
    if key not in edits:
        raise LineGone
    _keep(typed, {one: edit for one, edit in edits.items() if one != key}, at)


def restore_line(session: Session, order_id: int, key: str, *, by: int, at: datetime) -> None:
    """Take back what was typed for a line: it stays as it is in force. Locks the order.

    Raises NotFound, NotAmendable.
    """
    typed = _locked(session, order_id, by, at)
    _keep(typed, {one: edit for one, edit in read_edits(typed.edits).items() if one != key}, at)


def discard(session: Session, order_id: int, *, by: int) -> None:
    """Forget what a person typed of a change of an order."""
    session.execute(delete(Amendment).where(Amendment.order_id == order_id, Amendment.person_id == by))


def _locked(session: Session, order_id: int, by: int, at: datetime) -> Amendment:
    """Return a person's change of an order, begun now unless there is one; the order is locked."""
    order = lock(session, order_id)
    if order.state not in WITHDRAWABLE:
        raise NotAmendable(number=order.number, state=order.state)
    typed = amendment(session, order_id, by)
    if typed is None:
        typed = Amendment(order_id=order_id, person_id=by, edits={}, started_at=at, changed_at=at)
        session.add(typed)
    return typed


def _own(session: Session, order_id: int, key: str) -> tuple[Line, str]:
    """Return a line of the order that is still wanted, with the code of its model. Raises LineGone."""
    row = session.execute(
        select(Line, Door.code)
        .join(Door, Door.id == Line.door_id)
        .where(Line.id == int(key), Line.order_id == order_id)
    ).one_or_none()
    if row is None or not row[0].live_count:
        raise LineGone
    return row[0], row[1]


def _keep(typed: Amendment, edits: Mapping[str, Edit], at: datetime) -> None:
    typed.edits, typed.changed_at = edits_data(edits), at


def amend(
    session: Session, order_id: int, asked: Amended, *, by: int | None, at: datetime, on: date
) -> dict[str, int]:
    """Put a change of a released order in force: its lines, prices, total, due day and counts.

    For mes, which looked at what it does to the pieces. Returns the ids of the changed lines by their keys. The
    order is locked by the conditional update that checks it is as it was looked at. `on` is the factory's day.
    Publishes AmountChanged. Raises AmendedMeanwhile, DueInPast, DoorUnknown.
    """
    won = session.scalar(
        update(ORDERS)
        .where(
            ORDERS.c.id == order_id,
            ORDERS.c.version == asked.order_version,
            ORDERS.c.state.in_(WITHDRAWABLE),
        )
        .values(counted(asked.counted, at))
        .returning(ORDERS.c.id)
    )
    order = session.get_one(Order, order_id, populate_existing=True)
    if won is None:
        raise AmendedMeanwhile(number=order.number)
    changes: dict[str, list[Any]] = {"note": ["", asked.said]}
    if asked.due_on != order.due_on:
        check_due(asked.due_on, on)
        changes["due_on"] = [order.due_on, asked.due_on]
        order.due_on = asked.due_on
    if asked.total != order.total_amount:
        changes["total_amount"] = [order.total_amount, asked.total]
        order.total_amount = asked.total
    ids = {}
    for line in asked.lines:
        ids[line.key] = _put_line(session, order, line)
        changes |= _said(line)
    put_words(session, order)
    record(
        session, subject=SUBJECT, subject_id=order_id, verb=Verb.CHANGE.value, by=by, at=at, changes=changes
    )
    publish(session, AmountChanged(order_id, by, at))
    if by is not None:
        discard(session, order_id, by=by)
    return ids


def _put_line(session: Session, order: Order, change: DraftLine) -> int:
    """Bring one line to what was typed; sets that go are counted as cancelled. Returns the line's id."""
    line = session.get(Line, change.line_id) if change.line_id is not None else None
    if change.after is None:
        if line is None:  # added and dropped again: nothing was kept of it
            raise LineGone
        line.cancelled_count = line.set_count
        return line.id
    set_count, cancelled_count = (line.set_count, line.cancelled_count) if line else (0, 0)
    doors = {door.code: door for door in session.scalars(select(Door))}
    if line is None:
        position = last_position(session, order.id) + 1
        line = Line(order_id=order.id, position=position, source={}, touch_count=0)
    fill(line, change.after.entry, doors)
    line.set_count = set_count + max(0, change.more)
    line.cancelled_count = cancelled_count + max(0, -change.more)
    session.add(line)
    line.touch_count += 1
    if change.edit and change.edit.agreed_amount is not None:
        line.agreed_amount, line.agreed_reason = change.edit.agreed_amount, change.edit.agreed_reason.strip()
    elif change.is_new_door:
        line.agreed_amount, line.agreed_reason = None, ""
    price = change.after.price
    line.unit_amount = price.unit_amount if price else None
    line.price_terms = [term_data(one) for one in price.terms] if price else []
    session.flush()  # for its id, and the next position reads the table
    return line.id


def _said(line: DraftLine) -> dict[str, list[Any]]:
    """Return what the history says of one line."""
    if line.before is None or line.after is None:
        pair = [None, line.position] if line.before is None else [line.position, None]
        return {f"{line.position}.line": pair}
    return {
        f"{line.position}.{one.name}": [one.before, one.after]
        for one in differences(line.before.entry, line.after.entry)
    }
