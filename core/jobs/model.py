"""Tables of jobs."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Id, Json, Model, choice
from core.jobs.rules import JobState


class Job(Model):
    """One piece of long work, written in the transaction that wants it done and run by a worker after it."""

    __tablename__ = "core_jobs_job"
    __table_args__ = (Index("ix_core_jobs_job_state_id", "state", "id"),)

    id: Mapped[Id]
    kind: Mapped[str]
    arguments: Mapped[Json]
    state: Mapped[JobState] = mapped_column(choice(JobState), default=JobState.QUEUED)
    done_count: Mapped[int] = mapped_column(default=0)
    total_count: Mapped[int] = mapped_column(default=0)  # 0: not known yet
    try_count: Mapped[int] = mapped_column(default=0)
    is_stop_wanted: Mapped[bool] = mapped_column(default=False)
    error: Mapped[str | None]
    result: Mapped[Json | None]  # what it found, for kinds that keep nothing of their own
    created_at: Mapped[At]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    started_at: Mapped[At | None]
    seen_at: Mapped[At | None]  # the worker's last sign of life
    ended_at: Mapped[At | None]
