"""From one row of a sheet to a typed line: every value with its cell, every doubt beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from erp.catalogue.rules.document import DimBasis
from erp.sales.rules.headings import Column
from erp.sales.rules.issues import (
    FURTHER_CHOICES,
    FURTHER_SIZES,
    Field,
    Issue,
    IssueCode,
    Severity,
    issue,
)
from erp.sales.rules.judging import NO_WALL_KINDS, LineValues, read_lock, recheck
from erp.sales.rules.layout import (
    Layout,
    TableColumn,
)
from erp.sales.rules.normalise import is_blank, plain, says_none, text_of
from erp.sales.rules.reading import (
    Read,
    read_basis,
    read_choice,
    read_colour,
    read_count,
    read_handing,
    read_learned,
    read_model,
    read_price,
    read_usual,
    read_with_hinge,
    side_of,
)
from erp.sales.rules.sizes import Told, read_cell, read_one
from erp.sales.rules.vocabulary import Habits, Vocabulary
from erp.sales.rules.workbook import Sheet, address


@dataclass(frozen=True, slots=True)
class Source:
    """Where one value came from: the cell, and what stood in it."""

    field: Field
    cell: str
    text: str


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One line of the sheet as it was read."""

    row_number: int  # as the spreadsheet counts
    values: LineValues
    source: tuple[Source, ...]
    issues: tuple[Issue, ...]


@dataclass(slots=True)
class RowReader:
    """The reading of one line, cell by cell."""

    sheet: Sheet
    layout: Layout
    vocabulary: Vocabulary
    row: int
    values: LineValues = field(default_factory=LineValues)
    source: list[Source] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    looked_at: dict[Field | None, str] = field(default_factory=dict)  # empty cells have a place, too

    def read(self) -> ReadRow:
        """Read the words first: the model's limits help to understand the sizes."""
        if self.row in self.sheet.hidden_rows:
            self.issues.append(
                issue(IssueCode.HIDDEN_ROW, Severity.ASK, Field.ROOM, cell=f"{self.row + 1}:{self.row + 1}")
            )
        if self.row in self.sheet.picture_rows:
            cell = f"{self.row + 1}:{self.row + 1}"
            self.issues.append(issue(IssueCode.PICTURE_ON_ROW, Severity.ASK, Field.NOTE, cell=cell))
        self._read_words()
        self._read_sizes()
        stopped = {one.field for one in self.issues if one.severity is Severity.STOP}
        cells = self.looked_at | {one.field: one.cell for one in self.source}
        judged = tuple(
            replace(one, cell=cells.get(one.field, ""))
            for one in recheck(self.values, self.vocabulary)
            if one.field not in stopped
        )
        return ReadRow(
            self.row + 1, self.values, tuple(self.source), (*self.issues, *judged, *self._usual_lock())
        )

    def _usual_lock(self) -> Iterator[Issue]:
        """Say that an empty cell of the sheet's lock column means the model's usual lock."""
        model, column = self.vocabulary.model(self.values.model), self.layout.find(Column.LOCK)
        if column is not None and model is not None and model.locks and not self.values.lock:
            cell = address(self.row, column.index)
            yield issue(IssueCode.LOCK_USUAL, Severity.NOTE, Field.LOCK, cell=cell)

    def _cell(self, column: Column, *fields: Field) -> tuple[str, str]:
        """Return text and address of the row's cell in a column; note merges and formulas without a value."""
        found = self.layout.find(column)
        if found is None:
            return "", ""
        row, index = self.sheet.source(self.row, found.index)
        cell = address(row, index)
        self.looked_at |= dict.fromkeys(fields, cell)
        if (row, index) in self.sheet.without_value:
            self.issues += [
                issue(IssueCode.FORMULA_NO_VALUE, Severity.STOP, one, cell=cell) for one in fields
            ]
            self.source += [Source(one, cell, "") for one in fields]
            return "", cell
        text = text_of(self.sheet.cells.get((row, index)))
        if text:
            self.source += [Source(one, cell, text) for one in fields]
        if text and row != self.row:
            shared = Severity.ASK if column is Column.SET_COUNT else Severity.NOTE
            self.issues.append(issue(IssueCode.MERGED_VALUE, shared, fields[0], cell=cell, raw=plain(text)))
        return text, cell

    def _read_words(self) -> None:
        vocabulary, habits = self.vocabulary, self.vocabulary.habits
        room, _ = self._cell(Column.ROOM, Field.ROOM)
        note, _ = self._cell(Column.NOTE, Field.NOTE)
        self.values = replace(self.values, room=plain(room), note=plain(note))
        model, cell = self._cell(Column.MODEL, Field.MODEL)
        if is_blank(model):
            model, cell = self._cell(Column.KIND, Field.MODEL)
        self._take(
            Field.MODEL, self._learned(Field.MODEL, model, cell) or read_model(model, cell, vocabulary)
        )
        self._read_lock()
        colour, cell = self._cell(Column.COLOUR, Field.COLOUR)
        self._take(
            Field.COLOUR, self._learned(Field.COLOUR, colour, cell) or read_colour(colour, cell, vocabulary)
        )
        self._read_choices()
        self._read_handing()
        price, cell = self._cell(Column.PRICE, Field.PRICE)
        self._take(Field.PRICE, read_price(price, cell))
        count, cell = self._cell(Column.SET_COUNT, Field.SET_COUNT)
        if not self._stopped(Field.SET_COUNT):
            self._take(Field.SET_COUNT, read_count(count, cell))
        self._read_basis(habits)

    def _learned(self, one: Field, text: str, cell: str) -> Read | None:
        return read_learned(one, text, cell, self.vocabulary.habits)

    def _read_lock(self) -> None:
        """Read the lock; where none is named, the dealer's usual one if the model has it."""
        text, cell = self._cell(Column.LOCK, Field.LOCK)
        model = self.vocabulary.model(self.values.model)
        read = self._learned(Field.LOCK, text, cell) or Read(read_lock(text, model) or None)
        if read.value is None and not says_none(text):
            usual = read_usual(Field.LOCK, cell, self.vocabulary.habits)
            has_it = usual is not None and model is not None and model.has_lock(usual.value or "")
            read = usual if usual is not None and has_it else read
        self._take(Field.LOCK, read)

    def _read_usual_wall(self) -> None:
        """Take the dealer's usual wall where the sheet names none and the model needs one."""
        model = self.vocabulary.model(self.values.model)
        needs_none = model is not None and model.kind in NO_WALL_KINDS
        if self.values.wall_mm is not None or self._stopped(Field.WALL) or needs_none:
            return
        usual = read_usual(Field.WALL, self.looked_at.get(Field.WALL, ""), self.vocabulary.habits)
        if usual is not None:
            self._take(Field.WALL, usual)

    def _read_choices(self) -> None:
        for one in FURTHER_CHOICES:
            column = Column(one.value)
            if one is not Field.HINGE and self.layout.find(column) is not None:
                text, cell = self._cell(column, one)
                self._take(one, read_choice(one, text, cell, self.vocabulary.model(self.values.model)))

    def _read_handing(self) -> None:
        """Read how the door opens; a hinge column says the side, or which hinges or how many there shall be."""
        habits, model = self.vocabulary.habits, self.vocabulary.model(self.values.model)
        hinge, hinge_cell = self._cell(Column.HINGE, Field.HINGE)
        handing, cell = self._cell(Column.HANDING, Field.HANDING)
        side = side_of(hinge)
        if side is None and model is not None and model.option(Field.HINGE.value) is not None:
            self._take(Field.HINGE, read_choice(Field.HINGE, hinge, hinge_cell, model))
        elif side is None and not is_blank(hinge):
            self.values = replace(
                self.values, hinge=plain(hinge)
            )  # judged with the model: it has no such choice
        read = self._learned(Field.HANDING, handing, cell)
        if read is None and side is not None:
            read = read_with_hinge(handing, cell or hinge_cell, side, habits)
        self._take(Field.HANDING, read or read_handing(handing, cell, habits))

    def _read_basis(self, habits: Habits) -> None:
        """Take what the sizes are of from the row, else the heading, else the habit, else the opening."""
        text, cell = self._cell(Column.DIM_BASIS, Field.DIM_BASIS)
        read = read_basis(text, cell)
        self._take(Field.DIM_BASIS, read)
        if read.value is None and not read.issues and not self._stopped(Field.DIM_BASIS):
            basis = self.layout.basis or habits.dim_basis or DimBasis.OPENING
            self.values = replace(self.values, dim_basis=basis)

    def _read_sizes(self) -> None:
        own = {column: self.layout.find(column) for column in (Column.WIDTH, Column.HEIGHT)}
        if None in own.values():
            text, cell = self._cell(Column.SIZE, Field.WIDTH, Field.HEIGHT)
            if text:
                self._read_size_cell(text, cell, self.layout.find(Column.SIZE))
        else:
            self._read_pair()
        self._read_measure(Column.WALL, Field.WALL)
        self._read_usual_wall()
        self._read_measure(Column.MOTHER_WIDTH, Field.MOTHER_WIDTH)
        for one in FURTHER_SIZES:
            self._read_measure(Column(one.value), one)

    def _read_size_cell(self, text: str, cell: str, column: TableColumn | None) -> None:
        """Width, height and perhaps the wall from one cell."""
        model = self.vocabulary.model(self.values.model)
        sizes = read_cell(text, cell, self._told(column), model)
        self.values = replace(
            self.values, width_mm=sizes.width_mm, height_mm=sizes.height_mm, wall_mm=sizes.wall_mm
        )
        self.issues += sizes.issues
        if sizes.wall_mm is not None:
            self.source.append(Source(Field.WALL, cell, text))

    def _read_pair(self) -> None:
        """Width and height from cells of their own; a whole size typed into one of them is read as such."""
        width, cell = self._cell(Column.WIDTH, Field.WIDTH)
        height, height_cell = self._cell(Column.HEIGHT, Field.HEIGHT)
        if is_blank(height) and any(mark in plain(width).casefold() for mark in "*x×"):
            self.source.append(Source(Field.HEIGHT, cell, width))
            self._read_size_cell(width, cell, self.layout.find(Column.WIDTH))
            return
        for one, text, where in (
            (Field.WIDTH, width, cell),
            (Field.HEIGHT, height, height_cell),
        ):
            column = self.layout.find(Column.WIDTH if one is Field.WIDTH else Column.HEIGHT)
            self._measure(one, text, where, column)

    def _read_measure(self, column: Column, one: Field) -> None:
        text, cell = self._cell(column, one)
        self._measure(one, text, cell, self.layout.find(column))

    def _measure(self, one: Field, text: str, cell: str, column: TableColumn | None) -> None:
        if is_blank(text):
            return
        size = read_one(one, text, cell, self._told(column))
        self.values = self.values.with_value(one, size.value_mm)
        self.issues += size.issues

    def _told(self, column: TableColumn | None) -> Told:
        """What the heading says about unit and order, else the dealer's habit."""
        habits = self.vocabulary.habits
        unit = Decimal(column.unit_mm) if column is not None and column.unit_mm else habits.unit_mm
        order = column.order if column is not None else ""
        if not order and habits.is_height_first is not None:
            order = "HWT" if habits.is_height_first else "WHT"
        return Told(unit, order)

    def _take(self, one: Field, read: Read) -> None:
        if not self._stopped(one):
            self.values = self.values.with_text(one, read.value)
            self.issues += read.issues

    def _stopped(self, one: Field) -> bool:
        return any(found.field is one and found.severity is Severity.STOP for found in self.issues)
