"""What is owed and paid: of one order, of one dealer, of all; what the gates say; the proof that it adds up."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session

from core.auth.model import Person
from core.errors import AppError, NotFound
from erp.finance.model import Allocation, Charge, DealerTerms, Receipt, Waiver
from erp.finance.rules import AGES, OWED, ZERO, Account, Gate, Terms, judge_release, payable
from erp.parties.model import Party
from erp.parties.rules import PartyKind
from erp.sales.model import Order
from erp.sales.rules.states import OrderState

MONEY = Charge.__table__.c.amount.type
NOTHING = literal(ZERO, MONEY)


def summed(column: Any) -> ColumnElement[Decimal]:
    """Return the sum of a column, 0.00 of no row."""
    return func.coalesce(func.sum(column), NOTHING)


AGREED = select(summed(Charge.amount)).where(Charge.order_id == Order.id).correlate(Order).scalar_subquery()
PAID = (
    select(summed(Allocation.amount))
    .where(Allocation.order_id == Order.id)
    .correlate(Order)
    .scalar_subquery()
)


# --- one order ----------------------------------------------------------------


def terms_of(session: Session, party_id: int) -> Terms:
    """Return what is agreed with a dealer; nothing is gated where nothing was agreed."""
    found = session.scalar(select(DealerTerms).where(DealerTerms.party_id == party_id))
    return found.terms if found else Terms()


def waivers(session: Session, order_id: int) -> list[tuple[Waiver, str]]:
    """Return the gates that an order may pass unpaid, with the name of who said so."""
    rows = session.execute(
        select(Waiver, Person.name)
        .outerjoin(Person, Person.id == Waiver.given_by_id)
        .where(Waiver.order_id == order_id)
        .order_by(Waiver.id)
    )
    return [(waiver, name or "") for waiver, name in rows]


def account(session: Session, order_id: int) -> Account:
    """Return how an order stands. Raises NotFound."""
    row = session.execute(
        select(Order.number, Order.dealer_id, AGREED, PAID).where(Order.id == order_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    number, dealer_id, agreed_amount, paid_amount = row
    waived = frozenset(session.scalars(select(Waiver.gate).where(Waiver.order_id == order_id)))
    return Account(number, agreed_amount, paid_amount, terms_of(session, dealer_id), waived)


def agreed(session: Session, order_id: int) -> tuple[int, Decimal]:
    """Return an order's dealer, and what is to be paid for it as it stands now, tax included. Raises NotFound."""
    row = session.execute(
        select(Order.dealer_id, Order.state, Order.total_amount, Order.tax_rate, Order.is_tax_included).where(
            Order.id == order_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return row.dealer_id, _owed(
        row.state, row.total_amount, row.tax_rate, is_tax_included=row.is_tax_included
    )


def _owed(state: OrderState, total: Decimal | None, tax_rate: Decimal, *, is_tax_included: bool) -> Decimal:
    if total is None or state not in OWED:
        return ZERO
    return payable(total, tax_rate, is_tax_included=is_tax_included)


# --- gates --------------------------------------------------------------------


def release_refusal(session: Session, order_id: int) -> AppError | None:
    """Return what stands against an order's release on the side of money, if anything. Raises NotFound."""
    dealer_id = session.scalar(select(Order.dealer_id).where(Order.id == order_id))
    if dealer_id is None:
        raise NotFound
    if terms_of(session, dealer_id) == Terms():
        return None
    return judge_release(account(session, order_id), balance(session, dealer_id))


IS_WAIVED = select(Waiver.id).where(Waiver.order_id == Order.id, Waiver.gate == Gate.LOADING).correlate(Order)
HELD = (
    # made once: every scan at the dock asks it
    select(Order.id)
    .join(DealerTerms, DealerTerms.party_id == Order.dealer_id)
    .where(
        Order.id.in_(bindparam("orders", expanding=True)),
        DealerTerms.has_balance_gate,
        AGREED > PAID,
        ~IS_WAIVED.exists(),
    )
)


def held_from_loading(session: Session, order_ids: Collection[int]) -> frozenset[int]:
    """Return which of some orders must be paid in full before loading, are not, and were not let pass."""
    return frozenset(session.scalars(HELD, {"orders": list(order_ids)}))


# --- one dealer ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OrderAccount:
    """One order of a dealer with what is owed for it and paid; `since` is when it was first agreed."""

    order: Order
    agreed: Decimal
    paid: Decimal
    since: datetime | None

    @property
    def open(self) -> Decimal:
        """What is still to be paid; below zero what a put back order keeps."""
        return self.agreed - self.paid


def _charged() -> Subquery:
    return (
        select(
            Charge.order_id.label("order_id"),
            func.sum(Charge.amount).label("agreed"),
            func.min(Charge.charged_at).label("since"),
        )
        .group_by(Charge.order_id)
        .subquery()
    )


def _allocated() -> Subquery:
    return (
        select(Allocation.order_id.label("order_id"), func.sum(Allocation.amount).label("paid"))
        .group_by(Allocation.order_id)
        .subquery()
    )


def order_accounts(session: Session, party_id: int) -> list[OrderAccount]:
    """Return a dealer's orders of which more or less is agreed than paid, the oldest first."""
    charged, paid = _charged(), _allocated()
    given, taken = (func.coalesce(one, NOTHING) for one in (charged.c.agreed, paid.c.paid))
    rows = session.execute(
        select(Order, given, taken, charged.c.since)
        .outerjoin(charged, charged.c.order_id == Order.id)
        .outerjoin(paid, paid.c.order_id == Order.id)
        .where(Order.dealer_id == party_id, given != taken)
        .order_by(charged.c.since, Order.id)
    )
    return [OrderAccount(*row) for row in rows]


def open_orders(session: Session, party_id: int) -> list[OrderAccount]:
    """Return a dealer's orders that are not paid in full, the oldest first."""
    return [one for one in order_accounts(session, party_id) if one.open > 0]


def balance(session: Session, party_id: int) -> Decimal:
    """Return what a dealer owes altogether; below zero what he paid ahead."""
    charges = session.scalar(select(summed(Charge.amount)).where(Charge.party_id == party_id))
    receipts = session.scalar(select(summed(Receipt.amount)).where(Receipt.party_id == party_id))
    return (charges or ZERO) - (receipts or ZERO)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a dealer stands: his open orders, what is paid ahead, and the balance that both must come to."""

    orders: tuple[OrderAccount, ...]
    prepaid: Decimal
    balance: Decimal

    @property
    def receivable(self) -> Decimal:
        """What is open of his orders."""
        return sum((one.open for one in self.orders if one.open > 0), ZERO)

    @property
    def resting(self) -> Decimal:
        """What is paid for orders that are put back to draft and will be agreed anew."""
        return -sum((one.open for one in self.orders if one.open < 0), ZERO)

    @property
    def adds_up(self) -> bool:
        """Whether the orders and prepayments come to the balance of the account."""
        return self.receivable - self.resting - self.prepaid == self.balance


def standing(session: Session, party_id: int) -> Standing:
    """Return how a dealer stands now."""
    received = session.scalar(select(summed(Receipt.amount)).where(Receipt.party_id == party_id))
    used = session.scalar(
        select(summed(Allocation.amount))
        .join(Receipt, Receipt.id == Allocation.receipt_id)
        .where(Receipt.party_id == party_id)
    )
    prepaid = (received or ZERO) - (used or ZERO)
    return Standing(tuple(order_accounts(session, party_id)), prepaid, balance(session, party_id))


# --- all dealers --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ages:
    """One dealer's receivable by age in days (up to 30, 60, 90, older), what is paid ahead, and the balance."""

    dealer: Party
    receivable: Decimal
    by_age: tuple[Decimal, Decimal, Decimal, Decimal]
    prepaid: Decimal  # with what rests on orders that are put back
    balance: Decimal


SUMS = ("receivable", "age0", "age1", "age2", "age3", "resting")


def dealer_rows(
    text: str, *, is_open_only: bool, at: datetime
) -> tuple[Select[*tuple[Any, ...]], dict[str, Any]]:
    """Return the dealers with their balances, to be paged and made `Ages` of, and what they may be sorted by.

    `is_open_only` leaves out who owes nothing and has paid nothing ahead.
    """
    orders = _orders_by_age(at)
    received = _by_dealer(
        select(Receipt.party_id.label("party_id"), func.sum(Receipt.amount).label("amount"))
    )
    used = _by_dealer(
        select(Receipt.party_id.label("party_id"), func.sum(Allocation.amount).label("amount")).join(
            Allocation, Allocation.receipt_id == Receipt.id
        )
    )
    debts = _by_dealer(
        select(Charge.party_id.label("party_id"), func.sum(Charge.amount).label("amount")), Charge
    )
    got = func.coalesce(received.c.amount, NOTHING)
    sums = {name: func.coalesce(orders.c[name], NOTHING) for name in SUMS}
    ahead = type_coerce(got - func.coalesce(used.c.amount, NOTHING) - sums["resting"], MONEY)
    total = type_coerce(func.coalesce(debts.c.amount, NOTHING) - got, MONEY)
    del sums["resting"]
    rows = (
        select(Party, *sums.values(), ahead.label("prepaid"), total.label("balance"))
        .outerjoin(orders, orders.c.party_id == Party.id)
        .outerjoin(received, received.c.party_id == Party.id)
        .outerjoin(used, used.c.party_id == Party.id)
        .outerjoin(debts, debts.c.party_id == Party.id)
        .where(Party.kind == PartyKind.DEALER)
    )
    if is_open_only:
        rows = rows.where(or_(sums["receivable"] != NOTHING, ahead != NOTHING))
    if text:
        fields = (Party.code, Party.name, Party.name_en, Party.city)
        rows = rows.where(or_(*(field.icontains(text, autoescape=True) for field in fields)))
    sorts = {"code": Party.code, "name": Party.name, "prepaid": ahead, "balance": total}
    return cast(Select[*tuple[Any, ...]], rows), sorts | sums


def _orders_by_age(at: datetime) -> Subquery:
    """Sum up each dealer's orders as `SUMS` says: what is owed, by the age of its charge, and what rests."""
    charged, paid = _charged(), _allocated()
    still = type_coerce(func.coalesce(charged.c.agreed, NOTHING) - func.coalesce(paid.c.paid, NOTHING), MONEY)
    since = [at - timedelta(days=days + 1) for days in AGES]  # older than 30, 60, 90 whole days
    first, second, third = (literal(one, Charge.__table__.c.charged_at.type) for one in since)
    age = charged.c.since
    owed = case((still > NOTHING, still), else_=NOTHING)
    columns = [
        owed,
        case((age > first, owed), else_=NOTHING),
        case((age.between(second, first), owed), else_=NOTHING),
        case((age.between(third, second), owed), else_=NOTHING),
        case((age < third, owed), else_=NOTHING),
        case((still < NOTHING, still), else_=NOTHING),
    ]
    return (
        select(
            Order.dealer_id.label("party_id"),
            *(
                type_coerce(func.sum(type_coerce(column, MONEY)), MONEY).label(name)
                for column, name in zip(columns, SUMS, strict=True)
            ),
        )
        .join(charged, charged.c.order_id == Order.id)
        .outerjoin(paid, paid.c.order_id == Order.id)
        .group_by(Order.dealer_id)
        .subquery()
    )


def _by_dealer(rows: Select[*tuple[Any, ...]], table: Any = Receipt) -> Subquery:
    return rows.group_by(table.party_id).subquery()


def ages(rows: Sequence[Any]) -> list[Ages]:
    """Return the rows of `dealer_rows` as a page shows them."""
    return [Ages(row[0], row[1], tuple(row[2:6]), row[6], row[7]) for row in rows]


def all_terms(session: Session, party_ids: Collection[int]) -> dict[int, Terms]:
    """Return the terms of some dealers, by dealer."""
    rows = session.scalars(select(DealerTerms).where(DealerTerms.party_id.in_(party_ids)))
    return {one.party_id: one.terms for one in rows}


# --- proof --------------------------------------------------------------------


def prove(session: Session) -> list[str]:
    """Return what is wrong: charges that are not the order's amount, money used twice, dealers who do not add up."""
    return [*_orders_that_differ(session), *_receipts_overused(session), *_dealers_that_differ(session)]


def _orders_that_differ(session: Session) -> list[str]:
    rows = session.execute(
        select(
            Order.number,
            Order.state,
            Order.total_amount,
            Order.tax_rate,
            Order.is_tax_included,
            AGREED.label("agreed"),
            PAID.label("paid"),
        )
    )
    found = []
    for row in rows:
        owed = _owed(row.state, row.total_amount, row.tax_rate, is_tax_included=row.is_tax_included)
        if owed != row.agreed:
            found.append(f"order {row.number} is charged with {row.agreed}, and {owed} is agreed")
        if row.paid < 0 or (row.state in OWED and row.paid > row.agreed):
            found.append(f"order {row.number} is paid with {row.paid}, and {row.agreed} is agreed")
    return found


def _receipts_overused(session: Session) -> list[str]:
    root = func.coalesce(Receipt.origin_id, Receipt.id)
    booked = select(root.label("id"), func.sum(Receipt.amount).label("amount")).group_by(root).subquery()
    used = (
        select(Allocation.receipt_id.label("id"), func.sum(Allocation.amount).label("amount"))
        .group_by(Allocation.receipt_id)
        .subquery()
    )
    rows = session.scalars(
        select(Receipt.number)
        .join(booked, booked.c.id == Receipt.id)
        .outerjoin(used, used.c.id == Receipt.id)
        .where(booked.c.amount < func.coalesce(used.c.amount, NOTHING))
    )
    return [f"receipt {number} is used for more than came in" for number in rows]


def _dealers_that_differ(session: Session) -> list[str]:
    dealers = session.execute(
        select(Party.id, Party.code).where(
            or_(
                Party.id.in_(select(Charge.party_id)),
                Party.id.in_(select(Receipt.party_id)),
            )
        )
    ).all()
    return [
        f"dealer {code}: orders and prepayments do not come to the balance"
        for party_id, code in dealers
        if not standing(session, party_id).adds_up
    ]
