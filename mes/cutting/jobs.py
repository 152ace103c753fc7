"""What runs in the background: computing a cut plan, or the plans of a study, outside any transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from time import monotonic
from typing import Any

from core.clock import now
from core.errors import AppError
from core.jobs.registry import JobRun
from core.work import close_session, read, run
from mes.cutting.model import CutPlan, Study
from mes.cutting.rules import PlanFaulty, PlanState
from mes.cutting.rules.saw import kept_together
from mes.cutting.rules.study import choices, instance_of, read_size, result_data, summed
from mes.cutting.service import results, studies
from mes.nesting.rules import ready
from mes.nesting.rules.checker import check
from mes.nesting.rules.cuts import arranged, dealt_in_turn
from mes.nesting.rules.instance import Instance, read_instance
from mes.nesting.rules.plan import Plan
from mes.nesting.rules.solve import solve

STUDY_SECONDS = 5.0  # a week of one choice of a study: there are many, and they are only compared
SECONDS = 20.0  # a batch of a hundred sets needs a few; this only stops what would never end
PUBLISH_EVERY_S = 1.0  # nobody reads faster
PUBLISH_SPARING = 9  # a tenth of the time at most goes into showing what was found so far
LOADING_S = 60.0  # the engine loads in seconds; where it must be compiled first, plain plans do meanwhile


def solve_plan(job: JobRun) -> None:
    """Compute one plan, check it, keep it; a plan that is kept or given up already is left alone.

    The first plan is shown at once and every better one after it. Being stopped keeps the best so far; a refusal
    fails the plan: its pieces wait for another one.
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
        plan = solve(
            instance,
            seconds=SECONDS,
            progress=job.progress,
            cancelled=job.is_stopped,
            publish=_Publisher(plan_id, number, instance, job.arguments).hear,
        )
        plan = _as_sawn(instance, plan, job.arguments)
        _check(instance, plan, number)
        run(results.store, plan_id, plan, job.arguments["pieces"], at=now())
    except AppError:
        run(results.fail, plan_id)
        raise


class _Publisher:
    """Shows plans as they are found, the first at once, the others as often as they cost the engine little."""

    def __init__(self, plan_id: int, number: str, instance: Instance, told: Mapping[str, Any]) -> None:
        self.plan_id, self.number, self.instance, self.told = plan_id, number, instance, told
        self.quiet_until = 0.0

    def hear(self, plan: Plan) -> None:
        """Check and show one plan, unless the last one was shown just now: a better one comes, or the end."""
        began = monotonic()
        if began < self.quiet_until:
            return
        plan = _as_sawn(self.instance, plan, self.told)
        _check(self.instance, plan, self.number)
        run(results.publish, self.plan_id, plan)
        ended = monotonic()
        self.quiet_until = ended + max(PUBLISH_EVERY_S, (ended - began) * PUBLISH_SPARING)


def solve_study(job: JobRun) -> None:
    """Plan each choice of sizes of a study for every week, check the plans, keep what they come to.

    Nothing is kept of a study that is stopped. The plans themselves are thrown away.
    """
    study_id = job.arguments["study_id"]
    row = read().get(Study, study_id)
    if row is None or row.answer is not None:
        return
    question = row.question
    close_session()
    sizes = [read_size(one) for one in question["sizes"]]
    compared, weeks = choices(sizes), question["weeks"]
    found = []
    for number, choice in enumerate(compared):
        plans = []
        for week, demand in enumerate(weeks):
            job.progress(number * len(weeks) + week, len(compared) * len(weeks))
            instance = read_instance(instance_of(demand, sizes, choice))
            plan = solve(instance, seconds=STUDY_SECONDS, cancelled=job.is_stopped)
            if job.is_stopped():
                return
            _check(instance, plan, f"{study_id}.{number}")
            plans.append((demand, plan))
        found.append(result_data(summed(sizes, choice, plans)))
    run(studies.answer, study_id, found)


def _as_sawn(instance: Instance, plan: Plan, told: Mapping[str, Any]) -> Plan:
    """Return the plan in the order of sawing: as the saw wants it, parts of one order near each other.

    Where groups are matched by grain nothing changes its place on its sheet.
    """
    is_longest_first = bool(told.get("is_longest_first"))
    if instance.groups:
        plan = replace(plan, layouts=tuple(kept_together(instance, layout) for layout in plan.layouts))
    else:
        plan = arranged(instance, plan, is_longest_first=is_longest_first)
    layouts = dealt_in_turn(plan.layouts, told.get("ranks", {}), is_longest_first=is_longest_first)
    return replace(plan, layouts=layouts)


def _check(instance: Instance, plan: Plan, number: str) -> None:
    """Raise PlanFaulty when the checker finds a fault."""
    faults = check(instance, plan)
    if faults:
        raise PlanFaulty(number=number, fault=f"{faults[0].kind.value} ({faults[0].detail})")
