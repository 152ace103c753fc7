from core.auth import queries, service
from tests.conftest import NOON
from tests.core.pdf.paper import scanned, words


def test_badges_in_force_are_printed_and_read_back(client_for, session):
    kept = service.add_person(session, "lin", "林芳", ["clerk"], password="long enough", by=None, at=NOON)
    left = service.add_person(session, "sun", "孙丽", ["packer"], password="long enough", by=None, at=NOON)
    service.amend_person(
        session, left.id, name="孙丽", roles=[], is_active=False, password=None, by=kept.id, at=NOON
    )
    session.commit()
    answer = client_for("administrator").get("/people/badges.pdf")
    badge = next(code for person, _, code in queries.people(session) if person.id == kept.id)
    assert answer.mimetype == "application/pdf"
    text = "".join(words(answer.data))
    assert ("林芳" in text, "接单员" in text, "孙丽" in text) == (True, True, False)
    assert set(scanned(answer.data).values()) == {badge}


def test_badges_are_the_administrators(client_for):
    assert client_for("clerk").get("/people/badges.pdf").status_code == 403
