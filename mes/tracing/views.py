"""Pages of tracing: one label is scanned, its whole story is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.codes import clean
from core.errors import NotFound
from core.i18n import Named
from core.web.access import requires
from core.web.errors import shown, text_of
from core.web.lists import export
from core.web.templating import label, named
from core.work import read
from mes.packing.rules import PackageState
from mes.scanning.rules import Block, Outcome, ScanKind
from mes.shipping.rules import ClaimKind, ClaimState, Condition
from mes.splitting.rules import PieceState
from mes.tracing import queries
from mes.tracing.rules import LEADS_TO, PAGES, Chapter, Event, LotKnown, NotTraced, told

bp = Blueprint("mes_tracing", __name__)
READ = "mes.tracing.read"


@bp.get("/")
@requires(READ)
def home() -> ResponseReturnValue:
    """Go to the story of a scanned label, or ask for one."""
    code = clean(request.args.get("code", ""))[:64]
    found = queries.found(read(), code) if code else None
    if found is not None:
        page, argument = PAGES[found.kind]
        return redirect(url_for(page, **_arguments(argument, found.id)))
    error = text_of(NotTraced(text=code)) if code else ""
    return render_template("mes/tracing/home.html", code=code, error=error), 404 if code else 200


@bp.get("/pieces/<int:piece_id>/")
@requires(READ)
def piece_show(piece_id: int) -> ResponseReturnValue:
    """Tell the story of one piece."""
    return _story("piece", piece_id)


@bp.get("/sets/<int:set_id>/")
@requires(READ)
def set_show(set_id: int) -> ResponseReturnValue:
    """Tell the story of the pieces of one door set."""
    return _story("set", set_id)


@bp.get("/packages/<int:package_id>/")
@requires(READ)
def package_show(package_id: int) -> ResponseReturnValue:
    """Tell the story of what is in one package."""
    return _story("package", package_id)


def _story(kind: str, row_id: int) -> ResponseReturnValue:
    events = queries.trace(read(), kind, row_id)
    if not events:
        raise NotFound
    done = {one.ref_id for one in events if one.chapter is Chapter.OPERATION and one.ref_id}
    return render_template(
        "mes/tracing/story.html",
        kind=kind,
        story=told(events),
        names=queries.operation_names(read(), done),
        by=_by,
        chapters=Chapter,
        url=_url,
        result=_result,
        what=_what,
    )


def _url(event: Event) -> str:
    """Return where a line of a story leads, if anywhere."""
    page, argument = LEADS_TO.get(event.chapter, ("", ""))
    return url_for(page, **_arguments(argument, event.ref_id)) if page and event.ref_id else ""


def _arguments(name: str, row_id: int) -> dict[str, Any]:
    return {name: row_id}


def _what(event: Event, names: Mapping[str, Named]) -> str:
    """Return what a line is about, in the person's language."""
    if event.chapter is Chapter.SCAN:
        return label(ScanKind(event.code))
    if event.chapter is Chapter.OPERATION and event.code in names:
        return named(names[event.code])
    return event.code


def _by(event: Event) -> str:
    """Return who did it; of a lot how it is known."""
    return label(LotKnown(event.person)) if event.chapter is Chapter.LOT else event.person


def _result(event: Event) -> str:
    """Return how it stands or ended, in the person's language."""
    if event.chapter is Chapter.PIECE:
        return label(PieceState(event.extra))
    if event.chapter is Chapter.BOX:
        return label(PackageState(event.extra))
    if event.chapter is Chapter.SCAN:
        outcome, _space, block = event.extra.partition(" ")
        name = label(Outcome(outcome))
        return f"{name} {block} {label(Block(block))}" if block else name
    if event.chapter is Chapter.RECEIPT:
        return _at_dealer(event.extra)
    return event.extra


def _at_dealer(extra: str) -> str:
    """Return what a dealer said or sent back, in the person's language."""
    what, *words = extra.split(" ")
    if what == "CLAIM":
        return f"{label(ClaimKind(words[0]))}, {label(ClaimState(words[1]))}"
    if what == "RETURN":
        return label(Condition(words[0]))
    return str(_("as it should be") if what == "RIGHT" else _("something is wrong"))


@bp.get("/lots/<int:lot_id>/")
@requires(READ)
def lot_show(lot_id: int) -> ResponseReturnValue:
    """Say which dealers have some of a lot."""
    return _uses("lot", lot_id)


@bp.get("/sheets/<int:sheet_id>/")
@requires(READ)
def sheet_show(sheet_id: int) -> ResponseReturnValue:
    """Say which dealers have some of a sheet or bar."""
    return _uses("sheet", sheet_id)


def _uses(kind: str, row_id: int) -> ResponseReturnValue:
    code = queries.code_of(read(), kind, row_id)
    if code is None:
        raise NotFound
    uses = queries.dealers(read(), kind, row_id)
    return render_template("mes/tracing/uses.html", kind=kind, row_id=row_id, code=code, uses=uses)


@bp.get("/lots/<int:lot_id>.xlsx")
@requires(READ)
def lot_export(lot_id: int) -> ResponseReturnValue:
    """Answer which dealers have some of a lot as a spreadsheet, to call them."""
    code = queries.code_of(read(), "lot", lot_id)
    if code is None:
        raise NotFound
    columns = {
        _("Dealer"): lambda use: shown(use.dealer),
        _("Order"): lambda use: use.order_number,
        _("Sets"): lambda use: use.set_count,
        _("Pieces"): lambda use: use.piece_count,
        _("Packages"): lambda use: use.package_count,
        _("Shipped"): lambda use: use.shipped_count,
    }
    return export(f"{code}.xlsx", columns, queries.dealers(read(), "lot", lot_id))
