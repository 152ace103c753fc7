"""Two connections at once: a proposal is ordered once, two deliveries on one line are both counted."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

from sqlalchemy import func, select

from core.errors import AppError
from core.work import run
from erp.purchasing import service
from erp.purchasing.model import PurchaseLine, PurchaseOrder
from erp.purchasing.rules.orders import OverReceipt, ProposalTaken, PurchaseState
from erp.purchasing.service import Pick
from tests.erp.purchasing.test_service import BY, make_offer, make_ordered
from tests.factories.factory import FRIDAY
from tests.factories.stock import make_hinge, make_place

D = Decimal


def at_once(database, *calls):
    """Run the calls on connections of their own at the same moment; give back results and refusals."""
    start = Barrier(len(calls))

    def one(call):
        with database.app.app_context():
            start.wait()
            try:
                return run(call)
            except AppError as refusal:
                return refusal

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def test_two_buyers_turn_one_proposal_into_one_order(database):
    with database.session as session:
        hinge = make_hinge(session)
        pick = Pick(make_offer(session, hinge).id, hinge.id, D(40), 0)
        session.commit()

    def order(session):
        return service.order_proposed(session, [pick], on=FRIDAY, **BY)

    answers = at_once(database, order, order, order)
    assert sum(isinstance(one, ProposalTaken) for one in answers) == 2
    with database.session as session:
        assert session.scalar(select(func.count()).select_from(PurchaseOrder)) == 1


def _delivery(line_id, place_id, qty, key):
    def receive(session):
        return service.receive(
            session, line_id, D(qty), place_id, reference="", reason="", form_key=key, **BY
        )

    return receive


def test_two_deliveries_on_one_line_are_both_counted(database):
    with database.session as session:
        order, line = make_ordered(session, make_hinge(session))
        place = make_place(session)
        session.commit()
        order_id, line_id, place_id = order.id, line.id, place.id
    at_once(database, *(_delivery(line_id, place_id, 10, f"k{number}") for number in range(2)))
    with database.session as session:
        assert session.get(PurchaseLine, line_id).received_qty == 20
        assert session.get(PurchaseOrder, order_id).state is PurchaseState.RECEIVED


def test_two_deliveries_that_together_are_too_much_are_not_both_taken(database):
    with database.session as session:
        _order, line = make_ordered(session, make_hinge(session))
        place = make_place(session)
        session.commit()
        line_id, place_id = line.id, place.id
    answers = at_once(database, *(_delivery(line_id, place_id, 15, f"k{number}") for number in range(2)))
    assert sum(isinstance(one, OverReceipt) for one in answers) == 1
    with database.session as session:
        assert session.get(PurchaseLine, line_id).received_qty == 15
