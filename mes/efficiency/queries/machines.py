"""M3: the times of the machines day by day, and the changes of state behind them.

A day is measured with what happened just before and after it: a stop over midnight is as long as it was, and a machine
that fell silent is off since it was last heard, whatever days are asked for. So days add up.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from core.auth.model import Person
from core.i18n import N_
from mes.efficiency import rules
from mes.efficiency.queries.window import Calendar, Window
from mes.efficiency.rules import Figure, Part
from mes.efficiency.rules.sums import MachineTimes, machine_times
from mes.machines import queries as machines
from mes.machines.model import Machine, StateChange
from mes.machines.rules import figures
from mes.machines.rules.figures import Made, Times, measure
from mes.machines.rules.shifts import PlannedTime, Stretch
from mes.machines.rules.states import MICRO_STOP, SILENT, Span

AROUND = 2 * max(MICRO_STOP, SILENT)  # what is read before and after a day


def key_machines(session: Session) -> list[Machine]:
    """Return the machines in use that count in the figure."""
    return [machine for machine in machines.machines(session) if machine.is_key]


def planned_days(session: Session, calendar: Calendar, *, at: datetime) -> dict[date, PlannedTime]:
    """Return the planned time of each day, clipped to it and to `at`."""
    window = calendar.window
    end = max(window.since, min(window.before, at))
    whole = machines.planned_time(session, window.since, end, calendar.zone)
    usual = _by_day(calendar, whole.usual)
    own = {machine_id: _by_day(calendar, line) for machine_id, line in whole.own.items()}
    return {
        day: PlannedTime(usual[day], {machine_id: days[day] for machine_id, days in own.items()})
        for day in calendar.days
    }


def _by_day(calendar: Calendar, line: Iterable[Stretch]) -> dict[date, list[Stretch]]:
    found: dict[date, list[Stretch]] = {day: [] for day in calendar.days}
    for begin, stop in line:
        while begin < stop:
            place = bisect_right(calendar.begins, begin) - 1
            day_ends = calendar.begins[place + 1] if place + 1 < len(calendar.days) else calendar.end
            found[calendar.days[place]].append((begin, min(stop, day_ends)))
            begin = min(stop, day_ends)
    return found


def machine_days(
    session: Session, day: Window, planned: PlannedTime, *, at: datetime
) -> dict[int, MachineTimes]:
    """Return the times of each machine within one day, of which anything is known in planned time."""
    some = list(machines.machines(session, is_all=True))
    made = machines.pieces(session, [machine.id for machine in some], planned, day.since, day.before)
    found = {}
    for machine_id, line in machine_spans(session, some, day, at=at).items():
        times = measure(line, planned.of(machine_id))
        if times.planned:
            good, reject = made[machine_id]
            found[machine_id] = machine_times(times, good + reject, good)
    return found


def machine_spans(
    session: Session, some: Sequence[Machine], window: Window, *, at: datetime
) -> Mapping[int, list[Span]]:
    """Return the states of some machines within a window up to `at`, too short stops bridged, by machine."""
    before = max(window.since, min(window.before, at))
    end = max(window.since, min(window.before + AROUND, at))
    read = machines.work(session, some, window.since - AROUND, end, window.zone)
    return {one.machine.id: list(_clipped(one.spans, window.since, before)) for one in read}


def _clipped(line: Iterable[Span], since: datetime, before: datetime) -> Iterable[Span]:
    for span in line:
        begin, end = max(span.begin, since), min(span.end, before)
        if begin < end:
            yield replace(span, begin=begin, end=end)


def equipment(found: Sequence[tuple[Times, Made]]) -> Figure:
    """Return the third figure of the key machines' times: in use, weighed by their hours."""
    times = sum((one for one, _ in found), Times())
    reporting = sum(1 for one, _ in found if one.planned)
    beside = _beside(times, found)
    return rules.equipment(times.producing, times.planned, reporting, len(found), times.unknown, beside)


def _beside(times: Times, found: Sequence[tuple[Times, Made]]) -> tuple[Part, ...]:
    """Return what stands beside the figure: utilisation, set-up, technical efficiency and OEE."""
    shares = (
        (N_("Utilisation efficiency"), figures.utilisation_efficiency(times)),
        (N_("Setup rate"), figures.setup_rate(times)),
        (N_("Technical efficiency"), figures.technical_efficiency(times)),
        (N_("OEE, by machine hours"), _oee(found)),
    )
    told = ((name, figures.percent(share)) for name, share in shares)
    return tuple(Part(name, value, "%") for name, value in told if value is not None)


def _oee(found: Sequence[tuple[Times, Made]]) -> Fraction | None:
    """Return the OEE of several machines, each weighed by its planned time; nothing where one of them has none."""
    told = [(times.planned, figures.oee(times, made)) for times, made in found if times.planned]
    planned = sum((length for length, _ in told), Fraction(0))
    if not planned or any(share is None for _, share in told):
        return None
    return sum((length * (share or 0) for length, share in told), Fraction(0)) / planned


def state_rows(window: Window) -> Select[Any]:
    """Return the changes of state of the key machines within the window."""
    columns: tuple[Any, ...] = (StateChange.began_at.label("at"), Machine.key.label("what"))
    return (
        select(
            *columns, StateChange.state, StateChange.reason, StateChange.source, Person.name.label("person")
        )
        .join(Machine, Machine.id == StateChange.machine_id)
        .outerjoin(Person, Person.id == StateChange.person_id)
        .where(Machine.is_key, Machine.is_active, window.holds(StateChange.began_at))
    )
