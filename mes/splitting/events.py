"""What splitting tells upward."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SetsFrozen:
    """An order was released: its sets and pieces are written."""

    order_id: int


@dataclass(frozen=True, slots=True)
class PieceReplaced:
    """A piece was scrapped, and another is to be made in its place."""

    piece_id: int
    new_piece_id: int
