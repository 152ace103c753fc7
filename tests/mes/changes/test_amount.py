"""What an order costs after door sets of it were cancelled: each set as it was agreed, to the cent."""

from datetime import date
from decimal import Decimal

from sqlalchemy import select

from erp.finance import queries as finance
from erp.finance.model import Charge
from erp.sales import service as sales
from erp.sales.model import Line
from erp.sales.queries.offer import offer
from erp.sales.queries.prices import order_price
from mes.splitting import queries, service
from tests.conftest import NOON
from tests.erp.finance.accounts import receive, stands, statement
from tests.factories.factory import FRIDAY, MORNING, make_line, make_order, release_order
from tests.mes.changes.office import cancel, sets_of

D = Decimal
BY = {"by": None, "at": MORNING}


def shown(session, order):
    """The total that the order's page shows, and its lines."""
    price = order_price(session, order, offer(session), FRIDAY)
    return price.total, [(one.set_count, one.amount) for one in price.lines]


def test_each_cancelled_set_takes_its_own_price_off(session):
    # 3 × 1320.00 and 2 × (1280 + 4 × 10 + 5 × 15 for 50 mm of width) = 3960.00 + 2790.00 = 6750.00
    order = release_order(session, make_line(set_count=3), make_line(width_mm=D(950), set_count=2))
    assert order.total_amount == D("6750.00")
    sets = sets_of(session, order)
    cancel(session, order, sets[0], sets[4])
    session.refresh(order)
    assert order.total_amount == D("4035.00")  # 2 × 1320.00 + 1395.00
    assert shown(session, order) == (D("4035.00"), [(2, D("2640.00")), (1, D("1395.00"))])
    counts = session.scalars(select(Line.cancelled_count).order_by(Line.position)).all()
    assert counts == [1, 1]
    assert (stands(session, order), finance.prove(session)) == ((D("4035.00"), 0), [])


def test_a_discount_was_rounded_in_each_set_and_goes_with_it(session):
    # 7 % off 1320.00 is 1227.60 for one set; 3 sets 3682.80, of which one is taken back
    order = make_order(session, make_line(set_count=3))
    sales.give_rebate(session, order.id, D("0.07"), "展会", **BY)
    sales.confirm(session, order.id, on=FRIDAY, **BY)
    session.flush()
    service.release(session, queries.prepare(session, order.id), **BY)
    session.refresh(order)
    assert order.total_amount == D("3682.80")
    cancel(session, order, sets_of(session, order)[1])
    session.refresh(order)
    assert order.total_amount == D("2455.20")


def test_the_statement_shows_both_days_and_the_rest_is_paid_back_to_the_prepayment(session):
    order = release_order(session, make_line(set_count=2))
    receipt = receive(session, "2640.00", parts={order.id: D("2640.00")})
    cancel(session, order, sets_of(session, order)[0])  # on 22 November
    account = statement(session, date(2026, 11, 1), date(2026, 11, 30))
    assert [(one.on.day, one.number, one.debit, one.credit) for one, _ in account.rows] == [
        (20, order.number, D("2640.00"), 0),
        (20, receipt.number, 0, D("2640.00")),
        (22, order.number, D("-1320.00"), 0),
    ]
    assert account.closing == D("-1320.00")
    assert (stands(session, order), finance.left_of(session, receipt.id)) == ((1320, 1320), 1320)


def test_with_its_last_set_nothing_is_owed(session):
    order = release_order(session, make_line(set_count=2))
    cancel(session, order)
    assert stands(session, order) == (0, 0)
    amounts = session.scalars(select(Charge.amount).order_by(Charge.id)).all()
    assert (amounts, session.scalars(select(Charge.charged_at)).all()[-1]) == ([2640, -2640], NOON)


def test_an_order_without_prices_stays_without(session):
    order = release_order(session, make_line(set_count=2))
    order.total_amount = None
    for line in session.scalars(select(Line)):
        line.unit_amount = None
    session.flush()
    cancel(session, order, sets_of(session, order)[0])
    session.refresh(order)
    assert (order.total_amount, stands(session, order)[0]) == (None, 0)
