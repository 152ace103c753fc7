"""Order sheets of LibreOffice and WPS (.ods): one pass over content.xml under the caps.

Cells and rows are written once with a number of repetitions; what is empty is only stepped over, what is
filled is counted, so that no short file becomes a large sheet.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from xml.parsers import expat

from erp.sales.rules.archive import FileDamaged, inflate
from erp.sales.rules.workbook import (
    AREA_MAX,
    SHEETS_MAX,
    Area,
    CellValue,
    Position,
    Reach,
    Sheet,
    SheetTooWide,
    address,
    anchors_of,
    safe_parser,
)

_HIDDEN = ("collapse", "filter")


def read_ods(content: bytes, name: str) -> tuple[Sheet, ...]:
    """Return the visible sheets of an .ods file, in its order.

    Raises WrongFileType, FileUnsafe, FileDamaged, TooManyLines, SheetTooWide.
    """
    parts = inflate(content, name, "content.xml")
    scan = _Scan(name)
    parser = safe_parser()
    parser.StartElementHandler, parser.EndElementHandler = scan.start, scan.end
    parser.CharacterDataHandler = scan.text
    try:
        parser.Parse(parts["content.xml"], True)
    except (expat.ExpatError, KeyError, ValueError, OverflowError, InvalidOperation) as broken:
        raise FileDamaged(name=name, what=type(broken).__name__) from broken
    return tuple(scan.sheets)


def _plain_names(found: dict[str, str]) -> dict[str, str]:
    """Return the attributes without their namespaces; LibreOffice repeats some under its own."""
    names: dict[str, str] = {}
    for key, value in found.items():
        space, _, short = key.rpartition(" ")
        names.setdefault(short, value)
        if "calc" in space:
            names["calc-" + short] = value
    return names


class _Scan:
    """One pass over the document: the sheets that are shown, cell by cell."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sheets: list[Sheet] = []
        self.hidden_styles: set[str] = set()
        self.style = ""
        self.is_shown = False
        self.reach = Reach("", name)
        self.cells: dict[Position, CellValue] = {}
        self.merged: list[Area] = []
        self.row = self.column = 0
        self.row_repeats = 1
        self.is_row_hidden = False
        self.cell: dict[str, str] = {}
        self.words: list[str] | None = None  # of the paragraph that is open
        self.paragraphs: list[str] = []
        self.notes = 0  # a comment lies on the cell with paragraphs of its own

    def start(self, tag: str, found: dict[str, str]) -> None:
        """Note where the element stands."""
        names = _plain_names(found)
        match tag.rpartition(" ")[2]:
            case "style":
                self.style = names.get("name", "")
            case "table-properties" if names.get("display") == "false":
                self.hidden_styles.add(self.style)
            case "table":
                self._start_table(names)
            case "table-row":
                self.column, self.row_repeats = 0, max(1, int(names.get("number-rows-repeated", 1)))
                self.is_row_hidden = names.get("visibility") in _HIDDEN
            case "table-cell" | "covered-table-cell":
                self.cell, self.paragraphs = names, []
            case "annotation":
                self.notes += 1
            case "p" if not self.notes:
                self.words = []
            case "s" if self.words is not None:
                self.words.append(" ")

    def text(self, data: str) -> None:
        """Collect the words of a cell."""
        if self.words is not None:
            self.words.append(data)

    def end(self, tag: str) -> None:
        """At the end of a cell, a row, a sheet: keep it."""
        match tag.rpartition(" ")[2]:
            case "annotation":
                self.notes -= 1
            case "p" if self.words is not None:
                self.paragraphs.append("".join(self.words))
                self.words = None
            case "table-cell":
                self._keep_cell()
            case "covered-table-cell":
                self.column += self._repeats()
            case "table-row":
                self.row += self.row_repeats
            case "table":
                self._keep_table()

    def _start_table(self, names: dict[str, str]) -> None:
        self.is_shown = names.get("style-name", "") not in self.hidden_styles
        self.reach = Reach(names.get("name", ""), self.name)
        self.cells, self.merged, self.row = {}, [], 0

    def _keep_cell(self) -> None:
        """Keep what the cell holds, as often as it is repeated; an empty one is stepped over."""
        repeats = self._repeats()
        value = self._value()
        is_formula = "formula" in self.cell
        if value is not None or is_formula:
            self._fill(value, repeats)
        rows, columns = (int(self.cell.get(f"number-{way}-spanned", 1)) for way in ("rows", "columns"))
        if rows > 1 or columns > 1:
            self.merged.append(Area(self.row, self.column, self.row + rows - 1, self.column + columns - 1))
        self.column += repeats

    def _repeats(self) -> int:
        return max(1, int(self.cell.get("number-columns-repeated", 1)))

    def _fill(self, value: CellValue | None, repeats: int) -> None:
        if repeats * self.row_repeats > AREA_MAX:
            cell = address(self.row, self.column)
            raise SheetTooWide(name=self.name, sheet=self.reach.sheet, cell=cell)
        for row in range(self.row, self.row + self.row_repeats):
            if self.is_row_hidden:
                self.reach.hidden_rows.add(row)
            for column in range(self.column, self.column + repeats):
                self.reach.fill(row, column)
                if value is None or self.cell.get("calc-value-type") == "error":
                    self.reach.without_value.add((row, column))
                else:
                    self.cells[row, column] = value

    def _value(self) -> CellValue | None:
        """Return the typed value; numbers as Excel keeps them, so that a phone is shown as a phone."""
        match self.cell.get("value-type"):
            case "float" | "percentage" | "currency":
                number = Decimal(self.cell["value"])
                return int(number) if number == number.to_integral_value() else float(number)
            case "date":
                return datetime.fromisoformat(self.cell["date-value"])
            case "boolean":
                return self.cell.get("boolean-value") == "true"
        return "\n".join(self.paragraphs).strip() or None

    def _keep_table(self) -> None:
        if not self.is_shown or len(self.sheets) >= SHEETS_MAX:
            return
        reach = self.reach
        merged = tuple(
            Area(one.top, one.left, min(one.bottom, reach.last_row), min(one.right, reach.last_column))
            for one in self.merged
        )
        self.sheets.append(
            Sheet(
                name=reach.sheet,
                cells=self.cells,
                anchors=anchors_of(merged, reach.sheet, self.name),
                merged=merged,
                without_value=frozenset(reach.without_value),
                hidden_rows=frozenset(reach.hidden_rows),
                row_count=reach.last_row + 1,
                column_count=reach.last_column + 1,
            )
        )
