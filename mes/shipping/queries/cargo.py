"""Facts for the judges at the dock: packages and the loads they belong onto."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select
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
    """Return packages with all that makes a Cargo of them, to be filtered; plain columns: every scan reads a list."""
    of_package = (
        Package.id,
        Package.code,
        Package.name,
        Package.name_en,
        Package.position,
        Package.total_count,
    )
    weight = func.coalesce(Package.weighed_kg, Package.planned_kg).label("planned_kg")
    of_state = (Package.state, Package.order_id, weight)
    of_dealer = (Party.name.label("dealer"), Party.name_en.label("dealer_en"), Party.part_delivery)
    of_load = (LoadPackage.load_id, LoadPackage.delivery_id, LoadPackage.loaded_at)
    columns: tuple[Any, ...] = (
        *(*of_package, *of_state, *of_dealer, *of_load),
        Party.id.label("dealer_id"),
        Order.number.label("order_number"),
        Package.rooms,
        DoorSet.room,
        DoorSet.number.label("set_number"),
        Place.name.label("place"),
        Load.number.label("load_number"),
        Delivery.position.label("stop"),
    )
    return (
        select(*columns)
        .join(Order, Order.id == Package.order_id)
        .join(Party, Party.id == Order.dealer_id)
        .outerjoin(DoorSet, DoorSet.id == Package.set_id)
        .outerjoin(Place, Place.id == Package.place_id)
        .outerjoin(LoadPackage, LoadPackage.package_id == Package.id)
        .outerjoin(Load, Load.id == LoadPackage.load_id)
        .outerjoin(Delivery, Delivery.id == LoadPackage.delivery_id)
    )


def find_cargo(session: Session, condition: ColumnElement[bool]) -> list[Cargo]:
    """Return the packages of a condition, by stop, order and number."""
    rows = session.execute(
        cargo_rows().where(condition).order_by(Delivery.position, Order.number, Package.position)
    )
    return [one_cargo(row) for row in rows]


def one_cargo(row: Row[Any]) -> Cargo:
    """Return a row of `cargo_rows` as a judge sees it."""
    return Cargo(
        package_id=row.id,
        code=row.code,
        name=Named(row.name, row.name_en),
        position=row.position,
        total_count=row.total_count,
        state=row.state,
        order_id=row.order_id,
        order_number=row.order_number,
        room=row.room or row.set_number or row.rooms,
        dealer_id=row.dealer_id,
        dealer=Named(row.dealer, row.dealer_en),
        place=row.place or "",
        load_id=row.load_id,
        load_number=row.load_number or "",
        delivery_id=row.delivery_id,
        is_loaded=row.loaded_at is not None,
        stop=row.stop,
        part_delivery=row.part_delivery,
        planned_kg=row.planned_kg,
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
