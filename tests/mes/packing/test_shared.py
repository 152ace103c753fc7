"""Packages that the sets of an order share: the architraves of one colour, the hardware of a whole order."""

import copy
from decimal import Decimal

import pytest
from sqlalchemy import select

from erp.catalogue.model import DoorVersion
from erp.sales import service as sales
from erp.sales.rules.states import OrderState
from mes.changes.queries import page
from mes.packing import queries
from mes.packing.model import Package
from mes.packing.rules import PackageState
from mes.scanning.rules import ScanKind
from mes.shipping.queries.cargo import find_cargo
from mes.splitting import queries as split
from mes.splitting import service as splitting
from mes.splitting.model import DoorSet
from mes.splitting.rules import PieceState
from mes.tracing import queries as tracing
from mes.warehouse import queries as warehouse
from tests.conftest import NOON
from tests.core.pdf.paper import words
from tests.factories.factory import FRIDAY, load_pack, make_line, make_order, release_order
from tests.mes.changes.desk import clerk, edit, put
from tests.mes.changes.office import cancel, sets_of
from tests.mes.packing.bench import make_all, make_bench, packages, piece, pieces_of

ADD, SEAL = ScanKind.PACK_ADD, ScanKind.PACK_SEAL
WALNUT = make_line(colour_code="WALNUT", room="书房")


def share(session, kind="TRIM", **rule):
    """Let a kind of package be shared by the sets of an order, in every model."""
    load_pack(session)
    for version in session.scalars(select(DoorVersion)):
        document = copy.deepcopy(version.document)
        for one in document["packages"]:
            if one["code"] == kind:
                one.update(rule)
        version.document, version.sha256 = document, f"{sorted(rule.items())}{version.id}"
    session.flush()


@pytest.fixture
def bench(session):
    return make_bench(session)


@pytest.fixture
def order(session):
    """Three white sets and one of walnut: their architraves share packages of 14 pieces, colour by colour."""
    share(session, per="colour", most_pieces=14)
    order = release_order(session, make_line(set_count=2), WALNUT, make_line(room="次卧"))
    make_all(session, order)
    return order


def rooms(session, package):
    return [session.get(DoorSet, one.set_id).room for one in pieces_of(session, package)]


def test_a_colour_of_an_order_shares_packages_up_to_their_caps_numbered_after_those_of_the_sets(
    session, order
):
    trims = packages(session, order, "TRIM")
    assert [(one.set_id, one.shared_index, one.position) for one in trims] == [
        (None, 1001, 13),
        (None, 1002, 14),
        (None, 1003, 15),
    ]
    assert {one.total_count for one in packages(session, order)} == {15}
    assert order.package_count == 15
    assert rooms(session, trims[0]) == ["主卧"] * 12 + ["次卧"] * 2  # two sets of six, and room for two more
    assert rooms(session, trims[1]) == ["书房"] * 6
    assert rooms(session, trims[2]) == ["次卧"] * 4
    assert [one.rooms for one in trims] == ["主卧、次卧", "书房", "次卧"]
    assert queries.faults(session) == []


def test_one_package_of_a_kind_for_a_whole_order_weighs_what_all_sets_put_in(session):
    share(session, per="order", most_pieces=40, kg_m3="750")
    order = release_order(session, make_line(set_count=2), WALNUT)
    (trim,) = packages(session, order, "TRIM")
    assert len(pieces_of(session, trim)) == 18
    weights = [
        Decimal(one["kg"])
        for row in session.scalars(select(DoorSet))
        for one in row.packages
        if one["kind"] == "TRIM"
    ]
    assert (len(weights), trim.planned_kg) == (3, sum(weights))


def test_a_shared_package_is_packed_sealed_and_told_like_any_other(session, order, bench):
    for package in packages(session, order):
        bench.fill(package)
        assert bench.block(SEAL, package.code) is None
    assert (order.state, order.sealed_count) == (OrderState.READY, 15)
    assert queries.faults(session) == []
    assert queries.unscanned(session) == []


def test_the_bench_says_whose_each_piece_is_and_draws_its_door(session, order, bench):
    trim = bench.open(packages(session, order, "TRIM")[0])
    last = pieces_of(session, trim)[-1]
    said = bench.scan(ADD, last.code, trim.code)
    assert said["outcome"] == "ACCEPT"
    assert said["shown"]["name"]["zh"].endswith("· 次卧")
    assert f"/sets/{last.set_id}/drawing" in said["shown"]["picture"]
    assert said["progress"]["missing"][0]["zh"].endswith("· 主卧")
    missing = bench.scan(SEAL, trim.code)
    assert (missing["block_code"], len(missing["todo"]["facts"]["pieces"])) == ("E01", 13)


def test_a_piece_of_another_order_is_e03_one_of_another_package_of_the_order_e02(session, order, bench):
    white, walnut, rest = packages(session, order, "TRIM")
    other = release_order(session, make_line(room="客卧"))
    make_all(session, other)
    bench.open(white)
    stranger = piece(session, other, "ARCH_OPEN_L")
    assert bench.block(ADD, stranger.code, white.code) == "E03"
    for code in (pieces_of(session, walnut)[0].code, piece(session, order, "JAMB_L").code):
        said = bench.scan(ADD, code, white.code)
        assert (said["block_code"], "todo" in said) == ("E02", True)
    assert bench.block(ADD, pieces_of(session, rest)[0].code, white.code) == "E02"
    frame = bench.open(packages(session, order, "FRAME")[0])  # the other way round
    mine, other_set = pieces_of(session, white)[0], pieces_of(session, walnut)[0]
    assert bench.block(ADD, mine.code, frame.code) == "E02"
    assert bench.block(ADD, other_set.code, frame.code) == "E03"


def test_twice_and_in_two_shared_packages_are_told_apart(session, order, bench):
    white, walnut, _rest = packages(session, order, "TRIM")
    bench.open(white), bench.open(walnut)
    mine = pieces_of(session, white)[0]
    assert bench.add(white, mine) is None
    assert bench.add(white, mine) == "E28"
    assert bench.add(walnut, mine) == "E06"


def test_the_mirror_of_an_expected_piece_is_e05_only_within_its_set(session):
    share(session, per="colour", most_pieces=4)  # four of the first set; its last two with two of the second
    order = release_order(session, make_line(), make_line(room="次卧"))
    make_all(session, order)
    bench = make_bench(session)
    first, second, third = packages(session, order, "TRIM")
    codes = {(one.set_id, one.rule_code): one for one in pieces_of(session, second)}
    mine = next(one for one in pieces_of(session, first) if (one.set_id, one.mirror_code) in codes)
    theirs = next(one for one in pieces_of(session, third) if one.mirror_code == mine.rule_code)
    bench.open(second)
    assert bench.block(ADD, mine.code, second.code) == "E05"
    assert bench.block(ADD, theirs.code, second.code) == "E02"


def test_a_scrapped_piece_is_awaited_by_its_shared_package(session, order, bench):
    trim = packages(session, order, "TRIM")[0]
    old = pieces_of(session, trim)[0]
    new = splitting.replace(session, old.id, "SCRATCH", by=None, at=NOON)
    session.flush()
    assert new.id in {one.id for one in pieces_of(session, trim)}
    assert old.id not in {one.id for one in pieces_of(session, trim)}


def test_colour_is_compared_before_a_shared_package_is_sealed_and_handing_is_not(session, order, bench):
    trim = bench.fill(packages(session, order, "TRIM")[1])
    assert bench.block(SEAL, trim.code, witness="DIFFERS") == "E04"
    assert bench.block(SEAL, trim.code, witness="WALNUT") is None


def test_the_label_names_order_rooms_colour_and_how_many_sets(client_for, session, order):
    trim = packages(session, order, "TRIM")[0]
    session.commit()
    (facts,) = queries.packages(session, package_id=trim.id)
    assert (facts.handing, facts.look.word, facts.box.set_count) == (None, "WHITE", 3)
    text = words(client_for("packer").get(f"/mes/packing/packages/{trim.id}/label.pdf").data)
    for part in (order.number, "主卧、次卧", "13/15", "3樘合包", "次卧2件"):
        assert part in text
    shown = client_for("packer").get(f"/mes/packing/packages/{trim.id}/").text
    assert "主卧、次卧" in shown
    assert client_for("packer").get(f"/mes/packing/bench?package={trim.id}").status_code == 200


def test_every_reader_knows_its_rooms(session, order, bench):
    trim = bench.fill(packages(session, order, "TRIM")[0])
    bench.block(SEAL, trim.code)
    (cargo,) = find_cargo(session, Package.id == trim.id)
    assert cargo.room == "主卧、次卧"
    assert [one.room for one in warehouse.carried(session)] == ["主卧、次卧"]
    rows = queries.missing_of_order(session, order.id)
    assert {row.room for row in rows if "线包" in row.package.zh} == {"书房", "次卧"}
    first = session.scalars(select(DoorSet).order_by(DoorSet.id)).first()
    told = [event for event in tracing.trace(session, "set", first.id) if event.code == trim.code]
    assert told


def test_without_the_network_the_bench_holds_what_it_judges_by(client_for, session, order):
    session.commit()
    held = client_for("packer").get("/api/v1/packing/jobs").json["packages"]
    shared = next(one for one in held if one["code"] == packages(session, order, "TRIM")[0].code)
    assert (shared["set"], shared["room"]) == ("", "主卧、次卧")
    assert shared["pieces"][0][8:] == [f"{order.number}-1-1", "主卧"]
    assert held[0]["pieces"][0][8:] == [f"{order.number}-1-1", ""]


def test_a_large_release_in_slices_plans_its_shared_packages_once_and_last(session):
    share(session, per="colour", most_pieces=20)
    order = make_order(session, make_line(set_count=2 * splitting.SLICE + 3))
    sales.confirm(session, order.id, on=FRIDAY, by=None, at=NOON)
    session.flush()
    for step in splitting.release_in_slices(split.prepare(session, order.id), by=None, at=NOON):
        step(session)
    session.refresh(order)
    trims = packages(session, order, "TRIM")
    assert len(trims) == 16  # 53 sets of six architraves, twenty in a package
    assert [one.position for one in trims] == list(range(order.package_count - 15, order.package_count + 1))
    assert sum(len(pieces_of(session, one)) for one in trims) == 53 * 6
    assert queries.faults(session) == []


# ---- after the release


def test_a_cancelled_set_leaves_its_shared_package_to_the_others(session, order, bench):
    white, walnut, rest = packages(session, order, "TRIM")
    bench.fill(white)
    assert bench.block(SEAL, white.code) is None
    first, *_others = sets_of(session, order)
    done = cancel(session, order, first)
    session.refresh(order)
    assert (white.state, len(pieces_of(session, white))) == (PackageState.OPEN, 8)
    assert done.package_numbers == ("1/15", "2/15", "3/15")  # its own; the shared one is only opened
    assert (order.package_count, order.sealed_count) == (12, 0)
    assert queries.faults(session) == []
    gone = sets_of(session, order)[2]  # the walnut one is alone in its package
    done = cancel(session, order, gone)
    assert walnut.state is PackageState.VOID
    assert "14/15" in done.package_numbers
    assert queries.faults(session) == []


def test_a_set_whose_shared_package_is_on_a_vehicle_is_not_cancelled(session, order, bench):
    white = packages(session, order, "TRIM")[0]
    white.state = PackageState.LOADED
    session.flush()
    shown = page(session, order.id).sets
    assert [one.is_cancellable for one in shown] == [False, False, True, False]


def test_a_changed_piece_waits_in_the_same_shared_package_and_a_new_set_in_one_more(session, order, bench):
    white = bench.fill(packages(session, order, "TRIM")[0])
    assert bench.block(SEAL, white.code) is None
    by = clerk(session)
    edit(session, order, by, 0, height_mm=Decimal(2200))
    edit(session, order, by, 2, set_count=2)
    put(session, order, by)
    session.refresh(order)
    session.refresh(white)
    assert white.state is PackageState.OPEN
    inside = pieces_of(session, white)
    assert len(inside) == 14
    assert {one.state for one in inside} == {PieceState.PLANNED, PieceState.PACKED}
    trims = packages(session, order, "TRIM")
    assert [one.shared_index for one in trims] == [1001, 1002, 1003, 1004]
    assert rooms(session, trims[-1]) == ["次卧"] * 6
    assert queries.faults(session) == []


def test_another_colour_goes_into_another_package_and_leaves_an_empty_one_void(session, order):
    by = clerk(session)
    edit(session, order, by, 1, colour_code="WHITE")
    put(session, order, by)
    session.refresh(order)
    _white, walnut, _rest, came = packages(session, order, "TRIM")
    assert walnut.state is PackageState.VOID
    assert rooms(session, came) == ["书房"] * 6
    assert order.package_count == 15
    assert queries.faults(session) == []
