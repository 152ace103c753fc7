"""Working days, capacity, promises and risks, by hand-worked numbers. 20 November 2026 is a Friday."""

from datetime import date
from decimal import Decimal

from erp.catalogue.rules.document import DoorKind, Finish
from erp.sales.rules.states import OrderState
from mes.planning.rules.capacity import (
    ClassCapacity,
    DayKind,
    Level,
    OrderStanding,
    ProductClass,
    Risk,
    after_working_days,
    earliest,
    load_of,
    risks,
    working_days,
)

D = Decimal

FRIDAY = date(2026, 11, 20)
WHITE = ProductClass(DoorKind.SINGLE, Finish.MELAMINE)
PAINTED = ProductClass(DoorKind.SINGLE, Finish.PAINTED)
CAPACITIES = {WHITE: ClassCapacity(30, D("0.8"), 5), PAINTED: ClassCapacity(10, D("0.8"), 12)}


def day(number, month=11):
    return date(2026, month, number)


# --- calendar ---------------------------------------------------------------


def test_sundays_are_not_worked_and_the_calendar_may_say_otherwise():
    # Sat 21, (Sun 22), Mon 23 … Wed 25
    assert working_days(FRIDAY, day(25), {}) == 4
    # a Sunday worked, a half Monday, Tuesday off: 1 + 1 + 0.5 + 0 + 1
    special = {day(22): DayKind.WORK, day(23): DayKind.HALF, day(24): DayKind.REST}
    assert working_days(FRIDAY, day(25), special) == D("3.5")


def test_working_days_run_on_over_half_days():
    assert after_working_days(FRIDAY, 2, {}) == day(23)  # Sat, Mon
    # Sat 0.5, Mon 1 makes 1.5, Tue 2.5: two are worked by Tuesday's end
    assert after_working_days(FRIDAY, 2, {day(21): DayKind.HALF}) == day(24)
    assert after_working_days(FRIDAY, 0, {}) == FRIDAY


# --- load -------------------------------------------------------------------


def test_a_day_warns_at_its_mark_and_is_over_beyond_its_capacity():
    one = CAPACITIES[WHITE]  # 30 sets, from 24 on it warns
    assert [load_of(one, day(23), count, {}).level for count in (0, 23, 24, 30, 31)] == [
        Level.FREE,
        Level.FREE,
        Level.WARN,
        Level.WARN,
        Level.OVER,
    ]


def test_a_half_day_makes_half_and_a_day_off_nothing():
    odd = ClassCapacity(31, D(1), 5)
    assert load_of(odd, day(23), 0, {day(23): DayKind.HALF}).capacity == 15  # 15.5, whole sets
    off = load_of(odd, day(22), 1, {})
    assert (off.capacity, off.level, off.share) == (0, Level.OVER, 1)


# --- promise ----------------------------------------------------------------


def test_the_first_day_is_order_day_and_production_days_and_two():
    # five worked days after Friday 20: Sat 21, Mon 23, Tue 24, Wed 25, Thu 26; + 2 = Sat 28
    assert earliest(FRIDAY, {WHITE: 4}, CAPACITIES, {}, {}) == day(28)


def test_a_full_day_is_passed_over_and_sunday_too():
    # Sat 28 has 27 of 30 booked: 3 free, 4 wanted; Sun 29 nothing; Mon 30 takes the last one
    assert earliest(FRIDAY, {WHITE: 4}, CAPACITIES, {}, {(WHITE, day(28)): 27}) == day(30)
    assert earliest(FRIDAY, {WHITE: 3}, CAPACITIES, {}, {(WHITE, day(28)): 27}) == day(28)


def test_an_order_larger_than_a_day_takes_several():
    # 70 sets: Sat 28 takes 30, Mon 30 takes 30, Tue 1 Dec the last 10
    assert earliest(FRIDAY, {WHITE: 70}, CAPACITIES, {}, {}) == day(1, 12)


def test_an_overbooked_day_takes_nothing_from_the_next():
    booked = {(WHITE, day(28)): 50}
    assert earliest(FRIDAY, {WHITE: 30}, CAPACITIES, {}, booked) == day(30)


def test_the_slowest_class_tells_the_day_and_a_class_without_capacity_tells_none():
    # painted: 12 worked days: 21, 23-28 (6), 30, 1-4 Dec (5) = 12 -> Fri 4 Dec; + 2 = Sun 6, so Mon 7
    assert earliest(FRIDAY, {WHITE: 1, PAINTED: 1}, CAPACITIES, {}, {}) == day(7, 12)
    other = ProductClass(DoorKind.SLIDING, Finish.MELAMINE)
    assert earliest(FRIDAY, {WHITE: 1, other: 1}, CAPACITIES, {}, {}) is None
    assert earliest(FRIDAY, {}, CAPACITIES, {}, {}) is None


# --- risk -------------------------------------------------------------------


def standing(**over):
    given = {
        "state": OrderState.IN_PRODUCTION,
        "due_on": day(28),
        "piece_count": 10,
        "made_count": 0,
        "production_days": 5,
    }
    return OrderStanding(**(given | over))


def test_work_that_is_left_is_held_against_the_days_that_are_left():
    # due Sat 28, ready by Thu 26: Sat, Mon, Tue, Wed, Thu = 5 days for 5 days of work
    assert risks(standing(), FRIDAY, {}) == ()
    assert risks(standing(due_on=day(27)), FRIDAY, {}) == (Risk.BEHIND,)
    # with 6 of 10 made, 5 × 0.4 = 2 days: due Tue 24, ready by Sun 22: one day (Sat) for two
    assert risks(standing(due_on=day(24), made_count=6), FRIDAY, {}) == (Risk.BEHIND,)
    # ready by Mon 23: two days (Sat, Mon) for two
    assert risks(standing(due_on=day(25), made_count=6), FRIDAY, {}) == ()


def test_a_holiday_makes_an_order_late():
    assert risks(standing(), FRIDAY, {day(24): DayKind.REST}) == (Risk.BEHIND,)


def test_every_reason_is_told_the_worst_first():
    one = standing(state=OrderState.QUERY, due_on=day(19), piece_count=0, is_lacking=True)
    assert risks(one, FRIDAY, {}) == (Risk.LATE, Risk.QUESTION, Risk.NOT_RELEASED, Risk.MATERIAL)


def test_what_is_ready_is_late_only_when_its_day_is_past_and_what_is_gone_never():
    assert risks(standing(state=OrderState.READY, due_on=FRIDAY), FRIDAY, {}) == ()
    assert risks(standing(state=OrderState.READY, due_on=day(19)), FRIDAY, {}) == (Risk.LATE,)
    assert risks(standing(state=OrderState.SHIPPED, due_on=day(1)), FRIDAY, {}) == ()
    assert risks(standing(due_on=None), FRIDAY, {}) == ()
