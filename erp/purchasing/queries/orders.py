"""Reads of purchase orders, of what suppliers offer, and the proposal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from core.audit.queries import Happened, history
from core.errors import NotFound
from erp.materials.model import Article, Material
from erp.materials.rules import Unit
from erp.parties.model import Party
from erp.purchasing.model import Policy, PurchaseLine, PurchaseOrder, Receipt, SupplierArticle
from erp.purchasing.queries.needs import Asked, requirements
from erp.purchasing.rules.needs import Requirement
from erp.purchasing.rules.orders import COMING, Offer, Proposed, PurchaseState, line_amount, propose
from erp.stock.model import Lot
from erp.stock.rules import Size, counted_in, in_unit

SUBJECT = "erp.purchasing.order"
SORTS = {
    "number": PurchaseOrder.id,
    "supplier": Party.name,
    "state": PurchaseOrder.state,
    "expected": PurchaseOrder.expected_on,
}
OFFER_SORTS = {"article": Article.code, "supplier": Party.name, "price": SupplierArticle.price}
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class OfferShown:
    """One supplier article with everything that its row shows."""

    row: SupplierArticle
    supplier: Party
    article: Article
    material: Material

    @property
    def unit(self) -> Unit:
        """What its quantities count."""
        return counted_in(self.material.kind, self.material.unit_code)


@dataclass(frozen=True, slots=True)
class LineShown:
    """One purchase line with its article and what has come of it."""

    line: PurchaseLine
    article: Article
    material: Material
    supplier_code: str
    receipts: tuple[tuple[Receipt, Lot], ...]

    @property
    def unit(self) -> Unit:
        """What its quantities count."""
        return counted_in(self.material.kind, self.material.unit_code)

    @property
    def amount(self) -> Decimal:
        """What it costs."""
        return line_amount(self.line.ordered_qty, self.line.price)

    @property
    def open_qty(self) -> Decimal:
        """What has still to come."""
        return max(ZERO, self.line.ordered_qty - self.line.received_qty)


@dataclass(frozen=True, slots=True)
class OrderShown:
    """One purchase order with its lines."""

    order: PurchaseOrder
    supplier: Party
    lines: tuple[LineShown, ...]
    happened: Sequence[Happened]

    @property
    def amount(self) -> Decimal:
        """What it costs: the sum of its lines."""
        return sum((line.amount for line in self.lines), ZERO)


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """One material that should be bought: of whom, how much, until when."""

    need: Requirement
    seen: int  # how often this material's proposal had been turned into an order
    proposed: Proposed | None  # None: nobody is known to deliver it
    shown: OfferShown | None


def _offer_rows() -> Any:
    return (
        select(SupplierArticle, Party, Article, Material)
        .join(Party, Party.id == SupplierArticle.supplier_id)
        .join(Article, Article.id == SupplierArticle.article_id)
        .join(Material, Material.id == Article.material_id)
    )


def supplier_articles(text: str = "") -> Select[*tuple[Any, ...]]:
    """Return the active supplier articles of a list page: rows are the fields of OfferShown."""
    rows = _offer_rows().where(SupplierArticle.is_active)
    if text:
        fields = (Party.name, Party.code, Article.code, Material.name, Material.name_en)
        rows = rows.where(or_(*(one.icontains(text, autoescape=True) for one in fields)))
    return cast(Select[*tuple[Any, ...]], rows)


def offers(session: Session) -> dict[int, list[OfferShown]]:
    """Return who delivers what, by material."""
    usable = (SupplierArticle.is_active, Article.is_active, Party.is_active)
    found: defaultdict[int, list[OfferShown]] = defaultdict(list)
    for row in session.execute(_offer_rows().where(*usable).order_by(SupplierArticle.id)):
        shown = OfferShown(*row)
        found[shown.material.id].append(shown)
    return dict(found)


def _offer(one: OfferShown) -> Offer:
    size = Size(one.article.length_mm, one.article.width_mm, one.material.trim_mm)
    return Offer(
        supplier_id=one.supplier.id,
        article_id=one.article.id,
        price=one.row.price,
        lead_days=one.row.lead_days,
        least_qty=one.row.least_qty,
        multiple_qty=one.row.multiple_qty,
        in_unit_qty=in_unit(Decimal(1), one.material.kind, size),
    )


def proposal(session: Session, today: date, asked: Asked) -> list[ProposalLine]:
    """Return what should be bought so that nothing is lacking and the safety stock stays; urgent first."""
    known = offers(session)
    seen = dict(session.execute(select(Policy.material_id, Policy.taken_count)).all())
    lines = []
    for need in requirements(session, asked):
        if not need.shortfall_qty:
            continue
        shown = known.get(need.material_id, [])
        best = propose(need.shortfall_qty, need.lacking_on, [_offer(one) for one in shown], today)
        of = None
        if best is not None:
            key = (best.offer.supplier_id, best.offer.article_id)
            of = next(one for one in shown if (one.supplier.id, one.article.id) == key)
        lines.append(ProposalLine(need, seen.get(need.material_id, 0), best, of))
    return sorted(lines, key=_urgency)


def _urgency(line: ProposalLine) -> tuple[date, str]:
    by_on = line.proposed.order_by_on if line.proposed else line.need.lacking_on
    return by_on or date.max, line.need.code


def policy(session: Session, material_id: int) -> Policy | None:
    """Return how a material is planned, or None where nobody has said."""
    return session.scalar(select(Policy).where(Policy.material_id == material_id))


def order_rows(text: str, state: PurchaseState | None) -> Select[*tuple[Any, ...]]:
    """Return purchase orders of a list page: (order, supplier, lines, ordered, received)."""
    rows = (
        select(PurchaseOrder, Party, func.count(PurchaseLine.id))
        .join(Party, Party.id == PurchaseOrder.supplier_id)
        .outerjoin(PurchaseLine, PurchaseLine.order_id == PurchaseOrder.id)
        .group_by(PurchaseOrder.id, Party.id)
    )
    if state is not None:
        rows = rows.where(PurchaseOrder.state == state)
    if text:
        fields = (PurchaseOrder.number, Party.name, Party.code)
        rows = rows.where(or_(*(one.icontains(text, autoescape=True) for one in fields)))
    return cast(Select[*tuple[Any, ...]], rows)


def order_page(session: Session, order_id: int) -> OrderShown:
    """Return one purchase order. Raises NotFound."""
    order = session.get(PurchaseOrder, order_id)
    if order is None:
        raise NotFound
    rows = session.execute(
        select(PurchaseLine, Article, Material, SupplierArticle.supplier_code)
        .join(Article, Article.id == PurchaseLine.article_id)
        .join(Material, Material.id == Article.material_id)
        .outerjoin(
            SupplierArticle,
            (SupplierArticle.article_id == Article.id) & (SupplierArticle.supplier_id == order.supplier_id),
        )
        .where(PurchaseLine.order_id == order_id)
        .order_by(PurchaseLine.id)
    ).all()
    came: defaultdict[int, list[tuple[Receipt, Lot]]] = defaultdict(list)
    for receipt, lot in session.execute(
        select(Receipt, Lot)
        .join(Lot, Lot.id == Receipt.lot_id)
        .where(Receipt.line_id.in_([line.id for line, *_ in rows]))
        .order_by(Receipt.id)
    ):
        came[receipt.line_id].append((receipt, lot))
    lines = tuple(
        LineShown(line, article, material, code or "", tuple(came[line.id]))
        for line, article, material, code in rows
    )
    supplier = session.get_one(Party, order.supplier_id)
    return OrderShown(order, supplier, lines, history(session, SUBJECT, order_id, limit=8))


def open_lines_of(
    session: Session, material_id: int
) -> list[tuple[PurchaseLine, PurchaseOrder, Party, Article]]:
    """Return the purchase lines of a material that have still to come, the first expected first."""
    rows = session.execute(
        select(PurchaseLine, PurchaseOrder, Party, Article)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.order_id)
        .join(Party, Party.id == PurchaseOrder.supplier_id)
        .join(Article, Article.id == PurchaseLine.article_id)
        .where(
            Article.material_id == material_id,
            PurchaseOrder.state.in_(COMING),
            PurchaseLine.ordered_qty > PurchaseLine.received_qty,
        )
        .order_by(PurchaseOrder.expected_on.is_(None), PurchaseOrder.expected_on, PurchaseOrder.id)
    )
    return [(line, order, supplier, article) for line, order, supplier, article in rows]


def material(session: Session, material_id: int) -> Material:
    """Return one material. Raises NotFound."""
    found = session.get(Material, material_id)
    if found is None:
        raise NotFound
    return found
