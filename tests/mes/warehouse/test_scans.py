from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from sqlalchemy import select

from core.codes import Letter, make
from core.work import run
from erp.stock import queries as stock
from erp.stock import service as stock_service
from erp.stock.model import Balance, Lot, Place
from erp.stock.rules import MoveKind, PlaceKind
from mes.packing.model import Package
from mes.packing.rules import PackageState
from mes.planning.rules import BatchState
from mes.scanning import service as scanning
from mes.scanning.rules import ScanKind
from mes.warehouse import queries
from tests.conftest import NOON
from tests.factories.factory import place as demo_place
from tests.factories.factory import release_order
from tests.factories.stock import make_article, make_band, make_lot, make_place
from tests.mes.packing.bench import make_all, make_bench, packages, pieces_of
from tests.mes.warehouse.keeper import make_batch, make_keeper

D = Decimal


@pytest.fixture
def keeper(session):
    return make_keeper(session)


@pytest.fixture
def shelf(session):
    return demo_place(session, PlaceKind.FINISHED)


@pytest.fixture
def sealed(session):
    """The first two packages of an order, sealed at the bench."""
    return _sealed(session, 2)


def _sealed(session, count):
    order = release_order(session)
    make_all(session, order)
    bench = make_bench(session)
    return [_seal(bench, package) for package in packages(session, order)[:count]]


def _seal(bench, package):
    bench.fill(package)
    assert bench.block(ScanKind.PACK_SEAL, package.code) is None
    return package


def witness(session, package):
    return pieces_of(session, package)[0]


def told(said):
    return said["block_code"], said["expected"]["facts"], said["got"]["facts"]


# --- put away -------------------------------------------------------------------


def test_a_sealed_package_with_a_piece_of_its_own_is_stored(session, keeper, shelf, sealed):
    package = sealed[0]
    assert keeper.store(package, shelf, witness(session, package)) is None
    assert (package.state, package.place_id) == (PackageState.IN_STORE, shelf.id)
    assert queries.faults(session) == []


def test_e09_a_piece_of_another_package_keeps_the_box_out_of_the_store(session, keeper, shelf, sealed):
    package, other = sealed
    strange = witness(session, other)
    said = keeper.scan(ScanKind.STORE_IN, package.code, shelf.code, strange.code)
    code, expected, got = told(said)
    assert (code, expected["order"], got["order"]) == ("E09", got["order"], expected["order"])
    assert got["piece"]["zh"] == strange.name
    assert (package.state, package.place_id) == (PackageState.SEALED, None)


def test_e09_without_a_witness_nothing_is_stored(session, keeper, shelf, sealed):
    assert keeper.store(sealed[0], shelf) == "E09"
    assert sealed[0].place_id is None


def test_e20_and_e21_a_witness_must_be_readable_and_known(session, keeper, shelf, sealed):
    package = sealed[0]
    assert keeper.block(ScanKind.STORE_IN, package.code, shelf.code, "P0001A2B0") == "E20"
    unknown = make(Letter.PIECE, 9_999_999)
    assert keeper.block(ScanKind.STORE_IN, package.code, shelf.code, unknown) == "E21"
    assert keeper.block(ScanKind.STORE_IN, package.code, shelf.code, package.code) == "E09"


def test_e21_and_e22_the_place_must_be_known_and_a_place(session, keeper, sealed):
    assert keeper.block(ScanKind.STORE_IN, sealed[0].code, make(Letter.PLACE, 99_999)) == "E21"
    assert keeper.block(ScanKind.STORE_IN, sealed[0].code, sealed[1].code) == "E22"
    assert keeper.block(ScanKind.STORE_IN, sealed[0].code) == "E22"


def test_e22_a_package_does_not_go_among_the_boards(session, keeper, sealed):
    boards = demo_place(session, PlaceKind.STORE)
    assert keeper.store(sealed[0], boards, witness(session, sealed[0])) == "E22"


def test_e24_a_place_out_of_use_takes_nothing(session, keeper, shelf, sealed):
    shelf.is_active = False
    session.flush()
    assert keeper.store(sealed[0], shelf, witness(session, sealed[0])) == "E24"


def test_e13_an_open_package_goes_back_to_the_bench(session, keeper, shelf):
    package = packages(session, release_order(session))[0]
    assert keeper.store(package, shelf) == "E13"
    assert package.state == PackageState.PLANNED


def test_e24_a_loaded_package_is_not_stored(session, keeper, shelf, sealed):
    sealed[0].state = PackageState.LOADED
    session.flush()
    assert keeper.store(sealed[0], shelf, witness(session, sealed[0])) == "E24"


def test_e25_without_the_right_nothing_is_stored(session, keeper, shelf, sealed):
    keeper.permissions = frozenset({"mes.scanning.scan"})
    assert keeper.store(sealed[0], shelf, witness(session, sealed[0])) == "E25"
    assert sealed[0].place_id is None


def test_e28_a_package_that_lies_there_already_changes_nothing(session, keeper, shelf, sealed):
    piece = witness(session, sealed[0])
    assert keeper.store(sealed[0], shelf, piece) is None
    assert keeper.store(sealed[0], shelf, piece) == "E28"


def test_a_package_is_moved_within_the_store_and_staged(session, keeper, shelf, sealed):
    package, other_shelf = sealed[0], make_place(session, PlaceKind.FINISHED)
    staging = demo_place(session, PlaceKind.STAGING)
    keeper.store(package, shelf, witness(session, package))
    assert keeper.block(ScanKind.MOVE, package.code, other_shelf.code) is None
    assert (package.state, package.place_id) == (PackageState.IN_STORE, other_shelf.id)
    assert keeper.block(ScanKind.STAGE, package.code, other_shelf.code) == "E22"
    assert keeper.block(ScanKind.STAGE, package.code, staging.code) is None
    assert (package.state, package.place_id) == (PackageState.STAGED, staging.id)
    assert keeper.block(ScanKind.MOVE, package.code, shelf.code) is None
    assert package.state == PackageState.IN_STORE


def test_the_proposed_place_is_where_the_order_lies_else_the_emptiest(session, keeper, shelf, sealed):
    first, second = sealed
    empty = queries.shelves(session, second.order_id, second.id)
    assert {one.package_count for one in empty} == {0}
    keeper.store(first, shelf, witness(session, first))
    told = {one.spot.place_id: one for one in queries.shelves(session, second.order_id, second.id)}
    assert told[shelf.id].mates == (f"{first.position}/{first.total_count}",)


def test_the_proof_finds_a_package_among_the_boards(session, sealed):
    boards = demo_place(session, PlaceKind.STORE)
    sealed[0].place_id = boards.id
    session.flush()
    assert queries.faults(session) == [f"{sealed[0].code}: SEALED at {boards.name} (STORE)"]


# --- goods-in and issue ---------------------------------------------------------


def on_hand(session, lot, place):
    return session.scalar(
        select(Balance.on_hand_qty).where(Balance.lot_id == lot.id, Balance.place_id == place.id)
    )


def test_a_received_lot_goes_from_goods_in_to_its_place_whole(session, keeper):
    dock, store = demo_place(session, PlaceKind.RECEIVING), make_place(session)
    lot = make_lot(session, place=dock, qty="40")
    assert keeper.block(ScanKind.GOODS_IN, lot.code, store.code) is None
    assert (on_hand(session, lot, dock), on_hand(session, lot, store)) == (0, 40)
    assert keeper.block(ScanKind.GOODS_IN, lot.code, store.code) == "E28"
    assert keeper.block(ScanKind.GOODS_IN, lot.code, make_place(session).code) == "E22"
    assert stock.verify(session) == []


def test_e22_a_lot_does_not_go_among_finished_packages(session, keeper, shelf):
    lot = make_lot(session, place=demo_place(session, PlaceKind.RECEIVING))
    assert keeper.block(ScanKind.GOODS_IN, lot.code, shelf.code) == "E22"


def test_an_issue_is_moved_and_counted_for_the_batch(session, keeper):
    store, sheet = make_place(session), make_article(session)
    lot = make_lot(session, sheet, store, "10")
    batch = make_batch(session, {sheet.material_id: D(6)})
    assert keeper.issue(lot, batch, 4) is None
    assert (on_hand(session, lot, store), stock.batch_shortages(session, batch.id)[0].open_qty) == (6, 2)
    assert stock.verify(session) == []


def test_e30_more_than_the_batch_still_needs_is_refused_with_what_is_left(session, keeper):
    store, sheet = make_place(session), make_article(session)
    lot = make_lot(session, sheet, store, "10")
    batch = make_batch(session, {sheet.material_id: D(6)})
    keeper.issue(lot, batch, 4)
    said = keeper.scan(ScanKind.ISSUE, lot.code, batch.code, quantity=3)
    code, expected, got = told(said)
    assert (code, expected["qty"], got["qty"]) == ("E30", "2", "3")
    assert on_hand(session, lot, store) == 6


def test_e30_more_than_lies_there_is_refused_with_what_does(session, keeper):
    sheet = make_article(session)
    lot = make_lot(session, sheet, qty="2")
    batch = make_batch(session, {sheet.material_id: D(6)})
    code, expected, _ = told(keeper.scan(ScanKind.ISSUE, lot.code, batch.code, quantity=3))
    assert (code, expected["qty"]) == ("E30", "2")


def test_a_material_that_the_batch_does_not_need_is_wrong_and_not_too_much(session, keeper):
    lot, batch = make_lot(session), make_batch(session, {})
    assert keeper.issue(lot, batch, 1) == "E22"


def test_e24_a_batch_that_is_done_takes_nothing(session, keeper):
    sheet = make_article(session)
    lot = make_lot(session, sheet)
    assert keeper.issue(lot, make_batch(session, {sheet.material_id: D(6)}, BatchState.DONE), 1) == "E24"


def test_a_lot_at_several_places_is_taken_from_the_one_that_was_scanned(session, keeper):
    dock, store, sheet = demo_place(session, PlaceKind.RECEIVING), make_place(session), make_article(session)
    lot = make_lot(session, sheet, dock, "10")
    batch = make_batch(session, {sheet.material_id: D(6)})
    _split(session, lot, dock, store)
    assert keeper.issue(lot, batch, 1) == "E22"
    assert keeper.issue(lot, batch, 1, make_place(session)) == "E22"
    assert keeper.issue(lot, batch, 1, store) is None
    assert (on_hand(session, lot, store), on_hand(session, lot, dock)) == (3, 6)


def _split(session, lot, start, end):
    stock_service.move(session, lot.id, start.id, end.id, D(4), MoveKind.TRANSFER, by=None, at=NOON)


def test_a_band_is_handed_out_in_whole_metres_to_cover_a_fraction(session, keeper):
    band = make_band(session)
    lot = make_lot(session, band, qty="50")
    batch = make_batch(session, {band.material_id: D("34.56")})
    assert keeper.issue(lot, batch, 36) == "E30"
    assert keeper.issue(lot, batch, 35) is None
    assert stock.verify(session) == []


def test_two_handhelds_draw_the_last_sheets_and_one_gets_them(database):
    with database.app.app_context():
        keeper, lot, batch = run(_last_sheets)
    start = Barrier(2)

    def draw(_):
        with database.app.app_context():
            start.wait()
            return run(_draw, keeper, lot, batch)

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(draw, range(2)))
    with database.session as session:
        assert sorted(outcomes, key=str) == ["E30", None]
        assert (session.scalar(select(Balance.on_hand_qty)), stock.verify(session)) == (0, [])


def _last_sheets(session):
    sheet = make_article(session)
    lot = make_lot(session, sheet, qty="3")
    return make_keeper(session).person, lot, make_batch(session, {sheet.material_id: D(9)})


def _draw(session, person, lot, batch):
    keeper = make_keeper(session)
    keeper.person = person
    return keeper.issue(session.get(Lot, lot.id), batch, 3)


def test_a_place_and_a_lot_say_what_they_are(session):
    store = session.scalars(select(Place).where(Place.kind == PlaceKind.STORE)).first()
    lot = make_lot(session, place=store)
    assert scanning.resolve(session, store.code).object_id == store.id
    assert scanning.resolve(session, lot.code).object_type == "lot"


def test_a_release_of_a_package_out_of_the_store_leaves_no_place(session, keeper, shelf, sealed):
    package = sealed[0]
    keeper.store(package, shelf, witness(session, package))
    assert make_bench(session).block(ScanKind.PACK_REOPEN, package.code) is None
    assert session.get(Package, package.id).place_id is None
    assert queries.faults(session) == []
