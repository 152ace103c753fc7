"""Dealers' order sheets as they really come: made with XlsxWriter, so that tests read real .xlsx bytes.

`python -m tests.erp.sales.sheets FILE` writes the messy one (the demo's dealer_order.xlsx).
"""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

MADE_AT = datetime(2026, 11, 20, 2, 0)  # fixed, so that the same sheet has the same bytes
FORMULA_NEVER_CALCULATED = ""


def book(fill: Callable[[Workbook, Worksheet], None], sheet: str = "订货单") -> bytes:
    """Return the bytes of a workbook with one sheet that `fill` wrote."""
    written = io.BytesIO()
    with Workbook(written, {"in_memory": True}) as workbook:
        workbook.set_properties({"created": MADE_AT})
        fill(workbook, workbook.add_worksheet(sheet))
    return written.getvalue()


def table(rows: Sequence[Sequence[object]], sheet: str = "Sheet1") -> bytes:
    """Return a workbook with these rows from A1 on, nothing else."""

    def fill(_workbook: Workbook, page: Worksheet) -> None:
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if value is not None and value != "":
                    page.write(number, column, value)

    return book(fill, sheet)


HEADINGS = ("房间", "型号", "颜色", "洞口宽", "洞口高", "墙厚", "开向", "数量", "备注")
GOOD_LINE = ("主卧", "M-12", "暖白", 900, 2100, 240, "内左", 1, "")


def plain_order(*lines: Sequence[object], headings: Sequence[str] = HEADINGS) -> bytes:
    """Return a tidy sheet: one header row, the given lines under it."""
    return table([headings, *lines])


def many_lines(count: int) -> bytes:
    """Return a tidy sheet of `count` equal lines."""
    return plain_order(*[GOOD_LINE] * count)


def _formats(workbook: Workbook) -> tuple[Format, Format, Format]:
    head = workbook.add_format({"bold": True, "border": 1, "align": "center", "valign": "vcenter"})
    cell = workbook.add_format({"border": 1, "valign": "vcenter"})
    day = workbook.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
    return head, cell, day


def _head(page: Worksheet, head: Format, day: Format) -> None:
    """The shop's name, the facts of the order, and a header of two rows with merged cells."""
    page.merge_range("A1:K1", "衢州柯城店  木门订货单", head)
    page.write("A2", "订单号：")
    page.write("B2", "KC-1120-03")
    page.write("D2", "客户：郑女士")
    page.write("G2", "电话：")
    page.write_number("H2", 13857012345.0)
    page.write("A3", "安装地址：")
    page.merge_range("B3:F3", "衢州市柯城区御江府6幢1203")
    page.write("G3", "下单日期：")
    page.write_datetime("H3", datetime(2026, 11, 20), day)
    page.write("I3", "交期：")
    page.write_datetime("J3", datetime(2026, 12, 12), day)
    for column, text in (("A", "序号"), ("B", "位置"), ("C", "型号"), ("D", "颜色")):
        page.merge_range(f"{column}4:{column}5", text, head)
    page.merge_range("E4:G4", "洞口尺寸", head)
    for column, text in (("E", "宽"), ("F", "高"), ("G", "墙厚")):
        page.write(f"{column}5", text, head)
    for column, text in (("H", "开启方向"), ("I", "锁具"), ("J", "数量(樘)"), ("K", "备注")):
        page.merge_range(f"{column}4:{column}5", text, head)


_LOCK = "黑色静音锁"
_MESS: tuple[tuple[object, ...], ...] = (
    (1, "主卧", "免漆单开门", "暖白", 900, 2100, 240, "内左", _LOCK, 1, ""),
    (2, "次卧", "免漆单开门", "暖白", "2100*900*240", "", "", "内右", _LOCK, 1, ""),
    (3, "书房", "Ｍ－ＳＩＮＧＬＥ", "暖白", "８００", "２０５０", "１２０", "左内开", _LOCK, "２", ""),
    (4, "儿童房", "免漆单开门", "奶白", 90, 210, 24, "外右", _LOCK, 1, ""),
)
_MORE: tuple[tuple[object, ...], ...] = (
    (5, "客厅", "烤漆子母门", "豆绿", 1200, 2100, 240, "外左", _LOCK, 1, "母扇800"),
    (6, "卫生间", "免漆单开门", "岩板灰", "750×2050×120", "", "", "", "静音锁", 1, "防水"),
    (7, "老人房", "免漆单开门", "暖白", 830, 2055, 240, "左", _LOCK, 1, ""),
    (8, "走道", "免漆垭口", "暖白", "1500mm", "2200mm", 240, "无", "", 1, "不装门"),
    (9, "餐厅", "免漆单开门", "胡桃木", 900, 2400, 240, "内左", _LOCK, 1, ""),
)


def messy_order() -> bytes:
    """Return the sheet of 衢州柯城店 with everything that the importer must cope with.

    Two header rows, merged cells, `2100*900*240` in one cell, full-width digits, cm beside mm, a nickname and
    an unknown colour, a missing and a half handing, a leaf's size, a subtotal, a total, a formula that was
    never calculated, a hidden blank row, the shop's own order number, a phone as a float, dates as serials.
    """

    def fill(workbook: Workbook, page: Worksheet) -> None:
        head, cell, day = _formats(workbook)
        _head(page, head, day)
        _lines(page, cell, 5, _MESS)
        page.write("B10", "小计")
        page.write_formula("J10", "=SUM(J6:J9)", None, 5)
        page.set_row(10, None, None, {"hidden": True})
        _lines(page, cell, 11, _MORE)
        page.write("B17", "阳台", cell)
        balcony = {"A": 10, "C": "免漆单开门", "D": "暖白", "E": 800, "F": 2050, "H": "外右", "J": 1}
        for column, value in balcony.items():
            page.write(f"{column}17", value, cell)
        page.write_formula("G17", "=G6/2", None, FORMULA_NEVER_CALCULATED)
        page.write("B18", "合计")
        page.write_formula("J18", "=SUM(J6:J9,J12:J17)", None, 11)
        page.merge_range("A20:K20", "备注：年前要装，请尽快安排，谢谢！")
        page.write("A21", "制单：小周")
        page.set_column("A:A", 9)
        page.set_column("B:K", 11)
        page.set_column("E:E", 15)

    return book(fill)


def _lines(page: Worksheet, cell: Format, first: int, lines: Sequence[Sequence[object]]) -> None:
    for row, line in enumerate(lines, start=first):
        for column, value in enumerate(line):
            if value != "":
                page.write(row, column, value, cell)


def with_part(content: bytes, name: str, data: bytes) -> bytes:
    """Return the workbook with one part of its zip replaced or added."""
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, data)
    return changed.getvalue()


def zip_bomb() -> bytes:
    """Return a small file that says it is a workbook and unpacks to 64 MB of nothing."""
    return with_part(
        table([HEADINGS, GOOD_LINE]), "xl/worksheets/sheet1.xml", b"<worksheet>" + b" " * (64 * 2**20)
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(messy_order())
