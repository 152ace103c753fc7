"""The deposit gate: an order is not frozen before its deposit is paid."""

from decimal import Decimal

import pytest
from sqlalchemy import func, select

from erp.finance import service as finance
from erp.finance.rules import CreditExceeded, DepositMissing, Gate
from erp.sales.rules.states import OrderState
from mes.splitting import queries, service
from mes.splitting.model import DoorSet
from mes.splitting.rules import ChangedMeanwhile
from tests.erp.finance.accounts import BY, agree, make_owed, receive
from tests.factories.factory import MORNING

D = Decimal


def release(session, order):
    session.flush()
    service.release(session, queries.prepare(session, order.id), by=None, at=MORNING)
    session.refresh(order)


def test_nothing_is_frozen_before_the_deposit_is_paid(session):
    agree(session, deposit="0.3")
    order = make_owed(session)  # 1320.00: 396.00 before
    receive(session, "395.99", parts={order.id: D("395.99")})
    with pytest.raises(DepositMissing) as refusal:
        release(session, order)
    assert refusal.value.facts == {"number": order.number, "due": "30", "paid": "29.99"}
    assert session.scalar(select(func.count()).select_from(DoorSet)) == 0
    receive(session, "0.01", is_spread=True)
    release(session, order)
    assert order.state is OrderState.RELEASED


def test_a_prepayment_counts_when_it_is_given_to_the_order(session):
    agree(session, deposit="0.3")
    receipt, order = receive(session, "396.00"), make_owed(session)
    with pytest.raises(DepositMissing):
        release(session, order)
    finance.allocate(session, receipt.id, order.id, D("396.00"), **BY)
    release(session, order)
    assert order.state is OrderState.RELEASED


def test_a_dealer_over_his_limit_gets_nothing_made_unless_it_is_let_pass(session):
    agree(session, limit="1319.99")
    order = make_owed(session)
    with pytest.raises(CreditExceeded):
        release(session, order)
    finance.waive(session, order.id, Gate.RELEASE, "老客户", **BY)
    release(session, order)
    assert order.state is OrderState.RELEASED


def test_what_was_changed_meanwhile_is_said_before_what_is_not_paid(session):
    agree(session, deposit="0.3")
    order = make_owed(session)
    session.flush()
    frozen = queries.prepare(session, order.id)
    order.note = "改过"
    session.flush()
    with pytest.raises(ChangedMeanwhile):
        service.release(session, frozen, by=None, at=MORNING)
