"""The only place where a refusal becomes an HTTP answer."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import structlog
from flask import Flask, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.exceptions import NotFound as NoSuchPage

from core.choices import Choice
from core.errors import (
    AppError,
    ConfirmNeeded,
    Conflict,
    InvalidInput,
    LoginNeeded,
    NotAllowed,
    NotFound,
    RuleViolation,
    TooMany,
)
from core.i18n import N_, Named
from core.work import close_session

LOG = structlog.get_logger()
STATUS: dict[type[AppError], int] = {
    InvalidInput: 400,
    LoginNeeded: 401,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    ConfirmNeeded: 409,
    RuleViolation: 422,
    TooMany: 429,
}


class FormExpired(AppError):
    """The form's proof of origin is missing or too old."""

    code = "core.form_expired"
    message = N_("This page has expired. Load it again; what you typed is kept.")


class TooLarge(AppError):
    """More was sent than is taken."""

    code = "core.too_large"
    message = N_("The file is too large: at most %(limit_mb)s MB are taken.")


class DatabaseAway(AppError):
    """The connection to the database broke off; nothing was changed, or the answer to it was lost."""

    code = "core.database_away"
    message = N_("The database did not answer. Please try again in a moment.")


STATUS |= {FormExpired: 400, TooLarge: 413, DatabaseAway: 503}


def status_of(error: AppError) -> int:
    """Return the HTTP status of the nearest known family; 500 for none."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def shown(value: Any) -> Any:
    """Return a fact as a person reads it: a choice by its label, a name in their language, a list joined."""
    if isinstance(value, Choice):
        return gettext(value.label)
    if isinstance(value, Named):
        return value.zh if str(get_locale()).startswith("zh") or not value.en else value.en
    if isinstance(value, list | tuple):
        return ", ".join(str(shown(v)) for v in value)
    return value


def text_of(error: AppError) -> str:
    """Return the refusal's sentence in the person's language."""
    text: str = gettext(error.message)
    return text % {name: shown(value) for name, value in error.facts.items()}


def wants_json() -> bool:
    """Say whether the caller is a program or a page's script."""
    return (
        request.path.startswith("/api/")
        or request.is_json
        or request.accept_mimetypes.best == "application/json"
    )


def answer(error: AppError) -> ResponseReturnValue:
    """Answer in the caller's own tongue and format."""
    status, text = status_of(error), text_of(error)
    if wants_json():
        fields = error.fields if isinstance(error, InvalidInput) else {}
        return jsonify(error={"code": error.code, "message": text, "fields": fields}), status
    if isinstance(error, LoginNeeded) and request.method == "GET":
        return redirect(url_for("core_auth.login", next=request.full_path.rstrip("?")))
    return _refused(text, error.code, error), status


def _refused(text: str, code: str, error: Exception) -> str:
    """Render a refusal; its way back is the page whose form was refused, which still has what was typed."""
    came_from = urlsplit(request.referrer or "")
    is_ours = request.method == "POST" and came_from.netloc == request.host
    back = urlunsplit(("", "", came_from.path, came_from.query, "")) if is_ours else ""
    return render_template("errors/refused.html", text=text, code=code, error=error, back=back)


def _http(error: HTTPException) -> ResponseReturnValue:
    """Answer werkzeug's own refusals in our form."""
    if isinstance(error, CSRFError):
        return answer(FormExpired())
    if isinstance(error, NoSuchPage):
        return answer(NotFound())
    if isinstance(error, RequestEntityTooLarge):
        return answer(TooLarge(limit_mb=(request.max_content_length or 0) // 2**20))
    if error.code is not None and error.code < 400:
        return error.get_response()
    if wants_json():
        return jsonify(error={"code": "core.http", "message": error.name, "fields": {}}), error.code or 500
    return _refused(error.name, "core.http", error), error.code or 500


def _broken(error: Exception) -> ResponseReturnValue:
    """Apologise with a number by which the log tells what happened."""
    incident = secrets.token_hex(4).upper()
    LOG.exception("broken", incident=incident, path=request.path, method=request.method)
    if wants_json():
        text = gettext("Something went wrong on our side. Incident %(number)s.", number=incident)
        return jsonify(error={"code": "core.broken", "message": text, "fields": {}}), 500
    return render_template("errors/broken.html", incident=incident), 500


def _away(error: DBAPIError) -> ResponseReturnValue:
    """Answer 503 when the database's connection broke off: a device sends the same again then."""
    if not error.connection_invalidated:
        return _broken(error)
    LOG.error("database away", path=request.path, method=request.method, reason=str(error.orig))
    close_session()  # the next question goes over another connection
    return answer(DatabaseAway())


def init_app(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(AppError, answer)
    app.register_error_handler(HTTPException, _http)
    if not app.testing:
        app.register_error_handler(Exception, _broken)
        app.register_error_handler(DBAPIError, _away)
