"""The first plan is shown at once, better ones replace it; stopping keeps the best, whatever became of the worker."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.clock import now
from core.errors import NotFound
from core.jobs import service as jobs
from core.jobs.model import Job
from core.jobs.rules import JobState
from core.jobs.worker import run_waiting
from mes.cutting import queries, service
from mes.cutting.model import CutLayout, CutPlan
from mes.cutting.queries import offcuts
from mes.cutting.rules import PlanState, worth
from mes.cutting.service import results
from mes.nesting.rules.instance import read_instance
from mes.nesting.rules.plan import read_plan
from mes.nesting.rules.solve import solve
from tests.conftest import NOON
from tests.factories.factory import make_line
from tests.mes.cutting.test_progress import batch_of
from tests.mes.cutting.test_service import make_batch, to_cut


def queued(session, *lines):
    """A plan of sheets that waits, and every plan that the engine tells of it, the first one too."""
    batch, order = make_batch(session, *lines)
    plans = service.plan_batch(session, batch.id, by=None, at=NOON)
    plan = max((one for one in plans if one.instance["kind"] == "sheet"), key=lambda one: one.piece_count)
    heard = []
    instance = read_instance(plan.instance)
    heard.append(solve(instance, seconds=20, publish=heard.append))
    return batch, order, plan, instance, heard


def test_the_first_plan_is_shown_and_only_a_better_one_replaces_it(session, client_for):
    batch, _, plan, instance, heard = queued(session, make_line(set_count=6))
    first, last = heard[0], heard[-1]
    assert results.publish(session, plan.id, first)
    assert (plan.state, plan.stock_count) == (
        PlanState.QUEUED,
        sum(layout.repeat for layout in first.layouts),
    )
    assert results.publish(session, plan.id, last) == (worth(instance, last) < worth(instance, first))
    assert not results.publish(session, plan.id, first)  # as a job would that begins anew
    assert worth(instance, read_plan(plan.result)) == worth(instance, last)
    assert session.scalars(select(CutLayout).where(CutLayout.plan_id == plan.id)).all() == []
    session.commit()
    client = client_for("splitter", locale="en")
    page = client.get(f"/mes/cutting/plans/{plan.id}/").text
    assert "This is the best so far" in page
    assert "plan.ptx" not in page
    assert client.get(f"/mes/cutting/plans/{plan.id}/labels.pdf").status_code == 404
    assert "so far" in client.get(f"/mes/planning/batches/{batch.id}/").text


def test_plans_are_compared_by_what_they_leave_out_then_by_cost(session):
    _, _, plan, instance, heard = queued(session)
    best = heard[-1]
    dearer = replace(best, stock_used={key: count + 1 for key, count in best.stock_used.items()})
    assert worth(instance, best) < worth(instance, dearer)
    assert results.publish(session, plan.id, dearer)
    assert results.publish(session, plan.id, best)
    assert not results.publish(session, plan.id, dearer)


def test_stopping_one_plan_keeps_what_it_has_found(session, client_for):
    _, order, plan, instance, heard = queued(session)
    results.publish(session, plan.id, heard[0])
    session.commit()
    client = client_for("splitter", locale="en")
    answer = client.post(f"/mes/cutting/plans/{plan.id}/stop", follow_redirects=True)
    assert f"{plan.number} is kept as it stands." in answer.text
    session.expire_all()
    assert (plan.state, session.get(Job, plan.job_id).state) == (PlanState.READY, JobState.CANCELLED)
    assert worth(instance, read_plan(plan.result)) == worth(instance, heard[0])
    assert [*queries.prove(session), *offcuts.prove(session)] == []
    assert not results.store(session, plan.id, heard[-1], {}, at=NOON)  # the worker comes too late
    assert client_for("operator").post(f"/mes/cutting/plans/{plan.id}/stop").status_code == 403
    with pytest.raises(NotFound):
        results.stop_plan(session, 9999, at=NOON)


def test_what_is_stopped_before_it_found_anything_waits_again(session):
    batch, _, plan, _, _ = queued(session)
    assert results.stop_batch(session, batch.id, at=NOON) > 0
    session.refresh(plan)
    assert (plan.state, plan.result) == (PlanState.FAILED, None)
    assert service.plan_batch(session, batch.id, by=None, at=NOON)


def test_a_plan_whose_pieces_were_scrapped_meanwhile_is_not_kept(session):
    batch, order, plan, _, heard = queued(session)
    results.publish(session, plan.id, heard[0])
    for piece in to_cut(session, order):
        piece.state = "VOID"
    session.flush()
    results.stop_batch(session, batch.id, at=NOON)
    session.refresh(plan)
    assert (plan.state, plan.result, plan.stock_count) == (PlanState.FAILED, None, None)


def test_a_job_that_was_given_up_leaves_its_best_plan_to_the_next_planner(session):
    batch, _, plan, _, heard = queued(session)
    results.publish(session, plan.id, heard[0])
    session.execute(update(Job).values(state=JobState.RUNNING))
    for one in session.scalars(select(Job)).all():
        jobs.end(session, one.id, JobState.FAILED, "worker lost", at=NOON)
    session.expire_all()
    service.plan_batch(session, batch.id, by=None, at=NOON)  # the other materials are planned anew
    assert (plan.state, plan.stock_count) == (PlanState.READY, sum(one.repeat for one in heard[0].layouts))


def seen(database, batch_id, is_alive):
    """Return the id of a plan of which a worker has shown something and is still at work."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert is_alive()
        with database.session as session:
            wanted = (
                select(CutPlan.id)
                .join(Job, Job.id == CutPlan.job_id)
                .where(CutPlan.batch_id == batch_id, CutPlan.state == PlanState.QUEUED)
                .where(CutPlan.stock_count.is_not(None), Job.state == JobState.RUNNING)
            )
            found = session.scalars(wanted).first()
        if found is not None:
            return found
        time.sleep(0.01)
    raise AssertionError("nothing was shown")


def stopped(database, batch_id):
    with database.session as session:
        results.stop_batch(session, batch_id, at=now())
        session.commit()


def test_a_batch_that_is_stopped_while_it_is_computed_keeps_the_best(database):
    batch_id = batch_of(database, make_line(set_count=60), make_line(height_mm=2210, set_count=50))
    worker = threading.Thread(target=lambda: run_waiting(database.app))
    worker.start()
    plan_id = seen(database, batch_id, worker.is_alive)
    stopped(database, batch_id)
    with database.session as session:
        assert (
            session.get(CutPlan, plan_id).state is PlanState.READY
        )  # at once, before the worker hears of it
    worker.join(60)
    with database.session as session:
        assert session.get(CutPlan, plan_id).state is PlanState.READY
        assert [*queries.prove(session), *offcuts.prove(session)] == []


def test_the_best_plan_of_a_worker_that_was_killed_can_be_kept(database, tmp_path):
    batch_id = batch_of(database, make_line(set_count=60), make_line(height_mm=2210, set_count=50))
    url = str(database.app.config["DATABASE_URL"])
    env = {**os.environ, "MORTISE_DATABASE_URL": url, "MORTISE_VAR_DIR": str(tmp_path / "var")}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "jobs", "work", "--only-jobs"]
    worker = subprocess.Popen(command, env=env)  # noqa: S603  (our own command)
    try:
        plan_id = seen(database, batch_id, lambda: worker.poll() is None)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait(30)
    stopped(database, batch_id)
    with database.session as session:
        plan = session.get(CutPlan, plan_id)
        assert (plan.state, plan.unplaced_count) == (PlanState.READY, 0)
        session.execute(update(Job).values(seen_at=now() - timedelta(seconds=31)))
        session.commit()
    run_waiting(database.app)  # takes up what it finds, and changes nothing of it
    with database.session as session:
        assert session.get(Job, session.get(CutPlan, plan_id).job_id).state is JobState.CANCELLED
        assert [*queries.prove(session), *offcuts.prove(session)] == []
