"""Order sheets as text: .csv in the encodings that China writes, and cells pasted from a spreadsheet."""

from __future__ import annotations

import csv
import io

from core.errors import RuleViolation
from core.i18n import N_
from erp.sales.rules.archive import FileDamaged, FileKind, WrongFileType
from erp.sales.rules.workbook import CellValue, Position, Reach, Sheet

ENCODINGS = ("utf-8", "gb18030")  # UTF-8 refuses nearly every GB18030 text, never the other way round
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SEPARATORS = (("\t", "tab"), (",", ","), (";", ";"))
CELLS_MIN = 3  # a row of an order table has at least so many


class SeparatorUnclear(RuleViolation):
    """Two separators cut the text into equally many rows of cells, or none does."""

    code = "erp.sales.separator_unclear"
    message = N_(
        "A table whose cells are separated by tabs, commas or semicolons is expected; %(name)s can be cut "
        "by none of them for certain. Save it as .xlsx, or copy its cells and paste them."
    )


def read_text(content: bytes, name: str) -> tuple[Sheet, ...]:
    """Return the one sheet that a text holds.

    Raises WrongFileType, FileDamaged, SeparatorUnclear, TooManyLines, SheetTooWide.
    """
    text, encoding = _decode(content, name)
    rows, separator = _split(text, name)
    reach = Reach(name, name)
    cells: dict[Position, CellValue] = {}
    for row, texts in enumerate(rows):
        for column, value in enumerate(texts):
            if value.strip():
                reach.fill(row, column)
                cells[row, column] = value.strip()
    sheet = Sheet(
        name=name[:100],
        cells=cells,
        anchors={},
        merged=(),
        without_value=frozenset(),
        hidden_rows=frozenset(),
        row_count=reach.last_row + 1,
        column_count=reach.last_column + 1,
        text_form=f"{encoding.removesuffix('-sig').upper()}, {separator}",
    )
    return (sheet,)


def _decode(content: bytes, name: str) -> tuple[str, str]:
    """Return the text and its encoding, by its mark or by the first encoding that it obeys."""
    marked = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), None)
    for encoding in (marked,) if marked else ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if any(ord(ch) < 32 and ch not in "\t\r\n" for ch in text):
            break
        return text, encoding
    raise WrongFileType(name=name, came=FileKind.UNKNOWN)


def _split(text: str, name: str) -> tuple[list[list[str]], str]:
    """Return the rows under the separator that makes the most rows of a table."""
    found: list[tuple[int, list[list[str]], str]] = []
    for separator, word in _SEPARATORS:
        rows = _rows(text, separator, name)
        found.append((sum(1 for row in rows if len(row) >= CELLS_MIN), rows, word))
    found.sort(key=lambda one: -one[0])
    best, next_best = found[0], found[1]
    if best[0] == 0 or best[0] == next_best[0]:
        raise SeparatorUnclear(name=name)
    return best[1], best[2]


def _rows(text: str, separator: str, name: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as broken:  # a cell longer than the reader's limit
        raise FileDamaged(name=name, what="CSV") from broken
