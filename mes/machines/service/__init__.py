"""Commands of machines: each changes one thing and never commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.errors import NotFound
from core.events import publish
from mes.machines import queries
from mes.machines.events import StatesTold
from mes.machines.model import Machine, Shift, StateChange
from mes.machines.rules.shifts import ShiftTimes, check
from mes.machines.rules.states import (
    SILENT,
    STATE_OF,
    KeyTaken,
    MachineState,
    RunsBySignal,
    Source,
    StopReason,
)
from mes.machines.service.hearing import Taken, forget_repeats, note_listening, take

__all__ = [
    "MachineFacts",
    "Taken",
    "add_shift",
    "end_shift",
    "end_silence",
    "forget_repeats",
    "note_listening",
    "press",
    "put_machine",
    "take",
]

SUBJECT, SHIFT = "mes.machines.machine", "mes.machines.shift"
STOPPED = (MachineState.STANDBY, MachineState.READY, MachineState.ERROR)


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """A machine as the office writes it down."""

    key: str
    name: str
    name_en: str
    station_id: int | None
    is_key: bool
    planned_run_min: Decimal
    is_active: bool = True


def put_machine(
    session: Session, machine_id: int | None, facts: MachineFacts, *, by: int | None, at: datetime
) -> Machine:
    """Write a machine down, or change what is written of it. Raises NotFound, KeyTaken."""
    machine = Machine() if machine_id is None else _locked(session, machine_id)
    changes: dict[str, Any] = {}
    for name in ("key", "name", "name_en", "station_id", "is_key", "planned_run_min", "is_active"):
        old, new = getattr(machine, name), getattr(facts, name)
        if old != new:
            changes[name] = [_plain(old), _plain(new)]
            setattr(machine, name, new)
    try:
        with session.begin_nested():
            session.add(machine)
    except IntegrityError as taken:
        raise KeyTaken(key=facts.key) from taken
    verb = "create" if machine_id is None else "amend"
    audit.record(session, subject=SUBJECT, subject_id=machine.id, verb=verb, by=by, at=at, changes=changes)
    return machine


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def _locked(session: Session, machine_id: int) -> Machine:
    machine = session.scalar(select(Machine).where(Machine.id == machine_id).with_for_update())
    if machine is None:
        raise NotFound
    return machine


# --- by hand ------------------------------------------------------------------------


def press(
    session: Session,
    machine_id: int,
    state: MachineState | None,
    reason: StopReason | None,
    *,
    by: int,
    at: datetime,
) -> StateChange | None:
    """Take what a person pressed: a state, or the reason of a stop, which means a state of its own.

    A machine that is heard by signal tells its state itself: only the reason of the stop it is in is taken.
    Nothing comes back where nothing changed. Locks the machine. Raises NotFound, RunsBySignal.
    """
    machine = _locked(session, machine_id)
    last = queries.last_change(session, machine_id)
    if queries.is_heard(machine, at):
        explained = _explain(machine, last, reason, by=by)
        publish(session, StatesTold(explained.began_at, at))
        return explained
    wanted = STATE_OF[reason] if reason is not None else state or MachineState.READY
    if last is not None and (last.state, last.reason) == (wanted, reason):
        return None
    change = StateChange(
        machine_id=machine_id,
        state=wanted,
        reason=reason,
        source=Source.BUTTON,
        began_at=_later(at, last),
        received_at=at,
        person_id=by,
    )
    session.add(change)
    session.flush()  # for its id
    publish(session, StatesTold(change.began_at, at))
    return change


def _explain(
    machine: Machine, last: StateChange | None, reason: StopReason | None, *, by: int
) -> StateChange:
    """Write the reason of the stop in which a connected machine is."""
    if last is None or reason is None or last.state not in STOPPED:
        raise RunsBySignal(machine=machine.name, state=last.state if last else MachineState.OFFLINE)
    last.reason, last.person_id = reason, by
    return last


def _later(at: datetime, last: StateChange | None) -> datetime:
    """Return a moment after the last change: two changes of one machine never begin at once."""
    return at if last is None else max(at, last.began_at + timedelta(milliseconds=1))


# --- by signal ----------------------------------------------------------------------


def end_silence(session: Session, *, at: datetime) -> int:
    """Count connected machines that have said nothing for long as off since they were last heard; return how many."""
    silent = session.scalars(
        select(Machine).where(Machine.seen_at < at - SILENT).order_by(Machine.id).with_for_update()
    )
    found, since = 0, at
    for machine in silent:
        last = queries.last_change(session, machine.id)
        if last is None or last.source is not Source.SIGNAL or last.state is MachineState.OFFLINE:
            continue
        began = _later(machine.seen_at or at, last)
        session.add(
            StateChange(
                machine_id=machine.id,
                state=MachineState.OFFLINE,
                source=Source.SIGNAL,
                began_at=began,
                received_at=at,
            )
        )
        found, since = found + 1, min(since, began)
    publish(session, StatesTold(since, at))
    return found


# --- shifts -------------------------------------------------------------------------


def add_shift(
    session: Session,
    name: str,
    times: ShiftTimes,
    machine_id: int | None = None,
    *,
    by: int | None,
    at: datetime,
) -> Shift:
    """Set a shift up, of the factory or of one machine. Raises ShiftWrong, NotFound."""
    check(times)
    if machine_id is not None:
        queries.by_id(session, machine_id)
    shift = Shift(
        machine_id=machine_id,
        name=name,
        begins=f"{times.begins:%H:%M}",
        ends=f"{times.ends:%H:%M}",
        breaks=[[f"{begin:%H:%M}", f"{end:%H:%M}"] for begin, end in times.breaks],
        weekdays="".join(str(day + 1) for day in sorted(times.weekdays)),
        from_on=times.from_on,
        until_on=times.until_on,
    )
    session.add(shift)
    session.flush()  # for its id
    audit.record(session, subject=SHIFT, subject_id=shift.id, verb="create", by=by, at=at, changes={})
    return shift


def end_shift(session: Session, shift_id: int, until_on: date, *, by: int | None, at: datetime) -> Shift:
    """Say which day is a shift's last; what it was before stays as it was. Raises NotFound."""
    shift = session.get(Shift, shift_id, with_for_update=True)
    if shift is None:
        raise NotFound
    changes = {"until_on": [shift.until_on and shift.until_on.isoformat(), until_on.isoformat()]}
    shift.until_on = until_on
    audit.record(session, subject=SHIFT, subject_id=shift_id, verb="end", by=by, at=at, changes=changes)
    return shift
