"""The sums of each day of a window: those that are kept, and out of the raw rows those that are not, or not any more.

A day is kept once it has ended for an hour (`rules.sums.SETTLED`); what is told later of a moment on it leaves a note
in the same transaction, and from then on the day is read from the raw rows until it is folded again. So a page is right
at any moment, however long ago somebody folded. Notes are read before the days: a day that is folded again meanwhile is
then read from the raw rows once more, never the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, true, union
from sqlalchemy.orm import Session

from core.activity.model import Interval
from erp.sales.model import Order
from erp.stock.model import Move
from mes.counting.model import Count
from mes.efficiency.model import DaySum, FoldedDay, LateEvent, MachineDay, RollUp
from mes.efficiency.queries.accuracy import Check, looks
from mes.efficiency.queries.machines import key_machines, planned_days
from mes.efficiency.queries.sums import changing_sums, day_sums
from mes.efficiency.queries.window import Calendar, Window, calendar_of
from mes.efficiency.rules.sums import (
    SETTLED,
    DaySums,
    Name,
    Sums,
    added,
    basis,
    made_of,
    planned_text,
    times_of,
    zone_of,
)
from mes.machines.model import Machine, Output, StateChange
from mes.machines.rules.figures import Made, Times, minutes
from mes.machines.rules.shifts import PlannedTime
from mes.scanning.model import FormerLabel, Scan
from mes.splitting.rules import ORDER_WORK


@dataclass(frozen=True, slots=True)
class Daily:
    """The days of a window with what each adds, as known at `at`: what every figure, line and file is made of."""

    calendar: Calendar
    at: datetime
    sums: Mapping[date, DaySums]  # of the days on which anything happened
    planned: Mapping[date, PlannedTime]
    key: Sequence[Machine]  # the machines that count
    looks: Sequence[Check]  # into packages, all of the window

    def cells(self, day: date) -> Sums:
        """Return the cells of one day; none where nothing happened."""
        return self.sums[day].cells if day in self.sums else {}

    def total(self, days: Iterable[date] | None = None) -> DaySums:
        """Return what some days add together; all of them where none are named."""
        wanted = self.calendar.days if days is None else days
        return added(self.sums[day] for day in wanted if day in self.sums)

    def times(self, found: DaySums, days: Iterable[date] | None = None) -> list[tuple[Times, Made]]:
        """Return times and output of each key machine within some days, out of their total.

        Planned time of a day on which nothing is known of a machine is unknown.
        """
        wanted = self.calendar.days if days is None else tuple(days)
        told = []
        for machine in self.key:
            stretches = (one for day in wanted for one in self.planned[day].of(machine.id))
            whole = sum((minutes(end - begin) for begin, end in stretches), Fraction(0))
            kept = found.machines.get(machine.id, (0,) * 8)
            times = times_of(kept)
            unknown = Times(unknown=whole - times.planned - times.unknown)
            told.append((times + unknown, made_of(kept, Fraction(machine.planned_run_min))))
        return told


def daily(session: Session, calendar: Calendar, *, at: datetime) -> Daily:
    """Return the sums of each day of a window as known at `at`."""
    planned = planned_days(session, calendar, at=at)
    kept, missing = _kept(session, calendar, planned, at=at)
    found: dict[date, DaySums] = dict(kept)
    for day, window in _worth_reading(session, missing, at=at):
        found[day] = day_sums(session, window, at=at)
    for day, cells in changing_sums(session, calendar, at=at).items():
        before = found.get(day, DaySums())
        found[day] = DaySums(before.cells | cells, before.leads, before.machines, before.planned)
    return Daily(calendar, at, found, planned, key_machines(session), looks(session, calendar.window))


Days = list[tuple[date, Window]]


def _kept(
    session: Session, calendar: Calendar, planned: Mapping[date, PlannedTime], *, at: datetime
) -> tuple[dict[date, DaySums], Days]:
    """Return the days that are kept and still right, and those that have to be read."""
    late = late_events(session, calendar.window)
    folded = folded_days(session, calendar)
    right: dict[date, FoldedDay] = {}
    missing: Days = []
    for day, window in calendar.windows:
        row = folded.get(day)
        is_right = (
            row is not None
            and window.before <= at
            and row.planned == planned_text(planned[day], window.since)
            and not touched(window, late)
        )
        if row is not None and is_right:
            right[day] = row
        else:
            missing.append((day, window))
    return kept_sums(session, calendar, right), missing


def late_events(session: Session, window: Window) -> list[tuple[datetime, datetime]]:
    """Return the stretches of a window about which something was told late."""
    rows = session.execute(
        select(LateEvent.since_at, LateEvent.until_at)
        .distinct()
        .where(LateEvent.since_at < window.before, LateEvent.until_at >= window.since)
    )
    return [(since, until) for since, until in rows]


def touched(window: Window, late: Iterable[tuple[datetime, datetime]]) -> bool:
    """Say whether something was told late about a day."""
    return any(since < window.before and until >= window.since for since, until in late)


def folded_days(session: Session, calendar: Calendar) -> dict[date, FoldedDay]:
    """Return the days of a window that are folded; none where they were folded by another zone or other weights."""
    if session.scalar(select(RollUp.basis)) != basis(str(calendar.zone)):
        return {}
    rows = session.scalars(
        select(FoldedDay).where(FoldedDay.worked_on.between(calendar.days[0], calendar.days[-1]))
    )
    return {row.worked_on: row for row in rows}


def kept_sums(session: Session, calendar: Calendar, right: Mapping[date, FoldedDay]) -> dict[date, DaySums]:
    """Return the kept sums of some folded days of a window."""
    cells: dict[date, Sums] = {day: {} for day in right}
    machines: dict[date, dict[int, tuple[int, ...]]] = {day: {} for day in right}
    if not right:
        return {}
    ends = (min(right), max(right))
    of_sum = (DaySum.worked_on, DaySum.name, DaySum.key, DaySum.event_count, DaySum.exact_sum)
    for day, name, key, count, amount in session.execute(
        select(*of_sum).where(DaySum.worked_on.between(*ends))
    ):
        if day in cells:
            cells[day][NAMES[name], key] = (count, amount)
    of_machine = (MachineDay.worked_on, MachineDay.machine_id, *TIMES)
    for day, machine_id, *times in session.execute(
        select(*of_machine).where(MachineDay.worked_on.between(*ends))
    ):
        if day in machines:
            machines[day][machine_id] = tuple(times)
    return {
        day: DaySums(cells[day], tuple(row.lead_us), machines[day], row.planned)  # type: ignore[arg-type]
        for day, row in right.items()
    }


NAMES = {name.value: name for name in Name}
TIMES = (
    *(MachineDay.planned_us, MachineDay.busy_us, MachineDay.producing_us),
    *(MachineDay.setup_us, MachineDay.delayed_us, MachineDay.unknown_us),
    *(MachineDay.made_count, MachineDay.good_count),
)


def _worth_reading(session: Session, missing: Days, *, at: datetime) -> Days:
    """Return the days that are not kept and on which anything can have happened."""
    if len(missing) <= 2:  # today, and a day that is being closed or was told of late
        return missing
    first, last = moments(session)
    if first is None or last is None:
        return []
    return [(day, one) for day, one in missing if one.before > first and one.since <= max(last, at)]


def moments(session: Session) -> tuple[datetime | None, datetime | None]:
    """Return when the first and the last thing happened that a day's sums are made of; nothing where none did."""
    first_scan, last_scan = select(func.min(Scan.id)), select(func.max(Scan.id))
    ends: list[Any] = []
    for column, condition in (
        (Order.created_at, true()),
        (Order.released_at, true()),
        (Move.moved_at, true()),
        (Count.closed_at, true()),
        (Interval.started_at, Interval.kind.in_(ORDER_WORK)),
        (FormerLabel.replaced_at, true()),
        (StateChange.began_at, true()),
        (Output.counted_at, true()),
        (Scan.received_at, Scan.id.in_(union(first_scan, last_scan))),
    ):
        ends += session.execute(select(func.min(column), func.max(column)).where(condition)).one()
    known = [one for one in ends if one is not None]
    return min(known, default=None), max(known, default=None)


def due_days(session: Session, calendar: Calendar, *, at: datetime) -> Days:
    """Return the days of a window that are to be folded: settled, and not kept or not right any more."""
    planned = planned_days(session, calendar, at=at)
    late, folded = late_events(session, calendar.window), folded_days(session, calendar)
    return [
        (day, window)
        for day, window in calendar.windows
        if window.before + SETTLED <= at
        and (
            day not in folded
            or folded[day].planned != planned_text(planned[day], window.since)
            or touched(window, late)
        )
    ]


def days_to_keep(session: Session, zone: ZoneInfo, *, at: datetime, is_anew: bool = False) -> Calendar | None:
    """Return the days from the first on which anything happened up to today; nothing in an empty factory.

    The first is known once days are kept; `is_anew` looks for it again among the raw rows.
    """
    day = None if is_anew else session.scalar(select(func.min(FoldedDay.worked_on)))
    first = session.scalar(select(func.min(LateEvent.since_at))) if day else moments(session)[0]
    today = at.astimezone(zone).date()
    known = [one for one in (day, first and first.astimezone(zone).date()) if one is not None]
    return calendar_of(min(known), today, zone) if known and min(known) <= today else None


def faults(session: Session) -> list[str]:
    """Prove that the kept days equal the raw rows; one line for each sum of a day that does not."""
    told = session.scalar(select(RollUp.basis)) or ""
    ends = session.execute(select(func.min(FoldedDay.worked_on), func.max(FoldedDay.worked_on))).one()
    if not told or ends[0] is None:
        return []
    calendar = calendar_of(ends[0], ends[1], ZoneInfo(zone_of(told)))
    at = calendar.end + SETTLED
    planned = planned_days(session, calendar, at=at)
    kept, _ = _kept(session, calendar, planned, at=at)
    found = []
    for day, window in calendar.windows:
        if day in kept:
            found += _differences(day, kept[day], day_sums(session, window, at=at))
    return found


def _differences(day: date, kept: DaySums, raw: DaySums) -> list[str]:
    found = [
        f"{day}: {name.value} {key}: kept {kept.cells.get((name, key))}, raw {raw.cells.get((name, key))}"
        for name, key in sorted({*kept.cells, *raw.cells})
        if kept.cells.get((name, key)) != raw.cells.get((name, key))
    ]
    found += [
        f"{day}: machine {one}: kept {kept.machines.get(one)}, raw {raw.machines.get(one)}"
        for one in sorted({*kept.machines, *raw.machines})
        if kept.machines.get(one) != raw.machines.get(one)
    ]
    if kept.leads != raw.leads:
        found.append(f"{day}: lead times: kept {len(kept.leads)}, raw {len(raw.leads)}")
    return found
