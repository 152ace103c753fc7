"""Bars: one-dimensional plans. Extents are 0.1 mm with kerf and mitre added, so that they add up."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from dataclasses import dataclass
from random import Random

from mes.nesting.rules.cuts import offcuts_of, sliced
from mes.nesting.rules.effort import Stop
from mes.nesting.rules.instance import Instance, Part
from mes.nesting.rules.plan import Layout, Placement
from mes.nesting.rules.sheets import Effort

MANY_SIZES = 2_000  # beyond it only best fit is tried
RUIN_MOST = 20  # bars taken apart in one step
PATIENCE = 3_000  # steps without a gain after which the rest is left out


@dataclass(frozen=True, slots=True)
class BarSize:
    """One stock length: the room for extents, its cost, how many there are."""

    room: int
    cost: int
    limit: int


@dataclass(frozen=True, slots=True)
class BarJob:
    """What is to be cut: extents (greatest first) with their counts, and the stock lengths."""

    extents: tuple[int, ...]
    counts: tuple[int, ...]
    bars: tuple[BarSize, ...]

    def badness(self, filling: BarFilling) -> tuple[int, int]:
        """Return what to make small: length left out, then cost."""
        left = sum(extent * count for extent, count in zip(self.extents, filling.out, strict=True))
        return left, sum(self.bars[bar.size].cost for bar in filling.bars)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: which stock length, and the indices of the extents on it, greatest first."""

    size: int
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BarFilling:
    """Bars, and how many of each extent found no place on them."""

    bars: list[Bar]
    out: list[int]


def job_of(instance: Instance, parts: tuple[Part, ...]) -> tuple[BarJob, list[list[Part]]]:
    """Return the job of `parts`, and the parts behind each of its extents."""
    grouped: dict[int, list[Part]] = {}
    for part in parts:
        grouped.setdefault(part.length_dmm + part.mitre_dmm + instance.kerf_dmm, []).append(part)
    extents = tuple(sorted(grouped, reverse=True))
    members = [grouped[extent] for extent in extents]
    counts = tuple(sum(part.quantity for part in group) for group in members)
    total = sum(counts)
    bars = tuple(
        BarSize(
            room=instance.room(stock)[0] + instance.kerf_dmm,
            cost=stock.cost,
            limit=total if stock.quantity is None else min(stock.quantity, total),
        )
        for stock in instance.stock
    )
    return BarJob(extents, counts, bars), members


def fill(job: BarJob, first: BarFilling, seed: int, effort: Effort) -> BarFilling:
    """Return the best filling found for `job` within `effort`, no worse than `first`."""
    rng = Random(seed)  # noqa: S311  a search, not a secret
    limits = [bar.limit for bar in job.bars]
    best = first
    if len(job.extents) > MANY_SIZES:
        return best
    for noise in (0.0, 0.0, 0.02, 0.05):
        found = _bar_by_bar(job, list(job.counts), list(limits), rng, noise, effort)
        if found is not None and job.badness(found) < job.badness(best):
            best = found
    return _improved(job, best, rng, effort)


def quick(job: BarJob, effort: Effort) -> BarFilling:
    """Return the best of a few best-fit fillings, at once."""
    return min(
        (_best_fit(job, lead, effort) for lead in range(min(len(job.bars), 12))),
        key=job.badness,
    )


def _best_fit(job: BarJob, lead: int, effort: Effort) -> BarFilling:
    """Put the greatest first on the fullest bar with room; new bars are of size `lead`, if long enough."""
    order = sorted(range(len(job.bars)), key=lambda s: (s != lead, job.bars[s].cost / job.bars[s].room))
    limits = [bar.limit for bar in job.bars]
    opened: list[tuple[int, list[int]]] = []
    rooms: list[tuple[int, int]] = []  # room left and index of each open bar, least room first
    out = [0] * len(job.extents)
    for part, (extent, count) in enumerate(zip(job.extents, job.counts, strict=True)):
        left = count
        if part % 64 == 63 and effort.stop():
            out[part] = left
            continue
        while left:
            at = bisect_left(rooms, (extent, 0))
            if at == len(rooms):
                size = next((s for s in order if limits[s] > 0 and job.bars[s].room >= extent), None)
                if size is None:
                    out[part] = left
                    break
                limits[size] -= 1
                insort(rooms, (job.bars[size].room, len(opened)))
                opened.append((size, []))
                continue
            room, index = rooms.pop(at)
            fits = min(left, room // extent)
            opened[index][1].extend([part] * fits)
            insort(rooms, (room - fits * extent, index))
            left -= fits
    return _shrunk(job, BarFilling([Bar(size, tuple(parts)) for size, parts in opened], out))


def _shrunk(job: BarJob, filling: BarFilling) -> BarFilling:
    """Return the filling with each bar of the cheapest free stock length that its parts still fit."""
    limits = [bar.limit for bar in job.bars]
    for bar in filling.bars:
        limits[bar.size] -= 1
    bars = []
    for bar in filling.bars:
        need = sum(job.extents[part] for part in bar.parts)
        limits[bar.size] += 1
        fitting = [s for s, of in enumerate(job.bars) if of.room >= need and limits[s] > 0]
        size = min(fitting, key=lambda s: (job.bars[s].cost, s != bar.size))
        limits[size] -= 1
        bars.append(Bar(size, bar.parts))
    return BarFilling(bars, filling.out)


def _bar_by_bar(
    job: BarJob, left: list[int], limits: list[int], rng: Random, noise: float, effort: Effort
) -> BarFilling | None:
    """Give the greatest part left the bar, filled up by a subset sum, that costs least by what is on it.

    None when the clock said so before it was done.
    """
    bars: list[Bar] = []
    out = [0] * len(left)
    greatest = 0
    while True:
        while greatest < len(left) and left[greatest] == 0:
            greatest += 1
        if greatest == len(left):
            return BarFilling(bars, out)
        if effort.stop():
            return None
        best = _best_bar(job, greatest, left, limits, rng, noise)
        if best is None:
            out[greatest], left[greatest] = left[greatest], 0
            continue
        taken = Counter(best.parts)
        repeat = min(limits[best.size], min(left[part] // count for part, count in taken.items()))
        if noise:
            repeat = min(repeat, 1 + rng.randrange(4))
        limits[best.size] -= repeat
        for part, count in taken.items():
            left[part] -= repeat * count
        bars.extend([best] * repeat)


def _best_bar(
    job: BarJob, greatest: int, left: list[int], limits: list[int], rng: Random, noise: float
) -> Bar | None:
    """Return the bar with part `greatest` on it that costs least by length used; None if none takes it."""
    best: Bar | None = None
    least = float("inf")
    first = job.extents[greatest]
    rooms = {bar.room - first for size, bar in enumerate(job.bars) if limits[size] > 0 and bar.room >= first}
    if not rooms:
        return None
    left[greatest] -= 1
    fills = _subset_sums(job, greatest, left, rooms)
    left[greatest] += 1
    for size, bar in enumerate(job.bars):
        if limits[size] <= 0 or bar.room < first:
            continue
        parts = (greatest, *fills[bar.room - first])
        used = sum(job.extents[part] for part in parts)
        price = bar.cost / used * (1 + noise * rng.random())
        if price < least:
            least, best = price, Bar(size, parts)
    return best


def _subset_sums(job: BarJob, greatest: int, left: list[int], rooms: set[int]) -> dict[int, tuple[int, ...]]:
    """Return, for each room, the parts left whose extents come nearest to it from below.

    Reachable sums are the bits of one integer; counts go in by doubling, and each state is kept so
    that the parts can be read back.
    """
    most = max(rooms)
    mask = (1 << (most + 1)) - 1
    reach = 1
    steps: list[tuple[int, int, int]] = []  # part, how many at once, reachable before
    for part in range(greatest, len(left)):
        extent = job.extents[part]
        count = min(left[part], most // extent)
        chunk = 1
        while count > 0:
            take = min(chunk, count)
            steps.append((part, take, reach))
            reach |= (reach << (take * extent)) & mask
            count -= take
            chunk *= 2
    return {room: _read_back(job, steps, reach & ((1 << (room + 1)) - 1)) for room in rooms}


def _read_back(job: BarJob, steps: list[tuple[int, int, int]], reach: int) -> tuple[int, ...]:
    """Return the parts of the greatest sum in `reach`, greatest first."""
    at = reach.bit_length() - 1
    parts: list[int] = []
    for part, take, before in reversed(steps):
        if not before >> at & 1:
            parts.extend([part] * take)
            at -= take * job.extents[part]
    return tuple(sorted(parts))


def _improved(job: BarJob, filling: BarFilling, rng: Random, effort: Effort) -> BarFilling:
    """Take some bars apart and fill them anew, again and again; keep what costs no more."""
    bars = list(filling.bars)
    limits = [bar.limit for bar in job.bars]
    for bar in bars:
        limits[bar.size] -= 1
    cost = job.badness(filling)[1]
    gained_at = 0
    for step in range(effort.steps if len(bars) > 1 else 0):
        if step % 20 == 0:
            effort.tell(step)
        if cost <= effort.floor_cost or step - gained_at > PATIENCE or effort.stop():
            break
        chosen = set(rng.sample(range(len(bars)), min(len(bars), rng.randint(2, RUIN_MOST))))
        left, spare = [0] * len(job.extents), list(limits)
        for index in chosen:
            spare[bars[index].size] += 1
            for part in bars[index].parts:
                left[part] += 1
        before = sum(job.bars[bars[index].size].cost for index in chosen)
        found = _bar_by_bar(job, left, list(spare), rng, rng.choice((0.0, 0.02, 0.1, 0.4)), effort)
        if found is None or any(found.out):
            continue
        found = _shrunk(job, found) if all(bar.limit >= sum(job.counts) for bar in job.bars) else found
        after = sum(job.bars[bar.size].cost for bar in found.bars)
        if after <= before:
            bars = [bar for index, bar in enumerate(bars) if index not in chosen] + found.bars
            limits = spare
            for bar in found.bars:
                limits[bar.size] -= 1
            cost += after - before
            gained_at = step if after < before else gained_at
    return BarFilling(bars, filling.out)


def layouts_of(
    instance: Instance, filling: BarFilling, members: list[list[Part]], stop: Stop
) -> tuple[Layout, ...]:
    """Return the bars as layouts, equal ones together; parts of one extent are dealt out in order.

    When `stop` says so, the offcuts of the rest are not looked for.
    """
    dealt = [iter([part for part in group for _ in range(part.quantity)]) for group in members]
    repeats: Counter[tuple[int, tuple[Placement, ...]]] = Counter()
    for bar in sorted(filling.bars, key=lambda bar: (bar.size, bar.parts)):
        x, placements = instance.trim.left_dmm, []
        for index in bar.parts:
            part = next(dealt[index])
            placements.append(Placement(part.id, x, 0, part.length_dmm, 0, is_turned=False))
            x += part.length_dmm + part.mitre_dmm + instance.kerf_dmm
        repeats[bar.size, tuple(placements)] += 1
    layouts = []
    for (size, at), repeat in repeats.items():
        stock = instance.stock[size]
        slicing = None if stop() else sliced(instance, stock, at, (0,))
        offcuts = () if slicing is None else offcuts_of(instance, slicing)
        layouts.append(Layout(stock.id, repeat, at, offcuts))
    return tuple(layouts)
