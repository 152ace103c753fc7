from datetime import timedelta

from sqlalchemy import select

from erp.stock.rules import Abc, PlaceKind
from mes.counting import queries
from mes.counting.model import Count
from mes.counting.rules import CountState
from mes.counting.rules.proposing import Due, propose
from tests.conftest import NOON
from tests.factories.stock import make_lot, make_place
from tests.mes.counting.shelf import make_counter


def days(number):
    return NOON - timedelta(days=number)


def test_the_best_class_at_a_place_says_how_often_it_is_counted():
    lying = [(1, Abc.C), (1, Abc.A), (2, Abc.B), (3, Abc.C)]
    counted = {1: days(30), 2: days(90), 3: days(364)}
    assert propose(lying, counted, NOON) == (Due(1, Abc.A, days(30)),)
    counted = {1: days(29), 2: days(91), 3: days(365)}
    assert [one.place_id for one in propose(lying, counted, NOON)] == [2, 3]


def test_class_a_comes_first_and_of_one_class_what_was_never_counted():
    lying = [(1, Abc.B), (2, Abc.A), (3, Abc.A), (4, Abc.A)]
    counted = {1: days(400), 2: days(31), 3: days(200)}
    assert [one.place_id for one in propose(lying, counted, NOON)] == [4, 3, 2, 1]


def test_one_press_has_the_due_places_counted(session, client_for):
    shelf, other = make_place(session), make_place(session)
    finished = make_place(session, kind=PlaceKind.FINISHED)
    lot = make_lot(session, place=shelf)
    make_lot(session, place=other)
    counter = make_counter(session)
    counter.round(shelf, (lot, 10))  # as booked: it is not due again
    session.commit()
    keeper = client_for("keeper")
    page = keeper.get("/mes/counting/").text
    assert "应盘库位" in page
    ids = [one.place.id for one in queries.proposed(session, NOON).rows]
    assert other.id in ids
    assert shelf.id not in ids
    assert finished.id not in ids
    assert keeper.post("/mes/counting/", data={"place_id": ids}).status_code == 303
    session.expire_all()
    planned = session.scalars(select(Count.place_id).where(Count.state == CountState.PLANNED)).all()
    assert sorted(planned) == sorted(ids)
    assert queries.proposed(session, NOON).rows == ()
