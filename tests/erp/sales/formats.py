"""Rows of cells as dealers save them: .xls by xlwt, .ods by odfpy, .csv in the encodings that China writes."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from odf.text import P

Rows = Sequence[Sequence[object]]
Merge = tuple[int, int, int, int]  # top, left, bottom, right


def xls(rows: Rows, merged: Sequence[Merge] = (), hidden: Sequence[int] = (), sheet: str = "订货单") -> bytes:
    """Return a workbook in Excel's old format."""
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet(sheet)
    for top, left, bottom, right in merged:
        page.write_merge(top, bottom, left, right, rows[top][left])
    first = {(top, left) for top, left, _, _ in merged}
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if value not in ("", None) and (number, column) not in first:
                page.write(number, column, value)
    for number in hidden:
        page.row(number).hidden = True
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def ods(rows: Rows, merged: Sequence[Merge] = (), hidden: Sequence[int] = (), sheet: str = "订货单") -> bytes:
    """Return an OpenDocument spreadsheet."""
    document = OpenDocumentSpreadsheet()
    page = Table(name=sheet)
    document.spreadsheet.addElement(page)
    spans = {(top, left): (bottom - top + 1, right - left + 1) for top, left, bottom, right in merged}
    for number, values in enumerate(rows):
        row = TableRow(visibility="collapse") if number in hidden else TableRow()
        page.addElement(row)
        for column, value in enumerate(values):
            row.addElement(_ods_cell(value, spans.get((number, column)), _is_covered(number, column, merged)))
    written = io.BytesIO()
    document.write(written)
    return written.getvalue()


def _is_covered(row: int, column: int, merged: Sequence[Merge]) -> bool:
    return any(
        top <= row <= bottom and left <= column <= right and (row, column) != (top, left)
        for top, left, bottom, right in merged
    )


def _ods_cell(value: object, span: tuple[int, int] | None, is_covered: bool) -> object:
    if is_covered:
        return CoveredTableCell()
    spanned = {"numberrowsspanned": span[0], "numbercolumnsspanned": span[1]} if span else {}
    if isinstance(value, int | float):
        cell = TableCell(valuetype="float", value=str(value), **spanned)
    else:
        cell = TableCell(valuetype="string", **spanned) if value else TableCell(**spanned)
    if value not in ("", None):
        cell.addElement(P(text=str(value)))
    return cell


def separated(rows: Rows, encoding: str = "gb18030", delimiter: str = ",") -> bytes:
    """Return the rows as text."""
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter).writerows(rows)
    return written.getvalue().encode(encoding)
