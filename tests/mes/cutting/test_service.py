"""From a batch to sheets with pieces on them; the plans are computed by the real worker."""

from collections import Counter
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core.errors import NotFound
from core.jobs import service as jobs
from core.jobs.model import Job
from core.jobs.worker import run_waiting
from erp.materials.model import Article, Material
from erp.materials.rules import MaterialKind
from erp.stock.model import Demand
from mes.cutting import queries, service
from mes.cutting.model import CutLayout, CutPlan, Placement
from mes.cutting.rules import NothingToCut, PiecesChanged, PlanRunning, PlanState
from mes.cutting.service import demand, results
from mes.nesting.rules.instance import read_instance
from mes.nesting.rules.solve import solve
from mes.planning.model import Batch
from mes.planning.rules import BatchState
from mes.planning.service import create_batch
from mes.splitting import service as splitting
from mes.splitting.model import Piece
from mes.splitting.rules import CutMethod, PieceState
from tests.conftest import NOON
from tests.factories.factory import make_line, release_order


def make_batch(session, *lines):
    order = release_order(session, *lines)
    return create_batch(session, [order.id], by=None, at=NOON), order


def computed(app, session, batch):
    service.plan_batch(session, batch.id, by=None, at=NOON)
    session.commit()
    run_waiting(app)
    session.expire_all()
    return session.scalars(select(CutPlan).where(CutPlan.batch_id == batch.id).order_by(CutPlan.id)).all()


def to_cut(session, order):
    wanted = select(Piece).where(Piece.order_id == order.id, Piece.cut_method != CutMethod.NONE)
    return session.scalars(wanted.where(Piece.state == PieceState.PLANNED)).all()


def alone(session, order):
    """A labelled piece of one part that nothing is built into."""
    pieces = to_cut(session, order)
    joined = {piece.joins for piece in pieces}
    return next(
        one for one in pieces if one.is_tracked and one.part_count == 1 and one.rule_code not in joined
    )


def test_every_part_of_every_piece_gets_one_place_on_a_sheet_of_its_material(app, session):
    batch, order = make_batch(session, make_line(set_count=3))
    plans = computed(app, session, batch)
    assert {plan.state for plan in plans} == {PlanState.READY}
    rows = session.execute(
        select(Placement.piece_id, CutPlan.material_id)
        .join(CutLayout, CutLayout.id == Placement.layout_id)
        .join(CutPlan, CutPlan.id == CutLayout.plan_id)
    )
    pieces = to_cut(session, order)
    assert Counter(tuple(row) for row in rows) == Counter(
        {(piece.id, piece.material_id): piece.part_count for piece in pieces}
    )
    assert queries.prove(session) == []


def test_every_sheet_has_a_label_and_the_plan_its_figures(app, session):
    batch, _ = make_batch(session, make_line(set_count=2))
    for plan in computed(app, session, batch):
        sheets = session.scalars(
            select(CutLayout).where(CutLayout.plan_id == plan.id).order_by(CutLayout.position)
        ).all()
        assert [sheet.position for sheet in sheets] == list(range(1, plan.stock_count + 1))
        assert all(sheet.code.startswith("O") for sheet in sheets)
        assert 0 < plan.yield_rate <= 1
        assert plan.unplaced_count == 0


def test_the_batch_is_planned_and_stock_knows_what_it_needs(app, session):
    batch, _ = make_batch(session)
    plans = computed(app, session, batch)
    assert session.get(Batch, batch.id).state is BatchState.PLANNED
    needed = dict(
        session.execute(
            select(Demand.material_id, Demand.needed_qty).where(
                Demand.subject == "mes.planning.batch", Demand.subject_id == batch.id
            )
        ).all()
    )
    assert {plan.material_id: Decimal(plan.stock_count) for plan in plans}.items() <= needed.items()
    assert len(needed) > len(plans)  # hinges, band, cartons as well


def test_stock_is_told_what_the_sheets_are_in_square_metres_each_by_its_own_size(app, session):
    batch, _ = make_batch(session, make_line(set_count=3))
    sheets = session.execute(
        select(CutPlan, Material)
        .join(Material, Material.id == CutPlan.material_id)
        .where(CutPlan.id.in_(plan.id for plan in computed(app, session, batch)))
        .where(Material.kind == MaterialKind.SHEET)
    )
    plan, material = max(sheets, key=lambda one: one[0].stock_count)
    large = Article(
        material_id=material.id, code="LARGE", length_mm=Decimal(2760), width_mm=Decimal(1830), is_active=True
    )
    session.add(large)
    session.flush()
    layouts = session.scalars(select(CutLayout).where(CutLayout.plan_id == plan.id)).all()
    for layout in layouts[1:]:
        layout.article_id = large.id
    material.trim_mm = Decimal(10)
    session.get(Article, layouts[0].article_id).length_mm = Decimal(2440)
    session.get(Article, layouts[0].article_id).width_mm = Decimal(1220)
    session.flush()
    demand.put_demand(session, batch.id)
    told = session.scalars(
        select(Demand).where(Demand.material_id == material.id, Demand.subject == service.BATCH)
    )
    # 10 mm are trimmed all round: one of 2.420 × 1.200 = 2.904 m2; the other five 2.740 × 1.810 = 4.9594 each,
    # together 24.797
    assert len(layouts) == 6
    assert told.one().unit_qty == Decimal("2.904") + Decimal("24.797")


def test_a_batch_is_not_planned_twice_at_once(session):
    batch, _ = make_batch(session)
    service.plan_batch(session, batch.id, by=None, at=NOON)
    with pytest.raises(PlanRunning):
        service.plan_batch(session, batch.id, by=None, at=NOON)


def test_a_planned_batch_has_nothing_more_to_plan(app, session):
    batch, _ = make_batch(session)
    computed(app, session, batch)
    with pytest.raises(NothingToCut):
        service.plan_batch(session, batch.id, by=None, at=NOON)


def test_a_scrapped_piece_comes_into_the_next_plan_alone(app, session):
    batch, order = make_batch(session, make_line(set_count=2))
    first = computed(app, session, batch)
    new = splitting.replace(session, alone(session, order).id, "CHIP", by=None, at=NOON)
    session.flush()
    assert [one.id for one in queries.waiting_pieces(session, batch.id)] == [new.id]
    plans = computed(app, session, batch)
    assert len(plans) == len(first) + 1
    assert (plans[-1].number, plans[-1].piece_count) == (f"{batch.number}-{len(plans)}", 1)
    placed = session.scalars(
        select(Placement.piece_id).join(CutLayout).where(CutLayout.plan_id == plans[-1].id)
    ).all()
    assert placed == [new.id]


def test_a_stopped_plan_lets_its_pieces_be_planned_again(app, session):
    batch, order = make_batch(session)
    plans = service.plan_batch(session, batch.id, by=None, at=NOON)
    for plan in plans:
        jobs.stop(session, plan.job_id, at=NOON)
    session.commit()
    assert len(queries.waiting_pieces(session, batch.id)) == len(to_cut(session, order))
    again = computed(app, session, batch)
    assert [plan.state for plan in again] == [PlanState.FAILED] * len(plans) + [PlanState.READY] * len(plans)


def test_a_piece_scrapped_meanwhile_stops_the_plan_from_being_kept(session):
    batch, order = make_batch(session)
    plan = service.plan_batch(session, batch.id, by=None, at=NOON)[0]
    pieces = session.get(Job, plan.job_id).arguments["pieces"]
    result = solve(read_instance(plan.instance))
    gone = next(one for one in to_cut(session, order) if one.id in next(iter(pieces.values())))
    splitting.replace(session, gone.id, "CHIP", by=None, at=NOON)
    with pytest.raises(PiecesChanged):
        results.store(session, plan.id, result, pieces, at=NOON)
    assert session.scalar(select(func.count()).select_from(CutLayout)) == 0


def test_a_plan_is_kept_once(session):
    batch, _ = make_batch(session)
    plan = service.plan_batch(session, batch.id, by=None, at=NOON)[0]
    pieces = session.get(Job, plan.job_id).arguments["pieces"]
    result = solve(read_instance(plan.instance))
    assert [results.store(session, plan.id, result, pieces, at=NOON) for _ in range(2)] == [True, False]


def test_a_batch_that_does_not_exist_is_not_found(session):
    with pytest.raises(NotFound):
        service.plan_batch(session, 99999, by=None, at=NOON)
