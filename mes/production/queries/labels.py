"""What the labels of pieces say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from core.i18n import Named
from mes.production.queries.station import GONE, all_operation_names
from mes.production.rules import size_text
from mes.splitting.model import DoorSet, Piece
from mes.splitting.rules import CutMethod


@dataclass(frozen=True, slots=True)
class PieceLabel:
    """One piece as its label shows it."""

    code: str
    name: Named
    size: str
    set_number: str
    room: str
    route: Sequence[Named]
    package: str
    is_urgent: bool
    is_by_hand: bool


def piece_label(session: Session, piece_id: int) -> list[PieceLabel]:
    """Return the label in force of one piece; nothing when it has none or was replaced."""
    return _labels(session, Piece.id == piece_id)


def uncut_labels(session: Session, order_id: int) -> list[PieceLabel]:
    """Return the labels of an order's pieces that come off no sheet or bar: leaves, bundles, kits."""
    return _labels(session, (Piece.order_id == order_id) & (Piece.cut_method == CutMethod.NONE))


def _labels(session: Session, condition: ColumnElement[bool]) -> list[PieceLabel]:
    names = all_operation_names(session)
    rows = session.execute(
        select(Piece, DoorSet.number, DoorSet.room)
        .join(DoorSet, DoorSet.id == Piece.set_id)
        .where(condition, Piece.code.is_not(None), Piece.state.not_in(GONE))
        .order_by(Piece.set_id, Piece.id)
    )
    return [
        PieceLabel(
            code=piece.code or "",
            name=Named(piece.name, piece.name_en),
            size=size_text(piece.length_mm, piece.width_mm, piece.part_count),
            set_number=number,
            room=room,
            route=[names.get(code, Named(code)) for code in piece.route],
            package=" ".join(str(part) for part in (piece.package_kind, piece.package_index) if part),
            is_urgent=piece.is_urgent,
            is_by_hand=piece.hand_edit_id is not None,
        )
        for piece, number, room in rows
    ]
