"""Column generation: patterns are found by price until none is worth more than its stock piece costs.

Gilmore and Gomory (1961, 1965). Every round of exact pricing also proves a bound (Farley 1990): prices
are whole numbers here, so that the bound is exact whatever the linear program's rounding was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from fractions import Fraction
from typing import Protocol

import numpy as np

from mes.nesting.rules.effort import Stop
from mes.nesting.rules.master import Floats, Ints, Master, Pattern, Relaxed

SCALE = 1 << 34  # price units in the dearest stock piece, at most
SMOOTH = 0.75  # weight of the prices that proved the best bound so far (Wentges 1997)
PURGE_FROM, PURGE_TO, PURGE_LEAST = 8, 4, 400  # patterns by size: when some are forgotten, and how many stay
STEADY = 0.75  # weight of earlier prices while patterns are sought the quick way (Neame 1999)
LOOK_BACK = 10  # when so many rounds gain less than a share, more care is taken; but the shares, and
LEAST_GAINS, LEAST_ROUNDS = (0.005, 0.0005), (40, 10)  # rounds before, by care: at first the gains are small
NEAR = 1e-6  # a column must be worth so much more than its cost, in dearest stock pieces


class Care(IntEnum):
    """How patterns are sought: a quick way that may miss some, exactly on a coarse grid, or exactly."""

    QUICK = 0
    NEAR = 1
    EXACT = 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be covered: counts by size, and costs and limits by stock."""

    counts: tuple[int, ...]
    costs: tuple[int, ...]
    limits: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What one pricing brought: patterns, and by stock the most that any pattern is worth (None: not known)."""

    patterns: list[Pattern]
    tops: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Proof:
    """Why the bound holds: `prices` times `times` are dual feasible when no pattern is worth more than its top."""

    prices: tuple[int, ...]
    times: Fraction
    tops: tuple[int, ...]


class Pricer(Protocol):
    """Finds patterns that are worth more than they cost."""

    cares: tuple[Care, ...]  # those that differ here, the quickest first; the last is exact
    most: int  # what all parts together may be worth at most, in price units, for the pricer's numbers

    def price(
        self,
        prices: Sequence[int],
        costs: Sequence[int],
        left: Sequence[int],
        *,
        care: Care,
        is_proper: bool,
    ) -> Found:
        """Return patterns worth more than `costs`.

        Where `care` is exact also what no pattern of a stock is worth more than; with `is_proper` only patterns
        that hold no part more often than it is left.
        """


@dataclass
class Generation:
    """Column generation for one job, and the best bound it has proved."""

    wanted: Wanted
    pricer: Pricer
    master: Master = field(init=False)
    bound: Fraction = Fraction(0)
    relaxed: Relaxed | None = None
    is_closed: bool = False  # no pattern is worth more than it costs: the bound is the program's optimum
    center: Floats | None = None
    proof: Proof | None = None
    rounds: int = 0

    def __post_init__(self) -> None:
        self.master = Master(self.wanted.counts, self.wanted.costs, self.wanted.limits)

    def run(self, stop: Stop, close: float = 1e-9, stop_quick: Stop | None = None) -> None:
        """Find patterns until none is missing, the bound is within `close`, or `stop` says so.

        `stop_quick` comes earlier, so that some time is left for patterns that prove a bound.
        """
        for care in self.pricer.cares[:-1]:
            self._quickly(care, stop_quick or stop)
        smooth = SMOOTH
        while not stop():
            relaxed = self._solved()
            prices = relaxed.prices
            if self.center is not None and smooth > 0:
                prices = smooth * self.center + (1 - smooth) * prices
            new = self._priced(prices, relaxed, Care.EXACT)
            value = relaxed.cost * self.master.most
            if value - float(self.bound) <= close * value or (new == 0 and smooth == 0):
                self.is_closed = True
                return
            smooth = 0.0 if new == 0 else SMOOTH

    def _quickly(self, care: Care, stop: Stop) -> None:
        """Find patterns the quick way, by a mean of prices, until the prices themselves bring none or little."""
        mean: Floats | None = None
        values: list[float] = []
        while not stop():
            relaxed = self._solved()
            values.append(relaxed.cost)
            is_late = len(values) > LEAST_ROUNDS[care]
            if is_late and values[-1] > (1 - LEAST_GAINS[care]) * values[-1 - LOOK_BACK]:
                return
            is_mean = mean is not None
            mean = relaxed.prices if mean is None else STEADY * mean + (1 - STEADY) * relaxed.prices
            if self._priced(mean, relaxed, care):
                continue
            if not is_mean:
                return
            mean = None

    def _solved(self) -> Relaxed:
        """Return the optimum over the patterns at hand, which are not too many."""
        self.relaxed = self.master.solve()
        if len(self.master.patterns) > PURGE_FROM * len(self.wanted.counts) + PURGE_LEAST:
            self.master.purge(PURGE_TO * len(self.wanted.counts))
            self.relaxed = self.master.solve()
        return self.relaxed

    def _priced(self, prices: Floats, relaxed: Relaxed, care: Care) -> int:
        """Find patterns by `prices` and note the bound that they prove; return how many are new."""
        scaled, unit = self.scaled(prices, self.wanted.counts)
        costs = self.costs_of(relaxed.rents, unit)
        found = self.pricer.price(scaled.tolist(), costs, self.wanted.counts, care=care, is_proper=False)
        self.rounds += 1
        if found.tops is not None:
            self._note(scaled, found.tops, prices)
        return sum([self.master.add(pattern) for pattern in found.patterns])

    def refine(self, left: Sequence[int], rounds: int, stop: Stop) -> Relaxed:
        """Return the optimum for what is `left`, with at most `rounds` rounds of patterns made for it."""
        relaxed = self.master.solve(is_feasible=False)
        quick, *slow = self.pricer.cares
        care = quick
        for _ in range(rounds):
            if stop():
                break
            scaled, unit = self.scaled(relaxed.prices, left)
            costs = self.costs_of(relaxed.rents, unit)
            found = self.pricer.price(scaled.tolist(), costs, left, care=care, is_proper=True)
            if sum([self.master.add(pattern) for pattern in found.patterns]):
                relaxed = self.master.solve()
            elif slow and care == quick:
                care = slow[0]
            else:
                break
        return relaxed

    def scaled(self, prices: Floats, counts: Sequence[int]) -> tuple[Ints, float]:
        """Return the prices as whole numbers, and how many of those the dearest stock piece costs."""
        unit = min(float(SCALE), self.pricer.most / max(float(prices @ np.array(counts)), 1e-9))
        return np.floor(prices * unit).astype(np.int64), unit

    def costs_of(self, rents: Floats, unit: float) -> tuple[int, ...]:
        """Return what a pattern on each stock must be worth more than, in price units."""
        return tuple(
            int((cost + rent + NEAR) * unit) for cost, rent in zip(self.master.costs, rents, strict=True)
        )

    def _note(self, scaled: Ints, tops: Sequence[int], prices: Floats) -> None:
        value, times = farley(scaled.tolist(), tops, self.wanted)
        if value > self.bound:
            self.bound, self.center = value, prices
            self.proof = Proof(tuple(scaled.tolist()), times, tuple(tops))


def farley(prices: Sequence[int], tops: Sequence[int], wanted: Wanted) -> tuple[Fraction, Fraction]:
    """Return the bound that `prices` prove when no pattern of a stock is worth more than its top, and t below.

    Prices times t are dual feasible when t times the top is at most the cost, or, for a stock of which
    there are q pieces, when each of those pays a rent for what is above. The best t is where one of
    those is tight: the bound is concave in t.
    """
    worth = sum(int(price) * count for price, count in zip(prices, wanted.counts, strict=True))
    most: Fraction | None = None
    tries = []
    for cost, top, limit in zip(wanted.costs, tops, wanted.limits, strict=True):
        if top <= 0:
            continue
        tight = Fraction(cost, int(top))
        tries.append(tight)
        if limit is None and (most is None or tight < most):
            most = tight
    best, at = Fraction(0), Fraction(0)
    for t in tries:
        if most is None or t <= most:
            value = t * worth
            for cost, top, limit in zip(wanted.costs, tops, wanted.limits, strict=True):
                if limit is not None:
                    value -= limit * max(Fraction(0), t * int(top) - cost)
            if value > best:
                best, at = value, t
    return best, at
