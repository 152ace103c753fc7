"""Lower bounds: what the parts cost in stock at the very least, whoever cuts them.

Every bound prices the parts so that no stock piece can hold parts worth more than it costs; the
prices then add up to a bound. A dual-feasible function f turns a side a of a room A into a share
f(a) so that sides that fit side by side have shares of at most 1; the product of such shares along
both sides, times the cost, is such a price (Fekete and Schepers 2004). Exact fractions; no floats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from mes.nesting.rules.effort import Stop
from mes.nesting.rules.instance import Instance, Part

Share = Callable[[int, int], Fraction]  # side and room, kerf included, to a share of 0…1

AREA = "kerf-inflated area"
LENGTH = "kerf-inflated length"
PATTERNS = "column generation (Farley)"
HALVES = "dual-feasible functions (parts longer than half the stock)"
ROUNDED = "{method}, rounded up to what stock costs can add up to"

MANY_SIZES = 400  # beyond it only the area is reckoned
MANY_PARTS = 2_000  # beyond it only the cheapest stock by area is looked at
THRESHOLDS = 5  # so many small-part thresholds are tried per side
SUMS_MOST = 200_000  # combinations of stock pieces looked at when rounding up


@dataclass(frozen=True, slots=True)
class Item:
    """One size with its count and, for each stock it fits, the ways it may lie (kerf included)."""

    count: int
    ways: tuple[tuple[int, tuple[tuple[int, int], ...]], ...]  # stock index, extents


@dataclass(frozen=True, slots=True)
class LowerBound:
    """A proved lower bound of the stock cost, in the instance's whole-number costs, and its method."""

    cost: int
    method: str


def lower_bound(instance: Instance, parts: Sequence[Part], stop: Stop) -> LowerBound:
    """Return the best lower bound for cutting all `parts`; each must fit some stock.

    Prices look at no stock quantity, so they hold with or without limits.
    """
    rooms = [_room(instance, index) for index in range(len(instance.stock))]
    costs = [stock.cost for stock in instance.stock]
    method = LENGTH if rooms[0][1] == 1 else AREA
    if len(parts) > MANY_PARTS:
        best, items = _by_area(instance, parts, rooms, costs), []
    else:
        items = _items(instance, parts)
        best = _priced(items, rooms, costs, _identity, _identity)
    if 0 < len(items) <= MANY_SIZES:
        for along, across in _pairs(items, rooms):
            if stop():
                break
            value = _priced(items, rooms, costs, along, across)
            if value > best:
                best, method = value, HALVES
    return rounded(instance, -(-best.numerator // best.denominator), method)


def rounded(instance: Instance, cost: int, method: str) -> LowerBound:
    """Return the bound `cost` rounded up to what stock costs can add up to."""
    costs = [stock.cost for stock in instance.stock]
    higher = _next_sum(cost, costs, [stock.quantity for stock in instance.stock])
    if higher is not None and higher > cost:
        return LowerBound(higher, ROUNDED.format(method=method))
    return LowerBound(cost, method)


def _by_area(
    instance: Instance, parts: Sequence[Part], rooms: Sequence[tuple[int, int]], costs: Sequence[int]
) -> Fraction:
    """Return what the parts' area costs in the stock that is cheapest by area; quick and weak."""
    kerf = instance.kerf_dmm
    area = sum(
        part.quantity
        * (part.length_dmm + part.mitre_dmm + kerf)
        * (part.width_dmm + kerf if part.width_dmm else 1)
        for part in parts
    )
    return area * min(Fraction(cost, room[0] * room[1]) for cost, room in zip(costs, rooms, strict=True))


def _room(instance: Instance, index: int) -> tuple[int, int]:
    length, width = instance.room(instance.stock[index])
    if width == 0:
        return length + instance.kerf_dmm, 1
    return length + instance.kerf_dmm, width + instance.kerf_dmm


def _items(instance: Instance, parts: Sequence[Part]) -> list[Item]:
    """Return the parts as items, equal sizes together."""
    kerf = instance.kerf_dmm
    counts: dict[tuple[int, int, int, str], tuple[int, Part]] = {}
    for part in parts:
        key = (part.length_dmm, part.width_dmm, part.mitre_dmm, part.grain)
        counts[key] = (counts[key][0] + part.quantity if key in counts else part.quantity, part)
    items = []
    for count, part in counts.values():
        ways = []
        for index, stock in enumerate(instance.stock):
            found = []
            for turned in instance.ways(part, stock):
                x, y = part.extent(turned)
                found.append((x + part.mitre_dmm + kerf, y + kerf if y else 1))
            if found:
                ways.append((index, tuple(found)))
        items.append(Item(count, tuple(ways)))
    return items


def _priced(
    items: Sequence[Item], rooms: Sequence[tuple[int, int]], costs: Sequence[int], along: Share, across: Share
) -> Fraction:
    """Return the sum of prices: of each part the least over its stocks and ways of cost times shares."""
    total = Fraction(0)
    for item in items:
        price = min(
            costs[index] * min(along(a, rooms[index][0]) * across(b, rooms[index][1]) for a, b in extents)
            for index, extents in item.ways
        )
        total += item.count * price
    return total


def _identity(side: int, room: int) -> Fraction:
    """The share is the side itself."""
    return Fraction(side, room)


def _over_half(side: int, room: int) -> Fraction:
    """More than half counts whole, half counts half, less counts nothing."""
    return Fraction((2 * side > room) + (2 * side >= room), 2)


def _over_third(side: int, room: int) -> Fraction:
    """Thirds: floor(3 s) halves, unless 3 s is whole."""
    if 3 * side % room == 0:
        return Fraction(side, room)
    return Fraction(3 * side // room, 2)


def _over_quarter(side: int, room: int) -> Fraction:
    """Quarters: floor(4 s) thirds, unless 4 s is whole."""
    if 4 * side % room == 0:
        return Fraction(side, room)
    return Fraction(4 * side // room, 3)


def _without_small(threshold: Fraction) -> Share:
    """Return the function that drops shares below `threshold` and makes those above 1 - threshold 1."""

    def share(side: int, room: int) -> Fraction:
        of = Fraction(side, room)
        return Fraction(0) if of < threshold else Fraction(1) if of > 1 - threshold else of

    return share


def _pairs(items: Sequence[Item], rooms: Sequence[tuple[int, int]]) -> Iterator[tuple[Share, Share]]:
    """Yield pairs of functions for the two sides, except identity with identity."""
    shares = []
    for axis in (0, 1):
        found: list[Share] = [_identity, _over_half, _over_third, _over_quarter]
        found += [_without_small(threshold) for threshold in _thresholds(items, rooms, axis)]
        shares.append(found)
        if rooms[0][1] == 1:
            shares.append([_identity])
            break
    for along, across in product(*shares):
        if (along, across) != (_identity, _identity):
            yield along, across


def _thresholds(items: Sequence[Item], rooms: Sequence[tuple[int, int]], axis: int) -> list[Fraction]:
    """Return a few thresholds of at most a half, spread over those that the parts suggest."""
    found = set()
    for item in items:
        for index, extents in item.ways:
            for extent in extents:
                share = Fraction(extent[axis], rooms[index][axis])
                found.add(share if 2 * share <= 1 else 1 - share)
    usable = sorted(share for share in found if share > 0)
    if len(usable) <= THRESHOLDS:
        return usable
    return [usable[i * (len(usable) - 1) // (THRESHOLDS - 1)] for i in range(THRESHOLDS)]


def _next_sum(least: int, costs: Sequence[int], quantities: Sequence[int | None]) -> int | None:
    """Return the smallest sum of stock costs of at least `least`; None where there are too many."""
    if least <= 0 or all(cost == 0 for cost in costs):
        return None
    kinds = _merged(costs, quantities)
    sums = {0}
    for cost, limit in kinds[1:]:
        most = -(-least // cost) if limit is None else min(limit, -(-least // cost))
        if len(sums) * (most + 1) > SUMS_MOST:
            return None
        sums = {start + count * cost for start in sums for count in range(most + 1)}
    cost, limit = kinds[0]
    found = [
        start + count * cost
        for start in sums
        if limit is None or start + limit * cost >= least
        for count in [max(0, -(-(least - start) // cost))]
    ]
    return min(found, default=None)


def _merged(costs: Sequence[int], quantities: Sequence[int | None]) -> list[tuple[int, int | None]]:
    """Return the distinct costs above 0 with how often each can be paid, the most frequent first."""
    merged: dict[int, int | None] = {}
    for cost, quantity in zip(costs, quantities, strict=True):
        if cost > 0:
            have = merged.get(cost, 0)
            merged[cost] = None if quantity is None or have is None else have + quantity
    return sorted(merged.items(), key=lambda kind: (kind[1] is not None, -(kind[1] or 0), kind[0]))
