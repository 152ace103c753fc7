import io
import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup

from core.activity import service as activity
from mes.cohort.rules import read_export
from mes.efficiency import service
from mes.efficiency.cli import efficiency
from mes.efficiency.queries.window import calendar_of
from mes.efficiency.rules import Metric
from mes.efficiency.rules.baselines import SHARES, Day, Method
from mes.efficiency.service import BaselineEntry
from mes.machines import service as machines
from mes.machines.rules.signals import Message
from mes.machines.rules.states import MachineState
from mes.packing.model import Draw, Recheck
from mes.packing.rules import RecheckState
from tests.conftest import NOON
from tests.factories.factory import make_line, release_order
from tests.factories.machines import make_machine, make_shift
from tests.factories.people import make_person
from tests.factories.stock import make_lot
from tests.mes.efficiency.reading import days
from tests.mes.efficiency.recomputed import Proof
from tests.mes.efficiency.test_baselines import ZONE
from tests.mes.packing.bench import packages
from tests.mes.shipping.dock import sealed_order
from tests.mes.shipping.test_views import text_of

TODAY = date(2026, 11, 22)
DAYS = "from=2026-11-01&to=2026-11-22"
FIRST = date(2026, 6, 1)


@pytest.fixture
def factory(session):
    """Two days of work: 400 and 300 minutes on orders, a receipt each day, paid minutes, a baseline."""
    splitter, keeper = make_person(session), make_person(session, roles=("keeper",))
    for back, lines in (
        (2, [make_line()]),
        (1, [make_line(set_count=4), make_line(door_code="M-CASED", handing=None)]),
    ):
        order = release_order(session, *lines, at=NOON - timedelta(days=back))
        for minute in range(200 + 100 * back):
            at = NOON - timedelta(days=back) + timedelta(minutes=minute, seconds=minute % 7)
            activity.beat(session, splitter.id, "splitting", "erp.sales.order", order.id, at=at)
        make_lot(session, at=NOON - timedelta(days=back))
        on = TODAY - timedelta(days=back)
        service.put_paid_time(session, on, {keeper.id: 450 + back}, by=keeper.id, at=NOON, today=TODAY)
    rows = tuple(
        Day(FIRST + timedelta(days=at), Decimal(2 + at % 3), Decimal(36000 + 61 * at), 5) for at in range(24)
    )
    entry = BaselineEntry(Metric.M1, Method.PAPER_LOG, FIRST, FIRST + timedelta(days=27), rows)
    found = service.record_baseline(session, entry, by=keeper.id, at=NOON, today=TODAY)
    service.approve_baseline(session, found.id, by=splitter.id, at=NOON)
    session.commit()
    return found


@pytest.fixture
def proof(client_for, factory):
    sent = client_for("owner").get(f"/mes/efficiency/proof.xlsx?{DAYS}")
    return Proof(io.BytesIO(sent.data))


def test_a_second_implementation_finds_the_same_figures(proof):
    said = proof.raw["figures"].set_index("metric")["value"]
    # 1.0 + 1.0 × 1.3 + 0.7 = 3.0 doors in 399:04 + 299:05 minutes
    assert str(proof.m1()) == said["M1"] == "0.26"
    assert str(proof.m2()) == said["M2"] == "0.007"  # 2 × 3.0 of 903 minutes


@pytest.fixture
def floor(session):
    """A saw that runs 4 of 8.5 planned hours, five looks of which one is bad, two receipts of which one is."""
    make_shift(session, weekdays=range(7))
    saw = make_machine(session, "saw-1")
    morning = NOON - timedelta(hours=4)  # 08:00 in the factory
    for state, hours in ((MachineState.WORKING, 0), (MachineState.ERROR, 4), (MachineState.READY, 4.005)):
        told = Message(saw.key, morning + timedelta(hours=hours), state=state, good=0)
        machines.take(session, [told], at=told.at)
    order, by = sealed_order(session), make_person(session)
    some = packages(session, order)
    draw = Draw(seed="1", candidates=[], drawn_count=4, drawn_at=NOON, drawn_by_id=by.id)
    session.add(draw)
    session.flush()
    for number, package in enumerate(some[:4]):
        ended = NOON + timedelta(days=number)
        look = {"state": RecheckState.DONE, "is_right": number != 1, "ended_at": ended, "errors": []}
        session.add(Recheck(draw_id=draw.id, package_id=package.id, **look))
    session.commit()
    return saw


def test_a_second_implementation_finds_the_same_machine_use_and_accuracies(client_for, session, floor):
    sent = client_for("owner").get("/mes/efficiency/proof.xlsx?from=2026-11-22&to=2026-11-26")
    proof = Proof(io.BytesIO(sent.data))
    said = proof.raw["figures"].set_index("metric")["value"]
    assert str(proof.m3()) == said["M3"]
    assert str(proof.accuracy("M4_looks")) == said["M4"] == "75.00"
    assert proof.accuracy("M5_deliveries") is None
    calendar = calendar_of(TODAY, TODAY + timedelta(days=4), ZONE)
    later = NOON + timedelta(days=10)
    looked = days(session, Metric.M4, calendar, at=later)
    assert [(one.on.day, one.numerator, one.denominator) for one in looked] == [
        (22, 1, 1),
        (23, 0, 1),
        (24, 1, 1),
        (25, 1, 1),
    ]
    first = days(session, Metric.M3, calendar, at=later)[0]
    assert (first.on, first.numerator) == (TODAY, Decimal(4 * 3600))
    assert sum(one.denominator for one in days(session, Metric.M3, calendar, at=later)) > first.denominator


def test_a_second_implementation_finds_the_same_improvement_and_interval(proof, session, factory):
    after = [
        (str(one.on), one.family, one.numerator, one.denominator, str(one.event_count))
        for one in days(session, Metric.M1, calendar_of(date(2026, 11, 1), TODAY, ZONE), at=NOON)
    ]
    said = proof.raw["changes"].iloc[0]
    names = ("before", "after", "change_percent", "low_percent", "high_percent")
    assert [str(one) for one in proof.change(factory.number, after)] == [said[name] for name in names]


def test_a_file_whose_baseline_was_touched_is_found(proof, factory):
    proof.raw["baseline_days"].loc[0, "numerator"] = "1.000000"
    with pytest.raises(AssertionError, match="was changed"):
        proof.before(factory.number)


def shown_on(page):
    """The values of a page's figures, by what each is called."""
    names = [one.get_text(strip=True) for one in page.select(".f-name")]
    return dict(zip(names, (one.get_text(strip=True) for one in page.select(".f-value")), strict=True))


def test_no_two_screens_exports_or_answers_disagree(app, client_for, proof, session, floor):
    """Report, figures, lines, week, command, papers, raw data, export for other factories: one value each."""
    days = "from=2026-11-16&to=2026-11-22"  # a week, so that the weekly summary tells the same
    owner = client_for("owner", locale="en")
    said = Proof(io.BytesIO(owner.get(f"/mes/efficiency/proof.xlsx?{days}").data)).raw["figures"]
    values = dict(zip(said["metric"], said["value"], strict=True))
    assert {name for name, value in values.items() if value} >= {"M1", "M2", "M3", "M4"}
    names = [metric.label for metric in Metric]
    wanted = {
        metric.label: (values[metric] + ("%" if values[metric] and metric in SHARES else "")) or "not yet"
        for metric in Metric
    }
    assert shown_on(BeautifulSoup(owner.get(f"/mes/efficiency/report?{days}").text, "html.parser")) == wanted
    for metric in Metric:
        inner = BeautifulSoup(owner.get(f"/mes/efficiency/metrics/{metric}?{days}").text, "html.parser")
        assert shown_on(inner) == {metric.label: wanted[metric.label]}
    dashed = [value.replace("not yet", "—") for value in wanted.values()]
    week = BeautifulSoup(owner.get("/mes/efficiency/week?on=2026-11-18").text, "html.parser")
    assert [row.select_one("a").get_text() for row in week.select(".week tbody tr")] == names
    assert [one.get_text(strip=True) for one in week.select(".week td.now")] == dashed
    month = "from=2026-11-02&to=2027-01-31"  # drawn by week
    for metric, value in zip(Metric, dashed, strict=True):
        page = BeautifulSoup(owner.get(f"/mes/efficiency/metrics/{metric}?{month}").text, "html.parser")
        rows = [
            [cell.get_text(strip=True) for cell in row.select("td")] for row in page.select(".run tbody tr")
        ]
        assert [row[2] for row in rows if row[0] == "11-16"] == [value]
    asked = ["report", "--from", "2026-11-16", "--to", "2026-11-22", "--json"]
    told = json.loads(app.test_cli_runner().invoke(efficiency, asked).output)["figures"]
    assert {one["code"]: one["value"] or "" for one in told} == values
    given = owner.post("/mes/cohort/export.json", data={"first": "2026-11-16", "last": "2026-11-22"})
    export = read_export(given.data, "export.json")
    assert {row.metric: "" if row.value is None else str(row.value) for row in export.rows} == values
    for paper in (f"acceptance.pdf?{days}", "week.pdf?on=2026-11-18"):
        text = text_of(owner.get(f"/mes/efficiency/{paper}").data)
        assert [value for value in values.values() if value and value not in text] == []
