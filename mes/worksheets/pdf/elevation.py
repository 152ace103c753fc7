"""A door set as a picture on paper, seen from outside the room: the shapes of templates/_macros/door.html.

It takes the frozen drawing as it is: what a kind of door does not have is missing there and is not drawn. A drawing
is pixels, so its numbers may be floats; they become Decimals of a tenth of a millimetre here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.pdf.shapes import Fill, Path, Picture, Shape, Words, rect

D = Decimal
THIN, MIDDLE, THICK = D("0.15"), D("0.3"), D("0.7")
TEXT_MM = D("3.0")  # 8.5 pt: what can be read in a dusty shop
HINGE_MM, LOCK_MM, LEVER_MM = (D(40), D(120)), (D(50), D(220)), (D(130), D(30))
UNIT = D("0.1")


@dataclass(frozen=True, slots=True)
class _Door:
    """The measures of a drawing; a missing one is 0."""

    d: Mapping[str, Any]

    def __getitem__(self, name: str) -> Decimal:
        return D(str(self.d.get(name) or 0)).quantize(UNIT)

    @property
    def left(self) -> Decimal:
        """Where the frame begins."""
        return self["gi"]

    @property
    def right(self) -> Decimal:
        """Where the frame ends."""
        return self.left + self["fw"]

    @property
    def clear(self) -> tuple[Decimal, Decimal]:
        """Where the clear opening begins, and how wide it is."""
        return self.left + self["tb"], self["fw"] - 2 * self["tb"]

    @property
    def raised(self) -> Decimal:
        """How much higher a leaf hangs above a board at the bottom than above a floor."""
        return self["sill"] - self["gb"] + self["gtop"] if self["sill"] else D(0)


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One leaf where it stands."""

    code: str
    x: Decimal
    top: Decimal
    width: Decimal
    height: Decimal
    own: Mapping[str, Any]

    @property
    def hinge_x(self) -> Decimal:
        """The edge with the hinges."""
        return self.x if self.own.get("hinge") == "L" else self.x + self.width

    @property
    def lock_x(self) -> Decimal:
        """The edge with the lock."""
        return self.x + self.width if self.own.get("hinge") == "L" else self.x


def elevation(drawing: Mapping[str, Any], hot: str = "", *, has_sizes: bool = True) -> Picture:
    """Return the elevation with `hot` pointed out (LEAF_1, JAMB_L, ARCH_H …), with its sizes around it."""
    door = _Door(drawing)
    leaves = list(_leaves(door))
    shapes: list[Shape] = [
        *_architrave(door, hot),
        *_frame(door, hot),
        *_transom(door, hot),
        *_sill(door, hot),
    ]
    for leaf in leaves:
        shapes += _leaf(door, leaf, hot)
    shapes += _opening(door)
    wide, high = max(door["ow"], door["fw"]), max(door["oh"], door["fh"])
    if not has_sizes:
        return Picture(wide + 200, high + 120, tuple(shapes), x=-100, y=-100)
    shapes += _sizes(door, leaves)
    return Picture(wide + 760, high + 520, tuple(shapes), x=-380, y=-110)


def _leaves(door: _Door) -> Iterator[_Leaf]:
    x = door.left + door["tb"] + door["gs"]
    for number, own in enumerate(door.d.get("leaves") or (), start=1):
        width, height = (D(str(own.get(side) or 0)).quantize(UNIT) for side in ("w", "h"))
        at = D(str(own["x"])).quantize(UNIT) if own.get("x") is not None else x
        top = door["oh"] - door["gb"] - door.raised - height
        yield _Leaf(f"LEAF_{number}", at, top, width, height, own)
        x = at + width + door["gm"]


def _marked(is_hot: bool) -> dict[str, Any]:
    return {"fill": Fill.GREY, "line_mm": THICK} if is_hot else {"fill": Fill.WHITE, "line_mm": MIDDLE}


def _architrave(door: _Door, hot: str) -> Iterator[Shape]:
    if not door["aw"]:
        return
    cover, floor, top = door["co"], door["oh"], door["gt"]
    out = door["aw"] - cover
    left, right = door.left, door.right
    high, low = top - out, top + cover
    sides = {
        "ARCH_L": ((left - out, high), (left + cover, low), (left + cover, floor), (left - out, floor)),
        "ARCH_R": ((right + out, high), (right - cover, low), (right - cover, floor), (right + out, floor)),
        "ARCH_H": ((left - out, high), (right + out, high), (right - cover, low), (left + cover, low)),
    }
    for code, corners in sides.items():
        yield Path(corners, is_closed=True, **_marked(hot == code))


def _frame(door: _Door, hot: str) -> Iterator[Shape]:
    board, cover, top, floor = door["tb"], door["co"], door["gt"], door["oh"]
    if not door["fw"] or not board:
        return
    seen = board - cover if board > cover else board  # a thin part is drawn wide when it is pointed out
    boards = {
        "JAMB_L": (door.left + board - seen, top + cover, seen, floor - top - cover),
        "JAMB_R": (door.right - board, top + cover, seen, floor - top - cover),
        "HEAD": (door.left + board, top + board - seen, door["fw"] - 2 * board, seen),
    }
    for code, (x, y, width, height) in boards.items():
        if hot == code:
            x, width = (x - 30, width + 60) if code != "HEAD" else (x, width)
            y, height = (y - 30, height + 60) if code == "HEAD" else (y, height)
        if width > 0 and height > 0:
            yield rect(x, y, width, height, **_marked(hot == code))


def _transom(door: _Door, hot: str) -> Iterator[Shape]:
    """Draw the glass under the head, and the beam below it."""
    light, (x, width) = door["light"], door.clear
    if not light or width <= 0:
        return
    top = door["gt"] + door["tb"]
    yield rect(x, top, width, light, fill=Fill.WHITE)
    for start, end in ((D("0.3"), D("0.45")), (D("0.4"), D("0.6"))):
        yield Path(((x + width * start, top + light * 7 / 10), (x + width * end, top + light / 5)), THIN)
    if door["beam"]:
        yield rect(x, top + light, width, door["beam"], **_marked(hot == "BEAM"))


def _sill(door: _Door, hot: str) -> Iterator[Shape]:
    """Draw the board or threshold at the bottom."""
    sill, (x, width) = door["sill"], door.clear
    if sill and width > 0:
        yield rect(x, door["oh"] - sill, width, sill, **_marked(hot == "SILL"))


def _leaf(door: _Door, leaf: _Leaf, hot: str) -> Iterator[Shape]:
    yield rect(leaf.x, leaf.top, leaf.width, leaf.height, **_marked(hot == leaf.code))
    glass = leaf.own.get("glass")
    if glass:
        wide, high, up = (D(str(glass.get(name) or 0)).quantize(UNIT) for name in ("w", "h", "up"))
        x, y = leaf.x + (leaf.width - wide) / 2, door["oh"] - up - high  # `up` is above the floor
        yield rect(x, y, wide, high, fill=Fill.WHITE)
        yield Path(((x + wide / 5, y + high / 3), (x + wide * 3 / 5, y + high / 8)), THIN)
    else:
        yield from _style(leaf)
    yield from _ironmongery(door, leaf) if leaf.own.get("hinge") else _slide(leaf)


def _style(leaf: _Leaf) -> Iterator[Shape]:
    inset = leaf.width * 15 / 100
    x, wide = leaf.x + inset, leaf.width - 2 * inset
    if leaf.own.get("style") == "two" and leaf.height > 700:
        middle = leaf.top + leaf.height * 48 / 100
        yield rect(x, leaf.top + 140, wide, middle - leaf.top - 140, line_mm=THIN)
        low = leaf.top + leaf.height * 56 / 100
        yield rect(x, low, wide, leaf.top + leaf.height - 180 - low, line_mm=THIN)
    elif leaf.own.get("style") == "three":
        for part in (1, 2, 3):
            y = leaf.top + leaf.height * part / 4
            yield Path(((leaf.x, y), (leaf.x + leaf.width, y)), THIN)


def _ironmongery(door: _Door, leaf: _Leaf) -> Iterator[Shape]:
    """Draw the triangle with its point at the hinges, hinges, and lock and lever of an active leaf."""
    bottom, middle = leaf.top + leaf.height, leaf.top + leaf.height / 2
    corners = ((leaf.lock_x, leaf.top), (leaf.hinge_x, middle), (leaf.lock_x, bottom))
    yield Path(corners, THIN, is_dashed=not door.d.get("out"))
    count = 2 if leaf.height < 1900 else 3 if leaf.height < 2300 else 4
    wide, high = HINGE_MM
    for number in range(count):
        y = leaf.top + 200 + (leaf.height - 450) * number / (count - 1) - high / 2
        yield rect(leaf.hinge_x - wide / 2, y, wide, high, fill=Fill.BLACK, line_mm=0)
    if not leaf.own.get("active") or not door["lock_up"]:
        return
    inward = -1 if leaf.own.get("hinge") == "L" else 1
    x, y = leaf.lock_x + inward * door["backset"], door["oh"] - door["lock_up"]
    wide, high = LOCK_MM
    yield rect(x - wide / 2, y - high / 2, wide, high, fill=Fill.WHITE)
    long, thick = LEVER_MM
    yield rect(min(x, x + inward * long), y - 40, long, thick, fill=Fill.BLACK, line_mm=0)


def _slide(leaf: _Leaf) -> Iterator[Shape]:
    y, head = leaf.top + leaf.height / 2, leaf.width / 10
    start, end = leaf.x + leaf.width / 4, leaf.x + leaf.width * 3 / 4
    yield Path(((start, y), (end, y)), MIDDLE)
    yield Path(((end - head, y - head), (end, y), (end - head, y + head)), MIDDLE)


def _opening(door: _Door) -> Iterator[Shape]:
    """Draw the wall opening and the floor."""
    wide, high = door["ow"], door["oh"]
    if wide and high:
        yield Path(((0, high), (0, 0), (wide, 0), (wide, high)), THIN, is_dashed=True)
        yield Path(((-100, high), (wide + 100, high)), MIDDLE)


def _sizes(door: _Door, leaves: list[_Leaf]) -> Iterator[Shape]:
    wide, high = door["ow"], door["oh"]
    if wide and high:
        yield from _across(D(0), wide, high + 310, wide)
        yield from _up(D(0), high, D(-290), high)
    if door["light"]:
        top = door["gt"] + door["tb"]
        yield from _up(top, top + door["light"], wide + 180, door["light"])
    if not leaves:
        if door["fw"]:
            yield from _across(door.left, door.right, high + 130, door["fw"])
            yield from _up(high - door["fh"], high, wide + 180, door["fh"])
        return
    for leaf in leaves:
        yield from _across(leaf.x, leaf.x + leaf.width, high + 130, leaf.width)
    first = leaves[0]
    yield from _up(first.top, first.top + first.height, wide + 180, first.height)


def _across(start: Decimal, end: Decimal, y: Decimal, size: Decimal) -> Iterator[Shape]:
    yield Path(((start, y), (end, y)), THIN)
    for x in (start, end):
        yield Path(((x, y - 30), (x, y + 30)), THIN)
    yield Words((start + end) / 2, y, _plain(size), TEXT_MM, is_on_white=True)


def _up(start: Decimal, end: Decimal, x: Decimal, size: Decimal) -> Iterator[Shape]:
    yield Path(((x, start), (x, end)), THIN)
    for y in (start, end):
        yield Path(((x - 30, y), (x + 30, y)), THIN)
    yield Words(x, (start + end) / 2, _plain(size), TEXT_MM, is_upright=True, is_on_white=True)


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
