"""What a person shows of a dealer's way of writing is used on the next sheet, said there, and taken back."""

import io
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from core.audit.model import Entry as AuditEntry
from core.errors import NotFound
from erp.catalogue.rules.document import DimBasis, Handing
from erp.sales import service as sales
from erp.sales.model import ImportRow, Line, Remembered
from erp.sales.queries.lessons import habits_of, remembered
from erp.sales.queries.offer import offer, vocabulary
from erp.sales.rules.examples import Example, taught
from erp.sales.rules.files import read_sheets
from erp.sales.rules.issues import Field, IssueCode, Severity, issue
from erp.sales.rules.kept import read_issues
from erp.sales.rules.lessons import Lesson, LessonKind, LessonUnclear
from erp.sales.rules.lines import read_order
from erp.sales.rules.orders import ImportClosed
from erp.sales.rules.review import Act, Action
from erp.sales.service.imports import rows_of
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


# --- what holds for every line ----------------------------------------------

BARE = ("房间", "型号", "颜色", "宽", "高", "墙厚", "开向", "锁具", "数量")
IN_CM = sheets.plain_order(
    ("主卧", "免漆单开门", "暖白", 90, 210, "", "内左", "", 1),
    ("次卧", "免漆单开门", "暖白", 80, 205, 24, "内右", "无", 1),
    headings=BARE,
)


def one_line(session, dealer, *line, headings=BARE):
    return read_for(session, dealer, sheets.plain_order(line, headings=headings)).rows[0]


@pytest.mark.parametrize(("unit", "width"), [("CM", "900"), ("INCH", "2286"), ("MM", "90")])
def test_the_unit_of_a_dealer_is_taken_and_said(session, ground, unit, width):
    sales.teach(session, ground.id, Lesson(LessonKind.UNIT, "", unit), **BY)
    row = one_line(session, ground, "主卧", "免漆单开门", "暖白", 90, 210, 24, "内左", "", 1)
    assert dict(row.values.texts())["width_mm"] == width
    said = {one.code for one in row.issues}
    assert (IssueCode.UNIT_READ in said) is (unit != "MM")
    assert IssueCode.UNIT_SUSPECT not in said


def test_what_the_sizes_are_of_is_taken_and_only_noted(session, ground):
    sales.teach(session, ground.id, Lesson(LessonKind.DIM_BASIS, "", "LEAF"), **BY)
    order = read_for(session, ground, IN_CM)
    assert {row.values.dim_basis for row in order.rows} == {DimBasis.LEAF}
    (basis,) = [one for one in order.issues if one.code is IssueCode.DIM_BASIS_ASSUMED]
    assert basis.severity is Severity.NOTE


def test_the_usual_lock_and_wall_stand_where_nothing_is_written_and_the_wall_is_asked(session, ground):
    sales.teach(session, ground.id, Lesson(LessonKind.LOCK, "", "SILVER"), **BY)
    sales.teach(session, ground.id, Lesson(LessonKind.WALL, "", "200"), **BY)
    first, second = read_for(session, ground, IN_CM).rows
    assert (first.values.lock, first.values.wall_mm) == ("SILVER", 200)
    assert (second.values.lock, second.values.wall_mm) == ("", 240)  # 无 is not nothing written
    said = {one.field: one for one in first.issues if one.code is IssueCode.LEARNED_USUAL}
    assert {field: one.severity for field, one in said.items()} == {
        Field.LOCK: Severity.NOTE,
        Field.WALL: Severity.ASK,
    }
    assert said[Field.WALL].cell == "F2"
    assert dict(said[Field.WALL].facts) == {"read": "200", "day": MADE_AT.date().isoformat()}


def test_the_usual_lock_of_a_dealer_is_not_put_on_a_model_that_has_none(session, ground):
    sales.teach(session, ground.id, Lesson(LessonKind.LOCK, "", "SILVER"), **BY)
    row = one_line(session, ground, "走道", "免漆垭口", "暖白", 1500, 2200, 240, "", "", 1)
    assert row.values.lock == ""


def test_a_lock_of_the_dealers_own_name_is_read_as_was_shown(session, ground):
    sales.teach(session, ground.id, Lesson(LessonKind.LOCK, "老锁", "SILVER"), **BY)
    row = one_line(session, ground, "主卧", "免漆单开门", "暖白", 900, 2100, 240, "内左", "老锁", 1)
    assert row.values.lock == "SILVER"
    assert [one.field for one in row.issues if one.code is IssueCode.LEARNED_READ] == [Field.LOCK]


# --- learning by example ----------------------------------------------------


def example(typed=(), issues=(), **values):
    """A row of a sheet in cm, in one cell or three; what of it a hand has typed."""
    cells = {"width_mm": "90", "height_mm": "210", "wall_mm": "24"}
    now = {"width_mm": "900", "height_mm": "2100", "wall_mm": "240"}
    return Example(values.pop("cells", cells), now | values, typed, issues)


def settled(code, field):
    return (replace(issue(code, Severity.ASK, field), is_settled=True),)


def lessons_of(*rows, issues=()):
    return {(one.kind.value, one.word, one.meaning) for one in taught(rows, issues)}


def test_a_unit_is_taught_by_a_size_that_was_typed_or_confirmed():
    assert lessons_of(example()) == set()
    assert lessons_of(example(typed=["width_mm"])) == {("UNIT", "", "CM")}
    assert lessons_of(example(issues=settled(IssueCode.UNIT_SUSPECT, Field.HEIGHT))) == {("UNIT", "", "CM")}
    assert lessons_of(example(typed=["wall_mm"], wall_mm="24")) == {("UNIT", "", "MM")}
    assert lessons_of(example(typed=["width_mm"], width_mm="2286")) == {("UNIT", "", "INCH")}


def test_rows_that_contradict_each_other_teach_nothing_of_every_line():
    assert lessons_of(example(typed=["width_mm"]), example(typed=["wall_mm"], wall_mm="24")) == set()


@pytest.mark.parametrize(
    ("text", "width", "height", "meaning"),
    [
        ("2000*1900", "1900", "2000", "HEIGHT"),
        ("2000*1900", "2000", "1900", "WIDTH"),
        ("200*190*24", "1900", "2000", "HEIGHT"),
        ("240*2000*1900", "1900", "2000", "HEIGHT"),
    ],
)
def test_the_order_of_sizes_is_taught_by_one_cell(text, width, height, meaning):
    cells = {"width_mm": text, "height_mm": text}
    row = example(typed=["width_mm"], cells=cells, width_mm=width, height_mm=height)
    assert lessons_of(row) == {("SIZE_ORDER", "", meaning)}


@pytest.mark.parametrize("text", ["1900*240*2000", "宽1900*高2000", "1900*1900", "900", "?"])
def test_a_cell_that_says_no_order_teaches_none(text):
    row = example(typed=["width_mm"], cells={"width_mm": text, "height_mm": text}, width_mm="1900")
    assert {kind for kind, _word, _meaning in lessons_of(row)} <= {"UNIT"}


def test_what_was_typed_where_nothing_was_written_teaches_the_usual():
    cells = {"width_mm": "900", "lock": "-"}
    rows = [example(typed=["lock", "wall_mm"], cells=cells, lock="SILVER") for _ in "12"]
    assert lessons_of(*rows) == {("LOCK", "", "SILVER"), ("WALL", "", "240")}
    assert lessons_of(*rows, example(typed=["lock"], cells=cells, lock="BLACK")) == {("WALL", "", "240")}


def test_what_sizes_are_of_is_taught_by_the_answer_for_the_whole_sheet():
    asked = settled(IssueCode.DIM_BASIS_ASSUMED, Field.DIM_BASIS)
    assert lessons_of(example(dim_basis="LEAF"), issues=asked) == {("DIM_BASIS", "", "LEAF")}
    assert lessons_of(example(dim_basis="LEAF")) == set()


# --- reading a sheet again --------------------------------------------------


def test_a_sheet_is_read_again_with_what_was_learned_and_keeps_what_was_typed(session, ground):
    sheet = keep(session, ground)
    row = session.scalars(select(ImportRow).where(ImportRow.import_id == sheet.id)).one()
    sales.review_row(session, sheet.id, row.id, {Field.COLOUR: "GREY", Field.SET_COUNT: "3"}, **BY)
    for lesson in LESSONS:
        teach(session, sheet, *lesson)
    changes = sales.read_again(session, sheet.id, read_for(session, ground), **BY)
    assert (row.values["colour"], row.values["set_count"]) == ("GREY", "3")  # typed: not what was learned
    assert (row.values["model"], row.values["wall_mm"], row.values["handing"]) == ("M-CASED", "240", "IN_L")
    assert row.read_values["colour"] == "WHITE"
    assert row.typed_fields == ["colour", "set_count"]
    assert changes["2.wall_mm"] == ["", "240"]
    assert "2.colour" not in changes
    assert sales.read_again(session, sheet.id, read_for(session, ground), **BY) == {}


def test_reading_again_keeps_what_was_confirmed_and_left_out(session, ground):
    content = sheets.plain_order(
        ("主卧", "免漆单开门", "暖白", 900, 2100, 300, "内左", 1, ""),
        ("次卧", "免漆单开门", "暖白", 900, 2100, 240, "内左", 1, ""),
    )
    sheet = sales.start_import(
        session, sales.Upload(ground.id, "a.xlsx", content), read_for(session, ground, content), **BY
    )
    first, second = rows_of(session, sheet.id)
    sales.settle_all(session, sheet.id)
    sales.review_row(session, sheet.id, second.id, {}, Action(Act.SKIP), **BY)
    sales.read_again(session, sheet.id, read_for(session, ground, content), **BY)
    assert [one.code for one in read_issues(first.issues) if one.is_settled] == [IssueCode.WALL_RANGE]
    assert second.is_skipped
    order = sales.take_in(session, sheet.id, on=MADE_AT.date(), **BY)
    with pytest.raises(ImportClosed):
        sales.read_again(session, sheet.id, read_for(session, ground, content), **BY)
    assert session.scalars(select(Line.touch_count).where(Line.order_id == order.id)).all() == [0]


def test_a_row_that_is_new_is_added_and_one_that_is_gone_is_left_out(session, ground):
    lines = [(room, "免漆单开门", "暖白", 900, 2100, 240, "内左", 1, "") for room in ("主卧", "次卧")]
    both, one = sheets.plain_order(*lines), sheets.plain_order(lines[0])
    upload = sales.Upload(ground.id, "a.xlsx", one)
    sheet = sales.start_import(session, upload, read_for(session, ground, one), **BY)
    sales.read_again(session, sheet.id, read_for(session, ground, both), **BY)
    assert [row.values["room"] for row in rows_of(session, sheet.id)] == ["主卧", "次卧"]
    sales.read_again(session, sheet.id, read_for(session, ground, one), **BY)
    assert [row.is_skipped for row in rows_of(session, sheet.id)] == [False, True]


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
    again = soup(client.get(address))
    assert again.select_one("[name=wall_mm]")["value"] == "240"  # the heading was learned: it is read again
    second = soup(client.get(send(client, ground)))
    assert "珍珠贝" not in second.select_one("#remember").text
    page = soup(client.get(f"/erp/sales/remembered/{ground.id}/"))
    assert len(page.select("tbody tr")) == 2
    back = page.select_one("tbody form[action$=forget]")["action"]
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


def test_the_dealers_page_shows_what_is_remembered_and_it_is_changed_and_added_to(
    client_for, session, ground
):
    client = client_for("clerk", "owner", locale="en")
    place = f"/erp/sales/remembered/{ground.id}/"
    assert "Nothing is remembered" in client.get(f"/erp/parties/parties/{ground.id}/").text
    for given in (
        {"word": "珍珠贝", "meaning": "COLOUR|WHITE"},
        {"word": "left empty by right", "meaning": "UNIT|CM"},
        {"kind": "WALL", "meaning": "200"},
        {"word": "", "meaning": "LOCK|SILVER"},
    ):
        assert client.post(f"{place}teach", data=given).status_code == 302
    client.post(f"{place}teach", data={"kind": "COLOUR", "word": "珍珠贝", "meaning": "GREY"})
    session.expire_all()
    assert {(one.kind.value, one.word, one.meaning) for one in remembered(session, ground.id)} == {
        ("COLOUR", "珍珠贝", "GREY"),
        ("UNIT", "", "CM"),
        ("WALL", "", "200"),
        ("LOCK", "", "SILVER"),
    }
    panel = soup(client.get(f"/erp/parties/parties/{ground.id}/")).select_one("aside .panel").text
    assert "珍珠贝" in panel
    assert "200 mm" in panel
    assert "silent, silver" in panel
    wrong = client.post(f"{place}teach", data={"kind": "WALL", "meaning": "9999"})
    assert "9999" in soup(client.get(wrong.location)).select_one(".flash, [role=status], [role=alert]").text
    assert len(remembered(session, ground.id)) == 4


def test_a_review_offers_what_its_corrections_teach_of_every_line(client_for, session, ground):
    client = client_for("clerk")
    given = {"dealer_id": ground.id, "sheet": (io.BytesIO(IN_CM), "cm.xlsx")}
    address = client.post("/erp/sales/imports/new", data=given).location
    rows = session.scalars(select(ImportRow).order_by(ImportRow.id)).all()
    client.post(f"{address}rows/{rows[0].id}", data={"wall_mm": "200", "lock": "SILVER", "do": ""})
    client.post(f"{address}rows/{rows[0].id}", data={"do": "settle:UNIT_SUSPECT:width_mm"})
    offered = {
        (form.select_one("[name=kind]")["value"], form.select_one("[name=meaning]")["value"])
        for form in soup(client.get(address)).select("#remember form")
        if form.select_one("input[name=meaning]")
    }
    assert offered == {("UNIT", "CM"), ("WALL", "200"), ("LOCK", "SILVER")}
