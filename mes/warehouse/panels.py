"""What an order's page shows of its material."""

from sqlalchemy.orm import Session

from core.i18n import N_
from core.web.registry import Panel
from erp.stock import queries as stock
from mes.warehouse import queries


def order_panel(session: Session, order_id: int) -> Panel | None:
    """Return what an order needs, has and lacks: by its batch once that is planned, before that by itself."""
    batch = queries.batch_of_order(session, order_id)
    needs = [] if batch is None else stock.batch_shortages(session, batch.id)
    if not needs:
        batch, needs = None, stock.shortages(session, order_id)
    if not needs:
        return None
    lacking_count = sum(1 for need in needs if need.lacking_qty > 0)
    context = {"needs": needs, "needs_batch": batch, "lacking_count": lacking_count}
    return Panel(N_("Material"), "mes/warehouse/_order_panel.html", context)


def place_panel(session: Session, place_id: int) -> Panel | None:
    """Return the packages that lie at a place."""
    packages = queries.packages_at(session, place_id)
    if not packages:
        return None
    return Panel(N_("Packages"), "mes/warehouse/_place_panel.html", {"packages": packages})
