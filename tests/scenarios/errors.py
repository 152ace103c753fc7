"""A plant in the middle of its work, and every error that a scan can catch, provoked at each step where it can be."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from unittest import mock

from sqlalchemy import select, update

from core.codes import Letter, make
from erp.catalogue.rules.document import KitCheck
from erp.materials.model import Article, Material
from erp.sales.rules.states import OrderState
from erp.stock.rules import PlaceKind
from mes.packing import queries as packing
from mes.packing import service as packing_service
from mes.packing.model import Package
from mes.packing.rules import DamageStage
from mes.packing.service.damage import report_damage
from mes.scanning.model import Scan
from mes.scanning.rules import Outcome, ScanKind
from mes.shipping import service as shipping
from mes.splitting import service as splitting
from mes.splitting.rules import PieceState
from tests.conftest import NOON
from tests.erp.finance.accounts import agree
from tests.factories.factory import make_line, place, release_order
from tests.factories.people import make_person
from tests.factories.stock import make_lot, make_place
from tests.mes.packing.bench import PACKER, Bench, make_all, packages, pieces_of
from tests.mes.shipping.dock import make_dock, make_load
from tests.mes.warehouse.keeper import make_keeper

K = ScanKind
Provoke = Callable[["Plant"], dict]
ERRORS: dict[tuple[str, str], Provoke] = {}  # by class and step


@dataclass
class Plant:
    """Orders in every state that an error needs, and people at bench, store and dock."""

    session: object
    chance: random.Random
    open_order: object = None  # all pieces made: one double and two equal single doors
    other: object = None  # of another order, made as well
    sealed: object = None  # on the list of `load`, stop 2
    near: object = None  # on the same list, stop 1
    elsewhere: object = None  # sealed, on another load
    listless: object = None  # sealed, of a dealer of the load, on no list
    foreign: object = None  # sealed, of a dealer whom the load does not visit
    load: object = None
    second: object = None
    people: dict = field(default_factory=dict)

    @property
    def bench(self):
        return self.people["bench"]

    @property
    def dock(self):
        return self.people["dock"]

    @property
    def keeper(self):
        return self.people["keeper"]

    def pick(self, some):
        """One of some things, by chance."""
        return self.chance.choice(list(some))

    def opened(self, kind=None):
        """An open package of the open order, with nothing in it."""
        return self.bench.open(self.pick(packages(self.session, self.open_order, kind)))

    def filled(self, kind=None):
        return self.bench.fill(self.pick(packages(self.session, self.open_order, kind)))

    def content(self, package):
        return self.pick(pieces_of(self.session, package))

    def lot(self, material_id):
        article = self.session.scalars(select(Article).where(Article.material_id == material_id)).first()
        return make_lot(self.session, article, make_place(self.session), "50").code


def make_plant(session, seed=0):
    """Bring a plant to where every error can happen."""
    plant = Plant(session, random.Random(seed))  # noqa: S311  (a test that can be repeated)
    plant.people = {
        "bench": Bench(session, make_person(session, roles=("packer",)), PACKER | {"mes.packing.damage"}),
        "dock": make_dock(session),
        "keeper": make_keeper(session),
    }
    double = make_line(door_code="M-DOUBLE", width_mm=Decimal("1500.0"))
    plant.open_order = release_order(session, double, make_line(set_count=2))
    plant.other = release_order(session, make_line(room="次卧"))
    plant.near, plant.sealed = release_order(session, dealer="D003"), release_order(session)
    plant.elsewhere, plant.listless = release_order(session), release_order(session)
    plant.foreign = release_order(session, dealer="D002")
    for order in (plant.open_order, plant.other):
        make_all(session, order)
    for order in (plant.near, plant.sealed, plant.elsewhere, plant.listless, plant.foreign):
        make_all(session, order)
        for package in packages(session, order):
            plant.bench.fill(package)
            assert plant.bench.block(K.PACK_SEAL, package.code) is None
    plant.load = make_load(session, plant.near, plant.sealed)
    plant.load.is_by_stop = True
    plant.second = make_load(session, plant.elsewhere, vehicle="浙H·2222")
    session.flush()
    return plant


def error(block: str, step: str) -> Callable[[Provoke], Provoke]:
    """Have a function provoke an error of a class at a step."""

    def keep(provoke: Provoke) -> Provoke:
        assert (block, step) not in ERRORS
        ERRORS[block, step] = provoke
        return provoke

    return keep


# --- at the bench


@error("E01", "seal")
def part_missing(plant):
    package = plant.filled()
    piece = plant.content(package)
    assert plant.bench.block(K.PACK_REMOVE, piece.code, package.code) is None
    return plant.bench.scan(K.PACK_SEAL, package.code)


@error("E02", "pack")
def of_another_package(plant):
    package = plant.opened("FRAME")
    others = [
        one for one in packages(plant.session, plant.open_order, "TRIM") if one.set_id == package.set_id
    ]
    return plant.bench.scan(K.PACK_ADD, plant.content(others[0]).code, package.code)


@error("E02", "take out")
def not_in_it(plant):
    package = plant.opened()
    return plant.bench.scan(K.PACK_REMOVE, plant.content(package).code, package.code)


@error("E03", "pack")
def of_another_order(plant):
    package = plant.opened()
    twin = packages(plant.session, plant.other, package.kind)[0]
    return plant.bench.scan(K.PACK_ADD, plant.content(twin).code, package.code)


@error("E03", "pack, equal set")
def of_an_equal_set(plant):
    first, second = packages(plant.session, plant.open_order, "FRAME")[1:]
    plant.bench.open(first)
    return plant.bench.scan(K.PACK_ADD, plant.content(second).code, first.code)


@error("E04", "look")
def looks_different(plant):
    package = plant.filled("LEAF")
    return plant.bench.scan(K.PACK_SEAL, package.code, witness="DIFFERS")


@error("E05", "pack")
def the_mirror(plant):
    first, second = packages(plant.session, plant.open_order, "LEAF")[:2]
    plant.bench.open(first)
    return plant.bench.scan(K.PACK_ADD, plant.content(second).code, first.code)


@error("E05", "look")
def handed_the_other_way(plant):
    package = plant.filled("LEAF")
    return plant.bench.scan(K.PACK_SEAL, package.code, witness="OUT_R WHITE")


@error("E06", "pack")
def packed_elsewhere(plant):
    full, other = plant.chance.sample(packages(plant.session, plant.open_order), 2)
    plant.bench.fill(full)
    plant.bench.open(other)
    return plant.bench.scan(K.PACK_ADD, plant.content(full).code, other.code)


@error("E07", "pack")
def on_hold(plant):
    package = plant.opened()
    piece = plant.content(package)
    piece.state = PieceState.VOID
    plant.session.flush()
    return plant.bench.scan(K.PACK_ADD, piece.code, package.code)


def kit(plant, check):
    package = plant.filled("HARDWARE")
    plant.session.execute(update(Package).where(Package.id == package.id).values(kit_check=check))
    plant.session.expire_all()
    return package, packing.kit(plant.session, package.id)


@error("E08", "count")
def kit_short(plant):
    package, needs = kit(plant, KitCheck.COUNT)
    left_out = plant.pick(needs)
    for need in needs:
        count = need.needed_count - (need is left_out)
        if count:
            lot = plant.lot(need.material_id)
            assert plant.bench.block(K.PACK_ADD, lot, package.code, quantity=count) is None
    return plant.bench.scan(K.PACK_SEAL, package.code)


@error("E08", "pack")
def hardware_of_another_kit(plant):
    package, needs = kit(plant, KitCheck.COUNT)
    known = [need.material_id for need in needs]
    strange = plant.session.scalars(
        select(Material.id).where(Material.kind == "HARDWARE", Material.id.not_in(known))
    ).all()
    return plant.bench.scan(K.PACK_ADD, plant.lot(plant.pick(strange)), package.code)


@error("E08", "weigh")
def kit_too_light(plant):
    package, needs = kit(plant, KitCheck.WEIGHT)
    plant.session.execute(
        update(Material)
        .where(Material.id.in_([need.material_id for need in needs]))
        .values(unit_kg=Decimal("0.150"))
    )
    grams = int(150 * sum(need.needed_qty for need in needs)) - 150
    return plant.bench.scan(K.PACK_SEAL, package.code, quantity=grams)


@error("E30", "count")
def too_many_of_one(plant):
    package, needs = kit(plant, KitCheck.COUNT)
    need = plant.pick(needs)
    return plant.bench.scan(
        K.PACK_ADD, plant.lot(need.material_id), package.code, quantity=need.needed_count + 1
    )


@error("E20", "pack")
def unreadable_piece(plant):
    package = plant.opened()
    code = plant.content(package).code
    last = plant.pick(set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") - {code[-1]})
    return plant.bench.scan(K.PACK_ADD, code[:-1] + last, package.code)


@error("E20", "open")
def garbage(plant):
    return plant.bench.scan(K.PACK_OPEN, plant.pick(["？？", "K-1", "HTTP://X", "6901234567892X"]))


@error("E21", "pack")
def never_printed(plant):
    package = plant.opened()
    return plant.bench.scan(
        K.PACK_ADD, make(Letter.PIECE, 900_000 + plant.chance.randrange(9999)), package.code
    )


@error("E22", "pack")
def a_package_for_a_piece(plant):
    package = plant.opened()
    return plant.bench.scan(K.PACK_ADD, plant.pick(packages(plant.session, plant.other)).code, package.code)


@error("E22", "open")
def a_piece_for_a_package(plant):
    package = plant.pick(packages(plant.session, plant.open_order))
    return plant.bench.scan(K.PACK_OPEN, plant.content(package).code)


@error("E23", "pack")
def not_finished(plant):
    package = plant.opened("FRAME")
    piece = plant.content(package)
    piece.state, piece.step_count = PieceState.CUT, 1
    plant.session.flush()
    return plant.bench.scan(K.PACK_ADD, piece.code, package.code)


@error("E24", "pack")
def into_a_closed_box(plant):
    package = plant.pick(packages(plant.session, plant.sealed))
    return plant.bench.scan(K.PACK_ADD, plant.content(package).code, package.code)


@error("E24", "open")
def a_sealed_box(plant):
    return plant.bench.scan(K.PACK_OPEN, plant.pick(packages(plant.session, plant.sealed)).code)


@error("E24", "order closed")
def of_a_closed_order(plant):
    package = plant.opened()
    plant.open_order.state = OrderState.CLOSED
    plant.session.flush()
    return plant.bench.scan(K.PACK_ADD, plant.content(package).code, package.code)


@error("E24", "damage")
def damage_of_an_open_box(plant):
    return plant.bench.scan(K.DAMAGE, plant.opened().code, witness="x")


@error("E25", "pack")
def without_the_right(plant):
    package = plant.opened()
    with mock.patch.object(plant.bench, "permissions", frozenset()):
        return plant.bench.scan(K.PACK_ADD, plant.content(package).code, package.code)


@error("E26", "pack")
def a_scrapped_piece(plant):
    package = plant.opened("FRAME")
    piece = plant.content(package)
    splitting.replace(plant.session, piece.id, "scrapped", by=None, at=NOON)
    return plant.bench.scan(K.PACK_ADD, piece.code, package.code)


@error("E26", "open")
def a_torn_label(plant):
    return plant.bench.scan(K.PACK_OPEN, torn(plant, plant.open_order))


def torn(plant, order):
    """The code of a label that was replaced."""
    package = plant.pick(packages(plant.session, order))
    old = package.code
    packing_service.count_labels(plant.session, [package.id], by=plant.bench.person.id, at=NOON)
    packing_service.reprint_label(plant.session, package.id, by=plant.bench.person.id, at=NOON)
    plant.session.expire_all()
    return old


@error("E27", "seal")
def another_was_quicker(plant):
    """Another packer seals between the reading and the writing of this seal."""
    package = plant.filled()
    stale = packing.box_alone(plant.session, package.id)
    assert plant.bench.block(K.PACK_SEAL, package.code) is None
    with mock.patch.object(packing, "box_alone", return_value=stale):
        return plant.bench.scan(K.PACK_SEAL, package.code)


@error("E28", "pack")
def twice(plant):
    package = plant.opened()
    piece = plant.content(package)
    assert plant.bench.add(package, piece) is None
    return plant.bench.scan(K.PACK_ADD, piece.code, package.code)


# --- at the store


def stored(plant, package, witness):
    return plant.keeper.scan(
        K.STORE_IN, package.code, place(plant.session, PlaceKind.FINISHED).code, witness and witness.code
    )


@error("E09", "store in")
def label_on_another_box(plant):
    mine, other = plant.chance.sample(packages(plant.session, plant.sealed), 2)
    return stored(plant, mine, plant.content(other))


@error("E09", "store in, no witness")
def label_unproved(plant):
    return stored(plant, plant.pick(packages(plant.session, plant.sealed)), None)


@error("E13", "store in")
def open_box_to_store(plant):
    package = plant.filled()
    return stored(plant, package, plant.content(package))


@error("E26", "store in")
def torn_label_to_store(plant):
    old = torn(plant, plant.sealed)
    return plant.keeper.scan(K.STORE_IN, old, place(plant.session, PlaceKind.FINISHED).code, None)


# --- at the dock


def load_stop_two(plant, but=0):
    """Load what is unloaded last, all but some."""
    found = packages(plant.session, plant.sealed)
    for package in found[: len(found) - but]:
        assert plant.dock.load(plant.load, package) is None
    return found


@error("E10", "close")
def short(plant):
    load_stop_two(plant)
    near = packages(plant.session, plant.near)
    for package in near[:-1]:
        assert plant.dock.load(plant.load, package) is None
    return plant.dock.scan(K.SHIP_CLOSE, plant.load.code)


@error("E10", "close, not listed")
def order_not_whole(plant):
    """Everything on the list is on, but the list does not hold all of the order."""
    package = plant.pick(packages(plant.session, plant.elsewhere))
    shipping.remove_package(plant.session, plant.second.id, package.id, by=plant.dock.person.id, at=NOON)
    plant.session.expire_all()
    for one in packages(plant.session, plant.elsewhere):
        if one.id != package.id:
            assert plant.dock.load(plant.second, one) is None
    return plant.dock.scan(K.SHIP_CLOSE, plant.second.code)


@error("E11", "load")
def other_dealer(plant):
    return load(plant, plant.pick(packages(plant.session, plant.foreign)))


def load(plant, package, onto=None):
    return plant.dock.scan(K.LOAD, package.code, (onto or plant.load).code)


@error("E12", "load")
def on_no_list(plant):
    return load(plant, plant.pick(packages(plant.session, plant.listless)))


@error("E12", "load, other truck")
def of_another_truck(plant):
    return load(plant, plant.pick(packages(plant.session, plant.elsewhere)))


@error("E12", "load, shipped before")
def shipped_before(plant):
    for package in packages(plant.session, plant.elsewhere):
        assert plant.dock.load(plant.second, package) is None
    assert plant.dock.close(plant.second) is None
    shipping.ship(plant.session, plant.second.id, by=plant.dock.person.id, at=NOON)
    plant.session.expire_all()
    return load(plant, plant.pick(packages(plant.session, plant.elsewhere)))


@error("E12", "unload")
def not_on_board(plant):
    package = plant.pick(packages(plant.session, plant.sealed))
    return plant.dock.scan(K.UNLOAD, package.code, plant.load.code)


@error("E13", "load, opened again")
def opened_again(plant):
    package = plant.pick(packages(plant.session, plant.sealed))
    assert plant.bench.block(K.PACK_REOPEN, package.code) is None
    return load(plant, package)


@error("E13", "load, damaged")
def damaged(plant):
    package = plant.pick(packages(plant.session, plant.sealed))
    report_damage(plant.session, package.id, DamageStage.DOCK, "", by=plant.dock.person.id, at=NOON)
    plant.session.expire_all()
    return load(plant, package)


@error("E13", "load, unpaid")
def unpaid(plant):
    agree(plant.session, gate=True)
    return load(plant, plant.pick(packages(plant.session, plant.sealed)))


@error("E15", "close")
def list_and_scans_differ(plant):
    found = [*load_stop_two(plant), *packages(plant.session, plant.near)]
    for package in packages(plant.session, plant.near):
        assert plant.dock.load(plant.load, package) is None
    plant.session.execute(
        update(Scan)
        .where(Scan.object_id == plant.pick(found).id, Scan.kind == K.LOAD, Scan.outcome == Outcome.ACCEPT)
        .values(outcome=Outcome.BLOCK, block_code="E28")
    )
    return plant.dock.scan(K.SHIP_CLOSE, plant.load.code)


@error("E20", "load")
def unreadable_package(plant):
    code = plant.pick(packages(plant.session, plant.sealed)).code
    return plant.dock.scan(K.LOAD, code + "0", plant.load.code)


@error("E21", "load")
def package_never_printed(plant):
    return plant.dock.scan(K.LOAD, make(Letter.PACKAGE, 900_000), plant.load.code)


@error("E22", "load")
def a_piece_at_the_dock(plant):
    package = plant.pick(packages(plant.session, plant.sealed))
    return plant.dock.scan(K.LOAD, plant.content(package).code, plant.load.code)


@error("E24", "load")
def onto_a_closed_load(plant):
    for package in packages(plant.session, plant.elsewhere):
        assert plant.dock.load(plant.second, package) is None
    assert plant.dock.close(plant.second) is None
    return load(plant, plant.pick(packages(plant.session, plant.elsewhere)), plant.second)


@error("E25", "load")
def dock_without_the_right(plant):
    with mock.patch.object(plant.dock, "permissions", frozenset()):
        return load(plant, plant.pick(packages(plant.session, plant.sealed)))


@error("E26", "load")
def torn_label_to_dock(plant):
    return plant.dock.scan(K.LOAD, torn(plant, plant.sealed), plant.load.code)


@error("E26", "load, void")
def void_package(plant):
    """The label of a package whose set was cancelled."""
    package = plant.pick(packages(plant.session, plant.listless))
    packing_service.void(plant.session, [package.set_id], by=None, at=NOON)
    plant.session.expire_all()
    return load(plant, package)


@error("E28", "load")
def loaded_twice(plant):
    package = load_stop_two(plant)[0]
    return load(plant, package)


@error("E29", "load")
def wrong_stop(plant):
    load_stop_two(plant, but=1)
    return load(plant, plant.pick(packages(plant.session, plant.near)))


__all__ = ["ERRORS", "Plant", "make_plant"]
