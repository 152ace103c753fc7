"""Changing a set by hand before its release: sizes, material, a piece left out or added, a quantity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.errors import AppError, Conflict, InvalidInput, RuleViolation
from core.web.access import me, requires
from core.web.errors import status_of, text_of
from core.web.forms import parse
from core.work import read, run
from erp.catalogue.rules.document import Cut, Group
from erp.materials.rules import Grain
from erp.sales import service
from erp.sales.forms import LeaveOutForm, NeedForm, NewPieceForm, PieceForm, SeenForm
from erp.sales.queries import hand_edits as queries
from erp.sales.rules.states import UNRELEASED
from erp.sales.service import Place
from erp.sales.views.blueprint import EDIT_SET, READ, bp

SET = "/lines/<int:line_id>/sets/<int:position>"
NEW = "new"  # the word of the address that asks for the form of an added piece
F = TypeVar("F", bound=SeenForm)
KEPT = (InvalidInput, RuleViolation, Conflict)  # refused, with what was typed kept in the form


@bp.get(f"{SET}/")
@requires(READ)
def set_edit(line_id: int, position: int) -> ResponseReturnValue:
    """Show what a set is made of, by the rules and by hand; position 0 is all equal sets of the line."""
    return _page(line_id, position, request.args.get("piece", ""), None, None)


def _page(
    line_id: int, position: int, chosen: str, typed: Mapping[str, Any] | None, wrong: AppError | None
) -> ResponseReturnValue:
    """Render the page with the form of one piece; `typed` is what stands in it, `wrong` what was refused."""
    page = queries.set_page(read(), line_id, position)
    rows = {row.code: row for row in (*page.pieces, *page.requirements)}
    html = render_template(
        "erp/sales/set_edit.html",
        page=page,
        chosen=rows.get(chosen),
        is_new=chosen == NEW,
        is_editable=page.order.state in UNRELEASED and me().may(EDIT_SET) and bool(page.pieces),
        typed=typed,
        errors=wrong.fields if isinstance(wrong, InvalidInput) else {},
        refusal=None if wrong is None else text_of(wrong),
        groups=list(Group),
        cuts=list(Cut),
        grains=list(Grain),
    )
    return html, 200 if wrong is None else status_of(wrong)


def _done(line_id: int, position: int, code: str = "") -> ResponseReturnValue:
    flash(_("Changed by hand. It counts as a touch of the line; the price stays as it is."), "done")
    return redirect(url_for(".set_edit", line_id=line_id, position=position, piece=code or None))


def _edit(
    line_id: int, position: int, chosen: str, wanted: type[F], change: Callable[[F, Place], object]
) -> ResponseReturnValue | None:
    """Change a set as a form says; return the page with the form where that is refused."""
    try:
        form = parse(wanted, request.form)
        change(form, Place(line_id, position, form.version, form.seen))
    except KEPT as wrong:
        return _page(line_id, position, chosen, request.form, wrong)
    return None


@bp.post(f"{SET}/pieces/<code>")
@requires(EDIT_SET)
def piece_change(line_id: int, position: int, code: str) -> ResponseReturnValue:
    """Change sizes and material of a piece."""

    def change(form: PieceForm, place: Place) -> None:
        run(service.change_piece, place, code, form.wanted, form.reason, by=me().id, at=now())

    return _edit(line_id, position, code, PieceForm, change) or _done(line_id, position, code)


@bp.post(f"{SET}/pieces/<code>/leave-out")
@requires(EDIT_SET)
def piece_leave_out(line_id: int, position: int, code: str) -> ResponseReturnValue:
    """Leave a piece out, with what is built into it."""

    def change(form: LeaveOutForm, place: Place) -> None:
        run(service.leave_out, place, code, form.reason, by=me().id, at=now())

    return _edit(line_id, position, code, LeaveOutForm, change) or _done(line_id, position)


@bp.post(f"{SET}/pieces/")
@requires(EDIT_SET)
def piece_add(line_id: int, position: int) -> ResponseReturnValue:
    """Add a piece that no rule makes."""
    routes = {one.code: one.operations for one in queries.set_page(read(), line_id, position).document.routes}

    def change(form: NewPieceForm, place: Place) -> None:
        run(service.add_piece, place, form.piece(routes), form.reason, by=me().id, at=now())

    return _edit(line_id, position, NEW, NewPieceForm, change) or _done(line_id, position)


@bp.post(f"{SET}/needs/<code>")
@requires(EDIT_SET)
def need_change(line_id: int, position: int, code: str) -> ResponseReturnValue:
    """Change how much of hardware, band or glue a set needs."""

    def change(form: NeedForm, place: Place) -> None:
        run(service.change_need, place, code, form.quantity, form.reason, by=me().id, at=now())

    return _edit(line_id, position, code, NeedForm, change) or _done(line_id, position, code)


@bp.post(f"{SET}/edits/<int:edit_id>/confirm")
@requires(EDIT_SET)
def edit_confirm(line_id: int, position: int, edit_id: int) -> ResponseReturnValue:
    """Let a stale change by hand count on what the rules make now."""
    try:
        form = parse(SeenForm, request.form)
        run(service.confirm_edit, edit_id, form.version, form.seen, by=me().id, at=now())
    except KEPT as wrong:
        return _page(line_id, position, "", None, wrong)
    return _done(line_id, position)


@bp.post(f"{SET}/edits/<int:edit_id>/drop")
@requires(EDIT_SET)
def edit_drop(line_id: int, position: int, edit_id: int) -> ResponseReturnValue:
    """Let the rules count again."""
    try:
        form = parse(SeenForm, request.form)
        run(service.drop_edit, edit_id, form.version, by=me().id, at=now())
    except KEPT as wrong:
        return _page(line_id, position, "", None, wrong)
    flash(_("The change by hand is dropped; the rules count again."), "done")
    return redirect(url_for(".set_edit", line_id=line_id, position=position))
