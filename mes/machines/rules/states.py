"""States of a machine as a line of changes, and the spans between them.

The five states are those of OPC 40550-1 (OPC UA for Woodworking). A micro-stop is too short to be a stop: it
counts as running, as domain practice and ISO 22400 figures expect; how short is a parameter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.choices import Choice
from core.errors import RuleViolation
from core.i18n import N_

MICRO_STOP = timedelta(seconds=60)  # shorter than this counts as running
AHEAD = timedelta(seconds=60)  # a device's clock may run so far ahead; beyond it the server's counts
SILENT = timedelta(minutes=5)  # a connected machine that says nothing for so long is off or cut off
DEAF = timedelta(seconds=90)  # a listener that has not said for so long that it runs does not


class MachineState(Choice):
    """What a machine is doing, in the words of OPC 40550-1."""

    OFFLINE = "OFFLINE", N_("Off")
    STANDBY = "STANDBY", N_("Standby")
    READY = "READY", N_("Ready to run")
    WORKING = "WORKING", N_("Working")
    ERROR = "ERROR", N_("Machine fault")


class StopReason(Choice):
    """Why a machine does not work, as a person says it."""

    SETUP = "SETUP", N_("Setting up")
    TOOL = "TOOL", N_("Changing the tool")
    MATERIAL = "MATERIAL", N_("Waiting for material")
    PERSON = "PERSON", N_("Nobody to run it")
    NO_WORK = "NO_WORK", N_("No work")
    QUALITY = "QUALITY", N_("Checking quality")
    CLEANING = "CLEANING", N_("Cleaning")
    SERVICE = "SERVICE", N_("Maintenance")
    BREAKDOWN = "BREAKDOWN", N_("Breakdown")
    OTHER = "OTHER", N_("Other reason")


class Source(Choice):
    """Who told a state."""

    BUTTON = "BUTTON", N_("by button")
    SIGNAL = "SIGNAL", N_("by the machine")


STATE_OF = {  # which state a reason that is pressed means, while no signal tells it
    StopReason.SETUP: MachineState.STANDBY,
    StopReason.TOOL: MachineState.STANDBY,
    StopReason.CLEANING: MachineState.STANDBY,
    StopReason.SERVICE: MachineState.STANDBY,
    StopReason.BREAKDOWN: MachineState.ERROR,
    StopReason.MATERIAL: MachineState.READY,
    StopReason.PERSON: MachineState.READY,
    StopReason.NO_WORK: MachineState.READY,
    StopReason.QUALITY: MachineState.READY,
    StopReason.OTHER: MachineState.READY,
}
SETTING_UP = frozenset({StopReason.SETUP, StopReason.TOOL})  # set-up time of ISO 22400


class RunsBySignal(RuleViolation):
    """A state pressed for a machine that tells its own."""

    code = "mes.machines.runs_by_signal"
    message = N_("%(machine)s tells its state itself: %(state)s. Only the reason of a stop is told here.")


class KeyTaken(RuleViolation):
    """A topic name that another machine has."""

    code = "mes.machines.key_taken"
    message = N_("%(key)s is the topic name of another machine. Choose another one.")


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a machine's state."""

    at: datetime
    state: MachineState
    reason: StopReason | None = None
    is_signal: bool = False  # the machine told it itself


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in one state, from `begin` up to `end`; no state: nothing is known yet."""

    begin: datetime
    end: datetime
    state: MachineState | None
    reason: StopReason | None = None
    is_micro_stop: bool = False  # counted as running

    @property
    def length(self) -> timedelta:
        """How long it lasts."""
        return self.end - self.begin


def moment(told: datetime | None, received: datetime) -> datetime:
    """Return when something happened: the device's word, unless its clock runs ahead of the server's."""
    return received if told is None or told > received + AHEAD else min(told, received)


def spans(changes: Iterable[Change], since: datetime, before: datetime) -> list[Span]:
    """Return a line of changes, in any order, as spans that fill `since` to `before` without a gap.

    A change before `since` tells the state at its beginning; without one the first span is unknown.
    """
    line = sorted(changes, key=lambda change: change.at)
    found: list[Span] = []
    begin, state, reason = since, None, None
    for change in line:
        end = min(max(change.at, since), before)
        if end > begin:
            found.append(Span(begin, end, state, reason))
            begin = end
        state, reason = change.state, change.reason
    if before > begin:
        found.append(Span(begin, before, state, reason))
    return _joined(found)


def _joined(found: Sequence[Span]) -> list[Span]:
    """Return spans with neighbours of the same state and reason made one."""
    line: list[Span] = []
    for span in found:
        last = line[-1] if line else None
        if last is not None and (last.state, last.reason) == (span.state, span.reason):
            line[-1] = replace(last, end=span.end)
        else:
            line.append(span)
    return line


def bridged(found: Sequence[Span], shorter_than: timedelta = MICRO_STOP) -> list[Span]:
    """Return spans in which a stop between two runs that is too short, and has no reason, counts as running."""
    line = list(found)
    for place in range(1, len(line) - 1):
        span = line[place]
        is_between_runs = all(line[other].state is MachineState.WORKING for other in (place - 1, place + 1))
        is_stop = span.state in (MachineState.STANDBY, MachineState.READY, MachineState.ERROR)
        if is_between_runs and is_stop and span.reason is None and span.length < shorter_than:
            line[place] = replace(span, state=MachineState.WORKING, is_micro_stop=True)
    return line
