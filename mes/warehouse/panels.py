"""What an order's page shows of its material."""

from sqlalchemy.orm import Session

from core.i18n import N_
from core.web.registry import Panel
from erp.purchasing import queries as purchasing
from erp.purchasing.rules.needs import WantKind
from mes.warehouse import queries


def order_panel(session: Session, order_id: int) -> Panel | None:
    """Return what an order needs and out of what it is served: by its batch once that is planned."""
    batch = queries.batch_of_order(session, order_id)
    needs = [] if batch is None else purchasing.shares_of(session, WantKind.BATCH, batch.id)
    if not needs:
        batch, needs = None, purchasing.shares_of(session, WantKind.ORDER, order_id)
    needs = needs or purchasing.shares_of(session, WantKind.EXPECTED, order_id)
    if not needs:
        return None
    lacking_count = sum(1 for need in needs if need.lacking_qty)
    context = {"needs": needs, "needs_batch": batch, "lacking_count": lacking_count}
    return Panel(N_("Material"), "mes/warehouse/_order_panel.html", context)


def place_panel(session: Session, place_id: int) -> Panel | None:
    """Return the packages that lie at a place."""
    packages = queries.packages_at(session, place_id)
    if not packages:
        return None
    return Panel(N_("Packages"), "mes/warehouse/_place_panel.html", {"packages": packages})
