"""Commands of machines: each changes one thing and never commits."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable
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
from mes.machines.model import Counter, Machine, Output, Shift, StateChange
from mes.machines.rules.counters import CounterName, increment
from mes.machines.rules.shifts import ShiftTimes, check
from mes.machines.rules.signals import Message, state_of
from mes.machines.rules.states import (
    SILENT,
    STATE_OF,
    KeyTaken,
    MachineState,
    RunsBySignal,
    Source,
    StopReason,
    moment,
)

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


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of some messages: how many changed a state, counted pieces, or named no machine of ours."""

    changed: int
    counted: int
    unknown: tuple[str, ...]


class _Known:
    """What is known of some machines while a slice of messages is taken: the last change and the readings of each."""

    def __init__(self, session: Session, ids: list[int]) -> None:
        self.session = session
        self.last = queries.last_changes(session, ids)
        readings = session.scalars(select(Counter).where(Counter.machine_id.in_(ids)))
        self.counters = {(one.machine_id, one.name): one for one in readings}

    def before(self, machine_id: int, when: datetime) -> StateChange | None:
        """Return the change by which a machine was in its state at a moment."""
        last = self.last.get(machine_id)
        if last is None or last.began_at <= when:
            return last
        return queries.change_at(self.session, machine_id, when)

    def keep(self, change: StateChange) -> None:
        """Keep a change; the next message is judged against it."""
        self.session.add(change)
        self.session.flush()
        last = self.last.get(change.machine_id)
        if last is None or last.began_at < change.began_at:
            self.last[change.machine_id] = change


def take(session: Session, messages: Iterable[Message], *, at: datetime) -> Taken:
    """Take what machines said, in the order of arrival; late messages find their place in time.

    The same message twice changes nothing. Locks the machines by id.
    """
    told = list(messages)
    rows = session.scalars(
        select(Machine)
        .where(Machine.key.in_({one.key for one in told}), Machine.is_active)
        .order_by(Machine.id)
        .with_for_update()
    )
    machines = {machine.key: machine for machine in rows}
    known = _Known(session, [machine.id for machine in machines.values()])
    since = at
    results: Tally[str] = Tally()
    for message in told:
        machine = machines.get(message.key)
        if machine is None:
            continue
        when = moment(message.at, at)
        since = min(since, when, _silent_since(machine, at))
        results["changed"] += _take_state(known, machine, message, when, at=at)
        results["counted"] += _take_counts(known, machine, message, when)
        machine.seen_at = at
    publish(session, StatesTold(since, at))
    unknown = sorted({one.key for one in told} - set(machines))
    return Taken(results["changed"], results["counted"], tuple(unknown))


def _silent_since(machine: Machine, at: datetime) -> datetime:
    """Return since when a machine was held to be off that speaks again, or this moment."""
    return machine.seen_at if machine.seen_at is not None and machine.seen_at < at - SILENT else at


def _take_state(known: _Known, machine: Machine, message: Message, when: datetime, *, at: datetime) -> bool:
    """Keep the state of a message where it is a change; say whether it was one."""
    state = state_of(message)
    if state is None:
        return False
    before = known.before(machine.id, when)
    if before is not None and (before.state is state or before.began_at == when):
        return False
    known.keep(
        StateChange(
            machine_id=machine.id,
            state=state,
            alarm=message.alarm[:200] if state is MachineState.ERROR else "",
            source=Source.SIGNAL,
            began_at=when,
            received_at=at,
        )
    )
    return True


def _take_counts(known: _Known, machine: Machine, message: Message, when: datetime) -> bool:
    """Count what was made since the reading before; a reading that comes late tells nothing new."""
    made: dict[CounterName, int] = {}
    for name, now in ((CounterName.GOOD, message.good), (CounterName.REJECT, message.reject)):
        if now is not None:
            made[name] = _read_on(known, machine.id, name, now, when)
    good, reject = made.get(CounterName.GOOD, 0), made.get(CounterName.REJECT, 0)
    if not good and not reject:
        return False
    output = Output(machine_id=machine.id, good_count=good, reject_count=reject, counted_at=when)
    known.session.add(output)
    return True


def _read_on(known: _Known, machine_id: int, name: CounterName, now: int, when: datetime) -> int:
    counter = known.counters.get((machine_id, name))
    if counter is None:
        counter = Counter(machine_id=machine_id, name=name, reading=now, read_at=when)
        known.session.add(counter)
        known.counters[machine_id, name] = counter
        return increment(None, now)
    if when < counter.read_at:
        return 0
    made = increment(counter.reading, now)
    counter.reading, counter.read_at = now, when
    return made


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


def add_shift(session: Session, name: str, times: ShiftTimes, *, by: int | None, at: datetime) -> Shift:
    """Set a shift up. Raises ShiftWrong."""
    check(times)
    shift = Shift(
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
