"""Waste, the dealing out of stock, what is proposed, and receipts, by hand-worked numbers."""

from datetime import date
from decimal import Decimal

import pytest

from erp.purchasing.rules.needs import Want, WantKind, Wastage, deal_out, gross, still_needed, wastage
from erp.purchasing.rules.orders import (
    Offer,
    OverReceipt,
    PurchaseState,
    check_receipt,
    line_amount,
    most_receivable,
    order_qty,
    propose,
    state_after,
)

D = Decimal

TODAY = date(2026, 11, 20)


def want(name, qty, day, kind=WantKind.ORDER):
    return Want(kind, 1, name, day, D(qty), D(qty))


def offer(supplier=1, price="100", lead=5, least="1", multiple="1", unit="2.904"):
    return Offer(supplier, 7, D(price), lead, D(least), D(multiple), D(unit))


# --- waste ------------------------------------------------------------------


def test_yield_is_the_mean_of_the_plans_and_a_large_plan_counts_more():
    # (8 + 27) / (10 + 30) = 35 / 40 = 0.875; the mean of 0.8 and 0.9 would be 0.85
    assert wastage([(D(8), D(10)), (D(27), D(30))], D("0.2")) == Wastage(D("0.8750"), 2)


def test_without_a_plan_the_materials_own_waste_is_taken_and_said_so():
    assert wastage([], D("0.12")) == Wastage(D("0.88"), 0)


def test_what_must_be_there_is_rounded_up():
    # 5.5 / 0.875 = 6.2857142… -> 6.286
    assert gross(D("5.5"), Wastage(D("0.875"), 2)) == D("6.286")


def test_articles_of_two_sizes_count_by_what_they_are_together():
    # 2 boards of 2.420 × 1.200 and 1 of 2.740 × 1.810: 5.808 + 4.959 = 10.767 m2; one of the three is issued:
    # 10.767 × 2 / 3 = 7.178
    assert still_needed(D(3), D(1), D("10.767")) == D("7.178")
    # what is told in the unit itself needs nothing more; a third of 10 is rounded up
    assert still_needed(D("7.5"), D(2), None) == D("5.5")
    assert still_needed(D(3), D(2), D(10)) == D("3.334")


# --- dealing out ------------------------------------------------------------


def test_the_earliest_need_gets_the_stock_then_what_is_on_order():
    # 10 lie there, 4 come. B (1 Dec) takes 6; A (3 Dec) takes 4 of the shelf and 3 of the 4 on order;
    # C without a day takes the last one that comes and lacks 4
    wants = [want("A", 7, date(2026, 12, 3)), want("C", 5, None), want("B", 6, date(2026, 12, 1))]
    shares = {one.want.name: one for one in deal_out(wants, D(10), D(4))}
    assert list(shares) == ["B", "A", "C"]
    parts = {name: (one.reserved_qty, one.coming_qty, one.lacking_qty) for name, one in shares.items()}
    assert parts == {"B": (6, 0, 0), "A": (4, 3, 0), "C": (0, 1, 4)}


def test_on_one_day_the_released_order_goes_before_the_expected_one():
    day = date(2026, 12, 1)
    wants = [want("SO-1", 3, day, WantKind.EXPECTED), want("SO-2", 3, day)]
    assert [one.lacking_qty for one in deal_out(wants, D(3), D(0))] == [0, 3]


def test_nothing_is_dealt_out_twice():
    wants = [want(str(number), 3, date(2026, 12, number)) for number in range(1, 9)]
    shares = deal_out(wants, D("7.5"), D("2.5"))
    assert sum(one.reserved_qty for one in shares) == D("7.5")
    assert sum(one.coming_qty for one in shares) == D("2.5")
    assert sum(one.lacking_qty for one in shares) == 8 * 3 - 10


# --- proposal ---------------------------------------------------------------


def test_whole_packs_and_at_least_the_least_quantity_are_ordered():
    # 20 m2 / 2.904 = 6.887 sheets -> packs of 5: 10
    assert order_qty(D(20), offer(multiple="5")) == 10
    # 6.887 sheets, but at least 12, in packs of 5: 15
    assert order_qty(D(20), offer(least="12", multiple="5")) == 15
    # exactly two packs stay two packs
    assert order_qty(D("29.04"), offer(multiple="5")) == 10


def test_the_cheapest_in_time_is_proposed_and_the_day_to_order_by_told():
    # needed on 1 Dec; 5 days: order by 26 Nov; 20 days: order by 11 Nov, which is past
    slow = offer(supplier=2, price="80", lead=20)
    best = propose(
        D(20), date(2026, 12, 1), [slow, offer(price="101"), offer(supplier=3, price="99.9")], TODAY
    )
    assert (best.offer.supplier_id, best.qty, best.order_by_on) == (3, 7, date(2026, 11, 26))
    assert best.amount == D("699.30")  # 7 × 99.9


def test_the_quickest_is_proposed_when_nobody_is_in_time_and_it_is_said():
    best = propose(D(20), date(2026, 11, 22), [offer(lead=9), offer(supplier=2, price="300", lead=4)], TODAY)
    assert (best.offer.supplier_id, best.is_late) == (2, True)


def test_nobody_offers_and_nothing_is_short_propose_nothing():
    assert propose(D(20), None, [], TODAY) is None
    assert propose(D(0), None, [offer()], TODAY) is None


def test_an_amount_is_rounded_half_up():
    assert line_amount(D(3), D("0.0350")) == D("0.11")  # 0.105


# --- receipts ---------------------------------------------------------------


def test_five_percent_more_are_taken_without_a_word_and_not_a_piece_further():
    assert most_receivable(D(100), D(60)) == 45  # 105 - 60
    check_receipt("MB", D(100), D(60), D(45), "")
    with pytest.raises(OverReceipt, match="at most 45 more can be taken; got 46"):
        check_receipt("MB", D(100), D(60), D(46), "")
    check_receipt("MB", D(100), D(60), D(46), "supplier's gift")


def test_an_order_is_received_when_every_line_is():
    assert state_after([(D(2), D(0)), (D(3), D(0))]) is PurchaseState.ORDERED
    assert state_after([(D(2), D(2)), (D(3), D(1))]) is PurchaseState.PARTLY_RECEIVED
    assert state_after([(D(2), D(2)), (D(3), D(4))]) is PurchaseState.RECEIVED
