"""Reads of stock: what is needed, what is there for it, and what is lacking."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from core.i18n import Named
from erp.materials.model import Article, Material
from erp.stock.model import Balance, CutYield, Demand, Lot, Place
from erp.stock.rules import FOR_MATERIAL, Need, Size, counted_in, in_unit

ORDER, BATCH = "erp.sales.order", "mes.planning.batch"  # subjects of demands
ZERO = Decimal(0)


def on_hand_by_material(session: Session, material_ids: Iterable[int] | None = None) -> dict[int, Decimal]:
    """Return what lies in the factory of each material, in the material's unit (sheets m2, bars m)."""
    total: dict[int, Decimal] = defaultdict(Decimal)
    for material, size, qty in _on_hand(session, material_ids):
        total[material.id] += in_unit(qty, material.kind, size)
    return dict(total)


def count_by_material(session: Session, material_ids: Iterable[int] | None = None) -> dict[int, Decimal]:
    """Return what lies in the factory of each material, in articles (sheets and bars by the piece)."""
    total: dict[int, Decimal] = defaultdict(Decimal)
    for material, _size, qty in _on_hand(session, material_ids):
        total[material.id] += qty
    return dict(total)


def _on_hand(session: Session, material_ids: Iterable[int] | None) -> list[tuple[Material, Size, Decimal]]:
    rows = (
        select(Material, Article.length_mm, Article.width_mm, func.sum(Balance.on_hand_qty))
        .join(Article, Article.material_id == Material.id)
        .join(Lot, Lot.article_id == Article.id)
        .join(Balance, Balance.lot_id == Lot.id)
        .join(Place, Place.id == Balance.place_id)
        .where(
            Place.kind.in_(FOR_MATERIAL), Lot.length_mm.is_(None)
        )  # an offcut serves only the plan that takes it
        .group_by(Material.id, Article.id)
    )
    if material_ids is not None:
        rows = rows.where(Material.id.in_(tuple(material_ids)))
    return [
        (material, Size(length, width, material.trim_mm), qty)
        for material, length, width, qty in session.execute(rows)
    ]


def shortages(session: Session, order_id: int) -> list[Need]:
    """Return what an order needs of each material in the material's unit, and what it lacks."""
    return _needs(session, ORDER, order_id)


def batch_shortages(session: Session, batch_id: int) -> list[Need]:
    """Return what a batch needs of each material in articles, and what it lacks."""
    return _needs(session, BATCH, batch_id)


def _needs(session: Session, subject: str, subject_id: int) -> list[Need]:
    rows = session.execute(
        select(Demand, Material)
        .join(Material, Material.id == Demand.material_id)
        .where(Demand.subject == subject, Demand.subject_id == subject_id)
        .order_by(Material.kind, Material.code)
    ).all()
    ids = [material.id for _, material in rows]
    has_articles = subject == BATCH
    found = count_by_material(session, ids) if has_articles else on_hand_by_material(session, ids)
    taken = _promised(session, ids, except_id=subject_id if has_articles else None)
    counts = found if has_articles else count_by_material(session, ids)
    return [
        Need(
            material_id=material.id,
            material=Named(material.name, material.name_en),
            code=material.code,
            unit=counted_in(material.kind, material.unit_code) if has_articles else material.unit_code,
            needed_qty=demand.needed_qty,
            issued_qty=demand.issued_qty,
            on_hand_qty=found.get(material.id, ZERO),
            free_qty=_free(found, counts, taken, material.id),
        )
        for demand, material in rows
    ]


def _promised(session: Session, material_ids: Sequence[int], *, except_id: int | None) -> dict[int, Decimal]:
    """Return how many articles of each material the other batches have still to draw."""
    wanted = [Demand.subject == BATCH, Demand.material_id.in_(material_ids)]
    if except_id is not None:
        wanted.append(Demand.subject_id != except_id)
    rows = session.execute(
        select(Demand.material_id, func.sum(Demand.needed_qty - Demand.issued_qty))
        .where(and_(*wanted), Demand.needed_qty > Demand.issued_qty)
        .group_by(Demand.material_id)
    )
    return dict(rows.all())


def _free(
    found: Mapping[int, Decimal],
    counts: Mapping[int, Decimal],
    taken: Mapping[int, Decimal],
    material_id: int,
) -> Decimal:
    """Return what nobody else has a plan for: the same share of the stock in whatever unit it is told."""
    on_hand, count = found.get(material_id, ZERO), counts.get(material_id, ZERO)
    if not count:
        return ZERO
    left = max(ZERO, count - taken.get(material_id, ZERO))
    return on_hand if left == count else (on_hand * left / count).quantize(Decimal("0.001"))


def open_demands(session: Session) -> Sequence[Demand]:
    """Return what has still to be issued, but for what a batch's plan asks for in an order's place."""
    rows = select(Demand).where(Demand.needed_qty > Demand.issued_qty, Demand.is_carried.is_(False))
    return session.scalars(rows.order_by(Demand.id)).all()


def last_yields(session: Session, most: int) -> dict[int, list[tuple[Decimal, Decimal]]]:
    """Return (net, stock) of the last `most` computed cut plans of each material, the newest first."""
    place = func.row_number().over(
        partition_by=CutYield.material_id, order_by=(CutYield.computed_at.desc(), CutYield.id.desc())
    )
    numbered = select(
        CutYield.material_id, CutYield.net_qty, CutYield.stock_qty, place.label("place")
    ).subquery()
    found: dict[int, list[tuple[Decimal, Decimal]]] = defaultdict(list)
    rows = select(numbered.c.material_id, numbered.c.net_qty, numbered.c.stock_qty)
    for material_id, net_qty, stock_qty in session.execute(
        rows.where(numbered.c.place <= most).order_by(numbered.c.material_id, numbered.c.place)
    ):
        found[material_id].append((net_qty, stock_qty))
    return dict(found)
