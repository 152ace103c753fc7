"""Tables of audit."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Id, Json, Model


class Entry(Model):
    """One command that changed one thing: who, when, which verb, and what changed from → to."""

    __tablename__ = "core_audit_entry"
    __table_args__ = (Index("ix_core_audit_entry_subject", "subject", "subject_id"),)

    id: Mapped[Id]
    subject: Mapped[str]  # "erp.sales.order"
    subject_id: Mapped[int]
    verb: Mapped[str]  # "release"
    changes: Mapped[Json]  # {field: [from, to]}
    happened_at: Mapped[At] = mapped_column(index=True)
    person_id: Mapped[int | None] = mapped_column(
        ForeignKey("core_auth_person.id")
    )  # empty: a command line or a job
