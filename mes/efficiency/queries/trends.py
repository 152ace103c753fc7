"""The five figures over weeks and days, out of the same sums and by the same functions as the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from mes.efficiency.queries.accuracy import each_once
from mes.efficiency.queries.figures import unpaid_count
from mes.efficiency.queries.rollups import Daily, daily
from mes.efficiency.queries.window import calendar_of
from mes.efficiency.rules import (
    Metric,
    accuracy_value,
    earned_min,
    equipment_value,
    splitting_value,
    warehouse_value,
)
from mes.efficiency.rules.improvement import Improvement
from mes.efficiency.rules.sums import Name, minutes_of, split_sums, total, works
from mes.efficiency.rules.trends import Period, Point, Trend, is_provisional, single_days, trend, weeks

Told = tuple[Decimal | None, int]  # value and sample
WEEKS_AT_LEAST = 12
DAYS_AT_MOST = 62  # of a line by day: more points than that a phone cannot show


def recent_weeks(session: Session, found: Daily) -> Daily:
    """Return the last twelve weeks up to the end of a window, or the window where it is longer."""
    last = found.calendar.days[-1]
    first = last - timedelta(days=last.weekday(), weeks=WEEKS_AT_LEAST - 1)
    if found.calendar.days[0] <= first:
        return found
    return daily(session, calendar_of(first, last, found.calendar.zone), at=found.at)


def trends(
    found: Daily, periods: Sequence[Period], changes: Mapping[Metric, Improvement]
) -> Mapping[Metric, Trend]:
    """Return the line of each figure over some periods of a window, beside its baseline and target."""
    return {metric: one_trend(found, metric, periods, changes.get(metric)) for metric in Metric}


def one_trend(found: Daily, metric: Metric, periods: Sequence[Period], change: Improvement | None) -> Trend:
    """Return the line of one figure over some periods of a window."""
    today = found.at.astimezone(found.calendar.zone).date()
    points = []
    for first, last in periods:
        days = [first + timedelta(days=after) for after in range((last - first).days + 1)]
        value, sample = POINTS[metric](found, days)
        points.append(Point(first, last, value, sample, is_provisional(metric, last, today)))
    return trend(metric, points, change)


def by_week(found: Daily) -> list[Period]:
    """Return the weeks of a window."""
    return weeks(found.calendar.days[0], found.calendar.days[-1])


def by_day_or_week(found: Daily) -> list[Period]:
    """Return the days of a short window, and the weeks of a long one."""
    days = found.calendar.days
    return single_days(days[0], days[-1]) if len(days) <= DAYS_AT_MOST else by_week(found)


def _splitting(found: Daily, days: Sequence[date]) -> Told:
    sums = found.total(days)
    lines = split_sums(sums)
    return splitting_value(lines.weight, minutes_of(total(sums, Name.WORK)[1])), lines.count


def _warehouse(found: Daily, days: Sequence[date]) -> Told:
    sums = found.total(days)
    counts = works(sums.cells)
    paid = minutes_of(total(sums, Name.PAID)[1])
    return warehouse_value(earned_min(counts), paid, unpaid_count(found, days)), sum(counts.values())


def _equipment(found: Daily, days: Sequence[date]) -> Told:
    machines = found.total(days).machines
    times = [machines[one.id] for one in found.key if one.id in machines]
    producing, planned = (minutes_of(sum(one[place] for one in times)) for place in (2, 0))
    return equipment_value(producing, planned), len(times)


def _looked(found: Daily, days: Sequence[date]) -> Told:
    window = calendar_of(days[0], days[-1], found.calendar.zone).window
    looked = each_once(found.looks, window)
    return accuracy_value(len(looked), sum(1 for one in looked if not one.is_right)), len(looked)


def _confirmed(found: Daily, days: Sequence[date]) -> Told:
    confirmed, bad = total(found.total(days), Name.CONFIRMED)
    return accuracy_value(confirmed, bad), confirmed


POINTS: dict[Metric, Callable[[Daily, Sequence[date]], Told]] = {
    Metric.M1: _splitting,
    Metric.M2: _warehouse,
    Metric.M3: _equipment,
    Metric.M4: _looked,
    Metric.M5: _confirmed,
}
