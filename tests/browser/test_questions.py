"""Questions to a dealer end to end: asked at the desktop, answered on a phone without a log-in, accepted by a key."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from core.auth import service as auth
from erp.sales.model import Line, Order
from tests.browser.plant import DESKTOP
from tests.conftest import NOON
from tests.erp.sales import sheets
from tests.factories.erp_sales import line_entry, make_draft

pytestmark = pytest.mark.browser
PASSWORD = "a long enough one"
PHONE = (390, 844)


@pytest.fixture
def order_id(database):
    """A draft of one line, and a clerk who may confirm it."""
    with database.app.app_context(), database.session as session:
        auth.add_person(session, "linfang", "林芳", ["clerk"], password=PASSWORD, pin=None, by=None, at=NOON)
        order = make_draft(session, line_entry())
        session.commit()
        return order.id


@pytest.fixture
def clerk(order_id, open_page):
    page = open_page(DESKTOP)
    page.goto("/login")
    page.fill("[name=login]", "linfang")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".who-name")).to_have_text("林芳")
    return page


def test_a_question_is_answered_on_a_phone_accepted_by_one_key_and_the_order_confirmed(
    database, clerk, order_id, open_page
):
    clerk.goto(f"/erp/sales/questions/orders/{order_id}")
    clerk.select_option("[name=free_place]", index=1)
    clerk.select_option("[name=free_field]", "wall_mm")
    clerk.fill("[name=free_text]", "墙厚是多少？")
    clerk.locator("form[data-once] button[type=submit]").last.click()
    path = re.search(r"/q/[\w-]{22}", clerk.locator("textarea[readonly]").input_value())[0]

    phone = open_page(PHONE)
    phone.goto(path)
    expect(phone.locator("svg.drawing[role=img]")).to_have_count(1)
    wide = phone.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    phone.locator("input[name^=value-]").fill("200")
    phone.fill("[name=name]", "陈丽")
    phone.locator("form button[type=submit]").click()
    expect(phone.locator(".note", has_text="陈丽")).to_be_visible()

    clerk.goto(f"/erp/sales/orders/{order_id}/")
    expect(clerk.locator("#answers")).to_contain_text("陈丽")
    clerk.locator("#answers h2").click()
    clerk.keyboard.press("a")
    expect(clerk.locator("#answers")).to_have_count(0)
    clerk.locator("form[action$='/confirm'] button").click()
    expect(clerk.locator(".flash.done")).to_be_visible()
    with database.session as session:
        assert session.get_one(Order, order_id).state.value == "CONFIRMED"
        assert session.scalars(select(Line.wall_mm).where(Line.order_id == order_id)).one() == 200


def test_a_nickname_that_was_taught_is_read_on_the_next_sheet(clerk):
    headings = ("房间", "型号", "颜色", "洞口宽", "洞口高", "墙厚", "开向", "数量")
    content = sheets.plain_order(("主卧", "M-SINGLE", "珍珠贝", 900, 2100, 240, "内左", 1), headings=headings)
    for is_taught in (False, True):
        clerk.goto("/erp/sales/imports/new")
        clerk.select_option("[name=dealer_id]", index=1)
        clerk.set_input_files(
            "[name=sheet]",
            {"name": "a.xlsx", "mimeType": "application/octet-stream", "buffer": content},
        )
        clerk.locator("main button[type=submit]").last.click()
        colour = clerk.locator("tbody[data-row] [name=colour]")
        expect(colour).to_have_value("WHITE" if is_taught else "")
        if not is_taught:
            colour.select_option("WHITE")
            expect(clerk.locator("tbody[data-row] td.bad")).to_have_count(0)
            clerk.reload()
            clerk.locator("#remember form", has_text="珍珠贝").locator("button").click()
            expect(clerk.locator(".flash.done").first).to_be_visible()
