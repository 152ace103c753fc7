"""Step 8 at the tablet: badge, package label, pieces, a refusal, seal, print; in both languages, nothing scrolls."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from core.auth.service import HASHER
from erp.catalogue.rules.document import KitCheck
from erp.materials.model import Article
from mes.packing import queries
from mes.scanning import service as scanning
from mes.scanning.model import Scan
from mes.scanning.rules import ScanKind, StationKind
from tests.browser.plant import TABLET, scan
from tests.factories.factory import MORNING, make_line, release_order, station
from tests.factories.people import make_person
from tests.factories.stock import make_lot, make_place
from tests.mes.packing.bench import make_all, packages, pieces_of

pytestmark = pytest.mark.browser
COOKIE = "mortise_device"


def lot_of(session, material_id):
    article = session.scalars(select(Article).where(Article.material_id == material_id)).first()
    return make_lot(session, article, make_place(session), "50").code


@pytest.fixture
def plant(database):
    """A packer, an enrolled tablet at the packing bench, and two orders whose pieces are all made."""

    class Plant:
        pass

    made = Plant()
    with database.app.app_context(), database.session as session:
        order, other = release_order(session), release_order(session, make_line(room="次卧"))
        make_all(session, order)
        make_all(session, other)
        made.badge = make_person(session, roles=("packer",), name="王芳").badge
        made.english_badge = make_person(session, roles=("packer",), name="Li Wei", locale="en").badge
        bench = station(session, StationKind.PACK)
        made.key = scanning.enrol(session, bench.id, "平板", by=None, at=MORNING).key
        frame = packages(session, order, "FRAME")[0]
        made.frame, made.frame_id = frame.code, frame.id
        made.pieces = [piece.code for piece in pieces_of(session, frame)]
        box = packages(session, order, "HARDWARE")[0]
        box.kit_check = KitCheck.COUNT
        made.kit_box, made.kit = box.code, pieces_of(session, box)[0].code
        made.lots = [
            (lot_of(session, need.material_id), need.needed_count) for need in queries.kit(session, box.id)
        ]
        made.stranger = pieces_of(session, packages(session, other, "FRAME")[0])[0].code
        session.commit()
    return made


@pytest.fixture
def tablet(plant, open_page, server):
    page = open_page(TABLET)
    page.context.add_cookies([{"name": COOKIE, "value": plant.key, "url": server}])
    page.goto("/mes/production/lock")
    scan(page, plant.badge)
    expect(page.locator(".floor-top")).to_contain_text("王芳")
    return page


def fits(page):
    """Whether nothing has to be scrolled."""
    size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    return tuple(size) == TABLET


def test_a_package_is_opened_filled_sealed_and_its_label_offered(plant, tablet):
    panel = tablet.locator("#verdict")
    scan(tablet, plant.frame)
    expect(tablet.locator("#job")).to_contain_text("2 / 4")
    expect(panel).to_have_attribute("data-kind", "wait")  # nothing is verified yet
    expect(tablet.locator('[data-act="seal"]')).to_be_disabled()
    for count, code in enumerate(plant.pieces, start=1):
        scan(tablet, code)
        expect(tablet.locator("#bench .contents li.in")).to_have_count(count)
        expect(panel).to_have_attribute("data-kind", "done")
    assert fits(tablet)
    tablet.locator('[data-act="seal"]').click()
    expect(panel).to_contain_text("先核对，再封包")  # handing and colour, by eye
    assert fits(tablet)
    tablet.locator("form[data-look] button[type=submit]").click()
    expect(tablet.locator(f'form[action$="/packages/{plant.frame_id}/print"] button')).to_be_visible()
    expect(tablet.locator("#job")).to_have_attribute("data-state", "SEALED")


def test_the_piece_is_pointed_out_in_its_door(plant, tablet):
    scan(tablet, plant.frame)
    expect(tablet.locator("#job")).to_contain_text("2 / 4")
    scan(tablet, plant.pieces[0])
    expect(tablet.locator("#verdict")).to_contain_text("左立板")
    expect(tablet.locator("#verdict")).to_contain_text("2090 × 240")
    expect(tablet.locator("#verdict svg.drawing .hot").first).to_be_visible()


def test_a_strange_piece_is_refused_with_its_number_and_stays_on_the_screen(plant, tablet):
    scan(tablet, plant.frame)
    expect(tablet.locator("#job")).to_contain_text("2 / 4")
    scan(tablet, plant.stranger)
    expect(tablet.locator("#verdict .no")).to_have_text("E03")
    expect(tablet.locator("#verdict dd")).to_have_count(2)
    expect(tablet.locator("#verdict .todo")).to_contain_text("次卧")
    expect(tablet.locator("#bench .contents li.in")).to_have_count(0)
    assert fits(tablet)


def test_a_piece_is_taken_out_again(plant, tablet):
    scan(tablet, plant.frame)
    expect(tablet.locator("#job")).to_contain_text("2 / 4")
    scan(tablet, plant.pieces[0])
    expect(tablet.locator("#bench .contents li.in")).to_have_count(1)
    tablet.locator("details.type-code summary").click()
    tablet.locator('[data-act="take-out"]').click()
    tablet.wait_for_timeout(1600)  # the same code within a second and a half is a doubled read
    scan(tablet, plant.pieces[0])
    expect(tablet.locator("#bench .contents li.in")).to_have_count(0)


def test_the_label_scanned_again_seals_a_full_package_and_a_reload_keeps_it_in_hand(plant, tablet):
    scan(tablet, plant.frame)
    for count, code in enumerate(plant.pieces, start=1):
        expect(tablet.locator("#job")).to_contain_text(f"{count - 1} / 4")
        scan(tablet, code)
    expect(tablet.locator("#job")).to_have_attribute("data-complete", "")
    tablet.reload()
    expect(tablet.locator("#bench .contents li.in")).to_have_count(4)
    scan(tablet, plant.frame)
    tablet.locator("form[data-look] button[type=submit]").click()
    expect(tablet.locator("#job")).to_have_attribute("data-state", "SEALED")


def test_the_label_scanned_again_too_early_says_what_is_missing(plant, tablet):
    """It said "open" in green, as if all were well."""
    scan(tablet, plant.frame)
    for count, code in enumerate(plant.pieces[:-1], start=1):
        expect(tablet.locator("#job")).to_contain_text(f"{count - 1} / 4")
        scan(tablet, code)
    expect(tablet.locator("#job")).to_contain_text("3 / 4")
    tablet.wait_for_timeout(1600)  # the same code within a second and a half is a doubled read
    scan(tablet, plant.frame)
    expect(tablet.locator("#verdict .no")).to_have_text("E01")
    expect(tablet.locator("#job")).to_have_attribute("data-state", "OPEN")


def sealed_scans(database):
    with database.session as session:
        return list(session.scalars(select(Scan.outcome).where(Scan.kind == ScanKind.PACK_SEAL)))


def test_two_taps_on_one_button_are_one_gesture(plant, tablet, database):
    """The second tap was queued while the first was under way, and came back as a scan without the network."""
    scan(tablet, plant.frame)
    for count, code in enumerate(plant.pieces, start=1):
        expect(tablet.locator("#job")).to_contain_text(f"{count - 1} / 4")
        scan(tablet, code)
    expect(tablet.locator("#job")).to_have_attribute("data-complete", "")
    tablet.locator('[data-act="seal"]').click()
    tablet.evaluate(
        """() => {
          const button = document.querySelector("form[data-look] button[type=submit]");
          button.click();
          button.click();
        }"""
    )
    expect(tablet.locator(f'form[action$="/packages/{plant.frame_id}/print"] button')).to_be_visible()
    expect(tablet.locator("#verdict")).to_have_attribute("data-kind", "done")
    expect(tablet.locator("dialog.concerns")).to_be_hidden()
    assert sealed_scans(database) == ["ACCEPT"]


def test_a_refusal_that_somebody_waits_for_is_drawn_whichever_request_brings_it(plant, tablet):
    scan(tablet, plant.frame)
    expect(tablet.locator("#job")).to_contain_text("0 / 4")
    late = []
    tablet.route(
        "**/api/v1/scans/batch", lambda route: late.append(route) or (len(late) > 1 and route.continue_())
    )
    scan(tablet, plant.pieces[0])  # under way
    tablet.locator("details.type-code summary").click()
    tablet.locator('[data-act="reopen"]').click()  # it is open: a refusal
    expect(tablet.locator("[data-queue]")).to_contain_text("2")
    late[0].continue_()
    expect(tablet.locator("#verdict .no")).to_have_text("E24")
    expect(tablet.locator("dialog.concerns")).to_be_hidden()


def test_what_looks_different_is_not_sealed(plant, tablet):
    scan(tablet, plant.frame)
    for count, code in enumerate(plant.pieces, start=1):
        expect(tablet.locator("#job")).to_contain_text(f"{count - 1} / 4")
        scan(tablet, code)
    expect(tablet.locator("#job")).to_have_attribute("data-complete", "")
    tablet.locator('[data-act="seal"]').click()
    tablet.locator('[data-act="differs"]').click()
    expect(tablet.locator("#verdict .no")).to_have_text("E04")
    expect(tablet.locator("#job")).to_have_attribute("data-state", "OPEN")
    assert fits(tablet)


def test_hardware_is_counted_in_lot_by_lot(plant, tablet):
    panel = tablet.locator("#verdict")
    scan(tablet, plant.kit_box)
    expect(tablet.locator("#job")).to_contain_text("4 / 4")
    scan(tablet, plant.kit)
    expect(tablet.locator("#job")).to_have_attribute("data-complete", "")
    tablet.locator('[data-act="seal"]').click()
    tablet.locator("form[data-look] button[type=submit]").click()
    expect(panel.locator(".no")).to_have_text("E08")
    for lot, count in plant.lots:
        scan(tablet, lot)
        expect(panel).to_contain_text("放了几个")
        panel.locator('[name="count"]').fill(str(count))
        panel.locator("form[data-count] button").click()
        expect(panel).to_contain_text(f"{count} / {count}")
        tablet.wait_for_timeout(200)
    assert fits(tablet)
    tablet.locator('[data-act="seal"]').click()
    tablet.locator("form[data-look] button[type=submit]").click()
    expect(tablet.locator("#job")).to_have_attribute("data-state", "SEALED")


def test_what_is_missing_is_listed_where_it_is(plant, tablet):
    scan(tablet, plant.frame)
    expect(tablet.locator("#job")).to_contain_text("2 / 4")
    tablet.locator('[data-act="missing"]').click()
    expect(tablet.locator("#verdict li")).to_have_count(4)
    assert fits(tablet)


def test_another_badge_changes_the_person_and_the_language(plant, tablet):
    scan(tablet, plant.english_badge)
    expect(tablet.locator(".floor-top")).to_contain_text("Li Wei")
    scan(tablet, plant.frame)
    expect(tablet.locator("#bench .contents")).to_contain_text("left jamb")
    assert fits(tablet)


def test_a_label_scanned_while_the_page_still_loads_is_judged(plant, tablet):
    """It was lost: the page listened only once it had fetched its jobs."""
    tablet.route("**/packing/jobs", lambda route: None)  # the network is slow
    tablet.route("**/js/lib/scanner*", lambda route: tablet.wait_for_timeout(500) or route.continue_())
    tablet.goto("/mes/packing/bench", wait_until="commit")
    tablet.wait_for_selector("main")
    tablet.evaluate(
        """code => {
          const strike = (key) => window.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
          [...code, "Enter"].forEach(strike);
        }""",
        plant.frame,
    )
    expect(tablet.locator("#job")).to_contain_text("0 / 4")


def test_a_torn_label_is_refused_aloud(plant, tablet):
    scan(tablet, plant.frame)
    expect(tablet.locator("#job")).to_contain_text("0 / 4")
    scan(tablet, "Z9")
    expect(tablet.locator("#verdict .no")).to_have_text("E20")


def test_while_somebody_signs_a_badge_goes_into_the_form(plant, tablet, database):
    """It logged the packer out and the leader in."""
    with database.session as session:
        leader = make_person(session, roles=("leader",), name="赵军", pin_hash=HASHER.hash("4712"))
        badge = leader.badge
        session.commit()
    scan(tablet, plant.frame)
    expect(tablet.locator("#job")).to_contain_text("0 / 4")
    scan(tablet, plant.pieces[0])
    expect(tablet.locator("#job")).to_contain_text("1 / 4")
    tablet.locator('[data-act="missing"]').click()
    tablet.locator("#verdict details summary").click()
    scan(tablet, badge)
    expect(tablet.locator("#sign-badge")).to_have_value(badge)
    expect(tablet.locator(".floor-top")).to_contain_text("王芳")
    tablet.locator("#sign-pin").fill("４７１２")  # an input method's figures
    tablet.locator("#sign-reason").fill("客户急用")
    tablet.locator("form[data-sign] button").click()
    expect(tablet.locator("#job")).to_have_attribute("data-state", "SEALED")


def test_a_packer_changes_the_language_and_keeps_what_is_in_hand(plant, tablet):
    scan(tablet, plant.frame)
    expect(tablet.locator("#job")).to_contain_text("0 / 4")
    scan(tablet, plant.pieces[0])
    expect(tablet.locator("#job")).to_contain_text("1 / 4")
    tablet.locator("form[data-language] button").click()
    expect(tablet.locator("#bench .contents")).to_contain_text("left jamb")
    expect(tablet.locator("#job")).to_contain_text("1 / 4")
    expect(tablet.locator(".floor-top")).to_contain_text("王芳")
    assert fits(tablet)
