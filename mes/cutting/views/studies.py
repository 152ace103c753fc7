"""Pages of cutting: which stock sizes to buy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import day_of, now
from core.errors import InvalidInput, RuleViolation
from core.web.access import me, requires
from core.web.errors import status_of, text_of
from core.web.forms import parse
from core.web.lists import export, paged
from core.web.templating import mm, today
from core.work import read, run
from mes.cutting.forms import StudyForm, sizes
from mes.cutting.model import Study
from mes.cutting.queries import studies as queries
from mes.cutting.queries.studies import Released, StudyPage
from mes.cutting.rules.study import SIZES_MOST, ChoiceResult
from mes.cutting.service import studies as service
from mes.cutting.views.blueprint import PLAN, READ, bp

DAYS = 28  # the last four weeks


@bp.get("/studies/")
@requires(READ)
def study_list() -> ResponseReturnValue:
    """List the studies, the newest first, and ask a new one."""
    return _list_page(request.args, {}, 200)


def _list_page(typed: Mapping[str, Any], errors: Mapping[str, str], status: int) -> ResponseReturnValue:
    session = read()
    known = queries.cut_materials(session)
    material = next((one for one in known if str(one.id) == typed.get("material_id")), None)
    bought = [] if material is None else queries.bought_sizes(session, material.id)
    page = render_template(
        "mes/cutting/study_list.html",
        page=paged(session, queries.listed(), {"asked": Study.asked_at}, default="-asked"),
        materials=known,
        material=material,
        rows=_rows(typed, bought),
        since=typed.get("from") or today() - timedelta(days=DAYS - 1),
        until=typed.get("to") or today(),
        errors=errors,
    )
    return page, status


def _rows(typed: Mapping[str, Any], bought: list[tuple[Any, ...]]) -> list[dict[str, str]]:
    """Return the rows of sizes: as they were typed, else what is bought now."""
    names = ("length_mm", "width_mm", "price")
    if any(f"{name}_0" in typed for name in names):
        return [{name: typed.get(f"{name}_{row}", "") for name in names} for row in range(SIZES_MOST)]
    known = [dict(zip(names, map(mm, one), strict=True)) for one in bought[:SIZES_MOST]]
    return known + [dict.fromkeys(names, "") for _row in range(SIZES_MOST - len(known))]


@bp.post("/studies/")
@requires(PLAN)
def study_ask() -> ResponseReturnValue:
    """Ask which sizes to buy; a refusal keeps what was typed."""
    try:
        form = parse(StudyForm, request.form)
        known = {(length, width) for length, width, _price in queries.bought_sizes(read(), form.material_id)}
        asked = sizes(request.form, known)
        days = _days(form)
        study = run(service.ask, form.material_id, asked, _released(days), days, by=me().id, at=now())
    except InvalidInput as wrong:
        return _list_page(request.form, wrong.fields, 400)
    except RuleViolation as wrong:
        return _list_page(request.form, {"material_id": text_of(wrong)}, status_of(wrong))
    return redirect(url_for(".study_show", study_id=study.id), 303)


def _days(form: StudyForm) -> tuple[date, date]:
    until = form.until or today()
    since = form.since or until - timedelta(days=DAYS - 1)
    return min(since, until), max(since, until)


def _released(days: tuple[date, date]) -> Released:
    zone = current_app.config["TIMEZONE"]
    start, before = (
        datetime.combine(day, time.min, ZoneInfo(zone)) for day in (days[0], days[1] + timedelta(days=1))
    )
    return Released(start, before, lambda moment: day_of(moment, zone))


@bp.get("/studies/<int:study_id>/")
@requires(READ)
def study_show(study_id: int) -> ResponseReturnValue:
    """Show how far a study is, or what came of it."""
    return render_template("mes/cutting/study_show.html", page=queries.study_page(read(), study_id))


@bp.get("/studies/<int:study_id>/export.xlsx")
@requires(READ)
def study_export(study_id: int) -> ResponseReturnValue:
    """Answer the table as a spreadsheet."""
    page: StudyPage = queries.study_page(read(), study_id)
    columns: dict[str, Any] = {
        _("Sizes"): lambda one: " + ".join(page.sizes[place].text for place in one.sizes),
        _("Sheets or bars"): lambda one: one.sheet_count,
        _("Cost"): lambda one: one.cost,
        _("Yield, %%") % {}: lambda one: _percent(one.yield_rate),
        _("Saving, %%") % {}: lambda one: _percent(page.saving(one)),
        _("Not placed"): lambda one: one.unplaced_count,
    }
    numbers = [_("Cost"), _("Yield, %%") % {}, _("Saving, %%") % {}]
    rows: list[ChoiceResult] = page.shown
    return export("sizes.xlsx", columns, rows, numbers)


def _percent(rate: Decimal | None) -> Decimal | None:
    return None if rate is None else rate * 100
