from dataclasses import replace
from datetime import timedelta

import pytest

from core.audit.queries import history
from core.errors import Conflict, NotFound
from core.i18n import Named
from erp.parties import queries, service
from erp.parties.rules import CodeTaken, PartyEntry, PartyKind
from tests.conftest import NOON

DEALER = PartyEntry(code="D100", kind=PartyKind.DEALER, name=Named("衢州柯城店", "Kecheng shop"), city="衢州")


def amend(session, party, entry, **over):
    given = {"is_active": True, "version": party.version, "by": None, "at": NOON + timedelta(hours=1)}
    return service.amend(session, party.id, entry, **(given | over))


def test_a_partner_is_taken_in_once(session):
    service.create(session, DEALER, by=None, at=NOON)
    with pytest.raises(CodeTaken) as refusal:
        service.create(session, DEALER, by=None, at=NOON)
    assert refusal.value.facts == {"party": "D100", "name": "衢州柯城店"}
    assert [one.code for one in queries.dealers(session)] == ["D100"]


def test_what_changed_is_written_down_from_and_to(session):
    party = service.create(session, DEALER, by=None, at=NOON)
    amend(session, party, replace(DEALER, phone="0570-1"))
    session.flush()
    newest = history(session, service.SUBJECT, party.id)[0]
    assert (newest.verb, newest.changes) == ("amend", {"phone": ["", "0570-1"]})


def test_saving_without_a_change_writes_nothing_down(session):
    party = service.create(session, DEALER, by=None, at=NOON)
    amend(session, party, DEALER)
    session.flush()
    assert [one.verb for one in history(session, service.SUBJECT, party.id)] == ["create"]


def test_the_code_of_a_partner_stays(session):
    party = service.create(session, DEALER, by=None, at=NOON)
    amend(session, party, replace(DEALER, code="D999"))
    assert party.code == "D100"


def test_who_saves_an_old_version_is_refused(session):
    party = service.create(session, DEALER, by=None, at=NOON)
    session.flush()
    amend(session, party, replace(DEALER, phone="1"))
    session.flush()
    with pytest.raises(Conflict):
        amend(session, party, replace(DEALER, phone="2"), version=1)
    assert party.phone == "1"


def test_a_partner_at_rest_is_no_longer_offered_and_not_forgotten(session):
    party = service.create(session, DEALER, by=None, at=NOON)
    amend(session, party, DEALER, is_active=False)
    session.flush()
    assert queries.dealers(session) == []
    assert [one.code for one in queries.everybody(session)] == ["D100"]


def test_a_partner_that_does_not_exist_is_not_found(session):
    with pytest.raises(NotFound):
        service.amend(session, 4711, DEALER, is_active=True, version=1, by=None, at=NOON)
