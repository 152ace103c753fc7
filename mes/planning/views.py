"""Pages of planning: batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from core.clock import now
from core.errors import InvalidInput
from core.web.access import me, requires
from core.web.forms import parse
from core.web.lists import export, paged
from core.web.menu import marks, panels
from core.web.templating import day, label, today
from core.work import read, run
from erp.sales import service as sales
from mes.planning import queries, service
from mes.planning.forms import CapacityForm, DayForm, DueForm, NewBatch, RushForm
from mes.planning.model import Batch
from mes.planning.queries import load, lots
from mes.planning.rules import BatchStage
from mes.planning.rules.batching import URGENT_SHARE_MOST, Lane, Proposal, propose, urgent_share
from mes.planning.rules.capacity import DayKind, Risk

bp = Blueprint("mes_planning", __name__)
due = Blueprint("mes_due", __name__)  # a word of its own in the menu
EXPORT_MOST = 10_000
DUE, CAPACITY = "mes.planning.due", "mes.planning.capacity"
LOAD_DAYS = 28
PROPOSAL_SORTS: dict[str, Callable[[Proposal], Any]] = {
    "due": lambda one: (one.due_on is None, one.due_on or date.max),
    "key": lambda one: one.key.sorted_by,
    "sets": lambda one: one.set_count,
    "lane": lambda one: (one.lane is not Lane.URGENT, one.due_on or date.max),
}


@bp.get("/batches/")
@requires("mes.planning.read")
def batch_list() -> ResponseReturnValue:
    """List the batches, the newest first."""
    session, stage = read(), _stage()
    rows = queries.batch_rows(request.args.get("q", "").strip(), stage)
    sorts = {
        "number": Batch.id,
        "due": Batch.due_on,
        "created": Batch.created_at,
        "state": queries.stage_word,
    }
    page = paged(session, rows, sorts, default="-number")
    return render_template(
        "mes/planning/batch_list.html",
        page=page,
        marks=marks(service.SUBJECT, [row[0].id for row in page.rows]),
        stage=stage,
        stages=BatchStage,
        counts=queries.stage_counts(session),
        waiting_count=len({lot.order_id for lot in lots.waiting(session)}),
    )


@bp.get("/batches/export.xlsx")
@requires("mes.planning.read")
def batch_export() -> ResponseReturnValue:
    """Answer the list of batches as a spreadsheet."""
    rows = queries.batch_rows(request.args.get("q", "").strip(), _stage()).order_by(Batch.id.desc())
    columns = {
        _("Batch"): lambda row: row[0].number,
        _("Due"): lambda row: day(row[0].due_on),
        _("Orders"): lambda row: row[1],
        _("Sets"): lambda row: row[2],
        _("State"): lambda row: label(BatchStage(row[3])),
        _("Note"): lambda row: row[0].note,
    }
    return export("batches.xlsx", columns, read().execute(rows.limit(EXPORT_MOST)).all())


@bp.get("/batches/new")
@requires("mes.planning.write")
def batch_new() -> ResponseReturnValue:
    """Offer the colour lots that are in no batch."""
    return render_template("mes/planning/batch_new.html", lots=lots.waiting(read()))


@bp.post("/batches/")
@requires("mes.planning.write")
def batch_create() -> ResponseReturnValue:
    """Make a batch of the chosen colour lots, out of the list or as it was proposed."""
    typed = parse(NewBatch, {"lot": request.form.getlist("lot"), "note": request.form.get("note", "")})
    batch = run(service.accept, typed.chosen, by=me().id, at=now(), on=today(), note=typed.note)
    flash(_("Batch %(number)s is made. Compute its cut plans next.", number=batch.number), "done")
    return redirect(url_for(".batch_show", batch_id=batch.id), 303)


@bp.get("/proposals/")
@requires("mes.planning.read")
def proposal_list() -> ResponseReturnValue:
    """Show what could be cut together: lots by key, urgent ones in a lane of their own; and what is made again."""
    session = read()
    proposals = propose(lots.waiting(session), today())
    lane = next((one for one in Lane if one.value == request.args.get("view")), None)
    shown = [one for one in proposals if lane in (None, one.lane)]
    name = request.args.get("sort", "").removeprefix("-")
    if name in PROPOSAL_SORTS:
        shown.sort(key=PROPOSAL_SORTS[name], reverse=request.args["sort"].startswith("-"))
    return render_template(
        "mes/planning/proposal_list.html",
        proposals=shown,
        lane=lane,
        counts={one.value: sum(row.lane is one for row in proposals) for one in Lane},
        urgent_share=urgent_share(proposals),
        urgent_most=URGENT_SHARE_MOST,
        shown_panels=_panels(service.QUEUE, 0),
    )


@bp.post("/orders/<int:order_id>/rush")
@requires("mes.planning.write")
def rush_put(order_id: int) -> ResponseReturnValue:
    """Say that an order is wanted before the others, and why."""
    run(service.put_rush, order_id, parse(RushForm, request.form).reason, by=me().id, at=now())
    flash(_("It goes into the urgent lane."), "done")
    return redirect(url_for(".proposal_list"), 303)


@bp.post("/orders/<int:order_id>/rush/end")
@requires("mes.planning.write")
def rush_end(order_id: int) -> ResponseReturnValue:
    """Take it back."""
    run(service.end_rush, order_id, by=me().id, at=now())
    flash(_("It queues as it is due."), "done")
    return redirect(url_for(".proposal_list"), 303)


@bp.get("/batches/<int:batch_id>/")
@requires("mes.planning.read")
def batch_show(batch_id: int) -> ResponseReturnValue:
    """Show one batch: its orders, and what other features have to say of it."""
    session = read()
    return render_template(
        "mes/planning/batch_show.html",
        page=queries.batch_page(session, batch_id),
        shown_panels=_panels(service.SUBJECT, batch_id),
    )


def _panels(subject: str, subject_id: int) -> list[tuple[str, Markup]]:
    """Return what other features show here: heading and contents."""
    return [
        (panel.title, Markup(render_template(panel.template, **panel.context)))  # noqa: S704  our template
        for panel in panels(subject, subject_id)
    ]


@due.get("/load/")
@requires(DUE)
def load_list() -> ResponseReturnValue:
    """Show how full the next days are, and which orders are late or at risk."""
    found = load.plant(read(), today())
    rows = load.at_risk(read(), today())
    return render_template(
        "mes/planning/load_list.html",
        classes=list(found.capacities),
        days=load.load_days(found, today(), LOAD_DAYS),
        late=[one for one in rows if Risk.LATE in one.reasons],
        at_risk=[one for one in rows if Risk.LATE not in one.reasons],
    )


@due.get("/capacity/")
@requires(DUE)
def capacity_list() -> ResponseReturnValue:
    """Show the classes with their capacity, and the calendar's exceptions."""
    return _capacity_page({}, {})


def _capacity_page(typed: Mapping[str, Any], errors: Mapping[str, str]) -> ResponseReturnValue:
    known = {(one.kind, one.finish): one for one in load.capacities(read())}
    page = render_template(
        "mes/planning/capacity_list.html",
        classes=[(one, known.get((one.kind, one.finish))) for one in load.classes_of_catalogue(read())],
        days=load.calendar_days(read(), today()),
        day_kinds=list(DayKind),
        typed=typed,
        errors=errors,
    )
    return page, 400 if errors else 200


@due.post("/capacity/")
@requires(CAPACITY)
def capacity_put() -> ResponseReturnValue:
    """Say what a class takes."""
    try:
        form = parse(CapacityForm, request.form)
    except InvalidInput as wrong:
        return _capacity_page(request.form, wrong.fields)
    run(service.put_capacity, form.kind, form.finish, form.capacity, by=me().id, at=now())
    flash(_("Saved."), "done")
    return redirect(url_for(".capacity_list"), 303)


@due.post("/calendar/")
@requires(CAPACITY)
def day_put() -> ResponseReturnValue:
    """Say that a day is worked otherwise."""
    try:
        form = parse(DayForm, request.form)
    except InvalidInput as wrong:
        return _capacity_page(request.form, wrong.fields)
    run(service.put_day, form.day_on, form.kind, form.note, by=me().id, at=now())
    flash(_("Saved."), "done")
    return redirect(url_for(".capacity_list"), 303)


@due.post("/orders/<int:order_id>/due")
@requires("erp.sales.write")
def due_set(order_id: int) -> ResponseReturnValue:
    """Promise an order for a day."""
    form = parse(DueForm, request.form)
    order = run(sales.set_due, order_id, form.due_on, version=form.version, by=me().id, at=now(), on=today())
    flash(_("%(number)s is promised for %(day)s.", number=order.number, day=day(order.due_on)), "done")
    return redirect(url_for("erp_sales.order_show", order_id=order_id), 303)


def _stage() -> BatchStage | None:
    """Return the stage that the list is narrowed to."""
    return next((stage for stage in BatchStage if stage.value == request.args.get("view")), None)
