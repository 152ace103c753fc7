"""The package label, 100 × 70 mm: what stands on a box until it is opened in the customer's house."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import force_locale
from flask_babel import gettext as _

from core.pdf.labels import (
    LABEL_100X70,
    Bars,
    Item,
    Label,
    PictureBox,
    Qr,
    Rule,
    TextBox,
    render_labels,
)
from core.pdf.pen import Printed
from core.pdf.shapes import Align, Arc, Path, Picture
from core.web.templating import named
from erp.catalogue.rules.document import Handing
from mes.packing.queries import PackageFacts
from mes.packing.rules import LABEL_LINES
from mes.packing.rules import Item as Content

D = Decimal
LINE_MM = D("4.1")  # one line of contents
LEFT_MM = 2  # the printer's margin
WALL, LEAF, SWING = D("0.75"), D("0.5"), D("0.25")  # line widths: 6, 4 and 2 dots


@dataclass(frozen=True, slots=True)
class PackageLabel:
    """A package and what was done with it, in the words of factory time."""

    facts: PackageFacts
    packed: str  # day and packer, empty before it is sealed


def draw_labels(labels: Sequence[PackageLabel], title: str) -> Printed:
    """Draw package labels, each in its dealer's language."""
    return render_labels(LABEL_100X70, [_label(label) for label in labels], title)


def handing_picture(handing: Handing) -> Picture:
    """Return the handing icon: plan view with the outside below, the leaf open, the arc that it sweeps."""
    is_out, is_left = handing.value.startswith("OUT"), handing.value.endswith("L")
    wall, edge = (8, 27) if is_out else (24, 5)
    hinge = 6 if is_left else 26
    start = {(False, True): 270, (False, False): 180, (True, True): 0, (True, False): 90}[is_out, is_left]
    return Picture(
        32,
        32,
        (
            Path(((0, wall), (6, wall)), line_mm=WALL),
            Path(((26, wall), (32, wall)), line_mm=WALL),
            Path(((hinge, wall), (hinge, edge)), line_mm=LEAF),
            Arc(hinge, wall, 19, start, 90, line_mm=SWING),
        ),
    )


def _label(label: PackageLabel) -> Label:
    with force_locale(label.facts.dealer_locale):
        return Label((*_head(label.facts), *_contents(label.facts), *_foot(label)))


def _head(facts: PackageFacts) -> tuple[Item, ...]:
    box = facts.box
    dealer = " · ".join(part for part in (facts.dealer_city, named(facts.dealer)) if part)
    customer = "　".join(part for part in (facts.customer, facts.site) if part)
    return (
        TextBox(LEFT_MM, 2, 65, 7, dealer, 6, is_bold=True),
        TextBox(LEFT_MM, D("9.2"), 65, 4, customer, 3),
        TextBox(LEFT_MM, D("13.2"), 65, 5, f"{box.owner}　{box.room}", D("3.6"), is_bold=True),
        TextBox(69, 2, 29, 6, named(box.name), 5, align=Align.CENTER, is_bold=True, is_inverse=True),
        TextBox(69, D("7.9"), 29, 10, box.number, 9, align=Align.CENTER, is_bold=True, is_inverse=True),
        Rule(LEFT_MM, 19, 96),
    )


def _contents(facts: PackageFacts) -> tuple[Item, ...]:
    box = facts.box
    opening = " × ".join(f"{side.normalize():f}" for side in (facts.width_mm, facts.height_mm, facts.wall_mm))
    whose = f"{named(facts.article)}　{named(facts.colour)}　{opening}"
    if box.set_id is None:
        whose = f"{named(facts.colour)}　{_('of %(count)s door sets', count=box.set_count)}".strip()
    weight = f"　{facts.weight_kg.quantize(D('0.1'))} kg" if facts.weight_kg else ""
    article = whose + weight
    items: list[Item] = [TextBox(LEFT_MM, D("20.2"), 54, D("4.6"), article, D("3.7"), is_bold=True)]
    for row, line in enumerate(_lines(facts)):
        items.append(TextBox(LEFT_MM, 25 + row * LINE_MM, 54, D("3.9"), line, D("3.4")))
    if facts.handing is not None:
        items.append(PictureBox(58, 25, 12, 12, handing_picture(facts.handing)))
        word = _(facts.handing.label)
        items.append(TextBox(56, 38, 16, 5, word, D("3.8"), align=Align.CENTER, is_bold=True))
    return (*items, Qr(73, 22, 25, box.code), Rule(LEFT_MM, 50, 96))


def _lines(facts: PackageFacts) -> list[str]:
    """Return the content list, kits with what lies in them; what finds no line is counted in the last one.

    Of what several sets share, each room says how many pieces are its.
    """
    if facts.box.set_id is None:
        rooms = Counter(item.room for item in facts.box.items)
        lines = [f"{room}　{_('%(count)s pcs', count=count)}" for room, count in rooms.items()]
    else:
        lines = [_line(item) for item in facts.box.items]
    lines += [f"· {named(line.name)} × {line.needed_qty.normalize():f}" for line in facts.kit]
    if len(lines) <= LABEL_LINES:
        return lines
    kept = LABEL_LINES - 1
    return [*lines[:kept], _("and %(count)s more", count=len(lines) - kept)]


def _line(item: Content) -> str:
    parts = [named(item.name), item.size]
    if item.part_count > 1:
        parts.append(_("%(count)s pcs", count=item.part_count))
    return "　".join(part for part in parts if part)


def _foot(label: PackageLabel) -> tuple[Item, ...]:
    facts = label.facts
    care, remake = _("Handle with care · this side up ↑"), _("Remake")
    items: list[Item] = [
        Bars(0, 52, 54, 11, facts.box.code),
        TextBox(0, D("63.6"), 54, 4, facts.box.code, 3, align=Align.CENTER, is_bold=True),
        TextBox(56, 52, 42, 5, care, D("3.6"), align=Align.RIGHT, is_bold=True),
        TextBox(56, D("63.2"), 42, 4, label.packed, 3, align=Align.RIGHT),
    ]
    if facts.is_remake:
        items.append(
            TextBox(84, D("57.4"), 14, D("5.4"), remake, D("4.4"), align=Align.CENTER, is_inverse=True)
        )
    return tuple(items)
