"""Commands of parties: each changes one partner and never commits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit.service import record
from core.errors import Conflict
from core.words import service as words
from erp.parties import queries
from erp.parties.model import Party
from erp.parties.rules import CodeTaken, PartyEntry

SUBJECT = queries.SUBJECT


def create(session: Session, entry: PartyEntry, *, by: int | None, at: datetime) -> Party:
    """Take in a partner. Raises CodeTaken."""
    other = queries.by_code(session, entry.code)
    if other is not None:
        raise CodeTaken(party=entry.code, name=other.name)
    party = Party(**_columns(entry))
    try:
        with session.begin_nested():
            session.add(party)
    except IntegrityError as lost:  # somebody was first since the look above
        raise CodeTaken(party=entry.code, name="…") from lost
    _put_words(session, party)
    record(session, subject=SUBJECT, subject_id=party.id, verb="create", by=by, at=at)
    return party


def amend(
    session: Session,
    party_id: int,
    entry: PartyEntry,
    *,
    is_active: bool,
    version: int,
    by: int | None,
    at: datetime,
) -> Party:
    """Bring a partner up to date; the code stays. Raises NotFound, Conflict when another was first."""
    party = queries.party(session, party_id)
    if party.version != version:
        raise Conflict
    wanted = _columns(entry) | {"is_active": is_active, "code": party.code}
    changes = {
        key: [getattr(party, key), value] for key, value in wanted.items() if getattr(party, key) != value
    }
    for key, (_old, new) in changes.items():
        setattr(party, key, new)
    if changes:
        _put_words(session, party)
        record(session, subject=SUBJECT, subject_id=party.id, verb="amend", by=by, at=at, changes=changes)
    return party


def put(session: Session, entry: PartyEntry, *, by: int | None, at: datetime) -> bool:
    """Take in a partner of a pack, unless there is one of that code: what people typed since stays."""
    if queries.by_code(session, entry.code) is not None:
        return False
    create(session, entry, by=by, at=at)
    return True


def _put_words(session: Session, party: Party) -> None:
    words.put(session, SUBJECT, party.id, (party.code, party.name, party.name_en, party.city))


def _columns(entry: PartyEntry) -> dict[str, Any]:
    return {
        "code": entry.code,
        "kind": entry.kind,
        "name": entry.name.zh,
        "name_en": entry.name.en,
        "contact": entry.contact,
        "phone": entry.phone,
        "address": entry.address,
        "city": entry.city,
        "locale": str(entry.locale),
        "part_delivery": entry.part_delivery,
    }
