from datetime import timedelta

import pytest
from sqlalchemy import func, select

from erp.materials.model import Article
from erp.sales.model import Order
from mes.cutting.model import CutPlan
from mes.cutting.rules import PlanState
from mes.planning import service as planning
from mes.production import queries, service
from mes.production.model import Scrap, WorkReport
from mes.scanning import queries as scanning
from mes.scanning.rules import Block, Blocked
from mes.splitting import service as splitting
from mes.splitting.model import Piece
from mes.splitting.rules import CutMethod, PieceState
from tests.conftest import NOON
from tests.factories.mes_production import (
    make_defects,
    make_device,
    make_door_version,
    make_order,
    make_piece,
    make_set,
    make_sheets,
    make_station,
    place,
)
from tests.factories.people import make_person


@pytest.fixture
def floor(session):
    """An order with one set, its left jamb already cut, and an edge bander."""

    class Floor:
        person = make_person(session, roles=("operator",))
        version = make_door_version(session)
        order = make_order(session)
        door_set = make_set(session, order, version)
        jamb = make_piece(session, door_set, step_count=1, state=PieceState.CUT)

        @staticmethod
        def at(*operations):
            station = make_station(session, operations, name="+".join(operations))
            return scanning.where(session, make_device(session, station).key)

        def report(self, piece, where, minutes=0):
            return service.report(
                session, piece.code, where=where, by=self.person.id, at=NOON + timedelta(minutes=minutes)
            )

    return Floor()


def refusal(call, *args, **kwargs):
    with pytest.raises(Blocked) as refused:
        call(*args, **kwargs)
    return refused.value


def test_the_operation_that_is_due_is_reported_and_the_next_one_named(session, floor):
    answer = floor.report(floor.jamb, floor.at("EDGE"))
    session.refresh(floor.jamb)
    assert (floor.jamb.step_count, floor.jamb.state) == (2, PieceState.CUT)
    assert answer.say.facts["operation"].zh == "封边"
    assert answer.shown["next"].facts["operation"].zh == "终检"
    row = session.scalars(select(WorkReport)).one()
    assert (row.piece_id, row.operation_code, row.person_id) == (floor.jamb.id, "EDGE", floor.person.id)


def test_the_last_operation_makes_the_piece_and_tells_the_order(session, floor):
    floor.report(floor.jamb, floor.at("EDGE"))
    answer = floor.report(floor.jamb, floor.at("QC"), minutes=5)
    session.expire_all()
    assert floor.jamb.state is PieceState.MADE
    assert session.get(Order, floor.order.id).made_count == 1
    assert (answer.progress.done_count, answer.progress.total_count) == (1, 1)


def test_a_piece_whose_earlier_operation_is_open_is_refused_and_sent_to_its_station(session, floor):
    edge = floor.at("EDGE")
    refused = refusal(floor.report, floor.jamb, floor.at("QC"))
    assert refused.block is Block.E23
    assert refused.expected.facts["operation"].zh == "封边"
    assert refused.todo.facts["station"] == edge.station_name
    assert session.scalar(select(func.count()).select_from(WorkReport)) == 0


def test_a_second_scan_at_the_same_station_is_neutral_and_reports_nothing(session, floor):
    edge = floor.at("EDGE")
    floor.report(floor.jamb, edge)
    assert refusal(floor.report, floor.jamb, edge, minutes=9).block is Block.E28
    assert session.scalar(select(func.count()).select_from(WorkReport)) == 1


def test_a_station_with_two_operations_takes_them_with_a_pause_between(session, floor):
    both = floor.at("EDGE", "QC")
    floor.report(floor.jamb, both)
    assert refusal(floor.report, floor.jamb, both).block is Block.E28
    floor.report(floor.jamb, both, minutes=1)
    session.refresh(floor.jamb)
    assert floor.jamb.state is PieceState.MADE


def test_a_leaf_is_not_pressed_while_its_face_is_uncut(session, floor):
    leaf = make_piece(session, floor.door_set, rule_code="LEAF_1", name="门扇", route=["PRESS", "QC"])
    face = make_piece(
        session,
        floor.door_set,
        rule_code="FACE_1",
        name="面板",
        route=["CUT"],
        joins="LEAF_1",
        is_tracked=False,
    )
    press = floor.at("PRESS")
    refused = refusal(floor.report, leaf, press)
    assert (refused.block, refused.expected.facts["part"].zh) == (Block.E23, "面板")
    face.state = PieceState.CUT
    session.flush()
    floor.report(leaf, press)
    session.refresh(leaf)
    assert leaf.step_count == 1


def test_a_packed_piece_is_closed(session, floor):
    floor.jamb.state = PieceState.PACKED
    session.flush()
    assert refusal(floor.report, floor.jamb, floor.at("EDGE")).block is Block.E24


def test_a_device_at_no_station_reports_nothing(floor):
    assert refusal(floor.report, floor.jamb, None).block is Block.E22


def test_a_scrapped_piece_is_planned_again_with_a_new_label_and_the_old_one_names_it(session, floor):
    make_defects(session)
    answer = service.scrap(
        session, floor.jamb.code, "CHP", where=floor.at("EDGE"), by=floor.person.id, at=NOON
    )
    row = session.scalars(select(Scrap)).one()
    new = session.get(Piece, row.new_piece_id)
    session.refresh(floor.jamb)
    assert (floor.jamb.state, new.state, new.is_urgent, new.step_count) == (
        PieceState.REMAKE,
        PieceState.PLANNED,
        True,
        0,
    )
    assert (row.defect_code, row.operation_code, answer.shown["new_code"]) == ("CHP", "EDGE", new.code)
    again = refusal(floor.report, floor.jamb, floor.at("EDGE"), minutes=5)
    assert (again.block, again.todo.facts["code"]) == (Block.E26, new.code)


def test_a_scrap_without_a_reason_of_the_list_changes_nothing(session, floor):
    make_defects(session)
    for reason in (None, "", "XXX"):
        refused = refusal(
            service.scrap, session, floor.jamb.code, reason, where=None, by=floor.person.id, at=NOON
        )
        assert refused.block is Block.E22
    session.refresh(floor.jamb)
    assert floor.jamb.state is PieceState.CUT


def test_a_scrapped_made_piece_is_taken_off_the_orders_progress(session, floor):
    make_defects(session)
    floor.report(floor.jamb, floor.at("EDGE"))
    floor.report(floor.jamb, floor.at("QC"), minutes=5)
    service.scrap(session, floor.jamb.code, "SCR", where=None, by=floor.person.id, at=NOON)
    session.expire_all()
    assert session.get(Order, floor.order.id).made_count == 0


def test_a_packed_piece_is_not_scrapped(session, floor):
    make_defects(session)
    floor.jamb.state = PieceState.PACKED
    session.flush()
    refused = refusal(service.scrap, session, floor.jamb.code, "CHP", where=None, by=floor.person.id, at=NOON)
    assert refused.block is Block.E24


def test_what_waits_is_counted_by_operation_with_the_longest_waiting_first(session, floor):
    make_piece(session, floor.door_set, rule_code="JAMB_R", changed_at=NOON, is_urgent=True)
    station = floor.at("EDGE")
    first, second = queries.waiting(session)
    assert (first.operation, first.name.zh, first.piece_count, first.urgent_count) == ("EDGE", "封边", 1, 0)
    assert station.station_name in first.stations
    assert (second.operation, second.piece_count, second.urgent_count, second.since) == ("CUT", 1, 1, NOON)


def test_the_list_of_an_operation_holds_its_pieces_and_no_others(session, floor):
    uncut = make_piece(session, floor.door_set, rule_code="JAMB_R")
    found = {
        operation: [row[0].id for row in session.execute(queries.waiting_pieces(session, operation))]
        for operation in ("CUT", "EDGE", "QC")
    }
    assert found == {"CUT": [uncut.id], "EDGE": [floor.jamb.id], "QC": []}


def test_an_order_is_measured_with_the_pace_of_the_last_days(session, floor):
    # one report on one day: one operation a day; two are open (EDGE done, QC and, of the other, EDGE QC)
    other = make_piece(session, floor.door_set, rule_code="JAMB_R", step_count=1, state=PieceState.CUT)
    floor.report(floor.jamb, floor.at("EDGE"))
    ahead = queries.ahead(session, floor.order.due_on, "Asia/Shanghai")
    assert (ahead.report_count, ahead.day_count) == (1, 1)
    (order,) = ahead.orders
    assert other.step_count == 1
    assert (order.open_piece_count, order.open_operation_count) == (2, 3)
    # three operations at one a day, begun on the due day: two days late
    assert order.forecast.days_late == 2


def test_a_set_says_what_its_pieces_wait_for(session, floor):
    make_piece(session, floor.door_set, rule_code="KIT", route=["QC"], cut_method=CutMethod.NONE)
    (progress,) = queries.order_progress(session, floor.order.id)
    assert (progress.made_count, progress.piece_count) == (0, 2)
    assert [name.zh for name in progress.waits_for] == ["封边", "终检"]


def test_a_cut_sheet_cuts_its_pieces_with_and_without_label(session, floor):
    jamb = make_piece(session, floor.door_set, rule_code="JAMB_R")
    face = make_piece(session, floor.door_set, rule_code="FACE_1", route=["CUT"], is_tracked=False)
    (sheet,) = make_sheets(session)
    place(session, sheet, jamb)
    place(session, sheet, face, 2)
    answer = service.report_cut(session, sheet.code, where=floor.at("CUT"), by=floor.person.id, at=NOON)
    session.expire_all()
    assert (jamb.state, jamb.step_count, face.state) == (PieceState.CUT, 1, PieceState.CUT)
    assert (sheet.cut_at, sheet.cut_by_id, answer.shown["size"].facts) == (
        NOON,
        floor.person.id,
        {"count": 2},
    )
    assert session.scalars(select(WorkReport.piece_id)).all() == [jamb.id]


def test_a_bundle_is_cut_when_its_last_sheet_is(session, floor):
    bundle = make_piece(session, floor.door_set, rule_code="ARCH", part_count=2, route=["CUT", "QC"])
    first, second = make_sheets(session, 2)
    place(session, first, bundle)
    place(session, second, bundle)
    saw = floor.at("CUT")
    service.report_cut(session, first.code, where=saw, by=floor.person.id, at=NOON)
    session.refresh(bundle)
    assert bundle.state is PieceState.PLANNED
    service.report_cut(session, second.code, where=saw, by=floor.person.id, at=NOON)
    session.refresh(bundle)
    assert (bundle.state, bundle.step_count) == (PieceState.CUT, 1)


def test_a_sheet_is_cut_once(session, floor):
    (sheet,) = make_sheets(session)
    saw = floor.at("CUT")
    service.report_cut(session, sheet.code, where=saw, by=floor.person.id, at=NOON)
    again = refusal(service.report_cut, session, sheet.code, where=saw, by=floor.person.id, at=NOON)
    assert again.block is Block.E28


def test_a_sheet_of_a_replaced_plan_is_not_cut(session, floor):
    (sheet,) = make_sheets(session, state=PlanState.REPLACED)
    refused = refusal(
        service.report_cut, session, sheet.code, where=floor.at("CUT"), by=floor.person.id, at=NOON
    )
    assert refused.block is Block.E24


def test_a_sheet_is_cut_at_a_saw_only(session, floor):
    (sheet,) = make_sheets(session)
    refused = refusal(
        service.report_cut, session, sheet.code, where=floor.at("EDGE"), by=floor.person.id, at=NOON
    )
    assert refused.block is Block.E22


def test_a_piece_without_a_plan_is_not_cut_where_plans_are_made(session, floor):
    """It was: its batch, made later, counted it wrongly and was "being cut" before any plan."""
    uncut = make_piece(session, floor.door_set, rule_code="JAMB_R")
    other = make_piece(session, floor.door_set, rule_code="HEAD")
    saw = floor.at("CUT")
    floor.report(other, saw)  # a factory that plans nothing cuts as it likes
    (sheet,) = make_sheets(session)
    blocked = refusal(floor.report, uncut, saw)
    assert (blocked.block, blocked.got.facts["order"]) == (Block.E23, floor.order.number)
    batch = planning.create_batch(session, [floor.order.id], by=None, at=NOON)
    blocked = refusal(floor.report, uncut, saw)
    assert blocked.got.facts["batch"] == batch.number
    plan = session.get(CutPlan, sheet.plan_id)
    plan.batch_id = batch.id
    session.flush()
    floor.report(uncut, saw)
    session.refresh(uncut)
    assert uncut.state is PieceState.CUT


def test_a_remake_is_cut_alone(session, floor):
    make_sheets(session)
    cut = floor.at("CUT")
    new = splitting.replace(session, floor.jamb.id, "SCRATCH", by=None, at=NOON)
    floor.report(new, cut)
    session.refresh(new)
    assert new.state is PieceState.CUT


def test_a_cut_sheet_says_which_one_comes_next(session, floor):
    jamb = make_piece(session, floor.door_set, rule_code="JAMB_R")
    first, second, third = make_sheets(session, 3)
    place(session, first, jamb)
    second.dropped_at = NOON  # planned anew
    session.flush()

    def cut(sheet):
        return service.report_cut(session, sheet.code, where=floor.at("CUT"), by=floor.person.id, at=NOON)

    assert cut(first).shown["next"].facts == {
        "position": third.position,
        "total": third.position,
        "code": third.code,
        "stock": session.get_one(Article, third.article_id).code,
    }
    assert cut(third).shown["next"].facts == {}
