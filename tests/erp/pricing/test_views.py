"""Pages of prices: who may see and change them, what a typed table says, the paper of a quotation."""

import pytest
from sqlalchemy import select

from erp.pricing import queries
from erp.pricing.model import Book
from erp.sales.model import Quotation
from tests.core.pdf.paper import words
from tests.factories.factory import FRIDAY, load_pack, make_order

NEW = {
    "code": "SPRING",
    "name": "春季价",
    "valid_from": "2027-03-01",
    "combine": "SUM",
    "tax_percent": "13",
    "is_tax_included": "1",
    "height_standard": "2100",
    "width_standard": "900",
    "wall_standard": "200",
    "height_bands": "2100\t\t每档加价\t12\t10",
    "bases": "M-SINGLE\t1,280.00\t樘\tWHITE, GREY",
}


def test_the_owner_types_a_book_as_a_spreadsheet_gives_it(client_for, session):
    load_pack(session)
    answer = client_for("owner").post("/erp/pricing/books/new", data=NEW)
    assert answer.status_code == 302
    book = queries.content(session.scalars(select(Book).where(Book.code == "SPRING")).one())
    (base,) = book.bases
    assert (base.model, base.price, base.colours) == ("M-SINGLE", 1280, ("WHITE", "GREY"))
    assert (book.height.bands[0].amount, book.height.bands[0].step_mm) == (12, 10)


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("bases", "M-SINGLE\t12x0", "第 1 行：应是数字，填的是“12x0”。"),
        ("height_bands", "2100\t\t随便\t12", "第 1 行：应是"),
        ("tax_percent", "", "应是数字"),
        ("code", "", "请填写"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field_and_nothing_typed_is_lost(field, typed, said, client_for):
    answer = client_for("owner").post("/erp/pricing/books/new", data=NEW | {field: typed})
    assert (answer.status_code, said in answer.text, "春季价" in answer.text) == (400, True, True)


def test_a_draft_that_cannot_be_published_says_why(client_for, session):
    load_pack(session)
    client = client_for("owner", locale="en")
    client.post(
        "/erp/pricing/books/new", data=NEW | {"height_bands": "", "bases": "M-SINGLE\t1280\tdoor set"}
    )
    row = session.scalars(select(Book).where(Book.code == "SPRING")).one()
    page = client.get(f"/erp/pricing/books/{row.id}/").text
    assert "M-DOUBLE has no price in" in page
    assert client.post(f"/erp/pricing/books/{row.id}/publish").status_code == 422


def test_a_clerk_reads_books_and_changes_none(client_for, session):
    load_pack(session)
    client = client_for("clerk")
    assert client.get("/erp/pricing/books/").status_code == 200
    assert client.post("/erp/pricing/books/new", data=NEW).status_code == 403


@pytest.mark.parametrize("role", ["operator", "packer", "keeper", "loader", "leader", "splitter"])
def test_who_does_not_deal_in_prices_sees_none(role, client_for, session):
    order = make_order(session)
    client = client_for(role)
    assert client.get("/erp/pricing/books/").status_code == 403
    page = client.get(f"/erp/sales/orders/{order.id}/")
    assert page.status_code == 403 or "1,320.00" not in page.text


def test_a_clerk_sees_how_a_price_came_about_and_makes_a_quotation(client_for, session):
    order = make_order(session)  # 900 × 2100 × 240: 1280 + 4 × 10 = 1320
    client = client_for("clerk", locale="en")
    page = client.get(f"/erp/sales/orders/{order.id}/").text
    assert "1,320.00" in page
    assert "⌈(240 − 200) ÷ 10⌉ × 10" in page
    client.post(f"/erp/sales/orders/{order.id}/quotations/", data={"valid_to": "2099-12-31"})
    made = session.scalars(select(Quotation)).one()
    paper = words(client.get(f"/erp/sales/quotations/{made.id}.pdf").data)
    assert made.number in paper
    assert "壹仟叁佰贰拾元整" in paper  # the dealer's language, not the clerk's
    assert "1,320.00" in paper


def test_a_quotation_is_accepted_from_the_page(client_for, session):
    order = make_order(session)
    client = client_for("clerk")
    client.post(f"/erp/sales/orders/{order.id}/quotations/", data={"valid_to": "2099-12-31"})
    made = session.scalars(select(Quotation)).one()
    client.post(f"/erp/sales/quotations/{made.id}/accept")
    session.expire_all()
    assert (order.state, order.total_amount) == ("CONFIRMED", 1320)
    assert order.created_at.date() == FRIDAY
