"""What work sheets show elsewhere: on an order's page and on a batch's page."""

from sqlalchemy.orm import Session

from core.i18n import N_
from core.web.registry import Panel
from mes.planning import queries as planning
from mes.production.queries import all_operation_names
from mes.worksheets import queries
from mes.worksheets.rules import Scope


def order_panel(session: Session, order_id: int) -> Panel | None:
    """Return the papers and lists of one released order."""
    return _panel(session, Scope((order_id,)), {"order": order_id})


def batch_panel(session: Session, batch_id: int) -> Panel | None:
    """Return the papers and lists of what a batch makes of its orders."""
    scope = Scope(tuple(planning.order_ids(session, batch_id)), batch_id)
    return _panel(session, scope, {"batch": batch_id})


def _panel(session: Session, scope: Scope, of: dict[str, int]) -> Panel | None:
    sets = queries.set_count(session, scope)
    if not sets:
        return None
    context = {
        "of": of,
        "by_station": queries.by_station(session, scope),
        "names": all_operation_names(session),
        "coded": {row.operation_code for row in queries.machine_codes(session) if row.is_active},
        "set_count": sets,
    }
    return Panel(N_("Work sheets"), "mes/worksheets/_panel.html", context)
