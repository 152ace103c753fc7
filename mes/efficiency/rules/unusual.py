"""Days of a baseline that stand out: what happened on them, told by events; a person says whether they count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.choices import Choice
from core.errors import RuleViolation
from core.i18n import N_
from mes.efficiency.rules.baselines import Day, Exclusion

POWER_CUT = timedelta(
    hours=1
)  # planned time in which all machines are off; a shift that ends early is shorter
Stretch = tuple[datetime, datetime]


class Unusual(Choice):
    """Why a day may not count."""

    COUNT = "COUNT", N_("Stock count")
    ALL_OFF = "ALL_OFF", N_("All machines off (power cut?)")
    REST = "REST", N_("Day off in the calendar")


class NotUnusual(RuleViolation):
    """A day is to be left out on which nothing stood out."""

    code = "mes.efficiency.not_unusual"
    message = N_(
        "Nothing is known of %(day)s why it should not count. Look again at the days that stand out."
    )


@dataclass(frozen=True, slots=True)
class Proposal:
    """One day that may be left out: why, and how many events it holds."""

    on: date
    causes: tuple[Unusual, ...]
    event_count: int


def proposals(days: Iterable[Day], signs: Mapping[date, Collection[Unusual]]) -> tuple[Proposal, ...]:
    """Return the days that stand out, the first one first; one without events counts as one."""
    events: defaultdict[date, int] = defaultdict(int)
    for day in days:
        events[day.on] += day.event_count
    return tuple(
        Proposal(on, tuple(cause for cause in Unusual if cause in signs[on]), max(1, count))
        for on, count in sorted(events.items())
        if signs.get(on)
    )


def leave_out(
    days: Sequence[Day], proposed: Iterable[Proposal], reasons: Mapping[date, str]
) -> tuple[tuple[Day, ...], tuple[Exclusion, ...]]:
    """Return what is left of some days, and what was left out with its reasons. Raises NotUnusual."""
    known = {one.on: one for one in proposed}
    for on in reasons:
        if on not in known:
            raise NotUnusual(day=on)
    out = tuple(Exclusion(f"{on}: {why}", known[on].event_count) for on, why in sorted(reasons.items()))
    return tuple(day for day in days if day.on not in reasons), out


def common(lines: Sequence[Sequence[Stretch]]) -> list[Stretch]:
    """Return the stretches that several lines, each in order and without overlap, have in common."""
    if not lines:
        return []
    found = list(lines[0])
    for line in lines[1:]:
        found = [
            (max(begin, first), min(end, last))
            for begin, end in found
            for first, last in line
            if max(begin, first) < min(end, last)
        ]
    return found
