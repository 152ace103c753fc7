"""What the search box finds of parties."""

from flask import url_for
from sqlalchemy.orm import Session

from core.web.access import may
from core.web.registry import Hit
from core.web.templating import named
from erp.parties import queries
from erp.parties.model import Party

FOUND = 10  # partners that the search box lists


def find(session: Session, text: str) -> list[Hit]:
    """Return the partners that the search box means (a search provider)."""
    if not may("erp.parties.read"):
        return []
    found = session.scalars(queries.listed(text, None).order_by(Party.code).limit(FOUND)).all()
    addresses = [url_for("erp_parties.party_show", party_id=one.id) for one in found]
    return [
        Hit(f"{one.code} {named(one)}", one.kind.label, url)
        for one, url in zip(found, addresses, strict=True)
    ]
