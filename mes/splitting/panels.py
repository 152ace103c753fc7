"""What splitting shows on an order's page: what stands against a release, or the sets and their pieces."""

from core.i18n import N_
from core.web.registry import Panel
from erp.sales.model import Order
from erp.sales.rules.states import OrderState
from mes.splitting import queries
from sqlalchemy.orm import Session

UNSPLIT = (OrderState.DRAFT, OrderState.QUERY, OrderState.CONFIRMED)


def order_panel(session: Session, order_id: int) -> Panel | None:
    """Return the panel of an order's page."""
    order = session.get(Order, order_id)
    if order is None or order.state is OrderState.CANCELLED:
        return None
    if order.state in UNSPLIT:
        context = {"order": order, "faults": queries.faults(session, order_id), "sets": []}
    else:
        context = {"order": order, "faults": [], "sets": queries.sets(session, order_id)}
    return Panel(N_("Splitting"), "mes/splitting/_order_panel.html", context)
