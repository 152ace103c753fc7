from decimal import Decimal

import pytest

from erp.catalogue.rules.document import DimBasis, Handing
from erp.sales.rules.files import read_sheets
from erp.sales.rules.issues import SENTENCES, Field, IssueCode, Severity
from erp.sales.rules.judging import LineValues, correct, recheck, values_from
from erp.sales.rules.layout import FactName, HeaderNotFound
from erp.sales.rules.lines import NoLines, read_order
from erp.sales.rules.vocabulary import Habits
from tests.erp.sales import sheets
from tests.erp.sales.vocabularies import demo_vocabulary, vocabulary


def order(content, habits=None):
    return read_order(read_sheets(content, "order.xlsx"), vocabulary(habits))


def one_line(*line, headings=sheets.HEADINGS, habits=None):
    return order(sheets.plain_order(line, headings=headings), habits).rows[0]


def with_size(width, height, wall=240, model="M-12", habits=None):
    return one_line("主卧", model, "暖白", width, height, wall, "内左", 1, "", habits=habits)


def in_one_cell(text, heading="洞口尺寸", model="M-12", habits=None):
    headings = ("房间", "型号", "颜色", heading, "墙厚", "开向", "数量")
    return one_line("主卧", model, "暖白", text, "", "内左", 1, headings=headings, habits=habits)


def sizes(row):
    return row.values.width_mm, row.values.height_mm, row.values.wall_mm


def said(row):
    return {(found.code, found.severity) for found in row.issues}


def codes(row, severity):
    return {found.code for found in row.issues if found.severity is severity}


# --- the messy sheet --------------------------------------------------------


@pytest.fixture(scope="module")
def messy():
    return read_order(read_sheets(sheets.messy_order(), "order.xlsx"), demo_vocabulary())


def test_the_head_of_two_rows_is_found(messy):
    assert (messy.sheet_name, messy.header_row) == ("订货单", 4)
    assert {row.values.dim_basis for row in messy.rows} == {
        DimBasis.OPENING
    }  # 洞口尺寸 stands over 宽 and 高


def test_the_orders_own_facts_come_with_their_cells(messy):
    facts = {fact.name: (fact.value, fact.cell) for fact in messy.facts}
    assert facts == {
        FactName.DEALER_REFERENCE: ("KC-1120-03", "B2"),
        FactName.CUSTOMER: ("郑女士", "D2"),
        FactName.PHONE: ("13857012345", "H2"),
        FactName.SITE: ("衢州市柯城区御江府6幢1203", "B3"),
        FactName.ORDERED_ON: ("2026-11-20", "H3"),
        FactName.DUE_ON: ("2026-12-12", "J3"),
        FactName.NOTE: ("年前要装,请尽快安排,谢谢!", "A20"),
    }


def test_ten_lines_are_read_and_nothing_else(messy):
    rooms = [(row.row_number, row.values.room) for row in messy.rows]
    assert rooms == [
        (6, "主卧"), (7, "次卧"), (8, "书房"), (9, "儿童房"), (12, "客厅"),
        (13, "卫生间"), (14, "老人房"), (15, "走道"), (16, "餐厅"), (17, "阳台"),
    ]  # fmt: skip


def test_every_line_of_the_messy_sheet_says_just_what_is_doubtful(messy):
    stop, ask, note = Severity.STOP, Severity.ASK, Severity.NOTE
    found = {row.values.room: said(row) for row in messy.rows}
    assert found == {
        "主卧": set(),
        "次卧": {(IssueCode.DIM_ORDER_READ, note)},
        "书房": {(IssueCode.HANDING_READ, note)},
        "儿童房": {(IssueCode.COLOUR_READ, note), (IssueCode.UNIT_SUSPECT, ask)},
        "客厅": {(IssueCode.REMARK_SAYS_MORE, ask)},
        "卫生间": {
            (IssueCode.UNKNOWN_COLOUR, stop),
            (IssueCode.DIM_ORDER_READ, note),
            (IssueCode.HANDING_MISSING, stop),
            (IssueCode.LOCK_UNKNOWN, ask),
        },
        "老人房": {(IssueCode.HANDING_AMBIGUOUS, stop), (IssueCode.LEAF_SIZE_SUSPECT, ask)},
        "走道": set(),
        "餐厅": set(),  # 2400 high: the catalogue will say that its architraves are longer than the bars
        "阳台": {
            (IssueCode.FORMULA_NO_VALUE, stop),
            (IssueCode.LOCK_USUAL, note),
        },  # its lock's cell is empty
    }


def test_the_sizes_of_the_messy_sheet(messy):
    found = {row.values.room: tuple(int(x) if x else None for x in sizes(row)) for row in messy.rows}
    assert found == {
        "主卧": (900, 2100, 240),
        "次卧": (900, 2100, 240),  # 2100*900*240
        "书房": (800, 2050, 120),  # ８００ ２０５０ １２０
        "儿童房": (900, 2100, 240),  # 90 210 24, in cm
        "客厅": (1200, 2100, 240),
        "卫生间": (750, 2050, 120),
        "老人房": (830, 2055, 240),
        "走道": (1500, 2200, 240),  # 1500mm 2200mm
        "餐厅": (900, 2400, 240),
        "阳台": (800, 2050, None),  # the wall is a formula that was never calculated
    }


def test_an_issue_stands_at_the_cell_it_comes_from(messy):
    cells = {found.code: found.cell for row in messy.rows for found in row.issues}
    assert cells[IssueCode.UNKNOWN_COLOUR] == "D13"
    assert cells[IssueCode.HANDING_MISSING] == "H13"
    assert cells[IssueCode.FORMULA_NO_VALUE] == "G17"
    assert cells[IssueCode.UNIT_SUSPECT] == "G9"


def test_a_value_keeps_its_cell_and_what_stood_in_it(messy):
    row = messy.rows[1]
    found = {(one.field, one.cell, one.text) for one in row.source}
    assert (Field.HEIGHT, "E7", "2100*900*240") in found
    assert (Field.WALL, "E7", "2100*900*240") in found
    assert (Field.ROOM, "B7", "次卧") in found


def test_totals_are_said_and_right(messy):
    found = [(one.code, one.cell, dict(one.facts)["raw"]) for one in messy.issues]
    assert found == [
        (IssueCode.SUBTOTAL_SKIPPED, "A10", "小计"),
        (IssueCode.SUBTOTAL_SKIPPED, "A18", "合计"),
    ]


def test_an_unknown_colour_comes_with_the_nearest(messy):
    wrong = next(f for row in messy.rows for f in row.issues if f.code is IssueCode.UNKNOWN_COLOUR)
    assert [change.value for offer in wrong.offers for change in offer] == ["GREY"]


# --- sizes ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2100*900*240", (900, 2100, 240)),
        ("900*2100*240", (900, 2100, 240)),
        ("240*900*2100", (900, 2100, 240)),
        ("900×2100", (900, 2100, None)),
        ("高2100*宽900", (900, 2100, None)),
        ("90*210*24", (900, 2100, 240)),
        ("90cm×210cm", (900, 2100, None)),
        ("0.9*2.1", (900, 2100, None)),
    ],
)
def test_one_cell_holds_all_sizes(text, read):
    assert sizes(in_one_cell(text)) == read


def test_the_heading_says_the_order_so_nothing_needs_to_be_said():
    row = in_one_cell("2100*900*240", heading="洞口尺寸(高*宽*墙厚)")
    assert (sizes(row), said(row)) == ((900, 2100, 240), set())


def test_an_order_that_could_be_either_is_asked_with_the_other_reading():
    row = in_one_cell("2000*1900*240", model="Y-01")  # a cased opening is made 600-3000 wide, 1800-2600 high
    (found,) = [one for one in row.issues if one.field is Field.WIDTH]
    assert (found.code, found.severity) == (IssueCode.DIM_ORDER_AMBIGUOUS, Severity.ASK)
    assert sizes(row) == (2000, 1900, 240)
    assert [(c.field, c.value) for c in found.offers[0]] == [(Field.WIDTH, "1900"), (Field.HEIGHT, "2000")]


def test_wider_than_high_is_asked_for_a_swing_door():
    row = with_size(2100, 1900, model="D-30")
    (found,) = row.issues
    assert (found.code, found.severity) == (IssueCode.DIM_ORDER_AMBIGUOUS, Severity.ASK)
    assert [(c.field, c.value) for c in found.offers[0]] == [(Field.WIDTH, "1900"), (Field.HEIGHT, "2100")]


def test_swapped_columns_are_outside_the_limits_and_the_swap_is_offered():
    row = with_size(2100, 900)
    assert codes(row, Severity.STOP) == {IssueCode.OUT_OF_LIMIT}
    offers = {change.value for found in row.issues for offer in found.offers for change in offer}
    assert offers == {"900", "2100"}


@pytest.mark.parametrize("size", [0, -1, 1e9, "0", "-1", "1000000000", "1e9", "宽"])
def test_what_is_no_size_stops_and_keeps_its_text(size):
    row = with_size(size, 2100)
    assert row.values.width_mm is None
    (found,) = row.issues
    assert (found.code, found.severity, found.cell) == (IssueCode.SIZE_UNREADABLE, Severity.STOP, "D2")


def test_a_size_beyond_the_model_stops_with_its_limits():
    (found,) = with_size(900, 2500).issues
    assert (found.code, dict(found.facts)) == (
        IssueCode.OUT_OF_LIMIT,
        {"raw": "2500", "low": "1800", "high": "2400"},
    )


@pytest.mark.parametrize(
    ("height", "is_fine"), [(1800, True), (2400, True), ("1799.9", False), ("2400.1", False)]
)
def test_the_limits_belong_to_what_can_be_made(height, is_fine):
    assert (IssueCode.OUT_OF_LIMIT not in codes(with_size(900, height), Severity.STOP)) is is_fine


def test_a_heading_in_cm_holds_for_its_column():
    headings = ("房间", "型号", "颜色", "洞口宽(cm)", "洞口高(cm)", "墙厚(mm)", "开向", "数量")
    row = one_line("主卧", "M-12", "暖白", 90, 210, 240, "内左", 1, headings=headings)
    assert (sizes(row), codes(row, Severity.NOTE)) == ((900, 2100, 240), {IssueCode.UNIT_READ})


def test_a_leaf_size_under_an_opening_heading_is_asked():
    row = with_size(830, 2055)  # 830 + 70 = 900, 2055 + 45 = 2100
    (found,) = row.issues
    assert (found.code, found.severity) == (IssueCode.LEAF_SIZE_SUSPECT, Severity.ASK)
    assert dict(found.facts) == {"width": "900", "height": "2100"}


def test_a_missing_wall_stops_and_an_unusual_one_asks():
    assert said(with_size(900, 2100, "")) == {(IssueCode.WALL_MISSING, Severity.STOP)}
    assert said(with_size(900, 2100, 300)) == {(IssueCode.WALL_RANGE, Severity.ASK)}
    assert said(with_size(900, 2100, 260)) == set()
    assert said(with_size(900, 2100, 450)) == {(IssueCode.OUT_OF_LIMIT, Severity.STOP)}


def test_sizes_of_the_leaf_are_kept_as_such():
    headings = ("房间", "型号", "颜色", "门扇宽", "门扇高", "墙厚", "开向", "数量")
    row = one_line("主卧", "M-12", "暖白", 830, 2055, 240, "内左", 1, headings=headings)
    assert (row.values.dim_basis, said(row)) == (DimBasis.LEAF, set())


def test_a_sheet_that_does_not_say_what_its_sizes_are_of_is_asked_once():
    headings = ("房间", "型号", "颜色", "宽", "高", "墙厚", "开向", "数量")
    line = sheets.GOOD_LINE[:8]
    read = order(sheets.plain_order(line, line, headings=headings))
    assert [(one.code, one.severity) for one in read.issues] == [(IssueCode.DIM_BASIS_ASSUMED, Severity.ASK)]
    agreed = order(sheets.plain_order(line, headings=headings), Habits(dim_basis=DimBasis.LEAF))
    assert agreed.rows[0].values.dim_basis is DimBasis.LEAF
    assert [one.severity for one in agreed.issues] == [Severity.NOTE]


def test_the_opening_is_read_before_the_products_size():
    headings = ("型号", "颜色", "产品宽", "产品高", "洞口宽", "洞口高", "墙厚", "开向", "数量")
    read = order(
        sheets.plain_order(("M-12", "暖白", 880, 2090, 900, 2100, 240, "内左", 1), headings=headings)
    )
    assert sizes(read.rows[0]) == (900, 2100, 240)
    assert {(i.code, i.cell) for i in read.issues} == {
        (IssueCode.COLUMN_UNREAD, "C1"),
        (IssueCode.COLUMN_UNREAD, "D1"),
    }


# --- words ------------------------------------------------------------------


def handing(text, habits=None):
    return one_line("主卧", "M-12", "暖白", 900, 2100, 240, text, 1, "", habits=habits)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("内左", Handing.IN_L), ("左内开", Handing.IN_L), ("内开左", Handing.IN_L), ("外右", Handing.OUT_R),
        ("右外", Handing.OUT_R), ("IN_R", Handing.IN_R), ("out left", Handing.OUT_L), ("内 左", Handing.IN_L),
    ],
)  # fmt: skip
def test_handing_words(text, read):
    row = handing(text)
    assert (row.values.handing, codes(row, Severity.STOP), codes(row, Severity.ASK)) == (read, set(), set())


@pytest.mark.parametrize("text", ["左", "1", "左右", "内", "左开", "上翻"])
def test_half_a_handing_is_never_guessed(text):
    row = handing(text)
    assert row.values.handing is None
    assert codes(row, Severity.STOP) == {IssueCode.HANDING_AMBIGUOUS}


def test_a_lone_side_follows_the_dealers_habit_and_is_asked_all_the_same():
    row = handing("左", Habits(bare_side_is_in=True))
    (found,) = row.issues
    assert (row.values.handing, found.code, found.severity) == (
        Handing.IN_L,
        IssueCode.HANDING_AMBIGUOUS,
        Severity.ASK,
    )
    assert [change.value for offer in found.offers for change in offer] == ["OUT_L"]


def test_a_hand_may_be_another_side_than_the_hinges():
    row = handing("左手推")
    assert (row.values.handing, codes(row, Severity.ASK)) == (Handing.IN_L, {IssueCode.HANDING_AMBIGUOUS})


def test_a_dealer_who_stands_inside_sees_left_as_right():
    row = handing("内左", Habits(is_seen_from_inside=True))
    assert (row.values.handing, codes(row, Severity.NOTE)) == (Handing.IN_R, {IssueCode.HANDING_READ})


def test_a_cased_opening_needs_no_handing_and_a_swing_door_does():
    cased = one_line("走道", "Y-01", "暖白", 1500, 2200, 240, "", 1, "")
    assert said(cased) == set()
    assert codes(handing(""), Severity.STOP) == {IssueCode.HANDING_MISSING}


@pytest.mark.parametrize(
    ("text", "code", "issue"),
    [
        ("M-12", "M-12", None),
        ("Ｍ－１２", "M-12", None),
        ("双格板", "M-12", None),
        ("m12", "M-12", IssueCode.MODEL_READ),
        ("M-12 双格板", "M-12", IssueCode.MODEL_READ),
        ("M-13", None, IssueCode.UNKNOWN_MODEL),
        ("", None, IssueCode.MODEL_MISSING),
    ],
)
def test_models(text, code, issue):
    row = one_line("主卧", text, "暖白", 900, 2100, 240, "内左", 1, "")
    assert (row.values.model, {f.code for f in row.issues}) == (code, {issue} - {None})


@pytest.mark.parametrize(
    ("text", "code", "issue"),
    [
        ("暖白", "WARM_WHITE", None),
        ("Warm White", "WARM_WHITE", None),
        ("奶白", "WARM_WHITE", IssueCode.COLOUR_READ),
        ("暖百", None, IssueCode.UNKNOWN_COLOUR),
        ("内暖白外雾灰", None, IssueCode.UNKNOWN_COLOUR),
        ("", None, IssueCode.COLOUR_MISSING),
    ],
)
def test_colours(text, code, issue):
    row = one_line("主卧", "M-12", text, 900, 2100, 240, "内左", 1, "")
    assert (row.values.colour, {f.code for f in row.issues}) == (code, {issue} - {None})


@pytest.mark.parametrize("text", [0, -1, 1.5, "两樘", 1000, "1,5", "1e9"])
def test_a_number_of_sets_that_is_none_stops(text):
    row = one_line("主卧", "M-12", "暖白", 900, 2100, 240, "内左", text, "")
    assert codes(row, Severity.STOP) == {IssueCode.QTY_UNREADABLE}


def test_an_empty_number_of_sets_is_one_and_asked():
    row = one_line("主卧", "M-12", "暖白", 900, 2100, 240, "内左", "", "x")
    assert (row.values.set_count, said(row)) == (1, {(IssueCode.QTY_ASSUMED, Severity.ASK)})


@pytest.mark.parametrize("note", ["门高2050", "墙厚200", "扇宽830"])
def test_a_remark_that_changes_the_line_is_asked(note):
    row = one_line("主卧", "M-12", "暖白", 900, 2100, 240, "内左", 1, note)
    assert codes(row, Severity.ASK) == {IssueCode.REMARK_SAYS_MORE}


# --- rows -------------------------------------------------------------------


def test_equal_rows_are_noted():
    read = order(sheets.plain_order(sheets.GOOD_LINE, sheets.GOOD_LINE))
    (found,) = read.rows[1].issues
    assert (found.code, dict(found.facts)) == (IssueCode.DUPLICATE_LINE, {"row": "2"})


def test_a_total_that_differs_is_asked():
    total = ("合计", "", "", "", "", "", "", 3, "")
    read = order(sheets.plain_order(sheets.GOOD_LINE, sheets.GOOD_LINE, total))
    differs = next(one for one in read.issues if one.code is IssueCode.TOTAL_DIFFERS)
    assert (differs.severity, differs.cell, dict(differs.facts)) == (
        Severity.ASK,
        "H4",
        {"came": "3", "counted": "2"},
    )


def test_headings_written_again_and_group_headings_are_no_lines():
    def fill(_book, page):
        rows = (sheets.HEADINGS, None, sheets.GOOD_LINE, sheets.HEADINGS, sheets.GOOD_LINE)
        for number, row in enumerate(rows):
            for column, value in enumerate(row or ()):
                page.write(number, column, value)
        page.merge_range("A2:I2", "二楼")

    read = order(sheets.book(fill))
    assert [row.row_number for row in read.rows] == [3, 5]
    assert [(one.code, dict(one.facts)) for one in read.issues] == [
        (IssueCode.HEADING_SKIPPED, {"raw": "二楼"})
    ]


def test_a_merged_model_holds_for_all_its_rows():
    def fill(_book, page):
        for number, row in enumerate((sheets.HEADINGS, sheets.GOOD_LINE, sheets.GOOD_LINE)):
            for column, value in enumerate(row):
                page.write(number, column, value)
        page.write("A3", "次卧")
        page.merge_range("B2:B3", "M-12")

    second = order(sheets.book(fill)).rows[1]
    assert (second.values.model, said(second)) == ("M-12", {(IssueCode.MERGED_VALUE, Severity.NOTE)})


def test_a_hidden_row_is_read_and_asked():
    def fill(_book, page):
        for number, row in enumerate((sheets.HEADINGS, sheets.GOOD_LINE)):
            for column, value in enumerate(row):
                page.write(number, column, value)
        page.set_row(1, None, None, {"hidden": True})

    (row,) = order(sheets.book(fill)).rows
    assert said(row) == {(IssueCode.HIDDEN_ROW, Severity.ASK)}


def test_english_headings_are_read():
    headings = (
        "Room",
        "Model",
        "Colour",
        "Opening width",
        "Opening height",
        "Wall",
        "Handing",
        "Qty",
        "Remarks",
    )
    row = one_line(
        "Bedroom", "double panel", "warm white", 900, 2100, 240, "in left", 1, "", headings=headings
    )
    assert (sizes(row), row.values.handing, codes(row, Severity.STOP)) == (
        (900, 2100, 240),
        Handing.IN_L,
        set(),
    )


def test_a_sheet_without_headings_is_refused():
    with pytest.raises(HeaderNotFound) as refusal:
        order(sheets.table([("一", "二", "三"), (1, 2, 3)]))
    assert refusal.value.facts == {"sheet": "Sheet1"}


def test_a_sheet_without_lines_is_refused():
    with pytest.raises(NoLines) as refusal:
        order(sheets.plain_order())
    assert refusal.value.facts == {"row": 1, "sheet": "Sheet1"}


def test_a_sheet_of_two_hundred_lines_is_read_whole():
    assert len(order(sheets.many_lines(200)).rows) == 200


# --- corrections ------------------------------------------------------------

GOOD = LineValues(
    room="主卧",
    model="M-12",
    colour="WARM_WHITE",
    dim_basis=DimBasis.OPENING,
    width_mm=Decimal("900.0"),
    height_mm=Decimal("2100.0"),
    wall_mm=Decimal("240.0"),
    handing=Handing.IN_L,
    set_count=1,
)


def test_a_good_line_has_no_issue():
    assert recheck(GOOD, vocabulary()) == ()


def test_values_survive_being_kept_as_text():
    assert values_from(dict(GOOD.texts())) == GOOD


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        (Field.WIDTH, "９５０", "950"),
        (Field.WIDTH, "95cm", "950"),
        (Field.WIDTH, "", ""),
        (Field.COLOUR, "雾灰", "FOG_GREY"),
        (Field.HANDING, "外右", "OUT_R"),
        (Field.SET_COUNT, "2樘", "2"),
        (Field.MODEL, "子母门", "Z-20"),
        (Field.DIM_BASIS, "门扇", "LEAF"),
        (Field.ROOM, " 主 卧 ", "主 卧"),
    ],
)
def test_a_correction_is_read_as_a_cell_would_be(field, typed, kept):
    assert correct(GOOD, field, typed, vocabulary()).values.text(field) == kept


def test_a_typed_number_is_mm_and_not_guessed_again():
    corrected = correct(GOOD, Field.WIDTH, "90", vocabulary())
    assert (corrected.values.width_mm, corrected.issues) == (90, ())
    assert {one.code for one in recheck(corrected.values, vocabulary())} == {IssueCode.OUT_OF_LIMIT}


@pytest.mark.parametrize("typed", ["0", "-1", "1e9", "1000000000", "abc"])
def test_a_typed_size_that_is_none_stops(typed):
    corrected = correct(GOOD, Field.HEIGHT, typed, vocabulary())
    assert corrected.values.height_mm is None
    assert [one.code for one in corrected.issues] == [IssueCode.SIZE_UNREADABLE]


def test_an_active_leaf_in_the_remark_is_offered_until_it_is_taken():
    values = (
        GOOD.with_text(Field.MODEL, "Z-20").with_text(Field.WIDTH, "1200").with_text(Field.NOTE, "母扇800")
    )
    (found,) = recheck(values, vocabulary())
    assert [(c.field, c.value) for c in found.offers[0]] == [(Field.MOTHER_WIDTH, "800")]
    assert recheck(values.with_text(Field.MOTHER_WIDTH, "800"), vocabulary()) == ()


def test_every_issue_has_a_sentence():
    assert set(SENTENCES) == set(IssueCode)
