"""Machines, their changes of state, and the shifts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from core.auth.model import Person
from core.errors import NotFound
from mes.machines.model import ClockHour, Listening, Machine, Shift, StateChange
from mes.machines.rules.counters import MachineClock
from mes.machines.rules.shifts import ShiftTimes
from mes.machines.rules.states import DEAF, SILENT


def machines(session: Session, *, is_all: bool = False) -> Sequence[Machine]:
    """Return the machines in use, or all, by name."""
    rows = select(Machine).order_by(Machine.is_active.desc(), Machine.name, Machine.id)
    return session.scalars(rows if is_all else rows.where(Machine.is_active)).all()


def by_id(session: Session, machine_id: int) -> Machine:
    """Return one machine. Raises NotFound."""
    machine = session.get(Machine, machine_id)
    if machine is None:
        raise NotFound
    return machine


def at_station(session: Session, station_id: int) -> Sequence[Machine]:
    """Return the machines in use that stand at a station, by name."""
    rows = select(Machine).where(Machine.station_id == station_id, Machine.is_active)
    return session.scalars(rows.order_by(Machine.name, Machine.id)).all()


def is_heard(machine: Machine, at: datetime) -> bool:
    """Say whether a machine tells its state itself at present."""
    return machine.seen_at is not None and machine.seen_at >= at - SILENT


def last_change(session: Session, machine_id: int) -> StateChange | None:
    """Return the latest change of a machine's state."""
    rows = select(StateChange).where(StateChange.machine_id == machine_id)
    return session.scalar(rows.order_by(StateChange.began_at.desc()).limit(1))


@dataclass(frozen=True, slots=True)
class Hearing:
    """How a listener to the broker fares, as a page tells it."""

    is_running: bool
    is_connected: bool
    heard_at: datetime | None
    message_count: int  # today
    passed_over_count: int


def hearing(session: Session, on: date, at: datetime) -> Hearing | None:
    """Return how the listener that ran last fares; nothing where none ever ran."""
    row = session.scalar(select(Listening).order_by(Listening.alive_at.desc()).limit(1))
    if row is None:
        return None
    is_running = row.alive_at >= at - DEAF
    counts = (row.message_count, row.passed_over_count) if row.heard_on == on else (0, 0)
    return Hearing(is_running, is_running and row.is_connected, row.heard_at, *counts)


def change_at(session: Session, machine_id: int, at: datetime) -> StateChange | None:
    """Return the change by which a machine was in its state at a moment."""
    rows = select(StateChange).where(StateChange.machine_id == machine_id, StateChange.began_at <= at)
    return session.scalar(rows.order_by(StateChange.began_at.desc()).limit(1))


def change_after(session: Session, machine_id: int, at: datetime) -> StateChange | None:
    """Return the first change of a machine's state after a moment."""
    rows = select(StateChange).where(StateChange.machine_id == machine_id, StateChange.began_at > at)
    return session.scalar(rows.order_by(StateChange.began_at).limit(1))


def last_changes(
    session: Session, machine_ids: Collection[int], before: datetime | None = None
) -> dict[int, StateChange]:
    """Return the latest change of each machine, or the latest before a moment: one look into the index for each."""
    of_machine = StateChange.machine_id == Machine.id
    rows = select(StateChange.id).where(of_machine, StateChange.began_at < before if before else of_machine)
    latest = rows.order_by(StateChange.began_at.desc()).limit(1).correlate(Machine).scalar_subquery()
    ids = select(latest).where(Machine.id.in_(machine_ids))
    return {
        one.machine_id: one for one in session.scalars(select(StateChange).where(StateChange.id.in_(ids)))
    }


def changes_within(machine_id: int, since: datetime, before: datetime) -> Select[Any]:
    """Return the changes of one machine within a stretch of time, and who pressed them, to be paged."""
    columns: tuple[Any, ...] = (StateChange, Person.name.label("person"))
    return (
        select(*columns)
        .outerjoin(Person, Person.id == StateChange.person_id)
        .where(
            StateChange.machine_id == machine_id,
            StateChange.began_at >= since,
            StateChange.began_at < before,
        )
    )


def own_clocks(
    session: Session, machine_id: int, since: datetime, before: datetime
) -> dict[MachineClock, timedelta]:
    """Return what a machine's own clocks counted within a stretch of whole hours; nothing of those it has not."""
    rows = session.execute(
        select(ClockHour.kind, func.sum(ClockHour.ms_count))
        .where(ClockHour.machine_id == machine_id, ClockHour.hour_at >= since, ClockHour.hour_at < before)
        .group_by(ClockHour.kind)
    )
    return {kind: timedelta(milliseconds=int(ms)) for kind, ms in rows}


def shifts(session: Session) -> Sequence[Shift]:
    """Return the shifts, those in force first, then by begin."""
    rows = select(Shift).order_by(Shift.until_on.is_not(None), Shift.begins, Shift.id)
    return session.scalars(rows).all()


def shift_rows(session: Session) -> Sequence[Row[Shift, Machine | None]]:
    """Return the shifts as `shifts` does, each with the machine whose own it is."""
    rows = select(Shift, Machine).outerjoin(Machine, Machine.id == Shift.machine_id)
    return session.execute(rows.order_by(Shift.until_on.is_not(None), Shift.begins, Shift.id)).all()


def times_of(shift: Shift) -> ShiftTimes:
    """Return a shift as the rules take it."""
    return ShiftTimes(
        begins=time.fromisoformat(shift.begins),
        ends=time.fromisoformat(shift.ends),
        breaks=tuple((time.fromisoformat(begin), time.fromisoformat(end)) for begin, end in shift.breaks),
        weekdays=frozenset(int(day) - 1 for day in shift.weekdays),
        from_on=shift.from_on,
        until_on=shift.until_on,
    )
