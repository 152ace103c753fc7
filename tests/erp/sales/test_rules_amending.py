"""What was typed over a released line, kept and set upon what is in force now."""

import json
from dataclasses import replace
from decimal import Decimal

from erp.catalogue.rules.document import Handing
from erp.sales.rules.amending import (
    Asked,
    Difference,
    DraftLine,
    Edit,
    differences,
    edits_data,
    is_idle,
    next_key,
    read_edits,
    rebased,
)
from erp.sales.rules.orders import LineEntry

DOOR = LineEntry(
    door_code="M",
    width_mm=Decimal("900.0"),
    height_mm=Decimal("2050.0"),
    wall_mm=Decimal("240.0"),
    set_count=2,
    room="主卧",
    colour_code="WHITE",
    handing=Handing.IN_L,
    options={"lock": "A", "glass": "NONE"},
    measures={"TH": Decimal("300.0")},
)


def test_what_was_typed_comes_back_as_it_was_kept():
    edits = {
        "7": Edit(replace(DOOR, mother_width_mm=Decimal("600.5")), Decimal("1280.00"), "老客户", DOOR),
        "8": Edit(None),
        "n1": Edit(replace(DOOR, handing=None, colour_code=None)),
    }
    assert read_edits(json.loads(json.dumps(edits_data(edits)))) == edits


def test_differences_are_told_field_by_field():
    after = replace(DOOR, height_mm=Decimal("2080.0"), options={"lock": "B", "glass": "NONE"}, set_count=3)
    assert differences(DOOR, after) == (
        Difference("height_mm", "2050", "2080"),
        Difference("set_count", "2", "3"),
        Difference("lock", "A", "B"),
    )
    assert differences(DOOR, replace(DOOR, height_mm=Decimal("2050"))) == ()


def test_what_was_left_alone_follows_the_line_and_what_was_typed_stays():
    # one clerk made it higher and took another lock, the other one typed a width over the old line
    now = replace(DOOR, height_mm=Decimal("2080.0"), options={"lock": "B", "glass": "NONE"}, set_count=1)
    typed = replace(DOOR, width_mm=Decimal("920.0"), options={"lock": "A", "glass": "CLEAR"})
    assert rebased(typed, DOOR, now) == replace(
        now, width_mm=Decimal("920.0"), options={"lock": "B", "glass": "CLEAR"}
    )


def test_where_both_typed_the_same_field_the_later_one_wins_and_is_shown():
    now, typed = replace(DOOR, height_mm=Decimal("2080.0")), replace(DOOR, height_mm=Decimal("2100.0"))
    found = rebased(typed, DOOR, now)
    assert differences(now, found) == (Difference("height_mm", "2080", "2100"),)


def test_a_choice_and_a_size_that_were_taken_out_stay_out():
    typed = replace(DOOR, options={"lock": "A"}, measures={})
    found = rebased(typed, DOOR, DOOR)
    assert (found.options, found.measures) == ({"lock": "A"}, {})


def test_an_edit_is_idle_only_when_nothing_differs_not_even_the_price():
    assert is_idle(Edit(DOOR), DOOR)
    assert not is_idle(Edit(DOOR, Decimal("1.00"), "x"), DOOR)
    assert not is_idle(Edit(None), DOOR)


def test_added_lines_are_numbered_on():
    assert next_key({}) == "n1"
    assert next_key({"12": Edit(None), "n9": Edit(DOOR), "n2": Edit(DOOR)}) == "n10"


def test_a_line_says_how_many_sets_more_it_shall_have_and_whether_it_is_another_door():
    more = DraftLine(
        "7", 7, 1, Asked(DOOR), Asked(replace(DOOR, set_count=5, room="次卧", note="x")), Edit(DOOR)
    )
    assert (more.more, more.is_new_door) == (3, False)
    turned = DraftLine("7", 7, 1, Asked(DOOR), Asked(replace(DOOR, handing=Handing.IN_R)), Edit(DOOR))
    assert (turned.more, turned.is_new_door) == (0, True)
    assert DraftLine("7", 7, 1, Asked(DOOR), None, Edit(None)).more == -2
    assert DraftLine("n1", None, 2, None, Asked(DOOR), Edit(DOOR)).is_new_door
