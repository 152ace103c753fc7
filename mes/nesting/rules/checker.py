"""The judge of cutting plans; shares no code with the engine that makes them.

It takes the plan at its word, lays every part down again, and lists what is wrong. Units are 0.1 mm.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from mes.nesting.rules.instance import COST_PLACES, FirstCut, Grain, Instance, Kind, Part, Stock
from mes.nesting.rules.plan import Layout, Placement, Plan

TOLERANCE = Decimal("0.0001")  # of yield and gap, which are rounded to four places

Rect = tuple[int, int, int, int]  # left, bottom, right, top


class FaultKind(StrEnum):
    """What can be wrong with a plan."""

    UNKNOWN = "unknown part or stock"
    SIZE = "size differs from the part's"
    GRAIN = "grain runs the wrong way"
    OUTSIDE = "outside the trims"
    OVERLAP = "overlap"
    MATCH = "not beside the next of its group"
    KERF = "no room for the kerf"
    GUILLOTINE = "cannot be reached by straight cuts"
    COUNT = "not placed as often as asked"
    COPIES = "more stock than there is"
    OFFCUT = "offcut not inside the waste, or too small"
    REPEAT = "repeat below one, or an empty layout"
    SUM = "a sum is wrong"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, in which layout (None: in the whole plan), with the particulars."""

    kind: FaultKind
    layout: int | None
    detail: str


def check(instance: Instance, plan: Plan) -> list[Fault]:
    """Return every fault of `plan` as an answer to `instance`; an empty list means it holds."""
    stocks = {stock.id: stock for stock in instance.stock}
    parts = {part.id: part for part in instance.parts}
    faults: list[Fault] = []
    for number, layout in enumerate(plan.layouts):
        stock = stocks.get(layout.stock)
        missing = [at.part for at in layout.placements if at.part not in parts]
        if stock is None or missing:
            faults.append(Fault(FaultKind.UNKNOWN, number, layout.stock if stock is None else missing[0]))
            continue
        faults += [Fault(kind, number, detail) for kind, detail in _layout(instance, stock, parts, layout)]
    faults += [Fault(kind, None, detail) for kind, detail in _counts(instance, plan)]
    if not any(fault.kind is FaultKind.UNKNOWN for fault in faults):
        faults += [Fault(FaultKind.SUM, None, detail) for detail in _sums(stocks, parts, plan)]
    return faults


def _layout(
    instance: Instance, stock: Stock, parts: dict[str, Part], layout: Layout
) -> Iterator[tuple[FaultKind, str]]:
    """Yield the faults of one layout."""
    if layout.repeat < 1 or not layout.placements:
        yield FaultKind.REPEAT, str(layout.repeat)
    for at in layout.placements:
        yield from _placement(instance, stock, parts[at.part], at)
    rects = [_covered(instance, parts[at.part], at) for at in layout.placements]
    inside = _inside(instance, stock)
    for at, rect in zip(layout.placements, rects, strict=True):
        if not _contains(inside, rect):
            yield FaultKind.OUTSIDE, f"{at.part} at {rect}"
    axes = {FirstCut.WIDTH: (0,), FirstCut.LENGTH: (1,)}.get(instance.first_cut, (0, 1))
    crowded = list(_crowded(rects, instance.kerf_dmm))
    for first, second in crowded:
        kind = FaultKind.OVERLAP if _apart(rects[first], rects[second]) < 0 else FaultKind.KERF
        yield kind, f"{layout.placements[first].part} and {layout.placements[second].part}"
    if (
        rects
        and not crowded
        and not any(_reachable(inside, rects, axis, instance.stages, instance.kerf_dmm) for axis in axes)
    ):
        yield FaultKind.GUILLOTINE, f"{len(rects)} parts in {instance.stages} stages"
    yield from _matches(instance, layout)
    yield from _offcuts(instance, inside, rects, layout)


def _matches(instance: Instance, layout: Layout) -> Iterator[tuple[FaultKind, str]]:
    """Yield the parts of a group that do not lie a kerf beside the one before and the one after them."""
    names: dict[str, list[Part]] = {}
    for part in instance.parts:
        if part.match:
            names.setdefault(part.match, []).append(part)
    there = Counter((at.part, at.x_dmm, at.y_dmm, at.is_turned) for at in layout.placements)
    for members in names.values():
        for before, after in zip(members, members[1:], strict=False):
            step = before.width_dmm + instance.kerf_dmm
            next_to = Counter(
                {
                    (after.id, x + step * turned, y + step * (not turned), turned): count
                    for (name, x, y, turned), count in there.items()
                    if name == before.id
                }
            )
            found = Counter({key: count for key, count in there.items() if key[0] == after.id})
            if next_to != found:
                yield FaultKind.MATCH, f"{before.id} and {after.id}"


def _placement(
    instance: Instance, stock: Stock, part: Part, at: Placement
) -> Iterator[tuple[FaultKind, str]]:
    """Yield whether one part has its size and its grain."""
    sides = (part.length_dmm, part.width_dmm)
    if at.is_turned:
        sides = (sides[1], sides[0])
    if (at.length_dmm, at.width_dmm) != sides:
        yield FaultKind.SIZE, f"{part.id}: {at.length_dmm} × {at.width_dmm} for {sides[0]} × {sides[1]}"
    if instance.kind is Kind.SHEET and Grain.NONE not in (part.grain, stock.grain):
        runs_along_x = (part.grain is Grain.LENGTH) != at.is_turned
        if runs_along_x != (stock.grain is Grain.LENGTH):
            yield FaultKind.GRAIN, part.id
    if instance.kind is Kind.BAR and at.is_turned:
        yield FaultKind.GRAIN, part.id


def _covered(instance: Instance, part: Part, at: Placement) -> Rect:
    """Return what a part covers, its mitre included; a bar is one unit wide."""
    width = 1 if instance.kind is Kind.BAR else at.width_dmm
    return (at.x_dmm, at.y_dmm, at.x_dmm + at.length_dmm + part.mitre_dmm, at.y_dmm + width)


def _inside(instance: Instance, stock: Stock) -> Rect:
    """Return what the trims leave of a stock piece."""
    trim = instance.trim
    width = 1 if instance.kind is Kind.BAR else stock.width_dmm
    return (trim.left_dmm, trim.bottom_dmm, stock.length_dmm - trim.right_dmm, width - trim.top_dmm)


def _contains(outer: Rect, inner: Rect) -> bool:
    return outer[0] <= inner[0] <= inner[2] <= outer[2] and outer[1] <= inner[1] <= inner[3] <= outer[3]


def _apart(one: Rect, other: Rect) -> int:
    """Return the wider of the gaps between two rectangles along x and y; negative when they overlap."""
    along = max(other[0] - one[2], one[0] - other[2])
    across = max(other[1] - one[3], one[1] - other[3])
    return max(along, across)


def _crowded(rects: Sequence[Rect], kerf: int) -> Iterator[tuple[int, int]]:
    """Yield the pairs that overlap or stand closer than a kerf, seen along both axes."""
    order = sorted(range(len(rects)), key=lambda index: rects[index][0])
    for place, first in enumerate(order):
        for second in order[place + 1 :]:
            if rects[second][0] >= rects[first][2] + kerf:
                break
            if _apart(rects[first], rects[second]) < max(kerf, 0):
                yield first, second


def _reachable(region: Rect, rects: Sequence[Rect], axis: int, stages: int, kerf: int) -> bool:
    """Return whether cuts across `axis`, then across the other, free all parts in `stages` stages.

    Cutting as often as possible never hurts: fewer parts in a slab need no more cuts. After the last
    stage a part alone may be trimmed once more, across the axis that is next.
    """
    if len(rects) == 1 and rects[0] == region:
        return True
    if stages == 0:
        other = 1 - axis
        alone = len(rects) == 1
        return alone and (rects[0][other], rects[0][other + 2]) == (region[other], region[other + 2])
    for slab in _slabs(rects, axis, kerf):
        low = min(rect[axis] for rect in slab)
        high = max(rect[axis + 2] for rect in slab)
        part_of = list(region)
        part_of[axis], part_of[axis + 2] = low, high
        left, bottom, right, top = part_of
        if not _reachable((left, bottom, right, top), slab, 1 - axis, stages - 1, kerf):
            return False
    return True


def _slabs(rects: Sequence[Rect], axis: int, kerf: int) -> list[list[Rect]]:
    """Return the parts between any two cuts that go through across `axis`."""
    slabs: list[list[Rect]] = []
    end = 0
    for rect in sorted(rects, key=lambda rect: rect[axis]):
        if slabs and rect[axis] - end < kerf:
            slabs[-1].append(rect)
            end = max(end, rect[axis + 2])
        else:
            slabs.append([rect])
            end = rect[axis + 2]
    return slabs


def _offcuts(
    instance: Instance, inside: Rect, rects: Sequence[Rect], layout: Layout
) -> Iterator[tuple[FaultKind, str]]:
    """Yield offcuts that touch a part, its kerf, another offcut or the trims, or are too small."""
    least = (instance.offcut_length_dmm, instance.offcut_width_dmm)
    taken = list(rects)
    for offcut in layout.offcuts:
        width = 1 if instance.kind is Kind.BAR else offcut.width_dmm
        rect = (
            offcut.x_dmm,
            offcut.y_dmm,
            offcut.x_dmm + offcut.length_dmm,
            offcut.y_dmm + width,
        )
        sides = (offcut.length_dmm, offcut.width_dmm)
        small = (
            sides[0] < least[0]
            if instance.kind is Kind.BAR
            else (
                (sides[0] < least[0] or sides[1] < least[1]) and (sides[1] < least[0] or sides[0] < least[1])
            )
        )
        if small or not _contains(inside, rect) or any(_apart(rect, o) < instance.kerf_dmm for o in taken):
            yield FaultKind.OFFCUT, str(rect)
        taken.append(rect)


def _counts(instance: Instance, plan: Plan) -> Iterator[tuple[FaultKind, str]]:
    """Yield parts placed too often or too seldom, and stock used beyond its quantity."""
    placed: Counter[str] = Counter()
    used: Counter[str] = Counter()
    for layout in plan.layouts:
        used[layout.stock] += layout.repeat
        for at in layout.placements:
            placed[at.part] += layout.repeat
    for left in plan.unplaced:
        placed[left.part] += left.quantity
        if left.quantity < 1:
            yield FaultKind.COUNT, f"{left.part}: {left.quantity} unplaced"
    wanted = Counter({part.id: part.quantity for part in instance.parts})
    for part in sorted(wanted.keys() | placed.keys()):
        if placed[part] != wanted[part]:
            yield FaultKind.COUNT, f"{part}: {placed[part]} of {wanted[part]}"
    for stock in instance.stock:
        if stock.quantity is not None and used[stock.id] > stock.quantity:
            yield FaultKind.COPIES, f"{stock.id}: {used[stock.id]} of {stock.quantity}"
    if +used != Counter(plan.stock_used):
        yield FaultKind.SUM, "stock_used"


def _sums(stocks: dict[str, Stock], parts: dict[str, Part], plan: Plan) -> Iterator[str]:
    """Yield which of yield and gap do not follow from the layouts and the bound."""
    gross = net = cost = 0
    for layout in plan.layouts:
        stock = stocks[layout.stock]
        gross += layout.repeat * stock.length_dmm * max(stock.width_dmm, 1)
        cost += layout.repeat * stock.cost
        for at in layout.placements:
            net += layout.repeat * parts[at.part].length_dmm * max(parts[at.part].width_dmm, 1)
    if abs(plan.yield_rate - (Decimal(net) / gross if gross else 0)) > TOLERANCE:
        yield f"yield {plan.yield_rate}"
    bound = plan.bound.stock_cost.scaleb(COST_PLACES)
    if bound > cost:
        yield f"bound {plan.bound.stock_cost} above the cost {cost}"
    if bound == 0:
        right = plan.gap_rate == (None if cost else 0)
    else:
        right = plan.gap_rate is not None and abs(plan.gap_rate - (cost / bound - 1)) <= TOLERANCE
    if not right:
        yield f"gap {plan.gap_rate}"
