"""Reads of shipping for the warehouse: where a load is staged, and what is still to be fetched for it."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.i18n import Named
from erp.sales.model import Order
from erp.stock import queries as stock
from erp.stock.model import Place
from erp.stock.rules import PlaceKind
from mes.packing.model import Package
from mes.packing.rules import LOADABLE, PackageState
from mes.shipping.model import Load, LoadPackage
from mes.shipping.rules import LoadState
from mes.warehouse.rules import Lanes, Shelf, Spot, ToStage, Waiting

OPEN = (LoadState.PLANNED, LoadState.LOADING)


def lanes(session: Session, package_id: int) -> Lanes | None:
    """Return the staging places for a package of an open load, with what of that load stands there."""
    load = session.execute(
        select(Load.id, Load.number)
        .join(LoadPackage, LoadPackage.load_id == Load.id)
        .where(LoadPackage.package_id == package_id, Load.state.in_(OPEN))
    ).one_or_none()
    if load is None:
        return None
    places = stock.places(session, (PlaceKind.STAGING,))
    at_lanes = Package.place_id.in_([place.id for place in places])
    counted = select(Package.place_id, func.count()).where(at_lanes).group_by(Package.place_id)
    counts = {place_id: count for place_id, count in session.execute(counted)}  # noqa: C416  (typed)
    mates: dict[int | None, list[str]] = defaultdict(list)
    for place_id, position, total in session.execute(
        select(Package.place_id, Package.position, Package.total_count)
        .join(LoadPackage, LoadPackage.package_id == Package.id)
        .where(LoadPackage.load_id == load.id, at_lanes, Package.id != package_id)
    ):
        mates[place_id].append(f"{position}/{total}")
    shelves = [
        Shelf(
            Spot(place.id, place.code, place.name, place.kind, place.is_active),
            counts.get(place.id, 0),
            tuple(mates[place.id]),
        )
        for place in places
    ]
    return Lanes(load.number, tuple(shelves))


def to_stage(session: Session) -> list[ToStage]:
    """Return the open loads by day, each with what is still to be fetched, by place."""
    rows = session.execute(
        select(Load, Package, Order.number, Place.name)
        .join(LoadPackage, LoadPackage.load_id == Load.id)
        .join(Package, Package.id == LoadPackage.package_id)
        .join(Order, Order.id == Package.order_id)
        .outerjoin(Place, Place.id == Package.place_id)
        .where(Load.state.in_(OPEN))
        .order_by(Load.planned_on, Load.id, Place.name, Order.number, Package.position)
    ).all()
    loads = {load.id: load for load, *_ in rows}
    return [_to_stage(load, [row[1:] for row in rows if row[0].id == load.id]) for load in loads.values()]


def _to_stage(load: Load, rows: list[tuple[Package, str, str | None]]) -> ToStage:
    waiting = [
        Waiting(place or "", number, _name(package), package.state in LOADABLE)
        for package, number, place in rows
        if package.state not in (PackageState.STAGED, PackageState.LOADED)
    ]
    return ToStage(load.number, load.vehicle, len(rows) - len(waiting), len(rows), tuple(waiting))


def _name(package: Package) -> Named:
    number = f"{package.position}/{package.total_count}"
    return Named(f"{package.name} {number}", package.name_en and f"{package.name_en} {number}")
