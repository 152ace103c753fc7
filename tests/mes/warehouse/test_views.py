from decimal import Decimal

import pytest

from core.codes import Letter, make
from erp.stock import service as stock
from erp.stock.queries import BATCH, ORDER
from erp.stock.rules import PlaceKind
from mes.packing.rules import PackageState
from mes.planning.model import BatchOrder
from mes.warehouse.panels import order_panel
from tests.conftest import NOON
from tests.factories.factory import place as demo_place
from tests.factories.factory import release_order
from tests.factories.stock import make_article, make_lot, make_place
from tests.mes.packing.bench import packages
from tests.mes.warehouse.keeper import make_batch

D = Decimal
API = "/api/v1/warehouse"


@pytest.fixture
def keeper(client_for):
    return client_for("keeper")


def test_every_page_opens_for_the_keeper_in_both_languages(client_for):
    for locale in ("zh_Hans_CN", "en"):
        client = client_for("keeper", locale=locale)
        for path in ("", "put-away", "goods-in", "move", "issue", "find", "return", "transfer", "stage"):
            assert client.get(f"/mes/warehouse/{path}").status_code == 200


def test_a_loader_stores_but_issues_nothing_and_a_clerk_does_neither(client_for):
    loader, clerk = client_for("loader"), client_for("clerk")
    assert loader.get("/mes/warehouse/put-away").status_code == 200
    assert loader.get("/mes/warehouse/issue").status_code == 403
    assert clerk.get("/mes/warehouse/put-away").status_code == 403
    assert clerk.get(f"{API}/packages?code=K").status_code == 403


def test_the_keeper_begins_at_the_warehouse(keeper):
    answer = keeper.get("/")
    assert answer.location.endswith("/mes/warehouse/")


def test_a_package_in_hand_names_its_place_and_an_open_one_is_refused_at_once(session, keeper):
    order = release_order(session)
    sealed, planned = packages(session, order)[:2]
    sealed.state = PackageState.SEALED
    shelf = demo_place(session, PlaceKind.FINISHED)
    session.commit()
    told = keeper.get(f"{API}/packages?code={sealed.code}").json
    assert (told["outcome"], told["shown"]["code"]) == ("ACCEPT", sealed.code)
    assert told["shown"]["place"] == shelf.name
    assert order.number in told["shown"]["size"]
    assert keeper.get(f"{API}/packages?code={planned.code}").json["block_code"] == "E13"


def test_codes_are_judged_before_anything_else(session, keeper):
    shelf = demo_place(session, PlaceKind.FINISHED)
    wanted = {"X1": "E20", make(Letter.PACKAGE, 999_999): "E21", shelf.code: "E22", "": "E20"}
    told = {code: keeper.get(f"{API}/packages?code={code}").json["block_code"] for code in wanted}
    assert told == wanted


def test_a_lot_in_hand_goes_where_its_material_lies(session, keeper):
    dock, sheet = demo_place(session, PlaceKind.RECEIVING), make_article(session)
    home = make_place(session)
    make_lot(session, sheet, home)
    lot = make_lot(session, sheet, dock, "40")
    session.commit()
    shown = keeper.get(f"{API}/lots?code={lot.code}").json["shown"]
    assert (shown["place"], shown["quantity"].split()[0]) == (home.name, "40")


def test_a_lot_that_is_put_away_is_refused_in_hand_and_its_place_is_named(session, keeper):
    home = make_place(session)
    sheet = make_article(session)
    lot, used = make_lot(session, sheet, home, "7"), make_lot(session, sheet, home, "2")
    batch = make_batch(session, {sheet.material_id: D(2)})
    stock.issue(session, used.id, home.id, D(2), subject=BATCH, subject_id=batch.id, by=None, at=NOON)
    session.commit()
    told = keeper.get(f"{API}/lots?code={lot.code}").json
    assert (told["outcome"], told["block_code"]) == ("BLOCK", "E22")
    assert home.name in told["got"]
    assert keeper.get(f"{API}/lots?code={used.code}").json["block_code"] == "E30"


def test_a_batch_lists_what_it_still_needs_and_where_it_lies(session, keeper):
    store, sheet, done = make_place(session), make_article(session), make_article(session)
    lot = make_lot(session, sheet, store, "4")
    batch = make_batch(session, {sheet.material_id: D(6), done.material_id: D(0)})
    session.commit()
    (line,) = keeper.get(f"{API}/batches?code={batch.code}").json["shown"]["lines"]
    assert (line["quantity"].split()[0], line["place"]) == ("6", store.name)
    shown = keeper.get(f"{API}/issue?code={lot.code}&batch={batch.code}").json["shown"]
    # six are needed, four lie there
    assert (shown["quantity"], shown["left"].split()[0], shown["needs_place"]) == (4, "6", False)


def test_a_lot_that_the_batch_does_not_need_is_refused_before_it_is_counted(session, keeper):
    lot, batch = make_lot(session), make_batch(session, {})
    session.commit()
    assert keeper.get(f"{API}/issue?code={lot.code}&batch={batch.code}").json["block_code"] == "E22"


def test_where_is_it_answers_for_packages_lots_and_places(session, keeper):
    order, shelf = release_order(session), demo_place(session, PlaceKind.FINISHED)
    package = packages(session, order)[0]
    package.state, package.place_id = PackageState.IN_STORE, shelf.id
    store = make_place(session)
    lot = make_lot(session, place=store, qty="4")
    session.commit()
    found = {
        code: keeper.get(f"{API}/where?code={code}").json["shown"]
        for code in (package.code, lot.code, shelf.code)
    }
    assert (found[package.code]["place"], found[package.code]["places"]) == (shelf.name, [shelf.code])
    assert found[lot.code]["place"] == store.name
    assert order.number in found[shelf.code]["lines"][0]


def test_an_order_shows_its_own_need_and_after_planning_that_of_its_batch(session):
    order, sheet = release_order(session), make_article(session)
    stock.put_demand(session, ORDER, order.id, {sheet.material_id: D("5.5")})
    session.flush()
    alone = order_panel(session, order.id).context
    assert (alone["needs_batches"], alone["needs"][0].lacking_qty) == ("", D("5.5"))
    # three sheets of 2.420 × 1.200 usable: 3 × 2.904 m2
    batch = make_batch(session, {sheet.material_id: D(3)}, unit_qty={sheet.material_id: D("8.712")})
    session.add(BatchOrder(batch_id=batch.id, order_id=order.id))
    session.flush()
    planned = order_panel(session, order.id).context
    assert (planned["needs_batches"], planned["needs"][0].needed_qty) == (batch.number, D("8.712"))
