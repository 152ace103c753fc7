"""Edits by hand on the golden door of 900 × 2100 × 240; its pieces stand in the domain's table of profile P70/45."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from core.i18n import Named
from erp.catalogue.rules import by_hand as rules
from erp.catalogue.rules.by_hand import (
    Edit,
    EditKind,
    EditStale,
    MaterialUnfit,
    NewPiece,
    NothingEdited,
    PieceUnknown,
    PlaceMissing,
    QuantityImplausible,
    SizeImplausible,
    SizeNotThere,
    Wanted,
    by_hand,
    of_set,
)
from erp.catalogue.rules.document import Cut, Group
from erp.catalogue.rules.explode import explode
from erp.catalogue.rules.formula import compile_formula
from erp.catalogue.rules.line import StockTooShort
from erp.catalogue.rules.need import need_of_set
from erp.materials.rules import Grain, MaterialKind, StockSize
from tests.erp.catalogue.test_explode import with_part
from tests.factories.small import demo_model, make_spec

D = Decimal

MADE = explode(demo_model(), make_spec())
KINDS = {
    "MB22-WHITE": MaterialKind.SHEET,
    "MB18-WHITE": MaterialKind.SHEET,
    "ST12-WHITE": MaterialKind.BAR,
    "AR80-WHITE": MaterialKind.BAR,
    "HINGE-4": MaterialKind.HARDWARE,
}


def kept(value):
    """As the database gives it back."""
    return json.loads(json.dumps(value))


def edit(kind, code, values=None, *, at=0, key=1, made=MADE):
    base = kept(rules.base_of(made, kind, code))
    return Edit(key, at, kind, code, base, kept(values or {}), Named(code))


def change(code, *, made=MADE, at=0, key=1, **over):
    piece = rules.piece_of(made, code)
    now = {name: getattr(piece, name) for name in ("material_code", "length_mm", "width_mm", "thickness_mm")}
    values = rules.changed_values(piece, Wanted(**(now | over)), KINDS)
    return edit(EditKind.CHANGE, code, values, at=at, key=key, made=made)


def strip(**over):
    given = {
        "name": "加固条",
        "name_en": "stiffener",
        "group": Group.FRAME,
        "material_code": "ST12-WHITE",
        "length_mm": D("1000.4"),
        "width_mm": D(45),
        "thickness_mm": D(12),
        "count": 2,
        "cut": Cut.BAR,
        "grain": Grain.LENGTH,
        "is_tracked": True,
        "route": ("CUT", "QC"),
        "package": "FRAME",
    }
    return NewPiece(**(given | over))


def codes(made):
    return [one.code for one in made.pieces]


def test_without_edits_a_set_is_as_the_rules_make_it():
    assert by_hand(MADE, ()) == MADE


def test_a_size_is_changed_alone_and_the_piece_is_marked():
    made = by_hand(MADE, [change("HEAD", length_mm=D("840.4"), key=7)])
    head = rules.piece_of(made, "HEAD")
    # a sheet is sawn to 0.5 mm: 840.4 -> 840.5; the head has no allowance
    assert (head.length_mm, head.cut_length_mm, head.cut_width_mm) == (D("840.4"), D("840.5"), D(240))
    assert head.hand_edit_id == 7
    assert [one for one in made.pieces if one.code != "HEAD"] == [
        one for one in MADE.pieces if one.code != "HEAD"
    ]
    assert (made.requirements, made.packages, made.drawing) == (
        MADE.requirements,
        MADE.packages,
        MADE.drawing,
    )


def test_what_is_cut_keeps_the_exact_allowance_of_its_rule():
    # HEAD: FW - 2 tb = 880 - 44 = 836, cut 10.3 longer: 846.3 -> 846.5; by hand 840.4 + 10.3 = 850.7 -> 850.5
    made = explode(with_part("HEAD", cut_length=compile_formula("FW - 2 * tb + 10.3")), make_spec())
    assert rules.piece_of(made, "HEAD").cut_length_mm == D("846.5")
    after = by_hand(made, [change("HEAD", length_mm=D("840.4"), made=made)])
    assert rules.piece_of(after, "HEAD").cut_length_mm == D("850.5")


def test_a_bar_is_cut_to_whole_millimetres():
    made = by_hand(MADE, [change("ARCH_OPEN_H", length_mm=D("1020.5"))])
    assert rules.piece_of(made, "ARCH_OPEN_H").cut_length_mm == D(1021)


def test_another_material_is_what_the_set_needs():
    made = by_hand(MADE, [change("HEAD", material_code="MB18-WHITE", thickness_mm=D(18))])
    # 836 × 240 mm = 0.200640 m2 go from one board to the other
    before, after = need_of_set(MADE), need_of_set(made)
    assert after["MB18-WHITE"] == D("0.20064")
    assert before["MB22-WHITE"] - after["MB22-WHITE"] == D("0.20064")


def test_a_piece_is_left_out_with_all_that_is_built_into_it():
    made = by_hand(MADE, [edit(EditKind.LEAVE_OUT, "LEAF_1")])
    assert [code for code in codes(MADE) if code not in codes(made)] == [
        "LEAF_1",
        "FACE_1",
        "STILE_1",
        "RAIL_TOP_1",
        "RAIL_MID_1",
        "RAIL_BOTTOM_1",
        "LOCK_BLOCK_1",
        "INFILL_1",
    ]
    assert [one.kind for one in made.packages] == ["FRAME", "TRIM", "HARDWARE"]  # an empty package is none


def test_with_the_kit_goes_what_lies_in_it():
    made = by_hand(MADE, [edit(EditKind.LEAVE_OUT, "HW_KIT")])
    assert "HINGE-4" in need_of_set(MADE)
    assert "HINGE-4" not in need_of_set(made)


def test_the_twin_of_a_piece_left_out_is_nobodys_mirror():
    twin = next(one for one in MADE.pieces if one.is_mirror_of == "JAMB_L")
    made = by_hand(MADE, [edit(EditKind.LEAVE_OUT, "JAMB_L")])
    assert rules.piece_of(made, twin.code).is_mirror_of == ""


def test_a_piece_is_added_into_its_package():
    added = edit(EditKind.ADD, "HAND_1", rules.added_values(strip(), MADE, KINDS), key=3)
    made = by_hand(MADE, [added])
    piece = rules.piece_of(made, "HAND_1")
    assert (piece.cut_length_mm, piece.cut_width_mm, piece.count) == (D(1000), None, 2)  # a bar: whole mm
    assert (piece.route, piece.is_tracked, piece.hand_edit_id) == (("CUT", "QC"), True, 3)
    frame = next(one for one in made.packages if one.kind == "FRAME")
    assert frame.piece_codes[-1] == "HAND_1"


def test_a_quantity_is_changed_or_left_out():
    need = rules.need_of(MADE, "need:HINGES")
    four = edit(EditKind.QUANTITY, "need:HINGES", rules.quantity_values(need, D(4)))
    assert need_of_set(by_hand(MADE, [four]))["HINGE-4"] == 4
    none = edit(EditKind.QUANTITY, "need:HINGES", rules.quantity_values(need, D(0)))
    assert "HINGE-4" not in need_of_set(by_hand(MADE, [none]))


def test_requirements_of_one_rule_are_told_apart():
    pair = explode(demo_model("M-DOUBLE"), make_spec("1500"))
    assert {"need:HINGES", "need:HINGES_2"} <= set(rules.needs(pair))


@pytest.mark.parametrize(
    ("code", "over", "refusal"),
    [
        ("HEAD", {}, NothingEdited),
        ("HEAD", {"length_mm": D("6000.1")}, SizeImplausible),
        ("HEAD", {"thickness_mm": D(301)}, SizeImplausible),
        ("HEAD", {"length_mm": None}, SizeNotThere),
        ("HW_KIT", {"length_mm": D(100)}, SizeNotThere),
        ("HEAD", {"material_code": "OAK"}, MaterialUnfit),  # there is none
        ("HEAD", {"material_code": "ST12-WHITE"}, MaterialUnfit),  # a bar for what is cut from a sheet
        ("STOP_V", {"material_code": "MB18-WHITE"}, MaterialUnfit),
        ("NOSUCH", {}, PieceUnknown),
    ],
)
def test_a_change_that_cannot_be_is_refused(code, over, refusal):
    with pytest.raises(refusal):
        change(code, **over)


@pytest.mark.parametrize(
    ("over", "refusal"),
    [
        ({"length_mm": None}, SizeNotThere),
        ({"count": 0}, SizeNotThere),
        ({"count": 201}, SizeNotThere),
        ({"length_mm": D("0")}, SizeImplausible),
        ({"material_code": "MB22-WHITE"}, MaterialUnfit),
        ({"route": ()}, PlaceMissing),  # a label that no station would ever report
        ({"package": ""}, PlaceMissing),
        ({"package": "BOX"}, PlaceMissing),
        ({"joins": "LEAF_1"}, PlaceMissing),  # built in and packed beside
        ({"package": "", "joins": "LEAF_9"}, PlaceMissing),
    ],
)
def test_a_piece_that_cannot_be_added_is_refused(over, refusal):
    with pytest.raises(refusal):
        rules.added_values(strip(**over), MADE, KINDS)


def test_a_quantity_out_of_reason_is_refused():
    need = rules.need_of(MADE, "need:HINGES")
    for quantity in (D(-1), D(10000)):
        with pytest.raises(QuantityImplausible):
            rules.quantity_values(need, quantity)
    with pytest.raises(NothingEdited):
        rules.quantity_values(need, D(3))


def test_an_edit_is_stale_once_the_rules_make_something_else_and_is_never_applied():
    head, leaf = change("HEAD", length_mm=D(840)), edit(EditKind.LEAVE_OUT, "LEAF_1", key=2)
    wider = explode(demo_model(), make_spec("910"))  # the head grows with the opening, the jambs do not
    assert rules.is_stale(wider, head)
    assert not rules.is_stale(wider, change("JAMB_L", length_mm=D(2080)))
    assert [type(one) for one in rules.faults(wider, [head, leaf], {}, KINDS)] == [EditStale, EditStale]
    with pytest.raises(EditStale):
        by_hand(wider, [head])


def test_an_added_piece_is_stale_when_anything_of_the_set_is_another():
    added = edit(EditKind.ADD, "HAND_1", rules.added_values(strip(), MADE, KINDS))
    assert not rules.is_stale(explode(demo_model(), make_spec()), added)
    assert rules.is_stale(explode(demo_model(), make_spec("910")), added)


def test_an_edit_of_a_piece_that_is_gone_is_stale():
    gone = replace(MADE, pieces=tuple(one for one in MADE.pieces if one.code != "HEAD"))
    assert rules.is_stale(gone, change("HEAD", length_mm=D(840)))


def test_what_is_said_of_one_set_goes_before_what_is_said_of_all():
    every, second = change("HEAD", length_mm=D(840)), change("HEAD", length_mm=D(850), at=2, key=2)
    assert [of_set([second, every], position) for position in (1, 2, 3)] == [(every,), (second,), (every,)]
    assert of_set([second, every], rules.ALL_SETS) == (every,)


def test_a_fingerprint_says_what_is_changed_and_not_by_which_row():
    one, same = change("HEAD", length_mm=D(840)), change("HEAD", length_mm=D(840), key=9)
    other = change("HEAD", length_mm=D(841))
    assert rules.edits_sha256([one]) == rules.edits_sha256([same]) != rules.edits_sha256([other])


def test_a_piece_by_hand_must_fit_its_stock():
    stock = {"AR80-WHITE": (StockSize(D(2440)),)}
    assert rules.faults(MADE, [change("ARCH_OPEN_L", length_mm=D(2440))], stock, KINDS) == ()
    (wrong,) = rules.faults(MADE, [change("ARCH_OPEN_L", length_mm=D("2440.5"))], stock, KINDS)
    assert isinstance(wrong, StockTooShort)
    assert wrong.facts["need_mm"] == 2441


def test_a_material_that_was_given_up_since_stands_against_the_set():
    given_up = {code: kind for code, kind in KINDS.items() if code != "MB18-WHITE"}
    (wrong,) = rules.faults(MADE, [change("HEAD", material_code="MB18-WHITE")], {}, given_up)
    assert isinstance(wrong, MaterialUnfit)


def test_confirming_keeps_what_was_wanted_on_what_the_rules_make_now():
    wider = explode(demo_model(), make_spec("910"))
    old = change("HEAD", length_mm=D(840))
    assert rules.confirmed_values(wider, old, KINDS) == {"length_mm": "840"}
    added = edit(EditKind.ADD, "HAND_1", rules.added_values(strip(), MADE, KINDS))
    assert kept(rules.confirmed_values(wider, added, KINDS)) == added.values
    with pytest.raises(NothingEdited):  # 910 - 20 - 44 = 846: the rules make it as the hand wanted it
        rules.confirmed_values(wider, change("HEAD", length_mm=D(846)), KINDS)


def test_an_edit_is_told_in_few_words():
    head = change("HEAD", length_mm=D("840.5"))
    assert rules.outline(head.base) == "836 × 240 × 22 · MB22-WHITE"
    assert rules.outline({**head.base, **head.values}) == "840.5 × 240 × 22 · MB22-WHITE"
    need = edit(EditKind.QUANTITY, "need:HINGES", {"quantity": "4"})
    assert rules.outline(need.base) == "3 · HINGE-4"
