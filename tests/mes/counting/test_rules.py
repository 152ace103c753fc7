from decimal import Decimal

import pytest

from erp.materials.rules import Unit
from mes.counting.rules import (
    Accuracy,
    CountState,
    Held,
    ReasonMissing,
    SamePerson,
    Thing,
    check_reason,
    check_second,
    compare,
    is_right,
    next_state,
    tolerance,
)
from mes.counting.rules.table import (
    TableEmpty,
    TableTooLong,
    as_text,
    quantity,
    read_table,
)

D = Decimal
A, B, C = Thing("lot", 1), Thing("lot", 2), Thing("package", 3)


@pytest.mark.parametrize(
    ("unit", "book", "allowed"),
    [
        (Unit.PIECE, "500", "0"),
        (Unit.SET, "500", "0"),
        (None, "1", "0"),  # a package
        (Unit.METRE, "34.56", "1"),  # 2 % are 0.69: at least one metre
        (Unit.METRE, "200", "4"),
        (Unit.KILOGRAM, "0", "1"),
    ],
)
def test_pieces_must_agree_and_what_is_measured_nearly(unit, book, allowed):
    assert tolerance(unit, D(book)) == D(allowed)


def test_a_band_of_35_m_counted_is_the_34_56_m_of_the_book_and_37_m_are_not():
    assert is_right(Held(D(35), D("34.56")), Unit.METRE)
    assert not is_right(Held(D(37), D("34.56")), Unit.METRE)
    assert not is_right(Held(D(9), D(10)), Unit.PIECE)


def test_what_is_booked_and_was_not_scanned_is_not_there():
    entered = {A: Held(D(4), D(4))}
    assert compare(entered, {A: D(4), B: D(2)}, None) == {A: Held(D(4), D(4)), B: Held(D(0), D(2))}


def test_a_second_round_asks_only_for_what_differed_and_takes_what_turned_up():
    entered = {C: Held(D(1), D(0))}
    assert compare(entered, {A: D(4), B: D(2)}, [B]) == {C: Held(D(1), D(0)), B: Held(D(0), D(2))}


def test_a_difference_waits_for_approval_only_when_two_counts_agree():
    assert next_state(is_all_right=True, is_confirmed=False) is CountState.DONE
    assert next_state(is_all_right=False, is_confirmed=False) is CountState.RECOUNT
    assert next_state(is_all_right=False, is_confirmed=True) is CountState.APPROVAL


def test_who_counted_does_not_approve_and_nobody_does_without_a_reason():
    with pytest.raises(SamePerson) as refused:
        check_second("CT2611-0001", {3, 4}, 4)
    assert refused.value.facts == {"number": "CT2611-0001"}
    check_second("CT2611-0001", {3, 4}, 5)
    with pytest.raises(ReasonMissing):
        check_reason("  a ")
    assert check_reason(" found behind ") == "found behind"


def test_record_accuracy_is_places_as_booked_by_places_counted():
    assert Accuracy(30, 29).rate == D("0.9667")
    assert not Accuracy(30, 29).is_reached
    assert Accuracy(50, 49).is_reached  # 98 %
    assert Accuracy(0, 0).rate is None
    assert not Accuracy(0, 0).is_reached


@pytest.mark.parametrize(("text", "qty"), [("12", "12"), ("1,200", "1200"), ("34.56", "34.56"), ("0", "0")])
def test_a_written_quantity_is_read(text, qty):
    assert quantity(text) == D(qty)


@pytest.mark.parametrize("text", ["", "-3", "12 张", "1.2345", "NaN", "Infinity", "99999999"])
def test_what_is_no_quantity_is_none(text):
    assert quantity(text) is None


def test_columns_are_told_by_their_headings_in_any_order_and_either_language():
    chinese = "序号,库位,数量,料号\n1,A-01-1,12,MB18\n2,A-01-2,0,MB25\n".encode("gb18030")
    english = b"Place\tQuantity\tArticle code\nA-01-1\t12\tMB18\nA-01-2\t0\tMB25\n"
    for content in (chinese, english):
        rows = read_table(content, "stock.csv")
        assert [(row.line, row.article, row.qty, row.place) for row in rows] == [
            (1, "MB18", "12", "A-01-1"),
            (2, "MB25", "0", "A-01-2"),
        ]


def test_without_headings_the_columns_stand_in_their_order():
    (row,) = read_table(b"MB18\t12\tA-01-1\tDN-7\n", "rows.csv")
    assert (row.article, row.qty, row.place, row.reference) == ("MB18", "12", "A-01-1", "DN-7")


@pytest.mark.parametrize(
    "headings",
    [("料号", "料批", "数量", "库位", "备注"), ("Article code", "Lot", "Quantity", "Place", "Remark")],
)
def test_rows_that_the_page_shows_are_read_back_as_they_were(headings):
    rows = read_table(b"lot,qty,place,note\nR000011,3,A-01-1,beside the door\n", "a.csv")
    assert read_table(as_text(rows, headings).encode(), "rows.csv") == rows


def test_an_empty_table_and_one_too_long_are_refused():
    with pytest.raises(TableEmpty):
        read_table("料号,数量,库位\n".encode(), "a.csv")
    with pytest.raises(TableTooLong) as refused:
        read_table(b"code,qty,place\n" + b"MB18,1,A-01-1\n" * 1001, "a.csv")
    assert refused.value.facts == {"count": 1001, "most": 1000}
