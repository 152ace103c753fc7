"""How a request knows its person: session cookie, or a token; and how often one may try."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask, current_app, request
from flask import session as cookie
from flask_babel import Babel
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFProtect

from core.auth import queries, service
from core.errors import TooMany
from core.web.registry import registry
from core.work import read

manager = LoginManager()
csrf = CSRFProtect()
limiter = Limiter(get_remote_address, default_limits=[], storage_uri="memory://", headers_enabled=False)
LOCALES = ("zh_Hans_CN", "en")
BADGE = "badge"  # in the session of somebody who came in by badge


@dataclass(frozen=True)
class CurrentPerson(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """The person of this request, as Flask-Login and the templates see them."""

    id: int
    login: str
    name: str
    locale: str
    roles: frozenset[str]
    permissions: frozenset[str]

    @classmethod
    def of(cls, known: queries.Known, *, by_badge: bool = False) -> CurrentPerson:
        """Build it from a known person and what their roles may; by badge, only what is done on the floor."""
        registered = registry()
        granted = frozenset().union(*(registered.grants.get(role, set()) for role in known.roles))
        if by_badge:
            granted &= set().union(*(registered.grants.get(role, set()) for role in registered.badge_roles))
        return cls(known.id, known.login, known.name, known.locale, known.roles, granted)

    def may(self, permission: str) -> bool:
        """Say whether one of the person's roles grants it."""
        return permission in self.permissions


@manager.user_loader  # type: ignore[untyped-decorator]
def _by_cookie(person_id: str) -> CurrentPerson | None:
    known = queries.by_id(read(), int(person_id))
    return None if known is None else CurrentPerson.of(known, by_badge=BADGE in cookie)


@manager.request_loader  # type: ignore[untyped-decorator]
def _by_token(asked: Any) -> CurrentPerson | None:
    scheme, _, key = asked.headers.get("Authorization", "").partition(" ")
    known = service.check_token(read(), key) if scheme.lower() == "bearer" and key else None
    return None if known is None else CurrentPerson.of(known)


def log_in(known: queries.Known, badge: str | None = None) -> None:
    """Begin a session for a person whose password, or whose badge on an enrolled device, was checked."""
    cookie.clear()
    cookie.permanent = True
    if badge is not None:
        cookie[BADGE] = badge
    login_user(CurrentPerson.of(known, by_badge=badge is not None))


def log_out() -> None:
    """End the session of whoever is logged in; nothing of them stays in the browser."""
    logout_user()
    cookie.clear()


def locale() -> str:
    """Return the language of this request: the person's own, else the browser's, else the installation's."""
    if has_person():
        return str(current_user.locale)
    asked: str | None = cookie.get("locale")
    return asked if asked in LOCALES else str(current_app.config["LOCALE"])


def has_person() -> bool:
    """Say whether somebody is logged in."""
    return bool(current_user and current_user.is_authenticated)


def _check_origin() -> None:
    """Ask every changing request for its proof of origin, but not programs that bring a token."""
    if request.method in {"GET", "HEAD", "OPTIONS"} or not current_app.config["WTF_CSRF_ENABLED"]:
        return
    if not request.headers.get("Authorization", "").lower().startswith("bearer "):
        csrf.protect()


def _too_many(_limit: Any) -> Any:
    raise TooMany


def init_app(app: Flask, translations: str) -> None:
    """Wire log-in, tokens, proof of origin, limits and languages."""
    app.config.setdefault("WTF_CSRF_ENABLED", True)
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # _check_origin decides
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # a tablet stays open for a shift and longer
    app.config["SESSION_COOKIE_HTTPONLY"] = True
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.config["SESSION_COOKIE_SECURE"] = app.config["HTTPS"]
    app.config["PERMANENT_SESSION_LIFETIME"] = timedelta(days=14)
    manager.init_app(app)
    csrf.init_app(app)
    limiter.init_app(app)
    Babel(
        app,
        default_locale="zh_Hans_CN",
        default_translation_directories=translations,
        locale_selector=locale,
    )
    app.before_request(_check_origin)
