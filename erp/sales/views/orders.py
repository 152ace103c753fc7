"""Pages of orders: the list, one order, its head and its steps."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import Select

from core.clock import now
from core.errors import InvalidInput
from core.web.access import me, requires
from core.web.errors import text_of
from core.web.forms import parse
from core.web.lists import count_text, export, paged
from core.web.menu import marks, panels
from core.web.templating import label, mm, named, today
from core.work import read, run
from erp.catalogue.rules.document import DimBasis, Handing
from erp.parties import queries as parties
from erp.sales import service
from erp.sales.forms import MEASURE, OPTION, HeadForm, ReasonForm, order_filter
from erp.sales.model import Order
from erp.sales.queries import hand_edits, prices, questions
from erp.sales.queries import orders as queries
from erp.sales.queries.offer import Offer, offer
from erp.sales.queries.orders import LineShown, OrderPage, View
from erp.sales.rules.issues import Field
from erp.sales.rules.orders import DueInPast, LineEntry, NothingToCopy
from erp.sales.rules.questions import About, seen_as
from erp.sales.rules.states import EDITABLE, STEPS, UNRELEASED, OrderState, Verb
from erp.sales.views.blueprint import CANCEL, CONFIRM, READ, SEE_PRICES, WRITE, bp
from erp.sales.views.words import needed_of, sentence, term_text, words_of_answers

PLACE = "erp.sales.order"
EXPORT_ROWS_MAX = 5_000
OFFERED_FOR = timedelta(days=14)  # how long a quotation usually holds


def _asked() -> Select[*tuple[Any, ...]]:
    return queries.order_rows(read(), order_filter(request.args), today())


@bp.get("/orders/")
@requires(READ)
def order_list() -> ResponseReturnValue:
    """List orders: the view, filters and sorting stand in the address."""
    page = paged(read(), _asked(), queries.SORTS, default="-new")
    ids = [order.id for order, _dealer in page.rows]
    asked, counts = order_filter(request.args), queries.view_counts(read(), today())
    return render_template(
        "erp/sales/order_list.html",
        page=page,
        asked=asked,
        counts={view: count_text(count) for view, count in counts.items()},
        has_any=bool(counts[asked.view]),
        set_counts=queries.set_counts(read(), ids),
        asked_counts=questions.counts_of_orders(read(), ids),
        marks=marks(PLACE, ids),
        dealers=parties.dealers(read()),
        all_views=list(View),
        states=list(OrderState),
    )


@bp.get("/orders/export")
@requires(READ)
def order_export() -> Response:
    """Give the list as a spreadsheet, as it is narrowed now."""
    rows = read().execute(_asked().order_by(Order.id.desc()).limit(EXPORT_ROWS_MAX)).all()
    counts = queries.set_counts(read(), [order.id for order, _dealer in rows])
    columns: dict[str, Any] = {
        _("Number"): lambda row: row[0].number,
        _("Dealer"): lambda row: named(row[1]),
        _("Dealer's order number"): lambda row: row[0].dealer_reference,
        _("Customer"): lambda row: row[0].customer,
        _("Site"): lambda row: row[0].site,
        _("Sets"): lambda row: counts.get(row[0].id, 0),
        _("State"): lambda row: label(row[0].state),
        _("Due"): lambda row: row[0].due_on,
        _("Pieces"): lambda row: row[0].piece_count,
        _("Made"): lambda row: row[0].made_count,
        _("Packed"): lambda row: row[0].packed_count,
        _("Packages"): lambda row: row[0].package_count,
        _("Sealed"): lambda row: row[0].sealed_count,
        _("Shipped"): lambda row: row[0].shipped_count,
    }
    return export(_("orders %(day)s.xlsx", day=today().isoformat()), columns, rows)


# --- an older order as the beginning of a new one --------------------------


def _copy_page(
    order_id: int, form_key: str, chosen: Sequence[int] | None, error: str = ""
) -> ResponseReturnValue:
    page = queries.order_page(read(), order_id, offer(read()))
    wanted = [one.line.id for one in page.lines if one.line.live_count] or [one.line.id for one in page.lines]
    ids = wanted if chosen is None else chosen
    shown = render_template(
        "erp/sales/order_copy.html", page=page, form_key=form_key, chosen=ids, error=error
    )
    return shown, 400 if error else 200


@bp.get("/orders/<int:order_id>/copy")
@requires(WRITE)
def order_copy(order_id: int) -> ResponseReturnValue:
    """Ask which lines the new order takes over."""
    return _copy_page(order_id, secrets.token_hex(16), None)


@bp.post("/orders/<int:order_id>/copy")
@requires(WRITE)
def order_copy_make(order_id: int) -> ResponseReturnValue:
    """Write the new draft, and say which lines could not be taken over."""
    form_key = request.form.get("form_key", "")[:40] or secrets.token_hex(16)
    chosen = request.form.getlist("line", type=int)
    try:
        copied = run(
            service.copy_order, order_id, chosen, form_key=form_key, by=me().id, at=now(), on=today()
        )
    except NothingToCopy as wrong:
        return _copy_page(order_id, form_key, chosen, text_of(wrong))
    flash(_("%(number)s is a draft now.", number=copied.order.number), "done")
    for text, positions in (
        (
            _("Not taken over, the model is no longer offered: lines %(lines)s of the old order."),
            copied.left_out,
        ),
        (_("Cannot be made as they are: lines %(lines)s."), copied.unready),
    ):
        if positions:
            flash(text % {"lines": ", ".join(str(one) for one in positions)}, "attn")
    return redirect(url_for(".order_show", order_id=copied.order.id))


# --- the head ---------------------------------------------------------------


def _head_page(
    order: Order | None, values: Mapping[str, Any], errors: Mapping[str, str]
) -> ResponseReturnValue:
    page = render_template(
        "erp/sales/order_head.html",
        order=order,
        values=values,
        errors=errors,
        dealers=parties.dealers(read()),
    )
    return page, 400 if errors else 200


@bp.get("/orders/new")
@requires(WRITE)
def order_new() -> ResponseReturnValue:
    """Show the form of a new order, with the key that makes it one order however often it is sent."""
    return _head_page(
        None, {"form_key": secrets.token_hex(16), "dealer_id": request.args.get("dealer", "")}, {}
    )


@bp.post("/orders/new")
@requires(WRITE)
def order_create() -> ResponseReturnValue:
    """Write a new draft."""
    try:
        form = parse(HeadForm, request.form)
        order = run(
            service.create_order,
            form.head,
            by=me().id,
            at=now(),
            on=today(),
            form_key=form.form_key or None,
        )
    except InvalidInput as wrong:
        return _head_page(None, request.form, wrong.fields)
    except DueInPast as wrong:
        return _head_page(None, request.form, {"due_on": text_of(wrong)})
    flash(_("%(number)s is a draft now. Add its lines.", number=order.number), "done")
    return redirect(url_for(".order_show", order_id=order.id, line="new"))


@bp.get("/orders/<int:order_id>/head")
@requires(WRITE)
def order_edit(order_id: int) -> ResponseReturnValue:
    """Show the form of an order's head."""
    order = queries.order(read(), order_id)
    values = {
        name: getattr(order, name)
        for name in ("dealer_id", "dealer_reference", "customer", "site", "note", "version")
    }
    return _head_page(order, values | {"due_on": order.due_on.isoformat() if order.due_on else ""}, {})


@bp.post("/orders/<int:order_id>/head")
@requires(WRITE)
def order_amend(order_id: int) -> ResponseReturnValue:
    """Change an order's head."""
    try:
        form = parse(HeadForm, request.form)
        run(
            service.amend_head,
            order_id,
            form.head,
            version=form.version,
            by=me().id,
            at=now(),
            on=today(),
        )
    except InvalidInput as wrong:
        return _head_page(queries.order(read(), order_id), request.form, wrong.fields)
    except DueInPast as wrong:
        return _head_page(queries.order(read(), order_id), request.form, {"due_on": text_of(wrong)})
    flash(_("Saved."), "done")
    return redirect(url_for(".order_show", order_id=order_id))


# --- one order --------------------------------------------------------------


@bp.get("/orders/<int:order_id>/")
@requires(READ)
def order_show(order_id: int) -> ResponseReturnValue:
    """Show one order with its drawings, lines, history and what the floor has to say."""
    return show(order_id, request.args.get("line", ""), None, {})


def show(
    order_id: int, chosen: str, typed: Mapping[str, Any] | None, errors: Mapping[str, str]
) -> ResponseReturnValue:
    """Render the order's page with one line chosen; `typed` is what stands in its form."""
    offered = offer(read())
    page = queries.order_page(read(), order_id, offered)
    line = next((one for one in page.lines if str(one.line.id) == chosen), None)
    is_editable = page.order.state in EDITABLE and me().may(WRITE)
    if chosen == "new" and not is_editable:
        chosen = ""
    if line is None and chosen != "new" and page.lines:
        line = page.lines[0]
    html = render_template(
        "erp/sales/order_show.html",
        page=page,
        order=page.order,
        chosen=line,
        is_new=chosen == "new",
        is_editable=is_editable,
        values=typed if typed is not None else _line_values(page, line if chosen != "new" else None),
        errors=errors,
        seen=seen_as(questions.line_values(line.line, line.door.code)) if line else "",
        offered=offered,
        sentence=lambda one: sentence(one, offered),
        handings=list(Handing),
        needed=partial(needed_of, offered=offered),
        bases=list(DimBasis),
        shown_panels=order_panels(PLACE, order_id),
        acts=order_panels(f"{PLACE}.acts", order_id),
        verbs={one.value: one for one in Verb},
        fields={one.value: one for one in Field},
        unreleased=UNRELEASED,
        hand_counts=hand_edits.counts(read(), order_id),
        steps=[to for state, to in sorted(STEPS) if state is page.order.state],
        **_asked_of(order_id, offered),
        **_prices(page.order, offered),
    )
    return html, 400 if errors else 200


def _asked_of(order_id: int, offered: Offer) -> dict[str, Any]:
    """Return what the order's page shows of its dealer's answers."""
    about = About(order_id=order_id)
    link = questions.link_of(read(), about)
    return {
        "undecided": questions.undecided(read(), about),
        "asked": questions.questions(read(), link) if link is not None else [],
        **words_of_answers(offered),
    }


def _prices(order: Order, offered: Offer) -> dict[str, Any]:
    """Return what the order's page shows of its price, to those who may see prices."""
    price = prices.order_price(read(), order, offered, today()) if me().may(SEE_PRICES) else None
    return {
        "price": price,
        "term_text": lambda what: term_text(what, offered),
        "quotes": prices.quotations(read(), order.id) if price else [],
        "offered_until": (today() + OFFERED_FOR).isoformat(),
    }


def order_panels(place: str, order_id: int) -> list[tuple[str, Markup]]:
    """Return what upper features show on this page, ready to be put there."""
    return [
        (one.title, Markup(render_template(one.template, **one.context)))  # noqa: S704  (our own template)
        for one in panels(place, order_id)
    ]


def _line_values(page: OrderPage, chosen: LineShown | None) -> dict[str, Any]:
    """Return what the line's form holds at first: the line, or for a new one what the last line had."""
    last = chosen or (page.lines[-1] if page.lines else None)
    if last is None:
        return {"dim_basis": DimBasis.OPENING.value, "set_count": 1}
    return entry_values(queries.entry(last.line, last.door.code), is_new=chosen is None)


def entry_values(entry: LineEntry, *, is_new: bool = False) -> dict[str, Any]:
    """Return what the form of a line holds; a new one begins with what is usually the same."""
    kept = {
        "door_code": entry.door_code,
        "colour_code": entry.colour_code or "",
        "dim_basis": entry.dim_basis.value,
        "wall_mm": mm(entry.wall_mm),
        "handing": entry.handing.value if entry.handing else "",
        "set_count": 1,
    }
    kept |= {f"{OPTION}{name}": value for name, value in entry.options.items()}
    kept |= {f"{MEASURE}{code}": mm(size) for code, size in entry.measures.items()}
    if is_new:
        return kept
    return kept | {
        "width_mm": mm(entry.width_mm),
        "height_mm": mm(entry.height_mm),
        "mother_width_mm": mm(entry.mother_width_mm),
        "set_count": entry.set_count,
        "room": entry.room,
        "note": entry.note,
    }


# --- steps ------------------------------------------------------------------


def _back(order_id: int) -> ResponseReturnValue:
    return redirect(url_for(".order_show", order_id=order_id))


@bp.post("/orders/<int:order_id>/confirm")
@requires(CONFIRM)
def order_confirm(order_id: int) -> ResponseReturnValue:
    """Confirm an order."""
    order = run(service.confirm, order_id, on=today(), by=me().id, at=now())
    flash(_("%(number)s is confirmed and can be released.", number=order.number), "done")
    return _back(order_id)


@bp.post("/orders/<int:order_id>/ask")
@requires(WRITE)
def order_ask(order_id: int) -> ResponseReturnValue:
    """Hold an order until its dealer answers."""
    form = parse(ReasonForm, request.form)
    order = run(service.ask_dealer, order_id, form.reason, by=me().id, at=now())
    flash(_("%(number)s waits for the dealer's answer.", number=order.number), "done")
    return _back(order_id)


@bp.post("/orders/<int:order_id>/reopen")
@requires(WRITE)
def order_reopen(order_id: int) -> ResponseReturnValue:
    """Put an order back to draft."""
    order = run(service.reopen, order_id, by=me().id, at=now())
    flash(_("%(number)s is a draft again.", number=order.number), "done")
    return _back(order_id)


@bp.post("/orders/<int:order_id>/cancel")
@requires(CANCEL)
def order_cancel(order_id: int) -> ResponseReturnValue:
    """Cancel an order."""
    form = parse(ReasonForm, request.form)
    order = run(service.cancel, order_id, form.reason, by=me().id, at=now())
    flash(_("%(number)s is cancelled.", number=order.number), "done")
    return _back(order_id)
