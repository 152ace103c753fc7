"""Colour lots of real orders: what waits, what a batch takes, what is refused, what is urgent."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from core.errors import NotFound
from mes.cutting import queries as cutting
from mes.planning import queries, service
from mes.planning.model import Batch, BatchOrder
from mes.planning.queries import lots
from mes.planning.rules import NothingChosen, OrderInBatch
from mes.planning.rules.batching import Chosen, ColourSplit, RushReasonMissing
from mes.splitting.model import DoorSet
from tests.conftest import NOON
from tests.factories.factory import make_line, release_order

DAY = date(2026, 11, 22)


def two_colours(session):
    """One order: two sets in white, one in walnut."""
    return release_order(
        session, make_line(set_count=2), make_line(colour_code="WALNUT"), due_on=date(2026, 12, 1)
    )


def accept(session, *chosen):
    return service.accept(session, chosen, by=None, at=NOON, on=DAY)


def test_an_order_has_a_lot_for_each_colour_with_its_material_and_finish(session):
    order = two_colours(session)
    found = {lot.key.colour: lot for lot in lots.waiting(session, [order.id])}
    assert {colour: lot.set_count for colour, lot in found.items()} == {"WHITE": 2, "WALNUT": 1}
    assert all(lot.key.material and lot.key.finish for lot in found.values())
    assert found["WHITE"].piece_count + found["WALNUT"].piece_count == order.piece_count
    assert found["WHITE"].key.colour_name.zh != "WHITE"


def test_one_colour_is_batched_and_the_other_waits(session):
    order = two_colours(session)
    batch = accept(session, Chosen(order.id, "WHITE", 2))
    assert [lot.key.colour for lot in lots.waiting(session, [order.id])] == ["WALNUT"]
    assert queries.batch_page(session, batch.id).set_count == 2
    waiting = {piece.set_id for piece in cutting.waiting_pieces(session, batch.id)}
    white = session.scalars(select(DoorSet.id).where(DoorSet.order_id == order.id).order_by(DoorSet.id)).all()
    assert waiting == set(white[:2])
    other = accept(session, Chosen(order.id, "WALNUT", 1))
    assert [one.id for one in queries.batches_of_order(session, order.id)] == [batch.id, other.id]


def test_a_part_of_a_colour_is_refused_and_nothing_is_kept(session):
    order = two_colours(session)
    with pytest.raises(ColourSplit) as refusal:
        accept(session, Chosen(order.id, "WALNUT", 1), Chosen(order.id, "WHITE", 1))
    assert refusal.value.facts["number"] == order.number
    assert session.scalars(select(BatchOrder.id)).all() == []


def test_a_colour_is_in_one_batch_at_most(session):
    order = two_colours(session)
    batch = accept(session, Chosen(order.id, "WHITE", 2))
    with pytest.raises(OrderInBatch) as refusal:
        accept(session, Chosen(order.id, "WHITE", 2))
    assert refusal.value.facts == {"number": order.number, "batch": batch.number}
    with pytest.raises(NotFound):
        accept(session, Chosen(order.id, "PINK", 1))
    with pytest.raises(NothingChosen):
        accept(session)


def test_an_urgent_order_has_a_reason_that_can_be_taken_back(session):
    order = two_colours(session)
    with pytest.raises(RushReasonMissing):
        service.put_rush(session, order.id, " ", by=None, at=NOON)
    service.put_rush(session, order.id, "样板间", by=None, at=NOON)
    service.put_rush(session, order.id, "样板间 周五", by=None, at=NOON)
    session.flush()
    assert {lot.rush for lot in lots.waiting(session, [order.id])} == {"样板间 周五"}
    for _ in range(2):
        service.end_rush(session, order.id, by=None, at=NOON)
    assert {lot.rush for lot in lots.waiting(session, [order.id])} == {None}


def test_the_page_proposes_and_what_it_proposes_is_accepted(client_for, session):
    order = two_colours(session)
    other = release_order(session, due_on=date(2026, 12, 1))
    session.commit()
    client = client_for("splitter", locale="en")
    page = client.get("/mes/planning/proposals/").text
    offered = re.findall(r'name="lot" value="([^"]+)"', page)
    assert sorted(offered) == sorted([f"{order.id}:2:WHITE", f"{order.id}:1:WALNUT", f"{other.id}:1:WHITE"])
    white = [one for one in offered if one.endswith("WHITE")]
    assert client.post("/mes/planning/batches/", data={"lot": white}).status_code == 303
    batch = session.scalars(select(Batch)).one()
    assert {row.order_id for row in session.scalars(select(BatchOrder))} == {order.id, other.id}
    assert queries.batch_page(session, batch.id).set_count == 3
    stale = client.post("/mes/planning/batches/", data={"lot": [f"{order.id}:3:WALNUT"]})
    assert (stale.status_code, "One colour of an order is made in one batch" in stale.text) == (409, True)


def test_lanes_are_chosen_and_sorted_in_the_address(client_for, session):
    late = release_order(session, due_on=date(2027, 3, 1))
    rushed = release_order(session, due_on=date(2027, 3, 2))
    session.commit()
    client = client_for("splitter")
    assert client.post(f"/mes/planning/orders/{rushed.id}/rush", data={"reason": ""}).status_code == 422
    assert client.post(f"/mes/planning/orders/{rushed.id}/rush", data={"reason": "展会"}).status_code == 303
    page = client.get("/mes/planning/proposals/").text
    assert page.index(rushed.number) < page.index(late.number)
    turned = client.get("/mes/planning/proposals/?sort=due").text
    assert turned.index(late.number) < turned.index(rushed.number)
    urgent = client.get("/mes/planning/proposals/?view=URGENT").text
    assert (rushed.number in urgent, late.number in urgent, "展会" in urgent) == (True, False, True)
    assert client.post(f"/mes/planning/orders/{rushed.id}/rush/end").status_code == 303
    assert rushed.number not in client.get("/mes/planning/proposals/?view=URGENT").text


def test_a_keeper_sees_proposals_and_accepts_none(client_for, session):
    order = release_order(session)
    session.commit()
    client = client_for("keeper")
    page = client.get("/mes/planning/proposals/")
    assert (page.status_code, order.number in page.text, 'name="lot"' in page.text) == (200, True, False)
    assert client.post(f"/mes/planning/orders/{order.id}/rush", data={"reason": "x"}).status_code == 403
