import io
import json

from mes.cohort import service
from tests.conftest import NOON
from tests.factories.people import make_person

PAGE = "/mes/cohort/"
PERIOD = {"first": "2026-10-26", "last": "2026-11-22"}


def files(*contents):
    return {"files": [(io.BytesIO(content), f"{at}.json") for at, content in enumerate(contents)]}


def test_an_export_names_nobody_and_is_compared(client_for):
    owner = client_for("owner", locale="en")
    sent = owner.post(f"{PAGE}export.json", data=PERIOD)
    body = json.loads(sent.data)
    assert "衢江木门厂" not in sent.text
    assert [one["metric"] for one in body["figures"]] == ["M1", "M2", "M3", "M4", "M5"]
    page = owner.post(PAGE, data=files(sent.data, sent.data)).text
    assert body["factory"] in page
    assert "1 older files of the same factories" in page


def test_a_tampered_file_is_refused_and_the_others_are_shown(client_for):
    owner = client_for("owner", locale="en")
    good = owner.post(f"{PAGE}export.json", data=PERIOD).data
    bad = good.replace(b"2026-11-22", b"2026-11-29")
    page = owner.post(PAGE, data=files(good, bad, b"no json"))
    assert page.status_code == 422
    assert "1.json was changed after its factory signed it" in page.text
    assert "2.json is not an export" in page.text
    assert json.loads(good)["factory"] in page.text


def test_bad_input_is_told(client_for):
    owner = client_for("owner")
    assert owner.post(PAGE, data={}).status_code == 400
    assert owner.post(f"{PAGE}export.json", data={"first": "soon", "last": "2026-11-22"}).status_code == 400
    assert client_for("clerk").get(PAGE).status_code == 403


def test_a_factory_has_one_key(session):
    person = make_person(session)
    key = service.signing_key(session, by=person.id, at=NOON)
    assert service.signing_key(session, by=person.id, at=NOON) == key
    assert len(key) == 32
