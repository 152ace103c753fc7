"""Small vector drawings as data: made by a feature's queries, drawn by the pen.

A picture has its own units (mm of a door or a board, say), x to the right and y down;
line widths and letters are mm of paper, so that they stay readable at every scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

Length = Decimal | int


class Fill(Enum):
    """What is inside an outline."""

    NONE = "none"
    BLACK = "black"
    GREY = "grey"  # A4 only: a label printer has no grey
    WHITE = "white"
    HATCH = "hatch"  # not settled, or left over


class Align(Enum):
    """Which side of its room a text holds on to."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Path:
    """Straight lines from point to point."""

    points: tuple[tuple[Length, Length], ...]
    line_mm: Length = Decimal("0.25")  # two dots of a label printer; 0 draws no line
    is_closed: bool = False
    is_dashed: bool = False
    fill: Fill = Fill.NONE


@dataclass(frozen=True, slots=True)
class Arc:
    """A part of a circle, counted in degrees, clockwise from the right as the eye sees it."""

    x: Length
    y: Length
    radius: Length
    start_deg: int
    sweep_deg: int
    line_mm: Length = Decimal("0.25")


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text around a point: `size_mm` high on paper, no wider than `room` units of the picture."""

    x: Length
    y: Length
    text: str
    size_mm: Length = Decimal("2.5")
    align: Align = Align.CENTER
    room: Length | None = None
    is_upright: bool = False  # read from below upwards
    is_on_white: bool = False  # with white behind it, for hatched ground


Shape = Path | Arc | Words


@dataclass(frozen=True, slots=True)
class Picture:
    """Shapes within a width and height of their own units."""

    width: Length
    height: Length
    shapes: tuple[Shape, ...]
    x: Length = 0  # what the upper left corner is called
    y: Length = 0


def rect(
    x: Length,
    y: Length,
    width: Length,
    height: Length,
    *,
    fill: Fill = Fill.NONE,
    line_mm: Length = Decimal("0.25"),
    is_dashed: bool = False,
) -> Path:
    """Return a rectangle by its upper left corner."""
    corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
    return Path(corners, line_mm, is_closed=True, is_dashed=is_dashed, fill=fill)
