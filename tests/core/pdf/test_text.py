import pytest

from core.pdf.text import LEADING, block_height, fit, width_pt, wrap

LONG = "一个非常非常长的经销商名字：衢州市柯城区荷花街道某某木门全屋定制体验馆有限责任公司（第二分公司）"


def test_a_chinese_letter_is_as_wide_as_its_size():
    assert width_pt("门套", 10) == pytest.approx(20)


def test_no_line_is_wider_than_its_room_and_nothing_is_lost():
    lines = wrap(LONG, 10, 83)
    assert max(width_pt(line, 10) for line in lines) <= 83
    assert "".join(lines) == LONG


def test_closing_marks_begin_no_line():
    lines = wrap("左立板，右立板，横板，长档条，短档条，套线。", 10, 40)
    assert not any(line.startswith(("，", "。")) for line in lines)


def test_a_number_is_not_broken():
    assert wrap("规格是 2100 厚", 10, 45) == ("规格是", "2100 厚")


def test_a_word_longer_than_the_line_is_broken_rather_than_hung_over():
    lines = wrap("SO26110042" * 4, 10, 50)
    assert max(width_pt(line, 10) for line in lines) <= 50
    assert "".join(lines) == "SO26110042" * 4


def test_line_ends_that_were_typed_stay():
    assert wrap("一\n\n二", 10, 100) == ("一", "", "二")


def test_a_short_text_keeps_its_size():
    assert fit("扇包", 100, 12, 12, 6) == (fitted := fit("扇包", 100, 12, 12, 6))
    assert (fitted.lines, fitted.size_pt) == (("扇包",), 12)


def test_a_text_shrinks_before_it_breaks():
    fitted = fit("门套九百乘二千一百", 80, 12, 12, 6)  # 9 letters of 12 are 108 points
    assert (len(fitted.lines), fitted.is_cut) == (1, False)
    assert 8 <= fitted.size_pt < 8.9


@pytest.mark.parametrize(("width", "height"), [(80, 40), (200, 12), (60, 60), (30, 200), (500, 9)])
def test_a_long_text_never_leaves_its_box(width, height):
    fitted = fit(LONG, width, height, 14, 6)
    assert max(width_pt(line, fitted.size_pt) for line in fitted.lines) <= width
    assert block_height(len(fitted.lines), fitted.size_pt) <= height
    assert fitted.size_pt >= 6
    assert fitted.is_cut == fitted.lines[-1].endswith("…")
    assert fitted.is_cut or "".join(fitted.lines) == LONG


def test_what_has_no_room_at_all_is_marked_as_cut():
    assert fit(LONG, 40, 12, 12, 6).is_cut


def test_the_height_of_lines_has_leading_between_them_only():
    assert block_height(1, 10) == 10
    assert block_height(3, 10) == 10 + 2 * 10 * LEADING
