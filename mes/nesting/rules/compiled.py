"""The compiled engine: column generation, dives and the search of the last sheets, bars and sheets alike.

Only reached through `ready.compiled`, so that the web process loads neither compiler nor solver.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from mes.nesting.rules.barprogram import BarProgram
from mes.nesting.rules.bars import BarFilling, BarJob
from mes.nesting.rules.boards import Board, Section, Strip
from mes.nesting.rules.dive import Dive
from mes.nesting.rules.effort import Watch
from mes.nesting.rules.fill import Filling, Job
from mes.nesting.rules.generate import Generation, Wanted
from mes.nesting.rules.master import Pattern
from mes.nesting.rules.program import programmed
from mes.nesting.rules.sheetprice import SheetPricer, pattern_of
from mes.nesting.rules.tail import Search, Tail

MANY_SIZES = 1_200  # beyond it the linear program is too slow to be of use
GENERATION_SHARE = 0.6  # of the time, at most, for the bound
QUICK_SHARE = 0.75  # of that, at most, until patterns are sought that prove it
CLOSE_FEW, CLOSE_MANY = 1e-6, 1e-3  # so near to its optimum the program is solved; more for many sizes
FEW_SIZES = 100
DIVE_SHARE, DIVE_SHARE_MANY = 0.5, 0.7  # of what is left of the time, at most, for one dive
PROGRAM_SHARE = 0.3  # of what is left of the time, at most, for a whole-number program
DIVES_MANY = ((0, 10.0), (0, 6.0), (1, 14.0), (2, 8.0), (3, 5.0), (4, 10.0))
DIVES = (  # seed, and when the search takes over
    *((0, 6.0), (0, 3.0), (2, 4.0), (1, 10.0), (3, 5.0), (5, 3.0)),
    *((4, 8.0), (6, 4.0), (7, 14.0), (8, 6.0), (10, 4.0), (9, 10.0)),
)
TAIL_WORK, TAIL_WORK_MANY = 4_000_000, 16_000_000  # parts times steps of one search; more for many sizes
TAIL_STEPS = 40_000

Round = Callable[[int], int]  # a bound rounded up to what stock costs can add up to


def _ceil(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)


def better_bars(
    job: BarJob, first: BarFilling, limits: Sequence[int | None], rounded: Round, watch: Watch
) -> tuple[BarFilling, int]:
    """Return a filling that is no worse than `first`, with the same parts, and a bound of its cost."""
    counts = tuple(count - out for count, out in zip(job.counts, first.out, strict=True))
    if len(counts) > MANY_SIZES or not any(counts):
        return first, 0
    return BarProgram(BarJob(job.extents, counts, job.bars), first, limits, watch).run(rounded)


def _generated(wanted: Wanted, pricer: SheetPricer, patterns: Sequence[Pattern], watch: Watch) -> Generation:
    """Return the generation for `wanted`, run as far as the time allows."""
    generation = Generation(wanted, pricer)
    for pattern in (*pricer.starters(), *patterns):
        generation.master.add(pattern)
    close = CLOSE_FEW if len(wanted.counts) <= FEW_SIZES else CLOSE_MANY
    time = watch.share(GENERATION_SHARE)
    generation.run(time.stop, close, time.share(QUICK_SHARE).stop)
    return generation


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
    known = [pattern_of(board) for board in first.boards]
    generation = _generated(Wanted(counts, sheets, tuple(limits)), SheetPricer(job), known, watch)
    bound = rounded(_ceil(generation.bound))
    best = first
    few = len(counts) <= FEW_SIZES
    if few and job.cost(best.boards) > bound:
        best = _chosen(job, generation, best, known, watch.share(PROGRAM_SHARE))
    for seed, until in DIVES if few else DIVES_MANY:
        if job.cost(best.boards) <= bound or watch.stop():
            break
        boards = _dived(job, generation, bound, (seed, until), watch, tell)
        if boards is not None and job.cost(boards) < job.cost(best.boards):
            best = Filling(boards, first.out)
            hear(best)
    return best, bound


def _chosen(
    job: Job, generation: Generation, best: Filling, known: Sequence[Pattern], watch: Watch
) -> Filling:
    """Return the filling of a whole-number program over few patterns, or `best` where it is no worse."""
    found = programmed(generation, known, watch)
    boards, left = [], list(generation.wanted.counts)
    for pattern, times in found or ():
        for _ in range(times):
            counts = tuple((size, min(count, left[size])) for size, count in pattern.counts if left[size])
            for size, count in counts:
                left[size] -= count
            if counts:
                boards.append(_board(job, Pattern(pattern.stock, counts, pattern.shape)))
    is_better = found is not None and not any(left) and job.cost(boards) < job.cost(best.boards)
    return Filling(boards, best.out) if is_better else best


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
    is_many = len(job.sizes) > FEW_SIZES
    time = watch.share(DIVE_SHARE_MANY if is_many else DIVE_SHARE)
    dived = Dive(generation, [float(size.area) for size in job.sizes], seed).run(until, time.stop)
    boards = [_board(job, pattern) for pattern, times in dived.fixed for _ in range(times)]
    pieces = sum(dived.left)
    if not pieces:
        return boards
    copies = tuple(pieces if spare is None else spare for spare in dived.spare)
    search = Search(Tail(job, dived.left, copies, max(0, bound - job.cost(boards))), [], seed + 1)
    if search.out:
        return None
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
