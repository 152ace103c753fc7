"""From a sheet to typed lines: every value with the cell it came from, every doubt beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from core.errors import RuleViolation
from core.i18n import N_
from erp.catalogue.rules.document import DimBasis
from erp.sales.rules.headings import Column
from erp.sales.rules.issues import (
    Field,
    Issue,
    IssueCode,
    Severity,
    issue,
    one_each,
)
from erp.sales.rules.judging import LineValues
from erp.sales.rules.layout import (
    Fact,
    HeaderNotFound,
    Layout,
    find_facts,
    find_layout,
    heading_text,
    is_grand_total,
    repeats_header,
    total_word,
)
from erp.sales.rules.normalise import count_of, is_blank, key, text_of
from erp.sales.rules.row import ReadRow, RowReader
from erp.sales.rules.vocabulary import Vocabulary
from erp.sales.rules.workbook import Sheet, address


class NoLines(RuleViolation):
    """The table has a head but no line under it."""

    code = "erp.sales.no_lines"
    message = N_(
        "Order lines are expected under row %(row)s of %(sheet)s; there is none. Fill them in first."
    )


@dataclass(frozen=True, slots=True)
class ReadOrder:
    """One dealer's sheet as it was read; `issues` are about the sheet, those of lines stand with them."""

    sheet_name: str
    header_row: int  # as the spreadsheet counts
    facts: tuple[Fact, ...]
    rows: tuple[ReadRow, ...]
    issues: tuple[Issue, ...]


class _RowKind(Enum):
    """What a row of the table is."""

    LINE = "line"
    TOTAL = "total"
    HEADING = "heading"
    OTHER = "other"


def read_order(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> ReadOrder:
    """Read the first sheet that holds an order table. Raises HeaderNotFound, NoLines."""
    own = vocabulary.habits.columns
    found = [(sheet, layout) for sheet in sheets if (layout := find_layout(sheet, own)) is not None]
    if not found:
        raise HeaderNotFound(sheet=", ".join(sheet.name for sheet in sheets))
    sheet, layout = found[0]
    others = tuple(issue(IssueCode.SHEET_UNREAD, Severity.ASK, raw=other.name) for other, _ in found[1:])
    return _Reader(sheet, layout, vocabulary).read(others)


@dataclass(slots=True)
class _Reader:
    """One pass over one sheet."""

    sheet: Sheet
    layout: Layout
    vocabulary: Vocabulary
    issues: list[Issue] = field(default_factory=list)
    rows: list[ReadRow] = field(default_factory=list)
    since_subtotal: int = 0  # sets counted since the last subtotal row
    counted: int = 0
    has_unread_count: bool = False

    def read(self, others: tuple[Issue, ...]) -> ReadOrder:
        """Walk down the table, then collect the facts around it."""
        around = list(range(self.layout.header_row))
        for row in range(self.layout.first_row, self.sheet.row_count):
            kind = self._kind(row)
            if kind is _RowKind.LINE:
                self._read_line(row)
            elif kind is _RowKind.OTHER:
                around.append(row)
        if not self.rows:
            raise NoLines(row=self.layout.first_row, sheet=self.sheet.name)
        unread = tuple(
            issue(IssueCode.COLUMN_UNREAD, Severity.NOTE, cell=cell, raw=text)
            for cell, text in self.layout.unread
        )
        return ReadOrder(
            self.sheet.name,
            self.layout.header_row + 1,
            find_facts(self.sheet, self.layout, iter(around)),
            mark_duplicates(self.rows),
            (
                *self._basis_issue(),
                *self._lock_issue(),
                *self._form_issue(),
                *self._habit_issues(),
                *self._price_issue(),
                *copied_rows(self.rows),
                *self.issues,
                *unread,
                *others,
            ),
        )

    def _habit_issues(self) -> Iterator[Issue]:
        """Say which headings, and which order of sizes, were read as a person has shown them."""
        habits = self.vocabulary.habits
        own = {key(word) for word, _ in habits.columns}
        for column in self.layout.columns:
            if key(column.text) in own:
                cell = address(self.layout.header_row, column.index)
                yield issue(IssueCode.LEARNED_USED, Severity.NOTE, cell=cell, raw=column.text)
        size = self.layout.find(Column.SIZE)
        if habits.order_day and size is not None and not size.order:
            cell = address(self.layout.header_row, size.index)
            yield issue(IssueCode.LEARNED_USED, Severity.NOTE, cell=cell, raw=size.text)

    def _price_issue(self) -> Iterator[Issue]:
        """Say once what becomes of the dealer's prices."""
        column = self.layout.find(Column.PRICE)
        if column is not None:
            cell = address(self.layout.header_row, column.index)
            yield issue(IssueCode.PRICE_READ, Severity.NOTE, Field.PRICE, cell=cell, raw=column.text)

    def _form_issue(self) -> Iterator[Issue]:
        """Say how a text file was decoded and cut into cells; the file itself does not tell."""
        if self.sheet.text_form:
            yield issue(IssueCode.TEXT_READ, Severity.NOTE, read=self.sheet.text_form)

    # --- which rows are lines

    def _kind(self, row: int) -> _RowKind:
        """Judge one row under the header; totals and headings are said, never dropped in silence."""
        if (word := total_word(self.sheet, row, self.layout)) is not None:
            self._read_total(row, word)
            return _RowKind.TOTAL
        if repeats_header(self.sheet, row, self.layout):
            return _RowKind.HEADING
        if (text := heading_text(self.sheet, row, self.layout)) is not None and not self._own(row):
            self.issues.append(
                issue(IssueCode.HEADING_SKIPPED, Severity.NOTE, cell=f"{row + 1}:{row + 1}", raw=text)
            )
            return _RowKind.HEADING
        return _RowKind.LINE if self._own(row) else _RowKind.OTHER

    def _own(self, row: int) -> bool:
        """Whether the row itself, not a cell merged down to it, fills a size or two columns of a line."""
        filled = {
            column.column
            for column in self.layout.columns
            if column.column is not Column.POSITION
            and (
                (row, column.index) in self.sheet.without_value
                or not is_blank(text_of(self.sheet.cells.get((row, column.index))))
            )
        }
        sizes = filled & {Column.SIZE, Column.WIDTH, Column.HEIGHT}
        return bool(sizes) or len(filled - {Column.NOTE}) >= 2

    def _read_total(self, row: int, word: str) -> None:
        """Say a total row, and compare its number with the sets counted above it."""
        cell = address(row, self.layout.columns[0].index)
        self.issues.append(issue(IssueCode.SUBTOTAL_SKIPPED, Severity.NOTE, cell=cell, raw=word))
        counted = self.counted if is_grand_total(word) else self.since_subtotal
        self.since_subtotal = 0
        column = self.layout.find(Column.SET_COUNT)
        if column is None:
            return
        came = count_of(text_of(self.sheet.value(row, column.index)))
        if came is not None and came != counted and not self.has_unread_count:
            self.issues.append(
                issue(
                    IssueCode.TOTAL_DIFFERS,
                    Severity.ASK,
                    cell=address(row, column.index),
                    came=came,
                    counted=counted,
                )
            )

    # --- one line

    def _read_line(self, row: int) -> None:
        line = RowReader(self.sheet, self.layout, self.vocabulary, row)
        read = line.read()
        count = read.values.set_count
        self.has_unread_count = self.has_unread_count or count is None
        self.since_subtotal += count or 0
        self.counted += count or 0
        self.rows.append(read)

    def _lock_issue(self) -> Iterator[Issue]:
        """Say once for the whole sheet that it has no column for locks."""
        models = (self.vocabulary.model(row.values.model) for row in self.rows)
        is_usual = any(one.field == Field.LOCK.value for one in self.vocabulary.habits.usual)
        if (
            not is_usual
            and self.layout.find(Column.LOCK) is None
            and any(model and model.locks for model in models)
        ):
            cell = address(self.layout.header_row, self.layout.columns[0].index)
            yield issue(IssueCode.LOCK_USUAL, Severity.NOTE, Field.LOCK, cell=cell)

    def _basis_issue(self) -> Iterator[Issue]:
        """Ask once for the whole sheet when nothing says what the sizes are of."""
        if self.layout.basis is None and self.layout.find(Column.DIM_BASIS) is None:
            habit = self.vocabulary.habits.dim_basis
            yield issue(
                IssueCode.DIM_BASIS_ASSUMED,
                Severity.NOTE if habit else Severity.ASK,
                Field.DIM_BASIS,
                cell=address(self.layout.header_row, self.layout.columns[0].index),
                offers=one_each(Field.DIM_BASIS, tuple(m.value for m in DimBasis)),
                read=(habit or DimBasis.OPENING).value,
            )


COPIES_MIN = 3  # two equal doors are usual; from three on a copied row is as likely as a wish


def copied_rows(rows: Sequence[ReadRow]) -> Iterator[Issue]:
    """Say which rows are one set copied again and again instead of a number (数量 1, eight times)."""
    groups: dict[LineValues, list[ReadRow]] = {}
    for row in rows:
        groups.setdefault(replace(row.values, note="", room=""), []).append(row)
    for same in groups.values():
        is_one_set = all(row.values.set_count == 1 for row in same)
        if len(same) >= COPIES_MIN and is_one_set and len({row.values.room for row in same}) == 1:
            numbers = tuple(row.row_number for row in same)
            shown = numbers if len(numbers) <= 12 else (*numbers[:11], "…", numbers[-1])
            yield issue(IssueCode.COPIED_ROWS, Severity.NOTE, rows=shown, count=len(same))


def mark_duplicates(rows: Sequence[ReadRow]) -> tuple[ReadRow, ...]:
    """Note rows that ask for the very same as an earlier one, room included."""
    seen: dict[LineValues, int] = {}
    marked = []
    for row in rows:
        same = replace(row.values, note="")
        if same in seen:
            note = issue(IssueCode.DUPLICATE_LINE, Severity.NOTE, Field.ROOM, row=seen[same])
            marked.append(replace(row, issues=(*row.issues, note)))
        else:
            seen[same] = row.row_number
            marked.append(row)
    return tuple(marked)
