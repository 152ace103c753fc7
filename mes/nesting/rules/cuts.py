"""From placements to saw cuts: the cut tree, walked in the order of sawing. Units are 0.1 mm.

All cuts through one region come first, then those inside each of its slabs: the fence stays where it is as long
as it can. A layout is `arranged` before it is kept, so that its parts lie in the order in which they come free.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mes.nesting.rules.instance import Instance, Kind, Stock
from mes.nesting.rules.plan import Layout, Offcut, Placement, Plan

Box = tuple[int, int, int, int]  # x1, y1, x2, y2


@dataclass(frozen=True, slots=True)
class Cut:
    """One straight saw cut, from edge to edge of what is on the saw; the line is the kerf's middle.

    Stage 1 goes through the whole board, stage 2 through what stage 1 made, and so on; one stage
    more than the instance allows is the last trimming cut. `size_dmm` is the width of what it takes off:
    the setting of the fence.
    """

    n: int
    stage: int
    size_dmm: int
    x1_dmm: int
    y1_dmm: int
    x2_dmm: int
    y2_dmm: int


@dataclass(frozen=True, slots=True)
class Slab:
    """One piece of the cut tree: what a cut of `stage` takes off, with what is cut out of it in turn.

    With `part` it is that placement; with neither a part nor slabs it is waste. The root has stage 0.
    `axis` 0: its own slabs follow each other along the stock's length.
    """

    stage: int
    size_dmm: int
    box: Box
    part: int | None
    axis: int
    slabs: tuple[Slab, ...]

    @property
    def is_waste(self) -> bool:
        """Whether nothing of it is wanted."""
        return self.part is None and not self.slabs


@dataclass(frozen=True, slots=True)
class Slicing:
    """The cuts of one layout in order, the waste they leave, and which parts come free when.

    `frees` says for each cut which placement it frees, if one; `freed` lists all placements in that order.
    """

    cuts: tuple[Cut, ...]
    waste: tuple[Box, ...]
    tree: Slab
    frees: tuple[int | None, ...]
    freed: tuple[int, ...]


def cuts_of(instance: Instance, stock: Stock, layout: Layout) -> tuple[Cut, ...]:
    """Return the cuts of one layout, numbered in the order of sawing, after the edges are trimmed."""
    slicing = sliced(instance, stock, layout.placements)
    return () if slicing is None else slicing.cuts


def sliced(
    instance: Instance, stock: Stock, placements: Sequence[Placement], axes: tuple[int, ...] = ()
) -> Slicing | None:
    """Return the slicing with the fewest cuts and stages; None when straight cuts cannot reach the parts.

    The first cuts go across one of `axes` (0: across the stock's length), or of the instance's own.
    """
    room = instance.room(stock)
    left, bottom = instance.trim.left_dmm, instance.trim.bottom_dmm
    depth = room[1] or 1  # a bar is sawn as a board that its parts span
    boxes = list(enumerate(_boxes(instance, placements, depth)))
    whole = (left, bottom, left + room[0], bottom + depth)
    slicer = _Slicer(instance.kerf_dmm, instance.stages)
    trees = [slicer.tree(whole, boxes, axis) for axis in axes or instance.axes]
    found = [_walked(tree, instance.kerf_dmm) for tree in trees if tree is not None]
    return min(found, key=_effort, default=None)


def _boxes(instance: Instance, placements: Sequence[Placement], depth: int) -> list[Box]:
    """Return what each part covers, its mitre included."""
    extra = instance.mitres
    return [
        (
            at.x_dmm,
            at.y_dmm,
            at.x_dmm + at.length_dmm + extra.get(at.part, 0),
            at.y_dmm + (at.width_dmm or depth),
        )
        for at in placements
    ]


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


def arranged(instance: Instance, plan: Plan, *, is_longest_first: bool = False) -> Plan:
    """Return the plan as it is sawn: slabs pushed together in one agreed order, equal layouts made one.

    Wide slabs come first, or those with the longest part. Placements follow each other as they come free;
    layouts that differed only in the order of their slabs become one pattern with more copies.
    """
    stocks = {stock.id: stock for stock in instance.stock}
    repeats: Counter[tuple[str, tuple[Placement, ...]]] = Counter()
    for layout in plan.layouts:
        repeats[layout.stock, _rearranged(instance, stocks[layout.stock], layout, is_longest_first)] += (
            layout.repeat
        )
    layouts = []
    for (stock_id, placements), repeat in repeats.items():
        slicing = sliced(instance, stocks[stock_id], placements)
        offcuts = () if slicing is None else offcuts_of(instance, slicing)
        layouts.append(Layout(stock_id, repeat, placements, offcuts))
    return replace(plan, layouts=tuple(layouts))


def _rearranged(
    instance: Instance, stock: Stock, layout: Layout, is_longest_first: bool
) -> tuple[Placement, ...]:
    """Return the placements of a layout with its slabs in the agreed order, as they come free.

    Pushed together, parts may come to be sawn otherwise, and then be ordered otherwise again: it goes on until a
    layout comes back. Where several take turns, it is always the same one of them.
    """
    seen = [layout.placements]
    while (after := _pushed(instance, stock, seen[-1], is_longest_first)) not in seen:
        seen.append(after)
    return min(
        seen[seen.index(after) :], key=lambda found: [(one.x_dmm, one.y_dmm, one.part) for one in found]
    )


def _pushed(
    instance: Instance, stock: Stock, placements: tuple[Placement, ...], is_longest_first: bool
) -> tuple[Placement, ...]:
    """Return placements with their slabs in the agreed order, pushed together, as they come free."""
    slicing = sliced(instance, stock, placements)
    if slicing is None:
        return placements
    start = (instance.trim.left_dmm, instance.trim.bottom_dmm)
    laid = dict(_laid(slicing.tree, start, instance.kerf_dmm, placements, is_longest_first))
    moved = [replace(at, x_dmm=laid[index][0], y_dmm=laid[index][1]) for index, at in enumerate(placements)]
    again = sliced(instance, stock, moved)
    order = range(len(moved)) if again is None else again.freed
    return tuple(moved[index] for index in order)


def _laid(
    slab: Slab,
    at: tuple[int, int],
    kerf: int,
    placements: Sequence[Placement],
    is_longest_first: bool,
) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield placement and lower left corner of every part of a slab that is moved to `at`."""
    if slab.part is not None:
        yield slab.part, at
    place = list(at)
    wanted = [one for one in slab.slabs if not one.is_waste]
    for one in sorted(wanted, key=lambda one: _rank(one, placements, is_longest_first)):
        yield from _laid(one, (place[0], place[1]), kerf, placements, is_longest_first)
        place[slab.axis] += one.size_dmm + kerf


def _rank(slab: Slab, placements: Sequence[Placement], is_longest_first: bool) -> tuple[object, ...]:
    """Return what slabs are ordered by: their longest part or their width, then what is in them."""
    parts = sorted(
        (-placements[index].length_dmm, -placements[index].width_dmm, placements[index].part)
        for index in parts_in(slab)
    )
    longest = -max(max(placements[index].length_dmm, placements[index].width_dmm) for index in parts_in(slab))
    return (longest if is_longest_first else 0, -slab.size_dmm, parts)


def parts_in(slab: Slab) -> list[int]:
    """Return the placements that are cut out of a slab."""
    found = [] if slab.part is None else [slab.part]
    for one in slab.slabs:
        found += parts_in(one)
    return found


class _Slicer:
    """Cuts a region along one axis as finely as its parts allow, then each slab along the other."""

    def __init__(self, kerf: int, stages: int) -> None:
        self.kerf, self.stages = kerf, stages

    def tree(self, whole: Box, boxes: Sequence[tuple[int, Box]], axis: int) -> Slab | None:
        """Return the cut tree of a stock piece; None when the parts cannot be reached."""
        return self.slab(whole, boxes, axis, 1, whole[axis + 2] - whole[axis])

    def slab(
        self, region: Box, boxes: Sequence[tuple[int, Box]], axis: int, stage: int, size: int
    ) -> Slab | None:
        """Return `region` cut by stage `stage` along `axis`; None when the stages do not reach its parts."""
        if len(boxes) == 1 and boxes[0][1] == region:
            return Slab(stage - 1, size, region, boxes[0][0], axis, ())
        groups = self.groups(boxes, axis)
        if stage > self.stages and (len(groups) > 1 or len(boxes) > 1):
            return None
        if stage > self.stages + 1:
            return None
        slabs: list[Slab] = []
        cursor, end = region[axis], region[axis + 2]
        for group in groups:
            low = min(box[axis] for _, box in group)
            high = max(box[axis + 2] for _, box in group)
            if low > cursor:
                slabs.append(self.waste(region, axis, cursor, max(cursor, low - self.kerf), stage))
            inner = self.slab(_between(region, axis, low, high), group, 1 - axis, stage + 1, high - low)
            if inner is None:
                return None
            slabs.append(inner)
            cursor = high + self.kerf
        if cursor < end or slabs[-1].box[axis + 2] < end:
            slabs.append(self.waste(region, axis, min(cursor, end), end, stage))
        return Slab(stage - 1, size, region, None, axis, tuple(slabs))

    def waste(self, region: Box, axis: int, low: int, high: int, stage: int) -> Slab:
        return Slab(stage, high - low, _between(region, axis, low, high), None, 1 - axis, ())

    def groups(self, boxes: Sequence[tuple[int, Box]], axis: int) -> list[list[tuple[int, Box]]]:
        """Return the boxes in slabs between which a saw cut along `axis` goes through."""
        groups: list[list[tuple[int, Box]]] = []
        reach = 0
        for index, box in sorted(boxes, key=lambda one: one[1][axis]):
            if groups and box[axis] < reach + self.kerf:
                groups[-1].append((index, box))
                reach = max(reach, box[axis + 2])
            else:
                groups.append([(index, box)])
                reach = box[axis + 2]
        return groups


def _walked(tree: Slab, kerf: int) -> Slicing:
    """Return the cuts of a tree in the order of sawing: a region's own first, then those inside its slabs."""
    walk = _Walk(kerf)
    walk.region(tree)
    numbered = tuple(Cut(n, stage, size, *line) for n, (stage, size, line) in enumerate(walk.cuts, start=1))
    return Slicing(numbered, tuple(walk.waste), tree, tuple(walk.frees), tuple(walk.freed))


class _Walk:
    """Walks a cut tree and writes down cuts, waste and freed parts."""

    def __init__(self, kerf: int) -> None:
        self.kerf = kerf
        self.cuts: list[tuple[int, int, Box]] = []
        self.frees: list[int | None] = []
        self.freed: list[int] = []
        self.waste: list[Box] = []

    def region(self, slab: Slab) -> None:
        """Cut a region into its slabs, then each of them; the last slab falls off by itself."""
        if slab.part is not None and slab.stage == 0:
            self.freed.append(slab.part)  # it fills the whole board
        for place, one in enumerate(slab.slabs):
            if place < len(slab.slabs) - 1:
                self.cut(slab, one)
            elif one.part is not None and self.frees and self.frees[-1] is None:
                self.frees[-1] = one.part
            if one.part is not None:
                self.freed.append(one.part)
            elif one.is_waste and one.box[0] < one.box[2] and one.box[1] < one.box[3]:
                self.waste.append(one.box)
        for one in slab.slabs:
            self.region(one)

    def cut(self, region: Slab, one: Slab) -> None:
        middle = one.box[region.axis + 2] + self.kerf // 2
        self.cuts.append((region.stage + 1, one.size_dmm, _between(region.box, region.axis, middle, middle)))
        self.frees.append(one.part)


def _between(region: Box, axis: int, low: int, high: int) -> Box:
    """Return `region` cut down to low…high along `axis`."""
    x1, y1, x2, y2 = region
    return (low, y1, high, y2) if axis == 0 else (x1, low, x2, high)


def dealt_in_turn(
    layouts: Sequence[Layout], ranks: Mapping[str, Sequence[int]], *, is_longest_first: bool = False
) -> tuple[Layout, ...]:
    """Return layouts in the order of sawing: those whose parts belong to the first orders come first.

    `ranks` gives, per part, the rank of the order behind each of its copies, ascending: the copies are dealt
    out in that order, so that always the layout follows whose next copies have the least mean rank. Where the
    saw wants the longest parts first, they decide, and the ranks only among equals.
    """
    waiting = list(layouts)
    given: Counter[str] = Counter()
    ordered: list[Layout] = []
    while waiting:
        first = min(
            waiting, key=lambda one: (-_longest(one) if is_longest_first else 0, _mean(one, ranks, given))
        )
        waiting.remove(first)
        for at in first.placements:
            given[at.part] += first.repeat
        ordered.append(first)
    return tuple(ordered)


def _longest(layout: Layout) -> int:
    return max(max(at.length_dmm, at.width_dmm) for at in layout.placements)


def _mean(layout: Layout, ranks: Mapping[str, Sequence[int]], given: Mapping[str, int]) -> float:
    """Return the mean rank of the copies that a layout would be dealt next."""
    total = count = 0
    for part, per_board in Counter(at.part for at in layout.placements).items():
        start = given.get(part, 0)
        taken = ranks.get(part, ())[start : start + per_board * layout.repeat]
        total += sum(taken)
        count += len(taken)
    return total / count if count else 0.0
