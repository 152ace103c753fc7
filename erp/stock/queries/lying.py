"""Reads of stock: places, lots, moves, and what lies where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from core.auth.model import Person
from erp.materials.model import Article, Material
from erp.materials.rules import Unit
from erp.parties.model import Party
from erp.parties.rules import PartyKind
from erp.stock.model import Balance, Lot, Move, Place
from erp.stock.rules import VIRTUAL, MoveKind, PlaceKind, counted_in

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Lying:
    """A quantity of one lot at one place, as lists and handhelds show it."""

    qty: Decimal
    place: Place
    lot: Lot
    article: Article
    material: Material
    supplier: Party | None = None

    @property
    def unit(self) -> Unit:
        """What the quantity counts."""
        return counted_in(self.material.kind, self.material.unit_code)


def _lying() -> Any:
    return (
        select(Balance.on_hand_qty, Place, Lot, Article, Material, Party)
        .join(Place, Place.id == Balance.place_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Article, Article.id == Lot.article_id)
        .join(Material, Material.id == Article.material_id)
        .outerjoin(Party, Party.id == Lot.supplier_id)
        .where(Balance.on_hand_qty > ZERO)
    )


SORTS = {
    "material": Material.name,
    "article": Article.code,
    "place": Place.name,
    "qty": Balance.on_hand_qty,
    "received": Lot.received_at,
}


def balances(text: str = "", place_kind: PlaceKind | None = None) -> Select[Any]:
    """Return the query of what lies where: rows are the fields of Lying; `text` is sought in every name."""
    rows: Select[Any] = _lying()
    if place_kind is not None:
        rows = rows.where(Place.kind == place_kind)
    for word in text.split():
        fields = (
            Material.code,
            Material.name,
            Material.name_en,
            Article.code,
            Lot.code,
            Place.name,
            Place.code,
        )
        rows = rows.where(or_(*(field.icontains(word, autoescape=True) for field in fields)))
    return rows


def of_lot(session: Session, lot_id: int) -> list[Lying]:
    """Return where a lot lies, by place."""
    rows = session.execute(_lying().where(Balance.lot_id == lot_id).order_by(Place.name))
    return [Lying(*row) for row in rows]


def at_place(session: Session, place_id: int) -> list[Lying]:
    """Return what lies at a place, by material."""
    rows = session.execute(_lying().where(Balance.place_id == place_id).order_by(Material.name, Lot.code))
    return [Lying(*row) for row in rows]


def of_material(session: Session, material_id: int) -> list[Lying]:
    """Return where a material lies, the oldest lot first: it is used first."""
    rows = session.execute(_lying().where(Material.id == material_id).order_by(Lot.received_at, Place.name))
    return [Lying(*row) for row in rows]


def lot_by_code(session: Session, code: str) -> Lot | None:
    """Return the lot with this label."""
    return session.scalar(select(Lot).where(Lot.code == code))


def place_by_code(session: Session, code: str) -> Place | None:
    """Return the place with this label."""
    return session.scalar(select(Place).where(Place.code == code))


def places(session: Session, kinds: Iterable[PlaceKind] | None = None) -> Sequence[Place]:
    """Return the active real places by name, of some kinds or of all."""
    wanted = Place.kind.not_in(VIRTUAL) if kinds is None else Place.kind.in_(tuple(kinds))
    return session.scalars(
        select(Place).where(wanted, Place.is_active).order_by(Place.kind, Place.name)
    ).all()


@dataclass(frozen=True, slots=True)
class LotFacts:
    """One lot with all that its page and its label show."""

    lot: Lot
    article: Article
    material: Material
    supplier: Party | None

    @property
    def unit(self) -> Unit:
        """What its quantities count."""
        return counted_in(self.material.kind, self.material.unit_code)


def _lots() -> Any:
    return (
        select(Lot, Article, Material, Party)
        .join(Article, Article.id == Lot.article_id)
        .join(Material, Material.id == Article.material_id)
        .outerjoin(Party, Party.id == Lot.supplier_id)
    )


def lot(session: Session, lot_id: int) -> LotFacts | None:
    """Return one lot."""
    row = session.execute(_lots().where(Lot.id == lot_id)).one_or_none()
    return None if row is None else LotFacts(*row)


def lots_of_article(session: Session, article_id: int, limit: int = 50) -> list[LotFacts]:
    """Return the lots of an article, the newest first."""
    rows = session.execute(_lots().where(Lot.article_id == article_id).order_by(Lot.id.desc()).limit(limit))
    return [LotFacts(*row) for row in rows]


def recent_lots(session: Session, limit: int = 10) -> list[LotFacts]:
    """Return what was received last."""
    received = _lots().where(Lot.length_mm.is_(None))  # offcuts come from the saw
    return [LotFacts(*row) for row in session.execute(received.order_by(Lot.id.desc()).limit(limit))]


def received_qty(session: Session, lot_ids: Iterable[int]) -> dict[int, Decimal]:
    """Return how much of each lot was received."""
    rows = session.execute(
        select(Move.lot_id, func.sum(Move.moved_qty))
        .where(Move.lot_id.in_(tuple(lot_ids)), Move.kind == MoveKind.RECEIPT)
        .group_by(Move.lot_id)
    )
    return dict(rows.all())


@dataclass(frozen=True, slots=True)
class Moved:
    """One row of the ledger, as the lot's page lists it."""

    move: Move
    start: Place
    end: Place
    person: str  # empty: a command line or a job
    is_undone: bool


def moves(session: Session, lot_id: int, limit: int = 200) -> list[Moved]:
    """Return the moves of a lot, the newest first."""
    start, end, undoing = aliased(Place), aliased(Place), aliased(Move)
    rows = session.execute(
        select(Move, start, end, Person.name, undoing.id)
        .join(start, start.id == Move.from_place_id)
        .join(end, end.id == Move.to_place_id)
        .outerjoin(Person, Person.id == Move.moved_by_id)
        .outerjoin(undoing, undoing.reverses_id == Move.id)
        .where(Move.lot_id == lot_id)
        .order_by(Move.id.desc())
        .limit(limit)
    )
    return [
        Moved(move, begin, stop, person or "", undone is not None)
        for move, begin, stop, person, undone in rows
    ]


def articles(session: Session) -> Sequence[tuple[Article, Material]]:
    """Return the articles that can be received, by code."""
    rows = session.execute(
        select(Article, Material)
        .join(Material, Material.id == Article.material_id)
        .where(Article.is_active, Material.is_active)
        .order_by(Article.code)
    )
    return [(article, material) for article, material in rows]


def article_like(session: Session, text: str) -> list[tuple[Article, Material]]:
    """Return the article with this code, else those in whose code or names every word occurs (at most 6)."""
    found = (
        select(Article, Material)
        .join(Material, Material.id == Article.material_id)
        .where(Article.is_active, Material.is_active)
        .order_by(Article.code)
        .limit(6)
    )
    exact = session.execute(found.where(func.upper(Article.code) == text.strip().upper())).all()
    if exact:
        return [(article, material) for article, material in exact]
    for word in text.split():
        fields = (Article.code, Material.code, Material.name, Material.name_en)
        found = found.where(or_(*(field.icontains(word, autoescape=True) for field in fields)))
    return [(article, material) for article, material in session.execute(found)]


def suppliers(session: Session) -> Sequence[Party]:
    """Return the active suppliers by name."""
    return session.scalars(
        select(Party).where(Party.kind == PartyKind.SUPPLIER, Party.is_active).order_by(Party.name)
    ).all()


def search(session: Session, text: str, limit: int = 8) -> list[LotFacts]:
    """Return the lots whose code or supplier's reference is `text`."""
    rows = session.execute(
        _lots()
        .where(or_(Lot.code == text.strip().upper(), Lot.supplier_reference == text.strip()))
        .order_by(Lot.id.desc())
        .limit(limit)
    )
    return [LotFacts(*row) for row in rows]


def issued_qty(session: Session, lot_id: int, subject: str, subject_id: int) -> Decimal:
    """Return how much of a lot is with a subject: issued for it, less what came back or was taken back."""
    undone = aliased(Move)
    rows = session.execute(
        select(Move.kind, undone.kind, func.sum(Move.moved_qty))
        .outerjoin(undone, undone.id == Move.reverses_id)
        .where(Move.lot_id == lot_id, Move.subject == subject, Move.subject_id == subject_id)
        .group_by(Move.kind, undone.kind)
    )
    signs = {
        (MoveKind.ISSUE, None): 1,
        (MoveKind.RETURN, None): -1,
        (MoveKind.REVERSAL, MoveKind.ISSUE): -1,
        (MoveKind.REVERSAL, MoveKind.RETURN): 1,
    }
    return sum((signs.get((kind, undone_kind), 0) * qty for kind, undone_kind, qty in rows), ZERO)
