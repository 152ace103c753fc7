"""Where things stand on a dealer's sheet: the header (one or two rows), the columns, the facts around."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.choices import Choice
from core.errors import RuleViolation
from core.i18n import N_
from erp.catalogue.rules.document import DimBasis
from erp.sales.rules.headings import Column, Heading, basis_of, heading, order_of, unit_of
from erp.sales.rules.normalise import day_of, is_blank, key, plain, text_of
from erp.sales.rules.workbook import Sheet, address

HEADER_ROWS_SEARCHED = 40
HEADINGS_MIN = 3  # fewer known words in a row are chance


class HeaderNotFound(RuleViolation):
    """No row of the sheet looks like the head of an order table."""

    code = "erp.sales.header_not_found"
    message = N_(
        "A row of headings (model, width, height, number of sets …) is expected; %(sheet)s has none. "
        "Check that this is the order sheet, or write the headings above the columns."
    )


class FactName(Choice):
    """What a sheet says about the order as a whole."""

    DEALER_REFERENCE = "dealer_reference", N_("Dealer's order number")
    CUSTOMER = "customer", N_("Customer")
    PHONE = "phone", N_("Phone")
    SITE = "site", N_("Site")
    ORDERED_ON = "ordered_on", N_("Ordered on")
    DUE_ON = "due_on", N_("Due")
    DEALER = "dealer", N_("Dealer")
    NOTE = "note", N_("Remark")


_FACTS: tuple[tuple[FactName, str], ...] = (
    (FactName.DEALER_REFERENCE, "订单编号|订单号|订货单号|合同编号|合同号|单号|order no|order number|po no"),
    (FactName.DUE_ON, "要求交期|交货日期|要货日期|交期|due date|delivery date|due"),
    (FactName.ORDERED_ON, "下单日期|订货日期|制单日期|订单日期|日期|order date|date"),
    (FactName.PHONE, "客户电话|联系电话|手机号|手机|电话|phone|tel|mobile"),
    (FactName.SITE, "安装地址|送货地址|收货地址|工地地址|工地|地址|小区|楼盘|site|address"),
    (FactName.CUSTOMER, "客户姓名|客户名称|终端客户|业主姓名|业主|客户|end customer|customer|client"),
    (FactName.DEALER, "经销商名称|经销商|专卖店|门店|店名|订货单位|dealer|shop"),
    (FactName.NOTE, "备注|说明|remark|remarks|note"),
)  # fmt: skip
_LABELS = sorted((word for _, words in _FACTS for word in words.split("|")), key=len, reverse=True)
_LABEL = re.compile(rf"(?P<label>{'|'.join(_LABELS)})\s*(?P<colon>:)?\s*(?P<rest>.*)", re.IGNORECASE)
_TOTALS = re.compile(r"(本页小计|小计|合计|总计|共计|总数|sub\s?-?total|grand total|total)", re.IGNORECASE)
_GRAND = re.compile(r"(合计|总计|共计|总数|grand total|^total)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing said about the whole order: its value, and where it stands."""

    name: FactName
    value: str
    cell: str
    text: str


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of the table that is read."""

    index: int
    column: Column
    text: str
    basis: DimBasis | None
    unit_mm: Decimal | None
    order: str


@dataclass(frozen=True, slots=True)
class Layout:
    """How a sheet is built."""

    header_row: int
    first_row: int  # of the lines
    columns: tuple[TableColumn, ...]
    unread: tuple[tuple[str, str], ...]  # (cell, heading) of columns that mean nothing to us

    def find(self, column: Column) -> TableColumn | None:
        """Return the column that holds `column`."""
        return next((found for found in self.columns if found.column is column), None)

    @property
    def basis(self) -> DimBasis | None:
        """What the heading says the sizes are of."""
        return next((found.basis for found in self.columns if found.basis is not None), None)


def find_layout(sheet: Sheet, own: tuple[tuple[str, str], ...] = ()) -> Layout | None:
    """Return where the table stands, or None when no row looks like its head."""
    best: tuple[int, int, Layout] | None = None
    for row in range(min(sheet.row_count, HEADER_ROWS_SEARCHED)):
        for depth in (2, 1):
            found = _try_header(sheet, row, depth, own)
            if found is None:
                continue
            score = len(found.columns)
            if best is None or score > best[0]:
                best = (score, depth, found)
    return best[2] if best else None


def _try_header(sheet: Sheet, row: int, depth: int, own: tuple[tuple[str, str], ...]) -> Layout | None:
    """Read `depth` rows from `row` on as the header; None when they do not look like one."""
    if depth == 2 and not _is_second_header(sheet, row + 1):
        return None
    headings = [_heading(sheet, row, depth, column, own) for column in range(sheet.column_count)]
    chosen: dict[Column, tuple[int, int, Heading]] = {}
    for index, found in enumerate(headings):
        if found.column is None:
            continue
        rank = _rank(found)
        if found.column not in chosen or rank < chosen[found.column][0]:
            chosen[found.column] = (rank, index, found)
    if not _is_table(set(chosen)):
        return None
    kept = {index for _, index, _ in chosen.values()}
    columns = tuple(
        TableColumn(index, found.column, found.text, _basis(found), unit_of(found.text), order_of(found.text))
        for index, found in enumerate(headings)
        if index in kept and found.column is not None
    )
    unread = tuple(
        (address(row, index), found.text)
        for index, found in enumerate(headings)
        if found.text and index not in kept and found.column is not Column.POSITION
    )
    return Layout(row, row + depth, columns, unread)


def _heading(sheet: Sheet, row: int, depth: int, column: int, own: tuple[tuple[str, str], ...]) -> Heading:
    """Return the heading of a column; of two rows the lower one decides, the upper one names the group."""
    upper = plain(text_of(sheet.value(row, column)))
    if depth == 1:
        return heading(upper, own)
    lower = plain(text_of(sheet.value(row + 1, column)))
    if not lower or lower == upper:
        return heading(upper, own)
    text = f"{upper} {lower}".strip()
    agreed = next((Column[name] for word, name in own if key(word) == key(text)), None)
    if agreed is not None:
        return Heading(text, agreed, True)
    inner = heading(lower, own)
    return Heading(text, inner.column or heading(upper, own).column, inner.is_exact)


def _is_second_header(sheet: Sheet, row: int) -> bool:
    """Whether the row can be the lower half of a header: no number, and at least two measures named."""
    known = 0
    for column in range(sheet.column_count):
        text = plain(text_of(sheet.value(row, column)))
        if any(ch.isdigit() for ch in text):
            return False
        known += heading(text).column in (Column.WIDTH, Column.HEIGHT, Column.WALL, Column.SIZE)
    return known >= 2


def _rank(found: Heading) -> int:
    """Which of two columns of one meaning is read: the opening before the rest, whole words before parts."""
    basis = _basis(found)
    measured = found.column in (Column.WIDTH, Column.HEIGHT, Column.SIZE)
    order = [DimBasis.OPENING, DimBasis.FRAME_OUTER, DimBasis.CLEAR, DimBasis.LEAF, None]
    return 2 * (order.index(basis) if measured else 0) + (0 if found.is_exact else 1)


def _basis(found: Heading) -> DimBasis | None:
    measured = found.column in (Column.WIDTH, Column.HEIGHT, Column.SIZE)
    return basis_of(found.text) if measured else None


def _is_table(columns: set[Column]) -> bool:
    """Whether these columns make an order table: a size, and something that says of what."""
    has_size = Column.SIZE in columns or {Column.WIDTH, Column.HEIGHT} <= columns
    says_what = columns & {Column.MODEL, Column.KIND, Column.ROOM, Column.SET_COUNT, Column.COLOUR}
    return has_size and bool(says_what) and len(columns) >= HEADINGS_MIN


# --- facts around the table -------------------------------------------------


def find_facts(sheet: Sheet, layout: Layout, rows: Iterator[int]) -> tuple[Fact, ...]:
    """Return what the given rows, above and below the table, say of the order; the first of a kind wins."""
    found: dict[FactName, Fact] = {}
    for row in rows:
        for fact in _facts_of_row(sheet, row):
            found.setdefault(fact.name, fact)
    return tuple(found[name] for name in FactName if name in found)


def _facts_of_row(sheet: Sheet, row: int) -> Iterator[Fact]:
    """Yield "客户：郑女士" in one cell, or a label and the next filled cell beside it."""
    texts = [(column, text_of(sheet.cells.get((row, column)))) for column in range(sheet.column_count)]
    filled = [(column, text) for column, text in texts if plain(text)]
    taken = -1
    for place, (column, text) in enumerate(filled):
        if column <= taken:
            continue
        flat = plain(text)
        match = _LABEL.match(flat)
        if match is None or (not match["colon"] and match["rest"]):
            continue
        name = _fact_name(match["label"])
        if match["rest"]:
            yield Fact(name, _value(name, match["rest"]), address(row, column), flat)
        elif place + 1 < len(filled):
            beside, value = filled[place + 1]
            if _LABEL.match(plain(value)) and ":" in plain(value):
                continue
            taken = beside
            yield Fact(name, _value(name, plain(value)), address(row, beside), plain(value))


def _fact_name(label: str) -> FactName:
    flat = label.casefold()
    return next(name for name, words in _FACTS if flat in words.split("|"))


def _value(name: FactName, text: str) -> str:
    """Return the value as it is kept; a day that cannot be read stays as it was written."""
    if name in (FactName.ORDERED_ON, FactName.DUE_ON):
        day: date | None = day_of(text)
        return day.isoformat() if day else text.strip()
    return text.strip()


# --- rows that are no lines -------------------------------------------------


def total_word(sheet: Sheet, row: int, layout: Layout) -> str | None:
    """Return the word of a total row (小计, 合计, total), or None when the row is none."""
    for column in range(sheet.column_count):
        text = plain(text_of(sheet.cells.get((row, column))))
        if not text:
            continue
        match = _TOTALS.match(text)
        return match[0] if match and len(text) <= 40 else None
    return None


def is_grand_total(word: str) -> bool:
    """Whether the word names the total of the whole sheet (合计), not of a part (小计)."""
    return bool(_GRAND.search(word)) and "小计" not in word and not word.casefold().startswith("sub")


def repeats_header(sheet: Sheet, row: int, layout: Layout) -> bool:
    """Whether the row writes the headings again, as on a new printed page."""
    same = sum(
        1
        for column in layout.columns
        if (text := key(text_of(sheet.value(row, column.index))))
        and (text in key(column.text) and heading(text).column is not None)
    )
    return same >= HEADINGS_MIN


def heading_text(sheet: Sheet, row: int, layout: Layout) -> str | None:
    """Return the text of a row that only names a group (二楼), merged across or alone in its row."""
    filled = [
        (column, plain(text_of(value)))
        for column in range(sheet.column_count)
        if not is_blank(text_of(value := sheet.cells.get((row, column))))
    ]
    if len(filled) != 1 or ":" in filled[0][1]:
        return None  # "备注: …" and "制单: …" are no headings
    column, text = filled[0]
    spans = any(
        area.top <= row <= area.bottom and area.left <= column and area.right - area.left >= 2
        for area in sheet.merged
        if (area.top, area.left) == (row, column)
    )
    has_number = any(ch.isdigit() for ch in text)
    return text if spans or (column == layout.columns[0].index and not has_number) else None
