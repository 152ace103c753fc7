"""A technologist's session: a new model from an existing one, a formula changed, compared, published, ordered by it."""

import pytest
from playwright.sync_api import expect

from erp.sales.model import Line
from mes.splitting.model import Piece
from tests.browser.plant import fits_across
from tests.browser.test_orders import fill_head

pytestmark = pytest.mark.browser


def begin(page):
    """Begin a draft with a copy of the single door."""
    page.goto("/erp/catalogue/drafts/")
    page.locator("#name").fill("窄框单开门")
    page.locator("#reason").fill("客户要更窄的门框")
    page.get_by_role("button", name="新开工作稿").click()
    page.locator("#entry").select_option("models/M-SINGLE")
    page.locator("#new_code").fill("M-SLIM")
    page.get_by_role("button", name="放入工作稿").click()
    page.wait_for_url("**/entry?n=0")


def save(page):
    page.get_by_role("button", name="保存", exact=True).click()
    page.wait_for_load_state()


def add_result(page, name, formula):
    """Add a row to the results of the model."""
    page.get_by_role("link", name="中间结果", exact=False).first.click()
    rows = page.locator("[id^='results.'][id$='.0']").count()
    page.get_by_role("button", name="加一行").click()
    page.locator(f"[id='results.{rows}.0']").fill(name)
    page.locator(f"[id='results.{rows}.1']").fill(formula)
    save(page)
    return page.locator(f"[id='results.{rows}.1']")


def test_a_technologist_makes_a_model_and_an_order_is_split_by_it(visit, live):
    page = visit("splitter")
    begin(page)
    field = add_result(page, "FW", "OW - 2*gi - 2/(OW - 937)")
    expect(field).to_have_attribute("aria-invalid", "true")  # found inside the limits, at 937 only
    expect(field).to_have_value("OW - 2*gi - 2/(OW - 937)")
    field.fill("OW - 2*gi - 2")
    save(page)
    expect(page.locator("[aria-invalid=true]")).to_have_count(0)
    page.get_by_role("link", name="窄框单开门").click()
    draft = page.url
    page.get_by_role("link", name="图与零件").click()
    expect(page.locator("svg.drawing").first).to_be_visible()
    # the head of a door of 900: 900 - 2*10 - 2 - 2*22 = 834
    assert fits_across(page)
    page.goto(draft)
    page.get_by_role("button", name="发布", exact=True).click()
    expect(page.locator("main")).to_contain_text("已发布")

    clerk = visit("clerk")
    fill_head(clerk)
    clerk.get_by_role("button", name="保存并录入行").click()
    clerk.wait_for_url("**/orders/*/?line=new")
    clerk.locator("#door_code").select_option("M-SLIM")
    clerk.locator("#colour_code").select_option("WHITE")
    clerk.locator("#width_mm").fill("900")
    clerk.locator("#height_mm").fill("2100")
    clerk.locator("#wall_mm").fill("240")
    clerk.locator("#handing").select_option("IN_L")
    clerk.locator("#line button[type=submit]").click()
    expect(clerk.locator(".lineup svg.drawing")).to_have_count(1)
    with live.session as session:
        order_id = session.query(Line).one().order_id
    clerk.goto(f"/erp/sales/orders/{order_id}/")
    expect(clerk.locator("#prices")).to_contain_text(
        "没有 免漆单开门 M-SLIM"
    )  # no book knows the new model yet
    clerk.locator("#prices input[name=amount]").fill("1380")
    clerk.locator("#prices tbody input[name=reason]").fill("新门型首单")
    clerk.locator("#prices tbody form").get_by_role("button", name="保存").click()
    clerk.wait_for_load_state()
    clerk.get_by_role("button", name="确认").first.click()
    clerk.wait_for_load_state()
    page.goto(f"/erp/sales/orders/{order_id}/")
    page.get_by_role("button", name="下达").first.click()
    page.wait_for_load_state()
    with live.session as session:
        (head,) = session.query(Piece).filter_by(rule_code="HEAD").all()
        assert head.length_mm == 834
