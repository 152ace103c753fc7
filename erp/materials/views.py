"""Pages of materials."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.web.access import requires
from core.web.lists import export, paged
from core.web.templating import mm, named
from core.work import read
from erp.materials import queries
from erp.materials.model import Material
from erp.materials.rules import MaterialKind

bp = Blueprint("erp_materials", __name__)
READ = "erp.materials.read"
SORTS = {
    "code": Material.code,
    "name": Material.name,
    "kind": Material.kind,
    "thickness": Material.thickness_mm,
}
EXPORTED = 10_000  # rows of one spreadsheet


def _kind() -> MaterialKind | None:
    """Return the kind that the address asks for."""
    return next((kind for kind in MaterialKind if kind == request.args.get("kind")), None)


@bp.get("/materials/")
@requires(READ)
def material_list() -> ResponseReturnValue:
    """List the materials with the sizes in which they are bought."""
    rows = queries.listed(request.args.get("q", "").strip()[:60], _kind())
    page = paged(read(), rows, SORTS, default="code", scalars=True)
    articles = queries.articles_of(read(), [material.id for material in page.rows])
    kinds = list(MaterialKind)
    return render_template(
        "erp/materials/material_list.html", page=page, articles=articles, kinds=kinds, kind=_kind()
    )


@bp.get("/materials.xlsx")
@requires(READ)
def material_export() -> ResponseReturnValue:
    """Answer the list as a spreadsheet, a row for each article."""
    wanted = queries.listed(request.args.get("q", "").strip()[:60], _kind()).order_by(Material.code)
    materials = read().scalars(wanted.limit(EXPORTED)).all()
    articles = queries.articles_of(read(), [material.id for material in materials])
    rows = [(material, article) for material in materials for article in articles[material.id]]
    columns = {
        _("Material"): lambda row: row[0].code,
        _("Name"): lambda row: named(row[0]),
        _("Kind"): lambda row: _(row[0].kind.label),
        _("Thickness"): lambda row: mm(row[0].thickness_mm),
        _("Unit"): lambda row: _(row[0].unit_code.label),
        _("Article code"): lambda row: row[1].code,
        _("Length"): lambda row: mm(row[1].length_mm),
        _("Width"): lambda row: mm(row[1].width_mm),
        _("Price of one"): lambda row: row[1].cost_price,
    }
    return export(_("materials") + ".xlsx", columns, rows)
