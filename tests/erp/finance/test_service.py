"""Commands of finance: what is booked, what is refused, and that everything adds up afterwards."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core.audit.queries import history
from core.errors import Conflict, NotFound
from erp.finance import queries, service
from erp.finance.model import Allocation, Charge, Receipt, Waiver
from erp.finance.rules import (
    AmountUnfit,
    ChargeKind,
    DayAhead,
    DealerDiffers,
    Gate,
    Method,
    MoreThanLeft,
    MoreThanOpen,
    MoreThanPaid,
    MoveKind,
    NotADealer,
    NothingToWaive,
    NotToReverse,
    PartsExceed,
    ReasonMissing,
    RefundedAlready,
    Terms,
)
from erp.finance.service import Payment
from erp.sales import service as sales
from erp.sales.rules.orders import OrderHead
from tests.erp.finance.accounts import (
    BY,
    DOOR,
    NOVEMBER,
    D,
    agree,
    dealer_of,
    make_owed,
    receive,
    rows,
    stands,
    statement,
)
from tests.factories.factory import FRIDAY, MORNING, make_order


@pytest.fixture(autouse=True)
def _everything_adds_up(session):
    yield
    session.flush()
    assert queries.prove(session) == []


def left(session, receipt):
    return queries.left_of(session, receipt.id)


def count(session, table):
    return session.scalar(select(func.count()).select_from(table))


# --- charges ------------------------------------------------------------------


def test_an_order_is_owed_from_its_confirmation_on(session):
    draft = make_order(session)
    assert stands(session, draft) == (0, 0)
    order = make_owed(session, 2)
    assert stands(session, order) == (D("2640.00"), 0)


def test_what_is_put_back_is_not_owed_and_agreed_anew_it_is(session):
    order = make_owed(session)
    sales.reopen(session, order.id, **BY)
    assert stands(session, order) == (0, 0)
    sales.give_rebate(session, order.id, D("0.1"), "老客户", **BY)
    sales.confirm(session, order.id, on=FRIDAY, **BY)
    assert stands(session, order) == (D("1188.00"), 0)
    kinds = session.scalars(select(Charge.kind).order_by(Charge.id)).all()
    assert kinds == [ChargeKind.AGREED, ChargeKind.TAKEN_BACK, ChargeKind.AGREED]


def test_an_order_that_is_put_back_keeps_its_payment_until_it_is_agreed_anew(session):
    order = make_owed(session)
    receipt = receive(session, "1320.00", parts={order.id: DOOR})
    sales.ask_dealer(session, order.id, "墙厚？", **BY)
    assert (stands(session, order), left(session, receipt)) == ((0, DOOR), 0)
    standing = queries.standing(session, dealer_of(session).id)
    assert (standing.receivable, standing.resting, standing.prepaid, standing.balance) == (0, DOOR, 0, -DOOR)
    sales.reopen(session, order.id, **BY)
    sales.give_rebate(session, order.id, D("0.1"), "老客户", **BY)
    sales.confirm(session, order.id, on=FRIDAY, **BY)
    # 1188.00 are agreed now: 132.00 of the receipt are free again
    assert (stands(session, order), left(session, receipt)) == ((D("1188.00"), D("1188.00")), D("132.00"))


def test_a_cancelled_order_frees_what_was_paid_for_it(session):
    order = make_owed(session)
    first = receive(session, "400.00", parts={order.id: D("400.00")})
    second = receive(session, "100.00", parts={order.id: D("100.00")})
    sales.cancel(session, order.id, "客户退单", **BY)
    assert (stands(session, order), left(session, first), left(session, second)) == ((0, 0), 400, 100)


def test_an_order_that_goes_to_another_dealer_leaves_its_payment_behind(session):
    order = make_owed(session)
    receipt = receive(session, "500.00", parts={order.id: D("500.00")})
    sales.reopen(session, order.id, **BY)
    head = OrderHead(dealer_id=dealer_of(session, "D002").id)
    sales.amend_head(session, order.id, head, version=order.version, on=FRIDAY, **BY)
    sales.confirm(session, order.id, on=FRIDAY, **BY)
    assert (stands(session, order), left(session, receipt)) == ((DOOR, 0), 500)
    assert statement(session, *NOVEMBER).closing == -500
    assert statement(session, *NOVEMBER, dealer="D002").closing == DOOR


# --- receipts -----------------------------------------------------------------


def test_a_receipt_pays_several_orders_and_the_rest_is_a_prepayment(session):
    one, two = make_owed(session), make_owed(session, 2)
    receipt = receive(session, "3000.00", parts={one.id: DOOR, two.id: D("1000.00")})
    assert receipt.number == "RC2611-0001"
    assert (stands(session, one), stands(session, two)) == ((1320, 1320), (2640, 1000))
    assert left(session, receipt) == D("680.00")
    standing = queries.standing(session, receipt.party_id)
    assert (standing.receivable, standing.prepaid, standing.balance) == (1640, 680, 960)


def test_the_oldest_orders_are_paid_first_when_that_is_asked(session):
    one = make_owed(session)
    two = make_owed(session, at=MORNING + timedelta(hours=1))
    receipt = receive(session, "1500.00", is_spread=True)
    assert (stands(session, one)[1], stands(session, two)[1], left(session, receipt)) == (1320, 180, 0)
    more = receive(session, "2000.00", is_spread=True)
    assert (stands(session, two)[1], left(session, more)) == (1320, 860)


def test_a_prepayment_is_given_to_an_order_later_and_taken_off_again(session):
    receipt, order = receive(session, "1000.00"), make_owed(session)
    service.allocate(session, receipt.id, order.id, D("600.00"), **BY)
    service.allocate(session, receipt.id, order.id, D("400.00"), **BY)
    assert (stands(session, order)[1], left(session, receipt)) == (1000, 0)
    service.free(session, receipt.id, order.id, D("250.50"), **BY)
    assert (stands(session, order)[1], left(session, receipt)) == (D("749.50"), D("250.50"))
    assert queries.allocated(session, receipt.id) == [(order, D("749.50"))]
    with pytest.raises(MoreThanPaid):
        service.free(session, receipt.id, order.id, D("749.51"), **BY)


def test_the_same_form_books_once(session):
    order = make_owed(session)
    first = receive(session, "1320.00", parts={order.id: DOOR}, form_key="k1")
    again = receive(session, "1320.00", parts={order.id: DOOR}, form_key="k1")
    assert (first.id, count(session, Receipt), count(session, Allocation)) == (again.id, 1, 1)
    assert receive(session, "1.00").number == "RC2611-0002"


def test_what_does_not_fit_is_not_booked(session):
    mine, other = make_owed(session), make_owed(session, dealer="D002")
    with pytest.raises(AmountUnfit):
        receive(session, "0.00")
    with pytest.raises(DayAhead):
        receive(session, "10.00", day=FRIDAY + timedelta(days=1))
    with pytest.raises(PartsExceed):
        receive(session, "10.00", parts={mine.id: D("10.01")})
    with pytest.raises(DealerDiffers):
        receive(session, "10.00", parts={other.id: D("10.00")})
    with pytest.raises(NotADealer):
        receive(session, "10.00", dealer="S001")
    with pytest.raises(NotFound):
        receive(session, "10.00", parts={10**6: D("10.00")})
    assert count(session, Receipt) == 0


def test_not_more_is_given_than_is_left_or_open(session):
    order, draft = make_owed(session), make_order(session)
    receipt = receive(session, "2000.00")
    with pytest.raises(MoreThanOpen) as refusal:
        service.allocate(session, receipt.id, order.id, D("1320.01"), **BY)
    assert refusal.value.facts == {"number": order.number, "open": DOOR, "amount": D("1320.01")}
    with pytest.raises(MoreThanOpen):
        service.allocate(session, receipt.id, draft.id, D("1.00"), **BY)
    with pytest.raises(MoreThanLeft) as short:
        service.allocate(session, receipt.id, order.id, D("2000.01"), **BY)
    assert short.value.facts == {"number": receipt.number, "left": 2000, "amount": D("2000.01")}
    assert count(session, Allocation) == 0


# --- reversals and refunds ----------------------------------------------------


def test_a_reversal_undoes_a_receipt_and_what_it_paid_for(session):
    order = make_owed(session)
    receipt = receive(session, "1500.00", parts={order.id: DOOR}, method=Method.CHEQUE)
    made = service.reverse(session, receipt.id, "支票退票", on=date(2026, 11, 25), **BY)
    assert (made.kind, made.amount, made.number) == (MoveKind.REVERSAL, -1500, "RC2611-0002")
    assert (made.received_on, made.note, made.method) == (date(2026, 11, 25), "支票退票", Method.CHEQUE)
    assert (stands(session, order), left(session, receipt)) == ((1320, 0), 0)
    for one in (receipt, made):
        with pytest.raises(NotToReverse):
            service.reverse(session, one.id, "再来", on=FRIDAY, **BY)
    with pytest.raises(MoreThanLeft):
        service.allocate(session, receipt.id, order.id, D("1.00"), **BY)


def test_a_reversal_needs_a_reason(session):
    receipt = receive(session, "100.00")
    with pytest.raises(ReasonMissing):
        service.reverse(session, receipt.id, "  ", on=FRIDAY, **BY)
    assert left(session, receipt) == 100


def test_what_is_left_can_be_paid_back_and_no_more(session):
    receipt = receive(session, "1000.00")
    made = service.refund(
        session, receipt.id, D("300.00"), Method.CASH, "多付", form_key="f", on=FRIDAY, **BY
    )
    again = service.refund(
        session, receipt.id, D("300.00"), Method.CASH, "多付", form_key="f", on=FRIDAY, **BY
    )
    assert (made.id, made.kind, made.amount, made.method) == (again.id, MoveKind.REFUND, -300, Method.CASH)
    assert left(session, receipt) == 700
    with pytest.raises(MoreThanLeft):
        service.refund(session, receipt.id, D("700.01"), Method.CASH, "多付", on=FRIDAY, **BY)
    with pytest.raises(MoreThanLeft):
        service.refund(session, made.id, D("1.00"), Method.CASH, "退款的退款", on=FRIDAY, **BY)
    with pytest.raises(ReasonMissing):
        service.refund(session, receipt.id, D("1.00"), Method.CASH, "", on=FRIDAY, **BY)
    assert statement(session, *NOVEMBER).closing == -700


def test_a_refund_is_reversed_before_its_receipt(session):
    receipt = receive(session, "1000.00")
    refund = service.refund(session, receipt.id, D("300.00"), Method.CASH, "多付", on=FRIDAY, **BY)
    with pytest.raises(RefundedAlready):
        service.reverse(session, receipt.id, "退票", on=FRIDAY, **BY)
    service.reverse(session, refund.id, "没有退", on=FRIDAY, **BY)
    assert left(session, receipt) == 1000
    service.reverse(session, receipt.id, "退票", on=FRIDAY, **BY)
    assert (left(session, receipt), statement(session, *NOVEMBER).closing) == (0, 0)


# --- statement ----------------------------------------------------------------


def test_a_month_is_the_sum_of_its_documents_to_the_cent(session):
    # agreed on 20 Nov: 1320.00 and 2640.00; 3 Nov a prepayment of 500.00; 22 Nov 1320.00; 25 Nov it bounces
    one, two = make_owed(session), make_owed(session, 2, dealer_reference="KC-88")
    day = date(2026, 11, 30)
    receive(session, "500.00", on=day, day=date(2026, 11, 3), payer="陈丽")
    bounced = receive(session, "1320.00", on=day, day=date(2026, 11, 22), parts={one.id: DOOR})
    service.reverse(session, bounced.id, "退票", on=date(2026, 11, 25), **BY)
    account = statement(session, *NOVEMBER)
    assert rows(account) == [
        (3, "RC2611-0001", 0, 500, -500),
        (20, one.number, 1320, 0, 820),
        (20, two.number, 2640, 0, 3460),
        (22, "RC2611-0002", 0, 1320, 2140),
        (25, "RC2611-0003", 0, -1320, 3460),
    ]
    assert (account.opening, account.debit, account.credit, account.closing) == (0, 3960, 500, 3460)
    assert account.rows[2][0].text == "KC-88"


def test_one_period_opens_with_what_the_one_before_closed_with(session):
    order = make_owed(session)
    receive(session, "20.00", day=date(2026, 11, 19))
    receive(session, "300.05", on=date(2026, 12, 1), day=date(2026, 12, 1), parts={order.id: D("300.05")})
    days = [date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 30), date(2026, 12, 1)]
    closing = [statement(session, day, day).closing for day in days]
    opening = [statement(session, day, day).opening for day in days]
    assert closing == [D("-20.00"), D("1300.00"), D("1300.00"), D("999.95")]
    assert opening == [0, D("-20.00"), D("1300.00"), D("1300.00")]
    whole = statement(session, days[0], days[-1])
    assert whole.opening + whole.debit - whole.credit == whole.closing == closing[-1]


def test_a_statement_counts_by_the_day_of_the_factory(session):
    late = MORNING.replace(day=19, hour=16)  # midnight in the factory: already the 20th
    make_owed(session, at=late)
    assert statement(session, date(2026, 11, 19), date(2026, 11, 19)).rows == ()
    assert statement(session, date(2026, 11, 20), date(2026, 11, 20)).debit == DOOR


# --- receivables --------------------------------------------------------------


def listed(session, at=MORNING, *, is_open_only=True, text=""):
    found, sorts = queries.dealer_rows(text, is_open_only=is_open_only, at=at)
    return {
        one.dealer.code: one for one in queries.ages(session.execute(found.order_by(sorts["code"])).all())
    }


def test_receivables_by_age_come_to_each_dealers_balance(session):
    for days, sets in ((10, 1), (40, 2), (70, 3), (200, 4)):
        make_owed(session, sets, at=MORNING - timedelta(days=days))
    receive(session, "100.00", dealer="D002")
    found = listed(session)
    assert set(found) == {"D001", "D002"}
    one = found["D001"]
    assert (one.receivable, one.by_age) == (13200, (1320, 2640, 3960, 5280))
    assert (one.prepaid, one.balance) == (0, 13200)
    assert (found["D002"].receivable, found["D002"].prepaid, found["D002"].balance) == (0, 100, -100)
    assert set(listed(session, is_open_only=False)) >= {"D001", "D002", "D003", "D004"}
    assert set(listed(session, is_open_only=False, text="金豪")) == {"D002"}


@pytest.mark.parametrize(("days", "column"), [(30, 0), (31, 1), (60, 1), (61, 2), (90, 2), (91, 3)])
def test_an_age_is_counted_in_whole_days(session, days, column):
    make_owed(session, at=MORNING - timedelta(days=days, hours=1))
    ages = listed(session)["D001"].by_age
    assert [bool(amount) for amount in ages] == [place == column for place in range(4)]


# --- terms and exceptions -----------------------------------------------------


def test_terms_are_agreed_and_told(session):
    party = dealer_of(session)
    assert queries.terms_of(session, party.id) == Terms()
    agree(session, deposit="0.3", limit="50000.00", gate=True)
    assert queries.terms_of(session, party.id) == Terms(D("0.3"), D("50000.00"), True, 1)
    (told,) = history(session, service.TERMS, party.id, 5)
    assert set(told.changes) == {"deposit_rate", "credit_limit", "has_balance_gate"}


def test_of_two_who_change_the_terms_the_second_looks_again(session):
    party = dealer_of(session)
    agree(session, deposit="0.3")
    session.flush()
    with pytest.raises(Conflict):
        service.put_terms(session, party.id, Terms(D("0.5"), version=0), **BY)
    with pytest.raises(NotADealer):
        service.put_terms(session, dealer_of(session, "S001").id, Terms(), **BY)
    assert queries.terms_of(session, party.id).deposit_rate == D("0.3")


def test_only_what_is_held_is_let_pass_with_a_reason(session):
    order = make_owed(session)
    for gate in Gate:
        with pytest.raises(NothingToWaive):
            service.waive(session, order.id, gate, "老客户", **BY)
    agree(session, deposit="0.3", gate=True)
    with pytest.raises(ReasonMissing):
        service.waive(session, order.id, Gate.RELEASE, " ", **BY)
    assert queries.release_refusal(session, order.id) is not None
    service.waive(session, order.id, Gate.RELEASE, "老客户", **BY)
    session.flush()
    assert queries.release_refusal(session, order.id) is None
    assert queries.held_from_loading(session, [order.id]) == {order.id}
    service.waive(session, order.id, Gate.LOADING, "货到付款", **BY)
    session.flush()
    assert queries.held_from_loading(session, [order.id]) == frozenset()
    reasons = [one.changes["note"][1] for one in history(session, service.ORDER, order.id, 2)]
    assert reasons == ["货到付款", "老客户"]
    assert count(session, Waiver) == 2


def test_the_credit_limit_counts_all_that_the_dealer_owes(session):
    agree(session, limit="2000.00")
    first, second = make_owed(session), make_owed(session)
    assert queries.release_refusal(session, first.id) is not None  # 2640.00 are owed
    receive(session, "640.00")
    assert queries.release_refusal(session, second.id) is None


def test_an_order_without_prices_is_never_held(session):
    agree(session, deposit="0.5", gate=True)
    order = make_order(session)
    assert queries.release_refusal(session, order.id) is None
    assert queries.held_from_loading(session, [order.id]) == frozenset()


def test_the_proof_finds_what_was_changed_by_hand(session):
    order = make_owed(session)
    receipt = receive(session, "100.00", parts={order.id: D("100.00")})
    receipt.amount = Decimal("99.99")
    session.flush()
    found = queries.prove(session)
    assert [receipt.number in one for one in found] == [True]
    receipt.amount = Decimal("100.00")
    order.total_amount += 1
    session.flush()
    assert [order.number in one for one in queries.prove(session)] == [True]
    order.total_amount -= 1


def test_a_payment_says_who_paid_and_how(session):
    payment = Payment(
        dealer_of(session).id, D("10.00"), FRIDAY, Method.WECHAT, "郑女士", "4200001", "样品", form_key="k"
    )
    made = service.receive(session, payment, on=FRIDAY, **BY)
    assert (made.method, made.payer, made.reference, made.note) == (
        Method.WECHAT,
        "郑女士",
        "4200001",
        "样品",
    )
