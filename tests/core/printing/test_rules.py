"""What a printer is told, byte by byte, and what its answers mean."""

import base64
import zlib

import pytest
import zxingcpp

from core.pdf.labels import Bars, Label, LabelSize, Qr, TextBox, render_labels
from core.printing import raster
from core.printing.rules import Bitmap, Problem, Standing, read_tspl, read_zpl, tspl, zpl
from tests.core.printing.printer import read_tspl_label, read_zpl_label

# 10 × 2 dots: the first row black at both ends, the second white: 1000000001|000000 and zeros
TWO_ROWS = Bitmap(10, 2, bytes([0b10000000, 0b01000000, 0, 0]))


def test_zpl_is_one_compressed_field_with_its_check_sum():
    told = zpl(TWO_ROWS)
    assert told.startswith(b"^XA^PW10^LL2^LH0,0^FO0,0^GFA,4,4,2,:Z64:")
    assert told.endswith(b"^FS^PQ1^XZ\r\n")
    text, check = told.split(b":Z64:")[1].split(b"^FS")[0].split(b":")
    assert zlib.decompress(base64.b64decode(text)) == TWO_ROWS.rows
    assert int(check, 16) == _xmodem(text)


def test_the_check_sum_is_crc16_xmodem():
    assert _xmodem(b"123456789") == 0x31C3  # the check value that the catalogue of CRCs gives


def _xmodem(text):
    """Work CRC-16/XMODEM out bit by bit: polynomial 0x1021, start 0."""
    crc = 0
    for byte in text:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def test_tspl_names_size_and_gap_and_prints_zeros_black():
    told = tspl(TWO_ROWS, "60", "40", "2")
    assert told == (
        b"SIZE 60 mm,40 mm\r\nGAP 2 mm,0 mm\r\nDIRECTION 1\r\nCLS\r\n"
        b"BITMAP 0,0,2,2,0," + bytes([0b01111111, 0b10111111, 0xFF, 0xFF]) + b"\r\nPRINT 1,1\r\n"
    )


def zpl_answer(paper=0, pause=0, held=0, head=0, ribbon=0, left=0):
    return (
        f"\x02030,{paper},{pause},0480,{held:03d},0,0,0,000,0,0,0\x03\r\n"
        f"\x02000,0,{head},{ribbon},1,2,4,0,{left:08d},1,000\x03\r\n\x021234,0\x03\r\n"
    ).encode()


@pytest.mark.parametrize(
    ("answer", "standing"),
    [
        (zpl_answer(), Standing(True)),
        (zpl_answer(left=3), Standing(False)),
        (zpl_answer(held=1), Standing(False)),
        (zpl_answer(paper=1, left=1), Standing(False, Problem.PAPER)),
        (zpl_answer(ribbon=1, left=1), Standing(False, Problem.PAPER)),
        (zpl_answer(head=1, left=1), Standing(False, Problem.HEAD)),
        (zpl_answer(pause=1, left=1), Standing(False, Problem.PAUSED)),
    ],
)
def test_what_a_zpl_printer_says_of_itself(answer, standing):
    assert read_zpl(answer) == standing


@pytest.mark.parametrize("answer", [b"", b"hello", b"\x02030,0\x03\r\n"])
def test_an_answer_that_is_none_is_not_taken_for_one(answer):
    with pytest.raises(ValueError, match="no answer"):
        read_zpl(answer)


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        (0x00, Standing(True)),
        (0x20, Standing(False)),
        (0x04, Standing(True, Problem.PAPER)),
        (0x28, Standing(False, Problem.PAPER)),
        (0x01, Standing(True, Problem.HEAD)),
        (0x10, Standing(True, Problem.PAUSED)),
    ],
)
def test_what_a_tspl_printer_says_of_itself(status, standing):
    assert read_tspl(bytes([status])) == standing


def label_pdf(*texts, size=(60, 40)):
    """Labels with Chinese, bars and a square each."""
    made = [
        Label((TextBox(2, 2, 56, 6, text, 4), Bars(2, 10, 56, 12, "P0000018W"), Qr(2, 23, 15, "P0000018W")))
        for text in texts
    ]
    return render_labels(LabelSize(*size), made, "test").content


@pytest.mark.parametrize("dots", [8, 12])
def test_a_label_becomes_the_dots_of_its_size(dots):
    content = label_pdf("主卧 门扇")
    assert raster.page_sizes(content) == [(60, 40)]
    found = raster.bitmap(content, 0, dots)
    assert (found.width, found.height) == (60 * dots, 40 * dots)
    assert len(found.rows) == found.row_bytes * found.height


@pytest.mark.parametrize("language", ["zpl", "tspl"])
def test_codes_are_read_back_from_what_the_printer_gets(language):
    dots = raster.bitmap(label_pdf("主卧 门扇"), 0, 8)
    told = zpl(dots) if language == "zpl" else tspl(dots, "60", "40", "2")
    image, rest = (read_zpl_label if language == "zpl" else read_tspl_label)(told)
    assert rest == b""
    large = image.convert("L").resize((image.width * 3, image.height * 3))
    assert {found.text for found in zxingcpp.read_barcodes(large)} == {"P0000018W"}
    assert len(zxingcpp.read_barcodes(large)) == 2
