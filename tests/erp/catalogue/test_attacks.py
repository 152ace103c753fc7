"""The formula language attacked: everything is refused with a message, in bounded time and memory."""

import time
import tracemalloc
from decimal import Decimal

import pytest

from erp.catalogue.rules.entries import may_be
from erp.catalogue.rules.formula import FormulaFault, FormulaReason, compile_formula, compile_template

MOST_S, MOST_BYTES = 0.5, 8_000_000  # a refusal takes about a millisecond and some kilobytes

ATTACKS = {
    "1 MB of text": "1+" * 500_000 + "1",
    "1 MB of blanks": " " * 1_000_000,
    "1 MB of brackets": "(" * 500_000 + "1" + ")" * 500_000,
    "brackets": "(" * 250 + "1" + ")" * 250,
    "brackets never closed": "(" * 500,
    "signs": "-" * 590 + "1",
    "signs with blanks": "- " * 290 + "1",
    "negations": "not " * 145 + "True",
    "calls in calls": "min(" * 140 + "1" + ")" * 140,
    "a huge exponent": "9e999999999",
    "a tiny exponent": "1e-999999999",
    "a zero with an exponent": "0e999999999",
    "a tower of powers": "10**10**10",
    "a long number": "9" * 590,
    "a dunder": "__class__",
    "an attribute": "().__class__.__bases__",
    "an attribute of a name": "W.real",
    "an index": "hinges[0]",
    "a comprehension": "[x for x in (1, 2)]",
    "a generator": "max(x for x in (1, 2))",
    "a lambda": "(lambda: 1)()",
    "an f-string": "f'{W}'",
    "a walrus": "(a := 1)",
    "a loop": "while True: pass",
    "an import": "import os",
    "a call of a builtin": "open('x')",
    "a keyword": "round(1, ndigits=2)",
    "a star": "max(*(1, 2))",
    "a ternary": "1 if True else 2",
    "bytes": "b'x'",
    "a complex number": "1j",
    "an ellipsis": "...",
    "full-width digits": "１ + ２",
    "a full-width name": "Ｗ - 2",
    "an Arabic digit": "W - ٣",
    "a surrogate": "W + '\udc80'",
    "a NUL": "W\0 + 1",
    "an escape": "'\\x41'",
    "a control character": "W\x07",
    "a right-to-left mark": "W \u202e- 2",
    "two statements": "1; 2",
    "a comment with brackets": "1 # " + "(" * 200,
    "shifts": "1 << 900",
    "a whole division": "7 // 2",
}


@pytest.mark.parametrize("text", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_is_refused_with_a_short_message_at_once(text):
    tracemalloc.start()
    began = time.perf_counter()
    with pytest.raises(FormulaFault) as refusal:
        compile_formula(text)
    seconds, (_, peak) = time.perf_counter() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (seconds < MOST_S, peak < MOST_BYTES) == (True, True)
    assert len(str(refusal.value).encode()) < 600  # encodes, too: a surrogate in it would not


@pytest.mark.parametrize("text", ["*".join([one] * 20) for one in ("99999999", "W", "0.1", "1234.5678")])
def test_a_product_that_grows_digits_ends_in_a_number_of_forty_or_a_refusal(text):
    formula = compile_formula(text)
    try:
        digits = len(formula.number({"W": Decimal("1234.5")}).as_tuple().digits)
    except FormulaFault as refusal:
        digits = 40 if refusal.facts["reason"] is FormulaReason.OVERFLOW else 41
    assert digits <= 40


@pytest.mark.parametrize(
    "text",
    ["x" * 1_000_000, "{" * 500, "{a.b}", "{__class__}", "{0}", "{a!r}", "{a:>999999999}", "a\0b", "a\udc80"],
)
def test_a_template_that_is_no_code_with_holes_is_refused(text):
    with pytest.raises(FormulaFault) as refusal:
        compile_template(text)
    assert len(str(refusal.value).encode()) < 600


def test_a_template_of_holes_only_is_compared_in_no_time():
    """Read as a regular expression, twenty holes against forty letters would take days."""
    template = compile_template("{a}" * 20 + "X")
    began = time.perf_counter()
    assert not may_be(template, "a" * 60 + "Y")
    assert time.perf_counter() - began < MOST_S


@pytest.mark.parametrize(
    ("text", "code", "fits"),
    [
        ("MB22-{colour}", "MB22-OAK", True),
        ("MB22-{colour}", "MB22-", False),  # a hole takes one character or more
        ("MB22-{colour}", "SK4-OAK", False),
        ("{a}-{b}", "X-Y", True),
        ("{a}-{b}-", "X-Y", False),
        ("{a}A{b}A", "xAyA", True),
        ("{a}AB{b}B", "xABB", False),
        ("KIT", "KIT", True),
        ("KIT", "KITS", False),
        ("{a}", "x", True),
    ],
)
def test_a_template_may_be_the_codes_that_its_holes_can_be_filled_to(text, code, fits):
    assert may_be(compile_template(text), code) is fits
