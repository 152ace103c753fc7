"""Reads of the warehouse: what is in hand, where it may go, where a thing is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from sqlalchemy import Table, and_, bindparam, func, select
from sqlalchemy.orm import Session

from core.i18n import Named
from erp.materials.model import Material
from erp.parties.model import Party
from erp.sales.model import Order
from erp.stock import queries as stock
from erp.stock.model import Balance, Demand, Place
from erp.stock.queries import LotFacts
from erp.stock.rules import Need, PlaceKind, plain
from mes.cutting.queries import offcuts
from mes.cutting.rules.offcuts import OffcutState
from mes.packing.model import Content, Package
from mes.packing.rules import FINISHED, LOADABLE
from mes.planning.model import Batch
from mes.splitting.model import DoorSet, Piece
from mes.warehouse.rules import BatchNeed, LotInHand, Portion, Shelf, Spot, propose

ZERO = Decimal(0)


PLACES, PACKAGES = (
    cast(Table, kind.__table__) for kind in (Place, Package)
)  # bare, and statements made once
SPOT = select(PLACES.c.id, PLACES.c.code, PLACES.c.name, PLACES.c.kind, PLACES.c.is_active).where(
    PLACES.c.code == bindparam("code")
)
LIES_AT = select(PACKAGES.c.place_id).where(PACKAGES.c.id == bindparam("package"))


def spot(session: Session, code: str) -> Spot | None:
    """Return the place with this label."""
    row = session.execute(SPOT, {"code": code}).one_or_none()
    return None if row is None else Spot(*row)


def _spot(place: Place) -> Spot:
    return Spot(place.id, place.code, place.name, place.kind, place.is_active)


def lot(session: Session, code: str) -> LotInHand | None:
    """Return the lot with this label, and where it lies."""
    found = stock.lot_by_code(session, code)
    facts = None if found is None else stock.lot(session, found.id)
    if facts is None:
        return None
    return LotInHand(
        lot_id=facts.lot.id,
        code=facts.lot.code,
        material_id=facts.material.id,
        material=Named(facts.material.name, facts.material.name_en),
        article=_size(facts),
        unit=facts.unit,
        is_offcut=facts.lot.is_offcut,
        portions=tuple(Portion(_spot(row.place), row.qty) for row in stock.of_lot(session, facts.lot.id)),
    )


def _size(facts: LotFacts) -> str:
    """Return the article's code, or an offcut's own size."""
    if not facts.lot.is_offcut:
        return facts.article.code
    return " × ".join(plain(side) for side in (facts.lot.length_mm, facts.lot.width_mm) if side)


def is_uncut_rest(session: Session, code: str) -> bool:
    """Say whether a label stands for an offcut whose sheet is not reported as cut."""
    row = offcuts.of_code(session, code)
    return row is not None and row.state is OffcutState.PLANNED


def batch(session: Session, code: str) -> Batch | None:
    """Return the batch with this label."""
    return session.scalar(select(Batch).where(Batch.code == code))


def batch_need(session: Session, batch: Batch, material_id: int) -> BatchNeed:
    """Return what a batch needs of one material, and what it got; zeros when it needs none."""
    row = session.execute(
        select(Demand.needed_qty, Demand.issued_qty).where(
            Demand.subject == stock.BATCH,
            Demand.subject_id == batch.id,
            Demand.material_id == material_id,
        )
    ).one_or_none()
    needed_qty, issued_qty = (ZERO, ZERO) if row is None else row
    return BatchNeed(batch.id, batch.number, batch.state, needed_qty, issued_qty)


def issued_qty(session: Session, lot_id: int, batch_id: int) -> Decimal:
    """Return how much of a lot is with a batch."""
    return stock.issued_qty(session, lot_id, stock.BATCH, batch_id)


@dataclass(frozen=True, slots=True)
class OpenNeed:
    """One line of what a batch still needs, and the place of the oldest lot of it."""

    need: Need
    place: str


def open_needs(session: Session, batch_id: int) -> list[OpenNeed]:
    """Return what a batch still needs, each with where to fetch it."""
    needs = [need for need in stock.batch_shortages(session, batch_id) if need.open_qty > 0]
    first: dict[int, str] = {}
    rows = session.execute(
        stock.balances().where(Material.id.in_([need.material_id for need in needs]))
    ).all()
    for row in sorted(rows, key=lambda row: row.Lot.received_at):
        first.setdefault(row.Material.id, row.Place.name)
    return [OpenNeed(need, first.get(need.material_id, "")) for need in needs]


def open_batches(session: Session, limit: int = 20) -> Sequence[Batch]:
    """Return the batches for which something is still to be issued, the most urgent first."""
    waiting = select(Demand.subject_id).where(
        Demand.subject == stock.BATCH, Demand.needed_qty > Demand.issued_qty
    )
    return session.scalars(
        select(Batch)
        .where(Batch.id.in_(waiting))
        .order_by(Batch.due_on.is_(None), Batch.due_on, Batch.id)
        .limit(limit)
    ).all()


def shelves(session: Session, order_id: int, except_id: int) -> list[Shelf]:
    """Return the active places for finished packages: how many lie there, and which of one order's."""
    counts: dict[int, int] = dict(
        session.execute(
            select(Package.place_id, func.count())
            .where(Package.place_id.is_not(None))
            .group_by(Package.place_id)
        ).all()  # type: ignore[arg-type]
    )
    mates: dict[int | None, list[str]] = {}
    rows = session.execute(
        select(Package.place_id, Package.position, Package.total_count)
        .where(Package.order_id == order_id, Package.place_id.is_not(None), Package.id != except_id)
        .order_by(Package.position)
    )
    for place_id, position, total_count in rows:
        mates.setdefault(place_id, []).append(f"{position}/{total_count}")
    return [
        Shelf(_spot(place), counts.get(place.id, 0), tuple(mates.get(place.id, ())))
        for place in stock.places(session, (PlaceKind.FINISHED,))
    ]


@dataclass(frozen=True, slots=True)
class Carried:
    """One sealed package that a keeper may carry: whose it is, where it lies and where it should go."""

    package: Package
    order_number: str
    room: str
    dealer: Named
    lies_code: str  # of its place; empty when it lies at none
    shelf: Shelf | None
    piece_codes: tuple[str, ...]  # any of them proves its label


CARRIED_AT_MOST = 1500  # sealed packages that a handheld holds


def carried(session: Session) -> list[Carried]:
    """Return the sealed packages in the house, those that lie nowhere yet first; at most CARRIED_AT_MOST."""
    rows = session.execute(
        select(Package, Order.number, DoorSet.room, DoorSet.number, Party, Place.code)
        .join(Order, Order.id == Package.order_id)
        .join(Party, Party.id == Order.dealer_id)
        .outerjoin(DoorSet, DoorSet.id == Package.set_id)
        .outerjoin(Place, Place.id == Package.place_id)
        .where(Package.state.in_(LOADABLE))
        .order_by(Package.place_id.is_not(None), Package.id)
        .limit(CARRIED_AT_MOST)
    ).all()
    codes = _piece_codes(session, [row[0].id for row in rows])
    shelves_of = {
        order_id: shelves(session, order_id, 0)
        for order_id in {row[0].order_id for row in rows if row[0].place_id is None}
    }
    return [
        Carried(
            package=package,
            order_number=number,
            room=room or set_number or package.rooms,
            dealer=Named(dealer.name, dealer.name_en),
            lies_code=lies or "",
            shelf=propose(shelves_of.get(package.order_id, ())),
            piece_codes=tuple(codes.get(package.id, ())),
        )
        for package, number, room, set_number, dealer, lies in rows
    ]


def _piece_codes(session: Session, package_ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    rows = session.execute(
        select(Content.package_id, Piece.code)
        .join(Piece, Piece.id == Content.piece_id)
        .where(Content.package_id.in_(package_ids), Content.packed_at.is_not(None))
        .order_by(Content.id)
    )
    for package_id, code in rows:
        found.setdefault(package_id, []).append(code or "")
    return found


def material_place(session: Session, material_id: int) -> Spot | None:
    """Return where a received material should go: where it lies in the store, else the emptiest shelf."""
    lying = next(
        (row.place for row in stock.of_material(session, material_id) if row.place.kind is PlaceKind.STORE),
        None,
    )
    if lying is not None:
        return _spot(lying)
    emptiest = session.scalar(
        select(Place)
        .outerjoin(Balance, and_(Balance.place_id == Place.id, Balance.on_hand_qty > ZERO))
        .where(Place.kind == PlaceKind.STORE, Place.is_active)
        .group_by(Place.id)
        .order_by(func.count(Balance.id), Place.name)
        .limit(1)
    )
    return None if emptiest is None else _spot(emptiest)


@dataclass(frozen=True, slots=True)
class Boxed:
    """Whose a package is, and where it lies."""

    dealer: Named
    place: Place | None


def boxed(session: Session, package_id: int) -> Boxed:
    """Return whose a package is, and where it lies."""
    row = session.execute(
        select(Party, Place)
        .select_from(Package)
        .join(Order, Order.id == Package.order_id)
        .join(Party, Party.id == Order.dealer_id)
        .outerjoin(Place, Place.id == Package.place_id)
        .where(Package.id == package_id)
    ).one()
    dealer, place = row
    return Boxed(Named(dealer.name, dealer.name_en), place)


def place_of(session: Session, package_id: int) -> int | None:
    """Return the id of the place where a package lies."""
    found: int | None = session.scalars(LIES_AT, {"package": package_id}).one()
    return found


def package_of_piece(session: Session, code: str) -> int | None:
    """Return the package into which the piece with this label belongs."""
    return session.scalar(
        select(Content.package_id).join(Piece, Piece.id == Content.piece_id).where(Piece.code == code)
    )


def packages_at(session: Session, place_id: int) -> Sequence[tuple[Package, Order]]:
    """Return the packages at a place, by order."""
    rows = session.execute(
        select(Package, Order)
        .join(Order, Order.id == Package.order_id)
        .where(Package.place_id == place_id)
        .order_by(Order.number, Package.position)
    )
    return [(package, order) for package, order in rows]


def faults(session: Session) -> list[str]:
    """Prove that packages lie at places for packages, and only such as may lie there."""
    rows = session.execute(
        select(Package.code, Package.state, Place.name, Place.kind)
        .join(Place, Place.id == Package.place_id)
        .where(Place.kind.not_in((PlaceKind.FINISHED, PlaceKind.STAGING)) | Package.state.not_in(FINISHED))
    )
    return [f"{code}: {state.value} at {name} ({kind.value})" for code, state, name, kind in rows]
