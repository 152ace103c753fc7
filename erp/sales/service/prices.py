"""Commands of prices: agreed by hand, a discount of the order, quotations; each locks its order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from core.audit.service import record
from core.errors import NotFound
from core.numbers.service import next_number
from core.states import check_step
from erp.pricing.rules.prices import NoBook, tax_of
from erp.sales.model import Line, Order, Quotation
from erp.sales.queries.offer import Offer, offer
from erp.sales.queries.orders import SUBJECT, unready_lines
from erp.sales.queries.prices import asked_of, content, order_price
from erp.sales.rules.orders import LineGone, LinesUnready, OrderEmpty
from erp.sales.rules.pricing import (
    QUOTATION_STEPS,
    LinesUnpriced,
    OrderPrice,
    PriceFrozen,
    QuotationLapsed,
    QuotationOutdated,
    QuotationState,
    ReasonMissing,
    check_rebate,
    check_validity,
)
from erp.sales.rules.states import EDITABLE, Verb
from erp.sales.service.orders import confirm, freeze, lock

PREFIX = "QU"


@dataclass(frozen=True, slots=True)
class Offering:
    """What a quotation is made with: its last day, and the factory's day."""

    valid_to: date
    on: date


def _editable(session: Session, order_id: int) -> Order:
    order = lock(session, order_id)
    if order.state not in EDITABLE:
        raise PriceFrozen(number=order.number, state=order.state)
    return order


def agree_price(
    session: Session,
    order_id: int,
    line_id: int,
    amount: Decimal | None,
    reason: str,
    *,
    by: int | None,
    at: datetime,
) -> Line:
    """Set what one set of a line costs by hand, or go back to the book. Locks the order.

    Raises NotFound, PriceFrozen, LineGone, ReasonMissing.
    """
    _editable(session, order_id)
    line = session.get(Line, line_id)
    if line is None or line.order_id != order_id:
        raise LineGone
    if amount is not None and not reason.strip():
        raise ReasonMissing
    changes: dict[str, list[Any]] = {
        f"{line.position}.price": [line.agreed_amount, amount],
        "note": ["", reason.strip()],
    }
    line.agreed_amount, line.agreed_reason = amount, reason.strip() if amount is not None else ""
    _note(session, order_id, Verb.PRICE, changes, by=by, at=at)
    return line


def give_rebate(
    session: Session, order_id: int, rate: Decimal, reason: str, *, by: int | None, at: datetime
) -> Order:
    """Give the order a discount of its own (a fraction of one). Locks the order.

    Raises NotFound, PriceFrozen, RebateTooLarge, ReasonMissing.
    """
    order = _editable(session, order_id)
    check_rebate(rate)
    if rate and not reason.strip():
        raise ReasonMissing
    changes: dict[str, list[Any]] = {"rebate": [order.rebate_rate, rate], "note": ["", reason.strip()]}
    order.rebate_rate, order.rebate_reason = rate, reason.strip() if rate else ""
    _note(session, order_id, Verb.PRICE, changes, by=by, at=at)
    return order


def quote(session: Session, order_id: int, asked: Offering, *, by: int | None, at: datetime) -> Quotation:
    """Offer an order's lines at today's prices until a day; an offer that is still open is withdrawn.

    Locks the order. Raises NotFound, PriceFrozen, ValidityPast, NoBook, OrderEmpty, LinesUnready, LinesUnpriced.
    """
    order = _editable(session, order_id)
    check_validity(asked.valid_to, asked.on)
    offered = offer(session)
    unready = unready_lines(session, order_id, offered)
    if unready:
        raise LinesUnready(number=order.number, lines=[str(one) for one in unready])
    price = _complete(session, order, offered, asked.on)
    _withdraw_open(session, order_id, at)
    total = price.total
    made = Quotation(
        number=next_number(session, PREFIX, on=asked.on),
        order_id=order_id,
        state=QuotationState.SENT,
        made_on=asked.on,
        valid_to_on=asked.valid_to,
        total_amount=total,
        tax_amount=tax_of(price.tax_rate, total, is_included=price.is_tax_included),
        lines_sha256=asked_of(session, order_id),
        content=content(session, order_id, price, offered),
        created_at=at,
        created_by_id=by,
    )
    session.add(made)
    session.flush()  # the caller goes to it
    _note(session, order_id, Verb.QUOTE, {"quotation": [None, made.number]}, by=by, at=at)
    return made


def _complete(session: Session, order: Order, offered: Offer, on: date) -> OrderPrice:
    price = order_price(session, order, offered, on)
    if price is None:
        raise NoBook(day=on)
    if not price.lines:
        raise OrderEmpty(number=order.number)
    if price.unpriced:
        raise LinesUnpriced(number=order.number, lines=[str(one) for one in price.unpriced])
    return price


def _withdraw_open(session: Session, order_id: int, at: datetime) -> None:
    session.execute(
        update(Quotation)
        .where(Quotation.order_id == order_id, Quotation.state == QuotationState.SENT)
        .values(state=QuotationState.WITHDRAWN, decided_at=at)
    )


def withdraw_quotation(session: Session, quotation_id: int, *, by: int | None, at: datetime) -> Quotation:
    """Take an offer back. Locks the order. Raises NotFound, StepRefused."""
    found = _quotation(session, quotation_id)
    check_step(QUOTATION_STEPS, found.number, found.state, QuotationState.WITHDRAWN)
    found.state, found.decided_at = QuotationState.WITHDRAWN, at
    _note(session, found.order_id, Verb.QUOTE, {"quotation": [found.number, None]}, by=by, at=at)
    return found


def _quotation(session: Session, quotation_id: int) -> Quotation:
    """Return a quotation; its order is locked, so that of two who decide one waits."""
    found = session.get(Quotation, quotation_id)
    if found is None:
        raise NotFound
    lock(session, found.order_id)
    session.refresh(found)
    return found


def accept_quotation(
    session: Session, quotation_id: int, *, on: date, by: int | None, at: datetime
) -> Quotation:
    """Take an offer as agreed: its order is confirmed at these prices. Locks the order.

    Raises NotFound, StepRefused, QuotationLapsed, QuotationOutdated, LinesUnready.
    """
    found = _quotation(session, quotation_id)
    check_step(QUOTATION_STEPS, found.number, found.state, QuotationState.ACCEPTED)
    if found.valid_to_on < on:
        raise QuotationLapsed(number=found.number, day=found.valid_to_on)
    order = lock(session, found.order_id)
    if found.lines_sha256 != asked_of(session, found.order_id):
        raise QuotationOutdated(order=order.number, number=found.number)
    found.state, found.decided_at = QuotationState.ACCEPTED, at
    freeze(session, order, found.content)
    confirm(session, found.order_id, on=on, by=by, at=at)
    return found


def _note(
    session: Session,
    order_id: int,
    verb: Verb,
    changes: dict[str, list[Any]],
    *,
    by: int | None,
    at: datetime,
) -> None:
    record(session, subject=SUBJECT, subject_id=order_id, verb=verb.value, by=by, at=at, changes=changes)
