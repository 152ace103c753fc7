"""Static files with the hash of their content in the address, so that caches never lie."""

from __future__ import annotations

import hashlib
import json
import secrets
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, g, send_file, url_for
from flask.typing import ResponseReturnValue
from werkzeug.security import safe_join

from core.errors import NotFound
from core.web.access import public

bp = Blueprint("core_assets", __name__)
# what others wrote comes out of their own packages and is not committed here
VENDOR = {"bootstrap.min.css": ("flask_bootstrap", "static/bootstrap5/css/bootstrap.min.css")}
WORKER = "worker.js"  # no module: core.web.offline serves it
YEAR_S = 31_536_000


def _vendor_path(name: str) -> Path:
    if name not in VENDOR:
        raise NotFound
    package, inside = VENDOR[name]
    return Path(str(files(package).joinpath(inside)))


@bp.get("/vendor/<name>")
@public
def vendor(name: str) -> ResponseReturnValue:
    """Serve a stylesheet that an installed package carries."""
    return send_file(_vendor_path(name), max_age=YEAR_S)


@lru_cache(maxsize=512)
def _digest(path: Path, _changed_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _version(path: Path) -> str:
    return _digest(path, path.stat().st_mtime_ns)


def asset(name: str) -> str:
    """Return the address of a static file, with the hash of its content (a template global)."""
    if name.startswith("vendor/"):
        plain = name.removeprefix("vendor/")
        return url_for("core_assets.vendor", name=plain, v=_version(_vendor_path(plain)))
    path = safe_join(str(current_app.static_folder), name)
    return url_for("static", filename=name, v=_version(Path(str(path))))


def modules() -> dict[str, str]:
    """Return the addresses of all modules under static/js, by their bare names."""
    root = Path(str(current_app.static_folder)) / "js"
    names = sorted(p.relative_to(root).as_posix() for p in root.rglob("*.js"))
    return {name: asset(f"js/{name}") for name in names if name != WORKER}


def import_map() -> str:
    """Return the import map of all modules under static/js, as JSON (a template global)."""
    return json.dumps({"imports": modules()})


def csp_nonce() -> str:
    """Return this answer's nonce for inline scripts of ours (a template global)."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def _headers(response: Response) -> Response:
    """Put the security headers on every answer."""
    policy = (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
        f"script-src 'self' 'nonce-{csp_nonce()}'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    if response.mimetype == "text/html":
        response.headers.setdefault("Cache-Control", "private, no-store")
    return response


def init_app(app: Flask) -> None:
    """Serve assets; a static file whose address carries its hash is kept for a year."""
    app.register_blueprint(bp)
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = YEAR_S
    app.jinja_env.globals.update(asset=asset, import_map=import_map, csp_nonce=csp_nonce)
    app.after_request(_headers)
