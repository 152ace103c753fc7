"""What kind of file came, and its XML parts, inflated under a cap.

What a zip directory claims is never trusted: the parts are inflated here, counted, and packed anew.
"""

import io
import zipfile
from enum import Enum

from core.choices import Choice
from core.errors import RuleViolation
from core.i18n import N_

FILE_BYTES_MAX = 10 * 2**20  # a sheet of 5,000 lines is under 1 MB; the rest are photos
ENTRIES_MAX = 1_000  # a workbook has about ten parts, and one for each photo
UNPACKED_BYTES_MAX = 100 * 2**20
XML_BYTES_MAX = 32 * 2**20  # what is really inflated: 5,000 lines of 40 columns take 12 MB
RATIO_MAX = 200  # honest sheets shrink 10 to 60 times
RATIO_FLOOR_BYTES = 2**20  # below one inflated megabyte the ratio says nothing


class FileKind(Choice):
    """What came instead of an order sheet."""

    EMPTY = "empty", N_("an empty file")
    PDF = "pdf", N_("a PDF file")
    PICTURE = "picture", N_("a picture")
    OLD_OFFICE = "doc", N_("an old Office file that is no .xls workbook")
    BINARY_EXCEL = "xlsb", N_("in Excel's binary format (.xlsb)")
    OPEN_DOCUMENT = "odt", N_("an OpenDocument file that is no .ods spreadsheet")
    WORD = "docx", N_("a Word file")
    ARCHIVE = "archive", N_("an archive (zip, rar or 7z)")
    MARKUP = "markup", N_("a web page or XML file")
    UNKNOWN = "unknown", N_("in an unknown format")


class WrongFileType(RuleViolation):
    """The file is no order sheet, whatever its name says."""

    code = "erp.sales.wrong_file_type"
    message = N_(
        "An order sheet (.xlsx, .xls, .ods or .csv) is expected; %(name)s is %(came)s. "
        "Open it in Excel or WPS and save it as .xlsx."
    )


class FileTooLarge(RuleViolation):
    """More bytes than an order sheet has."""

    code = "erp.sales.file_too_large"
    message = N_(
        "%(name)s has %(came_mb)s MB; at most %(limit_mb)s MB are read. "
        "Take the pictures out, or split the sheet."
    )


class FileUnsafe(RuleViolation):
    """A zip bomb, or something built like one: not opened."""

    code = "erp.sales.file_unsafe"
    message = N_(
        "%(name)s unpacks to far more than an order sheet holds (%(what)s), so it was not opened. "
        "Copy the order into a new workbook and send that one."
    )


class FileDamaged(RuleViolation):
    """A workbook by its beginning, but it cannot be read to its end."""

    code = "erp.sales.file_damaged"
    message = N_(
        "%(name)s is a workbook but cannot be read (%(what)s). Open it in Excel or WPS and save it again."
    )


class FileLocked(RuleViolation):
    """The workbook is protected by a password."""

    code = "erp.sales.file_locked"
    message = N_("%(name)s is protected by a password. Save it without one, then send it again.")


# --- what kind of file it is ------------------------------------------------

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SIGNATURES = (
    (b"%PDF", FileKind.PDF),
    (b"\x89PNG", FileKind.PICTURE),
    (b"\xff\xd8\xff", FileKind.PICTURE),
    (b"Rar!", FileKind.ARCHIVE),
    (b"7z\xbc\xaf", FileKind.ARCHIVE),
    (b"<", FileKind.MARKUP),
)


class FileFormat(Enum):
    """How an order sheet is kept; decided by its content."""

    XLSX = "xlsx"
    XLS = "xls"
    ODS = "ods"
    TEXT = "csv"


_MEDIA_TYPES = {
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileFormat.XLS: "application/vnd.ms-excel",
    FileFormat.ODS: "application/vnd.oasis.opendocument.spreadsheet",
    FileFormat.TEXT: "text/csv",
}


def media_type_of(content: bytes, name: str) -> str:
    """Return the media type that an order sheet is kept with. Raises as `format_of` does."""
    return _MEDIA_TYPES[format_of(content, name)]


def format_of(content: bytes, name: str) -> FileFormat:
    """Return what the bytes are, by how they begin. Raises WrongFileType, FileTooLarge, FileLocked."""
    if not content:
        raise WrongFileType(name=name, came=FileKind.EMPTY)
    if len(content) > FILE_BYTES_MAX:
        raise FileTooLarge(name=name, came_mb=-(-len(content) // 2**20), limit_mb=FILE_BYTES_MAX // 2**20)
    if content.startswith(OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise FileLocked(name=name)
        return FileFormat.XLS
    if content.startswith(b"PK"):
        is_ods = content[30:38] == b"mimetype" and b"opendocument.spreadsheet" in content[:120]
        return FileFormat.ODS if is_ods else FileFormat.XLSX
    came = next((word for start, word in _SIGNATURES if content.startswith(start)), None)
    if came is not None:
        raise WrongFileType(name=name, came=came)
    return FileFormat.TEXT


# --- the zip, under a cap ---------------------------------------------------


def inflate(content: bytes, name: str, expected: str) -> dict[str, bytes]:
    """Return the XML parts of a workbook with the part `expected`, inflated under the caps; pictures stay packed.

    Raises WrongFileType, FileUnsafe, FileDamaged.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_directory(entries, name)
            if expected not in archive.namelist():
                raise WrongFileType(name=name, came=_zip_kind(archive.namelist()))
            return _read_parts(archive, entries, name)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as broken:
        raise FileDamaged(name=name, what=type(broken).__name__) from broken


def _check_directory(entries: list[zipfile.ZipInfo], name: str) -> None:
    if len(entries) > ENTRIES_MAX:
        raise FileUnsafe(name=name, what=f"{len(entries)} > {ENTRIES_MAX}")
    total = sum(entry.file_size for entry in entries)
    if total > UNPACKED_BYTES_MAX:
        raise FileUnsafe(name=name, what=f"{total // 2**20} MB > {UNPACKED_BYTES_MAX // 2**20} MB")
    for entry in entries:
        if entry.file_size > RATIO_FLOOR_BYTES and entry.file_size > RATIO_MAX * entry.compress_size:
            raise FileUnsafe(name=name, what=f"{entry.file_size // max(entry.compress_size, 1)} : 1")


def _read_parts(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], name: str) -> dict[str, bytes]:
    """Inflate every XML part; the cap counts what really came out."""
    parts: dict[str, bytes] = {}
    left = XML_BYTES_MAX
    for entry in entries:
        if not entry.filename.lower().endswith((".xml", ".rels")):
            continue
        with archive.open(entry) as stream:
            data = stream.read(left + 1)
        if len(data) > left:
            raise FileUnsafe(name=name, what=f"> {XML_BYTES_MAX // 2**20} MB")
        left -= len(data)
        parts[entry.filename] = data
    return parts


def _zip_kind(names: list[str]) -> FileKind:
    if "word/document.xml" in names:
        return FileKind.WORD
    if "xl/workbook.bin" in names:
        return FileKind.BINARY_EXCEL
    if "content.xml" in names:
        return FileKind.OPEN_DOCUMENT
    return FileKind.ARCHIVE


def repack(parts: dict[str, bytes]) -> io.BytesIO:
    """Pack the inflated parts anew, so that calamine meets only sizes that we have seen."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for filename, data in parts.items():
            archive.writestr(filename, data)
    packed.seek(0)
    return packed
