"""The network is lost in the middle of the work: nothing is lost, nothing is done twice, one and the same is said."""

import re
from collections import Counter
from decimal import Decimal

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from core.codes import Letter, make
from erp.catalogue.rules.document import KitCheck
from erp.materials.model import Article, Material
from erp.sales.model import Order
from erp.stock.model import Place
from erp.stock.rules import PlaceKind
from mes.packing import queries as packing
from mes.packing.model import Content, Package
from mes.packing.rules import PackageState
from mes.scanning import service as scanning
from mes.scanning.rules import ScanKind, StationKind
from mes.shipping.model import Load
from mes.shipping.rules import LoadState
from mes.splitting.model import Piece
from tests.browser.plant import HANDHELD, TABLET, fits, fits_across, picture, scan
from tests.browser.tablet import PATIENCE_MS, come_in, is_ready, logged, waits
from tests.factories.factory import MORNING, make_line, release_order, station
from tests.factories.people import make_person
from tests.factories.stock import make_lot, make_place
from tests.mes.packing.bench import make_all, make_bench, packages, pieces_of
from tests.mes.shipping.dock import make_load, sealed_order

pytestmark = pytest.mark.browser
SETS = 12
SCANS = 50


@pytest.fixture
def plant(database):
    """Twelve sets whose pieces are made, two tablets at the bench, a packer and a colleague."""

    class Plant:
        pass

    made = Plant()
    with database.session as session:
        order = release_order(session, make_line(set_count=SETS))
        make_all(session, order)
        made.badge = make_person(session, roles=("packer",), name="王芳").badge
        made.colleague = make_person(session, roles=("packer",), name="Li Wei", locale="en").badge
        bench = station(session, StationKind.PACK)
        made.keys = [scanning.enrol(session, bench.id, f"平板 {n}", by=None, at=MORNING).key for n in (1, 2)]
        made.boxes, made.frames = [], []
        for box in packages(session, order):
            pieces = [piece.code for piece in pieces_of(session, box)]
            made.boxes.append((box.code, f"{box.name} {box.position}/{box.total_count}", pieces))
            if box.kind == "FRAME":
                made.frames.append(made.boxes[-1])
        session.commit()
    return made


def packed(database):
    with database.session as session:
        rows = session.execute(
            select(Piece.code)
            .join(Content, Content.piece_id == Piece.id)
            .where(Content.packed_at.is_not(None))
        )
        return {code for (code,) in rows}


def gestures(frames):
    """Label, pieces, label again: fifty scans, each with what it is."""
    found = []
    for code, _, pieces in frames:
        found += [("PACK_OPEN", code), *(("PACK_ADD", piece) for piece in pieces), ("PACK_SEAL", code)]
    return found[:SCANS]


def test_fifty_scans_without_the_network_are_held_once_by_the_server(plant, tablet_of, server, database):
    tablet = tablet_of(TABLET)
    come_in(tablet.page, server, plant.keys[0], plant.badge, "王芳")
    is_ready(tablet.page)
    wanted = gestures(plant.frames)
    scan(tablet.page, wanted[0][1])
    expect(tablet.page.locator("#job")).to_have_attribute("data-state", "OPEN")  # opening proves nothing yet
    tablet.context.set_offline(True)
    for number, (kind, code) in enumerate(wanted[1:], start=1):
        scan(tablet.page, code)
        if kind == "PACK_SEAL":  # first handing and colour are compared, as ever
            expect(tablet.page.locator("#verdict .look")).to_contain_text("白")
            tablet.page.locator("form[data-look] button[type=submit]").click()
        waits(tablet.page, number)
        expect(tablet.page.locator("#verdict")).to_have_attribute("data-kind", "unconfirmed")
        if number == 20:
            picture(tablet.page, "offline-bench")
            tablet.page.reload()
            tablet.page.wait_for_selector("html[data-scanner=on]")
            waits(tablet.page, number)
        if number == 35:
            tablet.die()
            waits(tablet.page, number)
    expect(tablet.page.locator("[data-held]")).to_have_text(
        re.compile(r"截至\s+\d\d:\d\d")
    )  # how old is what it holds
    assert fits(tablet.page)
    assert len(logged(database)) == 1
    tablet.context.set_offline(False)
    waits(tablet.page, 0)
    expect(tablet.page.locator("[data-held]")).to_be_hidden()
    rows = logged(database)
    assert [(row.kind.value, row.code) for row in rows] == wanted  # each once, in their order
    assert set(Counter(row.scan_id for row in rows).values()) == {1}
    assert {row.outcome.value for row in rows} == {"ACCEPT"}
    assert packed(database) == {code for kind, code in wanted if kind == "PACK_ADD"}
    assert tablet.page.locator("[data-concerns]").is_hidden()


@pytest.fixture
def store(plant, database):
    """All packages sealed, and a keeper."""
    with database.session as session:
        bench = make_bench(session)
        for box in session.scalars(select(Package).order_by(Package.id)):
            bench.fill(box)
            assert bench.block(ScanKind.PACK_SEAL, box.code) is None
        plant.keeper = make_person(session, roles=("keeper",), name="陈国强").badge
        stand = station(session, StationKind.STORE)
        plant.hand = scanning.enrol(session, stand.id, "手持机", by=None, at=MORNING).key
        plant.shelf = session.scalars(
            select(Place.code).where(Place.kind == PlaceKind.FINISHED).order_by(Place.id)
        ).first()
        session.commit()
    return plant


def test_fifty_scans_of_a_handheld_put_packages_away_once(store, tablet_of, server, database):
    hand = tablet_of(HANDHELD)
    come_in(hand.page, server, store.hand, store.keeper, "陈国强")
    is_ready(hand.page)
    before = len(logged(database))
    hand.context.set_offline(True)
    boxes = [box for box in store.boxes if box[2]][: SCANS // 3 + 1]  # three scans each
    for number, (code, _, pieces) in enumerate(boxes, start=1):
        for one in (code, store.shelf, pieces[-1]):
            scan(hand.page, one)
        waits(hand.page, number)
        expect(hand.page.locator("#verdict")).to_have_attribute("data-kind", "unconfirmed")
        assert fits_across(hand.page)
        picture(hand.page, "offline-hand")
        if number == 6:
            hand.page.reload()
        if number == 12:
            hand.die()
    hand.context.set_offline(False)
    waits(hand.page, 0)
    rows = logged(database)[before:]
    assert [(row.kind.value, row.code, row.outcome.value) for row in rows] == [
        ("STORE_IN", code, "ACCEPT") for code, _, _ in boxes
    ]


def words(page):
    """What the panel says of a refusal."""
    panel = page.locator("#verdict")
    expect(panel).to_have_attribute("data-kind", "stop")
    return [panel.locator(part).all_inner_texts() for part in (".no", ".kind", "dd", ".todo span")]


def test_a_wrong_scan_is_refused_in_the_servers_own_words_and_only_logged(plant, tablet_of, server, database):
    tablet = tablet_of(TABLET)
    page = tablet.page
    come_in(page, server, plant.keys[0], plant.badge, "王芳")
    is_ready(page)
    first, second = plant.frames[:2]
    other_box = next(box for box in plant.boxes if box[2] and box[0] != first[0])
    wrong = {
        "E02": other_box[2][0],  # the leaf of the same set
        "E03": second[2][0],
        "E20": first[2][0][:-1] + ("A" if first[2][0][-1] != "A" else "B"),
        "E21": make(Letter.PIECE, 9_999_999),
    }
    scan(page, first[0])
    expect(page.locator("#job")).to_have_attribute("data-state", "OPEN")
    told = {}
    for block, code in wrong.items():
        scan(page, code)
        expect(page.locator("#verdict .no")).to_have_text(block)
        told[block] = words(page)
    tablet.context.set_offline(True)
    expect(page.locator(".net")).to_have_class("net off")
    for number, (block, code) in enumerate(wrong.items(), start=1):
        scan(page, code)
        waits(page, number)
        expect(page.locator("#verdict .no")).to_have_text(block)
        assert words(page) == told[block]
        expect(page.locator("#verdict")).to_contain_text("尚未确认")
        assert fits(page)
        picture(page, f"offline-refused-{block}")
    scan(page, first[2][0])
    waits(page, 5)
    scan(page, first[2][1])
    waits(page, 6)
    scan(page, first[2][0])
    waits(page, 7)
    expect(page.locator("#verdict")).to_have_attribute("data-kind", "attn")  # E28: it is in already
    tablet.context.set_offline(False)
    waits(page, 0)
    assert [(row.outcome.value, row.code) for row in logged(database)[5:]] == [
        *(("BLOCK", code) for code in wrong.values()),
        ("ACCEPT", first[2][0]),
        ("ACCEPT", first[2][1]),
        ("BLOCK", first[2][0]),
    ]
    assert packed(database) == set(first[2][:2])
    assert page.locator("[data-concerns]").is_hidden()  # the person knows all of it already


def test_a_package_that_looks_different_is_refused_without_the_network_too(
    plant, tablet_of, server, database
):
    tablet = tablet_of(TABLET)
    page = tablet.page
    come_in(page, server, plant.keys[0], plant.badge, "王芳")
    is_ready(page)
    code, _, pieces = plant.frames[0]
    scan(page, code)
    expect(page.locator("#job")).to_have_attribute("data-state", "OPEN")
    for piece in pieces:
        scan(page, piece)
        expect(page.locator("#verdict")).to_have_attribute("data-kind", "done")
        page.wait_for_timeout(300)
    expect(page.locator("#job")).to_have_attribute("data-complete", "")
    told = []
    for _ in range(2):
        page.locator('[data-act="seal"]').click()
        expect(page.locator("#verdict .look")).to_contain_text("白")
        picture(page, f"offline-compare-{len(told)}")
        page.locator('[data-act="differs"]').click()
        expect(page.locator("#verdict .no")).to_have_text("E04")
        told.append(words(page))
        tablet.context.set_offline(True)
        expect(page.locator(".net")).to_have_class("net off")
    assert told[0] == told[1]
    page.locator('[data-act="seal"]').click()
    page.locator("form[data-look] button[type=submit]").click()
    expect(page.locator("#verdict")).to_have_attribute("data-kind", "unconfirmed")
    tablet.context.set_offline(False)
    waits(page, 0)
    assert [row.outcome.value for row in logged(database)[-3:]] == ["BLOCK", "BLOCK", "ACCEPT"]
    with database.session as session:
        assert session.scalars(select(Package).where(Package.code == code)).one().state is PackageState.SEALED


def seal(page, grams=None):
    """Press Seal and answer what is asked before: it looks as it should, and weighs so much."""
    page.locator('[data-act="seal"]').click()
    if grams is not None:
        page.locator('#verdict [name="weight-g"]').fill(str(grams))
    page.locator("form[data-look] button[type=submit]").click()


def test_hardware_is_counted_and_weighed_without_the_network(plant, tablet_of, server, database):
    with database.session as session:
        order = session.scalars(select(Order)).one()
        counted, weighed = packages(session, order, "HARDWARE")[:2]
        counted.kit_check, weighed.kit_check = KitCheck.COUNT, KitCheck.WEIGHT
        weighed.tolerance_kg = Decimal("0.010")
        needs = packing.kit(session, counted.id)
        for need in needs:
            session.get_one(Material, need.material_id).unit_kg = Decimal("0.100")
        shelf = make_place(session)
        lots = [(lot_of(session, need.material_id, shelf), need.needed_count) for need in needs]
        grams = round(sum(need.needed_qty for need in needs) * 100)
        kits = [(box.code, pieces_of(session, box)[0].code) for box in (counted, weighed)]
        session.commit()
    tablet = tablet_of(TABLET)
    page = tablet.page
    come_in(page, server, plant.keys[0], plant.badge, "王芳")
    is_ready(page)
    tablet.context.set_offline(True)
    expect(page.locator(".net")).to_have_class("net off")
    panel = page.locator("#verdict")
    for code in kits[0]:
        scan(page, code)
    expect(page.locator("#job")).to_have_attribute("data-complete", "")
    seal(page)
    expect(panel.locator(".no")).to_have_text("E08")
    for lot, count in lots:
        for tried in (count + 1, count):
            scan(page, lot)
            panel.locator('[name="count"]').fill(str(tried))
            panel.locator("form[data-count] button").click()
            if tried > count:
                expect(panel.locator(".no")).to_have_text("E30")
                page.wait_for_timeout(1600)  # the same code within 1.5 s is a trigger held down
        expect(panel).to_contain_text(f"{count} / {count}")
    seal(page)
    expect(page.locator("#job")).to_have_attribute("data-state", "SEALED")
    for code in kits[1]:
        scan(page, code)
    expect(page.locator("#job")).to_have_attribute("data-complete", "")
    seal(page, grams + 11)
    expect(panel.locator(".no")).to_have_text("E08")
    picture(page, "offline-weight")
    seal(page, grams + 10)
    expect(page.locator("#job")).to_have_attribute("data-state", "SEALED")
    tablet.context.set_offline(False)
    waits(page, 0)
    assert page.locator("[data-concerns]").is_hidden()
    refused = [row.kind.value for row in logged(database) if row.outcome.value == "BLOCK"]
    assert refused == ["PACK_SEAL", *["PACK_ADD"] * len(lots), "PACK_SEAL"]
    with database.session as session:
        states = session.scalars(select(Package.state).where(Package.code.in_([code for code, _ in kits])))
        assert set(states) == {PackageState.SEALED}


def lot_of(session, material_id, shelf):
    article = session.scalars(select(Article).where(Article.material_id == material_id)).first()
    return make_lot(session, article, shelf, "50").code


def test_of_two_tablets_that_packed_one_piece_the_second_is_told_which_box_to_open(
    plant, tablet_of, server, database
):
    """Both hold the plan; the office moves a piece into another package meanwhile, and only one of them hears of it."""
    one, two = tablet_of(TABLET), tablet_of(TABLET)
    frame, leaf = plant.frames[0], next(box for box in plant.boxes if len(box[2]) == 1)
    moved = frame[2][0]
    come_in(one.page, server, plant.keys[0], plant.badge, "王芳")
    is_ready(one.page)
    one.context.set_offline(True)
    with database.session as session:
        content = session.scalars(
            select(Content).join(Piece, Piece.id == Content.piece_id).where(Piece.code == moved)
        ).one()
        content.package_id = session.scalars(select(Package.id).where(Package.code == leaf[0])).one()
        session.commit()
    come_in(two.page, server, plant.keys[1], plant.colleague, "Li Wei")
    is_ready(two.page)
    two.context.set_offline(True)
    picture(two.page, "offline-english")
    for tablet, box in ((one, frame), (two, leaf)):
        scan(tablet.page, box[0])
        waits(tablet.page, 1)
        scan(tablet.page, moved)
        waits(tablet.page, 2)
        expect(tablet.page.locator("#verdict")).to_have_attribute("data-kind", "unconfirmed")
    two.context.set_offline(False)
    waits(two.page, 0)
    assert two.page.locator("dialog.concerns").is_hidden()
    one.context.set_offline(False)
    dialog = one.page.locator("dialog.concerns")
    expect(dialog).to_be_visible(timeout=PATIENCE_MS)
    expect(dialog.locator(".box")).to_contain_text(frame[1])  # the box to open
    expect(dialog.locator(".kind")).to_contain_text("E06")
    expect(dialog.locator(".now")).to_contain_text(leaf[1])  # and where the piece is
    picture(one.page, "offline-concerns")
    one.page.reload()
    expect(dialog).to_be_visible()  # it stays until somebody has seen to it
    dialog.get_by_role("button", name="已处理").click()
    expect(dialog).to_be_hidden()
    picture(two.page, "offline-english-after")
    assert [row.outcome.value for row in logged(database) if row.code == moved] == ["ACCEPT", "BLOCK"]


def test_the_dock_loads_without_the_network(store, tablet_of, server, database):
    with database.session as session:
        order = session.scalars(select(Order)).one()
        load = make_load(session, order)
        loader = make_person(session, roles=("loader",), name="赵军").badge
        dock = station(session, StationKind.DOCK)
        key = scanning.enrol(session, dock.id, "码头平板", by=None, at=MORNING).key
        load_id, load_code = load.id, load.code
        session.commit()
    tablet = tablet_of(TABLET)
    come_in(tablet.page, server, key, loader, "赵军")
    is_ready(tablet.page)
    before = len(logged(database))
    tablet.context.set_offline(True)
    expect(tablet.page.locator(".net")).to_have_class("net off")
    scan(tablet.page, load_code)
    expect(tablet.page.locator("#job")).to_contain_text("浙H·A1234")
    codes = [code for code, _, _ in store.boxes]
    for number, code in enumerate(codes, start=1):
        scan(tablet.page, code)
        waits(tablet.page, number)
        expect(tablet.page.locator("#job .count")).to_contain_text(f"{number} / {len(codes)}")
        if number == 5:
            picture(tablet.page, "offline-dock")
            tablet.die()
            expect(tablet.page.locator("#job .count")).to_contain_text(f"5 / {len(codes)}")
    scan(tablet.page, load_code)
    waits(tablet.page, len(codes) + 1)
    tablet.context.set_offline(False)
    waits(tablet.page, 0)
    rows = logged(database)[before:]
    assert [(row.kind.value, row.code, row.outcome.value) for row in rows] == [
        *(("LOAD", code, "ACCEPT") for code in codes),
        ("SHIP_CLOSE", load_code, "ACCEPT"),
    ]
    with database.session as session:
        assert session.get(Load, load_id).state is LoadState.CLOSED


def test_the_order_of_the_stops_is_kept_without_the_network(store, tablet_of, server, database):
    with database.session as session:
        first = session.scalars(select(Order)).one()
        second = sealed_order(session, dealer="D002")
        load = make_load(session, first, second)
        load.is_by_stop = True
        loader = make_person(session, roles=("loader",), name="赵军").badge
        dock = station(session, StationKind.DOCK)
        key = scanning.enrol(session, dock.id, "码头平板", by=None, at=MORNING).key
        load_code, near = load.code, packages(session, first)[0].code
        far = [box.code for box in packages(session, second)]
        session.commit()
    tablet = tablet_of(TABLET)
    page = tablet.page
    come_in(page, server, key, loader, "赵军")
    page.goto(f"{server}/mes/shipping/dock")
    is_ready(page)
    scan(page, load_code)
    expect(page.locator("#job")).to_contain_text("浙H·A1234")
    told = []
    for _ in range(2):
        scan(page, near)  # it is unloaded first, so it goes on last
        expect(page.locator("#verdict .no")).to_have_text("E29")
        told.append(words(page))
        tablet.context.set_offline(True)
        expect(page.locator(".net")).to_have_class("net off")
        page.wait_for_timeout(1600)  # the same code within 1.5 s is a trigger held down
    assert told[0] == told[1]
    for code in (*far, near):
        scan(page, code)
        expect(page.locator("#verdict")).to_have_attribute("data-kind", "unconfirmed")
    waits(page, len(far) + 2)
    tablet.context.set_offline(False)
    waits(page, 0)
    outcomes = [row.outcome.value for row in logged(database)[-len(far) - 3 :]]
    assert outcomes == ["BLOCK", "BLOCK", *["ACCEPT"] * (len(far) + 1)]


def test_a_page_that_is_not_kept_says_what_works_without_the_network(plant, tablet_of, server):
    tablet = tablet_of(TABLET)
    come_in(tablet.page, server, plant.keys[0], plant.badge, "王芳")
    is_ready(tablet.page)
    tablet.context.set_offline(True)
    tablet.page.goto(f"{server}/mes/shipping/loads/")
    expect(tablet.page.locator("h1")).to_contain_text("连不上")
    picture(tablet.page, "offline-fallback")
    tablet.page.get_by_role("link", name="包装台").click()
    tablet.page.wait_for_selector("html[data-scanner=on]")


def test_the_server_is_believed_whenever_it_answers(plant, tablet_of, server):
    """A kept page is never shown while the server answers: a change is there at the first look."""
    tablet = tablet_of(TABLET)
    page = tablet.page
    come_in(page, server, plant.keys[0], plant.badge, "王芳")
    is_ready(page)
    page.evaluate(
        """async () => {
          const old = new Response("<h1>old</h1>", { headers: { "Content-Type": "text/html" } });
          await (await caches.open("mortise-pages")).put(location.pathname, old);
        }"""
    )
    page.reload()
    expect(page.locator("#job")).to_be_visible()
