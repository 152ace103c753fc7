import threading
from datetime import date

import pytest
from sqlalchemy import func, select

from core.errors import NotFound
from mes.planning import queries
from mes.planning.model import Batch, BatchOrder
from mes.planning.queries import lots
from mes.planning.rules import BatchState, NothingChosen, OrderInBatch, OrderNotReleased
from mes.planning.service import create_batch, mark_planned
from tests.conftest import NOON
from tests.factories.factory import make_order, release_order

SUNDAY = date(2026, 11, 22)


def create(session, *orders, **over):
    return create_batch(session, [order.id for order in orders], by=None, at=NOON, on=SUNDAY, **over)


def test_a_batch_takes_released_orders_and_is_due_with_the_first(session):
    late = release_order(session, due_on=date(2026, 12, 5))
    soon = release_order(session, due_on=date(2026, 12, 1))
    batch = create(session, late, soon, note="白色先做")
    assert (batch.number, batch.state, batch.due_on) == ("BA2611-0001", BatchState.OPEN, date(2026, 12, 1))
    assert batch.code.startswith("B")
    assert [order.id for order in queries.batch_page(session, batch.id).orders] == [late.id, soon.id]


def test_a_chosen_order_is_offered_no_more(session):
    first, second = release_order(session), release_order(session)
    assert {lot.order_id for lot in lots.waiting(session)} >= {first.id, second.id}
    create(session, first)
    offered = {lot.order_id for lot in lots.waiting(session)}
    assert (first.id in offered, second.id in offered) == (False, True)


def test_an_order_that_is_not_released_is_refused(session):
    order = make_order(session)
    with pytest.raises(OrderNotReleased) as refusal:
        create(session, order)
    assert refusal.value.facts["number"] == order.number


def test_an_order_is_in_one_batch_at_most(session):
    order = release_order(session)
    batch = create(session, order)
    with pytest.raises(OrderInBatch) as refusal:
        create(session, order)
    assert refusal.value.facts == {"number": order.number, "batch": batch.number}


def test_a_batch_of_nothing_is_refused(session):
    with pytest.raises(NothingChosen):
        create(session)


def test_an_order_that_does_not_exist_is_not_found(session):
    with pytest.raises(NotFound):
        create_batch(session, [987654], by=None, at=NOON)


def test_a_batch_is_planned_once(session):
    batch = create(session, release_order(session))
    assert [mark_planned(session, batch.id), mark_planned(session, batch.id)] == [True, False]


def test_of_two_planners_who_take_the_same_order_at_once_one_wins(database):
    with database.session as session:
        order_id = release_order(session).id
        session.commit()
    outcomes = []

    def plan():
        with database.session as session:
            try:
                create_batch(session, [order_id], by=None, at=NOON, on=SUNDAY)
                session.commit()
                outcomes.append("made")
            except OrderInBatch:
                session.rollback()
                outcomes.append("refused")

    threads = [threading.Thread(target=plan) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["made", "refused"]
    with database.session as session:
        assert session.scalar(select(func.count()).select_from(BatchOrder)) == 1
        assert session.scalar(select(func.count()).select_from(Batch)) == 1
