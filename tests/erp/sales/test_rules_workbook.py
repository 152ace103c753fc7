import io
import time
import zipfile

import pytest
from xlsxwriter import Workbook

from erp.sales.rules.archive import FileDamaged, FileKind, FileTooLarge, FileUnsafe, WrongFileType
from erp.sales.rules.files import read_sheets
from erp.sales.rules.workbook import SheetEmpty, SheetTooWide, TooManyLines, address
from tests.erp.sales import sheets


def test_an_address_is_what_the_spreadsheet_shows():
    assert [address(0, 0), address(6, 25), address(6, 26), address(0, 16_383)] == ["A1", "Z7", "AA7", "XFD1"]


def test_cells_keep_their_place_and_merged_ones_show_their_first():
    (sheet,) = read_sheets(sheets.messy_order(), "a.xlsx")
    assert sheet.name == "订货单"
    assert sheet.cells[6, 4] == "2100*900*240"  # E7
    assert (sheet.value(3, 5), sheet.source(3, 5)) == ("洞口尺寸", (3, 4))  # F4 is covered by E4:G4
    assert 10 in sheet.hidden_rows  # row 11


def test_a_formula_without_a_value_is_no_empty_cell():
    (sheet,) = read_sheets(sheets.messy_order(), "a.xlsx")
    assert sheet.without_value == {(16, 6)}  # G17
    assert sheet.cells[9, 9] == 5  # the subtotal's formula was calculated


def test_a_cell_in_error_is_without_value():
    content = sheets.book(lambda _b, page: page.write_formula("B2", "=1/0", None, "#DIV/0!"))
    (sheet,) = read_sheets(content, "a.xlsx")
    assert sheet.without_value == {(1, 1)}


@pytest.mark.parametrize(
    ("content", "came"),
    [
        (b"", FileKind.EMPTY),
        (b"%PDF-1.7 ...", FileKind.PDF),
        (b"\x89PNG\r\n", FileKind.PICTURE),
        (b"\x01\x02 nothing known", FileKind.UNKNOWN),
        (b"<html>", FileKind.MARKUP),
    ],
)
def test_what_is_no_workbook_is_refused_by_what_it_is_not_by_its_name(content, came):
    with pytest.raises(WrongFileType) as refusal:
        read_sheets(content, "order.xlsx")
    assert refusal.value.facts == {"name": "order.xlsx", "came": came}


def test_a_zip_of_something_else_is_refused():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    with pytest.raises(WrongFileType) as refusal:
        read_sheets(packed.getvalue(), "order.xlsx")
    assert refusal.value.facts["came"] is FileKind.WORD


def test_a_workbook_is_read_whatever_it_is_called():
    assert read_sheets(sheets.plain_order(sheets.GOOD_LINE), "order.txt")[0].row_count == 2


def test_an_empty_workbook_is_refused():
    with pytest.raises(SheetEmpty) as refusal:
        read_sheets(sheets.table([]), "empty.xlsx")
    assert refusal.value.facts == {"name": "empty.xlsx"}


def test_ten_thousand_lines_are_refused_at_once_and_by_name():
    content = sheets.many_lines(10_000)
    start = time.perf_counter()
    with pytest.raises(TooManyLines) as refusal:
        read_sheets(content, "big.xlsx")
    assert refusal.value.facts == {"name": "big.xlsx", "sheet": "Sheet1", "limit": 5_000}
    assert time.perf_counter() - start < 5  # half a second alone; the limit is generous to a busy machine


def test_five_thousand_filled_rows_are_read():
    (sheet,) = read_sheets(sheets.many_lines(4_999), "large.xlsx")
    assert (sheet.row_count, sheet.column_count) == (5_000, 9)


def test_a_zip_bomb_is_not_opened():
    content = sheets.zip_bomb()
    assert len(content) < 200_000
    with pytest.raises(FileUnsafe):
        read_sheets(content, "bomb.xlsx")


def _lying(content: bytes, name: str, size: int) -> bytes:
    """Change the size that the zip directory states for one part."""
    at = content.rindex(name.encode()) - 46  # a directory record holds its sizes 24 bytes from its start
    return content[: at + 24] + size.to_bytes(4, "little") + content[at + 28 :]


def test_a_directory_that_lies_about_a_size_is_found_out():
    bomb = _lying(sheets.zip_bomb(), "xl/worksheets/sheet1.xml", 1_000)
    with pytest.raises(FileDamaged):
        read_sheets(bomb, "bomb.xlsx")


def test_too_many_parts_are_not_opened():
    content = sheets.plain_order(sheets.GOOD_LINE)
    packed = io.BytesIO(content)
    with zipfile.ZipFile(packed, "a") as archive:
        for number in range(1_100):
            archive.writestr(f"xl/media/{number}.png", b"")
    with pytest.raises(FileUnsafe):
        read_sheets(packed.getvalue(), "many.xlsx")


def test_a_file_of_more_than_ten_megabytes_is_refused():
    with pytest.raises(FileTooLarge) as refusal:
        read_sheets(b"PK" + bytes(10 * 2**20), "photos.xlsx")
    assert refusal.value.facts == {"name": "photos.xlsx", "came_mb": 11, "limit_mb": 10}


@pytest.mark.parametrize("cut", [4, 200, 2_000])
def test_a_file_cut_short_is_damaged(cut):
    with pytest.raises(FileDamaged):
        read_sheets(sheets.messy_order()[:cut], "cut.xlsx")


def test_broken_xml_is_damaged():
    content = sheets.with_part(sheets.messy_order(), "xl/worksheets/sheet1.xml", b"<worksheet><sheetData>")
    with pytest.raises(FileDamaged):
        read_sheets(content, "broken.xlsx")


def test_entities_are_not_expanded():
    evil = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet><sheetData/></worksheet>'
    content = sheets.with_part(sheets.messy_order(), "xl/worksheets/sheet1.xml", evil)
    with pytest.raises(FileDamaged):
        read_sheets(content, "evil.xlsx")


def test_a_stray_cell_far_away_is_named_before_memory_is_spent():
    content = sheets.book(lambda _b, page: (page.write("A1", "x"), page.write("XFD1048576", "y")))
    with pytest.raises(SheetTooWide) as refusal:
        read_sheets(content, "stray.xlsx")
    assert refusal.value.facts["cell"] == "XFD1048576"


def test_formats_far_away_do_no_harm():
    def fill(book: Workbook, page) -> None:
        page.write("A1", "x")
        page.write_blank("ZZ900000", None, book.add_format({"bold": True}))

    (sheet,) = read_sheets(sheets.book(fill), "formats.xlsx")
    assert (sheet.row_count, sheet.column_count) == (1, 1)


def test_hidden_sheets_are_not_read():
    written = io.BytesIO()
    with Workbook(written) as workbook:
        workbook.add_worksheet("订货单").write("A1", "x")
        hidden = workbook.add_worksheet("价格")
        hidden.write("A1", "secret")
        hidden.hide()
    assert [sheet.name for sheet in read_sheets(written.getvalue(), "a.xlsx")] == ["订货单"]
