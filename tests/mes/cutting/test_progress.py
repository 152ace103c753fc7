"""One bar over all materials: weighted, never backwards; workers side by side; a killed one; stopping; changes."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.clock import now
from core.jobs import service as jobs
from core.jobs.model import Job
from core.jobs.rules import JobState
from core.jobs.worker import run_waiting
from mes.cutting import queries, service
from mes.cutting.model import CutLayout, CutPlan, Offcut
from mes.cutting.queries import offcuts
from mes.cutting.rules import PlanState
from mes.cutting.rules.offcuts import OffcutState
from mes.cutting.rules.progress import PlanWork, progress
from mes.planning.service import create_batch
from tests.conftest import NOON
from tests.factories.factory import make_line, release_order
from tests.factories.people import make_person
from tests.mes.changes.office import cancel, sets_of
from tests.mes.cutting.test_service import computed, make_batch

RUNNING, QUEUED, DONE, FAILED = JobState.RUNNING, JobState.QUEUED, JobState.DONE, JobState.FAILED


def test_plans_weigh_what_they_have_to_cut():
    # 300 of 300, half of 100, none of 600: 350 of 1000 parts
    works = [PlanWork(300, DONE, 8000, 8000), PlanWork(100, RUNNING, 50, 100), PlanWork(600, QUEUED, 0, 0)]
    found = progress(works, NOON, NOON + timedelta(seconds=7))
    assert (found.done, found.total) == (350, 1000)
    assert (found.ended_count, found.running_count, found.waiting_count, found.plan_count) == (1, 1, 1, 3)
    # 35 % took 7 s: the other 65 % take 13 s
    assert found.left == timedelta(seconds=13)
    assert found.is_open


@pytest.mark.parametrize(
    ("done", "seconds", "left"),
    [(9, 60, None), (10, 2, None), (10, 3, 27), (50, 3, 3), (99, 297, 3)],  # of 100
)
def test_the_time_left_is_told_only_when_it_is_known(done, seconds, left):
    found = progress([PlanWork(10, RUNNING, done, 100)], NOON, NOON + timedelta(seconds=seconds))
    assert found.left == (None if left is None else timedelta(seconds=left))


def test_a_plan_that_is_not_kept_yet_is_not_done_and_a_failed_one_is_done_with():
    assert progress([PlanWork(200, RUNNING, 100, 100)], None, NOON).done == 198  # 99 %
    ended = progress([PlanWork(200, FAILED, 10, 100)], None, NOON)
    assert (ended.done, ended.is_open, ended.left) == (200, False, None)


def test_a_job_that_is_begun_anew_does_not_go_back(session):
    job = jobs.enqueue(session, "any", {}, by=None, at=NOON)
    job.state = RUNNING
    session.flush()
    seen = []
    for done, total in ((10, 100), (60, 100), (0, 0), (5, 100), (61, 100)):
        assert not jobs.tell(session, job.id, done, total, at=NOON)
        session.refresh(job)
        seen.append((job.done_count, job.total_count))
    assert seen == [(10, 100), (60, 100), (60, 100), (60, 100), (61, 100)]


def batch_of(database, *lines):
    with database.app.app_context(), database.session as session:
        order = release_order(session, *lines)
        batch = create_batch(session, [order.id], by=None, at=NOON)
        service.plan_batch(session, batch.id, by=None, at=NOON)
        session.commit()
        return batch.id


def proved(session, batch_id):
    plans = session.scalars(select(CutPlan).where(CutPlan.batch_id == batch_id)).all()
    assert {plan.state for plan in plans} == {PlanState.READY}
    assert queries.waiting_pieces(session, batch_id) == []
    assert [*queries.prove(session), *offcuts.prove(session)] == []
    return plans


def test_two_workers_share_the_materials_of_a_batch(database):
    batch_id = batch_of(database, make_line(set_count=2))
    counts = []
    threads = [threading.Thread(target=lambda: counts.append(run_waiting(database.app))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.session as session:
        plans = proved(session, batch_id)
        assert sum(counts) == len(plans)
        assert {session.get(Job, plan.job_id).try_count for plan in plans} == {1}


def test_a_worker_that_is_killed_loses_nothing(database, tmp_path):
    batch_id = batch_of(database, make_line(set_count=40))
    url = str(database.app.config["DATABASE_URL"])
    env = {**os.environ, "MORTISE_DATABASE_URL": url, "MORTISE_VAR_DIR": str(tmp_path / "var")}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "jobs", "work", "--only-jobs"]
    worker = subprocess.Popen(command, env=env)  # noqa: S603  (our own command)
    try:
        killed = wait_for_one_at_work(database, batch_id, worker)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait(30)
    with database.session as session:
        assert session.get(Job, killed).state is RUNNING
        shown = queries.batch_progress(session, batch_id, now())
        assert shown.is_open
        session.execute(update(Job).where(Job.state == RUNNING).values(seen_at=now() - timedelta(seconds=31)))
        session.commit()
    run_waiting(database.app)
    with database.session as session:
        proved(session, batch_id)
        assert session.get(Job, killed).try_count == 2


def wait_for_one_at_work(database, batch_id, worker):
    """Return the id of a job that has told its first progress."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert worker.poll() is None, "the worker ended"
        with database.session as session:
            wanted = select(Job.id).where(Job.state == RUNNING, Job.total_count > 0)
            found = session.scalars(wanted).first()
        if found is not None:
            return found
        time.sleep(0.02)
    raise AssertionError("no job was taken up")


def test_stopping_a_batch_frees_what_its_waiting_plans_held(app, session, client_for):
    first, _ = make_batch(session)
    computed(app, session, first)
    by = make_person(session, roles=("operator",)).id
    for layout in session.scalars(select(CutLayout)).all():
        service.mark_layout_cut(session, layout.id, station_id=None, by=by, at=NOON)
    batch, _ = make_batch(session)
    plans = service.plan_batch(session, batch.id, by=None, at=NOON)
    held = select(Offcut.id).where(Offcut.state == OffcutState.HELD)
    assert session.scalars(held).all()
    session.commit()
    client = client_for("splitter", locale="en")
    page = client.get(f"/mes/planning/batches/{batch.id}/").text
    assert f"0 of {len(plans)} plans ended, 0 at work" in page
    told = client.get(f"/mes/cutting/batches/{batch.id}/progress.json").json
    assert (told["state"], told["done"], told["total"]) == ("RUNNING", 0, sum(p.piece_count for p in plans))
    answer = client.post(f"/mes/cutting/batches/{batch.id}/stop", follow_redirects=True)
    assert f"{len(plans)} cut plans are stopped" in answer.text
    session.expire_all()
    assert {plan.state for plan in plans} == {PlanState.FAILED}
    assert session.scalars(held).all() == []
    assert client.get(f"/mes/cutting/batches/{batch.id}/progress.json").json["state"] == "DONE"
    assert client.post("/mes/cutting/batches/9999/stop").status_code == 404
    assert client_for("operator").post(f"/mes/cutting/batches/{batch.id}/stop").status_code == 403


def test_a_changed_order_marks_its_batch_and_what_is_cut_stands(app, session, client_for):
    batch, order = make_batch(session, make_line(set_count=4))
    computed(app, session, batch)
    assert not queries.stale(session, batch.id)
    by = make_person(session, roles=("operator",)).id
    cut = session.scalars(select(CutLayout).order_by(CutLayout.id)).first()
    service.mark_layout_cut(session, cut.id, station_id=None, by=by, at=NOON)
    cancel(session, order, sets_of(session, order)[0])
    session.commit()
    found = queries.stale(session, batch.id)
    assert found.unwanted_count > 0
    client = client_for("splitter", locale="en")
    said = f"{found.unwanted_count} parts on sheets that are not cut are not wanted any more."
    assert said in client.get(f"/mes/planning/batches/{batch.id}/").text
    assert "order changed" in client.get("/mes/planning/batches/").text
    assert said in client.get(f"/erp/sales/orders/{order.id}/").text
    assert client.post(f"/mes/cutting/batches/{batch.id}/replan").status_code == 303
    run_waiting(app)
    session.expire_all()
    assert not queries.stale(session, batch.id)
    assert (cut.dropped_at, cut.cut_at) == (None, NOON)
    assert "order changed" not in client.get("/mes/planning/batches/").text
    assert [*queries.prove(session), *offcuts.prove(session)] == []
