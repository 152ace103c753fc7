"""Labels of machine codes, 60 × 40 mm: the machine's string is the only square on them, so that no station scans it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from flask_babel import force_locale
from flask_babel import gettext as _

from core.pdf.labels import LABEL_60X40, Item, Label, Qr, Rule, TextBox, render_labels
from core.pdf.pen import Printed
from core.web.errors import text_of
from core.web.templating import named
from mes.worksheets.queries import SheetPiece, Stamp

D = Decimal


def draw_labels(pieces: Iterable[SheetPiece], title: str, locale: str) -> Printed:
    """Draw one label for each piece and machine, in the factory's language. Raises CodeTooLarge."""
    with force_locale(locale):
        labels = [_label(piece, stamp) for piece in pieces for stamp in piece.stamps]
    return render_labels(LABEL_60X40, labels, title)


def _label(piece: SheetPiece, stamp: Stamp) -> Label:
    size = " × ".join(f"{side.normalize():f}" for side in piece.sides_mm)
    words = stamp.text
    if stamp.fault is not None:
        words = _("%(name)s: no code. %(reason)s", name=named(stamp.name), reason=text_of(stamp.fault))
    items: list[Item] = [
        TextBox(2, D("1.5"), 35, 6, named(piece.name), 5, is_bold=True),
        TextBox(2, D("7.6"), 35, 5, size, D("4.2"), is_bold=True),
        TextBox(2, D("12.8"), 35, D("4.2"), f"{piece.set_number} {piece.room}", D("3.2"), is_bold=True),
        TextBox(2, D("17.5"), 35, D("4.5"), named(stamp.name), D("3.6"), is_inverse=True),
        Rule(2, D("23.2"), 56),
        TextBox(2, 24, 56, 10, words, D("3.6"), is_bold=True),
        TextBox(2, 35, 56, 4, piece.code or "", D("3.2")),
    ]
    if stamp.fault is None:
        items.append(Qr(38, 1, 21, stamp.text))
    return Label(tuple(items))
