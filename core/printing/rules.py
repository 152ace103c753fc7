"""Rules of printing: what a printer is told, and what its answer means. Lengths are mm, bitmaps are in dots."""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass

from core.choices import Choice
from core.errors import Conflict, RuleViolation
from core.i18n import N_

MM_PER_INCH = 25.4
PT_PER_INCH = 72
STX, ETX = b"\x02", b"\x03"
TSPL_PAPER, TSPL_HEAD, TSPL_PAUSE, TSPL_BUSY = 0x04 | 0x08, 0x01, 0x10, 0x20  # bits of its status byte
ZPL_ASK, TSPL_ASK = b"~HS\r\n", b"\x1b!?"


class Language(Choice):
    """What a label printer understands."""

    ZPL = "ZPL", N_("ZPL (Zebra and compatible)")
    TSPL = "TSPL", N_("TSPL (TSC, Deli, Gprinter and compatible)")


class PrintState(Choice):
    """How far a print job is."""

    QUEUED = "QUEUED", N_("waiting")
    SENDING = "SENDING", N_("printing")
    PRINTED = "PRINTED", N_("printed")
    UNSURE = "UNSURE", N_("look at the printer")
    CANCELLED = "CANCELLED", N_("cancelled")


class Problem(Choice):
    """Why a job does not go on."""

    UNREACHABLE = "UNREACHABLE", N_("The printer does not answer. Is it switched on and on the network?")
    PAPER = "PAPER", N_("The printer has no labels or no ribbon.")
    HEAD = "HEAD", N_("The printer's head is open.")
    PAUSED = "PAUSED", N_("The printer is paused.")
    LOST = "LOST", N_("The connection was lost after a label was sent: it may or may not have come out.")


class SizeUnfit(RuleViolation):
    """Labels of one size, a printer with another."""

    code = "core.printing.size_unfit"
    message = N_(
        "%(printer)s holds labels of %(holds)s mm, these are %(needs)s mm. Choose another printer, or put in "
        "other labels and change the printer's settings."
    )


class PrinterGone(RuleViolation):
    """A printer that was taken out of service."""

    code = "core.printing.printer_gone"
    message = N_("%(printer)s is out of service. Choose another printer.")


class NameTaken(RuleViolation):
    """Two printers of one name."""

    code = "core.printing.name_taken"
    message = N_("There is a printer %(name)s already. Give this one another name.")


class NotUnsure(Conflict):
    """Somebody else has answered, or the job has gone on."""

    code = "core.printing.not_unsure"
    message = N_("This print job has gone on meanwhile. Please look again.")


@dataclass(frozen=True, slots=True)
class Bitmap:
    """A label in dots: rows of whole bytes, the leftmost dot in the highest bit, 1 is black."""

    width: int
    height: int
    rows: bytes

    @property
    def row_bytes(self) -> int:
        """Return how many bytes a row has."""
        return (self.width + 7) // 8


@dataclass(frozen=True, slots=True)
class Standing:
    """What a printer says of itself: ready for the next label, or why it is not."""

    is_done: bool  # nothing of what was sent is still to be printed
    problem: Problem | None = None


def zpl(bitmap: Bitmap) -> bytes:
    """Return a label for a ZPL II printer: one graphic field (^GFA), compressed (:Z64:), with its check sum.

    The check sum is CRC-16/XMODEM over the base64 text.
    """
    text = base64.b64encode(zlib.compress(bitmap.rows, 9))
    check = binascii.crc_hqx(text, 0)
    total, row = len(bitmap.rows), bitmap.row_bytes
    head = f"^XA^PW{bitmap.width}^LL{bitmap.height}^LH0,0^FO0,0^GFA,{total},{total},{row},:Z64:"
    return head.encode() + text + f":{check:04X}^FS^PQ1^XZ\r\n".encode()


def tspl(bitmap: Bitmap, width_mm: str, height_mm: str, gap_mm: str) -> bytes:
    """Return a label for a TSPL printer: one BITMAP, in which a 0 is black."""
    head = f"SIZE {width_mm} mm,{height_mm} mm\r\nGAP {gap_mm} mm,0 mm\r\nDIRECTION 1\r\nCLS\r\n"
    head += f"BITMAP 0,0,{bitmap.row_bytes},{bitmap.height},0,"
    return head.encode() + bytes(byte ^ 0xFF for byte in bitmap.rows) + b"\r\nPRINT 1,1\r\n"


def read_zpl(answer: bytes) -> Standing:
    """Return what a ZPL printer's answer to ~HS means: three strings between STX and ETX.

    First string: paper out is its 2nd field, pause its 3rd. Second: head open is its 3rd, ribbon out its 4th,
    labels still to print its 9th. Raises ValueError when it is no such answer.
    """
    texts = [part.split(ETX)[0].decode("ascii", "replace").split(",") for part in answer.split(STX)[1:]]
    if len(texts) < 2 or len(texts[0]) < 3 or len(texts[1]) < 9:
        raise ValueError(f"no answer to ~HS: {answer[:60]!r}")
    first, second = texts[0], texts[1]
    problem = None
    if first[1] == "1" or second[3] == "1":
        problem = Problem.PAPER
    elif second[2] == "1":
        problem = Problem.HEAD
    elif first[2] == "1":
        problem = Problem.PAUSED
    return Standing(int(second[8]) == 0 and int(first[4]) == 0, problem)


def read_tspl(answer: bytes) -> Standing:
    """Return what a TSPL printer's status byte means. Raises ValueError when it is none."""
    if not answer:
        raise ValueError("no status byte")
    status = answer[0]
    problem = None
    if status & TSPL_PAPER:
        problem = Problem.PAPER
    elif status & TSPL_HEAD:
        problem = Problem.HEAD
    elif status & TSPL_PAUSE:
        problem = Problem.PAUSED
    return Standing(not status & TSPL_BUSY, problem)


def is_whole(language: Language, answer: bytes) -> bool:
    """Say whether an answer has come to its end."""
    return answer.count(ETX) >= 3 if language is Language.ZPL else len(answer) >= 1
