from datetime import date, datetime
from decimal import Decimal

import pytest

from erp.sales.rules.normalise import Side, count_of, day_of, is_blank, measures, plain, shown, text_of


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("９００＊２１００", "900*2100"),
        ("　Ｍ－１２　", "M-12"),
        ("90㎝", "90cm"),
        ("主\u200b卧", "主卧"),
        ("a\u00a0 b\n c", "a b c"),
    ],
)
def test_full_width_and_invisible_characters_are_made_plain(typed, read):
    assert plain(typed) == read


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (13857012345.0, "13857012345"),
        (2065.5, "2065.5"),
        (3, "3"),
        (True, "TRUE"),
        (None, ""),
        (date(2026, 11, 20), "2026-11-20"),
        (datetime(2026, 11, 20), "2026-11-20"),
    ],
)
def test_a_cell_is_read_as_it_is_shown(value, text):
    assert text_of(value) == text


def numbers(text):
    found = measures(text)
    return found and [(one.value, one.unit_mm) for one in found]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2100*900*240", [(2100, None), (900, None), (240, None)]),
        ("900X2100x240", [(900, None), (2100, None), (240, None)]),
        ("９００×２１００", [(900, None), (2100, None)]),
        ("900 ＊ 2100", [(900, None), (2100, None)]),
        ("90cm*210cm", [(90, 10), (210, 10)]),
        ("2,100", [(2100, None)]),
        ("2.1米", [(Decimal("2.1"), 1000)]),
        ("900mm", [(900, 1)]),
        ("-1", [(-1, None)]),
        ("1e9", None),
        ("约900", None),
        ("900-950", None),
        ("900*", None),
        ("", None),
        ("NaN", None),
        ("9" * 40, None),
    ],
)
def test_size_cells(text, read):
    assert numbers(text) == read


def test_sides_may_be_named():
    found = measures("高2100*宽900*墙厚240")
    assert [one.side for one in found] == [Side.HEIGHT, Side.WIDTH, Side.WALL]
    assert [one.side for one in measures("900(W)*2100(H)")] == [Side.WIDTH, Side.HEIGHT]


@pytest.mark.parametrize(
    ("text", "count"), [("2", 2), ("２樘", 2), ("2.0", 2), ("1.5", None), ("两樘", None), ("-1", None)]
)
def test_counts(text, count):
    assert count_of(text) == count


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-20", date(2026, 11, 20)),
        ("2026年11月20日", date(2026, 11, 20)),
        ("2026/1/5 前", date(2026, 1, 5)),
        ("46346", date(2026, 11, 20)),  # Excel's serial
        ("2026-13-01", None),
        ("年前", None),
    ],
)
def test_days(text, day):
    assert day_of(text) == day


def test_a_dash_says_nothing():
    assert is_blank("—")
    assert is_blank(" 无 ")
    assert not is_blank("0")


def test_lengths_are_shown_without_needless_zeros():
    assert [shown(Decimal(x)) for x in ("900.0", "2065.5", "1E+3", "0.0")] == ["900", "2065.5", "1000", "0"]
