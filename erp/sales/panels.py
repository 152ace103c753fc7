"""What the search box finds of sales."""

from flask import url_for
from sqlalchemy.orm import Session

from core.i18n import N_
from core.web.access import may
from core.web.registry import Hit
from core.web.templating import named
from erp.sales.queries.orders import find_orders


def find(session: Session, text: str) -> list[Hit]:
    """Return the orders that the search box means: by number, dealer's number, customer, site or room."""
    if not may("erp.sales.read"):
        return []
    return [
        Hit(
            " · ".join(filter(None, (order.number, named(dealer), order.customer))),
            N_("Order"),
            url_for("erp_sales.order_show", order_id=order.id),
        )
        for order, dealer in find_orders(session, text, limit=10)
    ]
