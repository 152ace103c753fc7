"""What machines say comes to the same states and pieces in whatever order, and in whatever slices, it arrives."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from mes.machines import queries, service
from mes.machines.model import Machine, Output, StateChange, StateRepeat
from mes.machines.rules.counters import MachineClock
from mes.machines.rules.signals import Message
from mes.machines.rules.states import MachineState, StopReason
from tests.factories.machines import make_machine, make_shift
from tests.factories.people import make_person

ZONE = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)  # Monday 23 November, 00:00 in Shanghai
LATER = MIDNIGHT + timedelta(days=1)
OFF, STANDBY, READY, WORK, ERROR = MachineState
MINUTES = st.lists(st.integers(8 * 60, 17 * 60), min_size=2, max_size=12, unique=True).map(sorted)


def at(minute):
    """A moment of Monday, so many minutes after its beginning by the factory's clock."""
    return MIDNIGHT + timedelta(minutes=minute)


@st.composite
def told(draw):
    """What a machine says: states, and readings of a counter that grows and is reset, never twice the same one."""
    minutes = draw(MINUTES)
    readings = draw(st.lists(st.integers(0, 99), min_size=len(minutes), max_size=len(minutes), unique=True))
    states = [draw(st.sampled_from([None, WORK, READY, ERROR])) for _ in minutes]
    return [
        Message("saw-1", at(minute), state=state, good=reading)
        for minute, state, reading in zip(minutes, states, readings, strict=True)
    ]


@st.composite
def arrivals(draw):
    """The messages of a day in their order, and in some order and some slices, a few of them twice."""
    said = draw(told())
    mixed = draw(st.permutations([*said, *draw(st.lists(st.sampled_from(said), max_size=3))]))
    cuts = sorted({0, len(mixed), *draw(st.lists(st.integers(0, len(mixed)), max_size=4))})
    return said, [mixed[begin:end] for begin, end in zip(cuts, cuts[1:], strict=False)]


def came_to(session, slices):
    """What some slices come to: changes of state, and pieces by the moment at which they were counted."""
    nested = session.begin_nested()
    saw = make_machine(session, "saw-1")
    for part in slices:
        service.take(session, part, at=LATER)
    session.flush()
    session.expire_all()
    line = session.execute(
        select(StateChange.began_at, StateChange.state).order_by(StateChange.began_at)
    ).all()
    made = session.execute(
        select(Output.counted_at, Output.good_count)
        .where(Output.good_count > 0)
        .order_by(Output.counted_at, Output.id)
    ).all()
    (work,) = queries.work(session, [saw], MIDNIGHT, LATER, ZONE)
    found = [tuple(row) for row in line], [tuple(row) for row in made], work.times, work.made
    nested.rollback()
    return found


@given(arrivals())
@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_order_and_the_slices_of_arrival_change_nothing(session, some):
    said, slices = some
    make_shift(session)
    in_order = came_to(session, [[one] for one in said])
    assert came_to(session, slices) == in_order
    assert sum(count for _, count in in_order[1]) == _by_hand(said)


def _by_hand(said):
    """Growth where a reading grew, the reading itself after a reset."""
    readings = [one.good for one in said]
    return sum(b - a if b >= a else b for a, b in zip(readings, readings[1:], strict=False))


@pytest.fixture
def saw(session):
    return make_machine(session, "saw-1")


def line(session):
    session.flush()
    rows = select(StateChange.began_at, StateChange.state, StateChange.reason).order_by(StateChange.began_at)
    return [((row[0] - MIDNIGHT) // timedelta(minutes=1), *row[1:]) for row in session.execute(rows)]


def hear(session, *said):
    for minute, state in said:
        service.take(session, [Message("saw-1", at(minute), state=state)], at=LATER)


def test_a_late_stop_ends_when_the_run_was_told_again(session, saw):
    """It runs at 8:00, 8:10, 8:20 and 8:30; that it waited at 8:15 comes last: from 8:15 to 8:20, not for ever."""
    hear(session, (480, WORK), (490, WORK), (500, WORK), (510, WORK), (495, READY))
    assert line(session) == [(480, WORK, None), (495, READY, None), (500, WORK, None)]


def test_a_stop_that_began_earlier_than_first_heard_keeps_its_reason(session, saw):
    operator = make_person(session, roles=("operator",)).id
    hear(session, (480, WORK), (520, READY))
    service.press(session, saw.id, None, StopReason.MATERIAL, by=operator, at=LATER)
    hear(session, (510, READY), (515, READY))
    assert line(session) == [(480, WORK, None), (510, READY, StopReason.MATERIAL)]


def test_of_a_state_that_is_repeated_every_second_one_moment_a_minute_is_kept(session, saw):
    seconds = [Message("saw-1", at(480) + timedelta(seconds=s), state=WORK) for s in range(300)]
    service.take(session, seconds, at=LATER)
    kept = session.scalars(select(StateRepeat.told_at).order_by(StateRepeat.told_at)).all()
    assert kept == [at(481), at(482), at(483), at(484)]
    assert line(session) == [(480, WORK, None)]
    service.forget_repeats(session, at=at(482) + timedelta(days=3))
    assert session.scalars(select(StateRepeat.told_at).order_by(StateRepeat.told_at)).all() == kept[1:]


def test_two_changes_of_a_clock_that_runs_ahead_are_kept_in_the_order_in_which_they_came(session, saw):
    ahead = [
        Message("saw-1", LATER + timedelta(hours=hour), state=state)
        for hour, state in ((2, WORK), (1, READY))
    ]
    service.take(session, [*ahead, Message("saw-1", state=ERROR)], at=LATER)
    rows = session.scalars(select(StateChange).order_by(StateChange.began_at)).all()
    assert [row.state for row in rows] == [WORK, READY, ERROR]
    assert [(row.began_at - LATER) // timedelta(milliseconds=1) for row in rows] == [0, 1, 2]


def test_readings_from_before_the_first_one_count_up_to_it(session, saw):
    """100 at 9:00 is the beginning, until 90 at 8:00 is heard of: then ten were made by 9:00."""
    for minute, good in ((540, 100), (600, 104), (480, 90)):
        service.take(session, [Message("saw-1", at(minute), good=good)], at=LATER)
    made = session.execute(select(Output.counted_at, Output.good_count).order_by(Output.counted_at)).all()
    assert [tuple(row) for row in made] == [(at(540), 10), (at(600), 4)]


def test_a_machine_out_of_use_is_named_as_unknown(session, saw):
    session.get(Machine, saw.id).is_active = False
    session.flush()
    assert service.take(session, [Message("saw-1", at(480), state=WORK)], at=LATER).unknown == ("saw-1",)


def test_a_machine_s_own_clocks_count_through_resets_and_never_more_than_passed(client_for, session, saw):
    """Production: 0, then 50 min by 9:00; reset, 5 min by 9:10; the gateway is changed, and its clock shows a year: no
    more than the 50 min that passed by 10:00 count. By hand 50 + 5 + 50 = 105 min. By its states: 8:00-10:00 = 120."""
    minute = 60_000
    readings = ((480, 7 * minute), (540, 57 * minute), (550, 5 * minute), (600, 525_600 * minute))
    for moment, ms in readings:
        said = Message("saw-1", at(moment), state=WORK, clocks=((MachineClock.PRODUCTION, ms),))
        for _ in range(2):
            service.take(session, [said], at=LATER)
    late = Message("saw-1", at(545), clocks=((MachineClock.PRODUCTION, 60 * minute),))
    service.take(session, [late, Message("saw-1", at(600) + timedelta(seconds=1), state=OFF)], at=LATER)
    session.commit()
    own = queries.own_clocks(session, saw.id, MIDNIGHT, LATER)
    assert own == {MachineClock.PRODUCTION: timedelta(minutes=105)}
    assert queries.own_clocks(session, saw.id, at(600), LATER) == {
        MachineClock.PRODUCTION: timedelta(minutes=50)
    }
    page = client_for("owner", locale="en").get(f"/mes/machines/{saw.id}/?day=2026-11-23").text
    assert ("own clocks" in page, "1:45" in page, "2:00" in page) == (True, True, True)
