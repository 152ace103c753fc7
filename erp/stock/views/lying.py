"""Pages of stock: goods-in, what lies where, places, lots, and the proof."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from core import codes
from core.clock import day_of, now
from core.errors import Conflict, InvalidInput, NotFound, RuleViolation
from core.printing.answers import labels as answer_labels
from core.web import invariants
from core.web.access import me, requires
from core.web.errors import status_of, text_of
from core.web.forms import parse
from core.web.lists import Page, export, paged
from core.web.menu import panels
from core.web.search import hits
from core.web.templating import label, named
from core.work import read, run
from erp.stock import pdf, queries, service
from erp.stock.forms import PlaceForm, ReceiptForm, TransferForm
from erp.stock.model import Place
from erp.stock.queries import LotFacts, Lying
from erp.stock.rules import FOR_MATERIAL, VIRTUAL, MoveKind, NotWhole, PlaceKind, StockShort, plain
from erp.stock.views.blueprint import EXPORT_ROWS_MAX, READ, bp


@bp.get("/balances")
@requires(READ)
def balance_list() -> ResponseReturnValue:
    """List what lies where; a label that is scanned into the search leads to the very thing."""
    if (url := _labelled(request.args.get("q", ""))) is not None:
        return redirect(url)
    page = paged(read(), _asked(), queries.SORTS, default="material")
    rows = [Lying(*row) for row in page.rows]
    return render_template(
        "erp/stock/balance_list.html",
        page=Page(rows, page.number, page.size, page.total_count, page.sort),
        kind=_kind(),
        kinds=FOR_MATERIAL,
    )


def _labelled(text: str) -> str | None:
    """Return the page of the one thing that carries this label; nothing for other words."""
    try:
        found = hits(codes.read(text))
    except codes.CodeUnreadable:
        return None
    return found[0].url if len(found) == 1 else None


@bp.get("/balances.xlsx")
@requires(READ)
def balance_export() -> ResponseReturnValue:
    """Answer the same list as a spreadsheet."""
    rows = (Lying(*row) for row in read().execute(_asked().limit(EXPORT_ROWS_MAX)))
    columns = {
        _("Material"): lambda row: named(row.material),
        _("Article code"): lambda row: row.article.code,
        _("Lot"): lambda row: row.lot.code,
        _("Place"): lambda row: row.place.name,
        _("Quantity"): lambda row: plain(row.qty),
        _("Unit"): lambda row: label(row.unit),
        _("Supplier"): lambda row: named(row.supplier) if row.supplier else "",
        _("Supplier's delivery note"): lambda row: row.lot.supplier_reference,
        _("Received on"): lambda row: _day(row.lot.received_at),
    }
    return export("stock.xlsx", columns, rows)


def _asked() -> Any:
    return queries.balances(request.args.get("q", "").strip()[:60], _kind())


def _kind() -> PlaceKind | None:
    return next((kind for kind in FOR_MATERIAL if kind == request.args.get("kind")), None)


@bp.get("/receive")
@requires("erp.stock.receive")
def receive() -> ResponseReturnValue:
    """Show the form for a delivery, with what was received last beside it."""
    return _receive_page({"place_id": request.args.get("place_id", "")}, {})


@bp.post("/receive")
@requires("erp.stock.receive")
def receive_post() -> ResponseReturnValue:
    """Take a delivery in. The same form sent twice receives once."""
    try:
        form = parse(ReceiptForm, request.form)
        lot = run(
            service.receive,
            _article_id(form.article),
            form.qty,
            form.place_id,
            supplier_id=form.supplier_id,
            reference=form.reference,
            form_key=form.form_key,
            by=me().id,
            at=now(),
        )
    except InvalidInput as wrong:
        return _receive_page(request.form, wrong.fields, 400)
    except RuleViolation as wrong:
        field = "qty" if isinstance(wrong, NotWhole) else "place_id"
        return _receive_page(request.form, {field: text_of(wrong)}, status_of(wrong))
    flash(_("Received as lot %(code)s. Print its label and stick it on.", code=lot.code), "done")
    return redirect(url_for(".receive", place_id=form.place_id, last=lot.id), 303)


def _article_id(text: str) -> int:
    """Return the one article that was meant. Raises InvalidInput."""
    found = queries.article_like(read(), text)
    if len(found) == 1:
        return found[0][0].id
    if not found:
        raise InvalidInput(
            {"article": _("No article is called %(text)s. Choose one of the list.", text=text)}
        )
    codes = ", ".join(article.code for article, _material in found)
    raise InvalidInput({"article": _("Several articles fit: %(codes)s. Type one of these.", codes=codes)})


def _receive_page(
    values: Mapping[str, Any], errors: Mapping[str, str], status: int = 200
) -> ResponseReturnValue:
    lots = queries.recent_lots(read())
    page = render_template(
        "erp/stock/receive.html",
        values=values,
        errors=errors,
        form_key=values.get("form_key") or secrets.token_urlsafe(16),
        articles=queries.articles(read()),
        places=queries.places(read(), (PlaceKind.RECEIVING, PlaceKind.STORE)),
        suppliers=queries.suppliers(read()),
        lots=lots,
        received=queries.received_qty(read(), [facts.lot.id for facts in lots]),
        last_id=request.args.get("last", type=int),
    )
    return page, status


@bp.get("/lots/<int:lot_id>/")
@requires(READ)
def lot_show(lot_id: int) -> ResponseReturnValue:
    """Show one lot: where it lies, and every move of it."""
    return _lot_page(lot_id, {}, {})


def _lot_page(
    lot_id: int, values: Mapping[str, Any], errors: Mapping[str, str], status: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "erp/stock/lot_show.html",
        facts=_lot(lot_id),
        lying=queries.of_lot(read(), lot_id),
        moves=queries.moves(read(), lot_id),
        received=queries.received_qty(read(), [lot_id]).get(lot_id, Decimal(0)),
        places=queries.places(read(), FOR_MATERIAL),
        virtual=VIRTUAL,
        reversal=MoveKind.REVERSAL,
        values=values,
        errors=errors,
    )
    return page, status


@bp.post("/lots/<int:lot_id>/move")
@requires("erp.stock.move")
def lot_move(lot_id: int) -> ResponseReturnValue:
    """Write down that part of a lot was carried elsewhere."""
    try:
        form = parse(TransferForm, request.form)
        if form.from_place_id == form.to_place_id:
            raise InvalidInput({"to_place_id": _("It lies there already. Choose another place.")})
        places = (form.from_place_id, form.to_place_id)
        run(service.move, lot_id, *places, form.qty, MoveKind.TRANSFER, by=me().id, at=now())
    except InvalidInput as wrong:
        return _lot_page(lot_id, request.form, wrong.fields, 400)
    except RuleViolation as wrong:
        field = "qty" if isinstance(wrong, StockShort) else "to_place_id"
        return _lot_page(lot_id, request.form, {field: text_of(wrong)}, status_of(wrong))
    flash(_("Moved."), "done")
    return redirect(url_for(".lot_show", lot_id=lot_id), 303)


@bp.post("/moves/<int:move_id>/reverse")
@requires("erp.stock.move")
def move_reverse(move_id: int) -> ResponseReturnValue:
    """Take a wrong move back by one the other way."""
    row = run(service.reverse, move_id, by=me().id, at=now())
    flash(_("Taken back. The ledger keeps both moves."), "done")
    return redirect(url_for(".lot_show", lot_id=row.lot_id), 303)


@bp.route("/lots/<int:lot_id>/label.pdf", methods=["GET", "POST"])
@requires(READ)
def lot_label(lot_id: int) -> ResponseReturnValue:
    """Answer a lot's label, 60 × 40 mm."""
    facts = _lot(lot_id)
    qty = queries.received_qty(read(), [lot_id]).get(lot_id, Decimal(0))
    received = [_day(facts.lot.received_at), facts.lot.supplier_reference]
    printed = pdf.draw_lots(
        [
            pdf.LotLabel(
                code=facts.lot.code,
                material=named(facts.material),
                article=facts.article.code,
                quantity=f"{plain(qty)} {label(facts.unit)}",
                supplier=named(facts.supplier) if facts.supplier else "",
                received=" · ".join(part for part in received if part),
            )
        ],
        facts.lot.code,
    )
    return answer_labels(printed.content, f"{facts.lot.code}.pdf")


def _lot(lot_id: int) -> LotFacts:
    facts = queries.lot(read(), lot_id)
    if facts is None:
        raise NotFound
    return facts


@bp.get("/places")
@requires(READ)
def place_list() -> ResponseReturnValue:
    """List the places with their labels."""
    return _place_page({}, {})


@bp.post("/places")
@requires("erp.stock.place")
def place_add() -> ResponseReturnValue:
    """Set up a new place."""
    try:
        form = parse(PlaceForm, request.form)
        if form.kind in VIRTUAL:
            raise InvalidInput(
                {"kind": _("Please choose one of the offered values, got “%(input)s”.", input=form.kind)}
            )
        place = run(service.add_place, form.name, form.kind)
    except InvalidInput as wrong:
        return _place_page(request.form, wrong.fields, 400)
    except Conflict as wrong:
        return _place_page(request.form, {"name": text_of(wrong)}, status_of(wrong))
    flash(_("%(name)s is set up. Print its label.", name=place.name), "done")
    return redirect(url_for(".place_list"), 303)


def _place_page(
    values: Mapping[str, Any], errors: Mapping[str, str], status: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "erp/stock/place_list.html",
        places=queries.places(read()),
        kinds=[kind for kind in PlaceKind if kind not in VIRTUAL],
        values=values,
        errors=errors,
    )
    return page, status


@bp.get("/places/<int:place_id>/")
@requires(READ)
def place_show(place_id: int) -> ResponseReturnValue:
    """Show what lies at one place."""
    place = read().get(Place, place_id)
    if place is None:
        raise NotFound
    shown_panels = [
        (one.title, Markup(render_template(one.template, **one.context)))  # noqa: S704  (our own template)
        for one in panels("erp.stock.place", place_id)
    ]
    lying = queries.at_place(read(), place_id)
    return render_template("erp/stock/place_show.html", place=place, lying=lying, shown_panels=shown_panels)


@bp.route("/places/labels.pdf", methods=["GET", "POST"])
@requires(READ)
def place_labels() -> ResponseReturnValue:
    """Answer the labels of all real places, or of the one that the address names, 60 × 40 mm."""
    wanted = request.args.get("place_id", type=int)
    found = [place for place in queries.places(read()) if wanted is None or place.id == wanted]
    if not found:
        raise NotFound
    labels = [pdf.PlaceLabel(place.code, place.name, label(place.kind)) for place in found]
    return answer_labels(pdf.draw_places(labels, _("Places")).content, "places.pdf")


@bp.get("/verify")
@requires("erp.stock.verify")
def verify() -> ResponseReturnValue:
    """Prove every invariant now and show what does not hold."""
    return render_template("erp/stock/verify.html", found=invariants.verify(read()), at=now())


def _day(moment: Any) -> str:
    return day_of(moment, current_app.config["TIMEZONE"]).isoformat()
