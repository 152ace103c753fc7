from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core.activity import service as activity
from core.audit import service as audit
from core.files import service as files
from core.states import StepRefused
from erp.catalogue.rules.document import DoorKind, Handing
from erp.sales import service as sales
from erp.sales.model import Import
from erp.sales.rules.states import OrderState
from erp.stock.model import Demand
from mes.scanning.model import FormerLabel
from mes.splitting import queries, service
from mes.splitting.model import DoorSet, Piece, ReleasedLine, Requirement
from mes.splitting.rules import (
    ChangedMeanwhile,
    LinesRefused,
    NothingToRelease,
    PieceState,
    ReasonMissing,
    ReleaseReason,
)
from tests.factories.factory import MORNING, make_line, make_order, release_order
from tests.factories.people import make_person


def sizes(session, order):
    rows = session.scalars(select(Piece).where(Piece.order_id == order.id).order_by(Piece.id))
    return {p.rule_code: (p.length_mm, p.width_mm) for p in rows}


@pytest.mark.parametrize(
    ("opening", "jamb", "head", "open_face", "back_face", "leaf"),
    [
        # domain: golden table of profile P70/45
        (("900.0", "2100.0", "240.0"), 2090, 836, (1016, 2158), (992, 2146), (2055, 830)),
        (("800.0", "2050.0", "120.0"), 2040, 736, (916, 2108), (892, 2096), (2005, 730)),
    ],
)
def test_a_released_order_holds_the_golden_table(session, opening, jamb, head, open_face, back_face, leaf):
    width, height, wall = map(Decimal, opening)
    order = release_order(session, make_line(width_mm=width, height_mm=height, wall_mm=wall))
    found = sizes(session, order)
    assert (found["JAMB_L"][0], found["JAMB_R"][0], found["HEAD"][0]) == (jamb, jamb, head)
    assert found["LEAF_1"] == leaf
    lengths = sorted(length for code, (length, _) in found.items() if code.startswith("ARCH"))
    assert lengths == sorted((*open_face, open_face[1], *back_face, back_face[1]))


def test_a_door_too_high_for_the_stock_is_not_released(session):
    # golden row 3: its vertical architrave needs 2458 mm, the stock has 2440
    order = make_order(session, make_line(height_mm=Decimal("2400.0"), width_mm=Decimal("1000.0")))
    found = queries.faults(session, order.id)
    assert [f.refusal.facts["need_mm"] for f in found if "need_mm" in f.refusal.facts] != []
    with pytest.raises(LinesRefused) as refused:
        queries.prepare(session, order.id)
    assert refused.value.facts["lines"] == [1]


def test_a_release_writes_every_physical_set(session):
    order = release_order(session, make_line(set_count=2), make_line(handing=Handing.OUT_R, room="次卧"))
    sets = queries.sets(session, order.id)
    assert [s.number.removeprefix(order.number) for s in sets] == ["-1-1", "-1-2", "-2-1"]
    assert len({s.code for s in sets}) == 3
    assert (order.state, order.set_count) == (OrderState.RELEASED, 3)
    tracked = session.scalar(
        select(func.count()).select_from(Piece).where(Piece.order_id == order.id, Piece.is_tracked)
    )
    assert order.piece_count == tracked
    assert session.scalar(select(func.count()).select_from(Requirement)) > 0
    assert all(s.door_version_id and s.evaluator and len(s.parameters_sha256) == 64 for s in sets)


def test_what_an_order_needs_is_written_as_demand(session):
    order = release_order(session)
    need = session.scalars(select(Demand).where(Demand.subject == "erp.sales.order")).all()
    assert {d.subject_id for d in need} == {order.id}
    assert all(d.needed_qty > 0 and d.issued_qty == 0 for d in need)


def test_nothing_is_released_twice(session):
    order = release_order(session)
    frozen = queries.prepare(session, order.id)
    with pytest.raises(StepRefused):
        service.release(session, frozen, by=None, at=MORNING)
    assert session.scalar(select(func.count()).select_from(DoorSet)) == 1


def test_an_order_that_changed_after_its_check_is_not_released(session):
    order = make_order(session)
    sales.confirm(session, order.id, on=MORNING.date(), by=None, at=MORNING)
    frozen = queries.prepare(session, order.id)
    order.note = "急"
    session.flush()
    with pytest.raises(ChangedMeanwhile):
        service.release(session, frozen, by=None, at=MORNING)


def test_an_order_without_lines_is_not_released(session):
    order = make_order(session)
    sales.remove_line(session, order.id, queries._lines(session, order.id)[0].id, by=None, at=MORNING)
    with pytest.raises(NothingToRelease):
        queries.prepare(session, order.id)


def piece(session, order, code):
    return session.scalar(select(Piece).where(Piece.order_id == order.id, Piece.rule_code == code))


def test_an_operation_is_counted_once(session):
    order = release_order(session)
    jamb = piece(session, order, "JAMB_L")
    assert service.advance(session, jamb.id, 0, PieceState.CUT, at=MORNING)
    assert not service.advance(session, jamb.id, 0, PieceState.CUT, at=MORNING)
    session.refresh(order)
    assert order.state is OrderState.IN_PRODUCTION


def test_a_scrapped_piece_is_made_again_under_a_new_label(session):
    order = release_order(session)
    old = piece(session, order, "JAMB_L")
    new = service.replace(session, old.id, "scrapped", by=None, at=MORNING)
    session.refresh(old)
    assert (old.state, new.state, new.is_urgent) == (PieceState.REMAKE, PieceState.PLANNED, True)
    assert (new.cut_length_mm, new.cut_width_mm, new.remake_of_id) == (
        old.cut_length_mm,
        old.cut_width_mm,
        old.id,
    )
    former = session.scalar(select(FormerLabel).where(FormerLabel.code == old.code))
    assert former.new_code == new.code
    assert service.replace(session, old.id, "scrapped", by=None, at=MORNING) is None
    assert queries.prove(session) == []


def test_with_a_scrapped_leaf_its_components_are_made_again(session):
    order = release_order(session)
    leaf = piece(session, order, "LEAF_1")
    before = session.scalar(select(func.count()).select_from(Piece).where(Piece.joins == "LEAF_1"))
    service.replace(session, leaf.id, "scrapped", by=None, at=MORNING)
    remade = session.scalar(
        select(func.count()).where(Piece.joins == "LEAF_1", Piece.remake_of_id.is_not(None))
    )
    assert remade == before > 0


def test_only_a_made_piece_is_packed(session):
    order = release_order(session)
    jamb = piece(session, order, "JAMB_L")
    assert not service.mark_packed(session, jamb.id, at=MORNING)
    service.advance(session, jamb.id, 0, PieceState.MADE, at=MORNING)
    assert service.mark_packed(session, jamb.id, at=MORNING)
    assert service.mark_unpacked(session, jamb.id, at=MORNING)
    session.refresh(order)
    assert (order.made_count, order.packed_count) == (1, 0)


def beats(session, person, kind, subject, subject_id, begin, count):
    """One beat a minute of one person at one page."""
    for minute in range(count + 1):
        at = begin + timedelta(minutes=minute)
        activity.beat(session, person.id, kind, subject, subject_id, at=at)


def test_a_release_records_its_touched_lines_and_whoever_released_it(session):
    order = release_order(session, make_line(set_count=2), make_line(room="次卧"))
    (release,) = queries.releases(session, order.id)
    lines = session.scalars(select(ReleasedLine).where(ReleasedLine.release_id == release.id)).all()
    assert (release.version, release.reason, release.is_untouched) == (1, ReleaseReason.FIRST, False)
    assert [(line.set_count, line.touch_count, line.kind) for line in lines] == [
        (2, 1, DoorKind.SINGLE),
        (1, 1, DoorKind.SINGLE),
    ]


def test_a_release_counts_the_work_of_two_people_on_the_order_and_none_on_another(session):
    order = make_order(session, make_line())
    one, two = make_person(session), make_person(session)
    begin = MORNING + timedelta(hours=1)
    beats(session, one, "order_entry", "erp.sales.order", order.id, begin, 7)
    beats(session, two, "splitting", "erp.sales.order", order.id, begin, 5)
    beats(session, two, "splitting", "erp.sales.order", order.id + 1, begin + timedelta(minutes=6), 9)
    # a silence of 11 minutes is cut off: the beat after it begins an interval of no length
    activity.beat(
        session, one.id, "order_entry", "erp.sales.order", order.id, at=begin + timedelta(minutes=18)
    )
    session.flush()
    until = begin + timedelta(hours=1)
    assert queries.active_minutes(session, order.id, None, until) == 13  # 7 + 6: until the other order
    # from the third minute on: 4 of the seven, 3 of the six
    assert queries.active_minutes(session, order.id, begin + timedelta(minutes=3), until) == 7


def test_work_on_a_sheet_counts_for_the_order_it_became(session):
    order = make_order(session, make_line())
    one, other = (make_sheet(session, order, name) for name in ("柯城.xlsx", "龙游.xlsx"))
    order.import_id = one.id
    person = make_person(session)
    beats(session, person, "splitting", "erp.sales.import", one.id, MORNING, 4)
    beats(session, person, "splitting", "erp.sales.import", other.id, MORNING + timedelta(minutes=5), 3)
    session.flush()
    assert (
        queries.active_minutes(session, order.id, None, MORNING + timedelta(hours=1)) == 5
    )  # until the other


def make_sheet(session, order, name):
    file = files.keep(session, name, "text/csv", name.encode(), by=None, at=MORNING)
    sheet = Import(
        dealer_id=order.dealer_id, file_id=file.id, sheet_name=name, facts={}, issues=[], created_at=MORNING
    )
    session.add(sheet)
    session.flush()  # for its id
    return sheet


def test_a_further_release_has_the_next_version_and_must_say_why(session):
    order = release_order(session, make_line(), make_line(room="次卧"))
    changed = queries.prepare(session, order.id).lines[:1]
    at = MORNING + timedelta(days=1)
    service.record_release(session, order.id, changed, ReleaseReason.SPLIT_ERROR, note="锁位", by=None, at=at)
    with pytest.raises(ReasonMissing) as refused:
        service.record_release(session, order.id, changed, ReleaseReason.FIRST, by=None, at=at)
    assert refused.value.facts == {"version": 3, "reason": ReleaseReason.FIRST}
    assert [(r.version, r.reason, r.note) for r in queries.releases(session, order.id)] == [
        (1, ReleaseReason.FIRST, ""),
        (2, ReleaseReason.SPLIT_ERROR, "锁位"),
    ]


def test_what_is_done_while_the_dealer_is_asked_is_not_work_on_the_order(session):
    order = make_order(session, make_line())
    person = make_person(session)
    beats(session, person, "order_entry", "erp.sales.order", order.id, MORNING, 8)
    sales.ask_dealer(session, order.id, "?", by=None, at=MORNING + timedelta(minutes=3))
    sales.reopen(session, order.id, by=None, at=MORNING + timedelta(minutes=5))
    sales.ask_dealer(session, order.id, "?", by=None, at=MORNING + timedelta(minutes=7))
    session.flush()
    until = MORNING + timedelta(hours=1)
    # 8 minutes, less 3 to 5, less 7 to 8: the second question has no answer yet
    assert queries.active_minutes(session, order.id, None, until) == 5
    # from the fourth minute on: 5 to 7
    assert queries.active_minutes(session, order.id, MORNING + timedelta(minutes=4), until) == 2


def test_a_question_before_a_thousand_changes_of_lines_is_still_a_wait(session):
    order = make_order(session, make_line())
    person = make_person(session)
    beats(session, person, "order_entry", "erp.sales.order", order.id, MORNING, 8)
    sales.ask_dealer(session, order.id, "?", by=None, at=MORNING + timedelta(minutes=3))
    sales.reopen(session, order.id, by=None, at=MORNING + timedelta(minutes=5))
    for number in range(1001):
        audit.record(
            session,
            subject="erp.sales.order",
            subject_id=order.id,
            verb="amend line",
            by=None,
            at=MORNING + timedelta(minutes=6),
            changes={f"1.note {number}": ["", "x"]},
        )
    session.flush()
    assert queries.active_minutes(session, order.id, None, MORNING + timedelta(hours=1)) == 6
