"""Commands of activity."""

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from core.activity.model import Interval

GAP = timedelta(minutes=10)  # a longer silence is no work (domain: active minutes)
INTERVALS = cast(Table, Interval.__table__)  # bare, and statements made once: every scan beats
LAST = (
    select(INTERVALS.c.id)
    .where(INTERVALS.c.person_id == bindparam("person"))
    .order_by(INTERVALS.c.ended_at.desc(), INTERVALS.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
LENGTHEN = (
    update(INTERVALS)
    .where(
        INTERVALS.c.id == LAST,
        INTERVALS.c.kind == bindparam("same_kind"),
        INTERVALS.c.subject.is_not_distinct_from(bindparam("same_subject")),
        INTERVALS.c.subject_id.is_not_distinct_from(bindparam("same_subject_id")),
        INTERVALS.c.ended_at >= bindparam("earliest"),
        INTERVALS.c.ended_at <= bindparam("at"),
    )
    .values(ended_at=bindparam("at"), beat_count=INTERVALS.c.beat_count + 1)
)
UP_TO_NEXT = (  # the same work on another thing: until it was taken up, the person was at the one before
    update(INTERVALS)
    .where(
        INTERVALS.c.id == LAST,
        INTERVALS.c.kind == bindparam("same_kind"),
        INTERVALS.c.ended_at >= bindparam("earliest"),
        INTERVALS.c.ended_at <= bindparam("at"),
    )
    .values(ended_at=bindparam("at"))
)
LAST_END = select(INTERVALS.c.ended_at).where(INTERVALS.c.id == LAST)
BEGIN_ANOTHER = insert(INTERVALS)


def beat(
    session: Session, person_id: int, kind: str, subject: str | None, subject_id: int | None, *, at: datetime
) -> None:
    """Count one sign of work: lengthen the person's last interval, or begin another.

    A beat for the same thing within GAP lengthens the interval; anything else
    begins a new one, which never starts before the last one ended. Where it is
    another thing of the same kind, within GAP, the time between belongs to the one
    before: who goes from order to order works all the time. A beat that is older
    than the last interval's end (a late one) changes nothing.
    """
    same = {"same_kind": kind, "same_subject": subject, "same_subject_id": subject_id}
    lengthened = session.execute(LENGTHEN, {"person": person_id, **same, "earliest": at - GAP, "at": at})
    if lengthened.rowcount:  # type: ignore[attr-defined]
        return
    session.execute(UP_TO_NEXT, {"person": person_id, "same_kind": kind, "earliest": at - GAP, "at": at})
    end = session.scalar(LAST_END, {"person": person_id})
    if end is not None and at < end:
        return
    session.execute(
        BEGIN_ANOTHER,
        {
            "person_id": person_id,
            "kind": kind,
            "subject": subject,
            "subject_id": subject_id,
            "started_at": at,
            "ended_at": at,
            "beat_count": 1,
        },
    )
