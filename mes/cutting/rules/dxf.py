"""A layout as a drawing for other programs: DXF R12, plain ASCII, mm, origin at the lower left of the board.

Layers: SHEET the board, PART the parts, OFFCUT what is kept, CUT the saw cuts, TEXT part numbers with their sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from mes.nesting.rules.cuts import Cut, cuts_of
from mes.nesting.rules.instance import Instance, Stock
from mes.nesting.rules.plan import Layout

LAYERS = {"SHEET": 7, "PART": 3, "OFFCUT": 8, "CUT": 1, "TEXT": 7}  # with their colour numbers
TEXT_DMM = 250
BAR_DMM = 1000  # a bar has no width here: it is drawn so deep

Pair = tuple[int, str | int]


def drawing(instance: Instance, stock: Stock, layout: Layout) -> bytes:
    """Return one layout as a DXF file."""
    width = stock.width_dmm or BAR_DMM
    pairs = [*_header(stock.length_dmm, width), *_tables(), (0, "SECTION"), (2, "ENTITIES")]
    pairs += _outline("SHEET", 0, 0, stock.length_dmm, width)
    for number, at in enumerate(layout.placements, start=1):
        high = at.width_dmm or width
        pairs += _outline("PART", at.x_dmm, at.y_dmm, at.length_dmm, high)
        words = f"{number} {_mm(at.length_dmm)}x{_mm(high)}"
        pairs += _text(at.x_dmm + TEXT_DMM, at.y_dmm + TEXT_DMM, words)
    for offcut in layout.offcuts:
        pairs += _outline("OFFCUT", offcut.x_dmm, offcut.y_dmm, offcut.length_dmm, offcut.width_dmm or width)
    pairs += _cuts(cuts_of(instance, stock, layout))
    pairs += [(0, "ENDSEC"), (0, "EOF")]
    return "".join(f"{code}\r\n{value}\r\n" for code, value in pairs).encode("ascii")


def _header(length_dmm: int, width_dmm: int) -> Iterator[Pair]:
    yield from ((0, "SECTION"), (2, "HEADER"), (9, "$ACADVER"), (1, "AC1009"))
    yield from ((9, "$EXTMIN"), (10, "0.0"), (20, "0.0"))
    yield from ((9, "$EXTMAX"), (10, _mm(length_dmm)), (20, _mm(width_dmm)), (0, "ENDSEC"))


def _tables() -> Iterator[Pair]:
    yield from ((0, "SECTION"), (2, "TABLES"), (0, "TABLE"), (2, "LAYER"), (70, len(LAYERS)))
    for name, colour in LAYERS.items():
        yield from ((0, "LAYER"), (2, name), (70, 0), (62, colour), (6, "CONTINUOUS"))
    yield from ((0, "ENDTAB"), (0, "ENDSEC"))


def _outline(layer: str, x: int, y: int, length: int, width: int) -> Iterator[Pair]:
    yield from ((0, "POLYLINE"), (8, layer), (66, 1), (70, 1), (10, "0.0"), (20, "0.0"))
    for corner_x, corner_y in ((x, y), (x + length, y), (x + length, y + width), (x, y + width)):
        yield from ((0, "VERTEX"), (8, layer), (10, _mm(corner_x)), (20, _mm(corner_y)))
    yield from ((0, "SEQEND"), (8, layer))


def _cuts(cuts: Sequence[Cut]) -> Iterator[Pair]:
    for cut in cuts:
        yield from ((0, "LINE"), (8, "CUT"), (10, _mm(cut.x1_dmm)), (20, _mm(cut.y1_dmm)))
        yield from ((11, _mm(cut.x2_dmm)), (21, _mm(cut.y2_dmm)))


def _text(x: int, y: int, words: str) -> Iterator[Pair]:
    yield from ((0, "TEXT"), (8, "TEXT"), (10, _mm(x)), (20, _mm(y)), (40, _mm(TEXT_DMM)), (1, words))


def _mm(length_dmm: int) -> str:
    return f"{Decimal(length_dmm) / 10:.1f}"
