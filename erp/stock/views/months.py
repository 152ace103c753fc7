"""Pages of stock: the months, what came and went in each, and their closing."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import day_of, now
from core.errors import AppError, NotFound
from core.web.access import me, requires
from core.web.errors import status_of, text_of
from core.web.forms import parse
from core.web.lists import export
from core.web.templating import label, named, zone
from core.work import read, run
from erp.stock import queries, service
from erp.stock.forms import ReopenForm
from erp.stock.queries import ArticleMonth
from erp.stock.rules import MoveKind, month_text, next_month, plain
from erp.stock.views.blueprint import CLOSE, READ, bp


def _begin(month_on: date) -> datetime:
    """Return the first moment of a month in the factory."""
    return datetime.combine(month_on, time(), zone()).astimezone(UTC)


def _month(text: str) -> date:
    """Return the first day of a month such as 2026-11. Raises NotFound."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as wrong:
        raise NotFound from wrong


@bp.get("/months")
@requires(READ)
def month_list() -> ResponseReturnValue:
    """List the months since the ledger began: closed, or to be closed."""
    return _list_page()


def _list_page(error: str = "", reason: str = "", status: int = 200) -> ResponseReturnValue:
    session = read()
    closed = queries.closed_months(session)
    page = render_template(
        "erp/stock/month_list.html",
        months=_months(queries.first_moved_at(session)),
        closed={period.month_on: (period, name) for period, name in closed},
        last_on=closed[0][0].month_on if closed else None,
        this_on=_today().replace(day=1),
        error=error,
        reason=reason,
    )
    return page, status


def _today() -> date:
    return day_of(now(), str(zone()))


def _months(since: datetime | None) -> list[date]:
    """Return the first days of the months from the ledger's first to this one, the last first."""
    if since is None:
        return []
    month_on, months = since.astimezone(zone()).date().replace(day=1), []
    while month_on <= _today():
        months.append(month_on)
        month_on = next_month(month_on)
    return months[::-1]


@bp.post("/months/<month>/close")
@requires(CLOSE)
def month_close(month: str) -> ResponseReturnValue:
    """Close a month, when the ledger proves itself."""
    month_on = _month(month)
    ends_at = _begin(next_month(month_on))
    try:
        run(service.close_month, month_on, ends_at, by=me().id, at=now())
    except AppError as no:
        return _list_page(text_of(no), status=status_of(no))
    flash(_("%(month)s is closed.", month=month_text(month_on)), "done")
    return redirect(url_for(".month_list"), 303)


@bp.post("/months/<month>/open")
@requires(CLOSE)
def month_open(month: str) -> ResponseReturnValue:
    """Open the month that was closed last, with a reason."""
    reason = parse(ReopenForm, request.form).reason
    month_on = _month(month)
    try:
        run(service.open_month, month_on, reason, by=me().id, at=now())
    except NotFound:
        raise
    except AppError as no:
        return _list_page(text_of(no), reason, status_of(no))
    flash(_("%(month)s is open again.", month=month_text(month_on)), "done")
    return redirect(url_for(".month_list"), 303)


@bp.get("/months/<month>/")
@requires(READ)
def month_show(month: str) -> ResponseReturnValue:
    """Show what came, went and lay in a month, by article."""
    month_on = _month(month)
    rows = _report(month_on)
    return render_template("erp/stock/month_show.html", month_on=month_on, rows=rows, kinds=_KINDS)


_KINDS = (MoveKind.RECEIPT, MoveKind.ISSUE, MoveKind.COUNT)


def _report(month_on: date) -> list[ArticleMonth]:
    return queries.month_report(read(), _begin(month_on), _begin(next_month(month_on)))


@bp.get("/months/<month>.xlsx")
@requires(READ)
def month_export(month: str) -> ResponseReturnValue:
    """Answer the same as a spreadsheet."""
    month_on = _month(month)
    columns: dict[str, Any] = {
        _("Article code"): lambda row: row.article.code,
        _("Material"): lambda row: named(row.material),
        _("Unit"): lambda row: label(row.unit),
        _("Opening"): lambda row: plain(row.opening_qty),
        _("Received"): lambda row: plain(row.told(MoveKind.RECEIPT)),
        _("Issued"): lambda row: plain(row.told(MoveKind.ISSUE)),
        _("Counted differences"): lambda row: plain(row.told(MoveKind.COUNT)),
        _("Other"): lambda row: plain(row.other_qty),
        _("Closing"): lambda row: plain(row.closing_qty),
    }
    return export(f"stock-{month_text(month_on)}.xlsx", columns, _report(month_on))
