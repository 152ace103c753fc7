"""What planning shows elsewhere: on an order's page, in the search, for a scanned code."""

from collections.abc import Sequence

from flask import url_for
from sqlalchemy.orm import Session

from core.codes import clean
from core.i18n import N_
from core.web.registry import Hit, Mark, Panel
from core.web.templating import today
from erp.sales.rules.states import OPEN_STATES
from mes.planning import queries
from mes.planning.queries import load
from mes.planning.rules.capacity import Risk
from mes.scanning.service import Resolved

BATCH_PAGE = "mes_planning.batch_show"


def order_panel(session: Session, order_id: int) -> Panel | None:
    """Return the batches that an order's colours are in, each with how far it is; nothing before one is."""
    batches = queries.batches_of_order(session, order_id)
    stages = {batch.id: queries.stage_of(session, batch.id) for batch in batches}
    context = {"batches": batches, "stages": stages}
    return Panel(N_("Batch"), "mes/planning/_order_panel.html", context) if batches else None


def due_panel(session: Session, order_id: int) -> Panel | None:
    """Return the first day on which an open order can be promised, and what stands against its own."""
    promise = load.promise(session, order_id, today())
    if promise.order.state not in OPEN_STATES or not (promise.may_choose or promise.reasons):
        return None
    return Panel(N_("Due date"), "mes/planning/_due_panel.html", {"promise": promise, "today": today()})


def order_marks(session: Session, order_ids: Sequence[int]) -> dict[int, Mark]:
    """Mark the orders of a list that are at risk; those that are late are marked by the list itself."""
    found = load.reasons_of(session, order_ids, today())
    return {
        key: Mark("attn", tuple(one.label for one in reasons))
        for key, reasons in found.items()
        if Risk.LATE not in reasons
    }


def resolve_batch(session: Session, code: str) -> Resolved | None:
    """Say what a batch's code stands for."""
    batch = next((one for one in queries.find(session, code) if one.code == code), None)
    if batch is None:
        return None
    stage = queries.stage_of(session, batch.id)
    return Resolved("batch", batch.id, batch.number, stage, BATCH_PAGE, {"batch_id": batch.id})


def hits(session: Session, text: str) -> list[Hit]:
    """Find batches by number or code."""
    found = queries.find(session, clean(text))
    return [Hit(one.number, N_("Batch"), url_for(BATCH_PAGE, batch_id=one.id)) for one in found]
