"""What one day adds to the five figures: sums that add up over days, whatever the order in which things were told.

Weights of order lines are millionths of a single door, time is microseconds, all else is a count: whole numbers, so
that a year of them is exact.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from mes.efficiency.rules.figures import SPLIT, SplitLine, SplitSums, Work, line_weight
from mes.machines.rules.figures import Made, Times
from mes.machines.rules.shifts import PlannedTime

MILLION = 1_000_000
SETTLED = timedelta(hours=1)  # after its end a day is folded: what began on it has been committed by then
LATE = timedelta(minutes=50)  # what is told of a moment longer ago makes its day stale; less than SETTLED
SUMS_VERSION = 1  # raised when a day is summed otherwise: then no day that was folded before counts


class Name(StrEnum):
    """What is summed. Each is told with its key, its count and its sum."""

    LINES = "lines"  # by kind: lines first released, and their weight
    KNOWN = "known"  # lines whose touches were recorded
    UNTOUCHED = "untouched"  # of those, the ones without
    BY_HAND = "by_hand"  # lines changed by hand, and their overrides
    WORK = "work"  # by kind of the order's heaviest line: intervals on orders, and their time
    STORE = "store"  # by kind of transaction of the warehouse
    BENCH = "bench"  # scans at the packing bench, and the wrong ones refused
    DOCK = "dock"  # the same at store and dock
    ERRORS = "errors"  # lines with a split error, whenever it was found
    CAME_BACK = "came_back"  # by kind: those with one within their gate, and their weight
    PAID = "paid"  # people paid for warehouse work, and their time
    CONFIRMED = "confirmed"  # deliveries confirmed, and the bad ones


Cell = tuple[int, int]  # count and sum
Sums = dict[tuple[Name, str], Cell]
# of one machine: planned, busy, producing, setup, delayed, unknown in microseconds; pieces made, of them good
MachineTimes = tuple[int, int, int, int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class DaySums:
    """What one day adds: its cells, the lead time of each order released, the times of each machine by its id."""

    cells: Sums = field(default_factory=dict)
    leads: tuple[int, ...] = ()  # microseconds, the shortest first
    machines: Mapping[int, MachineTimes] = field(default_factory=dict)  # of which anything is known
    planned: str = ""  # the planned stretches by which the machines were measured


def add(cells: Sums, name: Name, key: str, count: int, amount: int = 0) -> None:
    """Add to one cell."""
    before = cells.get((name, key), (0, 0))
    cells[name, key] = (before[0] + count, before[1] + amount)


def added(some: Iterable[DaySums]) -> DaySums:
    """Return several days together."""
    cells: defaultdict[tuple[Name, str], list[int]] = defaultdict(lambda: [0, 0])
    machines: dict[int, MachineTimes] = {}
    leads: list[int] = []
    for one in some:
        for place, (count, amount) in one.cells.items():
            cell = cells[place]
            cell[0] += count
            cell[1] += amount
        leads += one.leads
        for machine_id, times in one.machines.items():
            before = machines.get(machine_id)
            machines[machine_id] = times if before is None else _both(before, times)
    return DaySums(
        {place: (cell[0], cell[1]) for place, cell in cells.items()}, tuple(sorted(leads)), machines
    )


def _both(one: MachineTimes, other: MachineTimes) -> MachineTimes:
    a, b, c, d, e, f, g, h = (first + second for first, second in zip(one, other, strict=True))
    return a, b, c, d, e, f, g, h


def weigh(cells: Sums, line: SplitLine) -> None:
    """Add what is known of a line at its first release."""
    add(cells, Name.LINES, line.kind.value, 1, millionths(line_weight(line)))
    if line.is_untouched is not None:
        add(cells, Name.KNOWN, "", 1)
        add(cells, Name.UNTOUCHED, "", int(line.is_untouched))
    if line.hand_edit_count:
        add(cells, Name.BY_HAND, "", 1, line.hand_edit_count)


def count_error(cells: Sums, line: SplitLine) -> None:
    """Add what a split error takes from a line that was weighed."""
    add(cells, Name.ERRORS, "", int(line.is_split_error))
    if line.came_back:
        add(cells, Name.CAME_BACK, line.kind.value, 1, millionths(line_weight(line)))


def millionths(value: Fraction) -> int:
    """Return an exact value in millionths. Raises ValueError when it is finer."""
    exact = value * MILLION
    if exact.denominator != 1:
        raise ValueError(f"{value} is finer than a millionth")
    return exact.numerator


def total(sums: DaySums, name: Name) -> Cell:
    """Return count and sum of a name over all its keys."""
    found = [cell for (one, _), cell in sums.cells.items() if one is name]
    return sum(count for count, _ in found), sum(amount for _, amount in found)


def split_sums(sums: DaySums, young: int = 0) -> SplitSums:
    """Return the released lines as the first figure takes them; `young` of them are within their gate."""
    count, weight = total(sums, Name.LINES)
    back, lost = total(sums, Name.CAME_BACK)
    by_hand, overrides = total(sums, Name.BY_HAND)
    return SplitSums(
        count=count,
        weight=Fraction(weight - lost, MILLION),
        young=young,
        known=total(sums, Name.KNOWN)[0],
        untouched=total(sums, Name.UNTOUCHED)[0],
        by_hand=by_hand,
        overrides=overrides,
        errors=total(sums, Name.ERRORS)[0],
        came_back=back,
    )


def works(cells: Sums) -> dict[Work, int]:
    """Return the warehouse's transactions by their kind."""
    return {Work(key): count for (name, key), (count, _) in cells.items() if name is Name.STORE}


def middle(line: Sequence[int]) -> Sequence[int]:
    """Return the one or two in the middle of a sorted line: its median is theirs."""
    half = len(line) // 2
    return line[max(0, half - 1 + len(line) % 2) : half + 1]


def minutes_of(microseconds: int) -> Fraction:
    """Return exact minutes."""
    return Fraction(microseconds, 60 * MILLION)


def times_of(found: MachineTimes) -> Times:
    """Return a machine's times as its figures take them."""
    planned, busy, producing, setup, delayed, unknown = (minutes_of(one) for one in found[:6])
    return Times(planned, busy, producing, setup, delayed, unknown)


def made_of(found: MachineTimes, planned_run: Fraction) -> Made:
    """Return what a machine made as its figures take it."""
    return Made(found[6], found[7], planned_run)


def machine_times(times: Times, made_count: int, good_count: int) -> MachineTimes:
    """Return a machine's times and pieces as a day keeps them."""
    planned, busy, producing, setup, delayed, unknown = (
        int(one * 60 * MILLION)
        for one in (times.planned, times.busy, times.producing, times.setup, times.delayed, times.unknown)
    )
    return planned, busy, producing, setup, delayed, unknown, made_count, good_count


def planned_text(planned: PlannedTime, day_begins: datetime) -> str:
    """Return the planned stretches of a day in minutes from its begin: 480-720,780-1050;7:360-600 of machine 7."""
    lines = [("", planned.usual), *((f"{one}:", planned.own[one]) for one in sorted(planned.own))]
    return ";".join(
        whose + ",".join(f"{_since(day_begins, begin)}-{_since(day_begins, end)}" for begin, end in line)
        for whose, line in lines
    )


def _since(day_begins: datetime, at: datetime) -> Fraction:
    return Fraction((at - day_begins) // timedelta(microseconds=1), 60 * MILLION)


def basis(zone: str) -> str:
    """Return by what days are folded: the factory's zone, how a day is summed, and the weights of order lines."""
    weights = {kind.value: str(weight) for kind, weight in SPLIT.weights.items()}
    rest = [str(one) for one in (SPLIT.non_standard, SPLIT.glass, SPLIT.transom, SPLIT.equal_set)]
    told = json.dumps([SUMS_VERSION, weights, rest], sort_keys=True)
    return f"{zone};{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def zone_of(told: str) -> str:
    """Return the zone out of a basis."""
    return told.partition(";")[0]
