"""Pages of the cohort: give out one's own figures, look at several factories' beside each other."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.errors import InvalidInput
from core.web.access import me, requires
from core.web.answers import download
from core.web.errors import text_of
from core.web.forms import parse
from core.web.templating import today, zone
from core.work import read, run
from mes.cohort import service
from mes.cohort.forms import PeriodForm
from mes.cohort.rules import (
    FILES_AT_MOST,
    Export,
    NotAnExport,
    Row,
    Tampered,
    TooMany,
    export_text,
    latest,
    read_export,
    together,
)
from mes.efficiency.queries.baselines import Judged, judged
from mes.efficiency.queries.window import calendar_of
from mes.efficiency.rules.baselines import DEFINITION

bp = Blueprint("mes_cohort", __name__)
READ = "mes.cohort.read"
USUAL_DAYS = 28


@bp.get("/")
@requires(READ)
def cohort_show() -> ResponseReturnValue:
    """Ask for files to compare, and offer one's own."""
    return _page((), (), 200)


def _page(exports: Iterable[Export], refused: Iterable[str], status: int, **over: Any) -> ResponseReturnValue:
    kept, passed_over = latest(exports)
    context = {
        "exports": kept,
        "passed_over": passed_over,
        "all": together(kept),
        "refused": tuple(refused),
        "first": today() - timedelta(days=USUAL_DAYS - 1),
        "last": today(),
        "errors": {},
        "definitions": {one.definition for one in kept},
    }
    return render_template("mes/cohort/cohort_show.html", **(context | over)), status


@bp.post("/")
@requires(READ)
def cohort_compare() -> ResponseReturnValue:
    """Show several factories' exports beside each other; a file that does not hold is refused by name."""
    files = [file for file in request.files.getlist("files") if file.filename]
    if not files:
        return _page((), (), 400, errors={"files": _("Choose the files of the factories.")})
    if len(files) > FILES_AT_MOST:
        wrong = TooMany(limit=FILES_AT_MOST, count=len(files))
        return _page((), (), 422, errors={"files": text_of(wrong)})
    exports, refused = [], []
    for file in files:
        try:
            exports.append(read_export(file.read(), file.filename or ""))
        except (NotAnExport, Tampered) as wrong:
            refused.append(text_of(wrong))
    return _page(exports, refused, 422 if refused else 200)


@bp.post("/export.json")
@requires(READ)
def cohort_export() -> ResponseReturnValue:
    """Answer the factory's figures of some days, signed and without any name."""
    try:
        form = parse(PeriodForm, request.form)
    except InvalidInput as wrong:
        return _page(
            (), (), 400, errors=wrong.fields, first=request.form.get("first"), last=request.form.get("last")
        )
    first, last = sorted((form.first, form.last))
    found = judged(read(), calendar_of(first, last, zone()), at=now())
    key = run(service.signing_key, by=me().id, at=now())
    text = export_text(key, DEFINITION, first, last, _rows(found))
    return download(text.encode(), "application/json", f"mortise-cohort-{first}-{last}.json")


def _rows(found: Judged) -> Iterable[Row]:
    for figure in found.report.figures:
        change = found.changes.get(figure.metric)
        told = (
            {}
            if change is None
            else {name: getattr(change, name) for name in ("before", "change", "low", "high")}
        )
        grade = "" if change is None else change.grade
        yield Row(figure.metric, figure.value, figure.sample, figure.standing.value, grade=grade, **told)
