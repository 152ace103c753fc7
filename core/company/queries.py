"""Reads of the company."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from core.company.model import ONLY, Letterhead
from core.company.rules import Company


def letterhead(session: Session) -> Letterhead | None:
    """Return the row as it was entered last, if it ever was."""
    return session.get(Letterhead, ONLY)


def company(session: Session, usual_name: str) -> Company:
    """Return what papers say of their sender; `usual_name` (the setting COMPANY) while nothing was entered."""
    found = letterhead(session)
    made = found.company if found is not None else Company()
    return made if made.name else replace(made, name=usual_name)
