"""Hardware that is counted or weighed, and what eyes compare before a package is sealed."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from core.i18n import Named
from erp.catalogue.rules.document import KitCheck
from erp.materials.model import Article, Material
from mes.packing import queries
from mes.packing.model import Package
from mes.packing.rules import KitNeed, Look, PackageState, judge_count, judge_kit, judge_look
from mes.scanning.rules import Block, ScanKind, Text
from tests.factories.factory import release_order
from tests.factories.people import make_person
from tests.factories.stock import make_lot as stock_lot
from tests.factories.stock import make_place
from tests.mes.packing.bench import make_all, make_bench, packages
from tests.mes.packing.test_rules import FRAME, block

ADD, SEAL = ScanKind.PACK_ADD, ScanKind.PACK_SEAL
HINGES = KitNeed(1, Named("合页", "hinges"), Decimal(3), Decimal("0.210"))
LOCK = KitNeed(2, Named("门锁", "lock"), Decimal(1), Decimal("0.850"))


def counted(box_check):
    return replace(FRAME, kit_check=box_check, tolerance_kg=Decimal("0.020"))


@pytest.mark.parametrize(
    ("material", "count", "before", "wanted"),
    [(1, 3, 0, None), (1, 2, 1, None), (1, 3, 1, Block.E30), (1, 4, 0, Block.E30), (9, 1, 0, Block.E08)],
)
def test_hardware_is_counted_up_to_its_list_and_no_further(material, count, before, wanted):
    needs = [replace(HINGES, counted_count=before), LOCK]
    assert block(judge_count(counted(KitCheck.COUNT), needs, material, HINGES.name, count)) is wanted


def test_a_package_that_is_not_counted_takes_no_hardware_by_its_lot():
    assert block(judge_count(FRAME, [HINGES], 1, HINGES.name, 1)) is Block.E08
    closed = replace(counted(KitCheck.COUNT), state=PackageState.SEALED)
    assert block(judge_count(closed, [HINGES], 1, HINGES.name, 1)) is Block.E24


def test_a_counted_kit_is_complete_when_every_line_is():
    box = counted(KitCheck.COUNT)
    short = judge_kit(box, [replace(HINGES, counted_count=3), LOCK], None)
    assert (short.block, short.expected.facts["count"], short.got.facts["count"]) == (Block.E08, 1, 0)
    assert judge_kit(box, [replace(HINGES, counted_count=3), replace(LOCK, counted_count=1)], None) is None


@pytest.mark.parametrize(
    ("kg", "wanted"),
    [  # 3 × 0.210 + 0.850 = 1.480, ± 0.020
        ("1.480", None),
        ("1.500", None),
        ("1.460", None),
        ("1.501", Block.E08),
        ("1.270", Block.E08),  # a hinge short
        (None, Block.E08),
    ],
)
def test_a_weighed_kit_may_differ_by_its_tolerance(kg, wanted):
    box = counted(KitCheck.WEIGHT)
    assert block(judge_kit(box, [HINGES, LOCK], None if kg is None else Decimal(kg))) is wanted


def test_a_kit_with_a_part_of_unknown_weight_is_not_let_through_by_weight():
    refusal = judge_kit(counted(KitCheck.WEIGHT), [HINGES, replace(LOCK, unit_kg=None)], Decimal("1.48"))
    assert (refusal.block, refusal.todo.facts["names"]) == (Block.E08, [LOCK.name])


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (None, None),
        ("IN_L WHITE", None),
        ("DIFFERS", Block.E04),
        ("DIFFERS IN_R WHITE", Block.E05),
        ("IN_R WHITE", Block.E05),
        ("IN_L GREY", Block.E04),
    ],
)
def test_what_looks_different_is_not_sealed(said, wanted):
    assert block(judge_look(FRAME, Look("IN_L", "WHITE"), said, Text("x"))) is wanted


# ---- at the bench


@pytest.fixture
def bench(session):
    return make_bench(session)


@pytest.fixture
def hardware(session, bench):
    """The hardware package of a single door, its kit put in."""
    order = release_order(session)
    make_all(session, order)
    return bench.fill(packages(session, order, "HARDWARE")[0])


def proved(session, package, check):
    session.execute(
        update(Package).where(Package.id == package.id).values(kit_check=check, tolerance_kg=Decimal("0.020"))
    )
    session.expire_all()


@pytest.fixture
def lots(session):
    """A lot of a material on a shelf, by the material's id; returns its label's code."""

    def make(material_id):
        articles = select(Article).where(Article.material_id == material_id)
        shelf = make_place(session)
        return stock_lot(session, session.scalars(articles).first(), shelf, "50").code

    return make


def test_a_counted_kit_is_sealed_when_all_of_it_was_counted_in(session, bench, hardware, lots):
    proved(session, hardware, KitCheck.COUNT)
    assert bench.block(SEAL, hardware.code) == "E08"
    needs = queries.kit(session, hardware.id)
    assert len(needs) > 1
    for need in needs:
        code = lots(need.material_id)
        assert bench.block(ADD, code, hardware.code, quantity=need.needed_count + 1) == "E30"
        assert bench.block(ADD, code, hardware.code, quantity=need.needed_count) is None
        assert bench.block(ADD, code, hardware.code) == "E30"
    first = lots(needs[0].material_id)
    assert bench.block(ScanKind.PACK_REMOVE, first, hardware.code) is None  # counted anew
    assert bench.block(SEAL, hardware.code) == "E08"
    assert bench.block(ADD, first, hardware.code, quantity=needs[0].needed_count) is None
    assert bench.block(SEAL, hardware.code) is None


def test_hardware_of_another_kit_is_refused(session, bench, hardware, lots):
    proved(session, hardware, KitCheck.COUNT)
    inside = {need.material_id for need in queries.kit(session, hardware.id)}
    strange = session.scalars(
        select(Material.id).where(Material.kind == "HARDWARE", Material.id.not_in(inside)).limit(1)
    ).one()
    assert bench.block(ADD, lots(strange), hardware.code) == "E08"


def test_a_weighed_kit_is_sealed_by_the_right_weight_or_by_signature(session, bench, hardware):
    proved(session, hardware, KitCheck.WEIGHT)
    assert bench.block(SEAL, hardware.code, quantity=1000) == "E08"  # nobody knows what the parts weigh
    needs = queries.kit(session, hardware.id)
    session.execute(
        update(Material)
        .where(Material.id.in_([need.material_id for need in needs]))
        .values(unit_kg=Decimal("0.100"))
    )
    grams = int(sum(need.needed_qty for need in needs) * 100)
    assert bench.block(SEAL, hardware.code) == "E08"  # not weighed
    assert bench.block(SEAL, hardware.code, quantity=grams + 21) == "E08"
    leader = make_person(session, roles=("leader",))
    said = bench.scan(SEAL, hardware.code, quantity=grams + 21, signer=leader)
    assert said["outcome"] == "OVERRIDE"
    bench.scan(ScanKind.PACK_REOPEN, hardware.code)
    assert bench.scan(SEAL, hardware.code, quantity=grams + 20)["outcome"] == "ACCEPT"
    assert hardware.weighed_kg == Decimal(grams + 20) / 1000


def test_e04_and_e05_what_eyes_see_before_sealing_is_logged_and_stops_it(session, bench):
    order = release_order(session)
    make_all(session, order)
    leaf = bench.fill(packages(session, order, "LEAF")[0])
    assert bench.block(SEAL, leaf.code, witness="DIFFERS") == "E04"
    assert bench.block(SEAL, leaf.code, witness="IN_R WHITE") == "E05"
    assert leaf.state is PackageState.OPEN
    assert bench.block(SEAL, leaf.code, witness="IN_L WHITE") is None
