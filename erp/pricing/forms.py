"""Forms of pricing: a book as it is typed, or pasted from a spreadsheet, table by table.

A table is a text: one row a line, cells divided by tabs (as a spreadsheet gives them) or by semicolons.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, TypeVar

from flask_babel import gettext as _
from pydantic import BeforeValidator, Field

from core.choices import Choice
from core.errors import InvalidInput
from core.i18n import Named
from core.web.forms import Form, Name, Text, parse
from erp.catalogue.rules.prices import (
    Band,
    BandMode,
    BasePrice,
    Combine,
    LevelDiscount,
    OptionPrice,
    Oversize,
    PriceBook,
    PriceUnit,
)

T = TypeVar("T")
C = TypeVar("C", bound=Choice)
CELLS = re.compile(r"[\t;；]")
MEASURES = ("height", "width", "wall")
HUNDRED = Decimal(100)


def _empty_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


class BookForm(Form):
    """The head of a book."""

    code: Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[A-Za-z0-9_-]+$")]
    name: Name
    name_en: Text = ""
    valid_from: date
    valid_to: Annotated[date | None, BeforeValidator(_empty_is_none)] = None
    combine: Combine = Combine.MAX_PLUS_WALL
    is_discounted_last: bool = False
    is_tax_included: bool = False
    tax_percent: Annotated[Decimal, Field(ge=0, lt=100)]
    height_standard: Annotated[Decimal, Field(ge=0, le=20000)]
    width_standard: Annotated[Decimal, Field(ge=0, le=20000)]
    wall_standard: Annotated[Decimal, Field(ge=0, le=20000)]
    version: int = 0


class RaiseForm(Form):
    """By how much all prices go up or down."""

    percent: Annotated[Decimal, Field(ge=-90, le=900)]
    step: Annotated[Decimal, Field(gt=0, le=1000)] = Decimal(1)


class LevelForm(Form):
    """The level of a dealer."""

    level: Text = ""


class _Row:
    """One row of a typed table; a cell that cannot be read raises with the row's number."""

    def __init__(self, number: int, cells: list[str]) -> None:
        self.number, self.cells = number, cells

    def text(self, at: int) -> str:
        return self.cells[at].strip() if at < len(self.cells) else ""

    def amount(self, at: int) -> Decimal:
        text = self.text(at).replace(",", "").replace("¥", "")
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = None
        if value is None or not value.is_finite():
            raise ValueError(_("Row %(row)s: expected a number, got “%(got)s”.", row=self.number, got=text))
        return value

    def optional(self, at: int) -> Decimal | None:
        return self.amount(at) if self.text(at) else None

    def word(self, kind: type[C], at: int, default: C) -> C:
        text = self.text(at)
        if not text:
            return default
        for one in kind:
            if text.casefold() in (one.value.casefold(), _(one.label).casefold()):
                return one
        known = ", ".join(_(one.label) for one in kind)
        raise ValueError(
            _(
                "Row %(row)s: expected one of %(known)s, got “%(got)s”.",
                row=self.number,
                known=known,
                got=text,
            )
        )

    def words(self, at: int) -> tuple[str, ...]:
        return tuple(one for one in re.split(r"[,，\s]+", self.text(at)) if one)


def read_book(given: Mapping[str, str]) -> tuple[PriceBook, int]:
    """Return the book that was typed, and the version it was typed on. Raises InvalidInput, field by field."""
    wrong: dict[str, str] = {}
    try:
        head = parse(BookForm, given)
    except InvalidInput as bad:
        wrong |= bad.fields
    bases = _table(given, "bases", _base, wrong)
    options = _table(given, "options", _option, wrong)
    levels = _table(given, "levels", _level, wrong)
    bands = {measure: _table(given, f"{measure}_bands", _band, wrong) for measure in MEASURES}
    if wrong:
        raise InvalidInput(wrong)
    over = {one: Oversize(getattr(head, f"{one}_standard"), bands[one]) for one in MEASURES}
    book = PriceBook(
        code=head.code,
        name=Named(head.name, head.name_en),
        valid_from=head.valid_from,
        valid_to=head.valid_to,
        combine=head.combine,
        is_discounted_last=head.is_discounted_last,
        tax_rate=head.tax_percent / HUNDRED,
        is_tax_included=head.is_tax_included,
        bases=bases,
        options=options,
        levels=levels,
        **over,
    )
    return book, head.version


def _table(
    given: Mapping[str, str], name: str, read: Callable[[_Row], T], wrong: dict[str, str]
) -> tuple[T, ...]:
    try:
        return tuple(read(row) for row in _rows(given.get(name, "")))
    except ValueError as bad:
        wrong[name] = str(bad)
        return ()


def _rows(text: str) -> Iterator[_Row]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield _Row(number, CELLS.split(line))


def _base(row: _Row) -> BasePrice:
    if not row.text(0):
        raise ValueError(_("Row %(row)s: the model is missing.", row=row.number))
    unit = row.word(PriceUnit, 2, PriceUnit.SET)
    return BasePrice(row.text(0), row.amount(1), unit, row.words(3))


def _option(row: _Row) -> OptionPrice:
    return OptionPrice(row.text(0), row.text(1), row.amount(2), row.words(3))


def _level(row: _Row) -> LevelDiscount:
    return LevelDiscount(row.text(0), row.amount(1) / HUNDRED)


def _band(row: _Row) -> Band:
    mode = row.word(BandMode, 2, BandMode.PER_UNIT)
    amount = row.amount(3) / (HUNDRED if mode is BandMode.RATIO else 1)
    return Band(row.amount(0), mode, amount, row.optional(1), row.optional(4))


def first_values(book: PriceBook, version: int) -> dict[str, str]:
    """Return what stands in the form: the book as text, table by table."""
    values = {
        "code": book.code,
        "name": book.name.zh,
        "name_en": book.name.en,
        "valid_from": book.valid_from.isoformat(),
        "valid_to": book.valid_to.isoformat() if book.valid_to else "",
        "combine": book.combine.value,
        "is_discounted_last": "1" if book.is_discounted_last else "",
        "is_tax_included": "1" if book.is_tax_included else "",
        "tax_percent": _plain(book.tax_rate * HUNDRED),
        "version": str(version),
        "bases": _lines(
            (one.model, one.price, _(one.unit.label), ", ".join(one.colours)) for one in book.bases
        ),
        "options": _lines((one.option, one.value, one.price, ", ".join(one.models)) for one in book.options),
        "levels": _lines((one.level, one.rate * HUNDRED) for one in book.levels),
    }
    for measure in MEASURES:
        over: Oversize = getattr(book, measure)
        values[f"{measure}_standard"] = _plain(over.standard_mm)
        values[f"{measure}_bands"] = _lines(
            (
                one.lo,
                one.hi,
                _(one.mode.label),
                one.amount * (HUNDRED if one.mode is BandMode.RATIO else 1),
                one.step_mm,
            )
            for one in over.bands
        )
    return values


def _lines(rows: Iterator[tuple[object, ...]]) -> str:
    return "\n".join("\t".join(_plain(cell) for cell in row).rstrip("\t") for row in rows)


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "" if value is None else str(value)
