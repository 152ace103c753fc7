"""Reads of counting: what the book says, and how things are called."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.i18n import Named
from erp.materials.model import Article, Material
from erp.materials.rules import Unit
from erp.sales.model import Order
from erp.stock.model import Balance, Lot
from erp.stock.rules import counted_in
from mes.counting.rules import Thing
from mes.packing.model import Package

ZERO = Decimal(0)


def booked(session: Session, place_id: int) -> dict[Thing, Decimal]:
    """Return what the book says lies at a place: lots by quantity, packages as 1 each."""
    lots = session.execute(
        select(Balance.lot_id, Balance.on_hand_qty).where(
            Balance.place_id == place_id, Balance.on_hand_qty > ZERO
        )
    )
    packages = session.scalars(select(Package.id).where(Package.place_id == place_id))
    found = {Thing("lot", lot_id): qty for lot_id, qty in lots}
    return found | {Thing("package", package_id): Decimal(1) for package_id in packages}


@dataclass(frozen=True, slots=True)
class ThingFacts:
    """How a counted thing is called; a package has no unit."""

    code: str
    name: Named
    size: str
    unit: Unit | None = None


def facts_of(session: Session, things: Collection[Thing]) -> dict[Thing, ThingFacts]:
    """Return how some lots and packages are called."""
    lots = [thing.id for thing in things if thing.kind == "lot"]
    packages = [thing.id for thing in things if thing.kind == "package"]
    found: dict[Thing, ThingFacts] = {}
    for lot, article, material in session.execute(
        select(Lot, Article, Material)
        .join(Article, Article.id == Lot.article_id)
        .join(Material, Material.id == Article.material_id)
        .where(Lot.id.in_(lots))
    ):
        found[Thing("lot", lot.id)] = ThingFacts(
            lot.code,
            Named(material.name, material.name_en),
            article.code,
            counted_in(material.kind, material.unit_code),
        )
    for package, order in session.execute(
        select(Package, Order).join(Order, Order.id == Package.order_id).where(Package.id.in_(packages))
    ):
        number = f"{package.position}/{package.total_count}"
        name = Named(f"{package.name} {number}", package.name_en and f"{package.name_en} {number}")
        found[Thing("package", package.id)] = ThingFacts(package.code, name, order.number)
    return found


def names(session: Session, things: Collection[Thing]) -> list[tuple[Named, str]]:
    """Return name and code of some things, by name: what a second round has to look for, and no quantity."""
    found = facts_of(session, things).values()
    return sorted(((facts.name, facts.code) for facts in found), key=lambda one: (one[0].zh, one[1]))


def unit_of(session: Session, thing: Thing) -> Unit | None:
    """Return what a thing is counted in; None for a package."""
    return facts_of(session, [thing])[thing].unit


def places_of_lot(session: Session, lot_id: int) -> list[int]:
    """Return the places where a lot lies by the book."""
    here = select(Balance.place_id).where(Balance.lot_id == lot_id, Balance.on_hand_qty > ZERO)
    return list(session.scalars(here.order_by(Balance.place_id)))
