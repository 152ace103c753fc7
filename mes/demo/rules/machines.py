"""What the machines of the demo factory would say on a working day; chance comes from a seed."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from mes.machines.rules.states import MachineState

OFFLINE, STANDBY, READY, WORKING, ERROR = MachineState
ALARMS = ("E12 air pressure", "E07 extraction", "E31 guard open")
AFTER_WORK = (READY, WORKING, ERROR, STANDBY)  # WORKING again: a micro-stop
OFTEN = (55, 30, 5, 10)
LASTS_MIN = {STANDBY: (8, 25), READY: (2, 15), WORKING: (6, 50), ERROR: (5, 40)}
MICRO_STOP_S = (8, 50)


@dataclass(frozen=True, slots=True)
class Simulated:
    """One machine of the demo factory: where it stands, how long a piece takes, how many of a hundred are bad."""

    key: str
    name: str
    name_en: str
    operation: str  # it stands at the station that does it
    cycle_s: int
    bad_percent: int


PLANT = (
    Simulated("saw-1", "推台锯 1", "panel saw 1", "CUT", 95, 1),
    Simulated("press-1", "热压机 1", "hot press 1", "PRESS", 260, 1),
    Simulated("edge-1", "封边机 1", "edge bander 1", "EDGE", 80, 2),
    Simulated("cnc-1", "门机 1", "door CNC 1", "LOCK", 110, 2),
    Simulated("wrap-1", "包覆机 1", "profile wrapper 1", "MITRE", 60, 3),
)


@dataclass(frozen=True, slots=True, order=True)
class Said:
    """One message of one machine: when, on which topic, and what."""

    at: datetime
    key: str
    told: tuple[tuple[str, Any], ...]


def sayings(since: datetime, seed: int, plant: Iterable[Simulated] = PLANT) -> Iterator[Said]:
    """Yield what the machines say from `since` on, by time and without an end."""
    lines = [_line(one, since, Random(f"{seed} {one.key}")) for one in plant]  # noqa: S311  (a story, no secret)
    return heapq.merge(*lines)


def _line(machine: Simulated, at: datetime, chance: Random) -> Iterator[Said]:
    """Yield what one machine says: set up, then runs with pieces, stops and faults; its counters begin at nought."""
    good, bad, state = 0, 0, STANDBY
    while True:
        alarm = chance.choice(ALARMS) if state is ERROR else None
        yield Said(
            at, machine.key, (("state", state.value), ("good", good), ("reject", bad), ("alarm", alarm))
        )
        until = at + timedelta(minutes=chance.uniform(*LASTS_MIN[state]))
        while state is WORKING and at + timedelta(seconds=machine.cycle_s) < until:
            at += timedelta(seconds=machine.cycle_s)
            is_bad = chance.randrange(100) < machine.bad_percent
            good, bad = good + (not is_bad), bad + is_bad
            yield Said(at, machine.key, (("good", good), ("reject", bad)))
        at = until
        if state is not WORKING:
            state = WORKING
            continue
        (state,) = chance.choices(AFTER_WORK, OFTEN)
        if state is WORKING:
            yield Said(at, machine.key, (("state", READY.value),))
            at += timedelta(seconds=chance.uniform(*MICRO_STOP_S))
