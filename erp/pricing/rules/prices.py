"""What one line costs by a book, term by term. Amounts in the factory's currency, sizes in mm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from core.choices import Choice
from core.errors import RuleViolation
from core.i18n import N_
from erp.catalogue.rules.document import DoorKind
from erp.catalogue.rules.prices import (
    Band,
    BandMode,
    BasePrice,
    Combine,
    Oversize,
    PriceBook,
    PriceUnit,
)

CENT = Decimal("0.01")
QUANTITY = Decimal("0.001")  # of a metre, of a square metre
ZERO = Decimal(0)
FOUR_SIDED = "BOARD"  # the choice of `bottom` that closes a casing below


class TermKind(Choice):
    """What a term of a price stands for."""

    BASE = "BASE", N_("base price")
    OPTION = "OPTION", N_("option")
    OVERSIZE_H = "OVERSIZE_H", N_("height above the standard")
    OVERSIZE_W = "OVERSIZE_W", N_("width above the standard")
    OVERSIZE_D = "OVERSIZE_D", N_("wall above the standard")
    UNUSED = "UNUSED", N_("the smaller surcharge is not charged")
    DISCOUNT = "DISCOUNT", N_("discount of the level")
    REBATE = "REBATE", N_("discount of the order")
    MANUAL = "MANUAL", N_("price agreed by hand")


class NoPrice(RuleViolation):
    """The book does not say what a model costs in a colour."""

    code = "erp.pricing.no_price"
    message = N_(
        "The price book %(book)s has no price for %(model)s in %(colour)s. Add it, then price again."
    )


class NoBook(RuleViolation):
    """No published book is valid on a day."""

    code = "erp.pricing.no_book"
    message = N_("No price book is valid on %(day)s. Publish one for that day.")


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What a price depends on: the model, its choices, the wall opening and the wall, mm."""

    model: str
    kind: DoorKind
    colour: str
    width_mm: Decimal
    height_mm: Decimal
    wall_mm: Decimal = ZERO
    options: Mapping[str, str] = field(default_factory=dict)

    def quantity(self, unit: PriceUnit) -> Decimal:
        """Return how many of `unit` one set is, to three places.

        Running metres are those of the uprights and the head (and of the sill of a closed casing), or the
        length of a stick.
        """
        if unit is PriceUnit.M2:
            return _rounded(self.width_mm * self.height_mm / 1_000_000, QUANTITY)
        if unit is not PriceUnit.METRE:
            return Decimal(1)
        if self.kind is DoorKind.TRIM_ONLY:
            return _rounded(self.height_mm / 1000, QUANTITY)
        across = 2 if self.options.get("bottom") == FOUR_SIDED else 1
        return _rounded((2 * self.height_mm + across * self.width_mm) / 1000, QUANTITY)


@dataclass(frozen=True, slots=True)
class Term:
    """One step of a price: what it is for, how it was worked out in numbers, and what it adds to one set."""

    kind: TermKind
    what: str  # a code of the catalogue, or nothing
    working: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class LinePrice:
    """What one set costs, rounded to the cent, with the terms that add up to it before rounding."""

    terms: tuple[Term, ...]
    unit_amount: Decimal

    def times(self, set_count: int) -> Decimal:
        """Return what that many sets cost."""
        return self.unit_amount * set_count


def price(book: PriceBook, facts: LineFacts, level: str = "", rebate: Decimal = ZERO) -> LinePrice:
    """Return what one set costs; `rebate` is the order's own discount, a fraction of one. Raises NoPrice."""
    base = base_price(book, facts)
    quantity = facts.quantity(base.unit)
    first = base.price * quantity
    working = f"{_shown(base.price)} × {_shown(quantity)}" if quantity != 1 else _shown(base.price)
    terms = [Term(TermKind.BASE, base.model, working, first), *_options(book, facts)]
    charged = [*_oversize(book, facts, first)]
    before = sum((one.amount for one in terms), ZERO)
    over = sum((one.amount for one in charged), ZERO)
    discounted = before + over if book.is_discounted_last else before
    terms += charged
    for kind, rate, what in (
        (TermKind.DISCOUNT, level_rate(book, level), level),
        (TermKind.REBATE, rebate, ""),
    ):
        if rate:
            off = discounted * rate
            terms.append(Term(kind, what, f"{_shown(discounted)} × {_shown(rate * 100)} %", -off))
            discounted -= off
    total = sum((one.amount for one in terms), ZERO)
    return LinePrice(tuple(terms), _rounded(total, CENT))


def base_price(book: PriceBook, facts: LineFacts) -> BasePrice:
    """Return the base price of a model in a colour; one that names the colour goes first. Raises NoPrice."""
    of_model = [one for one in book.bases if one.model == facts.model]
    of_colour = [one for one in of_model if facts.colour in one.colours]
    fits = [*of_colour, *(one for one in of_model if not one.colours)]
    if not fits:
        raise NoPrice(book=book.code, model=facts.model, colour=facts.colour or "–")
    return fits[0]


def level_rate(book: PriceBook, level: str) -> Decimal:
    """Return what a level gets off; nothing for one that the book does not name."""
    return next((one.rate for one in book.levels if one.level == level), ZERO)


def _options(book: PriceBook, facts: LineFacts) -> Iterator[Term]:
    for one in book.options:
        is_chosen = facts.options.get(one.option) == one.value
        if is_chosen and one.price and (not one.models or facts.model in one.models):
            yield Term(TermKind.OPTION, f"{one.option}={one.value}", _shown(one.price), one.price)


def _oversize(book: PriceBook, facts: LineFacts, base: Decimal) -> Iterator[Term]:
    """Yield the surcharges; where only the larger counts, the smaller is taken back in a term of its own."""
    found = []
    for kind, measure, size in (
        (TermKind.OVERSIZE_H, book.height, facts.height_mm),
        (TermKind.OVERSIZE_W, book.width, facts.width_mm),
        (TermKind.OVERSIZE_D, book.wall, facts.wall_mm),
    ):
        amount, working = surcharge(measure, size, base)
        if amount:
            found.append(Term(kind, "", working, amount))
    yield from found
    pair = [one for one in found if one.kind is not TermKind.OVERSIZE_D]
    if book.combine is Combine.MAX_PLUS_WALL and len(pair) == 2:
        less = min(pair, key=lambda one: one.amount)
        yield Term(
            TermKind.UNUSED, "", f"min({_shown(pair[0].amount)}, {_shown(pair[1].amount)})", -less.amount
        )


def surcharge(measure: Oversize, size: Decimal, base: Decimal) -> tuple[Decimal, str]:
    """Return what a size above the standard costs, and how that was worked out."""
    if size <= measure.standard_mm:
        return ZERO, ""
    band = next((one for one in measure.bands if one.lo <= size and (one.hi is None or size < one.hi)), None)
    return (ZERO, "") if band is None else charge(band, measure.standard_mm, size, base)


def charge(band: Band, standard_mm: Decimal, size: Decimal, base: Decimal) -> tuple[Decimal, str]:
    """Return what a band charges for a size above the standard, and the working."""
    if band.mode is BandMode.FIXED:
        return band.amount, _shown(band.amount)
    if band.mode is BandMode.RATIO:
        return base * band.amount, f"{_shown(base)} × {_shown(band.amount * 100)} %"
    step = band.step_mm or Decimal(1)
    steps = ((size - standard_mm) / step).to_integral_value(ROUND_CEILING)
    working = f"⌈({_shown(size)} − {_shown(standard_mm)}) ÷ {_shown(step)}⌉ × {_shown(band.amount)}"
    return steps * band.amount, working


def tax_of(book_rate: Decimal, amount: Decimal, *, is_included: bool) -> Decimal:
    """Return the tax in (or on) an amount, rounded to the cent."""
    part = amount * book_rate / (1 + book_rate) if is_included else amount * book_rate
    return _rounded(part, CENT)


def is_valid_on(book: PriceBook, day: date) -> bool:
    """Return whether a book is in force on a day."""
    return book.valid_from <= day and (book.valid_to is None or day <= book.valid_to)


def _rounded(value: Decimal, step: Decimal) -> Decimal:
    return (value / step).to_integral_value(ROUND_HALF_UP) * step


def _shown(value: Decimal) -> str:
    return f"{value.normalize():f}"
