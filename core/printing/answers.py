"""Labels as an answer: shown as a PDF, or printed on the printer that was chosen."""

from __future__ import annotations

from flask import flash, g, redirect, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.printing import queries, service
from core.printing.forms import PrintForm
from core.printing.model import Printer
from core.web.access import me
from core.web.answers import pdf
from core.web.forms import parse
from core.web.registry import registry
from core.work import read, run

LAST = "printer"  # in the cookie: the printer that was used last


def labels(content: bytes, name: str) -> ResponseReturnValue:
    """Answer labels as a PDF; a POST that names a printer has them printed there, once, and leads back."""
    if request.method != "POST":
        return pdf(content, name)
    form = parse(PrintForm, request.form)
    job = run(service.queue, form.printer, name.removesuffix(".pdf"), content, form.key, by=me().id, at=now())
    cookie[LAST] = form.printer
    flash(
        _("%(name)s: labels are being printed, %(count)s in all.", name=job.name, count=job.page_count),
        "done",
    )
    is_ours = form.next.startswith("/") and not form.next.startswith("//")
    return redirect(form.next if is_ours else url_for("core_printing.job_list"), 303)


def choices() -> list[Printer]:
    """Return the printers in service, the one of this place first (a template global)."""
    if "printers" not in g:
        first = registry().printer_here(read()) or cookie.get(LAST)
        found = [one for one in queries.printers(read()) if one.is_active]
        g.printers = sorted(found, key=lambda one: one.id != first)
    chosen: list[Printer] = g.printers
    return chosen
