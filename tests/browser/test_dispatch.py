"""The second look, loading by stop, the dealer's receipt on a phone, and the claim in the office."""

import os

import pytest
from playwright.sync_api import expect

from mes.packing.service import rechecks
from mes.shipping import queries
from mes.shipping import service as dispatch
from mes.shipping.service import receipts
from tests.browser.plant import HANDHELD, TABLET, fits, fits_across, scan, small_targets
from tests.conftest import NOON
from tests.factories.factory import load_pack
from tests.factories.people import make_person
from tests.mes.packing.bench import packages, pieces_of
from tests.mes.shipping.dock import make_dock, make_load, sealed_order

pytestmark = pytest.mark.browser
TOKEN = "a-token-for-the-browser"


def keep(page, name):
    """Keep a picture of the page where MORTISE_PICTURES says so."""
    if folder := os.environ.get("MORTISE_PICTURES"):
        page.screenshot(path=f"{folder}/dispatch-{name}.png", full_page=True)


@pytest.fixture
def drawn(database):
    """An order whose packages are all drawn; the labels of one of them, and of a piece that is strange to it."""
    with database.app.app_context(), database.session as session:
        load_pack(session)
        order = sealed_order(session)
        rechecks.draw_packages(session, 10, "seed", by=make_person(session, roles=("leader",)).id, at=NOON)
        frame, trim = packages(session, order, "FRAME")[0], packages(session, order, "TRIM")[0]
        made = {
            "box": frame.code,
            "pieces": [piece.code for piece in pieces_of(session, frame)],
            "strange": pieces_of(session, trim)[0].code,
        }
        session.commit()
    return made


@pytest.mark.parametrize(("device", "locale"), [("handheld", "zh_Hans_CN"), ("tablet", "en")])
def test_a_second_look_tells_nothing_before_its_end(drawn, visit, device, locale):
    page = visit("loader", device, locale=locale)
    page.goto("/mes/packing/rechecks/scan")
    keep(page, f"recheck-0-{locale}")
    scan(page, drawn["pieces"][0])  # the package comes first
    expect(page.locator("#verdict")).to_have_attribute("data-kind", "attn")
    scan(page, drawn["box"])
    expect(page.locator("[data-finish]")).to_be_visible()
    for count, code in enumerate([*drawn["pieces"][1:], drawn["strange"]], start=1):
        scan(page, code)
        expect(page.locator("[data-hand-right]")).to_have_text(str(count))
        expect(page.locator("#verdict")).to_have_attribute("data-kind", "done")
    keep(page, f"recheck-1-{locale}")
    assert fits_across(page)
    assert small_targets(page, 40) == []
    page.locator("[data-finish]").click()
    page.locator("form[action$='/finish'] button").click()
    expect(page.locator("main")).to_contain_text("E01")
    expect(page.locator("main")).to_contain_text("E02")
    keep(page, f"recheck-2-{locale}")
    assert fits_across(page)


def test_what_is_unloaded_last_is_loaded_first(database, visit):
    with database.app.app_context(), database.session as session:
        load_pack(session)
        near, far = sealed_order(session, dealer="D003"), sealed_order(session)
        load = make_load(session, near, far)
        load.is_by_stop = True
        made = {
            "load": load.code,
            "near": packages(session, near)[0].code,
            "far": [one.code for one in packages(session, far)],
        }
        session.commit()
    page = visit("loader", "tablet", station="DOCK")
    scan(page, made["load"])
    expect(page.locator("#job")).to_contain_text("8")
    scan(page, made["near"])
    expect(page.locator("#verdict .no")).to_have_text("E29")
    keep(page, "wrong-stop")
    assert fits(page)
    for count, code in enumerate(made["far"], start=1):
        scan(page, code)
        expect(page.locator("#job")).to_contain_text(f"{count} / 8")
    scan(page, made["near"])
    expect(page.locator("#job")).to_contain_text("5 / 8")


@pytest.fixture
def delivered(database):
    """A delivery that has left, with its dealer's link."""
    with database.app.app_context(), database.session as session:
        load_pack(session)
        order, dock = sealed_order(session), make_dock(session)
        load = make_load(session, order)
        for package in packages(session, order):
            assert dock.load(load, package) is None
        assert dock.close(load) is None
        dispatch.ship(session, load.id, by=dock.person.id, at=NOON)
        stop = queries.facts(session, load.id).stops[0]
        receipts.make_link(session, stop.delivery_id, TOKEN, by=dock.person.id, at=NOON)
        ids = [one.id for one in packages(session, order)]
        session.commit()
    return ids


@pytest.mark.parametrize(("size", "lang"), [(HANDHELD, "zh_Hans_CN"), (TABLET, "en")])
def test_a_dealer_confirms_and_claims_on_a_phone(delivered, open_page, size, lang):
    page = open_page(size)
    page.goto(f"/r/{TOKEN}?lang={lang}")
    keep(page, f"receipt-0-{lang}")
    assert fits_across(page)
    first, *others = delivered
    for one in others:
        page.locator(f'input[name="is-{one}"][value="right"]').check()
    section = page.locator("section", has=page.locator(f'input[name="is-{first}"]'))
    section.locator("summary").click()
    page.locator(f'input[name="is-{first}"][value="damaged"]').check()
    page.locator("#name").fill("王老板")
    page.locator('button[type="submit"]').click()
    expect(page.locator(".note.stop")).to_be_visible()  # a claim needs a word, and nothing typed is lost
    assert page.locator(f'input[name="is-{first}"][value="damaged"]').is_checked()
    page.locator(f'input[name="note-{first}"]').fill("角破 corner")
    keep(page, f"receipt-1-{lang}")
    page.locator('button[type="submit"]').click()
    expect(page.locator(".note.done")).to_be_visible()
    expect(page.locator(".note.attn")).to_contain_text("角破")
    keep(page, f"receipt-2-{lang}")
    assert fits_across(page)


def test_the_office_decides_on_a_claim_and_takes_a_package_back(delivered, open_page, visit, database):
    dealer = open_page(HANDHELD)
    dealer.goto(f"/r/{TOKEN}")
    section = dealer.locator("section", has=dealer.locator(f'input[name="is-{delivered[0]}"]'))
    section.locator("summary").click()
    dealer.locator(f'input[name="is-{delivered[0]}"][value="part_missing"]').check()
    dealer.locator(f'input[name="note-{delivered[0]}"]').fill("少一件")
    dealer.locator("#name").fill("王老板")
    dealer.locator('button[type="submit"]').click()
    expect(dealer.locator(".note.attn.mt-2")).to_contain_text("少一件")
    page = visit("clerk", "desktop")
    page.goto("/mes/shipping/claims/")
    keep(page, "claims")
    page.locator("tbody a").first.click()
    expect(page.locator("#block")).to_have_value("E01")
    keep(page, "claim")
    page.locator("#answer").fill("明天补发")
    page.locator('button[name="is_right"]').click()
    expect(page.locator(".flash.done")).to_be_visible()
    dealer.reload()
    expect(dealer.locator("main")).to_contain_text("明天补发")
    with database.app.app_context(), database.session as session:
        code = queries.cargo_of(session, delivered[1:2])[0].code
    page.goto("/mes/shipping/returns/")
    page.locator("#code").fill(code)
    page.locator("#reason").fill("工地不收")
    page.locator("form[action$='/returns/'] button").click()
    expect(page.locator("tbody")).to_contain_text(code)
    keep(page, "returns")
