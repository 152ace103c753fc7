"""Machines and shifts for tests, by real commands."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import count

from mes.machines import service
from mes.machines.rules.shifts import ShiftTimes
from mes.machines.service import MachineFacts

WRITTEN = datetime(2026, 11, 1, 0, 0, tzinfo=UTC)
_number = count(1)


def make_machine(session, key=None, *, name="推台锯", station_id=None, is_key=True, planned_run="2"):
    key = key or f"saw-{next(_number)}"
    facts = MachineFacts(key, name, "panel saw", station_id, is_key, Decimal(planned_run))
    return service.put_machine(session, None, facts, by=None, at=WRITTEN)


def make_shift(
    session, begins="08:00", ends="17:30", breaks=(("12:00", "13:00"),), weekdays=range(6), machine_id=None
):
    """From Monday to Saturday, 08:00 to 12:00 and 13:00 to 17:30 by the factory's clock, unless told otherwise."""
    clock = time.fromisoformat
    times = ShiftTimes(
        clock(begins),
        clock(ends),
        tuple((clock(begin), clock(end)) for begin, end in breaks),
        frozenset(weekdays),
        date(2026, 11, 1),
    )
    return service.add_shift(session, "白班", times, machine_id, by=None, at=WRITTEN)
