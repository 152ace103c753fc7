"""Pages of dealers' sheets: sent in, reviewed cell by cell, taken in as an order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.errors import AppError, InvalidInput
from core.web.access import me, requires
from core.web.errors import status_of, text_of
from core.web.forms import parse
from core.web.lists import paged
from core.web.templating import local, today
from core.work import read, run
from erp.catalogue.rules.document import DimBasis, Handing
from erp.parties import queries as parties
from erp.sales import service
from erp.sales.forms import UploadForm
from erp.sales.model import Import
from erp.sales.queries import imports as queries
from erp.sales.queries import lessons, questions
from erp.sales.queries.imports import Only, RowShown
from erp.sales.queries.offer import judged, offer, vocabulary
from erp.sales.rules.files import read_sheets
from erp.sales.rules.issues import Field
from erp.sales.rules.layout import FactName
from erp.sales.rules.lessons import COLUMN_FIELDS
from erp.sales.rules.lines import read_order
from erp.sales.rules.questions import About
from erp.sales.rules.review import read_action
from erp.sales.rules.vocabulary import PROFILES, Habits, Profile
from erp.sales.service import Upload
from erp.sales.views.blueprint import IMPORT, READ, bp
from erp.sales.views.lessons import GENERAL, meaning_text
from erp.sales.views.words import lock_values, offer_text, sentence, words_of_answers


@bp.get("/imports/")
@requires(READ)
def import_list() -> ResponseReturnValue:
    """List the sheets that came in."""
    sorts = {"new": Import.id, "state": Import.state}
    page = paged(read(), queries.import_rows(), sorts, default="-new")
    counts = questions.counts_of_imports(read(), [found.id for found, *_rest in page.rows])
    return render_template("erp/sales/import_list.html", page=page, asked_counts=counts)


def _upload_page(values: Mapping[str, Any], errors: Mapping[str, str], status: int) -> ResponseReturnValue:
    page = render_template(
        "erp/sales/import_new.html",
        values=values,
        errors=errors,
        dealers=parties.dealers(read()),
        profiles=list(Profile),
    )
    return page, status


@bp.get("/imports/new")
@requires(IMPORT)
def import_new() -> ResponseReturnValue:
    """Ask for a sheet."""
    return _upload_page({"dealer_id": request.args.get("dealer", "")}, {}, 200)


@bp.post("/imports/new")
@requires(IMPORT)
def import_start() -> ResponseReturnValue:
    """Read a sheet outside of any transaction, then keep it with everything that was read."""
    try:
        upload, habits = _uploaded()
        offered = offer(read())
        words = vocabulary(offered, lessons.habits_of(read(), upload.dealer_id, habits))
        order = judged(read_order(read_sheets(upload.content, upload.name), words), offered)
    except InvalidInput as wrong:
        return _upload_page(request.form, wrong.fields, 400)
    except AppError as wrong:
        place = "pasted" if request.form.get("pasted") else "sheet"
        return _upload_page(request.form, {place: text_of(wrong)}, status_of(wrong))
    found = run(service.start_import, upload, order, by=me().id, at=now())
    return redirect(url_for(".import_show", import_id=found.id))


def _uploaded() -> tuple[Upload, Habits]:
    """Return what was sent, and how its dealer writes. Raises InvalidInput."""
    form = parse(UploadForm, request.form)
    sent = request.files.get("sheet")
    pasted = form.pasted.strip("\r\n")
    profile = form.profile if form.profile in PROFILES else Profile.PLAIN.value
    if sent is not None and sent.filename and pasted:
        raise InvalidInput({"pasted": _("Choose a file or paste cells, not both.")})
    if pasted:
        name = _("pasted %(at)s.csv", at=local(now()))
        return Upload(form.dealer_id, name, pasted.encode(), profile), PROFILES[profile]
    if sent is None or not sent.filename:
        raise InvalidInput({"sheet": _("Choose the dealer's order sheet, or paste its cells below.")})
    return Upload(form.dealer_id, sent.filename, sent.read(), profile), PROFILES[profile]


# --- the review -------------------------------------------------------------


def _context(import_id: int) -> dict[str, Any]:
    """Return what the review page and its parts show."""
    page = queries.import_page(read(), import_id)
    only = next((one for one in Only if one.value == request.args.get("only")), Only.ALL)
    number = max(1, request.args.get("page", 1, type=int) or 1)
    offered = offer(read())
    return {
        "page": page,
        "only": only,
        "choices": list(Only),
        "number": number,
        "rows": page.shown(only, number),
        "offered": offered,
        "columns": queries.columns_of(page.rows),
        "handings": list(Handing),
        "bases": list(DimBasis),
        "lock_values": lock_values(offered),
        "sentence": lambda one: sentence(one, offered),
        "offer_text": lambda changes: offer_text(changes, offered),
        "is_open": page.found.state.value == "OPEN" and me().may(IMPORT),
    }


@bp.get("/imports/<int:import_id>/")
@requires(READ)
def import_show(import_id: int) -> ResponseReturnValue:
    """Show a sheet: every line with its issues beside the cell they come from."""
    context = _context(import_id)
    return render_template(
        "erp/sales/import_show.html",
        facts=list(FactName),
        lessons=lessons.offered_lessons(read(), context["page"], context["offered"]),
        headings=lessons.unread_headings(context["page"]),
        meaning=lambda one: meaning_text(one.kind, one.meaning, context["offered"]),
        undecided=questions.undecided(read(), About(import_id=import_id)),
        **words_of_answers(context["offered"]),
        column_fields=COLUMN_FIELDS,
        general=GENERAL,
        **context,
    )


@bp.post("/imports/<int:import_id>/rows/<int:row_id>")
@requires(IMPORT)
def import_row(import_id: int, row_id: int) -> ResponseReturnValue:
    """Keep what was typed into a row, and what was pressed; answer with the row as it stands now."""
    given = request.get_json() if request.is_json else request.form
    typed = {field: str(given[field.value]) for field in Field if field.value in given}
    run(
        service.review_row,
        import_id,
        row_id,
        typed,
        read_action(str(given.get("do", ""))),
        by=me().id,
        at=now(),
    )
    if not request.is_json:
        return redirect(_here(import_id, f"row-{row_id}"))
    context = _context(import_id)
    row: RowShown = queries.import_row(read(), row_id)
    return jsonify(
        row=render_template("erp/sales/_import_row.html", row=row, **context),
        head=render_template("erp/sales/_import_head.html", **context),
    )


def _here(import_id: int, anchor: str = "") -> str:
    """Return the address of the page that a form was sent from, its choice of rows included."""
    return url_for(
        ".import_show",
        import_id=import_id,
        only=request.args.get("only"),
        page=request.args.get("page"),
        _anchor=anchor or None,
    )


@bp.post("/imports/<int:import_id>/sheet")
@requires(IMPORT)
def import_sheet(import_id: int) -> ResponseReturnValue:
    """Answer a question about the whole sheet."""
    action = read_action(request.form.get("do", ""))
    if action is not None:
        run(service.review_sheet, import_id, action, by=me().id, at=now())
    return redirect(_here(import_id))


@bp.post("/imports/<int:import_id>/settle")
@requires(IMPORT)
def import_settle(import_id: int) -> ResponseReturnValue:
    """Confirm every reading that is only asked."""
    count = run(service.settle_all, import_id)
    flash(_("%(count)s readings are confirmed.", count=count), "done")
    return redirect(_here(import_id))


@bp.post("/imports/<int:import_id>/facts")
@requires(IMPORT)
def import_facts(import_id: int) -> ResponseReturnValue:
    """Correct what the sheet says about the order as a whole."""
    typed = {name: request.form[name.value] for name in FactName if name.value in request.form}
    run(service.correct_fact, import_id, typed, by=me().id, at=now())
    flash(_("Saved."), "done")
    return redirect(_here(import_id))


@bp.post("/imports/<int:import_id>/take")
@requires(IMPORT)
def import_take(import_id: int) -> ResponseReturnValue:
    """Make the order."""
    order = run(service.take_in, import_id, by=me().id, at=now(), on=today())
    flash(_("The sheet is order %(number)s now.", number=order.number), "done")
    return redirect(url_for(".order_show", order_id=order.id))


@bp.post("/imports/<int:import_id>/drop")
@requires(IMPORT)
def import_drop(import_id: int) -> ResponseReturnValue:
    """Give a sheet up."""
    run(service.drop_import, import_id, by=me().id, at=now())
    flash(_("The sheet is dropped; it is still kept."), "done")
    return redirect(url_for(".import_list"))
