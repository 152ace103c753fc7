"""Commands of pricing: drafts of books, publishing, the levels of dealers; never commit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit.service import record
from core.errors import Conflict, NotFound
from core.states import check_step
from erp.catalogue import service as catalogue
from erp.catalogue.rules.formula import half_up
from erp.catalogue.rules.prices import PriceBook
from erp.catalogue.rules.reading import plain
from erp.parties import queries as parties
from erp.pricing import queries
from erp.pricing.model import Book, DealerLevel
from erp.pricing.rules.proof import BookFaulty, ValidityOverlap, faults
from erp.pricing.rules.states import STEPS, BookFrozen, BookMoved, BookState, LevelUnknown

SUBJECT = "erp.pricing.book"
LEVEL_LONGEST = 20


def draft(session: Session, book: PriceBook, *, by: int | None, at: datetime) -> Book:
    """Write a new draft: the next version of this code. Raises Conflict when another was quicker."""
    last = session.scalar(select(func.max(Book.position)).where(Book.code == book.code)) or 0
    row = Book(code=book.code, position=last + 1, state=BookState.DRAFT, created_at=at, created_by_id=by)
    _fill(row, book)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as wrong:
        raise Conflict from wrong
    record(session, subject=SUBJECT, subject_id=row.id, verb="draft", by=by, at=at)
    return row


def _fill(row: Book, book: PriceBook) -> None:
    row.name, row.name_en = book.name.zh, book.name.en
    row.valid_from_on, row.valid_to_on = book.valid_from, book.valid_to
    row.content = plain(book)


def _lock(session: Session, book_id: int) -> Book:
    row = session.get(Book, book_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    return row


def amend(
    session: Session, book_id: int, book: PriceBook, *, version: int, by: int | None, at: datetime
) -> Book:
    """Change a draft. Locks the book. Raises NotFound, BookFrozen, BookMoved."""
    row = _lock(session, book_id)
    if row.state is not BookState.DRAFT:
        raise BookFrozen(book=row.code, state=row.state)
    if row.version != version:
        raise BookMoved
    _fill(row, replace(book, code=row.code))
    record(session, subject=SUBJECT, subject_id=book_id, verb="amend", by=by, at=at)
    return row


def raise_all(
    session: Session, book_id: int, rate: Decimal, step: Decimal, *, by: int | None, at: datetime
) -> Book:
    """Raise (or lower) every base and option price of a draft by a fraction, rounded to `step`.

    Locks the book. Raises NotFound, BookFrozen.
    """
    row = _lock(session, book_id)
    book = queries.content(row)
    factor = 1 + rate
    raised = replace(
        book,
        bases=tuple(replace(one, price=half_up(one.price * factor, step)) for one in book.bases),
        options=tuple(replace(one, price=half_up(one.price * factor, step)) for one in book.options),
    )
    return amend(session, book_id, raised, version=row.version, by=by, at=at)


def publish(session: Session, book_id: int, *, by: int | None, at: datetime) -> Book:
    """Put a draft into force. An earlier version of its code that begins on the same day is retired.

    The factory's pack carries it from then on. Locks the book, then the newest pack.
    Raises NotFound, StepRefused, BookFaulty, ValidityOverlap.
    """
    row = _publish(session, book_id, by=by, at=at)
    _tell_pack(session, by=by, at=at)
    return row


def _tell_pack(session: Session, *, by: int | None, at: datetime) -> None:
    """Have the factory's pack carry the books in force."""
    session.flush()  # the book's new state decides
    books = [queries.content(one) for one in queries.published(session)]
    catalogue.keep_prices(session, books, by=by, at=at)


def _publish(session: Session, book_id: int, *, by: int | None, at: datetime) -> Book:
    row = _lock(session, book_id)
    check_step(STEPS, row.code, row.state, BookState.PUBLISHED)
    book = queries.content(row)
    wrong = faults(book, queries.priced_models(session))
    if wrong:
        raise BookFaulty(row.code, wrong)
    for other in queries.published(session):
        _make_way(other, row)
    row.state, row.published_at, row.published_by_id = BookState.PUBLISHED, at, by
    record(session, subject=SUBJECT, subject_id=book_id, verb="publish", by=by, at=at)
    return row


def _make_way(other: Book, new: Book) -> None:
    """Retire the version that `new` replaces; refuse days that another book was explicitly given.

    A book without a last day holds until the next one begins, which is no overlap.
    """
    if other.code == new.code and other.valid_from_on == new.valid_from_on:
        other.state = BookState.RETIRED
        return
    first, second = sorted((other, new), key=lambda one: one.valid_from_on)
    is_same_day = first.valid_from_on == second.valid_from_on
    if is_same_day or (first.valid_to_on is not None and first.valid_to_on >= second.valid_from_on):
        raise ValidityOverlap(book=other.code, day=other.valid_from_on, to=other.valid_to_on or "…")


def retire(session: Session, book_id: int, *, by: int | None, at: datetime) -> Book:
    """Take a book out of force; orders keep the prices they were agreed at. Raises NotFound, StepRefused."""
    row = _lock(session, book_id)
    check_step(STEPS, row.code, row.state, BookState.RETIRED)
    row.state = BookState.RETIRED
    record(session, subject=SUBJECT, subject_id=book_id, verb="retire", by=by, at=at)
    _tell_pack(session, by=by, at=at)
    return row


def put_level(session: Session, party_id: int, level: str, *, by: int | None, at: datetime) -> None:
    """Give a dealer a level, or take it away with an empty one. Raises NotFound, LevelUnknown."""
    parties.party(session, party_id)
    level = level.strip()
    if len(level) > LEVEL_LONGEST:
        raise LevelUnknown(level=level[:40])
    found = session.scalar(select(DealerLevel).where(DealerLevel.party_id == party_id).with_for_update())
    before = found.level if found else ""
    if before == level:
        return
    if found is None:
        session.add(DealerLevel(party_id=party_id, level=level))
    else:
        found.level = level
    changes: dict[str, list[object]] = {"level": [before, level]}
    record(
        session, subject="erp.parties.party", subject_id=party_id, verb="level", by=by, at=at, changes=changes
    )


def load(session: Session, books: tuple[PriceBook, ...], *, by: int | None, at: datetime) -> int:
    """Publish the books of a factory pack that are not there yet; return how many.

    Raises BookFaulty, ValidityOverlap.
    """
    made = 0
    for book in books:
        wanted = plain(book)
        known = select(Book).where(Book.code == book.code, Book.state != BookState.RETIRED)
        if any(one.content == wanted for one in session.scalars(known)):
            continue
        row = draft(session, book, by=by, at=at)
        _publish(session, row.id, by=by, at=at)  # the pack that is loaded carries it already
        made += 1
    return made
