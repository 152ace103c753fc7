"""The last sheets of a plan, compiled: ruin and recreate on the nested lists of `boards`.

The cost limit stands just below the best cost found; what then finds no place is out. Each step takes a
few parts, strips, sections or sheets out and puts everything that is out back where it spoils the least
useful free area. Late acceptance on the area out less a share of the free area in large blocks (after
Gardeyn and Wauters 2022). When a descent stalls, the search begins anew with the stock fixed to one of the
dearest mixes of sheets below the best cost. Effort is counted in steps; equal seeds give equal plans.

The lists are arrays: `part[0]` is the strip of each part (-1: out) and `part[1]` whether it is turned;
`strip`, `section` and `sheet` hold in row 0 what they lie in (a sheet: its stock), and then their extents
(a sheet: its first-cut direction, and how much of it is used). `count` is how many strips, sections,
sheets there are. Only the worker imports this module: it brings the compiler.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mes.nesting.rules.boards import Board, Section, Strip
from mes.nesting.rules.effort import Stop
from mes.nesting.rules.fill import Job
from mes.nesting.rules.kernel import kernel

BLINK = 0.03  # chance to overlook a place, so that a second-best is tried too
HISTORY = 400  # steps over which a worse result may still be accepted
MOST = (10, 6, 3)  # parts, strips, sections taken out in one step
CHANCES = (0.06, 0.26, 0.63)  # cumulated, of sheets, sections, strips; the rest is parts
OPEN_LENGTH, OPEN_DEPTH = 0.6, 0.5  # worth of free area behind the last section, above the last strip
PATIENCE = 500  # steps per part without a gain, after which the search begins anew
MIXES = 3  # so many mixes of sheets are tried in turn
MIX_LOOKS = 20_000  # mixes looked at, at most
CHUNK = 100_000  # parts times steps between two looks at the clock


# What the kernels are given, so that each is compiled once: part, strip, section, sheet, count; sides;
# and may, rooms of the stock
STATE = "i8[:,::1], i8[:,::1], i8[:,::1], i8[:,::1], i8[::1]"
LISTS = f"Tuple(({STATE}))"
SIDES = "i8[:,::1]"
STOCK = "b1[:,:,::1], i8[:,::1]"


@kernel("void(i8)")
def _seed(seed):  # type: ignore[no-untyped-def]
    np.random.seed(seed)


@kernel("void(i8[:,::1], i8, i8)")
def _move(lists, source, target):  # type: ignore[no-untyped-def]
    for row in range(3):
        lists[row, target] = lists[row, source]


@kernel("void(i8[:,::1], i8[:,::1], i8)")
def _copy_lists(source, target, many):  # type: ignore[no-untyped-def]
    for row in range(source.shape[0]):
        for at in range(many):
            target[row, at] = source[row, at]


@kernel(f"void({STATE}, {SIDES})")
def _measure(part, strip, section, sheet, count, sides):  # type: ignore[no-untyped-def]
    """Reckon all extents anew and close up what has become empty."""
    strips, sections, sheets = count[0], count[1], count[2]
    for k in range(strips):
        strip[1, k], strip[2, k] = 0, 0
    for e in range(part.shape[1]):
        k = part[0, e]
        if k >= 0:
            turn = sheet[1, section[0, strip[0, k]]]
            across = 1 if part[1, e] == turn else 0
            strip[1, k] += sides[1 - across, e]
            strip[2, k] = max(strip[2, k], sides[across, e])
    at = np.empty(max(strips, sections, sheets) + 1, np.int64)
    kept = 0
    for k in range(strips):
        if strip[1, k] > 0:
            at[k] = kept
            _move(strip, k, kept)
            kept += 1
    count[0] = strips = kept
    for e in range(part.shape[1]):
        if part[0, e] >= 0:
            part[0, e] = at[part[0, e]]
    for c in range(sections):
        section[1, c], section[2, c] = 0, 0
    for k in range(strips):
        c = strip[0, k]
        section[2, c] += strip[2, k]
        section[1, c] = max(section[1, c], strip[1, k])
    kept = 0
    for c in range(sections):
        if section[1, c] > 0:
            at[c] = kept
            _move(section, c, kept)
            kept += 1
    count[1] = sections = kept
    for k in range(strips):
        strip[0, k] = at[strip[0, k]]
    for s in range(sheets):
        sheet[2, s] = 0
    for c in range(sections):
        sheet[2, section[0, c]] += section[1, c]
    kept = 0
    for s in range(sheets):
        if sheet[2, s] > 0:
            at[s] = kept
            _move(sheet, s, kept)
            kept += 1
    count[2] = kept
    for c in range(sections):
        section[0, c] = at[section[0, c]]


@kernel(f"void(i8, i8, i8, i8, {STATE}, {SIDES})")
def _put(e, kind, at, turned, part, strip, section, sheet, count, sides):  # type: ignore[no-untyped-def]
    """Put a part on strip (kind 0), on a new strip of section (1), or in a new section of sheet `at` (2)."""
    if kind == 2:
        c = count[1]
        count[1] += 1
        section[0, c], section[1, c], section[2, c] = at, 0, 0
        at, kind = c, 1
    if kind == 1:
        k = count[0]
        count[0] += 1
        strip[0, k], strip[1, k], strip[2, k] = at, 0, 0
        at = k
    c = strip[0, at]
    s = section[0, c]
    across = 1 if turned == sheet[1, s] else 0
    x, y = sides[1 - across, e], sides[across, e]
    part[0, e], part[1, e] = at, turned
    strip[1, at] += x
    if y > strip[2, at]:
        section[2, c] += y - strip[2, at]
        strip[2, at] = y
    if strip[1, at] > section[1, c]:
        sheet[2, s] += strip[1, at] - section[1, c]
        section[1, c] = strip[1, at]


@kernel(f"b1(i8, {STATE}, i8[:,::1], {SIDES}, {STOCK}, i8, i8, f8, f8)")
def _insert(e, part, strip, section, sheet, count, room, sides, may, rooms, stages, least, above, ends):  # type: ignore[no-untyped-def]
    """Put part `e` where the useful free area falls least; False when it fits no open sheet."""
    best, kind, at, turned = -1e300, -1, -1, 0
    for c in range(count[1]):
        s = section[0, c]
        turn, stock = sheet[1, s], sheet[0, s]
        room[0, c] = section[1, c] + rooms[turn, stock] - sheet[2, s]
        room[1, c] = rooms[1 - turn, stock] - section[2, c]
    for r in range(2):
        for k in range(count[0] if stages > 2 else 0):
            c = strip[0, k]
            s = section[0, c]
            if not may[2 * sheet[0, s] + sheet[1, s], r, e]:
                continue
            across = 1 if r == sheet[1, s] else 0
            x, y = sides[1 - across, e], sides[across, e]
            long, deep = strip[1, k], strip[2, k]
            if long + x > room[0, c] or y - deep > room[1, c]:
                continue
            was, high = section[1, c], section[2, c]
            whole = room[1, c] + high
            now, deeper, gap = max(was, long + x), max(deep, y), room[0, c] - was
            value = 0.0
            if now > was:
                if gap >= least:
                    value -= gap * whole
                if gap - now + was >= least:
                    value += (gap - now + was) * whole
                value += ends * (now - was) * (high - deep)
            if whole - high >= least:
                value -= above * was * (whole - high)
            if whole - high - deeper + deep >= least:
                value += above * now * (whole - high - deeper + deep)
            if was - long >= least:
                value -= ends * (was - long) * deep
            if now - long - x >= least:
                value += ends * (now - long - x) * deeper
            if value > best and np.random.random() >= BLINK:
                best, kind, at, turned = value, 0, k, r
        for c in range(count[1] if stages > 1 else 0):
            s = section[0, c]
            if not may[2 * sheet[0, s] + sheet[1, s], r, e]:
                continue
            across = 1 if r == sheet[1, s] else 0
            x, y = sides[1 - across, e], sides[across, e]
            if y > room[1, c] or x > room[0, c]:
                continue
            was, high = section[1, c], section[2, c]
            whole = room[1, c] + high
            now, gap = max(was, x), room[0, c] - was
            value = -above * was * (whole - high)
            if now > was:
                if gap >= least:
                    value -= gap * whole
                if gap - now + was >= least:
                    value += (gap - now + was) * whole
                value += ends * (now - was) * high
            if whole - high - y >= least:
                value += above * now * (whole - high - y)
            if now - x >= least:
                value += ends * (now - x) * y
            if value > best and np.random.random() >= BLINK:
                best, kind, at, turned = value, 1, c, r
        for s in range(count[2]):
            turn, stock = sheet[1, s], sheet[0, s]
            if not may[2 * stock + turn, r, e]:
                continue
            across = 1 if r == turn else 0
            x, y = sides[1 - across, e], sides[across, e]
            gap, whole = rooms[turn, stock] - sheet[2, s], rooms[1 - turn, stock]
            if x > gap or y > whole:
                continue
            value = -1.0 * gap * whole
            if gap - x >= least:
                value += (gap - x) * whole
            if whole - y >= least:
                value += above * x * (whole - y)
            if value > best and np.random.random() >= BLINK:
                best, kind, at, turned = value, 2, s, r
    if kind < 0:
        return False
    _put(e, kind, at, turned, part, strip, section, sheet, count, sides)
    return True


@kernel(f"b1(i8, i8, {STATE}, {SIDES}, {STOCK}, i8[::1], i8[::1])")
def _open(e, left, part, strip, section, sheet, count, sides, may, rooms, costs, copies):  # type: ignore[no-untyped-def]
    """Put part `e` on a new sheet, at random one that takes it and costs at most `left`; False for none."""
    used = np.zeros(len(costs), np.int64)
    for s in range(count[2]):
        used[sheet[0, s]] += 1
    ways, pick = 0, -1
    for stock in range(len(costs)):
        if costs[stock] > left or used[stock] >= copies[stock]:
            continue
        for turn in range(2):
            for r in range(2):
                across = 1 if r == turn else 0
                if (
                    may[2 * stock + turn, r, e]
                    and sides[1 - across, e] <= rooms[turn, stock]
                    and sides[across, e] <= rooms[1 - turn, stock]
                ):
                    ways += 1
                    if np.random.random() * ways < 1:
                        pick = stock * 4 + turn * 2 + r
    if pick < 0:
        return False
    s = count[2]
    count[2] += 1
    sheet[0, s], sheet[1, s], sheet[2, s] = pick // 4, pick // 2 % 2, 0
    _put(e, 2, s, pick % 2, part, strip, section, sheet, count, sides)
    return True


@kernel("i8(i8[:,::1], i8[::1], i8[::1])")
def _cost(sheet, count, costs):  # type: ignore[no-untyped-def]
    total = 0
    for s in range(count[2]):
        total += costs[sheet[0, s]]
    return total


@kernel("i8(i8[:,::1], i8[:,::1], i8[::1])")
def _waiting(part, sides, waiting):  # type: ignore[no-untyped-def]
    """List the parts that are out, in one of five orders with some noise; return how many."""
    many = 0
    key = np.empty(part.shape[1], np.float64)
    mode, noise = np.random.randint(5), np.random.random() * 0.6
    for e in range(part.shape[1]):
        if part[0, e] >= 0:
            continue
        a, b = sides[0, e], sides[1, e]
        measure = 1.0
        if mode == 0:
            measure = a * b * 1.0
        elif mode == 1:
            measure = a * 1.0
        elif mode == 2:
            measure = b * 1.0
        elif mode == 3:
            measure = max(a, b) * 1.0
        measure *= 1 + noise * np.random.random()
        at = many
        while at > 0 and key[at - 1] < measure:
            key[at], waiting[at] = key[at - 1], waiting[at - 1]
            at -= 1
        key[at], waiting[at] = measure, e
        many += 1
    return many


@kernel(f"f8({STATE}, {SIDES}, {STOCK}, i8, i8, i8[::1], i8[::1], i8)")
def _recreate(part, strip, section, sheet, count, sides, may, rooms, stages, least, costs, copies, limit):  # type: ignore[no-untyped-def]
    """Put back everything that is out, in one of five orders with some noise; return the area still out."""
    parts = part.shape[1]
    room = np.empty((2, parts + 1), np.int64)
    waiting = np.empty(parts, np.int64)
    many = _waiting(part, sides, waiting)
    above = 0.5 + 0.5 * np.random.random()
    ends = above * (0.3 + 0.7 * np.random.random())
    total, out, last_a, last_b = _cost(sheet, count, costs), 0.0, 0, 0
    for i in range(many):
        e = waiting[i]
        a, b = sides[0, e], sides[1, e]
        if a == last_a and b == last_b:
            out += a * b * 1.0
            continue
        if _insert(
            e, part, strip, section, sheet, count, room, sides, may, rooms, stages, least, above, ends
        ):
            continue
        if _open(e, limit - total, part, strip, section, sheet, count, sides, may, rooms, costs, copies):
            total = _cost(sheet, count, costs)
        else:
            out += a * b * 1.0
            last_a, last_b = a, b
    return out


@kernel(f"void({STATE}, {SIDES}, b1)")
def _ruin(part, strip, section, sheet, count, sides, is_whole):  # type: ignore[no-untyped-def]
    """Take out parts, strips, sections or sheets at random; with `is_whole` one sheet."""
    chance = np.random.random()
    if is_whole or chance < CHANCES[0]:
        for _ in range(1 if is_whole or np.random.random() < 0.7 else 2):
            s = np.random.randint(count[2])
            for e in range(part.shape[1]):
                if part[0, e] >= 0 and section[0, strip[0, part[0, e]]] == s:
                    part[0, e] = -1
    elif chance < CHANCES[1]:
        for _ in range(1 + np.random.randint(MOST[2])):
            c = np.random.randint(count[1])
            for e in range(part.shape[1]):
                if part[0, e] >= 0 and strip[0, part[0, e]] == c:
                    part[0, e] = -1
    elif chance < CHANCES[2]:
        for _ in range(1 + np.random.randint(MOST[1])):
            k = np.random.randint(count[0])
            for e in range(part.shape[1]):
                if part[0, e] == k:
                    part[0, e] = -1
    else:
        for _ in range(1 + np.random.randint(MOST[0])):
            part[0, np.random.randint(part.shape[1])] = -1
    _measure(part, strip, section, sheet, count, sides)


@kernel(f"void({STATE}, {STATE})")
def _copy(part, strip, section, sheet, count, part2, strip2, section2, sheet2, count2):  # type: ignore[no-untyped-def]
    _copy_lists(part, part2, part.shape[1])
    _copy_lists(strip, strip2, count[0])
    _copy_lists(section, section2, count[1])
    _copy_lists(sheet, sheet2, count[2])
    for at in range(3):
        count2[at] = count[at]


@kernel("f8(i8[:,::1], i8[:,::1], i8[::1], i8[:,::1])")
def _open_area(section, sheet, count, rooms):  # type: ignore[no-untyped-def]
    """Return what the free area behind the last sections and above the last strips is worth."""
    value = 0.0
    for s in range(count[2]):
        turn, stock = sheet[1, s], sheet[0, s]
        value += OPEN_LENGTH * (rooms[turn, stock] - sheet[2, s]) * rooms[1 - turn, stock]
    for c in range(count[1]):
        s = section[0, c]
        value += OPEN_DEPTH * section[1, c] * (rooms[1 - sheet[1, s], sheet[0, s]] - section[2, c])
    return value


@kernel(
    f"void(i8, {LISTS}, {LISTS}, {LISTS}, f8[::1], f8[::1], {SIDES}, {STOCK}, i8, i8, i8[::1], i8[::1], i8, i8)"
)
def _run(steps, now, trial, best, mind, history, sides, may, rooms, stages, least, costs, copies, floor, cap):  # type: ignore[no-untyped-def]
    """Take up to `steps` steps; `mind` holds best cost, value now, steps in all, steps since the last gain.

    Without `cap` the cost limit stays just below the best cost; with it, it is `cap`, and one success ends it.
    """
    part, strip, section, sheet, count = now
    part2, strip2, section2, sheet2, count2 = trial
    for _ in range(steps):
        if mind[0] <= max(floor, cap):
            break
        _copy(part, strip, section, sheet, count, part2, strip2, section2, sheet2, count2)
        limit = cap if cap > 0 else int(mind[0]) - 1
        forced = False
        while _cost(sheet2, count2, costs) > limit:
            _ruin(part2, strip2, section2, sheet2, count2, sides, True)
            forced = True
        if not forced and count2[2] > 0:
            _ruin(part2, strip2, section2, sheet2, count2, sides, False)
        out = _recreate(
            part2, strip2, section2, sheet2, count2, sides, may, rooms, stages, least, costs, copies, limit
        )
        place = int(mind[2]) % len(history)
        mind[2] += 1
        mind[3] += 1
        value = out - _open_area(section2, sheet2, count2, rooms)
        if forced:
            for at in range(len(history)):
                history[at] = value
        if forced or value <= mind[1] or value <= history[place]:
            _copy(part2, strip2, section2, sheet2, count2, part, strip, section, sheet, count)
            mind[1] = value
        history[place] = mind[1]
        if out == 0.0:
            _copy(part2, strip2, section2, sheet2, count2, part, strip, section, sheet, count)
            total = _cost(sheet, count, costs)
            if total < mind[0]:
                mind[0], mind[3] = total, 0
                _copy(part, strip, section, sheet, count, best[0], best[1], best[2], best[3], best[4])


@dataclass(frozen=True, slots=True)
class Tail:
    """What the search is about: how many of each size, how many of each stock, and when to be content."""

    job: Job
    wanted: tuple[int, ...]
    copies: tuple[int, ...]
    floor_cost: int


class Search:
    """One search; `run` may be called again and goes on where it was."""

    def __init__(self, tail: Tail, start: Sequence[Board], seed: int) -> None:
        self.tail = tail
        self.owner = [size for size, count in enumerate(tail.wanted) for _ in range(count)]
        parts = len(self.owner)
        self.sides, self.may = _sides(tail.job, self.owner)
        self.rooms = np.array(
            [[sheet.room[0][axis] for sheet in tail.job.sheets] for axis in (0, 1)], np.int64
        )
        self.costs = np.array([sheet.cost for sheet in tail.job.sheets], np.int64)
        self.copies = np.array([min(parts, copies) for copies in tail.copies], np.int64)
        self.least = int(self.sides.min())
        self.now = _empty(parts)
        _seed(seed)
        self._lay(start)
        self.out = self._fill(self.copies, np.int64(2**62))
        self.best = tuple(array.copy() for array in self.now)
        self.trial = tuple(array.copy() for array in self.now)
        self.mind = np.array([float(_cost(self.now[3], self.now[4], self.costs)), 0.0, 0.0, 0.0])
        self.history = np.zeros(HISTORY)
        self.cap, self.limits = 0, self.copies
        self.patience, self.rounds = PATIENCE * parts, 0

    @property
    def cost(self) -> int:
        """The cost of the best filling found."""
        return int(self.mind[0])

    def run(self, steps: int, stop: Stop, tell: Callable[[int], None]) -> None:
        """Search for `steps` steps, until the floor is reached, or until `stop` says so."""
        chunk, parts, done = max(50, CHUNK // len(self.owner)), len(self.owner), 0
        while done < steps and self.mind[0] > self.tail.floor_cost and not stop():
            before, self.mind[3] = self.mind[0], 0
            now = min(chunk, steps - done)
            _run(
                now,
                self.now,
                self.trial,
                self.best,
                self.mind,
                self.history,
                self.sides,
                self.may,
                self.rooms,
                self.tail.job.stages,
                self.least,
                self.costs,
                self.limits,
                self.tail.floor_cost,
                self.cap,
            )
            done += now
            self.patience -= now
            tell(now)
            if self.mind[0] < before:
                self.patience, self.rounds = (0 if self.cap else PATIENCE * parts), 0
            if self.patience <= 0 and not self._anew(parts):
                return

    def boards(self) -> list[Board]:
        """Return the best filling found."""
        part, strip, section, sheet, count = self.best
        job = self.tail.job
        boards = [
            Board(int(sheet[0, s]), int(sheet[1, s]), job.sheets[sheet[0, s]].room[sheet[1, s]])
            for s in range(count[2])
        ]
        sections = [Section() for _ in range(count[1])]
        strips = [Strip() for _ in range(count[0])]
        for c, made in enumerate(sections):
            boards[section[0, c]].sections.append(made)
        for k, laid in enumerate(strips):
            sections[strip[0, k]].strips.append(laid)
        for e, size in enumerate(self.owner):
            board = boards[section[0, strip[0, part[0, e]]]]
            ways = job.sheets[board.sheet].ways[board.turn][size]
            way = next(way for way in ways if way[0] == bool(part[1, e]))
            strips[part[0, e]].parts.append((size, way))
        for board in boards:
            board.measure()
        return boards

    def _lay(self, start: Sequence[Board]) -> None:
        part, strip, section, sheet, count = self.now
        waiting: dict[int, list[int]] = {}
        for e, size in enumerate(self.owner):
            waiting.setdefault(size, []).append(e)
        for board in start:
            sheet[0, count[2]], sheet[1, count[2]] = board.sheet, board.turn
            for of in board.sections:
                section[0, count[1]] = count[2]
                for laid in of.strips:
                    strip[0, count[0]] = count[1]
                    for size, way in laid.parts:
                        e = waiting[size].pop()
                        part[0, e], part[1, e] = count[0], int(way[0])
                    count[0] += 1
                count[1] += 1
            count[2] += 1
        _measure(part, strip, section, sheet, count, self.sides)

    def _fill(self, copies: np.ndarray, limit: np.int64) -> float:
        return float(
            _recreate(  # type: ignore[call-arg]
                *self.now,
                self.sides,
                self.may,
                self.rooms,
                self.tail.job.stages,
                self.least,
                self.costs,
                copies,
                limit,
            )
        )

    def _anew(self, parts: int) -> bool:
        """Begin anew with the next mix of sheets; False when there is none below the best cost."""
        found = mixes(self.costs.tolist(), self.copies.tolist(), self.tail.floor_cost, self.cost)[:MIXES]
        if not found:
            return False
        self.cap, copies = found[self.rounds % len(found)]
        self.limits = np.array(copies, np.int64)
        self.patience = PATIENCE * parts * 2 ** (self.rounds // len(found)) // 2
        self.rounds += 1
        self.now[0][:] = -1
        self.now[4][:] = 0
        self._fill(self.limits, np.int64(self.cap))
        self.mind[1] = 1e300
        self.history[:] = 1e300
        return True


def _empty(parts: int) -> tuple[np.ndarray, ...]:
    lists = [np.zeros((3, parts + 1), np.int64) for _ in range(3)]
    return (np.full((2, parts), -1, np.int64), *lists, np.zeros(3, np.int64))


def _sides(job: Job, owner: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return each part's length and width, kerf included, and whether it may lie unturned or turned.

    The latter by stock and first-cut direction (row twice the stock plus the direction).
    """
    sides, may = np.zeros((2, len(owner)), np.int64), np.zeros((2 * len(job.sheets), 2, len(owner)), np.bool_)
    for e, size in enumerate(owner):
        for stock, sheet in enumerate(job.sheets):
            for turn in (0, 1):
                for turned, a, b in sheet.ways[turn][size]:
                    may[2 * stock + turn, int(turned), e] = True
                    sides[:, e] = (b, a) if turned is (turn == 0) else (a, b)
    return sides, may


def mixes(
    costs: Sequence[int], copies: Sequence[int], floor: int, below: int
) -> list[tuple[int, tuple[int, ...]]]:
    """Return the stock counts that cost `floor` to below `below` and take no further piece, dearest first."""
    found: list[tuple[int, tuple[int, ...]]] = []
    looks = 0

    def walk(stock: int, left: int, taken: tuple[int, ...]) -> None:
        nonlocal looks
        looks += 1
        if looks > MIX_LOOKS:
            return
        if stock == len(costs):
            full = all(left < cost or k >= most for cost, k, most in zip(costs, taken, copies, strict=True))
            if full and below - 1 - left >= floor:
                found.append((below - 1 - left, taken))
            return
        most = copies[stock] if costs[stock] == 0 else min(copies[stock], left // costs[stock])
        for k in range(most, -1, -1):
            walk(stock + 1, left - k * costs[stock], (*taken, k))

    walk(0, below - 1, ())
    return sorted(found, reverse=True) if looks <= MIX_LOOKS else []
