"""What the search box finds of stock: lots and places by their codes, lots by their delivery note."""

from collections.abc import Iterable

from flask import url_for
from sqlalchemy.orm import Session

from core.i18n import N_
from core.web.registry import Hit
from erp.stock import queries


def hits(session: Session, text: str) -> Iterable[Hit]:
    """Return the lots and the place that a text names."""
    place = queries.place_by_code(session, text.upper())
    if place is not None:
        yield Hit(place.name, N_("Place"), url_for("erp_stock.place_show", place_id=place.id))
    for facts in queries.search(session, text):
        label = f"{facts.lot.code} · {facts.article.code}"
        yield Hit(label, N_("Lot"), url_for("erp_stock.lot_show", lot_id=facts.lot.id))
