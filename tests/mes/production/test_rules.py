from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from mes.production.rules import (
    Lateness,
    OpenWork,
    Standing,
    Verdict,
    forecast,
    judge,
    next_operation,
    pace,
    size_text,
)
from mes.splitting.rules import PieceState

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
ROUTE = ("CUT", "EDGE", "MILL", "QC")
CUT_PIECE = Standing(PieceState.CUT, ROUTE, 1, None)


def test_a_piece_is_due_for_the_first_operation_that_is_not_done():
    assert [next_operation(ROUTE, done) for done in (0, 1, 4)] == ["CUT", "EDGE", None]


@pytest.mark.parametrize(
    ("operations", "verdict"),
    [
        (["EDGE"], Verdict.DO),
        (["MILL", "EDGE"], Verdict.DO),
        (["MILL"], Verdict.EARLIER_OPEN),
        (["CUT"], Verdict.DONE_BEFORE),
        (["PAINT"], Verdict.EARLIER_OPEN),
    ],
)
def test_a_station_does_only_the_operation_that_is_due(operations, verdict):
    assert judge(CUT_PIECE, operations, at=NOON) is verdict


def test_a_finished_piece_has_nothing_left_at_a_station_off_its_route():
    made = replace(CUT_PIECE, state=PieceState.MADE, step_count=4)
    assert judge(made, ["PAINT"], at=NOON) is Verdict.FINISHED


@pytest.mark.parametrize("state", [PieceState.PACKED, PieceState.SHIPPED, PieceState.VOID, PieceState.REMAKE])
def test_what_is_packed_shipped_or_void_is_closed(state):
    assert judge(replace(CUT_PIECE, state=state), ["EDGE"], at=NOON) is Verdict.CLOSED


def test_two_operations_at_one_station_need_more_than_30_seconds_between_them():
    pressed = Standing(PieceState.PLANNED, ("PRESS", "SIZE"), 1, NOON)
    both = ["PRESS", "SIZE"]
    assert judge(pressed, both, at=NOON + timedelta(seconds=29)) is Verdict.DONE_BEFORE
    assert judge(pressed, both, at=NOON + timedelta(seconds=30)) is Verdict.DO


def test_a_size_is_written_without_needless_zeros_and_a_bundle_says_how_many():
    assert size_text(Decimal("2090.0"), Decimal("240.0"), 1) == "2090 × 240"
    assert size_text(Decimal("2068.5"), None, 2) == "2068.5 · 2"
    assert size_text(None, None, 1) == ""


def test_the_pace_counts_only_days_on_which_work_was_reported():
    assert pace(90, 6) == Decimal(15)
    assert pace(0, 0) == 0


def test_an_order_is_late_when_the_work_due_before_it_fills_its_days():
    # 10 a day: the first 20 take today and tomorrow; 20 + 15 = 35 need four days, to the 24th
    work = [OpenWork(1, date(2026, 11, 22), 20), OpenWork(2, date(2026, 11, 23), 15)]
    first, second = forecast(work, Decimal(10), TODAY)
    assert (first.expected_on, first.lateness, first.days_late) == (date(2026, 11, 22), Lateness.IN_TIME, 0)
    assert (second.expected_on, second.lateness, second.days_late) == (
        date(2026, 11, 24),
        Lateness.WILL_BE_LATE,
        1,
    )


def test_an_order_due_yesterday_is_overdue_whatever_the_pace():
    (order,) = forecast([OpenWork(1, date(2026, 11, 20), 1)], Decimal(0), TODAY)
    assert (order.lateness, order.days_late, order.expected_on) == (Lateness.OVERDUE, 1, None)


def test_without_a_pace_nothing_is_foretold():
    (order,) = forecast([OpenWork(1, date(2026, 11, 25), 1)], Decimal(0), TODAY)
    assert order.lateness is Lateness.UNKNOWN


def test_an_order_without_a_due_day_waits_behind_all_others_and_is_never_late():
    work = [OpenWork(1, None, 10), OpenWork(2, date(2026, 11, 21), 10)]
    dated, undated = forecast(work, Decimal(10), TODAY)
    assert (dated.order_id, dated.lateness) == (2, Lateness.IN_TIME)
    assert (undated.order_id, undated.lateness) == (1, Lateness.UNKNOWN)
    assert undated.expected_on == date(2026, 11, 22)
