"""What changes show on an order's page, and on the page where its change is typed."""

from sqlalchemy.orm import Session

from core.i18n import N_
from core.web.registry import Panel
from mes.changes import queries
from mes.changes.queries import history


def cancel_act(session: Session, order_id: int) -> Panel | None:
    """Return the way to the page that cancels sets of a released order."""
    if not queries.cancellable(session, order_id):
        return None
    return Panel(N_("Cancel door sets"), "mes/changes/_cancel_act.html", {"order_id": order_id})


def change_act(session: Session, order_id: int) -> Panel | None:
    """Return the way to the page where a change of a released order is typed."""
    if not queries.cancellable(session, order_id):
        return None
    return Panel(N_("Change order"), "mes/changes/_change_act.html", {"order_id": order_id})


def look_act(session: Session, order_id: int) -> Panel | None:
    """Return the way to the page that shows what a change does."""
    return Panel(N_("See what it does"), "mes/changes/_look_act.html", {"order_id": order_id})


def version_panel(session: Session, order_id: int) -> Panel | None:
    """Return which version of a released order is in force, with the way to all of them."""
    latest = history.latest(session, order_id)
    if latest is None:
        return None
    release, person = latest
    context = {"order_id": order_id, "release": release, "person": person}
    return Panel(N_("Version"), "mes/changes/_version_panel.html", context)
