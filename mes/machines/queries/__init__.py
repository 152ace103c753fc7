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
    own_clocks,
    shift_rows,
    shifts,
)
from mes.machines.queries.work import MachineWork, lost, pieces, planned_time, together, work

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
    "own_clocks",
    "pieces",
    "planned_time",
    "shift_rows",
    "shifts",
    "together",
    "work",
]
