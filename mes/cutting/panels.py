"""What cutting shows elsewhere: on a batch's page, for a scanned code."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from core.clock import now
from core.i18n import N_
from core.web.registry import Mark, Panel
from mes.cutting import queries
from mes.cutting.queries import offcuts
from mes.planning import queries as planning
from mes.scanning.service import Resolved

PLAN_PAGE, OFFCUT_PAGE = "mes_cutting.plan_show", "mes_cutting.offcut_show"
CHANGED = N_("an order has changed: plan anew what is not cut")


def batch_panel(session: Session, batch_id: int) -> Panel:
    """Return a batch's cut plans, what waits for one, and the button that computes."""
    plans = queries.plans_of(session, batch_id)
    context = {
        "batch_id": batch_id,
        "plans": plans,
        "waiting": queries.waiting_by_material(session, batch_id),
        "is_running": any(row.is_computed for row in plans),
        "progress": queries.batch_progress(session, batch_id, now()),
        "stale": queries.stale(session, batch_id),
    }
    return Panel(N_("Cut plans"), "mes/cutting/_batch_panel.html", context)


def order_panel(session: Session, order_id: int) -> Panel | None:
    """Return the batches of an order whose plans do not fit it any more; nothing while they all do."""
    batches = planning.batches_of_order(session, order_id)
    unwanted = queries.unwanted_parts(session, [batch.id for batch in batches])
    stale = [(batch, unwanted[batch.id]) for batch in batches if batch.id in unwanted]
    return Panel(N_("Cut plans"), "mes/cutting/_order_panel.html", {"stale": stale}) if stale else None


def batch_marks(session: Session, batch_ids: Sequence[int]) -> dict[int, Mark]:
    """Mark the batches of a list whose plans do not fit their orders any more."""
    return {key: Mark("attn", (CHANGED,)) for key in queries.unwanted_parts(session, batch_ids)}


def remakes_panel(session: Session, _none: int) -> Panel:
    """Return what is made again and waits for the saw, by material, with the button that plans it at once."""
    return Panel(N_("Remakes"), "mes/cutting/_remakes_panel.html", {"remakes": queries.remakes(session)})


def resolve_sheet(session: Session, code: str) -> Resolved | None:
    """Say what the label of a sheet, a bar or an offcut stands for."""
    found = queries.sheet_found(session, code)
    if found is None:
        rest = offcuts.of_code(session, code)
        if rest is None:
            return None
        return Resolved("offcut", rest.id, code, rest.state, OFFCUT_PAGE, {"offcut_id": rest.id})
    sheet, plan = found
    arguments = {"plan_id": plan.id, "sheet": sheet.position}
    return Resolved("sheet", sheet.id, f"{plan.number} · {sheet.position}", None, PLAN_PAGE, arguments)
