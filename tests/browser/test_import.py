"""Step 3 at the desktop: a messy sheet is corrected cell by cell, taken in, confirmed; an order is typed by hand."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from core.auth import service as auth
from erp.sales.model import ImportRow, Line, Order
from tests.browser.plant import DESKTOP
from tests.conftest import NOON
from tests.erp.sales import sheets

pytestmark = pytest.mark.browser
PASSWORD = "a long enough one"


@pytest.fixture
def clerk(database, open_page):
    """A page at which an order clerk has logged in."""
    with database.app.app_context(), database.session as session:
        auth.add_person(session, "linfang", "林芳", ["clerk"], password=PASSWORD, pin=None, by=None, at=NOON)
        session.commit()
    page = open_page(DESKTOP)
    page.goto("/login")
    page.fill("[name=login]", "linfang")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".who-name")).to_have_text("林芳")
    return page


def send(page, content):
    page.goto("/erp/sales/imports/new")
    page.select_option("[name=dealer_id]", index=1)
    page.set_input_files(
        "[name=sheet]",
        {"name": "柯城.xlsx", "mimeType": "application/octet-stream", "buffer": content},
    )
    page.locator("main button[type=submit]").last.click()


def row(page, number):
    return page.locator("tbody[data-row]").filter(has=page.locator(f"td.n:text-is('{number}')"))


def settled(page, body, selector):
    """Wait until the row was drawn anew without what was wrong."""
    expect(body.locator(selector)).to_have_count(0)


def test_a_messy_sheet_becomes_a_confirmed_order(database, clerk):
    page = clerk
    send(page, sheets.messy_order())
    expect(page.locator("tbody[data-row]")).to_have_count(10)
    wall = row(page, 17).locator("[name=wall_mm]")
    wall.fill("120")
    wall.press("Tab")  # leaving the field saves it
    settled(page, row(page, 17), "td.bad")
    bath = row(page, 13)
    bath.locator("[name=colour]").select_option("GREY")
    settled(page, bath, "td.bad select[name=colour]")
    row(page, 13).locator(
        "button[value='offer:HANDING_MISSING::1'], button[value^='offer:HANDING_MISSING']"
    ).nth(1).click()
    settled(page, row(page, 13), "td.bad")
    old = row(page, 14)
    old.locator("button[value^='offer:HANDING_AMBIGUOUS']").first.click()
    settled(page, row(page, 14), "td.bad")
    row(page, 14).locator("button[value^='offer:LEAF_SIZE_SUSPECT']").first.click()
    settled(page, row(page, 14), "tr.issue")
    row(page, 12).locator("button[value^='offer:REMARK_SAYS_MORE']").first.click()
    settled(page, row(page, 12), "td.bad")
    height = row(page, 16).locator("[name=height_mm]")
    height.fill("2380")
    height.press("Enter")
    settled(page, row(page, 16), "td.bad")
    page.locator("form[action*='/settle'] button").click()
    page.locator("form[action$='/take'] button").click()
    expect(page.locator("h1")).to_contain_text("SO")
    expect(page.locator(".lineup svg.drawing")).to_have_count(10)
    page.locator("form[action$='/confirm'] button").click()
    expect(page.locator(".flash.done")).to_be_visible()
    with database.session as session:
        order = session.scalars(select(Order).order_by(Order.id.desc())).first()
        assert (order.state.value, order.set_count, order.dealer_reference) == ("CONFIRMED", 11, "KC-1120-03")
        rooms = session.scalars(
            select(Line.room).where(Line.order_id == order.id).order_by(Line.position)
        ).all()
        assert rooms[-1] == "阳台"


def test_two_quick_answers_in_one_row_are_both_kept(database, clerk):
    page = clerk
    send(page, sheets.messy_order())

    def slowly(route):
        page.wait_for_timeout(400)
        route.continue_()

    page.route("**/rows/*", slowly)
    old = row(page, 14)
    old.locator("button[value^='offer:HANDING_AMBIGUOUS']").first.click()
    old.locator("button[value^='offer:LEAF_SIZE_SUSPECT']").first.click()  # before the first is answered
    settled(page, row(page, 14), "tr.issue")  # neither of the two doubts is left
    with database.session as session:
        assert session.scalar(select(ImportRow).where(ImportRow.row_number == 14)).values["handing"]


def test_a_correction_outlives_the_page(database, clerk):
    page = clerk
    send(page, sheets.messy_order())
    address = page.url
    height = row(page, 17).locator("[name=wall_mm]")
    height.fill("１２０")
    height.press("Tab")
    settled(page, row(page, 17), "td.bad")
    page.goto("about:blank")
    page.goto(address)
    expect(row(page, 17).locator("[name=wall_mm]")).to_have_value("120")
    with database.session as session:
        assert session.scalar(select(ImportRow).where(ImportRow.row_number == 17)).values["wall_mm"] == "120"


def test_an_order_is_entered_by_keyboard_alone(database, clerk):
    page = clerk
    page.goto("/erp/sales/orders/new")
    page.select_option("[name=dealer_id]", index=1)
    page.fill("[name=customer]", "郑女士")
    page.keyboard.press("Enter")
    expect(page.locator("[name=room]")).to_be_focused()
    page.keyboard.type("主卧")
    page.select_option("[name=door_code]", "M-SINGLE")
    page.select_option("[name=colour_code]", "WHITE")
    page.select_option("[name=handing]", "IN_L")
    for name, value in (("width_mm", "900"), ("height_mm", "2100"), ("wall_mm", "240")):
        page.fill(f"[name={name}]", value)
    page.keyboard.press("Enter")
    expect(page.locator("tr#l1")).to_contain_text("900 × 2100 × 240")
    expect(page.locator("[name=room]")).to_be_focused()
    page.keyboard.type("次卧")
    page.fill("[name=width_mm]", "0")
    page.fill("[name=height_mm]", "2100")
    page.keyboard.press("Enter")
    expect(page.locator("#width_mm-error")).to_be_visible()
    expect(page.locator("[name=room]")).to_have_value("次卧")


def test_nothing_of_the_review_is_lost_without_script(database, clerk, chromium, server):
    send(clerk, sheets.messy_order())
    context = chromium.new_context(
        base_url=server, java_script_enabled=False, storage_state=clerk.context.storage_state()
    )
    page = context.new_page()
    page.goto(clerk.url)
    page.locator("tbody[data-row]").last.locator("[name=wall_mm]").fill("120")
    page.keyboard.press("Enter")
    page.wait_for_url("**#row-*")
    assert page.locator("tbody[data-row]").last.locator("td.bad").count() == 0
    context.close()
