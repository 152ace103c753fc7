"""Reads of cutting: what waits to be cut, as the rules take it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.i18n import Named
from erp.catalogue.rules.document import Group
from erp.materials.model import Article, Material
from erp.materials.rules import MaterialKind
from erp.sales.model import Order
from mes.cutting.model import CutLayout, Placement, TakenAlong
from mes.cutting.queries import settings
from mes.cutting.rules import MaterialFacts, OffcutFacts, PieceFacts, StockFacts
from mes.nesting.rules.instance import Kind
from mes.planning.queries import lots
from mes.splitting.model import DoorSet, Piece
from mes.splitting.rules import CutMethod, PieceState

KINDS = {MaterialKind.SHEET: Kind.SHEET, MaterialKind.BAR: Kind.BAR}


def waiting_pieces(
    session: Session, batch_id: int | None = None, *, is_urgent: bool = False
) -> Sequence[Piece]:
    """Return the pieces that wait to be cut and lie in no plan in force; remakes first, then as orders are due.

    Only those of sets that are in a batch, of one batch where one is named; only the urgent ones if asked.
    """
    batched = lots.batched_sets().subquery()
    rows = (
        select(Piece)
        .join(batched, batched.c.set_id == Piece.set_id)
        .join(Order, Order.id == Piece.order_id)
        .where(*_is_waiting())
    )
    if batch_id is not None:
        rows = rows.where(batched.c.batch_id == batch_id)
    if is_urgent:
        rows = rows.where(Piece.is_urgent)
    return session.scalars(
        rows.order_by(Piece.is_urgent.desc(), Order.due_on.is_(None), Order.due_on, Piece.order_id, Piece.id)
    ).all()


def _is_waiting() -> tuple[Any, ...]:
    planned = (
        select(Placement.id)
        .join(CutLayout, CutLayout.id == Placement.layout_id)
        .where(Placement.piece_id == Piece.id, CutLayout.dropped_at.is_(None))
    )
    return (
        Piece.state == PieceState.PLANNED,
        Piece.cut_method != CutMethod.NONE,
        Piece.material_id.is_not(None),
        Piece.cut_length_mm.is_not(None),
        ~planned.exists(),
        ~select(TakenAlong.id).where(TakenAlong.piece_id == Piece.id).exists(),
    )


@dataclass(frozen=True, slots=True)
class Remake:
    """One piece that is made again and waits for the saw."""

    piece: Piece
    set_number: str
    material: Material
    order: Order
    since_at: datetime


def remakes(session: Session) -> list[Remake]:
    """Return everything that is made again and lies in no plan, the oldest first."""
    waiting = [piece.id for piece in waiting_pieces(session, is_urgent=True)]
    rows = session.execute(
        select(Piece, DoorSet.number, Material, Order)
        .join(DoorSet, DoorSet.id == Piece.set_id)
        .join(Order, Order.id == Piece.order_id)
        .join(Material, Material.id == Piece.material_id)
        .where(Piece.id.in_(waiting))
        .order_by(Piece.id)
    )
    return [
        Remake(piece, number, material, order, piece.changed_at) for piece, number, material, order in rows
    ]


def waiting_by_material(session: Session, batch_id: int) -> list[tuple[Material, list[Piece]]]:
    """Return a batch's waiting pieces by material, materials by code."""
    return by_material(session, waiting_pieces(session, batch_id))


def by_material(session: Session, pieces: Iterable[Piece]) -> list[tuple[Material, list[Piece]]]:
    """Return pieces by material, materials by code; each material's in the order in which they came."""
    grouped: dict[int, list[Piece]] = {}
    for piece in pieces:
        if piece.material_id is not None:
            grouped.setdefault(piece.material_id, []).append(piece)
    wanted = select(Material).where(Material.id.in_(grouped)).order_by(Material.code)
    return [(material, grouped[material.id]) for material in session.scalars(wanted)]


def material_facts(
    session: Session,
    material: Material,
    articles: Sequence[Article],
    offcuts: Sequence[OffcutFacts] = (),
) -> MaterialFacts:
    """Return a material, its sizes and what its saw is told as the rules want them."""
    sized = [
        StockFacts(article.code, article.length_mm, article.width_mm, article.cost_price)
        for article in articles
        if article.length_mm is not None
    ]
    return MaterialFacts(
        name=Named(material.name, material.name_en),
        kind=KINDS[material.kind],
        grain=material.grain,
        kerf_mm=material.kerf_mm,
        trim_mm=material.trim_mm,
        stock=tuple(sized),
        offcuts=tuple(offcuts),
        setting=settings.setting_of(session, material.id),
    )


def pieces_facts(session: Session, pieces: Sequence[Piece]) -> list[PieceFacts]:
    """Return waiting pieces as the rules want them; their orders are ranked as they come, remakes before all."""
    ranks: dict[int, int] = {}
    for piece in pieces:
        if not piece.is_urgent:
            ranks.setdefault(piece.order_id, len(ranks) + 1)
    places = _leaf_places(session, pieces)
    return [_piece_facts(piece, 0 if piece.is_urgent else ranks[piece.order_id], places) for piece in pieces]


def _leaf_places(session: Session, pieces: Iterable[Piece]) -> dict[tuple[int, str], int]:
    """Return where the leaves that some pieces are, or join, stand in their set, from the left; by set and code.

    The drawing knows it: LEAF_1 is the leftmost leaf as seen from outside.
    """
    of_leaves = {piece.set_id for piece in pieces if piece.part_group == Group.LEAF}
    rows = session.execute(
        select(Piece.set_id, Piece.rule_code, Piece.drawn_as)
        .where(Piece.set_id.in_(of_leaves), Piece.drawn_as.startswith("LEAF_"))
        .order_by(Piece.id)
    )
    drawn = [(set_id, code, as_.removeprefix("LEAF_")) for set_id, code, as_ in rows]
    return {(set_id, code): int(place) for set_id, code, place in drawn if place.isdigit()}


def _piece_facts(piece: Piece, rank: int, places: Mapping[tuple[int, str], int]) -> PieceFacts:
    leaf = piece.joins or piece.rule_code
    place = places.get((piece.set_id, leaf), 0) if piece.part_group == Group.LEAF else 0
    of_leaf = leaf[leaf.rfind("_") :] if "_" in leaf else ""  # LEAF_2: its parts are called FACE_2
    return PieceFacts(
        id=piece.id,
        length_mm=piece.cut_length_mm or Decimal(0),  # a waiting piece has one
        width_mm=piece.cut_width_mm if piece.cut_method is CutMethod.SHEET else None,
        grain=piece.grain,
        part_count=piece.part_count,
        mitre=piece.mitre,
        profile_mm=piece.width_mm,
        rank=rank,
        pair=f"{piece.set_id} {piece.rule_code.replace(of_leaf, '', 1)} {(place + 1) // 2}"
        if place and of_leaf
        else "",
        pair_place=place,
    )
