"""Pages of what is remembered of a dealer's way of writing."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.web.access import me, requires
from core.web.errors import text_of
from core.web.templating import label, named
from core.work import read, run
from erp.catalogue.rules.document import Handing
from erp.parties import queries as parties
from erp.sales import service
from erp.sales.queries import lessons as queries
from erp.sales.queries.offer import Offer, offer
from erp.sales.rules.headings import Column
from erp.sales.rules.lessons import COLUMN_FIELDS, Lesson, LessonKind, LessonUnclear, SizeOrder
from erp.sales.views.blueprint import IMPORT, READ, bp


def meaning_text(kind: LessonKind, meaning: str, offered: Offer) -> str:
    """Return a remembered meaning as a person reads it; what is no longer offered stays a code."""
    match kind:
        case LessonKind.COLUMN if meaning in Column.__members__:
            return label(COLUMN_FIELDS[Column[meaning]])
        case LessonKind.SIZE_ORDER if meaning in SizeOrder.__members__:
            return label(SizeOrder[meaning])
        case LessonKind.HANDING if meaning in Handing.__members__:
            return label(Handing[meaning])
        case LessonKind.MODEL if meaning in offered.doors:
            return str(named(offered.doors[meaning].door))
        case LessonKind.COLOUR if meaning in offered.colours:
            return str(named(offered.colours[meaning]))
    return meaning


@bp.get("/remembered/<int:dealer_id>/")
@requires(READ)
def remembered(dealer_id: int) -> ResponseReturnValue:
    """Show what is remembered of a dealer."""
    offered = offer(read())
    return render_template(
        "erp/sales/remembered.html",
        dealer=parties.party(read(), dealer_id),
        rows=queries.remembered(read(), dealer_id),
        meaning=lambda one: meaning_text(one.kind, one.meaning, offered),
    )


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
    """Remember a word of this sheet for its dealer."""
    kind = next((one for one in LessonKind if one.value == request.form.get("kind")), LessonKind.COLUMN)
    lesson = Lesson(kind, request.form.get("word", ""), request.form.get("meaning", ""))
    try:
        run(service.learn, import_id, lesson, by=me().id, at=now())
        flash(_("Remembered for this dealer; the next sheet is read by it."), "done")
    except LessonUnclear as wrong:
        flash(text_of(wrong), "attn")
    return redirect(url_for(".import_show", import_id=import_id, _anchor="remember"))
