"""What changes show on an order's page."""

from sqlalchemy.orm import Session

from core.i18n import N_
from core.web.registry import Panel
from mes.changes import queries


def cancel_act(session: Session, order_id: int) -> Panel | None:
    """Return the way to the page that cancels sets of a released order."""
    if not queries.cancellable(session, order_id):
        return None
    return Panel(N_("Cancel door sets"), "mes/changes/_cancel_act.html", {"order_id": order_id})
