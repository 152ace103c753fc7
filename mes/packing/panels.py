"""What an order's page shows of packing."""

from flask import url_for
from sqlalchemy.orm import Session

from core.codes import clean
from core.i18n import N_
from core.web.registry import Hit, Panel
from mes.packing import queries
from mes.packing.rules import FINISHED, PackageState


def order_panel(session: Session, order_id: int) -> Panel | None:
    """Return the packages of a released order; nothing before its release."""
    packages = queries.packages(session, order_id=order_id)
    if not packages:
        return None
    sealed_count = sum(1 for facts in packages if facts.box.state in FINISHED)
    void = [facts.box.number for facts in packages if facts.box.state is PackageState.VOID]
    context = {
        "packages": packages,
        "order_id": order_id,
        "sealed_count": sealed_count,
        "void_numbers": void,
    }
    return Panel(N_("Packages"), "mes/packing/_order_panel.html", context)


def hits(session: Session, text: str) -> list[Hit]:
    """Find a package by its code."""
    code = clean(text)
    package_id = queries.package_id(session, code)
    if package_id is None:
        return []
    box = queries.box(session, package_id)
    assert box is not None  # noqa: S101  # just found
    url = url_for("mes_packing.package_show", package_id=package_id)
    return [Hit(f"{box.order_number} {box.number} {box.code}", N_("Package"), url)]
