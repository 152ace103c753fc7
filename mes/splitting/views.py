"""Pages of splitting."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.web.access import me, requires
from core.work import read, run_in_turn
from mes.splitting import queries, service

bp = Blueprint("mes_splitting", __name__)


@bp.post("/orders/<int:order_id>/release")
@requires("mes.splitting.release")
def order_release(order_id: int) -> ResponseReturnValue:
    """Check, split and freeze an order."""
    frozen = queries.prepare(read(), order_id)
    run_in_turn(service.release_in_slices(frozen, by=me().id, at=now()))
    flash(
        _(
            "%(number)s is released: %(sets)s door sets, %(pieces)s labelled pieces.",
            number=frozen.number,
            sets=frozen.set_count,
            pieces=frozen.tracked_count,
        ),
        "done",
    )
    return redirect(url_for("erp_sales.order_show", order_id=order_id))


@bp.get("/sets/<int:set_id>/")
@requires("mes.splitting.read")
def set_show(set_id: int) -> ResponseReturnValue:
    """Show one door set as a drawing with its pieces."""
    return render_template("mes/splitting/set_show.html", page=queries.set_page(read(), set_id))
