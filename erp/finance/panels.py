"""What finance shows on an order's and on a dealer's page, and what the search box finds of it."""

from collections.abc import Iterable

from flask import url_for
from sqlalchemy.orm import Session

from core.audit.queries import history
from core.i18n import N_
from core.web.access import may
from core.web.registry import Hit, Panel
from core.web.templating import named
from erp.finance import queries
from erp.finance.pdf import money
from erp.finance.rules import Gate
from erp.finance.service import TERMS
from erp.parties import queries as parties
from erp.parties.rules import PartyKind
from erp.sales.queries import orders as sales
from erp.sales.rules.states import OrderState


def order_panel(session: Session, order_id: int) -> Panel | None:
    """Return what is agreed, paid and open of an order, and whether it may be released and loaded."""
    order, account = sales.order(session, order_id), queries.account(session, order_id)
    paid = queries.parts_of_order(session, order_id)
    if not account.agreed and not paid:
        return None
    is_waiting = order.state is OrderState.CONFIRMED
    held = account.is_held_from_loading and order.state not in (OrderState.SHIPPED, OrderState.CLOSED)
    context = {
        "order": order,
        "account": account,
        "paid": paid,
        "refusal": queries.release_refusal(session, order_id) if is_waiting else None,
        "is_held": held,
        "waivers": queries.waivers(session, order_id),
        "ahead": queries.with_something_left(session, order.dealer_id),
        "money": money,
        "gates": Gate,
    }
    return Panel(N_("Money"), "erp/finance/_order_panel.html", context)


def dealer_panel(session: Session, party_id: int) -> Panel | None:
    """Return how a dealer stands, and the terms that are agreed with him."""
    party = parties.party(session, party_id)
    if party.kind is not PartyKind.DEALER:
        return None
    context = {
        "party": party,
        "standing": queries.standing(session, party_id),
        "terms": queries.terms_of(session, party_id),
        "changes": history(session, TERMS, party_id, 5),
        "money": money,
    }
    return Panel(N_("Money"), "erp/finance/_dealer_panel.html", context)


def hits(session: Session, text: str) -> Iterable[Hit]:
    """Return the receipts whose number a text begins."""
    if not may("erp.finance.read") or not text.strip():
        return
    for row, dealer in queries.find(session, text.strip(), 8):
        url = url_for("erp_finance.receipt_show", receipt_id=row.id)
        yield Hit(f"{row.number} · {named(dealer)}", row.kind.label, url)
