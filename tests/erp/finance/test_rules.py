"""Rules of money by numbers worked out by hand."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp.finance.rules import (
    Account,
    AmountUnfit,
    ChargeKind,
    CreditExceeded,
    DepositMissing,
    Gate,
    MoveKind,
    PartsExceed,
    PeriodUnfit,
    Posting,
    ReasonMissing,
    Terms,
    charge_kind,
    check_parts,
    check_reason,
    judge_release,
    payable,
    percent,
    spread,
    statement,
)

D = Decimal
CENTS = st.integers(1, 10**8).map(lambda cents: D(cents) / 100)


def make_account(agreed="1000.00", paid="0.00", waived=(), **terms):
    return Account("SO2611-0001", D(agreed), D(paid), Terms(**terms), frozenset(waived))


@pytest.mark.parametrize(
    ("agreed", "rate", "deposit"),
    [
        ("1320.00", "0.3", "396.00"),
        ("333.35", "0.3", "100.01"),  # 100.005 is rounded half up
        ("333.31", "0.3", "99.99"),  # 99.993
        ("0.01", "0.5", "0.01"),  # 0.005
        ("1320.00", "0", "0.00"),
    ],
)
def test_a_deposit_is_a_share_rounded_half_up_to_the_cent(agreed, rate, deposit):
    assert make_account(agreed, deposit_rate=D(rate)).deposit == D(deposit)


def test_a_release_waits_for_the_last_cent_of_its_deposit():
    terms = {"deposit_rate": D("0.3")}
    refusal = judge_release(make_account(paid="299.99", **terms), D(0))
    assert isinstance(refusal, DepositMissing)
    assert refusal.facts == {"number": "SO2611-0001", "due": "30", "paid": "29.99"}
    assert judge_release(make_account(paid="300.00", **terms), D(0)) is None
    assert judge_release(make_account(paid="0.00", waived=[Gate.RELEASE], **terms), D(0)) is None
    assert isinstance(judge_release(make_account(waived=[Gate.LOADING], **terms), D(0)), DepositMissing)


def test_a_release_waits_while_the_dealer_owes_more_than_his_limit():
    account = make_account(credit_limit=D("5000.00"))
    assert judge_release(account, D("5000.00")) is None
    assert isinstance(judge_release(account, D("5000.01")), CreditExceeded)
    assert isinstance(judge_release(make_account(credit_limit=D("0.00")), D("0.01")), CreditExceeded)
    assert judge_release(make_account(), D("999999.00")) is None


def test_loading_waits_for_the_last_cent_where_that_is_agreed():
    assert make_account(paid="999.99", has_balance_gate=True).is_held_from_loading
    assert not make_account(paid="1000.00", has_balance_gate=True).is_held_from_loading
    assert not make_account(paid="0.00").is_held_from_loading
    assert not make_account(has_balance_gate=True, waived=[Gate.LOADING]).is_held_from_loading
    assert make_account(has_balance_gate=True, waived=[Gate.RELEASE]).is_held_from_loading


@pytest.mark.parametrize(
    ("share", "text"), [("0.3", "30"), ("0.299999", "29.99"), ("1", "100"), ("0.125", "12.5"), ("0", "0")]
)
def test_a_share_is_never_shown_as_more_than_it_is(share, text):
    assert percent(D(share)) == text


def test_tax_that_is_not_in_a_total_is_paid_as_well():
    assert payable(D("1320.00"), D("0.13"), is_tax_included=True) == D("1320.00")
    # 1320.05 × 0.13 = 171.6065: 171.61
    assert payable(D("1320.05"), D("0.13"), is_tax_included=False) == D("1491.66")


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("0", "1320", ChargeKind.AGREED),
        ("2640", "1320", ChargeKind.CHANGED),
        ("1320", "0", ChargeKind.TAKEN_BACK),
    ],
)
def test_a_charge_says_why_it_is_made(before, after, kind):
    assert charge_kind(D(before), D(after)) is kind


def test_the_oldest_order_is_paid_first():
    orders = [(7, D("100.00")), (8, D("50.00")), (9, D("70.00"))]
    assert spread(D("120.00"), orders) == {7: D("100.00"), 8: D("20.00")}
    assert spread(D("500.00"), orders) == {7: D("100.00"), 8: D("50.00"), 9: D("70.00")}
    assert spread(D("500.00"), []) == {}


@given(CENTS, st.lists(CENTS, max_size=8))
def test_no_more_is_spread_than_came_and_no_order_gets_more_than_it_needs(amount, wanted):
    orders = list(enumerate(wanted))
    parts = spread(amount, orders)
    assert sum(parts.values()) == min(amount, sum(wanted))
    assert all(0 < parts[key] <= wanted[key] for key in parts)


def test_not_more_is_given_to_orders_than_came():
    check_parts(D("10.00"), [D("4.00"), D("6.00")])
    with pytest.raises(PartsExceed) as refusal:
        check_parts(D("10.00"), [D("4.00"), D("6.01")])
    assert refusal.value.facts == {"parts": D("10.01"), "amount": D("10.00")}
    with pytest.raises(AmountUnfit):
        check_parts(D("10.00"), [D("0.00")])


def test_a_reason_is_more_than_blanks():
    assert check_reason(" 老客户 ") == "老客户"
    with pytest.raises(ReasonMissing):
        check_reason("  ")


def posting(day, kind, number, debit="0.00", credit="0.00"):
    return Posting(date(2026, 11, day), kind, number, "", D(debit), D(credit))


def test_a_statement_carries_the_balance_from_document_to_document():
    # 500.00 stood before; + 1320.00 = 1820.00; − 396.00 = 1424.00; − 1000.00 = 424.00; + 1000.00 back = 1424.00
    made = statement(
        D("500.00"),
        [
            posting(20, MoveKind.RECEIPT, "RC2611-0002", credit="1000.00"),
            posting(3, MoveKind.RECEIPT, "RC2611-0001", credit="396.00"),
            posting(25, MoveKind.REVERSAL, "RC2611-0003", credit="-1000.00"),
            posting(3, ChargeKind.AGREED, "SO2611-0001", debit="1320.00"),
        ],
        date(2026, 11, 1),
        date(2026, 11, 30),
    )
    assert [(one.number, balance) for one, balance in made.rows] == [
        ("SO2611-0001", D("1820.00")),
        ("RC2611-0001", D("1424.00")),
        ("RC2611-0002", D("424.00")),
        ("RC2611-0003", D("1424.00")),
    ]
    assert (made.opening, made.debit, made.credit, made.closing) == (500, 1320, 396, 1424)


def test_a_statement_without_documents_closes_as_it_opens():
    made = statement(D("-12.50"), [], date(2026, 11, 1), date(2026, 11, 1))
    assert (made.opening, made.closing, made.debit, made.credit) == (D("-12.50"), D("-12.50"), 0, 0)
    with pytest.raises(PeriodUnfit):
        statement(D(0), [], date(2026, 11, 2), date(2026, 11, 1))
