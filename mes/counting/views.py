"""Pages of counting: the handheld that counts, the list of counts, one count and its approval, spreadsheets."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import day_of, now
from core.errors import AppError, InvalidInput, NotAllowed, NotFound
from core.web.access import me, requires
from core.web.errors import shown, status_of, text_of
from core.web.forms import parse
from core.web.lists import Page, export, paged
from core.web.templating import label
from core.work import read, run
from erp.stock import queries as stock
from erp.stock.rules import FOR_MATERIAL, FOR_PACKAGES, plain
from mes.counting import queries, service
from mes.counting.forms import ReasonForm, TableForm, causes
from mes.counting.model import Count
from mes.counting.queries import CountRow
from mes.counting.queries.tables import judge_counted, judge_opening
from mes.counting.rules import IRA_DAYS, OPEN, TARGET_RATE, CountCause, CountState
from mes.counting.rules.table import RowFault, TableRow, as_text, read_table
from mes.counting.service import tables
from mes.scanning import queries as scanning
from mes.scanning.rules import DEVICE_COOKIE

bp = Blueprint("mes_counting", __name__)
READ, COUNT, PLAN, APPROVE = (f"mes.counting.{verb}" for verb in ("read", "count", "plan", "approve"))
SORTS = {"number": Count.number, "place": Count.place_id, "state": Count.state, "since": Count.created_at}


@bp.get("/scan")
@requires(COUNT)
def scan() -> ResponseReturnValue:
    """Count a place on the handheld: its label, what lies there, its label again."""
    device = request.args.get("device") or request.cookies.get(DEVICE_COOKIE, "")
    where = scanning.where(read(), device) if device else None
    waiting = [CountRow(*row) for row in read().execute(queries.listed("").order_by(Count.id).limit(20))]
    return render_template(
        "mes/counting/scan.html",
        device=device if where else "",
        where=where,
        badge=cookie.get("badge", "") if where else "",  # of a scan that is sent later, by whomever
        lock_url=url_for("mes_production.lock", device=device) if where else "",
        waiting=[row for row in waiting if row.count.state is not CountState.APPROVAL],
    )


@bp.get("/")
@requires(READ)
def count_list() -> ResponseReturnValue:
    """List the counts with how right the book was at those of the last months."""
    return _list_page()


def _list_page(error: str = "", status: int = 200) -> ResponseReturnValue:
    view, at = request.args.get("view", ""), now()
    page = paged(read(), queries.listed(view), SORTS, default="-number")
    rows = [CountRow(*row) for row in page.rows]
    shown_page = render_template(
        "mes/counting/count_list.html",
        page=Page(rows, page.number, page.size, page.total_count, page.sort),
        view=view,
        accuracy=queries.accuracy(read(), at - timedelta(days=IRA_DAYS), at),
        days=IRA_DAYS,
        target=TARGET_RATE,
        proposed=queries.proposed(read(), at) if me().may(PLAN) else None,
        places=stock.places(read(), (*FOR_MATERIAL, *FOR_PACKAGES)),
        error=error,
    )
    return shown_page, status


@bp.post("/")
@requires(PLAN)
def count_plan() -> ResponseReturnValue:
    """Have the chosen places counted."""
    place_ids = [int(one) for one in request.form.getlist("place_id") if one.isdigit()]
    if not place_ids:
        return _list_page(_("Choose at least one place."), 400)
    at = now()
    counts = run(service.plan, place_ids, on=_day(at), by=me().id, at=at)
    flash(_("%(count)s places are to be counted.", count=len(counts)), "done")
    return redirect(url_for(".count_list"), 303)


@bp.get("/<int:count_id>/")
@requires(READ)
def count_show(count_id: int) -> ResponseReturnValue:
    """Show one count: what was found beside the book, once it is to be decided."""
    return _count_page(count_id)


def _count_page(count_id: int, reason: str = "", error: str = "", status: int = 200) -> ResponseReturnValue:
    row = queries.row(read(), count_id)
    if row is None:
        raise NotFound
    is_blind = row.count.state in (CountState.COUNTING, CountState.RECOUNT)
    page = render_template(
        "mes/counting/count_show.html",
        row=row,
        lines=[] if is_blind else queries.lines(read(), count_id),
        is_blind=is_blind,
        is_open=row.count.state in OPEN,
        waits=row.count.state is CountState.APPROVAL,
        causes=list(CountCause),
        chosen=request.form,
        reason=reason,
        error=error,
    )
    return page, status


@bp.post("/<int:count_id>/approve")
@requires(APPROVE)
def count_approve(count_id: int) -> ResponseReturnValue:
    """Post the differences, as a second person."""
    reason = parse(ReasonForm, request.form).reason
    try:
        run(service.approve, count_id, causes(request.form), reason, by=me().id, at=now())
    except (NotFound, InvalidInput):
        raise
    except AppError as no:
        return _count_page(count_id, reason, text_of(no), status_of(no))
    flash(_("Approved. The differences are posted; the book is what was counted."), "done")
    return redirect(url_for(".count_show", count_id=count_id), 303)


@bp.post("/<int:count_id>/again")
@requires(APPROVE)
def count_again(count_id: int) -> ResponseReturnValue:
    """Have the differences counted once more."""
    run(service.again, count_id, by=me().id, at=now())
    flash(_("It is counted once more."), "done")
    return redirect(url_for(".count_show", count_id=count_id), 303)


@bp.post("/<int:count_id>/cancel")
@requires(PLAN)
def count_cancel(count_id: int) -> ResponseReturnValue:
    """Give a count up."""
    reason = parse(ReasonForm, request.form).reason
    try:
        run(service.cancel, count_id, reason, by=me().id, at=now())
    except NotFound:
        raise
    except AppError as no:
        return _count_page(count_id, reason, text_of(no), status_of(no))
    flash(_("The count is cancelled; nothing was posted."), "done")
    return redirect(url_for(".count_show", count_id=count_id), 303)


@bp.get("/<int:count_id>.xlsx")
@requires(READ)
def count_export(count_id: int) -> ResponseReturnValue:
    """Answer what a count found as a spreadsheet; while it is counted, nothing is told."""
    row = queries.row(read(), count_id)
    if row is None:
        raise NotFound
    if row.count.state in (CountState.COUNTING, CountState.RECOUNT):
        raise NotAllowed
    columns = {
        _("Code"): lambda one: one.facts.code,
        _("Name"): lambda one: shown(one.facts.name),
        _("Article code"): lambda one: one.facts.size,
        _("First count"): lambda one: plain(one.line.first_qty),
        _("Counted"): lambda one: plain(one.line.counted_qty),
        _("Book"): lambda one: plain(one.line.book_qty),
        _("Difference"): lambda one: plain(one.difference_qty),
        _("Cause"): lambda one: label(one.line.cause) if one.line.cause else "",
    }
    return export(f"{row.count.number}.xlsx", columns, queries.lines(read(), count_id))


# --- spreadsheets -------------------------------------------------------------


@bp.get("/opening")
@requires("mes.counting.opening")
def opening() -> ResponseReturnValue:
    """Show the page that takes in the stock with which the ledger begins."""
    return _table_page("opening", "", [])


@bp.post("/opening")
@requires("mes.counting.opening")
def opening_post() -> ResponseReturnValue:
    """Check every row; take all in, or show what is wrong with which."""
    form, rows, refused = _rows("opening")
    if refused is not None:
        return refused
    good, faults = judge_opening(read(), rows)
    if faults:
        return _table_page("opening", _text(rows), faults, form_key=form.form_key, rows=rows)
    try:
        lots = run(tables.take_opening, good, form.form_key, _("Opening stock"), by=me().id, at=now())
    except AppError as no:
        return _table_page("opening", _text(rows), [], text_of(no), form_key=form.form_key, rows=rows)
    flash(_("%(count)s lots are taken in. Print their labels.", count=len(lots)), "done")
    return redirect(url_for("erp_stock.receive"), 303)


@bp.get("/sheet")
@requires(PLAN)
def sheet() -> ResponseReturnValue:
    """Show the page that takes a count in from paper."""
    return _table_page("sheet", "", [])


@bp.post("/sheet")
@requires(PLAN)
def sheet_post() -> ResponseReturnValue:
    """Check every row; take all as one round of each place, or show what is wrong with which."""
    form, rows, refused = _rows("sheet")
    if refused is not None:
        return refused
    good, faults = judge_counted(read(), rows)
    if faults:
        return _table_page("sheet", _text(rows), faults, form_key=form.form_key, rows=rows)
    at = now()
    try:
        counts = run(tables.take_counted, good, on=_day(at), by=me().id, at=at)
    except AppError as no:
        return _table_page("sheet", _text(rows), [], text_of(no), form_key=form.form_key, rows=rows)
    flash(_("%(count)s places are counted. What differs is to be counted again.", count=len(counts)), "done")
    return redirect(url_for(".count_list"), 303)


def _rows(mode: str) -> tuple[TableForm, Sequence[TableRow], ResponseReturnValue | None]:
    """Return the rows that came as a file or in the field, or the page that says why none can be read."""
    form = parse(TableForm, request.form)
    sent = request.files.get("file")
    try:
        if sent is not None and sent.filename:
            return form, read_table(sent.read(), sent.filename), None
        return form, read_table(form.rows.encode(), "rows.csv"), None
    except AppError as no:
        return form, (), _table_page(mode, form.rows, [], text_of(no), form_key=form.form_key)


def _table_page(
    mode: str,
    text: str,
    faults: Sequence[RowFault],
    error: str = "",
    *,
    form_key: str = "",
    rows: Sequence[TableRow] = (),
) -> ResponseReturnValue:
    said = {fault.line: _(fault.msgid) % {k: shown(v) for k, v in fault.facts.items()} for fault in faults}
    page = render_template(
        "mes/counting/table.html",
        mode=mode,
        text=text,
        faults=said,
        wrong=[row for row in rows if row.line in said],
        good_count=len(rows) - len(said),
        error=error,
        form_key=form_key or secrets.token_urlsafe(16),
    )
    return page, 422 if faults or error else 200


def _text(rows: Sequence[TableRow]) -> str:
    headings = (_("Article code"), _("Lot"), _("Quantity"), _("Place"), _("Remark"))
    return as_text(rows, headings)


def _day(at: datetime) -> date:
    return day_of(at, current_app.config["TIMEZONE"])
