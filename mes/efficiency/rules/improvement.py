"""Before and after: by how much a figure has improved, how surely, and whether the two may be compared at all.

The interval is a bootstrap by day: both windows' days are drawn anew with replacement 2,000 times (domain: baseline and
improvement), by a generator seeded with the two windows' hashes, so that whoever repeats it gets the same interval.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import lcm

from core.i18n import N_
from mes.efficiency.rules.baselines import (
    SHARES,
    Day,
    Exclusion,
    Method,
    by_family,
    rate,
    sha256_of,
    sums,
)
from mes.efficiency.rules.evidence import rounded
from mes.efficiency.rules.figures import Figure, Metric, Standing
from mes.scanning.rules import Text

DRAWS = 2000
TAIL = 50  # of 2,000 draws the 50 lowest and the 50 highest lie outside of the 95 % interval
LEAST_DAYS = 28  # four weeks
LEAST_EVENTS = 200  # or so many orders
LIKE = Fraction(80, 100)  # of the products must be of the same families
EXCLUDED_AT_MOST = Fraction(5, 100)
TARGETS = {Metric.M1: 150, Metric.M2: 80, Metric.M3: 13}  # per cent more, the programme's
IS_TOLD_IN = "0.1"


@dataclass(frozen=True, slots=True)
class Before:
    """An approved baseline, as the comparison reads it."""

    number: str
    method: Method
    grade: str
    definition: int
    parameters: Mapping[str, str]
    first: date
    last: date
    days: tuple[Day, ...]
    exclusions: tuple[Exclusion, ...] = ()


@dataclass(frozen=True, slots=True)
class After:
    """The window that is compared with a baseline, and by what it was measured."""

    definition: int
    parameters: Mapping[str, str]
    first: date
    last: date
    days: tuple[Day, ...]
    live_since: date | None  # when the first order was released here


@dataclass(frozen=True, slots=True)
class Improvement:
    """What became of a figure. Rates as `rate` tells them; relative change and its interval in per cent."""

    metric: Metric
    number: str  # of the baseline
    grade: str
    first: date
    last: date
    before: Decimal
    after: Decimal | None
    change: Decimal | None  # relative, %
    points: Decimal | None  # of shares: the difference in points
    low: Decimal | None
    high: Decimal | None
    is_weighted: bool  # by the baseline's mix of products
    target: int | None  # %
    doubts: tuple[Text, ...]

    @property
    def standing(self) -> Standing:
        """How it stands against the programme's target; with a doubt nothing is proved."""
        if self.target is None or self.low is None or self.high is None:
            return Standing.OPEN
        if self.high < self.target:
            return Standing.FAILED
        return Standing.PROVED if self.low >= self.target and not self.doubts else Standing.OPEN


def compare(metric: Metric, before: Before, after: After) -> Improvement:
    """Compare a window with a baseline.

    With fewer than 80 % of the same families of products, the window is weighted with the baseline's mix:
    M* = sum over families of the baseline's share of the denominator, times the family's rate after.
    """
    first = rate(metric, *sums(before.days))
    if first is None:
        raise ValueError("a baseline without a denominator was approved")
    likeness = _likeness(before.days, after.days)
    is_weighted = likeness < LIKE and _covers(before.days, after.days)
    second = _rate_after(metric, before.days, after.days, is_weighted=is_weighted)
    change = None if second is None or not first else 100 * (second / first - 1)
    low, high = (None, None) if change is None else interval(before.days, after.days, is_weighted=is_weighted)
    is_share = metric in SHARES and second is not None
    return Improvement(
        metric,
        number=before.number,
        grade=before.grade,
        first=before.first,
        last=before.last,
        before=rounded(first),
        after=None if second is None else rounded(second),
        change=None if change is None else rounded(change, IS_TOLD_IN),
        points=rounded(second - first, IS_TOLD_IN) if is_share and second is not None else None,
        low=low,
        high=high,
        is_weighted=is_weighted,
        target=TARGETS.get(metric),
        doubts=_doubts(before, after, likeness if not is_weighted else Fraction(1)),
    )


def _likeness(before: Sequence[Day], after: Sequence[Day]) -> Fraction:
    """Return how much of the two mixes of products is the same: 1 where nothing is told of families."""
    shares = []
    for days in (before, after):
        found = {family: numerator for family, (numerator, _) in by_family(days).items() if numerator}
        total = sum(found.values(), Fraction(0))
        shares.append({family: part / total for family, part in found.items()})
    first, second = shares
    if not first or not second or set(first) == {""} or set(second) == {""}:
        return Fraction(1)
    return sum((min(part, second.get(family, Fraction(0))) for family, part in first.items()), Fraction(0))


def _covers(before: Sequence[Day], after: Sequence[Day]) -> bool:
    """Say whether every family of the baseline was worked on afterwards, so that its mix can weigh."""
    later = by_family(after)
    return all(
        family in later and later[family][1] for family, (_, whole) in by_family(before).items() if whole
    )


def _rate_after(
    metric: Metric, before: Sequence[Day], after: Sequence[Day], *, is_weighted: bool
) -> Fraction | None:
    if not is_weighted:
        return rate(metric, *sums(after))
    whole = sums(before)[1]
    later = by_family(after)
    parts = [
        share / whole * (rate(metric, *later[family]) or 0)
        for family, (_, share) in by_family(before).items()
        if share
    ]
    return sum(parts, Fraction(0))


@lru_cache(maxsize=64)
def interval(
    before: tuple[Day, ...], after: tuple[Day, ...], *, is_weighted: bool
) -> tuple[Decimal | None, Decimal | None]:
    """Return the 95 % interval of the relative change in per cent, by 2,000 draws of days.

    Draw by draw first the baseline's days, then the window's, each by `random.Random(seed).choices` from the days in
    order; the seed is the first 16 hex digits of the two hashes, added. A draw without work on one side tells no change
    and is left out. Nothing with fewer than two days on either side. The change is cut to 10^-9 %.
    """
    first, second = _Drawn(before, is_weighted), _Drawn(after, is_weighted)
    if min(len(first.days), len(second.days)) < 2:
        return None, None
    draw = random.Random(int(sha256_of(before)[:16], 16) + int(sha256_of(after)[:16], 16))  # noqa: S311
    changes = (_change(first.again(draw), second.again(draw)) for _ in range(DRAWS))
    found = sorted(change for change in changes if change is not None)
    tail = TAIL * len(found) // DRAWS
    if not tail:
        return None, None
    return _told(found[tail]), _told(found[-1 - tail])


FINE = 10**9  # steps of a per cent


def _told(change: int) -> Decimal:
    return rounded(Fraction(change, FINE), IS_TOLD_IN)


Sums = dict[str, tuple[int, int]]  # family -> numerator and denominator in whole steps


class _Drawn:
    """Days to be drawn from, the first day first: each day's sums beside each other in one whole number.

    A draw of a year is then one addition a day, and its sums are taken apart once: what makes 2,000 draws quick.
    """

    def __init__(self, days: Sequence[Day], is_weighted: bool) -> None:
        step = lcm(
            *(Fraction(value).denominator for day in days for value in (day.numerator, day.denominator))
        )
        self.families = sorted({day.family if is_weighted else "" for day in days})
        largest = sum(int(max(day.numerator, day.denominator) * step) for day in days)
        self.bits = (largest * max(1, len(days))).bit_length()  # however often the largest is drawn, it fits
        places = {family: 2 * at * self.bits for at, family in enumerate(self.families)}
        found: defaultdict[date, int] = defaultdict(int)
        for day in days:
            place = places[day.family if is_weighted else ""]
            found[day.on] += int(day.numerator * step) << place
            found[day.on] += int(day.denominator * step) << place + self.bits
        self.days = [found[on] for on in sorted(found)]

    def again(self, draw: random.Random) -> Sums:
        """Return the sums of as many days as there are, drawn with replacement."""
        whole = sum(draw.choices(self.days, k=len(self.days)))
        mask = (1 << self.bits) - 1
        return {
            family: (whole >> 2 * at * self.bits & mask, whole >> (2 * at + 1) * self.bits & mask)
            for at, family in enumerate(self.families)
        }


def _change(first: Sums, second: Sums) -> int | None:
    """Return the relative change of two draws in steps of a per cent; the two sides' own steps cancel out."""
    part = sum(one for one, _ in first.values())
    if not part:
        return None
    weighted = Fraction(0)
    for family, (_, share) in first.items():
        numerator, denominator = second.get(family, (0, 0))
        if share and not denominator:
            return None
        weighted += Fraction(share * numerator, denominator) if share else 0
    return int(100 * FINE * weighted.numerator // (weighted.denominator * part)) - 100 * FINE


def _doubts(before: Before, after: After, likeness: Fraction) -> tuple[Text, ...]:
    """Return why the comparison proves nothing yet; empty when it may."""
    found = []
    if before.method is Method.INTERVIEW:
        found.append(Text(N_("The baseline was told, not measured: the improvement is an estimate.")))
    if before.definition != after.definition or before.parameters != after.parameters:
        found.append(
            Text(N_("The baseline was measured by other formulas or weights: record it anew with today's."))
        )
    found += _short(before, after)
    if likeness < LIKE:
        facts = {"share": int(100 * likeness), "least": int(100 * LIKE)}
        found.append(
            Text(
                N_(
                    "Only %(share)s %% of the products are of the same kinds as in the baseline; %(least)s %% are "
                    "needed, or work on every kind of it."
                ),
                facts,
            )
        )
    if share_excluded(before.days, before.exclusions) >= EXCLUDED_AT_MOST:
        found.append(Text(N_("5 %% or more of the baseline's events were left out.")))
    return tuple(found)


def _short(before: Before, after: After) -> list[Text]:
    found = []
    days, events = _length(before.first, before.last), sum(day.event_count for day in before.days)
    if days < LEAST_DAYS and events < LEAST_EVENTS:
        found.append(
            Text(
                N_("The baseline has %(days)s days and %(events)s events; 28 days or 200 events are needed."),
                {"days": days, "events": events},
            )
        )
    if _length(after.first, after.last) < LEAST_DAYS:
        found.append(
            Text(
                N_("The window has %(days)s days; 28 are needed."),
                {"days": _length(after.first, after.last)},
            )
        )
    if after.live_since is not None and after.first < after.live_since + timedelta(days=LEAST_DAYS):
        learned = after.live_since + timedelta(days=LEAST_DAYS)
        found.append(
            Text(N_("Learning time: the window may begin on %(day)s at the earliest."), {"day": learned})
        )
    return found


def _length(first: date, last: date) -> int:
    return (last - first).days + 1


def share_excluded(days: Sequence[Day], exclusions: Sequence[Exclusion]) -> Fraction:
    """Return the share of a baseline's events that were left out."""
    out = sum(one.event_count for one in exclusions)
    whole = out + sum(day.event_count for day in days)
    return Fraction(out, whole) if whole else Fraction(0)


def compared(figure: Figure, no_baseline: Text, found: Improvement) -> Figure:
    """Return a figure that has a baseline: what is still missing of its proof, and how it stands."""
    missing = (*(text for text in figure.missing if text != no_baseline), *found.doubts)
    if figure.value is None or figure.metric not in TARGETS:
        return replace(figure, missing=missing)
    return replace(figure, missing=missing, standing=found.standing, verdict=_verdict(found))


def _verdict(found: Improvement) -> Text:
    if found.low is None:
        return Text(N_("compared, too few days for an interval"))
    facts = {"low": found.low, "high": found.high, "target": found.target}
    return Text(N_("95 %% sure: %(low)s to %(high)s %%, target %(target)s %%"), facts)
