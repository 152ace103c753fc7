import pytest

from core.auth import service
from core.auth.model import Person
from tests.conftest import NOON
from tests.factories.people import make_person


@pytest.fixture
def person(session):
    person = service.add_person(
        session, "linfang", "林芳", ["clerk"], password="eight letters", by=None, at=NOON
    )
    session.commit()
    return person


def test_a_wrong_password_keeps_the_login_and_says_nothing_more(app, person):
    client = app.test_client()
    form = {"login": "linfang", "password": "wrong", "next": "/mes/shipping/loads/"}
    answer = client.post("/login", data=form)
    assert answer.status_code == 403
    assert 'value="linfang"' in answer.text
    assert 'value="/mes/shipping/loads/"' in answer.text
    assert "wrong" not in answer.text.replace("password-error", "")
    assert client.post("/login", data={"login": "linfang", "password": ""}).status_code == 400


def test_after_the_login_one_goes_where_one_wanted_but_never_away(app, person):
    form = {"login": "LINFANG", "password": "eight letters"}
    inside = app.test_client().post("/login", data=form | {"next": "/me"})
    assert (inside.status_code, inside.location) == (302, "/me")
    for away in ("https://example.org/", "//example.org", "/\\example.org"):
        assert "example.org" not in app.test_client().post("/login", data=form | {"next": away}).location


def test_the_language_can_be_switched_before_the_login(app):
    client = app.test_client()
    assert 'lang="zh-Hans"' in client.get("/login").text
    assert client.post("/language", data={"locale": "en"}).status_code == 302
    page = client.get("/login")
    assert ('<html lang="en"' in page.text, "Password" in page.text) == (True, True)


def test_a_person_without_roles_is_told_what_to_do(client_for):
    page = client_for(locale="en").get("/me")
    assert "You may not see any page yet." in page.text
    assert "Order clerk" in client_for("clerk", locale="en").get("/me").text


def test_people_are_listed_added_and_amended_by_the_administrator_only(client_for, session):
    client = client_for("administrator", locale="en")
    form = {
        "login": "zhao",
        "name": "赵强",
        "roles": ["loader"],
        "password": "eight letters",
        "is_active": "true",
    }
    assert client.post("/people/new", data=form).status_code == 302
    person = session.query(Person).filter_by(login="zhao").one()
    page = client.get("/people/")
    assert ("赵强" in page.text, "Loader" in page.text) == (True, True)
    assert 'value="loader" checked' in client.get(f"/people/{person.id}/").text
    change = {
        "login": "zhao",
        "name": "赵小强",
        "roles": ["loader", "keeper"],
        "is_active": "true",
    }
    assert client.post(f"/people/{person.id}/", data=change).status_code == 302
    session.expire_all()
    assert session.get(Person, person.id).name == "赵小强"
    for role in ("owner", "leader"):
        assert client_for(role).get("/people/").status_code == 403


def test_a_refused_person_keeps_what_was_typed_but_no_secret(client_for, session):
    client = client_for("administrator", locale="en")
    form = {"login": "A B", "name": "赵强", "roles": ["loader"], "password": "eight letters"}
    answer = client.post("/people/new", data=form)
    assert answer.status_code == 422
    assert ("赵强" in answer.text, 'value="loader" checked' in answer.text) == (True, True)
    assert "eight letters" not in answer.text


def test_a_search_lists_many_goes_to_one_and_helps_with_none(client_for, session):
    make_person(session)
    client = client_for("clerk", locale="en")
    assert "What are you looking for?" in client.get("/find").text
    page = client.get("/find", query_string={"q": "<nothing>"})
    assert "Nothing was found for “&lt;nothing&gt;”." in page.text
