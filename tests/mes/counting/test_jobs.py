"""What a handheld holds to count: how far the rounds are and what labels are called, and nothing that is booked."""

import pytest

from core.auth.model import Person
from erp.stock.rules import PlaceKind
from mes.packing.model import Package
from mes.packing.rules import PackageState
from tests.factories.factory import release_order
from tests.factories.stock import make_lot, make_place
from tests.mes.counting.shelf import COUNTER, Counter, make_counter

JOBS = "/api/v1/counting/jobs"


@pytest.fixture
def keeper(client_for):
    return client_for("keeper", locale="en")


def held(client, place):
    return next(one for one in client.get(JOBS).json["places"] if one["code"] == place.code)


def test_every_place_that_may_be_counted_is_held_and_no_quantity(session, keeper):
    shelf, lane = make_place(session), make_place(session, PlaceKind.STAGING)
    lot = make_lot(session, place=shelf, qty="4217")
    session.commit()
    answer = keeper.get(JOBS)
    assert "4217" not in answer.text
    assert {shelf.code, lane.code} <= {one["code"] for one in answer.json["places"]}
    assert [lot.code, "pcs", False] in [[code, unit, cut] for code, _, unit, cut in answer.json["lots"]]


def test_a_round_of_ones_own_is_held_with_what_was_entered(session, keeper):
    shelf = make_place(session)
    lot = make_lot(session, place=shelf, qty="4217")
    mine = Counter(session, session.get(Person, keeper.person_id), COUNTER)
    mine.place(shelf)
    mine.lot(shelf, lot, 12)
    mine.lot(shelf, lot, 3)
    session.commit()
    told = held(keeper, shelf)
    assert (told["state"], told["is_mine"], told["entered"]) == ("COUNTING", True, [[lot.code, 15]])
    mine.strike(shelf, lot)
    session.commit()
    assert held(keeper, shelf)["entered"] == []


def test_a_round_of_somebody_else_is_held_by_name_and_without_its_entries(session, keeper):
    shelf = make_place(session)
    lot = make_lot(session, place=shelf, qty="9")
    other = make_counter(session)
    other.place(shelf)
    other.lot(shelf, lot, 5)
    session.commit()
    told = held(keeper, shelf)
    assert (told["is_mine"], told["counter"], told["entered"]) == (False, "陈国强", [])


def test_a_further_round_holds_what_it_looks_for_and_what_is_settled(session, keeper):
    shelf = make_place(session)
    right, wrong = make_lot(session, place=shelf, qty="5"), make_lot(session, place=shelf, qty="4217")
    make_counter(session).round(shelf, (right, 5), (wrong, 6))
    session.commit()
    told = held(keeper, shelf)
    assert (told["state"], told["is_again"]) == ("RECOUNT", True)
    assert [code for _, code in told["again"]] == [wrong.code]
    assert told["settled"] == [right.code]
    assert "4217" not in keeper.get(JOBS).text


def test_packages_are_held_by_name_once_they_are_sealed(session, keeper):
    order = release_order(session)
    box = session.query(Package).filter_by(order_id=order.id).first()
    session.commit()
    assert box.code not in keeper.get(JOBS).text
    box.state = PackageState.SEALED
    session.commit()
    assert [box.code, order.number] in [
        [code, number] for code, _, number in keeper.get(JOBS).json["packages"]
    ]
