"""Invariants: what must always be true of the data, proved by `flask stock verify` and the administrator's page."""

from sqlalchemy.orm import Session

from core.web.registry import registry


def verify(session: Session) -> dict[str, list[str]]:
    """Run every registered proof and return what each found wrong; an empty list is a proof."""
    return {name: prove(session) for name, prove in registry().invariants.items()}
