"""Papers of sales: the quotation, in its dealer's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from core.company.rules import Company
from core.pdf.blocks import Block, Column, Facts, Heading, Paragraph, Signatures, Table, Together
from core.pdf.frame import Document, render_document
from core.pdf.pen import Printed
from core.pdf.shapes import Align
from core.web.templating import is_chinese, named
from erp.catalogue.rules.document import DimBasis, Handing
from erp.pricing.rules.capitals import capitals, in_english
from erp.pricing.rules.prices import TermKind
from erp.sales.queries.prices import QuotationFacts


@dataclass(frozen=True, slots=True)
class Printing:
    """What a paper takes from its printing: its sender, and when and by whom it was printed."""

    company: Company
    moment: str
    name: str


def money(amount: Decimal) -> str:
    """Return an amount as papers show it: 12,345.60."""
    return f"{amount:,.2f}"


def quotation_paper(facts: QuotationFacts, printing: Printing) -> Printed:
    """Draw a quotation: its lines, how each price came about, the amount in words, until when it holds."""
    made = facts.quotation
    with force_locale(facts.dealer.locale):
        content: Mapping[str, Any] = made.content
        blocks: tuple[Block, ...] = (
            _facts(facts),
            _lines(made.total_amount, content),
            Heading(_("How the prices came about")),
            _how(content),
            Together(
                (
                    Paragraph(_closing(made.total_amount, made.tax_amount, content, printing.company.payee)),
                    Signatures((_("Offered by"), _("Agreed by, date"))),
                )
            ),
        )
        footer = _("Printed %(moment)s, %(name)s", moment=printing.moment, name=printing.name)
        return render_document(
            Document(
                _("Quotation"),
                made.number,
                printing.company.named(is_chinese()),
                footer,
                blocks,
                contact=printing.company.contact(is_chinese()),
            )
        )


def _facts(facts: QuotationFacts) -> Facts:
    made, order, dealer = facts.quotation, facts.order, facts.dealer
    return Facts(
        (
            (_("Dealer"), named(dealer)),
            (_("Date"), str(made.made_on)),
            (_("Contact"), " ".join(part for part in (dealer.contact, dealer.phone) if part) or "—"),
            (_("Valid until"), str(made.valid_to_on)),
            (_("Order"), order.number),
            (_("Your number"), order.dealer_reference or "—"),
            (_("Customer"), order.customer or "—"),
            (_("Site"), order.site or "—"),
        )
    )


def _lines(sum_amount: Decimal, content: Mapping[str, Any]) -> Table:
    columns = (
        Column("#", 1, Align.RIGHT),
        Column(_("Room"), 3),
        Column(_("Model / colour"), 5),
        Column(_("Width × height × wall"), 5),
        Column(_("Handing"), 2),
        Column(_("Sets"), 1, Align.RIGHT),
        Column(_("Price"), 3, Align.RIGHT),
        Column(_("Amount"), 3, Align.RIGHT),
    )
    rows = tuple(_line(one) for one in content["lines"])
    count = sum(one["set_count"] for one in content["lines"])
    total = ("", _("Total"), "", "", "", str(count), "", money(sum_amount))
    return Table(columns, rows, total)


def _line(one: Mapping[str, Any]) -> tuple[str, ...]:
    name = one["name"] if is_chinese() or not one["name_en"] else one["name_en"]
    basis = "" if one["basis"] == DimBasis.OPENING else f" ({_(DimBasis(one['basis']).label)})"
    size = " × ".join(f"{Decimal(one[key]).normalize():f}" for key in ("width", "height", "wall"))
    return (
        str(one["position"]),
        one["room"],
        f"{name} {_colour(one)}".strip(),
        size + basis,
        _(Handing(one["handing"]).label) if one["handing"] else "—",
        str(one["set_count"]),
        money(Decimal(one["unit_amount"])),
        money(Decimal(one["amount"])),
    )


def _colour(one: Mapping[str, Any]) -> str:
    """Return a line's colour by its name; offers of early days kept its code only."""
    name = one.get("colour_name", "") if is_chinese() else one.get("colour_name_en", "")
    return name or one.get("colour_name", "") or str(one["colour"])


def _how(content: Mapping[str, Any]) -> Table:
    columns = (
        Column(_("Line"), 1, Align.RIGHT),
        Column(_("Term"), 6),
        Column(_("Worked out"), 8),
        Column(_("Amount"), 3, Align.RIGHT),
    )
    return Table(columns, tuple(row for line in content["lines"] for row in _terms(line)))


def _what(line: Mapping[str, Any], term: Mapping[str, Any]) -> str:
    """Return what a term is about, by its name where it has one: a dealer knows no codes of ours."""
    of = line if term["what"] == line["door"] else term
    if "name" not in of:
        return str(term["what"])
    return str(of["name"] if is_chinese() or not of["name_en"] else of["name_en"])


def _terms(line: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return [
        (
            str(line["position"]),
            f"{_(TermKind(one['kind']).label)} {_what(line, one)}".strip(),
            one["working"],
            money(Decimal(one["amount"])),
        )
        for one in line["terms"]
    ]


def _closing(sum_amount: Decimal, tax_amount: Decimal, content: Mapping[str, Any], payee: str) -> str:
    words = capitals(sum_amount) if is_chinese() else in_english(sum_amount)
    rate = f"{(Decimal(content['tax_rate']) * 100).normalize():f}"
    if content["is_tax_included"]:
        tax = _("Tax of %(rate)s %% included: %(amount)s.", rate=rate, amount=money(tax_amount))
    else:
        tax = _("Tax of %(rate)s %% is added: %(amount)s.", rate=rate, amount=money(tax_amount))
    paid_to = [_("Payable to: %(payee)s", payee=payee)] if payee else []
    return "\n".join((_("Amount in words: %(words)s", words=words), tax, *paid_to))
