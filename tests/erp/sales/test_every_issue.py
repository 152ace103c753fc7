"""Every word that the importer has for a doubt, provoked by one line of a sheet (domain.md §7.1, and what came since).

A case is a sheet with one thing wrong: its code, how much it holds the line up, and the cell that is pointed at.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from erp.catalogue.rules.document import DimBasis
from erp.sales.queries.offer import judged, vocabulary
from erp.sales.rules.files import read_sheets
from erp.sales.rules.issues import Issue, IssueCode, Severity
from erp.sales.rules.lines import read_order
from erp.sales.rules.vocabulary import Habits, Learned
from tests.erp.sales import sheets
from tests.erp.sales.vocabularies import demo_offer

STOP, ASK, NOTE = Severity.STOP, Severity.ASK, Severity.NOTE
PLAIN = Habits()
HEADINGS = ("房间", "型号", "颜色", "洞口宽", "洞口高", "墙厚", "开向", "锁具", "数量", "备注")
GOOD = ("主卧", "M-SINGLE", "暖白", 900, 2100, 240, "内左", "黑色静音锁", 1, "")
FURTHER = ("玻璃", "碰角", "合页", "单价")
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@dataclass(frozen=True)
class Case:
    """One sheet, and the word that it must be met with."""

    code: IssueCode
    severity: Severity
    content: bytes
    cell: str
    habits: Habits = PLAIN
    name: str = "a.xlsx"


def line(**over: object) -> tuple[object, ...]:
    """The good line with some cells spoiled, by their headings."""
    return tuple(over.get(heading, value) for heading, value in zip(HEADINGS, GOOD, strict=True))


def one(code: IssueCode, severity: Severity, cell: str, habits: Habits = PLAIN, **over: object) -> Case:
    return Case(code, severity, sheets.plain_order(line(**over), headings=HEADINGS), cell, habits)


def in_one_cell(
    code: IssueCode, severity: Severity, size: str, heading: str = "洞口尺寸", model: str = "M-SINGLE"
) -> Case:
    headings = ("房间", "型号", "颜色", heading, "开向", "数量")
    content = sheets.plain_order(("主卧", model, "暖白", size, "内左", 1), headings=headings)
    return Case(code, severity, content, "D2")


def further(code: IssueCode, severity: Severity, cell: str, *cells: object) -> Case:
    content = sheets.plain_order((*GOOD, *cells), headings=(*HEADINGS, *FURTHER))
    return Case(code, severity, content, cell)


def whole(
    code: IssueCode,
    severity: Severity,
    rows: Sequence[Sequence[object]],
    cell: str,
    habits: Habits = PLAIN,
) -> Case:
    return Case(code, severity, sheets.table(rows), cell, habits)


def drawn(code: IssueCode, severity: Severity, cell: str, spoil: object) -> Case:
    """The good sheet, then spoiled as only a workbook can be."""

    def fill(workbook: Workbook, page: Worksheet) -> None:
        for number, row in enumerate((HEADINGS, GOOD, line(房间="次卧"))):
            for column, value in enumerate(row):
                if value != "":
                    page.write(number, column, value)
        spoil(workbook, page)

    return Case(code, severity, sheets.book(fill), cell)


def two_sheets() -> bytes:
    """A workbook with two order tables."""

    def fill(workbook: Workbook, page: Worksheet) -> None:
        for shown in (page, workbook.add_worksheet("二期")):
            for number, row in enumerate((HEADINGS, GOOD)):
                shown.write_row(number, 0, [str(value) for value in row])

    return sheets.book(fill)


def learned(*words: tuple[str, str, str]) -> Habits:
    return Habits(learned=tuple(Learned(*word, "2026-11-20") for word in words))


USUAL = Habits(usual=(Learned("wall_mm", "", "200", "2026-11-20"),))
PICTURE = {"image_data": io.BytesIO(PIXEL)}
TEXT = "\n".join(",".join(map(str, row)) for row in (HEADINGS, GOOD))
BASIS = ("房间", "型号", "颜色", "宽", "高", "墙厚", "开向", "锁具", "数量", "备注")

CASES = (
    # sizes
    one(IssueCode.SIZE_MISSING, STOP, "D2", 洞口宽=""),
    one(IssueCode.SIZE_UNREADABLE, STOP, "D2", 洞口宽="约900"),
    in_one_cell(IssueCode.DIM_ORDER_AMBIGUOUS, ASK, "2000*1900*240", model="M-CASED"),
    in_one_cell(IssueCode.DIM_ORDER_READ, NOTE, "2100*900*240"),
    one(IssueCode.UNIT_SUSPECT, ASK, "D2", 洞口宽=90),
    one(IssueCode.UNIT_READ, NOTE, "D2", 洞口宽="90cm"),
    one(IssueCode.OUT_OF_LIMIT, STOP, "E2", 洞口高=2900),
    one(IssueCode.LEAF_SIZE_SUSPECT, ASK, "D2", 洞口宽=830, 洞口高=2055),
    whole(IssueCode.DIM_BASIS_ASSUMED, ASK, (BASIS, GOOD), "A1"),
    whole(IssueCode.DIM_BASIS_UNKNOWN, STOP, ((*BASIS, "尺寸类型"), (*GOOD, "大概")), "K2"),
    one(IssueCode.WALL_MISSING, STOP, "F2", 墙厚=""),
    one(IssueCode.WALL_RANGE, ASK, "F2", 墙厚=300),
    one(IssueCode.FLOOR_NOT_DEDUCTED, ASK, "J2", 备注="地面未扣50mm"),
    one(IssueCode.WALL_PER_SIDE, ASK, "J2", 备注="左墙260,右墙240"),
    # words
    one(IssueCode.MODEL_MISSING, STOP, "B2", 型号="-"),
    one(IssueCode.UNKNOWN_MODEL, STOP, "B2", 型号="欧式三号"),
    one(IssueCode.MODEL_READ, NOTE, "B2", 型号="M-SINGLE 静音款"),
    one(IssueCode.COLOUR_MISSING, STOP, "C2", 颜色="/"),
    one(IssueCode.UNKNOWN_COLOUR, STOP, "C2", 颜色="珍珠贝"),
    one(IssueCode.COLOUR_READ, NOTE, "C2", 颜色="奶白"),
    one(IssueCode.HANDING_MISSING, STOP, "G2", 开向="无"),
    one(IssueCode.HANDING_AMBIGUOUS, STOP, "G2", 开向="1"),
    one(IssueCode.HANDING_READ, NOTE, "G2", 开向="左内开"),
    one(IssueCode.HANDING_UNUSED, NOTE, "G2", 型号="M-CASED", 洞口宽=1500, 锁具=""),
    one(IssueCode.LOCK_UNKNOWN, ASK, "H2", 锁具="指纹锁"),
    one(IssueCode.LOCK_USUAL, NOTE, "H2", 锁具=""),
    one(IssueCode.QTY_UNREADABLE, STOP, "I2", 数量="若干"),
    one(IssueCode.QTY_ASSUMED, ASK, "I2", 数量=""),
    one(IssueCode.QTY_IN_REMARK, ASK, "J2", 备注="同款一共3樘"),
    one(IssueCode.REMARK_SAYS_MORE, ASK, "J2", 备注="高2050"),
    one(IssueCode.CANNOT_BE_MADE, STOP, "", 颜色="豆绿"),
    # further choices, hinges, the dealer's price
    further(IssueCode.OPTION_UNKNOWN, STOP, "L2", "", "60度"),
    further(IssueCode.OPTION_READ, NOTE, "L2", "", "90度"),
    further(IssueCode.OPTION_UNUSED, ASK, "M2", "", "", 3),
    further(IssueCode.HINGE_SIDE_DIFFERS, ASK, "G2", "", "", "右"),
    further(IssueCode.PRICE_UNREADABLE, NOTE, "N2", "", "", "", "面议"),
    further(IssueCode.PRICE_READ, NOTE, "N1", "", "", "", 1280),
    # the form of the sheet
    drawn(IssueCode.FORMULA_NO_VALUE, STOP, "F2", lambda _book, page: page.write_formula("F2", "=1/0", None, "")),
    drawn(IssueCode.MERGED_VALUE, NOTE, "C2", lambda _book, page: page.merge_range("C2:C3", "暖白")),
    drawn(IssueCode.HIDDEN_ROW, ASK, "3:3", lambda _book, page: page.set_row(2, None, None, {"hidden": True})),
    drawn(IssueCode.PICTURE_ON_ROW, ASK, "2:2", lambda _book, page: page.insert_image("K2", "p.png", PICTURE)),
    whole(IssueCode.COPIED_ROWS, NOTE, (HEADINGS, *[line(房间="")] * 3), ""),
    whole(IssueCode.DUPLICATE_LINE, NOTE, (HEADINGS, GOOD, GOOD), ""),
    whole(IssueCode.SUBTOTAL_SKIPPED, NOTE, (HEADINGS, GOOD, ("小计",)), "A3"),
    whole(IssueCode.TOTAL_DIFFERS, ASK, (HEADINGS, GOOD, ("合计", *[""] * 7, 5)), "I3"),
    whole(IssueCode.HEADING_SKIPPED, NOTE, (HEADINGS, ("二楼",), GOOD), "2:2"),
    whole(IssueCode.COLUMN_UNREAD, NOTE, ((*HEADINGS, "面积"), (*GOOD, 1.9)), "K1"),
    Case(IssueCode.TEXT_READ, NOTE, TEXT.encode(), "", name="a.csv"),
    Case(IssueCode.SHEET_UNREAD, ASK, two_sheets(), ""),
    # what was shown of this dealer
    one(IssueCode.LEARNED_READ, NOTE, "C2", learned(("colour", "珍珠贝", "WHITE")), 颜色="珍珠贝"),
    whole(
        IssueCode.LEARNED_USED,
        NOTE,
        ((*HEADINGS[:5], "门洞深", *HEADINGS[6:]), GOOD),
        "F1",
        Habits(columns=(("门洞深", "WALL"),)),
    ),
    one(IssueCode.LEARNED_USUAL, ASK, "F2", USUAL, 墙厚=""),
)  # fmt: skip


def issues_of(case: Case) -> list[Issue]:
    offered = demo_offer()
    read = read_order(read_sheets(case.content, case.name), vocabulary(offered, case.habits))
    order = judged(read, offered)
    return [*order.issues, *(one for row in order.rows for one in row.issues)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code.value)
def test_one_thing_wrong_is_said_at_its_cell(case):
    said = {(one.code, one.severity, one.cell) for one in issues_of(case)}
    assert (case.code, case.severity, case.cell) in said


def test_no_word_is_left_out():
    assert {case.code for case in CASES} == set(IssueCode)


def test_a_line_with_nothing_wrong_is_met_with_nothing():
    good = replace(CASES[0], content=sheets.plain_order(GOOD, headings=HEADINGS))
    assert issues_of(good) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code.value)
def test_nothing_else_than_what_is_wrong_stops_the_line(case):
    stops = {one.code for one in issues_of(case) if one.severity is STOP}
    assert stops <= {case.code}


# --- the mess of domain.md §7.1 that is read, not only told -----------------


@pytest.mark.parametrize("size", ["2100*900*240", "2100×900×240", "2100X900X240", "２１００＊９００＊２４０"])
def test_sizes_in_one_cell_are_read_whatever_stands_between(size):
    case = in_one_cell(IssueCode.DIM_ORDER_READ, NOTE, size)
    (row,) = read_order(read_sheets(case.content, "a.xlsx"), vocabulary(demo_offer())).rows
    assert (row.values.width_mm, row.values.height_mm, row.values.wall_mm) == (900, 2100, 240)


def test_a_heading_that_names_the_wall_first_is_believed():
    case = in_one_cell(IssueCode.DIM_ORDER_READ, NOTE, "240*900*2100", heading="墙厚×门洞宽×高")
    (row,) = read_order(read_sheets(case.content, "a.xlsx"), vocabulary(demo_offer())).rows
    assert (row.values.width_mm, row.values.height_mm, row.values.wall_mm) == (900, 2100, 240)
    assert row.values.dim_basis is DimBasis.OPENING


@pytest.mark.parametrize(
    ("text", "offers"),
    [("900±5", ["900"]), ("890～900", ["890", "900"]), ("90到91", ["900", "910"]), ("约900", [])],
)
def test_a_tolerance_or_a_range_is_never_chosen_but_offered(text, offers):
    case = one(IssueCode.SIZE_UNREADABLE, STOP, "D2", 洞口宽=text)
    (wrong,) = [found for found in issues_of(case) if found.code is IssueCode.SIZE_UNREADABLE]
    assert [change.value for offer in wrong.offers for change in offer] == offers


@pytest.mark.parametrize(
    ("hinge", "handing", "read", "code"),
    [
        ("左", "内开", "IN_L", IssueCode.HANDING_READ),
        ("右边", "外开", "OUT_R", IssueCode.HANDING_READ),
        ("左", "内左", "IN_L", None),
        ("左", "", None, IssueCode.HANDING_AMBIGUOUS),
        ("3", "内左", "IN_L", IssueCode.OPTION_UNUSED),
        ("暗铰链", "内左", "IN_L", IssueCode.OPTION_UNUSED),
    ],
)
def test_a_hinge_column_says_the_side_or_what_the_model_has_not(hinge, handing, read, code):
    case = further(IssueCode.HINGE_SIDE_DIFFERS, ASK, "", "", "", hinge)
    content = sheets.plain_order((*line(开向=handing), "", "", hinge), headings=(*HEADINGS, *FURTHER))
    order = judged(read_order(read_sheets(content, case.name), vocabulary(demo_offer())), demo_offer())
    (row,) = order.rows
    assert row.values.handing == read
    of_it = {
        one.code for one in row.issues if one.field is not None and one.field.value in ("handing", "hinge")
    }
    assert of_it == ({code} if code else set())


@pytest.mark.parametrize(
    ("text", "price"),
    [("1280", "1280"), ("¥1,280.50", "1280.5"), ("1280元/樘", "1280"), ("￥1280", "1280"), ("-", None)],
)
def test_the_dealers_price_is_read_and_never_ours(text, price):
    content = sheets.plain_order((*GOOD, "", "", "", text), headings=(*HEADINGS, *FURTHER))
    (row,) = read_order(read_sheets(content, "a.xlsx"), vocabulary(demo_offer())).rows
    assert row.values.price == (None if price is None else Decimal(price))
