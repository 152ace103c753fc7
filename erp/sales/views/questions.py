"""Pages of questions to dealers: what is asked about a sheet or an order, the link, and what is open."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import partial

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _

from core.clock import now
from core.company.views import company_name
from core.errors import AppError, NotFound
from core.pdf.codes import qr
from core.web.access import me, requires
from core.web.address import reachable
from core.web.errors import status_of, text_of
from core.work import read, run
from erp.parties.rules import PaperLanguage
from erp.sales import service
from erp.sales.queries import questions as queries
from erp.sales.queries.offer import offer
from erp.sales.rules.issues import Field
from erp.sales.rules.questions import About, Asking, QuestionState
from erp.sales.views.blueprint import READ, WRITE, bp
from erp.sales.views.words import answer_text, dealer_sentence, words_of_answers

TOKEN_BYTES = 16  # 128 bits that nobody guesses
KINDS = {"imports": "import_id", "orders": "order_id"}  # words of the address
ADDRESS = "/questions/<kind>/<int:subject_id>"


def about_of(kind: str, subject_id: int) -> About:
    """Return what an address speaks of. Raises NotFound."""
    if kind not in KINDS:
        raise NotFound
    return About(**{KINDS[kind]: subject_id})


def asked_number(given: Mapping[str, str]) -> int:
    """Return the question that a form is about; 0 is none."""
    number = given.get("question", "")
    return int(number) if number.isdecimal() and len(number) < 18 else 0


@bp.get("/questions/")
@requires(READ)
def question_list() -> ResponseReturnValue:
    """List the answers that wait for a clerk, then what waits for a dealer's answer; each the oldest first."""
    return render_template(
        "erp/sales/question_list.html",
        answered=queries.listed_questions(read(), QuestionState.ANSWERED),
        rows=queries.listed_questions(read(), QuestionState.OPEN),
        answer_text=partial(answer_text, offered=offer(read())),
    )


def _page(
    kind: str, subject_id: int, *, token: str = "", refusal: AppError | None = None
) -> ResponseReturnValue:
    """Show the questions of a sheet or order; a token is shown once, as only its hash is kept."""
    about = about_of(kind, subject_id)
    subject, offered = queries.subject(read(), about), offer(read())
    link = queries.link_of(read(), about)
    found = queries.candidates(read(), about, offered) if subject.is_open else []
    root = reachable(request.host_url, current_app.config)
    path = url_for("erp_sales_dealer.answer_show", token=token).lstrip("/") if token else ""
    address = (root or request.host_url) + path if token else ""
    with force_locale(subject.dealer.locale):  # the wording is for the dealer
        message = _message(subject.name, address)
        wording = {one.key: dealer_sentence(one.issue, offered) for one in found}
    page = render_template(
        "erp/sales/questions.html",
        kind=kind,
        subject_id=subject_id,
        subject=subject,
        link=link,
        asked=queries.questions(read(), link) if link else [],
        candidates=found,
        wording=wording,
        message=message,
        undecided=queries.undecided(read(), about),
        **words_of_answers(offered),
        places=queries.places(read(), about),
        fields=[one for one in Field if one is not Field.PRICE],
        typed=request.form,
        address=address,
        square=qr(address) if address else None,
        is_local=not root,
        speaks=PaperLanguage(subject.dealer.locale),
        refusal=text_of(refusal) if refusal else "",
        may_ask=subject.is_open and me().may(WRITE),
        is_good=link is not None and link.revoked_at is None and now() < link.expires_at,
    )
    return page, status_of(refusal) if refusal else 200


def _message(name: str, address: str) -> str:
    """Return what the dealer is written: who asks, about what, and where to answer."""
    company = company_name()
    if not company:
        return str(
            _(
                "Please answer our questions about your order %(name)s here: %(address)s",
                name=name,
                address=address,
            )
        )
    return str(
        _(
            "%(company)s: please answer our questions about your order %(name)s here: %(address)s",
            company=company,
            name=name,
            address=address,
        )
    )


@bp.get(ADDRESS)
@requires(READ)
def question_show(kind: str, subject_id: int) -> ResponseReturnValue:
    """Show what is asked about a sheet or an order."""
    return _page(kind, subject_id)


@bp.post(ADDRESS)
@requires(WRITE)
def question_ask(kind: str, subject_id: int) -> ResponseReturnValue:
    """Send the ticked questions; what was typed stays when they are refused."""
    about, token = about_of(kind, subject_id), secrets.token_urlsafe(TOKEN_BYTES)
    try:
        sent = run(service.ask, about, _askings(about), token, by=me().id, at=now())
    except AppError as wrong:
        return _page(kind, subject_id, refusal=wrong)
    if sent.is_new_token:
        return _page(kind, subject_id, token=token)
    flash(_("Asked. The dealer's link is the same as before."), "done")
    return redirect(url_for(".question_show", kind=kind, subject_id=subject_id))


def _askings(about: About) -> list[Asking]:
    """Return the questions that were ticked, and the one that was written freely."""
    given = request.form
    askings = [
        Asking(
            given.get(f"text:{one.key}", "").strip(),
            one.place.row_id,
            one.place.line_id,
            one.issue.field,
            one.issue,
        )
        for one in queries.candidates(read(), about, offer(read()))
        if one.key in given.getlist("ask")
    ]
    if text := given.get("free_text", "").strip():
        places = {one.key: one for one in queries.places(read(), about)}
        place = places.get(given.get("free_place", ""))
        field = next((one for one in Field if one.value == given.get("free_field")), None)
        row_id, line_id = (place.row_id, place.line_id) if place else (None, None)
        askings.append(Asking(text, row_id, line_id, field if place else None))
    return askings


@bp.post(f"{ADDRESS}/renew")
@requires(WRITE)
def question_renew(kind: str, subject_id: int) -> ResponseReturnValue:
    """Make a new link; the old one opens nothing any more."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    run(service.renew_link, about_of(kind, subject_id), token, by=me().id, at=now())
    return _page(kind, subject_id, token=token)


@bp.post(f"{ADDRESS}/revoke")
@requires(WRITE)
def question_revoke(kind: str, subject_id: int) -> ResponseReturnValue:
    """Take the link back."""
    run(service.revoke_link, about_of(kind, subject_id), by=me().id, at=now())
    flash(_("The link opens nothing any more."), "done")
    return redirect(url_for(".question_show", kind=kind, subject_id=subject_id))


@bp.post(f"{ADDRESS}/close")
@requires(WRITE)
def question_close(kind: str, subject_id: int) -> ResponseReturnValue:
    """Close one question without its answer."""
    about, reason = about_of(kind, subject_id), request.form.get("reason", "")
    run(service.close_question, about, asked_number(request.form), reason, by=me().id, at=now())
    flash(_("The question is closed."), "done")
    return redirect(url_for(".question_show", kind=kind, subject_id=subject_id))
