"""The pages of questions to dealers: the clerk's, and the dealer's without a log-in."""

import re
from contextlib import contextmanager
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from core.clock import now
from erp.parties.model import Party
from erp.sales import service as sales
from erp.sales.model import Line, Question, QuestionLink
from erp.sales.rules.issues import Field
from erp.sales.rules.questions import About, Asking, QuestionState
from tests.conftest import build, copy_of
from tests.factories.erp_sales import line_entry, make_draft

TOKEN = "token-of-the-test"


@pytest.fixture
def asked(session):
    """An order whose dealer is asked for a wall and a handing."""
    order = make_draft(session, line_entry())
    line = session.scalars(select(Line)).one()
    askings = [
        Asking("墙厚是多少？", line_id=line.id, field=Field.WALL),
        Asking("怎么开？", line_id=line.id, field=Field.HANDING),
    ]
    sales.ask(session, About(order_id=order.id), askings, TOKEN, by=None, at=now())
    session.commit()
    return order


def ids(session):
    return session.scalars(select(Question.id).order_by(Question.id)).all()


def test_a_clerk_asks_what_stands_against_a_line_and_gets_the_link_once(client_for, session):
    order = make_draft(session, line_entry(height_mm=2400))
    session.commit()
    client = client_for("clerk")
    place = f"/erp/sales/questions/orders/{order.id}"
    page = BeautifulSoup(client.get(place).text, "html.parser")
    key = page.select_one("input[name=ask]")["value"]
    assert "2458" in page.find("textarea", attrs={"name": f"text:{key}"}).text
    sent = client.post(place, data={"ask": key, f"text:{key}": "高度能否改为 2300？"})
    token = re.search(r"/q/([\w-]{22})", sent.text)[1]
    assert "<svg" in sent.text
    assert token not in client.get(place).text
    assert session.scalars(select(Question)).one().text == "高度能否改为 2300？"
    assert "高度能否改为" in client.get("/erp/sales/questions/").text
    assert "高度能否改为" in client.application.test_client().get(f"/q/{token}").text


def test_the_text_for_the_dealer_names_the_factory_and_a_link_of_this_pc_alone_says_so(client_for, session):
    order = make_draft(session, line_entry(door_code="M-UNEQUAL", width_mm=1200, mother_width_mm=None))
    session.get_one(Party, order.dealer_id).locale = "en"
    session.commit()
    place = f"/erp/sales/questions/orders/{order.id}"
    client = client_for("clerk")
    page = BeautifulSoup(client.get(place).text, "html.parser")
    keys = [one["value"] for one in page.select("input[name=ask]")]
    wordings = [page.find("textarea", attrs={"name": f"text:{key}"}).text for key in keys]
    assert wordings == ["Please tell us: width of the active leaf."]  # no line before it, no "ask the dealer"
    assert "英文" in page.text  # the clerk is told in which language the dealer reads
    answer = client.post(place, data={"ask": keys[0], f"text:{keys[0]}": wordings[0]})
    shown = BeautifulSoup(answer.text, "html.parser")
    text = shown.select_one("textarea[readonly]").text
    assert text.startswith(
        f"衢江木门厂: please answer our questions about your order {order.number} here: http"
    )
    assert "只能在本机打开" in shown.text


def test_an_empty_asking_keeps_what_was_typed(client_for, session):
    order = make_draft(session, line_entry(height_mm=2400))
    session.commit()
    place = f"/erp/sales/questions/orders/{order.id}"
    client = client_for("clerk", locale="en")
    page = BeautifulSoup(client.get(place).text, "html.parser")
    key = page.select_one("input[name=ask]")["value"]
    answer = client.post(place, data={f"text:{key}": "my own words"})
    assert answer.status_code == 422
    assert "Tick at least one question" in answer.text
    assert "my own words" in answer.text


def test_a_link_is_renewed_and_withdrawn_and_a_question_closed_by_their_buttons(
    app, client_for, session, asked
):
    client, stranger = client_for("clerk"), app.test_client()
    place = f"/erp/sales/questions/orders/{asked.id}"
    renewed = client.post(f"{place}/renew").text
    assert BeautifulSoup(renewed, "html.parser").select("form[data-once]")[-1]["action"] == place
    token = re.search(r"/q/([\w-]{22})", renewed)[1]
    assert (stranger.get(f"/q/{TOKEN}").status_code, stranger.get(f"/q/{token}").status_code) == (422, 200)
    client.post(f"{place}/revoke")
    assert "已收回" in client.get(place).text
    assert "收回此链接" in stranger.get(f"/q/{token}").text
    for one in ids(session):
        client.post(f"{place}/close", data={"question": one, "reason": "电话"})
    session.expire_all()
    assert asked.state.value == "DRAFT"
    assert client.get("/erp/sales/questions/nonsense/1").status_code == 404


@pytest.mark.parametrize(("roles", "status"), [(("keeper",), 403), (("owner",), 403)])
def test_who_may_not_ask(client_for, session, asked, roles, status):
    client = client_for(*roles)
    assert (
        client.post(f"/erp/sales/questions/orders/{asked.id}", data={"free_text": "?"}).status_code == status
    )


def test_a_stranger_with_the_link_sees_the_questions_and_nothing_else(app, session, asked):
    page = app.test_client().get(f"/q/{TOKEN}").text
    assert "墙厚是多少？" in page
    assert 'type="radio"' in page
    assert "/erp/" not in page
    assert session.scalars(select(QuestionLink)).one().view_count == 1


def test_the_page_speaks_the_dealers_language_until_it_is_switched(app, session, asked):
    client = app.test_client()
    assert "发送答复" in client.get(f"/q/{TOKEN}").text
    assert "Send the answers" in client.get(f"/q/{TOKEN}?lang=en").text


def test_wrong_expired_and_withdrawn_links_say_so(app, session, asked):
    client = app.test_client()
    assert "not known" in client.get("/q/wrong?lang=en").text
    link = session.scalars(select(QuestionLink)).one()
    link.expires_at = now() - timedelta(minutes=1)
    session.commit()
    assert "has expired" in client.get(f"/q/{TOKEN}?lang=en").text
    link.revoked_at = now()
    session.commit()
    shut = client.post(f"/q/{TOKEN}?lang=en", data={"name": "陈丽"})
    assert (shut.status_code, "withdrawn" in shut.text, "墙厚" in shut.text) == (422, True, False)


def test_an_answer_sent_twice_is_taken_once_and_thanked_for(app, session, asked):
    client, (wall, hand) = app.test_client(), ids(session)
    said = {"name": "陈丽", f"value-{wall}": "200", f"value-{hand}": "OUT_R"}
    for _ in "12":
        assert client.post(f"/q/{TOKEN}", data=said).status_code == 302
    session.expire_all()
    line = session.scalars(select(Line)).one()
    assert (line.wall_mm, line.handing.value, asked.state.value) == (240, "IN_L", "DRAFT")
    thanks = client.get(f"/q/{TOKEN}?lang=en").text
    assert "陈丽" in thanks
    assert thanks.count("The factory looks at your answer") == 2


def answered(app, session, **said):
    """The dealer's two questions, answered on his page as it stands."""
    client, (wall, hand) = app.test_client(), ids(session)
    page = BeautifulSoup(client.get(f"/q/{TOKEN}").text, "html.parser")
    given = {box["name"]: box["value"] for box in page.select("input[name^=seen-]")}
    given |= {"name": "陈丽", f"value-{wall}": "200", f"value-{hand}": "OUT_R"}
    assert client.post(f"/q/{TOKEN}", data=given | said).status_code == 302
    return wall, hand


def forms_of(page, verb):
    found = BeautifulSoup(page.text, "html.parser").select(f"form[action$='/{verb}']")
    return [
        (form["action"], {box["name"]: box.get("value", "") for box in form.select("input[name]")})
        for form in found
    ]


def test_the_dealer_sees_the_door_that_he_is_asked_about(app, session, asked):
    page = BeautifulSoup(app.test_client().get(f"/q/{TOKEN}?lang=en").text, "html.parser")
    assert len(page.select("main section svg.drawing[role=img]")) == 1  # two questions, one door
    told = {one.text: one.find_next_sibling("dd").text.strip() for one in page.select("dl.kv dt")}
    assert (told["Width"], told["Height"], told["Wall thickness"]) == ("900 mm", "2100 mm", "240 mm")
    assert "left" in told["Handing"].lower()
    assert "outside" in page.select_one("svg.drawing[role=img]").text
    assert page.select_one("meta[name=viewport]")


def test_a_clerk_accepts_one_answer_and_rejects_the_other_from_the_order(app, client_for, session, asked):
    wall, hand = answered(app, session)
    client = client_for("clerk", locale="en")
    assert "2 answers to decide on" in client.get("/erp/sales/orders/?view=answered").text
    order = client.get(f"/erp/sales/orders/{asked.id}/")
    accepts, rejects = forms_of(order, "accept"), forms_of(order, "reject")
    assert [given["question"] for _to, given in accepts] == [str(wall), str(hand)]
    back = client.post(accepts[0][0], data=accepts[0][1])
    assert back.location.endswith(
        f"/erp/sales/orders/{asked.id}/?line={session.scalar(select(Line.id))}#answers"
    )
    client.post(rejects[1][0], data=rejects[1][1] | {"reason": "这是卫生间，请再看"})
    session.expire_all()
    line = session.scalars(select(Line)).one()
    assert (line.wall_mm, line.handing.value, asked.state.value) == (200, "IN_L", "QUERY")
    dealer = app.test_client().get(f"/q/{TOKEN}?lang=en").text
    assert "这是卫生间，请再看" in dealer
    assert "Your answer was not accepted" in dealer
    assert "1 question open" in client.get("/erp/sales/orders/").text


def test_a_decision_that_came_too_late_says_so_and_changes_nothing(app, client_for, session, asked):
    answered(app, session)
    client = client_for("clerk", locale="en")
    to, given = forms_of(client.get(f"/erp/sales/orders/{asked.id}/"), "accept")[0]
    session.expire_all()
    line = session.scalars(select(Line)).one()
    sales.amend_line(session, asked.id, line.id, line_entry(width_mm=1000), by=None, at=now())
    session.commit()
    page = client.get(client.post(to, data=given).location)
    assert "was changed a moment ago" in page.text
    assert "Accept all the same" in page.text
    to, given = forms_of(page, "reject")[0]
    assert "Say why the answer is rejected" in client.get(client.post(to, data=given).location).text
    session.expire_all()
    assert session.scalars(select(Line)).one().wall_mm == 240


def test_who_may_not_write_decides_on_nothing(app, client_for, session, asked):
    wall, _hand = answered(app, session)
    owner = client_for("owner")
    assert not forms_of(owner.get(f"/erp/sales/orders/{asked.id}/"), "accept")
    place = f"/erp/sales/questions/orders/{asked.id}"
    for verb in ("accept", "reject"):
        assert owner.post(f"{place}/{verb}", data={"question": wall, "reason": "x"}).status_code == 403


def test_a_link_to_an_order_that_went_on_says_so_and_asks_nothing(app, session, asked):
    sales.cancel(session, asked.id, "", by=None, at=now())
    session.commit()
    page = app.test_client().get(f"/q/{TOKEN}?lang=en").text
    assert "This order went on" in page
    assert "<form" not in page


def test_a_mistake_loses_nothing_and_says_what_was_expected(app, session, asked):
    wall, hand = ids(session)
    said = {"name": "陈丽", f"value-{wall}": "很厚", f"value-{hand}": "OUT_R", f"remark-{wall}": "问师傅"}
    answer = app.test_client().post(f"/q/{TOKEN}?lang=en", data=said)
    page = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 422
    assert "is not a size" in page.select_one(".field-error").text
    typed = [
        page.find("input", attrs={"name": name})["value"]
        for name in (f"value-{wall}", f"remark-{wall}", "name")
    ]
    assert typed == ["很厚", "问师傅", "陈丽"]
    assert page.find("input", attrs={"name": f"value-{hand}", "value": "OUT_R"}).has_attr("checked")
    open_ones = select(func.count()).where(Question.state == QuestionState.OPEN)
    assert session.scalar(open_ones) == 2


@contextmanager
def strict(template, folder, **settings):
    """A client of an application that is set as in a factory."""
    app = build(copy_of(template, "strict", folder), **settings)
    yield app.test_client()
    app.extensions["sessions"].engine.dispose()


def test_answers_need_their_proof_of_origin(template, tmp_path):
    with strict(template, tmp_path, WTF_CSRF_ENABLED=True) as client:
        assert client.post("/q/x", data={"name": "陈丽"}).status_code == 400


def test_answers_come_no_faster_than_people_type(template, tmp_path):
    with strict(template, tmp_path, RATELIMIT_ENABLED=True) as client:
        assert [client.post("/q/x").status_code for _ in range(21)][-2:] == [422, 429]
