"""What a person shows of a dealer's way of writing is used on the next sheet, said there, and taken back."""

import io

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from core.audit.model import Entry as AuditEntry
from core.errors import NotFound
from erp.catalogue.rules.document import Handing
from erp.sales import service as sales
from erp.sales.model import ImportRow, Remembered
from erp.sales.queries.lessons import habits_of, remembered
from erp.sales.queries.offer import offer, vocabulary
from erp.sales.rules.files import read_sheets
from erp.sales.rules.issues import IssueCode, Severity
from erp.sales.rules.lessons import Lesson, LessonKind, LessonUnclear
from erp.sales.rules.lines import read_order
from tests.erp.sales import sheets
from tests.factories.erp_sales import MADE_AT, make_catalogue, make_dealer

BY = {"by": None, "at": MADE_AT}
HEADINGS = ("房间", "型号", "颜色", "洞口尺寸", "门洞深", "开向", "数量")
STRANGE = sheets.plain_order(("主卧", "老款平板", "珍珠贝", "2000*1900", 240, "一号", 1), headings=HEADINGS)


@pytest.fixture
def ground(session):
    make_catalogue(session)
    dealer = make_dealer(session)
    session.commit()
    return dealer


def read_for(session, dealer, content=STRANGE):
    words = vocabulary(offer(session), habits_of(session, dealer.id))
    return read_order(read_sheets(content, "a.xlsx"), words)


def keep(session, dealer):
    upload = sales.Upload(dealer.id, "a.xlsx", STRANGE)
    return sales.start_import(session, upload, read_for(session, dealer), **BY)


def teach(session, sheet, kind, word, meaning):
    return sales.learn(session, sheet.id, Lesson(kind, word, meaning), **BY)


LESSONS = (
    (LessonKind.COLUMN, "门洞深", "WALL"),
    (LessonKind.MODEL, "老款平板", "M-CASED"),
    (LessonKind.COLOUR, "珍珠贝", "WHITE"),
    (LessonKind.HANDING, "一号", "IN_L"),
    (LessonKind.SIZE_ORDER, "", "HEIGHT"),
)


def test_the_next_sheet_of_the_dealer_is_read_as_was_shown_and_says_so(session, ground):
    sheet = keep(session, ground)
    (before,) = read_for(session, ground).rows
    assert (before.values.model, before.values.colour, before.values.wall_mm) == (None, None, None)
    for lesson in LESSONS:
        teach(session, sheet, *lesson)
    order = read_for(session, ground)
    values = order.rows[0].values
    assert (values.model, values.colour, values.wall_mm) == ("M-CASED", "WHITE", 240)
    assert (values.height_mm, values.width_mm, values.handing) == (2000, 1900, Handing.IN_L)
    said = [dict(one.facts) for one in order.rows[0].issues if one.code is IssueCode.LEARNED_READ]
    assert {(one["raw"], one["read"]) for one in said} == {
        ("老款平板", "M-CASED"),
        ("珍珠贝", "WHITE"),
        ("一号", "IN_L"),
    }
    assert {one["day"] for one in said} == {MADE_AT.date().isoformat()}
    used = [one for one in order.issues if one.code is IssueCode.LEARNED_USED]
    assert {dict(one.facts)["raw"] for one in used} == {"门洞深", "洞口尺寸"}
    assert {one.severity for one in used} == {Severity.NOTE}


def test_another_dealers_sheet_is_read_as_before(session, ground):
    sheet = keep(session, ground)
    for lesson in LESSONS:
        teach(session, sheet, *lesson)
    other = make_dealer(session, code="YW")
    assert read_for(session, other).rows[0].values.colour is None


def test_a_word_shown_otherwise_means_the_new_thing_and_is_kept_once(session, ground):
    sheet = keep(session, ground)
    first = teach(session, sheet, LessonKind.COLOUR, "珍珠贝", "WHITE")
    again = teach(session, sheet, LessonKind.COLOUR, " 珍珠贝 ", "GREY")
    assert (first.id, again.meaning) == (again.id, "GREY")
    assert len(remembered(session, ground.id)) == 1
    told = session.scalars(select(AuditEntry).where(AuditEntry.subject == "erp.sales.remembered")).all()
    assert [one.changes for one in told] == [
        {"COLOUR.珍珠贝": [None, "WHITE"]},
        {"COLOUR.珍珠贝": ["WHITE", "GREY"]},
    ]


def test_what_is_taken_back_is_asked_again(session, ground):
    known = teach(session, keep(session, ground), LessonKind.COLOUR, "珍珠贝", "WHITE")
    sales.forget(session, ground.id, known.id, **BY)
    session.flush()
    codes = {one.code for one in read_for(session, ground).rows[0].issues}
    assert IssueCode.UNKNOWN_COLOUR in codes
    with pytest.raises(NotFound):
        sales.forget(session, ground.id, known.id, **BY)


@pytest.mark.parametrize(
    "lesson",
    [
        (LessonKind.COLOUR, "珍珠贝", "NO-SUCH"),
        (LessonKind.MODEL, "-", "M-SINGLE"),
        (LessonKind.COLUMN, "门洞深", "POSITION"),
        (LessonKind.SIZE_ORDER, "", "DEPTH"),
        (LessonKind.HANDING, "x" * 81, "IN_L"),
    ],
)
def test_what_has_no_meaning_is_not_remembered(session, ground, lesson):
    with pytest.raises(LessonUnclear):
        teach(session, keep(session, ground), *lesson)
    assert not remembered(session, ground.id)


# --- pages ------------------------------------------------------------------


def send(client, dealer):
    given = {"dealer_id": dealer.id, "sheet": (io.BytesIO(STRANGE), "a.xlsx")}
    return client.post("/erp/sales/imports/new", data=given).location


def soup(answer):
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


def test_a_correction_is_remembered_from_the_review_and_taken_back_on_its_page(client_for, session, ground):
    client = client_for("clerk")
    address = send(client, ground)
    row = session.scalars(select(ImportRow)).one()
    client.post(f"{address}rows/{row.id}", data={"colour": "WHITE"})
    forms = [form for form in soup(client.get(address)).select("#remember form") if "珍珠贝" in form.text]
    given = {box["name"]: box["value"] for box in forms[0].select("input[name]")}
    assert client.post(forms[0]["action"], data=given).status_code == 302
    heading = {"kind": "COLUMN", "word": "门洞深", "meaning": "WALL"}
    client.post(forms[0]["action"], data=heading)
    session.expire_all()
    assert {one.meaning for one in session.scalars(select(Remembered))} == {"WHITE", "WALL"}
    second = soup(client.get(send(client, ground)))
    assert "珍珠贝" not in second.select_one("#remember").text
    page = soup(client.get(f"/erp/sales/remembered/{ground.id}/"))
    assert len(page.select("tbody tr")) == 2
    back = page.select_one("tbody form")["action"]
    assert client.post(back).status_code == 302
    assert len(session.scalars(select(Remembered)).all()) == 1


def test_who_may_not_import_may_not_teach(client_for, session, ground):
    address = send(client_for("clerk"), ground)
    owner = client_for("owner")
    given = {"kind": "COLUMN", "word": "门洞深", "meaning": "WALL"}
    assert owner.post(f"{address}learn", data=given).status_code == 403
    assert not owner.get(address).text.count('name="meaning"')
    assert client_for("clerk").get("/erp/sales/remembered/999/").status_code == 404


def test_a_meaning_that_is_none_is_refused_on_the_page(client_for, session, ground):
    client = client_for("clerk")
    address = send(client, ground)
    answer = client.post(f"{address}learn", data={"kind": "COLUMN", "word": "门洞深", "meaning": "X"})
    assert (
        "门洞深" in soup(client.get(answer.location)).select_one(".flash, [role=status], [role=alert]").text
    )
    assert not session.scalars(select(Remembered)).all()
