from decimal import Decimal

import pytest

from erp.pricing.rules.capitals import AmountTooLarge, capitals, in_english


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "零元整"),
        ("0.01", "壹分"),
        ("0.10", "壹角整"),
        ("0.56", "伍角陆分"),
        ("1", "壹元整"),
        ("1.05", "壹元零伍分"),
        ("10", "壹拾元整"),
        ("10.50", "壹拾元伍角整"),
        ("100", "壹佰元整"),
        ("101", "壹佰零壹元整"),
        ("110", "壹佰壹拾元整"),
        ("1005.06", "壹仟零伍元零陆分"),
        ("1680", "壹仟陆佰捌拾元整"),
        ("1836.00", "壹仟捌佰叁拾陆元整"),
        ("10000", "壹万元整"),
        ("10001", "壹万零壹元整"),
        ("10010", "壹万零壹拾元整"),
        ("11000", "壹万壹仟元整"),
        ("100500", "壹拾万零伍佰元整"),
        ("105000", "壹拾万伍仟元整"),
        ("1000000", "壹佰万元整"),
        ("1020304.05", "壹佰零贰万零叁佰零肆元零伍分"),
        ("20000003", "贰仟万零叁元整"),
        ("100000000", "壹亿元整"),
        ("100000001", "壹亿零壹元整"),
        ("100010000", "壹亿零壹万元整"),
        ("300045000.20", "叁亿零肆万伍仟元贰角整"),
        ("123456789.98", "壹亿贰仟叁佰肆拾伍万陆仟柒佰捌拾玖元玖角捌分"),
        ("999999999999.99", "玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    ],
)
def test_an_amount_is_written_in_capitals(amount, words):
    assert capitals(Decimal(amount)) == words


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "zero yuan only"),
        ("15.30", "fifteen yuan and 30/100"),
        ("42", "forty-two yuan only"),
        ("1680.06", "one thousand six hundred eighty yuan and 06/100"),
        ("1000000", "one million yuan only"),
        ("2000019", "two million nineteen yuan only"),
    ],
)
def test_an_amount_is_written_in_english(amount, words):
    assert in_english(Decimal(amount)) == words


@pytest.mark.parametrize("amount", ["-0.01", "1000000000000", "0.001"])
def test_what_is_no_amount_of_a_paper_is_refused(amount):
    with pytest.raises(AmountTooLarge):
        capitals(Decimal(amount))
