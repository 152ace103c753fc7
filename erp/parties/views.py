"""Pages of parties: dealers and suppliers."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from core.audit.queries import history
from core.clock import now
from core.errors import Conflict, InvalidInput
from core.web.access import me, requires
from core.web.errors import text_of
from core.web.forms import parse
from core.web.lists import export, paged
from core.web.menu import panels
from core.work import read, run
from erp.parties import queries, service
from erp.parties.forms import PartyForm
from erp.parties.model import Party
from erp.parties.rules import CodeTaken, PaperLanguage, PartDelivery, PartyKind

bp = Blueprint("erp_parties", __name__)
READ, WRITE = "erp.parties.read", "erp.parties.write"
SHOWN = (
    *("code", "kind", "name", "name_en", "contact", "phone", "city", "address", "locale"),
    *("part_delivery", "version"),
)
SORTS = {"code": Party.code, "name": Party.name, "city": Party.city, "kind": Party.kind}
EXPORTED = 10_000  # rows of one spreadsheet; no maker of doors has as many partners


def _kind() -> PartyKind | None:
    """Return the kind that the address asks for."""
    return next((kind for kind in PartyKind if kind == request.args.get("kind")), None)


@bp.get("/parties/")
@requires(READ)
def party_list() -> ResponseReturnValue:
    """List the partners."""
    rows = queries.listed(request.args.get("q", "").strip()[:60], _kind())
    page = paged(read(), rows, SORTS, default="code", scalars=True)
    return render_template("erp/parties/party_list.html", page=page, kinds=list(PartyKind), kind=_kind())


@bp.get("/parties.xlsx")
@requires(READ)
def party_export() -> ResponseReturnValue:
    """Answer the list as a spreadsheet."""
    rows = (
        queries.listed(request.args.get("q", "").strip()[:60], _kind()).order_by(Party.code).limit(EXPORTED)
    )
    columns = {
        _("Code"): lambda party: party.code,
        _("Kind"): lambda party: _(party.kind.label),
        _("Name"): lambda party: party.name,
        _("English name"): lambda party: party.name_en,
        _("Contact"): lambda party: party.contact,
        _("Phone"): lambda party: party.phone,
        _("City"): lambda party: party.city,
        _("Address"): lambda party: party.address,
    }
    return export(_("partners") + ".xlsx", columns, read().scalars(rows))


@bp.get("/parties/new")
@requires(WRITE)
def party_new() -> ResponseReturnValue:
    """Show an empty form."""
    values = {"kind": request.args.get("kind", PartyKind.DEALER), "is_active": "1"}
    return _form(None, values, {}, 200)


@bp.post("/parties/new")
@requires(WRITE)
def party_create() -> ResponseReturnValue:
    """Take in a partner."""
    try:
        form = parse(PartyForm, request.form)
        party = run(service.create, form.entry, by=me().id, at=now())
    except InvalidInput as wrong:
        return _form(None, request.form, wrong.fields, 400)
    except CodeTaken as taken:
        return _form(None, request.form, {"code": text_of(taken)}, 409)
    flash(_("%(name)s is taken in.", name=party.name), "done")
    return redirect(url_for(".party_show", party_id=party.id))


@bp.get("/parties/<int:party_id>/")
@requires(READ)
def party_show(party_id: int) -> ResponseReturnValue:
    """Show one partner, in a form for those who may change it."""
    party = queries.party(read(), party_id)
    values = {name: getattr(party, name) for name in SHOWN} | {"is_active": "1" if party.is_active else ""}
    return _form(party, values, {}, 200)


@bp.post("/parties/<int:party_id>/amend")
@requires(WRITE)
def party_amend(party_id: int) -> ResponseReturnValue:
    """Bring one partner up to date."""
    try:
        form = parse(PartyForm, request.form)
        party = run(
            service.amend,
            party_id,
            form.entry,
            is_active=form.is_active,
            version=form.version,
            by=me().id,
            at=now(),
        )
    except InvalidInput as wrong:
        return _form(queries.party(read(), party_id), request.form, wrong.fields, 400)
    except Conflict as lost:  # what was typed stays; the form now carries the version in force
        party = queries.party(read(), party_id)
        values = {**request.form, "version": party.version}
        return _form(party, values, {"name": text_of(lost)}, 409)
    flash(_("%(name)s is saved.", name=party.name), "done")
    return redirect(url_for(".party_show", party_id=party_id))


def _panels(party_id: int) -> list[tuple[str, Markup]]:
    """Return what upper features show on this page."""
    return [
        (one.title, Markup(render_template(one.template, **one.context)))  # noqa: S704  (our own template)
        for one in panels("erp.parties.party", party_id)
    ]


def _form(party: Party | None, values: object, errors: dict[str, str], status: int) -> ResponseReturnValue:
    """Answer with the form and what stands in it."""
    page = render_template(
        "erp/parties/party_show.html",
        party=party,
        values=values,
        errors=errors,
        kinds=list(PartyKind),
        languages=list(PaperLanguage),
        part_deliveries=list(PartDelivery),
        history=history(read(), service.SUBJECT, party.id, 20) if party else [],
        shown_panels=_panels(party.id) if party else [],
    )
    return page, status
