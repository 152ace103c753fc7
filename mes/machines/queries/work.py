"""What machines did within a stretch of time: spans, times, output, losses."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.machines.model import Machine, Output, StateChange
from mes.machines.queries.machines import last_changes, shifts, times_of
from mes.machines.rules.figures import Loss, Made, Times, losses, measure, ranked
from mes.machines.rules.shifts import PlannedTime, ShiftTimes, Stretch, planned
from mes.machines.rules.states import SILENT, Change, MachineState, Source, Span, bridged, spans
from mes.planning.queries.load import calendar_days


@dataclass(frozen=True, slots=True)
class MachineWork:
    """One machine within a stretch of time."""

    machine: Machine
    spans: list[Span]  # without a gap; micro-stops count as running
    planned: Sequence[Stretch]
    times: Times
    made: Made

    @property
    def is_reporting(self) -> bool:
        """Whether anything is known of its planned time."""
        return self.times.planned > 0

    @property
    def losses(self) -> list[Loss]:
        """Its lost planned time, the largest loss first."""
        return losses(self.spans, self.planned)

    @property
    def micro_stop_count(self) -> int:
        """How many stops were too short to be one."""
        return sum(1 for span in self.spans if span.is_micro_stop)


def work(
    session: Session, some: Sequence[Machine], since: datetime, before: datetime, zone: ZoneInfo
) -> list[MachineWork]:
    """Return what some machines did from `since` to `before`; pieces count where they came in planned time."""
    ids = [machine.id for machine in some]
    stretches = planned_time(session, since, before, zone)
    lines = _changes(session, ids, since, before)
    made = pieces(session, ids, stretches, since, before)
    found = []
    for machine in some:
        line = bridged(spans(_with_silence(machine, lines[machine.id], before), since, before))
        good, reject = made[machine.id]
        output = Made(good + reject, good, Fraction(machine.planned_run_min))
        own = stretches.of(machine.id)
        found.append(MachineWork(machine, line, own, measure(line, own), output))
    return found


def together(found: Sequence[MachineWork]) -> Times:
    """Return the times of several machines added up: figures of them weigh each by its hours."""
    return sum((one.times for one in found), Times())


def lost(found: Sequence[MachineWork]) -> list[Loss]:
    """Return the lost planned time of several machines, the largest loss first."""
    return ranked(loss for one in found for loss in one.losses)


def planned_time(session: Session, since: datetime, before: datetime, zone: ZoneInfo) -> PlannedTime:
    """Return the planned time of all machines: by their own shifts, or else by the factory's."""
    first = since.astimezone(zone).date() - timedelta(days=1)
    kind_of = {row.day_on: row.kind for row in calendar_days(session, first)}.get
    of_machine: defaultdict[int | None, list[ShiftTimes]] = defaultdict(list)
    for shift in shifts(session):
        of_machine[shift.machine_id].append(times_of(shift))
    plant = of_machine.pop(None, [])
    usual = planned(plant, kind_of, since, before, zone)
    own = {
        one: planned(plant, kind_of, since, before, zone, shifts_of)
        for one, shifts_of in of_machine.items()
        if one is not None
    }
    return PlannedTime(usual, own)


def _changes(
    session: Session, ids: Collection[int], since: datetime, before: datetime
) -> defaultdict[int, list[Change]]:
    """Return the changes of some machines within a stretch of time, and the last one before it."""
    found: defaultdict[int, list[Change]] = defaultdict(list)
    of_change = (StateChange.began_at, StateChange.state, StateChange.reason, StateChange.source)
    columns = (StateChange.machine_id, *of_change)
    of_some = StateChange.machine_id.in_(ids)
    for one in last_changes(session, ids, since).values():
        found[one.machine_id].append(Change(one.began_at, one.state, one.reason, one.source is Source.SIGNAL))
    within = select(*columns).where(of_some, StateChange.began_at >= since, StateChange.began_at < before)
    for machine_id, at, state, reason, source in session.execute(within):
        found[machine_id].append(Change(at, state, reason, source is Source.SIGNAL))
    return found


def _with_silence(machine: Machine, changes: list[Change], before: datetime) -> list[Change]:
    """Return a machine's changes, and that it counts as off since it was last heard where it fell silent."""
    last = max(changes, key=lambda change: change.at, default=None)
    heard_at = machine.seen_at
    if last is None or not last.is_signal or heard_at is None or heard_at >= before - SILENT:
        return changes
    return [*changes, Change(max(heard_at, last.at), MachineState.OFFLINE)]


def pieces(
    session: Session, ids: Collection[int], stretches: PlannedTime, since: datetime, before: datetime
) -> defaultdict[int, tuple[int, int]]:
    """Return the good and the rejected pieces of some machines within their planned time."""
    found: defaultdict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    begins = {one: [begin for begin, _ in stretches.of(one)] for one in ids}
    rows = session.execute(
        select(Output.machine_id, Output.counted_at, Output.good_count, Output.reject_count).where(
            Output.machine_id.in_(ids), Output.counted_at >= since, Output.counted_at < before
        )
    )
    for machine_id, at, good, reject in rows:
        place = bisect_right(begins[machine_id], at) - 1
        if place >= 0 and at < stretches.of(machine_id)[place][1]:
            made = found[machine_id]
            found[machine_id] = (made[0] + good, made[1] + reject)
    return found
