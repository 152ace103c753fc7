"""Pages of scanning: stations, devices and their enrolment, and the log of scans."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from core.auth.login import log_out
from core.clock import now
from core.errors import InvalidInput, NotFound
from core.i18n import Named
from core.printing.answers import labels as answer_labels
from core.web import lists
from core.web.access import me, requires
from core.web.forms import parse
from core.web.templating import zone
from core.work import read, run
from mes.scanning import pdf, queries, service
from mes.scanning.forms import EnrolForm, PrinterChoice, ScanFilter, StationForm
from mes.scanning.model import Station
from mes.scanning.queries import Wanted
from mes.scanning.rules import Block, Outcome, ScanKind, StationKind
from mes.scanning.service import Resolved

bp = Blueprint("mes_scanning", __name__)
READ, MANAGE = "mes.scanning.read", "mes.scanning.manage"
DEVICE_COOKIE = "mortise_device"  # the key of the device, which says where it stands
YEARS_S = 5 * 365 * 86400  # as long as a tablet lives


@bp.get("/stations/")
@requires(READ)
def station_list() -> ResponseReturnValue:
    """List the stations and the devices that stand there."""
    session = read()
    return render_template(
        "mes/scanning/station_list.html",
        stations=queries.stations(session),
        devices=queries.devices(session),
        here=request.cookies.get(DEVICE_COOKIE, ""),
    )


@bp.get("/stations/new")
@requires(MANAGE)
def station_new() -> ResponseReturnValue:
    """Show the form of a new station."""
    return _station_form({}, {}), 200


@bp.post("/stations/new")
@requires(MANAGE)
def station_add() -> ResponseReturnValue:
    """Set up a station."""
    try:
        form = parse(StationForm, request.form)
    except InvalidInput as wrong:
        return _station_form(request.form, wrong.fields), 400
    station = run(service.add_station, form.name, form.name_en, form.kind, form.operations)
    flash(_("%(name)s is set up. Print its label %(code)s.", name=station.name, code=station.code), "done")
    return redirect(url_for(".station_list"), 303)


@bp.post("/stations/<int:station_id>/printer")
@requires(MANAGE)
def station_printer(station_id: int) -> ResponseReturnValue:
    """Say which label printer stands beside a station."""
    form = parse(PrinterChoice, request.form)
    run(service.choose_printer, station_id, form.printer, by=me().id, at=now())
    return redirect(url_for(".station_list"), 303)


def printer_here(session: Session) -> int | None:
    """Return the label printer beside the station at which this device stands."""
    key = request.cookies.get(DEVICE_COOKIE)
    return queries.printer_of(session, key) if key else None


def _station_form(values: object, errors: dict[str, str]) -> str:
    return render_template("mes/scanning/station_new.html", values=values, errors=errors, kinds=StationKind)


@bp.route("/stations/labels.pdf", methods=["GET", "POST"])
@requires(READ)
def station_labels() -> ResponseReturnValue:
    """Answer the labels of all stations, or of one, as PDF."""
    wanted = request.args.get("station", type=int)
    chosen = [one for one in queries.stations(read()) if wanted in (None, one.id)]
    if not chosen:
        raise NotFound
    name = f"{chosen[0].code}.pdf" if wanted else "stations.pdf"
    return answer_labels(pdf.draw_labels([_label(one) for one in chosen]).content, name)


def _label(station: Station) -> pdf.StationLabel:
    operations = tuple(station.operation_codes)
    return pdf.StationLabel(station.code, station.name, station.name_en, _(station.kind.label), operations)


@bp.get("/enrol")
@requires(MANAGE)
def device_new() -> ResponseReturnValue:
    """Show the form that makes the device in hand one of a station's."""
    return _enrol_form({"station_id": request.args.get("station", "")}, {}), 200


@bp.post("/enrol")
@requires(MANAGE)
def device_enrol() -> ResponseReturnValue:
    """Enrol the device in hand: its key stays in its browser, and whoever enrolled it is logged out."""
    try:
        form = parse(EnrolForm, request.form)
    except InvalidInput as wrong:
        return _enrol_form(request.form, wrong.fields), 400
    device = run(service.enrol, form.station_id, form.name, by=me().id, at=now())
    language = me().locale
    log_out()  # a tablet on the wall must not stay the administrator's
    cookie["locale"] = language
    page = render_template(
        "mes/scanning/device_enrolled.html",
        device=device,
        station=read().get(Station, device.station_id),
        next_url=url_for("mes_production.lock", device=device.key),
    )
    answer = make_response(page)
    answer.set_cookie(
        DEVICE_COOKIE,
        device.key,
        max_age=YEARS_S,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["HTTPS"],
    )
    return answer


def _enrol_form(values: object, errors: dict[str, str]) -> str:
    return render_template(
        "mes/scanning/device_new.html", values=values, errors=errors, stations=queries.stations(read())
    )


@bp.post("/devices/<int:device_id>/retire")
@requires(MANAGE)
def device_retire(device_id: int) -> ResponseReturnValue:
    """Take a device out of service."""
    run(service.retire_device, device_id, by=me().id, at=now())
    flash(_("The device is out of service; its scans are refused from now on."), "done")
    return redirect(url_for(".station_list"), 303)


@bp.get("/scans/")
@requires(READ)
def scan_list() -> ResponseReturnValue:
    """List the scans, refused ones included."""
    given = request.args.to_dict()
    try:
        wanted = _wanted(parse(ScanFilter, given))
        errors: dict[str, str] = {}
    except InvalidInput as wrong:
        wanted, errors = Wanted(), wrong.fields
    page = lists.paged(read(), queries.scan_rows(wanted), queries.SCAN_SORTS, default="-at")
    return render_template(
        "mes/scanning/scan_list.html",
        page=page,
        errors=errors,
        people=queries.people_who_scanned(read()),
        kinds=ScanKind,
        outcomes=Outcome,
        blocks=Block,
    ), (400 if errors else 200)


@bp.get("/scans/export.xlsx")
@requires(READ)
def scan_export() -> ResponseReturnValue:
    """Answer the newest scans of the filter as a spreadsheet."""
    rows = read().execute(queries.newest_scans(_wanted(parse(ScanFilter, request.args.to_dict())))).all()
    columns = {
        _("When"): lambda row: row.received_at,
        _("Who"): lambda row: row.person,
        _("Station"): lambda row: row.station,
        _("What"): lambda row: _(row.kind.label),
        _("Code"): lambda row: row.code,
        _("Belongs to"): lambda row: row.context,
        _("Verdict"): lambda row: _(row.outcome.label),
        _("Number"): lambda row: row.block_code and row.block_code.value,
        _("Reason of the signature"): lambda row: row.override_reason,
    }
    return lists.export("scans.xlsx", columns, rows)


def _wanted(form: ScanFilter) -> Wanted:
    """Return the filter with its days as moments in the factory's time."""
    since, until = (
        None if day is None else datetime.combine(day, time(), zone()) for day in (form.since, form.until)
    )
    return Wanted(
        since=since,
        before=None if until is None else until + timedelta(days=1),
        person_id=form.person,
        kind=form.kind,
        outcome=form.outcome,
        block=form.block,
        code=form.code.upper(),
    )


def resolve_station(session: Session, code: str) -> Resolved | None:
    """Say what a station's code stands for."""
    station = queries.station_of_code(session, code)
    if station is None:
        return None
    name = Named(station.name, station.name_en)
    return Resolved("station", station.id, name, station.kind, "mes_scanning.station_list", {})
