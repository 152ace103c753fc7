"""Pages of cutting: offcuts, those that nothing has wanted for long, and what is done about one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.errors import InvalidInput, NotFound, RuleViolation
from core.i18n import Named
from core.web import answers
from core.web.access import me, requires
from core.web.errors import status_of, text_of
from core.web.forms import parse
from core.web.lists import Page, export, paged
from core.web.templating import label, local, named
from core.work import read, run
from mes.cutting import pdf
from mes.cutting.forms import OffcutForm
from mes.cutting.queries import offcuts as queries
from mes.cutting.queries.offcuts import OffcutShown
from mes.cutting.rules.offcuts import DEAD_DAYS, OffcutEnd, OffcutState
from mes.cutting.service import offcuts as service
from mes.cutting.views.blueprint import EXPORT_MOST, OFFCUTS, READ, bp

DEAD = "DEAD"  # the view of the list that asks for a decision


@bp.get("/offcuts/")
@requires(READ)
def offcut_list() -> ResponseReturnValue:
    """List the offcuts in stock, those that lie too long, or those of another state."""
    session = read()
    page = paged(session, _asked(), queries.SORTS, default="since")
    rows = [OffcutShown(*row) for row in page.rows]
    worth = sum((row.value_amount or Decimal(0) for row in _all(_asked())), Decimal(0))
    return render_template(
        "mes/cutting/offcut_list.html",
        page=Page(rows, page.number, page.size, page.total_count, page.sort),
        view=request.args.get("view", ""),
        counts=queries.state_counts(session),
        dead_count=len(_all(queries.listed("", None, _dead_since()))),
        dead_days=DEAD_DAYS,
        worth=worth,
        at=now(),
    )


@bp.get("/offcuts/export.xlsx")
@requires(READ)
def offcut_export() -> ResponseReturnValue:
    """Answer the same list as a spreadsheet."""
    at = now()
    columns: dict[str, Any] = {
        _("Offcut"): lambda row: row.row.code,
        _("Material"): lambda row: named(row.material),
        _("Material code"): lambda row: row.material.code,
        _("Length, mm"): lambda row: row.row.length_mm,
        _("Width, mm"): lambda row: row.row.width_mm,
        _("Place"): lambda row: row.place.name if row.place else "",
        _("State"): lambda row: label(row.row.state),
        _("In stock since"): lambda row: "" if row.row.kept_at is None else local(row.row.kept_at),
        _("Days"): lambda row: row.days(at),
        _("Value"): lambda row: row.value_amount,
        _("Cut plan"): lambda row: row.plan.number if row.plan else "",
        _("Reason"): lambda row: row.row.reason,
    }
    return export("offcuts.xlsx", columns, _all(_asked()))


def _asked() -> Any:
    view = request.args.get("view", "")
    state = next((state for state in OffcutState if state.value == view), None)
    dead_since = _dead_since() if view == DEAD else None
    return queries.listed(request.args.get("q", "").strip()[:60], state, dead_since)


def _dead_since() -> Any:
    return now() - timedelta(days=DEAD_DAYS)


def _all(rows: Any) -> list[OffcutShown]:
    return [OffcutShown(*row) for row in read().execute(rows.limit(EXPORT_MOST))]


@bp.get("/offcuts/<int:offcut_id>/")
@requires(READ)
def offcut_show(offcut_id: int) -> ResponseReturnValue:
    """Show one offcut: where it came from, where it lies, and what can be done about it."""
    return _page(offcut_id, {}, {})


def _page(
    offcut_id: int, typed: Mapping[str, Any], errors: Mapping[str, str], status: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "mes/cutting/offcut_show.html",
        shown=_shown(offcut_id),
        source=queries.source(read(), offcut_id),
        ends=list(OffcutEnd),
        free=OffcutState.FREE,
        typed=typed,
        errors=errors,
        at=now(),
    )
    return page, status


def _shown(offcut_id: int) -> OffcutShown:
    found = queries.shown(read(), offcut_id)
    if found is None:
        raise NotFound
    return found


@bp.post("/offcuts/<int:offcut_id>/end")
@requires(OFFCUTS)
def offcut_end(offcut_id: int) -> ResponseReturnValue:
    """Decide about an offcut; a refusal keeps what was typed."""
    try:
        form = parse(OffcutForm, request.form)
        row = run(service.end, offcut_id, form.end, form.reason, by=me().id, at=now())
    except InvalidInput as wrong:
        return _page(offcut_id, request.form, wrong.fields, 400)
    except RuleViolation as wrong:
        return _page(offcut_id, request.form, {"reason": text_of(wrong)}, status_of(wrong))
    said = _("The next plan of its material takes %(code)s first.", code=row.code)
    if form.end is not OffcutEnd.FIRST:
        said = _("%(code)s is taken out of stock.", code=row.code)
    flash(said, "done")
    return redirect(url_for(".offcut_show", offcut_id=offcut_id), 303)


@bp.get("/offcuts/<int:offcut_id>/label.pdf")
@requires(READ)
def offcut_label(offcut_id: int) -> ResponseReturnValue:
    """Answer an offcut's label again, 60 × 40 mm, in the factory's language."""
    found = _shown(offcut_id)
    material = Named(found.material.name, found.material.name_en)
    printed = pdf.offcut_label(found.row, material, found.material.code, current_app.config["LOCALE"])
    return answers.pdf(printed.content, f"{found.row.code}.pdf")
