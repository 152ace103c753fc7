"""Commands of the cohort; never commit."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit.service import record
from mes.cohort.model import FactoryKey
from mes.cohort.rules import new_key

KEY = "mes.cohort.factory_key"


def signing_key(session: Session, *, by: int, at: datetime) -> bytes:
    """Return the factory's private key; it is made when the first export asks for it."""
    wanted = select(FactoryKey.private)
    found = session.scalar(wanted)
    if found is not None:
        return found
    try:
        with session.begin_nested():
            session.add(FactoryKey(id=1, private=new_key(), made_at=at))
    except IntegrityError:  # another export made it a moment ago
        return session.scalars(wanted).one()
    record(session, subject=KEY, subject_id=1, verb="make", by=by, at=at)
    return session.scalars(wanted).one()
