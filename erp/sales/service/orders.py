"""Commands of orders: each changes one order and never commits."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit.service import record
from core.errors import Conflict, NotFound
from core.events import publish
from core.numbers.service import next_number
from core.states import check_step
from core.words import service as words
from erp.parties import queries as parties
from erp.sales.events import OrderCancelled, OrderConfirmed
from erp.sales.model import Line, Order
from erp.sales.queries.offer import offer
from erp.sales.queries.orders import SUBJECT, unready_lines
from erp.sales.rules.orders import DealerUnknown, LinesUnready, OrderEmpty, OrderFrozen, OrderHead
from erp.sales.rules.states import EDITABLE, STEPS, OrderState, Verb

PREFIX = "SO"


def create_order(
    session: Session,
    head: OrderHead,
    *,
    by: int | None,
    at: datetime,
    on: date,
    form_key: str | None = None,
    import_id: int | None = None,
) -> Order:
    """Write a new draft and return it; a form (or a sheet) sent twice gives the first order back.

    `on` is the factory's day, for the number. Raises DealerUnknown.
    """
    try:
        parties.party(session, head.dealer_id)
    except NotFound as wrong:
        raise DealerUnknown(code=head.dealer_id) from wrong
    if (known := _sent_before(session, form_key, import_id)) is not None:
        return known
    order = Order(
        number=next_number(session, PREFIX, on=on),
        dealer_id=head.dealer_id,
        dealer_reference=head.dealer_reference,
        customer=head.customer,
        site=head.site,
        note=head.note,
        due_on=head.due_on,
        state=OrderState.DRAFT,
        form_key=form_key,
        import_id=import_id,
        created_at=at,
        created_by_id=by,
    )
    try:
        with session.begin_nested():
            session.add(order)
    except IntegrityError as wrong:  # the same form, on another connection, a moment earlier
        known = _sent_before(session, form_key, import_id)
        if known is None:
            raise Conflict from wrong
        return known
    put_words(session, order)
    record(session, subject=SUBJECT, subject_id=order.id, verb=Verb.CREATE.value, by=by, at=at)
    return order


def put_words(session: Session, order: Order) -> None:
    """Have the order found by what its head says, and by the rooms of its lines."""
    rooms = session.scalars(select(Line.room).where(Line.order_id == order.id).distinct().order_by(Line.room))
    texts = (order.number, order.dealer_reference, order.customer, order.site, *rooms)
    words.put(session, SUBJECT, order.id, texts)


def _sent_before(session: Session, form_key: str | None, import_id: int | None) -> Order | None:
    if form_key is not None:
        return session.scalar(select(Order).where(Order.form_key == form_key))
    if import_id is not None:
        return session.scalar(select(Order).where(Order.import_id == import_id))
    return None


def lock(session: Session, order_id: int) -> Order:
    """Return the order, locked for this transaction. Raises NotFound."""
    order = session.get(Order, order_id, with_for_update=True, populate_existing=True)
    if order is None:
        raise NotFound
    return order


def lock_editable(session: Session, order_id: int) -> Order:
    """Return the order, locked, while its lines may still be edited. Raises NotFound, OrderFrozen."""
    order = lock(session, order_id)
    if order.state not in EDITABLE:
        raise OrderFrozen(number=order.number, state=order.state)
    return order


def amend_head(
    session: Session, order_id: int, head: OrderHead, *, version: int, by: int | None, at: datetime
) -> Order:
    """Change what the order says as a whole. Locks the order. Raises NotFound, Conflict, OrderFrozen."""
    order = lock_editable(session, order_id)
    if order.version != version:
        raise Conflict
    changes = {}
    for name in ("dealer_id", "dealer_reference", "customer", "site", "note", "due_on"):
        old, new = getattr(order, name), getattr(head, name)
        if old != new:
            changes[name] = [old, new]
            setattr(order, name, new)
    if changes:
        put_words(session, order)
        record(
            session,
            subject=SUBJECT,
            subject_id=order_id,
            verb=Verb.AMEND.value,
            by=by,
            at=at,
            changes=changes,
        )
    return order


def _step(
    session: Session, order: Order, to: OrderState, verb: Verb, note: str, *, by: int | None, at: datetime
) -> None:
    """Move the order one step and write it down."""
    check_step(STEPS, order.number, order.state, to)
    changes: dict[str, list[object]] = {"state": [order.state.value, to.value]}
    if note:
        changes["note"] = ["", note]
    order.state = to
    record(session, subject=SUBJECT, subject_id=order.id, verb=verb.value, by=by, at=at, changes=changes)


def confirm(session: Session, order_id: int, *, by: int | None, at: datetime) -> Order:
    """Agree on the order: every line can be made and nothing is missing. Locks the order.

    Publishes OrderConfirmed. Raises NotFound, StepRefused, OrderEmpty, LinesUnready.
    """
    order = lock(session, order_id)
    check_step(STEPS, order.number, order.state, OrderState.CONFIRMED)
    count = session.scalar(select(func.sum(Line.set_count)).where(Line.order_id == order_id)) or 0
    order.set_count = count
    if not count:
        raise OrderEmpty(number=order.number)
    unready = unready_lines(session, order_id, offer(session))
    if unready:
        raise LinesUnready(number=order.number, lines=[str(position) for position in unready])
    _step(session, order, OrderState.CONFIRMED, Verb.CONFIRM, "", by=by, at=at)
    order.confirmed_at = at
    publish(session, OrderConfirmed(order_id))
    return order


def ask_dealer(session: Session, order_id: int, question: str, *, by: int | None, at: datetime) -> Order:
    """Hold the order until the dealer has answered. Locks the order. Raises NotFound, StepRefused."""
    order = lock(session, order_id)
    _step(session, order, OrderState.QUERY, Verb.ASK, question, by=by, at=at)
    order.confirmed_at = None
    return order


def reopen(session: Session, order_id: int, *, by: int | None, at: datetime) -> Order:
    """Put a confirmed or queried order back to draft. Locks the order. Raises NotFound, StepRefused."""
    order = lock(session, order_id)
    _step(session, order, OrderState.DRAFT, Verb.REOPEN, "", by=by, at=at)
    order.confirmed_at = None
    return order


def cancel(session: Session, order_id: int, reason: str, *, by: int | None, at: datetime) -> Order:
    """Cancel an order that is not released. Locks the order.

    Publishes OrderCancelled. Raises NotFound, StepRefused.
    """
    order = lock(session, order_id)
    _step(session, order, OrderState.CANCELLED, Verb.CANCEL, reason, by=by, at=at)
    publish(session, OrderCancelled(order_id))
    return order
