"""The machines of the demo factory and its day shift, written down by the real commands."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import takewhile

from sqlalchemy.orm import Session

from mes.demo.rules.machines import PLANT, sayings
from mes.machines import queries, service
from mes.machines.rules.shifts import ShiftTimes
from mes.machines.rules.signals import Message
from mes.machines.rules.states import MachineState
from mes.machines.service import MachineFacts
from mes.scanning import queries as scanning

DAY_SHIFT = (time(8), time(17, 30), ((time(12), time(13)),))
WORKDAYS = frozenset(range(6))  # Monday to Saturday
MILLI_MIN = Decimal("0.001")
BACK = timedelta(days=60)  # the shift holds for what was told of the past too


def set_up_machines(session: Session, today: date, *, at: datetime) -> None:
    """Write down the machines that are not there yet, and a shift where there is none."""
    stations = scanning.stations(session)
    known = {machine.key for machine in queries.machines(session, is_all=True)}
    for one in PLANT:
        if one.key not in known:
            cycle_min = (Decimal(one.cycle_s) / 60).quantize(MILLI_MIN)
            here = next((two.id for two in stations if one.operation in two.operation_codes), None)
            facts = MachineFacts(one.key, one.name, one.name_en, here, True, cycle_min)
            service.put_machine(session, None, facts, by=None, at=at)
    if not queries.shifts(session):
        service.add_shift(session, "白班", ShiftTimes(*DAY_SHIFT, WORKDAYS, today - BACK), by=None, at=at)


def tell(session: Session, since: datetime, until: datetime, seed: int) -> None:
    """Take in what the machines said from `since` to `until`, as if the broker had brought it."""
    told = [
        Message(
            said.key,
            said.at,
            state=MachineState(facts["state"]) if "state" in facts else None,
            good=facts.get("good"),
            reject=facts.get("reject"),
            alarm=facts.get("alarm") or "",
        )
        for said in takewhile(lambda one: one.at < until, sayings(since, seed))
        for facts in (dict(said.told),)
    ]
    service.take(session, told, at=until)
