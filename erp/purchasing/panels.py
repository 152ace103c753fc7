"""What the search box finds of purchasing: orders by their number."""

from collections.abc import Iterable

from flask import url_for
from sqlalchemy.orm import Session

from core.i18n import N_
from core.web.access import may
from core.web.registry import Hit
from erp.purchasing import queries


def hits(session: Session, text: str) -> Iterable[Hit]:
    """Return the purchase orders that a text names."""
    if not may("erp.purchasing.read"):
        return
    for order, supplier, _count in session.execute(queries.order_rows(text.strip(), None).limit(8)):
        url = url_for("erp_purchasing.order_show", purchase_id=order.id)
        yield Hit(f"{order.number} · {supplier.name}", N_("Purchase order"), url)
