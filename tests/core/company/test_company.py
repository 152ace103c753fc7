"""The company's page: who may change it, what papers take from it, two administrators at once."""

import pytest
from pypdfium2 import PdfDocument
from sqlalchemy import select

from core.audit.model import Entry
from core.company import queries, service
from core.company.rules import Company
from core.errors import Conflict
from tests.conftest import NOON
from tests.factories.erp_sales import make_dealer

ENTERED = {"name": "衢江木门厂", "phone": "0570-1234567", "address": "衢江区 1 号", "version": "0"}
PLACE = "/core/company/"


def test_the_line_below_the_name_holds_what_was_entered():
    company = Company("甲厂", "", "一号", "", "0570-1", "农行", "6228")
    assert company.contact(True) == "一号　0570-1"
    assert company.contact(False) == "一号　0570-1"  # no English address was entered
    assert (company.named(False), company.payee) == ("甲厂", "农行 6228")
    assert Company("甲厂", bank="农行").payee == ""  # a bank alone tells nobody where to pay


def test_the_setting_names_the_company_until_somebody_enters_it(session):
    assert queries.company(session, "旧名").name == "旧名"
    service.amend(session, Company("新名", phone="1"), version=0, by=None, at=NOON)
    assert queries.company(session, "旧名") == Company("新名", phone="1")


def test_the_administrator_enters_it_and_every_change_is_written_down(client_for, session):
    administrator = client_for("administrator")
    assert administrator.post(PLACE, data=ENTERED).status_code == 302
    assert "0570-1234567" in administrator.get(PLACE).text
    entry = session.scalars(select(Entry).where(Entry.subject == "core.company")).one()
    assert entry.changes["phone"] == ["", "0570-1234567"]


def test_what_was_typed_stays_when_somebody_else_was_first(client_for, session):
    administrator = client_for("administrator")
    administrator.post(PLACE, data=ENTERED)
    late = administrator.post(PLACE, data=ENTERED | {"phone": "999"})
    assert (late.status_code, 'value="999"' in late.text) == (409, True)
    nameless = administrator.post(PLACE, data=ENTERED | {"name": "", "version": "1"})
    assert (nameless.status_code, "0570-1234567" in nameless.text) == (400, True)


def test_a_stale_page_is_a_conflict(session):
    service.amend(session, Company("甲"), version=0, by=None, at=NOON)
    with pytest.raises(Conflict):
        service.amend(session, Company("乙"), version=0, by=None, at=NOON)


@pytest.mark.parametrize("role", ["clerk", "accountant", "leader"])
def test_nobody_else_sees_the_page(client_for, role):
    assert client_for(role).get(PLACE).status_code == 403


def text_of(content):
    with PdfDocument(content) as paper:
        return "".join(page.get_textpage().get_text_bounded() for page in paper)


def test_a_statement_carries_sender_telephone_and_account(client_for, session):
    dealer = make_dealer(session)
    service.amend(
        session,
        Company("甲门厂", "Jia Doors", "衢江区 1 号", "1 Qujiang", "0570-1234567", "农行", "6228 48"),
        version=0,
        by=None,
        at=NOON,
    )
    session.commit()
    paper = client_for("accountant").get(f"/erp/finance/dealers/{dealer.id}/statement.pdf?lang=en")
    text = text_of(paper.data)
    assert all(part in text for part in ("Jia Doors", "1 Qujiang", "0570-1234567"))
