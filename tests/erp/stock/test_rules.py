from decimal import Decimal

import pytest

from core.i18n import Named
from erp.materials.rules import MaterialKind, Unit
from erp.stock.rules import (
    Need,
    NotWhole,
    OverIssue,
    PlaceClosed,
    PlaceKind,
    PlaceUnfit,
    Size,
    check_issue,
    check_place,
    check_whole,
    counted_in,
    in_unit,
    issuable,
)

D = Decimal
SHEET = Size(D("2440"), D("1220"), D("10"))
BOARD = Named("密度板", "MDF")


def test_sheets_and_bars_are_counted_by_the_piece_and_bands_by_the_metre():
    assert counted_in(MaterialKind.SHEET, Unit.SQUARE_METRE) is Unit.PIECE
    assert counted_in(MaterialKind.BAR, Unit.METRE) is Unit.PIECE
    assert counted_in(MaterialKind.BAND, Unit.METRE) is Unit.METRE
    assert counted_in(MaterialKind.HARDWARE, Unit.SET) is Unit.SET


def test_three_sheets_are_the_square_metres_inside_their_trims():
    # (2440 - 20) × (1220 - 20) = 2420 × 1200 mm = 2.904 m2; three of them 8.712
    assert in_unit(D(3), MaterialKind.SHEET, SHEET) == D("8.712")


def test_a_bar_is_its_length_less_both_trims():
    # 2440 - 2 × 20 = 2400 mm; five bars 12 m
    assert in_unit(D(5), MaterialKind.BAR, Size(D("2440"), None, D("20"))) == D("12.000")


def test_hardware_and_bands_count_what_they_count():
    assert in_unit(D("34.56"), MaterialKind.BAND, Size(None, None, None)) == D("34.56")


def test_half_a_sheet_is_no_quantity_and_half_a_metre_is():
    with pytest.raises(NotWhole):
        check_whole("MB22", Unit.PIECE, D("2.5"))
    check_whole("EB22", Unit.METRE, D("2.5"))


def test_a_fraction_that_is_needed_is_handed_out_as_a_whole():
    assert issuable(D("34.56"), D(30)) == 5
    assert issuable(D(6), D(8)) == 0


def test_more_than_is_still_needed_is_not_issued():
    check_issue(BOARD, D(6), D(2), D(4))
    with pytest.raises(OverIssue) as refusal:
        check_issue(BOARD, D(6), D(2), D(5))
    assert refusal.value.facts == {"material": BOARD, "need": "5", "left": "4"}


def test_material_goes_neither_among_finished_packages_nor_to_a_closed_place():
    check_place("A-01", PlaceKind.STORE, is_active=True)
    with pytest.raises(PlaceUnfit):
        check_place("F-01", PlaceKind.FINISHED, is_active=True)
    with pytest.raises(PlaceClosed):
        check_place("A-01", PlaceKind.STORE, is_active=False)


def test_what_is_lacking_is_what_is_open_less_what_is_free():
    need = Need(1, BOARD, "MB22", Unit.PIECE, D(10), D(2), on_hand_qty=D(9), free_qty=D(5))
    assert (need.open_qty, need.lacking_qty) == (8, 3)
    assert Need(1, BOARD, "MB22", Unit.PIECE, D(2), D(5), on_hand_qty=D(0), free_qty=D(0)).lacking_qty == 0
