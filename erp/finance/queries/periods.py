"""Reads of the closed months."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from erp.finance.model import Period


def closed_to(session: Session) -> date | None:
    """Return the last day of the last closed month; None while none is closed."""
    return session.get_one(Period, 1).closed_to_on
