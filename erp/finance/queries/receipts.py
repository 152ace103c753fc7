"""Receipts, refunds and their reversals: the list, one with its allocations, what is left of each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, func, or_, select, type_coerce
from sqlalchemy.orm import Session, aliased

from core.auth.model import Person
from core.choices import Choice
from core.errors import NotFound
from core.i18n import N_
from erp.finance.model import Allocation, Receipt
from erp.finance.queries.accounts import MONEY, NOTHING, summed
from erp.finance.rules import ZERO, Method
from erp.parties.model import Party
from erp.sales.model import Order

SORTS = {
    "number": Receipt.number,
    "day": Receipt.received_on,
    "dealer": Party.code,
    "amount": Receipt.amount,
    "method": Receipt.method,
}


class ReceiptView(Choice):
    """The usual questions that are asked of the list of receipts."""

    ALL = "all", N_("All")
    LEFT = "left", N_("With a prepayment left")
    REVERSED = "reversed", N_("Reversals")
    REFUNDS = "refunds", N_("Refunds")


@dataclass(frozen=True, slots=True)
class ReceiptFilter:
    """What the list of receipts is narrowed to."""

    view: ReceiptView = ReceiptView.ALL
    text: str = ""
    dealer_id: int | None = None
    method: Method | None = None
    since: date | None = None
    until: date | None = None


def receipt(session: Session, receipt_id: int) -> Receipt:
    """Return one receipt, refund or reversal. Raises NotFound."""
    found = session.get(Receipt, receipt_id)
    if found is None:
        raise NotFound
    return found


def left_of_each(session: Session, receipt_ids: Collection[int]) -> dict[int, Decimal]:
    """Return what is neither allocated, paid back nor reversed of some receipts, by id."""
    root = func.coalesce(Receipt.origin_id, Receipt.id)
    booked = session.execute(
        select(root, func.sum(Receipt.amount))
        .where(or_(Receipt.id.in_(receipt_ids), Receipt.origin_id.in_(receipt_ids)))
        .group_by(root)
    )
    left = {receipt_id: amount for receipt_id, amount in booked if receipt_id in receipt_ids}
    used = session.execute(
        select(Allocation.receipt_id, func.sum(Allocation.amount))
        .where(Allocation.receipt_id.in_(receipt_ids))
        .group_by(Allocation.receipt_id)
    )
    for receipt_id, amount in used:
        left[receipt_id] -= amount
    return left


def left_of(session: Session, receipt_id: int) -> Decimal:
    """Return what is left of one receipt."""
    return left_of_each(session, {receipt_id}).get(receipt_id, ZERO)


def with_something_left(session: Session, party_id: int) -> list[tuple[Receipt, Decimal]]:
    """Return a dealer's receipts of which something can still be allocated, the oldest first."""
    rows = session.scalars(
        select(Receipt)
        .where(Receipt.party_id == party_id, Receipt.origin_id.is_(None), _left() > NOTHING)
        .order_by(Receipt.received_on, Receipt.id)
    ).all()
    left = left_of_each(session, {one.id for one in rows})
    return [(one, left[one.id]) for one in rows]


def _left() -> ColumnElement[Decimal]:
    """Return what is left of the receipt of a row."""
    moved = aliased(Receipt)
    booked = (
        select(summed(moved.amount))
        .where(or_(moved.id == Receipt.id, moved.origin_id == Receipt.id))
        .correlate(Receipt)
        .scalar_subquery()
    )
    used = (
        select(summed(Allocation.amount))
        .where(Allocation.receipt_id == Receipt.id)
        .correlate(Receipt)
        .scalar_subquery()
    )
    return type_coerce(booked - used, MONEY)


def receipt_rows(asked: ReceiptFilter) -> Select[*tuple[Any, ...]]:
    """Return (Receipt, Party) of the list that is asked for, unsorted."""
    rows = cast(Select[*tuple[Any, ...]], select(Receipt, Party).join(Party, Party.id == Receipt.party_id))
    views: dict[ReceiptView, tuple[ColumnElement[bool], ...]] = {
        ReceiptView.LEFT: (Receipt.origin_id.is_(None), _left() > NOTHING),
        ReceiptView.REVERSED: (Receipt.reversal_of_id.is_not(None),),
        ReceiptView.REFUNDS: (Receipt.origin_id.is_not(None), Receipt.reversal_of_id.is_(None)),
    }
    rows = rows.where(*views.get(asked.view, ()))
    if asked.text:
        fields = (Receipt.number, Receipt.payer, Receipt.reference, Receipt.note, Party.code, Party.name)
        rows = rows.where(
            or_(*(field.icontains(asked.text, autoescape=True) for field in (*fields, Party.name_en)))
        )
    if asked.dealer_id is not None:
        rows = rows.where(Receipt.party_id == asked.dealer_id)
    if asked.method is not None:
        rows = rows.where(Receipt.method == asked.method)
    if asked.since is not None:
        rows = rows.where(Receipt.received_on >= asked.since)
    if asked.until is not None:
        rows = rows.where(Receipt.received_on <= asked.until)
    return rows


@dataclass(frozen=True, slots=True)
class ReceiptShown:
    """One receipt as a list shows it."""

    row: Receipt
    dealer: Party
    left: Decimal
    is_reversed: bool


def shown(session: Session, rows: Sequence[Any]) -> list[ReceiptShown]:
    """Return the rows of `receipt_rows` with what is left of each."""
    ids = {one.id for one, _dealer in rows}
    left = left_of_each(session, ids)
    undone = set(session.scalars(select(Receipt.reversal_of_id).where(Receipt.reversal_of_id.in_(ids))))
    return [
        ReceiptShown(one, dealer, ZERO if one.origin_id else left[one.id], one.id in undone)
        for one, dealer in rows
    ]


def allocated(session: Session, receipt_id: int) -> list[tuple[Order, Decimal]]:
    """Return the orders that a receipt pays for, with how much, by number."""
    rows = session.execute(
        select(Order, func.sum(Allocation.amount))
        .join(Allocation, Allocation.order_id == Order.id)
        .where(Allocation.receipt_id == receipt_id)
        .group_by(Order.id)
        .order_by(Order.number)
    )
    return [(order, amount) for order, amount in rows if amount]


def parts_of_order(session: Session, order_id: int) -> list[tuple[Receipt, Decimal]]:
    """Return the receipts that pay for an order, with how much, the oldest first."""
    rows = session.execute(
        select(Receipt, func.sum(Allocation.amount))
        .join(Allocation, Allocation.receipt_id == Receipt.id)
        .where(Allocation.order_id == order_id)
        .group_by(Receipt.id)
        .order_by(Receipt.received_on, Receipt.id)
    )
    return [(one, amount) for one, amount in rows if amount]


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """One receipt, refund or reversal with all that its page shows."""

    row: Receipt
    dealer: Party
    entered_by: str
    origin: Receipt | None  # of a refund and a reversal: whose money it is
    undoes: Receipt | None  # of a reversal
    undone_by: Receipt | None
    refunds: tuple[Receipt, ...]
    parts: tuple[tuple[Order, Decimal], ...]
    left: Decimal


def receipt_page(session: Session, receipt_id: int) -> ReceiptPage:
    """Return one receipt with its allocations, refunds and reversal. Raises NotFound."""
    row = receipt(session, receipt_id)
    person = session.scalar(select(Person.name).where(Person.id == row.entered_by_id))
    related = session.scalars(
        select(Receipt)
        .where(or_(Receipt.origin_id == receipt_id, Receipt.reversal_of_id == receipt_id))
        .order_by(Receipt.id)
    ).all()
    return ReceiptPage(
        row=row,
        dealer=session.get_one(Party, row.party_id),
        entered_by=person or "",
        origin=None if row.origin_id is None else receipt(session, row.origin_id),
        undoes=None if row.reversal_of_id is None else receipt(session, row.reversal_of_id),
        undone_by=next((one for one in related if one.reversal_of_id == receipt_id), None),
        refunds=tuple(one for one in related if one.reversal_of_id is None),
        parts=tuple(allocated(session, receipt_id)),
        left=ZERO if row.origin_id else left_of(session, receipt_id),
    )


def find(session: Session, text: str, limit: int) -> Sequence[Any]:
    """Return (Receipt, Party) whose number begins with a text."""
    rows = receipt_rows(ReceiptFilter()).where(Receipt.number.startswith(text.upper(), autoescape=True))
    return session.execute(rows.order_by(Receipt.id.desc()).limit(limit)).all()
