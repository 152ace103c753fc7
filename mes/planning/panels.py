"""What planning shows elsewhere: on an order's page, in the search, for a scanned code."""

from flask import url_for
from sqlalchemy.orm import Session

from core.codes import clean
from core.i18n import N_
from core.web.registry import Hit, Panel
from mes.planning import queries
from mes.scanning.service import Resolved

BATCH_PAGE = "mes_planning.batch_show"


def order_panel(session: Session, order_id: int) -> Panel | None:
    """Return the batch that an order is in; nothing before it is in one."""
    batch = queries.batch_of_order(session, order_id)
    return None if batch is None else Panel(N_("Batch"), "mes/planning/_order_panel.html", {"batch": batch})


def resolve_batch(session: Session, code: str) -> Resolved | None:
    """Say what a batch's code stands for."""
    batch = next((one for one in queries.find(session, code) if one.code == code), None)
    if batch is None:
        return None
    return Resolved("batch", batch.id, batch.number, batch.state, BATCH_PAGE, {"batch_id": batch.id})


def hits(session: Session, text: str) -> list[Hit]:
    """Find batches by number or code."""
    found = queries.find(session, clean(text))
    return [Hit(one.number, N_("Batch"), url_for(BATCH_PAGE, batch_id=one.id)) for one in found]
