"""Colour lots and the batches that are proposed of them, by hand-worked cases."""

from datetime import date
from decimal import Decimal

import pytest

from core.i18n import Named
from erp.catalogue.rules.document import Finish
from mes.planning.rules.batching import (
    BatchKey,
    ColourLot,
    ColourSplit,
    Lane,
    check_whole,
    main_material,
    propose,
    urgent_share,
)

TODAY = date(2026, 11, 25)


def key(colour="WHITE", material="MDF18", finish=Finish.MELAMINE):
    return BatchKey(material, Named(material), finish, colour, Named(colour))


def lot(order_id, due_on=date(2026, 12, 20), sets=5, rush=None, **of_key):
    return ColourLot(
        order_id, f"SO{order_id}", Named("D"), "", key(**of_key), due_on, sets, sets * 10, rush=rush
    )


def shown(proposals):
    return [(one.lane.value, one.key.colour, [row.order_id for row in one.lots]) for one in proposals]


def test_lots_of_one_key_go_together_and_others_apart():
    lots = [lot(1), lot(2, colour="OAK"), lot(3), lot(4, finish=Finish.PAINTED), lot(5, material="MDF25")]
    # by material, finish, colour
    assert [one[2] for one in shown(propose(lots, TODAY))] == [[2], [1, 3], [4], [5]]


def test_an_order_with_two_colours_is_in_two_proposals_each_colour_whole():
    lots = [lot(1, sets=3), lot(1, sets=2, colour="OAK"), lot(2, colour="OAK")]
    assert shown(propose(lots, TODAY)) == [("NORMAL", "OAK", [1, 2]), ("NORMAL", "WHITE", [1])]


def test_sixty_sets_are_the_most_and_a_lot_is_never_divided():
    # 40 + 20 = 60 go together; 1 more does not; 70 alone stay whole
    lots = [lot(1, sets=40), lot(2, sets=20), lot(3, sets=1), lot(4, sets=70)]
    found = propose(lots, TODAY)
    assert [one.set_count for one in found] == [60, 1, 70]
    assert [row.order_id for row in found[0].lots] == [1, 2]


def test_a_week_is_the_most_between_the_first_and_the_last_and_no_day_comes_last():
    days = (date(2026, 12, 10), date(2026, 12, 17), date(2026, 12, 18), None)
    lots = [lot(number, due_on=day) for number, day in enumerate(days, start=1)]
    assert shown(propose(lots, TODAY)) == [
        ("NORMAL", "WHITE", [1, 2]),  # seven days apart
        ("NORMAL", "WHITE", [3]),
        ("NORMAL", "WHITE", [4]),
    ]


@pytest.mark.parametrize(
    ("due_on", "rush", "lane"),
    [
        (date(2026, 12, 2), None, Lane.URGENT),  # seven days from today
        (date(2026, 12, 3), None, Lane.NORMAL),
        (date(2026, 11, 20), None, Lane.URGENT),  # late
        (None, None, Lane.NORMAL),
        (None, "样板间", Lane.URGENT),
        (date(2027, 2, 1), "样板间", Lane.URGENT),
    ],
)
def test_a_lot_is_urgent_when_it_is_due_within_a_week_or_somebody_said_so(due_on, rush, lane):
    assert lot(1, due_on=due_on, rush=rush).lane(TODAY) is lane


def test_urgent_lots_come_first_in_a_proposal_of_their_own():
    lots = [lot(1, due_on=date(2026, 12, 4)), lot(2, rush="样板间"), lot(3)]
    assert shown(propose(lots, TODAY))[0] == ("URGENT", "WHITE", [2])


def test_the_urgent_share_counts_sets():
    # 3 of 3 + 22 = 12 %
    assert urgent_share(propose([lot(1, sets=3, rush="x"), lot(2, sets=22)], TODAY)) == Decimal("0.12")
    assert urgent_share([]) == 0


def test_the_main_material_is_that_of_the_largest_area_and_of_equals_the_first():
    assert main_material([("B", Decimal(5)), ("A", Decimal(5)), ("C", Decimal(4))]) == "A"
    assert main_material([]) == ""


def test_a_colour_that_is_not_taken_as_a_whole_is_refused():
    check_whole("SO1", Named("白"), 3, 3)
    with pytest.raises(ColourSplit) as refusal:
        check_whole("SO1", Named("白"), 3, 2)
    assert (refusal.value.facts["there"], refusal.value.facts["chosen"]) == (3, 2)
