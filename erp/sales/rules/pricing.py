"""What an order costs: its lines' prices together, frozen when it is confirmed; quotations. Amounts: currency."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from core.choices import Choice
from core.errors import AppError, Conflict, RuleViolation
from core.i18n import N_
from erp.catalogue.rules.document import ModelDocument
from erp.catalogue.rules.explosion import Explosion
from erp.pricing.rules.prices import ZERO, LineFacts, LinePrice, Term, TermKind
from erp.sales.rules.orders import LineEntry

REBATE_MOST = Decimal("0.5")  # more than half is a slip of the pen


class PriceFrozen(RuleViolation):
    """Prices of a confirmed order stand."""

    code = "erp.sales.price_frozen"
    message = N_("%(number)s is %(state)s; its prices stand. Put it back to draft to change them.")


class ReasonMissing(RuleViolation):
    """A price by hand, or a discount, without a reason."""

    code = "erp.sales.reason_missing"
    message = N_("Say why: a price agreed by hand and a discount are kept with their reason.")


class RebateTooLarge(RuleViolation):
    """A discount of the order that is out of range."""

    code = "erp.sales.rebate_too_large"
    message = N_("A discount goes from 0 to %(most)s %%, got %(got)s %%.")


class LinesUnpriced(RuleViolation):
    """Some lines have no price, so nothing can be offered."""

    code = "erp.sales.lines_unpriced"
    message = N_("%(number)s cannot be offered: lines %(lines)s have no price. The reason stands at each.")


class QuotationState(Choice):
    """Where a quotation stands; one that was sent lapses by its last day, without anybody's doing."""

    SENT = "SENT", N_("Sent")
    ACCEPTED = "ACCEPTED", N_("Accepted")
    WITHDRAWN = "WITHDRAWN", N_("Withdrawn")


QUOTATION_STEPS = {
    (QuotationState.SENT, QuotationState.ACCEPTED),
    (QuotationState.SENT, QuotationState.WITHDRAWN),
}


class QuotationLapsed(RuleViolation):
    """An offer is accepted while it is valid."""

    code = "erp.sales.quotation_lapsed"
    message = N_("%(number)s was valid until %(day)s. Make a new one.")


class QuotationOutdated(Conflict):
    """The order says something else than what was offered."""

    code = "erp.sales.quotation_outdated"
    message = N_("The lines of %(order)s were changed after %(number)s was made. Make a new one.")


class ValidityPast(RuleViolation):
    """An offer that nobody could accept any more."""

    code = "erp.sales.validity_past"
    message = N_("The last day %(day)s is over already. Choose a later one.")


@dataclass(frozen=True, slots=True)
class PricedLine:
    """One line with what it costs: by the book or agreed by hand; `refusal` says why there is no price."""

    line_id: int
    position: int
    set_count: int
    price: LinePrice | None
    refusal: AppError | None = None
    expected: Decimal | None = None  # what the dealer's sheet says of one set

    @property
    def is_unexpected(self) -> bool:
        """Whether one set costs other than the dealer expects."""
        return self.price is not None and self.expected not in (None, self.price.unit_amount)

    @property
    def amount(self) -> Decimal:
        """What all its sets cost; nothing without a price."""
        return self.price.times(self.set_count) if self.price else ZERO


@dataclass(frozen=True, slots=True)
class OrderPrice:
    """What an order costs, line by line; `book` is the code of the price book, or nothing."""

    book: str
    level: str
    rebate: Decimal
    tax_rate: Decimal
    is_tax_included: bool
    lines: tuple[PricedLine, ...]
    is_frozen: bool = False

    @property
    def unexpected(self) -> list[int]:
        """The positions of the lines that cost other than the dealer expects."""
        return [one.position for one in self.lines if one.is_unexpected]

    @property
    def total(self) -> Decimal:
        """The sum of the lines; each is rounded already."""
        return sum((one.amount for one in self.lines), ZERO)

    @property
    def set_count(self) -> int:
        """How many sets it is."""
        return sum(one.set_count for one in self.lines)

    @property
    def unpriced(self) -> list[int]:
        """The positions of the lines without a price."""
        return [one.position for one in self.lines if one.price is None]

    def of(self, line_id: int) -> PricedLine | None:
        """Return the price of one line."""
        return next((one for one in self.lines if one.line_id == line_id), None)


def facts_of(entry: LineEntry, document: ModelDocument, explosion: Explosion) -> LineFacts:
    """Return what a line's price depends on; sizes are those of the wall opening, choices include defaults."""
    return LineFacts(
        model=document.code,
        kind=document.kind,
        colour=entry.colour_code or "",
        width_mm=explosion.results["OW"],
        height_mm=explosion.results["OH"],
        wall_mm=entry.wall_mm if document.limits.wall else ZERO,
        options={**document.usual_options, **entry.options},
    )


def agreed(amount: Decimal) -> LinePrice:
    """Return a price that was agreed by hand."""
    return LinePrice((Term(TermKind.MANUAL, "", f"{amount:f}", amount),), amount)


def term_data(one: Term) -> dict[str, str]:
    """Return a term as JSON keeps it."""
    return {"kind": one.kind.value, "what": one.what, "working": one.working, "amount": f"{one.amount:f}"}


def read_terms(data: Sequence[Mapping[str, str]]) -> tuple[Term, ...]:
    """Return the terms that `term_data` gave."""
    kinds = {kind.value: kind for kind in TermKind}
    return tuple(
        Term(kinds[one["kind"]], one["what"], one["working"], Decimal(one["amount"])) for one in data
    )


def fingerprint(entries: Iterable[tuple[int, LineEntry]]) -> str:
    """Return the hash of what lines ask for: an offer holds only while this stays the same."""
    asked: list[Any] = [
        [position, entry.door_code, entry.spec.sha256, entry.set_count] for position, entry in entries
    ]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def check_rebate(rate: Decimal) -> None:
    """Raise RebateTooLarge for a discount that nobody means."""
    if not 0 <= rate <= REBATE_MOST:
        raise RebateTooLarge(most=int(REBATE_MOST * 100), got=f"{(rate * 100).normalize():f}")


def check_validity(valid_to: date, day: date) -> None:
    """Raise ValidityPast for an offer that would have lapsed already."""
    if valid_to < day:
        raise ValidityPast(day=valid_to)
