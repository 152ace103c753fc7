"""The demo factory's models and colours in the database, a dealer, and orders made by the real commands."""

from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import select

from core.codelists.model import Entry
from core.words import service as words
from erp.catalogue.model import Door, DoorVersion
from erp.catalogue.rules.document import Handing
from erp.materials.model import Article, Material
from erp.materials.rules import Grain, MaterialKind, Unit
from erp.parties.model import Party
from erp.parties.rules import PartyKind
from erp.sales import service as sales
from erp.sales.rules.orders import LineEntry, OrderHead
from tests.factories.catalogue import demo_pack

MADE_AT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
MADE_ON = date(2026, 11, 20)


def make_catalogue(session):
    """The models and colours of the demo pack, and its architrave in the one length that is bought."""
    if session.scalar(select(Door.id).limit(1)) is not None:
        return
    pack = demo_pack()
    for position, colour in enumerate(pack.colours):
        session.add(
            Entry(
                kind="colour",
                code=colour.code,
                name=colour.name.zh,
                name_en=colour.name.en,
                nicknames=list(colour.nicknames),
                position=position,
            )
        )
    for document in pack.documents:
        door = Door(code=document.code, name=document.name.zh, name_en=document.name.en, kind=document.kind)
        session.add(door)
        session.flush()
        version = DoorVersion(
            door_id=door.id,
            position=1,
            document=document.to_dict(),
            sha256=document.sha256,
            loaded_at=MADE_AT,
        )
        session.add(version)
        session.flush()
        door.current_version_id = version.id
    _make_bars(session)
    session.flush()


def _make_bars(session):
    for colour in ("WHITE", "WALNUT"):
        material = Material(
            code=f"AR80-{colour}",
            name="套线 80",
            kind=MaterialKind.BAR,
            unit_code=Unit.METRE,
            grain=Grain.LENGTH,
            trim_mm=Decimal(0),
        )
        session.add(material)
        session.flush()
        session.add(Article(material_id=material.id, code=f"AR80-{colour}-2440", length_mm=Decimal(2440)))


def make_dealer(session, *, code="KC", name="衢州柯城店"):
    """A dealer; the same one when asked for again."""
    found = session.scalar(select(Party).where(Party.code == code))
    if found is None:
        found = Party(code=code, kind=PartyKind.DEALER, name=name, city="衢州")
        session.add(found)
        session.flush()
        words.put(session, "erp.parties.party", found.id, (code, name))
    return found


def line_entry(**over):
    """A white single door of the golden size."""
    given = {
        "door_code": "M-SINGLE",
        "width_mm": Decimal(900),
        "height_mm": Decimal(2100),
        "wall_mm": Decimal(240),
        "set_count": 1,
        "room": "主卧",
        "colour_code": "WHITE",
        "handing": Handing.IN_L,
    }
    return LineEntry(**(given | over))


def make_draft(session, *entries, **head):
    """A draft with the given lines, or one golden line."""
    make_catalogue(session)
    dealer = make_dealer(session)
    given = {"dealer_id": dealer.id, "customer": "郑女士", "due_on": date(2026, 12, 12)} | head
    order = sales.create_order(session, OrderHead(**given), by=None, at=MADE_AT, on=MADE_ON)
    for entry in entries or (line_entry(),):
        sales.add_line(session, order.id, entry, by=None, at=MADE_AT)
    return order


def make_confirmed(session, *entries, **head):
    """A confirmed order."""
    order = make_draft(session, *entries, **head)
    return sales.confirm(session, order.id, on=MADE_AT.date(), by=None, at=MADE_AT)
