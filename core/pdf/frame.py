"""The A4 page: a header with title, number and company, blocks flowing down, a footer with page i / N.

No clock, no words of its own: the caller gives every text, already in the reader's language.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from core.pdf.blocks import Block, Strip
from core.pdf.codes import DOT_PT, DOTS_PER_MM, draw_qr
from core.pdf.pen import Pen, Printed, points
from core.pdf.shapes import Align, Length
from core.pdf.text import fit

MARGIN_PT = points(15)
HEADER_PT = points(24)  # from the upper edge of the paper to the body's
FOOTER_PT = points(16)
CODE_DOTS = 15 * DOTS_PER_MM  # side of the QR in the header, quiet zone included
TITLE_PT, NUMBER_PT, SMALL_PT = points(6), points(4), points(Decimal("2.9"))  # 2.9 is 8.2 pt


@dataclass(frozen=True, slots=True)
class Paper:
    """A size of paper, upright."""

    width_mm: Length
    height_mm: Length


A4 = Paper(210, 297)
# continuous paper of 241 mm in three parts: 9.5 inches wide, 11 high; the strips with holes lie within the margins
CONTINUOUS = Paper(241, Decimal("279.4"))


@dataclass(frozen=True, slots=True)
class Document:
    """A paper to print: what stands on every page, and what flows through them."""

    title: str
    number: str
    company: str
    footer: str  # such as "Printed 2026-11-22 09:30, Wang Fang"
    blocks: tuple[Block, ...]
    code: str | None = None  # a printed code, drawn as QR in the header
    is_landscape: bool = False
    paper: Paper = A4
    contact: str = ""  # where the company is reached, one line below its name


@dataclass(slots=True)
class _Page:
    """What stands where on one page: strips and how far down they begin."""

    placed: list[tuple[Strip, float]] = field(default_factory=list)
    used_pt: float = 0.0

    def put(self, strip: Strip) -> None:
        self.placed.append((strip, self.used_pt))
        self.used_pt += strip.height_pt


def render_document(document: Document) -> Printed:
    """Draw a document as PDF. Raises FontMissing, CodeTooLarge."""
    short, long = points(document.paper.width_mm), points(document.paper.height_mm)
    width, height = (long, short) if document.is_landscape else (short, long)
    pen = Pen(width, height, f"{document.title} {document.number}")
    body_width, body_height = width - 2 * MARGIN_PT, height - HEADER_PT - FOOTER_PT
    strips = [s for block in document.blocks for s in block.strips(body_width, body_height)]
    pages = _paginate(strips, body_height)
    for index, page in enumerate(pages, start=1):
        _draw_header(pen, document)
        for strip, down in page.placed:
            strip.paint(pen, MARGIN_PT, HEADER_PT + down)
        _draw_footer(pen, document, f"{index} / {len(pages)}")
        pen.next_page()
    return pen.finish()


def _paginate(strips: list[Strip], height_pt: float) -> list[_Page]:
    """Return the pages; a group goes to the next page whole, and is torn only when longer than one."""
    pages = [_Page()]
    for group in _groups(strips):
        needed = sum(strip.height_pt for strip in group)
        if not group[0].is_space and pages[-1].used_pt + needed > height_pt:
            _begin_page(pages, group[0])
        for strip in group:
            if not strip.is_space and pages[-1].used_pt + strip.height_pt > height_pt:
                _begin_page(pages, strip)
            if pages[-1].placed or not strip.is_space:
                pages[-1].put(strip)
    return pages


def _groups(strips: list[Strip]) -> list[list[Strip]]:
    """Return the strips in runs that belong on one page."""
    groups: list[list[Strip]] = []
    is_open = False
    for strip in strips:
        if is_open:
            groups[-1].append(strip)
        else:
            groups.append([strip])
        is_open = strip.is_kept
    return groups


def _begin_page(pages: list[_Page], first: Strip) -> None:
    if not pages[-1].placed:
        return
    pages.append(_Page())
    if first.header is not None:
        pages[-1].put(first.header)


def _draw_header(pen: Pen, document: Document) -> None:
    right = pen.width_pt - MARGIN_PT
    if document.code is not None:
        side = CODE_DOTS * DOT_PT
        draw_qr(pen, document.code, int((right - side) / DOT_PT), 5 * DOTS_PER_MM, CODE_DOTS)
        right -= side + points(2)
    base = points(6) if document.contact else points(9)
    _header_text(pen, document.company, MARGIN_PT, base, right - MARGIN_PT, SMALL_PT)
    if document.contact:
        _header_text(pen, document.contact, MARGIN_PT, points(10), right - MARGIN_PT, SMALL_PT)
    number = fit(document.number, (right - MARGIN_PT) * 0.4, NUMBER_PT, NUMBER_PT, 4)
    pen.line_of_text(right, points(17), number.lines[0], number.size_pt, align=Align.RIGHT, is_bold=True)
    _header_text(
        pen, document.title, MARGIN_PT, points(17), (right - MARGIN_PT) * 0.58, TITLE_PT, is_bold=True
    )
    pen.rule(MARGIN_PT, points(20), pen.width_pt - 2 * MARGIN_PT, thick=1.2)


def _header_text(
    pen: Pen, text: str, x: float, base: float, room: float, size: float, *, is_bold: bool = False
) -> None:
    fitted = fit(text, room, size, size, 4)
    pen.note_missing(text)
    if fitted.is_cut:
        pen.note_cut(text)
    pen.line_of_text(x, base, fitted.lines[0], fitted.size_pt, is_bold=is_bold)


def _draw_footer(pen: Pen, document: Document, page: str) -> None:
    base = pen.height_pt - points(8)
    pen.rule(MARGIN_PT, base - points(5), pen.width_pt - 2 * MARGIN_PT, thick=0.3, tone=0.6)
    _header_text(pen, document.footer, MARGIN_PT, base, pen.width_pt - 2 * MARGIN_PT - points(25), SMALL_PT)
    pen.line_of_text(pen.width_pt - MARGIN_PT, base, page, SMALL_PT, align=Align.RIGHT)
