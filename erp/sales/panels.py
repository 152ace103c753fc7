"""What the search box finds of sales, and what a dealer's page shows of it."""

from flask import url_for
from sqlalchemy.orm import Session

from core.i18n import N_
from core.web.access import may
from core.web.errors import shown
from core.web.registry import Hit, Panel
from core.web.templating import named
from erp.parties.queries import party
from erp.parties.rules import PartyKind
from erp.sales.queries.lessons import meaning_of, remembered
from erp.sales.queries.offer import offer
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


def remembered_panel(session: Session, party_id: int) -> Panel | None:
    """Return what is remembered of how a dealer writes; nothing for a supplier."""
    if party(session, party_id).kind is not PartyKind.DEALER:
        return None
    offered = offer(session)
    rows = [
        (one.kind, one.word, shown(meaning_of(one.kind, one.meaning, offered)))
        for one in remembered(session, party_id)
    ]
    return Panel(
        N_("How this dealer writes"),
        "erp/sales/_remembered_panel.html",
        {"dealer_id": party_id, "rows": rows},
    )
