"""Closed months: who closes, what is refused afterwards, where a reversal stands, who reopens and why."""

from datetime import date

import pytest

from core.audit.queries import history
from erp.finance import queries, service
from erp.finance.rules import (
    MonthClosedAlready,
    MonthNotEnded,
    NothingClosed,
    PeriodClosed,
    ReasonMissing,
    check_closing,
    check_open,
    month_end,
    reopened,
)
from tests.erp.finance.accounts import BY, dealer_of, receive
from tests.factories.factory import FRIDAY

OCTOBER_END = date(2026, 10, 31)
OCTOBER = date(2026, 10, 1)
PLACE = "/erp/finance/periods"


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2026, 10, 1), OCTOBER_END),
        (date(2026, 12, 31), date(2026, 12, 31)),
        (date(2028, 2, 3), date(2028, 2, 29)),
    ],
)
def test_a_month_ends_on_its_last_day(day, end):
    assert month_end(day) == end


def test_a_month_is_closed_on_the_day_after_its_end_at_the_earliest():
    assert check_closing(None, OCTOBER, date(2026, 11, 1)) == OCTOBER_END
    with pytest.raises(MonthNotEnded) as refusal:
        check_closing(None, OCTOBER, OCTOBER_END)
    assert refusal.value.facts == {"month": "2026-10", "day": date(2026, 11, 1)}
    with pytest.raises(MonthClosedAlready):
        check_closing(OCTOBER_END, date(2026, 9, 1), date(2026, 11, 1))


def test_the_first_open_day_is_the_one_after_the_last_closed():
    check_open(None, date(2020, 1, 1))
    check_open(OCTOBER_END, date(2026, 11, 1))
    with pytest.raises(PeriodClosed) as refusal:
        check_open(OCTOBER_END, OCTOBER_END)
    assert refusal.value.facts == {"day": OCTOBER_END, "open_on": date(2026, 11, 1)}


def test_reopening_opens_one_month():
    assert reopened(OCTOBER_END) == date(2026, 9, 30)
    with pytest.raises(NothingClosed):
        reopened(None)


def test_into_a_closed_month_nothing_is_booked_and_its_receipt_is_reversed_in_the_open_one(session):
    old = receive(session, "100.00", day=date(2026, 10, 20))
    service.close_month(session, OCTOBER, on=FRIDAY, **BY)
    with pytest.raises(PeriodClosed):
        receive(session, "10.00", day=date(2026, 10, 31))
    assert receive(session, "10.00", day=date(2026, 11, 1)).received_on == date(2026, 11, 1)
    undone = service.reverse(session, old.id, "记错了", on=FRIDAY, **BY)
    assert (undone.received_on, old.received_on) == (FRIDAY, date(2026, 10, 20))
    assert queries.prove(session) == []


def test_a_reopened_month_takes_entries_again_and_says_who_and_why(session):
    service.close_month(session, OCTOBER, on=FRIDAY, **BY)
    with pytest.raises(ReasonMissing):
        service.reopen_month(session, " ", **BY)
    assert service.reopen_month(session, "漏了一笔", **BY) == date(2026, 9, 30)
    assert receive(session, "10.00", day=date(2026, 10, 31)).amount == 10
    told = history(session, service.PERIOD, 1)
    assert [(one.verb, one.changes["closed_to"]) for one in told] == [
        ("reopen", ["2026-10-31", "2026-09-30"]),
        ("close", [None, "2026-10-31"]),
    ]
    assert told[0].changes["note"] == ["", "漏了一笔"]


def test_the_accountant_closes_and_only_the_administrator_reopens(client_for, session):
    accountant, administrator = client_for("accountant"), client_for("administrator")
    assert accountant.post(f"{PLACE}/close", data={"month": "2020-03"}).status_code == 303
    assert accountant.post(f"{PLACE}/reopen", data={"reason": "x"}).status_code == 403
    assert administrator.post(f"{PLACE}/reopen", data={"reason": ""}).status_code == 422
    session.expire_all()
    assert queries.closed_to(session) == date(2020, 3, 31)
    assert administrator.post(f"{PLACE}/reopen", data={"reason": "漏了一笔"}).status_code == 303
    session.expire_all()
    assert queries.closed_to(session) == date(2020, 2, 29)
    assert "漏了一笔" in accountant.get(f"{PLACE}/").text
    assert client_for("clerk").get(f"{PLACE}/").status_code == 403


def test_a_receipt_of_a_closed_month_is_refused_at_its_day_and_what_was_typed_stays(client_for, session):
    accountant = client_for("accountant")
    accountant.post(f"{PLACE}/close", data={"month": "2020-03"})
    sent = {"dealer_id": dealer_of(session).id, "amount": "88.00", "received_on": "2020-03-31"}
    sent |= {"method": "CASH", "form_key": "k1"}
    answer = accountant.post("/erp/finance/receipts/new", data=sent)
    assert (answer.status_code, 'value="88.00"' in answer.text) == (422, True)
    assert 'id="received_on-error"' in answer.text
    assert "2020-04-01" in answer.text  # the first open day


@pytest.mark.parametrize(
    ("month", "status"), [("2999-01", 400), ("2099-01", 422), ("", 400), ("October", 400)]
)
def test_what_is_no_month_that_can_be_closed_is_said_at_its_field(client_for, month, status):
    answer = client_for("accountant").post(f"{PLACE}/close", data={"month": month})
    assert (answer.status_code, 'id="month-error"' in answer.text) == (status, True)
