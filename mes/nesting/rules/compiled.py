"""The compiled engine: column generation, dives and the search of the last sheets, bars and sheets alike.

Only reached through `ready.compiled`, so that the web process loads neither compiler nor solver.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np

from mes.nesting.rules.barprice import BarPricer
from mes.nesting.rules.bars import Bar, BarFilling, BarJob
from mes.nesting.rules.boards import Board, Section, Strip
from mes.nesting.rules.dive import Dive
from mes.nesting.rules.effort import Watch
from mes.nesting.rules.fill import Filling, Job
from mes.nesting.rules.generate import Generation, Wanted
from mes.nesting.rules.knapsack import near_fills
from mes.nesting.rules.master import Pattern, whole
from mes.nesting.rules.sheetprice import SheetPricer
from mes.nesting.rules.tail import Search, Tail

MANY_SIZES = 1_200  # beyond it the linear program is too slow to be of use
GENERATION_SHARE = 0.5  # of the time, at most, for the bound
CLOSE_FEW, CLOSE_MANY = 1e-6, 1e-3  # so near to its optimum the program is solved; more for many sizes
FEW_SIZES = 100
DIVE_SHARE = 0.5  # of what is left of the time, at most, for one dive
NEAR_BARS = 800  # fillings by stock length that are looked at in whole numbers
NEAR_LOOKS = 2_000_000
NEAR_FIRST, NEAR_MORE, NEAR_LAST = 0.0005, 1.5, 0.3  # shares of a bar that a filling may be worth less
BAR_NODES = 40  # of branch and bound
DIVES = (
    (0, 10.0),
    (0, 6.0),
    (1, 14.0),
    (2, 8.0),
    (3, 5.0),
    (4, 10.0),
)  # seed, and when the search takes over
TAIL_WORK, TAIL_WORK_MANY = 4_000_000, 16_000_000  # parts times steps of one search; more for many sizes
TAIL_STEPS = 40_000

Round = Callable[[int], int]  # a bound rounded up to what stock costs can add up to


def _ceil(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)


def _generated(
    wanted: Wanted, pricer: BarPricer | SheetPricer, patterns: Sequence[Pattern], watch: Watch
) -> Generation:
    """Return the generation for `wanted`, run as far as the time allows."""
    generation = Generation(wanted, pricer)
    for pattern in (*pricer.starters(), *patterns):
        generation.master.add(pattern)
    close = CLOSE_FEW if len(wanted.counts) <= FEW_SIZES else CLOSE_MANY
    generation.run(watch.share(GENERATION_SHARE).stop, close)
    return generation


def better_bars(
    job: BarJob, first: BarFilling, limits: Sequence[int | None], rounded: Round, watch: Watch
) -> tuple[BarFilling, int]:
    """Return a filling that is no worse than `first`, with the same parts, and a bound of its cost."""
    counts = tuple(count - out for count, out in zip(job.counts, first.out, strict=True))
    if len(counts) > MANY_SIZES or not any(counts):
        return first, 0
    placed = BarJob(job.extents, counts, job.bars)
    costs = tuple(bar.cost for bar in job.bars)
    pricer = BarPricer(placed)
    generation = _generated(Wanted(counts, costs, tuple(limits)), pricer, [], watch)
    bound = rounded(_ceil(generation.bound))
    if watch.stop() or job.badness(first)[1] <= bound:
        return first, bound
    patterns = _near(generation, placed)
    found = whole(patterns, counts, (costs, limits), BAR_NODES, watch.left)
    if found is None:
        return first, bound
    bars, left = [], list(counts)
    for at, times in found.uses:
        for _ in range(times):
            bar = tuple(size for size, n in patterns[at].counts for _ in range(min(n, left[size])))
            for size in bar:
                left[size] -= 1
            if bar:
                bars.append(Bar(patterns[at].stock, bar))
    better = BarFilling(bars, first.out)
    if any(left) or job.badness(better) >= job.badness(first):
        return first, bound
    return better, bound


def _near(generation: Generation, job: BarJob) -> list[Pattern]:
    """Return the patterns of the program, and those that are nearly worth what they cost."""
    relaxed = generation.master.solve()
    prices, unit = generation.scaled(relaxed.prices, job.counts)
    prices = np.maximum(prices, 1)
    extents, counts = np.array(job.extents, np.int64), np.array(job.counts, np.int64)
    kept = {(pattern.stock, pattern.counts): pattern for pattern in generation.master.patterns}
    for stock, cost in enumerate(generation.costs_of(relaxed.rents, unit)):
        room = job.bars[stock].room
        usable = np.flatnonzero((counts > 0) & (extents <= room))
        order = usable[np.argsort(-prices[usable] / extents[usable], kind="stable")]
        share, rows = NEAR_FIRST, np.zeros((0, len(order)), np.int32)
        while share < NEAR_LAST and len(order):
            least = int(cost - share * generation.master.costs[stock] * unit)
            found, is_all = near_fills(
                room, extents[order], counts[order], prices[order], least, NEAR_BARS, NEAR_LOOKS
            )
            if not is_all:
                rows = rows if len(rows) else found
                break
            rows, share = found, share * NEAR_MORE
        for row in rows:
            chosen = tuple(sorted((int(order[at]), int(row[at])) for at in np.flatnonzero(row)))
            kept.setdefault((stock, chosen), Pattern(stock, chosen))
    return list(kept.values())


def better_sheets(
    job: Job,
    first: Filling,
    limits: Sequence[int | None],
    rounded: Round,
    watch: Watch,
    tell: Callable[[int], None],
    hear: Callable[[Filling], None],
) -> tuple[Filling, int]:
    """Return a filling that is no worse than `first`, with the same parts, and a bound of its cost."""
    counts = tuple(size.count - out for size, out in zip(job.sizes, first.out, strict=True))
    if len(counts) > MANY_SIZES or not any(counts):
        return first, 0
    sheets = tuple(sheet.cost for sheet in job.sheets)
    generation = _generated(Wanted(counts, sheets, tuple(limits)), SheetPricer(job), [], watch)
    bound = rounded(_ceil(generation.bound))
    best = first
    for seed, until in DIVES:
        if job.cost(best.boards) <= bound or watch.stop():
            break
        boards = _dived(job, generation, bound, (seed, until), watch, tell)
        if boards is not None and job.cost(boards) < job.cost(best.boards):
            best = Filling(boards, first.out)
            hear(best)
    return best, bound


def _dived(
    job: Job,
    generation: Generation,
    bound: int,
    way: tuple[int, float],
    watch: Watch,
    tell: Callable[[int], None],
) -> list[Board] | None:
    """Return the boards of one dive, its rest filled by the search; None where not everything found a place."""
    seed, until = way
    time = watch.share(DIVE_SHARE)
    dived = Dive(generation, [float(size.area) for size in job.sizes], seed).run(until, time.stop)
    boards = [_board(job, pattern) for pattern, times in dived.fixed for _ in range(times)]
    pieces = sum(dived.left)
    if not pieces:
        return boards
    copies = tuple(pieces if spare is None else spare for spare in dived.spare)
    search = Search(Tail(job, dived.left, copies, max(0, bound - job.cost(boards))), [], seed + 1)
    if search.out:
        return None
    is_many = len(job.sizes) > FEW_SIZES
    steps = TAIL_WORK_MANY // pieces if is_many else min(TAIL_STEPS, TAIL_WORK // pieces)
    search.run(steps, watch.stop, tell)
    return boards + search.boards()


def _board(job: Job, pattern: Pattern) -> Board:
    """Return a pattern as a board, with no more of each size than the pattern counts."""
    tree, left = pattern.shape, dict(pattern.counts)
    board = Board(pattern.stock, tree.turn, job.sheets[pattern.stock].room[tree.turn])
    for cut in tree.sections:
        section = Section()
        for row in cut:
            strip = Strip()
            for size, way in row:
                if left.get(size, 0) > 0:
                    left[size] -= 1
                    strip.put(size, way)
            section.strips.append(strip)
        board.sections.append(section)
    board.measure()
    return board
