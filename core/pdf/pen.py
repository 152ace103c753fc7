"""What a page is drawn with: reportlab's canvas, counted from the top, that notes what it could not draw."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from core.pdf.fonts import FACE, drawable, register_font, undrawable
from core.pdf.shapes import Align, Arc, Fill, Length, Path, Picture, Words
from core.pdf.text import width_pt

BOLD = 0.035  # of the size: the stroke that makes a letter bold
ASCENT, DESCENT = 0.80, 0.12  # of the size: what a Chinese letter takes above and below its base line
HATCH_PT = 4.0
GREY, BLACK, WHITE = 0.88, 0.0, 1.0


@dataclass(frozen=True, slots=True)
class Printed:
    """A finished PDF, and what a person should know about it."""

    content: bytes
    missing: tuple[str, ...] = ()  # characters drawn as a box, for the face lacks them
    cut: tuple[str, ...] = ()  # texts that end in an ellipsis, for their box was too small


def points(length: Length) -> float:
    """Return mm as points."""
    return float(length) * float(mm)


class Pen:
    """One document in the making; x and y are points from the upper left corner of the page."""

    def __init__(self, width_pt: float, height_pt: float, title: str) -> None:
        register_font()
        self._buffer = BytesIO()
        # invariant: no clock and no random id in the file, so the same input gives the same bytes
        self.canvas = Canvas(
            self._buffer,
            pagesize=(width_pt, height_pt),
            invariant=True,
            pageCompression=1,
            initialFontName=FACE,  # type: ignore[arg-type]  # the stub takes it for a size
        )
        self.canvas.setTitle(title)
        self.canvas.setCreator("Mortise")
        self.width_pt, self.height_pt = width_pt, height_pt
        self._missing: dict[str, None] = {}
        self._cut: dict[str, None] = {}

    def finish(self) -> Printed:
        """Close the document and return it; every page was closed before."""
        self.canvas.save()
        return Printed(self._buffer.getvalue(), tuple(self._missing), tuple(self._cut))

    def next_page(self) -> None:
        """Close this page."""
        self.canvas.showPage()

    def note_missing(self, text: str) -> None:
        """Remember the characters of an original text that come out as boxes."""
        self._missing.update(dict.fromkeys(undrawable(text)))

    def note_cut(self, text: str) -> None:
        """Remember a text that was not drawn to its end."""
        self._cut[text] = None

    def line_of_text(
        self,
        x: float,
        base: float,
        text: str,
        size: float,
        *,
        align: Align = Align.LEFT,
        is_bold: bool = False,
        tone: float = BLACK,
    ) -> None:
        """Draw one line; `x` is its left edge, centre or right edge, `base` its base line."""
        self.note_missing(text)
        shown = drawable(text)
        taken = width_pt(shown, size)
        left = x - {Align.LEFT: 0.0, Align.CENTER: taken / 2, Align.RIGHT: taken}[align]
        with self.kept():  # the stroke of bold letters would leak into all later text
            self.canvas.setFillGray(tone)
            self.canvas.setStrokeGray(tone)
            self.canvas.setLineWidth(size * BOLD)
            drawn = self.canvas.beginText(left, self.height_pt - base)
            drawn.setFont(FACE, size)
            drawn.setTextRenderMode(2 if is_bold else 0)
            drawn.textOut(shown)
            self.canvas.drawText(drawn)

    def box(self, x: float, y: float, width: float, height: float, tone: float = BLACK) -> None:
        """Fill a rectangle."""
        with self.kept():
            self.canvas.setFillGray(tone)
            self.canvas.rect(x, self.height_pt - y - height, width, height, stroke=0, fill=1)

    def rule(self, x: float, y: float, length: float, thick: float = 0.5, tone: float = BLACK) -> None:
        """Draw a line to the right."""
        with self.kept():
            self.canvas.setStrokeGray(tone)
            self.canvas.setLineWidth(thick)
            self.canvas.line(x, self.height_pt - y, x + length, self.height_pt - y)

    def rects(self, rects: list[tuple[float, float, float, float]]) -> None:
        """Fill many black rectangles (x, y, width, height) as one path: no hair lines between them."""
        path = self.canvas.beginPath()
        for x, y, width, height in rects:
            path.rect(x, self.height_pt - y - height, width, height)
        self.canvas.drawPath(path, stroke=0, fill=1)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Put every setting of the pen back afterwards."""
        self.canvas.saveState()
        yield
        self.canvas.restoreState()

    def picture(self, picture: Picture, x: float, y: float, width: float, height: float) -> None:
        """Draw a picture as large as it goes into a box, in the middle of it."""
        scale = min(width / float(picture.width), height / float(picture.height))
        left = x + (width - scale * float(picture.width)) / 2 - scale * float(picture.x)
        top = y + (height - scale * float(picture.height)) / 2 - scale * float(picture.y)
        for shape in picture.shapes:
            with self.kept():
                if isinstance(shape, Path):
                    self._path(shape, left, top, scale)
                elif isinstance(shape, Arc):
                    self._arc(shape, left, top, scale)
                else:
                    self._words(shape, left, top, scale)

    def _path(self, shape: Path, left: float, top: float, scale: float) -> None:
        path = self.canvas.beginPath()
        at = [(left + scale * float(x), self.height_pt - top - scale * float(y)) for x, y in shape.points]
        path.moveTo(*at[0])
        for point in at[1:]:
            path.lineTo(*point)
        if shape.is_closed:
            path.close()
        if shape.is_dashed:
            self.canvas.setDash(3, 2)
        self.canvas.setLineWidth(points(shape.line_mm))
        tone = {Fill.BLACK: BLACK, Fill.GREY: GREY, Fill.WHITE: WHITE}.get(shape.fill)
        self.canvas.setFillGray(BLACK if tone is None else tone)
        self.canvas.drawPath(path, stroke=int(shape.line_mm > 0), fill=int(tone is not None))
        if shape.fill is Fill.HATCH:
            self.canvas.clipPath(path, stroke=0, fill=0)
            self._hatch(at)

    def _hatch(self, corners: list[tuple[float, float]]) -> None:
        low, high = min(y for _, y in corners), max(y for _, y in corners)
        start, end = min(x for x, _ in corners) - (high - low), max(x for x, _ in corners)
        self.canvas.setDash()
        self.canvas.setLineWidth(0.4)
        feet = [n * HATCH_PT for n in range(int(start // HATCH_PT), int(end // HATCH_PT) + 1)]
        self.canvas.lines([(foot, low, foot + high - low, high) for foot in feet])

    def _arc(self, shape: Arc, left: float, top: float, scale: float) -> None:
        x, y = left + scale * float(shape.x), self.height_pt - top - scale * float(shape.y)
        radius = scale * float(shape.radius)
        self.canvas.setLineWidth(points(shape.line_mm))
        # the page counts degrees against the clock
        self.canvas.arc(x - radius, y - radius, x + radius, y + radius, -shape.start_deg, -shape.sweep_deg)

    def _words(self, shape: Words, left: float, top: float, scale: float) -> None:
        size = points(shape.size_mm)
        taken = width_pt(drawable(shape.text), size)
        if shape.room is not None and taken > scale * float(shape.room):
            size, taken = size * scale * float(shape.room) / taken, scale * float(shape.room)
        x, y = left + scale * float(shape.x), top + scale * float(shape.y)
        if shape.is_upright:
            self.canvas.translate(x, self.height_pt - y)
            self.canvas.rotate(90)
            self.canvas.translate(0, -self.height_pt)
            x = y = 0.0
        if shape.is_on_white:
            before = {Align.LEFT: 0.0, Align.CENTER: taken / 2, Align.RIGHT: taken}[shape.align]
            self.box(x - before - 1, y - size * 0.6, taken + 2, size * 1.2, tone=WHITE)
        self.line_of_text(x, y + size * (ASCENT - DESCENT) / 2, shape.text, size, align=shape.align)
