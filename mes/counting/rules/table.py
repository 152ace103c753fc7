"""Rules of counting: a spreadsheet of what lies where, out of a file or out of pasted cells.

One row is one quantity at one place. The columns are told by their headings, Chinese or English; without headings
they stand in the order article, quantity, place, reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation

from core.errors import RuleViolation
from core.i18n import N_
from erp.sales.rules.files import read_sheets
from erp.sales.rules.normalise import text_of
from erp.sales.rules.workbook import SheetEmpty

ROWS_MOST = 1000  # of one sheet: more are sent in parts, so that the page stays readable
QTY_MOST = Decimal("9999999")

WORDS = {
    "article": "article|article code|material code|code|规格|规格编码|料号|物料|物料编码|编码|材料编码",
    "lot": "lot|lot code|label|料批|批次|批次号|批号|标签",
    "qty": "quantity|qty|count|counted|数量|实盘数|实盘数量|盘点数量|库存数量|结存",
    "place": "place|location|shelf|库位|货位|仓位|位置",
    "reference": "reference|remark|note|备注|来源|送货单|送货单号",
}
HEADINGS = {word: column for column, words in WORDS.items() for word in words.split("|")}
ORDER = ("article", "qty", "place", "reference")


class TableEmpty(RuleViolation):
    """No row under the headings."""

    code = "mes.counting.table_empty"
    message = N_("No row was found. Expected: article or lot, quantity and place, one row each.")


class TableTooLong(RuleViolation):
    """More rows than a person looks through."""

    code = "mes.counting.table_too_long"
    message = N_("%(count)s rows came, at most %(most)s are taken at once. Send the sheet in parts.")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row as it was written, and its line among the rows (from 1)."""

    line: int
    article: str = ""
    lot: str = ""
    qty: str = ""
    place: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with one row: a sentence and its facts."""

    line: int
    msgid: str
    facts: dict[str, str]


COLUMNS = tuple(one.name for one in fields(TableRow) if one.name != "line")


def read_table(content: bytes, name: str) -> tuple[TableRow, ...]:
    """Return the rows of the first sheet that holds any.

    Raises TableEmpty, TableTooLong, and what a file that cannot be read raises.
    """
    try:
        sheet = read_sheets(content, name)[0]
    except SheetEmpty as empty:
        raise TableEmpty from empty
    cells = [
        [text_of(sheet.value(row, column)).strip() for column in range(sheet.column_count)]
        for row in range(sheet.row_count)
    ]
    found = _rows([row for row in cells if any(row)])
    if not found:
        raise TableEmpty
    if len(found) > ROWS_MOST:
        raise TableTooLong(count=len(found), most=ROWS_MOST)
    return found


def _rows(cells: Sequence[Sequence[str]]) -> tuple[TableRow, ...]:
    columns: dict[int, str] = dict(enumerate(ORDER))
    begin = 0
    for at, row in enumerate(cells):
        told = {column: HEADINGS[text.lower()] for column, text in enumerate(row) if text.lower() in HEADINGS}
        if {"qty", "place"} <= set(told.values()):
            columns, begin = told, at + 1
            break
    rows = (
        {name: row[column] for column, name in columns.items() if column < len(row)} for row in cells[begin:]
    )
    return tuple(
        TableRow(line, **one) for line, one in enumerate((row for row in rows if any(row.values())), 1)
    )


def as_text(rows: Sequence[TableRow], headings: Sequence[str]) -> str:
    """Return rows as lines of cells with tabs between, under `headings` for COLUMNS: what the page lets one mend."""
    lines = ["\t".join(headings)]
    lines += ["\t".join(getattr(row, column).replace("\t", " ") for column in COLUMNS) for row in rows]
    return "\n".join(lines)


def quantity(text: str) -> Decimal | None:
    """Return a written quantity, 0 or more with at most three decimals; None when it is none."""
    try:
        qty = Decimal(text.replace(",", "").replace("，", ""))
    except InvalidOperation:
        return None
    is_fit = qty.is_finite() and 0 <= qty <= QTY_MOST and qty == round(qty, 3)
    return qty if is_fit else None
