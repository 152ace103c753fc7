"""Pages of the warehouse's handheld: each is one task, scan after scan."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue

from core.web.access import requires
from core.work import read
from mes.scanning import queries as scanning
from mes.scanning.rules import DEVICE_COOKIE
from mes.warehouse import queries, service

bp = Blueprint("mes_warehouse", __name__)


def _page(template: str, **context: object) -> ResponseReturnValue:
    device = request.args.get("device") or request.cookies.get(DEVICE_COOKIE, "")
    where = scanning.where(read(), device) if device else None
    lock_url = url_for("mes_production.lock", device=device) if where else ""
    badge = cookie.get("badge", "") if where else ""  # of a scan that is sent later, by whomever
    return render_template(
        template, device=device if where else "", where=where, badge=badge, lock_url=lock_url, **context
    )


@bp.get("/")
@requires("mes.warehouse.read")
def home() -> ResponseReturnValue:
    """Show what the keeper can do with the handheld."""
    return _page("mes/warehouse/home.html")


@bp.get("/put-away")
@requires("mes.warehouse.store")
def put_away() -> ResponseReturnValue:
    """Put packages away: package, place, one piece of it."""
    return _page("mes/warehouse/put_away.html")


@bp.get("/goods-in")
@requires("mes.warehouse.store")
def goods_in() -> ResponseReturnValue:
    """Put received lots away: lot, place."""
    return _page("mes/warehouse/goods_in.html")


@bp.get("/move")
@requires("mes.warehouse.store")
def move() -> ResponseReturnValue:
    """Carry packages to another place or to staging: package, place."""
    return _page("mes/warehouse/move.html")


@bp.get("/issue")
@requires("mes.warehouse.issue")
def issue() -> ResponseReturnValue:
    """Issue material to a batch: batch, lot, quantity."""
    return _page("mes/warehouse/issue.html", batches=queries.open_batches(read()))


@bp.get("/find")
@requires("mes.warehouse.read")
def find() -> ResponseReturnValue:
    """Say where a thing is: scan it, then its place to make sure."""
    return _page("mes/warehouse/find.html")


@bp.get("/return")
@requires("mes.warehouse.issue")
def give_back() -> ResponseReturnValue:
    """Give back what a batch did not use: batch, lot, quantity, place."""
    return _page("mes/warehouse/give_back.html")


@bp.get("/transfer")
@requires("mes.warehouse.store")
def transfer() -> ResponseReturnValue:
    """Carry a lot, or part of it, to another place: lot, place."""
    return _page("mes/warehouse/transfer.html")


@bp.get("/stage")
@requires("mes.warehouse.store")
def stage() -> ResponseReturnValue:
    """Bring the packages of open loads to their staging places: package, place."""
    return _page("mes/warehouse/stage.html", loads=service.to_stage(read()))
