"""Further sizes of a line: given, by default, out of range, unknown; and models that ask for no wall."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.i18n import Named
from erp.catalogue.rules.document import DimBasis, Measure, Opening
from erp.catalogue.rules.explode import check, explode
from erp.catalogue.rules.formula import compile_formula
from erp.catalogue.rules.line import ChoiceMissing, ChoiceUnknown, OutOfLimits
from tests.factories.catalogue import demo_model, make_spec

RISE = Measure("rise", Named("垫高", "rise"), Decimal(0), Decimal(120), compile_formula("0"))


def model(*measures, **over):
    """A single door whose opening is lower by what the floor still gains."""
    opening = Opening(DimBasis.OPENING, compile_formula("W"), compile_formula("H - rise"))
    own = demo_model()
    return replace(own, measures=(*own.measures, *measures), openings=(opening,), **over)


def test_a_size_that_is_not_given_takes_its_default():
    assert explode(model(RISE), make_spec()).results["FH"] == Decimal(2090)


def test_an_unfinished_floor_lowers_the_frame():
    made = explode(model(RISE), make_spec(measures={"rise": Decimal(50)}))
    assert made.results["OH"] == Decimal(2050)
    assert made.results["FH"] == Decimal(2040)  # 2100 - 50 - 10


@pytest.mark.parametrize("size", ["-1", "120.1"])
def test_a_size_out_of_its_range_is_refused(size):
    refusals = check(model(RISE), make_spec(measures={"rise": Decimal(size)}))
    assert [type(one) for one in refusals] == [OutOfLimits]


def test_a_size_without_default_must_be_given():
    refusals = check(model(replace(RISE, default=None)), make_spec())
    assert [type(one) for one in refusals] == [ChoiceMissing]


def test_a_size_that_is_not_asked_for_is_nothing():
    never = replace(RISE, default=None, when=compile_formula("colour == 'OAK'"))
    assert explode(model(never), make_spec()).results["OH"] == Decimal(2100)


def test_an_unknown_size_is_refused():
    refusals = check(demo_model(), make_spec(measures={"rise": Decimal(50)}))
    assert [type(one) for one in refusals] == [ChoiceUnknown]


def test_a_model_without_wall_asks_for_none():
    limits = replace(demo_model().limits, wall=None)
    assert not check(replace(demo_model(), limits=limits, parts=()), make_spec(wall="0"))
