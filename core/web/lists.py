"""Lists: search, filter, sort and page, kept in the address; export to a spreadsheet."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import xlsxwriter
from flask import Response, request
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.web.answers import xlsx

T = TypeVar("T")
SIZE = 50
COUNT_LIMIT = 1000  # counting further costs more than it tells: "1,000+"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list."""

    rows: Sequence[T]
    number: int
    size: int
    total_count: int  # at most COUNT_LIMIT + 1
    sort: str

    @property
    def has_next(self) -> bool:
        """Say whether another page follows."""
        return self.total_count > self.number * self.size

    @property
    def total_text(self) -> str:
        """Return how many there are, as people read it."""
        return count_text(self.total_count)


def count_text(count: int) -> str:
    """Return a count as people read it; beyond the limit nobody counted."""
    return f"{COUNT_LIMIT:,}+" if count > COUNT_LIMIT else f"{count:,}"


def paged(
    session: Session,
    rows: Select[*tuple[Any, ...]],
    sorts: Mapping[str, Any],
    *,
    default: str,
    scalars: bool = False,
    size: int = SIZE,
) -> Page[Any]:
    """Return the page that the address asks for (`page`, `sort`; "-name" sorts downward).

    `sorts` maps a word of the address to a column; the first `default` is used for an unknown one.
    No page lies further down than what is counted, so none costs much more than the first.
    """
    asked = request.args.get("sort", default)
    if asked.removeprefix("-") not in sorts:
        asked = default
    asked_number = request.args.get("page", 1, type=int) or 1
    number = min(max(1, asked_number), COUNT_LIMIT // size + 1)  # beyond it one narrows or turns the sort
    column = sorts[asked.removeprefix("-")]
    ordered = rows.order_by(column.desc() if asked.startswith("-") else column.asc())
    found = session.execute(ordered.limit(size).offset((number - 1) * size))
    total = session.scalar(
        select(func.count()).select_from(rows.order_by(None).limit(COUNT_LIMIT + 1).subquery())
    )
    return Page(found.scalars().all() if scalars else found.all(), number, size, total or 0, asked)


def export(
    name: str,
    columns: Mapping[str, Callable[[T], Any]],
    rows: Iterable[T],
    amounts: Collection[str] = (),
) -> Response:
    """Answer a list as a spreadsheet; `columns` maps a translated heading to what stands under it.

    Text is written as text: a cell that begins with = + - @ can start nothing. Under the headings that are
    `amounts` stand numbers with two places, which a spreadsheet can sum.
    """
    file, book = _workbook()
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    money = book.add_format({"num_format": "#,##0.00"})
    for at, heading in enumerate(columns):
        sheet.write_string(0, at, heading, bold)
    for line, row in enumerate(rows, 1):
        for at, (heading, value) in enumerate(columns.items()):
            cell = value(row)
            if heading in amounts and cell is not None:
                sheet.write_number(line, at, cell, money)
            else:
                _write(sheet, line, at, cell)
    sheet.freeze_panes(1, 0)
    sheet.autofit()
    book.close()
    return xlsx(file.getvalue(), name)


def export_sheets(
    name: str, sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Any]]]]
) -> Response:
    """Answer several tables as one spreadsheet: of each its name, its headings and its rows."""
    file, book = _workbook()
    bold = book.add_format({"bold": True})
    for title, headings, rows in sheets:
        sheet = book.add_worksheet(title)
        for at, heading in enumerate(headings):
            sheet.write_string(0, at, heading, bold)
        for line, row in enumerate(rows, 1):
            for at, value in enumerate(row):
                _write(sheet, line, at, value)
        sheet.freeze_panes(1, 0)
    book.close()
    return xlsx(file.getvalue(), name)


def _workbook() -> tuple[io.BytesIO, Any]:
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    return file, xlsxwriter.Workbook(file, options)


def _write(sheet: Any, line: int, at: int, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, int) and not isinstance(value, bool):
        sheet.write_number(line, at, value)
    else:
        sheet.write_string(line, at, str(value))
