"""What answers on the plain port when the pages are served over HTTPS: the way there, and the authority."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from werkzeug import Request, Response
from werkzeug.utils import redirect

AUTHORITY_PATH = "/authority.crt"
AUTHORITY_TYPE = "application/x-x509-ca-cert"
UPGRADE = "This server answers over HTTPS only.\n"


def host_of(asked: str) -> str:
    """Return the host of a `Host` header without its port, as it stands in an address."""
    host = urlsplit(f"//{asked}").hostname or "localhost"
    return f"[{host}]" if ":" in host else host


def make(https_port: int, authority: str) -> Callable[..., object]:
    """Return the WSGI application that leads to `https_port` and gives out the certificate in `authority`."""

    @Request.application
    def lead(request: Request) -> Response:
        if request.path == AUTHORITY_PATH:
            return Response(Path(authority).read_bytes(), mimetype=AUTHORITY_TYPE)
        if request.method not in ("GET", "HEAD"):  # what was sent has been read by the network already
            return Response(UPGRADE, 426, {"Upgrade": "TLS/1.2, HTTP/1.1", "Connection": "Upgrade"})
        return redirect(f"https://{host_of(request.host)}:{https_port}{request.full_path.rstrip('?')}", 307)

    return lead
