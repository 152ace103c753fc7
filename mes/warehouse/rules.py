"""Rules of the warehouse: how a scan of a lot or a package at a place is judged.

A judgement gets frozen facts and gives the refusal, or nothing when the scan is right.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.i18n import N_, Named
from erp.materials.rules import Unit
from erp.stock.rules import PlaceKind, issuable, plain
from mes.packing.rules import LOADABLE, Box, PackageState, Piece, label_of
from mes.planning.rules import BatchState
from mes.scanning.rules import Block, Blocked, Text

IN_PLACE = {PlaceKind.FINISHED: PackageState.IN_STORE, PlaceKind.STAGING: PackageState.STAGED}


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that was scanned."""

    place_id: int
    code: str
    name: str
    kind: PlaceKind
    is_active: bool


@dataclass(frozen=True, slots=True)
class Portion:
    """A quantity of the lot in hand at one place."""

    spot: Spot
    qty: Decimal


@dataclass(frozen=True, slots=True)
class LotInHand:
    """The lot that was scanned, and where it lies."""

    lot_id: int
    code: str
    material_id: int
    material: Named
    article: str
    unit: Unit
    portions: tuple[Portion, ...] = ()
    is_offcut: bool = False  # comes from the saw and may be put away from anywhere


@dataclass(frozen=True, slots=True)
class BatchNeed:
    """A batch that was scanned, and what it needs of the material in hand."""

    batch_id: int
    number: str
    state: BatchState
    needed_qty: Decimal
    issued_qty: Decimal


# --- places ---------------------------------------------------------------------


MATERIAL_PLACE = Text(N_("A place of the material store or the shop floor"))
PACKAGE_PLACE = Text(N_("A place of the finished-goods store"))
STAGING_PLACE = Text(N_("A staging place"))
ANY_PACKAGE_PLACE = Text(N_("A place for packages: finished-goods store or staging"))


def judge_place(spot: Spot, kinds: Collection[PlaceKind], wanted: Text) -> Blocked | None:
    """Return why a place does not serve this step, if so; `wanted` says what does."""
    facts = {"place": spot.name, "kind": spot.kind}
    if spot.kind not in kinds:
        return _blocked(
            Block.E22,
            wanted,
            Text("%(place)s · %(kind)s", facts),
            Text(N_("Scan the label of another place.")),
            ("place", spot.place_id),
        )
    if spot.is_active:
        return None
    return _blocked(
        Block.E24,
        Text(N_("A place in use")),
        Text(N_("%(place)s, out of use"), facts),
        Text(N_("Scan the label of another place.")),
        ("place", spot.place_id),
    )


# --- packages ---------------------------------------------------------------------


def judge_package(box: Box) -> Blocked | None:
    """Return why a package cannot be carried to a place, if so: order over, gone, or not sealed."""
    subject = ("package", box.package_id)
    if not box.is_order_open:
        return _blocked(
            Block.E24,
            Text(N_("A package of an open order")),
            Text(N_("%(order)s, closed"), {"order": box.order_number}),
            Text(N_("Put it aside and call the team leader.")),
            subject,
        )
    if box.state in LOADABLE:
        return None
    is_unsealed = box.state in (PackageState.PLANNED, PackageState.OPEN)
    todo = Text(N_("Take it back to the packing bench and have it sealed."))
    if not is_unsealed:
        todo = Text(N_("Leave it where it is and call the team leader."))
    return _blocked(
        Block.E13 if is_unsealed else Block.E24,
        Text(N_("A sealed package")),
        Text("%(package)s: %(state)s", {"package": label_of(box), "state": box.state}),
        todo,
        subject,
    )


def judge_here(box: Box, place_id: int | None, spot: Spot) -> Blocked | None:
    """Return the neutral answer when a package lies at this very place already."""
    if place_id != spot.place_id:
        return None
    return _blocked(
        Block.E28,
        Text(N_("Another place")),
        Text(N_("%(package)s, already at %(place)s"), {"package": label_of(box), "place": spot.name}),
        Text(N_("Scan the next package.")),
        ("package", box.package_id),
    )


def judge_witness(
    box: Box, codes: Collection[str], witness: str | None, piece: Piece | None
) -> Blocked | None:
    """Return E09 when the piece that was scanned is not one of the package's: its label is on a wrong box.

    A package without labelled pieces needs none.
    """
    if not codes or witness in codes:
        return None
    got, todo = Text(N_("No piece scanned")), Text(N_("Scan any piece in the package."))
    if witness is not None:
        got = Text("%(code)s", {"code": witness})
        todo = Text(N_("Do not store it. Take it back to the packing bench."))
    if piece is not None:
        home = label_of(piece.box) if piece.box else Named("—")
        facts = {"order": piece.order_number, "package": home, "piece": piece.name}
        got = Text("%(order)s %(package)s · %(piece)s", facts)
    expected = {"order": box.order_number, "package": label_of(box)}
    return _blocked(
        Block.E09,
        Text(N_("A piece of %(order)s %(package)s"), expected),
        got,
        todo,
        ("package", box.package_id),
    )


def state_at(kind: PlaceKind) -> PackageState:
    """Return what a package is once it lies at a place of this kind."""
    return IN_PLACE[kind]


# --- lots -------------------------------------------------------------------------


def judge_waiting(lot: LotInHand) -> Blocked | None:
    """Return why nothing of a lot waits to be put away, if so; an offcut is put away from where it lies."""
    if not lot.portions:
        return _used_up(lot)
    if lot.is_offcut or any(portion.spot.kind is PlaceKind.RECEIVING for portion in lot.portions):
        return None
    return _blocked(
        Block.E22,
        Text(N_("A lot at goods-in")),
        Text(N_("%(lot)s is put away; it lies at: %(places)s"), {"lot": lot.code, "places": _where(lot)}),
        Text(N_("Nothing to put away. Scan another lot.")),
        ("lot", lot.lot_id),
    )


def judge_carried(lot: LotInHand) -> Blocked | None:
    """Return why nothing of a lot can be carried to another place, if so."""
    return None if lot.portions else _used_up(lot)


def judge_goods_in(lot: LotInHand, spot: Spot) -> Blocked | None:
    """Return why a lot cannot be put away at a place, if so; a lot that lies right there is no error."""
    is_here = any(portion.spot.place_id == spot.place_id for portion in lot.portions)
    is_at_goods_in = any(portion.spot.kind is PlaceKind.RECEIVING for portion in lot.portions)
    if not is_here or is_at_goods_in:
        return judge_waiting(lot)
    return _blocked(
        Block.E28,
        Text(N_("A lot at goods-in")),
        Text(N_("%(lot)s, already at %(place)s"), {"lot": lot.code, "place": spot.name}),
        Text(N_("Scan the next lot.")),
        ("lot", lot.lot_id),
    )


def _used_up(lot: LotInHand) -> Blocked:
    """Return the refusal of a lot of which nothing is left."""
    return _blocked(
        Block.E30,
        Text(N_("A lot of which something is left")),
        Text(N_("%(lot)s, all used"), {"lot": lot.code}),
        Text(N_("Take another lot of %(material)s."), {"material": lot.material}),
        ("lot", lot.lot_id),
    )


def choose_portion(lot: LotInHand, place_code: str | None) -> Portion | Blocked:
    """Return from which place a lot is taken: the only one where it lies, else the one that was scanned."""
    if not lot.portions:
        return _used_up(lot)
    if place_code is None and len(lot.portions) == 1:
        return lot.portions[0]
    chosen = next((portion for portion in lot.portions if portion.spot.code == place_code), None)
    if chosen is not None:
        return chosen
    return _blocked(
        Block.E22,
        Text(N_("The place that you take it from: %(places)s"), {"places": _where(lot)}),
        Text(N_("No place scanned")) if place_code is None else Text("%(code)s", {"code": place_code}),
        Text(N_("Scan the place, then the lot again.")),
        ("lot", lot.lot_id),
    )


def judge_issue(lot: LotInHand, portion: Portion, batch: BatchNeed, qty: Decimal) -> Blocked | None:
    """Return why a quantity is not issued to a batch, if so: batch closed, not needed, or too much."""
    if batch.state is BatchState.DONE:
        return _blocked(
            Block.E24,
            Text(N_("An open batch")),
            Text(N_("%(batch)s is done"), {"batch": batch.number}),
            Text(N_("Ask which batch it is for.")),
            ("lot", lot.lot_id),
        )
    left = issuable(batch.needed_qty, batch.issued_qty)
    if qty > left:
        return _too_much(lot, batch, qty, left)
    if qty <= portion.qty:
        return None
    facts = {"place": portion.spot.name, **_amount(portion.qty, lot.unit)}
    return _blocked(
        Block.E30,
        Text(N_("At most %(qty)s %(unit)s: so much lies at %(place)s"), facts),
        Text("%(qty)s %(unit)s", _amount(qty, lot.unit)),
        Text(N_("Take less, and the rest from another lot.")),
        ("lot", lot.lot_id),
    )


def _too_much(lot: LotInHand, batch: BatchNeed, qty: Decimal, left: Decimal) -> Blocked:
    facts: dict[str, Any] = {"batch": batch.number, "material": lot.material, **_amount(left, lot.unit)}
    expected = Text(N_("%(batch)s still needs %(qty)s %(unit)s of %(material)s"), facts)
    todo = Text(N_("Take less."))
    if batch.needed_qty == 0:
        return _blocked(
            Block.E22,
            Text(N_("A material that %(batch)s needs"), facts),
            Text(N_("%(lot)s: %(material)s"), {"lot": lot.code, "material": lot.material}),
            Text(N_("Take it back. The issue page lists what is needed.")),
            ("lot", lot.lot_id),
            batch.batch_id,
        )
    if left == 0:
        todo = Text(N_("It has all it needs. Take it back."))
    got = Text("%(qty)s %(unit)s · %(material)s", {"material": lot.material, **_amount(qty, lot.unit)})
    return _blocked(Block.E30, expected, got, todo, ("lot", lot.lot_id), batch.batch_id)


def judge_return(lot: LotInHand, batch: str, issued_qty: Decimal, qty: Decimal) -> Blocked | None:
    """Return why a quantity does not come back from a batch, if so: less of this lot is with it."""
    if qty <= issued_qty:
        return None
    facts: dict[str, Any] = {"batch": batch, "lot": lot.code, **_amount(issued_qty, lot.unit)}
    expected = Text(N_("At most %(qty)s %(unit)s: so much of lot %(lot)s was issued to %(batch)s"), facts)
    todo = Text(N_("Count again, or give back less."))
    if issued_qty == 0:
        expected = Text(N_("A lot that was issued to %(batch)s"), facts)
        todo = Text(N_("Ask which batch it comes from, and scan that one first."))
    got = Text("%(qty)s %(unit)s · %(material)s", {"material": lot.material, **_amount(qty, lot.unit)})
    return _blocked(Block.E30, expected, got, todo, ("lot", lot.lot_id))


def judge_transfer(lot: LotInHand, portion: Portion, spot: Spot, qty: Decimal) -> Blocked | None:
    """Return why a quantity of a lot is not carried to a place, if so: it lies there, or less lies where it is."""
    subject = ("lot", lot.lot_id)
    if portion.spot.place_id == spot.place_id:
        return _blocked(
            Block.E28,
            Text(N_("Another place")),
            Text(N_("%(lot)s, already at %(place)s"), {"lot": lot.code, "place": spot.name}),
            Text(N_("Scan the next lot.")),
            subject,
        )
    if qty <= portion.qty:
        return None
    facts = {"place": portion.spot.name, **_amount(portion.qty, lot.unit)}
    return _blocked(
        Block.E30,
        Text(N_("At most %(qty)s %(unit)s: so much lies at %(place)s"), facts),
        Text("%(qty)s %(unit)s", _amount(qty, lot.unit)),
        Text(N_("Take less, and the rest from another lot.")),
        subject,
    )


def _amount(qty: Decimal, unit: Unit) -> dict[str, Any]:
    return {"qty": plain(qty), "unit": unit}


def _where(lot: LotInHand) -> str:
    return ", ".join(portion.spot.name for portion in lot.portions) or "—"


def _blocked(
    block: Block,
    expected: Text,
    got: Text,
    todo: Text,
    subject: tuple[str, int],
    context_id: int | None = None,
) -> Blocked:
    return Blocked(
        block,
        expected=expected,
        got=got,
        todo=todo,
        object_type=subject[0],
        object_id=subject[1],
        context_id=context_id,
    )


@dataclass(frozen=True, slots=True)
class Shelf:
    """A place for packages, and how full it is."""

    spot: Spot
    package_count: int
    mates: tuple[str, ...] = ()  # numbers of the same order's packages that lie there: 1/4


def propose(shelves: Sequence[Shelf]) -> Shelf | None:
    """Return where a package should go: where most of its order lies, else the emptiest place."""
    if not shelves:
        return None
    return min(shelves, key=lambda shelf: (-len(shelf.mates), shelf.package_count, shelf.spot.name))


@dataclass(frozen=True, slots=True)
class Waiting:
    """One package of a load that is not staged yet, and where it is to be fetched."""

    place: str  # empty: still at the bench
    order_number: str
    package: Named
    is_sealed: bool


@dataclass(frozen=True, slots=True)
class ToStage:
    """One open load: how much of it is staged, what is still to be fetched, by place."""

    load_number: str
    vehicle: str
    staged_count: int
    total_count: int
    waiting: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True)
class Lanes:
    """The staging places for a package of an open load; their mates are that load's packages."""

    load_number: str
    shelves: tuple[Shelf, ...]
