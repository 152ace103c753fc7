"""What an order's page and the search show of shipping."""

from flask import url_for
from sqlalchemy.orm import Session

from core.codes import clean
from core.i18n import N_
from core.web.registry import Hit, Panel
from mes.shipping import queries


def order_panel(session: Session, order_id: int) -> Panel | None:
    """Return the loads that carry an order's packages; nothing before the first one is sealed."""
    loads = queries.of_order(session, order_id)
    waiting_count = queries.waiting_of_order(session, order_id)
    if not loads and not waiting_count:
        return None
    return Panel(
        N_("Shipping"), "mes/shipping/_order_panel.html", {"loads": loads, "waiting_count": waiting_count}
    )


def hits(session: Session, text: str) -> list[Hit]:
    """Find loads by number or code, and deliveries by the code on their note."""
    found = queries.find(session, clean(text))
    return [
        Hit(
            f"{load.number} {load.vehicle}",
            N_("Load list"),
            url_for("mes_shipping.load_show", load_id=load.id),
        )
        for load in found
    ]
