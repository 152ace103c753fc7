"""Proofs of stock: what must always be true of the ledger."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from erp.materials.model import Article
from erp.stock.model import Balance, Demand, Lot, Move, Place
from erp.stock.rules import VIRTUAL, MoveKind, plain

ZERO = Decimal(0)


def verify(session: Session) -> list[str]:
    """Prove that balances are the sum of moves, none below zero, and what was issued was moved."""
    return [*_wrong_places(session), *_wrong_balances(session), *_wrong_demands(session)]


def _wrong_places(session: Session) -> list[str]:
    start, end = aliased(Place), aliased(Place)
    rows = session.execute(
        select(Move.id)
        .outerjoin(start, start.id == Move.from_place_id)
        .outerjoin(end, end.id == Move.to_place_id)
        .where(or_(start.id.is_(None), end.id.is_(None), start.id == end.id))
    )
    return [f"move {move_id}: does not go from one place to another" for (move_id,) in rows]


def _wrong_balances(session: Session) -> list[str]:
    came = select(Move.lot_id, Move.to_place_id.label("place_id"), Move.moved_qty.label("qty"))
    went = select(Move.lot_id, Move.from_place_id, -Move.moved_qty)
    both = union_all(came, went).subquery()
    sums = session.execute(
        select(both.c.lot_id, both.c.place_id, func.sum(both.c.qty))
        .join(Place, Place.id == both.c.place_id)
        .where(Place.kind.not_in(VIRTUAL))
        .group_by(both.c.lot_id, both.c.place_id)
    )
    moved = {(lot_id, place_id): qty for lot_id, place_id, qty in sums}
    told = {
        (lot_id, place_id): qty
        for lot_id, place_id, qty in session.execute(
            select(Balance.lot_id, Balance.place_id, Balance.on_hand_qty)
        )
    }
    codes: dict[int, str] = dict(session.execute(select(Lot.id, Lot.code)).all()) if told or moved else {}
    names: dict[int, str] = dict(session.execute(select(Place.id, Place.name)).all())
    faults = []
    for lot_id, place_id in sorted(moved.keys() | told.keys()):
        real, kept = moved.get((lot_id, place_id), ZERO), told.get((lot_id, place_id), ZERO)
        where = f"lot {codes.get(lot_id, lot_id)} at {names.get(place_id, place_id)}"
        if real != kept:
            faults.append(f"{where}: balance {plain(kept)}, moves add up to {plain(real)}")
        if real < 0 or kept < 0:
            faults.append(f"{where}: below zero ({plain(min(real, kept))})")
    return faults


def _wrong_demands(session: Session) -> list[str]:
    undone = aliased(Move)
    rows = session.execute(
        select(
            Move.subject,
            Move.subject_id,
            Article.material_id,
            Move.kind,
            undone.kind,
            func.sum(Move.moved_qty),
        )
        .join(Lot, Lot.id == Move.lot_id)
        .join(Article, Article.id == Lot.article_id)
        .outerjoin(undone, undone.id == Move.reverses_id)
        .where(
            Move.subject.is_not(None),
            Lot.length_mm.is_(None),  # an offcut comes back from the saw, not from what was issued
            or_(
                Move.kind.in_((MoveKind.ISSUE, MoveKind.RETURN)),
                and_(Move.kind == MoveKind.REVERSAL, undone.kind.in_((MoveKind.ISSUE, MoveKind.RETURN))),
            ),
        )
        .group_by(Move.subject, Move.subject_id, Article.material_id, Move.kind, undone.kind)
    )
    moved: dict[tuple[Any, Any, int], Decimal] = defaultdict(Decimal)
    for subject, subject_id, material_id, kind, undone_kind, qty in rows:
        is_out = MoveKind.ISSUE is kind or undone_kind is MoveKind.RETURN
        moved[subject, subject_id, material_id] += qty if is_out else -qty
    told = {(d.subject, d.subject_id, d.material_id): d.issued_qty for d in session.scalars(select(Demand))}
    return [
        f"{key[0]} {key[1]}, material {key[2]}: told as issued {plain(told.get(key, ZERO))}, "
        f"moves add up to {plain(moved[key])}"
        for key in sorted(moved.keys() | told.keys())
        if told.get(key, ZERO) != moved[key]
    ]
