"""A figure as a line over weeks or days: its points, what is missing, and how high each lies in the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from mes.efficiency.rules.figures import SPLIT, Metric
from mes.efficiency.rules.improvement import TARGETS, Improvement

Period = tuple[date, date]  # first and last day
LOOKED_LATER = timedelta(days=30)  # claims come for so long: until then an accuracy may still fall
GATES = {
    Metric.M1: timedelta(days=SPLIT.gate_days),
    Metric.M2: timedelta(0),
    Metric.M3: timedelta(0),
    Metric.M4: LOOKED_LATER,
    Metric.M5: LOOKED_LATER,
}
ACCURATE = Decimal(99)  # what the programme published for M4 and M5
MARGIN = Fraction(1, 10)  # of the height is left free above and below


@dataclass(frozen=True, slots=True)
class Point:
    """One figure over one week or one day."""

    first: date
    last: date
    value: Decimal | None  # nothing: not measurable, which is told as missing
    sample: int
    is_provisional: bool = False  # the period lasts, or its gate has not closed

    @property
    def is_missing(self) -> bool:
        """Whether there is nothing to draw."""
        return self.value is None


@dataclass(frozen=True, slots=True)
class Trend:
    """A figure's points, the oldest first, with its baseline and its target in the same unit; nothing where none is."""

    metric: Metric
    points: tuple[Point, ...]
    base: Decimal | None
    goal: Decimal | None

    @property
    def runs(self) -> list[list[int]]:
        """The places of points that follow each other without a missing one."""
        found: list[list[int]] = []
        for place, point in enumerate(self.points):
            if point.is_missing:
                continue
            if found and found[-1][-1] == place - 1:
                found[-1].append(place)
            else:
                found.append([place])
        return found

    @property
    def last(self) -> Point | None:
        """The latest point that has a value."""
        return next((point for point in reversed(self.points) if not point.is_missing), None)

    @property
    def ends(self) -> tuple[Decimal, Decimal]:
        """The lowest and the highest of values, baseline and target."""
        known = [point.value for point in self.points if point.value is not None]
        known += [line for line in (self.base, self.goal) if line is not None]
        return (min(known), max(known)) if known else (Decimal(0), Decimal(1))

    def across(self, place: int) -> Fraction:
        """Return how far from the left a point stands, 0 to 1."""
        return Fraction(2 * place + 1, 2 * len(self.points))

    def down(self, value: Decimal) -> Fraction:
        """Return how far from the top a value lies, 0 to 1; in the middle where all are equal."""
        low, high = self.ends
        if low == high:
            return Fraction(1, 2)
        return MARGIN + (1 - 2 * MARGIN) * Fraction(high - value) / Fraction(high - low)


def weeks(first: date, last: date) -> list[Period]:
    """Return the weeks, Monday to Sunday, that some days lie in; the first and the last may be cut."""
    found: list[Period] = []
    begin = first
    while begin <= last:
        end = min(last, begin + timedelta(days=6 - begin.weekday()))
        found.append((begin, end))
        begin = end + timedelta(days=1)
    return found


def single_days(first: date, last: date) -> list[Period]:
    """Return each day as a period of its own."""
    days = [first + timedelta(days=after) for after in range((last - first).days + 1)]
    return [(day, day) for day in days]


def is_provisional(metric: Metric, last: date, today: date) -> bool:
    """Say whether a figure of days up to `last` may still change by itself: its gate is open, or the day lasts."""
    return last + GATES[metric] >= today


def lines_of(metric: Metric, change: Improvement | None) -> tuple[Decimal | None, Decimal | None]:
    """Return baseline and target in the figure's own unit; accuracies have a target without a baseline."""
    base = None if change is None else change.before
    if metric not in TARGETS:
        return base, ACCURATE
    return base, None if base is None else base * (100 + TARGETS[metric]) / 100


def trend(metric: Metric, points: Sequence[Point], change: Improvement | None) -> Trend:
    """Return a figure's line beside its baseline and target."""
    return Trend(metric, tuple(points), *lines_of(metric, change))
