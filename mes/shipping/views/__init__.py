"""Pages of shipping: loads, their lists and papers, and the dock."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.audit import queries as audit
from core.clock import now
from core.company.views import company
from core.errors import InvalidInput, NotAllowed, NotFound
from core.files.photos import redraw
from core.pdf.frame import A4, CONTINUOUS
from core.printing.answers import labels as answer_labels
from core.web import answers, lists
from core.web.access import me, requires
from core.web.forms import parse
from core.web.templating import local, today
from core.work import read, run
from mes.packing import queries as packing
from mes.scanning import queries as scanning
from mes.shipping import pdf, queries, service
from mes.shipping.forms import LoadForm, PackagesForm
from mes.shipping.queries import LoadFacts, OrderAmount, Stop
from mes.shipping.rules import OPEN, Freight, LoadState

bp = Blueprint("mes_shipping", __name__)
DEVICE_COOKIE = "mortise_device"  # set when the device is enrolled
READ, PLAN, LOAD = "mes.shipping.read", "mes.shipping.plan", "mes.shipping.load"
AMOUNTS = "erp.sales.read"  # who sees prices
PAPERS = {"241": CONTINUOUS}
VIEWS = {"open": OPEN, "closed": (LoadState.CLOSED,), "shipped": (LoadState.SHIPPED,), "all": ()}


@bp.get("/loads/")
@requires(READ)
def load_list() -> ResponseReturnValue:
    """List the loads."""
    view = request.args.get("view", "open")
    states = VIEWS.get(view, OPEN)
    page = lists.paged(
        read(),
        queries.load_rows(request.args.get("q", "").strip(), states),
        queries.LOAD_SORTS,
        default="planned_on",
    )
    counts = queries.counts(read())
    totals = {
        name: sum(counts.get(state, 0) for state in (wanted or LoadState)) for name, wanted in VIEWS.items()
    }
    load_ids = [row[0].id for row in page.rows]
    return render_template(
        "mes/shipping/load_list.html",
        page=page,
        dealers=queries.dealers_of(read(), load_ids),
        held=queries.held_of(read(), load_ids),
        view=view,
        totals=totals,
    )


@bp.get("/loads/export.xlsx")
@requires(READ)
def load_export() -> ResponseReturnValue:
    """Answer the loads of the list as a spreadsheet."""
    states = VIEWS.get(request.args.get("view", "open"), OPEN)
    rows = read().execute(queries.load_rows(request.args.get("q", "").strip(), states)).all()
    columns = {
        _("Load number"): lambda row: row[0].number,
        _("Day"): lambda row: row[0].planned_on,
        _("Vehicle"): lambda row: row[0].vehicle,
        _("Driver"): lambda row: row[0].driver,
        _("State"): lambda row: _(row[0].state.label),
        _("Packages"): lambda row: row.total,
        _("Loaded"): lambda row: row.loaded,
    }
    return lists.export("loads.xlsx", columns, rows)


@bp.get("/loads/new")
@requires(PLAN)
def load_new() -> ResponseReturnValue:
    """Show the form of a new load."""
    values = {"planned_on": today(), "is_by_stop": "1"}
    return render_template("mes/shipping/load_new.html", values=values, errors={}, freights=Freight)


@bp.post("/loads/new")
@requires(PLAN)
def load_create() -> ResponseReturnValue:
    """Plan a load."""
    try:
        form = parse(LoadForm, request.form)
    except InvalidInput as wrong:
        page = render_template(
            "mes/shipping/load_new.html", values=request.form, errors=wrong.fields, freights=Freight
        )
        return page, 400
    load = run(
        service.create_load,
        form.vehicle,
        form.driver,
        form.phone,
        form.planned_on,
        carrier=form.carrier,
        freight=form.freight,
        is_by_stop=form.is_by_stop,
        by=me().id,
        at=now(),
    )
    flash(_("%(number)s is planned. Now choose its packages.", number=load.number), "done")
    return redirect(url_for(".load_packages", load_id=load.id), 303)


@bp.get("/loads/<int:load_id>/")
@requires(READ)
def load_show(load_id: int) -> ResponseReturnValue:
    """Show one load: its stops, packages, progress and history."""
    load = _facts(load_id)
    return render_template(
        "mes/shipping/load_show.html",
        load=load,
        held=queries.held_numbers(read(), load.cargo) if load.is_open else (),
        history=audit.history(read(), service.SUBJECT, load_id),
        photos=queries.photos(read(), load_id),
    )


@bp.get("/loads/<int:load_id>/packages")
@requires(PLAN)
def load_packages(load_id: int) -> ResponseReturnValue:
    """Show the sealed packages that may still go onto a load."""
    dealer_id = request.args.get("dealer", type=int)
    rows = queries.ready_rows(dealer_id, request.args.get("q", "").strip())
    page = lists.paged(read(), rows, queries.SORTS, default="order", size=200)
    ready = queries.ready(page.rows)
    return render_template(
        "mes/shipping/load_packages.html",
        load=_facts(load_id),
        page=page,
        ready=ready,
        held=queries.held_numbers(read(), ready),
        dealers=queries.dealers_with_ready(read()),
        dealer_id=dealer_id,
    )


@bp.post("/loads/<int:load_id>/packages")
@requires(PLAN)
def load_add(load_id: int) -> ResponseReturnValue:
    """Put the ticked packages onto the list."""
    form = parse(PackagesForm, {"package": request.form.getlist("package")})
    run(service.add_packages, load_id, form.package, by=me().id, at=now())
    flash(_("%(count)s packages are on the list.", count=len(form.package)), "done")
    return redirect(url_for(".load_show", load_id=load_id), 303)


@bp.post("/loads/<int:load_id>/packages/<int:package_id>/remove")
@requires(PLAN)
def load_remove(load_id: int, package_id: int) -> ResponseReturnValue:
    """Take one package off the list."""
    run(service.remove_package, load_id, package_id, by=me().id, at=now())
    return redirect(url_for(".load_show", load_id=load_id), 303)


@bp.post("/loads/<int:load_id>/cancel")
@requires(PLAN)
def load_cancel(load_id: int) -> ResponseReturnValue:
    """Give a load up."""
    run(service.cancel, load_id, by=me().id, at=now())
    flash(_("The load is cancelled; its packages are free."), "done")
    return redirect(url_for(".load_list"), 303)


@bp.post("/loads/<int:load_id>/ship")
@requires(LOAD)
def load_ship(load_id: int) -> ResponseReturnValue:
    """Let a closed load leave."""
    run(service.ship, load_id, by=me().id, at=now())
    flash(_("The vehicle has left: its packages are shipped."), "done")
    return redirect(url_for(".load_show", load_id=load_id), 303)


@bp.post("/loads/<int:load_id>/photo")
@requires(LOAD)
def load_photo(load_id: int) -> ResponseReturnValue:
    """Keep a picture of the loaded vehicle."""
    sent = request.files.get("photo")
    picture = redraw(sent.read() if sent is not None else b"")
    run(service.add_photo, load_id, picture, by=me().id, at=now())
    return redirect(url_for(".load_show", load_id=load_id), 303)


@bp.route("/loads/<int:load_id>/label.pdf", methods=["GET", "POST"])
@requires(READ)
def load_label(load_id: int) -> ResponseReturnValue:
    """Answer the load's label as PDF."""
    load = _facts(load_id)
    return answer_labels(pdf.load_label(load).content, f"{load.number}.pdf")


@bp.get("/loads/<int:load_id>/sheet.pdf")
@requires(READ)
def load_sheet(load_id: int) -> ResponseReturnValue:
    """Answer the load's list as PDF."""
    load = _facts(load_id)
    return answers.pdf(pdf.load_sheet(load, _words()).content, f"{load.number}.pdf")


@bp.get("/deliveries/<int:delivery_id>/note.pdf")
@requires(READ)
def delivery_note(delivery_id: int) -> ResponseReturnValue:
    """Answer a delivery note as PDF: A4, or continuous paper of 241 mm in three parts; with amounts where asked."""
    load, stop = _delivery(delivery_id)
    amounts: tuple[OrderAmount, ...] = ()
    if request.args.get("amounts"):
        if not me().may(AMOUNTS):
            raise NotAllowed
        amounts = queries.amounts(read(), stop.loaded)
    paper = PAPERS.get(request.args.get("paper", ""), A4)
    printed = pdf.delivery_note(load, stop, _words(), paper, amounts)
    return answers.pdf(printed.content, f"{stop.number}.pdf")


@bp.get("/deliveries/<int:delivery_id>/packing.pdf")
@requires(READ)
def packing_list(delivery_id: int) -> ResponseReturnValue:
    """Answer a delivery's packing list as PDF: what lies in each package."""
    load, stop = _delivery(delivery_id)
    contents = packing.items(read(), [one.package_id for one in stop.loaded])
    paper = PAPERS.get(request.args.get("paper", ""), A4)
    printed = pdf.packing_list(load, stop, contents, _words(), paper)
    return answers.pdf(printed.content, f"{stop.number}-packing.pdf")


@bp.get("/dock")
@requires(LOAD)
def dock() -> ResponseReturnValue:
    """Show the dock, with the load in hand when the address names one."""
    load_id = request.args.get("load", type=int)
    device = request.args.get("device") or request.cookies.get(DEVICE_COOKIE, "")
    where = scanning.where(read(), device) if device else None
    return render_template(
        "mes/shipping/dock.html",
        load=None if load_id is None else _facts(load_id),
        waiting=queries.open_loads(read()),
        where=where,
        device=device if where else "",
        badge=cookie.get("badge", "") if where else "",  # of a scan that is sent later, by whomever
    )


@bp.get("/loads/<int:load_id>/dock")
@requires(LOAD)
def load_dock(load_id: int) -> ResponseReturnValue:
    """Answer the dock's parts for one load: what is in hand, what is missing, what may be done."""
    last = request.args.get("last", type=int)
    return render_template("mes/shipping/_dock.html", load=_facts(load_id), last=last)


def _facts(load_id: int) -> LoadFacts:
    found = queries.facts(read(), load_id)
    if found is None:
        raise NotFound
    return found


def _delivery(delivery_id: int) -> tuple[LoadFacts, Stop]:
    load_id = queries.load_of_delivery(read(), delivery_id)
    if load_id is None:
        raise NotFound
    load = _facts(load_id)
    return load, next(stop for stop in load.stops if stop.delivery_id == delivery_id)


def _words() -> pdf.Words:
    return pdf.Words(company(), local(now()), me().name)
