"""What the search box finds of counting."""

from collections.abc import Iterable

from flask import url_for
from sqlalchemy.orm import Session

from core.i18n import N_
from core.web.registry import Hit
from mes.counting import queries


def hits(session: Session, text: str) -> Iterable[Hit]:
    """Return the count that a text names."""
    count = queries.by_number(session, text)
    if count is not None:
        yield Hit(count.number, N_("Stock count"), url_for("mes_counting.count_show", count_id=count.id))
