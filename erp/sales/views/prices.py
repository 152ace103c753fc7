"""Prices of an order: agreed by hand, a discount, quotations with their paper."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.company.views import company
from core.web import answers
from core.web.access import me, requires
from core.web.forms import parse
from core.web.templating import local, today
from core.work import read, run
from erp.sales import service
from erp.sales.forms import AgreeForm, QuoteForm, RebateForm
from erp.sales.pdf import Printing, quotation_paper
from erp.sales.queries import prices as queries
from erp.sales.views.blueprint import CONFIRM, QUOTE, REBATE, SEE_PRICES, bp


def _back(order_id: int) -> ResponseReturnValue:
    return redirect(url_for(".order_show", order_id=order_id) + "#prices")


@bp.post("/orders/<int:order_id>/lines/<int:line_id>/price")
@requires(REBATE)
def line_price(order_id: int, line_id: int) -> ResponseReturnValue:
    """Agree on a price by hand, or go back to the book's."""
    form = parse(AgreeForm, request.form)
    run(service.agree_price, order_id, line_id, form.amount, form.reason, by=me().id, at=now())
    flash(_("Saved."), "done")
    return _back(order_id)


@bp.post("/orders/<int:order_id>/rebate")
@requires(REBATE)
def order_rebate(order_id: int) -> ResponseReturnValue:
    """Give the order a discount of its own."""
    form = parse(RebateForm, request.form)
    run(service.give_rebate, order_id, form.percent / 100, form.reason, by=me().id, at=now())
    flash(_("Saved."), "done")
    return _back(order_id)


@bp.post("/orders/<int:order_id>/quotations/")
@requires(QUOTE)
def quotation_make(order_id: int) -> ResponseReturnValue:
    """Offer the order's lines at today's prices."""
    form = parse(QuoteForm, request.form)
    asked = service.Offering(form.valid_to, today())
    made = run(service.quote, order_id, asked, by=me().id, at=now())
    flash(_("%(number)s is made; print it, or send it as PDF.", number=made.number), "done")
    return _back(order_id)


@bp.post("/quotations/<int:quotation_id>/accept")
@requires(CONFIRM)
def quotation_accept(quotation_id: int) -> ResponseReturnValue:
    """Take an offer as agreed, which confirms its order."""
    made = run(service.accept_quotation, quotation_id, on=today(), by=me().id, at=now())
    flash(_("%(number)s is accepted; the order is confirmed at these prices.", number=made.number), "done")
    return _back(made.order_id)


@bp.post("/quotations/<int:quotation_id>/withdraw")
@requires(QUOTE)
def quotation_withdraw(quotation_id: int) -> ResponseReturnValue:
    """Take an offer back."""
    made = run(service.withdraw_quotation, quotation_id, by=me().id, at=now())
    flash(_("%(number)s is withdrawn.", number=made.number), "done")
    return _back(made.order_id)


@bp.get("/quotations/<int:quotation_id>.pdf")
@requires(SEE_PRICES)
def quotation_pdf(quotation_id: int) -> ResponseReturnValue:
    """Answer the paper of an offer in its dealer's language."""
    facts = queries.quotation_facts(read(), quotation_id)
    printing = Printing(company(), local(now()), me().name)
    return answers.pdf(quotation_paper(facts, printing).content, f"{facts.quotation.number}.pdf")
