"""M3: the times of the key machines, and the changes of state behind them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from core.auth.model import Person
from core.i18n import N_
from mes.efficiency import rules
from mes.efficiency.queries.window import Window
from mes.efficiency.rules import Figure, Part
from mes.machines import queries as machines
from mes.machines.model import Machine, StateChange
from mes.machines.queries import MachineWork
from mes.machines.rules import figures


def equipment(session: Session, window: Window, *, at: datetime) -> Figure:
    """Return the third figure as known at `at`: the key machines in use, weighed by their hours."""
    found = key_machines(session, window, at=at)
    times = machines.together(found)
    reporting = sum(1 for one in found if one.is_reporting)
    beside = _beside(found)
    return rules.equipment(times.producing, times.planned, reporting, len(found), times.unknown, beside)


def key_machines(session: Session, window: Window, *, at: datetime) -> list[MachineWork]:
    """Return what the key machines did within the window, up to `at`."""
    key = [machine for machine in machines.machines(session) if machine.is_key]
    return machines.work(session, key, window.since, max(window.since, min(window.before, at)), window.zone)


def _beside(found: list[MachineWork]) -> tuple[Part, ...]:
    """Return what stands beside the figure: utilisation, set-up, technical efficiency and OEE."""
    times = machines.together(found)
    shares = (
        (N_("Utilisation efficiency"), figures.utilisation_efficiency(times)),
        (N_("Setup rate"), figures.setup_rate(times)),
        (N_("Technical efficiency"), figures.technical_efficiency(times)),
        (N_("OEE, by machine hours"), _oee(found)),
    )
    told = ((name, figures.percent(share)) for name, share in shares)
    return tuple(Part(name, value, "%") for name, value in told if value is not None)


def _oee(found: list[MachineWork]) -> Any:
    """Return the OEE of several machines, each weighed by its planned time; nothing where one of them has none."""
    told = [(one.times.planned, figures.oee(one.times, one.made)) for one in found if one.times.planned]
    planned = sum(length for length, _ in told)
    if not planned or any(share is None for _, share in told):
        return None
    return sum(length * (share or 0) for length, share in told) / planned


def state_rows(window: Window) -> Select[Any]:
    """Return the changes of state of the key machines within the window."""
    columns: tuple[Any, ...] = (StateChange.began_at.label("at"), Machine.key.label("what"))
    return (
        select(
            *columns, StateChange.state, StateChange.reason, StateChange.source, Person.name.label("person")
        )
        .join(Machine, Machine.id == StateChange.machine_id)
        .outerjoin(Person, Person.id == StateChange.person_id)
        .where(Machine.is_key, Machine.is_active, window.holds(StateChange.began_at))
    )
