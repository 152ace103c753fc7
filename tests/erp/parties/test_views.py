from erp.parties import queries, service
from tests.conftest import NOON
from tests.erp.parties.test_service import DEALER

TYPED = {
    "code": "d200",
    "kind": "DEALER",
    "name": "龙游店",
    "city": "龙游",
    "phone": "0570-2",
    "locale": "zh_Hans_CN",
}


def make(session):
    party = service.create(session, DEALER, by=None, at=NOON)
    session.commit()
    return party


def test_a_clerk_takes_in_a_partner(client_for, session):
    answer = client_for("clerk").post("/erp/parties/parties/new", data=TYPED)
    assert answer.status_code == 302
    assert queries.by_code(session, "D200").city == "龙游"  # codes are kept in capitals


def test_a_form_with_a_mistake_comes_back_with_what_was_typed(client_for, session):
    answer = client_for("clerk").post("/erp/parties/parties/new", data=TYPED | {"name": "", "code": "D 2?"})
    assert (answer.status_code, answer.text.count('aria-invalid="true"')) == (400, 2)
    assert ('value="D 2?"' in answer.text, 'value="0570-2"' in answer.text) == (True, True)
    assert queries.everybody(session) == []


def test_a_code_that_is_taken_is_told_beside_its_field(client_for, session):
    make(session)
    answer = client_for("clerk", locale="en").post("/erp/parties/parties/new", data=TYPED | {"code": "D100"})
    assert (answer.status_code, "belongs to 衢州柯城店 already" in answer.text) == (409, True)
    assert len(queries.everybody(session)) == 1


def test_a_partner_is_amended_and_its_history_shown(client_for, session):
    party = make(session)
    client = client_for("clerk")
    data = TYPED | {"code": "D100", "version": party.version, "is_active": "1"}
    assert client.post(f"/erp/parties/parties/{party.id}/amend", data=data).status_code == 302
    text = client.get(f"/erp/parties/parties/{party.id}/").text
    assert ("龙游店" in text, "衢州 → 龙游" in text) == (True, True)


def test_of_two_who_amend_at_once_the_second_is_asked_to_look_again(client_for, session):
    party = make(session)
    client = client_for("clerk")
    data = TYPED | {"code": "D100", "version": party.version, "is_active": "1"}
    client.post(f"/erp/parties/parties/{party.id}/amend", data=data)
    late = client.post(f"/erp/parties/parties/{party.id}/amend", data=data | {"phone": "999"})
    session.expire_all()
    assert (late.status_code, 'value="999"' in late.text) == (409, True)
    assert queries.by_code(session, "D100").phone == "0570-2"


def test_partners_are_listed_by_kind_and_searched(client_for, session):
    make(session)
    client = client_for("owner")
    assert "衢州柯城店" in client.get("/erp/parties/parties/?kind=DEALER&q=柯城").text
    assert "衢州柯城店" not in client.get("/erp/parties/parties/?kind=SUPPLIER").text
    assert "衢州柯城店" not in client.get("/erp/parties/parties/?q=' OR 1=1 --").text


def test_the_search_box_goes_to_the_only_partner_found_and_only_for_those_who_may(client_for, session):
    party = make(session)
    assert client_for("clerk").get("/find?q=D100").location == f"/erp/parties/parties/{party.id}/"
    assert client_for("packer").get("/find?q=D100").status_code == 200


def test_an_export_holds_the_partners(client_for, session):
    make(session)
    answer = client_for("owner").get("/erp/parties/parties.xlsx")
    assert (answer.status_code, answer.data[:2]) == (200, b"PK")


def test_who_may_read_sees_no_form_and_may_not_write(client_for, session):
    party = make(session)
    owner = client_for("owner")
    text = owner.get(f"/erp/parties/parties/{party.id}/").text
    assert ("衢州柯城店" in text, 'name="phone"' in text) == (True, False)
    assert owner.post("/erp/parties/parties/new", data=TYPED).status_code == 403
    assert owner.post(f"/erp/parties/parties/{party.id}/amend", data=TYPED).status_code == 403
    assert client_for("packer").get("/erp/parties/parties/").status_code == 403


def test_a_partner_that_does_not_exist_is_not_found(client_for):
    assert client_for("owner").get("/erp/parties/parties/4711/").status_code == 404
