from dataclasses import replace
from decimal import Decimal

import pytest

from core.i18n import Named
from mes.packing.rules import (
    Box,
    Item,
    PackageState,
    Piece,
    WeighedBy,
    judge_add,
    judge_open,
    judge_remove,
    judge_reopen,
    judge_seal,
    weight_of,
)
from mes.scanning.rules import Block
from mes.splitting.rules import PieceState

LEFT, RIGHT, HEAD = Named("左立板", "Left jamb"), Named("右立板", "Right jamb"), Named("横板", "Head")


def item(piece_id, rule_code, name, mirror=None, *, is_packed=False):
    return Item(
        piece_id, rule_code, mirror, name, Decimal("2090.0"), Decimal("240.0"), 1, is_packed, set_id=3
    )


FRAME = Box(
    package_id=1,
    code="K000042A",
    kind="FRAME",
    name=Named("套包", "Frame"),
    position=2,
    total_count=4,
    state=PackageState.OPEN,
    order_id=7,
    order_number="SO2611-0042",
    is_order_open=True,
    set_id=3,
    set_number="SO2611-0042-3-1",
    room="主卧",
    items=(item(11, "JAMB_L", LEFT, "JAMB_R"), item(13, "HEAD", HEAD, is_packed=True)),
)
OTHER = replace(FRAME, package_id=2, position=3, items=())
JAMB = Piece(
    11, "JAMB_L", "JAMB_R", LEFT, 3, "SO2611-0042-3-1", "SO2611-0042", "主卧", PieceState.MADE, box=FRAME
)
TWIN = replace(JAMB, piece_id=12, rule_code="JAMB_R", mirror_code="JAMB_L", name=RIGHT, box=OTHER)
STRANGER = replace(
    JAMB,
    set_id=4,
    set_number="SO2611-0047-1-1",
    order_number="SO2611-0047",
    room="次卧",
    box=replace(OTHER, set_id=4),
)

SHARED = replace(FRAME, set_id=None, set_number="", room="主卧、次卧")


def block(refusal):
    return None if refusal is None else refusal.block


@pytest.mark.parametrize(
    ("box", "piece", "wanted"),
    [
        (FRAME, JAMB, None),
        (replace(FRAME, is_order_open=False), JAMB, Block.E24),
        (replace(FRAME, state=PackageState.PLANNED), JAMB, Block.E24),
        (replace(FRAME, state=PackageState.SEALED), JAMB, Block.E24),
        (replace(FRAME, state=PackageState.SHIPPED), JAMB, Block.E24),
        (FRAME, replace(TWIN, is_packed=True), Block.E06),
        (FRAME, replace(JAMB, is_packed=True), Block.E28),
        (FRAME, STRANGER, Block.E03),
        (FRAME, replace(STRANGER, order_number="SO2611-0042"), Block.E03),  # other set of the same order
        (FRAME, TWIN, Block.E05),
        (FRAME, replace(TWIN, mirror_code=None), Block.E05),  # the twin is named from one side only
        (FRAME, replace(JAMB, piece_id=14, rule_code="LEAF_1", mirror_code=None, box=OTHER), Block.E02),
        (FRAME, replace(JAMB, rule_code="LEAF_1", mirror_code=None, box=None), Block.E02),
        (FRAME, replace(JAMB, state=PieceState.VOID), Block.E07),
        (FRAME, replace(JAMB, state=PieceState.REMAKE), Block.E07),
        (FRAME, replace(JAMB, state=PieceState.CUT, next_operation=Named("包覆", "Wrapping")), Block.E23),
        (FRAME, replace(JAMB, state=PieceState.PLANNED), Block.E23),
    ],
)
def test_a_piece_is_refused_for_its_own_reason(box, piece, wanted):
    assert block(judge_add(box, piece)) is wanted


@pytest.mark.parametrize(
    ("piece", "wanted"),
    [
        (replace(STRANGER, is_packed=True, state=PieceState.VOID), Block.E06),
        (replace(STRANGER, state=PieceState.VOID), Block.E03),
        (replace(TWIN, state=PieceState.VOID), Block.E05),
        (replace(TWIN, rule_code="LEAF_1", mirror_code=None, state=PieceState.VOID), Block.E02),
        (replace(JAMB, state=PieceState.VOID, next_operation=HEAD), Block.E07),
    ],
)
def test_of_two_reasons_the_earlier_one_is_given(piece, wanted):
    assert block(judge_add(FRAME, piece)) is wanted


def test_a_closed_package_comes_before_everything():
    assert (
        block(judge_add(replace(FRAME, state=PackageState.SEALED), replace(STRANGER, is_packed=True)))
        is Block.E24
    )


def test_the_mirror_of_a_piece_that_is_in_already_is_only_a_piece_too_many():
    full = replace(FRAME, items=(item(11, "JAMB_L", LEFT, "JAMB_R", is_packed=True),))
    assert block(judge_add(full, TWIN)) is Block.E02


def test_a_refusal_names_what_was_expected_and_what_came():
    refusal = judge_add(FRAME, STRANGER)
    assert refusal.expected.facts == {"order": "SO2611-0042", "room": "主卧"}
    assert refusal.got.facts == {"order": "SO2611-0047", "room": "次卧", "piece": LEFT}
    assert judge_add(FRAME, TWIN).todo.facts["twin"] == LEFT
    assert judge_add(FRAME, replace(TWIN, is_packed=True)).got.facts["package"] == Named(
        "套包 3/4", "Frame 3/4"
    )


def test_two_sets_of_one_order_are_told_apart_by_their_numbers():
    refusal = judge_add(FRAME, replace(JAMB, set_id=4, set_number="SO2611-0042-3-2"))
    assert refusal.expected.facts == {"order": "SO2611-0042-3-1", "room": "主卧"}
    assert refusal.got.facts["order"] == "SO2611-0042-3-2"


def test_a_piece_not_finished_is_sent_to_its_next_operation():
    refusal = judge_add(FRAME, replace(JAMB, state=PieceState.CUT, next_operation=Named("包覆", "Wrapping")))
    assert refusal.todo.facts["operation"] == Named("包覆", "Wrapping")


def test_a_package_is_sealed_only_when_everything_is_in():
    assert block(judge_seal(FRAME)) is Block.E01
    assert judge_seal(FRAME).progress.missing == (LEFT,)
    full = replace(FRAME, items=tuple(replace(i, is_packed=True) for i in FRAME.items))
    assert judge_seal(full) is None
    assert block(judge_seal(replace(full, state=PackageState.SEALED))) is Block.E24


@pytest.mark.parametrize(
    ("state", "may_open", "may_reopen"),
    [
        (PackageState.PLANNED, True, False),
        (PackageState.OPEN, True, False),
        (PackageState.SEALED, False, True),
        (PackageState.IN_STORE, False, True),
        (PackageState.STAGED, False, True),
        (PackageState.LOADED, False, False),
        (PackageState.SHIPPED, False, False),
        (PackageState.RECEIVED, False, False),
        (PackageState.VOID, False, False),
        (PackageState.DAMAGED, False, True),
    ],
)
def test_which_package_may_be_opened_and_opened_again(state, may_open, may_reopen):
    box = replace(FRAME, state=state)
    assert (judge_open(box) is None, judge_reopen(box) is None) == (may_open, may_reopen)
    assert {block(judge_open(box)), block(judge_reopen(box))} <= {None, Block.E24}


def test_a_closed_order_is_neither_packed_nor_unpacked():
    closed = replace(FRAME, is_order_open=False)
    packed = replace(JAMB, is_packed=True)
    assert {block(j) for j in (judge_open(closed), judge_remove(closed, packed), judge_seal(closed))} == {
        Block.E24
    }


def test_only_what_is_in_this_package_is_taken_out_of_it():
    assert judge_remove(FRAME, replace(JAMB, is_packed=True)) is None
    assert block(judge_remove(FRAME, JAMB)) is Block.E02
    assert block(judge_remove(FRAME, replace(TWIN, is_packed=True))) is Block.E06


def test_a_size_is_shown_without_needless_zeros():
    assert FRAME.items[0].size == "2090 × 240"
    assert replace(FRAME.items[0], width_mm=None, length_mm=Decimal("12.5")).size == "12.5"
    assert replace(FRAME.items[0], width_mm=None, length_mm=None).size == ""


@pytest.mark.parametrize(
    ("piece", "wanted"),
    [
        (JAMB, None),
        (STRANGER, Block.E03),
        (replace(STRANGER, order_number="SO2611-0042"), Block.E02),  # of the order, but of another package
        (TWIN, Block.E05),
        (replace(TWIN, set_id=4), Block.E02),  # the mirror of another set's jamb
    ],
)
def test_a_package_that_sets_share_takes_pieces_of_its_order(piece, wanted):
    assert block(judge_add(SHARED, piece)) is wanted


KG = Decimal("12.500")
KIT = ((Decimal(2), Decimal("0.3")), (Decimal(1), Decimal("1.2")))


@pytest.mark.parametrize(
    ("weighed", "planned", "kit", "wanted"),
    [
        (KG, Decimal(9), KIT, (KG, WeighedBy.SCALES)),
        (None, KG, KIT, (KG, WeighedBy.RULE)),
        (None, None, KIT, (Decimal("1.8"), WeighedBy.KIT)),  # 2 × 0.3 + 1.2
        (None, None, (*KIT, (Decimal(1), None)), (None, None)),
        (None, None, (), (None, None)),
    ],
)
def test_a_package_says_how_its_weight_is_known(weighed, planned, kit, wanted):
    assert weight_of(weighed, planned, kit) == wanted
