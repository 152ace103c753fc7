"""What runs in the background: computing a cut plan, outside any transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.clock import now
from core.errors import AppError
from core.jobs.registry import JobRun
from core.work import close_session, read, run
from mes.cutting import service
from mes.cutting.model import CutPlan
from mes.cutting.rules import PlanFaulty, PlanState
from mes.nesting.rules import ready
from mes.nesting.rules.checker import check
from mes.nesting.rules.cuts import arranged, dealt_in_turn
from mes.nesting.rules.instance import Instance, read_instance
from mes.nesting.rules.plan import Plan
from mes.nesting.rules.solve import solve

SECONDS = 20.0  # a batch of a hundred sets needs a few; this only stops what would never end
LOADING_S = 60.0  # the engine loads in seconds; where it must be compiled first, plain plans do meanwhile


def solve_plan(job: JobRun) -> None:
    """Compute one plan, check it, keep it; a plan that is kept or given up already is left alone.

    A refusal, or being stopped, fails the plan: its pieces wait for another one.
    """
    plan_id = job.arguments["plan_id"]
    row = read().get(CutPlan, plan_id)
    if row is None or row.state is not PlanState.QUEUED:
        return
    number, data = row.number, row.instance
    close_session()  # computing takes seconds; nobody waits for a reader meanwhile
    try:
        instance = read_instance(data)
        ready.compiled(LOADING_S)
        plan = solve(instance, seconds=SECONDS, progress=job.progress, cancelled=job.is_stopped)
        plan = _as_sawn(instance, plan, job.arguments)
        _check(instance, plan, number)
        if job.is_stopped():
            run(service.fail, plan_id)
        else:
            run(service.store, plan_id, plan, job.arguments["pieces"], at=now())
    except AppError:
        run(service.fail, plan_id)
        raise


def _as_sawn(instance: Instance, plan: Plan, told: Mapping[str, Any]) -> Plan:
    """Return the plan in the order of sawing: as the saw wants it, parts of one order near each other."""
    is_longest_first = bool(told.get("is_longest_first"))
    plan = arranged(instance, plan, is_longest_first=is_longest_first)
    layouts = dealt_in_turn(plan.layouts, told.get("ranks", {}), is_longest_first=is_longest_first)
    return replace(plan, layouts=layouts)


def _check(instance: Instance, plan: Plan, number: str) -> None:
    """Raise PlanFaulty when the checker finds a fault."""
    faults = check(instance, plan)
    if faults:
        raise PlanFaulty(number=number, fault=f"{faults[0].kind.value} ({faults[0].detail})")
