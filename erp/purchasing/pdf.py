"""The paper of purchasing: an order in its supplier's language."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import force_locale
from flask_babel import gettext as _

from core.company.rules import Company
from core.pdf.blocks import Column, Facts, Paragraph, Signatures, Table, Together
from core.pdf.frame import Document, render_document
from core.pdf.pen import Printed
from core.pdf.shapes import Align
from core.web.templating import is_chinese, named
from erp.purchasing.queries import LineShown, OrderShown
from erp.stock.rules import plain


def order_paper(page: OrderShown, company: Company, moment: str, name: str) -> Printed:
    """Draw a purchase order; `moment` and `name` say when and by whom it was printed."""
    with force_locale(page.supplier.locale):
        document = Document(
            title=_("Purchase order"),
            number=page.order.number,
            company=company.named(is_chinese()),
            contact=company.contact(is_chinese()),
            footer=str(_("Printed %(moment)s, %(name)s", moment=moment, name=name)),
            blocks=(_facts(page), _table(page), *_note(page), Together((_signatures(),))),
        )
        return render_document(document)


def _facts(page: OrderShown) -> Facts:
    order, supplier = page.order, page.supplier
    return Facts(
        (
            (_("Supplier"), named(supplier)),
            (_("Order number"), order.number),
            (_("Contact"), " ".join(part for part in (supplier.contact, supplier.phone) if part) or "—"),
            (_("Expected on"), str(order.expected_on or "—")),
        )
    )


def _table(page: OrderShown) -> Table:
    columns = (
        Column(_("No."), 1, Align.RIGHT),
        Column(_("Article code"), 3),
        Column(_("Material"), 4),
        Column(_("Quantity"), 2, Align.RIGHT),
        Column(_("Price"), 2, Align.RIGHT),
        Column(_("Amount"), 2, Align.RIGHT),
    )
    rows = tuple(_row(number, line) for number, line in enumerate(page.lines, start=1))
    return Table(columns, rows, ("", "", _("Total"), "", "", money(page.amount)))


def _row(number: int, shown: LineShown) -> tuple[str, ...]:
    code = shown.article.code
    return (
        str(number),
        f"{code} ({shown.supplier_code})" if shown.supplier_code else code,
        named(shown.material),
        f"{plain(shown.line.ordered_qty)} {_(shown.unit.label)}",
        plain(shown.line.price),
        money(shown.amount),
    )


def _note(page: OrderShown) -> tuple[Paragraph, ...]:
    return (Paragraph(page.order.note),) if page.order.note else ()


def _signatures() -> Signatures:
    return Signatures((_("Ordered by"), _("Confirmed by the supplier")))


def money(amount: Decimal) -> str:
    """Return an amount as it is printed: 12,345.60."""
    return f"{amount:,.2f}"
