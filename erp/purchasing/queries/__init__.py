"""Reads of purchasing: what is needed and lacking, what is proposed, and purchase orders."""

from erp.purchasing.queries.needs import Asked, expected_wants, requirements, shares_of
from erp.purchasing.queries.orders import (
    OFFER_SORTS,
    SORTS,
    LineShown,
    OfferShown,
    OrderShown,
    ProposalLine,
    material,
    offers,
    open_lines_of,
    order_page,
    order_rows,
    policy,
    proposal,
    supplier_articles,
)

__all__ = [
    "OFFER_SORTS",
    "SORTS",
    "Asked",
    "LineShown",
    "OfferShown",
    "OrderShown",
    "ProposalLine",
    "expected_wants",
    "material",
    "offers",
    "open_lines_of",
    "order_page",
    "order_rows",
    "policy",
    "proposal",
    "requirements",
    "shares_of",
    "supplier_articles",
]
