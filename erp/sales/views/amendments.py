"""Pages of a change of a released order: its lines are edited as a draft's are, and nothing is in force yet."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.errors import InvalidInput
from core.web.access import me, requires
from core.web.errors import text_of
from core.web.forms import parse
from core.web.templating import label, mm, named, today
from core.work import read, run
from erp.catalogue.rules.document import DimBasis, Handing
from erp.sales import service
from erp.sales.forms import ByHandForm, LineForm
from erp.sales.queries import amendments as queries
from erp.sales.queries.amendments import OrderDraft
from erp.sales.queries.offer import Offer, offer
from erp.sales.rules.amending import DraftLine, Edit, NotAmendable, PriceReasonMissing, differences
from erp.sales.rules.issues import Field
from erp.sales.rules.orders import DoorUnknown
from erp.sales.views.blueprint import AMEND, SEE_PRICES, bp
from erp.sales.views.orders import entry_values, order_panels
from erp.sales.views.words import needed_of, sentence, value_text

PLACE = "erp.sales.amendment"


@bp.get("/orders/<int:order_id>/change")
@requires(AMEND)
def amendment_show(order_id: int) -> ResponseReturnValue:
    """Show the lines of a released order as they are and as they shall be, with the form of one of them."""
    return _page(order_id, request.args.get("line", ""), None, {})


def _page(
    order_id: int, key: str, typed: Mapping[str, Any] | None, errors: Mapping[str, str]
) -> ResponseReturnValue:
    offered = offer(read())
    try:
        draft = queries.draft(read(), order_id, me().id, offered, today())
    except NotAmendable as refused:
        flash(text_of(refused), "attn")
        return redirect(url_for(".order_show", order_id=order_id))
    chosen = draft.line(key)
    is_new = key == "new"
    if chosen is None and not is_new:
        chosen = next((line for line in draft.lines if not line.is_dropped), None)
    html = render_template(
        "erp/sales/amendment_show.html",
        draft=draft,
        order=draft.order,
        chosen=chosen,
        is_new=is_new,
        values=typed if typed is not None else _values(draft, chosen, is_new=is_new),
        errors=errors,
        offered=offered,
        said={line.key: _said(line, offered) for line in draft.lines},
        sentence=lambda one: sentence(one, offered),
        handings=list(Handing),
        needed=partial(needed_of, offered=offered),
        bases=list(DimBasis),
        may_agree=draft.is_priced and me().may(SEE_PRICES),
        sees_prices=draft.is_priced and me().may(SEE_PRICES),
        acts=order_panels(f"{PLACE}.acts", order_id),
    )
    return html, 400 if errors else 200


def _values(draft: OrderDraft, chosen: DraftLine | None, *, is_new: bool) -> dict[str, Any]:
    """Return what the form holds at first: the line as it shall be, or for a new one what the last line had."""
    line = chosen or next((one for one in reversed(draft.lines) if one.after), draft.lines[-1])
    asked = line.after or line.before
    if asked is None:
        return {}
    values = entry_values(asked.entry, is_new=is_new)
    if line.edit and not is_new:
        values |= {
            "by_hand_amount": mm(line.edit.agreed_amount),
            "by_hand_reason": line.edit.agreed_reason,
        }
    return values


def _said(line: DraftLine, offered: Offer) -> list[tuple[str, str, str]]:
    """Return what a line says differently, as a person reads it: what, before, after."""
    if line.before is None or line.after is None:
        return []
    fields = {field.value: field for field in Field}
    models = (offered.doors.get(one.entry.door_code) for one in (line.before, line.after))
    choices = {option.code: option for one in models if one for option in one.document.options}
    said = []
    for one in differences(line.before.entry, line.after.entry):
        if option := choices.get(one.name):
            words = {value.code: named(value.name) for value in option.values}
            said.append((named(option.name), words.get(one.before, ""), words.get(one.after, "")))
        else:
            field = fields.get(one.name)
            before, after = (value_text(field, text, offered) for text in (one.before, one.after))
            said.append((label(field) if field else one.name, before, after))
    return said


def _keep(order_id: int, key: str | None) -> ResponseReturnValue:
    """Keep what was typed for one line; a refusal shows the form again as it was."""
    try:
        by_hand = parse(ByHandForm, request.form)
        edit = Edit(
            parse(LineForm, request.form).entry(request.form), by_hand.by_hand_amount, by_hand.by_hand_reason
        )
        kept = run(service.edit_line, order_id, key, edit, by=me().id, at=now())
    except InvalidInput as wrong:
        return _page(order_id, key or "new", request.form, wrong.fields)
    except DoorUnknown as wrong:
        return _page(order_id, key or "new", request.form, {"door_code": text_of(wrong)})
    except PriceReasonMissing as wrong:
        return _page(order_id, key or "new", request.form, {"by_hand_reason": text_of(wrong)})
    flash(_("Kept. Nothing is in force until you put the change in force."), "done")
    return redirect(url_for(".amendment_show", order_id=order_id, line=kept))


@bp.post("/orders/<int:order_id>/change/lines/")
@requires(AMEND)
def amendment_add(order_id: int) -> ResponseReturnValue:
    """Keep one more line."""
    return _keep(order_id, None)


@bp.post("/orders/<int:order_id>/change/lines/<key>/")
@requires(AMEND)
def amendment_edit(order_id: int, key: str) -> ResponseReturnValue:
    """Keep what was typed for a line."""
    return _keep(order_id, key)


@bp.post("/orders/<int:order_id>/change/lines/<key>/drop")
@requires(AMEND)
def amendment_drop(order_id: int, key: str) -> ResponseReturnValue:
    """Mark a line as one that shall go."""
    run(service.drop_line, order_id, key, by=me().id, at=now())
    return redirect(url_for(".amendment_show", order_id=order_id))


@bp.post("/orders/<int:order_id>/change/lines/<key>/restore")
@requires(AMEND)
def amendment_restore(order_id: int, key: str) -> ResponseReturnValue:
    """Leave a line as it is in force."""
    run(service.restore_line, order_id, key, by=me().id, at=now())
    return redirect(url_for(".amendment_show", order_id=order_id, line=key))


@bp.post("/orders/<int:order_id>/change/discard")
@requires(AMEND)
def amendment_discard(order_id: int) -> ResponseReturnValue:
    """Forget the whole change."""
    run(service.discard, order_id, by=me().id)
    flash(_("The change is forgotten; the order is as it was."), "done")
    return redirect(url_for(".order_show", order_id=order_id))
