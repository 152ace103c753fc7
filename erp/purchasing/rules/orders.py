"""What is bought of whom: offers, proposals, purchase orders, receipts and their refusals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from core.choices import Choice
from core.errors import Conflict, RuleViolation
from core.i18n import N_
from erp.stock.rules import plain

CENT = Decimal("0.01")
OVER_RATE = Decimal("0.05")  # so much more than was ordered is taken without a word


class PurchaseState(Choice):
    """Where a purchase order stands."""

    DRAFT = "DRAFT", N_("Draft")
    ORDERED = "ORDERED", N_("Ordered")
    PARTLY_RECEIVED = "PARTLY_RECEIVED", N_("Partly received")
    RECEIVED = "RECEIVED", N_("Received")
    CANCELLED = "CANCELLED", N_("Cancelled")


STEPS = {
    (PurchaseState.DRAFT, PurchaseState.ORDERED),
    (PurchaseState.DRAFT, PurchaseState.CANCELLED),
    (PurchaseState.ORDERED, PurchaseState.CANCELLED),
    (PurchaseState.ORDERED, PurchaseState.PARTLY_RECEIVED),
    (PurchaseState.ORDERED, PurchaseState.RECEIVED),
    (PurchaseState.PARTLY_RECEIVED, PurchaseState.RECEIVED),
    (PurchaseState.PARTLY_RECEIVED, PurchaseState.ORDERED),  # a receipt was reversed
    (PurchaseState.RECEIVED, PurchaseState.PARTLY_RECEIVED),
    (PurchaseState.RECEIVED, PurchaseState.ORDERED),
}
COMING = (
    PurchaseState.DRAFT,
    PurchaseState.ORDERED,
    PurchaseState.PARTLY_RECEIVED,
)  # its open rest is on order
RECEIVABLE = (PurchaseState.ORDERED, PurchaseState.PARTLY_RECEIVED)


class NothingPicked(RuleViolation):
    """No line of the proposal was ticked."""

    code = "erp.purchasing.nothing_picked"
    message = N_("Nothing was chosen. Tick the articles that are to be ordered.")


class ProposalTaken(Conflict):
    """Somebody ordered this material since the proposal was shown."""

    code = "erp.purchasing.proposal_taken"
    message = N_("%(material)s was ordered by somebody a moment ago. Look at the proposal again.")


class NotOffered(RuleViolation):
    """The supplier does not deliver this article."""

    code = "erp.purchasing.not_offered"
    message = N_("%(supplier)s does not deliver %(article)s. Enter it under Supplier articles first.")


class OrderFixed(RuleViolation):
    """A purchase order is edited while it is a draft."""

    code = "erp.purchasing.order_fixed"
    message = N_("%(number)s is %(state)s; only a draft can be edited.")


class NotOrdered(RuleViolation):
    """Goods come in against an order that was sent."""

    code = "erp.purchasing.not_ordered"
    message = N_("%(number)s is %(state)s; nothing can be received against it. Order it first.")


class OrderWithoutLines(RuleViolation):
    """A purchase order that asks for nothing."""

    code = "erp.purchasing.order_without_lines"
    message = N_("%(number)s has no line. Add an article, or cancel the order.")


class OverReceipt(RuleViolation):
    """Much more came than was ordered, and nobody says why it is kept."""

    code = "erp.purchasing.over_receipt"
    message = N_(
        "%(article)s: %(ordered)s ordered, %(received)s received before, at most %(most)s more can be taken; "
        "got %(qty)s. Send the rest back, or write why it is kept."
    )


class LineTwice(Conflict):
    """The order has a line of this article already."""

    code = "erp.purchasing.line_twice"
    message = N_("%(article)s is on %(number)s already. Change the quantity there.")


@dataclass(frozen=True, slots=True)
class Offer:
    """One article as one supplier delivers it; quantities in articles, the price of one."""

    supplier_id: int
    article_id: int
    price: Decimal
    lead_days: int
    least_qty: Decimal
    multiple_qty: Decimal
    in_unit_qty: Decimal  # what one article is in its material's unit


@dataclass(frozen=True, slots=True)
class Proposed:
    """What to buy of whom so that a shortfall is covered."""

    offer: Offer
    qty: Decimal  # articles
    amount: Decimal
    order_by_on: date | None  # None: no need has a day
    is_late: bool  # ordered today it comes after the first need


def order_qty(shortfall_qty: Decimal, offer: Offer) -> Decimal:
    """Return how many articles cover a shortfall: whole ones, at least the least, a multiple of the pack."""
    wanted = max(shortfall_qty / offer.in_unit_qty, offer.least_qty)
    packs = (wanted / offer.multiple_qty).to_integral_value(ROUND_CEILING)
    return packs * offer.multiple_qty


def line_amount(qty: Decimal, price: Decimal) -> Decimal:
    """Return what a line costs, half up to 0.01."""
    return (qty * price).quantize(CENT, ROUND_HALF_UP)


def propose(
    shortfall_qty: Decimal, needed_on: date | None, offers: Sequence[Offer], today: date
) -> Proposed | None:
    """Return the cheapest way to cover a shortfall among those that come in time, else the quickest.

    The last day to order is the day of the first need less the days of delivery. None without an offer.
    """
    if not shortfall_qty or not offers:
        return None
    found = [_proposed(shortfall_qty, needed_on, offer, today) for offer in offers]
    in_time = [one for one in found if not one.is_late]
    if in_time:
        return min(in_time, key=lambda one: (one.amount, one.offer.lead_days, one.offer.supplier_id))
    return min(found, key=lambda one: (one.offer.lead_days, one.amount, one.offer.supplier_id))


def _proposed(shortfall_qty: Decimal, needed_on: date | None, offer: Offer, today: date) -> Proposed:
    qty = order_qty(shortfall_qty, offer)
    order_by = None if needed_on is None else needed_on - timedelta(days=offer.lead_days)
    is_late = order_by is not None and order_by < today
    return Proposed(offer, qty, line_amount(qty, offer.price), order_by, is_late)


def most_receivable(ordered_qty: Decimal, received_qty: Decimal) -> Decimal:
    """Return how much may still come without a reason: the rest and 5 % of the order, in whole 0.001."""
    most = (ordered_qty * (1 + OVER_RATE)).quantize(Decimal("0.001"), ROUND_FLOOR)
    return max(Decimal(0), most - received_qty)


def check_receipt(
    article: str, ordered_qty: Decimal, received_qty: Decimal, qty: Decimal, reason: str
) -> None:
    """Raise OverReceipt when more comes than the tolerance allows and no reason is given."""
    most = most_receivable(ordered_qty, received_qty)
    if qty > most and not reason:
        raise OverReceipt(
            article=article,
            ordered=plain(ordered_qty),
            received=plain(received_qty),
            most=plain(most),
            qty=plain(qty),
        )


def state_after(lines: Sequence[tuple[Decimal, Decimal]]) -> PurchaseState:
    """Return where an order stands whose lines are (ordered, received)."""
    if all(received >= ordered for ordered, received in lines):
        return PurchaseState.RECEIVED
    if any(received for _, received in lines):
        return PurchaseState.PARTLY_RECEIVED
    return PurchaseState.ORDERED
