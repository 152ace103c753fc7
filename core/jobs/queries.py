"""Reads of jobs."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.jobs.model import Job
from core.jobs.rules import JobState
from core.jobs.service import LOST_AFTER


def is_any_waiting(session: Session, *, at: datetime) -> bool:
    """Say whether there is a job to claim, without taking any lock."""
    lost = (Job.state == JobState.RUNNING) & (Job.seen_at < at - LOST_AFTER)
    return session.scalar(select(Job.id).where(or_(Job.state == JobState.QUEUED, lost)).limit(1)) is not None
