"""The days behind a figure as a baseline keeps them, out of the same sums as the figure itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.auth.model import Person, PersonRole
from mes.efficiency.model import PaidTime, TimedWork
from mes.efficiency.queries.accuracy import each_once
from mes.efficiency.queries.rollups import Daily
from mes.efficiency.queries.window import Calendar
from mes.efficiency.rules import Metric, earned_min
from mes.efficiency.rules.baselines import Day
from mes.efficiency.rules.sums import Name, works

Spent = dict[tuple[date, str], int]  # day and family -> microseconds
SECOND = 1_000_000  # microseconds


def days(found: Daily, metric: Metric) -> tuple[Day, ...]:
    """Return the days on which something was done or somebody worked, for one figure, the first one first."""
    if metric is Metric.M4:
        return tuple(_looked(found))
    made = {
        Metric.M1: _splitting,
        Metric.M2: _warehouse,
        Metric.M3: _equipment,
        Metric.M5: _confirmed,
    }[metric]
    return tuple(day for on in found.calendar.days for day in made(found, on))


def _splitting(found: Daily, on: date) -> Iterable[Day]:
    """Weighted lines by day of release over seconds of work, each by kind of door."""
    cells = found.cells(on)
    kinds = sorted({key for name, key in cells if name in (Name.LINES, Name.WORK)})
    for kind in kinds:
        count, weight = cells.get((Name.LINES, kind), (0, 0))
        _, lost = cells.get((Name.CAME_BACK, kind), (0, 0))
        _, worked = cells.get((Name.WORK, kind), (0, 0))
        yield Day(on, _millionths(weight - lost), _millionths(worked), count, kind)


def _warehouse(found: Daily, on: date) -> Iterable[Day]:
    """Standard minutes of confirmed transactions over paid seconds."""
    cells = found.cells(on)
    counts = works(cells)
    _, paid = cells.get((Name.PAID, ""), (0, 0))
    if counts or paid:
        yield Day(on, _exact(earned_min(counts)), _millionths(paid), sum(counts.values()))


def _equipment(found: Daily, on: date) -> Iterable[Day]:
    """Seconds of production of the key machines over their planned seconds of which something is known."""
    machines = found.sums[on].machines if on in found.sums else {}
    times = [machines[one.id] for one in found.key if one.id in machines]
    planned, producing = sum(one[0] for one in times), sum(one[2] for one in times)
    if planned:
        yield Day(on, _millionths(producing), _millionths(planned), len(found.key))


def _looked(found: Daily) -> Iterable[Day]:
    """Packages found right over those looked into, by the day of the first look."""
    right: Counter[date] = Counter()
    looked: Counter[date] = Counter()
    for check in each_once(found.looks, found.calendar.window):
        day = found.calendar.day_of(check.at)
        looked[day] += 1
        right[day] += check.is_right
    for day in sorted(looked):
        yield Day(day, Decimal(right[day]), Decimal(looked[day]), looked[day])


def _confirmed(found: Daily, on: date) -> Iterable[Day]:
    """Deliveries that arrived right over those confirmed, by the day on which they left."""
    confirmed, bad = found.cells(on).get((Name.CONFIRMED, ""), (0, 0))
    if confirmed:
        yield Day(on, Decimal(confirmed - bad), Decimal(confirmed), confirmed)


def _millionths(value: int) -> Decimal:
    return Decimal(value).scaleb(-6)


def timed_days(session: Session, metric: Metric, calendar: Calendar) -> tuple[Day, ...]:
    """Return the days of work done the old way and timed by its workers; what still runs is not among them."""
    earned: defaultdict[tuple[date, str], Fraction] = defaultdict(Fraction)
    counts: Counter[tuple[date, str]] = Counter()
    spent: Spent = defaultdict(int)
    window = calendar.window
    rows = session.scalars(
        select(TimedWork).where(
            TimedWork.metric == metric,
            TimedWork.started_at >= window.since,
            TimedWork.ended_at <= window.before,
        )
    )
    for timed in rows:
        on, rest = calendar.day_of(timed.started_at), timed.microseconds
        whole = sum((weight for _, weight in timed.parts.values()), Fraction(0))
        for family, (count, weight) in timed.parts.items():
            earned[on, family] += weight
            counts[on, family] += count
            part = int(timed.microseconds * weight / whole)
            spent[on, family] += part
            rest -= part
        spent[on, max(timed.parts, default="")] += rest  # what rounding left, or work without a result
    return _made(earned, spent, counts)


def _made(
    earned: Mapping[tuple[date, str], Fraction], spent: Spent, counts: Counter[tuple[date, str]]
) -> tuple[Day, ...]:
    """Return the days, the first one first; a denominator in seconds."""
    return tuple(
        Day(
            on,
            _exact(earned.get((on, family), Fraction(0))),
            _exact(Fraction(spent.get((on, family), 0), SECOND)),
            counts[on, family],
            family,
        )
        for on, family in sorted({*earned, *spent})
    )


def _exact(value: Fraction) -> Decimal:
    """Return a sum whose last place is the sixth: weights have two places, seconds six."""
    return Decimal(value.numerator) / Decimal(value.denominator)


@dataclass(frozen=True, slots=True)
class Paid:
    """One person of the warehouse, and the minutes paid for on a day."""

    person_id: int
    name: str
    paid_min: int | None


WAREHOUSE_ROLES = ("keeper", "loader")


def paid_on(session: Session, on: date) -> list[Paid]:
    """Return the people of the warehouse, and whoever has paid minutes on a day, by name."""
    works_there = select(PersonRole.person_id).where(PersonRole.role.in_(WAREHOUSE_ROLES))
    rows = session.execute(
        select(Person.id, Person.name, PaidTime.paid_min)
        .outerjoin(PaidTime, (PaidTime.person_id == Person.id) & (PaidTime.worked_on == on))
        .where(or_(Person.id.in_(works_there) & Person.is_active, PaidTime.id.is_not(None)))
        .order_by(Person.name, Person.id)
    )
    return [Paid(*row) for row in rows]
