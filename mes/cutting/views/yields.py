"""Pages of cutting: plan against actual yield."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import day_of
from core.web.access import requires
from core.web.forms import parse
from core.web.lists import export
from core.web.templating import today
from core.work import read
from mes.cutting.forms import YieldForm
from mes.cutting.queries import yields as queries
from mes.cutting.rules.yields import By, CutSheetFacts, YieldRow, total, yield_rows
from mes.cutting.views.blueprint import READ, bp
from mes.nesting.rules.instance import Kind

DAYS = 56  # the last eight weeks


@bp.get("/yield/")
@requires(READ)
def yield_show() -> ResponseReturnValue:
    """Show what plans promised and what came of it, by week, saw or plan."""
    since, until, by = _asked()
    sheets = _sheets(since, until)
    return render_template(
        "mes/cutting/yield_show.html",
        rows=yield_rows(sheets, by),
        totals=total(sheets),
        by=by,
        ways=list(By),
        since=since,
        until=until,
    )


@bp.get("/yield/export.xlsx")
@requires(READ)
def yield_export() -> ResponseReturnValue:
    """Answer the same rows as a spreadsheet; rates in percent."""
    since, until, by = _asked()
    columns: dict[str, Any] = {
        _(by.label): lambda row: row.key or "—",
        _("Unit"): lambda row: "m²" if row.kind is Kind.SHEET else "m",
        _("Sheets or bars"): lambda row: row.sheet_count,
        _("Cut up"): lambda row: row.gross,
        _("Parts as planned"): lambda row: row.planned,
        _("Scrapped"): lambda row: row.lost,
        _("Not wanted any more"): lambda row: row.unwanted,
        _("Good parts"): lambda row: row.good,
        _("Offcuts kept"): lambda row: row.kept,
        _("Yield as planned, %%") % {}: lambda row: _percent(row.planned_rate),
        _("Actual yield, %%") % {}: lambda row: _percent(row.actual_rate),
        _("Difference, points"): lambda row: _percent(row.difference),
        _("With offcuts, %%") % {}: lambda row: _percent(row.net_rate),
    }
    numbers = [name for name in columns if name not in (_(by.label), _("Unit"), _("Sheets or bars"))]
    rows: list[YieldRow] = yield_rows(_sheets(since, until), by)
    return export(f"yield-{by.value}.xlsx", columns, rows, numbers)


def _percent(rate: Decimal | None) -> Decimal | None:
    return None if rate is None else rate * 100


def _asked() -> tuple[date, date, By]:
    """Return the first and the last day, in either order, and what a row is about."""
    form = parse(YieldForm, request.args)
    until = form.until or today()
    since = form.since or until - timedelta(days=DAYS - 1)
    return min(since, until), max(since, until), form.by


def _sheets(since: date, until: date) -> list[CutSheetFacts]:
    zone = current_app.config["TIMEZONE"]
    start, before = (
        datetime.combine(day, time.min, ZoneInfo(zone)) for day in (since, until + timedelta(days=1))
    )
    return queries.cut_sheets(read(), start, before, lambda moment: day_of(moment, zone))
