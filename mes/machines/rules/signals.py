"""What a machine says, whoever carries it: a state, or the signals of an old machine; counters; an alarm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mes.machines.rules.counters import MachineClock
from mes.machines.rules.states import MachineState


@dataclass(frozen=True, slots=True)
class Message:
    """One message about one machine; what it does not tell is nothing."""

    key: str
    at: datetime | None = None  # by the device's clock
    state: MachineState | None = None
    is_running: bool | None = None  # the run signal of a machine that knows no states
    good: int | None = None  # absolute counters
    reject: int | None = None
    alarm: str = ""
    clocks: tuple[tuple[MachineClock, int], ...] = ()  # ms that its own clocks show


def state_of(message: Message) -> MachineState | None:
    """Return the state that a message tells: its own word first, then an alarm, then the run signal."""
    if message.state is not None:
        return message.state
    if message.alarm:
        return MachineState.ERROR
    if message.is_running is None:
        return None
    return MachineState.WORKING if message.is_running else MachineState.READY
