"""Pages of changes."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.errors import AppError
from core.web.access import me, requires
from core.web.errors import status_of
from core.work import read, run
from erp.sales.rules.states import OrderState
from mes.changes import forms, queries, service
from mes.changes.rules import Cancelling

bp = Blueprint("mes_changes", __name__)
CHANGE = "mes.splitting.change"


@bp.get("/orders/<int:order_id>/cancel")
@requires(CHANGE)
def cancel_form(order_id: int) -> ResponseReturnValue:
    """Show what has become of every set and piece, and what would become void."""
    return _page(order_id)


@bp.post("/orders/<int:order_id>/cancel")
@requires(CHANGE)
def cancel(order_id: int) -> ResponseReturnValue:
    """Cancel the chosen sets; a refusal shows the page anew with what was chosen and typed."""
    asked = forms.cancelling(request.form)
    try:
        done = run(service.cancel, order_id, asked, by=me().id, at=now())
    except AppError as refused:
        return _page(order_id, asked, refused), status_of(refused)
    flash(_("%(count)s door sets are cancelled.", count=done.set_count), "done")
    if done.package_numbers:
        flash(_("Void packages: %(numbers)s.", numbers=", ".join(done.package_numbers)), "done")
    if done.state is OrderState.CANCELLED:
        flash(_("Nothing is left of the order: it is cancelled."), "done")
    return redirect(url_for("erp_sales.order_show", order_id=order_id))


def _page(order_id: int, asked: Cancelling | None = None, refused: AppError | None = None) -> str:
    page = queries.page(read(), order_id)
    chosen = set(asked.set_ids) if asked else set()
    reason = asked.reason if asked else ""
    return render_template(
        "mes/changes/cancel.html", page=page, chosen=chosen, reason=reason, refused=refused
    )
