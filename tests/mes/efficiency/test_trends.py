from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from bs4 import BeautifulSoup

from mes.efficiency import queries
from mes.efficiency.queries import trends
from mes.efficiency.rules import Metric
from mes.efficiency.rules.trends import Point, Trend, is_provisional, lines_of, single_days, weeks
from mes.packing.model import Draw, Recheck
from mes.packing.rules import RecheckState
from tests.conftest import NOON
from tests.factories.people import make_person
from tests.mes.efficiency.reading import report
from tests.mes.efficiency.test_baselines import ZONE
from tests.mes.efficiency.test_proof import factory, floor  # noqa: F401  (fixtures)
from tests.mes.packing.bench import packages
from tests.mes.shipping.dock import sealed_order

D = Decimal
SUNDAY = date(2026, 11, 22)
METRICS = list(Metric)


def at(day, value, sample=1):
    return Point(day, day, None if value is None else D(value), sample)


def line(*values, base=None, goal=None):
    points = [at(SUNDAY + timedelta(days=place), value) for place, value in enumerate(values)]
    return Trend(Metric.M1, tuple(points), base, goal)


def test_weeks_run_from_monday_to_sunday_and_the_ends_are_cut():
    assert weeks(date(2026, 11, 19), date(2026, 12, 1)) == [
        (date(2026, 11, 19), SUNDAY),
        (date(2026, 11, 23), date(2026, 11, 29)),
        (date(2026, 11, 30), date(2026, 12, 1)),
    ]
    assert single_days(SUNDAY, SUNDAY) == [(SUNDAY, SUNDAY)]


def test_a_missing_point_breaks_the_line():
    assert line("1", "2", None, "4", None, None, "7").runs == [[0, 1], [3], [6]]
    assert line("1", "2", None).last == at(SUNDAY + timedelta(days=1), "2")
    assert (line(None).runs, line(None).last) == ([], None)


def test_baseline_and_target_are_within_the_picture_and_the_points_evenly_across():
    drawn = line("1", "2", base=D(1), goal=D("2.5"))
    # 1 to 2.5 take eight tenths of the height: 2 lies a third of them below the top
    assert [drawn.down(D(value)) for value in ("2.5", "2", "1")] == [
        Fraction(1, 10),
        Fraction(1, 10) + Fraction(8, 30),
        Fraction(9, 10),
    ]
    assert (drawn.across(0), drawn.across(1)) == (Fraction(1, 4), Fraction(3, 4))
    assert line("3").down(D(3)) == Fraction(1, 2)


@pytest.mark.parametrize(
    ("metric", "days_ago", "told"),
    [
        ("M1", 10, True),
        ("M1", 11, False),
        ("M2", 0, True),
        ("M2", 1, False),
        ("M4", 30, True),
        ("M5", 31, False),
    ],
)
def test_what_may_still_change_is_provisional(metric, days_ago, told):
    assert is_provisional(Metric(metric), SUNDAY - timedelta(days=days_ago), SUNDAY) is told


def test_accuracies_have_the_published_target_and_no_baseline_of_their_own():
    assert lines_of(Metric.M5, None) == (None, D(99))
    assert lines_of(Metric.M1, None) == (None, None)


def test_a_package_looked_into_in_two_weeks_counts_in_both_and_once_in_all(session):
    order, by = sealed_order(session), make_person(session)
    package = packages(session, order)[0]
    for back in (7, 0):
        draw = Draw(seed="1", candidates=[], drawn_count=1, drawn_at=NOON, drawn_by_id=by.id)
        session.add(draw)
        session.flush()
        look = {"state": RecheckState.DONE, "is_right": back == 7, "errors": []}
        session.add(
            Recheck(draw_id=draw.id, package_id=package.id, ended_at=NOON - timedelta(days=back), **look)
        )
    session.flush()
    calendar = queries.calendar_of(SUNDAY - timedelta(days=13), SUNDAY, ZONE)
    found = queries.daily(session, calendar, at=NOON)
    points = trends.one_trend(found, Metric.M4, trends.by_week(found), None).points
    assert [(point.value, point.sample) for point in points] == [(D("100.00"), 1), (D("0.00"), 1)]
    assert report(session, calendar.window, at=NOON).figures[3].sample == 1


def test_every_point_is_the_figure_of_its_own_week_and_day(session, factory, floor):  # noqa: F811
    """The line of a month, and the report of each of its weeks and days, agree to the last digit."""
    later = NOON + timedelta(days=20)
    calendar = queries.calendar_of(date(2026, 11, 1), date(2026, 11, 28), ZONE)
    found = queries.daily(session, calendar, at=later)
    said = set()
    for periods in (trends.by_week(found), trends.by_day_or_week(found)):
        lines = trends.trends(found, periods, {})
        for place, (first, last) in enumerate(periods):
            window = queries.calendar_of(first, last, ZONE).window
            for figure in report(session, window, at=later).figures:
                point = lines[figure.metric].points[place]
                assert (point.value, figure.metric) == (figure.value, figure.metric)
                if figure.value is not None:
                    assert point.sample == figure.sample
                    said.add(figure.metric)
    assert said >= {Metric.M2, Metric.M3, Metric.M4}


def test_a_figure_s_page_draws_its_line_with_samples_and_tells_what_is_missing(client_for, factory):  # noqa: F811
    page = BeautifulSoup(
        client_for("owner", locale="en").get("/mes/efficiency/metrics/M1?from=2026-11-09&to=2026-11-22").text,
        "html.parser",
    )
    rows = [[cell.get_text(strip=True) for cell in row.select("td")] for row in page.select(".run tbody tr")]
    assert len(rows) == 14
    assert [row[2:4] for row in rows[:3]] == [["—", "0"], ["—", "2"], ["0.15", "1"]]
    assert rows[0][4] == "not measurable"
    first = page.select_one(".run tbody a")["href"]
    assert first == "/mes/efficiency/metrics/M1?from=2026-11-22&to=2026-11-22"
    assert page.select(".run svg .miss")


def test_the_report_shows_twelve_weeks_beside_each_figure(client_for, factory):  # noqa: F811
    page = BeautifulSoup(
        client_for("owner").get("/mes/efficiency/report?from=2026-11-09&to=2026-11-22").text, "html.parser"
    )
    small = page.select(".figures .f-trend svg")
    assert len(small) == len(METRICS)
    assert "12" in small[0]["aria-label"]


def test_a_long_window_is_drawn_by_week(session, factory):  # noqa: F811
    calendar = queries.calendar_of(date(2026, 8, 1), SUNDAY, ZONE)
    found = queries.daily(session, calendar, at=NOON)
    assert len(trends.by_day_or_week(found)) == len(trends.by_week(found)) == 17
    assert trends.recent_weeks(session, found) is found
    short = queries.daily(session, queries.calendar_of(SUNDAY, SUNDAY, ZONE), at=NOON)
    assert len(trends.by_week(trends.recent_weeks(session, short))) == 12
