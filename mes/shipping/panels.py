"""What an order's page and the search show of shipping."""

from flask import url_for
from sqlalchemy.orm import Session

from core.codes import clean
from core.i18n import N_
from core.web.registry import Hit, Panel
from mes.shipping import queries
from mes.shipping.queries import remakes


def order_panel(session: Session, order_id: int) -> Panel | None:
    """Return the loads that carry an order's packages; nothing before the first one is sealed."""
    loads = queries.of_order(session, order_id)
    waiting_count = queries.waiting_of_order(session, order_id)
    if not loads and not waiting_count:
        return None
    return Panel(
        N_("Shipping"), "mes/shipping/_order_panel.html", {"loads": loads, "waiting_count": waiting_count}
    )


def package_panel(session: Session, package_id: int) -> Panel:
    """Return what is made again out of a package, and the way to make one more."""
    remade = remakes.remade(session, [package_id])
    return Panel(
        N_("Made again"), "mes/shipping/_package_panel.html", {"remade": remade, "package_id": package_id}
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
