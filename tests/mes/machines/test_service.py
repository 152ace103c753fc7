"""Buttons and signals: what is kept of them, and what not. Times are UTC; noon in Shanghai is 04:00."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from core.errors import NotFound
from mes.machines import queries, service
from mes.machines.model import Output, StateChange
from mes.machines.rules.figures import Times
from mes.machines.rules.signals import Message
from mes.machines.rules.states import KeyTaken, MachineState, RunsBySignal, Source, StopReason
from mes.machines.service import MachineFacts
from tests.factories.machines import make_machine, make_shift
from tests.factories.people import make_person

ZONE = ZoneInfo("Asia/Shanghai")
OFF, STANDBY, READY, WORK, ERROR = MachineState
MIDNIGHT = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)  # Monday 23 November, 00:00 in Shanghai


def at(hour, minute=0, second=0):
    """A moment of Monday by the factory's clock."""
    return MIDNIGHT + timedelta(hours=hour, minutes=minute, seconds=second)


@pytest.fixture
def saw(session):
    return make_machine(session, "saw-1")


@pytest.fixture
def operator(session):
    return make_person(session, roles=("operator",)).id


def line(session, machine):
    rows = session.execute(
        select(StateChange.began_at, StateChange.state, StateChange.reason)
        .where(StateChange.machine_id == machine.id)
        .order_by(StateChange.began_at)
    )
    return [tuple(row) for row in rows]


def hear(session, *messages, received=None):
    return service.take(session, messages, at=received or max(one.at for one in messages))


# --- by hand ------------------------------------------------------------------------


def test_a_button_says_a_state_and_a_reason_means_one(session, saw, operator):
    service.press(session, saw.id, WORK, None, by=operator, at=at(8))
    service.press(session, saw.id, None, StopReason.BREAKDOWN, by=operator, at=at(9))
    service.press(session, saw.id, None, StopReason.SETUP, by=operator, at=at(10))
    service.press(session, saw.id, None, StopReason.MATERIAL, by=operator, at=at(11))
    assert line(session, saw) == [
        (at(8), WORK, None),
        (at(9), ERROR, StopReason.BREAKDOWN),
        (at(10), STANDBY, StopReason.SETUP),
        (at(11), READY, StopReason.MATERIAL),
    ]
    last = queries.last_change(session, saw.id)
    assert (last.source, last.person_id) == (Source.BUTTON, operator)


def test_the_same_button_twice_is_one_change(session, saw, operator):
    service.press(session, saw.id, WORK, None, by=operator, at=at(8))
    assert service.press(session, saw.id, WORK, None, by=operator, at=at(9)) is None
    assert len(line(session, saw)) == 1


def test_two_buttons_at_one_moment_are_both_kept_in_their_order(session, saw, operator):
    service.press(session, saw.id, WORK, None, by=operator, at=at(8))
    service.press(session, saw.id, OFF, None, by=operator, at=at(8))
    assert [state for _, state, _ in line(session, saw)] == [WORK, OFF]


def test_a_connected_machine_takes_the_reason_of_its_stop_and_no_state(session, saw, operator):
    hear(session, Message("saw-1", at(8), state=READY))
    service.press(session, saw.id, None, StopReason.MATERIAL, by=operator, at=at(8, 1))
    assert line(session, saw) == [(at(8), READY, StopReason.MATERIAL)]
    hear(session, Message("saw-1", at(8, 2), state=WORK))
    with pytest.raises(RunsBySignal) as refusal:
        service.press(session, saw.id, None, StopReason.BREAKDOWN, by=operator, at=at(8, 3))
    assert refusal.value.facts["state"] is WORK
    with pytest.raises(RunsBySignal):
        service.press(session, saw.id, OFF, None, by=operator, at=at(8, 3))


def test_a_machine_that_is_heard_no_more_is_told_by_hand_again(session, saw, operator):
    hear(session, Message("saw-1", at(8), state=READY))
    service.press(session, saw.id, WORK, None, by=operator, at=at(8, 6))
    assert queries.last_change(session, saw.id).state is WORK


def test_an_unknown_machine_and_a_topic_name_twice_are_refused(session, saw, operator):
    with pytest.raises(NotFound):
        service.press(session, 999_999, WORK, None, by=operator, at=at(8))
    with pytest.raises(KeyTaken):
        service.put_machine(
            session,
            None,
            MachineFacts("saw-1", "另一台", "", None, True, Decimal(0)),
            by=None,
            at=at(8),
        )


# --- by signal ----------------------------------------------------------------------


def test_samples_are_not_kept_and_changes_are(session, saw):
    states = (WORK, WORK, WORK, READY, READY, WORK)
    hear(session, *(Message("saw-1", at(8, minute), state=state) for minute, state in enumerate(states)))
    assert [(moment.minute, state) for moment, state, _ in line(session, saw)] == [
        (0, WORK),
        (3, READY),
        (5, WORK),
    ]


def test_a_message_that_comes_late_or_twice_finds_its_place_once(session, saw):
    hear(session, Message("saw-1", at(8), state=WORK), Message("saw-1", at(9), state=READY))
    late = Message("saw-1", at(8, 30), state=ERROR, alarm="E7 extraction")
    for _ in range(2):
        service.take(session, [late], at=at(9, 5))
    assert line(session, saw) == [(at(8), WORK, None), (at(8, 30), ERROR, None), (at(9), READY, None)]
    kept = queries.change_at(session, saw.id, at(8, 40))
    assert (kept.alarm, kept.received_at) == ("E7 extraction", at(9, 5))


def test_a_machine_that_nobody_wrote_down_is_named_and_nothing_is_kept(session, saw):
    taken = hear(session, Message("press-9", at(8), state=WORK))
    assert (taken.changed, taken.unknown) == (0, ("press-9",))
    assert session.scalar(select(func.count(StateChange.id))) == 0


def test_counters_give_what_was_made_through_a_reset_and_a_late_reading(session, saw):
    readings = ((0, 100, 7), (1, 104, 7), (2, 104, 8), (3, 3, 0), (5, 9, 1))
    hear(session, *(Message("saw-1", at(8, m), good=good, reject=reject) for m, good, reject in readings))
    service.take(session, [Message("saw-1", at(8, 4), good=5, reject=0)], at=at(8, 6))  # late
    columns = (Output.counted_at, Output.good_count, Output.reject_count)
    made = session.execute(select(*columns).order_by(Output.counted_at)).all()
    # 4 good; 1 bad; reset: 3 good; of 6 good two by 8:04, as the late reading tells, and 4 good and 1 bad after it
    assert [(row[0].minute, row[1], row[2]) for row in made] == [
        (1, 4, 0),
        (2, 0, 1),
        (3, 3, 0),
        (4, 2, 0),
        (5, 4, 1),
    ]


def test_silence_counts_as_off_from_when_it_began(session, saw):
    hear(session, Message("saw-1", at(8), state=WORK), Message("saw-1", at(8, 30), state=WORK))
    assert service.end_silence(session, at=at(8, 34)) == 0
    assert service.end_silence(session, at=at(8, 36)) == 1
    assert service.end_silence(session, at=at(8, 40)) == 0
    assert line(session, saw) == [(at(8), WORK, None), (at(8, 30), OFF, None)]
    hear(session, Message("saw-1", at(9), state=WORK))
    assert line(session, saw)[-1] == (at(9), WORK, None)


def test_a_machine_that_fell_silent_counts_as_off_also_where_nobody_listens(session, saw):
    make_shift(session)
    hear(session, Message("saw-1", at(8), state=WORK), Message("saw-1", at(10), state=WORK))
    (work,) = queries.work(session, [saw], at(0), at(12), ZONE)
    assert (work.times.planned, work.times.producing) == (240, 120)
    assert work.spans[-1].state is OFF
    (work,) = queries.work(session, [saw], at(0), at(10, 4), ZONE)  # four minutes are no silence
    assert (work.times.planned, work.times.producing) == (124, 124)
    (work,) = queries.work(session, [saw], at(13), at(14), ZONE)
    assert (work.times.planned, work.times.busy) == (60, 0)


# --- what comes of it ---------------------------------------------------------------


def test_the_day_of_a_machine_by_numbers_worked_out_by_hand(session, saw, operator):
    make_shift(session)
    hear(
        session,
        Message("saw-1", at(7), state=OFF),
        Message("saw-1", at(8), state=STANDBY),
        Message("saw-1", at(8, 30), state=WORK, good=0, reject=0),
        Message("saw-1", at(9), state=READY, good=20, reject=1),
        Message("saw-1", at(9, 0, 40), state=WORK),  # 40 s: a micro-stop
        Message("saw-1", at(11, 30), state=READY),
        Message("saw-1", at(12, 30), good=40, reject=1),  # in the break: counts in no figure
        Message("saw-1", at(13), state=WORK, good=60, reject=1),
        Message("saw-1", at(17), state=OFF),
    )
    change = queries.change_at(session, saw.id, at(8))
    change.reason = StopReason.SETUP
    session.flush()
    (work,) = queries.work(session, [saw], at(0), at(24), ZONE)
    # set-up 8:00-8:30; runs 8:30-11:30 and 13:00-17:00; waits 11:30-12:00; off 17:00-17:30
    assert work.times == Times(
        planned=Fraction(510),
        busy=Fraction(480),
        producing=Fraction(420),
        setup=Fraction(30),
        delayed=Fraction(30),
    )
    assert (work.micro_stop_count, work.made.good, work.made.produced) == (1, 40, 41)
    assert [(one.state or one.reason, one.length) for one in work.losses] == [
        (StopReason.SETUP, Fraction(30)),
        (OFF, Fraction(30)),
        (READY, Fraction(30)),
    ]


def test_the_state_at_midnight_comes_from_the_day_before(session, saw):
    make_shift(session, "20:00", "04:00", breaks=())
    hear(session, Message("saw-1", at(-3), state=WORK), Message("saw-1", at(24), state=WORK))  # since 21:00
    (work,) = queries.work(session, [saw], at(0), at(24), ZONE)
    assert (work.times.planned, work.times.producing) == (240, 240)  # 20:00 to 24:00; Sunday has no shift


def test_machines_together_weigh_by_their_hours(session, saw):
    make_shift(session)
    other = make_machine(session, "edge-1")
    hear(session, Message("saw-1", at(8), state=WORK), Message("edge-1", at(13), state=WORK))
    hear(session, *(Message(key, at(17, 30), state=WORK) for key in ("saw-1", "edge-1")))
    found = queries.work(session, [saw, other], at(0), at(24), ZONE)
    assert queries.together(found) == Times(
        planned=Fraction(510 + 270),
        busy=Fraction(510 + 270),
        producing=Fraction(510 + 270),
        unknown=Fraction(240),
    )
