"""The sums of each day behind a figure, out of the same rows as the figure itself."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core.activity.model import Interval
from core.auth.model import Person, PersonRole
from erp.sales.model import Line, Order
from mes.efficiency.model import PaidTime, TimedWork
from mes.efficiency.queries.accuracy import Check, looks, receipts
from mes.efficiency.queries.machines import key_machines
from mes.efficiency.queries.orders import line_rows, split_line
from mes.efficiency.queries.warehouse import transaction_rows
from mes.efficiency.queries.window import Window
from mes.efficiency.rules import SPLIT, WAREHOUSE, Metric, Work, line_weight
from mes.efficiency.rules.baselines import Day
from mes.efficiency.rules.figures import SplitLine
from mes.machines.rules.figures import Times, measure
from mes.splitting.rules import ORDER_WORK

Spent = dict[tuple[date, str], int]  # day and family -> microseconds
SECOND = 1_000_000  # microseconds


@dataclass(frozen=True, slots=True)
class Calendar:
    """The factory's days of a window: each with the moment at which it begins, and the end of the last."""

    days: tuple[date, ...]
    begins: tuple[datetime, ...]
    end: datetime
    zone: ZoneInfo

    @property
    def window(self) -> Window:
        """The window from the first day's beginning to the last day's end."""
        return Window(self.begins[0], self.end, self.zone)

    def day_of(self, at: datetime) -> date:
        """Return the day that a moment of the window belongs to."""
        return self.days[bisect_right(self.begins, at) - 1]

    def parts(self, begin: datetime, end: datetime) -> Iterable[tuple[date, int]]:
        """Return the microseconds of an interval that lie in each day, clipped to the window."""
        for day, first, last in zip(self.days, self.begins, (*self.begins[1:], self.end), strict=True):
            inside = min(end, last) - max(begin, first)
            if inside > timedelta(0):
                yield day, inside // timedelta(microseconds=1)


def calendar_of(first: date, last: date, zone: ZoneInfo) -> Calendar:
    """Return the factory's days from the first to the last."""
    days = tuple(first + timedelta(days=after) for after in range((last - first).days + 1))
    begins = tuple(datetime.combine(day, time(), zone) for day in days)
    return Calendar(days, begins, datetime.combine(last + timedelta(days=1), time(), zone), zone)


def days(session: Session, metric: Metric, calendar: Calendar, *, at: datetime) -> tuple[Day, ...]:
    """Return the days of a window on which something was done or somebody worked, for one figure."""
    match metric:
        case Metric.M1:
            return _splitting(session, calendar, at=at)
        case Metric.M2:
            return _warehouse(session, calendar)
        case Metric.M3:
            return _equipment(session, calendar, at=at)
        case Metric.M4:
            return _checked(calendar, looks(session, calendar.window))
        case _:
            return _checked(calendar, receipts(session, calendar.window))


def _splitting(session: Session, calendar: Calendar, *, at: datetime) -> tuple[Day, ...]:
    """Weighted lines by day of release over seconds of work, each by kind of door."""
    gate = at - timedelta(days=SPLIT.gate_days)
    earned: defaultdict[tuple[date, str], Fraction] = defaultdict(Fraction)
    counts: Counter[tuple[date, str]] = Counter()
    for row in session.execute(line_rows(calendar.window)):
        line, key = split_line(row, gate), (calendar.day_of(row.at), row.kind.value)
        counts[key] += 1
        earned[key] += Fraction(0) if line.came_back else line_weight(line)
    return _made(earned, _order_work(session, calendar), counts)


def _order_work(session: Session, calendar: Calendar) -> Spent:
    """Return the microseconds of work on orders by day and by the kind of their heaviest line; "" where unknown."""
    is_order = (Interval.subject == "erp.sales.order") & (Interval.subject_id == Order.id)
    is_sheet = (Interval.subject == "erp.sales.import") & (Interval.subject_id == Order.import_id)
    window = calendar.window
    rows = session.execute(
        select(Interval.id, Interval.started_at, Interval.ended_at, func.min(Order.id))
        .outerjoin(Order, or_(is_order, is_sheet))
        .where(
            Interval.kind.in_(ORDER_WORK),
            Interval.ended_at > window.since,
            Interval.started_at < window.before,
        )
        .group_by(Interval.id, Interval.started_at, Interval.ended_at)
    ).all()
    families = _families(session, {order_id for *_, order_id in rows if order_id is not None})
    spent: Spent = defaultdict(int)
    for _, begin, end, order_id in rows:
        for day, part in calendar.parts(begin, end):
            spent[day, families.get(order_id, "")] += part
    return spent


def _families(session: Session, order_ids: set[int]) -> dict[int, str]:
    """Return the kind of door that weighs most in each order."""
    weights: defaultdict[int, Counter[str]] = defaultdict(Counter)
    rows = session.execute(
        select(Line.order_id, Line.kind, Line.set_count)
        .where(Line.order_id.in_(sorted(order_ids)))
        .order_by(Line.id)
    )
    for order_id, kind, count in rows:
        weights[order_id][kind.value] += int(1000 * line_weight(SplitLine(kind, count)))
    return {order_id: found.most_common(1)[0][0] for order_id, found in weights.items()}


def _warehouse(session: Session, calendar: Calendar) -> tuple[Day, ...]:
    """Standard minutes of confirmed transactions over paid seconds."""
    earned: defaultdict[tuple[date, str], Fraction] = defaultdict(Fraction)
    counts: Counter[tuple[date, str]] = Counter()
    for work in Work:
        for row in session.execute(transaction_rows(calendar.window, work)):
            key = (calendar.day_of(row.at), "")
            counts[key] += 1
            earned[key] += Fraction(WAREHOUSE.standard_min[work])
    spent: Spent = defaultdict(int)
    for on, paid in session.execute(
        select(PaidTime.worked_on, PaidTime.paid_min).where(
            PaidTime.worked_on.between(calendar.days[0], calendar.days[-1])
        )
    ):
        spent[on, ""] += 60 * SECOND * paid
    return _made(earned, spent, counts)


def _equipment(session: Session, calendar: Calendar, *, at: datetime) -> tuple[Day, ...]:
    """Seconds of production of the key machines over their planned seconds."""
    parts: defaultdict[date, Times] = defaultdict(Times)
    counts: Counter[tuple[date, str]] = Counter()
    for one in key_machines(session, calendar.window, at=at):
        for day, begin, end in zip(
            calendar.days, calendar.begins, (*calendar.begins[1:], calendar.end), strict=True
        ):
            inside = [
                (max(begin, first), min(end, last))
                for first, last in one.planned
                if first < end and last > begin
            ]
            parts[day] += measure(one.spans, inside)
            counts[day, ""] += bool(inside)
    return tuple(
        Day(day, _exact(60 * times.producing), _exact(60 * times.planned), counts[day, ""])
        for day, times in sorted(parts.items())
        if times.planned
    )


def _checked(calendar: Calendar, checks: Iterable[Check]) -> tuple[Day, ...]:
    """Right ones over those looked at, by the day of the look."""
    right: Counter[date] = Counter()
    looked: Counter[date] = Counter()
    for check in checks:
        day = calendar.day_of(check.at)
        looked[day] += 1
        right[day] += check.is_right
    return tuple(Day(day, Decimal(right[day]), Decimal(looked[day]), looked[day]) for day in sorted(looked))


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
