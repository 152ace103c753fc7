"""Commands of finance; never commit.

Lock order: orders by id, then receipts by id, then the period, then the series of numbers. What is only added to
needs no lock of its own; a sum is read after the lock that everybody takes who adds to it: the order's for what is
charged and paid, the receipt's for what is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit.service import record
from core.errors import Conflict, NotFound
from core.numbers.service import next_number
from erp.finance import queries
from erp.finance.model import Allocation, Charge, DealerTerms, Period, Receipt, Waiver
from erp.finance.rules import (
    ZERO,
    DayAhead,
    DealerDiffers,
    Gate,
    Method,
    MoreThanLeft,
    MoreThanOpen,
    MoreThanPaid,
    NotADealer,
    NothingToWaive,
    NotToReverse,
    RefundedAlready,
    Terms,
    charge_kind,
    check_amount,
    check_closing,
    check_open,
    check_parts,
    check_reason,
    reopened,
    spread,
)
from erp.parties import queries as parties
from erp.parties.model import Party
from erp.parties.rules import PartyKind
from erp.sales import service as sales
from erp.sales.model import Order
from erp.sales.rules.states import EDITABLE, Verb

PREFIX = "RC"
ORDER, TERMS, RECEIPT = "erp.sales.order", "erp.finance.terms", "erp.finance.receipt"
PERIOD = "erp.finance.period"


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as it is entered. `parts` says what goes to which order; the rest is a prepayment.

    With `is_spread` the dealer's orders are paid instead, the oldest first.
    """

    party_id: int
    amount: Decimal
    received_on: date
    method: Method = Method.TRANSFER
    payer: str = ""
    reference: str = ""
    note: str = ""
    parts: Mapping[int, Decimal] = field(default_factory=dict)
    is_spread: bool = False
    form_key: str | None = None


# --- terms --------------------------------------------------------------------


def put_terms(session: Session, party_id: int, terms: Terms, *, by: int | None, at: datetime) -> None:
    """Agree on terms with a dealer; `terms.version` is the one that was seen. Raises NotFound, NotADealer, Conflict."""
    _dealer(session, party_id)
    found = session.scalar(select(DealerTerms).where(DealerTerms.party_id == party_id).with_for_update())
    before = found.terms if found else Terms()
    if before.version != terms.version:
        raise Conflict
    if found is None:
        found = DealerTerms(party_id=party_id)
    found.deposit_rate, found.has_balance_gate = terms.deposit_rate, terms.has_balance_gate
    found.credit_limit_amount = terms.credit_limit
    try:
        with session.begin_nested():
            session.add(found)
    except IntegrityError as lost:  # the first terms of this dealer, written by another a moment ago
        raise Conflict from lost
    changes: dict[str, list[object]] = {
        "deposit_rate": [before.deposit_rate, terms.deposit_rate],
        "credit_limit": [before.credit_limit, terms.credit_limit],
        "has_balance_gate": [before.has_balance_gate, terms.has_balance_gate],
    }
    changes = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
    record(session, subject=TERMS, subject_id=party_id, verb="agree", by=by, at=at, changes=changes)


def _dealer(session: Session, party_id: int) -> Party:
    party = parties.party(session, party_id)
    if party.kind is not PartyKind.DEALER:
        raise NotADealer(code=party.code)
    return party


# --- charges ------------------------------------------------------------------


def settle(session: Session, order_id: int, *, by: int | None, at: datetime) -> None:
    """Charge an order's dealer with the difference to what was charged so far; free what is paid too much.

    An order that is put back keeps its payment until it is agreed anew or cancelled; one that went to another
    dealer keeps none. Called under the order's lock. Locks the receipts that are freed. Raises NotFound.
    """
    party_id, wanted = queries.agreed(session, order_id)
    charged = queries.account(session, order_id).agreed
    if wanted != charged:
        # an order is put back before it changes its dealer, so that a difference is always its present dealer's
        session.add(
            Charge(
                order_id=order_id,
                party_id=party_id,
                kind=charge_kind(charged, wanted),
                amount=wanted - charged,
                charged_at=at,
                charged_by_id=by,
            )
        )
        session.flush()  # the sums below read it
    state = session.scalars(select(Order.state).where(Order.id == order_id)).one()
    _free_excess(session, order_id, party_id, is_kept=state in EDITABLE, by=by, at=at)


def _free_excess(
    session: Session, order_id: int, party_id: int, *, is_kept: bool, by: int | None, at: datetime
) -> None:
    """Free payments of other dealers, and unless they are kept what is paid too much, the latest receipt first."""
    paid = queries.parts_of_order(session, order_id)
    excess = ZERO if is_kept else -queries.account(session, order_id).open
    freed: dict[int, Decimal] = {}
    for receipt, part in reversed(paid):
        back = part if receipt.party_id != party_id else min(part, max(excess, ZERO))
        if back > 0:
            freed[receipt.id] = back
            excess -= back
    for receipt_id in sorted(freed):
        _lock_receipt(session, receipt_id)
        _add(session, receipt_id, order_id, -freed[receipt_id], by=by, at=at)


# --- receipts -----------------------------------------------------------------


def receive(session: Session, payment: Payment, *, on: date, by: int | None, at: datetime) -> Receipt:
    """Take money in; a form sent twice gives the first receipt back. `on` is the factory's day.

    Locks the orders that are paid. Raises NotFound, NotADealer, AmountUnfit, DayAhead, PartsExceed,
    DealerDiffers, MoreThanOpen.
    """
    dealer = _dealer(session, payment.party_id)
    check_amount(payment.amount)
    if payment.received_on > on:
        raise DayAhead(day=payment.received_on)
    wanted = _parts(session, payment)
    check_parts(payment.amount, wanted.values())
    _lock_orders(session, wanted, dealer.id)
    if (known := _sent_before(session, payment.form_key)) is not None:
        return known
    made = _book(
        session,
        Receipt(
            party_id=dealer.id,
            amount=payment.amount,
            received_on=payment.received_on,
            method=payment.method,
            payer=payment.payer,
            reference=payment.reference,
            note=payment.note,
            form_key=payment.form_key,
            entered_at=at,
            entered_by_id=by,
        ),
        on,
    )
    if made is None:
        return _winner(session, payment.form_key)
    record(session, subject=RECEIPT, subject_id=made.id, verb="receive", by=by, at=at)
    for order_id, amount in wanted.items():
        open_amount = queries.account(session, order_id).open
        part = min(amount, open_amount) if payment.is_spread else amount
        if part > 0 or not payment.is_spread:
            _pay(session, made, order_id, part, by=by, at=at)
    return made


def _parts(session: Session, payment: Payment) -> dict[int, Decimal]:
    """Return what goes to which order, by the order's id ascending, which is how they are locked."""
    if not payment.is_spread:
        return dict(sorted(payment.parts.items()))
    open_orders = queries.open_orders(session, payment.party_id)
    return dict(sorted(spread(payment.amount, [(one.order.id, one.open) for one in open_orders]).items()))


def _sent_before(session: Session, form_key: str | None) -> Receipt | None:
    if form_key is None:
        return None
    return session.scalar(select(Receipt).where(Receipt.form_key == form_key))


def _winner(session: Session, form_key: str | None) -> Receipt:
    """Return what the same form has booked on another connection a moment earlier. Raises Conflict."""
    known = _sent_before(session, form_key)
    if known is None:
        raise Conflict
    return known


def _book(session: Session, row: Receipt, on: date) -> Receipt | None:
    """Give a row its number and write it; None where its form, or its reversal, is booked already.

    Shares the period's lock, so that its month is not closed meanwhile. Raises PeriodClosed.
    """
    check_open(_period(session, is_shared=True).closed_to_on, row.received_on)
    try:
        with session.begin_nested():  # a number that is not used goes back
            row.number = next_number(session, PREFIX, on=on)
            session.add(row)
    except IntegrityError:
        return None
    return row


def _lock_orders(session: Session, order_ids: Iterable[int], party_id: int) -> None:
    for order_id in sorted(order_ids):
        order = sales.lock(session, order_id)
        if order.dealer_id != party_id:
            raise DealerDiffers(number=order.number)


def _lock_receipt(session: Session, receipt_id: int) -> Receipt:
    found = session.get(Receipt, receipt_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def allocate(
    session: Session, receipt_id: int, order_id: int, amount: Decimal, *, by: int | None, at: datetime
) -> None:
    """Pay for an order out of a prepayment. Locks the order, then the receipt.

    Raises NotFound, AmountUnfit, DealerDiffers, MoreThanLeft, MoreThanOpen.
    """
    _lock_orders(session, [order_id], queries.receipt(session, receipt_id).party_id)
    _pay(session, _lock_receipt(session, receipt_id), order_id, amount, by=by, at=at)


def _pay(
    session: Session, receipt: Receipt, order_id: int, amount: Decimal, *, by: int | None, at: datetime
) -> None:
    check_amount(amount)
    left = ZERO if receipt.origin_id else queries.left_of(session, receipt.id)
    if amount > left:
        raise MoreThanLeft(number=receipt.number, left=left, amount=amount)
    account = queries.account(session, order_id)
    if amount > account.open:
        raise MoreThanOpen(number=account.number, open=max(account.open, ZERO), amount=amount)
    _add(session, receipt.id, order_id, amount, by=by, at=at)


def _add(
    session: Session, receipt_id: int, order_id: int, amount: Decimal, *, by: int | None, at: datetime
) -> None:
    """Write one allocation and tell it in the receipt's history; the order's shows no amounts."""
    session.add(
        Allocation(receipt_id=receipt_id, order_id=order_id, amount=amount, made_at=at, made_by_id=by)
    )
    session.flush()  # the sums of this transaction read it
    number = session.scalars(select(Order.number).where(Order.id == order_id)).one()
    changes: dict[str, list[object]] = {number: [None, amount]}
    record(session, subject=RECEIPT, subject_id=receipt_id, verb="allocate", by=by, at=at, changes=changes)


def free(
    session: Session, receipt_id: int, order_id: int, amount: Decimal, *, by: int | None, at: datetime
) -> None:
    """Take back what a receipt pays for an order, so that it is a prepayment again. Locks the order, the receipt.

    Raises NotFound, AmountUnfit, MoreThanPaid.
    """
    check_amount(amount)
    order = sales.lock(session, order_id)
    receipt = _lock_receipt(session, receipt_id)
    parts = {one.id: part for one, part in queries.parts_of_order(session, order_id)}
    paid = parts.get(receipt_id, ZERO)
    if amount > paid:
        raise MoreThanPaid(receipt=receipt.number, number=order.number, paid=paid, amount=amount)
    _add(session, receipt_id, order_id, -amount, by=by, at=at)


def refund(
    session: Session,
    receipt_id: int,
    amount: Decimal,
    method: Method,
    reason: str,
    *,
    form_key: str | None = None,
    on: date,
    by: int | None,
    at: datetime,
) -> Receipt:
    """Pay back what is left of a receipt, or part of it; a form sent twice books once. Locks the receipt.

    Raises NotFound, AmountUnfit, ReasonMissing, MoreThanLeft.
    """
    check_amount(amount)
    why = check_reason(reason)
    receipt = _lock_receipt(session, receipt_id)
    if (known := _sent_before(session, form_key)) is not None:
        return known
    left = ZERO if receipt.origin_id else queries.left_of(session, receipt_id)
    if amount > left:
        raise MoreThanLeft(number=receipt.number, left=left, amount=amount)
    paid_back = _against(receipt, receipt_id, -amount, why, on, by=by, at=at)
    paid_back.method, paid_back.form_key = method, form_key
    made = _book(session, paid_back, on)
    if made is None:
        raise Conflict
    changes: dict[str, list[object]] = {made.number: [None, -amount], "note": ["", why]}
    record(session, subject=RECEIPT, subject_id=receipt_id, verb="refund", by=by, at=at, changes=changes)
    return made


def _against(
    receipt: Receipt, origin_id: int, amount: Decimal, why: str, on: date, *, by: int | None, at: datetime
) -> Receipt:
    """Return a row that moves the money of a receipt the other way."""
    return Receipt(
        party_id=receipt.party_id,
        amount=amount,
        received_on=on,
        method=receipt.method,
        payer=receipt.payer,
        reference=receipt.reference,
        note=why,
        origin_id=origin_id,
        entered_at=at,
        entered_by_id=by,
    )


def reverse(
    session: Session, receipt_id: int, reason: str, *, on: date, by: int | None, at: datetime
) -> Receipt:
    """Undo a receipt or a refund by another row over the same amount, and take off what it paid for.

    The reversal has the factory's day `on`, so that a statement once printed stays true. Locks the orders that it
    paid for, then the receipt. Raises NotFound, ReasonMissing, NotToReverse, RefundedAlready; Conflict where an
    order was paid with it meanwhile.
    """
    why = check_reason(reason)
    seen = [order.id for order, _ in queries.allocated(session, receipt_id)]
    for order_id in sorted(seen):
        sales.lock(session, order_id)
    origin_id = queries.receipt(session, receipt_id).origin_id or receipt_id
    _lock_receipt(session, origin_id)  # what is left of it changes
    found = _lock_receipt(session, receipt_id)
    parts = queries.allocated(session, receipt_id)
    if {order.id for order, _ in parts} - set(seen):
        raise Conflict
    if found.reversal_of_id is not None:
        raise NotToReverse(number=found.number)
    if found.origin_id is None and _has_refund(session, receipt_id):
        raise RefundedAlready(number=found.number)
    undone = _against(found, origin_id, -found.amount, why, on, by=by, at=at)
    undone.reversal_of_id = receipt_id
    made = _book(session, undone, on)
    if made is None:  # reversed already
        raise NotToReverse(number=found.number)
    for order, part in parts:
        _add(session, receipt_id, order.id, -part, by=by, at=at)
    changes: dict[str, list[object]] = {"reversed": [None, made.number], "note": ["", why]}
    record(session, subject=RECEIPT, subject_id=receipt_id, verb="reverse", by=by, at=at, changes=changes)
    return made


def _has_refund(session: Session, receipt_id: int) -> bool:
    """Say whether something of a receipt was paid back that was not reversed."""
    undone = select(Receipt.reversal_of_id).where(Receipt.reversal_of_id.is_not(None))
    wanted = select(Receipt.id).where(
        Receipt.origin_id == receipt_id, Receipt.reversal_of_id.is_(None), Receipt.id.not_in(undone)
    )
    return session.scalar(wanted.limit(1)) is not None


# --- closed months ------------------------------------------------------------


def _period(session: Session, *, is_shared: bool = False) -> Period:
    """Return the one row, locked: shared by those who book, alone by who closes."""
    return session.get_one(
        Period, 1, with_for_update={"read": True} if is_shared else True, populate_existing=True
    )


def close_month(session: Session, month: date, *, on: date, by: int | None, at: datetime) -> date:
    """Close a month, and whatever is still open before it; return the last closed day. Locks the period.

    Raises MonthNotEnded, MonthClosedAlready.
    """
    period = _period(session)
    before, period.closed_to_on = period.closed_to_on, check_closing(period.closed_to_on, month, on)
    changes: dict[str, list[object]] = {"closed_to": [before, period.closed_to_on]}
    record(session, subject=PERIOD, subject_id=1, verb="close", by=by, at=at, changes=changes)
    return period.closed_to_on


def reopen_month(session: Session, reason: str, *, by: int | None, at: datetime) -> date:
    """Reopen the month that was closed last; return through which day the months stay closed. Locks the period.

    Raises ReasonMissing, NothingClosed.
    """
    why = check_reason(reason)
    period = _period(session)
    before, period.closed_to_on = period.closed_to_on, reopened(period.closed_to_on)
    changes: dict[str, list[object]] = {"closed_to": [before, period.closed_to_on], "note": ["", why]}
    record(session, subject=PERIOD, subject_id=1, verb="reopen", by=by, at=at, changes=changes)
    return period.closed_to_on


# --- exceptions ---------------------------------------------------------------


def waive(session: Session, order_id: int, gate: Gate, reason: str, *, by: int | None, at: datetime) -> None:
    """Let an order that is held pass a gate unpaid, with a reason. Locks the order.

    Raises NotFound, ReasonMissing, NothingToWaive.
    """
    why = check_reason(reason)
    order = sales.lock(session, order_id)
    if gate is Gate.RELEASE:
        is_held = queries.release_refusal(session, order_id) is not None
    else:
        is_held = order_id in queries.held_from_loading(session, [order_id])
    if not is_held:
        raise NothingToWaive(number=order.number)
    session.add(Waiver(order_id=order_id, gate=gate, reason=why, given_at=at, given_by_id=by))
    changes: dict[str, list[object]] = {"note": ["", why]}
    verb = Verb.WAIVE_RELEASE if gate is Gate.RELEASE else Verb.WAIVE_LOADING
    record(session, subject=ORDER, subject_id=order_id, verb=verb.value, by=by, at=at, changes=changes)
