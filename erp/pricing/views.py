"""Pages of pricing: the books, one book with its tables and a trial, the levels of dealers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.errors import AppError, InvalidInput
from core.i18n import Named
from core.web.access import me, requires
from core.web.errors import text_of
from core.web.forms import parse
from core.web.lists import export, paged
from core.web.templating import label, today
from core.work import read, run
from erp.catalogue.rules.prices import Combine, PriceBook
from erp.parties import queries as parties
from erp.pricing import queries, service
from erp.pricing.forms import LevelForm, RaiseForm, first_values, read_book
from erp.pricing.model import Book
from erp.pricing.rules.proof import faults
from erp.pricing.rules.states import BookMoved, BookState

bp = Blueprint("erp_pricing", __name__)
READ, WRITE = "erp.pricing.read", "erp.pricing.write"
SORTS = {"code": Book.code, "from": Book.valid_from_on, "state": Book.state}


@bp.get("/books/")
@requires(READ)
def book_list() -> ResponseReturnValue:
    """List the price books, the newest first, and the dealers with their levels."""
    page = paged(read(), queries.listed(), SORTS, default="-from", scalars=True)
    force = queries.in_force(read(), today())
    return render_template(
        "erp/pricing/book_list.html",
        page=page,
        in_force_id=force.id if force else None,
        dealers=parties.dealers(read()),
        levels=queries.levels(read()),
        error="",
    )


@bp.get("/books/new")
@requires(WRITE)
def book_new() -> ResponseReturnValue:
    """Show an empty book, or one copied from another."""
    source = request.args.get("from", type=int)
    if source is None:
        book = PriceBook(code="", name=Named(""), valid_from=today())
    else:
        book = replace(queries.content(queries.book(read(), source)), valid_from=today(), valid_to=None)
    return _page(None, first_values(book, 0), {})


@bp.post("/books/new")
@requires(WRITE)
def book_create() -> ResponseReturnValue:
    """Keep a new draft."""
    try:
        book, _version = read_book(request.form)
    except InvalidInput as wrong:
        return _page(None, request.form, wrong.fields)
    row = run(service.draft, book, by=me().id, at=now())
    flash(_("%(book)s is a draft.", book=row.code), "done")
    return redirect(url_for(".book_show", book_id=row.id))


@bp.get("/books/<int:book_id>/")
@requires(READ)
def book_show(book_id: int) -> ResponseReturnValue:
    """Show one book with everything that stands against publishing it."""
    row = queries.book(read(), book_id)
    return _page(row, first_values(queries.content(row), row.version), {})


@bp.post("/books/<int:book_id>/")
@requires(WRITE)
def book_amend(book_id: int) -> ResponseReturnValue:
    """Save a draft."""
    row = queries.book(read(), book_id)
    try:
        book, version = read_book(request.form)
        run(service.amend, book_id, book, version=version, by=me().id, at=now())
    except InvalidInput as wrong:
        return _page(row, request.form, wrong.fields)
    except BookMoved as lost:  # what was typed stays; the form now carries the version in force
        values = {**request.form, "version": str(row.version)}
        return _page(row, values, {"name": text_of(lost)})
    flash(_("Saved."), "done")
    return redirect(url_for(".book_show", book_id=book_id))


def _page(row: Book | None, values: Mapping[str, Any], errors: Mapping[str, str]) -> ResponseReturnValue:
    """Answer with a book's form, and what a stored draft still lacks."""
    wrong: Sequence[AppError] = ()
    if row is not None and row.state is BookState.DRAFT:
        wrong = faults(queries.content(row), queries.priced_models(read()))
    page = render_template(
        "erp/pricing/book_show.html",
        book=row,
        values=values,
        errors=errors,
        faults=wrong,
        combines=list(Combine),
        is_editable=me().may(WRITE) and (row is None or row.state is BookState.DRAFT),
    )
    return page, 400 if errors else 200


@bp.post("/books/<int:book_id>/raise")
@requires(WRITE)
def book_raise(book_id: int) -> ResponseReturnValue:
    """Raise all prices of a draft by some per cent."""
    form = parse(RaiseForm, request.form)
    run(service.raise_all, book_id, form.percent / 100, form.step, by=me().id, at=now())
    flash(_("All prices were changed by %(percent)s %%.", percent=f"{form.percent.normalize():f}"), "done")
    return redirect(url_for(".book_show", book_id=book_id))


@bp.post("/books/<int:book_id>/publish")
@requires(WRITE)
def book_publish(book_id: int) -> ResponseReturnValue:
    """Put a draft into force."""
    row = run(service.publish, book_id, by=me().id, at=now())
    flash(_("%(book)s is in force from %(day)s.", book=row.code, day=row.valid_from_on), "done")
    return redirect(url_for(".book_show", book_id=book_id))


@bp.post("/books/<int:book_id>/retire")
@requires(WRITE)
def book_retire(book_id: int) -> ResponseReturnValue:
    """Take a book out of force."""
    row = run(service.retire, book_id, by=me().id, at=now())
    flash(_("%(book)s is no longer in force.", book=row.code), "done")
    return redirect(url_for(".book_show", book_id=book_id))


@bp.get("/books/<int:book_id>/bases.xlsx")
@requires(READ)
def book_export(book_id: int) -> ResponseReturnValue:
    """Answer a book's base prices as a spreadsheet whose rows can be pasted back."""
    row = queries.book(read(), book_id)
    columns = {
        _("Model"): lambda one: one.model,
        _("Price"): lambda one: one.price,
        _("Unit"): lambda one: label(one.unit),
        _("Colours"): lambda one: ", ".join(one.colours),
    }
    return export(f"{row.code}-{row.position}.xlsx", columns, queries.content(row).bases)


@bp.post("/levels/<int:party_id>")
@requires(WRITE)
def level_put(party_id: int) -> ResponseReturnValue:
    """Give a dealer a level."""
    form = parse(LevelForm, request.form)
    run(service.put_level, party_id, form.level, by=me().id, at=now())
    flash(_("Saved."), "done")
    return redirect(url_for(".book_list"))
