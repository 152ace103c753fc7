"""Pages of cutting: saws, and how each material is cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.errors import InvalidInput
from core.web.access import me, requires
from core.web.forms import parse
from core.work import read, run
from mes.cutting.forms import MaterialForm, SawForm
from mes.cutting.queries import settings as queries
from mes.cutting.rules import OFFCUT_BAR_MM, OFFCUT_SHEET_MM, CutSetting
from mes.cutting.service import settings as service
from mes.cutting.views.blueprint import READ, SETTINGS, bp
from mes.nesting.rules.instance import FirstCut


@bp.get("/saws/")
@requires(READ)
def saw_list() -> ResponseReturnValue:
    """Show the saws, and how each material is cut."""
    return _page("", {}, {})


def _page(form: str, typed: Mapping[str, Any], errors: Mapping[str, str]) -> ResponseReturnValue:
    """Show the page; `form` names the row whose values were refused."""
    page = render_template(
        "mes/cutting/saw_list.html",
        saws=queries.saw_rows(read()),
        materials=queries.material_rows(read()),
        usual=CutSetting(),
        usual_sizes={"SHEET": OFFCUT_SHEET_MM, "BAR": (OFFCUT_BAR_MM,)},
        ptx_version=queries.PTX_VERSION,
        first_cuts=list(FirstCut),
        form=form,
        typed=typed,
        errors=errors,
    )
    return page, 400 if errors else 200


@bp.post("/saws/<int:station_id>")
@requires(SETTINGS)
def saw_put(station_id: int) -> ResponseReturnValue:
    """Say how a station saws."""
    try:
        form = parse(SawForm, request.form)
    except InvalidInput as wrong:
        return _page(f"saw-{station_id}", request.form, wrong.fields)
    run(service.put_saw, station_id, form.facts, form.ptx_version, by=me().id, at=now())
    flash(_("Saved. Plans computed from now on follow it."), "done")
    return redirect(url_for(".saw_list"), 303)


@bp.post("/saws/materials/<int:material_id>")
@requires(SETTINGS)
def material_put(material_id: int) -> ResponseReturnValue:
    """Say how a material is cut."""
    try:
        form = parse(MaterialForm, request.form)
    except InvalidInput as wrong:
        return _page(f"material-{material_id}", request.form, wrong.fields)
    run(service.put_material, material_id, form.told, by=me().id, at=now())
    flash(_("Saved. Plans computed from now on follow it."), "done")
    return redirect(url_for(".saw_list"), 303)
