"""Which sizes to buy: choices and sums by hand-worked figures, the job by the real engine, the page by reading it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core.clock import day_of
from core.jobs import service as jobs
from core.jobs.worker import run_waiting
from mes.cutting.model import CutPlan, Study
from mes.cutting.queries import studies as queries
from mes.cutting.rules.study import (
    ChoiceResult,
    NoDemand,
    NoSizes,
    StockSize,
    choices,
    instance_of,
    ranked,
    saving_rate,
    summed,
    telling,
)
from mes.cutting.service import studies as service
from mes.nesting.rules.instance import read_instance
from mes.nesting.rules.solve import solve
from mes.splitting.model import Piece
from tests.conftest import NOON
from tests.factories.factory import MORNING, release_order

D = Decimal
SMALL = StockSize(D(2440), D(1220), D(100), is_bought=True)
LARGE = StockSize(D(2800), D(2070), D(190))


def test_what_is_bought_each_alone_and_every_two_are_compared():
    bought = replace(LARGE, is_bought=True)
    assert choices([SMALL, LARGE]) == [(0,), (1,), (0, 1)]
    assert choices([SMALL, bought, bought]) == [(0, 1, 2), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]
    assert len(choices([LARGE] * 5)) == 5 + 10


def demand(quantity, length=2000):
    return {
        "kind": "sheet",
        "kerf_mm": 4,
        "trim_mm": {"left": 0, "right": 0, "bottom": 0, "top": 0},
        "stages": 3,
        "min_offcut_mm": {"length": 600, "width": 300},
        "stock": [{"id": "x", "length_mm": 2440, "width_mm": 1220, "grain": "length"}],
        "parts": [{"id": "a", "length_mm": length, "width_mm": 600, "quantity": quantity, "grain": "length"}],
    }


def planned(choice, *weeks):
    sizes = [SMALL, LARGE]
    return summed(
        sizes, choice, [(week, solve(read_instance(instance_of(week, sizes, choice)))) for week in weeks]
    )


def test_each_week_is_cut_for_itself_and_money_is_exact():
    # a small board holds two of 600 (1204 of 1220), a large one three (1808 of 2070).
    # 3 and 3 pieces: small 2 + 2 boards = 400; large 1 + 1 = 380; in one go small would have taken 3
    small, large = planned((0,), demand(3), demand(3)), planned((1,), demand(3), demand(3))
    assert (small.counts, small.cost) == ({0: 4}, D(400))
    assert (large.counts, large.cost) == ({1: 2}, D(380))
    # 6 × 2.0 × 0.6 = 7.2 m2 out of 4 × 2.9768 = 11.9072 m2, or 2 × 5.796 = 11.592 m2
    assert (small.yield_rate, large.yield_rate) == (D("0.6047"), D("0.6211"))
    assert [one.sizes for one in ranked([small, large])] == [(1,), (0,)]
    assert saving_rate(large, small) == D("0.0500")  # 20 of 400


def test_a_choice_that_leaves_parts_over_comes_last_however_cheap():
    long = planned((0,), demand(1, length=2700))
    assert (long.unplaced_count, long.cost) == (1, D(0))
    fits = planned((1,), demand(1, length=2700))
    assert [one.sizes for one in ranked([long, fits])] == [(1,), (0,)]
    assert saving_rate(fits, long) is None


def test_of_equal_cost_fewer_sizes_are_better():
    two = ChoiceResult((0, 1), {0: 1}, D(100), D(1), D(2), 0)
    assert ranked([two, replace(two, sizes=(0,))])[0].sizes == (0,)


def test_a_choice_of_which_a_size_is_not_used_is_left_out():
    one = ChoiceResult((0,), {0: 4}, D(400), D(1), D(2), 0)
    pair = ChoiceResult((0, 1), {0: 4}, D(400), D(1), D(2), 0)
    real = ChoiceResult((0, 2), {0: 2, 2: 1}, D(390), D(1), D(2), 0)
    lacking = ChoiceResult((1,), {}, D(0), D(0), D(0), 3)
    assert telling([one, pair, real, lacking]) == [one, real, lacking]


def asked(session, sizes, material_id, days=7):
    day = day_of(MORNING, "UTC")
    released = queries.Released(
        MORNING - timedelta(days=days), MORNING + timedelta(days=1), lambda moment: moment.date()
    )
    return service.ask(
        session, material_id, sizes, released, (day - timedelta(days=days), day), by=None, at=NOON
    )


def sheet_material(session):
    rows = select(Piece.material_id).where(Piece.cut_width_mm.is_not(None)).group_by(Piece.material_id)
    return session.scalars(rows.order_by(func.count().desc())).first()


def test_a_study_is_computed_in_the_background_and_touches_no_plan(app, session):
    release_order(session)
    material_id = sheet_material(session)
    ((length, width, _price),) = queries.bought_sizes(session, material_id)
    sizes = [StockSize(length, width, D(100), is_bought=True), StockSize(D(2800), D(2070), D(170))]
    study = asked(session, sizes, material_id)
    session.commit()
    run_waiting(app)
    session.expire_all()
    page = queries.study_page(session, study.id)
    assert {one.sizes for one in page.results} == {(0,), (1,), (0, 1)}
    assert page.bought.sizes == (0,)
    assert all(one.unplaced_count == 0 for one in page.results)
    assert page.saving(page.bought) == 0
    both = next(one for one in page.results if one.sizes == (0, 1))
    assert both.cost <= min(one.cost for one in page.results if len(one.sizes) == 1)
    assert session.scalar(select(func.count()).select_from(CutPlan)) == 0


def test_a_stopped_study_has_no_answer(app, session):
    release_order(session)
    study = asked(session, [LARGE], sheet_material(session))
    jobs.stop(session, study.job_id, at=NOON)
    session.commit()
    run_waiting(app)
    session.expire_all()
    assert session.get(Study, study.id).answer is None


def test_nothing_released_or_no_size_is_refused(session):
    release_order(session)
    material_id = sheet_material(session)
    with pytest.raises(NoSizes):
        asked(session, [], material_id)
    with pytest.raises(NoSizes):
        asked(session, [LARGE] * 6, material_id)
    released = queries.Released(NOON + timedelta(days=5), NOON + timedelta(days=6), lambda at: at.date())
    day = NOON.date()
    with pytest.raises(NoDemand):
        service.ask(session, material_id, [LARGE], released, (day, day), by=None, at=NOON)


def test_the_page_offers_what_is_bought_keeps_what_is_typed_and_shows_the_table(app, session, client_for):
    release_order(session)
    material_id = sheet_material(session)
    ((length, width, _),) = queries.bought_sizes(session, material_id)
    session.commit()
    client = client_for("splitter", locale="en")
    url = "/mes/cutting/studies/"
    assert f'value="{length.normalize():f}"' in client.get(f"{url}?material_id={material_id}").text
    day = MORNING.date().isoformat()
    typed = {"material_id": material_id, "from": day, "to": day, "length_mm_0": "2800", "width_mm_0": "2070"}
    refused = client.post(url, data=typed | {"price_0": "cheap"})
    assert (refused.status_code, 'value="cheap"' in refused.text) == (400, True)
    none = client.post(url, data=typed | {"price_0": "170", "from": "2020-01-01", "to": "2020-01-02"})
    assert (none.status_code, "was released in these days" in none.text) == (422, True)
    assert 'value="2800"' in none.text
    now = {"length_mm_1": str(length), "width_mm_1": str(width), "price_1": "100"}
    answer = client.post(url, data=typed | now | {"price_0": "170"}, follow_redirects=True)
    assert "The choices are being planned" in answer.text
    run_waiting(app)
    session.expire_all()
    study = session.scalars(select(Study)).one()
    page = client.get(f"{url}{study.id}/").text
    assert ("2800 × 2070" in page, "bought now" in page) == (True, True)
    assert client.get(f"{url}{study.id}/export.xlsx").data.startswith(b"PK")
    assert client_for("operator").post(url, data=typed).status_code == 403
    assert client.get(f"{url}9999/").status_code == 404
