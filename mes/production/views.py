"""Pages of production: the tablet's lock, the station, scrap, and what the team leader looks at."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core import codes
from core.auth import queries as people
from core.auth.login import CurrentPerson, has_person, limiter, log_in, log_out
from core.clock import now
from core.codelists import queries as codelists
from core.codes import CodeUnreadable
from core.errors import AppError, NotFound
from core.printing.answers import labels as answer_labels
from core.web.access import me, public, requires
from core.web.errors import answer, text_of, wants_json
from core.web.forms import parse
from core.web.lists import paged
from core.web.templating import today
from core.work import read, run
from erp.catalogue.rules.entries import Duty
from mes.machines import queries as machines
from mes.production import pdf, queries, service
from mes.production.forms import DutyForm
from mes.production.rules import CUT, BadgeNotHere, BadgeUnknown, NoDevice
from mes.scanning import queries as scanning
from mes.scanning.rules import StationKind, Where

bp = Blueprint("mes_production", __name__)
LEAD = "mes.production.lead"
REPORT = "mes.production.report"
SCRAP = "mes.production.scrap"
JUDGE = "mes.production.judge"
DEVICE_COOKIE = "mortise_device"  # set when the device is enrolled
START = {
    StationKind.FLOOR: "mes_production.station",
    StationKind.PACK: "mes_packing.bench",
    StationKind.STORE: "mes_warehouse.put_away",
    StationKind.DOCK: "mes_shipping.dock",
}
RIGHT = {  # what a person must be allowed to do, to be let in at a station
    StationKind.FLOOR: REPORT,
    StationKind.PACK: "mes.packing.pack",
    StationKind.STORE: "mes.warehouse.store",
    StationKind.DOCK: "mes.shipping.load",
}


def _key() -> str:
    return request.args.get("device") or request.cookies.get(DEVICE_COOKIE, "")


def _where() -> Where:
    """Return where this device stands. Raises NoDevice."""
    where = scanning.where(read(), _key())
    if where is None:
        raise NoDevice
    return where


@bp.errorhandler(NoDevice)
def no_device(error: NoDevice) -> ResponseReturnValue:
    """Say in steps how this device gets its station; a program gets the refusal as always."""
    if wants_json():
        return answer(error)
    return render_template("mes/production/no_device.html"), 422


@bp.get("/lock")
@public
def lock() -> ResponseReturnValue:
    """Let the last person go and ask for the next badge."""
    where = _where()
    left = me().name if has_person() else ""
    if left:
        log_out()
    return render_template("mes/production/lock.html", where=where, left=left, refusal="", device=_key())


@bp.post("/lock")
@public
@limiter.limit("60/minute")
def badge_in() -> ResponseReturnValue:
    """Let a person in by badge, on an enrolled device only, and show the page of its station."""
    where, typed = _where(), request.form.get("badge", "")
    try:
        known = people.by_badge(read(), codes.read(typed))
    except CodeUnreadable:
        known = None
    if known is None:
        return _stay_locked(where, BadgeUnknown(badge=typed[:20]))
    if not CurrentPerson.of(known, by_badge=True).may(RIGHT[where.station_kind]):
        return _stay_locked(where, BadgeNotHere(name=known.name, station=where.station_name))
    log_in(known, codes.clean(typed))
    return redirect(url_for(START[where.station_kind], device=_key()))


def _stay_locked(where: Where, refusal: AppError) -> ResponseReturnValue:
    text = text_of(refusal)
    page = render_template("mes/production/lock.html", where=where, left="", refusal=text, device=_key())
    return page, 422


@bp.get("/station")
@requires(REPORT)
def station() -> ResponseReturnValue:
    """Show a station of the floor: scan a piece, see the verdict and what it is."""
    where, session = _where(), read()
    return render_template(
        "mes/production/station.html",
        where=where,
        names=queries.all_operation_names(session),
        waiting=[one for one in queries.waiting(session) if one.operation in where.operations],
        done_count=queries.done_count(session, where.station_id, today(), current_app.config["TIMEZONE"]),
        device=_key(),
        saws=CUT in where.operations,
        has_machine=bool(machines.at_station(session, where.station_id)),
        badge=cookie.get("badge", ""),
        lock_url=url_for(".lock", device=_key()),
    )


@bp.get("/scrap")
@requires(SCRAP)
def scrap() -> ResponseReturnValue:
    """Ask for the reason of a scrap, then for the piece."""
    defects = codelists.entries(read(), "defect")
    reason = next((one for one in defects if one.code == request.args.get("reason")), None)
    return render_template(
        "mes/production/scrap.html",
        where=_where(),
        defects=defects,
        reason=reason,
        device=_key(),
        badge=cookie.get("badge", ""),
        lock_url=url_for(".lock", device=_key()),
    )


@bp.get("/pieces/<int:piece_id>/picture")
@requires(REPORT)
def piece_picture(piece_id: int) -> ResponseReturnValue:
    """Answer a door set as a drawing with one of its pieces pointed out."""
    found = queries.picture(read(), piece_id)
    if found is None:
        raise NotFound
    drawing, hot, name = found
    return render_template("mes/production/_picture.html", drawing=drawing, hot=hot, name=name)


@bp.route("/pieces/<int:piece_id>/label.pdf", methods=["GET", "POST"])
@requires("mes.splitting.read")
def piece_label(piece_id: int) -> ResponseReturnValue:
    """Answer the label of one piece as PDF: of a remake, or in the place of a torn one."""
    return _labels(queries.piece_label(read(), piece_id))


@bp.route("/orders/<int:order_id>/labels.pdf", methods=["GET", "POST"])
@requires("mes.splitting.read")
def order_labels(order_id: int) -> ResponseReturnValue:
    """Answer the labels of an order's pieces that come off no sheet or bar as PDF."""
    return _labels(queries.uncut_labels(read(), order_id))


def _labels(found: list[queries.PieceLabel]) -> ResponseReturnValue:
    if not found:
        raise NotFound
    name = f"{found[0].code if len(found) == 1 else found[0].set_number}.pdf"
    return answer_labels(pdf.draw_labels(found, name, current_app.config["LOCALE"]).content, name)


@bp.get("/lead")
@requires(LEAD)
def lead() -> ResponseReturnValue:
    """Show what waits where since when, which orders will be late, and what was scrapped."""
    session = read()
    return render_template(
        "mes/production/lead.html",
        waiting=queries.waiting(session),
        ahead=queries.ahead(session, today(), current_app.config["TIMEZONE"]),
        scraps=queries.recent_scraps(session),
        duties=list(Duty),
    )


@bp.post("/lead/scraps/<int:scrap_id>/judge")
@requires(JUDGE)
def scrap_judge(scrap_id: int) -> ResponseReturnValue:
    """Say whose fault a scrap was."""
    form = parse(DutyForm, request.form)
    run(service.judge_duty, scrap_id, form.duty, form.note, by=me().id, at=now())
    flash(_("Saved."), "done")
    return redirect(url_for(".lead"))


@bp.get("/lead/waiting/<operation>")
@requires(LEAD)
def waiting_list(operation: str) -> ResponseReturnValue:
    """List the pieces that wait for one operation."""
    names = queries.all_operation_names(read())
    if operation not in names:
        raise NotFound
    rows: Any = queries.waiting_pieces(read(), operation)
    page = paged(
        read(),
        rows,
        queries.WAITING_SORTS,
        default="since",
    )
    return render_template("mes/production/waiting_list.html", operation=names[operation], page=page)
