"""Commands of what is remembered of a dealer's way of writing: shown once, taken back at any time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit.service import record
from core.errors import Conflict, NotFound
from erp.sales.model import Import, Remembered
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
    offering = offer(session)
    check_lesson(lesson, offering.doors, offering.colours)
    dealer_id = sheet.dealer_id
    place = select(Remembered).where(
        Remembered.dealer_id == dealer_id,
        Remembered.kind == lesson.kind,
        Remembered.word_key == lesson.key,
    )
    known = session.scalars(place.with_for_update()).one_or_none()
    before = known.meaning if known is not None else None
    if known is not None and before == lesson.meaning:
        return known
    if known is None:
        known = Remembered(dealer_id=dealer_id, kind=lesson.kind, word_key=lesson.key)
        session.add(known)
    known.word, known.meaning = plain(lesson.word), lesson.meaning
    known.import_id, known.learned_at, known.learned_by_id = import_id, at, by
    try:
        session.flush()  # the same word, on another connection, a moment earlier
    except IntegrityError as wrong:
        raise Conflict from wrong
    changes = {f"{lesson.kind.value}.{known.word}": [before, lesson.meaning]}
    record(session, subject=SUBJECT, subject_id=dealer_id, verb="learn", by=by, at=at, changes=changes)
    return known


def forget(session: Session, dealer_id: int, remembered_id: int, *, by: int | None, at: datetime) -> None:
    """Take a remembered word back; sheets that were read by it stay as they are. Raises NotFound."""
    known = session.get(Remembered, remembered_id, with_for_update=True)
    if known is None or known.dealer_id != dealer_id:
        raise NotFound
    changes = {f"{known.kind.value}.{known.word}": [known.meaning, None]}
    session.delete(known)
    record(session, subject=SUBJECT, subject_id=dealer_id, verb="forget", by=by, at=at, changes=changes)
