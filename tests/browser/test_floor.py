"""Step 7 at the tablet: badge, station, a piece is done, refused, scrapped."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from mes.scanning import queries as scanning
from mes.splitting import queries as splitting
from mes.splitting.model import DoorSet
from mes.splitting.rules import PieceState
from tests.browser.plant import TABLET, scan
from tests.factories.mes_production import (
    make_device,
    make_door_version,
    make_order,
    make_piece,
    make_set,
    make_sheets,
    make_station,
    place,
)
from tests.factories.people import make_person

pytestmark = pytest.mark.browser
COOKIE = "mortise_device"


@pytest.fixture
def plant(database):
    """An operator, an enrolled tablet at the edge bander, a jamb that waits there and an uncut one."""

    class Plant:
        pass

    made = Plant()
    with database.session as session:
        made.badge = make_person(session, roles=("operator",), name="王芳").badge
        made.other_badge = make_person(session, roles=("operator",), name="李伟", locale="en").badge
        made.key = make_device(session, make_station(session, name="封边 1 号机")).key
        door_set = make_set(session, make_order(session, number="SO2611-0099"), make_door_version(session))
        made.jamb = make_piece(session, door_set, step_count=1, state=PieceState.CUT).code
        made.uncut = make_piece(session, door_set, rule_code="JAMB_R", name="右立板", drawn_as="JAMB_R").code
        session.commit()
    return made


@pytest.fixture
def tablet(plant, open_page, server):
    page = open_page(TABLET)
    page.context.add_cookies([{"name": COOKIE, "value": plant.key, "url": server}])
    page.goto("/mes/production/lock")
    return page


def kind(page):
    return page.locator("#verdict")


def test_a_badge_opens_the_station_and_a_scan_fills_the_middle(plant, tablet):
    scan(tablet, plant.badge)
    expect(tablet.locator(".floor-top")).to_contain_text("王芳")
    scan(tablet, plant.jamb)
    expect(kind(tablet)).to_have_attribute("data-kind", "done")
    expect(kind(tablet)).to_contain_text("左立板")
    expect(kind(tablet)).to_contain_text("2090 × 240")
    expect(tablet.locator("#verdict svg.drawing .hot").first).to_be_visible()
    expect(tablet.locator("[data-done-count]")).to_have_text("1")


def test_a_refusal_shows_number_expected_got_and_what_to_do_without_scrolling(plant, tablet):
    scan(tablet, plant.badge)
    expect(tablet.locator(".floor-top")).to_contain_text("王芳")
    scan(tablet, plant.uncut)
    expect(kind(tablet)).to_have_attribute("data-kind", "stop")
    expect(kind(tablet).locator(".no")).to_have_text("E23")
    expect(kind(tablet).locator("dd")).to_have_count(2)
    expect(kind(tablet).locator(".todo")).to_be_visible()
    height, width = tablet.evaluate(
        "[document.documentElement.scrollHeight, document.documentElement.scrollWidth]"
    )
    assert (height, width) == (TABLET[1], TABLET[0])


def test_another_badge_changes_the_person_and_the_language(plant, tablet):
    scan(tablet, plant.badge)
    expect(tablet.locator(".floor-top")).to_contain_text("王芳")
    scan(tablet, plant.other_badge)
    expect(tablet.locator(".floor-top")).to_contain_text("李伟")
    expect(tablet.locator("html")).to_have_attribute("lang", "en")


def test_a_trigger_held_down_reports_once(plant, tablet, database):
    scan(tablet, plant.badge)
    expect(tablet.locator(".floor-top")).to_contain_text("王芳")
    scan(tablet, plant.jamb)
    scan(tablet, plant.jamb)
    expect(tablet.locator("[data-done-count]")).to_have_text("1")
    with database.session as session:
        piece = splitting.piece_by_code(session, plant.jamb)
        assert len(scanning.recent(session, "piece", piece.id)) == 1


def test_a_scan_through_an_input_method_and_in_full_width_is_understood(plant, tablet):
    scan(tablet, plant.badge)
    expect(tablet.locator(".floor-top")).to_contain_text("王芳")
    tablet.wait_for_selector("html[data-scanner=on]")
    tablet.evaluate(
        """(code) => {
          const press = (how) => window.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, ...how }));
          const key = (c) => (/[0-9]/.test(c) ? `Digit${c}` : `Key${c}`);
          for (const c of code) press({ key: "Process", isComposing: true, code: key(c) });
          press({ key: "Enter", code: "Enter" });
        }""",
        plant.jamb,
    )
    expect(kind(tablet)).to_contain_text("左立板")
    tablet.evaluate(
        """(code) => {
          const press = (how) => window.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, ...how }));
          for (const c of code.toLowerCase()) press({ key: String.fromCharCode(c.charCodeAt(0) + 0xfee0) });
          press({ key: "Enter", code: "Enter" });
        }""",
        plant.uncut,
    )
    expect(kind(tablet)).to_contain_text("E23")


def test_a_lost_answer_is_said_and_the_same_gesture_is_sent_again(plant, tablet):
    scan(tablet, plant.badge)
    expect(tablet.locator(".floor-top")).to_contain_text("王芳")
    sent = []
    tablet.route("**/api/v1/scans", lambda route: (sent.append(route.request.post_data_json), route.abort()))
    scan(tablet, plant.jamb)
    expect(kind(tablet)).to_have_attribute("data-kind", "stop")
    tablet.unroute("**/api/v1/scans")
    tablet.on("request", lambda asked: asked.url.endswith("/scans") and sent.append(asked.post_data_json))
    scan(tablet, plant.jamb)
    expect(kind(tablet)).to_have_attribute("data-kind", "done")
    assert len({body["scan_id"] for body in sent}) == 1


def test_a_scrapped_piece_gets_a_new_label_that_can_be_printed(plant, tablet):
    scan(tablet, plant.badge)
    tablet.get_by_role("link", name="报废一件").click()
    tablet.get_by_role("link", name="崩边", exact=True).click()
    scan(tablet, plant.jamb)
    expect(kind(tablet)).to_have_attribute("data-kind", "done")
    expect(tablet.locator("[data-new-label]")).to_be_visible()
    tablet.get_by_role("link", name="回去报工").click()
    scan(tablet, plant.jamb)
    expect(kind(tablet).locator(".no")).to_have_text("E26")


def test_a_piece_before_the_reason_is_not_passed_over(plant, tablet):
    scan(tablet, plant.badge)
    tablet.get_by_role("link", name="报废一件").click()
    expect(tablet.locator(".reasons")).to_be_visible()
    scan(tablet, plant.jamb)
    expect(kind(tablet)).to_contain_text("先选原因")
    assert tablet.evaluate("document.documentElement.scrollHeight") == TABLET[1]


def test_a_badge_begins_right_after_the_enrolment(plant, visit):
    page = visit("administrator", "desktop")
    page.goto("/mes/scanning/enrol")
    page.locator("select[name=station_id]").select_option(index=1)
    page.locator("input[name=name]").fill("新平板")
    page.locator("form button[type=submit], form button.btn-primary").last.click()
    expect(page.locator("#enrolled")).to_be_attached()
    scan(page, plant.badge)
    page.wait_for_url("**/mes/production/**")


def test_a_sheet_counts_its_pieces_and_a_second_scan_of_it_is_no_error(plant, open_page, server, database):
    with database.session as session:
        saw = make_station(session, ("CUT",), name="开料 1 号锯")
        key = make_device(session, saw).key
        door_set = session.scalars(select(DoorSet)).first()
        (sheet,) = make_sheets(session)
        for position, rule in enumerate(("STOP_L", "STOP_R", "HEAD"), start=1):
            place(session, sheet, make_piece(session, door_set, rule_code=rule), position)
        face = make_piece(session, door_set, rule_code="FACE_1", route=["CUT"], is_tracked=False)
        place(session, sheet, face, 4)
        code = sheet.code
        session.commit()
    page = open_page(TABLET)
    page.context.add_cookies([{"name": COOKIE, "value": key, "url": server}])
    page.goto("/mes/production/lock")
    scan(page, plant.badge)
    waits = page.locator('[data-waits="CUT"]')
    before = int(waits.inner_text())
    scan(page, code)
    expect(kind(page)).to_contain_text("4")  # the unlabelled one as well
    expect(page.locator("[data-done-count]")).to_have_text("3")
    expect(waits).to_have_text(str(before - 3))
    page.wait_for_timeout(1600)  # the same code within a second and a half is a doubled read
    scan(page, code)
    expect(kind(page)).to_have_attribute("data-kind", "attn")
    row = page.locator("[data-recent] li").first
    expect(row.locator("use")).to_have_attribute("href", re.compile("#i-attn$"))
    expect(row.locator("b")).not_to_have_text("E28")
    page.reload()
    expect(page.locator("[data-done-count]")).to_have_text("3")
    expect(waits).to_have_text(str(before - 3))
