"""What one door set needs of each material, net, out of its explosion."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from erp.catalogue.rules.explosion import Explosion

SQUARE_MM = Decimal(1_000_000)
MM = Decimal(1000)


def cut_qty(length_mm: Decimal, width_mm: Decimal | None) -> Decimal:
    """Return how much of its material one part takes as cut: m2 of a sheet, m of a bar."""
    if width_mm is None:
        return length_mm / MM
    return length_mm * width_mm / SQUARE_MM


def need_of_set(explosion: Explosion) -> dict[str, Decimal]:
    """Return the net need of one set by material code.

    Sheets in m2 and bars in m of the sizes as cut; the rest as the model's requirements count it.
    """
    need: defaultdict[str, Decimal] = defaultdict(Decimal)
    for piece in explosion.pieces:
        if piece.cut_length_mm is None or not piece.material_code:
            continue
        need[piece.material_code] += cut_qty(piece.cut_length_mm, piece.cut_width_mm) * piece.count
    for wanted in explosion.requirements:
        need[wanted.material_code] += wanted.quantity
    return dict(need)
