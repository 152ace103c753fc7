"""Reads of audit."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, String, column, select, table
from sqlalchemy.orm import Session

from core.audit.model import Entry

# auth stands above audit; only a name is wanted of it
PERSON = table("core_auth_person", column("id", Integer), column("name", String))


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of a document's history."""

    at: datetime
    person: str  # empty: a command line or a job
    verb: str
    changes: dict[str, list[Any]]


def history(
    session: Session, subject: str, subject_id: int, limit: int = 50, verbs: Collection[str] = ()
) -> Sequence[Happened]:
    """Return what was done to one thing, newest first; only by some verbs where they are named."""
    wanted = (
        select(Entry.happened_at, PERSON.c.name, Entry.verb, Entry.changes)
        .outerjoin(PERSON, PERSON.c.id == Entry.person_id)
        .where(Entry.subject == subject, Entry.subject_id == subject_id)
        .order_by(Entry.id.desc())
        .limit(limit)
    )
    rows = session.execute(wanted.where(Entry.verb.in_(verbs)) if verbs else wanted)
    return [Happened(at, person or "", verb, changes) for at, person, verb, changes in rows]
