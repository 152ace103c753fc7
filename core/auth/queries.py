"""Reads of auth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.auth.model import Badge, Person, PersonRole


@dataclass(frozen=True, slots=True)
class Known:
    """A person as a request needs them."""

    id: int
    login: str
    name: str
    locale: str
    roles: frozenset[str]


def _known(session: Session, condition: object) -> Known | None:
    rows = session.execute(
        select(Person.id, Person.login, Person.name, Person.locale, PersonRole.role)
        .outerjoin(PersonRole, PersonRole.person_id == Person.id)
        .where(condition, Person.is_active)  # type: ignore[arg-type]
    ).all()
    if not rows:
        return None
    first = rows[0]
    return Known(first.id, first.login, first.name, first.locale, frozenset(r.role for r in rows if r.role))


def by_id(session: Session, person_id: int) -> Known | None:
    """Return an active person, or None."""
    return _known(session, Person.id == person_id)


def by_badge(session: Session, code: str) -> Known | None:
    """Return the active person whose badge in force this is, or None."""
    return _known(
        session,
        Person.id == select(Badge.person_id).where(Badge.code == code, Badge.is_active).scalar_subquery(),
    )


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
