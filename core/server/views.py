"""How a tablet or a phone learns to trust this server."""

from __future__ import annotations

import io

import segno
from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from core.errors import NotFound
from core.server import certificates, serving
from core.server.plain import AUTHORITY_PATH, AUTHORITY_TYPE, host_of
from core.web.access import public
from core.web.address import addresses, is_local
from core.web.answers import download

bp = Blueprint("core_server", __name__)
NAME = "mortise-authority.crt"


def _files() -> certificates.Files:
    files = serving.certificate_files(current_app.config)
    if not (current_app.config["HTTPS"] and files.authority.exists()):
        raise NotFound
    return files


@bp.get("")
@public
def trust() -> ResponseReturnValue:
    """Show how a device installs the factory's authority, and by what it recognises the right one."""
    files = _files()
    plain = f"http://{_reachable(request.host)}:{current_app.config['PORT']}{AUTHORITY_PATH}"
    square = io.BytesIO()
    segno.make(plain, error="m", micro=False).save(square, kind="svg", scale=5, xmldecl=False, svgns=True)
    return render_template(
        "core/server/trust.html",
        fingerprint=certificates.fingerprint(files.authority),
        plain=plain,
        square=Markup(square.getvalue().decode()),  # noqa: S704  (drawn by us)
    )


def _reachable(asked: str) -> str:
    """Return the host by which another device finds us, also when this page was opened on the server itself."""
    host = host_of(asked)
    return addresses(current_app.config["HOST"])[-1] if is_local(host) else host


@bp.get("/authority")
@public
def authority() -> ResponseReturnValue:
    """Give out the authority's certificate; it holds no secret."""
    return download(_files().authority.read_bytes(), AUTHORITY_TYPE, NAME)
