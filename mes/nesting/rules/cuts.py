"""From placements to saw cuts: the cut tree, walked in the order of sawing. Units are 0.1 mm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mes.nesting.rules.instance import Instance, Kind, Stock
from mes.nesting.rules.plan import Layout, Offcut, Placement

Box = tuple[int, int, int, int]  # x1, y1, x2, y2


@dataclass(frozen=True, slots=True)
class Cut:
    """One straight saw cut, from edge to edge of what is on the saw; the line is the kerf's middle.

    Stage 1 goes through the whole board, stage 2 through what stage 1 made, and so on; one stage
    more than the instance allows is the last trimming cut. `size_dmm` is the width of what it takes off.
    """

    n: int
    stage: int
    size_dmm: int
    x1_dmm: int
    y1_dmm: int
    x2_dmm: int
    y2_dmm: int


@dataclass(frozen=True, slots=True)
class Slicing:
    """The cuts of one layout in order, and the waste rectangles they leave."""

    cuts: tuple[Cut, ...]
    waste: tuple[Box, ...]


def cuts_of(instance: Instance, stock: Stock, layout: Layout) -> tuple[Cut, ...]:
    """Return the cuts of one layout, numbered in the order of sawing, after the edges are trimmed."""
    slicing = sliced(instance, stock, layout.placements)
    return () if slicing is None else slicing.cuts


def sliced(
    instance: Instance, stock: Stock, placements: Sequence[Placement], axes: tuple[int, ...] = (0, 1)
) -> Slicing | None:
    """Return the slicing with the fewest cuts and stages; None when straight cuts cannot reach the parts.

    The first cuts go across one of `axes` (0: across the stock's length).
    """
    room = instance.room(stock)
    left, bottom = instance.trim.left_dmm, instance.trim.bottom_dmm
    extra = instance.mitres
    depth = room[1] or 1  # a bar is sawn as a board that its parts span
    boxes = [
        (
            at.x_dmm,
            at.y_dmm,
            at.x_dmm + at.length_dmm + extra.get(at.part, 0),
            at.y_dmm + (at.width_dmm or depth),
        )
        for at in placements
    ]
    whole = (left, bottom, left + room[0], bottom + depth)
    found = [
        slicer.result()
        for axis in axes
        if (slicer := _Slicer(instance.kerf_dmm, instance.stages)).slice(whole, boxes, axis, 1)
    ]
    return min(found, key=_effort, default=None)


def _effort(slicing: Slicing) -> tuple[int, int]:
    """Return the number of cuts and of stages."""
    return len(slicing.cuts), max((cut.stage for cut in slicing.cuts), default=0)


def offcuts_of(instance: Instance, slicing: Slicing) -> tuple[Offcut, ...]:
    """Return the waste rectangles worth keeping, the largest first; a board's may lie either way."""
    length, width = instance.offcut_length_dmm, instance.offcut_width_dmm
    if not length and not width:
        return ()
    kept = []
    for x1, y1, x2, y2 in slicing.waste:
        a, b = x2 - x1, y2 - y1
        if instance.kind is Kind.BAR:
            b, fits = 0, a >= length
        else:
            fits = (a >= length and b >= width) or (b >= length and a >= width)
        if fits:
            kept.append(Offcut(x1, y1, a, b))
    return tuple(sorted(kept, key=lambda o: (-o.length_dmm * max(o.width_dmm, 1), o.x_dmm, o.y_dmm)))


class _Slicer:
    """Cuts a region along one axis as finely as its parts allow, then each slab along the other."""

    def __init__(self, kerf: int, stages: int) -> None:
        self.kerf, self.stages = kerf, stages
        self.cuts: list[tuple[int, int, Box]] = []
        self.waste: list[Box] = []

    def result(self) -> Slicing:
        numbered = (Cut(n, stage, size, *line) for n, (stage, size, line) in enumerate(self.cuts, start=1))
        return Slicing(tuple(numbered), tuple(self.waste))

    def slice(self, region: Box, boxes: Sequence[Box], axis: int, stage: int) -> bool:
        """Slice `region`; False when the parts cannot be reached in the stages that are left."""
        if len(boxes) == 1 and boxes[0] == region:
            return True
        groups = self.groups(boxes, axis)
        if stage > self.stages and (len(groups) > 1 or len(boxes) > 1):
            return False
        if stage > self.stages + 1:
            return False
        cursor, end = region[axis], region[axis + 2]
        for group in groups:
            low, high = min(box[axis] for box in group), max(box[axis + 2] for box in group)
            if low > cursor:
                start = max(cursor, low - self.kerf)
                self.cut(region, axis, start, stage, start - cursor)
                self.discard(region, axis, cursor, low - self.kerf)
            if high < end:
                self.cut(region, axis, high, stage, high - low)
            if not self.slice(_between(region, axis, low, high), group, 1 - axis, stage + 1):
                return False
            cursor = high + self.kerf
        self.discard(region, axis, cursor, end)
        return True

    def groups(self, boxes: Sequence[Box], axis: int) -> list[list[Box]]:
        """Return the boxes in slabs between which a saw cut along `axis` goes through."""
        groups: list[list[Box]] = []
        reach = 0
        for box in sorted(boxes, key=lambda box: box[axis]):
            if groups and box[axis] < reach + self.kerf:
                groups[-1].append(box)
                reach = max(reach, box[axis + 2])
            else:
                groups.append([box])
                reach = box[axis + 2]
        return groups

    def cut(self, region: Box, axis: int, at: int, stage: int, size: int) -> None:
        middle = at + self.kerf // 2
        self.cuts.append((stage, size, _between(region, axis, middle, middle)))

    def discard(self, region: Box, axis: int, low: int, high: int) -> None:
        if high > low:
            self.waste.append(_between(region, axis, low, high))


def _between(region: Box, axis: int, low: int, high: int) -> Box:
    """Return `region` cut down to low…high along `axis`."""
    x1, y1, x2, y2 = region
    return (low, y1, high, y2) if axis == 0 else (x1, low, x2, high)
