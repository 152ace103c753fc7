"""The clerk's decision on dealers' answers: accepted or rejected, from the order, the review or the questions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.errors import Conflict, RuleViolation
from core.web.access import me, requires
from core.web.errors import text_of
from core.work import run
from erp.sales import service
from erp.sales.views.blueprint import WRITE, bp
from erp.sales.views.questions import ADDRESS, about_of, asked_number


@bp.post(f"{ADDRESS}/accept")
@requires(WRITE)
def answer_accept(kind: str, subject_id: int) -> ResponseReturnValue:
    """Put an answer on its line."""
    seen = request.form.get("seen", "")
    return _decide(kind, subject_id, service.accept_answer, seen, _("The answer is accepted."))


@bp.post(f"{ADDRESS}/reject")
@requires(WRITE)
def answer_reject(kind: str, subject_id: int) -> ResponseReturnValue:
    """Open the question again, with a reason for the dealer."""
    reason = request.form.get("reason", "")
    done = _("The question is open again; the dealer reads your reason behind the same link.")
    return _decide(kind, subject_id, service.reject_answer, reason, done)


def _decide(
    kind: str, subject_id: int, command: Callable[..., Any], said: str, done: str
) -> ResponseReturnValue:
    """Decide on one answer, and go back to the page that it was decided on."""
    about, question_id = about_of(kind, subject_id), asked_number(request.form)
    try:
        run(command, about, question_id, said, by=me().id, at=now())
        flash(done, "done")
    except (Conflict, RuleViolation) as wrong:  # the page behind it shows what the answer stands at now
        flash(text_of(wrong), "attn")
    if request.form.get("back") != "subject":
        return redirect(url_for(".question_show", kind=kind, subject_id=subject_id))
    if kind == "orders":
        line = request.form.get("line")
        return redirect(url_for(".order_show", order_id=subject_id, line=line or None, _anchor="answers"))
    return redirect(url_for(".import_show", import_id=subject_id, _anchor="answers"))
