"""Packages that something happened to: damaged, void, gone without some of their contents."""

import pytest
from sqlalchemy import select

from erp.sales.rules.states import OrderState
from mes.packing import queries
from mes.packing.model import Damage, Package
from mes.packing.rules import BoxNotEmpty, DamageStage, NotDamageable, PackageState
from mes.packing.service import damage
from mes.scanning.rules import ScanKind
from mes.shipping import queries as shipping
from mes.shipping import service as dispatch
from mes.splitting.model import Piece
from mes.splitting.rules import PieceState
from tests.conftest import NOON
from tests.factories.factory import release_order
from tests.factories.people import make_person
from tests.mes.packing.bench import PACKER, Bench, make_all, make_bench, packages, pieces_of
from tests.mes.shipping.dock import make_dock, make_load, sealed_order

SEAL, REOPEN = ScanKind.PACK_SEAL, ScanKind.PACK_REOPEN


@pytest.fixture
def bench(session):
    return make_bench(session)


def test_e14_a_damaged_package_is_told_with_a_picture_and_is_not_loaded(session, bench):
    order = sealed_order(session)
    leaf = packages(session, order)[0]
    load = make_load(session, order)
    damage.report_damage(session, leaf.id, DamageStage.DOCK, "角部撞伤", by=bench.person.id, at=NOON)
    session.expire_all()
    assert (leaf.state, leaf.sealed_at, order.sealed_count) == (PackageState.DAMAGED, None, 3)
    assert make_dock(session).load(load, leaf) == "E13"
    assert queries.faults(session) == []
    row = session.scalars(select(Damage)).one()
    assert (row.before, row.stage, row.note) == (PackageState.SEALED, DamageStage.DOCK, "角部撞伤")


def test_a_damaged_package_is_opened_mended_and_sealed_again(session, bench):
    order = sealed_order(session)
    leaf = packages(session, order)[0]
    damage.report_damage(session, leaf.id, DamageStage.STORE, "划伤", by=bench.person.id, at=NOON)
    session.expire_all()
    assert bench.block(ScanKind.PACK_OPEN, leaf.code) == "E24"
    assert bench.block(REOPEN, leaf.code) is None
    assert order.sealed_count == 3
    assert bench.block(SEAL, leaf.code) is None
    assert (order.sealed_count, order.state) == (4, OrderState.READY)


@pytest.mark.parametrize("state", [PackageState.OPEN, PackageState.PLANNED])
def test_only_a_sealed_package_in_the_house_is_told_as_damaged(session, bench, state):
    order = release_order(session)
    make_all(session, order)
    package = packages(session, order)[0]
    if state is PackageState.OPEN:
        bench.open(package)
    with pytest.raises(NotDamageable):
        damage.report_damage(session, package.id, DamageStage.BENCH, "x", by=bench.person.id, at=NOON)


def test_a_damage_is_told_by_scan_and_refused_for_an_open_package(session):
    order = sealed_order(session)
    keeper = Bench(session, make_person(session, roles=("keeper",)), PACKER | {"mes.packing.damage"})
    leaf = packages(session, order)[0]
    assert keeper.block(ScanKind.DAMAGE, leaf.code, witness="纸箱破") is None
    assert session.scalars(select(Damage.note)).one() == "纸箱破"
    assert keeper.block(ScanKind.DAMAGE, leaf.code) == "E24"


def test_a_package_with_something_to_come_is_not_made_void(session, bench):
    order = release_order(session)
    trim = packages(session, order, "TRIM")[0]
    with pytest.raises(BoxNotEmpty):
        damage.void_empty(session, trim.id, by=bench.person.id, at=NOON)
    for piece in pieces_of(session, trim):
        piece.state = PieceState.VOID
    session.flush()
    leader = Bench(session, make_person(session, roles=("leader",)), PACKER | {"mes.packing.override"})
    assert leader.block(ScanKind.VOID, trim.code) is None
    assert (trim.state, order.package_count) == (PackageState.VOID, 3)
    assert bench.block(ScanKind.PACK_OPEN, trim.code) == "E26"
    assert bench.block(ScanKind.VOID, trim.code) == "E26"


def test_what_a_shipped_box_left_without_gets_a_box_of_its_own(session, bench):
    """Short by signature, shipped: the rest waits in a further package, and the order is not shipped yet."""
    order = release_order(session)
    make_all(session, order)
    leader = make_person(session, roles=("leader",))
    missing = None
    for package in packages(session, order):
        bench.fill(package)
        if package.kind == "TRIM":
            missing = pieces_of(session, package)[-1]
            assert bench.block(ScanKind.PACK_REMOVE, missing.code, package.code) is None
        assert bench.scan(SEAL, package.code, signer=leader)["outcome"] in ("ACCEPT", "OVERRIDE")
    load, dock = make_load(session, order), make_dock(session)
    for package in packages(session, order):
        assert dock.load(load, package) is None
    assert dock.close(load) is None
    dispatch.ship(session, load.id, by=dock.person.id, at=NOON)
    session.expire_all()
    rest = packages(session, order)[-1]
    assert (rest.position, rest.total_count, rest.state) == (5, 5, PackageState.PLANNED)
    assert rest.supplement_of_id == packages(session, order, "TRIM")[0].id
    assert [piece.id for piece in pieces_of(session, rest)] == [missing.id]
    assert (order.state, order.package_count) == (OrderState.IN_PRODUCTION, 5)
    assert session.get(Piece, missing.id).state is PieceState.MADE
    assert queries.faults(session) == []
    bench.fill(rest)
    assert bench.block(SEAL, rest.code) is None
    assert order.state is OrderState.READY
    assert queries.packages(session, package_id=rest.id)[0].is_remake
    second = make_load(session, order)
    assert dock.load(second, session.get(Package, rest.id)) is None
    assert dock.close(second) is None
    dispatch.ship(session, second.id, by=dock.person.id, at=NOON)
    session.expire_all()
    assert order.state is OrderState.SHIPPED
    assert shipping.faults(session) == []
