from decimal import Decimal

import pytest
import zxingcpp

from core.pdf.codes import CodeTooLarge, code128, qr
from core.pdf.labels import (
    LABEL_60X40,
    LABEL_100X70,
    Bars,
    Label,
    PictureBox,
    Qr,
    Rule,
    TextBox,
    render_labels,
)
from core.pdf.shapes import Align, Arc, Picture, rect
from tests.core.pdf.paper import bitmap, page_count, scanned, size_mm, words

CODE = "P0001A2BL"
LONG = "衢州市柯城区荷花街道某某木门全屋定制体验馆有限责任公司第二分公司南门专卖店"


def label(code=CODE, text="左立板 2090 × 240"):
    return Label(
        (
            TextBox(2, 2, 36, 8, text, 6, is_bold=True),
            Bars(0, 28, Decimal("39.5"), 8, code),
            Qr(40, 1, 19, code),
        )
    )


def ink(image, left, top, right, bottom):
    """Return whether anything is black within a rectangle of whole millimetres."""
    return image.crop((left * 8, top * 8, right * 8, bottom * 8)).getextrema()[0] == 0


def test_the_chinese_put_in_comes_out_of_the_pdf():
    printed = render_labels(LABEL_60X40, [label(text="左立板 喆堃榉，㎡")], "标签")
    assert words(printed.content) == "左立板喆堃榉，㎡"
    assert (printed.missing, printed.cut) == ((), ())


def test_the_font_is_in_the_file():
    content = render_labels(LABEL_60X40, [label()], "标签").content
    assert b"/FontFile2" in content
    assert b"WenQuanYiMicroHei" in content


def test_every_label_is_one_page_of_its_own_size():
    content = render_labels(LABEL_60X40, [label(), label("P0001A3B5")], "标签").content
    assert (page_count(content), size_mm(content)) == (2, (60, 40))
    assert size_mm(render_labels(LABEL_100X70, [label()], "标签").content) == (100, 70)


def test_a_scanner_reads_both_codes_of_what_the_printer_prints():
    content = render_labels(LABEL_60X40, [label(), label("K000042A")], "标签").content
    assert set(scanned(content).values()) == {CODE}
    assert len(scanned(content)) == 2
    assert set(scanned(content, 1).values()) == {"K000042A"}


def test_a_code_of_sixteen_characters_is_read_across_the_label():
    longest = "P" + "ABCDEFGHJKMNPQ" + "7"
    content = render_labels(LABEL_60X40, [Label((Bars(0, 10, 60, 10, longest),))], "标签").content
    assert list(scanned(content).values()) == [longest]


def test_bars_and_squares_lie_on_whole_dots():
    image = bitmap(render_labels(LABEL_60X40, [label()], "标签").content)
    bars = [image.getpixel((x, 32 * 8)) for x in range(2, 318)]
    edges = [n for n in range(1, len(bars)) if bars[n] != bars[n - 1]]
    modules = "".join("1" if tone == 0 else "0" for tone in bars[edges[0] : edges[-1] : 2])
    runs = {x: length for x, _, length in code128(CODE).runs}
    wanted = "".join("1" if any(x <= n < x + runs[x] for x in runs) else "0" for n in range(134))
    assert modules == wanted


def test_both_codes_have_their_quiet_zone():
    image = bitmap(render_labels(LABEL_60X40, [label()], "标签").content)
    columns = [x for x in range(320) if image.getpixel((x, 32 * 8)) == 0]
    assert columns[0] >= 20  # ten modules of two dots
    assert 316 - columns[-1] >= 20
    left = 40 * 8 + (19 * 8 - 21 * 5) // 2
    assert left - 40 * 8 >= 20  # four modules of five dots
    assert image.getpixel((left, 8 + (19 * 8 - 21 * 5) // 2)) == 0
    assert not ink(image, 40, 0, 42, 20)


def test_a_code_that_has_no_room_is_refused_not_squeezed():
    with pytest.raises(CodeTooLarge) as refusal:
        render_labels(LABEL_60X40, [Label((Bars(0, 0, 38, 8, CODE),))], "标签")
    # 134 modules and two quiet zones of 10, two dots each
    assert refusal.value.facts == {"payload": CODE, "need_dots": 308, "room_dots": 304}


def test_long_names_do_not_leave_their_box():
    boxes = (
        TextBox(10, 5, 40, 6, LONG, 5),
        TextBox(10, 15, 40, 12, LONG, 6, is_bold=True, align=Align.CENTER),
        TextBox(10, 30, 40, 6, "SO2611-0042-" * 6, 4, align=Align.RIGHT),
    )
    printed = render_labels(LABEL_60X40, [Label(boxes)], "标签")
    image = bitmap(printed.content)
    for left, top, right, bottom in [(0, 0, 10, 40), (50, 0, 60, 40), (0, 0, 60, 5), (0, 11, 60, 15)]:
        assert not ink(image, left, top, right, bottom), (left, top, right, bottom)
    assert not ink(image, 0, 27, 60, 30)
    assert not ink(image, 0, 36, 60, 40)


def test_what_was_cut_or_could_not_be_drawn_is_told():
    printed = render_labels(LABEL_60X40, [label(text="䶮" + LONG * 3)], "标签")
    assert printed.missing == ("䶮",)
    assert printed.cut == ("䶮" + LONG * 3,)
    assert words(printed.content).startswith("□衢州市")


def test_bold_letters_do_not_make_the_next_ones_bold():
    plain, bold = TextBox(2, 20, 40, 8, "门套", 6), TextBox(2, 2, 40, 8, "门套", 6, is_bold=True)
    alone = bitmap(render_labels(LABEL_60X40, [Label((plain,))], "标签").content)
    after = bitmap(render_labels(LABEL_60X40, [Label((bold, plain))], "标签").content)
    below = (0, 19 * 8, 480, 320)
    assert after.crop(below).tobytes() == alone.crop(below).tobytes()


def test_a_drawing_and_white_on_black_are_drawn_in_place():
    picture = Picture(32, 32, (rect(0, 0, 32, 32), Arc(6, 24, 19, 270, 90)))
    items = (
        PictureBox(40, 20, 15, 15, picture),
        TextBox(2, 2, 20, 10, "2/4", 8, is_inverse=True),
        Rule(0, 15, 60),
    )
    image = bitmap(render_labels(LABEL_60X40, [Label(items)], "标签").content)
    assert image.getpixel((2 * 8 + 1, 2 * 8 + 1)) == 0
    assert image.getpixel((30 * 8, 15 * 8 + 1)) == 0
    assert ink(image, 40, 20, 41, 21)
    assert not ink(image, 56, 17, 60, 40)


def test_the_same_labels_give_the_same_bytes():
    first = render_labels(LABEL_60X40, [label(), label("K000042A")], "标签")
    assert render_labels(LABEL_60X40, [label(), label("K000042A")], "标签") == first


def test_the_square_of_a_code_is_the_smallest_one():
    assert (qr(CODE).columns, qr(CODE).rows) == (21, 21)


def test_the_decoder_of_these_tests_is_not_content_with_anything():
    image = bitmap(render_labels(LABEL_60X40, [Label((Rule(0, 15, 60),))], "标签").content)
    assert zxingcpp.read_barcodes(image) == []
