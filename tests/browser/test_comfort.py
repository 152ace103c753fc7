"""Scanning without a scanner, and for ears: a photo of a label, the voice, and three sounds that nobody confuses."""

import base64
import os

import pytest
from playwright.sync_api import expect

from mes.scanning import service as scanning
from mes.scanning.rules import StationKind
from tests.browser.plant import COOKIE, HANDHELD, TABLET, cut_off, scan, small_targets
from tests.factories.factory import MORNING, release_order, station
from tests.factories.people import make_person
from tests.mes.packing.bench import make_all, packages, pieces_of
from tests.mes.scanning.test_photo import photo_of

pytestmark = pytest.mark.browser
EARS = """
window.said = []; window.tones = []; window.shaken = [];
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
const voice = { cancel() {}, speak(one) { window.said.push([one.lang, one.text]); } };
Object.defineProperty(window, "speechSynthesis", { value: voice });
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) {
  window.tones.push([this.type, this.frequency.value]);
  return start.apply(this, when);
};
navigator.vibrate = (pattern) => { window.shaken.push(pattern); return true; };
"""


@pytest.fixture
def plant(database):
    class Plant:
        pass

    made = Plant()
    with database.session as session:
        order = release_order(session)
        make_all(session, order)
        made.badge = make_person(session, roles=("packer",), name="王芳").badge
        made.english = make_person(session, roles=("packer",), name="Li Wei", locale="en").badge
        bench = station(session, StationKind.PACK)
        made.key = scanning.enrol(session, bench.id, "平板", by=None, at=MORNING).key
        frame = packages(session, order, "FRAME")[0]
        made.frame = frame.code
        made.pieces = [piece.code for piece in pieces_of(session, frame)]
        made.strange = pieces_of(session, packages(session, order, "LEAF")[0])[0].code
        session.commit()
    return made


@pytest.fixture
def bench(plant, open_page, server):
    def make(size=TABLET, badge=None):
        page = open_page(size)
        page.add_init_script(EARS)
        page.context.add_cookies([{"name": COOKIE, "value": plant.key, "url": server}])
        page.goto("/mes/production/lock")
        scan(page, badge or plant.badge)
        page.wait_for_url(lambda url: "/lock" not in url)
        return page

    return make


def photo(code):
    return {"name": "label.jpg", "mimeType": "image/jpeg", "buffer": base64.b64decode(photo_of(code))}


def open_more(page):
    page.locator("details.type-code summary").click()
    return page.locator("input[data-camera]")


def test_a_photo_of_a_label_is_a_scan(plant, bench):
    page = bench()
    open_more(page).set_input_files(photo(plant.frame))
    expect(page.locator("#job")).to_have_attribute("data-code", plant.frame)
    open_more(page).set_input_files(photo(plant.pieces[0]))
    expect(page.locator("#bench .contents li.in")).to_have_count(1)


def test_a_photo_without_a_code_says_what_to_do(bench):
    page = bench()
    open_more(page).set_input_files(photo("https://example.com"))
    expect(page.locator("[data-camera-says]")).to_contain_text("拿稳")
    assert cut_off(page) == []
    assert small_targets(page) == []
    if folder := os.environ.get("MORTISE_PICTURES"):
        page.screenshot(path=f"{folder}/comfort-more.png")


def test_right_wrong_and_neutral_differ_for_ears_and_for_the_hand(plant, bench):
    page = bench(badge=plant.english)

    def after(code):
        page.evaluate("window.said.length = window.tones.length = window.shaken.length = 0")
        scan(page, code)
        for _ in range(80):
            if page.evaluate("window.said.length"):
                break
            page.wait_for_timeout(100)
        return page.evaluate("[window.tones, window.shaken, window.said]")

    right = after(plant.frame)
    wrong = after(plant.strange)
    packed = after(plant.pieces[0])
    page.wait_for_timeout(1600)  # the same code within a second and a half is a doubled read
    neutral = after(plant.pieces[0])
    assert right[0] == packed[0]
    assert len({str(tones) for tones, _, _ in (right, wrong, neutral)}) == 3
    assert len({str(shaken) for _, shaken, _ in (right, wrong, neutral)}) == 3
    assert wrong[2] == [["en-GB", "Not of this package. Take it out. It goes into leaf package 1/4."]]
    assert packed[2] == [["en-GB", "left jamb"]]


def test_the_voice_is_switched_off_on_one_device_and_stays_off(plant, bench):
    page = bench(HANDHELD)
    open_more(page)
    page.locator("button[data-voice]").click()
    expect(page.locator("button[data-voice]")).to_have_text("语音：关")
    page.reload()
    scan(page, plant.frame)
    expect(page.locator("#verdict")).to_contain_text("套包 2/4 已打开")
    assert page.evaluate("window.said") == []
    open_more(page)
    page.locator("button[data-voice]").click()
    page.keyboard.press("Escape")
    scan(page, plant.pieces[0])
    expect(page.locator("#verdict")).to_contain_text("左立板")
    assert page.evaluate("window.said.map(([lang]) => lang)") == ["zh-CN"]
