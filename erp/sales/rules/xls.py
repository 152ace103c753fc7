"""Order sheets in Excel's old format (.xls, BIFF8): scanned by us under the caps, then read by calamine.

The file is a small file system (OLE) of 512-byte sectors with one stream "Workbook", a run of records. Offsets
are those of Microsoft's [MS-CFB] and [MS-XLS].
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

from python_calamine import CalamineError

from erp.sales.rules.archive import OLE, FileDamaged, FileKind, FileLocked, WrongFileType
from erp.sales.rules.workbook import SHEETS_MAX, Reach, Sheet, calamine_sheets

_END = 0xFFFFFFFA  # and above: no further sector
_SECTOR = 4096  # of the file that calamine is given
_STREAM_SMALL = 4096  # smaller streams are kept elsewhere; Excel's own are never so small
_BOUND_SHEET, _FILE_PASS, _ROW, _FORMULA, _ERROR, _BOF, _EOF = 0x85, 0x2F, 0x208, 0x06, 0x205, 0x809, 0x0A
_CELLS = {0x203, 0x27E, 0xFD, 0x204, 0xD6}  # number, RK, shared string, string, rich string
_MANY = 0xBD  # a run of RK numbers
_HIDDEN = 0x20  # of a row's options


def read_xls(content: bytes, name: str) -> tuple[Sheet, ...]:
    """Return the visible worksheets of an .xls file, in the workbook's order.

    Raises WrongFileType, FileLocked, FileDamaged, TooManyLines, SheetTooWide.
    """
    try:
        stream = _workbook_stream(content, name)
        reaches = _scan(stream, name)
        return tuple(calamine_sheets(_repack(stream), reaches, name))
    except (struct.error, IndexError, ValueError, KeyError, CalamineError) as broken:
        raise FileDamaged(name=name, what=type(broken).__name__) from broken


# --- the small file system --------------------------------------------------


def _workbook_stream(content: bytes, name: str) -> bytes:
    """Return the bytes of the stream "Workbook". Raises WrongFileType when there is none."""
    size = 1 << int.from_bytes(content[30:32], "little")
    if size not in (512, 4096):
        raise ValueError(size)
    first_directory = struct.unpack_from("<I", content, 48)[0]
    table = _sector_table(content, size)
    directory = _chain(content, size, table, first_directory)
    for at in range(0, len(directory) - 127, 128):
        length = int.from_bytes(directory[at + 64 : at + 66], "little")
        title = directory[at : at + max(0, length - 2)].decode("utf-16-le")
        if title == "Workbook":
            first, byte_count = (
                struct.unpack_from("<I", directory, at + 116)[0],
                directory[at + 120 : at + 124],
            )
            count = int.from_bytes(byte_count, "little")
            if count < _STREAM_SMALL:
                raise ValueError(count)
            return _chain(content, size, table, first)[:count]
    raise WrongFileType(name=name, came=FileKind.OLD_OFFICE)


def _sector_table(content: bytes, size: int) -> list[int]:
    """Return for each sector the one that follows it."""
    sectors = list(struct.unpack_from("<109I", content, 76))
    more, count = struct.unpack_from("<I", content, 68)[0], size // 4
    while more < _END:
        if len(sectors) * size > len(content) + 109 * size:  # more tables than the file has room for: a ring
            raise ValueError(more)
        *listed, more = struct.unpack_from(f"<{count}I", content, (more + 1) * size)
        sectors += listed
    table: list[int] = []
    for sector in sectors:
        if sector < _END:
            table += struct.unpack_from(f"<{count}I", content, (sector + 1) * size)
    return table


def _chain(content: bytes, size: int, table: list[int], first: int) -> bytes:
    """Return the sectors that follow one another from `first` on; a ring is no file."""
    pieces: list[bytes] = []
    sector = first
    while sector < _END:
        if len(pieces) > len(table):
            raise ValueError(sector)
        pieces.append(content[(sector + 1) * size : (sector + 2) * size])
        sector = table[sector]
    return b"".join(pieces)


def _repack(stream: bytes) -> io.BytesIO:
    """Put the stream alone into a new file, so that calamine follows no chain that we have not seen.

    Calamine wants the root to have a stream, too; the directory's own sector stands in, with no byte of it read.
    """
    size = _SECTOR
    count = -(-len(stream) // size)
    tables = 1
    while tables * size // 4 < tables + 1 + count:
        tables += 1
    follow = [0xFFFFFFFD] * tables + [0xFFFFFFFE]
    follow += [*range(tables + 2, tables + 1 + count), 0xFFFFFFFE]
    follow += [0xFFFFFFFF] * (tables * size // 4 - len(follow))
    head = OLE + bytes(16) + struct.pack("<5H6x", 0x3E, 4, 0xFFFE, 12, 6)
    head += struct.pack("<9I", 1, tables, tables, 0, _STREAM_SMALL, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<109I", *range(tables), *[0xFFFFFFFF] * (109 - tables))
    directory = _entry("Root Entry", 5, 1, tables, 0) + _entry(
        "Workbook", 2, 0xFFFFFFFF, tables + 1, len(stream)
    )
    body = (
        struct.pack(f"<{len(follow)}I", *follow)
        + directory.ljust(size, b"\0")
        + stream.ljust(count * size, b"\0")
    )
    return io.BytesIO(head.ljust(size, b"\0") + body)


def _entry(title: str, kind: int, child: int, first: int, byte_count: int) -> bytes:
    """Return one entry of the directory: its name, what it is, where it begins and how long it is."""
    word = (title + "\0").encode("utf-16-le")
    place = struct.pack("<HBB3I", len(word), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
    return word.ljust(64, b"\0") + place + bytes(36) + struct.pack("<IQ", first, byte_count)


# --- the records ------------------------------------------------------------


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Yield code and body of every record from `at` on."""
    while at + 4 <= len(stream):
        code, length = struct.unpack_from("<HH", stream, at)
        yield code, stream[at + 4 : at + 4 + length]
        at += 4 + length


def _scan(stream: bytes, name: str) -> dict[str, Reach]:
    """Return how far each worksheet is filled. Raises FileLocked, TooManyLines, SheetTooWide."""
    places: list[tuple[str, int]] = []
    for code, body in _records(stream, 0):
        if code == _FILE_PASS:
            raise FileLocked(name=name)
        if code == _BOUND_SHEET:
            count, is_wide = body[6], body[7] & 1
            title = body[8 : 8 + count * (2 if is_wide else 1)]
            places.append(
                (title.decode("utf-16-le" if is_wide else "latin-1"), int.from_bytes(body[:4], "little"))
            )
        if code == _EOF:
            break
    return {title: _scan_sheet(stream, at, title, name) for title, at in places[:SHEETS_MAX]}


def _scan_sheet(stream: bytes, at: int, title: str, name: str) -> Reach:
    reach = Reach(title, name)
    depth = 0
    for code, body in _records(stream, at):
        if code in (_BOF, _EOF):  # charts stand inside, with a beginning and an end of their own
            depth += 1 if code == _BOF else -1
            if depth == 0:
                break
        elif code == _ROW and body[12] & _HIDDEN:
            reach.hidden_rows.add(int.from_bytes(body[:2], "little"))
        else:
            _note_cell(reach, code, body)
    return reach


def _note_cell(reach: Reach, code: int, body: bytes) -> None:
    """Count a cell that holds something, and mark it when that is an error."""
    if code not in _CELLS and code not in (_FORMULA, _ERROR, _MANY):
        return
    row, column = struct.unpack_from("<HH", body)
    is_error = (code == _ERROR and body[7] == 1) or (
        code == _FORMULA and body[12:14] == b"\xff\xff" and body[6] == 2
    )
    if is_error:
        reach.without_value.add((row, column))
    last = int.from_bytes(body[-2:], "little") if code == _MANY else column
    reach.fill(row, column)
    reach.fill(row, last)
