"""Steps 6 and 9 at the handheld: goods-in, issue, put-away with its witness, where is it."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from erp.stock.rules import PlaceKind
from mes.scanning.rules import ScanKind
from tests.browser.plant import DESKTOP, HANDHELD, fits_across, picture, scan
from tests.factories.factory import place as demo_place
from tests.factories.factory import release_order
from tests.factories.people import make_person
from tests.factories.stock import make_article, make_lot, make_place, make_supplier
from tests.mes.packing.bench import make_all, make_bench, packages, pieces_of
from tests.mes.warehouse.keeper import make_batch

pytestmark = pytest.mark.browser


@pytest.fixture
def store(database):
    """Two sealed packages, a lot at goods-in, a batch that wants six sheets, and a keeper."""

    class Store:
        pass

    made = Store()
    with database.session as session:
        order = release_order(session)
        make_all(session, order)
        bench = make_bench(session)
        boxes = packages(session, order)[:2]
        for box in boxes:
            bench.fill(box)
            assert bench.block(ScanKind.PACK_SEAL, box.code) is None
        made.box, made.other = boxes[0].code, boxes[1].code
        made.piece, made.strange = (pieces_of(session, box)[0].code for box in boxes)
        shelf = demo_place(session, PlaceKind.FINISHED)
        made.shelf, made.shelf_name = shelf.code, shelf.name
        made.rack = make_place(session, name="A-09-1").code
        article = make_article(session)
        lot = make_lot(
            session,
            article,
            demo_place(session, PlaceKind.RECEIVING),
            "40",
            supplier_id=make_supplier(session).id,
            reference="DN-77",
        )
        made.lot, made.lot_id = lot.code, lot.id
        made.batch = make_batch(session, {article.material_id: Decimal(6)}).code
        made.keeper = make_person(session, roles=("keeper",), name="陈国强").id
        made.english = make_person(session, roles=("keeper",), name="Chen Guoqiang", locale="en").id
        session.commit()
    return made


def verdict(page):
    return page.locator("#verdict")


def test_a_package_is_put_away_in_three_scans_without_touching_the_glass(store, as_person):
    page = as_person(store.keeper)
    page.goto("/mes/warehouse/put-away")
    picture(page, "warehouse-put-away-0")
    scan(page, store.box)
    expect(verdict(page)).to_contain_text(store.shelf_name)
    picture(page, "warehouse-put-away-1")
    scan(page, store.shelf)
    expect(page.locator("[data-step=piece]")).to_have_attribute("aria-current", "step")
    picture(page, "warehouse-put-away-2")
    scan(page, store.strange)
    expect(verdict(page).locator(".no")).to_have_text("E09")
    picture(page, "warehouse-put-away-e09")
    scan(page, store.piece)
    expect(verdict(page)).to_have_attribute("data-kind", "done")
    picture(page, "warehouse-put-away-3")
    assert fits_across(page)
    scan(page, store.other)
    expect(verdict(page)).to_contain_text("1/")


def test_a_package_that_is_not_sealed_is_refused_at_its_first_scan(store, as_person, database):
    with database.session as session:
        planned = packages(session, release_order(session))[0].code
        session.commit()
    page = as_person(store.english)
    page.goto("/mes/warehouse/put-away")
    scan(page, planned)
    expect(verdict(page).locator(".no")).to_have_text("E13")
    picture(page, "warehouse-put-away-e13-en")
    assert fits_across(page)


def test_a_lot_goes_from_goods_in_to_its_place_and_out_to_a_batch(store, as_person):
    page = as_person(store.keeper)
    page.goto("/mes/warehouse/goods-in")
    scan(page, store.lot)
    expect(page.locator("[data-hand-name]")).to_contain_text("密度板")
    picture(page, "warehouse-goods-in-1")
    scan(page, store.rack)
    expect(verdict(page)).to_have_attribute("data-kind", "done")
    picture(page, "warehouse-goods-in-2")
    page.goto("/mes/warehouse/issue")
    picture(page, "warehouse-issue-0")
    scan(page, store.batch)
    expect(page.locator("#list")).to_contain_text("A-09-1")
    picture(page, "warehouse-issue-1")
    scan(page, store.lot)
    expect(page.locator("#quantity")).to_have_value("6")
    picture(page, "warehouse-issue-2")
    page.locator("[data-add='-1']").click()
    page.locator("#count button[type=submit]").click()
    expect(verdict(page)).to_have_attribute("data-kind", "done")
    expect(page.locator("#list")).to_contain_text("1")
    picture(page, "warehouse-issue-3")
    assert fits_across(page)


def test_the_proposed_quantity_is_issued_by_the_trigger_alone(store, as_person):
    page = as_person(store.english)
    page.goto("/mes/warehouse/issue")
    scan(page, store.batch)
    scan(page, store.lot)
    expect(page.locator("#quantity")).to_have_value("6")
    picture(page, "warehouse-issue-2-en")
    page.wait_for_timeout(1600)  # the same code within 1.5 s is a trigger held down
    scan(page, store.lot)
    expect(verdict(page)).to_have_attribute("data-kind", "done")
    expect(verdict(page)).to_contain_text("6 pcs")
    picture(page, "warehouse-issue-3-en")


def test_a_long_place_name_stays_on_the_handheld(store, as_person, database):
    with database.session as session:
        article = make_article(session)
        make_lot(session, article, make_place(session, name="A-01 板材 三号货架下层左侧"))
        lot = make_lot(session, article, demo_place(session, PlaceKind.RECEIVING)).code
        session.commit()
    page = as_person(store.keeper)
    page.goto("/mes/warehouse/goods-in")
    scan(page, lot)
    expect(verdict(page).locator("p.place")).to_contain_text("三号货架")
    assert fits_across(page)
    large = verdict(page).locator("p.place")
    assert large.evaluate("p => p.scrollWidth <= p.clientWidth")


def test_a_handheld_shows_what_lies_where_and_how_much_of_it(store, as_person):
    page = as_person(store.keeper)
    page.goto("/erp/stock/balances")
    row = page.locator("table.lying tbody tr").first
    for cell in (row.locator("td").nth(2), row.locator("td").nth(3)):  # the place, the quantity
        box = cell.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= HANDHELD[0]
    assert fits_across(page)


def test_where_is_it_is_answered_in_two_scans(store, as_person):
    page = as_person(store.keeper)
    page.goto("/mes/warehouse/find")
    scan(page, store.lot)
    expect(verdict(page)).to_contain_text("收货区")
    picture(page, "warehouse-find-1")
    scan(page, store.rack)
    expect(verdict(page)).to_have_attribute("data-kind", "stop")
    picture(page, "warehouse-find-2")
    page.goto("/mes/warehouse/move")
    scan(page, store.box)
    scan(page, store.shelf)
    expect(verdict(page)).to_have_attribute("data-kind", "done")
    picture(page, "warehouse-move-2")


def test_the_office_receives_a_delivery_by_keyboard(store, as_person):
    page = as_person(store.keeper, DESKTOP)
    page.goto("/erp/stock/receive")
    picture(page, "warehouse-receive")
    page.keyboard.type("MB22-WHITE-2440x1220")
    page.keyboard.press("Tab")
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    expect(page.locator("#qty-error")).to_be_visible()
    picture(page, "warehouse-receive-refused")
    page.locator("#qty").fill("40")
    page.keyboard.press("Enter")
    expect(page.locator(".flash.done")).to_be_visible()
    picture(page, "warehouse-receive-done")
    for path, name in ((f"lots/{store.lot_id}/", "lot"), ("balances", "balances"), ("places", "places")):
        page.goto(f"/erp/stock/{path}")
        picture(page, name)
        assert fits_across(page)


def test_what_a_batch_did_not_use_comes_back_and_is_carried_elsewhere(store, as_person, database):
    with database.session as session:
        second = make_place(session, name="A-09-2").code
        session.commit()
    page = as_person(store.keeper)
    page.goto("/mes/warehouse/goods-in")
    scan(page, store.lot)
    scan(page, store.rack)
    expect(verdict(page)).to_have_attribute("data-kind", "done")
    page.goto("/mes/warehouse/issue")
    scan(page, store.batch)
    scan(page, store.lot)
    page.locator("#count button[type=submit]").click()
    expect(verdict(page)).to_have_attribute("data-kind", "done")
    page.goto("/mes/warehouse/return")
    scan(page, store.batch)
    scan(page, store.lot)
    expect(verdict(page)).to_contain_text("A-09-1")
    page.locator("#quantity").fill("2")
    picture(page, "warehouse-return-1")
    scan(page, store.rack)
    expect(verdict(page)).to_have_attribute("data-kind", "done")
    picture(page, "warehouse-return-2")
    assert fits_across(page)
    page = as_person(store.english)
    page.goto("/mes/warehouse/transfer")
    scan(page, store.lot)
    expect(page.locator("#quantity")).to_have_value("36")
    picture(page, "warehouse-transfer-1-en")
    page.locator("#quantity").fill("6")
    scan(page, second)
    expect(verdict(page)).to_have_attribute("data-kind", "done")
    scan(page, store.lot)
    expect(page.locator("[data-step=from]")).to_have_attribute("aria-current", "step")
    picture(page, "warehouse-transfer-2-en")
    assert fits_across(page)


def test_goods_in_names_what_was_scanned_and_says_no_longer_that_all_is_well(store, as_person):
    page = as_person(store.keeper)
    page.goto("/mes/warehouse/goods-in")
    scan(page, store.lot)
    scan(page, store.box)  # where a place is awaited
    expect(verdict(page).locator(".no")).to_have_text("E22")
    expect(verdict(page)).not_to_contain_text(store.lot)
    expect(page.locator("[data-last].past")).to_be_attached()


def test_full_width_figures_are_a_number_on_the_floor(store, as_person):
    page = as_person(store.keeper)
    page.goto("/mes/warehouse/issue")
    scan(page, store.batch)
    expect(page.locator("#list")).to_contain_text("6")
    scan(page, store.lot)
    page.locator("#quantity").fill("９９９９")
    page.locator("#count button[type=submit]").click()
    expect(verdict(page)).to_contain_text("9999")  # it was taken for 1
    page.locator("#quantity").fill("二")
    page.locator("#count button[type=submit]").click()
    expect(verdict(page)).to_have_attribute("data-kind", "attn")


def test_another_place_than_the_proposed_one_is_said_softly(store, as_person, database):
    with database.session as session:
        other = make_place(session, PlaceKind.FINISHED, name="Z-99").code
        session.commit()
    page = as_person(store.keeper)
    page.goto("/mes/warehouse/put-away")
    scan(page, store.box)
    expect(verdict(page)).to_contain_text(store.shelf_name)
    scan(page, other)
    scan(page, store.piece)
    expect(page.locator("[data-last].attn")).to_contain_text(f"建议的库位是 {store.shelf_name}")
    expect(verdict(page)).to_have_attribute("data-kind", "done")
