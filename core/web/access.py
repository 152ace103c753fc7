"""Who may call a view. Denied by default: a view that names no permission is refused."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, TypeVar, cast

from flask import Flask, current_app, request
from flask_login import current_user

from core.errors import LoginNeeded, NotAllowed

View = TypeVar("View", bound=Callable[..., Any])
ANYBODY = "*"  # open to all, logged in or not
LOGGED_IN = "+"  # open to everybody who is logged in


class Me(Protocol):
    """The person of this request."""

    id: int
    name: str
    locale: str
    is_authenticated: bool

    def may(self, permission: str) -> bool:
        """Say whether the person holds a permission."""


def me() -> Me:
    """Return the person of this request. Raises LoginNeeded when there is none."""
    if not current_user.is_authenticated:
        raise LoginNeeded
    return cast(Me, current_user)


def may(permission: str) -> bool:
    """Say whether the person of this request, if any, holds a permission."""
    return bool(current_user.is_authenticated and current_user.may(permission))


def requires(permission: str) -> Callable[[View], View]:
    """Let only holders of `permission` in; a test checks that every view says one."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if permission != ANYBODY and not me().may(permission) and permission != LOGGED_IN:
                raise NotAllowed
            return view(*args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return cast(View, guarded)

    return wrap


public = requires(ANYBODY)
logged_in = requires(LOGGED_IN)


def _deny_unnamed() -> None:
    """Refuse every view that names no permission (a before_request hook)."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is not None and request.endpoint != "static" and not hasattr(view, "permission"):
        raise NotAllowed


def init_app(app: Flask) -> None:
    """Deny by default."""
    app.before_request(_deny_unnamed)
