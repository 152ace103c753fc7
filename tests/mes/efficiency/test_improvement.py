from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mes.efficiency.rules import Metric, Standing
from mes.efficiency.rules.baselines import (
    Day,
    DayFaulty,
    DayOutside,
    DayTwice,
    Exclusion,
    Method,
    NoDays,
    PeriodWrong,
    check_days,
    rate,
    sha256_of,
    sums,
    timed_parts,
)
from mes.efficiency.rules.improvement import After, Before, compare, interval, share_excluded

FIRST = date(2026, 6, 1)
LATER = date(2026, 9, 1)


def days(start, pairs, family="", events=10):
    return tuple(
        Day(start + timedelta(days=at), Decimal(part), Decimal(whole), events, family)
        for at, (part, whole) in enumerate(pairs)
    )


def before(some, method=Method.PAPER_LOG, **over):
    given = {
        "number": "BL2606-0001",
        "method": method,
        "grade": "C",
        "definition": 1,
        "parameters": {},
        "first": FIRST,
        "last": FIRST + timedelta(days=27),
        "days": some,
    }
    return Before(**(given | over))


def after(some, **over):
    given = {
        "definition": 1,
        "parameters": {},
        "first": LATER,
        "last": LATER + timedelta(days=27),
        "days": some,
        "live_since": date(2026, 7, 1),
    }
    return After(**(given | over))


def test_the_programme_s_example_is_plus_150_per_cent():
    # 12.0 minutes a door before: 5 doors in 3,600 s; 4.8 minutes after: 12.5 doors in 3,600 s
    found = compare(
        Metric.M1, before(days(FIRST, [(5, 3600)] * 20)), after(days(LATER, [("12.5", 3600)] * 20))
    )
    assert (found.before, found.after, found.change) == (Decimal("5.00"), Decimal("12.50"), Decimal("150.0"))
    assert (found.low, found.high) == (Decimal("150.0"), Decimal("150.0"))  # every day is alike
    assert found.points is None
    assert found.doubts == ()
    assert found.standing is Standing.PROVED


def test_machine_use_is_told_relatively_and_in_points():
    found = compare(Metric.M3, before(days(FIRST, [(46, 100)] * 20)), after(days(LATER, [(52, 100)] * 20)))
    assert (found.change, found.points) == (Decimal("13.0"), Decimal("6.0"))  # 52 / 46 = 1.1304


def test_a_figure_below_its_target_is_not_proved():
    found = compare(Metric.M1, before(days(FIRST, [(5, 3600)] * 20)), after(days(LATER, [(6, 3600)] * 20)))
    assert found.standing is Standing.FAILED


def test_another_mix_of_products_is_weighted_with_the_baseline_s():
    # before: half of the time single doors at 10 an hour, half casings at 20 an hour
    first = (*days(FIRST, [(10, 3600)] * 20, "SINGLE"), *days(FIRST, [(20, 3600)] * 20, "CASED_OPENING"))
    # after: each kind twice as fast, but nearly only casings, which looks like more than it is
    second = (*days(LATER, [(2, 360)] * 20, "SINGLE"), *days(LATER, [(120, 10800)] * 20, "CASED_OPENING"))
    found = compare(Metric.M1, before(first), after(second))
    assert found.is_weighted
    # single 2/360 s = 20 an hour, casings 120/10,800 s = 40 an hour: 1/2 × 20 + 1/2 × 40 = 30 against 15
    assert (found.before, found.after, found.change) == (Decimal("15.00"), Decimal("30.00"), Decimal("100.0"))
    plain = compare(Metric.M1, before(first), after((*second[:20], *days(LATER, [(5, 900)] * 20, "PANEL"))))
    assert not plain.is_weighted  # no casing was made: the mix cannot weigh
    assert any("products" in doubt.msgid for doubt in plain.doubts)


@pytest.mark.parametrize(
    ("over", "word"),
    [
        ({"method": Method.INTERVIEW}, "estimate"),
        ({"definition": 2}, "formulas"),
        ({"parameters": {"SINGLE": "1.1"}}, "formulas"),
        ({"exclusions": (Exclusion("power cut", 11),)}, "left out"),  # 11 of 211
        ({"last": FIRST + timedelta(days=26), "days": days(FIRST, [(5, 3600)] * 19)}, "27 days and 190"),
    ],
)
def test_what_proves_nothing_says_why(over, word):
    start = {"days": days(FIRST, [(5, 3600)] * 20), **over}
    found = compare(Metric.M1, before(start.pop("days"), **start), after(days(LATER, [(20, 3600)] * 20)))
    assert [word in (doubt.msgid % doubt.facts) for doubt in found.doubts] == [True]
    assert found.standing is Standing.OPEN


def test_a_short_window_and_the_time_of_learning_are_doubts():
    late = after(
        days(LATER, [(20, 3600)] * 20), last=LATER + timedelta(days=26), live_since=date(2026, 8, 20)
    )
    found = compare(Metric.M1, before(days(FIRST, [(5, 3600)] * 20)), late)
    assert [doubt.facts for doubt in found.doubts] == [{"days": 27}, {"day": date(2026, 9, 17)}]


def test_a_day_by_itself_gives_no_interval():
    assert interval(days(FIRST, [(5, 3600)]), days(LATER, [(6, 3600)] * 9), is_weighted=False) == (None, None)


@settings(max_examples=15, deadline=None)  # 2,000 draws each, twice
@given(
    st.lists(st.tuples(st.integers(1, 90), st.integers(60, 7200)), min_size=2, max_size=12),
    st.lists(st.tuples(st.integers(1, 90), st.integers(60, 7200)), min_size=2, max_size=12),
)
def test_the_interval_does_not_depend_on_the_order_of_the_days(first, second):
    one, two = days(FIRST, first), days(LATER, second)
    low, high = interval(one, two, is_weighted=False)
    assert low <= high
    assert interval(one[::-1], two[::-1], is_weighted=False) == (low, high)
    lowest = min(Fraction(p, w) for p, w in second) / max(Fraction(p, w) for p, w in first)
    highest = max(Fraction(p, w) for p, w in second) / min(Fraction(p, w) for p, w in first)
    assert 100 * (lowest - 1) - 1 <= low
    assert high <= 100 * (highest - 1) + 1


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(1, 7200)), min_size=2, max_size=20))
def test_sums_over_days_are_the_sum_of_their_parts(pairs):
    some = days(FIRST, pairs)
    for cut in range(len(some)):
        parts = [sums(some[:cut]), sums(some[cut:])]
        assert tuple(map(sum, zip(*parts, strict=True))) == sums(some)


def test_the_hash_changes_with_any_value_and_not_with_the_order():
    some = days(FIRST, [(5, 3600), (6, 3700)], "SINGLE")
    assert sha256_of(some) == sha256_of(some[::-1])
    assert sha256_of(days(FIRST, [("5.000000", 3600), (6, 3700)], "SINGLE")) == sha256_of(some)
    for other in (
        days(FIRST, [(5, 3600), (6, 3701)], "SINGLE"),
        days(FIRST, [(5, 3600), (6, 3700)], "DOUBLE"),
        days(LATER, [(5, 3600), (6, 3700)], "SINGLE"),
        days(FIRST, [(5, 3600), (6, 3700)], "SINGLE", events=11),
    ):
        assert sha256_of(other) != sha256_of(some)


@pytest.mark.parametrize(
    ("metric", "some", "wrong"),
    [
        (Metric.M1, (), NoDays),
        (Metric.M1, days(FIRST, [(5, 0)]), NoDays),
        (Metric.M1, (*days(FIRST, [(5, 60)]), *days(FIRST, [(6, 60)])), DayTwice),
        (Metric.M1, days(FIRST - timedelta(days=1), [(5, 60)]), DayOutside),
        (Metric.M1, days(FIRST, [(-1, 60)]), DayFaulty),
        (Metric.M4, days(FIRST, [(61, 60)]), DayFaulty),
    ],
)
def test_days_that_are_no_baseline_are_refused(metric, some, wrong):
    with pytest.raises(wrong):
        check_days(metric, FIRST, LATER, some, date(2026, 11, 22))


@pytest.mark.parametrize("last", [FIRST - timedelta(days=1), date(2026, 11, 22), date(2029, 1, 1)])
def test_a_period_lies_in_the_past_and_within_two_years(last):
    with pytest.raises(PeriodWrong):
        check_days(Metric.M1, FIRST, last, days(FIRST, [(5, 60)]), date(2026, 11, 22))


def test_what_was_done_while_timed_earns_what_the_figure_says():
    assert timed_parts(Metric.M1, {"SINGLE": 3, "UNEQUAL": 2}) == {
        "SINGLE": (3, Fraction(3)),
        "UNEQUAL": (2, Fraction(32, 10)),
    }
    assert timed_parts(Metric.M2, {"RECEIVE": 2, "ISSUE": 4}) == {"": (6, Fraction(12))}  # 2 × 3.0 + 4 × 1.5
    assert timed_parts(Metric.M2, {}) == {}


def test_rates_are_told_in_people_s_units():
    assert rate(Metric.M1, Fraction(5), Fraction(3600)) == 5
    assert rate(Metric.M2, Fraction(90), Fraction(3600)) == Fraction(3, 2)  # 90 standard in 60 paid minutes
    assert rate(Metric.M4, Fraction(298), Fraction(299)) == Fraction(29800, 299)
    assert rate(Metric.M4, Fraction(0), Fraction(0)) is None


def test_the_share_left_out_is_of_all_events():
    assert share_excluded(days(FIRST, [(1, 1)] * 2, events=19), (Exclusion("double entry", 2),)) == Fraction(
        1, 20
    )
