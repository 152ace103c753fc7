"""The master problem of column generation: how often each pattern is cut, as a linear program.

Solved by HiGHS on one thread, so that equal problems have equal answers. Costs are divided by the
dearest stock piece. Only the worker imports this module: it brings the solver.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DUAL, PRIMAL = 1, 4  # of the solver's simplex methods
NEVER = 1e-7  # a pattern that is so much dearer than its worth is not in the optimum
WHOLE_COST_MOST = 1_000_000  # up to it costs are given as whole numbers: the solver then rounds its bounds up
LESS_THAN_ONE = 0.9  # two costs that differ by no more are equal
MISSING = 8.0  # what it costs to leave out one part, in dearest stock pieces: no price reaches it


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way to fill a stock piece: which stock, how many of each size, and how (the pricer's own)."""

    stock: int
    counts: tuple[tuple[int, int], ...]
    shape: Any = None


@dataclass(frozen=True, slots=True)
class Whole:
    """Patterns (by place) with how often, in whole numbers, and what no choice of them can cost less than."""

    uses: tuple[tuple[int, int], ...]
    least: float


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The optimum of the linear program: cost, how often each pattern, prices of sizes and of stock."""

    cost: float
    uses: Floats
    prices: Floats
    rents: Floats  # what one more piece of a limited stock would save


class Master:
    """Patterns and how many parts are still wanted; grows column by column."""

    def __init__(self, demand: Sequence[int], costs: Sequence[int], limits: Sequence[int | None]) -> None:
        self.patterns: list[Pattern] = []
        self.known: dict[tuple[int, tuple[tuple[int, int], ...]], int] = {}
        self.most = max(*costs, 1)
        self.costs = [cost / self.most for cost in costs]
        self.sizes = len(demand)
        self.limited = [stock for stock, limit in enumerate(limits) if limit is not None]
        self.solver = _quiet()
        for count in demand:
            self.solver.addRow(float(count), highspy.kHighsInf, 0, [], [])
        for stock in self.limited:
            self.solver.addRow(-highspy.kHighsInf, float(limits[stock] or 0), 0, [], [])
        for size in range(self.sizes):
            self.solver.addCol(MISSING, 0.0, highspy.kHighsInf, 1, [size], [1.0])

    def add(self, pattern: Pattern) -> bool:
        """Take a pattern in; say whether it is new."""
        key = (pattern.stock, pattern.counts)
        if key in self.known or not pattern.counts:
            return False
        self.known[key] = len(self.patterns)
        self.patterns.append(pattern)
        rows = [size for size, _ in pattern.counts]
        entries = [float(count) for _, count in pattern.counts]
        if pattern.stock in self.limited:
            rows.append(self.sizes + self.limited.index(pattern.stock))
            entries.append(1.0)
        cost = self.costs[pattern.stock]
        self.solver.addCol(cost, 0.0, highspy.kHighsInf, len(rows), rows, entries)
        return True

    def purge(self, most: int) -> None:
        """Forget patterns that the last optimum does not use, the dearest first, down to `most`."""
        spare = len(self.patterns) - most
        if spare <= 0:
            return
        solution = self.solver.getSolution()
        dear = np.array(solution.col_dual)[self.sizes :]
        dear[np.array(solution.col_value)[self.sizes :] > 0] = -1.0
        gone = np.sort(np.argsort(-dear, kind="stable")[:spare])
        gone = gone[dear[gone] > NEVER]
        self.solver.deleteCols(len(gone), (gone + self.sizes).astype(np.int32))
        dropped = set(gone.tolist())
        self.patterns = [pattern for at, pattern in enumerate(self.patterns) if at not in dropped]
        self.known = {(pattern.stock, pattern.counts): at for at, pattern in enumerate(self.patterns)}

    def want(self, demand: Sequence[int], spare: Sequence[int | None]) -> None:
        """Change how many parts are wanted, and how many pieces of each limited stock there are."""
        for size, count in enumerate(demand):
            self.solver.changeRowBounds(size, float(count), highspy.kHighsInf)
        for row, stock in enumerate(self.limited, start=self.sizes):
            self.solver.changeRowBounds(row, -highspy.kHighsInf, float(spare[stock] or 0))

    def solve(self, *, is_feasible: bool = True) -> Relaxed:
        """Return the optimum over the patterns at hand.

        The last optimum is still feasible where only patterns were added; else the dual method is quicker.
        """
        self.solver.setOptionValue("simplex_strategy", PRIMAL if is_feasible else DUAL)
        self.solver.run()
        solution = self.solver.getSolution()
        duals = np.array(solution.row_dual)
        rents = np.zeros(len(self.costs))
        rents[self.limited] = np.maximum(-duals[self.sizes :], 0.0)
        return Relaxed(
            self.solver.getInfo().objective_function_value,
            np.array(solution.col_value)[self.sizes :],
            np.maximum(duals[: self.sizes], 0.0),
            rents,
        )


class _Quiet(highspy.Highs):
    """A solver that writes nothing, not even its name into what a command prints: it does so while it is made."""

    def enableCallbacks(self) -> None:  # noqa: N802  (its name there)
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()


def _quiet() -> Any:
    solver = _Quiet()
    solver.setOptionValue("log_to_console", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", 1)
    solver.setOptionValue("presolve", "off")
    return solver


def whole(
    patterns: Sequence[Pattern],
    demand: Sequence[int],
    wanted: tuple[Sequence[int], Sequence[int | None]],
    nodes: int,
    seconds: float,
) -> Whole | None:
    """Return the cheapest choice of `patterns` that covers `demand`; None where none was found.

    `wanted` holds costs and limits of the stock. Effort is counted in nodes of branch and bound.
    """
    costs, spare = wanted
    solver = _quiet()
    solver.setOptionValue("presolve", "on")
    solver.setOptionValue("time_limit", max(0.01, seconds))
    solver.setOptionValue("mip_max_nodes", nodes)
    solver.setOptionValue("mip_rel_gap", 1e-7)
    rows_of = {size: row for row, size in enumerate(size for size, count in enumerate(demand) if count > 0)}
    limited = [stock for stock, limit in enumerate(spare) if limit is not None]
    stock_rows = {stock: len(rows_of) + at for at, stock in enumerate(limited)}
    unit = 1 if max(costs) <= WHOLE_COST_MOST else max(costs)
    if unit == 1:
        solver.setOptionValue("mip_abs_gap", LESS_THAN_ONE)
    for size in rows_of:
        solver.addRow(float(demand[size]), highspy.kHighsInf, 0, [], [])
    for stock in limited:
        solver.addRow(-highspy.kHighsInf, float(spare[stock] or 0), 0, [], [])
    for at, pattern in enumerate(patterns):
        rows = [rows_of[size] for size, _ in pattern.counts if size in rows_of]
        entries = [float(count) for size, count in pattern.counts if size in rows_of]
        if pattern.stock in stock_rows:
            rows.append(stock_rows[pattern.stock])
            entries.append(1.0)
        solver.addCol(costs[pattern.stock] / unit, 0.0, highspy.kHighsInf, len(rows), rows, entries)
        solver.changeColIntegrality(at, highspy.HighsVarType.kInteger)
    solver.run()
    info = solver.getInfo()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    values = np.rint(np.array(solver.getSolution().col_value)).astype(int)
    uses = tuple((at, int(count)) for at, count in enumerate(values) if count > 0)
    return Whole(uses, info.mip_dual_bound * unit)
