from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp.catalogue.rules.document import DoorKind
from erp.catalogue.rules.prices import Band, BandMode, BasePrice, Combine, LevelDiscount, Oversize, PriceUnit
from erp.pricing.rules.prices import NoPrice, TermKind, price, tax_of
from erp.pricing.rules.proof import (
    BandEnds,
    BandGap,
    BandOverlap,
    BandUnusable,
    DayOrder,
    ModelUnpriced,
    NotMonotone,
    PriceBelowZero,
    faults,
)
from tests.erp.pricing.books import D, door, example, per_ten, single

OVER = door(950, 2180, 260)


def test_the_worked_example_with_the_larger_of_height_and_width():
    # height 80/10 = 8 steps × 12 = 96; width 50/10 = 5 × 15 = 75; wall 60/10 = 6 × 10 = 60
    # max(96, 75) + 60 = 156; 1680 + 156 = 1836
    made = price(example(), OVER)
    assert made.unit_amount == D("1836.00")
    assert [(one.kind, one.amount) for one in made.terms] == [
        (TermKind.BASE, 1680),
        (TermKind.OVERSIZE_H, 96),
        (TermKind.OVERSIZE_W, 75),
        (TermKind.OVERSIZE_D, 60),
        (TermKind.UNUSED, -75),
    ]


def test_the_worked_example_with_all_three():
    # 96 + 75 + 60 = 231; 1680 + 231 = 1911
    assert price(example(combine=Combine.SUM), OVER).unit_amount == D("1911.00")


def test_a_term_says_how_it_came_about():
    height = price(example(), OVER).terms[1]
    assert height.working == "⌈(2180 − 2100) ÷ 10⌉ × 12"


@pytest.mark.parametrize(
    ("height", "extra"),
    [
        ("2099.9", 0),
        ("2100", 0),  # x = the standard
        ("2100.1", 12),
        ("2101", 12),  # one more begins a step
        ("2110", 12),  # a whole step
        ("2110.1", 24),
        ("2111", 24),
    ],
)
def test_a_step_that_is_begun_is_charged(height, extra):
    assert price(example(), door(height=height)).unit_amount == 1680 + extra


@pytest.mark.parametrize(
    ("height", "amount"),
    [
        ("2100", 1000),
        ("2199.9", 1050),  # 5 % of 1000
        ("2200", 1200),  # the next band begins at its own first size: fixed 200
        ("2399.9", 1200),
        ("2400", 1450),  # (2400 − 2100) / 100 = 3 steps of 150
        ("2400.1", 1600),
    ],
)
def test_every_band_charges_from_its_first_size_to_just_below_the_next(height, amount):
    bands = (
        Band(D(2100), BandMode.RATIO, D("0.05"), hi=D(2200)),
        Band(D(2200), BandMode.FIXED, D(200), hi=D(2400)),
        Band(D(2400), BandMode.PER_UNIT, D(150), step_mm=D(100)),
    )
    book = example(height=Oversize(D(2100), bands), bases=(BasePrice("M-SINGLE", D(1000)),))
    assert price(book, door(height=height)).unit_amount == amount


def test_a_discount_takes_from_the_surcharge_or_not_as_the_book_says():
    # 10 % of 1836 is 183.60; without the surcharge 10 % of 1680 is 168
    levels = (LevelDiscount("A", D("0.1")),)
    assert price(example(levels=levels), OVER, "A").unit_amount == D("1652.40")
    book = example(levels=levels, is_discounted_last=False)
    assert price(book, OVER, "A").unit_amount == D("1668.00")
    assert price(book, OVER, "B").unit_amount == D("1836.00")


def test_the_orders_own_discount_takes_from_what_the_level_left():
    # 1836 × 0.9 = 1652.40; less 5 % = 1569.78
    book = example(levels=(LevelDiscount("A", D("0.1")),))
    assert price(book, OVER, "A", D("0.05")).unit_amount == D("1569.78")


def test_one_set_is_rounded_half_up_and_then_multiplied():
    # 1680 × 0.333… is not whole: base 33.335 rounds up to 33.34; 3 sets are 100.02, not 100.01
    made = price(example(bases=(BasePrice("M-SINGLE", D("33.335")),)), door())
    assert (made.unit_amount, made.times(3)) == (D("33.34"), D("100.02"))


def test_an_option_is_charged_where_it_is_chosen():
    assert price(example(), door(options={"lock": "SILVER"})).unit_amount == 1710
    assert price(example(), door(options={"lock": "BLACK"})).unit_amount == 1680


@pytest.mark.parametrize(
    ("unit", "kind", "options", "amount"),
    [
        (PriceUnit.METRE, DoorKind.CASED_OPENING, {}, "510.00"),  # 2 × 2.1 + 0.9 = 5.1 m
        (PriceUnit.METRE, DoorKind.WINDOW_CASING, {"bottom": "BOARD"}, "600.00"),  # 6.0 m
        (PriceUnit.METRE, DoorKind.TRIM_ONLY, {}, "210.00"),
        (PriceUnit.M2, DoorKind.PANEL, {}, "189.00"),  # 0.9 × 2.1 = 1.89
        (PriceUnit.STICK, DoorKind.TRIM_ONLY, {}, "100.00"),
    ],
)
def test_casings_go_by_the_metre_and_panels_by_the_square_metre(unit, kind, options, amount):
    book = example(bases=(BasePrice("M-SINGLE", D(100), unit),))
    assert price(book, door(kind=kind, options=options)).unit_amount == D(amount)


def test_a_price_for_the_colour_goes_before_the_general_one():
    bases = (BasePrice("M-SINGLE", D(1000)), BasePrice("M-SINGLE", D(1200), colours=("OAK",)))
    book = example(bases=bases)
    assert [price(book, door(colour=one)).unit_amount for one in ("WHITE", "OAK")] == [1000, 1200]


def test_a_model_without_a_price_is_refused_by_name():
    with pytest.raises(NoPrice) as refusal:
        price(example(), door(model="M-DOUBLE"))
    assert refusal.value.facts["model"] == "M-DOUBLE"


def test_tax_is_in_the_price_or_on_it():
    # 1130 with 13 % in it holds 130; on 1000 it adds 130
    assert tax_of(D("0.13"), D(1130), is_included=True) == D("130.00")
    assert tax_of(D("0.13"), D(1000), is_included=False) == D("130.00")


SIZES = st.tuples(st.integers(6550, 11000), st.integers(18000, 25000), st.integers(800, 3200))


@given(SIZES, SIZES, st.sampled_from(list(Combine)))
def test_a_larger_door_never_costs_less(one, other, combine):
    small, large = (
        door(*(D(pick(a, b)) / 10 for a, b in zip(one, other, strict=True))) for pick in (min, max)
    )
    book = example(combine=combine)
    assert faults(book, [single()]) == ()
    assert price(book, small).unit_amount <= price(book, large).unit_amount


def bands(*made):
    return example(height=Oversize(D(2100), made))


@pytest.mark.parametrize(
    ("book", "kind"),
    [
        (bands(per_ten(12, 2150)), BandGap),  # nothing between 2100 and 2150
        (bands(replace(per_ten(12, 2100), hi=D(2300)), per_ten(12, 2400)), BandGap),
        (bands(replace(per_ten(12, 2100), hi=D(2300)), per_ten(12, 2200)), BandOverlap),
        (bands(per_ten(12, 2100), per_ten(14, 2200)), BandOverlap),  # the first never ends
        (bands(replace(per_ten(12, 2100), hi=D(2300))), BandEnds),
        (bands(replace(per_ten(12, 2100), step_mm=None)), BandUnusable),
        (bands(per_ten(-1, 2100)), BandUnusable),
        (example(bases=()), ModelUnpriced),
        (example(bases=(BasePrice("M-SINGLE", D(1000), colours=("OAK",)),)), ModelUnpriced),
        (example(bases=(BasePrice("M-SINGLE", D(-1)),)), PriceBelowZero),
        (example(levels=(LevelDiscount("A", D(1)),)), PriceBelowZero),
        (example(valid_to=example().valid_from.replace(year=2025)), DayOrder),
    ],
)
def test_a_book_with_a_fault_is_not_published(book, kind):
    assert {type(one) for one in faults(book, [single()])} == {kind}


def test_a_price_that_falls_at_the_border_of_two_bands_names_the_two_sizes():
    # just below 2300: 20 steps × 12 = 240; from 2300 on a fixed 200
    made = bands(replace(per_ten(12, 2100), hi=D(2300)), Band(D(2300), BandMode.FIXED, D(200)))
    (fault,) = faults(made, [single()])
    assert isinstance(fault, NotMonotone)
    wanted = {"smaller_mm": D("2299.9"), "larger_mm": 2300, "smaller": 240, "larger": 200}
    assert {name: fault.facts[name] for name in wanted} == wanted
    assert price(made, door(height="2299.9")).unit_amount > price(made, door(height=2300)).unit_amount


def test_a_share_that_overtakes_a_fixed_amount_only_for_dear_doors_is_found():
    # 20 % of 1680 is 336, more than the fixed 300 that follows; of 1000 it is 200: only the dear one contradicts
    made = bands(Band(D(2100), BandMode.RATIO, D("0.2"), hi=D(2300)), Band(D(2300), BandMode.FIXED, D(300)))
    cheap = replace(made, bases=(BasePrice("M-SINGLE", D(1000)),))
    assert [type(one) for one in faults(made, [single()])] == [NotMonotone]
    assert faults(cheap, [single()]) == ()
