import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup

from core.activity import service as activity
from mes.efficiency import service
from mes.efficiency.queries.window import calendar_of
from mes.efficiency.rules import Metric
from mes.efficiency.rules.baselines import Day, Method
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


def test_page_command_paper_and_raw_data_never_disagree(app, client_for, proof):
    said = proof.raw["figures"].set_index("metric")
    owner = client_for("owner")
    page = BeautifulSoup(owner.get(f"/mes/efficiency/report?{DAYS}").text, "html.parser")
    shown = [one.get_text(strip=True) for one in page.select(".figures .f-value")]
    assert shown[:2] == ["0.26", "0.007"]
    assert set(shown[2:]) == {"还没有"}
    assert list(said["value"]) == ["0.26", "0.007", "", "", ""]
    for name in said.index:
        inner = BeautifulSoup(owner.get(f"/mes/efficiency/metrics/{name}?{DAYS}").text, "html.parser")
        assert inner.select_one(".f-value").get_text(strip=True) == shown[list(said.index).index(name)]
    assert owner.get(f"/mes/efficiency/acceptance.pdf?{DAYS}").data.startswith(b"%PDF")
