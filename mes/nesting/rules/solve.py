"""Solve one cutting instance: the only place of the engine that looks at a clock, and only to stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from time import monotonic
from types import ModuleType

from core.errors import RuleViolation
from core.i18n import N_
from mes.nesting.rules import bars, bounds, ready, sheets
from mes.nesting.rules.effort import Watch
from mes.nesting.rules.instance import Instance, Kind, Part
from mes.nesting.rules.plan import Bound, Layout, Plan, Reason, Unplaced, cost_shown
from mes.nesting.rules.sheets import Effort

SHEET_STEPS = 8_000  # of the search; what a job of this workload needs, not a time
BAR_STEPS = 10_000
FINISH_S_PER_PIECE = 0.00004  # to write placements, measured generously
WORK_PER_S = 15_000  # pieces, and twice the parts, that are sure to be planned in a second
LOAD_SHARE = 0.3  # of the time, at most, to load the compiled engine
SEARCH_STEPS = 240_000  # of the compiled search, of six dives
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
    done and steps in all; `publish` hears a first plan at once; `clock` tells seconds. Raises TimeTooShort.
    """
    began = clock()
    parts, hopeless = _sorted_out(instance)
    pieces = sum(part.quantity for part in parts)
    work = pieces + 2 * len(parts)
    if work > WORK_PER_S * seconds:
        raise TimeTooShort(pieces=pieces, seconds=seconds, least=-(-work // WORK_PER_S))
    usable = max(0.0, seconds * 0.85 - min(seconds / 2, pieces * FINISH_S_PER_PIECE))
    late = Watch(began + seconds * 0.85, None, clock)
    early = Watch(began + usable * BOUND_SHARE, cancelled, clock)
    filling = Watch(began + usable * FILL_SHARE, cancelled, clock)
    watch = Watch(began + usable, cancelled, clock)
    steps = SHEET_STEPS if instance.kind is Kind.SHEET else BAR_STEPS
    tell = (lambda done: progress(min(done, steps), steps)) if progress else _silent
    tell(0)
    bound = bounds.lower_bound(instance, parts, early.stop) if parts else None
    effort = Effort(steps, watch.stop, filling.stop, tell, bound.cost if bound else 0)
    engine = ready.compiled(usable * LOAD_SHARE) if _is_small(instance, pieces) and parts else None
    job = _Job(instance, parts, seed, effort, watch, late)
    layouts: tuple[Layout, ...] = ()
    if publish is not None and parts:
        early_layouts, _ = _quick(job)
        publish(
            _plan(
                instance, early_layouts, (*hopeless, *_left_out(parts, early_layouts, Reason.NO_TIME)), None
            )
        )
    proved = 0
    if parts:
        layouts, proved = _filled(job, engine)
    left_out = _left_out(parts, layouts, Reason.NO_TIME if watch.stop() else Reason.NO_STOCK)
    if left_out and layouts:
        bound = bounds.lower_bound(instance, _placed(parts, layouts), early.stop)
    elif not layouts:
        bound = None
    if bound is not None and proved > bound.cost:
        bound = bounds.rounded(instance, proved, bounds.PATTERNS)
    tell(steps)
    plan = _plan(instance, layouts, (*hopeless, *left_out), bound)
    return replace(plan, seconds=Decimal(str(round(clock() - began, 2))))


def _silent(_done: int) -> None:
    """Tell nobody."""


def _sorted_out(instance: Instance) -> tuple[tuple[Part, ...], tuple[Unplaced, ...]]:
    """Return the parts that fit some stock, and those that fit none with the reason."""
    fitting, hopeless = [], []
    for part in instance.parts:
        if any(instance.ways(part, stock) for stock in instance.stock):
            fitting.append(part)
            continue
        fits = any(
            part.extent(turned)[0] + part.mitre_dmm <= instance.room(stock)[0]
            and part.extent(turned)[1] <= instance.room(stock)[1]
            for stock in instance.stock
            for turned in ((False, True) if instance.kind is Kind.SHEET else (False,))
        )
        hopeless.append(Unplaced(part.id, part.quantity, Reason.GRAIN if fits else Reason.TOO_LARGE))
    return tuple(fitting), tuple(hopeless)


@dataclass(frozen=True, slots=True)
class _Job:
    """What is to be filled, and how much may be done for it."""

    instance: Instance
    parts: tuple[Part, ...]
    seed: int
    effort: Effort
    watch: Watch
    late: Watch

    def rounded(self, cost: int) -> int:
        """Return a bound rounded up to what stock costs can add up to."""
        return bounds.rounded(self.instance, cost, bounds.PATTERNS).cost

    @property
    def limits(self) -> list[int | None]:
        """How many there are of each stock piece."""
        return [stock.quantity for stock in self.instance.stock]


def _is_small(instance: Instance, pieces: int) -> bool:
    """Return whether all costs stay exact in the compiled engine's numbers."""
    return max((stock.cost for stock in instance.stock), default=0) * max(pieces, 1) < COST_MOST


def _quick(job: _Job) -> tuple[tuple[Layout, ...], int]:
    """Return a first plan, at once, and its cost."""
    if job.instance.kind is Kind.BAR:
        bar_job, members = bars.job_of(job.instance, job.parts)
        found = bars.quick(bar_job, job.effort)
        return bars.layouts_of(job.instance, found, members, job.late.stop), bar_job.badness(found)[1]
    sheet_job, members = sheets.job_of(job.instance, job.parts)
    filling = sheets.quick(sheet_job, job.effort.stop)
    return sheets.layouts_of(job.instance, filling, members, job.late.stop), filling.badness(sheet_job)[1]


def _filled(job: _Job, engine: ModuleType | None) -> tuple[tuple[Layout, ...], int]:
    """Return the layouts of the best filling, and the bound that was proved with it (0: none)."""
    return _bars(job, engine) if job.instance.kind is Kind.BAR else _sheets(job, engine)


def _bars(job: _Job, engine: ModuleType | None) -> tuple[tuple[Layout, ...], int]:
    bar_job, members = bars.job_of(job.instance, job.parts)
    best = bars.quick(bar_job, job.effort)
    proved = 0
    if engine is None or any(best.out):
        best = bars.fill(bar_job, job.seed, job.effort)
    if engine is not None:
        best, proved = engine.better_bars(bar_job, best, job.limits, job.rounded, job.watch)
    return bars.layouts_of(job.instance, best, members, job.late.stop), proved


def _sheets(job: _Job, engine: ModuleType | None) -> tuple[tuple[Layout, ...], int]:
    sheet_job, members = sheets.job_of(job.instance, job.parts)
    best = sheets.quick(sheet_job, job.effort.stop)
    proved, done = 0, 0
    if engine is None or any(best.out):
        best = sheets.fill(sheet_job, job.seed, job.effort)

    def tell(steps: int) -> None:
        nonlocal done
        done += steps
        job.effort.tell(done * job.effort.steps // SEARCH_STEPS)

    if engine is not None:
        best, proved = engine.better_sheets(sheet_job, best, job.limits, job.rounded, job.watch, tell)
    return sheets.layouts_of(job.instance, best, members, job.late.stop), proved


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
) -> Plan:
    """Return the plan with its sums: yield by gross stock area (or length), gap to the bound."""
    stocks = {stock.id: stock for stock in instance.stock}
    extents = {part.id: part.length_dmm * (part.width_dmm or 1) for part in instance.parts}
    used: Counter[str] = Counter()
    for layout in layouts:
        used[layout.stock] += layout.repeat
    gross = sum(stocks[id_].length_dmm * (stocks[id_].width_dmm or 1) * n for id_, n in used.items())
    net = sum(extents[id_] * count for id_, count in _counted(layouts).items())
    cost = sum(stocks[id_].cost * n for id_, n in used.items())
    least = bound.cost if bound else 0
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
