"""Steps 7 to 9 from the made piece to the closed truck, by each role at its own device, in both languages."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from mes.scanning.model import Scan
from mes.splitting.model import Piece
from mes.splitting.rules import PieceState
from tests.browser.plant import PIN, fits, fits_across, scan, small_targets
from tests.factories.factory import make_line, release_order
from tests.mes.packing.bench import make_all, make_bench, packages, pieces_of
from tests.mes.packing.bench import piece as piece_of
from tests.mes.shipping.dock import sealed_order

pytestmark = pytest.mark.browser
CHINESE = re.compile(r"[\u3400-\u9fff]")
ANOTHER_SCAN_MS = 1600  # the same code within a second and a half is a trigger held down


def verdict(page):
    return page.locator("#verdict")


def number(page):
    return page.locator("#verdict .no")


def scan_again(page, code):
    page.wait_for_timeout(ANOTHER_SCAN_MS)
    scan(page, code)


def is_pdf(page, url):
    answer = page.context.request.get(url)
    return answer.headers["content-type"] == "application/pdf" and answer.body().startswith(b"%PDF")


# --- step 7: a station ------------------------------------------------------


@pytest.fixture
def jambs(live):
    """A left jamb that is cut, a right one that is not, and the operation after the saw."""
    with live.app.app_context(), live.session as session:
        order = release_order(session)
        left, right = piece_of(session, order, "JAMB_L"), piece_of(session, order, "JAMB_R")
        left.state, left.step_count = PieceState.CUT, 1
        session.commit()
        return left.code, right.code, left.route[1]


def test_an_operation_is_done_once_and_a_second_scan_changes_nothing(visit, live, jambs):
    left, _right, operation = jambs
    page = visit("operator", "tablet", station=operation)
    scan(page, left)
    expect(verdict(page)).to_have_attribute("data-kind", "done")
    expect(verdict(page)).to_contain_text("左立板")
    scan_again(page, left)
    expect(verdict(page)).to_have_attribute("data-kind", "attn")
    expect(page.locator("[data-done-count]")).to_have_text("1")
    with live.session as session:
        found = session.scalars(select(Piece).where(Piece.code == left)).one()
        assert found.step_count == 2
    assert fits(page)
    assert small_targets(page) == []


def test_a_piece_that_is_not_cut_is_refused_and_named_in_english(visit, jambs):
    _left, right, operation = jambs
    page = visit("operator", "tablet", locale="en", station=operation)
    scan(page, right)
    expect(number(page)).to_have_text("E23")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert not CHINESE.search(verdict(page).inner_text())
    assert fits(page)


def test_a_scan_in_a_gap_of_the_network_is_sent_once_when_it_is_back(visit, live, jambs):
    left, _right, operation = jambs
    page = visit("operator", "tablet", station=operation)
    page.wait_for_selector("html[data-scanner=on]")
    page.context.set_offline(True)
    expect(page.locator('[data-when="offline"]')).to_be_visible()
    scan(page, left)
    expect(verdict(page)).not_to_have_attribute("data-kind", "done")
    page.context.set_offline(False)
    expect(verdict(page)).to_have_attribute("data-kind", "done")
    with live.session as session:
        assert session.scalar(select(func.count()).select_from(Scan).where(Scan.code == left)) == 1


def test_a_scan_without_network_is_said_and_nothing_is_claimed(visit, jambs):
    left, _right, operation = jambs
    page = visit("operator", "tablet", station=operation)
    page.wait_for_selector("html[data-scanner=on]")
    page.context.set_offline(True)
    scan(page, left)
    expect(verdict(page)).to_have_attribute("data-kind", "stop")
    expect(verdict(page)).to_contain_text("连不上")
    expect(page.locator("[data-done-count]")).to_have_text("0")
    page.context.set_offline(False)
    scan_again(page, left)
    expect(verdict(page)).to_have_attribute("data-kind", "done")
    expect(page.locator("[data-done-count]")).to_have_text("1")


def test_the_leader_sees_what_waits_where_and_what_was_scrapped(visit, jambs):
    left, _right, operation = jambs
    tablet = visit("operator", "tablet", station=operation)
    tablet.locator('a[href*="/scrap"]').click()
    tablet.locator(".reasons a").first.click()
    scan(tablet, left)
    expect(verdict(tablet)).to_have_attribute("data-kind", "done")
    new_code = tablet.locator("[data-new-code]").inner_text()
    assert is_pdf(tablet, tablet.locator("[data-new-label] a").get_attribute("href"))
    page = visit("leader")
    page.goto("/mes/production/lead")
    expect(page.locator("main")).to_contain_text(new_code)
    expect(page.locator("main")).to_contain_text(left)
    page.locator('a[href$="/waiting/CUT"]').click()
    expect(page.locator("tr", has_text=new_code)).to_have_count(1)
    assert fits_across(page)


# --- step 8: the bench ------------------------------------------------------


@pytest.fixture
def box(live):
    """A frame's package whose pieces are all made, and a piece of another order."""
    with live.app.app_context(), live.session as session:
        order, other = release_order(session), release_order(session, make_line(room="次卧"))
        make_all(session, order)
        make_all(session, other)
        frame = packages(session, order, "FRAME")[0]
        codes = [one.code for one in pieces_of(session, frame)]
        stranger = pieces_of(session, packages(session, other, "FRAME")[0])[0].code
        session.commit()
        return {"id": frame.id, "code": frame.code, "pieces": codes, "stranger": stranger}


def fill(page, box):
    scan(page, box["code"])
    for count, code in enumerate(box["pieces"], start=1):
        expect(page.locator("#job")).to_contain_text(f"{count - 1} / {len(box['pieces'])}")
        scan(page, code)
    expect(page.locator("#job")).to_have_attribute("data-complete", "")


def seal(page):
    """Press Seal, and say that handing and colour are as they should be."""
    page.locator('[data-act="seal"]').click()
    page.locator("form[data-look] button[type=submit]").click()


def test_a_package_is_refused_what_is_strange_then_filled_sealed_and_labelled(visit, box):
    page = visit("packer", "tablet", station="PACK")
    scan(page, box["code"])
    expect(page.locator("#job")).to_have_attribute("data-state", "OPEN")
    scan(page, box["stranger"])
    expect(number(page)).to_have_text("E03")
    assert fits(page)
    assert small_targets(page) == []
    fill(page, box)
    seal(page)
    expect(page.locator("#job")).to_have_attribute("data-state", "SEALED")
    assert is_pdf(page, f"/mes/packing/packages/{box['id']}/label.pdf")


def test_a_package_that_lost_a_piece_meanwhile_is_not_sealed(visit, live, box):
    page = visit("packer", "tablet", station="PACK")
    fill(page, box)
    with live.app.app_context(), live.session as session:
        bench = make_bench(session)  # another packer, who takes a piece out again
        assert bench.block("PACK_REMOVE", box["pieces"][0], box["code"]) is None
        session.commit()
    seal(page)
    expect(number(page)).to_have_text("E01")
    expect(verdict(page)).to_contain_text("左立板")
    assert fits(page)


def test_a_torn_label_is_replaced_and_the_old_one_refused(visit, box):
    page = visit("packer", "tablet", station="PACK")
    fill(page, box)
    seal(page)
    expect(page.locator("#job")).to_have_attribute("data-state", "SEALED")
    with page.context.expect_page() as printed:
        page.locator("#main-act button").click()
    printed.value.close()
    page.goto(f"/mes/packing/packages/{box['id']}/")
    page.locator('form[action$="/reprint"] button').click()
    expect(page.locator(".flash.done")).to_be_visible()
    page.goto("/mes/packing/bench")
    scan(page, box["code"])
    expect(number(page)).to_have_text("E26")


def test_the_bench_refuses_in_english(visit, box):
    page = visit("packer", "tablet", locale="en", station="PACK")
    scan(page, box["code"])
    expect(page.locator("#job")).to_have_attribute("data-state", "OPEN")
    scan(page, box["stranger"])
    expect(number(page)).to_have_text("E03")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    said = (
        verdict(page).inner_text().replace("主卧", "").replace("次卧", "")
    )  # rooms are the dealer's own words
    assert not CHINESE.search(said)
    assert fits(page)


# --- step 9: the truck ------------------------------------------------------


@pytest.fixture
def cargo(live):
    """A sealed order that goes onto the load, and a sealed package that does not."""
    with live.app.app_context(), live.session as session:
        order, other = sealed_order(session), sealed_order(session, make_line(room="次卧"), dealer="D002")
        codes = [one.code for one in packages(session, order)]
        stranger = packages(session, other)[0].code
        session.commit()
        return {"order": order.number, "codes": codes, "stranger": stranger}


def plan_load(page, order_number):
    """Make a load list at the desk and return its code."""
    page.goto("/mes/shipping/loads/new")
    page.locator("#vehicle").fill("浙H·A1234")
    page.locator("main form button.btn-primary").click()
    page.wait_for_url("**/packages")
    for tick in page.locator("tr", has_text=order_number).locator("input[type=checkbox]").all():
        tick.check()
    page.locator("main form[data-once] button.btn-primary").click()
    page.wait_for_url(re.compile(r"/loads/\d+/$"))
    assert fits_across(page)
    return page.locator("dd.code").first.inner_text()


@pytest.mark.parametrize("locale", ["zh_Hans_CN", "en"])
def test_a_truck_is_planned_loaded_and_closed_short_only_with_a_signature(visit, live, cargo, locale):
    desk = visit("clerk", locale=locale)
    load = plan_load(desk, cargo["order"])
    page = visit("loader", "tablet", locale=locale, station="DOCK")
    scan(page, load)
    expect(page.locator("#job")).to_have_attribute("data-code", load)
    scan(page, cargo["codes"][0])
    expect(verdict(page)).to_have_attribute("data-kind", "done")
    scan(page, cargo["stranger"])
    expect(verdict(page)).to_have_attribute("data-kind", "stop")
    assert number(page).inner_text() in ("E11", "E12")
    assert fits(page)
    for code in cargo["codes"][1:-1]:
        scan(page, code)
        expect(verdict(page)).to_have_attribute("data-kind", "done")
    assert small_targets(page) == []
    scan(page, load)
    expect(number(page)).to_have_text("E10")
    assert fits(page)
    page.locator('[data-act="sign"]').click()
    page.locator("#sign-badge").fill(live.person("leader").badge)
    page.locator("#sign-pin").fill(PIN)
    page.locator("#sign-reason").fill("customer waits")
    page.locator("[data-sign] button").click()
    expect(page.locator("#job")).to_have_attribute("data-state", "CLOSED")
    assert fits(page)
    desk.reload()
    assert is_pdf(desk, desk.locator('a[href$="/note.pdf"]').get_attribute("href"))
    assert fits_across(desk)
