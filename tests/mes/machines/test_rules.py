"""States, shifts and the figures of ISO 22400, by numbers worked out by hand. All times are of Shanghai."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mes.machines.rules import figures
from mes.machines.rules.counters import increment
from mes.machines.rules.figures import Loss, Made, Times
from mes.machines.rules.shifts import ShiftTimes, ShiftWrong, check, planned
from mes.machines.rules.signals import Message, state_of
from mes.machines.rules.states import Change, MachineState, StopReason, bridged, moment, spans
from mes.planning.rules.capacity import DayKind

ZONE = ZoneInfo("Asia/Shanghai")
OFF, STANDBY, READY, WORK, ERROR = MachineState
MONDAY = date(2026, 11, 23)


def at(hour, minute=0, second=0, day=MONDAY):
    return datetime.combine(day, time(hour, minute, second), ZONE)


def clock(text):
    return time.fromisoformat(text)


DAY_SHIFT = ShiftTimes(
    clock("08:00"), clock("17:30"), ((clock("12:00"), clock("13:00")),), frozenset(range(6)), MONDAY
)
NIGHT = ShiftTimes(
    clock("20:00"), clock("04:00"), ((clock("00:00"), clock("00:30")),), frozenset(range(5)), MONDAY
)


def no_exception(_day):
    return None


def hours(stretches):
    return [(f"{begin:%d %H:%M}", f"{end:%d %H:%M}") for begin, end in stretches]


# --- states -------------------------------------------------------------------------


def test_changes_in_any_order_fill_the_day_without_a_gap():
    line = [Change(at(9), WORK), Change(at(8), READY), Change(at(9, 30), ERROR, StopReason.BREAKDOWN)]
    found = spans(line, at(7), at(10))
    assert [(one.begin, one.end, one.state) for one in found] == [
        (at(7), at(8), None),
        (at(8), at(9), READY),
        (at(9), at(9, 30), WORK),
        (at(9, 30), at(10), ERROR),
    ]


def test_a_change_before_the_day_tells_how_it_begins():
    found = spans([Change(at(6), WORK), Change(at(8), WORK)], at(7), at(9))
    assert [(one.begin, one.end, one.state) for one in found] == [(at(7), at(9), WORK)]


def test_a_stop_of_59_seconds_between_two_runs_is_running_and_one_of_60_is_not():
    line = [
        Change(at(8), WORK), Change(at(8, 10), READY), Change(at(8, 10, 59), WORK),
        Change(at(8, 20), READY), Change(at(8, 21), WORK),
    ]  # fmt: skip
    found = bridged(spans(line, at(8), at(9)))
    assert [(one.state, one.is_micro_stop) for one in found] == [
        (WORK, False), (WORK, True), (WORK, False), (READY, False), (WORK, False),
    ]  # fmt: skip


def test_a_short_stop_with_a_reason_or_at_the_edge_stays_a_stop():
    line = [Change(at(8), WORK), Change(at(8, 10), READY, StopReason.MATERIAL), Change(at(8, 10, 20), WORK)]
    assert bridged(spans(line, at(8), at(9)))[1].state is READY
    edge = [Change(at(8), WORK), Change(at(8, 59, 50), READY)]
    assert bridged(spans(edge, at(8), at(9)))[-1].state is READY
    off = [Change(at(8), WORK), Change(at(8, 10), OFF), Change(at(8, 10, 20), WORK)]
    assert bridged(spans(off, at(8), at(9)))[1].state is OFF


def test_a_clock_that_runs_ahead_is_not_believed_and_one_that_is_late_is():
    now = at(9)
    assert moment(None, now) == now
    assert moment(at(8), now) == at(8)
    assert moment(now + timedelta(seconds=30), now) == now
    assert moment(at(10), now) == now


@given(st.permutations(range(6)))
def test_the_order_of_arrival_changes_nothing(order):
    line = [
        Change(at(8, 10 * number), state)
        for number, state in enumerate((WORK, READY, WORK, ERROR, OFF, WORK))
    ]
    assert spans([line[number] for number in order], at(7), at(10)) == spans(line, at(7), at(10))


@pytest.mark.parametrize(
    ("message", "state"),
    [
        (Message("saw"), None),
        (Message("saw", is_running=True), WORK),
        (Message("saw", is_running=False), READY),
        (Message("saw", is_running=True, alarm="E12 guard"), ERROR),
        (Message("saw", state=STANDBY, is_running=True), STANDBY),
    ],
)
def test_what_a_message_tells(message, state):
    assert state_of(message) is state


def test_a_counter_counts_differences_and_begins_anew_after_a_reset():
    readings = [None, 100, 104, 104, 3, 5]
    made = [increment(before, now) for before, now in zip(readings, readings[1:], strict=False)]
    assert made == [0, 4, 0, 3, 2]


# --- shifts -------------------------------------------------------------------------


def test_a_shift_is_planned_without_its_break():
    assert hours(planned([DAY_SHIFT], no_exception, at(0), at(23, 59), ZONE)) == [
        ("23 08:00", "23 12:00"),
        ("23 13:00", "23 17:30"),
    ]


def test_a_night_shift_lasts_past_midnight_and_belongs_to_the_day_it_begins_on():
    tuesday = date(2026, 11, 24)
    assert hours(planned([NIGHT], no_exception, at(0, day=tuesday), at(23, day=tuesday), ZONE)) == [
        ("24 00:30", "24 04:00"),
        ("24 20:00", "24 23:00"),
    ]


def test_shifts_that_overlap_are_planned_once():
    late = ShiftTimes(clock("16:00"), clock("20:00"), (), frozenset(range(6)), MONDAY)
    found = planned([DAY_SHIFT, late], no_exception, at(13), at(23), ZONE)
    assert hours(found) == [("23 13:00", "23 20:00")]


def test_a_day_off_plans_nothing_a_half_day_its_first_half_and_a_worked_sunday_counts():
    sunday = date(2026, 11, 29)
    whole = (at(0), at(23, 59))
    assert planned([DAY_SHIFT], lambda _day: DayKind.REST, *whole, ZONE) == []
    # 8.5 h planned: the half of it is 4.25 h, 08:00 to 12:00 and 13:00 to 13:15
    half = planned([DAY_SHIFT], lambda _day: DayKind.HALF, *whole, ZONE)
    assert hours(half) == [("23 08:00", "23 12:00"), ("23 13:00", "23 13:15")]
    of_sunday = (at(0, day=sunday), at(23, day=sunday))
    assert planned([DAY_SHIFT], no_exception, *of_sunday, ZONE) == []
    assert len(planned([DAY_SHIFT], {sunday: DayKind.WORK}.get, *of_sunday, ZONE)) == 2


def test_a_machine_s_own_shifts_stand_in_place_of_the_factory_s_while_they_are_in_force():
    """The factory works 08:00-16:00 every day; the machine 06:00-10:00 on Mondays, until Tuesday."""
    usual = ShiftTimes(time(8), time(16), (), frozenset(range(7)), MONDAY)
    own = ShiftTimes(time(6), time(10), (), frozenset({0}), MONDAY, MONDAY + timedelta(days=1))
    thursday = MONDAY + timedelta(days=3)
    stretches = planned([usual], no_exception, at(0), at(0, day=thursday), ZONE, [own])
    # nothing on Tuesday: its own shifts are in force, and none is worked
    assert hours(stretches) == [("23 06:00", "23 10:00"), ("25 08:00", "25 16:00")]


def test_a_shift_holds_from_its_first_to_its_last_day():
    ended = ShiftTimes(clock("08:00"), clock("12:00"), (), frozenset(range(7)), MONDAY, MONDAY)
    assert (
        len(planned([ended], no_exception, at(0) - timedelta(days=3), at(0) + timedelta(days=9), ZONE)) == 1
    )


@pytest.mark.parametrize(
    "breaks", [("07:00", "07:30"), ("17:00", "18:00"), ("12:00", "12:00"), ("13:00", "12:00")]
)
def test_a_break_outside_its_shift_is_refused(breaks):
    wrong = ShiftTimes(clock("08:00"), clock("17:30"), (tuple(map(clock, breaks)),), frozenset({0}), MONDAY)
    with pytest.raises(ShiftWrong):
        check(wrong)


def test_breaks_that_overlap_are_refused_and_one_past_midnight_is_taken():
    two = ((clock("12:00"), clock("13:00")), (clock("12:30"), clock("13:30")))
    with pytest.raises(ShiftWrong):
        check(ShiftTimes(clock("08:00"), clock("17:30"), two, frozenset({0}), MONDAY))
    check(NIGHT)
    check(DAY_SHIFT)


# --- figures ------------------------------------------------------------------------
# One shift of 8.5 h = 510 min (08:00-12:00, 13:00-17:30). The machine: off until 08:30 (30), set up until 09:00
# (30), works until 11:00 (120), waits for material until 12:30 (60 of it planned), works until 16:00 (180),
# broken until 17:00 (60), ready until 17:30 (30). APT 300, ASUT 30, ADET 150, AUBT 480, PBT 510.

LINE = [
    Change(at(6), OFF),
    Change(at(8, 30), STANDBY, StopReason.SETUP),
    Change(at(9), WORK),
    Change(at(11), READY, StopReason.MATERIAL),
    Change(at(12, 30), WORK),
    Change(at(16), ERROR, StopReason.BREAKDOWN),
    Change(at(17), READY),
]
WHOLE = (at(0), at(0) + timedelta(days=1))
PLANNED = planned([DAY_SHIFT], no_exception, *WHOLE, ZONE)
SPANS = spans(LINE, *WHOLE)
TIMES = figures.measure(SPANS, PLANNED)
MADE = Made(produced=120, good=114, planned_run=Fraction(2))


def test_the_times_of_a_day():
    assert (
        Times(
            planned=Fraction(510),
            busy=Fraction(480),
            producing=Fraction(300),
            setup=Fraction(30),
            delayed=Fraction(150),
            unknown=Fraction(0),
        )
        == TIMES
    )
    assert TIMES.processing == 330


def test_planned_time_before_the_first_report_is_left_out():
    found = figures.measure(spans([Change(at(9), WORK)], *WHOLE), PLANNED)
    assert (found.planned, found.unknown, found.producing) == (450, 60, 450)


def test_availability_is_apt_by_pbt():
    assert figures.availability(TIMES) == Fraction(300, 510)


def test_utilisation_efficiency_is_apt_by_aubt():
    assert figures.utilisation_efficiency(TIMES) == Fraction(300, 480)


def test_effectiveness_is_pru_times_pq_by_apt():
    assert figures.effectiveness(TIMES, MADE) == Fraction(2 * 120, 300)
    assert figures.effectiveness(TIMES, Made(120, 114)) is None  # no planned run time is told


def test_quality_ratio_is_gq_by_pq():
    assert figures.quality_ratio(MADE) == Fraction(114, 120)


def test_oee_is_the_product_of_three():
    # 300/510 · 240/300 · 114/120 = 0.588235… · 0.8 · 0.95 = 228/510
    assert figures.oee(TIMES, MADE) == Fraction(228, 510)


def test_nee_counts_set_up_as_no_loss():
    # 330/510 · 0.8 · 0.95 = 250.8/510
    assert figures.nee(TIMES, MADE) == Fraction("250.8") / 510


def test_setup_rate_is_asut_by_aupt():
    assert figures.setup_rate(TIMES) == Fraction(30, 330)


def test_technical_efficiency_is_apt_by_apt_and_adet():
    assert figures.technical_efficiency(TIMES) == Fraction(300, 450)


def test_without_a_denominator_there_is_no_figure():
    nothing = Times()
    told = (
        figures.availability(nothing), figures.utilisation_efficiency(nothing), figures.setup_rate(nothing),
        figures.technical_efficiency(nothing), figures.quality_ratio(Made()), figures.oee(nothing, MADE),
    )  # fmt: skip
    assert set(told) == {None}


def test_the_largest_loss_comes_first():
    assert figures.losses(SPANS, PLANNED) == [
        Loss(None, StopReason.BREAKDOWN, Fraction(60), 1),
        Loss(None, StopReason.MATERIAL, Fraction(60), 1),
        Loss(None, StopReason.SETUP, Fraction(30), 1),
        Loss(OFF, None, Fraction(30), 1),
        Loss(READY, None, Fraction(30), 1),
    ]


def test_an_availability_of_0_46_and_one_of_0_52_differ_by_13_percent():
    before = Times(planned=Fraction(1000), producing=Fraction(460))
    after = Times(planned=Fraction(1000), producing=Fraction(520))
    gain = figures.availability(after) / figures.availability(before) - 1
    assert round(Decimal(gain.numerator) / Decimal(gain.denominator), 3) == Decimal("0.130")


CHANGES = st.lists(
    st.builds(
        Change,
        st.integers(0, 2 * 24 * 3600).map(lambda second: at(0) + timedelta(seconds=second)),
        st.sampled_from(list(MachineState)),
        st.sampled_from([None, *StopReason]),
    ),
    max_size=12,
)


@given(CHANGES, st.integers(1, 47))
def test_two_parts_of_a_time_add_up_to_the_whole(line, hour):
    two_days, middle = at(0) + timedelta(days=2), at(0) + timedelta(hours=hour)
    parts = [(at(0), middle), (middle, two_days)]
    whole = figures.measure(
        spans(line, at(0), two_days), planned([DAY_SHIFT, NIGHT], no_exception, at(0), two_days, ZONE)
    )
    added = sum(
        (
            figures.measure(spans(line, *part), planned([DAY_SHIFT, NIGHT], no_exception, *part, ZONE))
            for part in parts
        ),
        Times(),
    )
    assert added == whole
    assert whole.planned >= whole.busy
