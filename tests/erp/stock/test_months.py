"""Closed months: nothing is moved in them, and what they say follows from the moves alone."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from core.errors import NotFound
from erp.stock import queries, service
from erp.stock.model import Balance, Move
from erp.stock.rules import (
    MonthNotOver,
    MonthOutOfOrder,
    MoveKind,
    NotProved,
    PeriodClosed,
    PlaceKind,
    ReopenReasonMissing,
    next_month,
)
from mes.counting.rules import CountsOpen
from tests.conftest import NOON
from tests.factories.stock import make_article, make_lot, make_place
from tests.mes.counting.shelf import make_counter

D = Decimal
BATCH = "mes.planning.batch"
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
# a month ends at midnight in Shanghai: 16:00 UTC of its last day
OCTOBER_ENDS, NOVEMBER_ENDS = datetime(2026, 10, 31, 16, tzinfo=UTC), datetime(2026, 11, 30, 16, tzinfo=UTC)
IN_OCTOBER = datetime(2026, 10, 31, 15, 59, tzinfo=UTC)  # a minute before midnight in the factory
IN_DECEMBER = datetime(2026, 12, 1, 1, tzinfo=UTC)
BY = {"by": None}


def close(session, month_on=OCTOBER, ends_at=OCTOBER_ENDS, at=NOON):
    return service.close_month(session, month_on, ends_at, by=None, at=at)


@pytest.fixture
def stocked(session):
    """A lot of ten on a shelf since September, of which a batch wants six; October is closed."""

    class Stocked:
        pass

    made = Stocked()
    made.shelf, made.other, article = make_place(session), make_place(session), make_article(session)
    made.lot = make_lot(session, article, made.shelf, "10", at=datetime(2026, 9, 1, tzinfo=UTC))
    made.article = article
    service.put_demand(session, BATCH, 1, {article.material_id: D(6)})
    close(session)
    return made


def commands(session, made, at):
    """Every command that moves stock, at a moment."""
    for_batch = {"subject": BATCH, "subject_id": 1, "by": None, "at": at}
    move_id = session.scalar(select(Move.id))
    size = service.OffcutSize(D(900), D(400))
    offcut = {"subject": "mes.cutting.plan", "subject_id": 1, "by": None, "at": at}
    return {
        "receive": lambda: make_lot(session, made.article, made.shelf, "1", at=at),
        "move": lambda: service.move(
            session, made.lot.id, made.shelf.id, made.other.id, D(1), MoveKind.TRANSFER, by=None, at=at
        ),
        "issue": lambda: service.issue(session, made.lot.id, made.shelf.id, D(1), **for_batch),
        "give back": lambda: service.give_back(session, made.lot.id, made.shelf.id, D(1), **for_batch),
        "reverse": lambda: service.reverse(session, move_id, by=None, at=at),
        "keep an offcut": lambda: service.keep_offcut(session, made.article.id, "O000001X", size, **offcut),
        "cut up": lambda: service.cut_up(session, made.lot.id, **offcut),
        "take out": lambda: service.take_out(session, made.lot.id, is_scrap=True, **offcut),
    }


@pytest.mark.parametrize(
    "verb", ["receive", "move", "issue", "give back", "reverse", "keep an offcut", "cut up", "take out"]
)
def test_no_command_moves_anything_in_a_closed_month(session, stocked, verb):
    before = session.scalars(select(Move.id)).all()
    with pytest.raises(PeriodClosed) as refused, session.begin_nested():
        commands(session, stocked, IN_OCTOBER)[verb]()
    assert refused.value.facts == {"month": "2026-10"}
    assert session.scalars(select(Move.id)).all() == before
    assert session.scalar(select(Balance.on_hand_qty)) == 10


def test_before_the_first_closed_month_nothing_is_moved_either(session, stocked):
    with pytest.raises(PeriodClosed):
        commands(session, stocked, datetime(2026, 1, 1, tzinfo=UTC))["receive"]()


def test_the_first_moment_after_it_is_open(session, stocked):
    commands(session, stocked, OCTOBER_ENDS)["move"]()
    assert queries.verify(session) == []


def test_a_mistake_of_a_closed_month_is_taken_back_in_the_open_one(session, stocked):
    commands(session, stocked, NOON)["reverse"]()
    assert session.scalar(select(Balance.on_hand_qty)) == 0
    (october,) = queries.month_report(session, datetime(2026, 9, 30, 16, tzinfo=UTC), OCTOBER_ENDS)
    assert (october.opening_qty, october.closing_qty) == (10, 10)  # what was closed stays as it was
    (november,) = queries.month_report(session, OCTOBER_ENDS, NOVEMBER_ENDS)
    assert (november.opening_qty, november.told(MoveKind.RECEIPT), november.closing_qty) == (10, -10, 0)


def test_a_running_month_is_not_closed_nor_in_the_first_minutes_after_it(session):
    for at in (NOON, datetime(2026, 11, 30, 16, 9, tzinfo=UTC)):
        with pytest.raises(MonthNotOver):
            close(session, NOVEMBER, NOVEMBER_ENDS, at)
    close(session, NOVEMBER, NOVEMBER_ENDS, datetime(2026, 11, 30, 16, 10, tzinfo=UTC))


def test_months_are_closed_in_order_and_once(session, stocked):
    december_ends = datetime(2026, 12, 31, 16, tzinfo=UTC)
    later = datetime(2027, 1, 2, tzinfo=UTC)
    for month_on, ends_at in ((date(2026, 12, 1), december_ends), (OCTOBER, OCTOBER_ENDS)):
        with pytest.raises(MonthOutOfOrder) as refused:
            close(session, month_on, ends_at, later)
        assert refused.value.facts == {"wanted": "2026-11"}
    close(session, NOVEMBER, NOVEMBER_ENDS, later)
    close(session, date(2026, 12, 1), december_ends, later)
    assert next_month(date(2026, 12, 1)) == date(2027, 1, 1)


def test_only_the_last_is_opened_again_and_with_a_reason(session, stocked):
    close(session, NOVEMBER, NOVEMBER_ENDS, IN_DECEMBER)
    with pytest.raises(MonthOutOfOrder):
        service.open_month(session, OCTOBER, "a receipt was forgotten", by=None, at=IN_DECEMBER)
    with pytest.raises(ReopenReasonMissing):
        service.open_month(session, NOVEMBER, " ", by=None, at=IN_DECEMBER)
    service.open_month(session, NOVEMBER, "a receipt was forgotten", by=None, at=IN_DECEMBER)
    commands(session, stocked, NOON)["move"]()
    with pytest.raises(PeriodClosed):
        commands(session, stocked, IN_OCTOBER)["move"]()


def test_what_was_never_closed_is_not_opened(session):
    with pytest.raises(NotFound):
        service.open_month(session, OCTOBER, "why not", by=None, at=NOON)


def test_a_ledger_that_does_not_prove_itself_is_not_closed(session):
    lot = make_lot(session, qty="3")
    session.scalars(select(Balance).where(Balance.lot_id == lot.id)).one().on_hand_qty = D(4)
    session.flush()
    with pytest.raises(NotProved) as refused:
        close(session)
    assert refused.value.facts == {"count": 1}


def test_a_month_with_a_count_that_nobody_decided_is_not_closed(session):
    shelf = make_place(session)
    lot = make_lot(session, place=shelf, qty="10")
    make_counter(session).round(shelf, (lot, 8))  # at noon of 22 November
    close(session)
    with pytest.raises(CountsOpen) as refused:
        close(session, NOVEMBER, NOVEMBER_ENDS, IN_DECEMBER)
    assert refused.value.facts["month"] == "2026-11"


def test_a_month_tells_what_came_went_was_counted_and_lay(session):
    shelf, article = make_place(session), make_article(session)
    lot = make_lot(session, article, shelf, "10", at=IN_OCTOBER)
    make_lot(session, article, shelf, "5", at=NOON)
    service.put_demand(session, BATCH, 1, {article.material_id: D(6)})
    for_batch = {"subject": BATCH, "subject_id": 1, "by": None, "at": NOON}
    service.issue(session, lot.id, shelf.id, D(6), **for_batch)
    service.give_back(session, lot.id, shelf.id, D(2), **for_batch)
    lost = service.virtual_place(session, PlaceKind.LOSS)
    service.move(session, lot.id, shelf.id, lost.id, D(1), MoveKind.COUNT, by=None, at=NOON)
    other = make_place(session)
    service.move(session, lot.id, shelf.id, other.id, D(3), MoveKind.TRANSFER, by=None, at=NOON)
    (row,) = queries.month_report(session, OCTOBER_ENDS, NOVEMBER_ENDS)
    told = [row.told(kind) for kind in (MoveKind.RECEIPT, MoveKind.ISSUE, MoveKind.COUNT)]
    # 10 + 5 - 6 + 2 - 1 = 10; carrying three elsewhere changes nothing
    assert (row.opening_qty, told, row.other_qty, row.closing_qty) == (10, [5, -4, -1], 0, 10)


def test_the_pages_close_show_and_open_a_month(session, client_for):
    article = make_article(session)
    make_lot(session, article, qty="10", at=IN_OCTOBER)
    session.commit()
    accountant, keeper = client_for("accountant", locale="en"), client_for("keeper")
    assert keeper.post("/erp/stock/months/2026-10/close").status_code == 403
    assert accountant.post("/erp/stock/months/2026-10/close").status_code == 303
    assert queries.last_closed(session).ends_at == OCTOBER_ENDS
    page = accountant.get("/erp/stock/months").get_data(as_text=True)
    assert "2026-10" in page
    assert article.code in accountant.get("/erp/stock/months/2026-10/").get_data(as_text=True)
    assert accountant.get("/erp/stock/months/2026-10.xlsx").status_code == 200
    assert accountant.get("/erp/stock/months/nonsense/").status_code == 404
    again = accountant.post("/erp/stock/months/2026-10/close")
    assert (again.status_code, "comes first" in again.get_data(as_text=True)) == (422, True)
    assert accountant.post("/erp/stock/months/2026-10/open", data={"reason": ""}).status_code == 422
    assert accountant.post("/erp/stock/months/2026-10/open", data={"reason": "late note"}).status_code == 303
    assert queries.last_closed(session) is None
    assert keeper.get("/erp/stock/months").status_code == 200
