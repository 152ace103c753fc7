import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.i18n import Named
from erp.catalogue.rules.document import DimBasis, DocumentFaults, Field, Handing, read_document
from erp.catalogue.rules.explode import check, explode
from erp.catalogue.rules.formula import compile_formula, half_up
from erp.catalogue.rules.line import (
    ArchitraveTooNarrow,
    BadQuantity,
    ChoiceMissing,
    ChoiceUnknown,
    LeafImpossible,
    LeafTooNarrow,
    NegativeSize,
    NotASize,
    OutOfLimits,
    RuleFault,
    RuleField,
    RuleUnknown,
    StockTooNarrow,
    StockTooShort,
)
from erp.materials.rules import StockSize
from tests.factories.catalogue import demo_model, demo_pack, make_spec

D = Decimal
STOCK = demo_pack().stock_lengths


def split(spec, code="M-SINGLE"):
    made = explode(demo_model(code), spec)
    return made, {piece.code: piece for piece in made.pieces}


def amounts(made):
    return {one.rule_code: one.quantity for one in made.requirements}


# The trade's reference table: opening; frame; leaf; jamb and head; open face; back face; raw face; band
GOLDEN = [
    (
        ("900", "2100", "240"),
        (880, 2090),
        (830, 2055),
        (2090, 836),
        (1016, 2158),
        (992, 2146),
        (840, 2065),
        "5.12",
    ),
    (
        ("800", "2050", "120"),
        (780, 2040),
        (730, 2005),
        (2040, 736),
        (916, 2108),
        (892, 2096),
        (740, 2015),
        "4.92",
    ),
    (
        ("1000", "2400", "300"),
        (980, 2390),
        (930, 2355),
        (2390, 936),
        (1116, 2458),
        (1092, 2446),
        (940, 2365),
        "5.82",
    ),
]


@pytest.mark.parametrize(("size", "frame", "leaf", "boards", "front", "back", "raw", "band"), GOLDEN)
def test_the_golden_table_comes_out_to_the_millimetre(size, frame, leaf, boards, front, back, raw, band):
    made, pieces = split(make_spec(*size))
    named = made.results
    assert (named["FW"], named["FH"]) == frame
    assert (pieces["LEAF_1"].width_mm, pieces["LEAF_1"].length_mm) == leaf
    assert (pieces["JAMB_L"].length_mm, pieces["HEAD"].length_mm) == boards
    assert pieces["JAMB_R"].width_mm == D(size[2])  # as wide as the wall, in steps of 10
    assert (pieces["ARCH_OPEN_H"].length_mm, pieces["ARCH_OPEN_L"].length_mm) == front
    assert (pieces["ARCH_BACK_H"].length_mm, pieces["ARCH_BACK_R"].length_mm) == back
    assert (pieces["FACE_1"].cut_width_mm, pieces["FACE_1"].cut_length_mm) == raw
    assert amounts(made)["BAND"] == D(band)


@pytest.mark.parametrize("size", [GOLDEN[0][0], GOLDEN[1][0]])
def test_the_first_two_golden_sets_can_be_made_from_stock(size):
    assert check(demo_model(), make_spec(*size), STOCK) == ()


def test_the_third_golden_set_is_refused_for_want_of_long_architraves():
    refusals = check(demo_model(), make_spec("1000", "2400", "300"), STOCK)
    assert {type(one) for one in refusals} == {StockTooShort}
    assert [(one.facts["piece"], one.facts["need_mm"]) for one in refusals] == [
        ("ARCH_OPEN_L", 2458),
        ("ARCH_OPEN_R", 2458),
        ("ARCH_BACK_L", 2446),
        ("ARCH_BACK_R", 2446),
    ]
    assert {one.facts["longest_mm"] for one in refusals} == {D(2440)}
    with pytest.raises(StockTooShort):
        explode(demo_model(), make_spec("1000", "2400", "300"), STOCK)


def test_a_frame_board_is_snapped_down_to_steps_of_ten():
    _, pieces = split(make_spec(wall="247"))
    assert pieces["JAMB_L"].width_mm == 240


def test_a_door_of_900_by_2100_has_its_whole_skeleton():
    # raw leaf 840 × 2065; rails 840 − 2·40 = 760; three bays of (2065 − 80 − 2·60 − 100) / 3 = 588.33
    _, pieces = split(make_spec())
    cut = {code: (p.count, p.cut_length_mm, p.cut_width_mm, p.thickness_mm) for code, p in pieces.items()}
    assert cut["FACE_1"] == (2, 2065, 840, 4)
    assert cut["STILE_1"] == (2, 2065, None, 34)
    assert cut["RAIL_TOP_1"] == cut["RAIL_BOTTOM_1"] == (1, 760, None, 34)
    assert cut["RAIL_MID_1"] == (2, 760, None, 34)
    assert cut["LOCK_BLOCK_1"] == (2, 400, None, 34)
    assert cut["INFILL_1"] == (3, D("588.5"), 760, 34)  # 588.33 rounded to 0.5
    joined = {p.joins for code, p in pieces.items() if code.endswith("_1") and code != "LEAF_1"}
    assert joined == {"LEAF_1"}


def test_the_stop_strips_are_three_cut_parts_under_one_label():
    made, pieces = split(make_spec())
    assert (pieces["STOPS"].is_tracked, pieces["STOPS"].count, pieces["STOPS"].cut_length_mm) == (
        True,
        3,
        None,
    )
    assert (pieces["STOP_V"].count, pieces["STOP_V"].cut_length_mm, pieces["STOP_V"].joins) == (
        2,
        2068,
        "STOPS",
    )
    assert (pieces["STOP_H"].count, pieces["STOP_H"].cut_length_mm) == (1, 836)
    assert amounts(made)["SEAL"] == D("5.122")  # 2·2068 + 836 + 3·50


def test_twelve_labels_and_four_packages_make_a_single_door():
    made, pieces = split(make_spec())
    labelled = [code for code, piece in pieces.items() if piece.is_tracked]
    packed = [code for package in made.packages for code in package.piece_codes]
    assert len(labelled) == 12
    assert sorted(packed) == sorted(labelled)
    assert [(p.kind, p.index, len(p.piece_codes)) for p in made.packages] == [
        ("LEAF", 1, 1),
        ("FRAME", 1, 4),
        ("TRIM", 1, 6),
        ("HARDWARE", 1, 1),
    ]


def test_twins_name_each_other():
    _, pieces = split(make_spec())
    twins = {code: piece.is_mirror_of for code, piece in pieces.items() if piece.is_mirror_of}
    assert twins == {
        "JAMB_L": "JAMB_R",
        "JAMB_R": "JAMB_L",
        "ARCH_OPEN_L": "ARCH_OPEN_R",
        "ARCH_OPEN_R": "ARCH_OPEN_L",
        "ARCH_BACK_L": "ARCH_BACK_R",
        "ARCH_BACK_R": "ARCH_BACK_L",
    }


@pytest.mark.parametrize(("height", "hinges"), [("1944", 2), ("1945", 3), ("2344.9", 3), ("2345", 4)])
def test_hinges_follow_the_height_of_the_leaf(height, hinges):
    # leaf = opening − 45: two below 1900, three below 2300, else four
    made, _ = split(make_spec(height=height))
    assert amounts(made)["HINGES"] == hinges


@pytest.mark.parametrize(
    ("hand", "left", "right"), [("IN_L", "HINGE", "STRIKE"), ("OUT_R", "STRIKE", "HINGE")]
)
def test_hinges_are_milled_into_the_jamb_of_their_side(hand, left, right):
    _, pieces = split(make_spec(handing=Handing(hand)))
    assert (pieces["JAMB_L"].machining, pieces["JAMB_R"].machining) == (left, right)


def test_a_double_door_of_1500_has_two_leaves_of_713():
    # clear 1480 − 44 = 1436; (1436 − 2·3 − 4) / 2 = 713
    made, pieces = split(make_spec("1500"), "M-DOUBLE")
    assert (pieces["LEAF_1"].width_mm, pieces["LEAF_2"].width_mm) == (713, 713)
    assert (pieces["LEAF_1"].is_mirror_of, pieces["LEAF_2"].is_mirror_of) == ("LEAF_2", "LEAF_1")
    assert (pieces["LEAF_1"].machining, pieces["LEAF_2"].machining) == ("IN_L", "IN_R")
    leaves = [p.piece_codes for p in made.packages if p.kind == "LEAF"]
    assert leaves == [("LEAF_1",), ("LEAF_2",)]
    hinges = [one.quantity for one in made.requirements if one.rule_code == "HINGES"]
    assert hinges == [3, 3]


def test_an_unequal_door_of_1200_with_a_mother_of_800_has_a_child_of_326():
    # clear 1180 − 44 = 1136; 1136 − 2·3 − 4 − 800 = 326
    _, pieces = split(make_spec("1200", mother_width_mm=D(800)), "P-UNEQUAL")
    assert (pieces["LEAF_1"].width_mm, pieces["LEAF_2"].width_mm) == (800, 326)


def test_an_unequal_door_can_be_parted_seventy_to_thirty():
    # 1126 · 0.7 = 788.2 and 1126 − 788.2 = 337.8
    _, pieces = split(make_spec("1200", options={"division": "RATIO"}), "P-UNEQUAL")
    assert (pieces["LEAF_1"].width_mm, pieces["LEAF_2"].width_mm) == (D("788.2"), D("337.8"))


def test_a_child_under_250_is_refused():
    refusals = check(demo_model("P-UNEQUAL"), make_spec("1100", mother_width_mm=D(800)))
    assert [(type(one), one.facts["value"]) for one in refusals] == [(LeafTooNarrow, D(226))]


def test_without_the_active_leafs_width_that_alone_is_asked_for():
    refusals = check(demo_model("P-UNEQUAL"), make_spec("1200", mother_width_mm=None))
    assert [(type(one), one.facts["field"]) for one in refusals] == [(ChoiceMissing, Field.MOTHER_WIDTH)]


def test_a_leaf_without_room_is_told_in_the_words_of_the_trade():
    refusals = check(demo_model("P-UNEQUAL"), make_spec("1200", mother_width_mm=D(1200)))
    leaf = next(one for one in refusals if isinstance(one, LeafImpossible))
    # 1200 - 2*10 - 2*22 - 2*3 - 4 - 1200 = -74
    assert (leaf.facts["name"], leaf.facts["what"], leaf.facts["value"]) == (
        Named("子扇", "passive leaf"),
        RuleField.WIDTH,
        -74,
    )


def test_a_mother_wider_than_the_door_is_refused_and_not_cut():
    refusals = check(demo_model("P-UNEQUAL"), make_spec("1200", mother_width_mm=D(1200)))
    assert {type(one) for one in refusals} == {LeafTooNarrow, LeafImpossible}


def test_a_cased_opening_has_no_leaf_no_stop_and_no_hardware():
    made, pieces = split(make_spec("1600", handing=None), "M-CASED")
    assert {p.kind for p in made.packages} == {"FRAME", "TRIM"}
    assert not {"LEAF_1", "STOPS", "HW_KIT"} & set(pieces)
    assert made.drawing.to_dict()["leaves"] == []


def test_a_painted_door_is_cut_from_raw_board_and_painted():
    made, pieces = split(make_spec(colour="SAGE"), "P-SINGLE")
    assert (pieces["JAMB_L"].material_code, pieces["JAMB_L"].route) == (
        "MB22-RAW",
        ("CUT", "MILL", "PAINT", "QC"),
    )
    assert pieces["LEAF_1"].route == ("PRESS", "SIZE", "EDGE", "LOCK", "PAINT", "QC")
    # (2·836·2100 + (2·2090 + 880)·(240 + 160)) / 1e6 · 0.25 = 1.3838 → 1.38
    assert amounts(made)["PAINT"] == D("1.38")


def test_a_butt_joint_takes_the_width_of_the_architrave_off_the_uprights():
    _, pieces = split(make_spec(options={"corner": "BUTT90"}))
    assert (pieces["ARCH_OPEN_L"].length_mm, pieces["ARCH_OPEN_L"].mitre) == (2158 - 80, "90/90")
    assert pieces["ARCH_OPEN_H"].length_mm == 1016


@pytest.mark.parametrize(
    ("basis", "width", "height"),
    [
        (DimBasis.OPENING, "900", "2100"),
        (DimBasis.FRAME_OUTER, "880", "2090"),
        (DimBasis.CLEAR, "836", "2068"),
        (DimBasis.LEAF, "830", "2055"),
    ],
)
def test_the_same_door_may_be_given_by_four_sizes(basis, width, height):
    made, _ = split(make_spec(width, height, dim_basis=basis))
    assert made.pieces == split(make_spec())[0].pieces


def test_the_leaf_size_of_an_unequal_door_says_too_little_and_is_refused():
    refusals = check(
        demo_model("M-UNEQUAL"), make_spec("800", dim_basis=DimBasis.LEAF, mother_width_mm=D(800))
    )
    assert [(type(one), one.facts["field"]) for one in refusals] == [(ChoiceUnknown, "dim_basis")]


def test_everything_wrong_with_a_line_is_said_at_once():
    spec = make_spec("3000", "100", handing=None, colour="PINK", options={"lock": "GOLD", "louvre": "yes"})
    found = [(type(one), str(one.facts["field"])) for one in check(demo_model(), spec)]
    assert found == [
        (ChoiceUnknown, "colour"),
        (ChoiceUnknown, "门锁"),
        (ChoiceUnknown, "options"),
        (ChoiceMissing, "handing"),
        (OutOfLimits, "width_mm"),
        (OutOfLimits, "height_mm"),
    ]


def test_limits_are_told_with_what_is_possible():
    (refusal,) = check(demo_model(), make_spec("1100.1"))
    facts = refusal.facts
    assert (facts["value"], facts["lowest"], facts["highest"]) == (D("1100.1"), 655, 1100)
    assert check(demo_model(), make_spec("1100")) == ()
    assert check(demo_model(), make_spec("655")) == ()


@pytest.mark.parametrize("width", ["0", "-1", "1e9", "NaN", "Infinity", "-Infinity"])
def test_an_impossible_size_is_refused_before_anything_is_worked_out(width):
    (refusal,) = check(demo_model(), make_spec(width))
    assert isinstance(refusal, NotASize)


def test_a_board_that_is_long_but_too_narrow_is_refused_as_such():
    stock = {"MB22-WHITE": (StockSize(D(2420), D(200)), StockSize(D(400), D(1200)))}
    refusals = check(demo_model(), make_spec(), stock)
    assert [(type(one), one.facts["piece"]) for one in refusals] == [
        (StockTooNarrow, "JAMB_L"),
        (StockTooNarrow, "JAMB_R"),
        (StockTooNarrow, "HEAD"),
    ]
    assert (refusals[0].facts["need_mm"], refusals[0].facts["widest_mm"]) == (240, 200)


def with_part(code, **change):
    model = demo_model()
    parts = tuple(replace(part, **change) if part.code == code else part for part in model.parts)
    return replace(model, parts=parts)


@pytest.mark.parametrize(
    ("change", "refusal", "facts"),
    [
        (
            {"length": compile_formula("FH - 2090")},
            NegativeSize,
            {"part": "JAMB_L", "field": "length", "value": 0},
        ),
        ({"quantity": compile_formula("0.5")}, BadQuantity, {"part": "JAMB_L", "value": D("0.5")}),
        ({"quantity": compile_formula("-1")}, BadQuantity, {"part": "JAMB_L", "value": -1}),
        ({"quantity": compile_formula("1000000")}, BadQuantity, {"part": "JAMB_L", "value": 1000000}),
        (
            {"length": compile_formula("FH / (OW - 900)")},
            RuleFault,
            {"part": "JAMB_L", "values": "FH = 2090, OW = 900"},
        ),
    ],
)
def test_a_rule_that_fails_names_model_part_and_values(change, refusal, facts):
    (found, *_) = check(with_part("JAMB_L", **change), make_spec())
    assert isinstance(found, refusal)
    assert {key: found.facts[key] for key in facts} == facts
    assert found.facts["model"] == "M-SINGLE"


def test_a_route_that_does_not_exist_is_refused():
    model = replace(demo_model(), routes=())
    assert {type(one) for one in check(model, make_spec())} == {RuleUnknown}


def test_a_narrow_architrave_that_does_not_reach_the_wall_is_refused():
    model = demo_model()
    narrow = replace(model, parameters={**model.parameters, "aw": D(50)})
    # open face 50 − 12 − 10 = 28 is enough, back face 50 − 24 − 10 = 16 is not
    assert [(type(one), one.facts["value"]) for one in check(narrow, make_spec())] == [
        (ArchitraveTooNarrow, D(16))
    ]


def test_two_labelled_pieces_of_one_rule_get_a_code_each():
    made = explode(with_part("HEAD", quantity=compile_formula("2")), make_spec())
    codes = [piece.code for piece in made.pieces if piece.rule_code == "HEAD"]
    assert codes == ["HEAD_1", "HEAD_2"]
    assert {"HEAD_1", "HEAD_2"} <= set(made.packages[1].piece_codes)


def test_a_full_package_is_followed_by_another_and_pieces_know_theirs():
    model = demo_model()
    small = tuple(replace(rule, most_pieces=4) if rule.code == "TRIM" else rule for rule in model.packages)
    made = explode(replace(model, packages=small), make_spec())
    trim = [(p.index, p.name, len(p.piece_codes)) for p in made.packages if p.kind == "TRIM"]
    assert trim == [(1, "线包 1", 4), (2, "线包 2", 2)]
    assert {p.package_index for p in made.pieces if p.code in ("ARCH_BACK_R", "ARCH_BACK_H")} == {2}


def trims(**caps):
    model = demo_model()
    rules = tuple(replace(rule, **caps) if rule.code == "TRIM" else rule for rule in model.packages)
    made = explode(replace(model, packages=rules), make_spec())
    return [one for one in made.packages if one.kind == "TRIM"], {one.code: one for one in made.pieces}


def test_a_package_is_no_heavier_than_its_cap():
    boxes, pieces = trims(kg_m3=D(750))
    (whole,) = boxes
    weights = {
        code: pieces[code].length_mm * pieces[code].width_mm * pieces[code].thickness_mm * D("0.00000075")
        for code in whole.piece_codes
    }
    assert whole.kg == sum(weights.values()).quantize(D("0.001"))
    cap = sum(list(weights.values())[:2]) + D("0.1")
    boxes, _ = trims(kg_m3=D(750), most_kg=cap)
    assert all(one.kg <= cap for one in boxes)
    assert [code for one in boxes for code in one.piece_codes] == list(whole.piece_codes)
    assert len(boxes) > 1


def test_a_piece_too_heavy_for_any_package_goes_by_itself():
    boxes, _ = trims(kg_m3=D(750), most_kg=D("0.001"))
    assert {len(one.piece_codes) for one in boxes} == {1}


def test_a_piece_that_is_too_long_gets_a_package_of_its_own_after_the_others():
    (whole,), pieces = trims()
    longest = max(pieces[code].length_mm for code in whole.piece_codes)
    long = [code for code in whole.piece_codes if pieces[code].length_mm == longest]
    boxes, _ = trims(longest_mm=longest - 1)
    assert [one.piece_codes for one in boxes[-len(long) :]] == [(code,) for code in long]
    assert whole.kg is None
    assert len(boxes) == 1 + len(long)


def test_a_pair_hung_right_has_its_active_leaf_on_the_right_of_the_drawing():
    spec = make_spec("1200", mother_width_mm=D(800), handing=Handing.OUT_R)
    made, pieces = split(spec, "P-UNEQUAL")
    drawn = made.drawing.to_dict()
    assert [(leaf["w"], leaf["hinge"], leaf["active"]) for leaf in drawn["leaves"]] == [
        (326, "L", False),
        (800, "R", True),
    ]
    assert drawn["out"] is True
    assert (pieces["LEAF_1"].drawn_as, pieces["LEAF_2"].drawn_as) == ("LEAF_2", "LEAF_1")


def test_the_drawing_has_every_measure_that_its_macro_asks_for():
    made, _ = split(make_spec())
    measures = "ow oh wt gi gt tb co aw fw fh gs gtop gb gm leaves out lock_up backset light beam sill"
    assert set(made.drawing.to_dict()) == set(measures.split())


@pytest.mark.parametrize("model", demo_pack().documents, ids=lambda one: one.code)
def test_a_document_survives_json_with_sorted_keys(model):
    stored = json.loads(json.dumps(model.to_dict(), sort_keys=True))
    back = read_document(stored)
    assert back == model
    assert list(back.results) == list(model.results)
    assert back.sha256 == model.sha256


def test_a_changed_rule_changes_the_hash():
    assert with_part("HEAD", quantity=compile_formula("2")).sha256 != demo_model().sha256


def test_a_broken_stored_document_says_what_is_broken():
    stored = demo_model().to_dict() | {"kind": "TRAPDOOR"}
    stored["parts"][0]["length"] = "FH +"
    with pytest.raises(DocumentFaults) as refusal:
        read_document(stored)
    assert {fault.path for fault in refusal.value.faults} == {"kind", "parts[0].length"}


SINGLES = st.builds(
    make_spec,
    st.decimals(655, 1100, places=1).map(str),
    st.decimals(1800, 2500, places=1).map(str),
    st.decimals(80, 320, places=1).map(str),
    handing=st.sampled_from(Handing),
    colour=st.sampled_from(demo_model().colours),
)


@given(SINGLES)
def test_within_the_limits_every_door_splits_and_its_sizes_add_up(spec):
    made, pieces = split(spec)
    named = made.results
    assert named["LW"] + 2 * 3 + 2 * 22 + 2 * 10 == spec.width_mm
    assert named["LH"] + 3 + 10 + 22 + 10 == spec.height_mm
    assert pieces["HEAD"].length_mm == half_up(named["FW"] - 44, D("0.1"))
    assert all(p.length_mm is None or p.length_mm > 0 for p in made.pieces)
    assert all(p.cut_length_mm is None or p.cut_length_mm % D("0.5") == 0 for p in made.pieces)
    assert len({p.code for p in made.pieces}) == len(made.pieces)


@given(SINGLES)
def test_a_door_and_its_mirror_are_cut_alike(spec):
    mirrored = replace(spec, handing=spec.handing.mirrored)
    cuts = [
        [(p.code, p.cut_length_mm, p.cut_width_mm) for p in split(one)[0].pieces] for one in (spec, mirrored)
    ]
    assert cuts[0] == cuts[1]
