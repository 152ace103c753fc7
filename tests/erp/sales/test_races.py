"""Two connections at once: a form, a sheet and a release happen exactly once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from core.errors import Conflict
from core.states import StepRefused
from core.work import run
from erp.sales import service as sales
from erp.sales.model import Line, Order, Remembered
from erp.sales.queries.offer import offer, vocabulary
from erp.sales.rules.files import read_sheets
from erp.sales.rules.lessons import Lesson, LessonKind
from erp.sales.rules.lines import read_order
from erp.sales.rules.orders import OrderHead, ReleasedCounts
from tests.erp.sales import sheets
from tests.factories.erp_sales import (
    MADE_AT,
    MADE_ON,
    make_catalogue,
    make_confirmed,
    make_dealer,
    make_draft,
)

BY = {"by": None, "at": MADE_AT}
CLIENTS = 4


def at_once(database, command, *args, **kwargs):
    """Run the command on several connections at the same moment; give back results and refusals."""
    start = Barrier(CLIENTS)

    def one(_):
        with database.app.app_context():
            start.wait()
            try:
                return run(command, *args, **kwargs)
            except (StepRefused, Conflict) as refusal:
                return refusal

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(one, range(CLIENTS)))


@pytest.fixture
def ground(database):
    with database.session as session:
        make_catalogue(session)
        dealer = make_dealer(session)
        session.commit()
        return dealer.id


def count(database, table):
    with database.session as session:
        return session.scalar(select(func.count()).select_from(table))


def test_a_form_sent_on_several_connections_makes_one_order(database, ground):
    made = at_once(database, sales.create_order, OrderHead(ground), on=MADE_ON, form_key="k", **BY)
    assert len({order.id for order in made}) == 1
    assert count(database, Order) == 1


def test_a_sheet_taken_in_on_several_connections_makes_one_order(database, ground):
    content = sheets.plain_order(("主卧", "免漆单开门", "暖白", 900, 2100, 240, "内左", 1, ""))
    with database.session as session:
        read = read_order(read_sheets(content, "a.xlsx"), vocabulary(offer(session)))
        found = sales.start_import(session, sales.Upload(ground, "a.xlsx", content), read, **BY)
        session.commit()
    made = at_once(database, sales.take_in, found.id, on=MADE_ON, **BY)
    assert len({order.id for order in made}) == 1
    assert (count(database, Order), count(database, Line)) == (1, 1)


def test_a_copy_sent_on_several_connections_is_one_order_with_its_lines_once(database, ground):
    with database.session as session:
        old = make_draft(session)
        session.commit()
        line_ids = [line.id for line in session.scalars(select(Line))]
    made = at_once(database, sales.copy_order, old.id, line_ids, form_key="c", on=MADE_ON, **BY)
    assert len({copied.order.id for copied in made}) == 1
    assert (count(database, Order), count(database, Line)) == (2, 2)


def test_a_word_shown_on_several_connections_is_remembered_once(database, ground):
    content = sheets.plain_order(sheets.GOOD_LINE)
    with database.session as session:
        read = read_order(read_sheets(content, "a.xlsx"), vocabulary(offer(session)))
        found = sales.start_import(session, sales.Upload(ground, "a.xlsx", content), read, **BY)
        session.commit()
    told = at_once(database, sales.learn, found.id, Lesson(LessonKind.COLOUR, "珍珠贝", "WHITE"), **BY)
    assert all(isinstance(one, Remembered | Conflict) for one in told)
    assert count(database, Remembered) == 1


def test_an_order_is_released_by_exactly_one(database, ground):
    with database.session as session:
        order = make_confirmed(session)
        session.commit()
    counts = ReleasedCounts(set_count=1, piece_count=10, package_count=4)
    told = at_once(database, sales.mark_released, order.id, counts=counts, **BY)
    assert sum(1 for one in told if one is None) == 1
    assert sum(1 for one in told if isinstance(one, StepRefused)) == CLIENTS - 1


def test_no_progress_is_lost_between_connections(database, ground):
    with database.session as session:
        order = make_confirmed(session)
        session.flush()
        sales.mark_released(session, order.id, counts=ReleasedCounts(1, 10, 4), **BY)
        session.commit()
    at_once(database, sales.record_progress, order.id, made=1, sealed=1)
    with database.session as session:
        after = session.get(Order, order.id)
        assert (after.made_count, after.sealed_count, after.state.value) == (4, 4, "READY")
