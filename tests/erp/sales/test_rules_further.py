"""What a sheet says beyond the usual columns: further choices and sizes, remarks, pictures, copies."""

import io
from decimal import Decimal

import pytest
from xlsxwriter import Workbook

from erp.sales.queries.offer import entry_for, offer, vocabulary
from erp.sales.rules.files import read_sheets
from erp.sales.rules.issues import Change, Field, IssueCode, Severity, Trust, issue
from erp.sales.rules.lines import read_order
from erp.sales.rules.review import amend
from tests.erp.sales import sheets
from tests.erp.sales.vocabularies import demo_vocabulary
from tests.factories.erp_sales import make_catalogue

LINE = ("主卧", "M-SINGLE", "暖白", 900, 2100, 240, "内左", 1)


def read_with(**further):
    """Read one line with further columns: heading -> what stands in it."""
    content = sheets.plain_order((*LINE, *further.values()), headings=(*sheets.HEADINGS[:8], *further))
    (row,) = read_order(read_sheets(content, "a.xlsx"), demo_vocabulary()).rows
    return row


def asked(row, *fields):
    return [(one.code, one.severity) for one in row.issues if one.field in fields]


@pytest.mark.parametrize(
    ("heading", "text", "field", "read"),
    [
        ("玻璃", "磨砂玻璃", Field.GLASS, "FROSTED"),
        ("玻璃", "清玻", Field.GLASS, "CLEAR"),
        ("玻璃", "无", Field.GLASS, "NONE"),
        ("下槛", "有", Field.BOTTOM, "BOARD"),
        ("套线面数", "单面", Field.FACES, "OPEN"),
        ("套线面数", "无", Field.FACES, "NONE"),
        ("左墙厚", 260, Field.WALL_L, "260"),
        ("右墙", 220, Field.WALL_R, "220"),
        ("地面厚度", "5cm", Field.FLOOR, "50"),
        ("上亮高", 400, Field.LIGHT, "400"),
    ],
)
def test_further_columns_are_read_into_choices_and_sizes(heading, text, field, read):
    row = read_with(**{heading: text})
    assert row.values.text(field) == read
    assert not [one.code for one in row.issues if one.is_open]


def test_a_dash_leaves_the_usual_choice_and_a_strange_word_stops():
    assert read_with(玻璃="-").values.glass == ""
    row = read_with(玻璃="有")
    assert asked(row, Field.GLASS) == [(IssueCode.OPTION_UNKNOWN, Severity.STOP)]
    (found,) = [one for one in row.issues if one.field is Field.GLASS]
    assert [offer[0].value for offer in found.offers] == ["NONE", "CLEAR", "FROSTED"]


def test_what_was_read_comes_into_the_order_line(session):
    make_catalogue(session)
    offered = offer(session)
    row = read_with(玻璃="磨砂", 左墙厚=260, 右墙厚=240)
    entry = entry_for(row.values, offered)
    assert entry.options["glass"] == "FROSTED"
    assert entry.measures == {"wall_l": Decimal(260), "wall_r": Decimal(240)}
    assert vocabulary(offered).model("M-SINGLE").option("glass") is not None


def test_a_choice_that_the_model_has_not_is_asked_and_left_out(session):
    make_catalogue(session)
    content = sheets.plain_order(
        ("厅", "M-CASED", "暖白", 1400, 2200, 240, "无", 1, "磨砂"), headings=(*sheets.HEADINGS[:8], "玻璃")
    )
    (row,) = read_order(read_sheets(content, "a.xlsx"), demo_vocabulary()).rows
    assert (IssueCode.OPTION_UNUSED, Severity.ASK) in asked(row, Field.GLASS)
    assert "glass" not in entry_for(row.values, offer(session)).options


@pytest.mark.parametrize(
    ("note", "code", "changes"),
    [
        ("左墙260，右墙240", IssueCode.WALL_PER_SIDE, {Field.WALL_L: "260", Field.WALL_R: "240"}),
        ("墙厚左280右200", IssueCode.WALL_PER_SIDE, {Field.WALL_L: "280", Field.WALL_R: "200"}),
        ("地面未扣50mm", IssueCode.FLOOR_NOT_DEDUCTED, {Field.FLOOR: "50"}),
        ("地板没铺，厚2cm", IssueCode.FLOOR_NOT_DEDUCTED, {Field.FLOOR: "20"}),
        ("同款共3樘", IssueCode.QTY_IN_REMARK, {Field.SET_COUNT: "3"}),
    ],
)
def test_what_a_remark_adds_is_offered_never_taken_and_not_asked_again(note, code, changes):
    row = read_with(备注=note)
    (found,) = [one for one in row.issues if one.is_open]
    assert (found.code, found.offers) == (code, (tuple(Change(f, v) for f, v in changes.items()),))
    assert all(row.values.text(field) in ("", "1") for field in changes)
    reviewed = amend(row.values, row.issues, changes, demo_vocabulary())
    assert {field: reviewed.values.text(field) for field in changes} == changes
    assert code not in {one.code for one in reviewed.issues}


def test_a_floor_without_its_thickness_is_asked_without_an_offer():
    (found,) = [one for one in read_with(备注="地面未扣").issues if one.is_open]
    assert (found.code, found.offers) == (IssueCode.FLOOR_NOT_DEDUCTED, ())


def test_a_plain_remark_asks_nothing():
    assert not [one for one in read_with(备注="业主 13857012345，靠窗先做").issues if one.is_open]


# --- pictures, copies, confidence -------------------------------------------

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)


def test_a_picture_on_a_row_is_asked_on_that_row_only():
    def fill(_book: Workbook, page):
        for number, row in enumerate((sheets.HEADINGS[:8], LINE, ("次卧", *LINE[1:]))):
            page.write_row(number, 0, row)
        page.insert_image("B3", "door.png", {"image_data": io.BytesIO(PNG)})

    rows = read_order(read_sheets(sheets.book(fill), "a.xlsx"), demo_vocabulary()).rows
    found = [[one.cell for one in row.issues if one.code is IssueCode.PICTURE_ON_ROW] for row in rows]
    assert found == [[], ["3:3"]]


def test_one_set_copied_eight_times_is_said_once_with_its_rows():
    order = read_order(read_sheets(sheets.plain_order(*[(*LINE, "")] * 8), "a.xlsx"), demo_vocabulary())
    (found,) = [one for one in order.issues if one.code is IssueCode.COPIED_ROWS]
    assert dict(found.facts) == {"rows": "2, 3, 4, 5, 6, 7, 8, 9", "count": "8"}


def test_two_equal_rows_are_no_copies():
    order = read_order(read_sheets(sheets.plain_order(*[(*LINE, "")] * 2), "a.xlsx"), demo_vocabulary())
    assert IssueCode.COPIED_ROWS not in {one.code for one in order.issues}


@pytest.mark.parametrize(
    ("code", "severity", "confidence", "trust"),
    [
        (IssueCode.UNKNOWN_COLOUR, Severity.STOP, "0", Trust.NONE),
        (IssueCode.WALL_PER_SIDE, Severity.ASK, "0.2", Trust.LOW),
        (IssueCode.DIM_ORDER_AMBIGUOUS, Severity.ASK, "0.5", Trust.LOW),
        (IssueCode.UNIT_SUSPECT, Severity.ASK, "0.8", Trust.MIDDLE),
        (IssueCode.COLOUR_READ, Severity.NOTE, "0.9", Trust.HIGH),
        (IssueCode.UNIT_READ, Severity.NOTE, "1", Trust.HIGH),
    ],
)
def test_a_confidence_is_a_number_and_a_word(code, severity, confidence, trust):
    one = issue(code, severity)
    assert (one.confidence, one.trust) == (Decimal(confidence), trust)
