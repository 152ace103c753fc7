"""The knapsack behind one bar, compiled: exact, in whole numbers, on the lengths that parts can reach.

Only the worker imports this module: it brings the compiler.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mes.nesting.rules.kernel import kernel

Ints = NDArray[np.int64]


@kernel("i8[::1](i8[::1], i8)")
def _grown(array, least):  # type: ignore[no-untyped-def]
    """Return `array` with room for `least` entries."""
    if len(array) >= least:
        return array
    larger = np.empty(max(least, 2 * len(array)), np.int64)
    for at in range(len(array)):
        larger[at] = array[at]
    return larger


@kernel("Tuple((i8, i8[::1]))(i8, i8[::1], i8[::1], i8[::1], i8)")
def best_fill(room, extents, limits, prices, floor):  # type: ignore[no-untyped-def]
    """Return the greatest value above `floor` that fits `room`, and how often each part is in it.

    Parts come by falling price per extent. Where nothing beats `floor`, that is the value and every
    count is 0. States are (length, value) pairs, none of which is both longer and worth less than
    another; one that cannot beat the best even with the best part left in all its room is dropped
    (Martello and Toth 1990, ch. 2). The 1 in the comparison covers the rounding of the order.
    """
    kinds = len(extents)
    length, value, last = np.zeros(64, np.int64), np.zeros(64, np.int64), np.full(64, -1, np.int64)
    length2, value2, last2 = np.empty(64, np.int64), np.empty(64, np.int64), np.empty(64, np.int64)
    before, which, times = np.empty(256, np.int64), np.empty(256, np.int64), np.empty(256, np.int64)
    states, made, best, best_at = 1, 0, floor, -1
    for part in range(kinds):
        if prices[part] <= 0:
            break
        left, chunk = min(limits[part], room // extents[part]), 1
        while left > 0:
            take = min(chunk, left)
            left -= take
            chunk *= 2
            more, gain = take * extents[part], take * prices[part]
            coming = part if left > 0 else part + 1
            hope = coming < kinds and prices[coming] > 0
            length2, value2, last2 = (
                _grown(length2, 2 * states),
                _grown(value2, 2 * states),
                _grown(last2, 2 * states),
            )
            before, which, times = (
                _grown(before, made + states),
                _grown(which, made + states),
                _grown(times, made + states),
            )
            old, new, kept, top = 0, 0, 0, -1
            while old < states or new < states:
                if new < states and length[new] + more > room:
                    new = states
                    continue
                is_new = old == states or (
                    new < states
                    and (
                        length[new] + more < length[old]
                        or (length[new] + more == length[old] and value[new] + gain > value[old])
                    )
                )
                at = new if is_new else old
                long = length[at] + (more if is_new else 0)
                worth = value[at] + (gain if is_new else 0)
                if is_new:
                    new += 1
                else:
                    old += 1
                if worth <= top:
                    continue
                top = worth
                most = worth
                if hope:
                    most += (room - long) * prices[coming] // extents[coming] + 1
                if most <= best:
                    continue
                name = last[at]
                if is_new:
                    before[made], which[made], times[made] = name, part, take
                    name = made
                    made += 1
                if worth > best:
                    best, best_at = worth, name
                length2[kept], value2[kept], last2[kept] = long, worth, name
                kept += 1
            length, length2 = length2, length
            value, value2 = value2, value
            last, last2 = last2, last
            states = kept
    counts = np.zeros(kinds, np.int64)
    while best_at >= 0:
        counts[which[best_at]] += times[best_at]
        best_at = before[best_at]
    return best, counts


@kernel("Tuple((i4[:,::1], b1))(i8, i8[::1], i8[::1], i8[::1], i8, i8, i8)")
def near_fills(room, extents, limits, prices, least, most, looks):  # type: ignore[no-untyped-def]
    """Return the counts of every full filling of `room` that is worth at least `least`, and whether all were seen.

    Parts come by falling price per extent; every price is above 0. Full: no part that is left fits any
    more. At most `most` fillings in at most `looks` looks.
    """
    kinds = len(extents)
    found, made = np.zeros((most, kinds), np.int32), 0
    counts, tries = np.zeros(kinds, np.int64), np.zeros(kinds + 1, np.int64)
    part, used, worth = 0, 0, 0
    tries[0] = min(limits[0], room // extents[0])
    while part >= 0:
        looks -= 1
        if looks < 0:
            return found[:made], False
        if tries[part] < 0:
            part -= 1
            if part >= 0:
                worth -= counts[part] * prices[part]
                used -= counts[part] * extents[part]
                counts[part] = 0
                tries[part] -= 1
            continue
        value, length = worth + tries[part] * prices[part], used + tries[part] * extents[part]
        if part + 1 == kinds:
            if value >= least:
                counts[part] = tries[part]
                full = True
                for i in range(kinds):
                    if counts[i] < limits[i] and length + extents[i] <= room:
                        full = False
                if full:
                    if made == most:
                        return found, False
                    for i in range(kinds):
                        found[made, i] = counts[i]
                    made += 1
                counts[part] = 0
            tries[part] = -1  # fewer of the last part are worth less, and are not full
            continue
        if value + (room - length) * prices[part + 1] // extents[part + 1] + 1 < least:
            tries[
                part
            ] = -1  # fewer of this part are worth less still: the next ones are worth less by extent
            continue
        counts[part], worth, used = tries[part], value, length
        part += 1
        tries[part] = min(limits[part], (room - used) // extents[part])
    return found[:made], True


@kernel("i4[:,::1](i8[::1], i8[::1], i8[::1], i8[::1], i8)")
def strip_values(extents, starts, limits, prices, room):  # type: ignore[no-untyped-def]
    """Return, for each depth and each length up to `room`, what a strip can hold at the most.

    Parts come by rising depth; those from `starts[depth]` on are as deep as that depth, and every
    deeper strip can hold them too. A strip holds a part at most `limits` times.
    """
    depths = len(starts) - 1
    best = np.zeros((depths, room + 1), np.int32)
    for depth in range(depths):
        row = best[depth]
        if depth > 0:
            for at in range(room + 1):
                row[at] = best[depth - 1, at]
        for part in range(starts[depth], starts[depth + 1]):
            price, extent = prices[part], extents[part]
            if price <= 0 or extent > room:
                continue
            left, chunk = min(limits[part], room // extent), 1
            if left == room // extent:
                for at in range(extent, room + 1):
                    worth = row[at - extent] + price
                    if worth > row[at]:
                        row[at] = worth
                continue
            while left > 0:
                take = min(chunk, left)
                left -= take
                chunk *= 2
                more, gain = take * extent, take * price
                for at in range(room, more - 1, -1):
                    worth = row[at - more] + gain
                    if worth > row[at]:
                        row[at] = worth
    return best


@kernel("i8[::1](i4[:,::1])")
def steps_of(best):  # type: ignore[no-untyped-def]
    """Return the lengths at which any strip is worth more than one step shorter."""
    depths, many = best.shape
    rises, found = np.zeros(many, np.bool_), 0
    for depth in range(depths):
        for at in range(1, many):
            if best[depth, at] > best[depth, at - 1] and not rises[at]:
                rises[at] = True
                found += 1
    steps, found = np.empty(found, np.int64), 0
    for at in range(many):
        if rises[at]:
            steps[found] = at
            found += 1
    return steps


@kernel("i8[::1](i4[:,::1], i8[::1], i8)")
def section_bounds(table, depths, room):  # type: ignore[no-untyped-def]
    """Return for each section length what its strips are worth at most: the best by depth, all over `room`.

    `table` holds what a strip is worth, by length and depth.
    """
    bounds = np.zeros(len(table), np.int64)
    for at in range(len(table)):
        top = 0.0
        for depth in range(len(depths)):
            if depths[depth] <= room:
                share = table[at, depth] / depths[depth]
                if share > top:
                    top = share
        bounds[at] = int(top * room) + 1 if top > 0 else 0
    return bounds


@kernel("Tuple((i8, i8[::1]))(i4[::1], i8[::1], i8, i8)")
def section_fill(row, depths, room, floor):  # type: ignore[no-untyped-def]
    """Return the greatest value above `floor` of a section, and how often each strip depth is in it.

    `row` holds what a strip of each depth is worth. A strip that brings no more than `floor`, with the
    best strip in the rest of the room, is left out.
    """
    top = 0.0
    for depth in range(len(depths)):
        if depths[depth] <= room and row[depth] / depths[depth] > top:
            top = row[depth] / depths[depth]
    chosen, last, kept = np.empty(len(depths), np.int64), 0, 0
    for depth in range(len(depths)):
        value = row[depth]
        if value > last and depths[depth] <= room:
            last = value
            if value + (room - depths[depth]) * top + 1 > floor:
                at = kept
                while at > 0 and row[chosen[at - 1]] * depths[depth] < value * depths[chosen[at - 1]]:
                    chosen[at] = chosen[at - 1]
                    at -= 1
                chosen[at] = depth
                kept += 1
    deep, limits, values = np.empty(kept, np.int64), np.empty(kept, np.int64), np.empty(kept, np.int64)
    for i in range(kept):
        deep[i], values[i] = depths[chosen[i]], row[chosen[i]]
        limits[i] = room // deep[i]
    value, counts = best_fill(room, deep, limits, values, floor)
    times = np.zeros(len(depths), np.int64)
    for i in range(kept):
        times[chosen[i]] = counts[i]
    return value, times


@kernel("i8(i4[:,::1], i8[::1], i8, i8[::1], i8[::1], i8[::1], b1[::1])")
def settle(table, depths, room, chosen, floors, values, exact):  # type: ignore[no-untyped-def]
    """Reckon the `chosen` sections exactly, as far as they may be worth more than their floors.

    `values` (bounds by length) and `exact` are changed: a shorter section holds no more than a longer one.
    """
    done = 0
    for i in range(len(chosen)):
        at = chosen[i]
        if exact[at] or values[at] <= floors[i]:
            continue
        value, times = section_fill(table[at], depths, room, max(floors[i], 0))
        exact[at] = False
        for depth in range(len(depths)):
            if times[depth] > 0:
                exact[at] = True
        done += 1
        for shorter in range(at, -1, -1):
            if values[shorter] <= value and shorter < at:
                break
            values[shorter] = min(values[shorter], value)
    return done


@kernel("i8[::1](i8[::1], i8[::1], i8, i8)")
def _useful(lengths, values, room, floor):  # type: ignore[no-untyped-def]
    """Return the sections that can be in a sheet worth more than `floor`: no shorter one is worth as much."""
    ratio = 0.0
    for at in range(len(lengths)):
        if lengths[at] <= room:
            ratio = max(ratio, values[at] / lengths[at])
    kept, found, top = np.empty(len(lengths), np.int64), 0, 0
    for at in range(len(lengths)):
        if lengths[at] > room:
            break
        if values[at] > top:
            top = values[at]
            if top + (room - lengths[at]) * ratio + 1 > floor:
                kept[found] = at
                found += 1
    return kept[:found]


@kernel("Tuple((i8[::1], i4[::1]))(i8[::1], i8[::1], i8, i8)")
def sheet_values(lengths, values, room, floor):  # type: ignore[no-untyped-def]
    """Return for each length up to `room` the most that sections are worth, and the section put last.

    The lengths rise. Only lengths that sections reach are looked at, and only those from which a sheet may
    still be worth more than `floor`; elsewhere the worth is what is known, and no more than `floor` can
    come of it.
    """
    worth = np.zeros(room + 1, np.int64)
    last = np.full(room + 1, -1, np.int32)
    items = _useful(lengths, values, room, floor)
    ratio = 0.0
    for at in items:
        ratio = max(ratio, values[at] / lengths[at])
    for end in range(room + 1):
        if end > 0 and worth[end] <= worth[end - 1]:
            worth[end], last[end] = worth[end - 1], last[end - 1]
            continue
        if worth[end] + (room - end) * ratio + 1 <= floor:
            continue
        for at in items:
            to = end + lengths[at]
            if to > room:
                break
            if worth[end] + values[at] > worth[to]:
                worth[to], last[to] = worth[end] + values[at], at
    return worth, last


@kernel("i8[:,::1](i8[::1], i8[::1], i8[::1], i8[::1], i8[::1], i8[::1])")
def stacked(extents, depths, limits, prices, lengths, rooms):  # type: ignore[no-untyped-def]
    """Return, for each section length and each room across, the most that parts one above the other are worth.

    `extents` rise: a section takes the parts that are no longer than itself.
    """
    most = 0
    for room in rooms:
        most = max(most, room)
    row = np.zeros(most + 1, np.int32)
    found = np.zeros((len(lengths), len(rooms)), np.int64)
    part = 0
    for at in range(len(lengths)):
        while part < len(extents) and extents[part] <= lengths[at]:
            price, depth = prices[part], depths[part]
            if price > 0 and depth <= most:
                left, chunk = min(limits[part], most // depth), 1
                while left > 0:
                    take = min(chunk, left)
                    left -= take
                    chunk *= 2
                    more, gain = take * depth, take * price
                    for end in range(most, more - 1, -1):
                        worth = row[end - more] + gain
                        if worth > row[end]:
                            row[end] = worth
            part += 1
        for i in range(len(rooms)):
            found[at, i] = row[rooms[i]]
    return found
