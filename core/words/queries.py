"""Reads of words: which documents have words that begin so."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from core.words.model import Word

FEW = 20_000  # documents of one word that are taken from its index; more are met soon enough in any order
AFTER_ALL = "\U0010ffff"  # sorts behind every letter


def begins(word: str) -> ColumnElement[bool]:
    """Return the condition that a kept word begins with `word`: a range of the index."""
    return and_(Word.word >= word, Word.word < word + AFTER_ALL)


def with_word(subject: str, word: str) -> Select[int]:
    """Return the ids of a kind of document that have such a word."""
    return select(Word.subject_id).where(Word.subject == subject, begins(word))


def is_rare(session: Session, subject: str, word: str) -> bool:
    """Say whether few documents have such a word; counts no further than it must."""
    some = with_word(subject, word).limit(FEW + 1).subquery()
    return (session.scalar(select(func.count()).select_from(some)) or 0) <= FEW


def has_word(session: Session, subject: str, id_column: ColumnElement[int], word: str) -> ColumnElement[bool]:
    """Return the condition that the document of `id_column` has such a word.

    A rare word is looked up once and its documents are taken; of a frequent one each document is asked as the
    list comes to it, so that the first page needs no more than the first few.
    """
    if is_rare(session, subject, word):
        return id_column.in_(with_word(subject, word))
    return with_word(subject, word).where(Word.subject_id == id_column).correlate_except(Word).exists()
