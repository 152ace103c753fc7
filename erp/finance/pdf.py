"""The paper of finance: a dealer's statement, in the language that was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from flask_babel import force_locale
from flask_babel import gettext as _

from core.company.rules import Company
from core.pdf.blocks import Block, Column, Facts, Paragraph, Signatures, Table, Together
from core.pdf.frame import Document, render_document
from core.pdf.pen import Printed
from core.pdf.shapes import Align
from core.web.templating import is_chinese, named
from erp.finance.queries import DealerStatement
from erp.finance.rules import Posting, Statement
from erp.pricing.rules.capitals import capitals, in_english


@dataclass(frozen=True, slots=True)
class Printing:
    """What a paper takes from its printing: its sender, and when and by whom it was printed."""

    company: Company
    moment: str
    name: str


def money(amount: Decimal) -> str:
    """Return an amount as papers show it: 12,345.60."""
    return f"{amount:,.2f}"


def statement_paper(shown: DealerStatement, locale: str, printing: Printing) -> Printed:
    """Draw a statement: what stood before, every document with the balance after it, the closing balance in words."""
    account = shown.account
    with force_locale(locale):
        name, contact = printing.company.named(is_chinese()), printing.company.contact(is_chinese())
        blocks: tuple[Block, ...] = (
            _facts(shown),
            _table(account),
            Together(
                (
                    Paragraph(_closing(account.closing, printing.company.payee)),
                    Signatures((_("For %(company)s", company=name), _("Agreed by, date"))),
                )
            ),
        )
        footer = _("Printed %(moment)s, %(name)s", moment=printing.moment, name=printing.name)
        title = _("Statement of account")
        return render_document(Document(title, shown.dealer.code, name, footer, blocks, contact=contact))


def _facts(shown: DealerStatement) -> Facts:
    dealer, account = shown.dealer, shown.account
    return Facts(
        (
            (_("Dealer"), named(dealer)),
            (_("Period"), _("%(since)s to %(until)s", since=account.since, until=account.until)),
            (_("Contact"), " ".join(part for part in (dealer.contact, dealer.phone) if part) or "—"),
            (_("Closing balance"), money(account.closing)),
        )
    )


def _table(account: Statement) -> Table:
    columns = (
        Column(_("Day"), 3),
        Column(_("Document"), 4),
        Column(_("Particulars"), 4),
        Column(_("Remark"), 6),
        Column(_("Owed"), 3, Align.RIGHT),
        Column(_("Paid"), 3, Align.RIGHT),
        Column(_("Balance"), 3, Align.RIGHT),
    )
    first = (str(account.since), "", _("Opening balance"), "", "", "", money(account.opening))
    rows = (first, *(_row(one, balance) for one, balance in account.rows))
    total = (
        "",
        "",
        _("Closing balance"),
        "",
        money(account.debit),
        money(account.credit),
        money(account.closing),
    )
    return Table(columns, rows, total)


def _row(one: Posting, balance: Decimal) -> tuple[str, ...]:
    return (
        str(one.on),
        one.number,
        _(one.kind.label),
        one.text,
        money(one.debit) if one.debit else "",
        money(one.credit) if one.credit else "",
        money(balance),
    )


def _closing(balance: Decimal, payee: str) -> str:
    amount = abs(balance)
    words = capitals(amount) if is_chinese() else in_english(amount)
    sentence: str = (
        _("Paid ahead, in words: %(words)s", words=words)
        if balance < 0
        else _("Balance due, in words: %(words)s", words=words)
    )
    if balance > 0 and payee:
        return "\n".join((sentence, _("Payable to: %(payee)s", payee=payee)))
    return sentence
