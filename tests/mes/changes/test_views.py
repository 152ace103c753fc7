"""The page that cancels sets: who may, what it shows, what a refusal keeps."""

import re

import pytest
from sqlalchemy import select

from erp.sales.model import Order
from erp.sales.rules.states import OrderState
from mes.changes import queries
from mes.packing.model import Package
from mes.splitting import service as splitting
from mes.splitting.rules import PieceState
from tests.conftest import NOON
from tests.factories.factory import make_line, make_order, release_order
from tests.mes.packing.bench import packages, piece
from tests.mes.shipping.dock import make_dock, make_load, sealed_order


def address(order):
    return f"/mes/changes/orders/{order.id}/cancel"


def typed(session, order, *numbers, reason="客户退单"):
    sets = queries.page(session, order.id).sets
    return {"set": [sets[n].row.id for n in numbers], "seen": [one.seen for one in sets], "reason": reason}


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("zh_Hans_CN", ("取消整樘", "已开料", "作废的包件")),
        ("en", ("Cancel door sets", "Cut", "Packages that become void")),
    ],
)
def test_the_page_shows_how_far_each_piece_has_come_and_what_becomes_void(client_for, session, locale, words):
    order = release_order(session)
    jamb = piece(session, order, "JAMB_L")
    splitting.advance(session, jamb.id, 0, PieceState.CUT, at=NOON)
    page = client_for("clerk", locale=locale).get(address(order)).text
    for word in (*words, jamb.code, "1/4"):
        assert word in page


def test_a_clerk_cancels_one_of_two_sets_from_the_orders_page(client_for, session):
    order = release_order(session, make_line(set_count=2))
    client = client_for("clerk")
    assert address(order) in client.get(f"/erp/sales/orders/{order.id}/").text
    answer = client.post(address(order), data=typed(session, order, 0), follow_redirects=True)
    assert answer.request.path == f"/erp/sales/orders/{order.id}/"
    for word in ("1 樘已取消", "1/8, 2/8, 3/8, 4/8", "客户退单", "已取消"):
        assert word in answer.text
    assert session.get(Order, order.id, populate_existing=True).set_count == 1


def test_a_splitter_cancels_a_whole_order(client_for, session):
    order = release_order(session)
    answer = client_for("splitter", locale="en").post(
        address(order), data=typed(session, order, 0), follow_redirects=True
    )
    assert "it is cancelled" in answer.text
    assert session.get(Order, order.id, populate_existing=True).state is OrderState.CANCELLED


def test_one_press_cancels_all_that_is_left(client_for, session):
    order = release_order(session, make_line(set_count=3))
    client = client_for("clerk", locale="en")
    client.post(address(order), data=typed(session, order, 1))
    page = client.get(address(order)).text
    every = re.findall('name="every" value="([0-9]+)"', page)
    assert [int(one) for one in every] == [queries.page(session, order.id).sets[n].row.id for n in (0, 2)]
    data = typed(session, order) | {"every": every, "all": "1"}
    assert "it is cancelled" in client.post(address(order), data=data, follow_redirects=True).text
    assert session.get(Order, order.id, populate_existing=True).state is OrderState.CANCELLED


def test_without_a_reason_nothing_happens_and_the_choice_is_kept(client_for, session):
    order = release_order(session)
    answer = client_for("clerk").post(address(order), data=typed(session, order, 0, reason=" "))
    assert answer.status_code == 422
    assert " checked" in answer.text
    assert session.get(Order, order.id, populate_existing=True).set_count == 1


def test_a_scan_that_was_quicker_is_told_with_the_piece_and_the_reason_is_kept(client_for, session):
    order = release_order(session)
    data = typed(session, order, 0, reason="改了尺寸")
    jamb = piece(session, order, "JAMB_L")
    splitting.advance(session, jamb.id, 0, PieceState.CUT, at=NOON)
    answer = client_for("clerk").post(address(order), data=data)
    assert answer.status_code == 422
    assert jamb.code in answer.text
    assert 'value="改了尺寸"' in answer.text
    assert {one.state.value for one in packages(session, order)} == {"PLANNED"}


def test_a_loaded_box_is_named_and_its_set_cannot_be_chosen(client_for, session):
    order = sealed_order(session)
    box = packages(session, order)[0]
    data = typed(session, order, 0)
    make_dock(session).load(make_load(session, order), box)
    session.commit()
    client = client_for("clerk", locale="en")
    page = client.get(address(order)).text
    assert "Cannot be cancelled" in page
    assert 'type="checkbox" name="set"' not in page
    answer = client.post(address(order), data=data)
    assert answer.status_code == 422
    assert f"1/{box.total_count}" in answer.text


def test_an_order_that_is_not_released_has_nothing_to_cancel_there(client_for, session):
    order = make_order(session)
    client = client_for("clerk")
    assert "此订单尚未下达" in client.get(address(order)).text
    assert address(order) not in client.get(f"/erp/sales/orders/{order.id}/").text


@pytest.mark.parametrize("role", ["owner", "packer", "operator", "keeper", "loader"])
def test_nobody_else_cancels(client_for, session, role):
    order = release_order(session)
    client = client_for(role)
    assert client.get(address(order)).status_code == 403
    assert client.post(address(order), data=typed(session, order, 0)).status_code == 403
    assert session.scalars(select(Package.state).where(Package.order_id == order.id)).first() == "PLANNED"
