"""A clerk changes a released order: types, looks at what it does, puts it in force, and reads the versions."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from mes.splitting.model import Piece
from mes.splitting.rules import PieceState
from tests.browser.plant import fits_across
from tests.factories.factory import make_line, release_order
from tests.mes.packing.bench import piece

pytestmark = pytest.mark.browser


def test_a_released_order_is_made_higher_and_one_more_and_only_that_is_said(visit, live, database):
    with database.session as session:
        order = release_order(session, make_line(set_count=2), make_line(room="次卧"))
        jamb = piece(session, order, "JAMB_L")
        jamb.state = PieceState.CUT
        order_id, old, set_id = order.id, jamb.code, jamb.set_id
        session.commit()
    page = visit("clerk")
    page.goto(f"/erp/sales/orders/{order_id}/")
    page.get_by_role("link", name="变更订单").click()
    page.locator("#height_mm").fill("2080")
    page.locator("#note").fill("门洞改低")
    page.get_by_role("button", name="保存这一行").click()
    first = page.locator("tbody tr").first
    expect(first).to_contain_text("2100 → 2080")
    expect(first.locator("span.nowrap", has_text="→")).to_have_count(
        2
    )  # the height and the remark, no choice
    expect(first).not_to_contain_text("45")  # the corners of the architrave are as they were
    page.locator("tbody tr").nth(1).get_by_role("link").click()
    page.locator("#set_count").fill("2")
    page.get_by_role("button", name="保存这一行").click()
    total = page.locator("tbody tr").last
    expect(total).to_contain_text("3,960.00 →")
    expect(total).to_contain_text("5,280.00")  # 2 × 1320 (a lower door is none cheaper) + 2 × 1320
    assert fits_across(page)
    page.get_by_role("link", name="查看影响").click()
    lines = page.locator("section[id^=line-]")
    expect(lines).to_have_count(2)
    expect(lines.first.locator("> p").first).to_contain_text("2100 → 2080")
    assert lines.first.locator("> p").first.inner_text().count("→") == 3  # height, remark, price
    expect(lines.first).to_contain_text(old)
    expect(page.locator("#sum")).to_contain_text("1 × 已开料")
    assert fits_across(page)
    page.locator("#reason").select_option("dealer_change")
    page.locator("#note").fill("客户来电")
    page.get_by_role("button", name="变更生效").click()
    page.wait_for_url("**/versions")
    expect(page.locator("main")).to_contain_text("第 2 版已生效")
    expect(page.locator("main")).to_contain_text("客户来电")
    expect(page.locator("main")).to_contain_text(old)
    assert fits_across(page)
    page.goto(f"/erp/sales/orders/{order_id}/")
    expect(page.locator("main")).to_contain_text("5,280.00")
    expect(page.locator("main")).to_contain_text("第 2 版")
    with database.session as session:
        rows = select(Piece.state, Piece.length_mm).where(Piece.set_id == set_id, Piece.rule_code == "JAMB_L")
        assert [tuple(row) for row in session.execute(rows.order_by(Piece.id))] == [
            (PieceState.VOID, 2090),
            (PieceState.PLANNED, 2070),
        ]
