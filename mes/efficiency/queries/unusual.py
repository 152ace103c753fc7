"""What happened on the days of a period that may make them unlike others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.counting.model import Entry
from mes.efficiency.queries.window import Calendar
from mes.efficiency.rules.unusual import POWER_CUT, Stretch, Unusual, common
from mes.machines import queries as machines
from mes.machines.queries import MachineWork
from mes.machines.rules.states import MachineState
from mes.planning.queries.load import calendar_days
from mes.planning.rules.capacity import DayKind


def signs(session: Session, calendar: Calendar, *, at: datetime) -> Mapping[date, set[Unusual]]:
    """Return the days on which stock was counted, all key machines were off for long, or nobody was to work."""
    found: defaultdict[date, set[Unusual]] = defaultdict(set)
    for (moment,) in session.execute(
        select(Entry.entered_at).where(calendar.window.holds(Entry.entered_at)).distinct()
    ):
        found[calendar.day_of(moment)].add(Unusual.COUNT)
    for begin, end in _all_off(session, calendar, at=at):
        if end - begin >= POWER_CUT:
            found[calendar.day_of(begin)].add(Unusual.ALL_OFF)
    for row in calendar_days(session, calendar.days[0]):
        if row.kind is not DayKind.WORK and row.day_on <= calendar.days[-1]:
            found[row.day_on].add(Unusual.REST)
    return found


def _all_off(session: Session, calendar: Calendar, *, at: datetime) -> list[Stretch]:
    """Return the planned time in which all key machines that report were off; of one alone it tells nothing."""
    key = [machine for machine in machines.machines(session) if machine.is_key]
    window = calendar.window
    before = max(window.since, min(window.before, at))
    found = machines.work(session, key, window.since, before, window.zone)
    lines = [_off(one) for one in found if one.is_reporting]
    return common(lines) if len(lines) > 1 else []


def _off(work: MachineWork) -> list[Stretch]:
    return [
        (max(span.begin, begin), min(span.end, end))
        for span in work.spans
        if span.state is MachineState.OFFLINE
        for begin, end in work.planned
        if max(span.begin, begin) < min(span.end, end)
    ]
