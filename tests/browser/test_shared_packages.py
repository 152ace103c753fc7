"""A package that sets share: seen at the bench at its size, and judged by the tablet as by the server."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from mes.packing.model import Package
from mes.scanning import service as scanning
from mes.scanning.rules import StationKind
from tests.browser.plant import TABLET, scan
from tests.factories.factory import MORNING, make_line, release_order, station
from tests.factories.people import make_person
from tests.mes.packing.bench import make_all, packages, piece, pieces_of
from tests.mes.packing.test_shared import share

pytestmark = pytest.mark.browser
COOKIE = "mortise_device"
JUDGE = """async ([code, piece]) => {
  const { build, judge, apply } = await import("lib/judge/pack.js");
  const answer = await fetch("/api/v1/packing/jobs", { credentials: "same-origin" });
  const held = build(await answer.json());
  apply(held, { kind: "PACK_OPEN", code });
  const said = judge(held, { kind: "PACK_ADD", code: piece, context: code });
  return [said.block_code || "", said.expected || "", said.got || "", said.todo || ""];
}"""


@pytest.fixture
def plant(database):
    """Two sets that share a package of architraves by colour, another order, a tablet at the bench."""

    class Plant:
        pass

    made = Plant()
    with database.app.app_context(), database.session as session:
        share(session, per="colour", most_pieces=8)
        order = release_order(session, make_line(), make_line(room="次卧"))
        other = release_order(session, make_line(room="客卧"))
        make_all(session, order)
        make_all(session, other)
        made.badge = make_person(session, roles=("packer",), name="王芳").badge
        made.key = scanning.enrol(
            session, station(session, StationKind.PACK).id, "平板", by=None, at=MORNING
        ).key
        first, second = packages(session, order, "TRIM")
        made.code, made.inside = first.code, [one.code for one in pieces_of(session, first)]
        made.second = [one.code for one in pieces_of(session, second)]
        made.frame = packages(session, order, "FRAME")[0].code
        made.jamb = piece(session, order, "JAMB_L").code
        made.stranger = piece(session, other, "ARCH_OPEN_L").code
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


def test_the_bench_names_the_rooms_and_the_tablet_judges_as_the_server_does(plant, tablet, database):
    scan(tablet, plant.code)
    expect(tablet.locator("#job")).to_contain_text("主卧、次卧")
    expect(tablet.locator("#bench > .contents")).to_contain_text("· 次卧")
    size = tablet.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert tuple(size) == TABLET
    panel = tablet.locator("#verdict")
    for code, blocks in ((plant.stranger, {"E03"}), (plant.jamb, {"E02"}), (plant.second[0], {"E02", "E05"})):
        said = tablet.evaluate(JUDGE, [plant.code, code])
        scan(tablet, code)
        expect(panel.locator("dd").nth(1)).to_have_text(said[2])
        told = [*panel.locator("dd").all_inner_texts(), panel.locator(".todo span").inner_text()]
        assert said == [panel.locator(".no").inner_text(), *told]
        assert said[0] in blocks
    scan(tablet, plant.inside[-1])
    expect(tablet.locator("#verdict")).to_have_attribute("data-kind", "done")
    expect(tablet.locator("#verdict .name")).to_contain_text("次卧")
    scan(tablet, plant.frame)
    expect(tablet.locator("#job")).to_contain_text("主卧")
    scan(tablet, plant.inside[0])
    expect(tablet.locator("#verdict .no")).to_have_text("E02")
    assert tablet.evaluate(JUDGE, [plant.frame, plant.inside[0]])[0] == "E02"
    with database.session as session:
        assert session.scalars(select(Package.rooms).where(Package.code == plant.code)).one() == "主卧、次卧"
