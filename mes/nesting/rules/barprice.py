"""Pricing for bars: the best patterns for given prices, exactly, stock length by stock length."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mes.nesting.rules.bars import BarJob
from mes.nesting.rules.generate import Care, Found
from mes.nesting.rules.knapsack import best_fill
from mes.nesting.rules.master import Pattern

AGAIN = 6  # times that a bar is priced anew without the parts it has taken


class BarPricer:
    """Finds bars worth more than they cost."""

    cares: tuple[Care, ...] = (Care.EXACT,)
    most = 1 << 50  # all in 64 bits

    def __init__(self, job: BarJob) -> None:
        self.job = job
        self.extents = np.array(job.extents, np.int64)

    def starters(self) -> list[Pattern]:
        """Return, for each part and stock length, as many of it as fit."""
        return [
            Pattern(stock, ((part, min(count, bar.room // extent)),))
            for part, (extent, count) in enumerate(zip(self.job.extents, self.job.counts, strict=True))
            for stock, bar in enumerate(self.job.bars)
            if bar.room >= extent
        ]

    def price(
        self,
        prices: Sequence[int],
        costs: Sequence[int],
        left: Sequence[int],
        *,
        care: Care,
        is_proper: bool,
    ) -> Found:
        """Return patterns worth more than `costs` of at most `left` parts, and the greatest worth by stock."""
        worth, limits = np.array(prices, np.int64), np.array(left, np.int64)
        patterns, tops = [], []
        for stock, bar in enumerate(self.job.bars):
            live = worth.copy()
            for again in range(AGAIN):
                value, counts = self._best(bar.room, live, limits, costs[stock])
                if again == 0:
                    tops.append(value)
                if not counts:
                    break
                patterns.append(Pattern(stock, counts))
                live[[part for part, _ in counts]] = 0
        return Found(patterns, tuple(tops))

    def _best(
        self, room: int, prices: np.ndarray, limits: np.ndarray, floor: int
    ) -> tuple[int, tuple[tuple[int, int], ...]]:
        usable = np.flatnonzero((prices > 0) & (limits > 0) & (self.extents <= room))
        order = usable[np.argsort(-prices[usable] / self.extents[usable], kind="stable")]
        value, counts = best_fill(room, self.extents[order], limits[order], prices[order], floor)
        chosen = sorted((int(order[at]), int(counts[at])) for at in np.flatnonzero(counts))
        return int(value), tuple(chosen)
