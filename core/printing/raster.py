"""A PDF of labels as the dots of a printer. Chinese needs no font in the printer this way."""

from __future__ import annotations

import numpy
import pypdfium2

from core.printing.rules import MM_PER_INCH, PT_PER_INCH, Bitmap

BLACK_BELOW = 128  # of 255; our labels are black on white


def page_sizes(content: bytes) -> list[tuple[int, int]]:
    """Return each page's width and height, whole mm."""
    with pypdfium2.PdfDocument(content) as document:
        return [(_mm(width), _mm(height)) for width, height in (page.get_size() for page in document)]


def bitmap(content: bytes, page: int, dots_per_mm: int) -> Bitmap:
    """Return one page in dots."""
    with pypdfium2.PdfDocument(content) as document:
        grey = document[page].render(scale=dots_per_mm * MM_PER_INCH / PT_PER_INCH, grayscale=True).to_numpy()
    black = grey.reshape(grey.shape[0], grey.shape[1]) < BLACK_BELOW
    return Bitmap(black.shape[1], black.shape[0], numpy.packbits(black, axis=1).tobytes())


def _mm(points: float) -> int:
    return round(points / PT_PER_INCH * MM_PER_INCH)
