"""From the bytes of a dealer's file to its sheets: what the file is, its content says, never its name."""

from __future__ import annotations

from erp.sales.rules.archive import FileFormat, format_of
from erp.sales.rules.ods import read_ods
from erp.sales.rules.separated import read_text
from erp.sales.rules.workbook import Sheet, SheetEmpty, read_xlsx
from erp.sales.rules.xls import read_xls


def read_sheets(content: bytes, name: str) -> tuple[Sheet, ...]:
    """Return the visible sheets that hold anything, in the file's order.

    Raises WrongFileType, FileTooLarge, FileUnsafe, FileDamaged, FileLocked, SeparatorUnclear,
    TooManyLines, SheetTooWide, SheetEmpty.
    """
    match format_of(content, name):
        case FileFormat.XLSX:
            sheets = read_xlsx(content, name)
        case FileFormat.XLS:
            sheets = read_xls(content, name)
        case FileFormat.ODS:
            sheets = read_ods(content, name)
        case _:
            sheets = read_text(content, name)
    filled = tuple(sheet for sheet in sheets if sheet.cells or sheet.without_value)
    if not filled:
        raise SheetEmpty(name=name)
    return filled
