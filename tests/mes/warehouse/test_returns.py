"""Material back from the shop, and from one place to another, by scan."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from sqlalchemy import select

from core.auth.model import Person
from core.codes import Letter, make
from core.work import run
from erp.stock import queries as stock
from erp.stock import service as stock_service
from erp.stock.model import Balance, Demand, Lot, Move, Place
from erp.stock.rules import MoveKind, OverReturn, PlaceKind
from mes.planning.model import Batch
from mes.scanning.rules import ScanKind
from tests.conftest import NOON
from tests.factories.factory import place as demo_place
from tests.factories.stock import make_article, make_lot, make_place
from tests.mes.warehouse.keeper import make_batch, make_keeper

D = Decimal


@pytest.fixture
def keeper(session):
    return make_keeper(session)


@pytest.fixture
def issued(session, keeper):
    """Six of ten sheets are with a batch."""

    class Issued:
        pass

    made = Issued()
    made.shelf, article = make_place(session), make_article(session)
    made.lot = make_lot(session, article, made.shelf, "10")
    made.batch = make_batch(session, {article.material_id: D(6)})
    assert keeper.issue(made.lot, made.batch, 6) is None
    return made


def on_hand(session, lot, place):
    found = select(Balance.on_hand_qty).where(Balance.lot_id == lot.id, Balance.place_id == place.id)
    return session.scalar(found) or 0


def give_back(keeper, lot, batch, place, quantity):
    return keeper.block(ScanKind.RETURN, lot.code, batch.code, place and place.code, quantity=quantity)


def facts(said):
    return said["block_code"], said["expected"]["facts"], said["got"]["facts"]


def test_what_a_batch_did_not_use_lies_in_the_store_again_and_is_needed_again(session, keeper, issued):
    assert give_back(keeper, issued.lot, issued.batch, issued.shelf, 2) is None
    assert on_hand(session, issued.lot, issued.shelf) == 6
    assert session.scalar(select(Demand.issued_qty).where(Demand.subject_id == issued.batch.id)) == 4
    assert stock.issued_qty(session, issued.lot.id, stock.BATCH, issued.batch.id) == 4
    assert stock.verify(session) == []


def test_e30_no_more_comes_back_than_went_out(session, keeper, issued):
    give_back(keeper, issued.lot, issued.batch, issued.shelf, 2)
    said = keeper.scan(ScanKind.RETURN, issued.lot.code, issued.batch.code, issued.shelf.code, quantity=5)
    code, expected, got = facts(said)
    assert (code, expected["qty"], got["qty"]) == ("E30", "4", "5")
    assert on_hand(session, issued.lot, issued.shelf) == 6


def test_e30_a_lot_of_another_batch_does_not_come_back_from_this_one(session, keeper, issued):
    other = make_batch(session, {})
    code, expected, _got = facts(
        keeper.scan(ScanKind.RETURN, issued.lot.code, other.code, issued.shelf.code, quantity=1)
    )
    assert (code, expected["batch"]) == ("E30", other.number)


def test_e22_material_comes_back_to_a_place_for_material(session, keeper, issued):
    finished = demo_place(session, PlaceKind.FINISHED)
    assert give_back(keeper, issued.lot, issued.batch, finished, 1) == "E22"
    assert give_back(keeper, issued.lot, issued.batch, None, 1) == "E22"
    assert give_back(keeper, issued.lot, issued.batch, issued.batch, 1) == "E22"
    assert keeper.block(ScanKind.RETURN, issued.lot.code, issued.lot.code) == "E22"


def test_e20_and_e21_the_place_must_be_readable_and_known(keeper, issued):
    lot, batch = issued.lot.code, issued.batch.code
    assert keeper.block(ScanKind.RETURN, lot, batch, "L00011X") == "E20"
    assert keeper.block(ScanKind.RETURN, lot, batch, make(Letter.PLACE, 99_999)) == "E21"
    assert keeper.block(ScanKind.RETURN, lot, make(Letter.BATCH, 99_999), issued.shelf.code) == "E21"


def test_e24_a_place_out_of_use_takes_nothing_back(session, keeper, issued):
    closed = make_place(session)
    closed.is_active = False
    session.flush()
    assert give_back(keeper, issued.lot, issued.batch, closed, 1) == "E24"


def test_e25_who_may_not_issue_takes_nothing_back(keeper, issued):
    keeper.permissions = frozenset({"mes.scanning.scan", "mes.warehouse.store"})
    assert give_back(keeper, issued.lot, issued.batch, issued.shelf, 1) == "E25"


def test_a_return_is_reversed_and_an_issue_of_which_part_came_back_is_not(session, keeper, issued):
    give_back(keeper, issued.lot, issued.batch, issued.shelf, 2)
    moves = {
        kind: session.scalar(select(Move.id).where(Move.lot_id == issued.lot.id, Move.kind == kind))
        for kind in (MoveKind.ISSUE, MoveKind.RETURN)
    }
    with pytest.raises(OverReturn) as refused:
        stock_service.reverse(session, moves[MoveKind.ISSUE], by=None, at=NOON)
    assert (refused.value.facts["need"], refused.value.facts["have"]) == ("6", "4")
    stock_service.reverse(session, moves[MoveKind.RETURN], by=None, at=NOON)
    assert (on_hand(session, issued.lot, issued.shelf), stock.verify(session)) == (4, [])
    stock_service.reverse(session, moves[MoveKind.ISSUE], by=None, at=NOON)
    assert (on_hand(session, issued.lot, issued.shelf), stock.verify(session)) == (10, [])


def test_two_who_give_the_same_sheets_back_at_once_do_not_make_sheets(database):
    with database.app.app_context():
        person_id, shelf_id, lot_id, batch_id = run(_issued)
    start = Barrier(2)

    def back(_):
        with database.app.app_context():
            start.wait()
            return run(_back, person_id, shelf_id, lot_id, batch_id)

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(back, range(2)))
    with database.session as session:
        assert sorted(outcomes, key=str) == ["E30", None]
        assert (session.scalar(select(Balance.on_hand_qty)), stock.verify(session)) == (3, [])


def _issued(session):
    shelf, article = make_place(session), make_article(session)
    lot = make_lot(session, article, shelf, "3")
    batch = make_batch(session, {article.material_id: D(3)})
    keeper = make_keeper(session)
    assert keeper.issue(lot, batch, 3) is None
    return keeper.person.id, shelf.id, lot.id, batch.id


def _back(session, person_id, shelf_id, lot_id, batch_id):
    keeper = make_keeper(session)
    keeper.person = session.get(Person, person_id)
    lot, batch, shelf = session.get(Lot, lot_id), session.get(Batch, batch_id), session.get(Place, shelf_id)
    return give_back(keeper, lot, batch, shelf, 3)


# --- from place to place --------------------------------------------------------


def carry(keeper, lot, place, quantity, start=None):
    return keeper.block(ScanKind.MOVE, lot.code, place.code, start and start.code, quantity=quantity)


def test_part_of_a_lot_is_carried_to_another_place(session, keeper):
    start, end = make_place(session), make_place(session)
    lot = make_lot(session, place=start, qty="10")
    assert carry(keeper, lot, end, 4) is None
    assert (on_hand(session, lot, start), on_hand(session, lot, end)) == (6, 4)
    assert carry(keeper, lot, end, 6) == "E22"  # lies at two places: which one?
    assert carry(keeper, lot, end, 6, start) is None
    assert (on_hand(session, lot, end), stock.verify(session)) == (10, [])


def test_e28_a_lot_that_lies_there_already_is_not_carried(session, keeper):
    start = make_place(session)
    lot = make_lot(session, place=start, qty="10")
    assert carry(keeper, lot, start, 4) == "E28"


def test_e30_no_more_is_carried_than_lies_there(session, keeper):
    start, end = make_place(session), make_place(session)
    lot = make_lot(session, place=start, qty="3")
    code, expected, got = facts(keeper.scan(ScanKind.MOVE, lot.code, end.code, quantity=4))
    assert (code, expected["qty"], expected["place"], got["qty"]) == ("E30", "3", start.name, "4")


def test_e22_a_lot_does_not_go_among_the_packages(session, keeper):
    lot = make_lot(session)
    assert carry(keeper, lot, demo_place(session, PlaceKind.FINISHED), 1) == "E22"
    assert carry(keeper, lot, demo_place(session, PlaceKind.STAGING), 1) == "E22"


def test_e24_a_lot_does_not_go_to_a_place_out_of_use(session, keeper):
    closed, lot = make_place(session), make_lot(session)
    closed.is_active = False
    session.flush()
    assert carry(keeper, lot, closed, 1) == "E24"


def test_e21_and_e25_of_a_transfer(session, keeper):
    lot, place = make_lot(session), make_place(session)
    assert keeper.block(ScanKind.MOVE, make(Letter.LOT, 999_999), place.code) == "E21"
    keeper.permissions = frozenset({"mes.scanning.scan"})
    assert carry(keeper, lot, place, 1) == "E25"


# --- what the handheld asks first -------------------------------------------------


def test_the_handheld_says_how_much_may_come_back_and_where_it_goes(session, client_for, issued):
    session.commit()
    client = client_for("keeper", locale="en")
    url = f"/api/v1/warehouse/returns?code={issued.lot.code}&batch={issued.batch.code}"
    shown = client.get(url).json["shown"]
    assert (shown["most"], shown["out"], shown["place"]) == (6, "6 pcs", issued.shelf.name)
    other = make_batch(session, {})
    session.commit()
    told = client.get(f"/api/v1/warehouse/returns?code={issued.lot.code}&batch={other.code}").json
    assert (told["block_code"], other.number in told["expected"]) == ("E30", True)


def test_the_batch_says_what_is_short(session, client_for):
    article = make_article(session)
    make_lot(session, article, qty="4")
    batch = make_batch(session, {article.material_id: D(6)})
    session.commit()
    told = client_for("keeper", locale="en").get(f"/api/v1/warehouse/batches?code={batch.code}").json
    assert told["shown"]["lines"][0]["quantity"] == "6 pcs, 2 short"
