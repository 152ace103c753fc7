"""Diving: whole pieces out of the linear program, the surest first, the rest priced anew each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mes.nesting.rules.effort import Stop
from mes.nesting.rules.generate import Generation
from mes.nesting.rules.master import Floats, Pattern

KEPT = 4  # patterns by size that a dive begins with
FEW_SIZES = 100
ROUNDS_FEW, ROUNDS_MANY = 12, 4  # of pricing for the rest, after each step of a dive
SHARE_FEW, SHARE_MANY = 0.08, 0.15  # of the rest that one step fixes, where no pattern is used a whole time
LEAST_USE = 0.05
WHOLE = 1e-6  # a use so near to a whole number is that number


@dataclass(frozen=True, slots=True)
class Dived:
    """Patterns fixed with how often, and what is left of the demand and of limited stock."""

    fixed: tuple[tuple[Pattern, int], ...]
    left: tuple[int, ...]
    spare: tuple[int | None, ...]


class Dive:
    """One dive into the linear program of a generation."""

    def __init__(self, generation: Generation, weights: Sequence[float], seed: int) -> None:
        self.generation = generation
        self.weights = np.array(weights)
        self.left = list(generation.wanted.counts)
        self.spare = list(generation.wanted.limits)
        self.fixed: list[tuple[Pattern, int]] = []
        self.rng = np.random.default_rng(seed)
        self.noise = 0.0 if seed == 0 else 0.5
        is_few = len(self.left) <= FEW_SIZES
        self.rounds, self.share = (ROUNDS_FEW, SHARE_FEW) if is_few else (ROUNDS_MANY, SHARE_MANY)

    def run(self, until: float, stop: Stop) -> Dived:
        """Fix patterns until the rest costs less than `until` dearest stock pieces."""
        master = self.generation.master
        master.purge(KEPT * len(self.left))
        master.want(self.left, self.spare)
        relaxed = master.solve(is_feasible=False)
        while any(self.left) and not stop():
            before = sum(self.left)
            whole = np.floor(relaxed.uses + WHOLE).astype(int)
            for at in np.flatnonzero(whole):
                self.fix(master.patterns[at], int(whole[at]))
            if sum(self.left) == before and (
                relaxed.cost < until or not self.fix_likely(relaxed.uses, relaxed.cost)
            ):
                break
            master.want(self.left, self.spare)
            relaxed = self.generation.refine(self.left, self.rounds, stop)
        return Dived(tuple(self.fixed), tuple(self.left), tuple(self.spare))

    def fix(self, pattern: Pattern, times: int) -> bool:
        """Use a pattern up to `times` times without making too much; say whether it was used."""
        most = min([times, *(self.left[size] // count for size, count in pattern.counts)])
        limit = self.spare[pattern.stock]
        if limit is not None:
            most = min(most, limit)
            self.spare[pattern.stock] = limit - most
        if most <= 0:
            return False
        for size, count in pattern.counts:
            self.left[size] -= most * count
        self.fixed.append((pattern, most))
        return True

    def fix_likely(self, uses: Floats, cost: float) -> bool:
        """Use the patterns that the program uses most, once each; say whether any was used."""
        patterns = self.generation.master.patterns
        chosen = []
        for at in np.flatnonzero(uses > LEAST_USE):
            luck = 1 + self.noise * self.rng.random()
            chosen.append((-float(uses[at]) * luck * self.fitting(patterns[at]) ** 4, int(at)))
        done, most = 0, max(1, int(cost * self.share))
        for _, place in sorted(chosen)[:most]:
            if self.fitting(patterns[place]) >= 0.985 or done == 0:
                done += self.fix(self.capped(patterns[place]), 1)
        return done > 0

    def fitting(self, pattern: Pattern) -> float:
        """Return which share of a pattern, by weight, is still wanted."""
        whole = sum(self.weights[size] * count for size, count in pattern.counts)
        return float(
            sum(self.weights[size] * min(count, self.left[size]) for size, count in pattern.counts) / whole
        )

    def capped(self, pattern: Pattern) -> Pattern:
        """Return a pattern without the parts that nobody wants any more."""
        counts = tuple(
            (size, min(count, self.left[size])) for size, count in pattern.counts if self.left[size]
        )
        return Pattern(pattern.stock, counts, pattern.shape)
