"""Commands of the company."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit.service import record
from core.company.model import ONLY, Letterhead
from core.company.rules import Company
from core.errors import Conflict

SUBJECT = "core.company"


def amend(session: Session, company: Company, *, version: int, by: int, at: datetime) -> Letterhead:
    """Write what papers say of their sender; `version` is what the page saw, 0 for nothing yet.

    Locks the row. Raises Conflict.
    """
    row = session.get(Letterhead, ONLY, with_for_update=True)
    if (row.version if row is not None else 0) != version:
        raise Conflict
    was = row.company if row is not None else Company()
    if row is None:
        row = Letterhead(id=ONLY, version=0)
        session.add(row)
    for name in Company.__slots__:
        setattr(row, name, getattr(company, name))
    row.version, row.changed_at = version + 1, at
    try:
        session.flush()  # somebody else may have entered the first one
    except IntegrityError as taken:
        raise Conflict from taken
    changes = {
        name: [getattr(was, name), getattr(company, name)]
        for name in Company.__slots__
        if getattr(was, name) != getattr(company, name)
    }
    record(session, subject=SUBJECT, subject_id=ONLY, verb="amend", by=by, at=at, changes=changes)
    return row
