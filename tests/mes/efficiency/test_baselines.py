import io
import threading
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from core.activity import service as activity
from core.clock import now
from core.errors import Conflict
from core.states import StepRefused
from core.work import run
from mes.efficiency import queries, service
from mes.efficiency.model import Baseline, BaselineDay, PaidTime, TimedWork
from mes.efficiency.queries.baselines import baseline, improvements
from mes.efficiency.queries.days import timed_days
from mes.efficiency.queries.window import calendar_of
from mes.efficiency.rules import Metric
from mes.efficiency.rules.baselines import (
    BaselineState,
    Day,
    DayAhead,
    EndWrong,
    Method,
    NothingRuns,
    NotTimed,
    RowsChanged,
    RunsAlready,
    SamePerson,
    UnknownKind,
)
from mes.efficiency.service import BaselineEntry
from tests.conftest import NOON
from tests.factories.factory import make_line, release_order
from tests.factories.people import make_person
from tests.factories.stock import make_lot
from tests.mes.efficiency.reading import days, report

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 22)
FIRST = date(2026, 6, 1)
PAGE = "/mes/efficiency/baselines"


def here(first, last):
    return calendar_of(first, last, ZONE)


def entry(**over):
    rows = tuple(Day(FIRST + timedelta(days=at), Decimal(5), Decimal(3600), 10) for at in range(20))
    given = {
        "metric": Metric.M1,
        "method": Method.PAPER_LOG,
        "first": FIRST,
        "last": FIRST + timedelta(days=27),
        "days": rows,
    }
    return BaselineEntry(**(given | over))


def recorded(session, person, **over):
    return service.record_baseline(session, entry(**over), by=person.id, at=NOON, today=TODAY)


@pytest.fixture
def two(session):
    return make_person(session, name="李明"), make_person(session, name="王芳")


def test_a_second_person_approves_and_the_older_one_is_superseded(session, two):
    clerk, owner = two
    older = recorded(session, clerk)
    service.approve_baseline(session, older.id, by=owner.id, at=NOON)
    newer = recorded(session, owner)
    with pytest.raises(SamePerson):
        service.approve_baseline(session, newer.id, by=owner.id, at=NOON)
    service.approve_baseline(session, newer.id, by=clerk.id, at=NOON)
    assert (older.state, older.superseded_by_id) == (BaselineState.SUPERSEDED, newer.id)
    assert newer.state is BaselineState.APPROVED
    with pytest.raises(StepRefused):
        service.withdraw_baseline(session, newer.id, "wrong", by=clerk.id, at=NOON)


def test_a_row_that_was_changed_behind_the_program_s_back_is_found(session, two):
    clerk, owner = two
    found = recorded(session, clerk)
    assert baseline(session, found.id).is_whole
    session.execute(
        update(BaselineDay).where(BaselineDay.worked_on == FIRST).values(numerator_qty=Decimal(4))
    )
    assert not baseline(session, found.id).is_whole
    with pytest.raises(RowsChanged):
        service.approve_baseline(session, found.id, by=owner.id, at=NOON)


def test_one_baseline_of_a_figure_is_approved_when_two_people_approve_at_once(database):
    with database.session as session:
        clerk, owner = make_person(session), make_person(session)
        ids = [recorded(session, clerk).id for _ in range(2)]
        by = owner.id
        session.commit()
    start, ends = threading.Barrier(2), []

    def approve(baseline_id):
        start.wait()
        with database.app.app_context():
            try:
                run(service.approve_baseline, baseline_id, by=by, at=NOON)
                ends.append("approved")
            except Conflict:
                ends.append("lost")

    threads = [threading.Thread(target=approve, args=(one,)) for one in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.session as session:
        states = session.scalars(select(Baseline.state)).all()
    assert states.count(BaselineState.APPROVED) == 1
    assert ends.count("approved") == 1 + states.count(BaselineState.SUPERSEDED)
    assert len(ends) == 2


# --- the days out of the events ------------------------------------------------


def test_the_days_of_the_first_figure_add_up_to_the_figure(session):
    order = release_order(session, make_line(), at=NOON)
    release_order(
        session, make_line(door_code="M-CASED", handing=None, set_count=3), at=NOON - timedelta(days=1)
    )
    person = make_person(session)
    midnight = datetime(2026, 11, 22, tzinfo=NOON.tzinfo) - timedelta(hours=8)  # of the factory
    for minute in range(-20, 41):
        activity.beat(
            session,
            person.id,
            "splitting",
            "erp.sales.order",
            order.id,
            at=midnight + timedelta(minutes=minute),
        )
    session.flush()
    calendar = here(date(2026, 11, 1), TODAY)
    found = days(session, Metric.M1, calendar, at=NOON)
    assert [(one.on.day, one.family, one.numerator, one.denominator, one.event_count) for one in found] == [
        (21, "CASED_OPENING", Decimal("0.84"), Decimal(0), 1),  # 0.7 × 1.2
        (21, "SINGLE", Decimal(0), Decimal(1200), 0),  # 20 minutes before midnight
        (22, "SINGLE", Decimal(1), Decimal(2400), 1),
    ]
    figure = report(session, calendar.window, at=NOON).figures[0]
    assert figure.numerator.value == sum(one.numerator for one in found)
    assert figure.denominator.value == sum(one.denominator for one in found) / 60


def test_warehouse_work_is_told_once_all_its_days_have_paid_minutes(session):
    keeper = make_person(session, roles=("keeper",))
    make_lot(session, at=NOON)
    make_lot(session, at=NOON - timedelta(days=1))
    calendar = here(date(2026, 11, 1), TODAY)

    def figure():
        return report(session, calendar.window, at=NOON).figures[1]

    assert figure().value is None
    service.put_paid_time(session, TODAY, {keeper.id: 480}, by=keeper.id, at=NOON, today=TODAY)
    assert figure().value is None
    assert {"days": 1} in [one.facts for one in figure().missing]
    yesterday = TODAY - timedelta(days=1)
    service.put_paid_time(session, yesterday, {keeper.id: 120}, by=keeper.id, at=NOON, today=TODAY)
    assert figure().value == Decimal("0.010")  # 2 receipts × 3.0 min of 600
    assert [(one.numerator, one.denominator) for one in days(session, Metric.M2, calendar, at=NOON)] == [
        (Decimal(3), Decimal(7200)),
        (Decimal(3), Decimal(28800)),
    ]
    service.put_paid_time(session, yesterday, {keeper.id: None}, by=keeper.id, at=NOON, today=TODAY)
    assert session.scalars(select(PaidTime.paid_min)).all() == [480]
    with pytest.raises(DayAhead):
        service.put_paid_time(
            session, TODAY + timedelta(days=1), {keeper.id: 1}, by=keeper.id, at=NOON, today=TODAY
        )


def test_a_window_is_compared_with_the_approved_baseline_only(session, two):
    clerk, owner = two
    calendar = here(date(2026, 10, 26), TODAY)
    found = recorded(session, clerk)
    assert improvements(session, queries.daily(session, calendar, at=NOON)) == {}
    service.approve_baseline(session, found.id, by=owner.id, at=NOON)
    release_order(session, make_line(), at=NOON)
    for minute in range(7):
        activity.beat(session, owner.id, "splitting", None, None, at=NOON + timedelta(minutes=minute))
    session.flush()
    change = improvements(session, queries.daily(session, calendar, at=NOON))[Metric.M1]
    # one door in 6 minutes is 10 an hour, against 5
    assert (change.before, change.after, change.change) == (
        Decimal("5.00"),
        Decimal("10.00"),
        Decimal("100.0"),
    )
    assert [doubt.facts for doubt in change.doubts] == [
        {"day": TODAY + timedelta(days=28)}
    ]  # live since today


# --- work done the old way -----------------------------------------------------


def test_timed_work_becomes_days_by_kind_of_door(session, two):
    clerk, _ = two
    service.start_timed(session, Metric.M1, by=clerk.id, at=NOON)
    with pytest.raises(RunsAlready):
        service.start_timed(session, Metric.M2, by=clerk.id, at=NOON)
    hour = NOON + timedelta(hours=1)
    service.stop_timed(session, {"SINGLE": 2, "SLIDING": 4, "PANEL": 0}, by=clerk.id, at=hour)
    with pytest.raises(NothingRuns):
        service.stop_timed(session, {}, by=clerk.id, at=hour)
    found = timed_days(session, Metric.M1, here(TODAY, TODAY))
    # 2 × 1.0 and 4 × 1.5: the hour is shared as 2 to 6
    assert [(one.family, one.numerator, one.denominator, one.event_count) for one in found] == [
        ("SINGLE", Decimal(2), Decimal(900), 2),
        ("SLIDING", Decimal(6), Decimal(2700), 4),
    ]


def test_a_forgotten_stopwatch_is_stopped_by_when_the_work_ended(session, two):
    clerk, _ = two
    service.start_timed(session, Metric.M2, by=clerk.id, at=NOON)
    night = NOON + timedelta(hours=20)
    for wrong in (NOON, night + timedelta(hours=1), NOON + timedelta(hours=17)):
        with pytest.raises(EndWrong):
            service.stop_timed(session, {}, by=clerk.id, at=night, ended_at=wrong)
    with pytest.raises(UnknownKind):
        service.stop_timed(
            session, {"SINGLE": 1}, by=clerk.id, at=night, ended_at=NOON + timedelta(minutes=30)
        )
    service.stop_timed(session, {"ISSUE": 5}, by=clerk.id, at=night, ended_at=NOON + timedelta(minutes=30))
    (timed,) = session.scalars(select(TimedWork))
    assert (timed.is_late, timed.counts) == (True, {"ISSUE": 5})
    with pytest.raises(NotTimed):
        service.start_timed(session, Metric.M4, by=clerk.id, at=night)


# --- pages -----------------------------------------------------------------------


def form(**over):
    given = {
        "metric": "M1",
        "method": "PAPER_LOG",
        "first": "2026-06-01",
        "last": "2026-06-28",
        "days": "2026-06-01\t12.5\t150\t9\tSINGLE\n2026-06-02, 10, 120",
        "exclusions": "1 停电",
    }
    return given | over


def test_a_baseline_is_typed_approved_by_another_and_stands_in_the_report(client_for):
    clerk, owner = client_for("clerk"), client_for("owner", locale="en")
    sent = form(evidence=(io.BytesIO(b"paper"), "六月记录.csv"))
    page = clerk.post(f"{PAGE}/new", data=sent, follow_redirects=True)
    assert page.status_code == 200
    assert "5.00" in page.text  # 22.5 doors in 270 minutes
    assert "10.0 %" in page.text  # 1 of 10 events left out
    assert "须由第二人核准" not in page.text  # a clerk may not approve at all
    where = page.request.path
    assert clerk.post(f"{where}approve").status_code == 403
    shown = owner.get(where).text
    assert "六月记录.csv" in shown
    assert owner.post(f"{where}approve", follow_redirects=True).status_code == 200
    report = owner.get("/mes/efficiency/report").text
    assert "5.00" in report
    assert "grade C" in report
    assert "5 % or more of the baseline" in report


@pytest.mark.parametrize(
    ("over", "field", "word"),
    [
        ({"days": ""}, "days", "每天填一行"),
        ({"days": "2026-06-01 12"}, "days", "第 1 行"),
        ({"days": "2026-06-01 12 60\nsoon 12 60"}, "days", "第 2 行"),
        ({"days": "2026-06-01 12 60 1 GATE"}, "days", "第 1 行"),
        ({"days": "2026-07-01 12 60"}, "days", "不在"),
        ({"last": "2026-05-01"}, "days", "不超过两年"),
        ({"exclusions": "many 停电"}, "exclusions", "第 1 行"),
        ({"metric": "M9"}, "metric", "请从"),
        ({"metric": "M4", "days": "2026-06-01 61 60"}, "days", "不可能"),
    ],
)
def test_what_cannot_be_recorded_comes_back_as_it_was_typed(client_for, over, field, word):
    client = client_for("clerk")
    given = form(**over)
    page = client.post(f"{PAGE}/new", data=given)
    assert page.status_code in (400, 422)
    assert f'id="{field}-error"' in page.text
    assert word in page.text
    assert given["exclusions"] in page.text
    assert "还没有基线" in client_for("owner").get(f"{PAGE}/").text


def test_a_baseline_is_withdrawn_with_a_reason(client_for):
    client = client_for("leader")
    where = client.post(f"{PAGE}/new", data=form()).location
    assert client.post(f"{where}withdraw", data={"reason": ""}).status_code == 400
    client.post(f"{where}withdraw", data={"reason": "算错了"})
    assert "算错了" in client_for("owner").get(where).text
    assert client_for("owner").post(f"{where}approve").status_code == 422


def test_the_stopwatch_is_started_and_stopped_in_its_page(client_for):
    client = client_for("splitter", locale="en")
    assert client.post("/mes/efficiency/stopwatch/start", data={"metric": "M1"}).status_code == 302
    assert client.post("/mes/efficiency/stopwatch/start", data={"metric": "M1"}).status_code == 409
    page = client.post("/mes/efficiency/stopwatch/stop", data={"done_SINGLE": "two", "note": "Tuesday"})
    assert page.status_code == 400
    assert "Expected a whole number" in page.text
    assert "Tuesday" in page.text
    done = {"done_SINGLE": "２", "done_PANEL": ""}
    page = client.post("/mes/efficiency/stopwatch/stop", data=done, follow_redirects=True).text
    assert "single swing 2" in page
    assert "wall panel" not in page


def test_a_stopwatch_that_nobody_stopped_is_named_to_everybody(client_for, session, two):
    clerk, _ = two
    service.start_timed(session, Metric.M1, by=clerk.id, at=now() - timedelta(hours=15))
    session.commit()
    page = lambda: client_for("keeper", locale="en").get("/mes/efficiency/stopwatch").text  # noqa: E731
    assert "were not stopped" not in page()  # a shift may last sixteen hours
    session.execute(update(TimedWork).values(started_at=now() - timedelta(hours=17)))
    session.commit()
    assert ("Stopwatches that were not stopped: 1." in page(), "李明" in page()) == (True, True)


def test_paid_minutes_are_entered_by_day(client_for, session):
    keeper = make_person(session, roles=("keeper",), name="赵库")
    client = client_for("leader")
    where = "/mes/efficiency/paid-minutes"
    day = {"on": "2026-11-02"}
    page = client.post(where, data={**day, f"paid_{keeper.id}": "1441"})
    assert (page.status_code, "1441" in page.text) == (400, True)
    assert client.post(where, data={**day, f"paid_{keeper.id}": "480"}).status_code == 302
    page = client.get(f"{where}?on=2026-11-02").text
    assert "赵库" in page
    assert 'value="480"' in page
    assert 'value="480"' not in client.get(f"{where}?on=2026-11-03").text
    assert client_for("keeper").get(where).status_code == 403
