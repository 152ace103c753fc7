"""Entering lines: add, amend, copy, remove; nothing typed is lost."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.errors import InvalidInput
from core.web.access import me, requires
from core.web.errors import text_of
from core.web.forms import parse
from core.work import run
from erp.sales import service
from erp.sales.forms import LineForm
from erp.sales.rules.orders import DoorUnknown, LineMoved
from erp.sales.views.blueprint import WRITE, bp
from erp.sales.views.orders import show


@bp.post("/orders/<int:order_id>/lines/")
@requires(WRITE)
def line_add(order_id: int) -> ResponseReturnValue:
    """Add a line, then show the form of the next one."""
    try:
        entry = parse(LineForm, request.form).entry(request.form)
        line = run(service.add_line, order_id, entry, by=me().id, at=now())
    except InvalidInput as wrong:
        return show(order_id, "new", request.form, wrong.fields)
    except DoorUnknown as wrong:
        return show(order_id, "new", request.form, {"door_code": text_of(wrong)})
    flash(_("Line %(position)s is added.", position=line.position), "done")
    return redirect(url_for(".order_show", order_id=order_id, line="new"))


@bp.post("/orders/<int:order_id>/lines/<int:line_id>/")
@requires(WRITE)
def line_amend(order_id: int, line_id: int) -> ResponseReturnValue:
    """Change a line."""
    try:
        form = parse(LineForm, request.form)
        entry = form.entry(request.form)
        run(service.amend_line, order_id, line_id, entry, by=me().id, at=now(), seen=form.seen)
    except InvalidInput as wrong:
        return show(order_id, str(line_id), request.form, wrong.fields)
    except DoorUnknown as wrong:
        return show(order_id, str(line_id), request.form, {"door_code": text_of(wrong)})
    except LineMoved as wrong:
        return show(order_id, str(line_id), request.form, {"line": text_of(wrong)})
    flash(_("Saved."), "done")
    return redirect(url_for(".order_show", order_id=order_id, line=line_id))


@bp.post("/orders/<int:order_id>/lines/<int:line_id>/copy")
@requires(WRITE)
def line_copy(order_id: int, line_id: int) -> ResponseReturnValue:
    """Repeat a line at the end."""
    line = run(service.copy_line, order_id, line_id, by=me().id, at=now())
    flash(_("Line %(position)s is added.", position=line.position), "done")
    return redirect(url_for(".order_show", order_id=order_id, line=line.id))


@bp.post("/orders/<int:order_id>/lines/<int:line_id>/remove")
@requires(WRITE)
def line_remove(order_id: int, line_id: int) -> ResponseReturnValue:
    """Remove a line."""
    run(service.remove_line, order_id, line_id, by=me().id, at=now())
    flash(_("The line is removed."), "done")
    return redirect(url_for(".order_show", order_id=order_id))
