"""The floor's pages as an application that opens without the network: service worker, manifest, a page to fall back on.

The worker never answers in the place of a server that answers: pages come from the network first, and only assets,
whose address carries the hash of their content, come from what it keeps.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core.web.access import may, public
from core.web.assets import VENDOR, asset, modules
from core.web.registry import registry

bp = Blueprint("core_offline", __name__)
OTHERS = ("js/lib/theme.js", "css/mortise.css", "img/icons.svg", "img/mark.svg")


def assets() -> list[str]:
    """Return the addresses of all that the pages are made of."""
    vendor = [asset(f"vendor/{name}") for name in VENDOR]
    return sorted({*modules().values(), *(asset(name) for name in OTHERS), *vendor})


def ahead() -> list[dict[str, str]]:
    """Return the pages that this person may need without the network, with what each holds: fetched ahead."""
    return [
        {"page": url_for(endpoint), "key": page.key, "holds": url_for(page.holds)}
        for endpoint, page in registry().offline_pages.items()
        if may(page.permission)
    ]


@bp.get("/worker.js")
@public
def worker() -> ResponseReturnValue:
    """Serve the service worker: its own code, and what it is to keep of this version."""
    code = (Path(str(current_app.static_folder)) / "js" / "worker.js").read_text(encoding="utf-8")
    kept = {
        "assets": assets(),
        "pages": [url_for(endpoint) for endpoint in registry().offline_pages],
        "fallback": url_for(".fallback"),
    }
    kept["version"] = hashlib.sha256(json.dumps([kept, code]).encode()).hexdigest()[:12]
    answer = Response(f"const KEPT = {json.dumps(kept)};\n{code}", mimetype="text/javascript")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@bp.get("/manifest.webmanifest")
@public
def manifest() -> ResponseReturnValue:
    """Say how the floor's pages are installed on a device."""
    answer = jsonify(
        name=gettext("Mortise"),
        short_name=gettext("Mortise"),
        start_url=url_for("core_auth.home"),
        scope="/",
        display="standalone",
        background_color="#f6f4f0",
        theme_color="#3b2a20",
        icons=[{"src": asset("img/mark.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
    )
    answer.mimetype = "application/manifest+json"
    return answer


@bp.get("/offline")
@public
def fallback() -> ResponseReturnValue:
    """Show what works without the network; the worker keeps this page."""
    pages = {url_for(endpoint): gettext(page.name) for endpoint, page in registry().offline_pages.items()}
    return render_template("core/offline/fallback.html", pages=pages)
