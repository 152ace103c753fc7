"""Labels of stock, 60 × 40 mm: one for a lot's pallet or box, one for a place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.pdf.labels import LABEL_60X40, Bars, Label, Qr, Rule, TextBox, render_labels
from core.pdf.pen import Printed
from core.pdf.shapes import Align

D = Decimal


@dataclass(frozen=True, slots=True)
class LotLabel:
    """What stands on a lot's label, in the words of the factory."""

    code: str
    material: str
    article: str
    quantity: str  # "40 pcs"
    supplier: str
    received: str  # "2026-11-22 · DN-77"


@dataclass(frozen=True, slots=True)
class PlaceLabel:
    """What stands on a place's label."""

    code: str
    name: str
    kind: str


def draw_lots(labels: Sequence[LotLabel], title: str) -> Printed:
    """Draw the labels of lots."""
    return render_labels(LABEL_60X40, [_lot(label) for label in labels], title)


def draw_places(labels: Sequence[PlaceLabel], title: str) -> Printed:
    """Draw the labels of places: the name is read from the aisle."""
    return render_labels(LABEL_60X40, [_place(label) for label in labels], title)


def _lot(label: LotLabel) -> Label:
    return Label(
        (
            TextBox(2, 2, 56, 6, label.material, D("4.6"), is_bold=True),
            TextBox(2, D("8.2"), 37, D("4.4"), label.article, D("3.2")),
            TextBox(2, D("12.8"), 37, D("6.2"), label.quantity, D("5.4"), is_bold=True),
            TextBox(2, D("19.2"), 37, D("3.6"), label.supplier, D("2.7")),
            TextBox(2, D("22.8"), 37, D("3.6"), label.received, D("2.7")),
            Qr(40, D("8.2"), 18, label.code),
            Rule(2, 27, 56),
            *_foot(label.code),
        )
    )


def _place(label: PlaceLabel) -> Label:
    return Label(
        (
            TextBox(2, 2, 38, 19, label.name, 11, is_bold=True),
            TextBox(2, D("21.5"), 38, 4, label.kind, 3),
            Qr(40, 4, 18, label.code),
            Rule(2, 27, 56),
            *_foot(label.code),
        )
    )


def _foot(code: str) -> tuple[Bars, TextBox]:
    return (
        Bars(0, D("28.2"), 60, D("7.2"), code),
        TextBox(0, D("35.6"), 60, D("3.6"), code, 3, align=Align.CENTER, is_bold=True),
    )
