from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from sqlalchemy import func, select

from core.auth.model import Person
from core.codes import Letter, make
from core.work import run
from erp.stock import queries as stock
from erp.stock import service as stock_service
from erp.stock.model import Balance, Lot, Move, Place
from erp.stock.rules import MoveKind, PlaceKind
from mes.counting import queries, service
from mes.counting.model import Count, Entry
from mes.counting.rules import CountCause, CountClosed, CountState, MovedMeanwhile, SamePerson
from mes.packing.rules import PackageState
from mes.scanning.rules import ScanKind
from mes.warehouse import queries as warehouse
from tests.conftest import NOON
from tests.factories.factory import place as demo_place
from tests.factories.factory import release_order
from tests.factories.people import make_person
from tests.factories.stock import make_band, make_lot, make_place
from tests.mes.counting.shelf import COUNTER, Counter, last_count, line_of, make_counter
from tests.mes.packing.bench import packages
from tests.mes.warehouse.keeper import make_batch

D = Decimal


@pytest.fixture
def counter(session):
    return make_counter(session)


@pytest.fixture
def shelf(session):
    return make_place(session)


@pytest.fixture
def chief(session):
    return make_person(session, roles=("leader",), name="王班长").id


def on_hand(session, lot, place):
    found = select(Balance.on_hand_qty).where(Balance.lot_id == lot.id, Balance.place_id == place.id)
    return session.scalar(found) or 0


def approve(session, count, by, reason="found behind the rack", causes=None):
    return service.approve(session, count.id, causes or {}, reason, by=by, at=NOON)


def told(said):
    return said["block_code"], said["expected"]["facts"], said["got"]["facts"]


# --- a round ------------------------------------------------------------------


def test_a_place_that_is_as_booked_is_closed_in_one_round(session, counter, shelf):
    lot = make_lot(session, place=shelf, qty="10")
    assert counter.round(shelf, (lot, 10)) is CountState.DONE
    count = last_count(session, shelf)
    assert (count.is_accurate, count.number[:7], count.pass_count) == (True, "CT2611-", 1)
    moved = select(func.count()).select_from(Move).where(Move.kind == MoveKind.COUNT)
    assert session.scalar(moved) == 0


def test_an_answer_tells_what_was_counted_and_never_what_the_book_says(session, counter, shelf):
    lot = make_lot(session, place=shelf, qty="4217")
    assert "4217" not in str(counter.place(shelf))
    said = counter.scan(ScanKind.COUNT, lot.code, shelf.code, quantity=12)
    assert said["say"]["facts"]["qty"] == "12"
    assert "4217" not in str(said)
    assert "4217" not in str(counter.scan(ScanKind.COUNT, shelf.code, shelf.code))


def test_two_pallets_of_a_lot_add_up_and_a_wrong_entry_is_struck(session, counter, shelf):
    lot = make_lot(session, place=shelf, qty="20")
    counter.place(shelf)
    counter.lot(shelf, lot, 12)
    said = counter.scan(ScanKind.COUNT, lot.code, shelf.code, quantity=80)
    assert said["say"]["facts"]["qty"] == "92"
    count = last_count(session, shelf)
    assert counter.strike(shelf, lot) is None
    assert counter.strike(shelf, lot) == "E22"  # nothing of it is counted any more
    assert counter.lot(shelf, lot, 20) is None
    counter.place(shelf)
    assert last_count(session, shelf).state is CountState.DONE
    kept = session.scalars(select(Entry.counted_qty).where(Entry.count_id == count.id)).all()
    assert kept == [12, 80, 20]  # nothing is lost, two are struck


def test_a_difference_is_counted_again_by_name_and_without_a_quantity(session, counter, shelf):
    right, wrong = make_lot(session, place=shelf, qty="5"), make_lot(session, place=shelf, qty="7")
    counter.place(shelf)
    counter.lot(shelf, right, 5)
    counter.lot(shelf, wrong, 6)
    shown = counter.place(shelf)
    assert [code for _name, code in shown["again"]] == [wrong.code]
    assert last_count(session, shelf).state is CountState.RECOUNT
    assert [code for _name, code in counter.place(shelf)["again"]] == [wrong.code]
    assert counter.lot(shelf, right, 5) == "E28"  # was right: needs no second count
    counter.lot(shelf, wrong, 7)
    counter.place(shelf)
    count = last_count(session, shelf)
    assert (count.state, count.is_accurate, count.pass_count) == (CountState.DONE, True, 2)


def test_two_rounds_that_disagree_are_followed_by_a_third(session, counter, shelf):
    lot = make_lot(session, place=shelf, qty="10")
    assert counter.round(shelf, (lot, 8)) is CountState.RECOUNT
    assert counter.round(shelf, (lot, 9)) is CountState.RECOUNT
    assert counter.round(shelf, (lot, 9)) is CountState.APPROVAL


def test_what_is_not_scanned_is_not_there_and_an_empty_place_is_counted_too(session, counter, shelf):
    lot = make_lot(session, place=shelf, qty="3")
    assert counter.round(shelf) is CountState.RECOUNT
    assert counter.round(shelf) is CountState.APPROVAL
    line = line_of(session, last_count(session, shelf), lot.code)
    assert (line.first_qty, line.counted_qty, line.book_qty) == (0, 0, 3)
    assert counter.round(make_place(session)) is CountState.DONE


def test_a_band_is_right_to_the_metre(session, counter, shelf):
    lot = make_lot(session, make_band(session), shelf, "34.56")
    assert counter.round(shelf, (lot, 35)) is CountState.DONE


# --- approval -----------------------------------------------------------------


def test_a_second_person_posts_the_difference_with_a_reason_and_its_class(session, counter, shelf, chief):
    less, more = make_lot(session, place=shelf, qty="10"), make_lot(session, place=shelf, qty="4")
    for _ in range(2):
        counter.round(shelf, (less, 8), (more, 5))
    count = last_count(session, shelf)
    damage = {line_of(session, count, more.code).id: CountCause.RECEIPT}
    approve(session, count, chief, causes=damage)
    assert (on_hand(session, less, shelf), on_hand(session, more, shelf)) == (8, 5)
    assert (count.state, count.is_accurate, count.reason) == (CountState.DONE, False, "found behind the rack")
    assert line_of(session, count, less.code).cause.value == "E16"
    assert line_of(session, count, more.code).cause is CountCause.RECEIPT
    assert (stock.verify(session), queries.faults(session)) == ([], [])


def test_who_counted_cannot_approve(session, counter, shelf):
    lot = make_lot(session, place=shelf, qty="10")
    for _ in range(2):
        counter.round(shelf, (lot, 8))
    with pytest.raises(SamePerson):
        approve(session, last_count(session, shelf), counter.person.id)
    assert on_hand(session, lot, shelf) == 10


def test_what_moves_between_counting_and_approving_moves_both(session, counter, shelf, chief):
    lot = make_lot(session, place=shelf, qty="10")
    for _ in range(2):
        counter.round(shelf, (lot, 8))
    other = make_place(session)
    stock_service.move(session, lot.id, shelf.id, other.id, D(5), MoveKind.TRANSFER, by=None, at=NOON)
    approve(session, last_count(session, shelf), chief)
    assert (on_hand(session, lot, shelf), on_hand(session, lot, other)) == (3, 5)


def test_a_difference_of_what_is_gone_since_is_refused_and_nothing_is_posted(session, counter, shelf, chief):
    lot, other = make_lot(session, place=shelf, qty="10"), make_place(session)
    for _ in range(2):
        counter.round(shelf, (lot, 4))
    stock_service.move(session, lot.id, shelf.id, other.id, D(7), MoveKind.TRANSFER, by=None, at=NOON)
    with pytest.raises(MovedMeanwhile) as refused, session.begin_nested():
        approve(session, last_count(session, shelf), chief)
    assert refused.value.facts == {"thing": lot.code, "place": shelf.name}
    assert on_hand(session, lot, shelf) == 3
    count = service.again(session, last_count(session, shelf).id, by=chief, at=NOON)
    assert count.state is CountState.RECOUNT


def test_a_difference_may_be_left_as_it_is(session, counter, shelf, chief):
    lot = make_lot(session, place=shelf, qty="10")
    for _ in range(2):
        counter.round(shelf, (lot, 8))
    count = last_count(session, shelf)
    approve(session, count, chief, causes={line_of(session, count, lot.code).id: CountCause.KEEP})
    assert on_hand(session, lot, shelf) == 10
    assert queries.faults(session) == []


def test_nothing_is_approved_twice(session, counter, shelf, chief):
    lot = make_lot(session, place=shelf, qty="10")
    for _ in range(2):
        counter.round(shelf, (lot, 8))
    count = approve(session, last_count(session, shelf), chief)
    with pytest.raises(CountClosed):
        approve(session, count, chief)
    assert on_hand(session, lot, shelf) == 8


def test_record_accuracy_counts_the_places_of_a_time(session, counter, shelf, chief):
    lot = make_lot(session, place=shelf, qty="10")
    for _ in range(2):
        counter.round(shelf, (lot, 8))
    approve(session, last_count(session, shelf), chief)
    for _ in range(3):
        counter.round(make_place(session))
    found = queries.accuracy(session, NOON - timedelta(days=1), NOON + timedelta(days=1))
    assert (found.place_count, found.right_count, found.rate) == (4, 3, D("0.7500"))
    assert queries.accuracy(session, NOON + timedelta(days=1), NOON + timedelta(days=2)).rate is None


# --- packages -----------------------------------------------------------------


@pytest.fixture
def stored(session):
    """Two packages in the finished-goods store, and where."""
    store = demo_place(session, PlaceKind.FINISHED)
    boxes = packages(session, release_order(session))[:2]
    for box in boxes:
        box.state, box.place_id = PackageState.IN_STORE, store.id
    session.flush()
    return store, boxes


@pytest.mark.parametrize("is_found_first", [True, False])
def test_e16_a_package_carried_without_a_scan_is_found_by_the_count(
    session, counter, chief, stored, is_found_first
):
    store, (here, gone) = stored
    other = make_place(session, PlaceKind.FINISHED)
    for place, box in ((store, here), (other, gone)):
        for number in range(2):
            counter.place(place)
            assert counter.package(place, box) == ("E28" if (place, number) == (store, 1) else None)
            counter.place(place)
    for place in (other, store) if is_found_first else (store, other):
        approve(session, last_count(session, place), chief)
    session.expire_all()
    assert (here.place_id, gone.place_id, gone.state) == (store.id, other.id, PackageState.IN_STORE)
    assert line_of(session, last_count(session, other), gone.code).cause.value == "E16"
    assert (warehouse.faults(session), queries.faults(session)) == ([], [])


def test_a_package_that_nobody_finds_lies_at_no_place(session, counter, chief, stored):
    store, (here, gone) = stored
    for _ in range(2):
        counter.place(store)
        counter.package(store, here)
        counter.place(store)
    approve(session, last_count(session, store), chief)
    session.expire_all()
    assert (gone.place_id, gone.state) == (None, PackageState.SEALED)
    assert warehouse.faults(session) == []


def test_a_shipped_package_that_stands_in_the_store_cannot_be_booked_in(session, counter, chief, stored):
    store, (here, shipped) = stored
    shipped.state, shipped.place_id = PackageState.SHIPPED, None
    session.flush()
    for _ in range(2):
        counter.place(store)
        for box in (here, shipped):
            counter.package(store, box)
        counter.place(store)
    count = last_count(session, store)
    with pytest.raises(MovedMeanwhile), session.begin_nested():
        approve(session, count, chief)
    line = line_of(session, count, shipped.code)
    approve(session, count, chief, causes={line.id: CountCause.KEEP})
    assert session.get(Count, count.id).state is CountState.DONE


# --- refusals -----------------------------------------------------------------


def test_e20_and_e21_a_label_must_be_readable_and_known(session, counter, shelf):
    counter.place(shelf)
    assert counter.block(ScanKind.COUNT, "R0000110", shelf.code) == "E20"
    assert counter.block(ScanKind.COUNT, make(Letter.LOT, 999_999), shelf.code) == "E21"
    assert counter.block(ScanKind.COUNT, make(Letter.PACKAGE, 999_999), shelf.code) == "E21"
    assert counter.block(ScanKind.COUNT, shelf.code, make(Letter.PLACE, 99_999)) == "E21"


def test_e22_what_is_neither_lot_nor_package_nor_place(session, counter, shelf):
    counter.place(shelf)
    batch = make_batch(session, {})
    said = counter.scan(ScanKind.COUNT, batch.code, shelf.code)
    assert (said["block_code"], said["got"]["facts"]["name"]) == ("E22", batch.number)


def test_e22_a_lot_among_the_finished_packages_names_where_and_what(session, counter, stored):
    store, (box, _other) = stored
    lot, shelf = make_lot(session), make_place(session)
    code, _expected, got = told(counter.scan(ScanKind.COUNT, lot.code, store.code))
    assert (code, got["place"]) == ("E22", store.name)
    assert counter.package(shelf, box) == "E22"


def test_e22_another_place_in_mid_count_says_which_is_to_be_finished(session, counter, shelf):
    other = make_place(session)
    counter.place(shelf)
    said = counter.scan(ScanKind.COUNT, other.code, shelf.code)
    code, expected, got = told(said)
    assert (code, expected["place"], got["place"]) == ("E22", shelf.name, other.name)


def test_e24_a_place_whose_difference_waits_and_one_out_of_use(session, counter, shelf):
    lot = make_lot(session, place=shelf, qty="10")
    for _ in range(2):
        counter.round(shelf, (lot, 8))
    said = counter.scan(ScanKind.COUNT, lot.code, shelf.code)
    assert (said["block_code"], said["todo"]["facts"]["number"]) == (
        "E24",
        last_count(session, shelf).number,
    )
    closed = make_place(session)
    closed.is_active = False
    session.flush()
    assert counter.block(ScanKind.COUNT, closed.code, closed.code) == "E24"


def test_e25_without_the_right_nothing_is_counted(session, counter, shelf):
    counter.permissions = frozenset({"mes.scanning.scan"})
    assert counter.block(ScanKind.COUNT, shelf.code, shelf.code) == "E25"
    assert last_count(session, shelf) is None


def test_e27_a_shelf_that_another_one_counts_names_that_person(session, counter, shelf):
    counter.place(shelf)
    code, expected, _got = told(make_counter(session, "李梅").scan(ScanKind.COUNT, shelf.code, shelf.code))
    assert (code, expected["name"]) == ("E27", "陈国强")


def test_e28_a_package_counted_twice_is_counted_once(session, counter, stored):
    store, (box, _other) = stored
    counter.place(store)
    assert counter.package(store, box) is None
    assert counter.package(store, box) == "E28"


def test_e30_an_offcut_is_one_piece(session, counter, shelf):
    lot = session.get(Lot, make_lot(session, place=shelf, qty="1").id)
    lot.length_mm, lot.width_mm = D(900), D(500)
    session.flush()
    counter.place(shelf)
    assert counter.lot(shelf, lot, 2) == "E30"
    assert counter.lot(shelf, lot, 1) is None
    assert counter.lot(shelf, lot, 1) == "E30"


def test_one_shelf_has_one_open_count_and_two_who_begin_at_once_do_not_count_it_twice(database):
    with database.app.app_context():
        shelf, people = run(_shelf)
    start = Barrier(2)

    def begin(person_id):
        with database.app.app_context():
            start.wait()
            return run(_begin, person_id, shelf)

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(begin, people))
    with database.session as session:
        assert sorted(outcomes, key=str) == ["E27", None]
        assert session.scalar(select(func.count()).select_from(Count)) == 1


def _shelf(session):
    return make_place(session), [make_counter(session, name).person.id for name in ("陈国强", "李梅")]


def _begin(session, person_id, shelf):
    counter = Counter(session, session.get(Person, person_id), COUNTER)
    place = session.get(Place, shelf.id)
    return counter.block(ScanKind.COUNT, place.code, place.code)
