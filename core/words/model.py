"""Tables of words."""

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import BigId, Model
from core.words.rules import LONGEST

# compared byte by byte on both databases, so that "begins with" is a range of an index
WORD = String(LONGEST).with_variant(String(LONGEST, collation="C"), "postgresql")


class Word(Model):
    """One word that one document is found by."""

    __tablename__ = "core_words_word"
    __table_args__ = (
        Index("ix_core_words_word_subject_subject_id_word", "subject", "subject_id", "word"),
        {"sqlite_with_rowid": False},  # the key is the table: half the size, one look
    )

    subject: Mapped[str] = mapped_column(String(40), primary_key=True)  # erp.sales.order
    word: Mapped[str] = mapped_column(WORD, primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigId, primary_key=True)
