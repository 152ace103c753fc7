"""A board being filled, as a nested list: board -> sections -> strips -> parts.

Every extent has the kerf added already (a part of length l covers l + kerf of a board of room
L + kerf), so that extents simply add up. `a` runs in the direction in which sections follow each
other, `b` across it. A board is feasible exactly when its sections add up to at most its room in
`a`, and in each section the strips to at most its room in `b`. Units are 0.1 mm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Way = tuple[bool, int, int]  # a part put down: turned or not, its extent along a, along b


@dataclass(frozen=True, slots=True)
class Size:
    """One size that is wanted `count` times; parts of different ids but equal size are one Size."""

    area: int
    count: int
    long: int  # the longer and the shorter side, kerf included
    short: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One stock size: its rooms and, per first-cut direction and size, the ways to put a part down."""

    room: tuple[tuple[int, int], tuple[int, int]]  # (a, b) for sections along the length; along the width
    cost: int
    limit: int  # how many there are
    ways: tuple[tuple[tuple[Way, ...], ...], tuple[tuple[Way, ...], ...]]

    @property
    def area(self) -> int:
        """The area inside the trims, kerf included."""
        return self.room[0][0] * self.room[0][1]


class Strip:
    """Parts side by side along `a`; as deep in `b` as the deepest of them."""

    __slots__ = ("a", "b", "parts")

    def __init__(self) -> None:
        self.a = 0
        self.b = 0
        self.parts: list[tuple[int, Way]] = []

    def put(self, size: int, way: Way) -> None:
        """Add one part."""
        self.parts.append((size, way))
        self.a += way[1]
        self.b = max(self.b, way[2])


class Section:
    """Strips stacked along `b`; as long in `a` as the longest of them."""

    __slots__ = ("a", "b", "strips")

    def __init__(self) -> None:
        self.a = 0
        self.b = 0
        self.strips: list[Strip] = []

    def measure(self) -> None:
        """Reckon the extents again after parts were taken out; empty strips vanish."""
        self.strips = [strip for strip in self.strips if strip.parts]
        self.a = max((strip.a for strip in self.strips), default=0)
        self.b = sum(strip.b for strip in self.strips)


class Board:
    """One stock piece being filled: `sheet` is the index of its size, `turn` its first-cut direction."""

    __slots__ = ("a", "b", "free", "sections", "sheet", "turn", "used")

    def __init__(self, sheet: int, turn: int, room: tuple[int, int]) -> None:
        self.sheet = sheet
        self.turn = turn
        self.a, self.b = room
        self.used = 0  # how much of `a` the sections take
        self.free = room[0] * room[1]  # the area that no part covers
        self.sections: list[Section] = []

    def copy(self) -> Board:
        """Return a board that can be changed without touching this one."""
        twin = Board(self.sheet, self.turn, (self.a, self.b))
        twin.used, twin.free = self.used, self.free
        for section in self.sections:
            other = Section()
            other.a, other.b = section.a, section.b
            for strip in section.strips:
                same = Strip()
                same.a, same.b, same.parts = strip.a, strip.b, strip.parts.copy()
                other.strips.append(same)
            twin.sections.append(other)
        return twin

    def measure(self) -> None:
        """Reckon everything again after parts were taken out; empty sections vanish."""
        self.free = self.a * self.b
        for section in self.sections:
            for strip in section.strips:
                strip.a = sum(way[1] for _, way in strip.parts)
                strip.b = max((way[2] for _, way in strip.parts), default=0)
                self.free -= sum(way[1] * way[2] for _, way in strip.parts)
            section.measure()
        self.sections = [section for section in self.sections if section.strips]
        self.used = sum(section.a for section in self.sections)

    def sizes(self) -> Iterator[int]:
        """Yield the size of every part on the board."""
        for section in self.sections:
            for strip in section.strips:
                for size, _ in strip.parts:
                    yield size

    def open_value(self) -> float:
        """Return how useful the free area is: what lies behind the last section, and above the strips."""
        value = 0.6 * (self.a - self.used) * self.b
        return value + sum(0.5 * section.a * (self.b - section.b) for section in self.sections)

    def put(self, size: int, way: Way, section: Section | None, strip: Strip | None) -> None:
        """Add a part to a strip; without one to a new strip, without a section to a new section."""
        if section is None:
            section = Section()
            self.sections.append(section)
        if strip is None:
            strip = Strip()
            section.strips.append(strip)
        deep = strip.b
        strip.put(size, way)
        section.b += strip.b - deep
        if strip.a > section.a:
            self.used += strip.a - section.a
            section.a = strip.a
        self.free -= way[1] * way[2]


@dataclass(frozen=True, slots=True)
class Taste:
    """How the free area around a part is valued when its place is chosen."""

    above: float  # free depth of sections, against free length of the board
    ends: float  # free ends of strips
    least: int  # gaps below this can hold no part


Place = tuple[float, Way, Section | None, Strip | None]


def best_place(board: Board, ways: Iterable[Way], stages: int, taste: Taste) -> Place | None:
    """Return the place on `board` that spoils the least useful free area; None if there is none."""
    best: Place | None = None
    for way in ways:
        if way[1] <= board.a and way[2] <= board.b:
            for place in _places(board, way, stages, taste):
                if best is None or place[0] > best[0]:
                    best = place
    return best


def _places(board: Board, way: Way, stages: int, taste: Taste) -> Iterator[Place]:
    """Yield every place where a part may go, with its value."""
    a, b = way[1], way[2]
    room = board.a - board.used
    for section in board.sections if stages > 1 else ():
        whole = section.a + room
        if a > whole:
            continue
        above = board.b - section.b
        if stages > 2:
            for strip in section.strips:
                if strip.a + a <= whole and b - strip.b <= above:
                    yield _in_strip(board, section, strip, way, taste), way, section, strip
        if b <= above:
            yield _in_section(board, section, way, taste), way, section, None
    if a <= room:
        yield _on_board(board, way, taste), way, None, None


def _in_strip(board: Board, section: Section, strip: Strip, way: Way, taste: Taste) -> float:
    """Return how the useful free area changes when a part joins `strip`."""
    least, depth = taste.least, board.b
    after = strip.a + way[1]
    longer = after if after > section.a else section.a
    deeper = way[2] if way[2] > strip.b else strip.b
    value = 0.0
    if longer > section.a:
        value = _shrunk(board, longer - section.a, least) + taste.ends * (longer - section.a) * (
            section.b - strip.b
        )
    over = depth - section.b
    left = over - deeper + strip.b
    if over >= least:
        value -= taste.above * section.a * over
    if left >= least:
        value += taste.above * longer * left
    if section.a - strip.a >= least:
        value -= taste.ends * (section.a - strip.a) * strip.b
    if longer - after >= least:
        value += taste.ends * (longer - after) * deeper
    return value


def _in_section(board: Board, section: Section, way: Way, taste: Taste) -> float:
    """Return how the useful free area changes when a part opens a new strip in `section`."""
    least = taste.least
    longer = way[1] if way[1] > section.a else section.a
    over = board.b - section.b
    value = -taste.above * section.a * over
    if longer > section.a:
        value += _shrunk(board, longer - section.a, least) + taste.ends * (longer - section.a) * section.b
    if over - way[2] >= least:
        value += taste.above * longer * (over - way[2])
    if longer - way[1] >= least:
        value += taste.ends * (longer - way[1]) * way[2]
    return value


def _on_board(board: Board, way: Way, taste: Taste) -> float:
    """Return how the useful free area changes when a part opens a new section."""
    room = board.a - board.used
    value = -1.0 * room * board.b
    if room - way[1] >= taste.least:
        value += (room - way[1]) * board.b
    if board.b - way[2] >= taste.least:
        value += taste.above * way[1] * (board.b - way[2])
    return value


def _shrunk(board: Board, by: int, least: int) -> float:
    """Return what the free length of `board` loses in value when it gets shorter."""
    room = board.a - board.used
    value = 0.0
    if room >= least:
        value -= room * board.b
    if room - by >= least:
        value += (room - by) * board.b
    return value
