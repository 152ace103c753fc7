"""Commands of auth. Passwords and PINs are kept as Argon2 hashes and never logged."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.auth import queries
from core.auth.model import Badge, Person, PersonRole, Token
from core.auth.rules import (
    LOGIN,
    PASSWORD_SHORTEST,
    PIN,
    PIN_TRIES,
    LoginUnfit,
    LoginWrong,
    PasswordWeak,
    PinUnfit,
    Role,
    is_over,
)
from core.codes import Letter
from core.errors import Conflict, NotFound
from core.numbers.service import next_codes

HASHER = PasswordHasher()
# checked when there is no such person, so that both answers take as long
NOBODY = HASHER.hash(secrets.token_hex(8))


def _fits(stored: str | None, given: str) -> bool:
    try:
        return HASHER.verify(stored or NOBODY, given) and stored is not None
    except (Argon2Error, InvalidHashError):
        return False


def check_password(session: Session, login: str, password: str) -> queries.Known:
    """Return the person whose log-in and password these are. Raises LoginWrong."""
    person = session.scalar(select(Person).where(Person.login == login.strip().lower()))
    if not _fits(person.password_hash if person else None, password) or person is None:
        raise LoginWrong
    known = queries.by_id(session, person.id)
    if known is None:
        raise LoginWrong
    return known


def check_signature(session: Session, badge: str, pin: str, *, at: datetime) -> queries.Known | None:
    """Return the person who signs with badge and PIN, None when they do not fit.

    A wrong PIN is counted, which the caller's transaction must keep: nothing is raised for it. Too many of
    them lock the signature for a while, the right PIN included. Locks the person.
    """
    known = queries.by_badge(session, badge)
    if known is None:
        _fits(None, pin)  # takes as long as a wrong PIN
        return None
    row = session.execute(
        select(Person.pin_hash, Person.pin_failed_count, Person.pin_failed_at)
        .where(Person.id == known.id)
        .with_for_update()
    ).one()
    failed_count = 0 if is_over(row.pin_failed_at, at) else row.pin_failed_count
    is_right = failed_count < PIN_TRIES and _fits(row.pin_hash, pin)
    failed: dict[str, Any] = {"pin_failed_count": 0, "pin_failed_at": None}
    if not is_right and failed_count < PIN_TRIES:
        failed = {"pin_failed_count": failed_count + 1, "pin_failed_at": at}
    if is_right or failed_count < PIN_TRIES:
        session.execute(
            update(Person)
            .where(Person.id == known.id)
            .values(**failed)
            .execution_options(synchronize_session=False)
        )
    return known if is_right else None


def choose_pin(session: Session, person_id: int, password: str, pin: str, *, at: datetime) -> None:
    """Let a person choose their own PIN, proved by their password. Raises LoginWrong, PinUnfit."""
    person = session.get_one(Person, person_id, with_for_update=True)
    if not _fits(person.password_hash, password):
        raise LoginWrong
    _set_pin(person, pin)
    person.pin_failed_count, person.pin_failed_at = 0, None
    audit.record(
        session, subject="core.auth.person", subject_id=person_id, verb="choose_pin", by=person_id, at=at
    )


def withdraw_pin(session: Session, person_id: int, *, by: int, at: datetime) -> None:
    """Make a forgotten PIN sign nothing more: its owner chooses another one. Raises NotFound."""
    person = session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise NotFound
    person.pin_hash, person.pin_failed_count, person.pin_failed_at = None, 0, None
    audit.record(session, subject="core.auth.person", subject_id=person_id, verb="withdraw_pin", by=by, at=at)


def check_token(session: Session, key: str) -> queries.Known | None:
    """Return the person for whom a program acts with this token, or None."""
    return queries.by_token(session, _sha256(key))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def add_person(
    session: Session,
    login: str,
    name: str,
    roles: Collection[str],
    *,
    password: str,
    pin: str | None = None,
    locale: str = "zh_Hans_CN",
    by: int | None,
    at: datetime,
) -> Person:
    """Take a person in, with a badge of their own; a PIN is given only where no human types it (the demo).

    Raises LoginUnfit, PasswordWeak, PinUnfit, Conflict.
    """
    login = login.strip().lower()
    if not LOGIN.match(login):
        raise LoginUnfit(login=login)
    if session.scalar(select(Person.id).where(Person.login == login)) is not None:
        raise Conflict
    person = Person(login=login, name=name, locale=locale, created_at=at)
    session.add(person)
    _set_password(person, password)
    if pin is not None:
        _set_pin(person, pin)
    session.flush()  # for its id
    session.add_all(PersonRole(person_id=person.id, role=Role(role).value) for role in sorted(set(roles)))
    give_badge(session, person.id, at=at)
    audit.record(session, subject="core.auth.person", subject_id=person.id, verb="add", by=by, at=at)
    return person


def _set_password(person: Person, password: str) -> None:
    if len(password) < PASSWORD_SHORTEST:
        raise PasswordWeak(least=PASSWORD_SHORTEST)
    person.password_hash = HASHER.hash(password)


def _set_pin(person: Person, pin: str) -> None:
    if not PIN.match(pin):
        raise PinUnfit
    person.pin_hash = HASHER.hash(pin)


def amend_person(
    session: Session,
    person_id: int,
    *,
    name: str,
    roles: Collection[str],
    is_active: bool,
    password: str | None,
    by: int,
    at: datetime,
) -> None:
    """Change a person's name, roles, state or password; the PIN is the person's own. Raises NotFound, PasswordWeak."""
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound
    changes: dict[str, list[Any]] = {
        "name": [person.name, name],
        "is_active": [person.is_active, is_active],
        "roles": [None, sorted(roles)],
    }
    person.name, person.is_active = name, is_active
    if password:
        _set_password(person, password)
    session.execute(delete(PersonRole).where(PersonRole.person_id == person_id))
    session.add_all(PersonRole(person_id=person_id, role=Role(role).value) for role in sorted(set(roles)))
    audit.record(
        session,
        subject="core.auth.person",
        subject_id=person_id,
        verb="amend",
        by=by,
        at=at,
        changes=changes,
    )


def give_badge(session: Session, person_id: int, *, at: datetime) -> str:
    """Give a person a new badge and return its code; the old one is out of force."""
    session.execute(
        update(Badge).where(Badge.person_id == person_id, Badge.is_active).values(is_active=False)
    )
    (code,) = next_codes(session, Letter.BADGE, 1)
    session.add(Badge(code=code, person_id=person_id, issued_at=at))
    return code


def set_locale(session: Session, person_id: int, locale: str) -> None:
    """Remember in which language a person reads."""
    session.execute(update(Person).where(Person.id == person_id).values(locale=locale))


def create_token(session: Session, login: str, name: str, *, by: int | None, at: datetime) -> str:
    """Make a token for a person and return its key, which is shown once. Raises NotFound."""
    person_id = session.scalar(
        select(Person.id).where(Person.login == login.strip().lower(), Person.is_active)
    )
    if person_id is None:
        raise NotFound
    key = "mt_" + secrets.token_urlsafe(32)
    token = Token(person_id=person_id, name=name, key_sha256=_sha256(key), created_at=at)
    session.add(token)
    session.flush()  # for its id
    audit.record(session, subject="core.auth.token", subject_id=token.id, verb="create", by=by, at=at)
    return key


def revoke_tokens(session: Session, login: str, *, by: int | None, at: datetime) -> int:
    """End all tokens of a person and return how many there were."""
    person_id = select(Person.id).where(Person.login == login.strip().lower()).scalar_subquery()
    ended = session.scalars(
        update(Token)
        .where(Token.person_id == person_id, Token.revoked_at.is_(None))
        .values(revoked_at=at)
        .returning(Token.id)
    ).all()
    for token_id in ended:
        audit.record(session, subject="core.auth.token", subject_id=token_id, verb="revoke", by=by, at=at)
    return len(ended)
