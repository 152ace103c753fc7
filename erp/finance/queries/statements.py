"""A dealer's statement: what stood before, every document of the period, what stands after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp.finance.model import Charge, Receipt
from erp.finance.queries.accounts import summed
from erp.finance.rules import ZERO, Posting, Statement, check_period, statement
from erp.parties import queries as parties
from erp.parties.model import Party
from erp.sales.model import Order


@dataclass(frozen=True, slots=True)
class DealerStatement:
    """One dealer's account over some days, with what its page and its paper say of him."""

    dealer: Party
    account: Statement


def begin_of(day: date, zone: str) -> datetime:
    """Return the moment at which a day of the factory begins."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def dealer_statement(session: Session, party_id: int, since: date, until: date, zone: str) -> DealerStatement:
    """Return a dealer's account over some days; `zone` is the factory's. Raises NotFound, PeriodUnfit."""
    dealer = parties.party(session, party_id)
    check_period(since, until)
    begin, end = begin_of(since, zone), begin_of(until + timedelta(days=1), zone)
    charged = session.scalar(
        select(summed(Charge.amount)).where(Charge.party_id == party_id, Charge.charged_at < begin)
    )
    received = session.scalar(
        select(summed(Receipt.amount)).where(Receipt.party_id == party_id, Receipt.received_on < since)
    )
    charges = session.execute(
        select(Charge, Order)
        .join(Order, Order.id == Charge.order_id)
        .where(Charge.party_id == party_id, Charge.charged_at >= begin, Charge.charged_at < end)
        .order_by(Charge.id)
    )
    receipts = session.scalars(
        select(Receipt)
        .where(Receipt.party_id == party_id, Receipt.received_on.between(since, until))
        .order_by(Receipt.id)
    )
    postings = [
        *(_charge(one, order, zone) for one, order in charges),
        *(_receipt(one) for one in receipts),
    ]
    opening = (charged or ZERO) - (received or ZERO)
    return DealerStatement(dealer, statement(opening, postings, since, until))


def _charge(charge: Charge, order: Order, zone: str) -> Posting:
    text = " ".join(filter(None, (order.dealer_reference, order.customer)))
    day = charge.charged_at.astimezone(ZoneInfo(zone)).date()
    return Posting(day, charge.kind, order.number, text, charge.amount, ZERO, order.id)


def _receipt(one: Receipt) -> Posting:
    text = " ".join(filter(None, (one.payer, one.reference, one.note)))
    return Posting(one.received_on, one.kind, one.number, text, ZERO, one.amount, one.id)
