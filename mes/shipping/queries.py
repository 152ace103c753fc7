"""Reads of shipping: facts for the judges, for pages and papers; proofs for `stock verify`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session

from core.auth.model import Person
from core.i18n import Named
from erp.parties.model import Party
from erp.sales.model import Order
from erp.stock.model import Place
from mes.packing.model import Content, Package
from mes.packing.rules import LOADABLE, PackageState
from mes.scanning.model import Scan
from mes.scanning.rules import Outcome, ScanKind
from mes.shipping.model import Delivery, Load, LoadPackage
from mes.shipping.rules import GONE, OPEN, Cargo, LoadState, Manifest
from mes.splitting.model import DoorSet

OPEN_LOADS = 8  # that a dock's page offers


def load_id(session: Session, code: str) -> int | None:
    """Return the id of the load whose label carries `code`."""
    return session.scalar(select(Load.id).where(Load.code == code))


def cargo_of_code(session: Session, code: str) -> Cargo | None:
    """Return the package whose label in force carries `code`, and the load it belongs onto."""
    found = _cargo(session, Package.code == code)
    return found[0] if found else None


def cargo_of(session: Session, package_ids: Collection[int]) -> list[Cargo]:
    """Return some packages and the loads they belong onto."""
    return _cargo(session, Package.id.in_(package_ids))


def _cargo_rows() -> Select[Any]:
    columns: tuple[Any, ...] = (Package, Order.number, DoorSet.room, DoorSet.number, Party, Place.name)
    return (
        select(*columns, LoadPackage, Load.number)
        .join(Order, Order.id == Package.order_id)
        .join(Party, Party.id == Order.dealer_id)
        .join(DoorSet, DoorSet.id == Package.set_id)
        .outerjoin(Place, Place.id == Package.place_id)
        .outerjoin(LoadPackage, LoadPackage.package_id == Package.id)
        .outerjoin(Load, Load.id == LoadPackage.load_id)
        .outerjoin(Delivery, Delivery.id == LoadPackage.delivery_id)
    )


def _cargo(session: Session, condition: ColumnElement[bool]) -> list[Cargo]:
    rows = session.execute(
        _cargo_rows()
        .where(condition)
        .order_by(Delivery.position, Order.number, Package.position)
        .execution_options(populate_existing=True)  # as it stands now, under the caller's lock
    )
    return [_one(*row) for row in rows]


def _one(
    package: Package,
    order_number: str,
    room: str,
    set_number: str,
    dealer: Party,
    place: str | None,
    listed: LoadPackage | None,
    load_number: str | None,
) -> Cargo:
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
    )


def manifest(session: Session, load_id: int) -> Manifest | None:
    """Return a load with everything that is to go onto it, in the order of the stops."""
    load = session.execute(select(Load.code, Load.number, Load.state).where(Load.id == load_id)).one_or_none()
    if load is None:
        return None
    dealers = session.scalars(
        select(Delivery.dealer_id).where(Delivery.load_id == load_id).order_by(Delivery.position)
    )
    cargo = _cargo(session, LoadPackage.load_id == load_id)
    return Manifest(load_id, load.code, load.number, load.state, tuple(dealers), tuple(cargo))


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


@dataclass(frozen=True, slots=True)
class Stop:
    """One delivery of a load: where it goes and what belongs to it."""

    delivery_id: int
    number: str
    code: str
    position: int
    dealer_id: int
    dealer: Named
    contact: str
    phone: str
    address: str
    locale: str
    cargo: tuple[Cargo, ...]

    @property
    def loaded(self) -> tuple[Cargo, ...]:
        """What is on the vehicle of it."""
        return tuple(one for one in self.cargo if one.is_loaded)


@dataclass(frozen=True, slots=True)
class LoadFacts:
    """One load with all that its pages and papers show."""

    load_id: int
    number: str
    code: str
    vehicle: str
    driver: str
    phone: str
    planned_on: date
    state: LoadState
    closed_at: datetime | None
    closed_by: str
    exception_by: str
    exception_reason: str
    shipped_at: datetime | None
    stops: tuple[Stop, ...]

    @property
    def is_open(self) -> bool:
        """Whether packages may still come and go."""
        return self.state in OPEN

    @property
    def cargo(self) -> tuple[Cargo, ...]:
        """Everything on the list."""
        return tuple(one for stop in self.stops for one in stop.cargo)

    @property
    def loaded_count(self) -> int:
        """How many packages are on the vehicle."""
        return sum(1 for one in self.cargo if one.is_loaded)

    @property
    def missing(self) -> tuple[Cargo, ...]:
        """What is on the list and not on the vehicle."""
        return tuple(one for one in self.cargo if not one.is_loaded)


def facts(session: Session, load_id: int) -> LoadFacts | None:
    """Return one load with its stops and packages."""
    load = session.get(Load, load_id)
    if load is None:
        return None
    names = dict(
        session.execute(
            select(Person.id, Person.name).where(Person.id.in_((load.closed_by_id, load.exception_by_id)))
        ).all()
    )
    return LoadFacts(
        load_id=load.id,
        number=load.number,
        code=load.code,
        vehicle=load.vehicle,
        driver=load.driver,
        phone=load.phone,
        planned_on=load.planned_on,
        state=load.state,
        closed_at=load.closed_at,
        closed_by=names.get(load.closed_by_id or 0, ""),
        exception_by=names.get(load.exception_by_id or 0, ""),
        exception_reason=load.exception_reason or "",
        shipped_at=load.shipped_at,
        stops=tuple(_stops(session, load_id)),
    )


def _stops(session: Session, load_id: int) -> list[Stop]:
    cargo: dict[int | None, list[Cargo]] = {}
    for one in _cargo(session, LoadPackage.load_id == load_id):
        cargo.setdefault(one.delivery_id, []).append(one)
    rows = session.execute(
        select(Delivery, Party)
        .join(Party, Party.id == Delivery.dealer_id)
        .where(Delivery.load_id == load_id)
        .order_by(Delivery.position)
    )
    return [
        Stop(
            delivery_id=delivery.id,
            number=delivery.number,
            code=delivery.code,
            position=delivery.position,
            dealer_id=dealer.id,
            dealer=Named(dealer.name, dealer.name_en),
            contact=dealer.contact,
            phone=dealer.phone,
            address=delivery.address,
            locale=dealer.locale,
            cargo=tuple(cargo.get(delivery.id, ())),
        )
        for delivery, dealer in rows
    ]


def load_of_delivery(session: Session, delivery_id: int) -> int | None:
    """Return the load that a delivery is part of."""
    return session.scalar(select(Delivery.load_id).where(Delivery.id == delivery_id))


def delivery_of_code(session: Session, code: str) -> Delivery | None:
    """Return the delivery whose note carries `code`."""
    return session.scalar(select(Delivery).where(Delivery.code == code))


def find(session: Session, code: str) -> Sequence[Load]:
    """Return the loads with this number or code, or with a delivery of this number or code."""
    deliveries = select(Delivery.load_id).where(or_(Delivery.number == code, Delivery.code == code))
    return session.scalars(
        select(Load)
        .where(or_(Load.number == code, Load.code == code, Load.id.in_(deliveries)))
        .order_by(Load.id)
    ).all()


def load_rows(text: str, states: Collection[LoadState]) -> Select[Any]:
    """Return the loads with their counts, to be paged; `text` is in number, vehicle, driver or dealer."""
    counts = (func.count(LoadPackage.id).label("total"), func.count(LoadPackage.loaded_at).label("loaded"))
    columns: tuple[Any, ...] = (Load, *counts)
    rows = select(*columns).outerjoin(LoadPackage, LoadPackage.load_id == Load.id).group_by(Load.id)
    if states:
        rows = rows.where(Load.state.in_(states))
    if text:
        dealers = (
            select(Delivery.load_id)
            .join(Party, Party.id == Delivery.dealer_id)
            .where(
                or_(Party.name.contains(text, autoescape=True), Party.name_en.contains(text, autoescape=True))
            )
        )
        rows = rows.where(
            or_(
                Load.number.contains(text.upper(), autoescape=True),
                Load.vehicle.contains(text, autoescape=True),
                Load.driver.contains(text, autoescape=True),
                Load.id.in_(dealers),
            )
        )
    return rows


def dealers_of(session: Session, load_ids: Collection[int]) -> dict[int, list[Party]]:
    """Return the dealers of some loads, by stop."""
    found: dict[int, list[Party]] = {}
    rows = session.execute(
        select(Delivery.load_id, Party)
        .join(Party, Party.id == Delivery.dealer_id)
        .where(Delivery.load_id.in_(load_ids))
        .order_by(Delivery.load_id, Delivery.position)
    )
    for load_id, dealer in rows:
        found.setdefault(load_id, []).append(dealer)
    return found


def counts(session: Session) -> dict[LoadState, int]:
    """Return how many loads stand in each state."""
    rows = session.execute(select(Load.state, func.count(Load.id)).group_by(Load.state))
    return dict(rows.all())


def ready_rows(dealer_id: int | None, text: str) -> Select[Any]:
    """Return the sealed packages that are on no load, to be paged; of one dealer, of some order."""
    rows = _cargo_rows().where(Package.state.in_(LOADABLE), LoadPackage.id.is_(None))
    if dealer_id is not None:
        rows = rows.where(Order.dealer_id == dealer_id)
    if text:
        rows = rows.where(
            or_(
                Order.number.contains(text.upper(), autoescape=True),
                Order.customer.contains(text, autoescape=True),
                Package.code == text.upper(),
            )
        )
    return rows


LOAD_SORTS = {
    "number": Load.number,
    "planned_on": Load.planned_on,
    "vehicle": Load.vehicle,
    "state": Load.state,
}
SORTS = {"order": Order.number, "dealer": Party.name, "place": Place.name, "load": Load.number}


def ready(rows: Sequence[Any]) -> list[Cargo]:
    """Return the packages out of the rows of `ready_rows`."""
    return [_one(*row) for row in rows]


def dealers_with_ready(session: Session) -> list[tuple[Party, int]]:
    """Return the dealers for whom sealed packages wait, and how many."""
    rows = session.execute(
        select(Party, func.count(Package.id))
        .join(Order, Order.dealer_id == Party.id)
        .join(Package, Package.order_id == Order.id)
        .outerjoin(LoadPackage, LoadPackage.package_id == Package.id)
        .where(Package.state.in_(LOADABLE), LoadPackage.id.is_(None))
        .group_by(Party.id)
        .order_by(Party.name)
    )
    return [(dealer, count) for dealer, count in rows]


def open_loads(session: Session) -> list[tuple[Load, int, int]]:
    """Return the loads that a dock may take in hand: those being loaded first, then by day."""
    rows = session.execute(
        load_rows("", OPEN)
        .order_by(case((Load.state == LoadState.LOADING, 0), else_=1), Load.planned_on, Load.id)
        .limit(OPEN_LOADS)
    )
    return [(load, loaded, total) for load, total, loaded in rows]


def of_order(session: Session, order_id: int) -> list[tuple[Load, Delivery, int, int]]:
    """Return the loads that carry packages of an order: how many are to go there, how many are on."""
    rows = session.execute(
        select(Load, Delivery, func.count(LoadPackage.id), func.count(LoadPackage.loaded_at))
        .join(LoadPackage, LoadPackage.load_id == Load.id)
        .join(Delivery, Delivery.id == LoadPackage.delivery_id)
        .join(Package, Package.id == LoadPackage.package_id)
        .where(Package.order_id == order_id)
        .group_by(Load.id, Delivery.id)
        .order_by(Load.id)
    )
    return [(load, delivery, total, loaded) for load, delivery, total, loaded in rows]


def waiting_of_order(session: Session, order_id: int) -> int:
    """Return how many sealed packages of an order are on no load yet."""
    return session.scalars(
        select(func.count(Package.id))
        .outerjoin(LoadPackage, LoadPackage.package_id == Package.id)
        .where(Package.order_id == order_id, Package.state.in_(LOADABLE), LoadPackage.id.is_(None))
    ).one()


def faults(session: Session) -> list[str]:
    """Prove that packages, load lists and orders tell the same; one line for each that does not."""
    return [*_wrong_packages(session), *_wrong_orders(session), *_wrong_scans(session)]


def _wrong_packages(session: Session) -> list[str]:
    rows = session.execute(
        select(Package.code, Package.state, Load.number, Load.state, LoadPackage.loaded_at)
        .outerjoin(LoadPackage, LoadPackage.package_id == Package.id)
        .outerjoin(Load, Load.id == LoadPackage.load_id)
        .where(
            or_(
                LoadPackage.loaded_at.is_not(None),
                Package.state.in_((PackageState.LOADED, *GONE)),
            )
        )
    )
    return [
        f"{code}: {state.value}; {number or 'no load'} ({load_state}) says {'on' if at else 'not on'}"
        for code, state, number, load_state, at in rows
        if at is None
        or (state is PackageState.LOADED) != (load_state in (LoadState.LOADING, LoadState.CLOSED))
        or (state in GONE) != (load_state is LoadState.SHIPPED)
    ]


def _wrong_orders(session: Session) -> list[str]:
    gone = (
        select(Package.order_id, func.count(Package.id).label("count"))
        .where(Package.state.in_(GONE))
        .group_by(Package.order_id)
        .subquery()
    )
    count = func.coalesce(gone.c.count, 0)
    rows = session.execute(
        select(Order.number, Order.shipped_count, count)
        .outerjoin(gone, gone.c.order_id == Order.id)
        .where(Order.shipped_count != count)
    )
    return [f"{number}: {told} packages told as shipped, {are} are" for number, told, are in rows]


def _wrong_scans(session: Session) -> list[str]:
    listed: dict[int, set[int]] = {}
    for load_id, package_id in session.execute(
        select(LoadPackage.load_id, LoadPackage.package_id).where(LoadPackage.loaded_at.is_not(None))
    ):
        listed.setdefault(load_id, set()).add(package_id)
    numbers = dict(session.execute(select(Load.id, Load.number)).all())
    return [
        f"{numbers[load_id]}: {len(packages)} packages by the list, {len(scanned)} by the scans"
        for load_id, packages in listed.items()
        if packages != (scanned := scanned_on(session, load_id))
    ]
