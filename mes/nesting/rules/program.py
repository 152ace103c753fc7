"""Sheets in whole numbers: where few patterns are worth anything, a whole-number program chooses among them.

Besides the patterns of the linear program it is given those that are best for prices a little different: a
plan in whole numbers needs patterns that the linear program does not. Only the worker imports this module.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np

from mes.nesting.rules.effort import Watch
from mes.nesting.rules.generate import Generation
from mes.nesting.rules.master import Pattern, whole

POOL_MOST = 400  # patterns beyond which the program is too slow to be of use
DRAWS = 40  # times that prices are changed at random
NOISE = 0.6  # width of that change, as a share of the price
WORTH = 0.85  # share of its cost that a pattern must be worth
NODES = 200  # of branch and bound


def programmed(
    generation: Generation, known: Sequence[Pattern], watch: Watch
) -> list[tuple[Pattern, int]] | None:
    """Return patterns and how often, which together hold all parts (some too often), of those that can be found.

    `known` may be used too. None where they are too many, or where the time is too short.
    """
    wanted, pool = generation.wanted, dict[tuple[int, tuple[tuple[int, int], ...]], Pattern]()
    for pattern in chain(generation.master.patterns, known, _drawn(generation)):
        pool.setdefault((pattern.stock, pattern.counts), pattern)
        if len(pool) > POOL_MOST or watch.stop():
            return None
    patterns = list(pool.values())
    found = whole(patterns, wanted.counts, (wanted.costs, wanted.limits), NODES, watch.left)
    return None if found is None else [(patterns[at], times) for at, times in found.uses]


def _drawn(generation: Generation) -> Iterator[Pattern]:
    """Yield the patterns that are best for prices changed at random."""
    relaxed, rng = generation.master.solve(), np.random.default_rng(1)
    for _ in range(DRAWS):
        prices = relaxed.prices * (1 + NOISE * (rng.random(len(relaxed.prices)) - 0.5))
        scaled, unit = generation.scaled(prices, generation.wanted.counts)
        costs = [int(WORTH * cost * unit) for cost in generation.master.costs]
        for care in generation.pricer.cares:
            priced = generation.pricer.price(
                scaled.tolist(), costs, generation.wanted.counts, care=care, is_proper=True
            )
            yield from priced.patterns
