"""Tables of activity."""

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Id, Model


class Interval(Model):
    """One stretch of time that one person worked on one thing, from the beats of a page or from scans.

    A person's intervals never overlap: a beat lengthens the last one or begins a new one after it.
    """

    __tablename__ = "core_activity_interval"
    __table_args__ = (
        CheckConstraint("ended_at >= started_at", name="ends_after_start"),
        Index("ix_core_activity_interval_person_id_ended_at", "person_id", "ended_at"),
        Index("ix_core_activity_interval_kind_started_at", "kind", "started_at"),
        Index("ix_core_activity_interval_subject_subject_id", "subject", "subject_id"),
    )

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("core_auth_person.id"))
    kind: Mapped[str]  # "splitting", "warehouse", "packing", …
    subject: Mapped[str | None]
    subject_id: Mapped[int | None]
    started_at: Mapped[At]
    ended_at: Mapped[At]
    beat_count: Mapped[int] = mapped_column(default=1)
