"""Offcuts: into stock when their sheet is cut, held by one plan, cut up or taken out; the ledger stays true."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from sqlalchemy import select

from core.jobs.worker import run_waiting
from core.work import run
from erp.stock import queries as stock
from erp.stock.model import Lot, Move
from erp.stock.rules import MoveKind, NotReversible, PlaceKind
from erp.stock.service import reverse
from mes.cutting import queries, service
from mes.cutting.model import CutLayout, CutPlan, Offcut
from mes.cutting.queries import offcuts as offcut_queries
from mes.cutting.rules import PlanState
from mes.cutting.rules.offcuts import OffcutBusy, OffcutEnd, OffcutReasonMissing, OffcutState, is_dead
from mes.cutting.service import offcuts, results
from mes.planning.service import create_batch
from mes.scanning.rules import ScanKind
from tests.conftest import NOON
from tests.factories.factory import make_line, place, release_order
from tests.factories.people import make_person
from tests.mes.warehouse.keeper import make_keeper

D = Decimal


def planned(app, session, set_count=1):
    order = release_order(session, make_line(set_count=set_count))
    batch = create_batch(session, [order.id], by=None, at=NOON)
    service.plan_batch(session, batch.id, by=None, at=NOON)
    session.commit()
    run_waiting(app)
    session.expire_all()
    return batch


def cut_all(session, batch):
    saw = make_person(session, roles=("operator",)).id
    rows = select(CutLayout).join(CutPlan).where(CutPlan.batch_id == batch.id, CutLayout.dropped_at.is_(None))
    for layout in session.scalars(rows.order_by(CutLayout.id)).all():
        assert service.mark_layout_cut(session, layout.id, station_id=None, by=saw, at=NOON)
    session.flush()
    session.expire_all()


def in_stock(session):
    return session.scalars(select(Offcut).where(Offcut.state == OffcutState.FREE).order_by(Offcut.id)).all()


def faults(session):
    return [*stock.verify(session), *offcut_queries.prove(session), *queries.prove(session)]


def test_rests_become_stock_only_when_their_sheet_is_cut(app, session):
    batch = planned(app, session)
    before = session.scalars(select(Offcut)).all()
    assert before
    assert {one.state for one in before} == {OffcutState.PLANNED}
    on_hand = stock.count_by_material(session)
    cut_all(session, batch)
    assert {one.state for one in session.scalars(select(Offcut))} == {OffcutState.FREE}
    lot = session.get(Lot, in_stock(session)[0].lot_id)
    assert (lot.code, lot.length_mm) == (in_stock(session)[0].code, in_stock(session)[0].length_mm)
    assert stock.of_lot(session, lot.id)[0].place.kind is PlaceKind.FLOOR
    assert stock.count_by_material(session) == on_hand  # an offcut is no whole sheet
    assert faults(session) == []


def test_the_next_plan_takes_offcuts_first_and_they_are_cut_up_with_it(app, session):
    cut_all(session, planned(app, session))
    there = {one.code for one in in_stock(session)}
    batch = planned(app, session)
    rows = select(CutLayout).join(CutPlan).where(CutPlan.batch_id == batch.id, CutLayout.lot_id.is_not(None))
    taken = session.scalars(rows).all()
    held = session.scalars(select(Offcut).where(Offcut.state == OffcutState.HELD)).all()
    assert taken
    assert {one.lot_id for one in taken} == {one.lot_id for one in held}
    assert {one.code for one in held} <= there
    assert faults(session) == []
    cut_all(session, batch)
    assert {one.state for one in held} == {OffcutState.USED}
    kinds = session.scalars(select(Move.kind).where(Move.lot_id == held[0].lot_id).order_by(Move.id)).all()
    assert kinds == [MoveKind.RETURN, MoveKind.CUT]
    assert faults(session) == []


def test_a_plan_made_anew_frees_what_it_held_and_what_it_would_have_left_never_comes(app, session):
    cut_all(session, planned(app, session))
    batch = planned(app, session)
    held = {one.id for one in session.scalars(select(Offcut).where(Offcut.state == OffcutState.HELD))}
    assert held
    old = session.scalars(select(CutPlan).where(CutPlan.batch_id == batch.id)).all()
    again = service.replan(session, batch.id, by=None, at=NOON)
    session.commit()
    session.expire_all()
    assert {plan.state for plan in old} == {PlanState.REPLACED}
    dropped = select(Offcut.state).join(CutLayout).where(CutLayout.dropped_at.is_not(None))
    assert set(session.scalars(dropped)) == {OffcutState.VOID}
    for plan in again:
        results.fail(session, plan.id)
    session.expire_all()
    assert {session.get(Offcut, key).state for key in held} == {OffcutState.FREE}
    assert faults(session) == []


def test_what_is_cut_stays_when_the_rest_is_planned_anew(app, session):
    batch = planned(app, session, set_count=2)
    first = session.scalars(
        select(CutLayout).join(CutPlan).where(CutPlan.batch_id == batch.id).order_by(CutLayout.id)
    ).first()
    service.mark_layout_cut(
        session, first.id, station_id=None, by=make_person(session, roles=("operator",)).id, at=NOON
    )
    service.replan(session, batch.id, by=None, at=NOON)
    session.commit()
    run_waiting(app)
    session.expire_all()
    assert (first.dropped_at, first.cut_at) == (None, NOON)
    assert session.get(CutPlan, first.plan_id).state is PlanState.READY
    assert queries.waiting_pieces(session, batch.id) == []
    assert not service.mark_layout_cut(session, first.id, station_id=None, by=first.cut_by_id, at=NOON)
    assert faults(session) == []


def test_a_failed_plan_frees_the_offcuts_that_it_held(app, session):
    cut_all(session, planned(app, session))
    order = release_order(session)
    batch = create_batch(session, [order.id], by=None, at=NOON)
    plans = service.plan_batch(session, batch.id, by=None, at=NOON)
    assert session.scalars(select(Offcut).where(Offcut.state == OffcutState.HELD)).all()
    for plan in plans:
        results.fail(session, plan.id)
    session.expire_all()
    assert session.scalars(select(Offcut).where(Offcut.state == OffcutState.HELD)).all() == []


def test_a_keeper_puts_an_offcut_away_once_its_sheet_is_cut(app, session):
    batch = planned(app, session)
    keeper, shelf = make_keeper(session), place(session, PlaceKind.STORE)
    code = session.scalars(select(Offcut.code)).first()
    assert keeper.block(ScanKind.GOODS_IN, code, shelf.code) == "E23"
    cut_all(session, batch)
    assert keeper.block(ScanKind.GOODS_IN, code, shelf.code) is None
    lot = session.scalars(select(Lot).where(Lot.code == code)).one()
    assert [row.place.id for row in stock.of_lot(session, lot.id)] == [shelf.id]
    assert keeper.block(ScanKind.GOODS_IN, code, shelf.code) == "E28"
    assert faults(session) == []


def test_an_offcut_is_taken_out_with_a_reason_and_only_when_it_is_free(app, session):
    cut_all(session, planned(app, session))
    one, other = in_stock(session)[:2]
    with pytest.raises(OffcutReasonMissing):
        offcuts.end(session, one.id, OffcutEnd.SCRAPPED, " ", by=None, at=NOON)
    offcuts.end(session, one.id, OffcutEnd.SCRAPPED, "受潮", by=None, at=NOON)
    assert (one.state, one.reason) == (OffcutState.GONE, "受潮")
    with pytest.raises(OffcutBusy):
        offcuts.end(session, one.id, OffcutEnd.TAKEN, "again", by=None, at=NOON)
    offcuts.end(session, other.id, OffcutEnd.FIRST, "", by=None, at=NOON)
    assert (other.state, other.is_wanted) == (OffcutState.FREE, True)
    assert faults(session) == []


def test_the_ledger_does_not_take_back_what_cutting_did(app, session):
    cut_all(session, planned(app, session))
    move = session.scalars(select(Move).where(Move.lot_id == in_stock(session)[0].lot_id)).one()
    with pytest.raises(NotReversible):
        reverse(session, move.id, by=None, at=NOON)


def test_an_offcut_is_dead_after_sixty_days():
    assert not is_dead(NOON, NOON + timedelta(days=59, hours=23))
    assert is_dead(NOON, NOON + timedelta(days=60))


def test_two_plans_at_once_never_hold_the_same_offcut(database):
    with database.app.app_context():
        session = database.session
        cut_all(session, planned(database.app, session, set_count=2))
        there = {one.id for one in in_stock(session)}
        batches = []
        for _ in range(2):
            order = release_order(session)
            batches.append(create_batch(session, [order.id], by=None, at=NOON).id)
        session.commit()
        session.close()
    start = Barrier(2)

    def plan(batch_id):
        with database.app.app_context():
            start.wait()
            return [one.id for one in run(service.plan_batch, batch_id, by=None, at=NOON)]

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(plan, batches)
    with database.session as session:
        held = session.scalars(select(Offcut).where(Offcut.state == OffcutState.HELD)).all()
        assert held
        assert {one.plan_id for one in held} <= {*first, *second}
        assert {one.id for one in held} <= there
        offered = [
            stock_piece["id"]
            for key in (*first, *second)
            for stock_piece in session.get(CutPlan, key).instance["stock"]
            if stock_piece["offcut"]
        ]
        assert len(offered) == len(set(offered)) == len(held)  # each was offered to one plan


def test_the_list_shows_age_and_value_and_the_page_decides(app, session, client_for):
    cut_all(session, planned(app, session))
    one = in_stock(session)[0]
    session.commit()
    client = client_for("splitter")
    assert one.code in client.get("/mes/cutting/offcuts/").text
    assert one.code in client.get(f"/mes/cutting/offcuts/{one.id}/").text
    assert client.get(f"/mes/cutting/offcuts/{one.id}/label.pdf").mimetype == "application/pdf"
    assert client.get("/mes/cutting/offcuts/export.xlsx").data.startswith(b"PK")
    asked = {"end": "SCRAPPED", "reason": ""}
    refused = client.post(f"/mes/cutting/offcuts/{one.id}/end", data=asked)
    assert (refused.status_code, "field-error" in refused.text) == (422, True)
    assert client.post(f"/mes/cutting/offcuts/{one.id}/end", data=asked | {"reason": "裂"}).status_code == 303
    assert "裂" in client.get(f"/mes/cutting/offcuts/{one.id}/").text
    assert client_for("operator").post(f"/mes/cutting/offcuts/{one.id}/end", data=asked).status_code == 403
    found = client_for("keeper").get(f"/api/v1/scans/resolve?code={one.code}")
    assert f"/offcuts/{one.id}/" in found.text
