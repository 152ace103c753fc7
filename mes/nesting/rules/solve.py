"""Solve one cutting instance: the only place of the engine that looks at a clock, and only to stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from math import gcd
from time import monotonic
from types import ModuleType
from typing import Any, Protocol

from core.errors import RuleViolation
from core.i18n import N_
from mes.nesting.rules import bars, bounds, ready, sheets
from mes.nesting.rules.effort import Stop, Watch
from mes.nesting.rules.fill import Filling
from mes.nesting.rules.instance import Instance, Kind, Part
from mes.nesting.rules.matched import each, joined, taken_apart
from mes.nesting.rules.plan import Bound, Layout, Plan, Reason, Unplaced, cost_shown
from mes.nesting.rules.sheets import Effort

SHEET_STEPS = 8_000  # of the search; what a job of this workload needs, not a time
BAR_STEPS = 10_000
END_SHARE = 0.93  # of the time: then everything is written down
FINISH_S_PER_PIECE = 0.00004  # to write placements, measured generously
FINISH_PER_SETUP = 2.0  # writing takes as long as that many times sorting the parts, on this machine, now
WORK_PER_S = 25_000  # pieces, and twice the parts, that are sure to be planned in a second
LOAD_SHARE = 0.4  # of the time, at most, to load the compiled engine
SEARCH_STEPS = 480_000  # of the compiled search, of all dives
COST_MOST = 1 << 52  # whole numbers beyond it are not exact in the search
BOUND_SHARE = 0.1  # of the time, at most, for the lower bound before the search
FILL_SHARE = 0.6  # of the time, at most, until the search for improvements begins
FOUR_PLACES = Decimal("0.0001")


class TimeTooShort(RuleViolation):
    """Not even the quickest plan for so many pieces is sure to be ready in time."""

    code = "mes.nesting.time_too_short"
    message = N_(
        "%(pieces)s pieces cannot be planned in %(seconds)s s. Allow at least %(least)s s, or split the job."
    )


def solve(
    instance: Instance,
    *,
    seconds: float = 10.0,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    publish: Callable[[Plan], None] | None = None,
    clock: Callable[[], float] = monotonic,
) -> Plan:
    """Return a plan for `instance`, the best found in a fixed effort or in `seconds`, whatever ends first.

    The same instance and seed give the same plan unless the clock or `cancelled` cut in; then it is
    the best found so far. What cannot be placed is listed with its reason. `progress` hears steps
    done and steps in all; `publish` hears a first plan at once, and every better one; `clock` tells
    seconds. Raises TimeTooShort.
    """
    began = clock()
    parts, hopeless = _sorted_out(instance)
    pieces = sum(part.quantity for part in parts)
    amount = pieces + 2 * len(parts)
    if amount > WORK_PER_S * seconds:
        raise TimeTooShort(pieces=pieces, seconds=seconds, least=-(-amount // WORK_PER_S))
    if not parts:
        return replace(_plan(instance, (), hopeless, None, 1), seconds=_since(began, clock))
    cuttable, unit = _cuttable(instance)
    work: _Work = (_Bars if instance.kind is Kind.BAR else _Sheets)(cuttable, parts)
    finish = min(seconds / 2, pieces * FINISH_S_PER_PIECE + FINISH_PER_SETUP * (clock() - began))
    usable = max(0.0, seconds * END_SHARE - finish)
    late = Watch(began + seconds * END_SHARE, None, clock)
    early = Watch(began + usable * BOUND_SHARE, cancelled, clock)
    filling = Watch(began + usable * FILL_SHARE, cancelled, clock)
    watch = Watch(began + usable, cancelled, clock)
    steps = SHEET_STEPS if instance.kind is Kind.SHEET else BAR_STEPS
    tell = (lambda done: progress(min(done, steps), steps)) if progress else _silent
    tell(0)

    def told(layouts: tuple[Layout, ...], reason: Reason, bound: bounds.LowerBound | None) -> Plan:
        left_out = each(instance, _left_out(parts, layouts, reason))
        if left_out and layouts:
            bound = bounds.lower_bound(cuttable, _placed(parts, layouts), early.stop)
        layouts = taken_apart(instance, layouts)
        plan = _plan(instance, layouts, (*hopeless, *left_out), bound if layouts else None, unit)
        return replace(plan, seconds=_since(began, clock))

    def hear(found: Any) -> None:
        if publish is not None:
            publish(told(work.layouts(found, late.stop), Reason.NO_TIME, bound))

    bound = bounds.lower_bound(cuttable, parts, early.stop)
    effort = Effort(steps, watch.stop, filling.stop, tell, bound.cost)
    engine = ready.compiled(usable * LOAD_SHARE) if _is_small(cuttable, pieces) else None
    first = work.quick(effort)
    hear(first)
    found = work.fill(first, seed, effort) if engine is None or any(first.out) else first
    if engine is not None:
        found, proved = work.better(engine, found, watch, effort, hear)
        if proved > bound.cost and not instance.groups:  # it knows one way to cut a group, not every way
            bound = bounds.rounded(cuttable, proved, bounds.PATTERNS)
    tell(steps)
    reason = Reason.NO_TIME if watch.stop() else Reason.NO_STOCK
    return told(work.layouts(found, late.stop), reason, bound)


def _since(began: float, clock: Callable[[], float]) -> Decimal:
    return Decimal(str(round(clock() - began, 2)))


def _silent(_done: int) -> None:
    """Tell nobody."""


def _sorted_out(instance: Instance) -> tuple[tuple[Part, ...], tuple[Unplaced, ...]]:
    """Return the parts that fit some stock, and those that fit none with the reason."""
    fitting, hopeless = [], []
    for part in joined(instance):
        if any(instance.ways(part, stock) for stock in instance.stock):
            fitting.append(part)
        else:
            hopeless.append(Unplaced(part.id, part.quantity, _hopeless(instance, part)))
    return tuple(fitting), each(instance, hopeless)


def _hopeless(instance: Instance, part: Part) -> Reason:
    """Return why a part fits no stock piece."""
    if not instance.has_size(part):
        return Reason.NO_SIZE
    if part.match:
        return Reason.MATCH
    fits = any(
        part.extent(turned)[0] + part.mitre_dmm <= instance.room(stock)[0]
        and part.extent(turned)[1] <= instance.room(stock)[1]
        for stock in instance.stock
        for turned in ((False, True) if instance.kind is Kind.SHEET else (False,))
    )
    return Reason.GRAIN if fits else Reason.TOO_LARGE


def _cuttable(instance: Instance) -> tuple[Instance, int]:
    """Return the instance with only those stock pieces of which the trims leave something, and a unit.

    Costs are whole numbers of the unit, as small as can be: 61 and 70 for 2440 and 2800 of one width.
    """
    least = (1, 0 if instance.kind is Kind.BAR else 1)
    stock = tuple(
        stock
        for stock in instance.stock
        if all(side >= of for side, of in zip(instance.room(stock), least, strict=True))
    )
    unit = gcd(*(of.cost for of in stock)) or 1
    return replace(instance, stock=tuple(replace(of, cost=of.cost // unit) for of in stock)), unit


def _is_small(instance: Instance, pieces: int) -> bool:
    """Return whether all costs stay exact in the compiled engine's numbers."""
    return max(stock.cost for stock in instance.stock) * pieces < COST_MOST


class _Work(Protocol):
    """One job: a first filling, a better one by the plain engine, a still better one by the compiled."""

    def quick(self, effort: Effort) -> Any:
        """Return a first filling, at once."""

    def fill(self, first: Any, seed: int, effort: Effort) -> Any:
        """Return the plain engine's filling, no worse than `first`."""

    def better(
        self, engine: ModuleType, first: Any, watch: Watch, effort: Effort, hear: Callable[[Any], None]
    ) -> tuple[Any, int]:
        """Return the compiled engine's filling, no worse than `first`, and the bound that it proved."""

    def layouts(self, filling: Any, stop: Stop) -> tuple[Layout, ...]:
        """Return a filling as layouts; when `stop` says so, without the rest's offcuts."""


class _Bars:
    """One job of bars."""

    def __init__(self, instance: Instance, parts: tuple[Part, ...]) -> None:
        self.instance = instance
        self.job, self.members = bars.job_of(instance, parts)

    def quick(self, effort: Effort) -> bars.BarFilling:
        return bars.quick(self.job, effort)

    def fill(self, first: bars.BarFilling, seed: int, effort: Effort) -> bars.BarFilling:
        return bars.fill(self.job, first, seed, effort)

    def better(
        self,
        engine: ModuleType,
        first: bars.BarFilling,
        watch: Watch,
        _effort: Effort,
        _hear: Callable[[Any], None],
    ) -> tuple[bars.BarFilling, int]:
        found: tuple[bars.BarFilling, int] = engine.better_bars(
            self.job, first, _limits(self.instance), _rounded(self.instance), watch
        )
        return found

    def layouts(self, filling: bars.BarFilling, stop: Stop) -> tuple[Layout, ...]:
        return bars.layouts_of(self.instance, filling, self.members, stop)


class _Sheets:
    """One job of sheets."""

    def __init__(self, instance: Instance, parts: tuple[Part, ...]) -> None:
        self.instance = instance
        self.job, self.members = sheets.job_of(instance, parts)

    def quick(self, effort: Effort) -> Filling:
        return sheets.quick(self.job, effort.stop)

    def fill(self, first: Filling, seed: int, effort: Effort) -> Filling:
        return sheets.fill(self.job, first, seed, effort)

    def better(
        self,
        engine: ModuleType,
        first: Filling,
        watch: Watch,
        effort: Effort,
        hear: Callable[[Any], None],
    ) -> tuple[Filling, int]:
        done = 0

        def tell(steps: int) -> None:
            nonlocal done
            done += steps
            effort.tell(done * effort.steps // SEARCH_STEPS)

        found: tuple[Filling, int] = engine.better_sheets(
            self.job, first, _limits(self.instance), _rounded(self.instance), watch, tell, hear
        )
        return found

    def layouts(self, filling: Filling, stop: Stop) -> tuple[Layout, ...]:
        return sheets.layouts_of(self.instance, filling, self.members, stop)


def _limits(instance: Instance) -> list[int | None]:
    """Return how many there are of each stock piece."""
    return [stock.quantity for stock in instance.stock]


def _rounded(instance: Instance) -> Callable[[int], int]:
    """Return what rounds a bound up to what stock costs can add up to."""
    return lambda cost: bounds.rounded(instance, cost, bounds.PATTERNS).cost


def _counted(layouts: Sequence[Layout]) -> Counter[str]:
    """Return how often each part is placed."""
    counts: Counter[str] = Counter()
    for layout in layouts:
        for placement in layout.placements:
            counts[placement.part] += layout.repeat
    return counts


def _left_out(parts: Sequence[Part], layouts: Sequence[Layout], reason: Reason) -> tuple[Unplaced, ...]:
    counts = _counted(layouts)
    return tuple(
        Unplaced(part.id, part.quantity - counts[part.id], reason)
        for part in parts
        if counts[part.id] < part.quantity
    )


def _placed(parts: Sequence[Part], layouts: Sequence[Layout]) -> list[Part]:
    """Return the parts with the quantities that are placed."""
    counts = _counted(layouts)
    return [replace(part, quantity=counts[part.id]) for part in parts if counts[part.id]]


def _plan(
    instance: Instance,
    layouts: tuple[Layout, ...],
    unplaced: tuple[Unplaced, ...],
    bound: bounds.LowerBound | None,
    unit: int,
) -> Plan:
    """Return the plan with its sums: yield by gross stock area (or length), gap to the bound in `unit`s."""
    stocks = {stock.id: stock for stock in instance.stock}
    extents = {part.id: part.length_dmm * (part.width_dmm or 1) for part in instance.parts}
    used: Counter[str] = Counter()
    for layout in layouts:
        used[layout.stock] += layout.repeat
    gross = sum(stocks[id_].length_dmm * (stocks[id_].width_dmm or 1) * n for id_, n in used.items())
    net = sum(extents[id_] * count for id_, count in _counted(layouts).items())
    cost = sum(stocks[id_].cost * n for id_, n in used.items())
    least = bound.cost * unit if bound else 0
    gap = Decimal(cost) / least - 1 if least else None if cost else Decimal(0)
    return Plan(
        kind=instance.kind,
        layouts=layouts,
        unplaced=unplaced,
        yield_rate=(Decimal(net) / gross).quantize(FOUR_PLACES) if gross else Decimal(0),
        stock_used=dict(used),
        bound=Bound(cost_shown(least), bound.method if bound else "nothing to cut"),
        gap_rate=None if gap is None else gap.quantize(FOUR_PLACES),
        seconds=Decimal(0),
    )
