"""Commands of words."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from core.words.model import Word
from core.words.rules import kept


def put(session: Session, subject: str, subject_id: int, texts: Iterable[str]) -> None:
    """Have a document found by the words of these texts and by no others."""
    mine = (Word.subject == subject, Word.subject_id == subject_id)
    there = set(session.scalars(select(Word.word).where(*mine)))
    wanted = set(kept(texts))
    if gone := there - wanted:
        session.execute(
            delete(Word).where(*mine, Word.word.in_(gone)).execution_options(synchronize_session=False)
        )
    if new := wanted - there:
        rows = [{"subject": subject, "subject_id": subject_id, "word": word} for word in sorted(new)]
        session.execute(insert(Word), rows)
