"""Filling boards from nothing: shelves (fast, for anything) and board after board (better)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from mes.nesting.rules.boards import Board, Sheet, Size, Taste, Way, best_place
from mes.nesting.rules.effort import Stop

SHELF_LOOKS = 400_000  # looks at boards, so many sizes times boards, that one pass by shelves may take
USUAL_SIZES = 40
TRIES_LEAST = 4


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be filled: sizes, stock sizes, and the number of cutting stages."""

    sizes: tuple[Size, ...]
    sheets: tuple[Sheet, ...]
    stages: int

    @property
    def least(self) -> int:
        """The shortest side of any size: a smaller gap holds nothing."""
        return min((size.short for size in self.sizes), default=1)

    def cost(self, boards: Sequence[Board]) -> int:
        """Return what `boards` cost together."""
        return sum(self.sheets[board.sheet].cost for board in boards)


@dataclass(frozen=True, slots=True)
class Filling:
    """Boards, and how many of each size found no place on them."""

    boards: list[Board]
    out: list[int]

    def badness(self, job: Job) -> tuple[int, int]:
        """Return what to make small: area left out, then cost."""
        left = sum(count * size.area for count, size in zip(self.out, job.sizes, strict=True))
        return left, job.cost(self.boards)


def shelves(job: Job, order: Sequence[int], turn: int, is_deep: bool, stop: Stop) -> Filling:
    """Fill shelf by shelf, deepest first, using stock sizes in `order`.

    A shelf is a section with its parts side by side across it; `is_deep` puts the parts' longer side
    into the shelf's depth. Needs two stages; with one, a shelf holds one part. What is left when
    `stop` says so is out.
    """
    boards: list[Board] = []
    out = [0] * len(job.sizes)
    limits = [sheet.limit for sheet in job.sheets]
    look_back = 2 + SHELF_LOOKS // max(len(job.sizes), 1)
    rows = sorted(_rows(job, order, turn, is_deep), key=lambda row: (-row[1][1], -row[1][2], row[0]))
    liked = [[_liking(ways, is_deep) if ways else None for ways in sheet.ways[turn]] for sheet in job.sheets]
    for number, (size, _) in enumerate(rows):
        left = job.sizes[size].count
        if number % 16 == 15 and stop():
            out[size] = left
            continue
        for board in boards[-look_back:]:
            way = liked[board.sheet][size]
            left -= _shelve(job, board, way, size, left) if way else 0
            if left == 0:
                break
        while left:
            opened = _opened(job, order, turn, size, limits)
            if opened is None:
                out[size] = left
                break
            boards.append(opened)
            way = liked[opened.sheet][size]
            done = _shelve(job, opened, way, size, left) if way else 0
            left -= done
            for _ in range(min(left // done, limits[opened.sheet]) if done else 0):
                limits[opened.sheet] -= 1
                boards.append(opened.copy())
                left -= done
    fitting = {size for size, _ in rows}
    for size, wanted in enumerate(job.sizes):
        if size not in fitting:
            out[size] = wanted.count
    return Filling(boards, out)


def _rows(job: Job, order: Sequence[int], turn: int, is_deep: bool) -> list[tuple[int, Way]]:
    """Return every size with its way on the first stock size that takes it."""
    rows = []
    for size in range(len(job.sizes)):
        for sheet in order:
            ways = job.sheets[sheet].ways[turn][size]
            if ways:
                rows.append((size, _liking(ways, is_deep)))
                break
    return rows


def _liking(ways: tuple[Way, ...], is_deep: bool) -> Way:
    """Return the way with the greatest (or least) depth."""
    return max(ways, key=lambda way: way[1]) if is_deep else min(ways, key=lambda way: way[1])


def _shelve(job: Job, board: Board, way: Way, size: int, wanted: int) -> int:
    """Put up to `wanted` parts of `size` on the shelves of `board`; return how many went on."""
    done = 0
    if board.free < way[1] * way[2]:
        return 0
    if job.stages > 1:
        for section in board.sections:
            if way[1] <= section.a and way[2] <= board.b - section.b:
                for _ in range(min(wanted - done, (board.b - section.b) // way[2])):
                    board.put(size, way, section, None)
                    done += 1
    while done < wanted and way[1] <= board.a - board.used:
        board.put(size, way, None, None)
        done += 1
        if job.stages > 1:
            section = board.sections[-1]
            for _ in range(min(wanted - done, (board.b - section.b) // way[2])):
                board.put(size, way, section, None)
                done += 1
    return done


def _opened(job: Job, order: Sequence[int], turn: int, size: int, limits: list[int]) -> Board | None:
    """Return a new board of the first stock size in `order` that takes `size` and is not used up."""
    for sheet in order:
        if limits[sheet] > 0 and job.sheets[sheet].ways[turn][size]:
            limits[sheet] -= 1
            return Board(sheet, turn, job.sheets[sheet].room[turn])
    return None


def one_by_one(job: Job, rng: Random, tries: int, stop: Stop) -> Filling | None:
    """Fill the best board that `tries` attempts find, as often as the parts last, then the next.

    Many sizes get fewer attempts. None when `stop` said so before it was done.
    """
    tries = max(TRIES_LEAST, tries * USUAL_SIZES // max(len(job.sizes), USUAL_SIZES))
    left = [size.count for size in job.sizes]
    limits = [sheet.limit for sheet in job.sheets]
    boards: list[Board] = []
    power = 1.0 + 0.15 * rng.random()  # above 1: large parts are worth more than their area
    worth = [float(size.area) ** power for size in job.sizes]
    while True:
        best: tuple[float, Board] | None = None
        for attempt in range(tries):
            if stop():
                return None
            board = _attempt(job, rng, left, limits, attempt)
            if board is None:
                continue
            value = sum(worth[size] for size in board.sizes()) / (job.sheets[board.sheet].cost + 1)
            if best is None or value > best[0]:
                best = value, board
        if best is None:
            return Filling(boards, left)
        taken: dict[int, int] = {}
        for size in best[1].sizes():
            taken[size] = taken.get(size, 0) + 1
        repeat = min(limits[best[1].sheet], min(left[size] // count for size, count in taken.items()))
        limits[best[1].sheet] -= repeat
        for size, count in taken.items():
            left[size] -= repeat * count
        boards.extend([best[1]] * repeat)


def _attempt(job: Job, rng: Random, left: list[int], limits: list[int], attempt: int) -> Board | None:
    """Return one board filled greedily in a random order; None when its stock size takes nothing."""
    choices = [(sheet, turn) for sheet in range(len(job.sheets)) if limits[sheet] > 0 for turn in (0, 1)]
    if not choices:
        return None
    sheet, turn = choices[attempt % len(choices)]
    ways = job.sheets[sheet].ways[turn]
    order = shuffled(job, rng, [size for size in range(len(job.sizes)) if left[size] and ways[size]])
    if not order:
        return None
    board = Board(sheet, turn, job.sheets[sheet].room[turn])
    taste = random_taste(job, rng)
    for size in order:
        if board.free < job.sizes[size].area:
            continue
        for _ in range(left[size]):
            place = best_place(board, ways[size], job.stages, taste)
            if place is None:
                break
            board.put(size, *place[1:])
    return board


def random_taste(job: Job, rng: Random) -> Taste:
    """Return random weights for the choice of places."""
    above = 0.5 + 0.5 * rng.random()
    return Taste(above=above, ends=above * (0.3 + 0.7 * rng.random()), least=job.least)


def shuffled(job: Job, rng: Random, sizes: Sequence[int]) -> list[int]:
    """Return `sizes` with the large ones first, by a random measure of large and with some noise."""
    mode, noise = rng.randrange(4), 0.6 * rng.random()
    keys = {}
    for size in dict.fromkeys(sizes):
        of = job.sizes[size]
        measure = (of.area, of.long, of.short, 1)[mode]
        keys[size] = -measure * (1 + noise * rng.random())
    return sorted(sizes, key=lambda size: keys[size])
