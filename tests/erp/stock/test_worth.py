"""ABC by the value of a year's use, dead stock by age and value, and what is below its minimum."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from erp.materials.model import Article, Material
from erp.purchasing import service as purchasing
from erp.stock import queries, service
from erp.stock.rules import Abc, MoveKind, PlaceKind, Size, classes, share_of, worth
from tests.conftest import NOON
from tests.factories.stock import make_article, make_band, make_lot, make_place

D = Decimal
BATCH, ORDER = "mes.planning.batch", "erp.sales.order"
YEAR_AGO = NOON - timedelta(days=365)


def test_an_article_belongs_to_the_class_in_which_its_value_begins():
    # of 1000: 700 begins at 0, 200 at 700 (< 800), 60 at 900 (< 950), 40 at 960, nothing at the end
    found = classes({1: D(40), 2: D(700), 3: D(60), 4: D(200), 5: D(0)})
    assert found == {2: Abc.A, 4: Abc.A, 3: Abc.B, 1: Abc.C, 5: Abc.C}


def test_the_largest_is_always_a_and_without_any_use_all_are_c():
    assert classes({1: D(990), 2: D(10)}) == {1: Abc.A, 2: Abc.C}
    assert classes({1: D(0), 2: D(0)}) == {1: Abc.C, 2: Abc.C}
    assert classes({}) == {}


def test_an_offcut_is_worth_its_share_of_the_sheet():
    sheet, bar = Size(D(2440), D(1220), None), Size(D(2440), None, None)
    assert share_of((D(1220), D(610)), sheet) == D("0.25")
    assert share_of((D(610), None), bar) == D("0.25")
    assert share_of((None, None), sheet) == 1
    assert worth(D(1), D("101.10"), D("0.25")) == D("25.28")  # 25.275, half up
    assert worth(D(3), None) is None


def priced(session, price, **over):
    article = make_article(session, **over)
    article.cost_price = None if price is None else D(price)
    session.flush()
    return article


def draw(session, article, qty, at=NOON, subject_id=1):
    shelf = make_place(session)
    lot = make_lot(session, article, shelf, "100", at=at - timedelta(days=1))
    service.put_demand(session, BATCH, subject_id, {article.material_id: D(100)})
    service.issue(session, lot.id, shelf.id, D(qty), subject=BATCH, subject_id=subject_id, by=None, at=at)
    return lot, shelf


def test_use_is_what_was_issued_in_the_year_less_what_came_back(session):
    article = priced(session, "50")
    lot, shelf = draw(session, article, 10)
    service.give_back(session, lot.id, shelf.id, D(3), subject=BATCH, subject_id=1, by=None, at=NOON)
    older = priced(session, "9")
    draw(session, older, 20, at=YEAR_AGO - timedelta(days=1), subject_id=2)
    unpriced = priced(session, None)
    draw(session, unpriced, 5, subject_id=3)
    found = {row.article.id: row for row in queries.classed(session, YEAR_AGO, NOON + timedelta(days=1))}
    row = found[article.id]
    assert (row.used_qty, row.used_amount, row.word, row.on_hand_qty) == (7, D("350.00"), Abc.A, 93)
    assert (found[older.id].used_qty, found[older.id].word) == (0, Abc.C)
    assert (found[unpriced.id].used_amount, found[unpriced.id].word) == (None, Abc.C)


@pytest.fixture
def lying(session):
    """An old lot of ten at 100, one of the same age that was drawn a month ago, one that came last week."""

    class Lying:
        pass

    made = Lying()
    long_ago = NOON - timedelta(days=200)
    made.dead = make_lot(session, priced(session, "100"), qty="10", at=long_ago)
    drawn = priced(session, "100")
    made.drawn, _shelf = draw(session, drawn, 60, at=NOON - timedelta(days=30))
    made.fresh = make_lot(session, priced(session, "100"), qty="50", at=NOON - timedelta(days=7))
    return made


def test_dead_is_what_nobody_drew_since_it_came_and_its_share_is_by_value(session, lying):
    found = queries.dead_stock(session, 180, NOON)
    (row,) = found.rows
    assert (row.lot.id, row.qty, row.days(NOON), row.amount) == (lying.dead.id, 10, 200, D("1000.00"))
    # 10 + 40 + 50 at 100
    assert (found.dead_amount, found.all_amount, found.rate) == (1000, 10_000, D("0.1000"))
    assert queries.dead_stock(session, 201, NOON).rows == ()


def test_a_lot_is_as_old_as_the_last_draw_of_its_article(session, lying):
    ages = {row.lot.id: row.days(NOON) for row in queries.dead_stock(session, 7, NOON).rows}
    assert ages == {lying.dead.id: 200, lying.drawn.id: 30, lying.fresh.id: 7}


def test_who_could_use_it_first_are_the_open_needs_of_its_material(session, lying):
    article_id = lying.dead.article_id
    material_id = session.get(Article, article_id).material_id
    needs = {material_id: D(4)}
    soon, later = datetime(2026, 11, 25, tzinfo=UTC).date(), datetime(2026, 12, 9, tzinfo=UTC).date()
    service.put_demand(session, BATCH, 91, needs, name="BA2611-0002", needed_on=later)
    service.put_demand(session, BATCH, 92, needs, name="BA2611-0001", needed_on=soon)
    service.put_demand(session, ORDER, 93, needs, name="SO2611-0042")
    service.put_demand(session, ORDER, 94, needs, name="SO2611-0043")
    service.carry(session, ORDER, [94], [material_id])  # its batch asks in its place
    (row,) = queries.dead_stock(session, 180, NOON).rows
    assert [one.name for one in row.wanted_by] == ["BA2611-0001", "BA2611-0002", "SO2611-0042"]


def test_a_lot_without_a_price_is_listed_last_and_counted_apart(session, lying):
    unpriced = make_lot(session, priced(session, None), qty="3", at=NOON - timedelta(days=300))
    found = queries.dead_stock(session, 180, NOON)
    assert [row.lot.id for row in found.rows] == [lying.dead.id, unpriced.id]
    assert (found.rows[-1].amount, found.unpriced_count, found.dead_amount) == (None, 1, 1000)


def test_an_offcut_and_packages_places(session):
    offcut = make_lot(session, priced(session, "100"), qty="1", at=NOON - timedelta(days=200))
    offcut.length_mm, offcut.width_mm = D(1220), D(610)
    session.flush()
    (row,) = queries.dead_stock(session, 180, NOON).rows
    assert row.amount == D("25.00")
    lost = service.virtual_place(session, PlaceKind.LOSS)
    place_id = session.execute(queries.balances()).first().Place.id
    service.move(session, offcut.id, place_id, lost.id, D(1), MoveKind.SCRAP, by=None, at=NOON)
    assert queries.dead_stock(session, 180, NOON).rate is None


@pytest.mark.parametrize("locale", ["zh_Hans_CN", "en"])
def test_the_pages_and_their_spreadsheets_open(session, client_for, lying, locale):
    session.commit()
    client = client_for("keeper", locale=locale)
    for path in ("abc", "abc?class=A", "abc.xlsx", "dead", "dead?days=90", "dead.xlsx"):
        assert client.get(f"/erp/stock/{path}").status_code == 200


def test_what_is_below_its_minimum_is_listed_and_what_is_not_is_not(session, client_for):
    low, enough = make_band(session), make_band(session)
    make_lot(session, low, qty="20")
    make_lot(session, enough, qty="200")
    for article in (low, enough):
        purchasing.put_policy(session, article.material_id, D(100), D(0), by=None, at=NOON)
    session.commit()
    page = client_for("keeper", locale="en").get("/erp/purchasing/minimum").get_data(as_text=True)
    codes = [session.get(Material, article.material_id).code for article in (low, enough)]
    assert codes[0] in page
    assert f">{codes[1]}<" not in page
    assert "80" in page
