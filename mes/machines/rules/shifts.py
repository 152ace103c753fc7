"""Shifts with breaks: when a machine is planned to be busy. It comes from the calendar, never from the machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from core.errors import RuleViolation
from core.i18n import N_
from mes.planning.rules.capacity import SHARES, DayKind

ONE_DAY = timedelta(days=1)
Stretch = tuple[datetime, datetime]


class ShiftWrong(RuleViolation):
    """A shift whose times do not make one: no length, a break outside of it, breaks that overlap."""

    code = "mes.machines.shift_wrong"
    message = N_("%(times)s lies outside of the shift or in another break. Write breaks as 12:00-13:00.")


@dataclass(frozen=True, slots=True)
class ShiftTimes:
    """A shift of the factory: its days, its times and its breaks. `ends` before `begins`: past midnight."""

    begins: time
    ends: time
    breaks: tuple[tuple[time, time], ...]
    weekdays: frozenset[int]  # 0 is Monday
    from_on: date
    until_on: date | None = None  # the last day on which it holds


@dataclass(frozen=True, slots=True)
class PlannedTime:
    """When machines are planned to be busy: the factory's shifts, and those machines that have shifts of their own."""

    usual: Sequence[Stretch]
    own: Mapping[int, Sequence[Stretch]] = field(default_factory=dict)  # by the machine's id

    def of(self, machine_id: int) -> Sequence[Stretch]:
        """Return the planned time of one machine."""
        return self.own.get(machine_id, self.usual)


def check(shift: ShiftTimes) -> None:
    """Refuse times that do not make a shift. Raises ShiftWrong."""
    end = _after(shift.begins, shift.ends)
    last = timedelta(0)
    for begin_at, end_at in sorted(shift.breaks, key=lambda rest: _after(shift.begins, rest[0], same=True)):
        begin = _after(shift.begins, begin_at, same=True)
        stop = _after(shift.begins, end_at)
        if begin < last or stop <= begin or stop > end:
            raise ShiftWrong(times=f"{begin_at:%H:%M}-{end_at:%H:%M}")
        last = stop


def _after(begins: time, moment: time, *, same: bool = False) -> timedelta:
    """Return how long after a shift's begin a time of the clock comes; its own begin a day later, or at once."""
    minutes = (moment.hour - begins.hour) * 60 + moment.minute - begins.minute
    length = timedelta(minutes=minutes)
    if length > timedelta(0) or (same and not minutes):
        return length
    return length + ONE_DAY


def planned(
    shifts: Iterable[ShiftTimes],
    kind_of: Callable[[date], DayKind | None],
    since: datetime,
    before: datetime,
    zone: ZoneInfo,
    own: Iterable[ShiftTimes] = (),
) -> list[Stretch]:
    """Return the planned busy time from `since` to `before`: in order, and none of it twice.

    Breaks are left out; a shift belongs to the day on which it begins. `kind_of` tells how a day is worked
    otherwise than its weekday says, or nothing; a half day is the first half of its planned time. On days on which
    a machine's `own` shifts are in force, they stand in place of the factory's.
    """
    found: list[Stretch] = []
    shifts, own = list(shifts), list(own)
    day = since.astimezone(zone).date() - ONE_DAY  # yesterday's shift may last past midnight
    last = before.astimezone(zone).date()
    while day <= last:
        kind = kind_of(day)
        followed = [shift for shift in own if _is_in_force(shift, day)] or shifts
        of_day = [part for shift in followed if _holds(shift, day, kind) for part in _parts(shift, day, zone)]
        share = Fraction(SHARES[kind or DayKind.WORK])
        found += _first(merged(of_day), share)
        day += ONE_DAY
    clipped = ((max(begin, since), min(end, before)) for begin, end in found)
    return merged((begin, end) for begin, end in clipped if begin < end)


def _is_in_force(shift: ShiftTimes, day: date) -> bool:
    return shift.from_on <= day and (shift.until_on is None or day <= shift.until_on)


def _holds(shift: ShiftTimes, day: date, kind: DayKind | None) -> bool:
    return _is_in_force(shift, day) and (kind is not None or day.weekday() in shift.weekdays)


def _parts(shift: ShiftTimes, day: date, zone: ZoneInfo) -> list[Stretch]:
    """Return what lies between the breaks of one day's shift."""
    begin = datetime.combine(day, shift.begins, zone)
    end = begin + _after(shift.begins, shift.ends)
    rests = sorted(
        (begin + _after(shift.begins, rest[0], same=True), begin + _after(shift.begins, rest[1]))
        for rest in shift.breaks
    )
    parts: list[Stretch] = []
    for rest_begin, rest_end in rests:
        parts.append((begin, rest_begin))
        begin = rest_end
    return [(first, last) for first, last in [*parts, (begin, end)] if first < last]


def merged(parts: Iterable[Stretch]) -> list[Stretch]:
    """Return stretches in order, with those that touch or overlap made one."""
    line: list[Stretch] = []
    for begin, end in sorted(parts):
        if line and begin <= line[-1][1]:
            line[-1] = (line[-1][0], max(line[-1][1], end))
        else:
            line.append((begin, end))
    return line


def _first(parts: list[Stretch], share: Fraction) -> list[Stretch]:
    """Return the first share of a day's planned time."""
    total = sum((end - begin for begin, end in parts), timedelta(0))
    left = total * share.numerator / share.denominator
    found: list[Stretch] = []
    for begin, end in parts:
        taken = min(left, end - begin)
        if taken > timedelta(0):
            found.append((begin, begin + taken))
        left -= taken
    return found
