from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from core.audit.queries import history
from core.errors import AppError
from core.work import run
from erp.materials.model import Article
from erp.stock import queries, service
from erp.stock.model import Balance, Demand, Lot, Move, Place
from erp.stock.rules import (
    MoveKind,
    NameTaken,
    NotReversible,
    NotWhole,
    OverIssue,
    PlaceKind,
    PlaceUnfit,
    StockShort,
)
from tests.conftest import NOON
from tests.factories.stock import make_article, make_band, make_bar, make_lot, make_place, make_supplier

D = Decimal
BATCH = "mes.planning.batch"


def on_hand(session, lot, place):
    qty = session.scalar(
        select(Balance.on_hand_qty).where(Balance.lot_id == lot.id, Balance.place_id == place.id)
    )
    return qty or D(0)


def issue(session, lot, place, qty, subject_id=1):
    return service.issue(
        session, lot.id, place.id, D(qty), subject=BATCH, subject_id=subject_id, by=None, at=NOON
    )


def move(session, lot, start, end, qty):
    return service.move(session, lot.id, start.id, end.id, D(qty), MoveKind.TRANSFER, by=None, at=NOON)


def test_a_delivery_is_a_lot_with_a_label_that_came_from_outside(session):
    article, place, supplier = make_article(session), make_place(session), make_supplier(session)
    lot = service.receive(
        session, article.id, D(40), place.id, supplier_id=supplier.id, reference="DN-77", by=None, at=NOON
    )
    (moved,) = queries.moves(session, lot.id)
    assert (lot.code[0], lot.supplier_reference, on_hand(session, lot, place)) == ("R", "DN-77", 40)
    assert (moved.move.kind, moved.start.kind, moved.end.id) == (
        MoveKind.RECEIPT,
        PlaceKind.SUPPLIER,
        place.id,
    )
    assert [entry.verb for entry in history(session, "erp.stock.lot", lot.id)] == ["receive"]
    assert queries.verify(session) == []


def test_a_form_sent_twice_receives_once(session):
    article, place = make_article(session), make_place(session)
    first = make_lot(session, article, place, "40", form_key="one form")
    second = make_lot(session, article, place, "40", form_key="one form")
    assert (first.id, on_hand(session, first, place)) == (second.id, 40)
    assert session.scalar(select(func.count()).select_from(Lot)) == 1


def test_half_a_sheet_and_a_shelf_of_packages_are_refused(session):
    article = make_article(session)
    with pytest.raises(NotWhole):
        make_lot(session, article, make_place(session), "2.5")
    with pytest.raises(PlaceUnfit):
        make_lot(session, article, make_place(session, PlaceKind.FINISHED), "2")


def test_a_virtual_place_is_made_once(session):
    first = service.virtual_place(session, PlaceKind.LOSS)
    assert service.virtual_place(session, PlaceKind.LOSS).id == first.id


def test_a_place_has_a_name_of_its_own(session):
    make_place(session, name="A-03-2")
    with pytest.raises(NameTaken):
        make_place(session, name="A-03-2")


def test_what_is_moved_lies_at_the_other_place(session):
    start, end = make_place(session), make_place(session)
    lot = make_lot(session, place=start, qty="10")
    move(session, lot, start, end, "4")
    assert (on_hand(session, lot, start), on_hand(session, lot, end)) == (6, 4)
    assert queries.verify(session) == []


def test_nothing_goes_below_zero_and_the_refusal_says_what_is_there(session):
    start, end = make_place(session, name="Q-01"), make_place(session)
    lot = make_lot(session, place=start, qty="3")
    with pytest.raises(StockShort) as refusal:
        move(session, lot, start, end, "4")
    facts = refusal.value.facts
    assert (facts["need"], facts["have"], facts["place"]) == ("4", "3", "Q-01")
    with pytest.raises(StockShort):
        move(session, lot, end, start, "1")


def test_an_issue_counts_for_its_demand_and_never_more_than_is_needed(session):
    place = make_place(session)
    article = make_article(session)
    lot = make_lot(session, article, place, "10")
    service.put_demand(session, BATCH, 1, {article.material_id: D(6)})
    issue(session, lot, place, "4")
    with pytest.raises(OverIssue) as refusal, session.begin_nested():
        issue(session, lot, place, "3")
    assert refusal.value.facts["left"] == "2"
    issue(session, lot, place, "2")
    assert (on_hand(session, lot, place), queries.batch_shortages(session, 1)[0].issued_qty) == (4, 6)
    assert queries.verify(session) == []


def test_what_nobody_asked_for_is_not_issued(session):
    place = make_place(session)
    lot = make_lot(session, place=place, qty="10")
    with pytest.raises(OverIssue):
        issue(session, lot, place, "1")


def test_a_demand_put_twice_is_put_once_and_keeps_what_was_issued(session):
    place = make_place(session)
    article, other = make_article(session), make_article(session)
    lot = make_lot(session, article, place, "10")
    for _ in range(2):
        service.put_demand(session, BATCH, 1, {article.material_id: D(6), other.material_id: D(1)})
    issue(session, lot, place, "4")
    service.put_demand(session, BATCH, 1, {article.material_id: D(5)})
    rows = session.execute(select(Demand.material_id, Demand.needed_qty, Demand.issued_qty)).all()
    assert [tuple(row) for row in rows] == [(article.material_id, D(5), D(4))]
    service.put_demand(session, BATCH, 1, {})
    assert session.execute(select(Demand.needed_qty, Demand.issued_qty)).one() == (0, 4)
    assert queries.verify(session) == []


def test_a_need_is_kept_rounded_up_to_a_thousandth(session):
    sheet = make_article(session)
    service.put_demand(session, queries.ORDER, 7, {sheet.material_id: D("1.867566")})
    assert queries.shortages(session, 7)[0].needed_qty == D("1.868")


def test_an_issue_that_was_wrong_is_taken_back_once(session):
    place, article = make_place(session), make_article(session)
    lot = make_lot(session, article, place, "10")
    service.put_demand(session, BATCH, 1, {article.material_id: D(6)})
    wrong = issue(session, lot, place, "4")
    service.reverse(session, wrong.id, by=None, at=NOON)
    assert (on_hand(session, lot, place), queries.batch_shortages(session, 1)[0].issued_qty) == (10, 0)
    assert [moved.is_undone for moved in queries.moves(session, lot.id)] == [False, True, False]
    with pytest.raises(NotReversible):
        service.reverse(session, wrong.id, by=None, at=NOON)
    assert queries.verify(session) == []


def test_a_receipt_is_not_taken_back_when_part_of_it_is_gone(session):
    start, end = make_place(session), make_place(session)
    lot = make_lot(session, place=start, qty="10")
    (receipt,) = queries.moves(session, lot.id)
    move(session, lot, start, end, "1")
    with pytest.raises(StockShort):
        service.reverse(session, receipt.move.id, by=None, at=NOON)


def test_the_proof_finds_a_balance_that_was_changed_by_hand(session):
    place = make_place(session, name="Q-01")
    lot = make_lot(session, place=place, qty="10")
    session.execute(update(Balance).values(on_hand_qty=D(9)))
    assert queries.verify(session) == [f"lot {lot.code} at Q-01: balance 9, moves add up to 10"]


def test_the_proof_finds_an_issue_that_was_counted_wrongly(session):
    place, article = make_place(session), make_article(session)
    lot = make_lot(session, article, place, "10")
    service.put_demand(session, BATCH, 1, {article.material_id: D(6)})
    issue(session, lot, place, "4")
    session.execute(update(Demand).values(issued_qty=D(5)))
    assert queries.verify(session) == [
        f"{BATCH} 1, material {article.material_id}: told as issued 5, moves add up to 4"
    ]


def test_an_order_lacks_what_the_usable_stock_does_not_cover(session):
    sheet, bar, band = make_article(session), make_bar(session), make_band(session)
    for article, qty in ((sheet, "3"), (bar, "5"), (band, "20.5")):
        make_lot(session, article, qty=qty)
    service.put_demand(
        session,
        queries.ORDER,
        7,
        {sheet.material_id: D(10), bar.material_id: D("11.5"), band.material_id: D(21)},
    )
    told = {need.material_id: need for need in queries.shortages(session, 7)}
    # 3 sheets of 2.904 m2 = 8.712, so 10 - 8.712; 5 bars of 2.4 m = 12; 21 - 20.5 m of band
    assert told[sheet.material_id].lacking_qty == D("1.288")
    assert (told[bar.material_id].on_hand_qty, told[bar.material_id].lacking_qty) == (12, 0)
    assert told[band.material_id].lacking_qty == D("0.5")


def test_what_another_batch_has_still_to_draw_is_not_free(session):
    place, sheet = make_place(session), make_article(session)
    lot = make_lot(session, sheet, place, "10")
    service.put_demand(session, BATCH, 1, {sheet.material_id: D(6)})
    service.put_demand(session, BATCH, 2, {sheet.material_id: D(7)})
    issue(session, lot, place, "2", subject_id=1)
    service.put_demand(session, queries.ORDER, 9, {sheet.material_id: D(1)})
    (need,) = queries.batch_shortages(session, 2)
    # 8 are left; batch 1 has 4 to draw, so 4 are free for batch 2, which lacks 3
    assert (need.on_hand_qty, need.free_qty, need.lacking_qty) == (8, 4, 3)
    # for an order both batches come first: 8 - 4 - 7 leaves nothing
    assert queries.shortages(session, 9)[0].free_qty == 0


def test_packages_places_hold_no_free_material_and_the_floor_does(session):
    floor, sheet = make_place(session, PlaceKind.FLOOR), make_article(session)
    make_lot(session, sheet, floor, "2")
    assert queries.on_hand_by_material(session) == {sheet.material_id: D("5.808")}
    assert queries.count_by_material(session, [sheet.material_id]) == {sheet.material_id: 2}


def test_a_search_finds_every_word_in_any_name(session):
    place, sheet = make_place(session, name="Q-77 垫木"), make_article(session)
    lot = make_lot(session, sheet, place, "2")

    def found(text):
        return [row.Lot.code for row in session.execute(queries.balances(text))]

    assert found("mdf q-77") == found(lot.code.lower()) == found("密度板") == [lot.code]
    assert found("%") == found("' OR 1=1 --") == []


def test_two_who_draw_the_last_sheets_at_once_do_not_both_get_them(database):
    with database.app.app_context():
        place, lot, material_id = run(_last_sheets)
    start = Barrier(2)

    def draw(_):
        with database.app.app_context():
            start.wait()
            try:
                run(issue, lot, place, "3")
            except AppError as refused:
                return type(refused)
            return None

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(draw, range(2)))
    with database.session as session:
        assert sorted(outcomes, key=str) == sorted([None, StockShort], key=str)
        assert (on_hand(session, lot, place), queries.verify(session)) == (0, [])
        assert session.scalar(select(Demand.issued_qty)) == 3


def _last_sheets(session):
    place, article = make_place(session), make_article(session)
    lot = make_lot(session, article, place, "3")
    service.virtual_place(session, PlaceKind.PRODUCTION)
    service.put_demand(session, BATCH, 1, {article.material_id: D(10)})
    return place, lot, article.material_id


def test_the_same_form_sent_twice_at_once_receives_once(database):
    with database.app.app_context():
        article, place = run(lambda session: (make_article(session), make_place(session)))
    start = Barrier(2)

    def send(_):
        with database.app.app_context():
            start.wait()
            return run(make_lot, article, place, "5", form_key="one form").id

    with ThreadPoolExecutor(2) as pool:
        ids = list(pool.map(send, range(2)))
    with database.session as session:
        assert (len(set(ids)), session.scalar(select(func.sum(Move.moved_qty)))) == (1, 5)
        virtual = select(func.count()).select_from(Place).where(Place.kind == PlaceKind.SUPPLIER)
        assert (session.scalar(virtual), queries.verify(session)) == (1, [])


STEP = st.tuples(
    st.sampled_from(["move", "issue", "receive", "reverse"]),
    st.integers(0, 2),
    st.integers(0, 2),
    st.integers(1, 6),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=25))
def test_no_sequence_of_moves_breaks_the_proof(session, steps):
    outer = session.begin_nested()
    places = [make_place(session) for _ in range(3)]
    article = make_article(session)
    lots = [make_lot(session, article, place, "5") for place in places]
    service.put_demand(session, BATCH, 1, {article.material_id: D(12)})
    for verb, a, b, qty in steps:
        try:
            with session.begin_nested():
                _do(session, verb, lots[a], places[a], places[b], str(qty))
        except AppError:
            continue
    assert queries.verify(session) == []
    assert session.scalar(select(func.min(Balance.on_hand_qty))) >= 0
    outer.rollback()


def _do(session, verb, lot, start, end, qty):
    if verb == "move" and start.id != end.id:
        move(session, lot, start, end, qty)
    elif verb == "issue":
        issue(session, lot, end, qty)
    elif verb == "receive":
        make_lot(session, session.get(Article, lot.article_id), end, qty)
    elif verb == "reverse":
        last = session.scalars(select(Move.id).order_by(Move.id.desc()).limit(1)).one()
        service.reverse(session, last, by=None, at=NOON)
