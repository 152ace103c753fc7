"""Code 128 and QR as black rectangles on whole printer dots, quiet zones included."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import segno
from barcode.codex import Code128
from reportlab.lib.units import mm

from core.errors import RuleViolation
from core.i18n import N_
from core.pdf.pen import Pen

DOTS_PER_MM = 8  # 203 dpi, as label printers call it
DOT_PT = float(mm) / DOTS_PER_MM
BAR_DOTS = 2  # the thinnest bar a thermal printer does cleanly
BAR_QUIET = 10  # modules of white beside the bars (ISO/IEC 15417)
QR_QUIET = 4  # modules of white around the square (ISO/IEC 18004)


class CodeTooLarge(RuleViolation):
    """A code does not go into its place at a size that a scanner reads."""

    code = "core.pdf.code_too_large"
    message = N_(
        "The code %(payload)s needs %(need_dots)s printer dots, its place has %(room_dots)s. "
        "Use a larger label."
    )


@dataclass(frozen=True, slots=True)
class Modules:
    """A code as runs of black: (x, y, length) in modules, quiet zone not counted."""

    columns: int
    rows: int
    runs: tuple[tuple[int, int, int], ...]


@lru_cache(maxsize=4096)
def code128(payload: str) -> Modules:
    """Return the bars of `payload`; one row."""
    return _modules([[bar == "1" for bar in Code128(payload).build()[0]]])


@lru_cache(maxsize=4096)
def qr(payload: str) -> Modules:
    """Return the square of `payload`, error level M: a seventh of it may be lost."""
    square = segno.make(payload, error="m", micro=False)
    return _modules([[bool(cell) for cell in row] for row in square.matrix])


def _modules(rows: list[list[bool]]) -> Modules:
    runs: list[tuple[int, int, int]] = []
    for y, row in enumerate(rows):
        x = 0
        for is_black, cells in groupby(row):
            length = len(list(cells))
            if is_black:
                runs.append((x, y, length))
            x += length
    return Modules(len(rows[0]), len(rows), tuple(runs))


def draw_code128(pen: Pen, payload: str, x: int, y: int, width: int, height: int) -> None:
    """Draw the bars in the middle of a box given in dots. Raises CodeTooLarge."""
    bars = code128(payload)
    module = _module_dots(payload, bars.columns + 2 * BAR_QUIET, width)
    left = x + (width - bars.columns * module) // 2
    pen.rects([_points(left + run * module, y, length * module, height) for run, _row, length in bars.runs])


def draw_qr(pen: Pen, payload: str, x: int, y: int, side: int) -> None:
    """Draw the square in the middle of a square box given in dots. Raises CodeTooLarge."""
    square = qr(payload)
    module = _module_dots(payload, square.columns + 2 * QR_QUIET, side)
    inset = (side - square.columns * module) // 2
    left, top = x + inset, y + inset
    pen.rects(
        [
            _points(left + run * module, top + row * module, length * module, module)
            for run, row, length in square.runs
        ]
    )


def _module_dots(payload: str, modules: int, room: int) -> int:
    """Return the largest whole number of dots for one module."""
    if room // modules < BAR_DOTS:
        raise CodeTooLarge(payload=payload, need_dots=modules * BAR_DOTS, room_dots=room)
    return room // modules


def _points(x: int, y: int, width: int, height: int) -> tuple[float, float, float, float]:
    return x * DOT_PT, y * DOT_PT, width * DOT_PT, height * DOT_PT
