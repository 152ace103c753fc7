"""Pages of purchasing: the requirement, the proposal, orders, and what suppliers deliver."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.company.views import company
from core.errors import AppError, Conflict, InvalidInput, RuleViolation
from core.web import answers
from core.web.access import me, requires
from core.web.errors import status_of, text_of
from core.web.forms import parse
from core.web.lists import export, paged
from core.web.templating import label, local, named, today
from core.work import read, run
from erp.purchasing import pdf, queries, service
from erp.purchasing.forms import (
    DeliveryForm,
    HeadForm,
    LineForm,
    NewOrderForm,
    OfferForm,
    PolicyForm,
    edits,
    picks,
)
from erp.purchasing.queries import Asked, OfferShown
from erp.purchasing.rules.orders import RECEIVABLE, OverReceipt, PurchaseState
from erp.stock import queries as stock
from erp.stock.rules import NotWhole, PlaceKind, plain

bp = Blueprint("erp_purchasing", __name__)
READ, ORDER = "erp.purchasing.read", "erp.purchasing.order"
HORIZONS = (7, 14, 30)  # days ahead that are offered


def _asked() -> Asked:
    """Return what the address narrows the requirement to; what cannot be read narrows nothing."""
    try:
        until = date.fromisoformat(request.args.get("until", ""))
    except ValueError:
        until = None
    return Asked(until=until, text=request.args.get("q", "").strip()[:60])


# --- requirement ------------------------------------------------------------


@bp.get("/requirement/")
@requires(READ)
def requirement_list() -> ResponseReturnValue:
    """List what is needed, reserved, on hand, on order and lacking, by material."""
    asked = _asked()
    is_lacking = request.args.get("view") == "lacking"
    rows = queries.requirements(read(), asked)
    shown = [one for one in rows if one.lacking_qty] if is_lacking else rows
    return render_template(
        "erp/purchasing/requirement_list.html",
        rows=shown,
        counts=(len(rows), sum(1 for one in rows if one.lacking_qty)),
        is_lacking=is_lacking,
        asked=asked,
        horizons=[(days, today() + timedelta(days=days)) for days in HORIZONS],
    )


@bp.get("/requirement.xlsx")
@requires(READ)
def requirement_export() -> ResponseReturnValue:
    """Answer the requirement as a spreadsheet: a row for each order and batch that wants a material."""
    rows = [(one, share) for one in queries.requirements(read(), _asked()) for share in one.shares]
    columns: dict[str, Any] = {
        _("Material"): lambda row: row[0].code,
        _("Name"): lambda row: named(row[0].material),
        _("Unit"): lambda row: label(row[0].unit),
        _("For"): lambda row: row[1].want.name,
        _("Kind"): lambda row: label(row[1].want.kind),
        _("Needed on"): lambda row: row[1].want.needed_on,
        _("Net"): lambda row: plain(row[1].want.net_qty),
        _("Needed"): lambda row: plain(row[1].want.qty),
        _("Reserved"): lambda row: plain(row[1].reserved_qty),
        _("On order"): lambda row: plain(row[1].coming_qty),
        _("Lacking"): lambda row: plain(row[1].lacking_qty),
    }
    return export(_("material requirement") + ".xlsx", columns, rows)


@bp.get("/requirement/<int:material_id>/")
@requires(READ)
def requirement_show(material_id: int) -> ResponseReturnValue:
    """Show one material: who wants it, where it lies, what of it is on order, how it is planned."""
    return _material_page(material_id, {}, {})


def _material_page(
    material_id: int, typed: Mapping[str, Any], errors: Mapping[str, str]
) -> ResponseReturnValue:
    found = [one for one in queries.requirements(read(), _asked()) if one.material_id == material_id]
    policy = queries.policy(read(), material_id)
    values = {
        "safety_qty": plain(policy.safety_qty) if policy else "0",
        "waste": plain(policy.waste_rate * 100) if policy else "0",
    }
    page = render_template(
        "erp/purchasing/requirement_show.html",
        material=queries.material(read(), material_id),
        need=found[0] if found else None,
        lying=stock.of_material(read(), material_id),
        coming=queries.open_lines_of(read(), material_id),
        offers=queries.offers(read()).get(material_id, []),
        values=values | dict(typed),
        errors=errors,
    )
    return page, 400 if errors else 200


@bp.post("/requirement/<int:material_id>/policy")
@requires(ORDER)
def policy_put(material_id: int) -> ResponseReturnValue:
    """Say how a material is planned."""
    try:
        form = parse(PolicyForm, request.form)
    except InvalidInput as wrong:
        return _material_page(material_id, request.form, wrong.fields)
    run(service.put_policy, material_id, form.safety_qty, form.waste_rate, by=me().id, at=now())
    flash(_("Saved."), "done")
    return redirect(url_for(".requirement_show", material_id=material_id), 303)


# --- proposal ---------------------------------------------------------------


@bp.get("/proposal/")
@requires(READ)
def proposal_list() -> ResponseReturnValue:
    """Propose what to buy of whom, the most urgent first."""
    return _proposal_page({}, {}, 200)


def _proposal_page(typed: Mapping[str, str], errors: Mapping[str, str], status: int) -> ResponseReturnValue:
    page = render_template(
        "erp/purchasing/proposal_list.html",
        lines=queries.proposal(read(), today(), _asked()),
        ticked=set(request.form.getlist("material")),
        typed=typed,
        errors=errors,
    )
    return page, status


@bp.post("/proposal/")
@requires(ORDER)
def proposal_order() -> ResponseReturnValue:
    """Turn the ticked lines into drafts, one for each supplier."""
    try:
        ticked = picks(request.form, request.form.getlist("material"))
        made = run(service.order_proposed, ticked, by=me().id, at=now(), on=today())
    except InvalidInput as wrong:
        return _proposal_page(request.form, wrong.fields, 400)
    except (RuleViolation, Conflict) as wrong:
        return _proposal_page(request.form, {"": text_of(wrong)}, status_of(wrong))
    numbers = ", ".join(order.number for order in made)
    flash(_("Drafts are made: %(numbers)s. Check them and order.", numbers=numbers), "done")
    if len(made) == 1:
        return redirect(url_for(".order_show", purchase_id=made[0].id), 303)
    return redirect(url_for(".order_list", view="DRAFT"), 303)


# --- orders -----------------------------------------------------------------


def _state() -> PurchaseState | None:
    return next((one for one in PurchaseState if one.value == request.args.get("view")), None)


@bp.get("/orders/")
@requires(READ)
def order_list() -> ResponseReturnValue:
    """List purchase orders, the newest first."""
    rows = queries.order_rows(request.args.get("q", "").strip()[:60], _state())
    return render_template(
        "erp/purchasing/order_list.html",
        page=paged(read(), rows, queries.SORTS, default="-number"),
        state=_state(),
        states=list(PurchaseState),
        suppliers=stock.suppliers(read()),
    )


@bp.post("/orders/")
@requires(ORDER)
def order_create() -> ResponseReturnValue:
    """Write an empty draft."""
    form = parse(NewOrderForm, request.form)
    order = run(service.create, form.supplier_id, by=me().id, at=now(), on=today())
    return redirect(url_for(".order_show", purchase_id=order.id), 303)


@bp.get("/orders/<int:purchase_id>/")
@requires(READ)
def order_show(purchase_id: int) -> ResponseReturnValue:
    """Show one purchase order: its lines, what has come, what may be done."""
    return _order_page(purchase_id, {}, {}, 200)


def _order_page(
    purchase_id: int, typed: Mapping[str, Any], errors: Mapping[str, str], status: int
) -> ResponseReturnValue:
    page = queries.order_page(read(), purchase_id)
    offered = [one for rows in queries.offers(read()).values() for one in rows]
    html = render_template(
        "erp/purchasing/order_show.html",
        page=page,
        order=page.order,
        typed=typed,
        errors=errors,
        is_draft=page.order.state is PurchaseState.DRAFT,
        is_receivable=page.order.state in RECEIVABLE,
        offered=[one for one in offered if one.supplier.id == page.supplier.id],
        places=stock.places(read(), (PlaceKind.RECEIVING, PlaceKind.STORE)),
        new_key=lambda: secrets.token_urlsafe(16),
        money=pdf.money,
    )
    return html, status


def _refused(purchase_id: int, wrong: AppError) -> ResponseReturnValue:
    """Show the order again with what was typed and why it was refused."""
    if isinstance(wrong, InvalidInput):
        return _order_page(purchase_id, request.form, wrong.fields, 400)
    return _order_page(purchase_id, request.form, {"": text_of(wrong)}, status_of(wrong))


def _back(purchase_id: int) -> ResponseReturnValue:
    return redirect(url_for(".order_show", purchase_id=purchase_id), 303)


@bp.post("/orders/<int:purchase_id>/amend")
@requires(ORDER)
def order_amend(purchase_id: int) -> ResponseReturnValue:
    """Change a draft."""
    try:
        form = parse(HeadForm, request.form)
        run(
            service.amend,
            purchase_id,
            edits(request.form),
            form.expected_on,
            form.note,
            version=form.version,
            by=me().id,
            at=now(),
        )
    except (InvalidInput, RuleViolation, Conflict) as wrong:
        return _refused(purchase_id, wrong)
    flash(_("Saved."), "done")
    return _back(purchase_id)


@bp.post("/orders/<int:purchase_id>/lines")
@requires(ORDER)
def line_add(purchase_id: int) -> ResponseReturnValue:
    """Put a further article onto a draft."""
    try:
        form = parse(LineForm, request.form)
        article_id = _article_id(form.article)
        run(service.add_line, purchase_id, article_id, form.qty, by=me().id, at=now())
    except (InvalidInput, RuleViolation, Conflict) as wrong:
        return _refused(purchase_id, wrong)
    return _back(purchase_id)


@bp.post("/orders/<int:purchase_id>/place")
@requires(ORDER)
def order_place(purchase_id: int) -> ResponseReturnValue:
    """Say that the order was sent."""
    order = run(service.place, purchase_id, by=me().id, at=now())
    flash(_("%(number)s is ordered. Print it and send it to the supplier.", number=order.number), "done")
    return _back(purchase_id)


@bp.post("/orders/<int:purchase_id>/cancel")
@requires(ORDER)
def order_cancel(purchase_id: int) -> ResponseReturnValue:
    """Cancel an order of which nothing has come."""
    order = run(service.cancel, purchase_id, by=me().id, at=now())
    flash(_("%(number)s is cancelled.", number=order.number), "done")
    return _back(purchase_id)


@bp.post("/orders/<int:purchase_id>/close")
@requires(ORDER)
def order_close(purchase_id: int) -> ResponseReturnValue:
    """Give up what has not come."""
    order = run(service.close_short, purchase_id, by=me().id, at=now())
    flash(_("%(number)s is closed; nothing more is expected.", number=order.number), "done")
    return _back(purchase_id)


@bp.post("/orders/<int:purchase_id>/lines/<int:line_id>/receive")
@requires("erp.stock.receive")
def line_receive(purchase_id: int, line_id: int) -> ResponseReturnValue:
    """Take a delivery in against one line."""
    try:
        form = parse(DeliveryForm, request.form)
        lot = run(
            service.receive,
            line_id,
            form.qty,
            form.place_id,
            reference=form.reference,
            reason=form.reason,
            form_key=form.form_key,
            by=me().id,
            at=now(),
        )
    except InvalidInput as wrong:
        return _order_page(purchase_id, {**request.form, "line": line_id}, wrong.fields, 400)
    except RuleViolation as wrong:
        field = "qty" if isinstance(wrong, OverReceipt | NotWhole) else ""
        typed = {**request.form, "line": line_id}
        return _order_page(purchase_id, typed, {field: text_of(wrong)}, status_of(wrong))
    flash(_("Received as lot %(code)s. Print its label and stick it on.", code=lot.code), "done")
    return _back(purchase_id)


@bp.get("/orders/<int:purchase_id>/order.pdf")
@requires(READ)
def order_print(purchase_id: int) -> ResponseReturnValue:
    """Print the order in its supplier's language."""
    page = queries.order_page(read(), purchase_id)
    paper = pdf.order_paper(page, company(), local(now()), me().name)
    return answers.pdf(paper.content, f"{page.order.number}.pdf")


# --- supplier articles ------------------------------------------------------


@bp.get("/articles/")
@requires(READ)
def article_list() -> ResponseReturnValue:
    """List who delivers what."""
    return _article_page({}, {}, 200)


def _article_page(typed: Mapping[str, Any], errors: Mapping[str, str], status: int) -> ResponseReturnValue:
    rows = queries.supplier_articles(request.args.get("q", "").strip()[:60])
    page = paged(read(), rows, queries.OFFER_SORTS, default="article")
    html = render_template(
        "erp/purchasing/article_list.html",
        page=page,
        rows=[OfferShown(*row) for row in page.rows],
        suppliers=stock.suppliers(read()),
        articles=stock.articles(read()),
        typed=typed,
        errors=errors,
    )
    return html, status


@bp.post("/articles/")
@requires(ORDER)
def article_put() -> ResponseReturnValue:
    """Say how a supplier delivers an article."""
    try:
        form = parse(OfferForm, request.form)
        run(service.put_offer, form.entry(_article_id(form.article)), by=me().id, at=now())
    except InvalidInput as wrong:
        return _article_page(request.form, wrong.fields, 400)
    except NotWhole as wrong:
        return _article_page(request.form, {"least_qty": text_of(wrong)}, status_of(wrong))
    flash(_("Saved."), "done")
    return redirect(url_for(".article_list"), 303)


@bp.post("/articles/<int:offer_id>/drop")
@requires(ORDER)
def article_drop(offer_id: int) -> ResponseReturnValue:
    """Say that a supplier no longer delivers an article."""
    run(service.drop_offer, offer_id, by=me().id, at=now())
    flash(_("Saved."), "done")
    return redirect(url_for(".article_list"), 303)


def _article_id(text: str) -> int:
    """Return the one article that was meant. Raises InvalidInput."""
    found = stock.article_like(read(), text)
    if len(found) == 1:
        return found[0][0].id
    raise InvalidInput(
        {"article": _("No single article is called %(text)s. Choose one of the list.", text=text)}
    )


@bp.get("/minimum")
@requires(READ)
def minimum_list() -> ResponseReturnValue:
    """List the materials of which less lies in the factory than their minimum, the shortest first."""
    rows = [row for row in queries.requirements(read(), queries.Asked()) if row.on_hand_qty < row.safety_qty]
    rows.sort(key=lambda row: (row.on_hand_qty / row.safety_qty, row.code))
    return render_template("erp/purchasing/minimum_list.html", rows=rows)
