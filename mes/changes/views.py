"""Pages of changes: cancelling sets, looking at what a change does and putting it in force, the versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.errors import AppError
from core.web.access import me, requires
from core.web.errors import shown, status_of, text_of
from core.web.lists import export
from core.web.templating import label, mm, named, today
from core.work import read, run
from erp.catalogue.rules.document import DimBasis, Handing
from erp.sales.queries.offer import Offer, offer
from erp.sales.rules.amending import NotAmendable
from erp.sales.rules.issues import Field
from erp.sales.rules.states import OrderState
from mes.changes import forms, queries, service
from mes.changes.queries import changing, history
from mes.changes.rules import Cancelling
from mes.changes.rules.changing import REASONS

bp = Blueprint("mes_changes", __name__)
CHANGE, READ = "mes.splitting.change", "mes.splitting.read"


@bp.get("/orders/<int:order_id>/cancel")
@requires(CHANGE)
def cancel_form(order_id: int) -> ResponseReturnValue:
    """Show what has become of every set and piece, and what would become void."""
    return _cancel_page(order_id)


@bp.post("/orders/<int:order_id>/cancel")
@requires(CHANGE)
def cancel(order_id: int) -> ResponseReturnValue:
    """Cancel the chosen sets; a refusal shows the page anew with what was chosen and typed."""
    asked = forms.cancelling(request.form)
    try:
        done = run(service.cancel, order_id, asked, by=me().id, at=now())
    except AppError as refused:
        return _cancel_page(order_id, asked, refused), status_of(refused)
    flash(_("%(count)s door sets are cancelled.", count=done.set_count), "done")
    if done.package_numbers:
        flash(_("Void packages: %(numbers)s.", numbers=", ".join(done.package_numbers)), "done")
    if done.state is OrderState.CANCELLED:
        flash(_("Nothing is left of the order: it is cancelled."), "done")
    return redirect(url_for("erp_sales.order_show", order_id=order_id))


def _cancel_page(order_id: int, asked: Cancelling | None = None, refused: AppError | None = None) -> str:
    page = queries.page(read(), order_id)
    chosen = set(asked.set_ids) if asked else set()
    reason = asked.reason if asked else ""
    return render_template(
        "mes/changes/cancel.html", page=page, chosen=chosen, reason=reason, refused=refused
    )


# --- a change -----------------------------------------------------------------


@bp.get("/orders/<int:order_id>/change")
@requires(CHANGE)
def change_form(order_id: int) -> ResponseReturnValue:
    """Show what the change that was typed does: line by line, set by set, piece by piece."""
    return _change_page(order_id, {})


@bp.post("/orders/<int:order_id>/change")
@requires(CHANGE)
def change(order_id: int) -> ResponseReturnValue:
    """Put the change in force as it was looked at; a refusal shows what it does now, with the reason as typed."""
    asked = forms.changing(request.form)
    try:
        plan = changing.plan(read(), order_id, me().id, today())
        done = run(service.change, plan, asked, by=me().id, at=now(), on=today())
    except AppError as refused:
        return _change_page(order_id, request.form, refused)
    flash(_("Version %(version)s is in force.", version=done.release.version), "done")
    for box in done.opened:
        facts = {"package": f"{shown(box.name)} {box.number}", "place": box.place or "–"}
        flash(_("Open package %(package)s, it lies at: %(place)s.") % facts, "attn")
    return redirect(url_for(".version_list", order_id=order_id))


def _words(offered: Offer) -> dict[str, str]:
    """Return what the kept values of a line are called: models, colours, handings, choices."""
    options = [one for model in offered.doors.values() for one in model.document.options]
    return {
        **{one.value: label(one) for one in (*Handing, *DimBasis)},
        **{code: named(one.door) for code, one in offered.doors.items()},
        **{code: named(one) for code, one in offered.colours.items()},
        **{value.code: named(value.name) for one in options for value in one.values},
    }


def _titles(offered: Offer) -> dict[str, str]:
    """Return what the fields of a line are called, further options among them."""
    options = [one for model in offered.doors.values() for one in model.document.options]
    return {one.code: named(one.name) for one in options} | {one.value: label(one) for one in Field}


def _change_page(
    order_id: int, typed: Mapping[str, str], refused: AppError | None = None
) -> ResponseReturnValue:
    try:
        plan = changing.plan(read(), order_id, me().id, today())
    except NotAmendable as wrong:
        flash(text_of(refused or wrong), "attn")
        return redirect(url_for("erp_sales.order_show", order_id=order_id))
    offered = offer(read())
    html = render_template(
        "mes/changes/change.html",
        plan=plan,
        draft=plan.draft,
        order=plan.draft.order,
        typed=typed,
        refused=refused,
        reasons=REASONS,
        titles=_titles(offered),
        words=_words(offered),
        sees_prices=plan.draft.is_priced and me().may("erp.sales.prices"),
        latest=history.latest(read(), order_id),
    )
    return html, 200 if refused is None else status_of(refused)


# --- versions -------------------------------------------------------------------


@bp.get("/orders/<int:order_id>/versions")
@requires(READ)
def version_list(order_id: int) -> ResponseReturnValue:
    """Show every version of an order: who, when, why, and what it did."""
    offered = offer(read())
    return render_template(
        "mes/changes/version_list.html",
        page=history.history(read(), order_id),
        titles=_titles(offered),
        words=_words(offered),
        sees_prices=me().may("erp.sales.prices"),
    )


@bp.get("/orders/<int:order_id>/versions.xlsx")
@requires(READ)
def version_export(order_id: int) -> Response:
    """Give what became of every piece, version by version, as a spreadsheet."""
    page = history.history(read(), order_id)
    rows = [piece for one in reversed(page.versions) for piece in one.pieces]
    columns = {
        _("Version"): lambda row: row.version,
        _("Door set"): lambda row: row.set_number,
        _("Room"): lambda row: row.room,
        _("Piece"): lambda row: named(row.piece),
        _("Code"): lambda row: row.piece.rule_code,
        _("What becomes of it"): lambda row: label(row.fate),
        _("Was"): lambda row: label(row.stage) if row.stage else "",
        _("Old label"): lambda row: row.old.code or "" if row.old else "",
        _("New label"): lambda row: row.new.code or "" if row.new else "",
        _("Old size, mm"): lambda row: _size(row.old_sides),
        _("New size, mm"): lambda row: _size(row.new_sides),
    }
    name = _("%(number)s versions.xlsx", number=page.order.number)
    return export(name, columns, rows)


def _size(sides: Sequence[Decimal]) -> str:
    return " × ".join(mm(side) for side in sides)
