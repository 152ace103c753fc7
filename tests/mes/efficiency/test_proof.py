import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup

from core.activity import service as activity
from mes.efficiency import service
from mes.efficiency.queries.days import calendar_of, days
from mes.efficiency.rules import Metric
from mes.efficiency.rules.baselines import Day, Method
from mes.efficiency.service import BaselineEntry
from tests.conftest import NOON
from tests.factories.factory import make_line, release_order
from tests.factories.people import make_person
from tests.factories.stock import make_lot
from tests.mes.efficiency.recomputed import Proof
from tests.mes.efficiency.test_baselines import ZONE

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
