"""A label is scanned and its whole story is there: on the handheld and in the office; and a load is staged by scan."""

import pytest
from playwright.sync_api import expect

from erp.stock.rules import PlaceKind
from tests.browser.plant import DESKTOP, HANDHELD, fits_across, picture, scan
from tests.factories.factory import place as demo_place
from tests.factories.people import make_person
from tests.mes.packing.bench import packages
from tests.mes.shipping.dock import make_load, sealed_order
from tests.mes.tracing.world import make_world

pytestmark = pytest.mark.browser


@pytest.fixture
def plant(database):
    """One order that is on a vehicle, another that is sealed and on a load's list, a keeper and a clerk."""

    class Plant:
        pass

    made = Plant()
    with database.session as session:
        world = make_world(session)
        made.piece, made.lot = world.piece.code, world.lot.code
        order = sealed_order(session, dealer="D002")
        made.load = make_load(session, order, vehicle="浙H·B7777").number
        made.boxes = [package.code for package in packages(session, order)]
        lane = demo_place(session, PlaceKind.STAGING)
        made.lane, made.lane_name = lane.code, lane.name
        made.keeper = make_person(session, roles=("keeper",), name="陈国强").id
        made.clerk = make_person(session, roles=("clerk",), name="Lin", locale="en").id
        session.commit()
    return made


@pytest.mark.parametrize(("size", "name"), [(HANDHELD, "hand"), (DESKTOP, "desk")])
def test_a_scanned_label_tells_its_story(plant, as_person, size, name):
    page = as_person(plant.keeper, size)
    page.goto("/mes/tracing/")
    page.locator("#code").fill(plant.piece)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=plant.piece)).to_be_visible()
    expect(page.get_by_role("link", name=plant.lot)).to_be_visible()
    picture(page, f"tracing-piece-{name}")
    assert fits_across(page)
    page.get_by_role("link", name=plant.lot).click()
    expect(page.get_by_text("SO")).not_to_have_count(0)
    picture(page, f"tracing-lot-{name}")
    assert fits_across(page)


def test_the_search_box_leads_to_a_story_in_english(plant, as_person):
    page = as_person(plant.clerk, DESKTOP)
    page.goto(f"/find?q=trace {plant.piece}")
    expect(page.get_by_role("heading", name=f"Trace of {plant.piece}")).to_be_visible()
    picture(page, "tracing-piece-en")
    assert fits_across(page)


def test_a_load_is_staged_by_the_trigger_alone(plant, as_person):
    page = as_person(plant.keeper)
    page.goto("/mes/warehouse/")
    picture(page, "tracing-home")
    assert fits_across(page)
    page.goto("/mes/warehouse/stage")
    expect(page.locator("#list")).to_contain_text(plant.load)
    picture(page, "tracing-stage-0")
    scan(page, plant.boxes[0])
    expect(page.locator("#verdict")).to_contain_text(plant.lane_name)
    picture(page, "tracing-stage-1")
    scan(page, plant.lane)
    expect(page.locator("#verdict")).to_have_attribute("data-kind", "done")
    scan(page, plant.boxes[1])
    expect(page.locator("#verdict")).to_contain_text("本车次已有 1 包在那里")
    picture(page, "tracing-stage-2")
    assert fits_across(page)
