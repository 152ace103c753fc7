"""What is remembered of a dealer's way of writing, and what a reviewed sheet could teach."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.choices import Choice
from core.i18n import Named
from erp.catalogue.rules.document import DimBasis, Handing
from erp.sales.model import Remembered
from erp.sales.queries.imports import ImportPage
from erp.sales.queries.offer import LOCK_OPTION, Offer, vocabulary
from erp.sales.rules.examples import Example, taught
from erp.sales.rules.headings import Column
from erp.sales.rules.issues import IssueCode
from erp.sales.rules.lessons import (
    COLUMN_FIELDS,
    Known,
    Lesson,
    LessonKind,
    SizeOrder,
    SizeUnit,
    is_clear,
    with_lessons,
)
from erp.sales.rules.vocabulary import Habits


def remembered(session: Session, dealer_id: int) -> Sequence[Remembered]:
    """Return what is remembered of a dealer, by kind and word."""
    rows = select(Remembered).where(Remembered.dealer_id == dealer_id)
    return session.scalars(rows.order_by(Remembered.kind, Remembered.word_key)).all()


def habits_of(session: Session, dealer_id: int, chosen: Habits | None = None) -> Habits:
    """Return how a dealer writes: what was chosen for this sheet, and over it what is remembered."""
    lessons = [
        (Lesson(one.kind, one.word, one.meaning), one.learned_at.date().isoformat())
        for one in remembered(session, dealer_id)
    ]
    return with_lessons(chosen or Habits(), lessons)


def known(offered: Offer) -> Known:
    """Return what a lesson can mean."""
    locks = {one.code for words in vocabulary(offered).models for one in words.locks}
    return Known(list(offered.doors), list(offered.colours), sorted(locks))


def offered_lessons(session: Session, page: ImportPage, offered: Offer) -> list[Lesson]:
    """Return what the corrections of this sheet could teach and is not remembered yet."""
    rows = [
        Example(
            cells={field: one["text"] for field, one in row.row.source.items()},
            values=row.row.values,
            typed=row.row.typed_fields,
            issues=row.issues,
        )
        for row in page.rows
        if not row.row.is_skipped
    ]
    there = {(one.kind, one.word_key, one.meaning) for one in remembered(session, page.dealer.id)}
    meanings = known(offered)
    return [
        one
        for one in taught(rows, page.issues)
        if (one.kind, one.key, one.meaning) not in there and is_clear(one, meanings)
    ]


def unread_headings(page: ImportPage) -> list[str]:
    """Return the headings of the sheet that mean nothing to us."""
    return [str(dict(one.facts)["raw"]) for one in page.issues if one.code is IssueCode.COLUMN_UNREAD]


def meaning_of(kind: LessonKind, meaning: str, offered: Offer) -> Choice | Named | str:
    """Return a remembered meaning as a page can show it; what is no longer offered stays a code."""
    match kind:
        case LessonKind.COLUMN if meaning in Column.__members__:
            return COLUMN_FIELDS[Column[meaning]]
        case LessonKind.MODEL if meaning in offered.doors:
            return offered.doors[meaning].document.name
        case LessonKind.COLOUR if meaning in offered.colours:
            colour = offered.colours[meaning]
            return Named(colour.name, colour.name_en)
        case LessonKind.LOCK:
            return _lock_name(meaning, offered) or meaning
        case LessonKind.WALL:
            return f"{meaning} mm"
    choices: list[Choice] = [*Handing, *SizeOrder, *SizeUnit, *DimBasis]
    return next((one for one in choices if one.value == meaning), meaning)


def _lock_name(code: str, offered: Offer) -> Named | None:
    options = (option for model in offered.doors.values() for option in model.document.options)
    locks = (one for option in options if option.code == LOCK_OPTION for one in option.values)
    return next((Named(one.name.zh, one.name.en) for one in locks if one.code == code), None)
