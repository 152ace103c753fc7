"""Commands of audit."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.audit.model import Entry


def record(
    session: Session,
    *,
    subject: str,
    subject_id: int,
    verb: str,
    by: int | None,
    at: datetime,
    changes: dict[str, list[Any]] | None = None,
) -> None:
    """Write down that `by` did `verb` to one thing; `changes` maps a field to [from, to]."""
    session.execute(
        insert(Entry).values(
            subject=subject,
            subject_id=subject_id,
            verb=verb,
            changes={field: [_plain(v) for v in pair] for field, pair in (changes or {}).items()},
            happened_at=at,
            person_id=by,
        )
    )


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it; measures as text, so that no place is lost."""
    return str(value) if isinstance(value, Decimal | date | datetime) else value
