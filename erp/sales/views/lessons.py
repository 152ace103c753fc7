"""Pages of what is remembered of a dealer's way of writing."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.choices import Choice
from core.clock import now
from core.web.access import me, requires
from core.web.errors import shown, text_of
from core.work import read, run
from erp.catalogue.rules.document import DimBasis
from erp.parties import queries as parties
from erp.sales import service
from erp.sales.queries import imports
from erp.sales.queries import lessons as queries
from erp.sales.queries.offer import Offer, judged, offer, vocabulary
from erp.sales.rules.files import read_sheets
from erp.sales.rules.lessons import (
    MAY_BE_WORDLESS,
    WORDLESS,
    Lesson,
    LessonKind,
    LessonUnclear,
    SizeOrder,
    SizeUnit,
)
from erp.sales.rules.lines import read_order
from erp.sales.rules.vocabulary import PROFILES
from erp.sales.views.blueprint import IMPORT, READ, bp

GENERAL: dict[LessonKind, list[Choice]] = {  # what holds for every line of a dealer, with what it can mean
    LessonKind.UNIT: list(SizeUnit),
    LessonKind.SIZE_ORDER: list(SizeOrder),
    LessonKind.DIM_BASIS: list(DimBasis),
}


def meaning_text(kind: LessonKind, meaning: str, offered: Offer) -> str:
    """Return a remembered meaning as a person reads it."""
    return str(shown(queries.meaning_of(kind, meaning, offered)))


@bp.get("/remembered/<int:dealer_id>/")
@requires(READ)
def remembered(dealer_id: int) -> ResponseReturnValue:
    """Show what is remembered of a dealer, to be changed, taken back or added to."""
    offered = offer(read())
    meanings = queries.known(offered)
    return render_template(
        "erp/sales/remembered.html",
        dealer=parties.party(read(), dealer_id),
        rows=queries.remembered(read(), dealer_id),
        kinds=list(LessonKind),
        meanings=meanings.meanings,
        may_be_wordless=MAY_BE_WORDLESS,
        meaning=lambda kind, meaning: meaning_text(kind, meaning, offered),
    )


def _lesson() -> Lesson:
    """Return what a form teaches; a list of all kinds names the kind with the meaning (`COLOUR|WHITE`)."""
    kind, _bar, meaning = request.form.get("meaning", "").rpartition("|")
    kind = kind or request.form.get("kind", "")
    found = next((one for one in LessonKind if one.value == kind), LessonKind.COLUMN)
    word = "" if found in WORDLESS else request.form.get("word", "").strip()
    return Lesson(found, word, meaning.strip())


@bp.post("/remembered/<int:dealer_id>/teach")
@requires(IMPORT)
def remembered_teach(dealer_id: int) -> ResponseReturnValue:
    """Remember a word of a dealer, or give it another meaning."""
    try:
        run(service.teach, dealer_id, _lesson(), by=me().id, at=now())
        flash(_("Remembered for this dealer; the next sheet is read by it."), "done")
    except LessonUnclear as wrong:
        flash(text_of(wrong), "attn")
    return redirect(url_for(".remembered", dealer_id=dealer_id))


@bp.post("/remembered/<int:dealer_id>/<int:remembered_id>/forget")
@requires(IMPORT)
def remembered_forget(dealer_id: int, remembered_id: int) -> ResponseReturnValue:
    """Take a remembered word back."""
    run(service.forget, dealer_id, remembered_id, by=me().id, at=now())
    flash(_("It is taken back; the next sheet is read without it."), "done")
    return redirect(url_for(".remembered", dealer_id=dealer_id))


@bp.post("/imports/<int:import_id>/learn")
@requires(IMPORT)
def import_learn(import_id: int) -> ResponseReturnValue:
    """Remember a word of this sheet for its dealer; a sheet still in review is read again by it."""
    try:
        run(service.learn, import_id, _lesson(), by=me().id, at=now())
    except LessonUnclear as wrong:
        flash(text_of(wrong), "attn")
        return redirect(url_for(".import_show", import_id=import_id, _anchor="remember"))
    flash(_("Remembered for this dealer; the next sheet is read by it."), "done")
    if imports.is_in_review(read(), import_id):
        changes = _read_again(import_id)
        flash(_("This sheet was read again: %(count)s values changed.", count=len(changes)), "done")
    return redirect(url_for(".import_show", import_id=import_id, _anchor="remember"))


def _read_again(import_id: int) -> dict[str, list[Any]]:
    """Read the file of a sheet again, outside of any transaction, by all that is known of its dealer now."""
    sheet, name, content = imports.file_of(read(), import_id)
    offered = offer(read())
    habits = queries.habits_of(read(), sheet.dealer_id, PROFILES.get(sheet.profile))
    order = judged(read_order(read_sheets(content, name), vocabulary(offered, habits)), offered)
    return run(service.read_again, import_id, order, by=me().id, at=now())
