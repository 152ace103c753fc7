"""What an A4 document is made of: headings, text, facts, tables, figures, signatures.

A block is data; it turns itself into strips, slices of a page that are never torn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from core.pdf.pen import ASCENT, DESCENT, Pen, points
from core.pdf.shapes import Align, Length, Picture
from core.pdf.text import LEADING, wrap

BODY_PT = points(Decimal("3.2"))
TABLE_PT = points(Decimal("3.0"))
HEADING_PT = points(Decimal("4.2"))
GAP_PT = points(3)  # between two blocks
CELL_PAD_PT = points(Decimal("1.2"))
ROW_LINES = 24  # a table row with more lines may be torn, after so many
LABEL_TONE = 0.35  # grey of a fact's name: lighter than its value, still clear on a copy


@dataclass(frozen=True, slots=True)
class Strip:
    """A slice of a page; `paint` gets the pen and the slice's upper left corner."""

    height_pt: float
    paint: Callable[[Pen, float, float], None]
    is_kept: bool = False  # stays on one page with the strip that follows
    is_space: bool = False  # white: goes when it would begin a page, and may hang over its end
    header: Strip | None = None  # drawn again above this strip where it begins a page


class Block(Protocol):
    """Anything that flows down the page."""

    def strips(self, width_pt: float, height_pt: float) -> list[Strip]:
        """Return this block's slices for a page body of that width and height."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A line above what belongs to it."""

    text: str

    def strips(self, width_pt: float, height_pt: float) -> list[Strip]:
        """Return its lines, each kept with what follows."""
        lines = _lines(self.text, HEADING_PT, width_pt, is_bold=True)
        return [*(replace(line, is_kept=True) for line in lines), gap(GAP_PT / 2, is_kept=True)]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; an empty line is a line end in it."""

    text: str

    def strips(self, width_pt: float, height_pt: float) -> list[Strip]:
        """Return one strip a line."""
        return [*_lines(self.text, BODY_PT, width_pt), gap(GAP_PT)]


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values side by side, in some columns, row by row."""

    pairs: tuple[tuple[str, str], ...]
    column_count: int = 2
    name_mm: Length = 22

    def strips(self, width_pt: float, height_pt: float) -> list[Strip]:
        """Return one strip a row of pairs."""
        count = self.column_count
        rows = [self.pairs[n : n + count] for n in range(0, len(self.pairs), count)]
        return [*(self._row(row, width_pt / count) for row in rows), gap(GAP_PT)]

    def _row(self, row: tuple[tuple[str, str], ...], width_pt: float) -> Strip:
        name_pt = points(self.name_mm)
        cells = [(wrap(n, BODY_PT, name_pt - 4), wrap(v, BODY_PT, width_pt - name_pt - 6)) for n, v in row]

        def paint(pen: Pen, x: float, y: float) -> None:
            for (names, values), (name, value) in zip(cells, row, strict=True):
                _paint_lines(pen, names, x, y, BODY_PT, tone=LABEL_TONE)
                _paint_lines(pen, values, x + name_pt, y, BODY_PT)
                pen.note_missing(name + value)
                x += width_pt

        most = max(len(lines) for cell in cells for lines in cell)
        return Strip(most * BODY_PT * LEADING + 3, paint)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its title, its share of the width, the side its text holds on to."""

    title: str
    share: int = 1
    align: Align = Align.LEFT


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header that comes again on every page; numbers stand right (Align.RIGHT)."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] | None = None

    def strips(self, width_pt: float, height_pt: float) -> list[Strip]:
        """Return the header, one strip a row (very long rows: several), and the total."""
        total_share = sum(column.share for column in self.columns)
        widths = [width_pt * column.share / total_share for column in self.columns]
        header = self._row_strips(tuple(column.title for column in self.columns), widths, is_bold=True)
        head = replace(_stacked(header), is_kept=True)
        found = [head]
        for row in self.rows:
            found += [replace(strip, header=head) for strip in self._row_strips(row, widths)]
        if self.total is not None:
            if self.rows:
                found[-1] = replace(found[-1], is_kept=True)  # a total is not left alone on a page
            found += [replace(s, header=head) for s in self._row_strips(self.total, widths, is_bold=True)]
        return [*found, gap(GAP_PT)]

    def _row_strips(self, row: tuple[str, ...], widths: list[float], *, is_bold: bool = False) -> list[Strip]:
        cells = [wrap(text, TABLE_PT, room - 2 * CELL_PAD_PT) for text, room in zip(row, widths, strict=True)]
        most = max(len(lines) for lines in cells)
        slices = [[lines[n : n + ROW_LINES] for lines in cells] for n in range(0, most, ROW_LINES)]
        aligns = [column.align for column in self.columns]
        strips = [_cells_strip(part, widths, aligns, is_bold=is_bold) for part in slices]
        strips[0] = replace(strips[0], paint=_noting(strips[0].paint, "".join(row)))
        return strips


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing across the page, as large as `width_mm` and `height_mm` allow; 0 is all there is."""

    picture: Picture
    width_mm: Length = 0
    height_mm: Length = 0

    def strips(self, width_pt: float, height_pt: float) -> list[Strip]:
        """Return the drawing in one strip."""
        width = min(width_pt, points(self.width_mm)) if self.width_mm else width_pt
        room = min(height_pt - 2 * GAP_PT, points(self.height_mm) if self.height_mm else height_pt)
        height = min(room, width * float(self.picture.height) / float(self.picture.width))

        def paint(pen: Pen, x: float, y: float) -> None:
            pen.picture(self.picture, x, y, width, height)

        return [Strip(height, paint), gap(GAP_PT)]


@dataclass(frozen=True, slots=True)
class Signatures:
    """Lines to sign on, with the name of each role above."""

    roles: tuple[str, ...]

    def strips(self, width_pt: float, height_pt: float) -> list[Strip]:
        """Return the one strip, with room to write."""
        each = width_pt / len(self.roles)

        def paint(pen: Pen, x: float, y: float) -> None:
            for role in self.roles:
                pen.line_of_text(x, y + GAP_PT + BODY_PT, role, BODY_PT)
                pen.rule(x, y + points(18), each - points(6))
                x += each

        return [Strip(points(20), paint)]


@dataclass(frozen=True, slots=True)
class Together:
    """Blocks that stay on one page where a page holds them."""

    blocks: tuple[Block, ...]

    def strips(self, width_pt: float, height_pt: float) -> list[Strip]:
        """Return the strips of all, each but the last kept with the next."""
        found = [strip for block in self.blocks for strip in block.strips(width_pt, height_pt)]
        return [*(replace(strip, is_kept=True) for strip in found[:-1]), *found[-1:]]


@dataclass(frozen=True, slots=True)
class Beside:
    """Two blocks side by side in one slice; below each other where they would be higher so than `height_mm`.

    `left_share` of the width, 0 to 1, is the left one's.
    """

    left: Block
    right: Block
    left_share: Decimal
    height_mm: Length

    def strips(self, width_pt: float, height_pt: float) -> list[Strip]:
        """Return the one strip, or those of both."""
        left_pt = (width_pt - GAP_PT) * float(self.left_share)
        left = _stacked(self.left.strips(left_pt, height_pt))
        right = _stacked(self.right.strips(width_pt - GAP_PT - left_pt, height_pt))
        if max(left.height_pt, right.height_pt) > min(height_pt, points(self.height_mm)):
            return [*self.left.strips(width_pt, height_pt), *self.right.strips(width_pt, height_pt)]

        def paint(pen: Pen, x: float, y: float) -> None:
            left.paint(pen, x, y)
            right.paint(pen, x + left_pt + GAP_PT, y)

        return [Strip(max(left.height_pt, right.height_pt), paint)]


@dataclass(frozen=True, slots=True)
class NewPage:
    """What follows begins a page."""

    def strips(self, width_pt: float, height_pt: float) -> list[Strip]:
        """Return a slice as high as a page: nothing has room under it."""
        return [gap(height_pt)]


def gap(height_pt: float, *, is_kept: bool = False) -> Strip:
    """Return white space."""
    return Strip(height_pt, _nothing, is_kept=is_kept, is_space=True)


def _nothing(pen: Pen, x: float, y: float) -> None:
    """Draw nothing."""


def _noting(paint: Callable[[Pen, float, float], None], text: str) -> Callable[[Pen, float, float], None]:
    """Return `paint` that also notes what of the original `text` the face lacks."""

    def painted(pen: Pen, x: float, y: float) -> None:
        pen.note_missing(text)
        paint(pen, x, y)

    return painted


def _lines(text: str, size: float, width_pt: float, *, is_bold: bool = False) -> list[Strip]:
    strips = []
    for line in wrap(text, size, width_pt):

        def paint(pen: Pen, x: float, y: float, line: str = line) -> None:
            _paint_lines(pen, (line,), x, y, size, is_bold=is_bold)

        strips.append(Strip(size * LEADING, paint))
    if strips:
        strips[0] = replace(strips[0], paint=_noting(strips[0].paint, text))
    return strips


def _paint_lines(
    pen: Pen,
    lines: tuple[str, ...],
    x: float,
    y: float,
    size: float,
    *,
    align: Align = Align.LEFT,
    is_bold: bool = False,
    tone: float = 0.0,
) -> None:
    base = y + size * (LEADING + ASCENT - DESCENT) / 2
    for line in lines:
        pen.line_of_text(x, base, line, size, align=align, is_bold=is_bold, tone=tone)
        base += size * LEADING


def _cells_strip(
    cells: list[tuple[str, ...]], widths: list[float], aligns: list[Align], *, is_bold: bool
) -> Strip:
    height = max(len(lines) for lines in cells) * TABLE_PT * LEADING + 2 * CELL_PAD_PT
    total = sum(widths)

    def paint(pen: Pen, x: float, y: float) -> None:
        if is_bold:
            pen.box(x, y, total, height, tone=0.93)
        left = x
        for lines, room, align in zip(cells, widths, aligns, strict=True):
            at = {Align.LEFT: CELL_PAD_PT, Align.CENTER: room / 2, Align.RIGHT: room - CELL_PAD_PT}[align]
            _paint_lines(pen, lines, left + at, y + CELL_PAD_PT, TABLE_PT, align=align, is_bold=is_bold)
            left += room
        pen.rule(x, y + height, total, thick=0.8 if is_bold else 0.3, tone=0.0 if is_bold else 0.6)

    return Strip(height, paint)


def _stacked(strips: list[Strip]) -> Strip:
    """Return some strips as one."""
    if len(strips) == 1:
        return strips[0]

    def paint(pen: Pen, x: float, y: float) -> None:
        for strip in strips:
            strip.paint(pen, x, y)
            y += strip.height_pt

    return Strip(sum(strip.height_pt for strip in strips), paint)
