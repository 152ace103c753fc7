"""Commands of planning: each changes one thing and never commits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.codes import Letter
from core.errors import Conflict, NotFound
from core.numbers.service import next_codes, next_number
from core.states import check_step
from erp.catalogue.rules.document import DoorKind, Finish
from erp.sales.model import Order
from mes.planning import queries
from mes.planning.model import Batch, BatchOrder, CalendarDay, Capacity, Rush
from mes.planning.queries import lots
from mes.planning.rules import BATCHABLE, STEPS, BatchState, NothingChosen, OrderInBatch, OrderNotReleased
from mes.planning.rules.batching import Chosen, ColourLot, RushReasonMissing, check_whole
from mes.planning.rules.capacity import ClassCapacity, DayKind

SUBJECT, ORDER = "mes.planning.batch", "erp.sales.order"
QUEUE = "mes.planning.queue"  # what waits for a batch: a page with panels
CAPACITY, CALENDAR = "mes.planning.capacity", "mes.planning.calendar_day"


def create_batch(
    session: Session,
    order_ids: Collection[int],
    *,
    by: int | None,
    at: datetime,
    on: date | None = None,
    note: str = "",
) -> Batch:
    """Put all colours of some released orders that are in no batch yet together into a new batch.

    `on` is the factory's day, for the number. Locks the orders. Raises NothingChosen, NotFound,
    OrderNotReleased, OrderInBatch.
    """
    orders = _locked(session, order_ids)
    free = lots.waiting(session, order_ids)
    _refuse_taken(session, [order for order in orders if order.id not in {lot.order_id for lot in free}])
    return _made(session, free, by=by, at=at, on=on, note=note)


def accept(
    session: Session,
    chosen: Collection[Chosen],
    *,
    by: int | None,
    at: datetime,
    on: date | None = None,
    note: str = "",
) -> Batch:
    """Make a batch of the colour lots that somebody chose, each as a whole; it is due with the first of them.

    `on` is the factory's day, for the number. Locks the orders. Raises NothingChosen, NotFound, OrderNotReleased,
    OrderInBatch, ColourSplit.
    """
    orders = {order.id: order for order in _locked(session, {one.order_id for one in chosen})}
    free = {(lot.order_id, lot.key.colour): lot for lot in lots.waiting(session, list(orders))}
    taken = []
    for one in chosen:
        lot = free.get((one.order_id, one.colour))
        if lot is None:
            _refuse_taken(session, [orders[one.order_id]], one.colour)
            raise NotFound
        check_whole(lot.number, lot.key.colour_name, lot.set_count, one.set_count)
        taken.append(lot)
    return _made(session, taken, by=by, at=at, on=on, note=note)


def _made(
    session: Session, taken: Sequence[ColourLot], *, by: int | None, at: datetime, on: date | None, note: str
) -> Batch:
    """Write a batch of lots down. Raises OrderInBatch when another writer took one at this moment."""
    batch = Batch(
        number=next_number(session, "BA", on=on or at.date()),
        code=next_codes(session, Letter.BATCH, 1)[0],
        state=BatchState.OPEN,
        due_on=min((lot.due_on for lot in taken if lot.due_on), default=None),
        note=note,
        created_at=at,
        created_by_id=by,
    )
    session.add(batch)
    session.flush()  # for its id
    rows = [{"batch_id": batch.id, "order_id": lot.order_id, "colour_code": lot.key.colour} for lot in taken]
    try:
        with session.begin_nested():
            session.execute(insert(BatchOrder), rows)
    except IntegrityError as wrong:
        raise OrderInBatch(number=taken[0].number, batch="") from wrong
    numbers = [f"{lot.number} {lot.key.colour}".strip() for lot in taken]
    audit.record(
        session,
        subject=SUBJECT,
        subject_id=batch.id,
        verb="create",
        by=by,
        at=at,
        changes={"orders": [None, numbers]},
    )
    return batch


def _locked(session: Session, order_ids: Collection[int]) -> list[Order]:
    """Return the chosen orders, locked, when each may go into a batch."""
    if not order_ids:
        raise NothingChosen
    wanted = select(Order).where(Order.id.in_(order_ids)).order_by(Order.id).with_for_update()
    orders = list(session.scalars(wanted))
    if len(orders) != len(set(order_ids)):
        raise NotFound
    for order in orders:
        if order.state not in BATCHABLE:
            raise OrderNotReleased(number=order.number, state=order.state)
    return orders


def _refuse_taken(session: Session, orders: Sequence[Order], colour: str | None = None) -> None:
    """Raise OrderInBatch when an order, or one colour of it, is in a batch."""
    rows = (
        select(Order.number, Batch.number)
        .join(BatchOrder, BatchOrder.order_id == Order.id)
        .join(Batch, Batch.id == BatchOrder.batch_id)
        .where(Order.id.in_({order.id for order in orders}))
        .order_by(Order.id)
    )
    if colour is not None:
        rows = rows.where(BatchOrder.colour_code == colour)
    taken = session.execute(rows).first()
    if taken is not None:
        raise OrderInBatch(number=taken[0], batch=taken[1])


def put_rush(session: Session, order_id: int, reason: str, *, by: int | None, at: datetime) -> None:
    """Say why an order is wanted before the others. Locks the order. Raises NotFound, RushReasonMissing."""
    order = session.get(Order, order_id, with_for_update=True)
    if order is None:
        raise NotFound
    if not reason.strip():
        raise RushReasonMissing(number=order.number)
    row = session.scalar(select(Rush).where(Rush.order_id == order_id))
    before = None if row is None else row.reason
    if row is None:
        row = Rush(order_id=order_id)
        session.add(row)
    row.reason, row.said_at, row.said_by_id = reason.strip(), at, by
    changes = {"rush": [before, row.reason]}
    audit.record(session, subject=ORDER, subject_id=order_id, verb="rush", by=by, at=at, changes=changes)


def end_rush(session: Session, order_id: int, *, by: int | None, at: datetime) -> None:
    """Take back that an order is wanted before the others; twice is as once."""
    reason = session.scalar(delete(Rush).where(Rush.order_id == order_id).returning(Rush.reason))
    if reason is not None:
        changes = {"rush": [reason, None]}
        audit.record(session, subject=ORDER, subject_id=order_id, verb="rush", by=by, at=at, changes=changes)


def mark_planned(session: Session, batch_id: int) -> bool:
    """Say that an open batch's cut plans are ready; say whether this call did it."""
    done = session.execute(
        update(Batch)
        .where(Batch.id == batch_id, Batch.state == BatchState.OPEN)
        .values(state=BatchState.PLANNED, version=Batch.version + 1)
        .execution_options(synchronize_session=False)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def settle(session: Session, batch_id: int, *, by: int | None, at: datetime) -> None:
    """Say that a batch is done once all its pieces are packed, and that it is not when more came to it.

    Locks the batch: the last two of its packages may be closed at the same moment.
    """
    batch = session.get(Batch, batch_id, with_for_update=True, populate_existing=True)
    if batch is None:
        return
    session.flush()  # what is asked now may have been changed just before
    is_done = bool(session.scalar(select(queries.is_done).select_from(Batch).where(Batch.id == batch_id)))
    wanted = BatchState.DONE if is_done else BatchState.PLANNED
    if (batch.state is BatchState.DONE) is is_done:
        return
    changes = {"state": [batch.state.value, wanted.value]}
    check_step(STEPS, batch.number, batch.state, wanted)
    batch.state = wanted
    audit.record(session, subject=SUBJECT, subject_id=batch_id, verb="settle", by=by, at=at, changes=changes)


def settle_sets(session: Session, set_ids: Collection[int], *, by: int | None, at: datetime) -> None:
    """Settle the batches that some sets are made in. Locks them."""
    for batch_id in queries.batches_of_sets(session, set_ids):
        settle(session, batch_id, by=by, at=at)


def take_up_set(session: Session, set_id: int) -> None:
    """Say that the batch of a set is not done: a piece of it was taken out of its package."""
    session.execute(
        update(Batch)
        .where(Batch.id == queries.batch_of_set(session, set_id), Batch.state == BatchState.DONE)
        .values(state=BatchState.PLANNED, version=Batch.version + 1)
        .execution_options(synchronize_session=False)
    )


def hold_batches(session: Session, order_id: int) -> None:
    """Lock the batches of an order, for a command that locks its pieces and itself next and settles them at its end."""
    of_order = select(BatchOrder.batch_id).where(BatchOrder.order_id == order_id)
    session.execute(select(Batch.id).where(Batch.id.in_(of_order)).order_by(Batch.id).with_for_update()).all()


def settle_order(session: Session, order_id: int, *, by: int | None, at: datetime) -> None:
    """Settle the batches that an order's colours are made in, after it was changed. Locks them."""
    for batch in queries.batches_of_order(session, order_id):
        settle(session, batch.id, by=by, at=at)


def put_capacity(
    session: Session, kind: DoorKind, finish: Finish, capacity: ClassCapacity, *, by: int | None, at: datetime
) -> None:
    """Say how many sets of a class a day makes, from which share on it warns, and how long one takes."""
    wanted = select(Capacity).where(Capacity.kind == kind, Capacity.finish == finish).with_for_update()
    row = session.scalar(wanted)
    if row is None:
        row = Capacity(kind=kind, finish=finish)
    changes = {}
    for name in ("set_count", "warning_rate", "production_days"):
        old, new = getattr(row, name), getattr(capacity, name)
        if old != new:
            changes[name] = [old, new]
            setattr(row, name, new)
    _insert_once(session, row)
    audit.record(session, subject=CAPACITY, subject_id=row.id, verb="put", by=by, at=at, changes=changes)


def _insert_once(session: Session, row: Capacity | CalendarDay) -> None:
    """Write a row of which there is one. Raises Conflict when somebody wrote it at the same moment."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as wrong:
        raise Conflict from wrong


def put_day(session: Session, day: date, kind: DayKind, note: str, *, by: int | None, at: datetime) -> None:
    """Say that a day is worked otherwise than its weekday says; said again, the last word counts."""
    row = session.scalar(select(CalendarDay).where(CalendarDay.day_on == day).with_for_update())
    if row is None:
        row = CalendarDay(day_on=day)
    changes = {"kind": [row.kind and row.kind.value, kind.value]}
    row.kind, row.note = kind, note
    _insert_once(session, row)
    audit.record(session, subject=CALENDAR, subject_id=row.id, verb="put", by=by, at=at, changes=changes)
