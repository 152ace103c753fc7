"""Papers, lists and machine codes: each page reads what is asked for and answers a file or a form.

The papers of an order, a batch, some orders or everything on the floor stand under one address: `?order=…`,
`?batch=…`, `?orders=SO2611-0042,SO2611-0043` or `?floor=1`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import undefer

from core.clock import now
from core.company.views import company
from core.errors import AppError, InvalidInput, NotFound
from core.files.model import File
from core.jobs.model import Job
from core.web import answers
from core.web.access import me, requires
from core.web.errors import text_of
from core.web.forms import parse
from core.web.lists import export
from core.web.templating import day, label, local, named
from core.work import read, run
from erp.catalogue.rules.sharing import is_shared
from mes.planning import queries as planning
from mes.production.queries import all_operation_names
from mes.worksheets import pdf, queries, service
from mes.worksheets.forms import CodeForm
from mes.worksheets.rules import (
    PAGES_AT_ONCE,
    NothingToPrint,
    PaperKind,
    Scope,
    TooManyPages,
    read_template,
    tables_text,
)

bp = Blueprint("mes_worksheets", __name__)
READ, WRITE = "mes.worksheets.read", "mes.worksheets.write"
LANGUAGES = {"zh": "zh_Hans_CN", "en": "en"}
CSV = "text/csv; charset=utf-8"


def _wanted() -> tuple[Scope, str, str | None]:
    """Return what the address names, what it is called together, and a batch's code."""
    session, batch_id = read(), request.values.get("batch", type=int)
    if batch_id is not None:
        batch = planning.batch_page(session, batch_id)
        scope = Scope(tuple(order.id for order in batch.orders), batch_id)
        return scope, batch.batch.number, batch.batch.code
    if request.values.get("floor"):
        return Scope(tuple(queries.orders_on_floor(session))), _("All orders on the floor"), None
    order_id = request.values.get("order", type=int)
    if order_id is not None:
        return Scope((order_id,)), queries.number_of(session, order_id), None
    numbers = [one.strip() for one in request.values.get("orders", "").upper().split(",") if one.strip()]
    ids = queries.orders_named(session, numbers)
    subject = (
        numbers[0]
        if len(numbers) == 1
        else _("%(number)s and %(count)s more", number=numbers[0], count=len(numbers) - 1)
    )
    return Scope(tuple(ids)), subject, None


def _kind() -> PaperKind:
    found = next((kind for kind in PaperKind if kind.value == request.values.get("kind")), None)
    if found is None:
        raise NotFound
    return found


def _locale() -> str:
    return LANGUAGES.get(request.values.get("language", ""), str(get_locale()))


def _printed() -> str:
    with force_locale(_locale()):
        text: str = _("Printed %(moment)s, %(name)s", moment=local(now()), name=me().name)
    return text


@bp.get("/paper.pdf")
@requires(READ)
def paper_pdf() -> ResponseReturnValue:
    """Answer a paper as PDF; one of more than two hundred pages is refused and prepared by a POST."""
    (scope, subject, code), kind = _wanted(), _kind()
    operation = request.args.get("operation", "")
    sheet = queries.sheet(read(), kind, scope, operation)
    pages = queries.page_count(sheet, kind)
    if pages > PAGES_AT_ONCE:
        raise TooManyPages(pages=pages, most=PAGES_AT_ONCE)
    printing = pdf.Printing(company().named(_locale().startswith("zh")), _printed(), subject, _locale(), code)
    printed = pdf.draw(kind, sheet, operation, printing)
    name = "-".join(filter(None, (subject, kind.value, operation)))
    return answers.pdf(printed.content, f"{name}.pdf")


@bp.post("/papers")
@requires(READ)
def paper_prepare() -> ResponseReturnValue:
    """Have a long paper drawn in the background and show how far it is."""
    (scope, subject, _code), kind = _wanted(), _kind()
    operation = request.form.get("operation", "")
    queries.sheet(read(), kind, scope, operation)  # refuses at once what would come out empty
    paper = run(
        service.prepare,
        kind,
        scope,
        operation=operation,
        subject=subject,
        locale=_locale(),
        printed=_printed(),
        by=me().id,
        at=now(),
    )
    return redirect(url_for(".paper_show", paper_id=paper.id), 303)


@bp.get("/papers/<int:paper_id>/")
@requires(READ)
def paper_show(paper_id: int) -> ResponseReturnValue:
    """Show how far a paper of the background is, and where it can be taken."""
    paper = queries.paper(read(), paper_id)
    return render_template(
        "mes/worksheets/paper_show.html", paper=paper, job=read().get_one(Job, paper.job_id)
    )


@bp.get("/papers/<int:paper_id>/paper.pdf")
@requires(READ)
def paper_file(paper_id: int) -> ResponseReturnValue:
    """Answer a paper that was drawn in the background. Raises NotFound while it is not."""
    paper = queries.paper(read(), paper_id)
    file = read().scalar(select(File).where(File.id == paper.file_id).options(undefer(File.content)))
    if file is None:
        raise NotFound
    return answers.pdf(file.content, file.name)


# --- lists to take away -------------------------------------------------------


@bp.get("/pieces.xlsx")
@requires(READ)
def piece_export() -> ResponseReturnValue:
    """Answer every live piece of an order or a batch as a spreadsheet; `?only=cut` those that are sawn."""
    scope, subject, _code = _wanted()
    is_cut_list = request.args.get("only") == "cut"
    rows = [row for row in queries.all_pieces(read(), scope) if row[0].cut_length_mm or not is_cut_list]
    columns: dict[str, Any] = {
        _("Order"): lambda row: row[2].number,
        _("Set"): lambda row: row[1].number,
        _("Room"): lambda row: row[1].room,
        _("Label"): lambda row: row[0].code,
        _("Piece"): lambda row: named(row[0]),
        _("Material"): lambda row: named(row[3]) if row[3] else None,
        _("Material code"): lambda row: row[3].code if row[3] else None,
        _("Count"): lambda row: row[0].part_count,
        _("Length, mm"): lambda row: row[0].length_mm,
        _("Width, mm"): lambda row: row[0].width_mm,
        _("Thickness, mm"): lambda row: row[0].thickness_mm,
        _("Cut length, mm"): lambda row: row[0].cut_length_mm,
        _("Cut width, mm"): lambda row: row[0].cut_width_mm,
        _("Grain"): lambda row: label(row[0].grain),
        _("Edges"): lambda row: row[0].edges,
        _("Mitre"): lambda row: row[0].mitre,
        _("Machining"): lambda row: row[0].machining,
        _("Route"): lambda row: " ".join(row[0].route),
        _("By hand"): lambda row: row[4],
        _("State"): lambda row: label(row[0].state),
        _("Due"): lambda row: day(row[2].due_on),
    }
    return export(f"{subject}-{'cut' if is_cut_list else 'pieces'}.xlsx", columns, rows)


@bp.get("/requirements.xlsx")
@requires(READ)
def requirement_export() -> ResponseReturnValue:
    """Answer what the sets of an order or a batch need beside their pieces as a spreadsheet."""
    scope, subject, _code = _wanted()
    columns: dict[str, Any] = {
        _("Set"): lambda row: row[2].number,
        _("Room"): lambda row: row[2].room,
        _("Material code"): lambda row: row[1].code,
        _("Material"): lambda row: named(row[1]),
        _("Quantity"): lambda row: row[0].needed_qty,
        _("Unit"): lambda row: label(row[1].unit_code),
    }
    return export(f"{subject}-requirements.xlsx", columns, queries.all_requirements(read(), scope))


@bp.get("/packages.xlsx")
@requires(READ)
def package_export() -> ResponseReturnValue:
    """Answer the planned packages of an order or a batch, a row for each piece in them."""
    scope, subject, _code = _wanted()
    rows = queries.package_rows(read(), scope)
    is_chinese = str(get_locale()).startswith("zh")
    columns: dict[str, Any] = {
        _("Set"): lambda row: row[0].number,
        _("Room"): lambda row: row[0].room,
        _("Package"): lambda row: (
            row[1]["name"] if is_chinese or not row[1]["name_en"] else row[1]["name_en"]
        ),
        _("Number in set"): lambda row: "" if is_shared(row[1]["index"]) else row[1]["index"],
        _("Piece"): lambda row: row[2],
    }
    return export(f"{subject}-packages.xlsx", columns, rows)


@bp.get("/machine-codes.csv")
@requires(READ)
def machine_csv() -> ResponseReturnValue:
    """Answer the machine codes of one operation, a line for each piece and machine; a fault stands in its line."""
    scope, subject, _code = _wanted()
    operation = request.args.get("operation", "")
    file = io.StringIO()
    lines = csv.writer(file)
    lines.writerow([_("Label"), _("Set"), _("Piece"), _("Machine"), _("Machine code"), _("Fault")])
    for piece in queries.operation_sheet(read(), scope, operation).pieces:
        for stamp in piece.stamps:
            fault = text_of(stamp.fault) if stamp.fault else ""
            lines.writerow(
                [piece.code, piece.set_number, named(piece.name), named(stamp.name), stamp.text, fault]
            )
    return answers.download(file.getvalue().encode("utf-8-sig"), CSV, f"{subject}-{operation}.csv")


@bp.get("/machine-codes.pdf")
@requires(READ)
def machine_labels() -> ResponseReturnValue:
    """Answer the machine codes of one operation as labels, in the factory's language. Raises NothingToPrint."""
    scope, subject, _code = _wanted()
    operation = request.args.get("operation", "")
    pieces = [one for one in queries.operation_sheet(read(), scope, operation).pieces if one.stamps]
    if not pieces:
        raise NothingToPrint
    name = f"{subject}-{operation}-codes.pdf"
    return answers.pdf(pdf.draw_labels(pieces, name, current_app.config["LOCALE"]).content, name)


# --- machine codes ------------------------------------------------------------


@bp.get("/codes/")
@requires(READ)
def code_list() -> ResponseReturnValue:
    """List the templates of machine codes."""
    return render_template(
        "mes/worksheets/code_list.html", rows=queries.machine_codes(read()), names=all_operation_names(read())
    )


def _code_page(
    values: Mapping[str, Any], errors: Mapping[str, str], *, code_id: int | None = None, status: int = 200
) -> ResponseReturnValue:
    """Show the form with what the template makes of real pieces, or what is wrong with it."""
    shown, fault = [], ""
    try:
        typed = parse(CodeForm, {"name": "-", "code": "X", "length_max": "1", **dict(values)})
        entry = typed.entry
        template = read_template(entry.template, entry.tables, entry.alphabet, entry.length_max)
        shown = queries.preview(read(), template, entry.operation_code, entry.part_group)
    except InvalidInput:
        pass  # the fields say what is missing
    except AppError as wrong:
        fault = text_of(wrong)
    page = render_template(
        "mes/worksheets/code_form.html",
        values=values,
        errors=errors,
        fault=fault,
        shown=[(piece, stamp.text, text_of(stamp.fault) if stamp.fault else "") for piece, stamp in shown],
        code_id=code_id,
        names=all_operation_names(read()),
    )
    return page, status


def _kept(code_id: int | None) -> ResponseReturnValue:
    """Preview or keep what was typed; what is wrong is shown with it."""
    try:
        form = parse(CodeForm, request.form)
        if "preview" in request.form:
            return _code_page(request.form, {}, code_id=code_id)
        if code_id is None:
            row = run(service.add_code, form.entry, by=me().id, at=now())
        else:
            row = run(service.amend_code, code_id, form.entry, version=form.version, by=me().id, at=now())
    except InvalidInput as wrong:
        return _code_page(request.form, wrong.fields, code_id=code_id, status=400)
    except AppError as wrong:
        return _code_page(request.form, {"template": text_of(wrong)}, code_id=code_id, status=422)
    flash(_("The machine code %(code)s is kept.", code=row.code), "done")
    return redirect(url_for(".code_show", code_id=row.id), 303)


@bp.get("/codes/new")
@requires(WRITE)
def code_new() -> ResponseReturnValue:
    """Show an empty template."""
    return _code_page({"length_max": "60", "is_active": "true"}, {})


@bp.post("/codes/new")
@requires(WRITE)
def code_add() -> ResponseReturnValue:
    """Preview or take in a template."""
    return _kept(None)


@bp.get("/codes/<int:code_id>/")
@requires(READ)
def code_show(code_id: int) -> ResponseReturnValue:
    """Show a template and what it makes of real pieces."""
    row = queries.machine_code(read(), code_id)
    names = ("code", "name", "name_en", "operation_code", "part_group", "template", "alphabet", "version")
    values = {name: str(getattr(row, name)) for name in names}
    values |= {"length_max": str(row.length_max), "tables": tables_text(row.tables)}
    values |= {"is_active": "true" if row.is_active else ""}
    return _code_page(values, {}, code_id=code_id)


@bp.post("/codes/<int:code_id>/")
@requires(WRITE)
def code_amend(code_id: int) -> ResponseReturnValue:
    """Preview or keep a changed template."""
    return _kept(code_id)
