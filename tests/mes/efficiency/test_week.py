from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from bs4 import BeautifulSoup

from mes.efficiency import pdf
from mes.efficiency.queries.weekly import week
from mes.machines import service as machines
from mes.machines.rules.signals import Message
from mes.machines.rules.states import MachineState, StopReason
from mes.packing.model import Draw, Recheck
from mes.packing.rules import RecheckState
from mes.scanning.rules import Block
from tests.conftest import NOON
from tests.factories.factory import release_order
from tests.factories.machines import make_machine, make_shift
from tests.factories.people import make_person
from tests.mes.efficiency.test_baselines import ZONE
from tests.mes.packing.bench import make_all, make_bench, packages, pieces_of
from tests.mes.shipping.test_views import text_of

PAGE = "/mes/efficiency/week"
SUNDAY = date(2026, 11, 22)
D = Decimal


def shown(answer):
    return BeautifulSoup(answer.text, "html.parser")


def test_a_week_runs_from_monday_to_sunday_whichever_of_its_days_is_asked_for(session):
    for on in (date(2026, 11, 16), date(2026, 11, 18), SUNDAY):
        found = week(session, on, ZONE, at=NOON)
        assert (found.first, found.last, found.is_over) == (date(2026, 11, 16), SUNDAY, False)
    assert week(session, SUNDAY, ZONE, at=NOON + timedelta(days=1)).is_over


def test_the_largest_losses_stand_beside_those_of_the_week_before(session):
    make_shift(session, weekdays=range(7))
    saw = make_machine(session, "saw-1")
    morning = NOON - timedelta(hours=4)  # 08:00 on Sunday
    for days, hours, state in (
        (-7, 0, MachineState.ERROR),
        (-7, 1, MachineState.WORKING),
        (0, 0, MachineState.ERROR),
        (0, 2, MachineState.WORKING),
        (0, 3, MachineState.READY),
        (0, 4, MachineState.OFFLINE),
    ):
        at = morning + timedelta(days=days, hours=hours)
        machines.take(session, [Message(saw.key, at, state=state)], at=at)
    session.flush()
    rows = week(session, SUNDAY, ZONE, at=NOON).losses
    assert [(row.loss.state, row.loss.length, row.loss.count, row.before) for row in rows] == [
        (MachineState.ERROR, Fraction(120), 1, Fraction(60)),
        (MachineState.READY, Fraction(60), 1, Fraction(0)),
    ]


def test_errors_are_told_by_class_where_they_were_refused_and_where_they_were_found(session):
    order, other = release_order(session), release_order(session)
    make_all(session, order)
    make_all(session, other)
    bench, by = make_bench(session), make_person(session)
    frame = bench.fill(packages(session, order, "FRAME")[0])
    leaf = pieces_of(session, packages(session, other, "LEAF")[0])[0]
    assert bench.add(frame, leaf) == "E03"
    draw = Draw(seed="1", candidates=[], drawn_count=1, drawn_at=NOON, drawn_by_id=by.id)
    session.add(draw)
    session.flush()
    errors = [{"block": "E01", "code": "P1", "name": "立板", "name_en": "jamb"}]
    look = {"state": RecheckState.DONE, "is_right": False, "errors": errors}
    session.add(Recheck(draw_id=draw.id, package_id=frame.id, ended_at=NOON - timedelta(days=8), **look))
    session.flush()
    rows = week(session, SUNDAY, ZONE, at=NOON).errors
    told = [(row.block, row.refused, row.refused_before, row.found, row.found_before) for row in rows]
    assert told == [(Block.E03, 1, 0, 0, 0), (Block.E01, 0, 0, 0, 1)]


@pytest.mark.parametrize(
    ("now", "before", "is_share", "told"),
    [
        ("52.0", "46.0", True, "+6.0 points"),
        ("2.50", "1.00", False, "+150.0 %"),
        ("0.90", "1.00", False, "-10.0 %"),
        (None, "1.00", False, ""),
        ("1.00", None, True, ""),
        ("1.00", "0.00", False, ""),
    ],
)
def test_a_change_is_told_in_points_of_a_share_and_else_in_per_cent(app, now, before, is_share, told):
    values = (None if one is None else D(one) for one in (now, before))
    with app.test_request_context(headers={"Accept-Language": "en"}):
        found = pdf.difference(*values, is_share=is_share)
    assert found.replace("个百分点", "points") == told


def test_only_those_who_may_read_the_figures_see_the_week_and_a_foreign_day_is_refused(client_for):
    assert client_for("owner").get(PAGE).status_code == 200
    assert client_for("packer").get(PAGE).status_code == 403
    assert client_for("packer").get(f"{PAGE}.pdf").status_code == 403
    assert client_for("owner").get(f"{PAGE}?on=soon").status_code == 400
    assert client_for("owner").get(f"{PAGE}.pdf?on=soon").status_code == 400


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("zh_Hans_CN", ("一周小结", "前一周", "还缺什么", "各类差错", "这一周没有设备报告损失")),
        (
            "en",
            ("The week", "Week before", "What is missing", "Errors by class", "No machine told of a loss"),
        ),
    ],
)
def test_the_week_is_told_in_the_person_s_language_and_leads_to_its_neighbours(client_for, locale, words):
    page = client_for("owner", locale=locale).get(f"{PAGE}?on=2026-11-18")
    assert [word for word in words if word not in page.text] == []
    links = [link["href"] for link in shown(page).select(".head a")]
    assert [f"{PAGE}?on=2026-11-09", f"{PAGE}.pdf?on=2026-11-16"] == [links[0], links[-1]]
    assert shown(client_for("owner").get("/mes/efficiency/report")).select(f'nav a[href="{PAGE}"]')


def test_the_paper_tells_what_the_page_tells(client_for, session):
    make_shift(session, weekdays=range(7))
    saw = make_machine(session, "saw-1")
    for hours, state in ((-4, MachineState.WORKING), (-2, MachineState.ERROR)):
        at = NOON + timedelta(hours=hours)
        machines.take(session, [Message(saw.key, at, state=state)], at=at)
    person = make_person(session)
    machines.press(session, saw.id, None, StopReason.BREAKDOWN, by=person.id, at=NOON - timedelta(hours=1.9))
    session.commit()
    client = client_for("owner", locale="en")
    page = shown(client.get(f"{PAGE}?on=2026-11-22"))
    values = [one.get_text(strip=True) for one in page.select(".week td.now")]
    text = text_of(client.get(f"{PAGE}.pdf?on=2026-11-22").data)
    assert values[2].endswith("%")
    assert "Breakdown" in text
    assert [value for value in values if value != "—" and value not in text] == []
