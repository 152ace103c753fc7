"""Plan against actual yield, by hand-worked figures and by what the floor reported."""

import io
from datetime import date, timedelta
from decimal import Decimal

from python_calamine import CalamineWorkbook
from sqlalchemy import select

from core.clock import day_of
from mes.cutting import service
from mes.cutting.model import CutLayout, CutPlan, Offcut, Placement
from mes.cutting.queries.yields import cut_sheets
from mes.cutting.rules.offcuts import OffcutEnd
from mes.cutting.rules.yields import By, CutSheetFacts, monday, total, yield_rows
from mes.cutting.service import offcuts
from mes.nesting.rules.instance import Kind
from mes.splitting import service as splitting
from mes.splitting.model import Piece
from tests.conftest import NOON
from tests.factories.factory import station
from tests.factories.people import make_person
from tests.mes.changes.office import cancel, sets_of
from tests.mes.cutting.test_service import computed, make_batch

D = Decimal
ZONE = "Asia/Shanghai"


def sheet(**over):
    given = {"kind": Kind.SHEET, "plan_id": 1, "plan": "BA-1", "saw": "电子锯", "cut_on": date(2026, 11, 25)}
    figures = {"gross": D(10), "planned": D(9)}
    return CutSheetFacts(**(given | figures | over))


def test_scrap_and_what_is_not_wanted_take_from_the_yield_and_offcuts_give_back():
    # two sheets of 10 m2: planned 9 + 8 = 17; scrapped 1, cancelled 0.5; 2 m2 came back into stock
    sheets = [sheet(lost=D(1)), sheet(planned=D(8), unwanted=D("0.5"), kept=D(2))]
    (row,) = yield_rows(sheets, By.PLAN)
    assert (row.key, row.sheet_count, row.gross, row.good) == ("BA-1", 2, D(20), D("15.5"))
    assert row.planned_rate == D("0.8500")  # 17 / 20
    assert row.actual_rate == D("0.7750")  # 15.5 / 20
    assert row.difference == D("-0.0750")
    assert row.net_rate == D("0.8611")  # 15.5 / 18 = 0.86111…


def test_rows_are_by_saw_or_by_week_and_never_add_m2_to_m():
    sheets = [
        sheet(),
        sheet(saw="", cut_on=date(2026, 11, 23)),  # a Monday
        sheet(cut_on=date(2026, 11, 22)),  # the Sunday before: another week
        sheet(kind=Kind.BAR, gross=D("2.4"), planned=D("2.1")),
    ]
    assert [(row.key, row.kind.value, row.sheet_count) for row in yield_rows(sheets, By.WEEK)] == [
        ("2026-11-23", "sheet", 2),
        ("2026-11-23", "bar", 1),
        ("2026-11-16", "sheet", 1),
    ]
    assert [(row.key, row.sheet_count) for row in yield_rows(sheets, By.SAW)] == [
        ("", 1),
        ("电子锯", 2),
        ("电子锯", 1),
    ]
    assert [(row.kind.value, row.gross) for row in total(sheets)] == [("sheet", D(30)), ("bar", D("2.4"))]
    assert monday(date(2026, 11, 22)) == date(2026, 11, 16)


def cut_everything(app, session):
    """A batch all of whose sheets are cut at a saw, and its order."""
    batch, order = make_batch(session)
    computed(app, session, batch)
    saw, by = station(session, operation="CUT").id, make_person(session, roles=("operator",)).id
    for layout in session.scalars(select(CutLayout)).all():
        assert service.mark_layout_cut(session, layout.id, station_id=saw, by=by, at=NOON)
    session.flush()
    session.expire_all()
    return batch, order


def facts(session):
    day = NOON - timedelta(days=1)
    return cut_sheets(session, day, day + timedelta(days=2), lambda at: day_of(at, ZONE))


def test_as_nothing_is_scrapped_the_actual_yield_is_that_of_the_plans(app, session):
    cut_everything(app, session)
    plans = {plan.number: plan for plan in session.scalars(select(CutPlan))}
    rows = yield_rows(facts(session), By.PLAN)
    assert {row.key for row in rows} == set(plans)
    for row in rows:
        assert row.planned_rate == row.actual_rate
        # the plan's own figure counts tenths of mm and is rounded once: the same to four places
        assert abs(row.planned_rate - plans[row.key].yield_rate) <= D("0.0001")
        assert row.sheet_count == plans[row.key].stock_count


def test_a_scrapped_piece_and_a_cancelled_set_are_not_good(app, session):
    _, order = cut_everything(app, session)
    piece = session.get(Piece, session.scalars(select(Placement.piece_id).order_by(Placement.id)).first())
    placed = session.scalars(select(Placement).where(Placement.piece_id == piece.id)).all()
    splitting.replace(session, piece.id, "CHIP", by=None, at=NOON)
    session.flush()
    lost = sum((one.lost for one in facts(session)), D(0))
    per = D(1000) if piece.cut_width_mm is None else D(1_000_000)
    width = D(1) if piece.cut_width_mm is None else piece.cut_width_mm
    assert lost == len(placed) * piece.cut_length_mm * width / per
    cancel(session, order, sets_of(session, order)[0])
    after = facts(session)
    gone = sum((one.lost + one.unwanted for one in after), D(0))
    assert gone == sum((one.planned for one in after), D(0))  # the only set of the order is cancelled


def test_an_offcut_counts_while_it_is_kept(app, session):
    cut_everything(app, session)
    kept = sum((one.kept for one in facts(session)), D(0))
    rest = session.scalars(select(Offcut).order_by(Offcut.id)).first()
    size = rest.length_mm / 1000 * (D(1) if rest.width_mm is None else rest.width_mm / 1000)
    offcuts.end(session, rest.id, OffcutEnd.SCRAPPED, "裂", by=None, at=NOON)
    session.flush()
    assert sum((one.kept for one in facts(session)), D(0)) == kept - size


def test_the_report_is_a_page_and_a_spreadsheet(app, session, client_for):
    cut_everything(app, session)
    session.commit()
    client = client_for("splitter", locale="en")
    days = f"from={day_of(NOON, ZONE)}&to={day_of(NOON, ZONE)}"
    page = client.get(f"/mes/cutting/yield/?by=saw&{days}").text
    assert station(session, operation="CUT").name in page
    assert "All sheets" in page
    plan = session.scalars(select(CutPlan)).first()
    file = client.get(f"/mes/cutting/yield/export.xlsx?by=plan&{days}")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(file.data)).get_sheet_by_index(0).to_python()
    named = dict(zip(rows[0], next(row for row in rows if row[0] == plan.number), strict=True))
    assert named["Unit"] in ("m²", "m")
    assert named["Yield as planned, %"] == named["Actual yield, %"]
    assert "Nothing was reported" in client.get("/mes/cutting/yield/?from=2020-01-01&to=2020-01-02").text
    assert client.get("/mes/cutting/yield/?from=soon").status_code == 400
    assert client_for("packer").get("/mes/cutting/yield/").status_code == 403
