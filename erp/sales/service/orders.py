"""Commands of orders: each changes one order and never commits."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

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
from erp.sales.events import AmountChanged, OrderCancelled, OrderConfirmed
from erp.sales.model import Line, Order
from erp.sales.queries.offer import Offer, offer
from erp.sales.queries.orders import SUBJECT, unready_lines
from erp.sales.queries.prices import content, order_price
from erp.sales.queries.questions import open_count, undecided_count
from erp.sales.rules.orders import (
    DealerUnknown,
    LinesUnready,
    OrderEmpty,
    OrderFrozen,
    OrderHead,
    check_due,
)
from erp.sales.rules.pricing import LinesUnpriced
from erp.sales.rules.questions import About, AnswersUndecided, QuestionsOpen
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

    `on` is the factory's day, for the number and for the due day; a sheet is taken in with the day that stands
    in it, and its order is marked late at once. Raises DealerUnknown, DueInPast.
    """
    try:
        parties.party(session, head.dealer_id)
    except NotFound as wrong:
        raise DealerUnknown(code=head.dealer_id) from wrong
    if (known := _sent_before(session, form_key, import_id)) is not None:
        return known
    if import_id is None:
        check_due(head.due_on, on)
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
    """Have the order found by what its head says, then by the rooms, then by the remarks of its lines."""
    lines = session.execute(select(Line.room, Line.note).where(Line.order_id == order.id)).all()
    rooms, notes = (sorted({one[place] for one in lines}) for place in (0, 1))
    texts = (order.number, order.dealer_reference, order.customer, order.site, *rooms, *notes)
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
    session: Session,
    order_id: int,
    head: OrderHead,
    *,
    version: int,
    by: int | None,
    at: datetime,
    on: date,
) -> Order:
    """Change what the order says as a whole; `on` is the factory's day. Locks the order.

    Publishes AmountChanged where the dealer is another one. Raises NotFound, Conflict, OrderFrozen, DueInPast.
    """
    order = lock_editable(session, order_id)
    if order.version != version:
        raise Conflict
    if head.due_on != order.due_on:
        check_due(head.due_on, on)
    changes = {}
    for name in ("dealer_id", "dealer_reference", "customer", "site", "note", "due_on"):
        old, new = getattr(order, name), getattr(head, name)
        if old != new:
            changes[name] = [old, new]
            setattr(order, name, new)
    if "dealer_id" in changes:
        publish(session, AmountChanged(order_id, by, at))
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


def set_due(
    session: Session, order_id: int, due_on: date, *, version: int, by: int | None, at: datetime, on: date
) -> Order:
    """Promise an order that is not released for a day; `on` is the factory's day. Locks the order.

    Raises NotFound, Conflict, OrderFrozen, DueInPast.
    """
    order = lock(session, order_id)
    if order.version != version:
        raise Conflict
    if order.state not in EDITABLE and order.state is not OrderState.CONFIRMED:
        raise OrderFrozen(number=order.number, state=order.state)
    check_due(due_on, on)
    changes: dict[str, list[object]] = {"due_on": [order.due_on, due_on]}
    order.due_on = due_on
    record(
        session, subject=SUBJECT, subject_id=order_id, verb=Verb.AMEND.value, by=by, at=at, changes=changes
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


def confirm(session: Session, order_id: int, *, on: date, by: int | None, at: datetime) -> Order:
    """Agree on the order: every line can be made, nothing is missing, and its prices stand from now on.

    `on` is the factory's day, which decides the price book. Where there is no price book at all, orders have no
    prices. Locks the order. Publishes OrderConfirmed, AmountChanged. Raises NotFound, StepRefused,
    OrderEmpty, LinesUnready, LinesUnpriced, QuestionsOpen, AnswersUndecided.
    """
    order = lock(session, order_id)
    check_step(STEPS, order.number, order.state, OrderState.CONFIRMED)
    check_answered(session, About(order_id=order_id), order.number)
    count = session.scalar(select(func.sum(Line.set_count)).where(Line.order_id == order_id)) or 0
    order.set_count = count
    if not count:
        raise OrderEmpty(number=order.number)
    offered = offer(session)
    unready = unready_lines(session, order_id, offered)
    if unready:
        raise LinesUnready(number=order.number, lines=[str(position) for position in unready])
    _agree_prices(session, order, offered, on)
    _step(session, order, OrderState.CONFIRMED, Verb.CONFIRM, "", by=by, at=at)
    order.confirmed_at = at
    publish(session, OrderConfirmed(order_id))
    publish(session, AmountChanged(order_id, by, at))
    return order


def check_answered(session: Session, about: About, name: str) -> None:
    """Raise QuestionsOpen or AnswersUndecided while the dealer, or a clerk, has to say something yet."""
    if (asked := open_count(session, about)) > 0:
        raise QuestionsOpen(number=name, count=asked)
    if (answered := undecided_count(session, about)) > 0:
        raise AnswersUndecided(number=name, count=answered)


def _agree_prices(session: Session, order: Order, offered: Offer, on: date) -> None:
    """Freeze what the order costs today, unless a quotation did so already. Raises LinesUnpriced."""
    price = order_price(session, order, offered, on)
    if price is None or price.is_frozen:
        return
    if price.unpriced:
        raise LinesUnpriced(number=order.number, lines=[str(one) for one in price.unpriced])
    freeze(session, order, content(session, order.id, price, offered))


def freeze(session: Session, order: Order, agreed: dict[str, Any]) -> None:
    """Write the prices that were agreed (rules.pricing) to a locked order and its lines."""
    order.price_book, order.price_level = agreed["book"], agreed["level"]
    order.tax_rate, order.is_tax_included = Decimal(agreed["tax_rate"]), agreed["is_tax_included"]
    order.total_amount = sum((Decimal(one["amount"]) for one in agreed["lines"]), Decimal(0))
    by_position = {one["position"]: one for one in agreed["lines"]}
    for line in session.scalars(select(Line).where(Line.order_id == order.id)):
        one = by_position[line.position]
        line.unit_amount, line.price_terms = Decimal(one["unit_amount"]), one["terms"]


def _thaw(session: Session, order: Order) -> None:
    """Let prices follow the book again, as the lines may be changed."""
    order.confirmed_at = order.total_amount = None
    for line in session.scalars(select(Line).where(Line.order_id == order.id)):
        line.unit_amount, line.price_terms = None, []


def ask_dealer(session: Session, order_id: int, question: str, *, by: int | None, at: datetime) -> Order:
    """Hold the order until the dealer has answered. Locks the order.

    Publishes AmountChanged. Raises NotFound, StepRefused.
    """
    order = lock(session, order_id)
    _step(session, order, OrderState.QUERY, Verb.ASK, question, by=by, at=at)
    _thaw(session, order)
    publish(session, AmountChanged(order_id, by, at))
    return order


def reopen(session: Session, order_id: int, *, by: int | None, at: datetime) -> Order:
    """Put a confirmed or queried order back to draft. Locks the order.

    Publishes AmountChanged. Raises NotFound, StepRefused.
    """
    order = lock(session, order_id)
    _step(session, order, OrderState.DRAFT, Verb.REOPEN, "", by=by, at=at)
    _thaw(session, order)
    publish(session, AmountChanged(order_id, by, at))
    return order


def cancel(session: Session, order_id: int, reason: str, *, by: int | None, at: datetime) -> Order:
    """Cancel an order that is not released. Locks the order.

    Publishes OrderCancelled, AmountChanged. Raises NotFound, StepRefused.
    """
    order = lock(session, order_id)
    _step(session, order, OrderState.CANCELLED, Verb.CANCEL, reason, by=by, at=at)
    publish(session, OrderCancelled(order_id))
    publish(session, AmountChanged(order_id, by, at))
    return order
