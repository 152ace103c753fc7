"""The demo factory with stations and places, and orders brought along by the real commands."""

from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import select

from erp.catalogue import service as catalogue
from erp.catalogue.model import Door
from erp.catalogue.rules.document import Handing
from erp.parties import queries as parties
from erp.sales import service as sales
from erp.sales.rules.orders import LineEntry, OrderHead
from erp.stock import service as stock
from erp.stock.model import Place
from erp.stock.rules import PlaceKind
from mes.scanning import service as scanning
from mes.scanning.model import Station
from mes.scanning.rules import StationKind
from mes.splitting import queries as splitting_queries
from mes.splitting import service as splitting
from tests.factories.catalogue import demo_pack

MORNING = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)  # eight in the factory
FRIDAY = date(2026, 11, 20)


def load_pack(session):
    """Load the demo pack with its stations and places, unless this test has it already."""
    pack = demo_pack()
    if session.scalar(select(Door.id).limit(1)) is not None:
        return pack
    catalogue.load_pack(session, pack, by=None, at=MORNING)
    for entry in pack.stations:
        scanning.add_station(
            session, entry.name.zh, entry.name.en, StationKind(entry.kind), tuple(entry.operations)
        )
    for entry in pack.places:
        stock.add_place(session, entry.name, PlaceKind(entry.kind))
    session.flush()
    return pack


def station(session, kind=StationKind.FLOOR, operation=None):
    """Return a station of the demo factory, of a kind or for an operation."""
    found = session.scalars(select(Station).where(Station.kind == kind).order_by(Station.id)).all()
    return next(s for s in found if operation is None or operation in s.operation_codes)


def place(session, kind=PlaceKind.STORE):
    """Return the first place of a kind."""
    return session.scalars(select(Place).where(Place.kind == kind).order_by(Place.id)).first()


def make_line(**over):
    """A single door of the golden table: 900 × 2100 × 240, white, pushed in, hinges left."""
    given = {
        "door_code": "M-SINGLE",
        "width_mm": Decimal("900.0"),
        "height_mm": Decimal("2100.0"),
        "wall_mm": Decimal("240.0"),
        "set_count": 1,
        "room": "主卧",
        "colour_code": "WHITE",
        "handing": Handing.IN_L,
    }
    return LineEntry(**(given | over))


def make_order(session, *lines, dealer="D001", at=MORNING, **head):
    """A draft with these lines, or with one single door."""
    load_pack(session)
    given = OrderHead(dealer_id=parties.by_code(session, dealer).id, **head)
    order = sales.create_order(session, given, by=None, at=at, on=FRIDAY)
    for line in lines or (make_line(),):
        sales.add_line(session, order.id, line, by=None, at=at)
    return order


def release_order(session, *lines, at=MORNING, **head):
    """An order that was confirmed and released; the release goes the way the page goes."""
    order = make_order(session, *lines, at=at, **head)
    sales.confirm(session, order.id, on=FRIDAY, by=None, at=at)
    session.flush()
    splitting.release(session, splitting_queries.prepare(session, order.id), by=None, at=at)
    session.flush()
    session.refresh(order)
    return order
