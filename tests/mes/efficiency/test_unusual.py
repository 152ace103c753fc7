"""Days that stand out in a baseline: told by events, left out by a person with a reason, listed with their share."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from mes.efficiency import service
from mes.efficiency.model import Baseline
from mes.efficiency.queries import calendar_of
from mes.efficiency.queries.baselines import baseline
from mes.efficiency.queries.unusual import signs
from mes.efficiency.rules.baselines import Day, Exclusion
from mes.efficiency.rules.unusual import NotUnusual, Proposal, Unusual, common, leave_out, proposals
from mes.machines import service as machines
from mes.machines.rules.signals import Message
from mes.machines.rules.states import MachineState
from mes.planning.model import CalendarDay
from mes.planning.rules.capacity import DayKind
from tests.conftest import NOON
from tests.factories.machines import make_machine, make_shift
from tests.factories.people import make_person
from tests.factories.stock import make_lot, make_place
from tests.mes.counting.shelf import make_counter

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 11, 16)
PAGE = "/mes/efficiency/baselines"
TUESDAY = MONDAY + timedelta(days=1)


def day(back, events):
    return Day(MONDAY + timedelta(days=back), Decimal(1), Decimal(60), events)


def test_a_day_that_stands_out_is_proposed_with_all_its_events_and_others_are_not():
    found = proposals(
        [day(0, 4), day(1, 3), day(1, 5), day(2, 0)],
        {TUESDAY: {Unusual.REST, Unusual.COUNT}, MONDAY + timedelta(days=2): {Unusual.ALL_OFF}},
    )
    assert found == (
        Proposal(TUESDAY, (Unusual.COUNT, Unusual.REST), 8),
        Proposal(MONDAY + timedelta(days=2), (Unusual.ALL_OFF,), 1),  # work without an event counts as one
    )


def test_what_is_left_out_carries_its_day_and_reason_and_only_a_proposed_day_can_be():
    days, proposed = (day(0, 4), day(1, 8)), (Proposal(TUESDAY, (Unusual.COUNT,), 8),)
    left, out = leave_out(days, proposed, {TUESDAY: "all hands counted"})
    assert (left, out) == ((days[0],), (Exclusion("2026-11-17: all hands counted", 8),))
    with pytest.raises(NotUnusual) as refusal:
        leave_out(days, proposed, {MONDAY: "a bad day"})
    assert refusal.value.facts == {"day": MONDAY}


def test_what_three_machines_have_in_common():
    at = lambda hour: datetime(2026, 11, 16, hour, tzinfo=ZONE)  # noqa: E731
    lines = [[(at(8), at(12)), (at(14), at(17))], [(at(9), at(15))], [(at(10), at(11)), (at(14), at(16))]]
    assert common(lines) == [(at(10), at(11)), (at(14), at(15))]
    assert common([]) == []


@pytest.fixture
def period(session):
    """Monday to Wednesday: on Tuesday stock is counted and the power fails 14:00-16:00; Wednesday is a day off."""
    keeper, shelf = make_person(session, roles=("keeper",)), make_place(session)
    at = lambda back, hour: datetime(2026, 11, 16 + back, hour, tzinfo=ZONE)  # noqa: E731
    for back, lots in ((0, 6), (1, 3), (2, 1)):
        found = [make_lot(session, place=shelf, qty="10", at=at(back, 9)) for _ in range(lots)]
        on = MONDAY + timedelta(days=back)
        service.put_paid_time(session, on, {keeper.id: 480}, by=keeper.id, at=NOON, today=NOON.date())
    counter = make_counter(session)
    for scanned in (shelf, found[0]):
        counter.scan("COUNT", scanned.code, shelf.code, at=at(1, 10))
    make_shift(session)
    make_machine(session, "saw-1")
    make_machine(session, "edge-1")
    on, off = MachineState.WORKING, MachineState.OFFLINE
    for key, hours in (("saw-1", (14, 16)), ("edge-1", (13, 17))):
        line = [(at(0, 8), on), (at(1, hours[0]), off), (at(1, hours[1]), on), (at(2, 18), on)]
        for moment, state in line:
            machines.take(session, [Message(key, moment, state=state)], at=moment)
    session.add(CalendarDay(day_on=MONDAY + timedelta(days=2), kind=DayKind.REST, note="停工"))
    session.commit()


def test_events_tell_which_days_stand_out(session, period):
    calendar = calendar_of(MONDAY, MONDAY + timedelta(days=2), ZONE)
    assert signs(session, calendar, at=NOON) == {
        TUESDAY: {Unusual.COUNT, Unusual.ALL_OFF},
        MONDAY + timedelta(days=2): {Unusual.REST},
    }


def test_one_machine_that_is_off_or_an_hour_less_a_minute_is_no_power_cut(session):
    make_shift(session)
    begin = datetime(2026, 11, 16, 9, tzinfo=ZONE)
    make_machine(session, "saw-1")
    calendar = calendar_of(MONDAY, MONDAY, ZONE)

    def off(key, minutes):
        states = (MachineState.WORKING, MachineState.OFFLINE, MachineState.WORKING, MachineState.WORKING)
        for state, minute in zip(states, (-60, 0, minutes, 600), strict=True):
            moment = begin + timedelta(minutes=minute)
            machines.take(session, [Message(key, moment, state=state)], at=moment)
        return signs(session, calendar, at=NOON).get(MONDAY, set())

    assert off("saw-1", 180) == set()
    make_machine(session, "edge-1")
    assert off("edge-1", 59) == set()
    make_machine(session, "old-1", is_key=False)
    assert off("old-1", 180) == set()


FORM = {"metric": "M2", "method": "SYSTEM_EVENTS", "first": "2026-11-16", "last": "2026-11-18"}


def test_a_person_looks_leaves_days_out_with_a_reason_and_the_share_is_told(client_for, session, period):
    """Receipts: 6 on Monday, 3 on Tuesday, 1 on Wednesday: 3 of 10 events are 30 %."""
    client = client_for("clerk", locale="en")
    page = BeautifulSoup(client.post(f"{PAGE}/look", data=FORM).text, "html.parser")
    rows = [row.get_text(" ", strip=True) for row in page.select("#unusual tbody tr")]
    assert len(rows) == 2
    assert ("Stock count, All machines off" in rows[0], "30.0 %" in rows[0]) == (True, True)
    assert "Day off in the calendar" in rows[1]
    assert page.select_one("[name='why_2026-11-17']")["value"].startswith("Stock count")
    chosen = FORM | {"out_2026-11-17": "1", "why_2026-11-17": "all hands counted", "why_2026-11-18": "x"}
    shown = client.post(f"{PAGE}/new", data=chosen, follow_redirects=True).text
    assert ("30.0 %" in shown, "2026-11-17: all hands counted" in shown) == (True, True)
    found = baseline(session, session.scalars(select(Baseline.id)).one())
    assert [one.on for one in found.days] == [MONDAY, MONDAY + timedelta(days=2)]
    assert found.exclusions == (Exclusion("2026-11-17: all hands counted", 3),)


def test_without_a_reason_or_for_a_usual_day_nothing_is_left_out(client_for, session, period):
    client = client_for("clerk", locale="en")
    blank = FORM | {"out_2026-11-17": "1", "why_2026-11-17": " "}
    answer = client.post(f"{PAGE}/new", data=blank)
    assert (answer.status_code, 'name="out_2026-11-17" value="1" checked' in answer.text) == (400, True)
    usual = FORM | {"out_2026-11-16": "1", "why_2026-11-16": "a bad day"}
    answer = client.post(f"{PAGE}/new", data=usual)
    assert (answer.status_code, "2026-11-16" in answer.text) == (422, True)
    assert session.scalar(select(Baseline.id)) is None


def test_days_that_are_typed_are_the_person_s_own(client_for, session, period):
    typed = FORM | {"method": "PAPER_LOG", "days": "2026-11-17 10 480 4"}
    page = client_for("clerk", locale="en").post(f"{PAGE}/look", data=typed).text
    assert "The days are typed by hand" in page
    wrong = client_for("clerk", locale="en").post(f"{PAGE}/look", data=FORM | {"first": "soon"})
    assert wrong.status_code == 400
