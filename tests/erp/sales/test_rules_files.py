"""The formats that dealers send beside .xlsx: the same cells at the same places, the same guards."""

import io
import struct
import zipfile

import pytest

from erp.sales.rules.archive import (
    FileDamaged,
    FileKind,
    FileLocked,
    FileTooLarge,
    FileUnsafe,
    WrongFileType,
    media_type_of,
)
from erp.sales.rules.files import read_sheets
from erp.sales.rules.issues import IssueCode
from erp.sales.rules.lines import read_order
from erp.sales.rules.separated import SeparatorUnclear
from erp.sales.rules.workbook import SheetEmpty, SheetTooWide, TooManyLines
from tests.erp.sales import formats, sheets
from tests.erp.sales.vocabularies import vocabulary

ROWS = (sheets.HEADINGS, sheets.GOOD_LINE, ("次卧", "M-12", "雾灰", 800, 2050, 120, "外右", 2, "备注,逗号"))


@pytest.mark.parametrize(
    "content",
    [
        sheets.table(ROWS),
        formats.xls(ROWS),
        formats.ods(ROWS),
        formats.separated(ROWS, "utf-8"),
        formats.separated(ROWS, "utf-8-sig", ";"),
        formats.separated(ROWS, "gb18030"),
        formats.separated(ROWS, "utf-16", "\t"),
    ],
    ids=["xlsx", "xls", "ods", "utf-8", "utf-8-sig", "gb18030", "utf-16"],
)
def test_the_same_rows_are_read_from_every_format_whatever_the_name(content):
    order = read_order(read_sheets(content, "order.pdf"), vocabulary())
    asked = [(row.values.room, row.values.width_mm, row.values.handing.value) for row in order.rows]
    assert asked == [("主卧", 900, "IN_L"), ("次卧", 800, "OUT_R")]
    assert [one.cell for one in order.rows[1].source if one.text == "雾灰"] == ["C3"]
    assert order.rows[1].values.note == "备注,逗号"


@pytest.mark.parametrize("made", [formats.xls, formats.ods])
def test_merged_cells_and_hidden_rows_are_seen(made):
    rows = [("主卧", 1, 2), ("", 3, 4), ("藏", 5, 6)]
    (sheet,) = read_sheets(made(rows, merged=[(0, 0, 1, 0)], hidden=[2]), "a")
    assert (sheet.value(1, 0), sheet.source(1, 0)) == ("主卧", (0, 0))
    assert sheet.hidden_rows == {2}


def test_a_text_says_how_it_was_decoded_and_cut():
    order = read_order(read_sheets(formats.separated(ROWS), "a.csv"), vocabulary())
    (said,) = [one for one in order.issues if one.code is IssueCode.TEXT_READ]
    assert dict(said.facts) == {"read": "GB18030, ,"}


@pytest.mark.parametrize(
    "text",
    ["型号 宽 高\nM-12 900 2100\n", "a,b;c,d;e,f\n", "一行字"],
    ids=["blanks", "two separators", "prose"],
)
def test_a_text_that_no_separator_cuts_for_certain_is_refused(text):
    with pytest.raises(SeparatorUnclear) as refusal:
        read_sheets(text.encode(), "a.csv")
    assert refusal.value.facts == {"name": "a.csv"}


@pytest.mark.parametrize("content", [b"\x00\x01\x02\x03", b"\xff\xff\xff", b"a,b,c\x07\n"])
def test_bytes_that_are_no_text_are_refused(content):
    with pytest.raises(WrongFileType) as refusal:
        read_sheets(content, "a.csv")
    assert refusal.value.facts["came"] is FileKind.UNKNOWN


@pytest.mark.parametrize("made", [formats.xls, formats.ods, formats.separated])
def test_too_many_lines_are_refused_in_every_format(made):
    with pytest.raises(TooManyLines) as refusal:
        read_sheets(made([(f"房{number}", number * 37 % 9_973, 2100) for number in range(5_001)]), "big")
    assert refusal.value.facts["limit"] == 5_000


@pytest.mark.parametrize("content", [b"", formats.xls([]), formats.ods([]), b" \n"], ids=list("0xot"))
def test_a_file_without_a_word_is_refused(content):
    with pytest.raises((SheetEmpty, WrongFileType, SeparatorUnclear)):
        read_sheets(content, "empty")


def test_ten_megabytes_of_text_are_refused_unread():
    with pytest.raises(FileTooLarge):
        read_sheets(b"a,b,c\n" * 2_000_000, "big.csv")


# --- .ods -------------------------------------------------------------------


def ods_of(body):
    """Return an .ods file whose one sheet is this XML."""
    spaces = "".join(
        f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for short, name in (("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"))
    )
    xml = f"<office:document-content{spaces}>{body}</office:document-content>"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("content.xml", xml)
    return packed.getvalue()


CELL = '<table:table-cell office:value-type="float" office:value="900" {more}/>'


@pytest.mark.parametrize(
    ("row", "cell", "refusal"),
    [
        ('table:number-rows-repeated="1000000"', "", TooManyLines),
        ('table:number-rows-repeated="900000000"', 'table:number-columns-repeated="9"', SheetTooWide),
        ("", 'table:number-columns-repeated="2000000"', SheetTooWide),
        ("", 'table:number-columns-repeated="x"', FileDamaged),
    ],
)
def test_a_cell_repeated_without_end_is_refused(row, cell, refusal):
    rows = f"<table:table-row {row}>{CELL.format(more=cell)}</table:table-row>"
    body = f'<table:table table:name="A">{rows}</table:table>'
    with pytest.raises(refusal):
        read_sheets(ods_of(body), "bomb.ods")


def test_an_entity_in_an_ods_is_refused():
    content = ods_of("")
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w") as new:
        new.writestr("mimetype", old.read("mimetype"))
        new.writestr("content.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    with pytest.raises(FileDamaged):
        read_sheets(packed.getvalue(), "evil.ods")


def test_a_bomb_in_an_ods_is_not_opened():
    with pytest.raises(FileUnsafe):
        read_sheets(ods_of(" " * 40 * 2**20), "bomb.ods")


def test_a_hidden_sheet_of_an_ods_is_not_read():
    style = '<style:style style:name="h"><style:table-properties table:display="false"/></style:style>'
    row = f"<table:table-row>{CELL.format(more='')}</table:table-row>"
    body = (
        f'{style}<table:table table:name="A" table:style-name="h">{row}</table:table>'
        f'<table:table table:name="B">{row}</table:table>'
    )
    assert [sheet.name for sheet in read_sheets(ods_of(body), "a.ods")] == ["B"]


# --- .xls -------------------------------------------------------------------


def test_an_xls_with_a_chain_that_bites_its_tail_is_refused():
    content = bytearray(formats.xls(ROWS))
    table = (struct.unpack_from("<I", content, 76)[0] + 1) * 512  # the first sector of the table
    content[table : table + 4] = struct.pack("<I", 0)  # sector 0 is followed by sector 0
    with pytest.raises(FileDamaged):
        read_sheets(bytes(content), "ring.xls")


@pytest.mark.parametrize("cut", [9, 100, 600, 2_000, 4_000])
def test_a_cut_xls_is_refused(cut):
    with pytest.raises((FileDamaged, WrongFileType)):
        read_sheets(formats.xls(ROWS)[:cut], "cut.xls")


def test_a_far_cell_of_an_xls_is_refused():
    rows = [[""] * 250 + ["x"]] + [[]] * 60_000 + [["y"]]
    with pytest.raises(SheetTooWide):
        read_sheets(formats.xls(rows), "far.xls")


def test_an_xls_under_a_password_is_refused():
    content = bytearray(formats.xls(ROWS))
    place = content.index(b"\x09\x08\x10\x00") + 20  # the first record after the workbook's beginning
    content[place : place + 2] = b"\x2f\x00"  # FILEPASS
    with pytest.raises(FileLocked):
        read_sheets(bytes(content), "locked.xls")


def test_a_word_document_of_old_is_no_workbook():
    content = formats.xls(ROWS).replace("Workbook".encode("utf-16-le"), "WordDoc\0".encode("utf-16-le"))
    with pytest.raises(WrongFileType) as refusal:
        read_sheets(content, "a.xls")
    assert refusal.value.facts["came"] is FileKind.OLD_OFFICE


def test_each_format_is_kept_with_its_media_type():
    kinds = [media_type_of(made(ROWS), "a") for made in (sheets.table, formats.xls, formats.ods)]
    assert [kind.rsplit(".", 1)[-1] for kind in kinds] == ["sheet", "ms-excel", "spreadsheet"]
    assert media_type_of(b"a,b,c", "a") == "text/csv"
