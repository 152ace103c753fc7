"""Sheets: three-stage guillotine plans by nested lists. Extents are 0.1 mm with the kerf added."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from random import Random

from mes.nesting.rules.boards import Board, Sheet, Size, Way
from mes.nesting.rules.cuts import offcuts_of, sliced
from mes.nesting.rules.effort import Stop
from mes.nesting.rules.fill import Filling, Job, one_by_one, shelves
from mes.nesting.rules.instance import Instance, Part, Stock
from mes.nesting.rules.plan import Layout, Offcut, Placement
from mes.nesting.rules.recreate import Recreate

MANY_SIZES = 3_000  # beyond it only shelves are tried
LEADERS = 6  # stock sizes that shelves try first
TAIL = 24  # so many boards are searched at once
SPELL = 1_000  # steps of one search
PATIENCE = 4_000  # steps without a gain after which the rest is left out
TRIES = (12, 24, 96, 96, 192, 192)  # fillings from nothing, each with so many attempts per board


@dataclass(frozen=True, slots=True)
class Effort:
    """How much may be done: steps of the search, the clock's word, and whom to tell."""

    steps: int
    stop: Stop
    stop_filling: Stop  # comes before `stop`, so that some time is left to improve
    tell: Callable[[int], None]
    floor_cost: int


def job_of(instance: Instance, parts: tuple[Part, ...]) -> tuple[Job, list[list[Part]]]:
    """Return the job of `parts`, and the parts behind each of its sizes."""
    grouped: dict[tuple[int, int, str, bool], list[Part]] = {}
    for part in parts:
        key = (part.length_dmm, part.width_dmm, part.grain, bool(part.match))
        grouped.setdefault(key, []).append(part)
    kerf = instance.kerf_dmm
    members = list(grouped.values())
    sizes = tuple(_size(group, kerf) for group in members)
    leads = [group[0] for group in members]
    total = sum(size.count for size in sizes)
    sheets = tuple(_sheet(instance, stock, leads, total) for stock in instance.stock)
    return Job(sizes, sheets, min(instance.stages, 3)), members


def _size(group: list[Part], kerf: int) -> Size:
    a, b = group[0].length_dmm + kerf, group[0].width_dmm + kerf
    return Size(area=a * b, count=sum(part.quantity for part in group), long=max(a, b), short=min(a, b))


def _sheet(instance: Instance, stock: Stock, leads: list[Part], total: int) -> Sheet:
    """Return a stock size with all ways to put the parts down."""
    kerf = instance.kerf_dmm
    length, width = (side + kerf for side in instance.room(stock))
    along: list[tuple[Way, ...]] = []
    for part in leads:
        extents = [(turned, *part.extent(turned)) for turned in instance.ways(part, stock)]
        along.append(tuple((turned, x + kerf, y + kerf) for turned, x, y in extents))
    across = tuple(tuple((turned, b, a) for turned, a, b in ways) for ways in along)
    by_turn = [_in_turn(instance, leads, turn, ways) for turn, ways in enumerate((tuple(along), across))]
    return Sheet(
        room=((length, width), (width, length)),
        cost=stock.cost,
        limit=total if stock.quantity is None else min(stock.quantity, total),
        ways=(by_turn[0], by_turn[1]),
    )


def _in_turn(
    instance: Instance, leads: list[Part], turn: int, ways: tuple[tuple[Way, ...], ...]
) -> tuple[tuple[Way, ...], ...]:
    """Return the ways of one first-cut direction: those that the saw and, in a group, the stages allow."""
    if turn not in instance.axes:
        return ((),) * len(leads)
    return tuple(
        tuple(way for way in of if instance.turn_of(way[0]) == turn) if part.match else of
        for part, of in zip(leads, ways, strict=True)
    )


def fill(job: Job, first: Filling, seed: int, effort: Effort) -> Filling:
    """Return the best filling found for `job` within `effort`, no worse than `first`."""
    best = first
    rng = Random(seed)  # noqa: S311  a search, not a secret
    if len(job.sizes) <= MANY_SIZES:
        for tries in TRIES:
            if best.badness(job) <= (0, effort.floor_cost) or effort.stop_filling():
                break
            found = one_by_one(job, rng, tries, effort.stop_filling)
            if found is not None and found.badness(job) < best.badness(job):
                best = found
    return Filling(_improved(job, best.boards, rng, effort), best.out) if best.boards else best


def quick(job: Job, stop: Stop) -> Filling:
    """Return the best filling by shelves over stock sizes, first cuts and orders."""
    count = len(job.sheets)
    by_value = sorted(range(count), key=lambda i: job.sheets[i].cost / job.sheets[i].area)
    best = shelves(job, by_value, 0, False, stop)
    for leader, turn, is_deep in product(by_value[:LEADERS], (0, 1), (False, True)):
        if stop():
            break
        order = [leader] + [sheet for sheet in by_value if sheet != leader]
        found = shelves(job, order, turn, is_deep, stop)
        if found.badness(job) < best.badness(job):
            best = found
    return best


def _improved(job: Job, boards: list[Board], rng: Random, effort: Effort) -> list[Board]:
    """Return `boards` made cheaper by ruin and recreate, some boards at a time."""
    done, idle = 0, 0
    spell = min(effort.steps, SPELL if len(boards) > TAIL else PATIENCE)
    used = [0] * len(job.sheets)
    for board in boards:
        used[board.sheet] += 1
    spare = [sheet.limit - count for sheet, count in zip(job.sheets, used, strict=True)]
    while done < effort.steps and idle < PATIENCE and not effort.stop():
        before = job.cost(boards)
        if before <= effort.floor_cost:
            break
        boards = sorted(boards, key=lambda board: -board.free)
        chosen = set(range(len(boards)))
        if len(boards) > TAIL:
            worst = TAIL // 2
            chosen = set(range(worst)) | set(rng.sample(range(worst, len(boards)), TAIL - worst))
        rest = [board for index, board in enumerate(boards) if index not in chosen]
        search = Recreate(job, [boards[index] for index in sorted(chosen)], spare, rng)
        floor = effort.floor_cost - job.cost(rest)
        for _ in range(0, spell, 50):
            search.run(min(50, spell), floor, effort.stop)
            effort.tell(min(effort.steps, done + search.steps))
        for board in search.best:
            spare[board.sheet] -= 1
        for index in chosen:
            spare[boards[index].sheet] += 1
        boards = rest + search.best
        done += spell
        idle = 0 if job.cost(boards) < before else idle + spell
    return boards


def layouts_of(
    instance: Instance, filling: Filling, members: list[list[Part]], stop: Stop
) -> tuple[Layout, ...]:
    """Return the boards as layouts, equal ones together; parts of one size are dealt out in order.

    When `stop` says so, the offcuts of the rest are not looked for.
    """
    dealt = [iter([part.id for part in group for _ in range(part.quantity)]) for group in members]
    repeats: Counter[tuple[int, int, tuple[Placement, ...]]] = Counter()
    for board in sorted(filling.boards, key=lambda board: (board.sheet, board.free)):
        repeats[board.sheet, board.turn, tuple(_placements(instance, board, members, dealt))] += 1
    return tuple(
        Layout(
            instance.stock[sheet].id,
            repeat,
            placements,
            () if stop() else _offcuts(instance, instance.stock[sheet], turn, placements),
        )
        for (sheet, turn, placements), repeat in repeats.items()
    )


def _offcuts(
    instance: Instance, stock: Stock, turn: int, placements: tuple[Placement, ...]
) -> tuple[Offcut, ...]:
    slicing = sliced(instance, stock, placements, (turn,))
    return () if slicing is None else offcuts_of(instance, slicing)


def _placements(
    instance: Instance, board: Board, members: list[list[Part]], dealt: list[Iterator[str]]
) -> Iterator[Placement]:
    """Yield where each part lies: long sections and deep strips first, from the lower left corner."""
    a = 0
    for section in sorted(board.sections, key=lambda section: -section.a):
        b = 0
        for strip in sorted(section.strips, key=lambda strip: (-strip.b, -strip.a)):
            at = a
            for size, way in sorted(strip.parts, key=lambda part: (-part[1][1], part[0])):
                x, y = (at, b) if board.turn == 0 else (b, at)
                length, width = members[size][0].extent(way[0])
                yield Placement(
                    next(dealt[size]),
                    instance.trim.left_dmm + x,
                    instance.trim.bottom_dmm + y,
                    length,
                    width,
                    way[0],
                )
                at += way[1]
            b += strip.b
        a += section.a
