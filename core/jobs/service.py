"""Commands of jobs. Each is short: progress and state are told in transactions of their own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, literal, or_, select, update
from sqlalchemy.orm import Session

from core.jobs.model import Job
from core.jobs.rules import OPEN, JobState

LOST_AFTER = timedelta(seconds=30)  # no sign of life for so long: the worker died
TRIES = 3  # a job that kills its worker three times is given up


def enqueue(session: Session, kind: str, arguments: dict[str, Any], *, by: int | None, at: datetime) -> Job:
    """Write a job down, to be run once the caller's transaction has committed."""
    job = Job(kind=kind, arguments=arguments, created_at=at, created_by_id=by)
    session.add(job)
    session.flush()  # the caller stores its id
    return job


def claim(session: Session, *, at: datetime) -> Job | None:
    """Take the oldest waiting job, or one whose worker died; None when there is nothing to do."""
    lost = (Job.state == JobState.RUNNING) & (Job.seen_at < at - LOST_AFTER)
    job = session.scalar(
        select(Job)
        .where(or_(Job.state == JobState.QUEUED, lost))
        .order_by(Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if job is None:
        return None
    job.try_count += 1
    job.state, job.started_at, job.seen_at = JobState.RUNNING, at, at
    if job.is_stop_wanted:
        job.state, job.ended_at = JobState.CANCELLED, at
    elif job.try_count > TRIES:
        job.state, job.ended_at, job.error = JobState.FAILED, at, "worker lost"
    return job


def tell(session: Session, job_id: int, done: int, total: int, *, at: datetime) -> bool:
    """Keep a running job's progress and sign of life; say whether somebody wants it stopped.

    Progress never goes back: a job that another worker begins anew shows no less than it showed before.
    """
    is_back = and_(Job.total_count == total, Job.done_count > done) | literal(total == 0)
    stop = session.scalar(
        update(Job)
        .where(Job.id == job_id, Job.state == JobState.RUNNING)
        .values(
            done_count=case((is_back, Job.done_count), else_=done),
            total_count=case((is_back, Job.total_count), else_=total),
            seen_at=at,
        )
        .returning(Job.is_stop_wanted)
    )
    return stop is not False  # no row: it is not ours any more


def end(session: Session, job_id: int, state: JobState, error: str | None, *, at: datetime) -> None:
    """Close a running job."""
    session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == JobState.RUNNING)
        .values(state=state, error=error, ended_at=at)
    )


def stop(session: Session, job_id: int, *, at: datetime) -> None:
    """Ask for a job to be stopped: at once when it still waits, soon when it runs."""
    session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == JobState.QUEUED)
        .values(state=JobState.CANCELLED, ended_at=at, is_stop_wanted=True)
    )
    session.execute(update(Job).where(Job.id == job_id, Job.state.in_(OPEN)).values(is_stop_wanted=True))
