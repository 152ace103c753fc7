"""Faults planted inside the limits, where no corner shows them, are found; what holds is proved."""

import time
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erp.catalogue.rules.document import Field
from erp.catalogue.rules.explode import attempt
from erp.catalogue.rules.formula import FormulaFault, compile_formula, compile_template
from erp.catalogue.rules.proving import FindingKind, prove
from erp.catalogue.rules.ranges import MayFail, Num, ranged
from tests.factories.small import demo_model, demo_pack

D = Decimal


def with_result(text, code="M-SINGLE", name="planted"):
    """Return a model with one more result: W runs over 655–1100, H over 1800–2500, WT over 80–320."""
    model = demo_model(code)
    return replace(model, results={**model.results, name: compile_formula(text)})


def findings(document):
    return [one for one in prove(document) if one.kind is not FindingKind.WARNING]


def with_part(code, **over):
    model = demo_model()
    parts = tuple(replace(one, **over) if one.code == code else one for one in model.parts)
    return replace(model, parts=parts)


@pytest.mark.parametrize("model", demo_pack().documents, ids=lambda one: one.code)
def test_every_model_of_the_small_factory_is_proved(model):
    pack = demo_pack()
    materials = {one.code for one in pack.materials}
    found = prove(model, materials, pack.stock_lengths)
    assert [one for one in found if one.kind is not FindingKind.WARNING] == []


@pytest.mark.parametrize(
    ("text", "width", "height"),
    [
        ("1 / (OW - 937)", D(937), None),
        ("1 / (OW - 937.3)", D("937.3"), None),
        ("1 / (OH - 2222.2)", None, D("2222.2")),
        ("1 / ((OW - 700) * (OW - 700) + (OH - 1900.1) * (OH - 1900.1))", D(700), D("1900.1")),
        ("if_(OW == 801 and OH == 2001, 1 / 0, 1)", D(801), D(2001)),
    ],
)
def test_a_division_by_zero_at_one_size_is_found_and_shown(text, width, height):
    (fault,) = findings(with_result(text))
    assert (fault.kind, fault.part, fault.field, fault.formula) == (
        FindingKind.FAULT, "planted", "results", text,
    )  # fmt: skip
    assert width in (None, fault.spec.width_mm)
    assert height in (None, fault.spec.height_mm)
    assert "÷" in str(fault.refusal)


@pytest.mark.parametrize(
    "text",
    [
        "1 / (OW - 937.05)",  # no size is typed to a hundredth
        "if_(OW > 900, 1 / (OW - 900), 0)",  # the guard keeps zero out
        "if_(OW == 900, 0, 1 / (OW - 900))",
        "1 / max(1, OW - 1000)",
        "1 / (OW - 600)",  # below the limits
        "1 / (floor(OW) - OW + 2)",
        "band(hinges, OH - 1800)",
        "if_(colour == 'WHITE', 1, 2)",
        "1 / (snap_down(WT, 10) - 75)",
    ],
)
def test_what_cannot_fail_inside_the_limits_is_proved(text):
    assert findings(with_result(text)) == []


def test_a_band_without_a_row_for_a_low_door_is_found():
    (fault,) = findings(with_result("band(((1850, 1), (2000, 2)), OH)"))
    assert fault.spec.height_mm < 1850
    assert fault.kind is FindingKind.FAULT


def test_a_fault_of_one_option_with_one_colour_only_is_found():
    (fault,) = findings(with_result("if_(colour == 'OAK' and corner == 'BUTT90', 1 / (WT - 200), 1)"))
    assert (fault.spec.colour, fault.spec.options["corner"], fault.spec.wall_mm) == ("OAK", "BUTT90", 200)


def test_a_size_that_is_not_above_zero_in_a_strip_is_found():
    # 5 mm for most doors; between 820 and 821 it is 5 - 6 = -1
    (fault,) = findings(
        with_part("STOP_V", length=compile_formula("5 - 6 * if_(OW > 820 and OW < 821, 1, 0)"))
    )
    assert (fault.part, fault.field) == ("STOP_V", "length")
    assert D(820) < fault.spec.width_mm < D(821)


def test_a_quantity_that_is_half_somewhere_is_found():
    (fault,) = findings(with_part("STOP_V", quantity=compile_formula("if_(OH == 2100.5, 1.5, 2)")))
    assert (fault.part, fault.field, fault.spec.height_mm) == ("STOP_V", "quantity", D("2100.5"))


def test_a_route_that_only_one_handing_would_name_is_found():
    (fault,) = findings(with_part("JAMB_L", route=compile_template("FRAME-{hinge_side}")))
    assert (fault.part, fault.field, fault.kind) == ("JAMB_L", "route", FindingKind.FAULT)


def test_a_material_of_a_colour_that_does_not_exist_is_found():
    materials = {one.code for one in demo_pack().materials} - {"MB22-OAK"}
    faults = [one for one in prove(demo_model(), materials) if one.kind is FindingKind.FAULT]
    assert {(one.part, one.field, one.spec.colour) for one in faults} == {
        (part, "material", "OAK") for part in ("JAMB_L", "JAMB_R", "HEAD")
    }


def test_what_order_entry_refuses_anyway_is_no_fault():
    """Only daughters under 250 mm would divide by zero, and those are refused."""
    assert findings(with_result("1 / max(0, LW2 - 200)", "P-UNEQUAL")) == []
    (fault,) = findings(with_result("1 / max(0, LW2 - 260)", "P-UNEQUAL"))
    assert fault.kind is FindingKind.FAULT


def test_a_missing_check_of_the_active_leaf_is_found():
    model = demo_model("P-UNEQUAL")
    bare = replace(model, checks=tuple(one for one in model.checks if one.name.en != "active leaf"))
    assert {one.part for one in findings(bare)} >= {"RAIL_TOP", "INFILL"}


def test_a_choice_that_need_not_be_made_is_tried_unmade():
    model = replace(
        with_result("if_(handing == '', 1 / 0, 1)"), requires={Field.COLOUR: compile_formula("True")}
    )
    assert [one.spec.handing for one in findings(model) if one.part == "planted"] == [None]


def test_what_is_neither_proved_nor_refuted_is_said_so_with_its_range_in_bounded_time():
    # OW - OH is never 0.05, but a range of them always may be: only single lines would prove it
    text = "1 / (OW - OH + 1000.05)"
    began = time.process_time()
    (finding,) = findings(with_result(text))
    assert (finding.kind, finding.formula) == (FindingKind.NOT_PROVED, text)
    assert "W " in finding.refusal.facts["between"]
    assert time.process_time() - began < 10


def test_a_part_longer_than_its_stock_is_a_warning():
    warnings = list(prove(demo_model(), None, demo_pack().stock_lengths))
    assert {one.kind for one in warnings} == {FindingKind.WARNING}
    assert "JAMB_L" in {one.part for one in warnings}


def test_every_fault_is_refused_by_the_evaluator_itself():
    document = with_result("1 / (OW - 937) + 1 / (OH - 2001)")
    for fault in findings(document):
        assert attempt(document, fault.spec)[1]


FORMULAS = (
    "x - y * 2", "x / (y - 40)", "min(x, y, 3) - max(x, -y)", "snap_down(x, 7, y)", "snap_up(x - y, 0.5)",
    "round(x / 3, 1)", "round(x)", "ceil(x / 3) + floor(y / 7)", "if_(x > y, x - y, y / x)",
    "band(((-50, 1), (0, 2), (30, x)), y)", "if_(x == y or x < 3 < y, 1, -x)", "x * y - x * x",
    "if_(not x >= 2 and y != 4, x * 0.1, y)",
)  # fmt: skip
TENTHS = st.integers(-600, 600).map(lambda one: D(one) / 10)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FORMULAS), TENTHS, TENTHS, TENTHS, TENTHS, st.integers(0, 10), st.integers(0, 10))
def test_a_range_holds_every_value_that_the_formula_gives_inside_it(text, a, b, c, d, s, t):
    box = {"x": (min(a, b), max(a, b)), "y": (min(c, d), max(c, d))}
    formula = compile_formula(text)
    point = {
        name: low + (high - low) * D(part) / 10
        for (name, (low, high)), part in zip(box.items(), (s, t), strict=True)
    }
    try:
        found = ranged(formula.tree, {name: Num(*ends) for name, ends in box.items()}.__getitem__)
    except MayFail:
        return
    try:
        value = formula.number(point)
    except FormulaFault:
        pytest.fail(f"{text} fails at {point}, though its range {found} said that it cannot")
    assert found.low <= value <= found.high
    assert not found.is_whole or value == value.to_integral_value()
