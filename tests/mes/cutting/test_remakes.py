"""Remakes go into the next cut at once, of whatever batch; two planners never take the same one."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from core.jobs.worker import run_waiting
from core.work import run
from mes.cutting import queries, service
from mes.cutting.model import CutLayout, CutPlan, Placement, TakenAlong
from mes.cutting.rules import NoRemakes, PlanState
from mes.cutting.service import results
from mes.planning.service import create_batch
from mes.splitting import service as splitting
from mes.splitting.model import Piece
from tests.conftest import NOON
from tests.factories.factory import make_line, release_order
from tests.mes.cutting.test_service import alone, computed, make_batch


def scrapped(app, session):
    """A planned batch one piece of which was scrapped: the piece that takes its place."""
    batch, order = make_batch(session)
    computed(app, session, batch)
    new = splitting.replace(session, alone(session, order).id, "CHIP", by=None, at=NOON)
    session.commit()
    return batch, new.id


def plan_of(session, piece_id):
    rows = select(CutPlan).join(CutLayout, CutLayout.plan_id == CutPlan.id)
    rows = rows.join(Placement, Placement.layout_id == CutLayout.id).where(Placement.piece_id == piece_id)
    return session.scalars(rows.distinct()).one()


def test_a_remake_goes_along_with_the_next_plan_of_its_material(app, session):
    _, key = scrapped(app, session)
    batch, _ = make_batch(session)
    plans = computed(app, session, batch)
    found = plan_of(session, key)
    assert found in plans
    assert found.material_id == session.get(Piece, key).material_id
    assert queries.remakes(session) == []
    assert session.scalar(select(func.count()).select_from(TakenAlong)) == 0
    assert queries.prove(session) == []


def test_while_it_is_computed_nobody_else_takes_it_and_a_failed_plan_lets_it_go(app, session):
    home, key = scrapped(app, session)
    batch, _ = make_batch(session)
    plans = service.plan_batch(session, batch.id, by=None, at=NOON)
    assert queries.waiting_pieces(session, home.id) == []
    for plan in plans:
        results.fail(session, plan.id)
    assert [piece.id for piece in queries.waiting_pieces(session, home.id)] == [key]


def test_remakes_of_all_batches_are_planned_alone_at_once(app, session):
    batches = [make_batch(session) for _ in range(2)]
    for batch, _ in batches:
        computed(app, session, batch)
    pieces = [alone(session, order) for _, order in batches]
    one, other = (splitting.replace(session, piece.id, "CHIP", by=None, at=NOON).id for piece in pieces)
    first = batches[0][0]
    plans = service.plan_remakes(session, by=None, at=NOON)
    assert {plan.batch_id for plan in plans} == {first.id}
    assert sum(plan.piece_count for plan in plans) == 2
    session.commit()
    run_waiting(app)
    session.expire_all()
    assert {plan.state for plan in plans} == {PlanState.READY}
    assert {plan_of(session, key).batch_id for key in (one, other)} == {first.id}
    with pytest.raises(NoRemakes):
        service.plan_remakes(session, by=None, at=NOON)


def test_the_page_shows_the_remake_lane_and_plans_it(app, session, client_for):
    _, key = scrapped(app, session)
    client = client_for("splitter", locale="en")
    page = client.get("/mes/planning/proposals/").text
    assert session.get(Piece, key).code in page
    answer = client.post("/mes/cutting/remakes/plan", follow_redirects=True)
    assert "1 cut plans are being computed." in answer.text
    assert "No remake waits for the saw." in client.get("/mes/planning/proposals/").text
    refused = client.post("/mes/cutting/remakes/plan")
    assert refused.status_code == 422
    assert client_for("keeper").post("/mes/cutting/remakes/plan").status_code == 403


def test_two_planners_at_once_take_a_remake_once(database):
    with database.app.app_context():
        session = database.session
        _, key = scrapped(database.app, session)
        ids = []
        for _ in range(2):
            order = release_order(session, make_line())
            ids.append(create_batch(session, [order.id], by=None, at=NOON).id)
        session.commit()
        session.close()
    start = Barrier(2)

    def plan(batch_id):
        with database.app.app_context():
            start.wait()
            return len(run(service.plan_batch, batch_id, by=None, at=NOON))

    with ThreadPoolExecutor(2) as pool:
        assert all(pool.map(plan, ids))
    with database.session as session:
        assert session.scalars(select(TakenAlong.piece_id)).all() == [key]
    with database.app.app_context():
        run_waiting(database.app)
    with database.session as session:
        assert plan_of(session, key).batch_id in ids
        assert queries.prove(session) == []
