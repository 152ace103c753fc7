"""What a figure was before: days with their sums, how they were recorded, and what a baseline may not be.

A day's numerator and denominator are exact: M1 weighted doors over seconds of work, M2 standard minutes over paid
seconds, M3 seconds of production over planned seconds, M4 and M5 right ones over those looked at.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from core.choices import Choice
from core.errors import Conflict, RuleViolation
from core.i18n import N_
from erp.catalogue.rules.document import DoorKind
from mes.efficiency.rules.figures import SPLIT, WAREHOUSE, Metric, Work

DEFINITION = 1  # of the five figures; raised when a formula changes, and then no older baseline is compared
SHARES = frozenset({Metric.M3, Metric.M4, Metric.M5})  # their numerator is a part of the denominator
LONGEST_DAYS = 731
PLACES = Decimal("0.000001")
LONGEST_SHIFT = timedelta(hours=16)  # a stopwatch that ran longer was forgotten


class Method(Choice):
    """How a baseline was recorded; what it is worth as evidence follows from it."""

    SYSTEM_EVENTS = "SYSTEM_EVENTS", N_("events of the system")
    STOPWATCH = "STOPWATCH", N_("stopwatch, while working the old way")
    PAPER_LOG = "PAPER_LOG", N_("paper records")
    INTERVIEW = "INTERVIEW", N_("told in an interview")


GRADES = {Method.SYSTEM_EVENTS: "A", Method.STOPWATCH: "B", Method.PAPER_LOG: "C", Method.INTERVIEW: "D"}


class BaselineState(Choice):
    """How far a baseline is."""

    RECORDED = "recorded", N_("recorded, waits for a second person")
    APPROVED = "approved", N_("approved, frozen")
    WITHDRAWN = "withdrawn", N_("withdrawn")
    SUPERSEDED = "superseded", N_("superseded")


STEPS = frozenset(
    {
        (BaselineState.RECORDED, BaselineState.APPROVED),
        (BaselineState.RECORDED, BaselineState.WITHDRAWN),
        (BaselineState.APPROVED, BaselineState.SUPERSEDED),
    }
)


@dataclass(frozen=True, slots=True)
class Day:
    """The sums of one day and one family of products (for M1 a kind of door; else "")."""

    on: date
    numerator: Decimal
    denominator: Decimal
    event_count: int = 0  # lines, transactions, packages, deliveries
    family: str = ""

    @property
    def text(self) -> str:
        """The day as its hash reads it."""
        sums = f"{self.numerator.quantize(PLACES)};{self.denominator.quantize(PLACES)}"
        return f"{self.on.isoformat()};{self.family};{sums};{self.event_count}"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Events that were left out of a baseline, and why."""

    reason: str
    event_count: int


class NoDays(RuleViolation):
    """A baseline without a day or without anything measured."""

    code = "mes.efficiency.no_days"
    message = N_(
        "A baseline needs at least one day with a denominator above zero; there is none. "
        "Enter one line per day, or choose days that were measured."
    )


class DayTwice(RuleViolation):
    """The same day was given twice."""

    code = "mes.efficiency.day_twice"
    message = N_("%(day)s is given twice. Add the two lines up, or delete one.")


class DayOutside(RuleViolation):
    """A day before the first or after the last."""

    code = "mes.efficiency.day_outside"
    message = N_("%(day)s lies outside of the period %(first)s to %(last)s. Correct the day or the period.")


class PeriodWrong(RuleViolation):
    """A period that has not ended, or is too long."""

    code = "mes.efficiency.period_wrong"
    message = N_(
        "The period %(first)s to %(last)s must lie wholly in the past and be at most two years long; "
        "today is %(today)s."
    )


class DayFaulty(RuleViolation):
    """A sum that cannot be."""

    code = "mes.efficiency.day_faulty"
    message = N_(
        "%(day)s: %(numerator)s of %(denominator)s cannot be. Neither may be below zero, "
        "and of a share the part may not exceed the whole."
    )


class SamePerson(RuleViolation):
    """Who recorded a baseline approves it."""

    code = "mes.efficiency.same_person"
    message = N_("%(number)s was recorded by you: a second person has to approve it.")


class RowsChanged(Conflict):
    """The kept days no longer give the kept hash."""

    code = "mes.efficiency.rows_changed"
    message = N_(
        "The days of %(number)s do not give the hash that was recorded with them: they were changed outside "
        "of Mortise. Restore them from a backup, or withdraw the baseline and record it anew."
    )


class RunsAlready(Conflict):
    """The person's stopwatch runs already."""

    code = "mes.efficiency.runs_already"
    message = N_("Your stopwatch runs already. Stop it, with what you did, before you start another work.")


class NothingRuns(Conflict):
    """The person's stopwatch does not run."""

    code = "mes.efficiency.nothing_runs"
    message = N_(
        "Your stopwatch does not run: it was stopped already. Start it when you begin the next work."
    )


class NotTimed(RuleViolation):
    """A figure that nobody measures by stopwatch."""

    code = "mes.efficiency.not_timed"
    message = N_("%(metric)s is not measured by stopwatch; order splitting and warehouse work are.")


class EndWrong(RuleViolation):
    """An end before the start, in the future, or a stretch longer than a shift."""

    code = "mes.efficiency.end_wrong"
    message = N_(
        "The end must lie after the start, not in the future and at most 16 hours later. "
        "Enter when the work really ended."
    )


class DayAhead(RuleViolation):
    """Minutes that nobody can have been paid for yet."""

    code = "mes.efficiency.day_ahead"
    message = N_("%(day)s lies in the future; today is %(today)s. Choose a day that has been worked.")


class UnknownKind(RuleViolation):
    """A kind of work that the figure does not know."""

    code = "mes.efficiency.unknown_kind"
    message = N_("%(kind)s is not counted in this figure. Choose one of the kinds offered.")


def check_timed(metric: Metric) -> None:
    """Raise NotTimed unless the figure's work can be timed."""
    if metric not in (Metric.M1, Metric.M2):
        raise NotTimed(metric=metric)


def check_stop(
    metric: Metric, started_at: datetime, ended_at: datetime, counts: Mapping[str, int], at: datetime
) -> None:
    """Raise EndWrong or UnknownKind unless timed work can end so."""
    if not started_at < ended_at <= at or ended_at - started_at > LONGEST_SHIFT:
        raise EndWrong()
    known = {kind.value for kind in timed_kinds(metric)}
    for kind in counts:
        if kind not in known:
            raise UnknownKind(kind=kind)


def sha256_of(days: Iterable[Day]) -> str:
    """Return the hash of a baseline's days, whatever their order."""
    text = "\n".join(sorted(day.text for day in days))
    return hashlib.sha256(text.encode()).hexdigest()


def check_days(metric: Metric, first: date, last: date, days: Sequence[Day], today: date) -> None:
    """Raise PeriodWrong, NoDays, DayTwice, DayOutside or DayFaulty unless the days make a baseline."""
    if not (first <= last < today) or (last - first).days >= LONGEST_DAYS:
        raise PeriodWrong(first=first, last=last, today=today)
    seen = Counter((day.on, day.family) for day in days)
    for day in days:
        if seen[day.on, day.family] > 1:
            raise DayTwice(day=day.on)
        if not first <= day.on <= last:
            raise DayOutside(day=day.on, first=first, last=last)
        is_more = metric in SHARES and day.numerator > day.denominator
        if min(day.numerator, day.denominator) < 0 or is_more:
            raise DayFaulty(day=day.on, numerator=day.numerator, denominator=day.denominator)
    if not any(day.denominator for day in days):
        raise NoDays()


def sums(days: Iterable[Day]) -> tuple[Fraction, Fraction]:
    """Return the sums of the numerators and of the denominators."""
    kept = list(days)
    return (
        sum((Fraction(day.numerator) for day in kept), Fraction(0)),
        sum((Fraction(day.denominator) for day in kept), Fraction(0)),
    )


def rate(metric: Metric, numerator: Fraction, denominator: Fraction) -> Fraction | None:
    """Return a figure in the unit that people read: doors an hour, standard per paid minute, or per cent."""
    if not denominator:
        return None
    scale = {Metric.M1: 3600, Metric.M2: 60}.get(metric, 100)
    return scale * numerator / denominator


def by_family(days: Iterable[Day]) -> Mapping[str, tuple[Fraction, Fraction]]:
    """Return the sums of each family of products."""
    found: defaultdict[str, list[Day]] = defaultdict(list)
    for day in days:
        found[day.family].append(day)
    return {family: sums(some) for family, some in found.items()}


def timed_kinds(metric: Metric) -> tuple[Choice, ...]:
    """Return what can be done while the work on a figure is timed: kinds of doors, or of transactions."""
    return tuple(DoorKind) if metric is Metric.M1 else tuple(Work)


def timed_parts(metric: Metric, counts: Mapping[str, int]) -> Mapping[str, tuple[int, Fraction]]:
    """Return by family how many were done, and what they earn by the same weights as the figure itself."""
    if metric is Metric.M1:
        return {
            kind: (count, Fraction(SPLIT.weights[DoorKind(kind)]) * count)
            for kind, count in counts.items()
            if count
        }
    earned = sum(
        (Fraction(WAREHOUSE.standard_min[Work(kind)]) * n for kind, n in counts.items()), Fraction(0)
    )
    return {"": (sum(counts.values()), earned)} if earned else {}
