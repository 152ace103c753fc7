"""Pages of what comes after a vehicle has left: the dealer's link, claims, packages that came back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _

from core.clock import now
from core.codelists import queries as codelists
from core.codes import clean
from core.errors import AppError, InvalidInput, NotFound
from core.pdf.codes import qr
from core.web import lists
from core.web.access import me, requires
from core.web.errors import status_of, text_of
from core.web.forms import parse
from core.work import read, run
from mes.packing import queries as packing
from mes.shipping.forms import DecisionForm, RemakeForm, ReturnForm
from mes.shipping.queries import facts, load_of_delivery
from mes.shipping.queries import receipts as queries
from mes.shipping.queries import remakes as again
from mes.shipping.rules import CLAIMABLE, LIKELY, Condition
from mes.shipping.service import receipts as service
from mes.shipping.service import remakes

bp = Blueprint("mes_shipping_after", __name__)
READ, PLAN, CLAIM, TAKE_BACK, REMAKE = (
    *("mes.shipping.read", "mes.shipping.plan"),
    *("mes.shipping.claim", "mes.shipping.return", "mes.shipping.remake"),
)
TOKEN_BYTES = 16  # 128 bits that nobody guesses


@bp.post("/deliveries/<int:delivery_id>/link")
@requires(PLAN)
def delivery_link(delivery_id: int) -> ResponseReturnValue:
    """Make the link by which a dealer confirms; it is shown once, as only its hash is kept."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    run(service.make_link, delivery_id, token, by=me().id, at=now())
    load_id = load_of_delivery(read(), delivery_id)
    load = facts(read(), load_id or 0)
    if load is None:
        raise NotFound
    stop = next(one for one in load.stops if one.delivery_id == delivery_id)
    address = url_for("mes_shipping_dealer.receipt_show", token=token, _external=True)
    with force_locale(stop.locale):  # the wording is for the dealer
        wording = _("Please confirm what arrived of %(number)s here:", number=stop.number)
    return render_template(
        "mes/shipping/delivery_link.html",
        load=load,
        stop=stop,
        address=address,
        message=f"{wording} {address}",
        square=qr(address),
    )


@bp.get("/claims/")
@requires(READ)
def claim_list() -> ResponseReturnValue:
    """List what dealers say is wrong."""
    view = request.args.get("view", "open")
    page = lists.paged(read(), queries.claim_rows(view), queries.CLAIM_SORTS, default="-at")
    counts = queries.claim_counts(read())
    totals = {name: sum(counts.get(one, 0) for one in states) for name, states in queries.VIEWS.items()}
    return render_template("mes/shipping/claim_list.html", page=page, view=view, totals=totals)


@bp.get("/claims/export.xlsx")
@requires(READ)
def claim_export() -> ResponseReturnValue:
    """Answer the claims of the list as a spreadsheet."""
    rows = read().execute(queries.claim_rows(request.args.get("view", "open"))).all()
    columns = {
        _("When"): lambda row: row[0].claimed_at,
        _("Dealer"): lambda row: row[3].name,
        _("Delivery note"): lambda row: row[1].number,
        _("Package code"): lambda row: row[4].code if row[4] else "",
        _("What"): lambda row: _(row[0].kind.label),
        _("Remark"): lambda row: row[0].note,
        _("State"): lambda row: _(row[0].state.label),
        _("Number"): lambda row: row[0].block_code.value if row[0].block_code else "",
        _("Answer"): lambda row: row[0].answer,
    }
    return lists.export("claims.xlsx", columns, rows)


@bp.get("/claims/<int:claim_id>/")
@requires(READ)
def claim_show(claim_id: int) -> ResponseReturnValue:
    """Show one claim, with the form that decides on it."""
    return _claim(claim_id, {}, 200)


def _claim(claim_id: int, errors: dict[str, str], status: int) -> ResponseReturnValue:
    row = queries.claim(read(), claim_id)
    if row is None:
        raise NotFound
    page = render_template(
        "mes/shipping/claim_show.html",
        row=row,
        claim=row[0],
        blocks=CLAIMABLE,
        likely=LIKELY[row[0].kind],
        remade=again.remade(read(), [row[0].package_id] if row[0].package_id else []),
        typed=request.form,
        errors=errors,
    )
    return page, status


@bp.post("/claims/<int:claim_id>/decide")
@requires(CLAIM)
def claim_decide(claim_id: int) -> ResponseReturnValue:
    """Say whether a claim is right; what was typed stays when it is refused."""
    try:
        form = parse(DecisionForm, request.form)
        run(service.decide, claim_id, form.is_right, form.block, form.answer, by=me().id, at=now())
    except InvalidInput as wrong:
        return _claim(claim_id, wrong.fields, 400)
    except NotFound:
        raise
    except AppError as wrong:
        return _claim(claim_id, {"answer": text_of(wrong)}, status_of(wrong))
    flash(_("Decided. The dealer sees it on the page of the link."), "done")
    return redirect(url_for(".claim_show", claim_id=claim_id), 303)


@bp.get("/returns/")
@requires(READ)
def return_list() -> ResponseReturnValue:
    """List the packages that came back, with the form that takes one back."""
    return _returns({}, 200)


def _returns(errors: dict[str, str], status: int) -> ResponseReturnValue:
    page = lists.paged(read(), queries.return_rows(), queries.RETURN_SORTS, default="-at")
    shown = render_template(
        "mes/shipping/return_list.html", page=page, conditions=Condition, typed=request.form, errors=errors
    )
    return shown, status


@bp.post("/returns/")
@requires(TAKE_BACK)
def return_take() -> ResponseReturnValue:
    """Take one package back; what was typed stays when it is refused."""
    try:
        form = parse(ReturnForm, request.form)
        code = clean(form.code)
        run(service.take_back, code, form.condition, form.reason, by=me().id, at=now())
    except InvalidInput as wrong:
        return _returns(wrong.fields, 400)
    except NotFound:
        return _returns({"code": _("No package has this code.")}, 404)
    except AppError as wrong:
        return _returns({"code": text_of(wrong)}, status_of(wrong))
    if form.condition is Condition.GOOD:
        flash(_("%(code)s is back. Put it away by scan.", code=code), "done")
    else:
        flash(_("%(code)s is back. Bring it to the packing bench.", code=code), "done")
    return redirect(url_for(".return_list"), 303)


@bp.get("/packages/<int:package_id>/remake")
@requires(REMAKE)
def package_remake(package_id: int) -> ResponseReturnValue:
    """Show what of a package can be made again, and what is."""
    return _remakes(package_id, request.args, {}, 200)


def _remakes(
    package_id: int, typed: Mapping[str, str], errors: dict[str, str], status: int
) -> ResponseReturnValue:
    found = packing.packages(read(), package_id=package_id)
    if not found:
        raise NotFound
    page = render_template(
        "mes/shipping/package_remake.html",
        facts=found[0],
        pieces=again.pieces(read(), package_id),
        remade=again.remade(read(), [package_id]),
        defects=codelists.entries(read(), "defect"),
        typed=typed,
        errors=errors,
    )
    return page, status


@bp.post("/packages/<int:package_id>/remake")
@requires(REMAKE)
def package_make_again(package_id: int) -> ResponseReturnValue:
    """Have one piece of a package made again; what was typed stays when it is refused."""
    try:
        form = parse(RemakeForm, request.form)
        cause = {"claim_id": form.claim, "return_id": form.came_back}
        run(remakes.remake, package_id, form.piece, form.defect, form.note, **cause, by=me().id, at=now())
    except InvalidInput as wrong:
        return _remakes(package_id, request.form, wrong.fields, 400)
    except NotFound:
        raise
    except AppError as wrong:
        return _remakes(package_id, request.form, {"form": text_of(wrong)}, status_of(wrong))
    flash(_("It is made again, before everything else. Its label waits at the saw."), "done")
    back = url_for(".package_remake", package_id=package_id, claim=form.claim, came_back=form.came_back)
    return redirect(back, 303)
