"""What the pages and papers of shipping show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session

from core.auth.model import Person
from core.i18n import Named
from erp.finance import queries as finance
from erp.parties.model import Party
from erp.sales.model import Order
from erp.stock.model import Place
from mes.packing.model import Package
from mes.packing.rules import LOADABLE
from mes.shipping.model import Delivery, Load, LoadPackage, LoadPhoto, Return
from mes.shipping.queries.cargo import CARGOES, absent, find_cargo, one_cargo
from mes.shipping.rules import OPEN, Cargo, Freight, LoadState, needs_signature, orders_of

OPEN_LOADS = 8  # that a dock's page offers


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
    returned: tuple[Cargo, ...] = ()  # what came back later
    received_at: datetime | None = None
    received_by: str = ""
    link_expires_at: datetime | None = None

    @property
    def loaded(self) -> tuple[Cargo, ...]:
        """What is, or was, on the vehicle of it: a note lists it even when it came back."""
        return (*(one for one in self.cargo if one.is_loaded), *self.returned)

    @property
    def planned_kg(self) -> Decimal:
        """What it weighs, as far as the package rules say so."""
        return sum((one.planned_kg or Decimal(0) for one in self.loaded), Decimal(0))


@dataclass(frozen=True, slots=True)
class LoadFacts:
    """One load with all that its pages and papers show."""

    load_id: int
    number: str
    code: str
    vehicle: str
    driver: str
    phone: str
    carrier: str
    freight: Freight
    is_by_stop: bool
    planned_on: date
    state: LoadState
    closed_at: datetime | None
    closed_by: str
    exception_by: str
    exception_reason: str
    shipped_at: datetime | None
    stops: tuple[Stop, ...]
    absent: tuple[Cargo, ...] = ()  # of the orders on an open load's list, on no list and still in the house

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
        """What is on the list and not on the vehicle, in the order in which it is loaded."""
        stops = tuple(reversed(self.stops)) if self.is_by_stop else self.stops
        return tuple(one for stop in stops for one in stop.cargo if not one.is_loaded)

    @property
    def behind(self) -> tuple[Cargo, ...]:
        """What stays here when it is closed now: what is missing, and the rest of the orders that go."""
        going = {one.order_id for one in self.cargo if one.is_loaded}
        return (*self.missing, *(one for one in self.absent if one.order_id in going))

    @property
    def behind_orders(self) -> Named:
        """The orders of what stays here."""
        return orders_of(self.behind)

    @property
    def absent_orders(self) -> Named:
        """The orders of which the list holds a part."""
        return orders_of(self.absent)

    @property
    def is_to_be_signed(self) -> bool:
        """Whether it goes, as it stands, with a signature only."""
        return needs_signature(self.behind)


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
        carrier=load.carrier,
        freight=load.freight,
        is_by_stop=load.is_by_stop,
        planned_on=load.planned_on,
        state=load.state,
        closed_at=load.closed_at,
        closed_by=names.get(load.closed_by_id or 0, ""),
        exception_by=names.get(load.exception_by_id or 0, ""),
        exception_reason=load.exception_reason or "",
        shipped_at=load.shipped_at,
        stops=tuple(_stops(session, load_id)),
        absent=tuple(absent(session, load_id)) if load.state in OPEN else (),
    )


def _stops(session: Session, load_id: int) -> list[Stop]:
    cargo: dict[int | None, list[Cargo]] = {}
    for one in find_cargo(session, LoadPackage.load_id == load_id):
        cargo.setdefault(one.delivery_id, []).append(one)
    back: dict[int, list[int]] = {}
    for delivery_id, package_id in session.execute(
        select(Return.delivery_id, Return.package_id).where(Return.load_id == load_id).order_by(Return.id)
    ):
        back.setdefault(delivery_id, []).append(package_id)
    came = {
        one.package_id: one
        for one in find_cargo(session, Package.id.in_([key for keys in back.values() for key in keys]))
    }
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
            returned=tuple(came[key] for key in back.get(delivery.id, ())),
            received_at=delivery.received_at,
            received_by=delivery.received_by,
            link_expires_at=delivery.link_expires_at,
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


def held_of(session: Session, load_ids: Collection[int]) -> dict[int, list[str]]:
    """Return the numbers of the orders that are on the list of some open loads and not paid for, by load."""
    rows = session.execute(
        select(Delivery.load_id, Order.id, Order.number)
        .join(LoadPackage, LoadPackage.delivery_id == Delivery.id)
        .join(Package, Package.id == LoadPackage.package_id)
        .join(Order, Order.id == Package.order_id)
        .join(Load, Load.id == Delivery.load_id)
        .where(Delivery.load_id.in_(load_ids), Load.state.in_(OPEN))
        .distinct()
        .order_by(Order.number)
    ).all()
    held = finance.held_from_loading(session, [order_id for _, order_id, _ in rows])
    found: dict[int, list[str]] = {}
    for load_id, order_id, number in rows:
        if order_id in held:
            found.setdefault(load_id, []).append(number)
    return found


def held_numbers(session: Session, cargo: Collection[Cargo]) -> frozenset[str]:
    """Return the numbers of the orders of some packages that must not be loaded before they are paid for."""
    held = finance.held_from_loading(session, {one.order_id for one in cargo})
    return frozenset(one.order_number for one in cargo if one.order_id in held)


def counts(session: Session) -> dict[LoadState, int]:
    """Return how many loads stand in each state."""
    rows = session.execute(select(Load.state, func.count(Load.id)).group_by(Load.state))
    return dict(rows.all())


def ready_rows(dealer_id: int | None, text: str) -> Select[Any]:
    """Return the sealed packages that are on no load, to be paged; of one dealer, of some order."""
    rows = CARGOES.where(Package.state.in_(LOADABLE), LoadPackage.id.is_(None))
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
    return [one_cargo(row) for row in rows]


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


def photos(session: Session, load_id: int) -> list[tuple[LoadPhoto, str]]:
    """Return the pictures of a loaded vehicle, and who took them."""
    rows = session.execute(
        select(LoadPhoto, Person.name)
        .outerjoin(Person, Person.id == LoadPhoto.taken_by_id)
        .where(LoadPhoto.load_id == load_id)
        .order_by(LoadPhoto.id)
    )
    return [(photo, name or "") for photo, name in rows]


@dataclass(frozen=True, slots=True)
class OrderAmount:
    """What one whole order of a delivery comes to, and how many of its packages the delivery brings."""

    number: str
    amount: Decimal | None
    here: int
    of: int


def amounts(session: Session, loaded: Iterable[Cargo]) -> tuple[OrderAmount, ...]:
    """Return what the orders of some packages come to."""
    here = Counter(one.order_id for one in loaded)
    rows = session.execute(
        select(Order.id, Order.number, Order.total_amount, Order.package_count)
        .where(Order.id.in_(here))
        .order_by(Order.number)
    )
    return tuple(OrderAmount(number, amount, here[key], of) for key, number, amount, of in rows)
