"""What is remembered of a dealer's way of writing, and what a reviewed sheet could teach."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp.sales.model import Remembered
from erp.sales.queries.imports import ImportPage
from erp.sales.rules.issues import IssueCode
from erp.sales.rules.lessons import FIELD_OF, Lesson, LessonKind, with_lessons
from erp.sales.rules.normalise import is_blank, plain
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


def offered_lessons(session: Session, page: ImportPage) -> list[Lesson]:
    """Return the words that were corrected in this sheet, each with the meaning that it was given last."""
    found: dict[tuple[LessonKind, str], Lesson] = {}
    for row in page.rows:
        for kind, field in FIELD_OF.items():
            text = plain(row.row.source.get(field.value, {}).get("text", ""))
            now, before = row.row.values.get(field.value, ""), row.row.read_values.get(field.value, "")
            if now and now != before and not is_blank(text):
                lesson = Lesson(kind, text, now)
                found[kind, lesson.key] = lesson
    known = {(one.kind, one.word_key, one.meaning) for one in remembered(session, page.dealer.id)}
    return [one for one in found.values() if (one.kind, one.key, one.meaning) not in known]


def unread_headings(page: ImportPage) -> list[str]:
    """Return the headings of the sheet that mean nothing to us."""
    return [str(dict(one.facts)["raw"]) for one in page.issues if one.code is IssueCode.COLUMN_UNREAD]
