"""Reads of stock: what was used in a year and is worth most, what lies dead, and who could use it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from erp.materials.model import Article, Material
from erp.materials.rules import Unit
from erp.stock.model import Balance, Demand, Lot, Move, Place
from erp.stock.rules import (
    FOR_MATERIAL,
    Abc,
    MoveKind,
    Size,
    classes,
    counted_in,
    share_of,
    worth,
)

ZERO = Decimal(0)
SIGNS = {
    (MoveKind.ISSUE, None): 1,
    (MoveKind.RETURN, None): -1,
    (MoveKind.REVERSAL, MoveKind.ISSUE): -1,
    (MoveKind.REVERSAL, MoveKind.RETURN): 1,
}


def used_qty(session: Session, start_at: datetime, end_at: datetime) -> dict[int, Decimal]:
    """Return how much of each article was issued in a time, less what came back; offcuts are not issued."""
    undone = aliased(Move)
    rows = session.execute(
        select(Lot.article_id, Move.kind, undone.kind, func.sum(Move.moved_qty))
        .join(Lot, Lot.id == Move.lot_id)
        .outerjoin(undone, undone.id == Move.reverses_id)
        .where(Move.moved_at >= start_at, Move.moved_at < end_at, Lot.length_mm.is_(None))
        .group_by(Lot.article_id, Move.kind, undone.kind)
    )
    used: dict[int, Decimal] = defaultdict(Decimal)
    for article_id, kind, undone_kind, qty in rows:
        used[article_id] += SIGNS.get((kind, undone_kind), 0) * qty
    return dict(used)


@dataclass(frozen=True, slots=True)
class Classed:
    """One article with its class, what of it was used in the year, and what lies in the factory."""

    article: Article
    material: Material
    word: Abc
    used_qty: Decimal
    used_amount: Decimal | None  # without a price: unknown, and class C
    on_hand_qty: Decimal

    @property
    def unit(self) -> Unit:
        """What the quantities count."""
        return counted_in(self.material.kind, self.material.unit_code)

    @property
    def on_hand_amount(self) -> Decimal | None:
        """What lies in the factory is worth."""
        return worth(self.on_hand_qty, self.article.cost_price)


def classed(session: Session, start_at: datetime, end_at: datetime) -> list[Classed]:
    """Return the articles that were used in a time or lie in the factory, by value of use, the largest first."""
    used, lying = used_qty(session, start_at, end_at), _lying(session)
    rows = session.execute(
        select(Article, Material)
        .join(Material, Material.id == Article.material_id)
        .where(Article.id.in_(used.keys() | lying.keys()))
    ).all()
    amounts = {article.id: worth(used.get(article.id, ZERO), article.cost_price) for article, _ in rows}
    words = classes({article_id: amount or ZERO for article_id, amount in amounts.items()})
    found = [
        Classed(
            article,
            material,
            words[article.id],
            used.get(article.id, ZERO),
            amounts[article.id],
            lying.get(article.id, ZERO),
        )
        for article, material in rows
    ]
    return sorted(found, key=lambda one: (-(one.used_amount or ZERO), one.article.code))


def _lying(session: Session) -> dict[int, Decimal]:
    rows = session.execute(
        select(Lot.article_id, func.sum(Balance.on_hand_qty))
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Place, Place.id == Balance.place_id)
        .where(Place.kind.in_(FOR_MATERIAL), Lot.length_mm.is_(None), Balance.on_hand_qty > ZERO)
        .group_by(Lot.article_id)
    )
    return dict(rows.all())


@dataclass(frozen=True, slots=True)
class Dead:
    """What of one lot lies in the factory, for how long nobody has drawn its article, and who could use it."""

    lot: Lot
    article: Article
    material: Material
    qty: Decimal
    places: str
    since_at: datetime  # the article's last issue, or when the lot came if that was later
    amount: Decimal | None
    wanted_by: tuple[Demand, ...]  # open needs of its material, the soonest first

    @property
    def unit(self) -> Unit:
        """What the quantity counts."""
        return counted_in(self.material.kind, self.material.unit_code)

    def days(self, at: datetime) -> int:
        """Return for how many whole days it has lain."""
        return (at - self.since_at) // timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DeadStock:
    """The dead lots by value, and what they are of all that lies in the factory."""

    rows: tuple[Dead, ...]
    dead_amount: Decimal
    all_amount: Decimal
    unpriced_count: int  # lots of which nobody knows the price: in neither amount

    @property
    def rate(self) -> Decimal | None:
        """Return the dead-stock ratio (domain), 0.0001 steps; None when nothing has a value."""
        return (self.dead_amount / self.all_amount).quantize(Decimal("0.0001")) if self.all_amount else None


def dead_stock(session: Session, days: int, at: datetime) -> DeadStock:
    """Return what nobody has drawn for `days`: by value, the largest first, what has no price last."""
    lots = _lots(session, _last_issued(session))
    dead = [row for row in lots if at - row.since_at >= timedelta(days=days)]
    wants = _open_needs(session, {row.material.id for row in dead})
    rows = [
        Dead(
            row.lot,
            row.article,
            row.material,
            row.qty,
            row.places,
            row.since_at,
            row.amount,
            wants.get(row.material.id, ()),
        )
        for row in dead
    ]
    rows.sort(key=lambda row: (-(row.amount or ZERO), row.since_at, row.lot.code))
    return DeadStock(
        tuple(rows),
        sum((row.amount or ZERO for row in dead), ZERO),
        sum((row.amount or ZERO for row in lots), ZERO),
        sum(1 for row in lots if row.amount is None),
    )


def _last_issued(session: Session) -> dict[int, datetime]:
    """Return when each article was last drawn, or an offcut of it cut up."""
    rows = session.execute(
        select(Lot.article_id, func.max(Move.moved_at))
        .join(Lot, Lot.id == Move.lot_id)
        .where(Move.kind.in_((MoveKind.ISSUE, MoveKind.CUT)))
        .group_by(Lot.article_id)
    )
    return dict(rows.all())


def _lots(session: Session, last_issued: dict[int, datetime]) -> list[Dead]:
    """Return every lot that lies in the factory, one row each, whatever its age."""
    rows = session.execute(
        select(Lot, Article, Material, Place.name, Balance.on_hand_qty)
        .join(Balance, Balance.lot_id == Lot.id)
        .join(Place, Place.id == Balance.place_id)
        .join(Article, Article.id == Lot.article_id)
        .join(Material, Material.id == Article.material_id)
        .where(Place.kind.in_(FOR_MATERIAL), Balance.on_hand_qty > ZERO)
        .order_by(Lot.id, Place.name)
    ).all()
    portions: dict[int, list[tuple[str, Decimal]]] = defaultdict(list)
    for lot, _article, _material, place, qty in rows:
        portions[lot.id].append((place, qty))
    found = []
    for lot, article, material in {row[0].id: row[:3] for row in rows}.values():
        qty = sum((part for _place, part in portions[lot.id]), ZERO)
        whole = Size(article.length_mm, article.width_mm, None)
        share = share_of((lot.length_mm, lot.width_mm), whole)
        found.append(
            Dead(
                lot,
                article,
                material,
                qty,
                ", ".join(place for place, _part in portions[lot.id]),
                max(lot.received_at, last_issued.get(article.id, lot.received_at)),
                worth(qty, article.cost_price, share),
                (),
            )
        )
    return found


def _open_needs(session: Session, material_ids: Collection[int]) -> dict[int, tuple[Demand, ...]]:
    """Return by material who still needs some of it, the soonest first, not twice through its batch."""
    rows = session.scalars(
        select(Demand)
        .where(
            Demand.material_id.in_(material_ids),
            Demand.needed_qty > Demand.issued_qty,
            Demand.is_carried.is_(False),
        )
        .order_by(Demand.needed_on.is_(None), Demand.needed_on, Demand.id)
    )
    wants: dict[int, list[Demand]] = defaultdict(list)
    for demand in rows:
        wants[demand.material_id].append(demand)
    return {material_id: tuple(found) for material_id, found in wants.items()}
