"""Ways in and out: password, token, language; and who may manage people."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.auth import queries, service
from core.auth.model import Badge, Person
from core.auth.rules import LoginUnfit, LoginWrong, PasswordWeak, PinUnfit
from tests.conftest import NOON


@pytest.fixture
def clerk(session):
    person = service.add_person(
        session, "lin", "林芳", ["clerk"], password="sägemehl 12", pin="4711", by=None, at=NOON
    )
    session.commit()
    return person


def test_the_right_password_leads_to_where_one_wanted_to_go(app, session, clerk):
    client = app.test_client()
    sent = {"login": " LIN ", "password": "sägemehl 12", "next": "/erp/sales/orders/?sort=due"}
    answer = client.post("/login", data=sent)
    assert (answer.status_code, answer.location) == (302, "/erp/sales/orders/?sort=due")
    assert "林芳" in client.get("/me").text


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_nobody_is_led_to_another_site(app, session, clerk, elsewhere):
    answer = app.test_client().post(
        "/login", data={"login": "lin", "password": "sägemehl 12", "next": elsewhere}
    )
    assert "evil" not in answer.location


def test_a_wrong_password_keeps_what_was_typed(app, session, clerk):
    answer = app.test_client().post("/login", data={"login": "lin", "password": "x", "next": "/me"})
    assert answer.status_code == 403
    assert 'value="lin"' in answer.text
    assert 'value="x"' not in answer.text


def test_a_page_without_log_in_leads_to_the_log_in_and_back(app, session):
    answer = app.test_client().get("/me?x=1")
    assert (answer.status_code, answer.location) == (302, "/login?next=/me?x%3D1")


def test_a_form_sent_without_log_in_is_told_so(app, session):
    assert app.test_client().post("/logout").status_code == 401


def test_logged_out_is_out(client_for):
    client = client_for("clerk")
    assert client.get("/me").status_code == 200
    client.post("/logout")
    assert client.get("/me").status_code == 302


def test_the_language_is_kept_with_the_person(client_for, session):
    client = client_for("clerk")
    assert 'lang="zh-Hans"' in client.get("/me").text
    client.post("/language", data={"locale": "en", "next": "/me"})
    assert 'lang="en"' in client.get("/me").text
    session.expire_all()
    assert queries.by_id(session, client.person_id).locale == "en"


def test_only_the_administrator_manages_people(client_for):
    assert client_for("clerk").get("/people/").status_code == 403
    assert client_for("administrator").get("/people/").status_code == 200


def test_a_person_is_taken_in_on_the_page(client_for, session):
    client = client_for("administrator")
    sent = {
        "login": "sun",
        "name": "孙丽",
        "roles": ["packer", "loader"],
        "password": "long enough",
        "pin": "",
    }
    assert client.post("/people/new", data=sent).status_code == 302
    known = service.check_password(session, "sun", "long enough")
    assert known.roles == {"packer", "loader"}


def test_a_refused_person_keeps_what_was_typed(client_for):
    sent = {"login": "sun", "name": "孙丽", "roles": ["packer"], "password": "short"}
    answer = client_for("administrator").post("/people/new", data=sent)
    assert (answer.status_code, "孙丽" in answer.text) == (422, True)


def test_a_token_acts_for_its_person(app, session, clerk):
    key = service.create_token(session, "lin", "shop software", by=None, at=NOON)
    session.commit()
    client = app.test_client()
    assert client.get("/me", headers={"Authorization": f"Bearer {key}"}).status_code == 200
    assert client.get("/me", headers={"Authorization": "Bearer mt_other"}).status_code == 302


def test_the_key_of_a_token_is_not_kept(session, clerk):
    key = service.create_token(session, "lin", "", by=None, at=NOON)
    stored = service.Token.__table__.select()
    assert key not in str(session.execute(stored).all())


@pytest.mark.parametrize(
    ("over", "refusal"),
    [
        ({"login": "Ж"}, LoginUnfit),
        ({"login": "a b"}, LoginUnfit),
        ({"password": "short12"}, PasswordWeak),
        ({"pin": "12a4"}, PinUnfit),
        ({"pin": "123"}, PinUnfit),
    ],
)
def test_an_unfit_person_is_refused(session, over, refusal):
    given = {"login": "sun", "password": "long enough", "pin": None} | over
    with pytest.raises(refusal):
        service.add_person(
            session,
            given["login"],
            "孙丽",
            [],
            password=given["password"],
            pin=given["pin"],
            by=None,
            at=NOON,
        )


def test_a_signature_needs_badge_and_pin(session, clerk):
    badge = queries.people(session)[0][2]
    assert service.check_signature(session, badge, "4711", at=NOON).id == clerk.id
    for wrong_badge, wrong_pin in ((badge, "4712"), ("U00017J", "4711")):
        assert service.check_signature(session, wrong_badge, wrong_pin, at=NOON) is None


def test_five_wrong_pins_lock_the_signature_for_a_quarter_of_an_hour(session, clerk):
    badge = queries.people(session)[0][2]
    for second in range(5):
        assert (
            service.check_signature(session, badge, "0000", at=NOON + timedelta(seconds=10 * second)) is None
        )
    last = NOON + timedelta(seconds=40)
    assert service.check_signature(session, badge, "4711", at=last + timedelta(minutes=14)) is None
    later = last + timedelta(minutes=15)
    assert service.check_signature(session, badge, "4711", at=later).id == clerk.id
    session.expire_all()
    assert clerk.pin_failed_count == 0


def test_a_right_pin_forgets_the_wrong_ones_before_it(session, clerk):
    badge = queries.people(session)[0][2]
    for _ in range(3):
        for wrong in ("0000", "0001", "0002", "0003"):
            assert service.check_signature(session, badge, wrong, at=NOON) is None
        assert service.check_signature(session, badge, "4711", at=NOON).id == clerk.id


def test_a_person_chooses_a_pin_of_their_own(client_for, session):
    client = client_for("leader")
    person = session.get(Person, client.person_id)
    person.password_hash = service.HASHER.hash("sägemehl 12")
    session.commit()
    assert "新 PIN" in client.get("/me/pin").text
    wrong = client.post("/me/pin", data={"password": "nope nope", "pin": "8899"})
    assert (wrong.status_code, "这不是您的密码" in wrong.text) == (403, True)
    unfit = client.post("/me/pin", data={"password": "sägemehl 12", "pin": "88"})
    assert (unfit.status_code, "4" in unfit.text) == (422, True)
    assert client.post("/me/pin", data={"password": "sägemehl 12", "pin": "8899"}).status_code == 302
    session.expire_all()
    badge = session.scalars(select(Badge.code).where(Badge.person_id == person.id)).one()
    assert service.check_signature(session, badge, "8899", at=NOON).id == person.id
    assert "8899" not in person.pin_hash


def test_the_administrator_gives_nobody_a_pin_and_takes_a_forgotten_one_away(client_for, app, session, clerk):
    badge = queries.people(session)[0][2]
    session.commit()
    admin = client_for("administrator")
    page = admin.get(f"/people/{clerk.id}/").text
    assert 'name="pin"' not in page
    given = {
        "name": "林芳",
        "login": "lin",
        "roles": "leader",
        "password": "",
        "pin": "1234",
        "is_active": "true",
    }
    admin.post(f"/people/{clerk.id}/", data=given)
    session.expire_all()
    assert service.check_signature(session, badge, "4711", at=NOON).id == clerk.id  # as it was
    session.commit()
    assert admin.post(f"/people/{clerk.id}/pin").status_code == 302
    session.expire_all()
    assert clerk.pin_hash is None
    assert service.check_signature(session, badge, "4711", at=NOON) is None
    session.commit()
    answer = app.test_client().post(
        "/login", data={"login": "lin", "password": "sägemehl 12"}, follow_redirects=True
    )
    assert "没有 PIN" in answer.text


def test_who_left_does_not_get_in(session, clerk):
    service.amend_person(
        session,
        clerk.id,
        name="林芳",
        roles=["clerk"],
        is_active=False,
        password=None,
        by=clerk.id,
        at=NOON,
    )
    session.flush()
    with pytest.raises(LoginWrong):
        service.check_password(session, "lin", "sägemehl 12")


def test_a_new_badge_puts_the_old_one_out_of_force(session, clerk):
    old = queries.people(session)[0][2]
    new = service.give_badge(session, clerk.id, at=NOON)
    session.flush()
    assert (queries.by_badge(session, old), queries.by_badge(session, new).id) == (None, clerk.id)
