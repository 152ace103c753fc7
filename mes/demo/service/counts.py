"""Counts of the demo factory: shelves by scan, one that differs and is approved, one that waits, a closed month."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from erp.stock import service as stock
from erp.stock.model import Balance, Lot, Place
from erp.stock.rules import PlaceKind, next_month
from mes.counting import service as counting
from mes.counting.model import Count
from mes.counting.rules import CountState
from mes.demo.service.factory import Hand
from mes.scanning.rules import ScanKind

Tick = Callable[[], datetime]
GONE_QTY = 1  # what a shelf lacks that was moved without a scan


def count_shelf(session: Session, keeper: Hand, approver: int | None, number: int, tick: Tick) -> None:
    """Count the `number`th shelf of the store, the emptiest first; every second one lacks something.

    What differs is counted twice, then approved by somebody else; without `approver` it waits.
    """
    shelves = session.execute(
        select(Place.id, Place.code)
        .join(Balance, Balance.place_id == Place.id)
        .where(Place.kind == PlaceKind.STORE, Balance.on_hand_qty > 0)
        .group_by(Place.id, Place.code)
        .order_by(func.count(), Place.id)
    ).all()
    if not shelves:
        return
    place_id, code = shelves[number % len(shelves)]
    is_right = number % 2 == 0
    lots = session.execute(
        select(Lot.code, Balance.on_hand_qty)
        .join(Balance, Balance.lot_id == Lot.id)
        .where(Balance.place_id == place_id, Balance.on_hand_qty > GONE_QTY)
        .order_by(Lot.id)
    ).all()
    for _round in range(1 if is_right else 2):
        keeper.scan(session, ScanKind.COUNT, code, context=code, at=tick())
        for at, (lot, qty) in enumerate(lots if _round == 0 else lots[:1]):
            found = int(qty) - (GONE_QTY if at == 0 and not is_right else 0)
            keeper.scan(session, ScanKind.COUNT, lot, context=code, quantity=found, at=tick())
        keeper.scan(session, ScanKind.COUNT, code, context=code, at=tick())
    waiting = session.scalar(
        select(Count.id).where(Count.place_id == place_id, Count.state == CountState.APPROVAL)
    )
    if waiting is not None and approver is not None:
        reason = "一张板拿去打样，没有扫码"
        counting.approve(session, waiting, {}, reason, by=approver, at=tick())


def plan_count(session: Session, by: int, on: date, at: datetime) -> None:
    """Have the first shelf of the finished-goods store counted; nobody has begun yet."""
    finished = select(Place.id).where(Place.kind == PlaceKind.FINISHED).order_by(Place.id).limit(1)
    place_id = session.scalar(finished)
    if place_id is not None:
        counting.plan(session, [place_id], on=on, by=by, at=at)


def close_last_month(session: Session, first: date, by: int, zone: str, at: datetime) -> None:
    """Close the month before the one in which the demo's days begin: only the opening stock lies in it."""
    month_on = (first.replace(day=1) - timedelta(days=1)).replace(day=1)
    ends_at = datetime.combine(next_month(month_on), time(), ZoneInfo(zone)).astimezone(UTC)
    stock.close_month(session, month_on, ends_at, by=by, at=max(at, ends_at + timedelta(hours=8)))
