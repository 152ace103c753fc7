"""Reads of pricing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from erp.catalogue import queries as catalogue
from erp.catalogue.rules.document import Limits, ModelDocument
from erp.catalogue.rules.prices import PriceBook
from erp.catalogue.rules.reading import Reader, node_of_data
from erp.pricing.model import Book, DealerLevel
from erp.pricing.rules.prices import ZERO, LineFacts
from erp.pricing.rules.proof import Priced
from erp.pricing.rules.states import BookState


def listed() -> Select[Any]:
    """Return all books for a list page."""
    return select(Book)


def book(session: Session, book_id: int) -> Book:
    """Return one book. Raises NotFound."""
    found = session.get(Book, book_id)
    if found is None:
        raise NotFound
    return found


def content(row: Book) -> PriceBook:
    """Return the prices that a book holds. What was stored was read from this very shape."""
    made = Reader().record(PriceBook, node_of_data(row.content))
    if made is None:
        raise NotFound
    return made


def in_force(session: Session, day: date) -> Book | None:
    """Return the published book that holds on a day: of several the one that began last."""
    holds = or_(Book.valid_to_on.is_(None), Book.valid_to_on >= day)
    wanted = select(Book).where(Book.state == BookState.PUBLISHED, Book.valid_from_on <= day, holds)
    return session.scalar(wanted.order_by(Book.valid_from_on.desc(), Book.id.desc()).limit(1))


def published(session: Session) -> Sequence[Book]:
    """Return the published books, the newest days first."""
    wanted = select(Book).where(Book.state == BookState.PUBLISHED).order_by(Book.valid_from_on.desc())
    return session.scalars(wanted).all()


def level_of(session: Session, party_id: int) -> str:
    """Return a dealer's level; nothing where none was given."""
    return session.scalar(select(DealerLevel.level).where(DealerLevel.party_id == party_id)) or ""


def levels(session: Session) -> dict[int, str]:
    """Return the levels by dealer."""
    return {one.party_id: one.level for one in session.scalars(select(DealerLevel))}


def priced_models(session: Session) -> list[Priced]:
    """Return every model that can be ordered, as a book must price it."""
    documents = catalogue.documents(session).values()
    return [_priced(one) for one in sorted(documents, key=lambda one: one.code)]


def _priced(document: ModelDocument) -> Priced:
    limits: Limits = document.limits
    wall = limits.wall
    small, large = (
        LineFacts(
            model=document.code,
            kind=document.kind,
            colour="",
            width_mm=getattr(limits.width, end),
            height_mm=getattr(limits.height, end),
            wall_mm=getattr(wall, end) if wall else ZERO,
        )
        for end in ("min", "max")
    )
    return Priced(document.code, document.colours, small, large)
