"""The one face of every paper: WenQuanYi Micro Hei out of a wheel, or a file named in the settings."""

from __future__ import annotations

import unicodedata
from importlib.resources import files
from pathlib import Path
from threading import Lock

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from core.errors import AppError
from core.i18n import N_

FACE = "MortiseCJK"
BOX = "□"  # stands where the face has no glyph: seen on paper, and reported
SPACES = {"\t": " ", "\u00a0": " ", "\u2002": " ", "\u2003": " ", "\u2009": " ", "\u202f": " "}

FONT_PACKAGE = "paperang_p2_fonts_cjk"  # the wheel that carries it
_registering = Lock()


class FontMissing(AppError):
    """There is no font to print Chinese with; paper without it would be wrong in silence."""

    code = "core.pdf.font_missing"
    message = N_(
        "The font for printing cannot be used: %(path)s (%(reason)s). Install the requirements again, "
        "or name a TrueType font with Chinese in the settings."
    )


def wheel_font() -> Path:
    """Return the path of the font that the requirements bring. Raises FontMissing."""
    try:
        return Path(str(files(FONT_PACKAGE).joinpath("fonts", "wqy-microhei.ttc")))
    except ModuleNotFoundError as missing:
        raise FontMissing(path=FONT_PACKAGE, reason=missing) from missing


def register_font(path: Path | None = None) -> TTFont:
    """Load the face once, from `path` or else from the wheel, and return it.

    A later call gives the same face, whatever its path. Raises FontMissing.
    """
    with _registering:
        if FACE not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(load_font(path or wheel_font()))
    face = pdfmetrics.getFont(FACE)
    assert isinstance(face, TTFont)  # noqa: S101  # registered above, under our own name
    return face


def load_font(path: Path) -> TTFont:
    """Read a font file without registering it. Raises FontMissing when it is absent or not TrueType."""
    try:
        return TTFont(FACE, str(path), subfontIndex=0)
    except (TTFError, OSError) as fault:
        raise FontMissing(path=path, reason=fault) from fault


def drawable(text: str) -> str:
    """Return `text` with a box for every character that the face cannot draw.

    Odd spaces become plain ones; characters that are invisible by nature (joiners, marks of
    direction, variation selectors) go. Line ends stay.
    """
    return "".join(_drawable(c) for c in text)


def undrawable(text: str) -> tuple[str, ...]:
    """Return the characters of `text` that come out as a box, each once, in their order."""
    return tuple(dict.fromkeys(c for c in text if _drawable(c) == BOX and c != BOX))


def _drawable(character: str) -> str:
    if character == "\n":
        return character
    if character in SPACES:
        return SPACES[character]
    kind = unicodedata.category(character)
    if kind == "Cf" or "\ufe00" <= character <= "\ufe0f":
        return ""
    # the face draws control characters as nothing at all
    has_glyph = kind != "Cc" and register_font().face.charToGlyph.get(ord(character), 0) != 0
    return character if has_glyph else BOX
