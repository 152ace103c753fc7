"""Reads of code lists."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.codelists.model import Entry


def entries(session: Session, kind: str) -> Sequence[Entry]:
    """Return the active words of one list, in their order."""
    return session.scalars(
        select(Entry).where(Entry.kind == kind, Entry.is_active).order_by(Entry.position, Entry.code)
    ).all()
