"""The label that hangs at a station, 100 × 70 mm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from core.pdf.labels import LABEL_100X70, Bars, Item, Label, Qr, Rule, TextBox, render_labels
from core.pdf.pen import Printed
from core.pdf.shapes import Align


@dataclass(frozen=True, slots=True)
class StationLabel:
    """What hangs at a work place."""

    code: str
    name: str
    name_en: str
    kind: str  # already in the reader's language
    operations: tuple[str, ...]


def draw_labels(labels: Sequence[StationLabel]) -> Printed:
    """Draw the labels of some stations, one to a page."""
    return render_labels(LABEL_100X70, [Label(_items(label)) for label in labels], _("Stations"))


def _items(label: StationLabel) -> tuple[Item, ...]:
    return (
        TextBox(2, 3, 96, 13, label.name, 11, is_bold=True),
        TextBox(2, 17, 60, 6, label.name_en, 5),
        Rule(2, 25, 60),
        TextBox(2, 27, 60, 7, label.kind, 6),
        TextBox(2, 35, 60, 10, " ".join(label.operations), 4),
        Qr(64, 20, 34, label.code),
        Bars(0, 50, 64, 13, label.code),
        TextBox(0, 64, 64, 4, label.code, 3, align=Align.CENTER, is_bold=True),
    )
