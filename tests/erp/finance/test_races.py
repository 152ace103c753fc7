"""Two connections at once: money is used once, and a release does not slip past a reversal."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import func, select

from core.errors import AppError
from core.work import run
from erp.finance import queries, service
from erp.finance.model import Receipt
from erp.finance.rules import DepositMissing, MoreThanLeft, MoreThanOpen, NotToReverse
from erp.finance.service import Payment
from erp.sales.model import Order
from erp.sales.rules.states import OrderState
from mes.changes import service as changes
from mes.splitting import queries as splitting_queries
from mes.splitting import service as splitting
from tests.erp.finance.accounts import BY, DOOR, D, agree, dealer_of, make_owed, receive
from tests.factories.factory import FRIDAY, make_line, release_order
from tests.mes.changes.office import asking, sets_of

ROUNDS = 4


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


def allocating(receipt_id, order_id, amount):
    return lambda session: service.allocate(session, receipt_id, order_id, amount, **BY)


def proved(database):
    with database.session as session:
        return queries.prove(session)


def test_two_clerks_give_the_last_prepayment_away_once(database):
    for _ in range(ROUNDS):
        with database.session as session:
            receipt = receive(session, "1320.00").id
            orders = [make_owed(session).id for _ in range(2)]
            session.commit()
        answers = at_once(database, *(allocating(receipt, one, DOOR) for one in orders))
        assert sum(isinstance(one, MoreThanLeft) for one in answers) == 1
        with database.session as session:
            assert queries.left_of(session, receipt) == 0
            paid = sorted(queries.account(session, one).paid for one in orders)
            assert paid == [0, DOOR]
    assert proved(database) == []


def test_two_receipts_do_not_pay_one_order_twice(database):
    for _ in range(ROUNDS):
        with database.session as session:
            receipts = [receive(session, "1320.00").id for _ in range(2)]
            order = make_owed(session).id
            session.commit()
        answers = at_once(database, *(allocating(one, order, DOOR) for one in receipts))
        assert sum(isinstance(one, MoreThanOpen) for one in answers) == 1
    assert proved(database) == []


def test_a_form_that_is_sent_twice_at_once_books_once(database):
    with database.session as session:
        dealer_id = dealer_of(session).id
        session.commit()

    def receiving(session):
        return service.receive(
            session, Payment(dealer_id, D("10.00"), FRIDAY, form_key="k"), on=FRIDAY, **BY
        ).id

    assert len(set(at_once(database, *[receiving] * 4))) == 1
    with database.session as session:
        assert session.scalar(select(func.count()).select_from(Receipt)) == 1
        assert receive(session, "1.00").number == "RC2611-0002"  # no number is lost


def test_of_two_who_reverse_a_receipt_one_does(database):
    for _ in range(ROUNDS):
        with database.session as session:
            order = make_owed(session).id
            receipt = receive(session, "1320.00", parts={order: DOOR}).id
            session.commit()

        def reversing(session, receipt=receipt):
            return service.reverse(session, receipt, "退票", on=FRIDAY, **BY).id

        answers = at_once(database, reversing, reversing)
        assert sum(isinstance(one, NotToReverse) for one in answers) == 1
    assert proved(database) == []


def test_a_release_comes_before_a_reversal_or_is_refused(database):
    for _ in range(ROUNDS):
        with database.session as session:
            agree(session, deposit="1")
            order_id = make_owed(session).id
            receipt_id = receive(session, "1320.00", parts={order_id: DOOR}).id
            frozen = splitting_queries.prepare(session, order_id)
            session.commit()

        def releasing(session, frozen=frozen):
            splitting.release(session, frozen, **BY)
            return "released"

        def reversing(session, receipt_id=receipt_id):
            service.reverse(session, receipt_id, "退票", on=FRIDAY, **BY)
            return "reversed"

        answer, undone = at_once(database, releasing, reversing)
        assert undone == "reversed"
        with database.session as session:
            is_released = session.get(Order, order_id).state is OrderState.RELEASED
        assert is_released == (answer == "released")
        assert is_released or isinstance(answer, DepositMissing)
    assert proved(database) == []


def test_a_payment_and_a_cancelling_in_part_leave_nothing_paid_too_much(database):
    for _ in range(ROUNDS):
        with database.session as session:
            order = release_order(session, make_line(set_count=2))
            receipt = receive(session, "2640.00").id
            asked, order_id = asking(session, order, sets_of(session, order)[:1]), order.id
            session.commit()

        def cancelling(session, order_id=order_id, asked=asked):
            return changes.cancel(session, order_id, asked, **BY)

        at_once(database, cancelling, allocating(receipt, order_id, D("2640.00")))
        with database.session as session:
            account = queries.account(session, order_id)
            assert account.agreed == DOOR
            assert account.paid in (0, DOOR)
    assert proved(database) == []
