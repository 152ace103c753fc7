"""What an order's page shows of its material."""

from sqlalchemy.orm import Session

from core.i18n import N_
from core.web.registry import Panel
from erp.purchasing import queries as purchasing
from erp.purchasing.rules.needs import WantKind
from mes.planning import queries as planning
from mes.warehouse import queries


def order_panel(session: Session, order_id: int) -> Panel | None:
    """Return what an order needs and out of what it is served: by its batches once they are planned."""
    batches = planning.batches_of_order(session, order_id)
    of_batches = [(batch, purchasing.shares_of(session, WantKind.BATCH, batch.id)) for batch in batches]
    planned = [(batch, shares) for batch, shares in of_batches if shares]
    needs = [share for _, shares in planned for share in shares]
    needs += purchasing.shares_of(session, WantKind.ORDER, order_id)  # of what is in no planned batch
    needs = needs or purchasing.shares_of(session, WantKind.EXPECTED, order_id)
    if not needs:
        return None
    lacking_count = sum(1 for need in needs if need.lacking_qty)
    numbers = ", ".join(batch.number for batch, _ in planned)
    context = {"needs": needs, "needs_batches": numbers, "lacking_count": lacking_count}
    return Panel(N_("Material"), "mes/warehouse/_order_panel.html", context)


def place_panel(session: Session, place_id: int) -> Panel | None:
    """Return the packages that lie at a place."""
    packages = queries.packages_at(session, place_id)
    if not packages:
        return None
    return Panel(N_("Packages"), "mes/warehouse/_place_panel.html", {"packages": packages})
