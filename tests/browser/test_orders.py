"""Steps 3 and 4 at the clerk's desk: a dealer's messy sheet, an order by hand, release, the golden sizes."""

from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

import mes.demo
from erp.sales.model import Import, Line, Order
from tests.browser.plant import fits_across, log_in
from tests.factories.factory import make_line, make_order

pytestmark = pytest.mark.browser
SHEET = Path(mes.demo.__file__).parent / "dealer_order.xlsx"
DEALER = "D001 杭州远山门业经销部"


def import_sheet(page):
    page.goto("/erp/sales/orders/")
    page.locator("main .head a", has_text="导入订货表").click()
    page.locator("#dealer_id").select_option(label=DEALER)
    page.locator("#sheet").set_input_files(SHEET)
    page.get_by_role("button", name="读入").click()
    page.wait_for_url("**/imports/*/")


def row(page, room):
    """Return a row of the review by the room that stands in it."""
    return page.locator(f'tbody[data-row]:has(input[name=room][value="{room}"])')


def field(page, room, name):
    return row(page, room).locator(f"[name={name}]")


def press(page, room, text, issue=""):
    """Press an offer under a cell and wait until the row is drawn anew without it."""
    line = row(page, room).locator("tr.issue", has_text=issue)
    line.get_by_role("button", name=text, exact=True).click()
    expect(line.get_by_role("button", name=text, exact=True)).to_have_count(0)


def type_in(page, room, name, value):
    """Type a correction and leave the field; wait until its refusal is gone."""
    field(page, room, name).fill(value)
    field(page, room, name).press("Tab")
    expect(field(page, room, name)).to_have_value(value)
    expect(row(page, room).locator(f"[name={name}][aria-invalid]")).to_have_count(0)


def stands_under(issue, cell):
    """Say whether an issue begins or ends where its cell stands, and below it."""
    said, seen = issue.locator("p").bounding_box(), cell.bounding_box()
    beside = min(abs(said["x"] - seen["x"]), abs(said["x"] + said["width"] - seen["x"] - seen["width"]))
    return beside < 24 and said["y"] > seen["y"]


# --- a dealer's sheet -------------------------------------------------------


def test_a_messy_sheet_comes_back_typed_with_each_doubt_under_its_cell(visit):
    page = visit("clerk")
    import_sheet(page)
    assert field(page, "次卧", "width_mm").input_value() == "900"  # out of 2100*900*240
    assert field(page, "书房", "height_mm").input_value() == "2050"  # out of full-width digits
    assert field(page, "儿童房", "wall_mm").input_value() == "240"  # out of 24 without a unit
    colour = row(page, "卫生间").locator("tr.issue", has_text="岩板灰")
    expect(colour).to_contain_text("D13")
    assert stands_under(colour, field(page, "卫生间", "colour"))
    handing = row(page, "卫生间").locator("tr.issue", has_text="H13")
    assert stands_under(handing, field(page, "卫生间", "handing"))
    expect(handing.get_by_role("button")).to_have_text(["内左", "内右", "外左", "外右"])
    expect(field(page, "卫生间", "colour")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("button", name="生成订单")).to_have_count(0)
    assert fits_across(page)


def test_offers_and_typed_corrections_survive_a_reload(visit):
    page = visit("clerk")
    import_sheet(page)
    press(page, "卫生间", "浅灰")
    type_in(page, "阳台", "wall_mm", "120")
    page.reload()
    expect(field(page, "卫生间", "colour")).to_have_value("GREY")
    expect(field(page, "阳台", "wall_mm")).to_have_value("120")
    expect(row(page, "卫生间").locator("tr.issue", has_text="岩板灰")).to_have_count(0)
    page.get_by_role("link", name="必须改").click()
    expect(row(page, "阳台")).to_have_count(0)
    expect(row(page, "卫生间")).to_have_count(1)  # its handing is still open


def test_a_sheet_that_is_settled_becomes_an_order(visit, live):
    page = visit("clerk")
    import_sheet(page)
    press(page, "客厅", "母扇宽 800 mm")
    press(page, "卫生间", "浅灰")
    press(page, "卫生间", "外左")
    press(page, "老人房", "内左")
    press(page, "老人房", "宽 900 mm · 高 2100 mm")
    type_in(page, "餐厅", "height_mm", "2350")
    type_in(page, "阳台", "wall_mm", "120")
    page.get_by_role("button", name="全部确认").click()
    page.get_by_role("button", name="生成订单").click()
    page.wait_for_url("**/erp/sales/orders/*/")
    expect(page.locator("main")).to_contain_text("KC-1120-03")
    expect(page.locator("main")).to_contain_text("郑女士")
    expect(page.locator(".lineup a")).to_have_count(10)
    with live.session as session:
        order = session.scalars(select(Order)).one()
        lines = session.scalars(select(Line).where(Line.order_id == order.id)).all()
        assert (len(lines), sum(line.set_count for line in lines)) == (10, 11)
        assert order.import_id == session.scalars(select(Import.id)).one()
    page.get_by_role("link", name="dealer_order.xlsx").wait_for()  # the file is kept with the order
    assert fits_across(page)


def test_a_sheet_that_is_no_sheet_is_refused_in_words(visit, tmp_path):
    page = visit("clerk")
    wrong = tmp_path / "order.xlsx"
    wrong.write_bytes(b"this is no spreadsheet")
    page.goto("/erp/sales/imports/new")
    page.locator("#dealer_id").select_option(label=DEALER)
    page.locator("#sheet").set_input_files(wrong)
    page.get_by_role("button", name="读入").click()
    expect(page.locator("#sheet-error")).to_be_visible()
    expect(page.locator("#dealer_id option:checked")).to_have_text(DEALER)


# --- by hand ----------------------------------------------------------------


def fill_head(page):
    page.goto("/erp/sales/orders/new")
    page.locator("#dealer_id").select_option(label=DEALER)
    page.locator("#customer").fill("郑女士")


def test_an_order_is_entered_by_hand_and_a_wrong_size_is_kept_until_it_is_right(visit, live):
    page = visit("clerk")
    fill_head(page)
    page.get_by_role("button", name="保存并录入行").click()
    page.wait_for_url("**/orders/*/?line=new")
    page.locator("#room").fill("主卧")
    page.locator("#door_code").select_option("M-SINGLE")
    page.locator("#colour_code").select_option("WHITE")
    page.locator("#width_mm").fill("0")
    page.locator("#height_mm").fill("2100")
    page.locator("#wall_mm").fill("240")
    page.locator("#handing").select_option("IN_L")
    page.locator("#line button[type=submit]").click()
    expect(page.locator("#width_mm-error")).to_be_visible()
    expect(page.locator("#width_mm")).to_have_value("0")
    expect(page.locator("#height_mm")).to_have_value("2100")
    expect(page.locator("#room")).to_have_value("主卧")
    expect(page.locator("#handing")).to_have_value("IN_L")
    page.locator("#width_mm").fill("９００")
    page.locator("#line button[type=submit]").click()
    expect(page.locator(".lineup svg.drawing")).to_have_count(1)
    with live.session as session:
        assert session.scalars(select(Line)).one().width_mm == 900


def test_a_double_click_makes_one_order(visit, live):
    page = visit("clerk")
    fill_head(page)
    page.get_by_role("button", name="保存并录入行").dblclick()
    page.wait_for_url("**/orders/*/?line=new")
    with live.session as session:
        assert session.scalar(select(func.count()).select_from(Order)) == 1


def test_what_was_typed_outlives_the_session(visit, live):
    page = visit("clerk")
    fill_head(page)
    page.locator("#note").fill("年前要装")
    page.context.clear_cookies()  # the session ended while the clerk was typing
    page.get_by_role("button", name="保存并录入行").click()
    page.wait_for_load_state()
    page.goto("/login?next=/erp/sales/orders/new")
    log_in(page, live.person("clerk"))
    expect(page.locator("#customer")).to_have_value("郑女士")
    expect(page.locator("#note")).to_have_value("年前要装")
    page.get_by_role("button", name="保存并录入行").click()
    page.wait_for_url("**/orders/*/?line=new")
    with live.session as session:
        assert session.scalars(select(Order)).one().customer == "郑女士"


# --- release ----------------------------------------------------------------


@pytest.fixture
def order_id(live):
    """A draft with the single door of the golden table."""
    with live.app.app_context(), live.session as session:
        made = make_order(session, make_line(set_count=2)).id
        session.commit()
    return made


def test_an_order_is_confirmed_released_and_shows_its_set_with_the_golden_sizes(visit, order_id):
    clerk = visit("clerk")
    clerk.goto(f"/erp/sales/orders/{order_id}/")
    clerk.get_by_role("button", name="确认", exact=True).click()
    expect(clerk.locator(".flash.done")).to_be_visible()
    expect(clerk.get_by_role("button", name="下达")).to_have_count(0)  # releasing is the splitter's
    page = visit("splitter")
    page.goto(f"/erp/sales/orders/{order_id}/")
    page.get_by_role("button", name="下达").click()
    expect(page.locator(".flash.done")).to_contain_text("2")
    assert fits_across(page)
    page.locator('a[href*="/mes/splitting/sets/"]').first.click()
    expect(page.locator("main svg.drawing").first).to_be_visible()
    # domain.md: 900 × 2100 × 240 gives a frame of 880 × 2090, jambs 2090 × 240, a leaf of 830 × 2055
    told = page.locator("main").inner_text()
    for size in ("2090 × 240", "836 × 240", "830 × 2055"):
        assert size in told or " × ".join(reversed(size.split(" × "))) in told, size
    assert fits_across(page)


def test_a_released_order_cannot_be_changed_any_more(visit, live, order_id):
    page = visit("clerk")
    page.goto(f"/erp/sales/orders/{order_id}/")
    page.get_by_role("button", name="确认", exact=True).click()
    splitter = visit("splitter")
    splitter.goto(f"/erp/sales/orders/{order_id}/")
    splitter.get_by_role("button", name="下达").click()
    expect(splitter.locator(".flash.done")).to_be_visible()
    page.reload()
    expect(page.locator("#line")).to_have_count(0)
    with live.session as session:
        assert session.get(Order, order_id).state.value == "RELEASED"
