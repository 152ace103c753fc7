"""A technologist changes one of two equal sets by hand, and releases the order."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from erp.sales import service as sales
from erp.sales.model import Line
from mes.splitting.model import DoorSet, Piece
from tests.browser.plant import fits_across
from tests.factories.factory import FRIDAY, MORNING, make_line, make_order

pytestmark = pytest.mark.browser


def test_one_set_is_changed_by_hand_and_the_order_released(visit, live, database):
    with database.session as session:
        order = make_order(session, make_line(set_count=2))
        sales.confirm(session, order.id, on=FRIDAY, by=None, at=MORNING)
        order_id = order.id
        line_id = session.scalars(select(Line.id).where(Line.order_id == order_id)).one()
        session.commit()
    page = visit("splitter")
    page.goto(f"/erp/sales/orders/{order_id}/")
    page.locator(f'a[href$="/lines/{line_id}/sets/0/"]').first.click()
    page.get_by_role("link", name="第 2 樘").click()
    page.get_by_role("link", name="左立板").click()
    expect(page.locator("svg.drawing .hot").first).to_be_visible()
    page.locator("#length_mm").fill("6001")
    page.locator("#reason").fill("墙歪")
    page.get_by_role("button", name="手工改动").click()
    expect(page.locator(".note.stop")).to_contain_text("6000")
    expect(page.locator("#reason")).to_have_value("墙歪")  # nothing typed is lost
    page.locator("#length_mm").fill("2080")
    page.get_by_role("button", name="手工改动").click()
    expect(page.locator("table").first).to_contain_text("2080 × 240 × 22")
    expect(page.locator("main .by-hand")).to_have_count(1)
    assert fits_across(page)
    page.get_by_role("link", name="横板", exact=True).first.click()
    page.locator("#reason").fill("无横板")
    page.get_by_role("button", name="不做此件").click()
    expect(page.locator("main")).to_contain_text("不做")
    page.goto(f"/erp/sales/orders/{order_id}/")
    page.get_by_role("button", name="下达：拆单并冻结").click()
    expect(page.locator(".set-list .by-hand")).to_have_count(1)
    page.locator(".set-list a").nth(1).click()
    expect(page.locator("main")).to_contain_text("墙歪")
    with database.session as session:
        rows = session.execute(
            select(DoorSet.position, Piece.rule_code, Piece.length_mm)
            .join(Piece, Piece.set_id == DoorSet.id)
            .where(Piece.rule_code.in_(("JAMB_L", "HEAD")))
            .order_by(DoorSet.position, Piece.rule_code)
        )
        assert [tuple(row) for row in rows] == [(1, "HEAD", 836), (1, "JAMB_L", 2090), (2, "JAMB_L", 2080)]
