"""Facts for the judges at the dock: packages and the loads they belong onto."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from core.i18n import Named
from erp.finance import queries as finance
from erp.parties.model import Party
from erp.sales.model import Order
from erp.stock.model import Place
from mes.packing.model import Content, Package
from mes.packing.rules import PackageState
from mes.scanning.model import Scan
from mes.scanning.rules import Outcome, ScanKind
from mes.shipping.model import Delivery, Load, LoadPackage
from mes.shipping.rules import GONE, Cargo, Manifest
from mes.splitting.model import DoorSet


def load_id(session: Session, code: str) -> int | None:
    """Return the id of the load whose label carries `code`."""
    return session.scalar(select(Load.id).where(Load.code == code))


def cargo_of_code(session: Session, code: str) -> Cargo | None:
    """Return the package whose label in force carries `code`, and the load it belongs onto."""
    found = find_cargo(session, (Package.code == code) & Order.released_at.is_not(None))
    return found[0] if found else None


def cargo_of(session: Session, package_ids: Collection[int]) -> list[Cargo]:
    """Return some packages and the loads they belong onto."""
    return find_cargo(session, Package.id.in_(package_ids))


def cargo_rows() -> Select[Any]:
    """Return packages with all that makes a Cargo of them, to be filtered."""
    columns: tuple[Any, ...] = (Package, Order.number, DoorSet.room, DoorSet.number, Party, Place.name)
    return (
        select(*columns, LoadPackage, Load.number, Delivery.position)
        .join(Order, Order.id == Package.order_id)
        .join(Party, Party.id == Order.dealer_id)
        .join(DoorSet, DoorSet.id == Package.set_id)
        .outerjoin(Place, Place.id == Package.place_id)
        .outerjoin(LoadPackage, LoadPackage.package_id == Package.id)
        .outerjoin(Load, Load.id == LoadPackage.load_id)
        .outerjoin(Delivery, Delivery.id == LoadPackage.delivery_id)
    )


def find_cargo(session: Session, condition: ColumnElement[bool]) -> list[Cargo]:
    """Return the packages of a condition, by stop, order and number."""
    rows = session.execute(
        cargo_rows()
        .where(condition)
        .order_by(Delivery.position, Order.number, Package.position)
        .execution_options(populate_existing=True)  # as it stands now, under the caller's lock
    )
    return [one_cargo(*row) for row in rows]


def one_cargo(
    package: Package,
    order_number: str,
    room: str,
    set_number: str,
    dealer: Party,
    place: str | None,
    listed: LoadPackage | None,
    load_number: str | None,
    stop: int | None,
) -> Cargo:
    """Return a row of `cargo_rows` as a judge sees it."""
    return Cargo(
        package_id=package.id,
        code=package.code,
        name=Named(package.name, package.name_en),
        position=package.position,
        total_count=package.total_count,
        state=package.state,
        order_id=package.order_id,
        order_number=order_number,
        room=room or set_number,
        dealer_id=dealer.id,
        dealer=Named(dealer.name, dealer.name_en),
        place=place or "",
        load_id=None if listed is None else listed.load_id,
        load_number=load_number or "",
        delivery_id=None if listed is None else listed.delivery_id,
        is_loaded=listed is not None and listed.loaded_at is not None,
        stop=stop,
        part_delivery=dealer.part_delivery,
        planned_kg=package.planned_kg,
    )


def manifest(session: Session, load_id: int) -> Manifest | None:
    """Return a load with everything that is to go onto it, in the order of the stops."""
    load = session.execute(
        select(Load.code, Load.number, Load.state, Load.is_by_stop).where(Load.id == load_id)
    ).one_or_none()
    if load is None:
        return None
    dealers = session.scalars(
        select(Delivery.dealer_id).where(Delivery.load_id == load_id).order_by(Delivery.position)
    )
    cargo = find_cargo(session, LoadPackage.load_id == load_id)
    return Manifest(
        load_id, load.code, load.number, load.state, tuple(dealers), tuple(cargo), load.is_by_stop
    )


def absent(session: Session, load_id: int) -> list[Cargo]:
    """Return the packages of the orders on a load that are neither on it nor gone: what they go without."""
    orders = (
        select(Package.order_id)
        .join(LoadPackage, LoadPackage.package_id == Package.id)
        .where(LoadPackage.load_id == load_id, LoadPackage.loaded_at.is_not(None))
    )
    away = (PackageState.VOID, PackageState.LOADED, *GONE)
    found = find_cargo(session, Package.order_id.in_(orders) & Package.state.not_in(away))
    return [one for one in found if one.load_id != load_id]


def scanned_on(session: Session, load_id: int) -> set[int]:
    """Return the packages that are on a vehicle by the scan log alone: their last scan there loaded them."""
    rows = session.execute(
        select(Scan.object_id, Scan.kind)
        .where(
            Scan.context_id == load_id,
            Scan.kind.in_((ScanKind.LOAD, ScanKind.UNLOAD)),
            Scan.outcome.in_((Outcome.ACCEPT, Outcome.OVERRIDE)),
        )
        .order_by(Scan.id)
    )
    last = {package_id: kind for package_id, kind in rows if package_id is not None}
    return {package_id for package_id, kind in last.items() if kind is ScanKind.LOAD}


def content_ids(session: Session, package_ids: Collection[int]) -> list[int]:
    """Return the pieces that were scanned into some packages."""
    return list(
        session.scalars(
            select(Content.piece_id).where(
                Content.package_id.in_(package_ids), Content.packed_at.is_not(None)
            )
        )
    )


def unpaid(session: Session, order_ids: Collection[int]) -> frozenset[int]:
    """Return which of some orders must be paid in full before loading and are not."""
    return finance.held_from_loading(session, order_ids)
