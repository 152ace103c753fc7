"""The papers of shipping: the load's sheet for the dock, a delivery note for each dealer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import force_locale
from flask_babel import gettext as _

from core.company.rules import Company
from core.pdf.blocks import Column, Facts, Heading, Paragraph, Signatures, Table, Together
from core.pdf.frame import A4, Document, Paper, render_document
from core.pdf.labels import LABEL_100X70, Bars, Label, Qr, Rule, TextBox, render_labels
from core.pdf.pen import Printed
from core.pdf.shapes import Align
from core.web.templating import is_chinese, named
from erp.pricing.rules.capitals import capitals, in_english
from mes.packing.rules import Item
from mes.shipping.queries import LoadFacts, OrderAmount, Stop
from mes.shipping.rules import Cargo


@dataclass(frozen=True, slots=True)
class Words:
    """What a paper takes from its printing: its sender, and when and by whom it was printed."""

    company: Company
    moment: str
    name: str

    @property
    def footer(self) -> str:
        """When and by whom, in the paper's language."""
        return str(_("Printed %(moment)s, %(name)s", moment=self.moment, name=self.name))


def load_label(load: LoadFacts) -> Printed:
    """Draw the label that hangs at the dock while a vehicle is loaded, 100 × 70 mm."""
    stops = "　".join(f"{stop.position} {named(stop.dealer)}" for stop in load.stops)
    items = (
        TextBox(2, 2, 96, 10, load.vehicle, 9, is_bold=True),
        TextBox(2, 13, 96, 6, f"{load.planned_on}　{load.driver}　{load.phone}", 4),
        TextBox(2, 20, 62, 18, stops, 4, is_top=True),
        Rule(2, 40, 62),
        TextBox(2, 41, 62, 8, load.number, 7, is_bold=True),
        Bars(0, 50, 64, 13, load.code),
        TextBox(0, 64, 64, 4, load.code, 3, align=Align.CENTER, is_bold=True),
        Qr(66, 32, 32, load.code),
    )
    return render_labels(LABEL_100X70, [Label(items)], load.number)


def load_sheet(load: LoadFacts, words: Words) -> Printed:
    """Draw the load's list by stops, with its code to be scanned."""
    columns = (
        Column(_("Package"), 3),
        Column(_("Order"), 3),
        Column(_("Room"), 3),
        Column(_("Place"), 2),
        Column(_("Loaded"), 1, Align.CENTER),
    )
    blocks: list[Heading | Facts | Table] = [
        Facts(
            (
                (_("Vehicle"), load.vehicle),
                (_("Day"), str(load.planned_on)),
                (_("Driver"), load.driver or "—"),
                (_("Telephone"), load.phone or "—"),
            )
        )
    ]
    if load.is_by_stop and len(load.stops) > 1:
        order = " → ".join(f"{stop.position} {named(stop.dealer)}" for stop in reversed(load.stops))
        blocks.append(Facts(((_("Load in this order"), order),), column_count=1, name_mm=30))
    stops = tuple(reversed(load.stops)) if load.is_by_stop else load.stops
    for stop in stops:
        heading = _("Stop %(position)s: %(dealer)s", position=stop.position, dealer=named(stop.dealer))
        blocks += [Heading(heading), Table(columns, tuple(_sheet_row(one) for one in stop.cargo))]
    document = Document(
        _("Load list"), load.number, words.company.named(is_chinese()), words.footer, tuple(blocks), load.code
    )
    return render_document(document)


def _sheet_row(one: Cargo) -> tuple[str, ...]:
    return (
        f"{named(one.label)}　{one.code}",
        one.order_number,
        one.room,
        one.place or "—",
        "✓" if one.is_loaded else "",
    )


def delivery_note(
    load: LoadFacts,
    stop: Stop,
    words: Words,
    paper: Paper = A4,
    amounts: Sequence[OrderAmount] = (),
) -> Printed:
    """Draw a delivery note in its dealer's language, from the packages that were scanned on; amounts where asked."""
    with force_locale(stop.locale):
        document = Document(
            title=_("Delivery note"),
            number=stop.number,
            company=words.company.named(is_chinese()),
            contact=words.company.contact(is_chinese()),
            footer=words.footer,
            blocks=(
                _note_facts(load, stop),
                _note_table(stop.loaded),
                *_amounts(amounts),
                Together(
                    (
                        Paragraph(_("Please check number and condition of the packages before you sign.")),
                        _signatures(),
                    )
                ),
            ),
            code=stop.code,
            paper=paper,
        )
        return render_document(document)


def _amounts(amounts: Sequence[OrderAmount]) -> tuple[Table | Paragraph, ...]:
    """Return what the orders come to, the sum in capitals as a cashier reads it."""
    if not amounts:
        return ()
    total = sum((one.amount or Decimal(0) for one in amounts), Decimal(0))
    columns = (
        Column(_("Order"), 3),
        Column(_("Packages on this note"), 2, Align.RIGHT),
        Column(_("Amount of the order"), 2, Align.RIGHT),
    )
    rows = tuple(
        (one.number, f"{one.here} / {one.of}", "—" if one.amount is None else _money(one.amount))
        for one in amounts
    )
    spoken = capitals(total) if is_chinese() else in_english(total)
    words = _("Amount in words: %(words)s", words=spoken)
    if any(one.here < one.of for one in amounts):
        words = _(
            "A part of the packages is on this note; the amounts are those of the whole orders: %(words)s",
            words=spoken,
        )
    return (Table(columns, rows, (_("Total"), "", _money(total))), Paragraph(words))


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def packing_list(
    load: LoadFacts,
    stop: Stop,
    contents: Mapping[int, Sequence[Item]],
    words: Words,
    paper: Paper = A4,
) -> Printed:
    """Draw what lies in each package of a delivery, in its dealer's language."""
    with force_locale(stop.locale):
        columns = (
            Column(_("Package"), 4),
            Column(_("Order"), 3),
            Column(_("Room"), 3),
            Column(_("Piece"), 4),
            Column(_("Size, mm"), 3, Align.RIGHT),
            Column(_("Count"), 1, Align.RIGHT),
        )
        rows = [row for one in stop.loaded for row in _content_rows(one, contents.get(one.package_id, ()))]
        document = Document(
            title=_("Packing list"),
            number=stop.number,
            company=words.company.named(is_chinese()),
            contact=words.company.contact(is_chinese()),
            footer=words.footer,
            blocks=(_note_facts(load, stop), Table(columns, tuple(rows))),
            code=stop.code,
            paper=paper,
        )
        return render_document(document)


def _content_rows(one: Cargo, items: Sequence[Item]) -> list[tuple[str, ...]]:
    """Return a row for each piece of a package; only the first one names the package."""
    head = (f"{named(one.label)}　{one.code}", one.order_number, one.room)
    rows = [
        (named(item.name), item.size or "—", str(item.part_count)) for item in items if item.is_packed
    ] or [("—", "", "")]
    return [(*(head if number == 0 else ("", "", "")), *row) for number, row in enumerate(rows)]


def _note_facts(load: LoadFacts, stop: Stop) -> Facts:
    return Facts(
        (
            (_("Dealer"), named(stop.dealer)),
            (_("Date"), str(load.planned_on)),
            (_("Contact"), " ".join(part for part in (stop.contact, stop.phone) if part) or "—"),
            (_("Vehicle"), load.vehicle),
            (_("Address"), stop.address or "—"),
            (_("Driver"), " ".join(part for part in (load.driver, load.phone) if part) or "—"),
            (_("Load number"), load.number),
            (_("Packages"), str(len(stop.loaded))),
            (_("Carrier"), load.carrier or "—"),
            (_("Freight"), _(load.freight.label)),
            *(((_("Weight"), f"{stop.planned_kg.quantize(Decimal('0.1'))} kg"),) if stop.planned_kg else ()),
        )
    )


def _note_table(loaded: Sequence[Cargo]) -> Table:
    columns = (
        Column(_("No."), 1, Align.RIGHT),
        Column(_("Package code"), 3),
        Column(_("Order"), 3),
        Column(_("Room"), 3),
        Column(_("Kind"), 2),
        Column(_("i/N"), 1, Align.CENTER),
    )
    rows = tuple(
        (str(row), one.code, one.order_number, one.room, named(one.name), one.number)
        for row, one in enumerate(loaded, start=1)
    )
    orders = len({one.order_id for one in loaded})
    text = _("Packages: %(packages)s, orders: %(orders)s", packages=len(loaded), orders=orders)
    return Table(columns, rows, ("", _("Total"), text, "", "", ""))


def _signatures() -> Signatures:
    return Signatures((_("Handed over by"), _("Driver"), _("Received by, date")))
