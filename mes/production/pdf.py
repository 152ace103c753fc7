"""Labels of pieces, 60 × 40 mm: those that come off no sheet or bar, and those that are printed once more."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from flask_babel import force_locale
from flask_babel import gettext as _

from core.pdf.labels import LABEL_60X40, Bars, Item, Label, Qr, Rule, TextBox, render_labels
from core.pdf.pen import Printed
from core.pdf.shapes import Align
from core.web.templating import named
from mes.production.queries import PieceLabel

D = Decimal


def draw_labels(pieces: Iterable[PieceLabel], title: str, locale: str) -> Printed:
    """Draw one label to a page, in the factory's language."""
    with force_locale(locale):
        return render_labels(LABEL_60X40, [_label(piece) for piece in pieces], title)


def _label(piece: PieceLabel) -> Label:
    route = "→".join(named(name) for name in piece.route)
    items: list[Item] = [
        TextBox(2, D("1.5"), 37, 6, named(piece.name), 5, is_bold=True),
        TextBox(2, D("7.6"), 37, 5, piece.size, D("4.2"), is_bold=True),
        TextBox(2, D("12.8"), 37, D("4.2"), f"{piece.set_number} {piece.room}", D("3.2"), is_bold=True),
        TextBox(2, 17, 37, D("7.6"), route, D("2.8"), is_top=True),
        TextBox(40, 21, 19, 4, piece.package, D("3.2"), align=Align.CENTER),
        Rule(2, D("25.2"), 36),
        Bars(0, 26, 40, 9, piece.code),
        TextBox(0, D("35.3"), 40, 4, piece.code, D("3.2"), align=Align.CENTER, is_bold=True),
        Qr(40, 1, 19, piece.code),
    ]
    if piece.is_by_hand:
        by_hand = _("hand-edited")
        items.append(TextBox(40, D("35.8"), 19, 4, by_hand, D("3.2"), align=Align.CENTER, is_inverse=True))
    if piece.is_urgent:
        urgent = _("Remake, urgent")
        items.append(TextBox(40, 30, 19, D("5.5"), urgent, D("3.6"), align=Align.CENTER, is_inverse=True))
    return Label(tuple(items))
