"""Materials, places and lots for tests, by real commands."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count

from erp.materials.model import Article, Material
from erp.materials.rules import MaterialKind, Unit
from erp.parties.model import Party
from erp.parties.rules import PartyKind
from erp.stock import service
from erp.stock.rules import PlaceKind

ARRIVED = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
_number = count(1)


def make_article(
    session, *, kind=MaterialKind.SHEET, unit=Unit.SQUARE_METRE, length="2440", width="1220", trim="10"
):
    """An article of a material of its own: a 2440 × 1220 sheet, trims of 10 mm, unless told otherwise."""
    number = next(_number)
    material = Material(
        code=f"MB{number}", name=f"密度板 {number}", name_en=f"MDF {number}", kind=kind, unit_code=unit,
        trim_mm=trim and Decimal(trim),
    )  # fmt: skip
    session.add(material)
    session.flush()
    article = Article(
        material_id=material.id,
        code=f"{material.code}-A",
        length_mm=length and Decimal(length),
        width_mm=width and Decimal(width),
    )
    session.add(article)
    session.flush()
    return article


def make_bar(session):
    """A 2440 bar, 20 mm cut off at both ends."""
    return make_article(session, kind=MaterialKind.BAR, unit=Unit.METRE, width=None, trim="20")


def make_band(session):
    """An edge band, counted in metres."""
    return make_article(session, kind=MaterialKind.BAND, unit=Unit.METRE, length=None, width=None, trim=None)


def make_hinge(session):
    """Hardware, counted in pieces."""
    return make_article(
        session, kind=MaterialKind.HARDWARE, unit=Unit.PIECE, length=None, width=None, trim=None
    )


def make_place(session, kind=PlaceKind.STORE, name=None):
    """A place with a label."""
    return service.add_place(session, name or f"X-{next(_number):02d}", kind)


def make_supplier(session):
    """Somebody who delivers."""
    party = Party(
        code=f"S{next(_number)}", kind=PartyKind.SUPPLIER, name="衢州板材行", name_en="Quzhou Boards"
    )
    session.add(party)
    session.flush()
    return party


def make_lot(session, article=None, place=None, qty="10", **over):
    """A lot that was received; `place` is a place of the material store unless told otherwise."""
    article, place = article or make_article(session), place or make_place(session)
    given = {"supplier_id": None, "reference": "", "by": None, "at": ARRIVED}
    return service.receive(session, article.id, Decimal(qty), place.id, **(given | over))
