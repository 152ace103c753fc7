"""Reads of auth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Select, Table, bindparam, func, select
from sqlalchemy.orm import Session

from core.auth.model import Badge, Person, PersonRole, Token

# every request asks who it is: bare tables and statements made once, because making them is most of the cost
PEOPLE, ROLES, BADGES, TOKENS = (cast(Table, kind.__table__) for kind in (Person, PersonRole, Badge, Token))


@dataclass(frozen=True, slots=True)
class Known:
    """A person as a request needs them."""

    id: int
    login: str
    name: str
    locale: str
    roles: frozenset[str]


# an active person, one row for each role
WITH_ROLES = PEOPLE.outerjoin(ROLES, ROLES.c.person_id == PEOPLE.c.id)
KNOWN = select(PEOPLE.c.id, PEOPLE.c.login, PEOPLE.c.name, PEOPLE.c.locale, ROLES.c.role).where(
    PEOPLE.c.is_active
)
KNOWN_BY_ID = KNOWN.select_from(WITH_ROLES).where(PEOPLE.c.id == bindparam("key"))
KNOWN_BY_BADGE = KNOWN.select_from(WITH_ROLES.join(BADGES, BADGES.c.person_id == PEOPLE.c.id)).where(
    BADGES.c.code == bindparam("key"), BADGES.c.is_active
)
KNOWN_BY_TOKEN = KNOWN.select_from(WITH_ROLES.join(TOKENS, TOKENS.c.person_id == PEOPLE.c.id)).where(
    TOKENS.c.key_sha256 == bindparam("key"), TOKENS.c.revoked_at.is_(None)
)


def _known(session: Session, wanted: Select[int, str, str, str, str], key: int | str) -> Known | None:
    rows = session.execute(wanted, {"key": key}).all()
    if not rows:
        return None
    person_id, login, name, locale, _ = rows[0]
    return Known(person_id, login, name, locale, frozenset(row[4] for row in rows if row[4]))


def by_id(session: Session, person_id: int) -> Known | None:
    """Return an active person, or None."""
    return _known(session, KNOWN_BY_ID, person_id)


def by_badge(session: Session, code: str) -> Known | None:
    """Return the active person whose badge in force this is, or None."""
    return _known(session, KNOWN_BY_BADGE, code)


def by_token(session: Session, key_sha256: str) -> Known | None:
    """Return the active person for whom a program acts with the token of this hash, or None."""
    return _known(session, KNOWN_BY_TOKEN, key_sha256)


def people(session: Session) -> Sequence[tuple[Person, str, str | None]]:
    """Return everybody with their roles (comma-separated) and badge, by name."""
    rows = session.execute(
        select(Person, PersonRole.role, Badge.code)
        .outerjoin(PersonRole, PersonRole.person_id == Person.id)
        .outerjoin(Badge, (Badge.person_id == Person.id) & Badge.is_active)
        .order_by(Person.name, Person.id, PersonRole.role)
    ).all()
    found: dict[int, tuple[Person, list[str], str | None]] = {}
    for person, role, badge in rows:
        roles = found.setdefault(person.id, (person, [], badge))[1]
        if role and role not in roles:
            roles.append(role)
    return [(person, ",".join(roles), badge) for person, roles, badge in found.values()]


def is_anybody(session: Session) -> bool:
    """Say whether anybody can log in yet."""
    return bool(session.scalar(select(func.count()).select_from(Person)))


def has_pin(session: Session, person_id: int) -> bool:
    """Say whether a person has a PIN to sign with."""
    return session.scalar(select(PEOPLE.c.pin_hash).where(PEOPLE.c.id == person_id)) is not None
