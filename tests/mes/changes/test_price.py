"""What an order costs after a change: term by term, by quantity, at its level and discount, owed to the cent."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from core.audit.model import Entry
from erp.finance import queries as finance
from erp.finance.model import Charge
from erp.pricing import queries as books
from erp.pricing import service as pricing
from erp.pricing.rules.prices import TermKind
from erp.sales import service as sales
from erp.sales.queries.offer import offer
from erp.sales.queries.prices import order_price
from erp.sales.rules.amending import Edit, NothingAmended
from mes.splitting import queries, service
from mes.splitting.rules import LIVE, PieceState
from tests.conftest import NOON
from tests.erp.finance.accounts import NOVEMBER, receive, stands, statement
from tests.factories.factory import FRIDAY, MORNING, make_line, make_order, release_order
from tests.mes.changes.desk import clerk, edit, entry, lines, live, plan, put

D = Decimal
BY = {"by": None, "at": MORNING}


def priced(session, order):
    """The total, and what one set of each line costs with its terms."""
    session.refresh(order)
    found = order_price(session, order, offer(session), FRIDAY)
    assert found.total == order.total_amount == sum((one.amount for one in found.lines), D(0))
    return found.total, [one.price.unit_amount for one in found.lines]


def terms(session, order, number=0):
    one = order_price(session, order, offer(session), FRIDAY).lines[number]
    return [(term.kind, term.working, term.amount) for term in one.price.terms]


def agreed_at(session, level, rebate, *entries):
    """A released order of a dealer with a level, and a discount of its own."""
    order = make_order(session, *entries)
    pricing.put_level(session, order.dealer_id, level, **BY)
    sales.give_rebate(session, order.id, D(rebate), "展会", **BY)
    sales.confirm(session, order.id, on=FRIDAY, **BY)
    session.flush()
    service.release(session, queries.prepare(session, order.id), **BY)
    session.flush()
    return order


def dearer(session):
    """From this Friday on every base price and option is ten per cent up."""
    book = books.in_force(session, FRIDAY)
    draft = pricing.draft(session, replace(books.content(book), valid_from=FRIDAY), **BY)
    session.flush()
    pricing.raise_all(session, draft.id, D("0.10"), D(1), **BY)
    pricing.publish(session, draft.id, **BY)
    session.flush()


def test_a_higher_door_costs_what_its_terms_add_up_to_at_the_order_s_level_and_discount(session):
    # 1280 + 4 × 10 of wall = 1320.00, 12 % off = 1161.60, 7 % of that off = 1080.288 = 1080.29
    order, by = agreed_at(session, "A", "0.07", make_line(set_count=3)), clerk(session)
    assert priced(session, order) == (D("3240.87"), [D("1080.29")])
    pricing.put_level(session, order.dealer_id, "B", **BY)  # from now on; what was agreed is at A
    edit(session, order, by, height_mm=D("2205.0"))
    put(session, order, by)
    # 105 mm above the standard are 11 begun tens: 132.00; 1452.00, less 174.24, less 7 % of 1277.76 = 89.4432
    assert terms(session, order) == [
        (TermKind.BASE, "1280", D("1280.00")),
        (TermKind.OVERSIZE_H, "⌈(2205 − 2100) ÷ 10⌉ × 12", D("132")),
        (TermKind.OVERSIZE_D, "⌈(240 − 200) ÷ 10⌉ × 10", D("40")),
        (TermKind.DISCOUNT, "1452 × 12 %", D("-174.24")),
        (TermKind.REBATE, "1277.76 × 7 %", D("-89.4432")),
    ]
    assert priced(session, order) == (D("3564.96"), [D("1188.32")])  # 1188.3168, three times
    assert (order.price_level, stands(session, order), finance.prove(session)) == ("A", (D("3564.96"), 0), [])


def test_glass_is_charged_from_the_change_on_and_taken_off_with_the_next(session):
    order, by = release_order(session, make_line(set_count=2)), clerk(session)
    edit(session, order, by, options={"glass": "CLEAR"})
    put(session, order, by)
    assert (TermKind.OPTION, "160", D("160.00")) in terms(session, order)
    assert priced(session, order) == (D("2960.00"), [D("1480.00")])  # 2 × (1320 + 160)
    edit(session, order, by, options={})
    put(session, order, by)
    assert priced(session, order) == (D("2640.00"), [D("1320.00")])


def test_more_and_fewer_sets_of_the_same_door_cost_what_was_agreed_whatever_the_book_says_now(session):
    order, by = agreed_at(session, "A", "0.07", make_line(set_count=3)), clerk(session)
    dearer(session)
    edit(session, order, by, set_count=5)
    put(session, order, by)
    assert priced(session, order) == (D("5401.45"), [D("1080.29")])
    edit(session, order, by, set_count=2)
    put(session, order, by)
    assert priced(session, order) == (D("2160.58"), [D("1080.29")])
    assert stands(session, order) == (D("2160.58"), 0)


def test_another_door_costs_what_the_book_of_the_day_says_and_other_lines_what_was_agreed(session):
    order, by = release_order(session, make_line(), make_line(room="次卧")), clerk(session)
    dearer(session)
    edit(session, order, by, 1, height_mm=D("2110.0"))
    put(session, order, by)
    # 1280 × 1.1 = 1408, one begun ten above 2100: 12, the wall: 40
    assert terms(session, order, 1)[0] == (TermKind.BASE, "1408", D("1408"))
    assert priced(session, order) == (D("2780.00"), [D("1320.00"), D("1460.00")])


def test_a_form_that_makes_the_model_s_own_choices_changes_no_door_and_no_price(session):
    order, by = release_order(session), clerk(session)
    dearer(session)
    document = offer(session).doors["M-SINGLE"].document
    assert lines(session, order)[0].options == {} != document.usual_options
    edit(session, order, by, options=document.usual_options)
    with pytest.raises(NothingAmended):
        put(session, order, by)
    edit(session, order, by, options=document.usual_options, note="轻放")
    planned = plan(session, order, by)
    (line,) = planned.lines
    assert [one.name for one in line.differences] == ["note"]
    assert not line.draft.is_new_door
    put(session, order, by)
    assert priced(session, order) == (D("1320.00"), [D("1320.00")])
    assert {piece.state for piece in live(session, order).values()} == {PieceState.PLANNED} <= set(LIVE)


def test_a_choice_that_another_clerk_made_is_not_taken_back_by_a_form_that_left_it_alone(session):
    order, first, second = release_order(session), clerk(session), clerk(session)
    usual = offer(session).doors["M-SINGLE"].document.usual_options
    edit(session, order, second, options=usual, room="书房")  # glass NONE stood in the form
    edit(session, order, first, options={**usual, "glass": "CLEAR"})
    put(session, order, first)
    put(session, order, second)
    (line,) = lines(session, order)
    assert (line.options["glass"], line.room) == ("CLEAR", "书房")
    assert priced(session, order) == (D("1480.00"), [D("1480.00")])


def test_a_price_by_hand_stands_for_any_number_of_sets_until_the_door_is_another(session):
    order, by = release_order(session, make_line(set_count=2)), clerk(session)
    line = lines(session, order)[0]
    typed = Edit(entry(session, line), D("999.99"), "老客户")
    sales.edit_line(session, order.id, str(line.id), typed, by=by, at=NOON)
    put(session, order, by)
    assert terms(session, order) == [(TermKind.MANUAL, "999.99", D("999.99"))]
    edit(session, order, by, set_count=3)
    put(session, order, by)
    assert priced(session, order) == (D("2999.97"), [D("999.99")])
    edit(session, order, by, width_mm=D("910.0"))
    put(session, order, by)
    assert priced(session, order) == (D("4005.00"), [D("1335.00")])  # 3 × (1320 + one begun ten of width: 15)


def test_a_line_that_comes_and_one_that_goes_are_added_and_taken_off(session):
    order, by = (
        release_order(session, make_line(), make_line(set_count=2, width_mm=D("950.0"))),
        clerk(session),
    )
    assert priced(session, order)[0] == D("4110.00")  # 1320 + 2 × (1320 + 75)
    sales.edit_line(
        session, order.id, None, Edit(make_line(colour_code="WALNUT", room="书房")), by=by, at=NOON
    )
    sales.drop_line(session, order.id, str(lines(session, order)[1].id), by=by, at=NOON)
    put(session, order, by)
    assert priced(session, order)[0] == D("2740.00")  # 1320 + 1380 + 40
    assert stands(session, order) == (D("2740.00"), 0)


def test_the_dealer_owes_the_difference_from_the_day_of_the_change_and_what_is_too_much_is_a_prepayment(
    session,
):
    order, by = release_order(session, make_line(set_count=2)), clerk(session)
    receipt = receive(session, "2640.00", parts={order.id: D("2640.00")})
    edit(session, order, by, height_mm=D("2110.0"))  # 2 × 1332.00
    put(session, order, by)
    assert stands(session, order) == (D("2664.00"), D("2640.00"))
    assert statement(session, *NOVEMBER).closing == D("24.00")
    edit(session, order, by, set_count=1)
    put(session, order, by)
    assert (stands(session, order), finance.left_of(session, receipt.id)) == ((1332, 1332), 1308)
    account = statement(session, *NOVEMBER)
    assert [(one.on.day, one.debit, one.credit) for one, _ in account.rows] == [
        (20, D("2640.00"), 0),
        (20, 0, D("2640.00")),
        (22, D("24.00"), 0),
        (22, D("-1332.00"), 0),
    ]
    assert account.closing == D("-1308.00")
    told = session.scalars(select(Entry.changes).where(Entry.verb == "change").order_by(Entry.id)).all()
    assert [one["total_amount"] for one in told] == [["2640.00", "2664.00"], ["2664.00", "1332.00"]]


def test_however_often_it_is_changed_the_total_is_its_lines_and_the_charges_are_the_total(session):
    order, by = (
        agreed_at(session, "B", "0.035", make_line(set_count=3), make_line(room="次卧")),
        clerk(session),
    )
    for number in range(8):
        over = {"height_mm": D(2101 + number * 37)} if number % 2 else {"set_count": 1 + number % 5}
        edit(session, order, by, number % 2, **over)
        put(session, order, by)
        total, units = priced(session, order)
        assert all(one == one.quantize(D("0.01")) for one in units)
        charged = session.scalars(select(Charge.amount).where(Charge.order_id == order.id)).all()
        assert sum(charged) == total == stands(session, order)[0]
    assert finance.prove(session) == []


def test_an_order_without_prices_stays_without_through_a_change(session):
    order, by = release_order(session), clerk(session)
    order.total_amount = None
    for line in lines(session, order):
        line.unit_amount = None
    session.flush()
    edit(session, order, by, set_count=2)
    put(session, order, by)
    session.refresh(order)
    assert (order.total_amount, lines(session, order)[0].unit_amount) == (None, None)
