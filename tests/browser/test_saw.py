"""The tablet at the saw: the lot of the boards stays in hand, every sheet is tied to it, a wrong stack is refused."""

import pytest
from playwright.sync_api import expect

from erp.materials.model import Article
from mes.cutting.model import CutLayout
from tests.browser.plant import TABLET, cut_off, fits, scan, small_targets
from tests.factories.mes_production import make_device, make_sheets, make_station
from tests.factories.people import make_person
from tests.factories.stock import make_article, make_lot

pytestmark = pytest.mark.browser
COOKIE = "mortise_device"


@pytest.fixture
def saw(database, open_page, server):
    """An operator at a saw, three sheets of a plan, a lot of their boards and one of others."""
    with database.session as session:
        badge = make_person(session, roles=("operator",), name="李伟", locale="en").badge
        key = make_device(session, make_station(session, ("CUT",), name="开料 1 号锯")).key
        sheets = make_sheets(session, 3)
        lot = make_lot(session, session.get(Article, sheets[0].article_id))
        other = make_lot(session, make_article(session))
        session.commit()
        codes = [sheet.code for sheet in sheets]
        page = open_page(TABLET)
        page.lots = lot.id, lot.code, other.code
    page.codes = codes
    page.context.add_cookies([{"name": COOKIE, "value": key, "url": server}])
    page.goto("/mes/production/lock")
    scan(page, badge)
    expect(page.locator(".floor-top")).to_contain_text("李伟")
    return page


def board_lot(database, code):
    with database.session as session:
        sheet = session.query(CutLayout).filter_by(code=code).one()
        return sheet.cut_at is not None, sheet.board_lot_id


def test_the_lot_stays_in_hand_until_it_is_taken_off(saw, database):
    lot_id, lot, other = saw.lots
    first, second, third = saw.codes
    verdict, in_hand = saw.locator("#verdict"), saw.locator("[data-lot]")
    expect(in_hand).to_be_hidden()
    scan(saw, lot)
    expect(verdict).to_contain_text(lot)
    scan(saw, first)
    expect(verdict).to_have_attribute("data-kind", "done")
    expect(verdict).to_contain_text(f"Next: 2 of 3, label {second}")
    assert board_lot(database, first) == (True, lot_id)
    saw.reload()  # as a change of the person does
    expect(in_hand).to_contain_text(lot)
    assert (fits(saw), cut_off(saw), small_targets(saw)) == (True, [], [])
    scan(saw, other)
    expect(in_hand).to_contain_text(other)
    scan(saw, second)
    expect(verdict.locator(".no")).to_have_text("E22")
    assert board_lot(database, second) == (False, None)
    in_hand.click()
    saw.wait_for_timeout(2100)  # a code read twice at once counts once
    expect(in_hand).to_be_hidden()
    scan(saw, second)
    expect(verdict).to_have_attribute("data-kind", "done")
    assert board_lot(database, second) == (True, None)
    scan(saw, lot)
    expect(verdict).to_contain_text(lot)
    scan(saw, third)
    expect(verdict).to_contain_text("The whole plan is cut")
