import io
import json

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from erp.sales import service as sales
from erp.sales.model import Line
from erp.sales.queries import hand_edits
from mes.efficiency.cli import efficiency
from mes.production import service as production
from mes.splitting import service as splitting
from mes.splitting.model import Piece
from mes.splitting.queries import prepare
from tests.conftest import NOON
from tests.factories.factory import make_order, release_order
from tests.factories.people import make_person

REPORT = "/mes/efficiency/report"
DAYS = "from=2026-11-22&to=2026-11-22"


@pytest.fixture
def order(session):
    order = release_order(session, at=NOON)
    session.commit()
    return order


def test_only_those_who_may_read_the_figures_see_them(client_for):
    assert client_for("owner").get(REPORT).status_code == 200
    for role in ("clerk", "packer", "keeper"):
        assert client_for(role).get(REPORT).status_code == 403
        assert client_for(role).get("/mes/efficiency/metrics/M1").status_code == 403


@pytest.mark.parametrize(
    ("locale", "words", "foreign"),
    [
        ("zh_Hans_CN", ("五项指标", "拆单效率", "还不能测：0.0 / 5 小时", "没有基线"), "not measurable"),
        ("en", ("Five figures", "not measurable yet: 0.0 of 5 h", "0 of 299 checks", "No baseline"), "指标"),
    ],
)
def test_the_report_says_what_is_missing_in_the_person_s_language(client_for, order, locale, words, foreign):
    page = client_for("owner", locale=locale).get(f"{REPORT}?{DAYS}").text
    assert [word for word in words if word not in page] == []
    assert foreign not in page
    told = page.replace("0 of 299", "").replace("<dd>&gt; 99 %</dd>", "", 2)  # the targets of two accuracies
    assert "99 %" not in told


def test_the_days_stand_in_the_address_and_nonsense_is_refused_with_the_form_kept(client_for, order):
    client = client_for("owner", locale="en")
    page = client.get("/mes/efficiency/metrics/M1?from=2026-11-30&to=2026-11-01").text
    assert 'value="2026-11-01"' in page
    assert 'value="2026-11-30"' in page
    assert order.number in page
    assert order.number not in client.get("/mes/efficiency/metrics/M1?from=2026-10-01&to=2026-10-02").text
    assert client.get(f"{REPORT}?from=soon").status_code == 400


def test_every_figure_leads_down_to_its_events(client_for, order):
    client = client_for("owner")
    assert order.number in client.get(f"/mes/efficiency/metrics/M1?{DAYS}").text
    for code in ("M1", "M2", "M3", "M4", "M5"):
        assert f"/mes/efficiency/metrics/{code}?from=2026-11-22" in client.get(f"{REPORT}?{DAYS}").text
        for part in ("", "work", "RECEIVE", "REPRINT", "STORE_IN", "wrong", "sealed", "nothing"):
            assert client.get(f"/mes/efficiency/metrics/{code}?part={part}").status_code == 200
    assert client.get("/mes/efficiency/metrics/M6").status_code == 404
    for code, part in (("M1", "lines"), ("M1", "work"), ("M2", "ISSUE"), ("M3", "states"), ("M4", "wrong")):
        sheet = client.get(f"/mes/efficiency/metrics/{code}.xlsx?part={part}&{DAYS}")
        assert (sheet.status_code, sheet.data[:2]) == (200, b"PK")


def test_the_owner_s_first_page_is_the_report(client_for):
    assert client_for("owner").get("/").location == REPORT


def test_the_command_line_tells_the_same_as_json(app, session, order):
    asked = ["report", "--from", "2026-11-22", "--to", "2026-11-22"]
    result = app.test_cli_runner().invoke(efficiency, [*asked, "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)
    first = told["figures"][0]
    assert (first["code"], first["value"], first["numerator"]["value"]) == ("M1", None, "1.00")
    assert first["verdict"] == "not measurable yet: 0.0 of 5 h"
    assert told["figures"][3]["sample"] == {"count": 0, "of": 0, "name": "packages rechecked"}
    plain = app.test_cli_runner().invoke(efficiency, asked)
    assert "M3 Equipment use: not yet" in plain.output
    wrong = app.test_cli_runner().invoke(efficiency, ["report", "--from", "2026-11-23", "--to", "2026-11-22"])
    assert wrong.exit_code == 2


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("zh_Hans_CN", ("自动拆单率", "0.0 %", "拆单差错率")),
        ("en", ("Auto-split rate", "0.0 %", "Split error rate")),
    ],
)
def test_the_first_figure_tells_its_two_rates_with_the_orders_behind_them(client_for, order, locale, words):
    client = client_for("owner", locale=locale)
    page = client.get(f"/mes/efficiency/metrics/M1?{DAYS}").text
    assert [word for word in words if word not in page] == []
    assert order.number in client.get(f"/mes/efficiency/metrics/M1?{DAYS}&part=touches").text
    assert order.number not in client.get(f"/mes/efficiency/metrics/M1?{DAYS}&part=untouched").text


def test_overrides_split_remakes_and_releases_are_listed_with_links_and_exported(client_for, session):
    made = make_order(session, at=NOON)
    sales.confirm(session, made.id, on=NOON.date(), by=None, at=NOON)
    line = session.scalars(select(Line).where(Line.order_id == made.id)).one()
    hand = make_person(session, roles=("splitter",), name="钱师傅").id
    session.flush()
    session.refresh(made)
    seen = hand_edits.set_page(session, line.id, 0).seen_sha256
    place = sales.Place(line.id, 0, made.version, seen)
    sales.leave_out(session, place, "HEAD", "无横板", by=hand, at=NOON)
    splitting.release(session, prepare(session, made.id), by=hand, at=NOON)
    jamb = session.scalars(select(Piece).where(Piece.rule_code == "JAMB_L")).one()
    production.scrap(session, jamb.code, "SPL", where=None, by=hand, at=NOON)
    session.commit()
    client = client_for("owner")
    page = client.get(f"/mes/efficiency/metrics/M1?{DAYS}&part=overrides").text
    assert all(word in page for word in ("无横板", "钱师傅", made.number, "不做"))
    page = client.get(f"/mes/efficiency/metrics/M1?{DAYS}&part=remakes").text
    assert f"/mes/splitting/sets/{jamb.set_id}/" in page
    assert "左立板" in page
    page = client.get(f"/mes/efficiency/metrics/M1?{DAYS}&part=releases").text
    assert all(word in page for word in ("首次下达", "重新下达：拆单错误", made.number))
    for part, word in (("overrides", "无横板"), ("remakes", "SPL"), ("releases", "首次下达")):
        rows = rows_of(client.get(f"/mes/efficiency/metrics/M1.xlsx?part={part}&{DAYS}"))
        assert len(rows) == 2
        assert word in rows[1]
    assert rows_of(client.get(f"/mes/efficiency/splitting-work.xlsx?{DAYS}"))[0] == ["谁", "订单", "分钟"]


def rows_of(answer):
    return CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()


def test_of_a_long_window_the_minutes_by_person_are_told_in_the_spreadsheet_only(client_for, order):
    client = client_for("owner", locale="en")
    long = client.get("/mes/efficiency/metrics/M1?from=2026-01-01&to=2026-11-22").text
    assert "Shown for at most 62 days" in long
    assert "Shown for at most" not in client.get(f"/mes/efficiency/metrics/M1?{DAYS}").text
