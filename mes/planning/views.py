"""Pages of planning: batches."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from core.clock import now
from core.web.access import me, requires
from core.web.forms import parse
from core.web.lists import export, paged
from core.web.menu import panels
from core.web.templating import day, label, today
from core.work import read, run
from mes.planning import queries, service
from mes.planning.forms import NewBatch
from mes.planning.model import Batch
from mes.planning.rules import BatchState

bp = Blueprint("mes_planning", __name__)
EXPORT_MOST = 10_000


@bp.get("/batches/")
@requires("mes.planning.read")
def batch_list() -> ResponseReturnValue:
    """List the batches, the newest first."""
    session, state = read(), _state()
    rows = queries.batch_rows(request.args.get("q", "").strip(), state)
    sorts = {"number": Batch.id, "due": Batch.due_on, "created": Batch.created_at, "state": Batch.state}
    return render_template(
        "mes/planning/batch_list.html",
        page=paged(session, rows, sorts, default="-number"),
        state=state,
        counts=queries.state_counts(session),
        waiting_count=len(queries.candidates(session)),
    )


@bp.get("/batches/export.xlsx")
@requires("mes.planning.read")
def batch_export() -> ResponseReturnValue:
    """Answer the list of batches as a spreadsheet."""
    rows = queries.batch_rows(request.args.get("q", "").strip(), _state()).order_by(Batch.id.desc())
    columns = {
        _("Batch"): lambda row: row[0].number,
        _("Due"): lambda row: day(row[0].due_on),
        _("Orders"): lambda row: row[1],
        _("Sets"): lambda row: row[2],
        _("State"): lambda row: label(row[0].state),
        _("Note"): lambda row: row[0].note,
    }
    return export("batches.xlsx", columns, read().execute(rows.limit(EXPORT_MOST)).all())


@bp.get("/batches/new")
@requires("mes.planning.write")
def batch_new() -> ResponseReturnValue:
    """Offer the released orders that are in no batch."""
    return render_template("mes/planning/batch_new.html", orders=queries.candidates(read()))


@bp.post("/batches/")
@requires("mes.planning.write")
def batch_create() -> ResponseReturnValue:
    """Make a batch of the chosen orders."""
    typed = parse(
        NewBatch, {"order_id": request.form.getlist("order_id"), "note": request.form.get("note", "")}
    )
    batch = run(service.create_batch, typed.order_id, by=me().id, at=now(), on=today(), note=typed.note)
    flash(_("Batch %(number)s is made. Compute its cut plans next.", number=batch.number), "done")
    return redirect(url_for(".batch_show", batch_id=batch.id), 303)


@bp.get("/batches/<int:batch_id>/")
@requires("mes.planning.read")
def batch_show(batch_id: int) -> ResponseReturnValue:
    """Show one batch: its orders, and what other features have to say of it."""
    session = read()
    return render_template(
        "mes/planning/batch_show.html",
        page=queries.batch_page(session, batch_id),
        shown_panels=[
            (panel.title, Markup(render_template(panel.template, **panel.context)))  # noqa: S704  our template
            for panel in panels(service.SUBJECT, batch_id)
        ],
    )


def _state() -> BatchState | None:
    """Return the state that the list is narrowed to."""
    return next((state for state in BatchState if state.value == request.args.get("view")), None)
