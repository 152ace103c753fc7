"""What becomes of pieces and packages, worked out by hand."""

from dataclasses import replace
from decimal import Decimal

import pytest

from mes.changes.rules.comparing import (
    BoxFate,
    Candidate,
    Fate,
    Make,
    Old,
    OldBox,
    box_fates,
    decide,
    differing,
    to_drop,
)
from mes.packing.rules import PackageState

JAMB = Make(
    material_id=1,
    thickness_mm=Decimal("40.0"),
    length_mm=Decimal("2080.0"),
    width_mm=Decimal("240.0"),
    cut_length_mm=Decimal("2090.0"),
    cut_width_mm=Decimal("240.0"),
    cut_method="sheet",
    grain="length",
    part_count=1,
    is_tracked=True,
    edges="L1--",
    mitre="",
    machining="HINGES_L",
    joins="",
    route=("CUT", "EDGE"),
    box=("FRAME", 1),
)
LEAF = replace(
    JAMB, length_mm=Decimal("2050.0"), width_mm=Decimal("820.0"), box=("LEAF", 1), material_id=None
)
STILE = replace(
    JAMB, length_mm=Decimal("2050.0"), width_mm=Decimal("60.0"), joins="LEAF", is_tracked=False, box=None
)
RAIL = replace(STILE, length_mm=Decimal("700.0"))
KIT = replace(
    JAMB,
    material_id=None,
    length_mm=None,
    width_mm=None,
    box=("HARDWARE", 1),
    inside=frozenset({(7, Decimal(3))}),
)
BUNDLE = replace(KIT, inside=frozenset(), box=("FRAME", 1))


def old(code, make, piece_id=1, *, begun=True):
    return Old(piece_id, code, make, begun)


def fates(olds, new):
    return {one.code: (one.fate, one.because) for one in decide(olds, new)}


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("material_id", 2),
        ("thickness_mm", Decimal("38.0")),
        ("length_mm", Decimal("2110.0")),
        ("width_mm", Decimal("250.0")),
        ("cut_length_mm", Decimal("2120.0")),
        ("cut_width_mm", Decimal("250.0")),
        ("cut_method", "bar"),
        ("grain", "none"),
        ("part_count", 2),
        ("is_tracked", False),
        ("edges", "LL--"),
        ("mitre", "45"),
        ("machining", "HINGES_R"),
        ("joins", "LEAF"),
        ("route", ("CUT", "EDGE", "PAINT")),
        ("inside", frozenset({(7, Decimal(4))})),
    ],
)
def test_a_piece_of_which_anything_differs_is_made_anew(what, value):
    new = replace(JAMB, **{what: value})
    assert fates([old("JAMB_L", JAMB)], {"JAMB_L": new}) == {"JAMB_L": (Fate.RECUT, "")}
    assert differing(JAMB, new) == (what,)


def test_a_piece_of_which_nothing_differs_stays_whatever_the_places_of_its_numbers():
    same = replace(JAMB, length_mm=Decimal("2080"), cut_width_mm=Decimal("240.00"))
    assert fates([old("JAMB_L", JAMB)], {"JAMB_L": same}) == {"JAMB_L": (Fate.KEPT, "")}


def test_a_piece_that_is_only_packed_elsewhere_is_not_made_anew():
    assert fates([old("JAMB_L", JAMB)], {"JAMB_L": replace(JAMB, box=("FRAME", 2))}) == {
        "JAMB_L": (Fate.MOVED, "")
    }


def test_what_is_not_wanted_any_more_is_cancelled_and_what_comes_is_new():
    assert fates([old("GLASS", JAMB)], {"PANEL": JAMB}) == {
        "GLASS": (Fate.CANCELLED, ""),
        "PANEL": (Fate.NEW, ""),
    }


def test_a_kit_with_other_contents_is_picked_anew():
    # three hinges become four: 7 is the hinge
    four = replace(KIT, inside=frozenset({(7, Decimal(4))}))
    assert fates([old("HW_KIT", KIT)], {"HW_KIT": four})["HW_KIT"] == (Fate.RECUT, "")
    three = replace(KIT, inside=frozenset({(7, Decimal("3.000"))}))
    assert fates([old("HW_KIT", KIT)], {"HW_KIT": three})["HW_KIT"] == (Fate.KEPT, "")


def test_parts_that_are_pressed_into_a_leaf_are_lost_with_it():
    olds = [old("LEAF", LEAF), old("STILE", STILE), old("RAIL", RAIL)]
    turned = replace(LEAF, machining="HINGES_R")
    assert fates(olds, {"LEAF": turned, "STILE": STILE, "RAIL": RAIL}) == {
        "LEAF": (Fate.RECUT, ""),
        "STILE": (Fate.RECUT, "LEAF"),
        "RAIL": (Fate.RECUT, "LEAF"),
    }


def test_parts_of_a_leaf_that_is_not_begun_are_used_for_the_new_one():
    olds = [old("LEAF", LEAF, begun=False), old("STILE", STILE), old("RAIL", RAIL)]
    turned = replace(LEAF, machining="HINGES_R")
    found = fates(olds, {"LEAF": turned, "STILE": STILE, "RAIL": RAIL})
    assert found["STILE"] == found["RAIL"] == (Fate.KEPT, "")


def test_a_part_that_is_not_cut_yet_is_not_lost_with_its_leaf():
    olds = [old("LEAF", LEAF), old("STILE", STILE, begun=False)]
    assert fates(olds, {"LEAF": replace(LEAF, machining="X"), "STILE": STILE})["STILE"] == (Fate.KEPT, "")


def test_a_leaf_that_is_begun_goes_with_a_part_that_changes_and_takes_the_others_along():
    olds = [old("LEAF", LEAF), old("STILE", STILE), old("RAIL", RAIL)]
    wider = replace(RAIL, width_mm=Decimal("90.0"))
    assert fates(olds, {"LEAF": LEAF, "STILE": STILE, "RAIL": wider}) == {
        "LEAF": (Fate.RECUT, "RAIL"),
        "STILE": (Fate.RECUT, "LEAF"),
        "RAIL": (Fate.RECUT, ""),
    }


@pytest.mark.parametrize("begun", [True, False])
def test_a_part_that_comes_or_goes_spoils_a_leaf_only_when_it_is_begun(begun):
    olds = [old("LEAF", LEAF, begun=begun), old("RAIL", RAIL, begun=False)]
    after = Fate.RECUT if begun else Fate.KEPT
    assert fates(olds, {"LEAF": LEAF})["LEAF"][0] is after
    assert fates([olds[0]], {"LEAF": LEAF, "BLOCK": RAIL})["LEAF"][0] is after


def test_a_bundle_is_bundled_anew_but_its_loose_strips_stay():
    strip = replace(STILE, joins="STOPS")
    olds = [old("STOPS", BUNDLE), old("STOP_V", strip), old("STOP_H", strip)]
    longer = replace(strip, length_mm=Decimal("2080.0"))
    assert fates(olds, {"STOPS": BUNDLE, "STOP_V": longer, "STOP_H": strip}) == {
        "STOPS": (Fate.RECUT, "STOP_V"),
        "STOP_V": (Fate.RECUT, ""),
        "STOP_H": (Fate.KEPT, ""),
    }


# --- packages


FRAME, LEAFS, MORE = ("FRAME", 1), ("LEAF", 1), ("FRAME", 2)


def boxes(*states):
    return [OldBox(n, place, state) for n, (place, state) in enumerate(states)]


@pytest.mark.parametrize(
    ("state", "fate"),
    [
        (PackageState.PLANNED, BoxFate.WAITS),
        (PackageState.OPEN, BoxFate.WAITS),
        (PackageState.SEALED, BoxFate.OPENED),
        (PackageState.IN_STORE, BoxFate.OPENED),
        (PackageState.STAGED, BoxFate.OPENED),
    ],
)
def test_a_sealed_package_is_opened_when_a_piece_of_it_is_made_anew(state, fate):
    pieces = decide([old("JAMB_L", JAMB)], {"JAMB_L": replace(JAMB, length_mm=Decimal(2110))})
    had = boxes((FRAME, state), (LEAFS, PackageState.SEALED))
    assert box_fates(had, [FRAME, LEAFS], pieces) == {FRAME: fate, LEAFS: BoxFate.KEPT}


def test_a_package_that_is_not_wanted_is_void_and_one_that_is_missing_comes():
    pieces = decide([old("JAMB_L", JAMB)], {"JAMB_L": replace(JAMB, box=MORE)})
    had = boxes((FRAME, PackageState.OPEN), (LEAFS, PackageState.OPEN))
    assert box_fates(had, [FRAME, MORE], pieces) == {
        FRAME: BoxFate.WAITS,
        LEAFS: BoxFate.VOID,
        MORE: BoxFate.NEW,
    }


# --- fewer sets


def test_of_equal_sets_the_last_ones_go():
    sets = [Candidate(n, n, 0, False) for n in (1, 2, 3)]
    assert to_drop(sets, 2) == [3, 2]
    assert to_drop(sets, 0) == []


def test_the_least_begun_set_goes_first():
    sets = [Candidate(1, 1, 5, False), Candidate(2, 2, 0, False), Candidate(3, 3, 9, False)]
    assert to_drop(sets, 1) == [2]
    assert to_drop(sets, 2) == [2, 1]


def test_a_set_that_has_left_never_goes():
    sets = [Candidate(1, 1, 9, False), Candidate(2, 2, 9, True)]
    assert to_drop(sets, 2) == [1]
