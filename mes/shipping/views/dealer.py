"""The page on which a dealer confirms a delivery, without a log-in: whoever holds the link sees only that."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from core.auth.login import LOCALES, limiter
from core.clock import now
from core.errors import AppError
from core.files.photos import redraw
from core.web.access import public
from core.web.errors import status_of, text_of
from core.work import read, run
from mes.shipping.queries import receipts as queries
from mes.shipping.rules import CLAIM_NOTE_MAX, ClaimKind, Said, check_link
from mes.shipping.service import receipts as service

bp = Blueprint("mes_shipping_dealer", __name__)
RIGHT, EXTRA = "right", "extra"
ASKED = tuple(one for one in ClaimKind if one is not ClaimKind.EXTRA)


@bp.get("/<token>")
@public
@limiter.limit("60/minute")
def receipt_show(token: str) -> ResponseReturnValue:
    """Show what was sent, package by package."""
    return _page(token)


@bp.post("/<token>")
@public
@limiter.limit("20/minute")
def receipt_send(token: str) -> ResponseReturnValue:
    """Take what the dealer says; what was typed stays when it cannot be taken."""
    try:
        page = queries.receipt_page(read(), token)
        said = [one for one in (_said(str(cargo.package_id)) for cargo in page.cargo) if one is not None]
        if request.form.get("rest") == RIGHT:
            told = set(page.receipts) | {one.package_id for one in said}
            said += [Said(one.package_id) for one in page.cargo if one.package_id not in told]
        extra = _said(EXTRA)
        said += [extra] if extra else []
        run(service.receive, token, said, request.form.get("name", ""), at=now())
    except AppError as wrong:
        return _page(token, wrong)
    return redirect(url_for(".receipt_show", token=token, lang=request.args.get("lang"), sent=1), 303)


def _said(key: str) -> Said | None:
    """Return what the form says of one package; None when it says nothing. Raises PhotoUnreadable."""
    word = request.form.get(f"is-{key}", "")
    if not word:
        return None
    sent = request.files.get(f"photo-{key}")
    photo = redraw(sent.read()) if sent is not None and sent.filename else None
    note = request.form.get(f"note-{key}", "").strip()[:CLAIM_NOTE_MAX]
    kind = None if word == RIGHT else next((one for one in ClaimKind if one.value == word), None)
    if word != RIGHT and kind is None:
        return None
    return Said(None if key == EXTRA else int(key), kind, note, photo)


def _locale(usual: str) -> str:
    """Return the language that was switched to, else that of the dealer's papers."""
    asked = request.args.get("lang", "")
    return asked if asked in LOCALES else usual


def _page(token: str, wrong: AppError | None = None) -> ResponseReturnValue:
    try:
        page = queries.receipt_page(read(), token)
        check_link(page.delivery.link_expires_at, now())
    except AppError as refused:
        with force_locale(_locale(LOCALES[0])):
            closed = render_template("mes/shipping/receipt_closed.html", text=text_of(refused))
        return closed, status_of(refused)
    with force_locale(_locale(page.dealer.locale)):
        shown = render_template(
            "mes/shipping/receipt_show.html",
            page=page,
            kinds=ASKED,
            typed=request.form,
            refusal=text_of(wrong) if wrong else "",
        )
    return shown, status_of(wrong) if wrong else 200
