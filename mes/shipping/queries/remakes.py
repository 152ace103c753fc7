"""What can be made again out of a package, and what was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from core.auth.model import Person
from core.codelists.model import Entry
from mes.packing.model import Content
from mes.production.model import Scrap
from mes.shipping.model import Remake
from mes.splitting.model import Piece
from mes.splitting.rules import PieceState

NEW = aliased(Piece)
BEGUN = (PieceState.CUT, PieceState.MADE, PieceState.PACKED, PieceState.SHIPPED)


@dataclass(frozen=True, slots=True)
class Remade:
    """One piece that is made again: which, why, and how far the new one is."""

    old: Piece
    new: Piece
    scrap: Scrap
    reason: Entry | None
    person: str
    claim_id: int | None
    return_id: int | None


def pieces(session: Session, package_id: int) -> Sequence[Piece]:
    """Return the pieces that belong into a package and were begun, but for those that are made again already."""
    again = select(NEW.id).where(NEW.remake_of_id == Piece.id)
    return session.scalars(
        select(Piece)
        .join(Content, Content.piece_id == Piece.id)
        .where(Content.package_id == package_id, Piece.state.in_(BEGUN), ~again.exists())
        .order_by(Content.id)
        .execution_options(populate_existing=True)
    ).all()


def remade(session: Session, package_ids: Sequence[int]) -> list[Remade]:
    """Return what is made again out of some packages, the latest first."""
    columns: tuple[Any, ...] = (Piece, NEW, Scrap, Entry, Person.name, Remake.claim_id, Remake.return_id)
    rows = session.execute(
        select(*columns)
        .select_from(Remake)
        .join(Scrap, Scrap.id == Remake.scrap_id)
        .join(Piece, Piece.id == Scrap.piece_id)
        .join(NEW, NEW.id == Scrap.new_piece_id)
        .join(Person, Person.id == Scrap.person_id)
        .outerjoin(Entry, (Entry.code == Scrap.defect_code) & (Entry.kind == "defect"))
        .where(Remake.package_id.in_(package_ids))
        .order_by(Remake.id.desc())
    )
    return [Remade(*row) for row in rows]
