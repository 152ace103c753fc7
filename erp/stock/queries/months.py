"""Reads of stock: months, closed and open, and what came, went and lay in one of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from core.auth.model import Person
from erp.materials.model import Article, Material
from erp.materials.rules import Unit
from erp.stock.model import Lot, Move, Period, Place
from erp.stock.rules import VIRTUAL, MoveKind, counted_in

ZERO = Decimal(0)
COLUMNS = (MoveKind.RECEIPT, MoveKind.ISSUE, MoveKind.COUNT)  # what is told by itself; the rest is “other”


def last_closed(session: Session) -> Period | None:
    """Return the month that was closed last."""
    return session.scalar(select(Period).order_by(Period.month_on.desc()).limit(1))


def closed_months(session: Session) -> Sequence[tuple[Period, str]]:
    """Return the closed months with who closed them, the last first."""
    rows = session.execute(
        select(Period, func.coalesce(Person.name, ""))
        .outerjoin(Person, Person.id == Period.closed_by_id)
        .order_by(Period.month_on.desc())
    )
    return [(period, name) for period, name in rows]


def first_moved_at(session: Session) -> datetime | None:
    """Return when the ledger begins."""
    return session.scalar(select(Move.moved_at).order_by(Move.moved_at).limit(1))


@dataclass(slots=True)
class ArticleMonth:
    """What one article did in one month, counted as the article is; a reversal stands where its move stands."""

    article: Article
    material: Material
    opening_qty: Decimal = ZERO
    by_kind: dict[MoveKind, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    @property
    def unit(self) -> Unit:
        """What the quantities count."""
        return counted_in(self.material.kind, self.material.unit_code)

    @property
    def closing_qty(self) -> Decimal:
        """What lay in the factory at the end."""
        return self.opening_qty + sum(self.by_kind.values(), ZERO)

    def told(self, kind: MoveKind) -> Decimal:
        """Return what moves of a kind added; below zero: took."""
        return self.by_kind.get(kind, ZERO)

    @property
    def other_qty(self) -> Decimal:
        """What all other kinds added."""
        return sum((qty for kind, qty in self.by_kind.items() if kind not in COLUMNS), ZERO)


def month_report(session: Session, start_at: datetime, end_at: datetime) -> list[ArticleMonth]:
    """Return what every article did from `start_at` to before `end_at`, out of nothing but moves, by article code.

    Returns from the shop count as issues taken back. Offcuts have their own list and are left out.
    """
    start, end, undone = aliased(Place), aliased(Place), aliased(Move)
    added = case(
        (start.kind.in_(VIRTUAL) & end.kind.not_in(VIRTUAL), Move.moved_qty),
        (start.kind.not_in(VIRTUAL) & end.kind.in_(VIRTUAL), -Move.moved_qty),
        else_=ZERO,
    )
    is_before = case((Move.moved_at < start_at, 1), else_=0)
    kind = func.coalesce(undone.kind, Move.kind)
    rows = session.execute(
        select(Lot.article_id, is_before, kind, func.sum(added))
        .select_from(Move)
        .join(Lot, Lot.id == Move.lot_id)
        .join(start, start.id == Move.from_place_id)
        .join(end, end.id == Move.to_place_id)
        .outerjoin(undone, undone.id == Move.reverses_id)
        .where(Move.moved_at < end_at, Lot.length_mm.is_(None), Move.kind != MoveKind.TRANSFER)
        .group_by(Lot.article_id, is_before, kind)
    ).all()
    found = {
        article.id: ArticleMonth(article, material)
        for article, material in session.execute(
            select(Article, Material)
            .join(Material, Material.id == Article.material_id)
            .where(Article.id.in_({row[0] for row in rows}))
            .order_by(Article.code)
        )
    }
    for article_id, was_before, word, qty in rows:
        told = MoveKind(word)
        if was_before:
            found[article_id].opening_qty += qty
        else:
            found[article_id].by_kind[MoveKind.ISSUE if told is MoveKind.RETURN else told] += qty
    return [one for one in found.values() if one.opening_qty or any(one.by_kind.values())]
