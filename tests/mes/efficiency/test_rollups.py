"""The kept days: equal to the raw rows however and whenever they are folded."""

import threading
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from core.activity import service as activity
from core.work import read, run
from erp.sales import service as sales
from mes.efficiency import queries, service
from mes.efficiency.cli import efficiency
from mes.efficiency.jobs import fold_due
from mes.efficiency.model import DaySum, FoldedDay, LateEvent, RollUp
from mes.efficiency.queries.rollups import days_to_keep
from mes.efficiency.queries.sums import day_sums
from mes.efficiency.queries.window import calendar_of
from mes.efficiency.rules.sums import LATE, SETTLED, DaySums, Name, added, planned_text
from mes.machines import queries as floor_queries
from mes.machines import service as machines
from mes.machines.model import StateChange
from mes.machines.rules.shifts import PlannedTime
from mes.machines.rules.signals import Message
from mes.machines.rules.states import MachineState
from mes.splitting import service as splitting
from mes.splitting.model import Release
from mes.splitting.queries import prepare
from tests.conftest import NOON
from tests.factories.factory import make_line, make_order, release_order
from tests.factories.machines import make_machine, make_shift
from tests.factories.people import make_person
from tests.factories.stock import make_lot
from tests.mes.efficiency.reading import report
from tests.mes.efficiency.test_baselines import ZONE
from tests.mes.packing.bench import make_bench, packages, pieces_of
from tests.mes.shipping.dock import make_dock, make_load, sealed_order

TODAY = date(2026, 11, 22)
MORNING = NOON - timedelta(hours=4)  # 08:00 in the factory
LATER = NOON + timedelta(days=4)
FOUR = calendar_of(TODAY - timedelta(days=1), TODAY + timedelta(days=2), ZONE)


def say(session, key, at, state, *, received=None, good=None):
    machines.take(session, [Message(key, at, state=state, good=good)], at=received or at)
    session.flush()


def fold(session, calendar=FOUR, at=LATER):
    """Keep every day; return how many had ended for long enough."""
    return sum(service.fold_day(session, day, ZONE, at=at) for day in calendar.days)


def raw(session, calendar=FOUR, at=LATER):
    """The sums of each day, none of them kept."""
    return {day: sums(day_sums(session, window, at=at)) for day, window in calendar.windows}


def sums(of_day):
    """What a day adds; by which planned time its machines were measured is no sum."""
    return replace(of_day, planned="")


def kept(session, calendar=FOUR, at=LATER):
    """The kept sums of each day, whatever was told since."""
    found = queries.daily(session, calendar, at=at)
    return {day: sums(found.sums.get(day, DaySums())) for day in calendar.days}


@pytest.fixture
def floor(session):
    """Two days of everything: a saw over midnight, released lines, work over midnight, receipts, scans."""
    make_shift(session, weekdays=range(7))
    make_machine(session, "saw-1")
    make_machine(session, "idle-1")
    for hours, state, good in (
        (0, MachineState.WORKING, 0),
        (3, MachineState.ERROR, 20),
        (3.004, MachineState.WORKING, 21),  # a stop of 14 s is none
        (9, MachineState.READY, 40),
        (24, MachineState.WORKING, 40),
        (33, MachineState.OFFLINE, 55),
    ):
        say(session, "saw-1", MORNING + timedelta(hours=hours), state, good=good)
    order = release_order(session, make_line(), make_line(door_code="M-CASED", handing=None), at=NOON)
    person = make_person(session)
    for minute in range(0, 900, 5):  # 15 hours from noon, past midnight
        at = NOON + timedelta(minutes=minute)
        activity.beat(session, person.id, "splitting", "erp.sales.order", order.id, at=at)
    make_lot(session, at=NOON)
    packed = sealed_order(session)
    load, dock = make_load(session, packed), make_dock(session)
    for package in packages(session, packed):
        assert dock.load(load, package) is None
    bench = make_bench(session)
    frame = packages(session, packed, "FRAME")[0]
    assert bench.add(frame, pieces_of(session, frame)[0]) is not None  # it is sealed
    session.flush()
    return order


def test_kept_days_equal_the_raw_rows_and_the_report_is_the_same_to_the_last_digit(session, floor):
    before, told = raw(session), report(session, FOUR.window, at=LATER)
    assert fold(session) == 4
    assert session.scalars(select(FoldedDay.worked_on).order_by(FoldedDay.worked_on)).all() == list(FOUR.days)
    assert kept(session) == before
    assert report(session, FOUR.window, at=LATER) == told
    assert queries.faults(session) == []


def test_a_kept_day_is_read_and_not_made_anew(session, floor):
    fold(session)
    session.execute(update(DaySum).where(DaySum.name == Name.LINES.value).values(event_count=77))
    figure = report(session, FOUR.window, at=LATER).figures[0]
    assert figure.sample > 77
    assert any("lines" in fault and "77" in fault for fault in queries.faults(session))


def test_a_machine_s_kept_times_are_proved_too(session, floor):
    fold(session)
    session.execute(
        update(StateChange).where(StateChange.state == MachineState.ERROR).values(state="OFFLINE")
    )
    assert [fault.split(": kept")[0] for fault in queries.faults(session)] == [
        f"2026-11-22: machine {session.scalars(select(StateChange.machine_id)).first()}"
    ]


def test_a_day_is_kept_only_when_it_has_ended_for_an_hour(session, floor):
    end = calendar_of(TODAY, TODAY, ZONE).end
    assert not service.fold_day(session, TODAY, ZONE, at=end + SETTLED - timedelta(microseconds=1))
    assert service.fold_day(session, TODAY, ZONE, at=end + SETTLED)
    assert LATE < SETTLED  # what is told just before a day is kept needs no note and is committed by then


def test_a_state_told_late_counts_at_once_and_the_day_is_folded_again(session, floor):
    fold(session)
    used = report(session, FOUR.window, at=LATER).figures[2].numerator.value
    # sent while offline: at 10:00 on the first day it stopped, at 10:30 it ran on
    say(session, "saw-1", MORNING + timedelta(hours=2), MachineState.ERROR, received=LATER)
    say(session, "saw-1", MORNING + timedelta(hours=2.5), MachineState.WORKING, received=LATER)
    assert report(session, FOUR.window, at=LATER).figures[2].numerator.value == used - 30
    assert queries.faults(session) == []  # the day is not held to be right
    assert session.scalars(select(LateEvent.id)).first() is not None
    fold(session)
    assert report(session, FOUR.window, at=LATER).figures[2].numerator.value == used - 30
    assert kept(session) == raw(session)
    left = session.execute(select(LateEvent.since_at, LateEvent.until_at).distinct()).all()
    assert [(since, until) for since, until in left] == [(FOUR.end, LATER)]  # of the day that lasts


def test_what_is_told_at_once_leaves_no_note(session):
    make_machine(session, "saw-1")
    say(session, "saw-1", NOON, MachineState.WORKING)
    say(session, "saw-1", NOON + timedelta(minutes=2), MachineState.READY)
    release_order(session, at=NOON)
    assert session.scalars(select(LateEvent.id)).all() == []


def test_a_machine_that_speaks_again_after_a_silence_makes_the_silence_s_days_stale(session):
    make_shift(session, weekdays=range(7))
    make_machine(session, "saw-1")
    say(session, "saw-1", MORNING, MachineState.WORKING)  # then its network is cut
    assert kept(session)[TODAY].machines != {}
    fold(session)
    say(session, "saw-1", LATER, MachineState.WORKING)  # it never stopped, says nothing else
    assert kept(session) == raw(session)


def test_work_on_an_order_gets_its_kind_when_the_order_is_released(session):
    order = make_order(session, make_line(), at=NOON)
    person = make_person(session)
    for minute in range(9):
        at = NOON + timedelta(minutes=minute)
        activity.beat(session, person.id, "splitting", "erp.sales.order", order.id, at=at)
    session.flush()
    fold(session)
    assert kept(session)[TODAY].cells[Name.WORK, ""] == (1, 8 * 60_000_000)
    sales.confirm(session, order.id, on=TODAY, by=None, at=LATER)
    session.flush()
    splitting.release(session, prepare(session, order.id), by=None, at=LATER)
    session.flush()
    assert kept(session)[TODAY].cells == {(Name.WORK, "SINGLE"): (1, 8 * 60_000_000)}
    fold(session)
    assert kept(session) == raw(session)


def test_another_shift_calendar_makes_the_days_stale_that_it_plans_otherwise(session, floor):
    fold(session)
    planned = report(session, FOUR.window, at=LATER).figures[2].denominator.value
    make_shift(session, begins="18:00", ends="20:00", breaks=(), weekdays=range(7))
    again = report(session, FOUR.window, at=LATER).figures[2].denominator.value
    assert again == planned + 3 * 120  # on the first of the four days nothing is known of the saw
    assert kept(session) == raw(session)


def test_days_kept_in_another_zone_or_by_other_weights_do_not_count(session, floor):
    fold(session)
    session.execute(update(RollUp).values(basis="Europe/Berlin;0"))
    session.execute(update(DaySum).values(event_count=77))
    assert kept(session) == raw(session)
    fold(session)
    assert session.scalars(select(RollUp.basis)).one().startswith("Asia/Shanghai;")
    assert queries.faults(session) == []


def test_an_empty_factory_keeps_nothing(session):
    session.execute(delete(Release))
    assert days_to_keep(session, ZONE, at=LATER) is None
    assert queries.faults(session) == []


def test_the_command_sums_the_days_anew(app, session, floor):
    session.commit()
    result = app.test_cli_runner().invoke(efficiency, ["rebuild"])
    assert (result.exit_code, "days summed anew" in result.output) == (0, True)
    first = session.scalars(select(FoldedDay.worked_on).order_by(FoldedDay.worked_on)).first()
    assert first <= TODAY
    session.execute(update(DaySum).values(event_count=77))
    session.commit()
    app.test_cli_runner().invoke(efficiency, ["rebuild", "--since", "2026-11-23"])
    wrong = {fault.split(":")[0] for fault in queries.faults(session)}
    assert wrong
    assert max(wrong) < "2026-11-23"
    app.test_cli_runner().invoke(efficiency, ["rebuild"])
    session.expire_all()
    assert queries.faults(session) == []


def test_the_worker_folds_what_is_due_and_nothing_twice(app, session, floor):
    session.commit()
    assert fold_due(app, lambda: False) > 0
    assert fold_due(app, lambda: False) == 0
    say(session, "saw-1", MORNING + timedelta(hours=2), MachineState.ERROR, received=LATER)
    session.commit()
    assert fold_due(app, lambda: True) == 0  # told to stop
    assert fold_due(app, lambda: False) >= 1


# --- properties -------------------------------------------------------------------

CELL = st.tuples(st.integers(0, 9), st.integers(0, 10**12))
DAYS = st.lists(
    st.builds(
        DaySums,
        cells=st.dictionaries(st.tuples(st.sampled_from(Name), st.sampled_from(("", "A"))), CELL),
        leads=st.lists(st.integers(0, 10**9)).map(lambda some: tuple(sorted(some))),
        machines=st.dictionaries(st.integers(1, 3), st.tuples(*[st.integers(0, 10**10)] * 8)),
    ),
    max_size=6,
)


@given(days=DAYS, cut=st.integers(0, 6), order=st.randoms(use_true_random=False))
def test_days_add_up_wherever_they_are_cut_and_in_any_order(days, cut, order):
    whole = added(days)
    assert added([added(days[:cut]), added(days[cut:])]) == whole
    order.shuffle(days)
    assert added(days) == whole


MOMENTS = st.lists(  # no state twice: one that repeats the state before it is a sample, and no row
    st.tuples(st.integers(0, 3 * 86_400), st.sampled_from(MachineState)),
    min_size=1,
    unique_by=(lambda one: one[0], lambda one: one[1]),
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=MOMENTS, order=st.randoms(use_true_random=False), folded_after=st.integers(0, 4))
def test_the_order_in_which_states_arrive_changes_nothing(session, told, order, folded_after):
    """Messages in the order of time, or in any order with the days kept in between: the same sums of each day."""
    begin = FOUR.begins[0]
    with session.begin_nested() as undone:
        make_shift(session, begins="20:00", ends="06:00", breaks=(), weekdays=range(7))  # over midnight
        for key in ("one", "two"):
            make_machine(session, key)
        for second, state in sorted(told, key=lambda one: one[0]):
            say(session, "one", begin + timedelta(seconds=second), state, received=LATER)
        order.shuffle(told)
        for number, (second, state) in enumerate(told):
            if number == folded_after:
                fold(session)
            say(session, "two", begin + timedelta(seconds=second), state, received=LATER)
        found = kept(session)
        ids = [one.id for one in queries.daily(session, FOUR, at=LATER).key]
        pairs = [[of_day.machines.get(one) for one in ids] for of_day in found.values()]
        assert all(first == second for first, second in pairs)
        assert found == raw(session)
        undone.rollback()


def test_a_stop_over_midnight_is_as_long_as_it_was_whatever_days_are_asked_for(session):
    make_shift(session, begins="20:00", ends="06:00", breaks=(), weekdays=range(7))
    make_machine(session, "saw-1")
    midnight = FOUR.begins[1]
    for seconds, state in (
        (-3600, MachineState.WORKING),
        (-40, MachineState.ERROR),  # 80 s, 40 on each day: a stop, though each part is shorter than a minute
        (40, MachineState.WORKING),
    ):
        say(session, "saw-1", midnight + timedelta(seconds=seconds), state)
    told = raw(session)
    first, second = (next(iter(told[day].machines.values())) for day in FOUR.days[:2])
    assert (first[2], second[4]) == ((3600 - 40) * 1_000_000, 40 * 1_000_000)


def test_planned_time_is_told_in_minutes_of_the_day():
    begin = datetime(2026, 11, 22, tzinfo=ZONE)
    usual, own = (
        [(begin + timedelta(hours=first), begin + timedelta(hours=last))]
        for first, last in ((8, 12), (6, 10))
    )
    assert planned_text(PlannedTime(usual), begin) == "480-720"
    assert planned_text(PlannedTime(usual, {7: own, 3: []}), begin) == "480-720;3:;7:360-600"


def test_a_machine_with_a_shift_of_its_own_is_measured_by_it_on_every_page(session):
    """The saw runs 08:00-10:00, its own shift: 120 of 120 min; the edge bander 08:00-10:00 of the factory's 510."""
    make_shift(session, weekdays=range(7))
    saw, _ = make_machine(session, "saw-1"), make_machine(session, "edge-1")
    make_shift(session, "08:00", "10:00", (), weekdays=range(7), machine_id=saw.id)
    for key in ("saw-1", "edge-1"):
        for hours, state in (
            (0, MachineState.WORKING),
            (2, MachineState.OFFLINE),
            (24, MachineState.OFFLINE),
        ):
            say(session, key, MORNING + timedelta(hours=hours), state)
    day = calendar_of(TODAY, TODAY, ZONE)
    told = report(session, day.window, at=LATER).figures[2]
    some = floor_queries.machines(session)
    by_page = floor_queries.together(
        floor_queries.work(session, some, day.window.since, day.window.before, ZONE)
    )
    assert (told.numerator.value, told.denominator.value) == (Decimal("240.0"), Decimal("630.0"))
    assert (by_page.producing, by_page.planned) == (240, 630)


# --- two at once ------------------------------------------------------------------


def test_a_day_folded_while_something_is_told_of_it_is_never_kept_without_it(database):
    """Ten late messages on one connection, ten foldings on another: in the end the kept day equals the raw rows."""
    with database.session as session:
        make_shift(session, weekdays=range(7))
        make_machine(session, "saw-1")
        say(session, "saw-1", MORNING, MachineState.WORKING)
        session.commit()
    start, wrong = threading.Barrier(3), []

    def tell(session, minute):
        at = MORNING + timedelta(minutes=minute)
        state = (MachineState.ERROR, MachineState.WORKING)[minute // 5 % 2]
        machines.take(session, [Message("saw-1", at, state=state)], at=LATER)

    def work(command, some):
        start.wait()
        with database.app.app_context():
            try:
                for one in some:
                    run(command, one)
            except Exception as error:  # noqa: BLE001  (told by the test)
                wrong.append(error)

    def again(session, _number):
        fold(session)

    jobs = ((tell, range(5, 55, 5)), (again, range(5)), (again, range(5)))
    threads = [threading.Thread(target=work, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    with database.app.app_context():
        assert kept(read()) == raw(read())
        run(again, 0)
        assert kept(read()) == raw(read())
        assert queries.faults(read()) == []
