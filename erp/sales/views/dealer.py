"""The page on which a dealer answers, without a log-in: whoever holds the link may see its questions, nothing else."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from core.auth.login import LOCALES, limiter
from core.clock import now
from core.errors import AppError
from core.web.access import public
from core.web.errors import status_of, text_of
from core.work import read, run
from erp.catalogue.rules.document import DimBasis, Handing
from erp.sales import service
from erp.sales.queries import questions as queries
from erp.sales.queries.offer import offer
from erp.sales.rules.issues import Field
from erp.sales.rules.questions import (
    TEXT_MAX,
    Answer,
    AnswersUnreadable,
    QuestionState,
    check_link,
    may_be_right,
)
from erp.sales.views.words import offer_text, sentence, words_of_answers

GIVEN = (QuestionState.ANSWERED, QuestionState.ACCEPTED)
TOLD = tuple(one for one in Field if one is not Field.PRICE)  # what a dealer is shown of a line

dealer = Blueprint("erp_sales_dealer", __name__)


@dealer.get("/<token>")
@public
@limiter.limit("60/minute")
def answer_show(token: str) -> ResponseReturnValue:
    """Show what is asked."""
    try:
        run(service.view_link, token, at=now())
    except AppError as wrong:
        return _closed(wrong)
    return _page(token)


@dealer.post("/<token>")
@public
@limiter.limit("20/minute")
def answer_send(token: str) -> ResponseReturnValue:
    """Take the answers; what was typed stays when one cannot be taken."""
    try:
        link = queries.link_by_token(read(), token)
        asked = queries.questions(read(), link)
        name = request.form.get("name", "")
        run(service.answer, token, [_answer(one.question.id) for one in asked], name, at=now())
    except AppError as wrong:
        return _page(token, wrong)
    return redirect(url_for(".answer_show", token=token, lang=request.args.get("lang"), sent=1))


def _answer(question_id: int) -> Answer:
    """Return what the form says to one question."""
    given = request.form
    pressed = given.get(f"pick-{question_id}", "")
    return Answer(
        question_id,
        value=given.get(f"value-{question_id}", "").strip()[:TEXT_MAX],
        offer=int(pressed) if pressed.isdecimal() and len(pressed) < 4 else None,
        is_right=pressed == "right",
        remark=given.get(f"remark-{question_id}", "").strip()[:TEXT_MAX],
        seen=given.get(f"seen-{question_id}", "")[:64],
    )


def _locale(usual: str) -> str:
    """Return the language that was switched to, else that of the dealer's papers."""
    asked = request.args.get("lang", "")
    return asked if asked in LOCALES else usual


def _closed(wrong: AppError) -> ResponseReturnValue:
    """Say plainly why a link opens nothing."""
    with force_locale(_locale(LOCALES[0])):
        page = render_template("erp/sales/answer_closed.html", text=text_of(wrong))
    return page, status_of(wrong)


def _page(token: str, wrong: AppError | None = None) -> ResponseReturnValue:
    """Show the questions of a good link with what was typed."""
    try:
        link = queries.link_by_token(read(), token)
        check_link(link.expires_at, link.revoked_at, now())
    except AppError as refused:
        return _closed(refused)
    subject, offered = queries.subject(read(), queries.about_of(link)), offer(read())
    asked = queries.questions(read(), link)
    still = [one for one in asked if one.question.state is QuestionState.OPEN and subject.is_open]
    faults = wrong.issues if isinstance(wrong, AnswersUnreadable) else {}
    with force_locale(_locale(subject.dealer.locale)):
        page = render_template(
            "erp/sales/answer_show.html",
            token=token,
            subject=subject,
            places=queries.by_place(still, offered),
            done=[one for one in asked if one.question.state in GIVEN],
            told_fields=TOLD,
            typed=request.form,
            offered=offered,
            handings=list(Handing),
            bases=list(DimBasis),
            may_be_right=may_be_right,
            **words_of_answers(offered),
            offer_text=lambda changes: offer_text(changes, offered),
            refusal=text_of(wrong) if wrong else "",
            faults={number: sentence(one, offered) for number, one in faults.items()},
        )
    return page, status_of(wrong) if wrong else 200
