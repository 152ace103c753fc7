"""The one search box: an order, a door set, a piece, a package, a dealer, by number, scanned code or name."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.web.access import logged_in
from core.web.registry import Hit, registry
from core.work import read

bp = Blueprint("core_search", __name__)
LONGEST = 60


def hits(text: str) -> list[Hit]:
    """Return what the features find for a text, in their order."""
    return [hit for provider in registry().providers for hit in provider(read(), text)]


@bp.get("/find")
@logged_in
def find() -> ResponseReturnValue:
    """Go to the only thing found, or list what was found."""
    text = request.args.get("q", "").strip()[:LONGEST]
    found = hits(text) if text else []
    if len(found) == 1:
        return redirect(found[0].url)
    return render_template("core/search/find.html", text=text, hits=found)
