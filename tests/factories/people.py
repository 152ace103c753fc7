"""People for tests."""

from datetime import UTC, datetime

from core.auth.model import Badge, Person, PersonRole
from core.codes import Letter
from core.numbers.service import next_codes

BEGAN = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)


def make_person(session, *, roles=(), **over):
    """A person with roles and a badge; without a password, which takes long to hash."""
    (badge,) = next_codes(session, Letter.BADGE, 1)
    given = {
        "login": f"p{badge.lower()}",
        "name": "王芳",
        "password_hash": None,
        "pin_hash": None,
        "locale": "zh_Hans_CN",
        "created_at": BEGAN,
    }
    person = Person(**(given | over))
    session.add(person)
    session.flush()
    session.add_all(PersonRole(person_id=person.id, role=role) for role in roles)
    session.add(Badge(code=badge, person_id=person.id, issued_at=BEGAN))
    session.flush()
    person.badge = badge
    return person
