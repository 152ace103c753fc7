"""Pages of printing: what is being printed, and the printers."""

from __future__ import annotations

import secrets

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.errors import InvalidInput, NotFound
from core.pdf.labels import Label, LabelSize, Qr, TextBox, render_labels
from core.printing import answers, queries, service
from core.printing.forms import PrinterForm
from core.printing.model import Printer
from core.printing.rules import Language, PrintState
from core.web.access import me, requires
from core.web.forms import parse
from core.work import read, run

bp = Blueprint("core_printing", __name__)
USE, MANAGE = "core.printing.use", "core.printing.manage"
USUAL = {"port": 9100, "dots_per_mm": 8, "gap_mm": 2, "is_answering": True, "is_active": True}


@bp.get("/")
@requires(USE)
def job_list() -> ResponseReturnValue:
    """List what is printed now and was printed lately, and the printers."""
    session = read()
    return render_template(
        "core/printing/job_list.html",
        jobs=queries.jobs(session),
        printers=queries.printers(session),
        states=PrintState,
    )


@bp.post("/jobs/<int:job_id>/answer")
@requires(USE)
def job_answer(job_id: int) -> ResponseReturnValue:
    """Go on after somebody has looked whether the label came out."""
    run(service.answer, job_id, came_out=request.form.get("came_out") == "1", at=now())
    return redirect(url_for(".job_list"), 303)


@bp.post("/jobs/<int:job_id>/cancel")
@requires(USE)
def job_cancel(job_id: int) -> ResponseReturnValue:
    """Print nothing more of a job."""
    run(service.cancel, job_id, at=now())
    return redirect(url_for(".job_list"), 303)


@bp.get("/printers/new")
@requires(MANAGE)
def printer_new() -> ResponseReturnValue:
    """Show the form of a new printer."""
    return _form(USUAL, {}, None)


@bp.post("/printers/new")
@requires(MANAGE)
def printer_add() -> ResponseReturnValue:
    """Set a printer up."""
    return _put(None)


@bp.get("/printers/<int:printer_id>")
@requires(MANAGE)
def printer_show(printer_id: int) -> ResponseReturnValue:
    """Show a printer's settings."""
    row = _printer(printer_id)
    return _form({name: getattr(row, name) for name in PrinterForm.model_fields}, {}, row)


@bp.post("/printers/<int:printer_id>")
@requires(MANAGE)
def printer_change(printer_id: int) -> ResponseReturnValue:
    """Change a printer's settings."""
    return _put(_printer(printer_id))


@bp.post("/printers/<int:printer_id>/test")
@requires(MANAGE)
def printer_test(printer_id: int) -> ResponseReturnValue:
    """Print a label that shows whether size, place and Chinese are right."""
    row = _printer(printer_id)
    side = min(row.width_mm, row.height_mm) - 8
    items = (
        TextBox(2, 2, row.width_mm - 4, 6, f"榫 Mortise {row.name} {row.width_mm}×{row.height_mm} mm", 4),
        Qr(2, 8, side, f"MORTISE {row.id}"),
    )
    content = render_labels(LabelSize(row.width_mm, row.height_mm), [Label(items)], row.name).content
    run(service.queue, row.id, _("Test label"), content, secrets.token_hex(), by=me().id, at=now())
    flash(_("A test label is on its way to %(name)s.", name=row.name), "done")
    return redirect(url_for(".job_list"), 303)


def _printer(printer_id: int) -> Printer:
    row = read().get(Printer, printer_id)
    if row is None:
        raise NotFound
    return row


def _put(row: Printer | None) -> ResponseReturnValue:
    try:
        form = parse(PrinterForm, request.form)
    except InvalidInput as wrong:
        return _form(request.form, wrong.fields, row), 400
    saved = run(service.put_printer, row.id if row else None, form.entry(), by=me().id, at=now())
    flash(_("%(name)s is set up. Print a test label.", name=saved.name), "done")
    return redirect(url_for(".printer_show", printer_id=saved.id), 303)


def _form(values: object, errors: dict[str, str], row: Printer | None) -> str:
    return render_template(
        "core/printing/printer_form.html", values=values, errors=errors, printer=row, languages=Language
    )


def init_app(app: Flask) -> None:
    """Let templates offer printers; a key makes a button print once, however often it is pressed."""
    app.jinja_env.globals.update(printers=answers.choices, print_key=secrets.token_hex)
