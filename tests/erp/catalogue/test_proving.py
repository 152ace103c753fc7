"""Faults planted inside the limits, where no corner shows them, are found; what holds is proved."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp.catalogue.rules import proving
from erp.catalogue.rules.document import Check, CheckKind, Field
from erp.catalogue.rules.explode import attempt
from erp.catalogue.rules.formula import FormulaFault, compile_formula, compile_template
from erp.catalogue.rules.line import LineSpec
from erp.catalogue.rules.numbers import MayFail, size
from erp.catalogue.rules.proving import OF_THE_LINE, FindingKind, prove
from erp.catalogue.rules.ranges import ranged
from tests.factories import catalogue
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


@pytest.mark.parametrize("model", catalogue.demo_pack().documents, ids=lambda one: one.code)
def test_every_field_of_every_model_of_the_demo_is_proved(model):
    pack = catalogue.demo_pack()
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


def test_what_is_neither_proved_nor_refuted_is_said_so_with_its_range(monkeypatch):
    # OW - OH is never 0.05, but a range of them always may be: only single lines would prove it
    monkeypatch.setattr(proving, "MOST_BOXES", 50)
    text = "1 / (OW - OH + 1000.05)"
    (finding,) = findings(with_result(text))
    assert (finding.kind, finding.formula) == (FindingKind.NOT_PROVED, text)
    assert "W " in finding.refusal.facts["between"]


def test_a_size_left_out_is_tried_by_its_default():
    model = catalogue.demo_model()
    text = compile_formula("1000 / (W - 900)")
    measures = tuple(replace(one, default=text) if one.code == "light" else one for one in model.measures)
    fault = next(one for one in findings(replace(model, measures=measures)) if one.part == "light")
    assert (fault.kind, fault.field, fault.spec.width_mm) == (FindingKind.FAULT, "default", D(900))
    assert "light" not in fault.spec.measures


def test_the_width_of_the_active_leaf_is_tried_left_out():
    (fault,) = findings(with_result("if_(division == 'RATIO', 1 / mother_width, 1)", "P-UNEQUAL"))
    assert (fault.kind, fault.spec.mother_width_mm) == (FindingKind.FAULT, None)


def test_of_a_part_that_there_is_none_of_nothing_need_hold():
    none = with_part("STOP_V", quantity=compile_formula("0"), length=compile_formula("-1"))
    assert findings(none) == []
    (fault,) = findings(
        with_part("STOP_V", quantity=compile_formula("if_(OH > 2300, 1, 0)"), length=compile_formula("-1"))
    )
    assert (fault.field, fault.spec.height_mm > 2300) == ("length", True)


def test_a_leaf_counts_those_that_there_are_before_it():
    """Without the second leaf the third is the second one, and divides by zero."""
    model = with_result("0")
    leaf = model.leaves[0]
    leaves = (leaf, replace(leaf, when=compile_formula("corner == 'MITRE45'")), leaf)
    text = compile_formula("1 / (if_(leaves == 2, leaf, 9) - 2)")
    found = findings(replace(model, leaves=leaves, leaf_results={**model.leaf_results, "planted": text}))
    assert {one.spec.options["corner"] for one in found} == {"BUTT90"}


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
    line = {
        name: low + (high - low) * D(part) / 10
        for (name, (low, high)), part in zip(box.items(), (s, t), strict=True)
    }
    try:
        found = ranged(formula.tree, {name: size(name, *ends) for name, ends in box.items()}.__getitem__)
    except MayFail:
        return
    try:
        value = formula.number(line)
    except FormulaFault:
        pytest.fail(f"{text} fails at {line}, though its range {found} said that it cannot")
    assert found.low <= value <= found.high
    assert not found.is_whole or value == value.to_integral_value()


NAMES = ("OW", "OH", "WT", "light", "OW", "(OW - 2*WT)", "planted")
ATOMS = st.one_of(st.sampled_from(NAMES), st.sampled_from(("3", "0.7", "200", "85.5", "1", "0", "655")))
SHAPES = (
    "{a} + {b}", "{a} - {b}", "{a} * {b}", "{a} / {b}", "{a} / 3", "({a} - {b}) / 7 * 7", "min({a}, {b})",
    "max({a}, {b} - 20)", "if_({a} > {b}, {a} - {b}, 1)", "if_(colour == 'OAK', {a}, {b})", "floor({a} / 9)",
    "snap_down({a}, 20, {b})", "snap_up({a}, 0.5)", "round({a} / 3, 1)", "if_({a} == {b}, 0, 5)",
    "band(((0, 1), (700, {a}), (1000, 2)), {b})", "if_({a} > 90 and 1 / ({a} - 90) > 0, 2, 3)",
)  # fmt: skip


def _joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    shaped = st.tuples(st.sampled_from(SHAPES), parts, parts)
    return shaped.map(lambda one: "(" + one[0].format(a=one[1], b=one[2]) + ")")


TEXTS = st.recursive(ATOMS, _joined, max_leaves=5)
BASE = replace(
    catalogue.demo_model(), checks=(), parts=(), requirements=(), leaves=(), leaf_results={}, materials={},
    results={"planted": compile_formula("OH - 2 * OW"), "second": compile_formula("1")},
)  # fmt: skip


def lines():
    model, tenth = BASE.limits, st.integers
    return st.builds(
        lambda w, h, t, light, colour, top: LineSpec(
            width_mm=model.width.min + (model.width.max - model.width.min) * D(w) / 1000 // D("0.1") * D("0.1"),
            height_mm=model.height.min + D(h), wall_mm=model.wall.min + D(t) / 10, handing="IN_L", colour=colour,
            options={"top_glass": top}, measures={} if light is None else {"light": D(150) + D(light)},
        ),
        tenth(0, 1000), tenth(0, 700), tenth(0, 2400), st.none() | tenth(0, 550),
        st.sampled_from(("WHITE", "OAK")), st.sampled_from(("NONE", "CLEAR")),
    )  # fmt: skip


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS, TEXTS, TEXTS, st.lists(lines(), min_size=4, max_size=8))
def test_no_line_breaks_what_is_called_proved(monkeypatch, first, second, least, tried):
    """A result, one that leans on it, and the length of a part, beside a check that refuses some of the lines."""
    monkeypatch.setattr(proving, "MOST_BOXES", 12)
    part = replace(demo_model().parts[0], mitre=None, machining=None, route=None, joins=None, material=None)
    part = replace(part, length=compile_formula("second + 1"), width=None, thickness=None, cut="none")
    check = Check(
        CheckKind.LEAF_WIDTH, BASE.name, compile_formula(least.replace("planted", "WT")), compile_formula("5")
    )
    sound = replace(
        BASE, checks=(check,), results={"planted": compile_formula("1"), "second": compile_formula("1")}
    )
    planted = {"planted": compile_formula(first.replace("planted", "OW")), "second": compile_formula(second)}
    document = replace(sound, results=planted, parts=(part,))
    if findings(document):
        return
    for line in tried:
        if not any(isinstance(one, OF_THE_LINE) for one in attempt(sound, line)[1]):
            assert [str(one) for one in attempt(document, line)[1]] == []
