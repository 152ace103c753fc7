"""Reads of parties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from erp.parties.model import Party
from erp.parties.rules import PartyKind

SUBJECT = "erp.parties.party"  # of its words and its history


def party(session: Session, party_id: int) -> Party:
    """Return one partner. Raises NotFound."""
    found = session.get(Party, party_id)
    if found is None:
        raise NotFound
    return found


def by_code(session: Session, code: str) -> Party | None:
    """Return the partner with this code, if there is one."""
    return session.scalar(select(Party).where(Party.code == code))


def dealers(session: Session) -> Sequence[Party]:
    """Return the active dealers, by code."""
    return _active(session, PartyKind.DEALER)


def suppliers(session: Session) -> Sequence[Party]:
    """Return the active suppliers, by code."""
    return _active(session, PartyKind.SUPPLIER)


def everybody(session: Session) -> Sequence[Party]:
    """Return all partners, by code, those at rest as well."""
    return session.scalars(select(Party).order_by(Party.code)).all()


def listed(text: str, kind: PartyKind | None) -> Select[Any]:
    """Return the partners of a list page: of one kind, with `text` in code, name, city or phone."""
    rows = select(Party)
    if kind is not None:
        rows = rows.where(Party.kind == kind)
    if text:
        fields = (Party.code, Party.name, Party.name_en, Party.city, Party.phone)
        rows = rows.where(or_(*(field.icontains(text, autoescape=True) for field in fields)))
    return rows


def _active(session: Session, kind: PartyKind) -> Sequence[Party]:
    wanted = select(Party).where(Party.kind == kind, Party.is_active).order_by(Party.code)
    return session.scalars(wanted).all()
