"""Labels: one to a page of its exact size, black on white, every bar on a printer's dot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from core.pdf.codes import DOTS_PER_MM, draw_code128, draw_qr
from core.pdf.pen import ASCENT, DESCENT, WHITE, Pen, Printed, points
from core.pdf.shapes import Align, Length, Picture
from core.pdf.text import LEADING, block_height, fit

INVERSE_PAD_MM = 1  # between white letters and the edge of their black box


@dataclass(frozen=True, slots=True)
class LabelSize:
    """Width and height of a label, mm."""

    width_mm: Length
    height_mm: Length


LABEL_60X40 = LabelSize(60, 40)
LABEL_100X70 = LabelSize(100, 70)


@dataclass(frozen=True, slots=True)
class TextBox:
    """Text that shrinks, then breaks, and never leaves its box; what had no room is reported."""

    x_mm: Length
    y_mm: Length
    width_mm: Length
    height_mm: Length
    text: str
    size_mm: Length
    least_mm: Length = 2  # 16 dots: the smallest Chinese that 203 dpi prints legibly
    align: Align = Align.LEFT
    is_bold: bool = False
    is_inverse: bool = False  # white on a black box
    is_top: bool = False  # at the box's upper edge; else in the middle of its height


@dataclass(frozen=True, slots=True)
class Bars:
    """A Code 128 in its box, quiet zone included."""

    x_mm: Length
    y_mm: Length
    width_mm: Length
    height_mm: Length
    payload: str


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR code in its square, quiet zone included."""

    x_mm: Length
    y_mm: Length
    side_mm: Length
    payload: str


@dataclass(frozen=True, slots=True)
class PictureBox:
    """A small drawing, as large as its box lets it be."""

    x_mm: Length
    y_mm: Length
    width_mm: Length
    height_mm: Length
    picture: Picture


@dataclass(frozen=True, slots=True)
class Rule:
    """A black line across."""

    x_mm: Length
    y_mm: Length
    width_mm: Length
    line_mm: Length = Decimal("0.375")  # three dots


Item = TextBox | Bars | Qr | PictureBox | Rule


@dataclass(frozen=True, slots=True)
class Label:
    """What is on one label."""

    items: tuple[Item, ...]


def render_labels(size: LabelSize, labels: Iterable[Label], title: str) -> Printed:
    """Draw labels, one to a page, as PDF. Raises FontMissing, CodeTooLarge."""
    pen = Pen(points(size.width_mm), points(size.height_mm), title)
    for label in labels:
        for item in label.items:
            _draw(pen, item)
        pen.next_page()
    return pen.finish()


def _draw(pen: Pen, item: Item) -> None:
    match item:
        case TextBox():
            _draw_text(pen, item)
        case Bars():
            box = (_dots(n) for n in (item.x_mm, item.y_mm, item.width_mm, item.height_mm))
            draw_code128(pen, item.payload, *box)
        case Qr():
            draw_qr(pen, item.payload, _dots(item.x_mm), _dots(item.y_mm), _dots(item.side_mm))
        case PictureBox():
            box_pt = (points(n) for n in (item.x_mm, item.y_mm, item.width_mm, item.height_mm))
            pen.picture(item.picture, *box_pt)
        case Rule():
            pen.box(points(item.x_mm), points(item.y_mm), points(item.width_mm), points(item.line_mm))


def _dots(length: Length) -> int:
    return round(length * DOTS_PER_MM)


def _draw_text(pen: Pen, box: TextBox) -> None:
    pad = INVERSE_PAD_MM if box.is_inverse else 0
    x, y = points(box.x_mm), points(box.y_mm)
    width, height = points(box.width_mm), points(box.height_mm)
    if box.is_inverse:
        pen.box(x, y, width, height)
    fitted = fit(box.text, width - 2 * points(pad), height, points(box.size_mm), points(box.least_mm))
    pen.note_missing(box.text)
    if fitted.is_cut:
        pen.note_cut(box.text)
    size = fitted.size_pt
    spare = 0.0 if box.is_top else (height - block_height(len(fitted.lines), size)) / 2
    base = y + spare + size * (1 + ASCENT - DESCENT) / 2
    at = {
        Align.LEFT: x + points(pad),
        Align.CENTER: x + width / 2,
        Align.RIGHT: x + width - points(pad),
    }[box.align]
    tone = WHITE if box.is_inverse else 0.0
    for line in fitted.lines:
        pen.line_of_text(at, base, line, size, align=box.align, is_bold=box.is_bold, tone=tone)
        base += size * LEADING
