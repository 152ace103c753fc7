"""The page on which a set is changed by hand, read as a technologist reads it, and the marks after the release."""

import io
from decimal import Decimal

import pandas
import pypdfium2
import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from erp.sales import service as sales
from erp.sales.model import HandEdit, Line
from erp.sales.queries import hand_edits
from mes.splitting import queries
from mes.splitting.model import DoorSet, Piece
from tests.factories.factory import FRIDAY, MORNING, make_line, make_order

SIZES = {"length_mm": "2080", "width_mm": "240", "thickness_mm": "22", "material_code": "MB22-WHITE"}


@pytest.fixture
def order(session):
    made = make_order(session, make_line(set_count=2))
    sales.confirm(session, made.id, on=FRIDAY, by=None, at=MORNING)
    session.commit()
    return made


@pytest.fixture
def line(session, order):
    return session.scalars(select(Line).where(Line.order_id == order.id)).one()


def address(line, position=0):
    return f"/erp/sales/lines/{line.id}/sets/{position}/"


def soup(answer, status=200):
    assert answer.status_code == status, answer.text[:2000]
    return BeautifulSoup(answer.text, "html.parser")


def hidden(page):
    return {name: page.select_one(f"#piece input[name={name}]")["value"] for name in ("version", "seen")}


def change(client, line, position=0, code="JAMB_L", **over):
    form = hidden(soup(client.get(f"{address(line, position)}?piece={code}")))
    data = SIZES | {"reason": "墙歪"} | form | over
    return client.post(f"{address(line, position)}pieces/{code}", data=data)


def jambs(session):
    rows = select(Piece.length_mm).where(Piece.rule_code == "JAMB_L").order_by(Piece.id)
    return session.scalars(rows).all()


def test_a_technologist_changes_one_set_releases_and_sees_it_marked_everywhere(
    client_for, session, order, line
):
    client = client_for("splitter")
    shown = soup(client.get(f"/erp/sales/orders/{order.id}/"))
    assert shown.select_one(f'a[href="{address(line)}"]') is not None
    page = soup(client.get(f"{address(line, 2)}?piece=JAMB_L"))
    assert page.select_one("#length_mm")["value"] == "2090"
    assert page.select_one("svg .hot") is not None
    assert "价格" in page.select_one(".head").text  # an edit changes no price, and the page says so
    assert change(client, line, position=2).status_code == 302
    edit = session.scalars(select(HandEdit)).one()
    page = soup(client.get(address(line, 2)))
    row = page.find("table").find_all("tr")[1].text
    assert "2090 × 240 × 22" in row
    assert "2080 × 240 × 22" in row
    assert "墙歪" in row
    panel = soup(client.get(f"/erp/sales/orders/{order.id}/"))
    assert "手改" in panel.text
    assert client.post(f"/mes/splitting/orders/{order.id}/release").status_code == 302
    assert jambs(session) == [2090, 2080]
    first, second = session.scalars(select(DoorSet).order_by(DoorSet.position)).all()
    assert "手改" not in soup(client.get(f"/mes/splitting/sets/{first.id}/")).text
    frozen = soup(client.get(f"/mes/splitting/sets/{second.id}/"))
    assert len(frozen.select(".by-hand")) == 1
    assert "墙歪" in frozen.select_one(".by-hand")["title"]
    assert edit.id in session.scalars(select(Piece.hand_edit_id)).all()
    marks = soup(client.get(f"/erp/sales/orders/{order.id}/")).select(".set-list li")
    assert ["手改" in one.text for one in marks] == [False, True]


def test_labels_papers_and_lists_carry_the_mark(client_for, session, order, line):
    client = client_for("splitter", "leader")
    change(client, line, position=1)
    client.post(f"/mes/splitting/orders/{order.id}/release")
    edited = session.scalars(select(Piece).where(Piece.hand_edit_id.is_not(None))).one()
    plain = session.scalars(
        select(Piece).where(Piece.rule_code == "JAMB_L", Piece.hand_edit_id.is_(None))
    ).one()
    assert "手改" in words(client.get(f"/mes/production/pieces/{edited.id}/label.pdf"))
    assert "手改" not in words(client.get(f"/mes/production/pieces/{plain.id}/label.pdf"))
    for kind in ("route", "material"):
        paper = words(client.get(f"/mes/worksheets/paper.pdf?kind={kind}&order={order.id}"))
        assert paper.count("★手改") == 1
    table = pandas.read_excel(
        io.BytesIO(client.get(f"/mes/worksheets/pieces.xlsx?only=cut&order={order.id}").data),
        engine="calamine",
    )
    assert table["手改"].dropna().tolist() == ["墙歪"]


def words(answer):
    assert answer.status_code == 200, answer.text[:500]
    document = pypdfium2.PdfDocument(answer.data)
    return "".join(page.get_textpage().get_text_range() for page in document)


@pytest.mark.parametrize(
    ("over", "field", "text"),
    [
        ({"length_mm": "0"}, "length_mm", "0"),
        ({"length_mm": "abc"}, "length_mm", "abc"),
        ({"reason": " "}, "reason", ""),
    ],
)
def test_what_cannot_be_read_is_marked_and_kept(client_for, session, order, line, over, field, text):
    page = soup(change(client_for("splitter"), line, **over), 400)
    assert page.select_one(f"#{field}")["aria-invalid"] == "true"
    assert page.select_one(f"#{field}")["value"].strip() == text
    assert session.scalars(select(HandEdit)).all() == []


@pytest.mark.parametrize(
    ("over", "why"),
    [
        ({"length_mm": "6001"}, "6000"),
        ({"length_mm": "2500"}, "2420"),  # a board of 2440 without its trims
        ({"material_code": "ST12-WHITE"}, "ST12-WHITE"),
        ({"length_mm": "2090"}, "左立板"),  # as the rules make it
    ],
)
def test_what_cannot_be_made_is_refused_in_plain_words(client_for, session, order, line, over, why):
    page = soup(change(client_for("splitter"), line, **over), 422)
    assert why in page.select_one(".note.stop").text
    assert page.select_one("#reason")["value"] == "墙歪"
    assert session.scalars(select(HandEdit)).all() == []


def test_a_piece_is_left_out_and_a_quantity_changed(client_for, session, order, line):
    client = client_for("splitter")
    form = hidden(soup(client.get(f"{address(line)}?piece=HEAD"))) | {"reason": "无横板"}
    assert client.post(f"{address(line)}pieces/HEAD/leave-out", data=form).status_code == 302
    form = hidden(soup(client.get(f"{address(line)}?piece=need:HINGES"))) | {
        "reason": "门重",
        "quantity": "4",
    }
    assert client.post(f"{address(line)}needs/need:HINGES", data=form).status_code == 302
    session.expire_all()
    frozen = queries.prepare(session, order.id).lines[0].sets[0].explosion
    assert "HEAD" not in {one.code for one in frozen.pieces}
    assert {one.quantity for one in frozen.requirements if one.rule_code == "HINGES"} == {Decimal(4)}


def test_a_piece_is_added(client_for, session, order, line):
    client = client_for("splitter")
    page = soup(client.get(f"{address(line)}?piece=new"))
    options = [one["value"] for one in page.select("#goes option")]
    assert {"", "package:FRAME:1", "joins:LEAF_1"} <= set(options)
    data = {
        **hidden(page),
        **{"name": "加固条", "group": "FRAME", "cut": "bar", "material_code": "ST12-WHITE"},
        **{"length_mm": "1000", "width_mm": "45", "thickness_mm": "12", "count": "2", "grain": "length"},
        **{"is_tracked": "1", "route": page.select("#route option")[1]["value"]},
        **{"goes": "package:FRAME:1", "reason": "地面高"},
    }
    wrong = soup(client.post(f"{address(line)}pieces/", data=data | {"goes": ""}), 422)
    assert wrong.select_one("#name")["value"] == "加固条"
    assert client.post(f"{address(line)}pieces/", data=data).status_code == 302
    page = soup(client.get(f"{address(line)}?piece=HAND_1"))
    assert "加固条" in page.text
    assert page.select_one("#piece form") is None  # what was added is dropped, not changed
    session.expire_all()
    made = queries.prepare(session, order.id).lines[0].sets[1].explosion.pieces[-1]
    assert (made.code, made.package, made.cut_length_mm) == ("HAND_1", "FRAME", 1000)


def test_a_stale_change_is_shown_and_kept_or_dropped(client_for, session, order, line):
    client = client_for("splitter", "clerk")
    change(client, line)
    change(client, line, code="JAMB_R")
    client.post(f"/erp/sales/orders/{order.id}/reopen")
    session.expire_all()
    lower = make_line(set_count=2, height_mm=Decimal("2050.0"))
    sales.amend_line(session, order.id, line.id, lower, by=None, at=MORNING)
    session.commit()
    client.post(f"/erp/sales/orders/{order.id}/confirm")
    assert client.post(f"/mes/splitting/orders/{order.id}/release").status_code == 422
    panel = soup(client.get(f"/erp/sales/orders/{order.id}/"))
    assert panel.select_one(".faults a[href*='/sets/0/']") is not None
    for word in ("confirm", "drop"):
        page = soup(client.get(address(line)))
        form = next(one for one in page.select("form.verb") if one["action"].endswith(word))
        data = {one["name"]: one["value"] for one in form.select("input")}
        assert client.post(form["action"], data=data).status_code == 302
    session.expire_all()
    assert [one.code for one in hand_edits.in_force(session, [line.id])[line.id]] == ["JAMB_L"]
    assert client.post(f"/mes/splitting/orders/{order.id}/release").status_code == 302


def test_who_may_not_edit_sees_the_set_and_no_form(client_for, session, order, line):
    client = client_for("clerk")
    page = soup(client.get(f"{address(line)}?piece=JAMB_L"))
    assert page.select_one("#piece") is None
    assert client.post(f"{address(line)}pieces/JAMB_L", data={}).status_code == 403


def test_a_set_that_is_not_there_is_not_found(client_for, order, line):
    client = client_for("splitter")
    assert client.get(address(line, 3)).status_code == 404
    assert client.get("/erp/sales/lines/999/sets/0/").status_code == 404


def test_an_older_page_changes_nothing_and_keeps_what_was_typed(client_for, session, order, line):
    client = client_for("splitter")
    form = hidden(soup(client.get(f"{address(line)}?piece=JAMB_L")))
    change(client, line, code="JAMB_R")
    answer = client.post(f"{address(line)}pieces/JAMB_L", data=SIZES | form | {"reason": "墙歪"})
    page = soup(answer, 409)
    assert page.select_one("#length_mm")["value"] == "2080"
    assert hidden(page) != form
