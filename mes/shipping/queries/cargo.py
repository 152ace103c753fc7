"""Facts for the judges at the dock: packages and the loads they belong onto.

Every scan asks these: columns of bare tables, and the statements of a scan made once, because making one costs
more than running it. None of them reads a load's list; it is counted where it lies.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from sqlalchemy import ColumnElement, Row, Select, Table, bindparam, func, select
from sqlalchemy.orm import Session

from core.i18n import Named
from erp.finance import queries as finance
from erp.parties.model import Party
from erp.sales.model import Order
from erp.stock.model import Place
from mes.packing.model import Content, Package
from mes.packing.rules import PackageState
from mes.scanning.model import Scan
from mes.scanning.rules import Outcome, Progress, ScanKind
from mes.shipping.model import Delivery, Load, LoadPackage
from mes.shipping.rules import GONE, NAMED_AT_MOST, Cargo, LoadHead, LoadState, Manifest
from mes.splitting.model import DoorSet

PACKAGES, ORDERS, PARTIES, SETS, PLACES, LOADS, LISTED, DELIVERIES = (
    cast(Table, kind.__table__)
    for kind in (Package, Order, Party, DoorSet, Place, Load, LoadPackage, Delivery)
)
OF_PACKAGE = (
    *(PACKAGES.c.id, PACKAGES.c.code, PACKAGES.c.name, PACKAGES.c.name_en, PACKAGES.c.position),
    *(PACKAGES.c.total_count, PACKAGES.c.state, PACKAGES.c.order_id),
    func.coalesce(PACKAGES.c.weighed_kg, PACKAGES.c.planned_kg).label("planned_kg"),
    PACKAGES.c.rooms,
)
CARGO: tuple[Any, ...] = (
    *(*OF_PACKAGE, PARTIES.c.id.label("dealer_id"), PARTIES.c.name.label("dealer")),
    *(PARTIES.c.name_en.label("dealer_en"), PARTIES.c.part_delivery),
    *(LISTED.c.load_id, LISTED.c.delivery_id, LISTED.c.loaded_at),
    *(ORDERS.c.number.label("order_number"), SETS.c.room, SETS.c.number.label("set_number")),
    *(PLACES.c.name.label("place"), LOADS.c.number.label("load_number")),
    DELIVERIES.c.position.label("stop"),
)
CARGOES: Select[Any] = select(*CARGO).select_from(
    PACKAGES.join(ORDERS, ORDERS.c.id == PACKAGES.c.order_id)
    .join(PARTIES, PARTIES.c.id == ORDERS.c.dealer_id)
    .outerjoin(SETS, SETS.c.id == PACKAGES.c.set_id)
    .outerjoin(PLACES, PLACES.c.id == PACKAGES.c.place_id)
    .outerjoin(LISTED, LISTED.c.package_id == PACKAGES.c.id)
    .outerjoin(LOADS, LOADS.c.id == LISTED.c.load_id)
    .outerjoin(DELIVERIES, DELIVERIES.c.id == LISTED.c.delivery_id)
)
IN_ORDER = (DELIVERIES.c.position, ORDERS.c.number, PACKAGES.c.position)
CARGO_BY_CODE = CARGOES.where(PACKAGES.c.code == bindparam("code"), ORDERS.c.released_at.is_not(None))

LOAD_BY_CODE = select(LOADS.c.id).where(LOADS.c.code == bindparam("code"))
STATE = select(LOADS.c.state).where(LOADS.c.id == bindparam("load"))
HEAD = select(LOADS.c.number, LOADS.c.state, LOADS.c.is_by_stop).where(LOADS.c.id == bindparam("load"))
HEAD_SHARED, HEAD_ALONE = HEAD.with_for_update(read=True), HEAD.with_for_update()
SERVED = select(DELIVERIES.c.id).where(
    DELIVERIES.c.load_id == bindparam("load"), DELIVERIES.c.dealer_id == bindparam("dealer")
)
OF_LOAD = LISTED.c.load_id == bindparam("load")
LISTED_COUNT = select(func.count()).select_from(LISTED).where(OF_LOAD).scalar_subquery()
NOT_ON = (
    # what is not on the vehicle: the first few by name, with how many they are and how many are on the list
    select(*OF_PACKAGE[2:6], ORDERS.c.number, func.count().over(), LISTED_COUNT)
    .select_from(
        LISTED.join(PACKAGES, PACKAGES.c.id == LISTED.c.package_id)
        .join(ORDERS, ORDERS.c.id == PACKAGES.c.order_id)
        .join(DELIVERIES, DELIVERIES.c.id == LISTED.c.delivery_id)
    )
    .where(OF_LOAD, LISTED.c.loaded_at.is_(None))
    .order_by(*IN_ORDER)
    .limit(NAMED_AT_MOST)
)
COUNT = select(LISTED_COUNT)
LAST_STOP = (
    select(func.max(DELIVERIES.c.position))
    .select_from(LISTED.join(DELIVERIES, DELIVERIES.c.id == LISTED.c.delivery_id))
    .where(OF_LOAD, LISTED.c.loaded_at.is_(None))
    .scalar_subquery()
)
FIRST = CARGOES.where(
    OF_LOAD,
    LISTED.c.loaded_at.is_(None),
    DELIVERIES.c.position == LAST_STOP,
    DELIVERIES.c.position > bindparam("stop"),
).order_by(*IN_ORDER)


def load_id(session: Session, code: str) -> int | None:
    """Return the id of the load whose label carries `code`."""
    return session.scalar(LOAD_BY_CODE, {"code": code})


def state_of(session: Session, load_id: int) -> LoadState | None:
    """Return where a load stands."""
    return session.scalar(STATE, {"load": load_id})


def head(session: Session, load_id: int, cargo: Cargo, *, is_shared: bool) -> LoadHead | None:
    """Lock a load, for sharing or alone, and return what of it says something about a package."""
    asked = {"load": load_id}
    row = session.execute(HEAD_SHARED if is_shared else HEAD_ALONE, asked).one_or_none()
    if row is None:
        return None
    number, state, is_by_stop = row
    is_listed = cargo.load_id == load_id
    served = is_listed or session.scalar(SERVED, {**asked, "dealer": cargo.dealer_id}) is not None
    first: tuple[Cargo, ...] = ()
    if is_by_stop and is_listed:
        first = tuple(one_cargo(one) for one in session.execute(FIRST, {**asked, "stop": cargo.stop}))
    return LoadHead(load_id, number, state, served, first)


def progress(session: Session, load_id: int) -> Progress:
    """Return how far the loading is, and by name the first of what is not on."""
    rows = session.execute(NOT_ON, {"load": load_id}).all()
    if not rows:
        total_count = session.scalar(COUNT, {"load": load_id}) or 0
        return Progress(total_count, total_count)
    names = []
    for name, name_en, position, package_count, order_number, _, _ in rows:
        label = f"{position}/{package_count}"
        names.append(
            Named(f"{order_number} {name} {label}", f"{order_number} {name_en} {label}" if name_en else "")
        )
    missing_count, total_count = rows[0][-2:]
    return Progress(total_count - missing_count, total_count, tuple(names))


def cargo_of_code(session: Session, code: str) -> Cargo | None:
    """Return the package whose label in force carries `code`, and the load it belongs onto."""
    row = session.execute(CARGO_BY_CODE, {"code": code}).one_or_none()
    return None if row is None else one_cargo(row)


def cargo_of(session: Session, package_ids: Collection[int]) -> list[Cargo]:
    """Return some packages and the loads they belong onto."""
    return find_cargo(session, PACKAGES.c.id.in_(package_ids))


def find_cargo(session: Session, condition: ColumnElement[bool]) -> list[Cargo]:
    """Return the packages of a condition, by stop, order and number."""
    rows = session.execute(CARGOES.where(condition).order_by(*IN_ORDER))
    return [one_cargo(row) for row in rows]


def one_cargo(row: Row[Any]) -> Cargo:
    """Return a row of CARGOES as a judge sees it."""
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
    load = session.execute(HEAD, {"load": load_id}).one_or_none()
    if load is None:
        return None
    cargo = find_cargo(session, LISTED.c.load_id == load_id)
    return Manifest(load_id, load.number, load.state, tuple(cargo))


def absent(session: Session, load_id: int) -> list[Cargo]:
    """Return the packages of the orders on a load's list that are neither on it nor gone: what they go without."""
    orders = (
        select(Package.order_id)
        .join(LoadPackage, LoadPackage.package_id == Package.id)
        .where(LoadPackage.load_id == load_id)
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
