"""Counting without the network: blind as ever, kept over a restart, each scan once, refusals in the server's words."""

from collections import Counter
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from core.codes import Letter, make
from erp.stock.rules import PlaceKind
from mes.counting.model import Count, Entry
from mes.counting.rules import CountState
from mes.scanning import service as scanning
from mes.scanning.rules import StationKind
from tests.browser.plant import HANDHELD, TABLET, fits_across, picture, scan
from tests.browser.tablet import PATIENCE_MS, come_in, is_ready, logged, until, waits
from tests.factories.factory import MORNING, station
from tests.factories.people import make_person
from tests.factories.stock import make_lot, make_place
from tests.mes.counting.shelf import last_count, make_counter

pytestmark = pytest.mark.browser
LOTS = 23  # at each of two shelves: with their own labels, twice, fifty scans
PAGE = "/mes/counting/scan"


@pytest.fixture
def store(database):
    """Two shelves of 23 lots, of 7 each; a place for packages; one that a colleague is counting; a keeper."""

    class Store:
        pass

    made = Store()
    with database.session as session:
        places = [make_place(session, name=f"A-0{n}-1") for n in (1, 2)]
        made.lots = [[make_lot(session, place=place, qty="7").code for _ in range(LOTS)] for place in places]
        made.shelves = [place.code for place in places]
        made.places = [SimpleNamespace(id=place.id, code=place.code) for place in places]
        made.lane = make_place(session, PlaceKind.STAGING, name="S-01").code
        busy = make_place(session, name="A-09-9")
        make_counter(session, name="周师傅").place(busy)
        made.busy = busy.code
        made.keeper = make_person(session, roles=("keeper",), name="陈国强").badge
        made.key = scanning.enrol(
            session, station(session, StationKind.STORE).id, "手持机", by=None, at=MORNING
        ).key
        session.commit()
    return made


@pytest.fixture
def begun(store, tablet_of, server):
    """Open the page at a device of a size, ready to lose the network."""

    def make(size):
        tablet = tablet_of(size)
        come_in(tablet.page, server, store.key, store.keeper, "陈国强")
        tablet.page.goto(server + PAGE)
        is_ready(tablet.page)
        return tablet

    return make


def enter(page, lot, quantity):
    """Scan a lot and type how many there are."""
    scan(page, lot)
    expect(page.locator("#count")).to_be_visible()
    page.locator("#quantity").fill(str(quantity))
    page.locator("#quantity").press("Enter")
    expect(page.locator("#count")).to_be_hidden()


def refused(page):
    """What the panel says of a refusal."""
    panel = page.locator("#verdict")
    expect(panel).to_have_attribute("data-kind", "stop")
    return [panel.locator(part).all_inner_texts() for part in (".no", ".kind", "dd", ".todo span")]


@pytest.mark.parametrize("size", [HANDHELD, TABLET])
def test_fifty_scans_of_a_count_without_the_network_are_held_once(begun, store, server, database, size):
    tablet = begun(size)
    before = len(logged(database))
    scan(tablet.page, store.shelves[0])
    expect(tablet.page.locator("[data-step=thing]")).to_have_attribute("aria-current", "step")
    wanted, number = [store.shelves[0]], 0
    tablet.context.set_offline(True)
    for shelf, lots in zip(store.shelves, store.lots, strict=True):
        if shelf != wanted[0]:
            scan(tablet.page, shelf)
            wanted.append(shelf)
            number += 1
        for lot in lots:
            enter(tablet.page, lot, 7)
            wanted.append(lot)
            number += 1
            waits(tablet.page, number)
            expect(tablet.page.locator("#verdict")).to_have_attribute("data-kind", "unconfirmed")
            if number == 15:
                assert fits_across(tablet.page)
                expect(tablet.page.locator("[data-held]")).to_contain_text("截至")
                picture(tablet.page, f"offline-count-{size[0]}")
                tablet.page.reload()
                expect(tablet.page.locator("[data-hand-name]")).to_have_text("A-01-1", timeout=PATIENCE_MS)
                waits(tablet.page, number)
            if number == 35:
                tablet.die()
                expect(tablet.page.locator("[data-hand-name]")).to_have_text("A-02-1", timeout=PATIENCE_MS)
                waits(tablet.page, number)
        scan(tablet.page, shelf)
        wanted.append(shelf)
        number += 1
        waits(tablet.page, number)
        expect(tablet.page.locator("[data-step=place]")).to_have_attribute("aria-current", "step")
    assert len(wanted) == 50
    assert len(logged(database)) == before + 1
    tablet.context.set_offline(False)
    waits(tablet.page, 0)
    rows = logged(database)[before:]
    assert [row.code for row in rows] == wanted  # each once, in their order
    assert {(row.kind.value, row.outcome.value) for row in rows} == {("COUNT", "ACCEPT")}
    assert set(Counter(row.scan_id for row in rows).values()) == {1}
    with database.session as session:
        assert {last_count(session, place).state for place in store.places} == {CountState.DONE}
        entered = session.scalars(select(Entry.counted_qty)).all()
    assert entered == [7] * 2 * LOTS
    assert tablet.page.locator("[data-concerns]").is_hidden()


def test_what_can_be_judged_is_refused_in_the_servers_own_words(begun, store, database):
    tablet = begun(HANDHELD)
    page, shelf, lot = tablet.page, store.shelves[0], store.lots[0][0]
    wrong = [
        ("E20", lot[:-1] + ("A" if lot[-1] != "A" else "B")),
        ("E22", store.shelves[1]),  # another place, before this one is finished
        ("E22", make(Letter.BATCH, 12)),  # neither lot nor package nor place
        ("E21", make(Letter.PLACE, 9_999_999)),
    ]
    scan(page, shelf)
    expect(page.locator("[data-step=thing]")).to_have_attribute("aria-current", "step")
    told = []
    for block, code in wrong[:2]:
        scan(page, code)
        expect(page.locator("#verdict .no")).to_have_text(block)
        told.append(refused(page))
    tablet.context.set_offline(True)
    expect(page.locator(".net")).to_have_class("net off")
    for number, (block, code) in enumerate(wrong, start=1):
        scan(page, code)
        waits(page, number)
        expect(page.locator("#verdict .no")).to_have_text(block)
        expect(page.locator("#verdict")).to_contain_text("尚未确认")
        if number <= len(told):
            assert refused(page) == told[number - 1]
        assert fits_across(page)
    enter(page, lot, 80)
    waits(page, 5)
    page.locator("#strike").click()  # wrong: it is taken back, and counted anew
    waits(page, 6)
    page.wait_for_timeout(1600)  # the same code within 1.5 s is a trigger held down
    enter(page, lot, 7)
    waits(page, 7)
    expect(page.locator("#verdict")).to_contain_text("7 个")
    scan(page, shelf)
    waits(page, 8)
    page.wait_for_timeout(1600)
    scan(page, shelf)  # finished here: what the server makes of it is not known yet
    waits(page, 9)
    expect(page.locator("#verdict .no")).to_have_text("E24")
    scan(page, store.busy)
    waits(page, 10)
    expect(page.locator("#verdict .no")).to_have_text("E27")
    expect(page.locator("#verdict")).to_contain_text("周师傅")
    picture(page, "offline-count-refused")
    scan(page, store.lane)
    waits(page, 11)
    scan(page, lot)
    page.locator("#quantity").fill("1")
    page.locator("#quantity").press("Enter")
    waits(page, 12)
    expect(page.locator("#verdict .no")).to_have_text("E22")  # material at a place for packages
    tablet.context.set_offline(False)
    waits(page, 0)
    outcomes = [row.outcome.value for row in logged(database)[-12:]]
    assert outcomes == ["BLOCK"] * 4 + ["ACCEPT"] * 4 + ["BLOCK"] * 2 + ["ACCEPT", "BLOCK"]
    with database.session as session:
        assert [entry.counted_qty for entry in session.scalars(select(Entry)) if not entry.struck_at] == [7]
        assert last_count(session, store.places[0]).state is CountState.RECOUNT  # 22 lots were not there
        assert session.query(Count).filter_by(state=CountState.COUNTING).count() == 2
    assert page.locator("[data-concerns]").is_hidden()  # the person was told all of it


def test_what_the_server_refuses_afterwards_is_shown_with_the_place(begun, store, database):
    tablet = begun(HANDHELD)
    tablet.context.set_offline(True)
    expect(tablet.page.locator(".net")).to_have_class("net off")
    with database.session as session:
        make_counter(session, name="周师傅").place(store.places[0])  # a colleague is quicker
        session.commit()
    scan(tablet.page, store.shelves[0])
    waits(tablet.page, 1)
    enter(tablet.page, store.lots[0][0], 7)
    waits(tablet.page, 2)
    tablet.context.set_offline(False)
    dialog = tablet.page.locator("dialog.concerns")
    expect(dialog).to_be_visible(timeout=PATIENCE_MS)
    expect(dialog.locator(".box").first).to_contain_text("A-01-1")
    expect(dialog.locator(".kind").first).to_contain_text("E27")
    expect(dialog.locator(".facts").first).to_contain_text("周师傅")
    picture(tablet.page, "offline-count-concerns")
    with database.session as session:
        assert session.scalars(select(Entry)).all() == []


def test_a_page_that_was_never_opened_is_held_all_the_same(store, tablet_of, server):
    """The keeper looks at what is to be put away; the count was fetched ahead."""
    tablet = tablet_of(HANDHELD)
    page = tablet.page
    come_in(page, server, store.key, store.keeper, "陈国强")
    page.goto(f"{server}/mes/warehouse/put-away")
    is_ready(page)
    until(page, f"caches.match('{PAGE}').then(Boolean)")
    tablet.context.set_offline(True)
    page.goto(server + PAGE)
    scan(page, store.shelves[0])
    waits(page, 1)
    expect(page.locator("[data-hand-name]")).to_have_text("A-01-1")
    scan(page, store.busy)
    expect(page.locator("#verdict .no")).to_have_text("E22")


def test_a_round_goes_on_after_the_page_was_left_and_a_label_in_lower_case_is_read(begun, store, database):
    """The scanner may type in lower case, into the field of the quantity, or through an input method."""
    page = begun(HANDHELD).page
    scan(page, store.shelves[0].lower())
    expect(page.locator("[data-hand-name]")).to_have_text("A-01-1")
    first, second, third = store.lots[0][:3]
    enter(page, first.lower(), 7)
    page.goto(page.url.replace(PAGE, "/mes/warehouse/"))
    page.get_by_role("link", name="盘点").click()
    expect(page.locator("[data-hand-name]")).to_have_text("A-01-1")  # its label would finish it now
    scan(page, second)
    expect(page.locator("#quantity")).to_be_focused()
    page.evaluate(
        """code => {
          for (const one of [...code, "Enter"]) {
            const name = one === "Enter" ? one : /[0-9]/.test(one) ? `Digit${one}` : `Key${one}`;
            const key = one === "Enter" ? one : "Process";
            const strike = { key, code: name, bubbles: true, cancelable: true };
            document.activeElement.dispatchEvent(new KeyboardEvent("keydown", strike));
          }
        }""",
        third,
    )
    expect(page.locator("[data-hand-line]")).to_have_text(third)
    page.locator("#quantity").fill("７")
    page.locator("#quantity").press("Enter")
    expect(page.locator("#verdict")).to_contain_text("7 个")
    with database.session as session:
        assert len(session.scalars(select(Entry)).all()) == 2
