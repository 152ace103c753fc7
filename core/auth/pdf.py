"""The badge that a person carries, 60 × 40 mm, to be stuck on a card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from core.pdf.labels import LABEL_60X40, Bars, Item, Label, Qr, TextBox, render_labels
from core.pdf.pen import Printed
from core.pdf.shapes import Align


@dataclass(frozen=True, slots=True)
class BadgeCard:
    """What a badge says."""

    code: str
    name: str
    roles: str  # already in the reader's language


def draw_badges(badges: Sequence[BadgeCard]) -> Printed:
    """Draw some badges, one to a page."""
    return render_labels(LABEL_60X40, [Label(_items(badge)) for badge in badges], _("Badges"))


def _items(badge: BadgeCard) -> tuple[Item, ...]:
    return (
        TextBox(2, 2, 38, 8, badge.name, 6, is_bold=True),
        TextBox(2, 11, 38, 9, badge.roles, 3),
        Qr(41, 2, 17, badge.code),
        Bars(1, 22, 44, 11, badge.code),
        TextBox(1, 34, 44, 4, badge.code, 3, align=Align.CENTER, is_bold=True),
    )
