"""Text in a given width: measured by the face itself, broken as Chinese is broken, made to fit."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reportlab.pdfbase.pdfmetrics import stringWidth

from core.pdf.fonts import FACE, drawable, register_font

LEADING = 1.25  # line height of the face in its own sizes
CLOSING = "，。、；：！？）》」』】”’％℃,.;:!?)]}%°"  # never begins a line
OPENING = "（《「『【“‘([{"  # never ends one
SHRINK_STEP = 0.94  # a size smaller: six per cent is not seen from one label to the next

_tokens = re.compile(
    rf"[{re.escape(OPENING)}]*(?:[0-9A-Za-z_+\-/.#&@'\u00c0-\u024f]+|\S)[{re.escape(CLOSING)}]*|\s+"
)


@dataclass(frozen=True, slots=True)
class Fitted:
    """Lines that fit their box, the size they have there, and whether something had to go."""

    lines: tuple[str, ...]
    size_pt: float
    is_cut: bool


def width_pt(text: str, size_pt: float) -> float:
    """Return the width of one line of drawable text."""
    register_font()
    return float(stringWidth(text, FACE, size_pt))


def wrap(text: str, size_pt: float, room_pt: float) -> tuple[str, ...]:
    """Break `text` into lines no wider than `room_pt`; numbers and Latin words stay whole where they can."""
    lines: list[str] = []
    for paragraph in drawable(text).split("\n"):
        lines.extend(_wrap_paragraph(paragraph.strip(), size_pt, room_pt))
    return tuple(lines)


def _wrap_paragraph(text: str, size_pt: float, room_pt: float) -> list[str]:
    if width_pt(text, size_pt) <= room_pt:
        return [text]
    lines, line = [], ""
    for token in _tokens.findall(text):
        if width_pt((line + token).rstrip(), size_pt) <= room_pt:
            line += token
            continue
        if line.strip():
            lines.append(line.rstrip())
        *full, line = _chop(token.lstrip(), size_pt, room_pt)
        lines.extend(full)
    return [*lines, line.rstrip()] if line.strip() else lines


def _chop(token: str, size_pt: float, room_pt: float) -> list[str]:
    """Cut one token that may be wider than a line into pieces that are not."""
    pieces = [""]
    for character in token:
        if pieces[-1] and width_pt(pieces[-1] + character, size_pt) > room_pt:
            pieces.append("")
        pieces[-1] += character
    return pieces


def fit(text: str, width: float, height: float, size: float, least: float) -> Fitted:
    """Return `text` (all measures in points) as it goes into a box, never over its edge.

    One line gets smaller down to two thirds; then it is broken, and gets smaller down to `least`;
    what still has no room ends in an ellipsis and is marked as cut.
    """
    size = min(size, height)  # a single line needs its own height only
    single = drawable(text).strip()
    if "\n" not in single:
        natural = width_pt(single, size)
        wanted = size if natural <= width else size * width / natural * 0.999
        if wanted >= max(least, size * 2 / 3):
            return Fitted((single,), wanted, is_cut=False)
    while True:
        lines = wrap(single, size, width)
        if block_height(len(lines), size) <= height:
            return Fitted(lines, size, is_cut=False)
        if size * SHRINK_STEP < least:
            return _cut(lines, size, width, height)
        size *= SHRINK_STEP


def block_height(line_count: int, size: float) -> float:
    """Return the height of some lines: leading between them, none around."""
    return size * (1 + LEADING * (line_count - 1))


def _cut(lines: tuple[str, ...], size: float, width: float, height: float) -> Fitted:
    size = min(size, height)
    kept = max(1, int((height / size - 1) / LEADING) + 1)
    last = lines[kept - 1]
    while last and width_pt(last + "…", size) > width:
        last = last[:-1]
    return Fitted((*lines[: kept - 1], last + "…"), size, is_cut=True)
