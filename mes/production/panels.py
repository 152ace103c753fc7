"""What an order's page shows of production."""

from sqlalchemy.orm import Session

from core.i18n import N_
from core.web.registry import Panel
from mes.production import queries


def order_panel(session: Session, order_id: int) -> Panel | None:
    """Return how far the sets of a released order are; nothing before its release."""
    sets = queries.order_progress(session, order_id)
    if not sets:
        return None
    made_count, piece_count = sum(one.made_count for one in sets), sum(one.piece_count for one in sets)
    context = {
        "order_id": order_id,
        "sets": sets,
        "made_count": made_count,
        "piece_count": piece_count,
    }
    return Panel(N_("Production"), "mes/production/_order_panel.html", context)
