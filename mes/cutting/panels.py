"""What cutting shows elsewhere: on a batch's page, for a scanned code."""

from sqlalchemy.orm import Session

from core.i18n import N_
from core.web.registry import Panel
from mes.cutting import queries
from mes.cutting.queries import offcuts
from mes.scanning.service import Resolved

PLAN_PAGE, OFFCUT_PAGE = "mes_cutting.plan_show", "mes_cutting.offcut_show"


def batch_panel(session: Session, batch_id: int) -> Panel:
    """Return a batch's cut plans, what waits for one, and the button that computes."""
    plans = queries.plans_of(session, batch_id)
    context = {
        "batch_id": batch_id,
        "plans": plans,
        "waiting": queries.waiting_by_material(session, batch_id),
        "is_running": any(row.is_computed for row in plans),
    }
    return Panel(N_("Cut plans"), "mes/cutting/_batch_panel.html", context)


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
