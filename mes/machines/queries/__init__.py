"""Reads of machines: what each is doing, what it did within a stretch of time, and the figures of it."""

from mes.machines.queries.machines import (
    Hearing,
    at_station,
    by_id,
    change_after,
    change_at,
    changes_within,
    hearing,
    is_heard,
    last_change,
    last_changes,
    machines,
    shift_rows,
    shifts,
)
from mes.machines.queries.work import MachineWork, lost, together, work

__all__ = [
    "Hearing",
    "MachineWork",
    "at_station",
    "by_id",
    "change_after",
    "change_at",
    "changes_within",
    "hearing",
    "is_heard",
    "last_change",
    "last_changes",
    "lost",
    "machines",
    "shift_rows",
    "shifts",
    "together",
    "work",
]
