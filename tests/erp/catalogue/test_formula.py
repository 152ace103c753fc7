from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp.catalogue.rules.formula import (
    FormulaFault,
    FormulaReason,
    compile_formula,
    compile_template,
    half_up,
)

D = Decimal
SIZES = st.decimals(min_value=-5000, max_value=5000, places=1, allow_nan=False, allow_infinity=False)


def value(text, **names):
    return compile_formula(text).evaluate(names)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", D(7)),
        ("(1 + 2) * 3 - -4", D(13)),
        ("0.1 + 0.2", D("0.3")),  # a float would give 0.30000000000000004
        ("7 / 2", D("3.5")),
        ("max(3, 5, 4) - min(2, 1)", D(4)),
        ("ceil(2.1) + floor(2.9)", D(5)),
        ("ceil(-2.1)", D(-2)),
        ("round(2.5)", D(3)),
        ("round(-2.5)", D(-3)),
        ("round(1.005, 2)", D("1.01")),  # a float would give 1.0
        ("snap_down(247, 10)", D(240)),
        ("snap_down(240, 10)", D(240)),
        ("snap_down(-3, 10)", D(-10)),
        ("snap_down(900, 20, 655)", D(895)),
        ("snap_up(241, 10)", D(250)),
        ("snap_up(240, 10)", D(240)),
        ("snap_up(900, 20, 655)", D(915)),
        ("if_(1 < 2, 'A', 1 / 0)", "A"),  # the side not taken is not worked out
        ("band(((0, 2), (1900, 3), (2300, 4)), 1899.9)", D(2)),
        ("band(((0, 2), (1900, 3), (2300, 4)), 1900)", D(3)),
        ("band(((0, 2), (1900, 3), (2300, 4)), 2300)", D(4)),
        ("'SINGLE' in ('SINGLE', 'DOUBLE')", True),
        ("3 not in (1, 2)", True),
        ("1 < 2 <= 2 and not 3 != 3", True),
        ("False or 'a' == 'b'", False),
    ],
)
def test_a_formula_gives_its_exact_value(text, expected):
    assert value(text) == expected


def test_names_are_found_and_filled():
    formula = compile_formula("FW - 2*tb - 2*gs")
    assert formula.names == {"FW", "tb", "gs"}
    assert formula.evaluate({"FW": D(880), "tb": D(22), "gs": D(3)}) == 830


def test_the_same_text_is_compiled_once():
    assert compile_formula("OW - 2*gi") is compile_formula("OW - 2*gi")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", FormulaReason.EMPTY),
        ("   ", FormulaReason.EMPTY),
        ("1 +", FormulaReason.SYNTAX),
        ("a b", FormulaReason.SYNTAX),
        ("x = 1", FormulaReason.SYNTAX),
        ("import os", FormulaReason.SYNTAX),
        ("().__class__", FormulaReason.NOT_ALLOWED),
        ("OW.__class__", FormulaReason.NOT_ALLOWED),
        ("__import__('os')", FormulaReason.UNKNOWN_FUNCTION),
        ("__builtins__", FormulaReason.NOT_ALLOWED),
        ("max.__self__", FormulaReason.NOT_ALLOWED),
        ("(lambda: 1)()", FormulaReason.UNKNOWN_FUNCTION),
        ("[x for x in (1, 2)]", FormulaReason.NOT_ALLOWED),
        ("(1, 2)[0]", FormulaReason.NOT_ALLOWED),
        ("f'{OW}'", FormulaReason.NOT_ALLOWED),
        ("2 ** 9", FormulaReason.NOT_ALLOWED),
        ("9 ** 9 ** 9 ** 9", FormulaReason.NOT_ALLOWED),
        ("7 // 2", FormulaReason.NOT_ALLOWED),
        ("1 if True else 2", FormulaReason.NOT_ALLOWED),
        ("1 << 9999999", FormulaReason.NOT_ALLOWED),
        ("~1", FormulaReason.NOT_ALLOWED),
        ("1 is 1", FormulaReason.NOT_ALLOWED),
        ("2j", FormulaReason.NOT_ALLOWED),
        ("b'x'", FormulaReason.NOT_ALLOWED),
        ("'\\x41'", FormulaReason.NOT_ALLOWED),
        ("(y := 3)", FormulaReason.NOT_ALLOWED),
        ("max(*(1, 2))", FormulaReason.NOT_ALLOWED),
        ("round(1, places=2)", FormulaReason.ARGUMENTS),
        ("snap_down(1)", FormulaReason.ARGUMENTS),
        ("max()", FormulaReason.ARGUMENTS),
        ("pow(2, 3)", FormulaReason.UNKNOWN_FUNCTION),
        ("1e999999999", FormulaReason.NUMBER_TOO_LARGE),
        ("9" * 40, FormulaReason.NUMBER_TOO_LARGE),
        ("(" * 100 + "1" + ")" * 100 + "+" + "-" * 90 + "1", FormulaReason.TOO_DEEP),
        ("-" * 500 + "1", FormulaReason.TOO_DEEP),
        ("1+" * 250 + "1", FormulaReason.TOO_DEEP),
        ("1" * 601, FormulaReason.TOO_LONG),
        ("x" * 1_000_000, FormulaReason.TOO_LONG),
        ("(" * 1_000_000, FormulaReason.TOO_LONG),
    ],
)
def test_what_is_no_formula_is_refused_with_its_reason(text, reason):
    with pytest.raises(FormulaFault) as refusal:
        compile_formula(text)
    assert refusal.value.facts["reason"] == reason
    assert len(str(refusal.value)) < 400  # an error page is no place for a megabyte


@pytest.mark.parametrize(
    ("text", "reason", "detail"),
    [
        ("OW - nothing", FormulaReason.UNKNOWN_NAME, "nothing"),
        ("OW / (OW - 900)", FormulaReason.DIVISION_BY_ZERO, "÷"),
        ("(OW - 900) / 0", FormulaReason.DIVISION_BY_ZERO, "÷"),
        ("snap_down(OW, 0)", FormulaReason.DIVISION_BY_ZERO, "0"),
        ("OW + 'a'", FormulaReason.NOT_A_NUMBER, "a"),
        ("OW + True", FormulaReason.NOT_A_NUMBER, "True"),
        ("'a' * 999999999", FormulaReason.NOT_A_NUMBER, "a"),
        ("OW and True", FormulaReason.NOT_A_TRUTH, "900"),
        ("OW == 'a'", FormulaReason.NOT_COMPARABLE, "900 = a"),
        ("OW in 900", FormulaReason.NOT_COMPARABLE, "900"),
        ("band(((1000, 2), (2000, 3)), OW)", FormulaReason.NO_BAND, "900"),
        ("*".join(["99999999999"] * 9), FormulaReason.OVERFLOW, ""),
        ("(1, 2)", FormulaReason.NOT_ALLOWED, "(Decimal('1'), Decimal('2'))"),
    ],
)
def test_a_formula_that_fails_says_why(text, reason, detail):
    with pytest.raises(FormulaFault) as refusal:
        value(text, OW=D(900))
    assert refusal.value.facts == {"formula": text, "reason": reason, "detail": detail}


@given(SIZES, st.decimals(min_value="0.1", max_value=500, places=1))
def test_snapping_down_gives_the_last_step_not_above(x, step):
    snapped = value("snap_down(x, step)", x=x, step=step)
    assert snapped <= x < snapped + step
    assert snapped % step == 0


@given(SIZES, SIZES, SIZES)
def test_sums_and_differences_lose_nothing(a, b, c):
    assert value("a + b*2 - c", a=a, b=b, c=c) == a + b * 2 - c


@given(SIZES)
def test_half_up_rounds_halves_away_from_zero_and_never_far(x):
    rounded = half_up(x, D("0.5"))
    assert abs(rounded - x) <= D("0.25")
    assert (rounded * 2) % 1 == 0
    assert half_up(-x, D("0.5")) == -rounded


def test_a_template_fills_its_holes_with_words_and_whole_numbers():
    template = compile_template("MB{tb}-{colour}")
    assert template.fill({"tb": D("22.0"), "colour": "OAK"}) == "MB22-OAK"


@pytest.mark.parametrize("names", [{}, {"colour": D("1.5")}, {"colour": True}])
def test_a_template_without_its_word_is_refused(names):
    with pytest.raises(FormulaFault) as refusal:
        compile_template("MB22-{colour}").fill(names)
    assert refusal.value.facts["detail"] == "colour"


@pytest.mark.parametrize("text", ["MB-{", "{a.b}", "{__class__}", "{0}"])
def test_a_template_with_other_holes_is_refused(text):
    with pytest.raises(FormulaFault):
        compile_template(text)
