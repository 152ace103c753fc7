"""Sets changed by hand: what a release freezes of them, what makes it refuse, and an edit while it runs."""

import threading
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from core.audit.model import Entry as AuditEntry
from core.errors import AppError, Conflict
from core.work import read, run
from erp.catalogue.rules.by_hand import ALL_SETS, NewPiece, Wanted
from erp.catalogue.rules.document import Cut, Group
from erp.materials.model import Material
from erp.materials.rules import Grain
from erp.purchasing.queries import needs
from erp.sales import service as sales
from erp.sales.model import HandEdit, Line, Order
from erp.sales.queries import hand_edits
from erp.sales.rules.orders import EditGone, SetsFrozenAlready
from erp.sales.service import Place
from erp.stock.model import Demand
from mes.splitting import queries, service
from mes.splitting.model import DoorSet, Piece, ReleasedLine, Requirement
from mes.splitting.rules import ChangedMeanwhile, LinesRefused
from mes.worksheets import queries as worksheets
from mes.worksheets.rules import read_template
from tests.factories.factory import FRIDAY, MORNING, make_line, make_order
from tests.factories.people import make_person

D = Decimal

JAMB = Wanted("MB22-WHITE", D(2080), D(240), D(22))  # by the rules 2090


@pytest.fixture
def hand(session):
    return make_person(session, roles=("splitter",), name="钱师傅").id


def confirmed(session, *lines):
    order = make_order(session, *lines)
    sales.confirm(session, order.id, on=FRIDAY, by=None, at=MORNING)
    session.flush()
    return order


def first_line(session, order):
    return session.scalars(select(Line).where(Line.order_id == order.id).order_by(Line.position)).first()


def place_of(session, order, position=ALL_SETS, line=None):
    session.flush()
    session.refresh(order)
    line = line or first_line(session, order)
    return Place(line.id, position, order.version, seen_of(session, line))


def seen_of(session, line):
    return hand_edits.set_page(session, line.id, ALL_SETS).seen_sha256


def change_jamb(session, order, hand, position=ALL_SETS, wanted=JAMB, line=None):
    where = place_of(session, order, position, line)
    return sales.change_piece(session, where, "JAMB_L", wanted, "墙歪", by=hand, at=MORNING)


def release(session, order):
    session.flush()
    service.release(session, queries.prepare(session, order.id), by=None, at=MORNING)
    session.flush()


def jambs(session, order):
    rows = session.execute(
        select(DoorSet.number, Piece)
        .join(Piece, Piece.set_id == DoorSet.id)
        .where(DoorSet.order_id == order.id, Piece.rule_code == "JAMB_L")
        .order_by(DoorSet.id)
    )
    return [(piece.length_mm, piece.cut_length_mm, piece.hand_edit_id) for _, piece in rows]


def test_one_of_equal_sets_is_frozen_as_the_hand_wants_it_and_marked(session, hand):
    order = confirmed(session, make_line(set_count=3))
    edit = change_jamb(session, order, hand, position=2)
    release(session, order)
    assert jambs(session, order) == [(2090, 2090, None), (2080, 2080, edit.id), (2090, 2090, None)]
    first, second, third = queries.sets(session, order.id)
    assert first.parameters_sha256 == third.parameters_sha256 != second.parameters_sha256
    assert (edit.reason, edit.made_by_id, edit.made_at) == ("墙歪", hand, MORNING)
    (line,) = session.scalars(select(ReleasedLine)).all()
    assert (line.touch_count, line.hand_edit_count) == (2, 1)  # typing it, editing it


def test_equal_lines_with_different_edits_are_not_taken_as_equal(session, hand):
    order = confirmed(session, make_line(), make_line(room="次卧"))
    change_jamb(session, order, hand)
    release(session, order)
    assert [length for length, *_ in jambs(session, order)] == [2080, 2090]
    assert len({one.parameters_sha256 for one in queries.sets(session, order.id)}) == 2


def test_what_the_order_needs_follows_the_hand(session, hand):
    order = confirmed(session, make_line(set_count=2))
    frozen = queries.prepare(session, order.id)
    plain = frozen.tracked_count
    where = place_of(session, order, 1)
    sales.leave_out(session, where, "JAMB_L", "只做一边", by=hand, at=MORNING)
    sales.change_need(session, place_of(session, order), "need:HINGES", D(4), "门重", by=hand, at=MORNING)
    release(session, order)
    session.refresh(order)
    assert order.piece_count == plain - 1
    assert len(jambs(session, order)) == 1
    hinge = session.scalars(select(Material.id).where(Material.code == "HINGE-4")).one()
    demand = session.scalars(select(Demand.needed_qty).where(Demand.material_id == hinge)).one()
    assert demand == 8  # two sets of four
    marked = session.scalars(select(Requirement).where(Requirement.hand_edit_id.is_not(None))).all()
    assert [(one.rule_code, one.needed_qty) for one in marked] == [("HINGES", 4), ("HINGES", 4)]
    assert queries.need(session, order.id)[hinge] == 8
    (without,) = [one for one in queries.sets(session, order.id) if one.position == 1]
    frame = next(one for one in without.packages if one["kind"] == "FRAME")
    assert "JAMB_L" not in frame["pieces"]


def test_what_is_expected_of_a_confirmed_order_follows_the_hand_and_waits_with_a_stale_edit(session, hand):
    order = confirmed(session, make_line(set_count=2))
    sales.change_need(session, place_of(session, order, 2), "need:HINGES", D(4), "门重", by=hand, at=MORNING)
    hinge = session.scalars(select(Material).where(Material.code == "HINGE-4")).one()

    def expected():
        session.flush()
        return {row[4]: row[5] for row in needs.expected_wants(session) if row[1] == order.id}[hinge.id]

    assert expected() == 7  # three for the first set, four for the second
    sales.reopen(session, order.id, by=None, at=MORNING)
    higher = make_line(set_count=2, height_mm=D("1900.0"))  # leaves of 1855: two hinges each
    sales.amend_line(session, order.id, first_line(session, order).id, higher, by=None, at=MORNING)
    sales.confirm(session, order.id, on=FRIDAY, by=None, at=MORNING)
    assert expected() == 4


def test_a_machine_code_out_of_the_rules_sizes_is_not_made_for_a_piece_by_hand(session, hand):
    order = confirmed(session)
    where = place_of(session, order)
    shorter = Wanted("", D(2050), D(830), D(42))
    sales.change_piece(session, where, "LEAF_1", shorter, "地面高", by=hand, at=MORNING)
    release(session, order)
    piece = session.scalars(select(Piece).where(Piece.rule_code == "LEAF_1")).one()
    by_rules = read_template("D{LW*10:05d}{LH*10:05d}", {}, "", 40)
    of_piece = read_template("D{piece_length*10:05d}", {}, "", 40)
    stamps = {one.id: stamp for one, stamp in worksheets.preview(session, by_rules, "LOCK", "LEAF")}
    assert stamps[piece.id].fault.facts == {"names": "LH, LW"}
    stamps = {one.id: stamp for one, stamp in worksheets.preview(session, of_piece, "LOCK", "LEAF")}
    assert stamps[piece.id].text == "D20500"


def test_an_added_piece_gets_a_label_a_route_and_its_package(session, hand):
    order = confirmed(session)
    new = NewPiece(
        *("加固条", "stiffener", Group.FRAME, "ST12-WHITE", D(1000), D(45), D(12), 2),
        *(Cut.BAR, Grain.LENGTH, True, ("CUT", "QC"), "FRAME"),
    )
    edit = sales.add_piece(session, place_of(session, order), new, "地面高", by=hand, at=MORNING)
    release(session, order)
    piece = session.scalars(select(Piece).where(Piece.rule_code == edit.code)).one()
    assert piece.code is not None
    assert (piece.route, piece.package_kind, piece.part_count) == (["CUT", "QC"], "FRAME", 2)
    assert piece.hand_edit_id == edit.id
    assert piece.hand_edit_id == service.replace(session, piece.id, "scrap", by=None, at=MORNING).hand_edit_id


def test_of_another_board_a_piece_has_that_boards_thickness(session, hand):
    order = confirmed(session)
    thinner = session.scalars(select(Material).where(Material.code == "SK4-WHITE")).one()
    assert thinner.thickness_mm is not None
    wanted = replace(JAMB, material_code="SK4-WHITE", length_mm=D(2090))
    edit = change_jamb(session, order, hand, wanted=wanted)
    assert edit.values == {"material_code": "SK4-WHITE", "thickness_mm": f"{thinner.thickness_mm:f}"}


def test_an_edit_of_a_line_that_was_changed_after_it_holds_the_release_until_it_is_confirmed(session, hand):
    order = confirmed(session)
    edit = change_jamb(session, order, hand)
    sales.reopen(session, order.id, by=None, at=MORNING)
    line = first_line(session, order)
    higher = make_line(height_mm=D("2050.0"))
    sales.amend_line(session, order.id, line.id, higher, by=None, at=MORNING)
    sales.confirm(session, order.id, on=FRIDAY, by=None, at=MORNING)
    session.flush()
    assert [one.refusal.code for one in queries.faults(session, order.id)] == ["erp.catalogue.edit_stale"]
    with pytest.raises(LinesRefused):
        queries.prepare(session, order.id)
    session.refresh(order)
    seen = seen_of(session, line)
    again = sales.confirm_edit(session, edit.id, order.version, seen, by=hand, at=MORNING)
    assert (edit.dropped_by_id, again.values) == (hand, {"length_mm": "2080"})
    release(session, order)
    assert jambs(session, order) == [(2080, 2080, again.id)]


def test_a_stale_edit_is_dropped_and_the_rules_count_again(session, hand):
    order = confirmed(session)
    edit = change_jamb(session, order, hand)
    session.refresh(order)
    sales.drop_edit(session, edit.id, order.version, by=hand, at=MORNING)
    session.refresh(order)
    with pytest.raises(EditGone):
        sales.drop_edit(session, edit.id, order.version, by=hand, at=MORNING)
    release(session, order)
    assert jambs(session, order) == [(2090, 2090, None)]
    (line,) = session.scalars(select(ReleasedLine)).all()
    assert (line.touch_count, line.hand_edit_count) == (3, 0)  # typed, edited, dropped; nothing is in force


def test_an_edit_of_a_set_that_the_line_lost_holds_the_release(session, hand):
    order = confirmed(session, make_line(set_count=2))
    change_jamb(session, order, hand, position=2)
    sales.reopen(session, order.id, by=None, at=MORNING)
    sales.amend_line(session, order.id, first_line(session, order).id, make_line(), by=None, at=MORNING)
    session.flush()
    assert [one.refusal.facts["set"] for one in queries.faults(session, order.id)] == [2]


def test_a_second_edit_of_a_piece_takes_the_place_of_the_first(session, hand):
    order = confirmed(session)
    first = change_jamb(session, order, hand)
    second = change_jamb(session, order, hand, wanted=replace(JAMB, length_mm=D(2070)))
    assert first.dropped_at == MORNING
    release(session, order)
    assert jambs(session, order) == [(2070, 2070, second.id)]


def test_an_edit_is_written_into_the_orders_history(session, hand):
    order = confirmed(session)
    change_jamb(session, order, hand)
    session.flush()
    told = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (told.verb, told.person_id) == ("edit set", hand)
    assert told.changes == {
        "1-*.左立板": ["2090 × 240 × 22 · MB22-WHITE", "2080 × 240 × 22 · MB22-WHITE"],
        "reason": ["", "墙歪"],
    }


def test_after_the_release_nothing_is_edited(session, hand):
    order = confirmed(session)
    release(session, order)
    with pytest.raises(SetsFrozenAlready):
        change_jamb(session, order, hand)
    assert session.scalars(select(HandEdit)).all() == []


def test_a_page_that_is_older_than_the_order_edits_nothing(session, hand):
    order = confirmed(session)
    where = place_of(session, order)
    change_jamb(session, order, hand)
    with pytest.raises(Conflict):
        sales.leave_out(session, where, "HEAD", "无", by=hand, at=MORNING)


def test_a_page_that_is_older_than_its_line_edits_nothing(session, hand):
    order = make_order(session)
    where = place_of(session, order)
    wider = make_line(width_mm=D("910.0"))  # amending a draft counts no version of the order
    sales.amend_line(session, order.id, where.line_id, wider, by=None, at=MORNING)
    session.refresh(order)
    assert order.version == where.version
    with pytest.raises(Conflict):
        sales.change_piece(session, where, "JAMB_L", JAMB, "墙歪", by=hand, at=MORNING)


def test_a_release_that_looked_before_the_edit_is_refused(session, hand):
    order = confirmed(session)
    seen = queries.prepare(session, order.id)
    change_jamb(session, order, hand)
    session.flush()
    with pytest.raises(ChangedMeanwhile):
        service.release(session, seen, by=None, at=MORNING)


def test_a_line_taken_away_takes_its_edits_along_and_a_price_is_not_touched(session, hand):
    order = make_order(session, make_line(), make_line(room="次卧"))
    change_jamb(session, order, hand)
    session.refresh(order)
    amount = order.total_amount
    sales.remove_line(session, order.id, first_line(session, order).id, by=None, at=MORNING)
    assert session.scalars(select(HandEdit)).all() == []
    assert order.total_amount == amount


def test_an_edit_and_a_release_at_once_never_give_half_of_both(database):
    """Either the release saw the edit, or it comes first and the edit is refused, or it is refused itself."""
    ids = []
    with database.session as session:
        hand = make_person(session, roles=("splitter",)).id
        for _ in range(6):
            order = confirmed(session)
            ids.append((order.id, place_of(session, order)))
        session.commit()
    for order_id, where in ids:
        ends = _both(database.app, order_id, where, hand)
        with database.session as session:
            state = session.get(Order, order_id).state.value
            edits = session.scalars(select(HandEdit.id).where(HandEdit.line_id == where.line_id)).all()
            cut = session.scalars(
                select(Piece.length_mm).where(Piece.order_id == order_id, Piece.rule_code == "JAMB_L")
            ).all()
        assert ends.count("won") >= 1
        if state == "RELEASED":
            assert cut == ([D("2080.0")] if edits else [D("2090.0")])
        else:
            assert (len(edits), cut) == (1, [])


def _both(app, order_id, where, hand):
    start, ends = threading.Barrier(2), []

    def work(command):
        with app.app_context():
            start.wait()
            try:
                command()
                ends.append("won")
            except AppError:
                ends.append("lost")

    def releases():
        seen = queries.prepare(read(), order_id)
        run(service.release, seen, by=None, at=MORNING)

    def edits():
        run(sales.change_piece, where, "JAMB_L", JAMB, "墙歪", by=hand, at=MORNING)

    threads = [threading.Thread(target=work, args=(one,)) for one in (releases, edits)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends
