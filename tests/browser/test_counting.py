"""Counting at the handheld, blind, and its approval in the office."""

import pytest
from playwright.sync_api import expect

from mes.counting.model import Count
from mes.counting.rules import CountState
from tests.browser.plant import DESKTOP, fits_across, picture, scan
from tests.factories.people import make_person
from tests.factories.stock import make_lot, make_place
from tests.mes.counting.shelf import last_count

pytestmark = pytest.mark.browser


@pytest.fixture
def store(database):
    """A shelf with a lot of 10 and one of 4, a keeper and a team leader."""

    class Store:
        pass

    made = Store()
    with database.session as session:
        shelf = make_place(session, name="A-07-1")
        first, second = make_lot(session, place=shelf, qty="10"), make_lot(session, place=shelf, qty="4")
        made.shelf, made.first, made.second = shelf.code, first.code, second.code
        made.shelf_id = shelf.id
        made.keeper = make_person(session, roles=("keeper",), name="陈国强").id
        made.english = make_person(session, roles=("leader",), name="Wang", locale="en").id
        session.commit()
    return made


def enter(page, lot, quantity):
    scan(page, lot)
    expect(page.locator("#count")).to_be_visible()
    page.locator("#quantity").fill(str(quantity))
    page.locator("#count button[type=submit]").click()
    expect(page.locator("#verdict")).to_have_attribute("data-kind", "done")


def test_a_shelf_is_counted_blind_again_and_approved_by_a_second_person(store, as_person, database):
    page = as_person(store.keeper)
    page.goto("/mes/counting/scan")
    picture(page, "counting-0")
    for quantity in (8, 8):
        scan(page, store.shelf)
        expect(page.locator("[data-step=thing]")).to_have_attribute("aria-current", "step")
        picture(page, f"counting-begun-{quantity}")
        enter(page, store.first, quantity)
        if page.locator("#list li").count() != 1:
            enter(page, store.second, 4)
        picture(page, "counting-entered")
        assert fits_across(page)
        page.wait_for_timeout(1600)  # the same code within 1.5 s is a trigger held down
        scan(page, store.shelf)
        expect(page.locator("[data-step=place]")).to_have_attribute("aria-current", "step")
        picture(page, "counting-finished")
        page.wait_for_timeout(1600)
    with database.session as session:
        count = last_count(session, type("Place", (), {"id": store.shelf_id}))
        assert (count.state, count.pass_count) == (CountState.APPROVAL, 2)
        count_id = count.id
    office = as_person(store.english, DESKTOP)
    office.goto(f"/mes/counting/{count_id}/")
    picture(office, "counting-approve-en")
    office.locator("#reason").first.fill("Two sheets taken without a scan")
    office.get_by_role("button", name="Approve and post").click()
    expect(office.locator(".flash.done")).to_be_visible()
    picture(office, "counting-approved-en")
    assert fits_across(office)
    office.goto("/mes/counting/?view=CLOSED")
    picture(office, "counting-list-en")
    with database.session as session:
        assert session.get(Count, count_id).state is CountState.DONE


def test_a_wrong_entry_is_taken_back_without_leaving_the_page(store, as_person):
    page = as_person(store.english)
    page.goto("/mes/counting/scan")
    scan(page, store.shelf)
    enter(page, store.first, 80)
    page.locator("#strike").click()
    expect(page.locator("#undo")).to_be_hidden()
    picture(page, "counting-struck-en")
    page.wait_for_timeout(1600)  # the same code within 1.5 s is a trigger held down
    enter(page, store.first, 10)
    expect(page.locator("#verdict")).to_contain_text("10 pcs")
    assert fits_across(page)


def test_opening_stock_is_mended_on_the_page(store, as_person):
    page = as_person(store.keeper, DESKTOP)
    page.goto("/mes/counting/opening")
    picture(page, "counting-opening")
    page.locator("#rows").fill("料号\t数量\t库位\nNO-SUCH\t12\tA-07-1\n")
    page.get_by_role("button", name="检查并入库").click()
    expect(page.get_by_text("没有料号“NO-SUCH”")).to_be_visible()
    assert "NO-SUCH" in page.locator("#rows").input_value()
    picture(page, "counting-opening-refused")
    assert fits_across(page)
