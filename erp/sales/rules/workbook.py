"""From the bytes of an .xlsx file to cells with addresses, however hostile the bytes are.

The file comes from outside. It is inflated by us under a cap, scanned for how far it reaches, and only
then given to calamine, repacked: what a zip directory claims is never trusted. Rows and columns count from 0
inside; people and messages see spreadsheet addresses (A1).
"""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from posixpath import join, normpath
from xml.parsers import expat

from python_calamine import CalamineError, SheetTypeEnum, SheetVisibleEnum, load_workbook

from core.errors import RuleViolation
from core.i18n import N_
from erp.sales.rules.archive import FileDamaged, inflate, repack

ROWS_MAX = 5_000  # filled rows of one sheet
AREA_MAX = 1_000_000  # cells from A1 to the last filled one; calamine keeps every one of them
SHEETS_MAX = 20
MERGED_CELLS_MAX = 200_000

CellValue = str | int | float | bool | date | datetime | time | timedelta
Position = tuple[int, int]


class SheetEmpty(RuleViolation):
    """Nothing is written in any visible sheet."""

    code = "erp.sales.sheet_empty"
    message = N_(
        "An order sheet with lines is expected; every visible sheet of %(name)s is empty. "
        "Choose the file that holds the order."
    )


class TooManyLines(RuleViolation):
    """More filled rows than are read at once."""

    code = "erp.sales.too_many_lines"
    message = N_(
        "Sheet %(sheet)s of %(name)s has more than %(limit)s filled rows, the most that are read at once. "
        "Split it into several files."
    )


class SheetTooWide(RuleViolation):
    """A cell far away from the rest makes the sheet's area too large."""

    code = "erp.sales.sheet_too_wide"
    message = N_(
        "Sheet %(sheet)s of %(name)s reaches as far as cell %(cell)s, too far for an order sheet. "
        "Delete what stands out there and save the file again."
    )


def address(row: int, column: int) -> str:
    """Return the spreadsheet address of a cell: (0, 0) is A1."""
    letters, rest = "", column + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(65 + digit) + letters
    return f"{letters}{row + 1}"


@dataclass(frozen=True, slots=True)
class Area:
    """A merged range, both corners included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One visible worksheet: what its cells hold, by position."""

    name: str
    cells: dict[Position, CellValue]  # filled cells only
    anchors: dict[Position, Position]  # a covered cell of a merged range -> the range's first cell
    merged: tuple[Area, ...]
    without_value: frozenset[Position]  # formulas never calculated, or ending in an error
    hidden_rows: frozenset[int]
    row_count: int
    column_count: int
    picture_rows: frozenset[int] = frozenset()  # of pictures that lie on the sheet
    text_form: str = ""  # of a text file: how it was decoded and split, to be said

    def value(self, row: int, column: int) -> CellValue | None:
        """Return what a person sees in the cell: a merged range shows its first cell everywhere."""
        position = self.anchors.get((row, column), (row, column))
        return self.cells.get(position)

    def source(self, row: int, column: int) -> Position:
        """Return the cell that really holds what (row, column) shows."""
        return self.anchors.get((row, column), (row, column))


@dataclass(frozen=True, slots=True)
class _Part:
    """A worksheet's name and the zip entry of its XML."""

    name: str
    entry: str


@dataclass(slots=True)
class Reach:
    """What one scan of a worksheet finds out before anything is kept of it."""

    sheet: str
    name: str  # of the file
    filled_rows: int = 0
    last_row: int = -1
    last_column: int = -1
    without_value: set[Position] = field(default_factory=set)
    hidden_rows: set[int] = field(default_factory=set)
    picture_rows: frozenset[int] = frozenset()
    _filled_row: int = -1

    def fill(self, row: int, column: int) -> None:
        """Count one filled cell; they come row by row. Raises TooManyLines, SheetTooWide."""
        if row != self._filled_row:
            self._filled_row = row
            self.filled_rows += 1
            if self.filled_rows > ROWS_MAX:
                raise TooManyLines(name=self.name, sheet=self.sheet, limit=ROWS_MAX)
        self.last_row = max(self.last_row, row)
        self.last_column = max(self.last_column, column)
        if (self.last_row + 1) * (self.last_column + 1) > AREA_MAX:
            cell = address(self.last_row, self.last_column)
            raise SheetTooWide(name=self.name, sheet=self.sheet, cell=cell)


def read_xlsx(content: bytes, name: str) -> tuple[Sheet, ...]:
    """Return the visible worksheets of an .xlsx file, in the workbook's order.

    Raises WrongFileType, FileUnsafe, FileDamaged, TooManyLines, SheetTooWide.
    """
    parts = inflate(content, name, "xl/workbook.xml")
    try:
        reaches = {part.name: _scan(parts[part.entry], part.name, name) for part in _worksheets(parts)}
        for part in _worksheets(parts):
            reaches[part.name].picture_rows = picture_rows(parts, part.entry)
        return tuple(calamine_sheets(repack(parts), reaches, name))
    except (expat.ExpatError, CalamineError, KeyError, ValueError) as broken:
        raise FileDamaged(name=name, what=type(broken).__name__) from broken


# --- the XML, scanned before it is loaded -----------------------------------


class _DoctypeMet(ValueError):
    """A workbook part has no document type; one that has is up to something."""


def safe_parser() -> expat.XMLParserType:
    """Return a parser that refuses document types, and so every entity."""
    parser = expat.ParserCreate(namespace_separator=" ")

    def refuse(*_: object) -> None:
        raise _DoctypeMet("DOCTYPE")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def _worksheets(parts: dict[str, bytes]) -> Iterator[_Part]:
    """Yield every worksheet part, by the workbook's own list of sheets and relations."""
    targets: dict[str, str] = {}
    sheets: list[tuple[str, str]] = []

    def relation(_tag: str, found: dict[str, str]) -> None:
        if found.get("Type", "").endswith("/worksheet"):
            target = found["Target"]
            whole = target.lstrip("/") if target.startswith("/") else normpath(join("xl", target))
            targets[found["Id"]] = whole

    def sheet(tag: str, found: dict[str, str]) -> None:
        if tag.endswith(" sheet"):
            reference = next((v for k, v in found.items() if k.endswith("/relationships id")), "")
            sheets.append((found["name"], reference))

    for entry, handler in (("xl/_rels/workbook.xml.rels", relation), ("xl/workbook.xml", sheet)):
        parser = safe_parser()
        parser.StartElementHandler = handler
        parser.Parse(parts[entry], True)
    for name, reference in sheets[:SHEETS_MAX]:
        if reference in targets:
            yield _Part(name, targets[reference])


def _walk(
    xml: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> None:
    """Read one part through, when it is there."""
    if xml:
        parser = safe_parser()
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
        parser.Parse(xml, True)


def picture_rows(parts: dict[str, bytes], entry: str) -> frozenset[int]:
    """Return the rows on which the pictures of a worksheet begin."""
    folder, _, file = entry.rpartition("/")
    rows: set[int] = set()
    anchor = ""  # the text of the row that the picture is anchored at
    is_from = is_row = False

    def relation(_tag: str, found: dict[str, str]) -> None:
        if found.get("Type", "").endswith("/drawing"):
            drawings.append(normpath(join(folder, found["Target"])).lstrip("/"))

    def start(tag: str, _found: dict[str, str]) -> None:
        nonlocal anchor, is_from, is_row
        match tag.rpartition(" ")[2]:
            case "from":
                is_from, anchor = True, ""
            case "row":
                is_row = is_from
            case "pic" if anchor:
                rows.add(int(anchor))

    def end(tag: str) -> None:
        nonlocal is_from, is_row
        is_row = False
        is_from = is_from and tag.rpartition(" ")[2] != "from"

    def text(data: str) -> None:
        nonlocal anchor
        anchor += data if is_row else ""

    drawings: list[str] = []
    _walk(parts.get(f"{folder}/_rels/{file}.rels", b""), relation, end, text)
    for part in drawings:
        _walk(parts.get(part, b""), start, end, text)
    return frozenset(rows)


_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def _position(reference: str) -> Position:
    """Return row and column of an address such as C7."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ValueError(reference)
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]) - 1, column - 1


class _Scan:
    """One pass over a worksheet's XML: how far it is filled, formulas without a value, hidden rows."""

    def __init__(self, sheet: str, name: str) -> None:
        self.reach = Reach(sheet, name)
        self.row = self.column = -1
        self.has_formula = self.has_value = self.is_error = self.in_value = False

    def start(self, tag: str, found: dict[str, str]) -> None:
        """Note where the element stands."""
        match tag.rpartition(" ")[2]:
            case "row":
                self.row = int(found["r"]) - 1 if "r" in found else self.row + 1
                self.column = -1
                if found.get("hidden") in ("1", "true"):
                    self.reach.hidden_rows.add(self.row)
            case "c":
                at = _position(found["r"]) if "r" in found else (self.row, self.column + 1)
                self.row, self.column = at
                self.has_formula = self.has_value = False
                self.is_error = found.get("t") == "e"
            case "f":
                self.has_formula = True
            case "v" | "t":
                self.in_value = True

    def text(self, data: str) -> None:
        """A value counts when it is more than blanks."""
        if self.in_value and data.strip():
            self.has_value = True

    def end(self, tag: str) -> None:
        """At the end of a cell, judge it."""
        match tag.rpartition(" ")[2]:
            case "v" | "t":
                self.in_value = False
            case "c" if self.has_formula or self.has_value:
                self._keep()

    def _keep(self) -> None:
        if self.is_error or (self.has_formula and not self.has_value):
            self.reach.without_value.add((self.row, self.column))
        self.reach.fill(self.row, self.column)


def _scan(xml: bytes, sheet: str, name: str) -> Reach:
    """Return how far the sheet is filled. Raises TooManyLines, SheetTooWide."""
    scan = _Scan(sheet, name)
    parser = safe_parser()
    parser.StartElementHandler, parser.EndElementHandler = scan.start, scan.end
    parser.CharacterDataHandler = scan.text
    parser.Parse(xml, True)
    return scan.reach


# --- the cells --------------------------------------------------------------


def calamine_sheets(packed: io.BytesIO, reaches: dict[str, Reach], name: str) -> Iterator[Sheet]:
    """Yield the visible worksheets with what their cells hold; only those that were scanned are loaded."""
    with load_workbook(packed) as book:
        for about in book.sheets_metadata:
            if about.typ != SheetTypeEnum.WorkSheet or about.visible != SheetVisibleEnum.Visible:
                continue
            if (reach := reaches.get(about.name)) is None:
                continue
            found = book.get_sheet_by_name(about.name)
            cells: dict[Position, CellValue] = {}
            if found.start is not None:
                for row, values in enumerate(found.to_python(skip_empty_area=False)):
                    for column, value in enumerate(values):
                        if value != "" and (row, column) not in reach.without_value:
                            cells[row, column] = value
            merged = tuple(
                Area(top, left, min(bottom, reach.last_row), min(right, reach.last_column))
                for (top, left), (bottom, right) in found.merged_cell_ranges or ()
            )
            yield Sheet(
                name=about.name,
                cells=cells,
                anchors=anchors_of(merged, about.name, name),
                merged=merged,
                without_value=frozenset(reach.without_value),
                hidden_rows=frozenset(reach.hidden_rows),
                picture_rows=reach.picture_rows,
                row_count=reach.last_row + 1,
                column_count=reach.last_column + 1,
            )


def anchors_of(merged: tuple[Area, ...], sheet: str, name: str) -> dict[Position, Position]:
    """Map every covered cell to the first cell of its range. Raises SheetTooWide."""
    anchors: dict[Position, Position] = {}
    left = MERGED_CELLS_MAX
    for area in merged:
        left -= max(0, area.bottom - area.top + 1) * max(0, area.right - area.left + 1)
        if left < 0:
            raise SheetTooWide(name=name, sheet=sheet, cell=address(area.bottom, area.right))
        for row in range(area.top, area.bottom + 1):
            for column in range(area.left, area.right + 1):
                if (row, column) != (area.top, area.left):
                    anchors[row, column] = (area.top, area.left)
    return anchors
