"""The balance gate at the dock: what is not paid in full is not loaded, and the floor hears no amount."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from erp.finance import service as finance
from erp.finance.rules import Gate
from mes.packing.rules import PackageState
from mes.scanning.model import Scan
from mes.scanning.rules import Outcome, ScanKind
from tests.conftest import NOON
from tests.erp.finance.accounts import agree, receive
from tests.factories.factory import make_line
from tests.mes.changes.office import cancel, sets_of
from tests.mes.packing.bench import packages
from tests.mes.shipping.dock import make_dock, make_load, sealed_order

D = Decimal


@pytest.fixture
def dock(session):
    return make_dock(session)


@pytest.fixture
def order(session):
    """One golden door for 1320.00, sealed; its dealer pays before loading."""
    agree(session, gate=True)
    return sealed_order(session)


@pytest.fixture
def load(session, order):
    return make_load(session, order)


def test_an_unpaid_package_is_refused_and_logged_without_an_amount(session, dock, load, order):
    receive(session, "1319.99", parts={order.id: D("1319.99")})
    package = packages(session, order)[0]
    said = dock.scan(ScanKind.LOAD, package.code, load.code)
    assert said["block_code"] == "E13"
    assert all(amount not in str(said) for amount in ("1319", "1,319", "1320", "1,320", "0.01"))
    logged = session.scalars(select(Scan).where(Scan.kind == ScanKind.LOAD)).all()
    assert [(one.outcome, one.block_code) for one in logged] == [(Outcome.BLOCK, "E13")]
    session.refresh(package)
    assert package.state is PackageState.SEALED


def test_the_last_cent_opens_the_gate(session, dock, load, order):
    receive(session, "1319.99", parts={order.id: D("1319.99")})
    assert dock.load(load, packages(session, order)[0]) == "E13"
    receive(session, "0.01", is_spread=True)
    assert dock.load(load, packages(session, order)[0]) is None


def test_a_receipt_that_bounces_shuts_it_again(session, dock, load, order):
    receipt = receive(session, "1320.00", parts={order.id: D("1320.00")})
    first, second, *_ = packages(session, order)
    assert dock.load(load, first) is None
    finance.reverse(session, receipt.id, "退票", on=NOON.date(), by=None, at=NOON)
    assert dock.load(load, second) == "E13"


def test_whoever_may_lets_one_order_pass(session, dock, load, order):
    finance.waive(session, order.id, Gate.LOADING, "货到付款", by=None, at=NOON)
    assert dock.load(load, packages(session, order)[0]) is None


def test_another_dealers_order_is_not_asked_for_money(session, dock, order):
    other = sealed_order(session, dealer="D003")
    load = make_load(session, other)
    assert dock.load(load, packages(session, other)[0]) is None


def test_an_order_cancelled_in_part_owes_what_remains(session, dock):
    agree(session, gate=True)
    order = sealed_order(session, make_line(set_count=2))  # 2640.00
    receive(session, "1320.00", parts={order.id: D("1320.00")})
    load = make_load(session, order)
    one, two = sets_of(session, order)
    kept = next(box for box in packages(session, order) if box.set_id == two.id)
    assert dock.load(load, kept) == "E13"
    cancel(session, order, one)
    assert dock.load(load, kept) is None


def test_the_office_sees_on_its_lists_which_order_is_not_paid(session, client_for, load, order):
    client, mark = client_for("clerk", locale="en"), f"Not paid: {order.number}"
    session.commit()
    for path in ("", f"{load.id}/"):
        assert mark in client.get(f"/mes/shipping/loads/{path}").text
    other = make_load(session)
    session.commit()
    receive(session, "1320.00", parts={order.id: D("1320.00")})
    session.commit()
    for path in ("", f"{load.id}/", f"{other.id}/packages"):
        assert "ot paid" not in client.get(f"/mes/shipping/loads/{path}").text


def test_a_package_that_may_not_be_loaded_is_marked_before_it_is_put_on_the_list(session, client_for, order):
    empty = make_load(session)
    session.commit()
    page = client_for("clerk", locale="en").get(f"/mes/shipping/loads/{empty.id}/packages").text
    assert page.count("not paid") == len(packages(session, order))
