"""Reads of capacity: what is booked, what can be promised, which orders are late or at risk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from erp.catalogue.model import Door, DoorVersion
from erp.catalogue.rules.document import DoorKind, Finish
from erp.parties.model import Party
from erp.purchasing import queries as purchasing
from erp.purchasing.rules.needs import WantKind
from erp.sales.model import Line, Order
from erp.sales.rules.states import OPEN_STATES, OrderState
from mes.planning.model import BatchOrder, CalendarDay, Capacity
from mes.planning.rules.capacity import (
    ClassCapacity,
    DayKind,
    DayLoad,
    OrderStanding,
    ProductClass,
    Risk,
    day_kind,
    earliest,
    load_of,
    risks,
)

BOOKING = OPEN_STATES - {OrderState.DRAFT, OrderState.QUERY}  # a draft holds no place
PROMISED = (OrderState.DRAFT, OrderState.QUERY, OrderState.CONFIRMED)  # its day may still be chosen


@dataclass(frozen=True, slots=True)
class Plant:
    """Capacities, the calendar's exceptions, and what is booked."""

    capacities: dict[ProductClass, ClassCapacity]
    calendar: dict[date, DayKind]
    booked: dict[tuple[ProductClass, date], int]

    def days(self, ordered: dict[ProductClass, int]) -> int:
        """Return how many working days the slowest of some classes takes; 0 where none is known."""
        return max(
            (self.capacities[one].production_days for one in ordered if one in self.capacities), default=0
        )


@dataclass(frozen=True, slots=True)
class LoadDay:
    """One day of the load page, with every class that has a capacity."""

    day: date
    kind: DayKind
    loads: tuple[DayLoad, ...]


@dataclass(frozen=True, slots=True)
class AtRisk:
    """One order that is late or at risk, and why."""

    order: Order
    dealer: Party
    reasons: tuple[Risk, ...]


@dataclass(frozen=True, slots=True)
class Promise:
    """What an order's page says of its day."""

    order: Order
    earliest_on: date | None
    loads: tuple[tuple[ProductClass, DayLoad], ...]  # the chosen day with this order on it
    reasons: tuple[Risk, ...]
    unknown: tuple[ProductClass, ...]  # classes without a capacity
    may_choose: bool

    @property
    def is_too_early(self) -> bool:
        """Say whether the chosen day lies before the first that can be promised."""
        due_on = self.order.due_on
        return due_on is not None and self.earliest_on is not None and due_on < self.earliest_on


def capacities(session: Session) -> Sequence[Capacity]:
    """Return the classes with their capacity."""
    return session.scalars(select(Capacity).order_by(Capacity.kind, Capacity.finish)).all()


def calendar_days(session: Session, since: date) -> Sequence[CalendarDay]:
    """Return the calendar's exceptions from a day on."""
    rows = select(CalendarDay).where(CalendarDay.day_on >= since)
    return session.scalars(rows.order_by(CalendarDay.day_on)).all()


def plant(session: Session, today: date) -> Plant:
    """Return what a promise is made from. An order books its day; a late one that is not made yet, today."""
    known = {
        ProductClass(one.kind, one.finish): ClassCapacity(
            one.set_count, one.warning_rate, one.production_days
        )
        for one in capacities(session)
    }
    exceptions = {one.day_on: one.kind for one in calendar_days(session, today)}
    booked: defaultdict[tuple[ProductClass, date], int] = defaultdict(int)
    open_orders = Order.state.in_(BOOKING) & Order.due_on.is_not(None)
    for _order_id, due_on, one, count in _classes(session, open_orders):
        booked[one, max(due_on, today)] += count
    return Plant(known, exceptions, dict(booked))


def _classes(session: Session, where: Any) -> list[tuple[int, Any, ProductClass, int]]:
    """Return (order, due day, class, sets) of some orders' lines."""
    finishes = {
        key: Finish(word)
        for key, word in session.execute(
            select(Door.id, DoorVersion.document["finish"]).join(
                DoorVersion, DoorVersion.id == Door.current_version_id
            )
        )
        if word
    }
    left = (
        Line.set_count - Line.cancelled_count
    )  # what was cancelled after the release takes no day's capacity
    rows = session.execute(
        select(Order.id, Order.due_on, Line.kind, Line.door_id, func.sum(left))
        .join(Line, Line.order_id == Order.id)
        .where(where)
        .group_by(Order.id, Order.due_on, Line.kind, Line.door_id)
    )
    return [
        (order_id, due_on, ProductClass(kind, finishes[door_id]), int(count))
        for order_id, due_on, kind, door_id, count in rows
        if door_id in finishes
    ]


def _ordered(session: Session, order_ids: Collection[int]) -> dict[int, dict[ProductClass, int]]:
    found: defaultdict[int, defaultdict[ProductClass, int]] = defaultdict(lambda: defaultdict(int))
    for order_id, _due_on, one, count in _classes(session, Order.id.in_(order_ids)):
        found[order_id][one] += count
    return {key: dict(value) for key, value in found.items()}


def load_days(found: Plant, today: date, count: int) -> list[LoadDay]:
    """Return the next days with how full they are, classes in the order of `found.capacities`."""
    days = [today + timedelta(days=number) for number in range(count)]
    return [
        LoadDay(
            day,
            day_kind(day, found.calendar),
            tuple(
                load_of(capacity, day, found.booked.get((one, day), 0), found.calendar)
                for one, capacity in found.capacities.items()
            ),
        )
        for day in days
    ]


def promise(session: Session, order_id: int, today: date) -> Promise:
    """Return the first day on which an order can be promised, and what stands against its own. Raises NotFound."""
    order = session.get(Order, order_id)
    if order is None:
        raise NotFound
    found = plant(session, today)
    wanted = _ordered(session, [order_id]).get(order_id, {})
    booked = dict(found.booked)
    if order.state in BOOKING and order.due_on is not None:
        for one, count in wanted.items():  # the order does not stand in its own way
            booked[one, max(order.due_on, today)] -= count
    day = earliest(today, wanted, found.capacities, found.calendar, booked)
    loads = []
    if order.due_on is not None:
        for one, count in wanted.items():
            if one in found.capacities:
                load = booked.get((one, order.due_on), 0) + count
                loads.append((one, load_of(found.capacities[one], order.due_on, load, found.calendar)))
    lacking = _lacking(session) if order.state in BOOKING else set()
    return Promise(
        order=order,
        earliest_on=day,
        loads=tuple(loads),
        reasons=risks(_standing(order, found.days(wanted), order.id in lacking), today, found.calendar),
        unknown=tuple(one for one in wanted if one not in found.capacities),
        may_choose=order.state in PROMISED,
    )


def _standing(order: Order, production_days: int, is_lacking: bool) -> OrderStanding:
    return OrderStanding(
        order.state, order.due_on, order.piece_count, order.made_count, production_days, is_lacking
    )


def _lacking(session: Session) -> set[int]:
    """Return the orders for which material is lacking: by themselves, or by their batch."""
    orders: set[int] = set()
    batches: set[int] = set()
    for one in purchasing.requirements(session, purchasing.Asked()):
        for share in one.shares:
            if share.lacking_qty:
                of = batches if share.want.kind is WantKind.BATCH else orders
                of.add(share.want.subject_id)
    rows = select(BatchOrder.order_id).where(BatchOrder.batch_id.in_(batches))
    return orders | set(session.scalars(rows))


def reasons_of(session: Session, order_ids: Collection[int], today: date) -> dict[int, tuple[Risk, ...]]:
    """Return why some orders are late or at risk, material left out: what a list of orders marks."""
    orders = session.scalars(select(Order).where(Order.id.in_(order_ids))).all()
    found = plant(session, today)
    ordered = _ordered(session, order_ids)
    reasons = {
        order.id: risks(
            _standing(order, found.days(ordered.get(order.id, {})), is_lacking=False), today, found.calendar
        )
        for order in orders
    }
    return {key: value for key, value in reasons.items() if value}


def at_risk(session: Session, today: date) -> list[AtRisk]:
    """Return the open orders that are late or at risk, with every reason, the first due first."""
    rows = session.execute(
        select(Order, Party)
        .join(Party, Party.id == Order.dealer_id)
        .where(Order.state.in_(OPEN_STATES), Order.due_on.is_not(None))
        .order_by(Order.due_on, Order.id)
    ).all()
    found = plant(session, today)
    ordered = _ordered(session, [order.id for order, _ in rows])
    lacking = _lacking(session)
    shown = []
    for order, dealer in rows:
        days = found.days(ordered.get(order.id, {}))
        reasons = risks(_standing(order, days, order.id in lacking), today, found.calendar)
        if reasons:
            shown.append(AtRisk(order, dealer, reasons))
    return shown


def classes_of_catalogue(session: Session) -> list[ProductClass]:
    """Return the classes that the door models make up, by kind and surface."""
    rows = session.execute(
        select(Door.kind, DoorVersion.document["finish"]).join(
            DoorVersion, DoorVersion.id == Door.current_version_id
        )
    )
    made = {ProductClass(DoorKind(kind), Finish(word)) for kind, word in rows}
    return sorted(made, key=lambda one: (one.kind.value, one.finish.value))
