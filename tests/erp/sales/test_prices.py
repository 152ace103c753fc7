"""Prices of orders: by the book, by hand, frozen on confirming; quotations and what stands against accepting one."""

from datetime import timedelta
from decimal import Decimal

import pytest
from flask_babel import force_locale
from sqlalchemy import select

from core.audit.queries import history
from core.errors import Conflict
from core.states import StepRefused
from erp.parties import queries as parties
from erp.pricing import queries as pricing
from erp.pricing import service as books
from erp.pricing.model import Book
from erp.pricing.rules.proof import BookFaulty, ValidityOverlap
from erp.pricing.rules.states import BookFrozen, BookMoved, BookState
from erp.sales import service as sales
from erp.sales.model import Line
from erp.sales.queries.offer import offer
from erp.sales.queries.prices import order_price
from erp.sales.rules.pricing import (
    LinesUnpriced,
    PriceFrozen,
    QuotationLapsed,
    QuotationOutdated,
    QuotationState,
    ReasonMissing,
    RebateTooLarge,
    ValidityPast,
)
from erp.sales.rules.states import OrderState
from erp.sales.views.words import term_text
from tests.factories.factory import FRIDAY, MORNING, load_pack, make_line, make_order

D = Decimal
BY = {"by": None, "at": MORNING}
LATER = FRIDAY + timedelta(days=14)


def priced(session, order):
    return order_price(session, order, offer(session), FRIDAY)


def line_of(session, order):
    return session.scalars(select(Line).where(Line.order_id == order.id)).first()


def quoted(session, order, until=LATER):
    session.flush()
    return sales.quote(session, order.id, sales.Offering(until, FRIDAY), **BY)


def test_an_order_is_priced_by_the_book_of_the_day(session):
    # 950 × 2180 × 260 in white: 1280 + max(8 × 12, 5 × 15) + 6 × 10 = 1280 + 96 + 60 = 1436; two sets: 2872
    order = make_order(session, make_line(width_mm=D(950), height_mm=D(2180), wall_mm=D(260), set_count=2))
    price = priced(session, order)
    assert [(one.price.unit_amount, one.amount) for one in price.lines] == [(D("1436.00"), D("2872.00"))]
    assert (price.total, price.is_frozen, price.book) == (D("2872.00"), False, "EXW")


def test_the_dealers_own_price_is_compared_and_never_taken(session):
    # 1280 for the usual size; the first dealer's sheet says so too, the second one 1200, the third nothing
    wants = [make_line(wall_mm=D(200), expected_amount=amount) for amount in (D(1280), D(1200), None)]
    order = make_order(session, *wants)
    price = priced(session, order)
    assert {one.price.unit_amount for one in price.lines} == {D("1280.00")}
    assert (price.unexpected, [one.expected for one in price.lines]) == ([2], [D(1280), D(1200), None])
    sales.confirm(session, order.id, on=FRIDAY, **BY)
    session.flush()
    assert (priced(session, order).unexpected, priced(session, order).is_frozen) == ([2], True)


def test_a_dealer_of_a_level_gets_its_discount(session):
    order = make_order(session, make_line(wall_mm=D(200)))
    books.put_level(session, order.dealer_id, "A", **BY)
    session.flush()
    # 1280 − 12 % = 1126.40
    assert priced(session, order).total == D("1126.40")
    assert parties.party(session, order.dealer_id).code == "D001"


def test_sizes_given_as_the_leaf_are_priced_by_the_opening(session):
    by_opening = make_order(session, make_line(width_mm=D(980), height_mm=D(2145)))
    by_leaf = make_order(session, make_line(width_mm=D(910), height_mm=D(2100), dim_basis="LEAF"))
    assert priced(session, by_leaf).total == priced(session, by_opening).total


def test_confirming_freezes_the_prices_and_a_later_book_leaves_them(session):
    order = make_order(session, make_line(wall_mm=D(200)))
    sales.confirm(session, order.id, on=FRIDAY, **BY)
    session.flush()
    row = pricing.in_force(session, FRIDAY)
    dearer = books.draft(session, pricing.content(row), **BY)
    books.raise_all(session, dearer.id, D("0.5"), D(1), **BY)
    books.publish(session, dearer.id, **BY)
    session.flush()
    assert (order.total_amount, line_of(session, order).unit_amount) == (D("1280.00"), D("1280.00"))
    assert priced(session, order).is_frozen
    assert priced(session, make_order(session, make_line(wall_mm=D(200)))).total == D("1920.00")
    assert row.state is BookState.RETIRED


def test_back_to_draft_the_price_follows_the_book_again(session):
    order = make_order(session)
    sales.confirm(session, order.id, on=FRIDAY, **BY)
    sales.reopen(session, order.id, **BY)
    session.flush()
    assert (order.total_amount, line_of(session, order).price_terms) == (None, [])


def test_a_price_by_hand_needs_a_reason_and_a_draft(session):
    order = make_order(session)
    line = line_of(session, order)
    with pytest.raises(ReasonMissing):
        sales.agree_price(session, order.id, line.id, D("999.00"), " ", **BY)
    sales.agree_price(session, order.id, line.id, D("999.00"), "样品", **BY)
    session.flush()
    assert priced(session, order).total == D("999.00")
    sales.confirm(session, order.id, on=FRIDAY, **BY)
    with pytest.raises(PriceFrozen):
        sales.agree_price(session, order.id, line.id, None, "", **BY)


def test_the_orders_discount_is_bounded_and_reasoned(session):
    order = make_order(session, make_line(wall_mm=D(200)))
    for rate, reason, refusal in ((D("0.6"), "老客户", RebateTooLarge), (D("0.05"), "", ReasonMissing)):
        with pytest.raises(refusal):
            sales.give_rebate(session, order.id, rate, reason, **BY)
    sales.give_rebate(session, order.id, D("0.05"), "老客户", **BY)
    session.flush()
    assert priced(session, order).total == D("1216.00")  # 1280 × 0.95


def test_an_accepted_quotation_confirms_the_order_at_its_prices(session):
    order = make_order(session, make_line(wall_mm=D(200)))
    made = quoted(session, order)
    books.put_level(session, order.dealer_id, "A", **BY)  # what changes after the offer does not touch it
    session.flush()
    sales.accept_quotation(session, made.id, on=LATER, **BY)
    session.flush()
    assert (order.state, order.total_amount) == (OrderState.CONFIRMED, D("1280.00"))
    assert made.state is QuotationState.ACCEPTED
    assert made.tax_amount == D("147.26")  # 1280 × 0.13 / 1.13 = 147.2566…


def test_what_stands_against_accepting(session):
    order = make_order(session)
    made = quoted(session, order)
    with pytest.raises(QuotationLapsed):
        sales.accept_quotation(session, made.id, on=LATER + timedelta(days=1), **BY)
    sales.add_line(session, order.id, make_line(room="次卧"), **BY)
    session.flush()
    with pytest.raises(QuotationOutdated):
        sales.accept_quotation(session, made.id, on=FRIDAY, **BY)
    assert (order.state, made.state) == (OrderState.DRAFT, QuotationState.SENT)


def test_a_new_quotation_withdraws_the_one_before(session):
    order = make_order(session)
    first, second = quoted(session, order), quoted(session, order)
    session.refresh(first)
    assert (first.state, second.state) == (QuotationState.WITHDRAWN, QuotationState.SENT)
    with pytest.raises(StepRefused):
        sales.accept_quotation(session, first.id, on=FRIDAY, **BY)


def test_an_offer_cannot_have_lapsed_when_it_is_made(session):
    with pytest.raises(ValidityPast):
        quoted(session, make_order(session), until=FRIDAY - timedelta(days=1))


def test_without_a_price_for_a_line_nothing_is_offered_or_confirmed(session):
    load_pack(session)
    book = pricing.in_force(session, FRIDAY)
    kept = [one for one in book.content["bases"] if one["model"] != "M-CASED"]
    book.content = {**book.content, "bases": kept}
    order = make_order(session, make_line(), make_line(door_code="M-CASED", handing=None))
    for act in (
        lambda: quoted(session, order),
        lambda: sales.confirm(session, order.id, on=FRIDAY, **BY),
    ):
        with pytest.raises(LinesUnpriced) as refusal:
            act()
        assert refusal.value.facts["lines"] == ["2"]


def test_a_term_and_a_missing_price_are_told_by_name(app, session):
    glass = {"glass": "CLEAR"}
    order = make_order(session, make_line(options=glass))
    offered = offer(session)
    with app.test_request_context(), force_locale("zh_Hans_CN"):
        assert term_text("M-SINGLE", offered) == "免漆单开门"
        assert term_text("glass=CLEAR", offered) == "玻璃: 清玻"
        assert term_text("A", offered) == "A"  # a dealer's level has no other name
    book = pricing.in_force(session, FRIDAY)
    book.content = {**book.content, "bases": []}
    (line,) = priced(session, order).lines
    assert str(line.refusal.facts["model"]) == "免漆单开门 M-SINGLE"


def test_a_factory_without_price_books_takes_orders_without_prices(session):
    load_pack(session)
    for row in session.scalars(select(Book)):
        books.retire(session, row.id, **BY)
    order = make_order(session)
    sales.confirm(session, order.id, on=FRIDAY, **BY)
    session.flush()
    assert (order.state, order.total_amount, priced(session, order)) == (OrderState.CONFIRMED, None, None)


def test_a_published_book_is_never_changed_and_a_draft_only_by_the_one_who_saw_it(session):
    load_pack(session)
    row = pricing.in_force(session, FRIDAY)
    book = pricing.content(row)
    with pytest.raises(BookFrozen):
        books.amend(session, row.id, book, version=row.version, **BY)
    draft = books.draft(session, book, **BY)
    with pytest.raises(BookMoved):
        books.amend(session, draft.id, book, version=draft.version - 1, **BY)
    with pytest.raises(StepRefused):
        books.publish(session, row.id, **BY)


def test_a_faulty_book_stays_a_draft(session):
    load_pack(session)
    row = books.draft(session, pricing.content(pricing.in_force(session, FRIDAY)), **BY)
    row.content = {**row.content, "bases": []}
    session.flush()
    with pytest.raises(BookFaulty) as refusal:
        books.publish(session, row.id, **BY)
    assert len(refusal.value.faults) == len(pricing.priced_models(session))
    assert row.state is BookState.DRAFT


def test_two_books_cannot_hold_on_the_same_day_by_name(session):
    load_pack(session)
    first = pricing.content(pricing.in_force(session, FRIDAY))
    row = books.draft(session, first, **BY)
    row.code, row.content = "PROMO", {**row.content, "code": "PROMO"}
    session.flush()
    with pytest.raises(ValidityOverlap) as refusal:
        books.publish(session, row.id, **BY)
    assert isinstance(refusal.value, Conflict)


def test_of_two_who_accept_one_offer_at_once_one_wins(database):
    with database.session as one:
        order = make_order(one)
        made = quoted(one, order)
        quotation_id, order_id = made.id, order.id
        one.commit()
    with database.session as first:
        sales.accept_quotation(first, quotation_id, on=FRIDAY, **BY)
        first.commit()
    with database.session as second, pytest.raises(StepRefused):
        sales.accept_quotation(second, quotation_id, on=FRIDAY, **BY)
    with database.session as after:
        confirmed = [one for one in history(after, "erp.sales.order", order_id, 20) if one.verb == "confirm"]
        assert len(confirmed) == 1
