"""Commands of what is remembered of a dealer's way of writing: shown once, taken back at any time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit.service import record
from core.errors import Conflict, NotFound
from erp.parties import queries as parties
from erp.sales.model import Import, Remembered
from erp.sales.queries.lessons import known
from erp.sales.queries.offer import offer
from erp.sales.rules.lessons import Lesson, check_lesson
from erp.sales.rules.normalise import plain

SUBJECT = "erp.sales.remembered"  # its id is the dealer's


def learn(session: Session, import_id: int, lesson: Lesson, *, by: int | None, at: datetime) -> Remembered:
    """Remember a word for the dealer of a sheet; shown otherwise before, the new meaning holds.

    Raises NotFound, LessonUnclear, Conflict.
    """
    sheet = session.get(Import, import_id)
    if sheet is None:
        raise NotFound
    return _remember(session, sheet.dealer_id, lesson, import_id, by=by, at=at)


def teach(session: Session, dealer_id: int, lesson: Lesson, *, by: int | None, at: datetime) -> Remembered:
    """Remember a word for a dealer without a sheet to show it on. Raises NotFound, LessonUnclear, Conflict."""
    parties.party(session, dealer_id)
    return _remember(session, dealer_id, lesson, None, by=by, at=at)


def _remember(
    session: Session, dealer_id: int, lesson: Lesson, import_id: int | None, *, by: int | None, at: datetime
) -> Remembered:
    check_lesson(lesson, known(offer(session)))
    place = select(Remembered).where(
        Remembered.dealer_id == dealer_id,
        Remembered.kind == lesson.kind,
        Remembered.word_key == lesson.key,
    )
    there = session.scalars(place.with_for_update()).one_or_none()
    before = there.meaning if there is not None else None
    if there is not None and before == lesson.meaning:
        return there
    if there is None:
        there = Remembered(dealer_id=dealer_id, kind=lesson.kind, word_key=lesson.key)
        session.add(there)
    there.word, there.meaning = plain(lesson.word), lesson.meaning
    there.import_id, there.learned_at, there.learned_by_id = import_id, at, by
    try:
        session.flush()  # the same word, on another connection, a moment earlier
    except IntegrityError as wrong:
        raise Conflict from wrong
    changes = {f"{lesson.kind.value}.{there.word}": [before, lesson.meaning]}
    record(session, subject=SUBJECT, subject_id=dealer_id, verb="learn", by=by, at=at, changes=changes)
    return there


def forget(session: Session, dealer_id: int, remembered_id: int, *, by: int | None, at: datetime) -> None:
    """Take a remembered word back; sheets that were read by it stay as they are. Raises NotFound."""
    there = session.get(Remembered, remembered_id, with_for_update=True)
    if there is None or there.dealer_id != dealer_id:
        raise NotFound
    changes = {f"{there.kind.value}.{there.word}": [there.meaning, None]}
    session.delete(there)
    record(session, subject=SUBJECT, subject_id=dealer_id, verb="forget", by=by, at=at, changes=changes)
