"""Pricing for sheets: the best three-stage (or simpler) patterns for given prices, exactly.

A strip is a knapsack of parts, a section one of strips, a sheet one of sections (Gilmore and Gomory
1965). The strips are reckoned for every length that parts can reach; what a section is worth only
where it could matter: until then it is bounded from above, so that what the sections of a sheet are
worth together is a bound of every pattern at any time, and exact when no bounded section is left in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import gcd

import numpy as np

from mes.nesting.rules.boards import Board, Way
from mes.nesting.rules.fill import Job
from mes.nesting.rules.generate import Care, Found
from mes.nesting.rules.knapsack import (
    Ints,
    best_fill,
    section_bounds,
    section_fill,
    settle,
    sheet_values,
    stacked,
    steps_of,
    strip_values,
)
from mes.nesting.rules.master import Pattern

QUICK_AGAIN = 25  # quick pricings in one round, each without the parts taken before
BATCH = 48  # sections reckoned exactly before the sheet is looked at again
BATCHES = 5  # or, if that is more, so great a share of those that may still matter
LOOKS = 200  # times that a sheet is looked at again in one pricing
CELLS_MOST = 20_000_000  # lengths times depths of strips; a coarser grid rounds up, and proves no bound
STEPS_MOST = (3_000, 6_000)  # lengths along a sheet that pricing tells apart where it is quick, and near
FIRSTS = 10  # patterns by one exact pricing of one stock and direction


@dataclass(frozen=True, slots=True)
class Tree:
    """How one sheet is cut: first-cut direction, and its sections as lists of strips of (size, way)."""

    turn: int
    sections: tuple[tuple[tuple[tuple[int, Way], ...], ...], ...]


class Direction:
    """One first-cut direction of the stocks that agree: all ways to lay down a part, by depth, on the grid."""

    def __init__(self, job: Job, stocks: Sequence[int], turn: int, grid: int) -> None:
        self.turn, self.stocks = turn, stocks
        ways: dict[tuple[int, int, int], Way] = {}
        for stock in stocks:
            for size, of in enumerate(job.sheets[stock].ways[turn]):
                for way in of:
                    ways[-(-way[2] // grid), -(-way[1] // grid), size] = way
        self.ways = [(key[2], ways[key]) for key in sorted(ways)]
        self.depth = np.array([key[0] for key in sorted(ways)], np.int64)
        self.extent = np.array([key[1] for key in sorted(ways)], np.int64)
        self.size = np.array([key[2] for key in sorted(ways)], np.int64)
        self.depths, starts = np.unique(self.depth, return_index=True)
        self.starts = np.append(starts, len(self.depth)).astype(np.int64)
        rooms = [job.sheets[stock].room[turn] for stock in stocks]
        self.rooms = [(along // grid, across // grid) for along, across in rooms]
        self.by_extent = np.argsort(self.extent, kind="stable")
        self.lengths = np.unique(self.extent)


@dataclass
class _Sections:
    """What sections of every length are worth across one room: bounds first, exact values where asked."""

    direction: Direction
    table: np.ndarray  # what a strip is worth, by section length and strip depth
    lengths: Ints
    room: int
    values: Ints
    exact: np.ndarray
    strips: dict[int, list[list[tuple[int, Way]]]] = field(default_factory=dict)  # made so far, by length


class SheetPricer:
    """Finds sheets worth more than they cost."""

    most = 1 << 30  # what strips are worth is kept in 32 bits

    def __init__(self, job: Job) -> None:
        self.job = job
        grid, self.is_rounded = _grid(job), False
        while _cells(job, grid) > CELLS_MOST:
            grid, self.is_rounded = grid * 2, True
        grids = [grid * -(-_longest(job) // (grid * steps)) for steps in STEPS_MOST]
        made = {step: _directions(job, step) for step in {*grids, grid}}
        self.directions = (made[grids[0]], made[grids[1]], made[grid])  # by care
        is_near = job.stages > 2 and grids[1] != grid
        self.cares = tuple(Care) if is_near else (Care.QUICK, Care.EXACT)

    def starters(self) -> list[Pattern]:
        """Return, for each size and stock, as many of it as fit in one row and column."""
        found = []
        for stock, sheet in enumerate(self.job.sheets):
            for size, of in enumerate(self.job.sizes):
                grids = [(way, turn) for turn in (0, 1) for way in sheet.ways[turn][size]]
                if not grids:
                    continue
                way, turn = max(grids, key=lambda one: self._often(stock, size, *one)[0])
                often, rows, columns = self._often(stock, size, way, turn)
                tree = _cut_down(
                    turn, [[[(size, way)] for _ in range(rows)] for _ in range(columns)], of.count
                )
                found.append(_pattern(stock, tree))
        return found

    def _often(self, stock: int, size: int, way: Way, turn: int) -> tuple[int, int, int]:
        room = self.job.sheets[stock].room[turn]
        columns, rows = room[0] // way[1], room[1] // way[2] if self.job.stages > 1 else 1
        return min(rows * columns, self.job.sizes[size].count), rows, columns

    def price(
        self,
        prices: Sequence[int],
        costs: Sequence[int],
        left: Sequence[int],
        *,
        care: Care,
        is_proper: bool,
    ) -> Found:
        """Return patterns worth more than `costs`; where `care` is exact also what none is worth more than."""
        worth, limits = np.array(prices, np.int64), np.array(left, np.int64)
        is_exact = care == Care.EXACT
        if care > Care.QUICK and self.job.stages > 2:
            patterns, tops = self._full(self.directions[care], worth, costs, limits, is_proper)
            return Found(patterns, tuple(tops) if is_exact and not self.is_rounded else None)
        patterns, tops = [], [0] * len(self.job.sheets)
        for direction in self.directions[care]:
            live = worth.copy()
            for _ in range(QUICK_AGAIN):
                found, best = self._quick(direction, live, costs, limits, is_proper or not is_exact)
                for stock, top in zip(direction.stocks, best, strict=True):
                    tops[stock] = max(tops[stock], top)
                if not found:
                    break
                patterns += found
                live[[size for pattern in found for size, _ in pattern.counts]] = 0
        return Found(patterns, tuple(tops) if is_exact and not self.is_rounded else None)

    # two stages: sections, and in them parts one above the other

    def _quick(
        self, direction: Direction, prices: Ints, costs: Sequence[int], limits: Ints, is_shared: bool
    ) -> tuple[list[Pattern], tuple[int, ...]]:
        """Return patterns and, by stock, what no pattern is worth more than.

        That worth counts a part's limit anew for every way it lies and every section. With `is_shared`
        the patterns keep the limit as a whole and may be worth less; exact pricing needs them as they are.
        """
        order = direction.by_extent
        rooms = np.array(sorted({room[1] for room in direction.rooms}), np.int64)
        sizes = direction.size[order]
        most = limits[sizes] if self.job.stages > 1 else np.minimum(limits[sizes], 1)
        args = (direction.extent[order], direction.depth[order], most, prices[sizes])
        if self.job.stages > 1:
            table = stacked(*args, direction.lengths, rooms)
        else:
            table = _singles(*args, direction.lengths, rooms)
        found, tops = [], []
        for stock, (along, across) in zip(direction.stocks, direction.rooms, strict=True):
            values = np.ascontiguousarray(table[:, int(np.searchsorted(rooms, across))])
            total, last = sheet_values(direction.lengths, values, along, costs[stock])
            tops.append(max(int(total[along]), costs[stock]))
            if total[along] > costs[stock]:
                sections = [int(direction.lengths[at]) for at in _walk(last, direction.lengths, along)]
                tree = self._pile(direction, sections, across, prices, limits.copy(), is_shared)
                if (
                    sum(int(prices[size]) * count for size, count in _pattern(stock, tree).counts)
                    > costs[stock]
                ):
                    found.append(_pattern(stock, tree))
        return found, tuple(tops)

    def _pile(
        self,
        direction: Direction,
        lengths: Sequence[int],
        across: int,
        prices: Ints,
        left: Ints,
        is_shared: bool,
    ) -> Tree:
        """Return sections of parts one above the other, of at most what is `left`."""
        sections = []
        for length in lengths:
            usable = np.flatnonzero((direction.extent <= length) & (direction.depth <= across))
            if self.job.stages == 1:  # one part alone, that which is worth most
                sizes = direction.size[usable]
                worth = prices[sizes] * (left[sizes] > 0)
                counts = [(int(usable[np.argmax(worth)]), 1)] if worth.any() else []
                for at, _ in counts:
                    left[direction.size[at]] -= is_shared
            else:
                counts = _chosen(
                    direction.depth, usable, direction.size, across, prices, left, is_shared=is_shared
                )
            sections.append([[direction.ways[at]] for at, count in counts for _ in range(count)])
        return _tree(direction.turn, sections)

    # three stages

    def _full(
        self,
        directions: Sequence[Direction],
        prices: Ints,
        costs: Sequence[int],
        limits: Ints,
        is_proper: bool,
    ) -> tuple[list[Pattern], list[int]]:
        """Return patterns worth more than `costs`, and by stock what none is worth more than."""
        patterns: list[Pattern] = []
        tops = [0] * len(self.job.sheets)
        for direction in directions:
            of = prices[direction.size]
            room = max(along for along, _ in direction.rooms)
            best = strip_values(direction.extent, direction.starts, limits[direction.size], of, room)
            lengths = steps_of(best)
            table = np.take(best.T, lengths, axis=0)
            del best  # with half millimetres it is large
            for depth in sorted({room[1] for room in direction.rooms}):
                bounds = section_bounds(table, direction.depths, depth)
                sections = _Sections(direction, table, lengths, depth, bounds, np.zeros(len(lengths), bool))
                for stock, (along, across) in zip(direction.stocks, direction.rooms, strict=True):
                    if across == depth:
                        top, found = self._sheet(
                            sections, stock, along, costs[stock], prices, limits, is_proper
                        )
                        tops[stock] = max(tops[stock], top)
                        patterns += found
        return patterns, tops

    def _sheet(
        self,
        sections: _Sections,
        stock: int,
        along: int,
        cost: int,
        prices: Ints,
        limits: Ints,
        is_proper: bool,
    ) -> tuple[int, list[Pattern]]:
        """Return a bound of what a sheet can be worth (at least `cost`), and patterns worth more than `cost`."""
        lengths, depths = sections.lengths, sections.direction.depths
        for _ in range(LOOKS):
            total, last = sheet_values(lengths, sections.values, along, cost)
            if total[along] <= cost:
                return cost, []
            used = np.array([at for at in _walk(last, lengths, along) if not sections.exact[at]], np.int64)
            if not len(used):
                break
            usable = np.flatnonzero((lengths <= along) & ~sections.exact)
            hope = sections.values[usable] + total[along - lengths[usable]]
            open_ = np.flatnonzero(hope > cost)
            order = open_[np.argsort(-hope[open_], kind="stable")[: max(BATCH, len(open_) // BATCHES)]]
            chosen = np.sort(np.concatenate((used, usable[order])))[
                ::-1
            ].copy()  # a long one bounds the shorter
            floors = cost - total[along - lengths[chosen]]
            settle(sections.table, depths, sections.room, chosen, floors, sections.values, sections.exact)
        found = []
        for first in self._firsts(sections, total, along, cost):
            rest = along if first is None else along - int(lengths[first])
            sheet = ([] if first is None else [first]) + list(_walk(last, lengths, rest))
            if all(sections.exact[at] for at in sheet):
                tree = self._strips(sections, sheet, prices, limits.copy(), is_proper)
                pattern = _pattern(stock, tree)
                if sum(int(prices[size]) * count for size, count in pattern.counts) > cost:
                    found.append(pattern)
        return int(total[along]), found

    def _firsts(self, sections: _Sections, total: Ints, along: int, cost: int) -> Iterator[int | None]:
        """Yield the sections that a good sheet can begin with: None for those of the best sheet."""
        yield None
        usable = np.flatnonzero((sections.lengths <= along) & sections.exact)
        hope = sections.values[usable] + total[along - sections.lengths[usable]]
        seen = {int(total[along])}
        for i in np.argsort(-hope, kind="stable"):
            if hope[i] <= cost or len(seen) > FIRSTS:
                return
            if int(hope[i]) not in seen:
                seen.add(int(hope[i]))
                yield int(usable[i])

    def _strips(
        self, sections: _Sections, used: Sequence[int], prices: Ints, left: Ints, is_proper: bool
    ) -> Tree:
        """Return the sections `used` with their strips; without `is_proper` each alike wherever it is used."""
        made = []
        for at in used:
            if is_proper:
                made.append(self._section(sections, at, prices, left, is_shared=True))
                continue
            if at not in sections.strips:
                sections.strips[at] = self._section(sections, at, prices, left, is_shared=False)
            made.append(sections.strips[at])
        return _tree(sections.direction.turn, made)

    def _section(
        self, sections: _Sections, at: int, prices: Ints, left: Ints, *, is_shared: bool
    ) -> list[list[tuple[int, Way]]]:
        """Return the strips of the best section of one length."""
        direction, length, strips = sections.direction, int(sections.lengths[at]), []
        floor = int(sections.values[at]) - 1
        _, times = section_fill(sections.table[at], direction.depths, sections.room, floor)
        for depth in np.flatnonzero(times):
            usable = np.flatnonzero(
                (direction.depth <= direction.depths[depth]) & (direction.extent <= length)
            )
            for _ in range(int(times[depth]) if is_shared else 1):
                counts = _chosen(
                    direction.extent, usable, direction.size, length, prices, left, is_shared=is_shared
                )
                strips.append([direction.ways[way] for way, count in counts for _ in range(count)])
            if not is_shared:
                strips += [strips[-1]] * (int(times[depth]) - 1)
        return strips


def _directions(job: Job, grid: int) -> list[Direction]:
    """Return the directions in which anything can be cut, on a grid; what lies between its lines is rounded up."""
    return [
        Direction(job, stocks, turn, grid)
        for stocks in _agreeing(job)
        for turn in (0, 1)
        if any(of for stock in stocks for of in job.sheets[stock].ways[turn])
    ]


def _agreeing(job: Job) -> list[list[int]]:
    """Return the stocks in groups that take every part the same ways, as far as it fits (grain differs)."""
    groups: list[list[int]] = []
    for stock in range(len(job.sheets)):
        for group in groups:
            if all(_agree(job, stock, other) for other in group):
                group.append(stock)
                break
        else:
            groups.append([stock])
    return groups


def _agree(job: Job, one: int, other: int) -> bool:
    """Say whether each of two stocks takes what the other takes wherever it fits."""
    for stock, than, turn in ((one, other, 0), (other, one, 0), (one, other, 1), (other, one, 1)):
        room = job.sheets[than].room[turn]
        for mine, its in zip(job.sheets[stock].ways[turn], job.sheets[than].ways[turn], strict=True):
            if any(way not in its for way in mine if way[1] <= room[0] and way[2] <= room[1]):
                return False
    return True


def _cells(job: Job, grid: int) -> int:
    """Return about how many lengths of strips are reckoned on a grid."""
    return 2 * len(job.sizes) * (_longest(job) // grid)


def _longest(job: Job) -> int:
    return max(max(sheet.room[0]) for sheet in job.sheets)


def _grid(job: Job) -> int:
    """Return the greatest length that divides all extents."""
    grid = 0
    for sheet in job.sheets:
        for ways in (*sheet.ways[0], *sheet.ways[1]):
            for way in ways:
                grid = gcd(grid, way[1], way[2])
    return max(grid, 1)


def _walk(last: np.ndarray, lengths: Ints, end: int) -> Iterator[int]:
    """Yield the sections that make up what is best up to `end`."""
    while end > 0 and last[end] >= 0:
        yield int(last[end])
        end -= int(lengths[last[end]])


def _chosen(
    extents: Ints, usable: Ints, sizes: Ints, room: int, prices: Ints, left: Ints, *, is_shared: bool = True
) -> list[tuple[int, int]]:
    """Return the ways (of `usable`) worth most in `room`, and how often; what they take goes off `left`."""
    usable = usable[(prices[sizes[usable]] > 0) & (left[sizes[usable]] > 0)]
    order = usable[np.argsort(-prices[sizes[usable]] / extents[usable], kind="stable")]
    _, counts = best_fill(room, extents[order], left[sizes[order]], prices[sizes[order]], 0)
    chosen = []
    for place in np.flatnonzero(counts):
        at, count = int(order[place]), int(counts[place])
        size = sizes[at]
        often = min(count, int(left[size])) if is_shared else count
        if often:
            chosen.append((at, often))
            if is_shared:
                left[size] -= often
    return chosen


def _singles(extents: Ints, depths: Ints, limits: Ints, prices: Ints, lengths: Ints, rooms: Ints) -> Ints:
    """Return, like `stacked`, what one part alone is worth in a section."""
    found = np.zeros((len(lengths), len(rooms)), np.int64)
    for i, room in enumerate(rooms):
        for at, length in enumerate(lengths):
            fits = (extents <= length) & (depths <= room) & (limits > 0)
            found[at, i] = prices[fits].max() if fits.any() else 0
    return found


def _tree(turn: int, sections: Sequence[Sequence[Sequence[tuple[int, Way]]]]) -> Tree:
    kept = [[tuple(strip) for strip in section if strip] for section in sections]
    return Tree(turn, tuple(tuple(section) for section in kept if section))


def _cut_down(turn: int, sections: list[list[list[tuple[int, Way]]]], most: int) -> Tree:
    """Return the tree with its first `most` parts."""
    left, made = most, []
    for section in sections:
        strips = section[: max(left, 0)]
        left -= len(strips)
        made.append(strips)
    return _tree(turn, made)


def pattern_of(board: Board) -> Pattern:
    """Return a filled board as a pattern."""
    sections = [[strip.parts for strip in section.strips] for section in board.sections]
    return _pattern(board.sheet, _tree(board.turn, sections))


def _pattern(stock: int, tree: Tree) -> Pattern:
    counts: dict[int, int] = {}
    for section in tree.sections:
        for strip in section:
            for size, _ in strip:
                counts[size] = counts.get(size, 0) + 1
    return Pattern(stock, tuple(sorted(counts.items())), tree)
