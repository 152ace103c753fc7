"""What work sheets show elsewhere: on an order's page and on a batch's page."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from core.i18n import N_
from core.web.registry import Panel
from mes.planning import queries as planning
from mes.production.queries import all_operation_names
from mes.worksheets import queries


def order_panel(session: Session, order_id: int) -> Panel | None:
    """Return the papers and lists of one released order."""
    return _panel(session, [order_id], {"order": order_id})


def batch_panel(session: Session, batch_id: int) -> Panel | None:
    """Return the papers and lists of all orders of a batch, merged."""
    return _panel(session, planning.order_ids(session, batch_id), {"batch": batch_id})


def _panel(session: Session, ids: Sequence[int], of: dict[str, int]) -> Panel | None:
    sets = queries.set_count(session, ids)
    if not sets:
        return None
    context = {
        "of": of,
        "operations": queries.operations_of(session, ids),
        "names": all_operation_names(session),
        "coded": {row.operation_code for row in queries.machine_codes(session) if row.is_active},
        "set_count": sets,
    }
    return Panel(N_("Work sheets"), "mes/worksheets/_panel.html", context)
