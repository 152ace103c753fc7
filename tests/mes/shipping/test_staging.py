"""Staging before a load: the packages of one load stand together, and the keeper is told what to fetch."""

import pytest

from erp.stock.rules import PlaceKind
from mes.packing.rules import PackageState
from mes.scanning.rules import ScanKind
from mes.shipping.queries import staging
from mes.shipping.rules import LoadState
from mes.warehouse.rules import propose
from tests.factories.factory import place as demo_place
from tests.factories.stock import make_place
from tests.mes.packing.bench import packages
from tests.mes.shipping.dock import make_load, sealed_order
from tests.mes.warehouse.keeper import make_keeper

LOOK = "/api/v1/warehouse/stagings"


@pytest.fixture
def loads(session):
    """Two loads of two dealers, all sealed, and two staging places."""

    class Loads:
        pass

    made = Loads()
    made.orders = sealed_order(session), sealed_order(session, dealer="D002")
    made.first, made.second = (make_load(session, order) for order in made.orders)
    made.lane = demo_place(session, PlaceKind.STAGING)
    made.other = make_place(session, PlaceKind.STAGING, name="T-99")
    return made


def stage(session, package, lane):
    return make_keeper(session).block(ScanKind.STAGE, package.code, lane.code)


def proposed(session, package):
    return propose(staging.lanes(session, package.id).shelves).spot.name


def test_the_packages_of_one_load_are_staged_together(session, loads):
    one, two, *_ = packages(session, loads.orders[0])
    foreign = packages(session, loads.orders[1])[0]
    assert stage(session, one, loads.other) is None
    assert proposed(session, two) == "T-99"
    assert proposed(session, foreign) == loads.lane.name  # the empty one: loads are not mixed


def test_a_load_tells_what_is_still_to_be_fetched_and_where_it_lies(session, loads):
    shelf = demo_place(session, PlaceKind.FINISHED)
    one, two, *_ = boxes = packages(session, loads.orders[0])
    two.state, two.place_id = PackageState.IN_STORE, shelf.id
    session.flush()
    stage(session, one, loads.lane)
    told = next(load for load in staging.to_stage(session) if load.load_number == loads.first.number)
    assert (told.staged_count, told.total_count) == (1, len(boxes))
    stored = next(row for row in told.waiting if row.place)
    assert (stored.place, stored.package.zh) == (shelf.name, f"{two.name} 2/{len(boxes)}")
    assert all(row.is_sealed for row in told.waiting)


def test_the_handheld_names_load_and_lane_and_the_page_lists_the_loads(session, client_for, loads):
    package = packages(session, loads.orders[0])[0]
    session.commit()
    client = client_for("keeper", locale="en")
    shown = client.get(f"{LOOK}?code={package.code}").json["shown"]
    assert loads.first.number in shown["size"]
    assert shown["place"] in {loads.lane.name, "T-99"}
    page = client.get("/mes/warehouse/stage").get_data(as_text=True)
    assert loads.first.number in page
    assert f"0 of {len(packages(session, loads.orders[0]))} staged" in page


def test_e12_a_package_on_no_load_is_not_staged_for_one(session, client_for, loads):
    free = packages(session, sealed_order(session))[0]
    session.commit()
    told = client_for("keeper").get(f"{LOOK}?code={free.code}").json
    assert (told["outcome"], told["block_code"]) == ("BLOCK", "E12")


def test_e13_an_open_package_is_refused_before_it_is_carried(session, client_for, loads):
    package = packages(session, loads.orders[0])[0]
    package.state = PackageState.OPEN
    session.commit()
    assert client_for("keeper").get(f"{LOOK}?code={package.code}").json["block_code"] == "E13"


def test_e22_a_load_is_staged_at_a_staging_place(session, loads):
    package = packages(session, loads.orders[0])[0]
    assert stage(session, package, demo_place(session, PlaceKind.FINISHED)) == "E22"


def test_a_load_that_was_closed_is_not_staged_any_more(session, loads):
    loads.first.state = LoadState.CANCELLED
    session.flush()
    package = packages(session, loads.orders[0])[0]
    assert staging.lanes(session, package.id) is None
    assert {load.load_number for load in staging.to_stage(session)} == {loads.second.number}
