"""Pages of the second look: the list of what was drawn, the handheld that scans it, what came of it."""

from __future__ import annotations

import secrets

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.errors import InvalidInput, NotFound
from core.files.photos import JPEG, redraw
from core.files.service import keep
from core.web import lists
from core.web.access import me, requires
from core.web.forms import parse
from core.work import read, run
from mes.packing.forms import DrawForm, FinishForm
from mes.packing.queries import rechecks as queries
from mes.packing.rules import RecheckState
from mes.packing.service import rechecks as service
from mes.scanning import queries as scanning
from mes.scanning.rules import DEVICE_COOKIE, Block

bp = Blueprint("mes_packing_recheck", __name__)
READ, DRAW, LOOK = "mes.packing.read", "mes.packing.draw", "mes.packing.recheck"
SEED_BYTES = 8


@bp.get("/")
@requires(READ)
def recheck_list() -> ResponseReturnValue:
    """List the packages that were drawn, and what came of those that were looked into."""
    return _list({}, 200)


def _list(errors: dict[str, str], status: int) -> ResponseReturnValue:
    view = request.args.get("view", "open")
    page = lists.paged(read(), queries.rows(view), queries.SORTS, default="-id")
    counts = queries.counts(read())
    totals = {name: sum(counts.get(state, 0) for state in states) for name, states in queries.VIEWS.items()}
    return render_template(
        "mes/packing/recheck_list.html",
        page=page,
        view=view,
        totals=totals,
        candidate_count=len(queries.candidates(read())),
        errors=errors,
        Block=Block,
    ), status


@bp.get("/export.xlsx")
@requires(READ)
def recheck_export() -> ResponseReturnValue:
    """Answer the second looks of the list as a spreadsheet."""
    rows = read().execute(queries.rows(request.args.get("view", "open"))).all()
    columns = {
        _("Package code"): lambda row: row[1].code,
        _("Order"): lambda row: row.number,
        _("State"): lambda row: _(row[0].state.label),
        _("Packed by"): lambda row: row.packer,
        _("Looked at by"): lambda row: row.checker,
        _("Ended"): lambda row: row[0].ended_at,
        _("Right"): lambda row: "" if row[0].is_right is None else _("yes") if row[0].is_right else _("no"),
        _("Errors"): lambda row: " ".join(error["block"] for error in row[0].errors),
    }
    return lists.export("rechecks.xlsx", columns, rows)


@bp.post("/draw")
@requires(DRAW)
def recheck_draw() -> ResponseReturnValue:
    """Draw some packages at random."""
    try:
        form = parse(DrawForm, request.form)
    except InvalidInput as wrong:
        return _list(wrong.fields, 400)
    drawn = run(service.draw_packages, form.count, secrets.token_hex(SEED_BYTES), by=me().id, at=now())
    flash(
        _(
            "%(count)s packages are drawn out of %(total)s.",
            count=drawn.drawn_count,
            total=len(drawn.candidates),
        ),
        "done",
    )
    return redirect(url_for(".recheck_list"), 303)


@bp.get("/scan")
@requires(LOOK)
def recheck_scan() -> ResponseReturnValue:
    """Show the handheld's page: the package, then everything that lies in it."""
    device = request.args.get("device") or request.cookies.get(DEVICE_COOKIE, "")
    where = scanning.where(read(), device) if device else None
    waiting = read().execute(queries.rows("open").order_by(queries.SORTS["id"]).limit(8)).all()
    return render_template(
        "mes/packing/recheck_scan.html",
        device=device if where else "",
        lock_url=url_for("mes_production.lock", device=device) if where else "",
        waiting=waiting,
    )


@bp.get("/<int:recheck_id>/")
@requires(READ)
def recheck_show(recheck_id: int) -> ResponseReturnValue:
    """Show one second look: how to end it, or what came of it; never what belongs in before it is over."""
    return _page(recheck_id, {}, 200)


def _page(recheck_id: int, errors: dict[str, str], status: int) -> ResponseReturnValue:
    found = queries.one(read(), recheck_id)
    if found is None:
        raise NotFound
    is_mine = found[0].state is RecheckState.BEGUN and found[0].checked_by_id == me().id
    return render_template(
        "mes/packing/recheck_show.html",
        row=found,
        recheck=found[0],
        package=found[1],
        scanned=queries.scanned(read(), recheck_id),
        is_mine=is_mine and me().may(LOOK),
        errors=errors,
        Block=Block,
    ), status


@bp.post("/<int:recheck_id>/finish")
@requires(LOOK)
def recheck_finish(recheck_id: int) -> ResponseReturnValue:
    """End a second look and show what came of it."""
    try:
        form = parse(FinishForm, request.form)
    except InvalidInput as wrong:
        return _page(recheck_id, wrong.fields, 400)
    photo_id = sent_photo()
    found = run(service.finish, recheck_id, form.note, photo_id, by=me().id, at=now())
    flash(_("%(count)s things are wrong.", count=len(found)) if found else _("Everything is right."), "done")
    return redirect(url_for(".recheck_show", recheck_id=recheck_id), 303)


def sent_photo() -> int | None:
    """Keep the photo of a form, if one was sent, and return its id. Raises PhotoUnreadable."""
    sent = request.files.get("photo")
    if sent is None or not sent.filename:
        return None
    picture = redraw(sent.read())
    name = f"{now():%Y%m%d-%H%M%S}.jpg"
    return run(keep, name, JPEG, picture, by=me().id, at=now()).id
