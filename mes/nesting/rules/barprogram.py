"""Bars in whole numbers: what the linear program uses whole times is kept, a whole-number program fills the rest.

Where few enough patterns can be in a cheaper plan, the program over all of them proves a bound of its own.
Only the worker imports this module: it brings the compiler and the solver.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from math import ceil, floor

import numpy as np

from mes.nesting.rules.barprice import BarPricer
from mes.nesting.rules.bars import Bar, BarFilling, BarJob
from mes.nesting.rules.effort import Watch
from mes.nesting.rules.generate import Generation, Proof, Wanted
from mes.nesting.rules.knapsack import near_fills
from mes.nesting.rules.master import Pattern, whole

GENERATION_SHARE = 0.5  # of the time, at most, for the bound
CLOSE = 1e-7  # so near to its optimum the linear program is solved
CONTENT, FEW_SIZES = 0.0002, 100  # a plan of more sizes so little above the bound is not searched on
KEPT_BACK = (0, 1, 2)  # times that each pattern is left to the whole-number program, tried in turn
NEAR_BARS = 800  # fillings by stock length that are looked at in whole numbers
ALL_BARS = 4_000  # and where the program is to prove a bound
NEAR_LOOKS = 2_000_000
NEAR_FIRST, NEAR_MORE, NEAR_LAST = 0.0005, 1.5, 0.3  # shares of a bar that a filling may be worth less
BAR_NODES, PROOF_NODES = 40, 1_000  # of branch and bound
SOLVER_ERROR = 1e-6  # share by which the solver's bound may be wrong

Round = Callable[[int], int]  # a bound rounded up to what stock costs can add up to


class BarProgram:
    """The search for the best whole numbers of bars for one job, whose parts all fit."""

    def __init__(self, job: BarJob, first: BarFilling, limits: Sequence[int | None], watch: Watch) -> None:
        self.job, self.first, self.limits, self.watch = job, first, tuple(limits), watch
        self.costs = tuple(bar.cost for bar in job.bars)
        pricer = BarPricer(job)
        self.generation = Generation(Wanted(job.counts, self.costs, self.limits), pricer)
        known = [Pattern(bar.size, tuple(sorted(Counter(bar.parts).items()))) for bar in first.bars]
        for pattern in (*pricer.starters(), *known):
            self.generation.master.add(pattern)
        self.generation.run(watch.share(GENERATION_SHARE).stop, CLOSE)
        self.bound = ceil(self.generation.bound)

    def run(self, rounded: Round) -> tuple[BarFilling, int]:
        """Return a filling that is no worse than the first, and a bound of its cost."""
        bound, best, near = rounded(self.bound), self.first, list[Pattern]()
        for kept_back in KEPT_BACK:
            if self.is_content(best, bound):
                return best, bound
            near = near or self.near()
            best = _better(self.job, best, self.rest_filled(near, kept_back))
        if self.is_content(best, bound):
            return best, bound
        bars, proved = self.proved(self.job.badness(best)[1])
        best = _better(self.job, best, bars)
        return best, max(bound, min(self.job.badness(best)[1], rounded(proved)))

    def is_content(self, best: BarFilling, bound: int) -> bool:
        """Return whether nothing more is to be done, for want of a gap or of time."""
        slack = 0 if len(self.job.counts) <= FEW_SIZES else CONTENT
        return self.watch.stop() or self.job.badness(best)[1] <= bound * (1 + slack)

    def rest_filled(self, near: Sequence[Pattern], kept_back: int) -> list[Bar] | None:
        """Return the bars of the linear program, rounded down and less `kept_back`, with the rest in whole numbers."""
        master = self.generation.master
        relaxed = master.solve()
        left, spare = list(self.job.counts), list(self.limits)
        fixed: list[tuple[Pattern, int]] = []
        for at in np.flatnonzero(relaxed.uses >= kept_back + 1 - SOLVER_ERROR):
            pattern, times = master.patterns[at], floor(relaxed.uses[at] + SOLVER_ERROR) - kept_back
            fixed.append((pattern, times))
            for size, count in pattern.counts:
                left[size] = max(0, left[size] - times * count)
            limit = spare[pattern.stock]
            spare[pattern.stock] = None if limit is None else limit - times
        usable = [pattern for pattern in near if any(left[size] for size, _ in pattern.counts)]
        found = whole(usable, left, (self.costs, spare), BAR_NODES, self.watch.left)
        if found is None:
            return None
        return self.bars([*fixed, *((usable[at], times) for at, times in found.uses)])

    def bars(self, uses: Sequence[tuple[Pattern, int]]) -> list[Bar] | None:
        """Return patterns as bars, without what is cut too often; None where something is missing."""
        bars, left = [], list(self.job.counts)
        for pattern, times in uses:
            for _ in range(times):
                parts = tuple(size for size, n in pattern.counts for _ in range(min(n, left[size])))
                for size in parts:
                    left[size] -= 1
                if parts:
                    bars.append(Bar(pattern.stock, parts))
        return None if any(left) else bars

    def near(self) -> list[Pattern]:
        """Return the patterns of the program, and those that are nearly worth what they cost."""
        generation, job = self.generation, self.job
        relaxed = generation.master.solve()
        prices, unit = generation.scaled(relaxed.prices, job.counts)
        kept = {(pattern.stock, pattern.counts): pattern for pattern in generation.master.patterns}
        for stock, cost in enumerate(generation.costs_of(relaxed.rents, unit)):
            share, found = NEAR_FIRST, list[Pattern]()
            while share < NEAR_LAST:
                least = int(cost - share * generation.master.costs[stock] * unit)
                more, is_all = fillings(job, stock, prices, least, NEAR_BARS)
                if not is_all:
                    found = found or more
                    break
                found, share = more, share * NEAR_MORE
            for pattern in found:
                kept.setdefault((stock, pattern.counts), pattern)
        return list(kept.values())

    def proved(self, cost: int) -> tuple[list[Bar] | None, int]:
        """Return the best bars of all patterns that a plan below `cost` can use, and the bound that this proves.

        A pattern's price falls short of its cost by at most what `cost` is above the bound, or no plan below
        `cost` uses it. None and 0 where stock is limited or where they are too many.
        """
        proof = self.generation.proof
        is_limited = any(limit is not None for limit in self.limits)
        patterns = None if proof is None or is_limited else all_useful(self.job, proof, cost)
        if not patterns:
            return None, 0
        found = whole(patterns, self.job.counts, (self.costs, self.limits), PROOF_NODES, self.watch.left)
        if found is None:
            return None, 0
        bars = self.bars([(patterns[at], times) for at, times in found.uses])
        return bars, ceil(min(cost, found.least * (1 - SOLVER_ERROR)))


def all_useful(job: BarJob, proof: Proof, cost: int) -> list[Pattern] | None:
    """Return every full pattern that a plan below `cost` can use; None where there are too many."""
    worth = proof.times * sum(price * count for price, count in zip(proof.prices, job.counts, strict=True))
    slack = cost - 1 - worth
    patterns: list[Pattern] = []
    for stock, bar in enumerate(job.bars):
        least = max(0, floor((bar.cost - slack) / proof.times))
        found, is_all = fillings(job, stock, np.array(proof.prices, np.int64), least, ALL_BARS)
        if not is_all:
            return None
        patterns += found
    return patterns


def fillings(
    job: BarJob, stock: int, prices: np.ndarray, least: int, most: int
) -> tuple[list[Pattern], bool]:
    """Return the full fillings of a stock length that are worth at least `least`, and whether these are all."""
    extents, counts = np.array(job.extents, np.int64), np.array(job.counts, np.int64)
    room, worth = job.bars[stock].room, np.maximum(prices, 1)
    usable = np.flatnonzero((counts > 0) & (extents <= room))
    if not len(usable):
        return [], True
    order = usable[np.argsort(-worth[usable] / extents[usable], kind="stable")]
    rows, is_all = near_fills(room, extents[order], counts[order], worth[order], least, most, NEAR_LOOKS)
    found = []
    for row in rows:
        found.append(
            Pattern(stock, tuple(sorted((int(order[at]), int(row[at])) for at in np.flatnonzero(row))))
        )
    return found, bool(is_all)


def _better(job: BarJob, best: BarFilling, bars: list[Bar] | None) -> BarFilling:
    """Return the cheaper of a filling and other bars with the same parts."""
    found = best if bars is None else BarFilling(bars, best.out)
    return found if job.badness(found) < job.badness(best) else best
