"""What machines say, taken in slices: what comes in its order is judged in memory, what comes late finds its place.

The same messages come to the same states and pieces in whatever order they arrive, to the minute in which a state was
repeated. What is new is inserted at once at the end of a slice.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from core.events import publish
from mes.machines import queries
from mes.machines.events import StatesTold
from mes.machines.model import (
    ClockHour,
    ClockReading,
    Counter,
    Listening,
    Machine,
    Output,
    StateChange,
    StateRepeat,
)
from mes.machines.rules.counters import CounterName, MachineClock, counted, increment
from mes.machines.rules.signals import Message, state_of
from mes.machines.rules.states import SILENT, MachineState, Source, moment

TICK = timedelta(milliseconds=1)  # two changes of one machine never begin at once
REPEATS_KEPT = timedelta(days=3)  # a gateway that was cut off for longer speaks of what nobody asks any more


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of some messages: how many changed a state, counted pieces, or named no machine of ours."""

    changed: int
    counted: int
    unknown: tuple[str, ...]
    passed_over: int  # messages of those


@dataclass(frozen=True, slots=True)
class _Word:
    """One change of state as it is judged: when, what, by whom it was told."""

    at: datetime
    state: MachineState
    source: Source = Source.SIGNAL
    alarm: str = ""


def take(session: Session, messages: Iterable[Message], *, at: datetime) -> Taken:
    """Take what machines said; the same message twice changes nothing. Locks the machines by id."""
    told = list(messages)
    rows = session.scalars(
        select(Machine)
        .where(Machine.key.in_({one.key for one in told}), Machine.is_active)
        .order_by(Machine.id)
        .with_for_update()
    )
    machines = {machine.key: machine for machine in rows}
    known = _Known(session, [machine.id for machine in machines.values()], at)
    results: Tally[str] = Tally()
    since = at
    for message in sorted(told, key=lambda one: moment(one.at, at)):  # what was clipped keeps its order
        machine = machines.get(message.key)
        if machine is None:
            results["passed_over"] += 1
            continue
        when = _moment_of(machine, message, at)
        since = min(since, when, _silent_since(machine, at))
        results["changed"] += known.take_state(machine, message, when)
        results["counted"] += known.take_counts(machine, message, when)
        if message.clocks:
            known.take_clocks(machine.id, message.clocks, when)
        machine.seen_at = at
    known.keep()
    publish(session, StatesTold(since, at))
    unknown = sorted({one.key for one in told} - set(machines))
    return Taken(results["changed"], results["counted"], tuple(unknown), results["passed_over"])


def _silent_since(machine: Machine, at: datetime) -> datetime:
    """Return since when a machine was held to be off that speaks again, or this moment."""
    return machine.seen_at if machine.seen_at is not None and machine.seen_at < at - SILENT else at


def _moment_of(machine: Machine, message: Message, at: datetime) -> datetime:
    """Return when a message's state began; where its clock tells nothing, the order of arrival does."""
    when = moment(message.at, at)
    is_told = message.at is not None and when == message.at
    if is_told or machine.said_at is None or machine.said_at < when:
        return when
    return machine.said_at + TICK


def note_listening(
    session: Session,
    name: str,
    is_connected: bool,
    heard: int = 0,
    passed_over: int = 0,
    *,
    on: date,
    at: datetime,
) -> None:
    """Note that a listener runs, whether the broker is there, and how many messages it took or passed over."""
    row = session.scalar(select(Listening).where(Listening.name == name).with_for_update())
    if row is None:
        row = Listening(
            name=name, is_connected=is_connected, alive_at=at, message_count=0, passed_over_count=0
        )
        session.add(row)
    row.is_connected, row.alive_at = is_connected, at
    if not heard:
        return
    if row.heard_on != on:
        row.heard_on, row.message_count, row.passed_over_count = on, 0, 0
    row.heard_at = at
    row.message_count += heard
    row.passed_over_count += passed_over


def forget_repeats(session: Session, *, at: datetime) -> None:
    """Delete the repeated states that are too old to be asked for."""
    session.execute(delete(StateRepeat).where(StateRepeat.told_at < at - REPEATS_KEPT))


class _Known:
    """What is known of some machines while a slice of messages is taken, and what is still to be written of it."""

    def __init__(self, session: Session, ids: list[int], at: datetime) -> None:
        self.session, self.at = session, at
        self.last = {
            one.machine_id: _word(one) for one in queries.last_changes(session, ids).values()
        }  # of each machine
        readings = session.scalars(select(Counter).where(Counter.machine_id.in_(ids)))
        self.counters = {(one.machine_id, one.name): one for one in readings}
        self.rows: dict[Any, list[dict[str, Any]]] = {StateChange: [], StateRepeat: [], Output: []}
        self.clocks: dict[tuple[int, MachineClock], ClockReading] = {}
        self.hours: defaultdict[tuple[int, MachineClock, datetime], int] = defaultdict(int)

    def keep(self) -> None:
        """Write what is new."""
        for table, rows in self.rows.items():
            if rows:
                self.session.execute(insert(table), rows)
                rows.clear()
        self.session.flush()
        for (machine_id, kind, hour_at), ms in self.hours.items():
            self._add_hour(machine_id, kind, hour_at, ms)
        self.hours.clear()

    # --- states -----------------------------------------------------------------------

    def take_state(self, machine: Machine, message: Message, when: datetime) -> bool:
        """Keep the state of a message where it is a change; say whether it was one."""
        state = state_of(message)
        if state is None:
            return False
        alarm = message.alarm[:200] if state is MachineState.ERROR else ""
        word = _Word(when, state, alarm=alarm)
        said_at, last = machine.said_at, self.last.get(machine.id)
        if (said_at is not None and when <= said_at) or (last is not None and when <= last.at):
            return self._take_late(machine, word)
        machine.said_at = when
        if last is None or last.state is not state:
            self._add(machine.id, word)
            self.last[machine.id] = word
            return True
        if said_at is None or _minute(said_at) != _minute(when):
            self.rows[StateRepeat].append({"machine_id": machine.id, "told_at": when})
        return False

    def _add(self, machine_id: int, word: _Word) -> None:
        self.rows[StateChange].append(
            {
                "machine_id": machine_id,
                "state": word.state,
                "reason": None,
                "alarm": word.alarm,
                "source": Source.SIGNAL,
                "began_at": word.at,
                "received_at": self.at,
                "person_id": None,
            }
        )

    def _take_late(self, machine: Machine, word: _Word) -> bool:
        """Put a state in its place in time: until the next moment at which the machine told another one."""
        if word.at == machine.said_at:
            return False  # the latest message again
        self.keep()
        before = queries.change_at(self.session, machine.id, word.at)
        if before is not None and before.began_at == word.at:
            return False
        if before is not None and before.state is word.state:
            self._repeat(machine.id, word.at)
            return False
        repeats = select(StateRepeat).where(StateRepeat.machine_id == machine.id)
        if self.session.scalar(repeats.where(StateRepeat.told_at == word.at)) is not None:
            return False  # two states of one moment: what came first is believed
        after = queries.change_after(self.session, machine.id, word.at)
        again = self.session.scalar(
            repeats.where(StateRepeat.told_at > word.at).order_by(StateRepeat.told_at).limit(1)
        )
        if again is not None and (after is None or again.told_at < after.began_at):
            self._resume(machine.id, before, again.told_at)
            self.session.delete(again)
        elif after is None:
            self._resume(machine.id, before, machine.said_at)
        elif after.state is word.state and after.source is Source.SIGNAL:
            self._begin_earlier(after, word.at)
            return True
        self._add(machine.id, word)
        self._look_again(machine)
        return True

    def _resume(self, machine_id: int, before: StateChange | None, when: datetime | None) -> None:
        """Have the state before a late one go on when the machine next told it."""
        if before is not None and when is not None and when > before.began_at:
            self._add(machine_id, replace(_word(before), at=when))

    def _begin_earlier(self, after: StateChange, when: datetime) -> None:
        """Have a change begin when its state was first told; its reason stays."""
        told_at, after.began_at = after.began_at, when
        self.session.flush()  # before another change takes its old moment
        self._repeat(after.machine_id, told_at)
        last = self.last[after.machine_id]
        if last.at == told_at:
            self.last[after.machine_id] = replace(last, at=when)

    def _look_again(self, machine: Machine) -> None:
        self.keep()
        self.last[machine.id] = _word(queries.last_changes(self.session, [machine.id])[machine.id])

    def _repeat(self, machine_id: int, when: datetime) -> None:
        """Keep a late repeat, where none of its minute is kept."""
        begin = _minute(when)
        kept = select(StateRepeat.id).where(
            StateRepeat.machine_id == machine_id,
            StateRepeat.told_at >= begin,
            StateRepeat.told_at < begin + timedelta(minutes=1),
        )
        if self.session.scalar(kept.limit(1)) is None:
            self.session.execute(insert(StateRepeat).values(machine_id=machine_id, told_at=when))

    # --- counters ---------------------------------------------------------------------

    def take_counts(self, machine: Machine, message: Message, when: datetime) -> bool:
        """Count what was made between two readings; say whether it was anything."""
        told = [(CounterName.GOOD, message.good), (CounterName.REJECT, message.reject)]
        readings = [(name, reading) for name, reading in told if reading is not None]
        row, is_news = _output(machine.id, when), False
        for name, reading in readings:
            counter = self.counters.get((machine.id, name))
            if counter is None:
                self._begin(machine.id, name, reading, when)
            elif when < counter.read_at:
                self._read_late(counter, reading, when)
            else:
                row[f"{_COLUMN[name]}_count"] = increment(counter.reading, reading)
                row[f"{_COLUMN[name]}_reading"] = reading
                is_news = is_news or reading != counter.reading
                counter.reading, counter.read_at = reading, when
        if is_news:  # a reset to nought made nothing, and late readings are judged by it
            self.rows[Output].append(row)
        return bool(row["good_count"] or row["reject_count"])

    def _begin(self, machine_id: int, name: CounterName, reading: int, when: datetime) -> None:
        """Keep a counter's first reading: it says nothing of when its pieces were made."""
        counter = Counter(
            machine_id=machine_id,
            name=name,
            first_reading=reading,
            first_at=when,
            reading=reading,
            read_at=when,
        )
        self.session.add(counter)
        self.counters[machine_id, name] = counter

    def _read_late(self, counter: Counter, reading: int, when: datetime) -> None:
        """Put a late reading between its neighbours: what was made is counted at its own moment."""
        self.keep()
        name = _COLUMN[counter.name]
        if counter.first_at is None or counter.first_reading is None:
            return  # written down before readings were kept
        if when < counter.first_at:
            later = (counter.first_at, counter.first_reading)
            counter.first_at, counter.first_reading = when, reading
            self._count(counter.machine_id, name, reading, *later)
            return
        before, after = self._neighbours(counter, name, when)
        if before[0] == when:
            return
        self._count(counter.machine_id, name, before[1], when, reading)
        self._count(counter.machine_id, name, reading, *after)

    def _neighbours(
        self, counter: Counter, name: str, when: datetime
    ) -> tuple[tuple[datetime, int], tuple[datetime, int]]:
        """Return the readings before and after a moment."""
        shown = getattr(Output, f"{name}_reading")
        rows = select(Output.counted_at, shown).where(
            Output.machine_id == counter.machine_id, shown.is_not(None)
        )
        before = self.session.execute(
            rows.where(Output.counted_at <= when).order_by(Output.counted_at.desc()).limit(1)
        ).first()
        after = self.session.execute(
            rows.where(Output.counted_at > when).order_by(Output.counted_at).limit(1)
        ).first()
        first, last = (counter.first_at, counter.first_reading), (counter.read_at, counter.reading)
        return tuple(before) if before else first, tuple(after) if after else last

    def _count(self, machine_id: int, name: str, before: int, when: datetime, reading: int) -> None:
        """Write down what a counter made up to a moment since the reading before it."""
        made = increment(before, reading)
        values = {f"{name}_count": made, f"{name}_reading": reading}
        changed = self.session.execute(
            update(Output).where(Output.machine_id == machine_id, Output.counted_at == when).values(values)
        )
        if not changed.rowcount and reading != before:  # type: ignore[attr-defined]
            self.session.execute(insert(Output), [_output(machine_id, when) | values])

    # --- the machine's own clocks -----------------------------------------------------

    def take_clocks(
        self, machine_id: int, readings: Iterable[tuple[MachineClock, int]], when: datetime
    ) -> None:
        """Count what a machine's own clocks counted since the reading before; a late reading says nothing new."""
        for kind, reading in readings:
            clock = self.clocks.get((machine_id, kind)) or self._clock(machine_id, kind, reading, when)
            if when > clock.read_at:
                ms = counted(clock.reading, reading, when - clock.read_at)
                clock.reading, clock.read_at = reading, when
                self.hours[machine_id, kind, _hour(when)] += ms

    def _clock(self, machine_id: int, kind: MachineClock, reading: int, when: datetime) -> ClockReading:
        """Return the last reading of a clock; where there is none, this one is the beginning."""
        of_clock = (ClockReading.machine_id == machine_id, ClockReading.kind == kind)
        clock = self.session.scalar(select(ClockReading).where(*of_clock))
        if clock is None:
            clock = ClockReading(machine_id=machine_id, kind=kind, reading=reading, read_at=when)
            self.session.add(clock)
        self.clocks[machine_id, kind] = clock
        return clock

    def _add_hour(self, machine_id: int, kind: MachineClock, hour_at: datetime, ms: int) -> None:
        of_hour = (
            ClockHour.machine_id == machine_id,
            ClockHour.kind == kind,
            ClockHour.hour_at == hour_at,
        )
        added = self.session.execute(
            update(ClockHour).where(*of_hour).values(ms_count=ClockHour.ms_count + ms)
        )
        if not added.rowcount:  # type: ignore[attr-defined]
            row = {"machine_id": machine_id, "kind": kind, "hour_at": hour_at, "ms_count": ms}
            self.session.execute(insert(ClockHour), [row])


_COLUMN = {CounterName.GOOD: "good", CounterName.REJECT: "reject"}


def _output(machine_id: int, when: datetime) -> dict[str, Any]:
    counts = {"good_count": 0, "reject_count": 0, "good_reading": None, "reject_reading": None}
    return {"machine_id": machine_id, "counted_at": when, **counts}


def _word(change: StateChange) -> _Word:
    return _Word(change.began_at, change.state, change.source, change.alarm)


def _minute(when: datetime) -> datetime:
    return when.replace(second=0, microsecond=0)


def _hour(when: datetime) -> datetime:
    return when.replace(minute=0, second=0, microsecond=0)
