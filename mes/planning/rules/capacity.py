"""Due dates: working days, capacity per product class and day, the first day that can be promised, risks.

Capacity counts door sets. It warns, it reserves nothing: two clerks may promise the same last place, and both
see the day over its mark afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from core.choices import Choice
from core.i18n import N_
from erp.catalogue.rules.document import DoorKind, Finish
from erp.sales.rules.states import OPEN_STATES, OrderState

BUFFER_DAYS = 2  # calendar days between the last operation and the truck
SEARCH_DAYS = 400  # further ahead nothing is promised
ONE_DAY = timedelta(days=1)
SUNDAY = 6


class DayKind(Choice):
    """How much of a day is worked."""

    WORK = "WORK", N_("Working day")
    HALF = "HALF", N_("Half day")
    REST = "REST", N_("Day off")


SHARES = {DayKind.WORK: Decimal(1), DayKind.HALF: Decimal("0.5"), DayKind.REST: Decimal(0)}


class Level(Choice):
    """How full a day is."""

    FREE = "free", N_("free")
    WARN = "warn", N_("nearly full")
    OVER = "over", N_("over capacity")


class Risk(Choice):
    """Why an order may not be ready on its day."""

    LATE = "late", N_("its day is past")
    QUESTION = "question", N_("the dealer has not answered")
    NOT_RELEASED = "not_released", N_("not released, and too few working days are left")
    BEHIND = "behind", N_("more work is left than working days")
    MATERIAL = "material", N_("material is lacking")


@dataclass(frozen=True, slots=True)
class ProductClass:
    """What has a capacity of its own: a kind of door in a kind of surface."""

    kind: DoorKind
    finish: Finish


@dataclass(frozen=True, slots=True)
class ClassCapacity:
    """How many sets of a class a full day makes, from which share on it warns, how many working days one takes."""

    set_count: int
    warning_rate: Decimal
    production_days: int


@dataclass(frozen=True, slots=True)
class DayLoad:
    """One class on one day."""

    capacity: int
    booked: int
    level: Level

    @property
    def share(self) -> Decimal:
        """How much of the day is booked, 0 and up; a day off that is booked is over."""
        if not self.capacity:
            return Decimal(1) if self.booked else Decimal(0)
        return Decimal(self.booked) / self.capacity


Calendar = Mapping[date, DayKind]  # the exceptions; on other days all work but on Sundays
Capacities = Mapping[ProductClass, ClassCapacity]
Booked = Mapping[tuple[ProductClass, date], int]


def day_kind(day: date, calendar: Calendar) -> DayKind:
    """Return how much of a day is worked: as the calendar says, else all of it but on a Sunday."""
    return calendar.get(day, DayKind.REST if day.weekday() == SUNDAY else DayKind.WORK)


def working_days(start: date, end: date, calendar: Calendar) -> Decimal:
    """Return how many days are worked after `start` up to and including `end`; half days count half."""
    count, day = Decimal(0), start
    while day < end:
        day += ONE_DAY
        count += SHARES[day_kind(day, calendar)]
    return count


def after_working_days(start: date, days: int, calendar: Calendar) -> date:
    """Return the first day by whose end `days` have been worked since `start`."""
    worked, day = Decimal(0), start
    limit = start + timedelta(days=SEARCH_DAYS)
    while worked < days and day < limit:
        day += ONE_DAY
        worked += SHARES[day_kind(day, calendar)]
    return day


def load_of(one: ClassCapacity, day: date, booked: int, calendar: Calendar) -> DayLoad:
    """Return how full a day is for a class."""
    capacity = int((one.set_count * SHARES[day_kind(day, calendar)]).to_integral_value(ROUND_FLOOR))
    if booked > capacity:
        return DayLoad(capacity, booked, Level.OVER)
    is_warned = booked and booked >= capacity * one.warning_rate
    return DayLoad(capacity, booked, Level.WARN if is_warned else Level.FREE)


def earliest(
    ordered_on: date,
    wanted: Mapping[ProductClass, int],
    capacities: Capacities,
    calendar: Calendar,
    booked: Booked,
) -> date | None:
    """Return the first day on which all sets can be promised, or None when a class has no capacity.

    Of each class the search begins at the order's day + its production days (worked) + 2; an order that is larger
    than a day takes what is free of several. The slowest class tells the day.
    """
    days = []
    for one, count in wanted.items():
        if one not in capacities:
            return None
        day = _first_free(ordered_on, one, count, capacities[one], calendar, booked)
        if day is None:
            return None
        days.append(day)
    return max(days, default=None)


def _first_free(
    ordered_on: date,
    one: ProductClass,
    count: int,
    capacity: ClassCapacity,
    calendar: Calendar,
    booked: Booked,
) -> date | None:
    start = after_working_days(ordered_on, capacity.production_days, calendar)
    day = start + timedelta(days=BUFFER_DAYS)
    for _ in range(SEARCH_DAYS):
        load = load_of(capacity, day, booked.get((one, day), 0), calendar)
        count -= max(0, load.capacity - load.booked)
        if count <= 0 and load.capacity:
            return day
        day += ONE_DAY
    return None


@dataclass(frozen=True, slots=True)
class OrderStanding:
    """What an order's risk is told from."""

    state: OrderState
    due_on: date | None
    piece_count: int
    made_count: int
    production_days: int  # of its slowest class; 0 where none is known
    is_lacking: bool = False  # material


def risks(one: OrderStanding, today: date, calendar: Calendar) -> tuple[Risk, ...]:
    """Return why an open order may not be ready on its day, the worst first; nothing where no day is told."""
    if one.due_on is None or one.state not in OPEN_STATES or one.state is OrderState.READY:
        return (Risk.LATE,) if _is_past(one, today) else ()
    found = [Risk.LATE] if one.due_on < today else []
    left = working_days(today, one.due_on - timedelta(days=BUFFER_DAYS), calendar)
    if one.state is OrderState.QUERY:
        found.append(Risk.QUESTION)
    if one.piece_count:
        open_share = Decimal(one.piece_count - one.made_count) / one.piece_count
        needed = (one.production_days * open_share).to_integral_value(ROUND_CEILING)
        if needed > left:
            found.append(Risk.BEHIND)
    elif one.production_days > left:
        found.append(Risk.NOT_RELEASED)
    if one.is_lacking:
        found.append(Risk.MATERIAL)
    return tuple(found)


def _is_past(one: OrderStanding, today: date) -> bool:
    return one.state is OrderState.READY and one.due_on is not None and one.due_on < today
