"""Commands of code lists."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.codelists.model import Entry


def put(
    session: Session,
    kind: str,
    code: str,
    name: str,
    name_en: str,
    nicknames: Sequence[str],
    position: int,
    group_code: str = "",
) -> bool:
    """Add one word to a list, or bring it up to date; say whether anything changed."""
    entry = session.scalar(select(Entry).where(Entry.kind == kind, Entry.code == code))
    if entry is None:
        entry = Entry(kind=kind, code=code)
        session.add(entry)
    wanted = {
        "name": name,
        "name_en": name_en,
        "nicknames": list(nicknames),
        "group_code": group_code,
        "position": position,
        "is_active": True,
    }
    changed = any(getattr(entry, field) != value for field, value in wanted.items())
    for field, value in wanted.items():
        setattr(entry, field, value)
    return changed
