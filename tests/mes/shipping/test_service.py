from threading import Barrier, Thread

import pytest
from sqlalchemy import select, update

from core.states import StepRefused
from core.work import run
from erp.sales.rules.states import OrderState
from mes.packing.model import Package
from mes.packing.rules import PackageState
from mes.scanning.model import Scan
from mes.scanning.rules import Outcome, ScanKind
from mes.shipping import queries, service
from mes.shipping.model import Delivery, Load, LoadPackage
from mes.shipping.rules import (
    LoadNotOpen,
    LoadState,
    NothingChosen,
    PackageNotReady,
    PackageOnBoard,
    PackageTaken,
)
from mes.splitting.model import Piece
from mes.splitting.rules import PieceState
from tests.conftest import NOON
from tests.factories.factory import release_order
from tests.factories.people import make_person
from tests.mes.packing.bench import packages
from tests.mes.shipping.dock import make_dock, make_load, sealed_order


@pytest.fixture
def dock(session):
    return make_dock(session)


@pytest.fixture
def order(session):
    """One single door, packed and sealed: leaf, frame, trim, hardware."""
    return sealed_order(session)


@pytest.fixture
def load(session, order):
    return make_load(session, order)


def states(session, order):
    return [package.state for package in packages(session, order)]


def test_a_load_has_one_delivery_a_dealer_in_the_order_given(session, order):
    other = sealed_order(session, dealer="D003")
    load = make_load(session, other, order)
    stops = queries.facts(session, load.id).stops
    assert [(stop.position, stop.dealer.en) for stop in stops] == [
        (1, "Harbour Home Ningbo"),
        (2, "Yuanshan Doors Hangzhou"),
    ]
    assert [len(stop.cargo) for stop in stops] == [4, 4]
    assert stops[0].address == "宁波市鄞州区示例街 9 号"
    assert {stop.number for stop in stops} == {"DN2611-0001", "DN2611-0002"}


def test_a_package_that_is_not_sealed_goes_onto_no_list(session):
    order, load = release_order(session), make_load(session)
    package = packages(session, order)[0]
    with pytest.raises(PackageNotReady) as refusal:
        service.add_packages(session, load.id, [package.id], by=1, at=NOON)
    assert refusal.value.facts["state"] is PackageState.PLANNED
    with pytest.raises(NothingChosen):
        service.add_packages(session, load.id, [], by=1, at=NOON)


def test_a_package_on_one_list_goes_onto_no_other_and_stays_where_it_is(session, order, load, dock):
    second = make_load(session)
    with pytest.raises(PackageTaken):
        service.add_packages(session, second.id, [packages(session, order)[0].id], by=dock.person.id, at=NOON)
    assert session.scalars(select(LoadPackage.load_id).distinct()).all() == [load.id]


def test_loading_begins_the_load_and_moves_the_package(session, order, load, dock):
    leaf = packages(session, order, "LEAF")[0]
    said = dock.scan(ScanKind.LOAD, leaf.code, load.code)
    assert (said["outcome"], said["progress"]["done"], said["progress"]["total"]) == ("ACCEPT", 1, 4)
    assert [name["zh"].split()[-1] for name in said["progress"]["missing"]] == ["2/4", "3/4", "4/4"]
    assert session.get(Load, load.id).state is LoadState.LOADING
    assert states(session, order)[0] is PackageState.LOADED
    row = session.scalars(select(Scan).order_by(Scan.id.desc())).first()
    assert (row.object_type, row.object_id, row.context_id) == ("package", leaf.id, load.id)


def test_the_same_package_again_is_told_neutrally_and_counts_once(session, order, load, dock):
    leaf = packages(session, order)[0]
    assert dock.load(load, leaf) is None
    assert dock.load(load, leaf) == "E28"
    assert queries.facts(session, load.id).loaded_count == 1


def test_a_package_of_a_dealer_who_is_not_on_the_load_is_another_destination(session, load, dock):
    foreign = sealed_order(session, dealer="D002")
    said = dock.scan(ScanKind.LOAD, packages(session, foreign)[0].code, load.code)
    assert said["block_code"] == "E11"
    assert said["todo"]["facts"]["dealer"]["zh"] == "南昌金豪木门专卖店"
    assert states(session, foreign) == [PackageState.SEALED] * 4


def test_a_package_of_the_same_dealer_that_is_on_no_list_is_refused(session, load, dock):
    later = sealed_order(session)
    assert dock.load(load, packages(session, later)[0]) == "E12"


def test_a_package_of_another_load_is_refused_and_names_that_load(session, order, load, dock):
    second = make_load(session, sealed_order(session))
    said = dock.scan(ScanKind.LOAD, packages(session, order)[0].code, second.code)
    assert (said["block_code"], said["got"]["facts"]["load"]) == ("E12", load.number)
    assert dock.load(load, packages(session, order)[0]) is None
    said = dock.scan(ScanKind.LOAD, packages(session, order)[0].code, second.code)
    assert (said["block_code"], said["got"]["msgid"]) == ("E12", "%(package)s, loaded on %(load)s")


def test_a_package_that_was_opened_again_is_not_released_for_loading(session, order, load, dock):
    leaf = packages(session, order)[0]
    session.execute(update(Package).where(Package.id == leaf.id).values(state=PackageState.OPEN))
    assert dock.load(load, leaf) == "E13"


def test_unreadable_unknown_and_wrong_codes_are_told_before_anything_else(session, order, load, dock):
    leaf = packages(session, order)[0]
    assert dock.scan(ScanKind.LOAD, leaf.code[:-1] + "?", load.code)["block_code"] == "E20"
    assert dock.scan(ScanKind.LOAD, "K999999" + "X", load.code)["block_code"] in {"E20", "E21"}
    assert dock.scan(ScanKind.LOAD, load.code, load.code)["block_code"] == "E22"
    dock.permissions = frozenset()
    assert dock.load(load, leaf) == "E25"


def test_unloading_frees_the_package_and_it_stays_on_the_list(session, order, load, dock):
    leaf = packages(session, order)[0]
    assert dock.unload(load, leaf) == "E12"  # it is not on the vehicle yet
    assert dock.load(load, leaf) is None
    assert dock.unload(load, leaf) is None
    assert states(session, order)[0] is PackageState.SEALED
    assert len(queries.facts(session, load.id).missing) == 4


def test_a_load_with_a_package_missing_is_not_closed_and_names_it(session, order, load, dock):
    for package in packages(session, order)[:3]:
        assert dock.load(load, package) is None
    said = dock.scan(ScanKind.SHIP_CLOSE, load.code)
    assert (said["block_code"], said["expected"]["facts"], said["got"]["facts"]) == (
        "E10",
        {"count": 4},
        {"count": 3},
    )
    assert said["todo"]["facts"]["packages"]["zh"] == f"{order.number} 五金包 4/4"
    assert session.get(Load, load.id).state is LoadState.LOADING


def test_a_signature_closes_it_short_and_what_stays_behind_can_go_with_the_next(session, order, load, dock):
    for package in packages(session, order)[:3]:
        assert dock.load(load, package) is None
    leader = make_person(session, roles=("leader",), name="李班长")
    said = dock.scan(ScanKind.SHIP_CLOSE, load.code, signer=leader)
    assert said["outcome"] == "OVERRIDE"
    closed = queries.facts(session, load.id)
    assert (closed.state, closed.exception_by, closed.loaded_count, len(closed.cargo)) == (
        LoadState.CLOSED,
        "李班长",
        3,
        3,
    )
    row = session.scalars(select(Scan).order_by(Scan.id.desc())).first()
    assert (row.outcome, row.override_by_id) == (Outcome.OVERRIDE, leader.id)
    second = make_load(session)
    service.add_packages(session, second.id, [packages(session, order)[3].id], by=leader.id, at=NOON)
    assert [one.number for one in queries.facts(session, second.id).cargo] == ["4/4"]


def test_no_signature_closes_an_empty_load(session, load, dock):
    leader = make_person(session, roles=("leader",))
    assert dock.close(load, signer=leader) == "E10"
    assert session.get(Load, load.id).state is LoadState.PLANNED


def test_a_stop_to_which_nothing_goes_any_more_gets_no_note(session, order, dock):
    other = sealed_order(session, dealer="D002")
    load = make_load(session, order, other)
    for package in packages(session, order):
        assert dock.load(load, package) is None
    assert dock.close(load, signer=make_person(session, roles=("leader",))) is None
    assert [stop.dealer.zh for stop in queries.facts(session, load.id).stops] == ["杭州远山门业经销部"]


def test_a_list_that_differs_from_the_scans_stops_the_close(session, order, load, dock):
    found = packages(session, order)
    for package in found:
        assert dock.load(load, package) is None
    session.execute(update(Scan).where(Scan.object_id == found[1].id).values(outcome=Outcome.OVERRIDE))
    assert queries.scanned_on(session, load.id) == {p.id for p in found}
    session.execute(
        update(Scan)
        .where(Scan.object_id == found[1].id, Scan.kind == ScanKind.LOAD)
        .values(outcome=Outcome.BLOCK, block_code="E28")
    )
    said = dock.scan(ScanKind.SHIP_CLOSE, load.code)
    assert said["block_code"] == "E15"
    assert said["todo"]["facts"]["packages"]["zh"] == f"{order.number} 套包 2/4"
    assert session.get(Load, load.id).state is LoadState.LOADING
    assert queries.faults(session) == [f"{load.number}: 4 packages by the list, 3 by the scans"]


def load_all(session, order, load, dock):
    for package in packages(session, order):
        assert dock.load(load, package) is None
    assert dock.close(load) is None


def test_a_closed_load_takes_and_gives_nothing(session, order, load, dock):
    load_all(session, order, load, dock)
    leaf = packages(session, order)[0]
    assert (dock.load(load, leaf), dock.unload(load, leaf), dock.close(load)) == ("E24", "E24", "E24")
    with pytest.raises(LoadNotOpen):
        service.remove_package(session, load.id, leaf.id, by=dock.person.id, at=NOON)


def test_a_shipped_load_ships_packages_pieces_and_tells_the_order(session, order, load, dock):
    load_all(session, order, load, dock)
    service.ship(session, load.id, by=dock.person.id, at=NOON)
    session.flush()
    session.expire_all()
    assert states(session, order) == [PackageState.SHIPPED] * 4
    assert (order.shipped_count, order.state) == (4, OrderState.SHIPPED)
    left = session.scalars(
        select(Piece.state).where(Piece.order_id == order.id, Piece.is_tracked).distinct()
    ).all()
    assert left == [PieceState.SHIPPED]
    assert queries.faults(session) == []
    with pytest.raises(StepRefused):
        service.ship(session, load.id, by=dock.person.id, at=NOON)


def test_a_package_shipped_once_goes_onto_no_other_vehicle(session, order, load, dock):
    load_all(session, order, load, dock)
    service.ship(session, load.id, by=dock.person.id, at=NOON)
    second = make_load(session, sealed_order(session))
    said = dock.scan(ScanKind.LOAD, packages(session, order)[0].code, second.code)
    assert (said["block_code"], said["got"]["msgid"]) == ("E12", "%(package)s, shipped already")


def test_a_package_on_the_vehicle_does_not_leave_the_list(session, order, load, dock):
    first, second = packages(session, order)[:2]
    assert dock.load(load, first) is None
    with pytest.raises(PackageOnBoard):
        service.remove_package(session, load.id, first.id, by=dock.person.id, at=NOON)
    service.remove_package(session, load.id, second.id, by=dock.person.id, at=NOON)
    assert [one.number for one in queries.facts(session, load.id).cargo] == ["1/4", "3/4", "4/4"]


def test_a_cancelled_load_frees_its_packages(session, order, load, dock):
    service.cancel(session, load.id, by=dock.person.id, at=NOON)
    session.flush()
    assert session.scalars(select(LoadPackage.id)).all() == session.scalars(select(Delivery.id)).all() == []
    make_load(session, order)
    with pytest.raises(StepRefused):
        service.cancel(session, load.id, by=dock.person.id, at=NOON)


def at_once(app, *commands):
    """Run commands on connections of their own, all at once; return what each returned or raised."""
    gate, found = Barrier(len(commands)), [None] * len(commands)

    def go(index, command):
        with app.app_context():
            gate.wait()
            try:
                found[index] = command()
            except Exception as wrong:  # what it raised is what the test asks about
                found[index] = wrong

    threads = [Thread(target=go, args=pair) for pair in enumerate(commands)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


def test_one_package_put_onto_two_loads_at_once_is_on_exactly_one(database):
    with database.session as session:
        order = sealed_order(session)
        first, second = make_load(session, vehicle="浙H·1"), make_load(session, vehicle="浙H·2")
        package, person = packages(session, order)[0], make_person(session, roles=("clerk",))
        session.commit()

        def put(load):
            return lambda: run(service.add_packages, load.id, [package.id], by=person.id, at=NOON)

        found = at_once(database.app, put(first), put(second))
        assert sorted(type(one).__name__ for one in found) == ["NoneType", "PackageTaken"]
        session.rollback()
        assert len(session.scalars(select(LoadPackage.id)).all()) == 1


def test_one_package_loaded_by_two_people_at_once_is_loaded_once(database):
    with database.session as session:
        order = sealed_order(session)
        load, package, dock = make_load(session, order), packages(session, order)[0], make_dock(session)
        cargo = queries.cargo_of(session, [package.id])[0]
        session.commit()

        def put():
            return run(service.load, load.id, cargo, by=dock.person.id, at=NOON)

        found = at_once(database.app, put, put)
        refused = [one.block.value for one in found if hasattr(one, "block")]
        assert refused == ["E28"]
        session.rollback()
        assert session.scalars(select(LoadPackage.id).where(LoadPackage.loaded_at.is_not(None))).all() != []
        assert session.scalar(select(Package.state).where(Package.id == package.id)) is PackageState.LOADED
