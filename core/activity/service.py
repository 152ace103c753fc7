"""Commands of activity."""

from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from core.activity.model import Interval

GAP = timedelta(minutes=10)  # a longer silence is no work (domain: active minutes)


def beat(
    session: Session, person_id: int, kind: str, subject: str | None, subject_id: int | None, *, at: datetime
) -> None:
    """Count one sign of work: lengthen the person's last interval, or begin another.

    A beat for the same thing within GAP lengthens the interval; anything else
    begins a new one, which never starts before the last one ended. A beat that
    is older than the last interval's end (a late one) changes nothing.
    """
    last = (
        select(Interval.id)
        .where(Interval.person_id == person_id)
        .order_by(Interval.ended_at.desc(), Interval.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    lengthened = session.execute(
        update(Interval)
        .where(
            Interval.id == last,
            Interval.kind == kind,
            Interval.subject.is_(None) if subject is None else Interval.subject == subject,
            Interval.subject_id.is_(None) if subject_id is None else Interval.subject_id == subject_id,
            Interval.ended_at >= at - GAP,
            Interval.ended_at <= at,
        )
        .values(ended_at=at, beat_count=Interval.beat_count + 1)
        .execution_options(synchronize_session=False)
    )
    if lengthened.rowcount:  # type: ignore[attr-defined]
        return
    end = session.scalar(select(Interval.ended_at).where(Interval.id == last))
    if end is not None and at < end:
        return
    session.execute(
        insert(Interval).values(
            person_id=person_id,
            kind=kind,
            subject=subject,
            subject_id=subject_id,
            started_at=at,
            ended_at=at,
            beat_count=1,
        )
    )
