"""What the demo's dealers pay: a deposit where it is agreed, the balance when their doors have left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from erp.finance import queries as finance
from erp.finance import service
from erp.finance.rules import Method, Terms
from erp.finance.service import Payment
from erp.parties import queries as parties

TERMS = {  # of others nothing is agreed; none waits for its balance, so that what is made is loaded
    "D001": Terms(deposit_rate=Decimal("0.3")),
    "D002": Terms(credit_limit=Decimal("500000.00")),
}
HOW = {"D001": Method.TRANSFER, "D002": Method.WECHAT}  # D003 pays by the month: it owes until then


def agree_terms(session: Session, by: int, *, on: date, at: datetime) -> None:
    """Agree on terms with some dealers; one pays ahead."""
    for code, terms in TERMS.items():
        dealer = parties.by_code(session, code)
        if dealer is not None:
            service.put_terms(session, dealer.id, terms, by=by, at=at)
    dealer = parties.by_code(session, "D002")
    if dealer is not None:
        ahead = Payment(dealer.id, Decimal("3000.00"), on, Method.TRANSFER, dealer.contact, note="预付款")
        service.receive(session, ahead, on=on, by=by, at=at)


def pay_deposit(session: Session, order_id: int, by: int, *, on: date, at: datetime) -> None:
    """Receive an order's deposit, where one is agreed."""
    account = finance.account(session, order_id)
    if account.lacks_deposit:
        dealer_id, _ = finance.agreed(session, order_id)
        part = account.deposit - account.paid
        payment = Payment(dealer_id, part, on, parts={order_id: part}, note="定金")
        service.receive(session, payment, on=on, by=by, at=at)


def collect(session: Session, order_ids: Sequence[int], by: int, *, on: date, at: datetime) -> None:
    """Receive what is open of some orders, a payment for each dealer who pays on delivery."""
    for code, method in HOW.items():
        dealer = parties.by_code(session, code)
        if dealer is None:
            continue
        parts = {
            one.order.id: one.open
            for one in finance.open_orders(session, dealer.id)
            if one.order.id in order_ids
        }
        if parts:
            amount = sum(parts.values(), Decimal(0))
            payment = Payment(dealer.id, amount, on, method, dealer.contact, parts=parts, note="尾款")
            service.receive(session, payment, on=on, by=by, at=at)
