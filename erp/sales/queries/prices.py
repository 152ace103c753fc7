"""Reads of prices: what an order costs now, or was agreed at; its quotations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import AppError, NotFound
from core.i18n import Named
from erp.catalogue.model import Door
from erp.catalogue.rules.explode import attempt
from erp.catalogue.rules.prices import PriceBook
from erp.parties.model import Party
from erp.pricing import queries as pricing
from erp.pricing.rules.prices import ZERO, LinePrice, NoBook, NoPrice, Term, price
from erp.sales.model import Line, Order, Quotation
from erp.sales.queries.offer import Offer, Offered, option_name
from erp.sales.queries.orders import entry
from erp.sales.rules.orders import DoorUnknown, LineEntry
from erp.sales.rules.pricing import (
    OrderPrice,
    PricedLine,
    agreed,
    facts_of,
    fingerprint,
    read_terms,
    term_data,
)


def order_price(session: Session, order: Order, offered: Offer, on: date) -> OrderPrice | None:
    """Return what an order costs: as it was agreed, else by the book in force on a day.

    Nothing where the factory works without price books, and nothing was agreed.
    """
    rows = _rows(session, order.id)
    if order.total_amount is not None:
        return _frozen(order, [line for line, _door in rows])
    made = pricing_of(session, order, offered, on)
    if made.book is None and not pricing.published(session):
        return None
    return OrderPrice(
        book=made.book_code,
        level=made.level,
        rebate=order.rebate_rate,
        tax_rate=made.book.tax_rate if made.book else ZERO,
        is_tax_included=made.book.is_tax_included if made.book else True,
        lines=tuple(made.line(line, door.code) for line, door in rows),
    )


def pricing_of(session: Session, order: Order, offered: Offer, on: date) -> Pricing:
    """Return what prices lines of an order by the book in force on a day; what was agreed keeps the level it was at."""
    row = pricing.in_force(session, on)
    is_agreed = order.total_amount is not None
    return Pricing(
        row.code if row else "",
        pricing.content(row) if row else None,
        order.price_level if is_agreed else pricing.level_of(session, order.dealer_id),
        order.rebate_rate,
        on,
        offered,
    )


@dataclass(frozen=True, slots=True)
class Pricing:
    """Prices lines by one book; without a book every line is refused."""

    book_code: str
    book: PriceBook | None
    level: str
    rebate: Decimal
    on: date
    offered: Offer

    def line(self, line: Line, code: str) -> PricedLine:
        """Return one line with its price, or with why there is none."""
        found, refusal = None, None
        try:
            by_hand = line.agreed_amount
            found = agreed(by_hand) if by_hand is not None else self.of(entry(line, code))
        except AppError as wrong:
            refusal = wrong
        return PricedLine(line.id, line.position, line.set_count, found, refusal, line.expected_amount)

    def of(self, asked: LineEntry) -> LinePrice:
        """Return what one set of a line costs. Raises NoBook, DoorUnknown, NoPrice and what is wrong with the line."""
        if self.book is None:
            raise NoBook(day=self.on)
        model: Offered | None = self.offered.doors.get(asked.door_code)
        if model is None:
            raise DoorUnknown(code=asked.door_code)
        explosion, refusals = attempt(model.document, asked.spec, self.offered.stock)
        if explosion is None:
            raise refusals[0]
        facts = facts_of(asked, model.document, explosion)
        try:
            return price(self.book, facts, self.level, self.rebate)
        except NoPrice as wrong:
            colour = self.offered.colours.get(facts.colour)
            door = model.door
            shown = {
                "model": Named(f"{door.name} {door.code}", door.name_en and f"{door.name_en} {door.code}"),
                "colour": Named(colour.name, colour.name_en) if colour else "–",
            }
            raise NoPrice(**{**wrong.facts, **shown}) from wrong


def _frozen(order: Order, lines: Sequence[Line]) -> OrderPrice:
    """Return what was agreed when the order was confirmed, of the sets that were not cancelled since."""
    return OrderPrice(
        book=order.price_book,
        level=order.price_level,
        rebate=order.rebate_rate,
        tax_rate=order.tax_rate,
        is_tax_included=order.is_tax_included,
        lines=tuple(
            PricedLine(
                one.id,
                one.position,
                one.live_count,
                None if one.unit_amount is None else LinePrice(read_terms(one.price_terms), one.unit_amount),
                expected=one.expected_amount,
            )
            for one in lines
        ),
        is_frozen=True,
    )


def asked_of(session: Session, order_id: int) -> str:
    """Return the hash of what an order's lines ask for."""
    return fingerprint((line.position, entry(line, door.code)) for line, door in _rows(session, order_id))


def _rows(session: Session, order_id: int) -> list[tuple[Line, Door]]:
    found = session.execute(
        select(Line, Door)
        .join(Door, Door.id == Line.door_id)
        .where(Line.order_id == order_id)
        .order_by(Line.position)
    )
    return [(line, door) for line, door in found]


def content(session: Session, order_id: int, price: OrderPrice, offered: Offer) -> dict[str, Any]:
    """Return what was agreed as plain data, so that its paper can be printed for ever; every line has a price."""
    return {
        "book": price.book,
        "level": price.level,
        "rebate": f"{price.rebate:f}",
        "tax_rate": f"{price.tax_rate:f}",
        "is_tax_included": price.is_tax_included,
        "lines": [
            _line_data(line, door, offered, priced)
            for line, door in _rows(session, order_id)
            if (priced := price.of(line.id)) is not None
        ],
    }


def _line_data(line: Line, door: Door, offered: Offer, priced: PricedLine) -> dict[str, Any]:
    terms = priced.price.terms if priced.price else ()
    colour = offered.colours.get(line.colour_code or "")
    return {
        "position": line.position,
        "room": line.room,
        "door": door.code,
        "name": door.name,
        "name_en": door.name_en,
        "colour": line.colour_code or "",
        "colour_name": colour.name if colour else "",
        "colour_name_en": colour.name_en if colour else "",
        "basis": line.dim_basis.value,
        "width": f"{line.width_mm:f}",
        "height": f"{line.height_mm:f}",
        "wall": f"{line.wall_mm:f}",
        "handing": line.handing.value if line.handing else "",
        "set_count": line.set_count,
        "unit_amount": f"{priced.price.unit_amount:f}" if priced.price else "",
        "amount": f"{priced.amount:f}",
        "terms": [_term_data(one, offered) for one in terms],
    }


def _term_data(one: Term, offered: Offer) -> dict[str, Any]:
    """Return a term as a paper keeps it: what it is about has its names of that day beside its code."""
    name = option_name(one.what, offered)
    return term_data(one) | ({"name": name.zh, "name_en": name.en} if name else {})


def quotations(session: Session, order_id: int) -> Sequence[Quotation]:
    """Return an order's quotations, the newest first."""
    wanted = select(Quotation).where(Quotation.order_id == order_id).order_by(Quotation.id.desc())
    return session.scalars(wanted).all()


def quotation(session: Session, quotation_id: int) -> Quotation:
    """Return one quotation. Raises NotFound."""
    found = session.get(Quotation, quotation_id)
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class QuotationFacts:
    """One quotation with what its paper says of order and dealer."""

    quotation: Quotation
    order: Order
    dealer: Party


def quotation_facts(session: Session, quotation_id: int) -> QuotationFacts:
    """Return one quotation with its order and dealer. Raises NotFound."""
    found = quotation(session, quotation_id)
    order = session.get_one(Order, found.order_id)
    return QuotationFacts(found, order, session.get_one(Party, order.dealer_id))
