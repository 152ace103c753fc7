"""Pages of finance, as the accountant, the clerk, the splitter and the owner meet them."""

import io
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from core.clock import now
from erp.finance import queries
from erp.finance.model import Receipt, Waiver
from erp.finance.rules import Gate, Terms
from erp.sales.rules.states import OrderState
from tests.core.pdf.paper import words
from tests.erp.finance.accounts import DOOR, D, agree, dealer_of, make_owed, receive, stands
from tests.factories.factory import FRIDAY, make_order

ROOM = "/erp/finance"
PERIOD = "since=2026-11-01&until=2026-11-30"


def sent(session, **over):
    """What the form of a new receipt sends."""
    given = {
        "dealer_id": dealer_of(session).id,
        "amount": "1,320.00",
        "received_on": "2025-11-20",
        "method": "WECHAT",
        "payer": "陈丽",
        "reference": "4200001",
        "note": "",
        "form_key": "k1",
    }
    return given | over


def count(session, table):
    return session.scalar(select(func.count()).select_from(table))


def cells(answer):
    """What stands in a spreadsheet, row by row."""
    return CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()


# --- who may ------------------------------------------------------------------


@pytest.mark.parametrize("role", ["accountant", "owner"])
def test_accountant_and_owner_see_and_do_everything(client_for, session, role):
    order = make_owed(session)
    receipt = receive(session, "10.00")
    client = client_for(role, locale="en")
    for path in ("receipts/", "receipts/new", f"receipts/{receipt.id}/", "dealers/"):
        assert client.get(f"{ROOM}/{path}").status_code == 200, path
    shown = client.get(f"/erp/sales/orders/{order.id}/").text
    assert f"{ROOM}/receipts/new?dealer={order.dealer_id}" in shown
    assert client.post(f"{ROOM}/receipts/{receipt.id}/reverse", data={"reason": "退票"}).status_code == 303


def test_a_clerk_reads_accounts_and_books_nothing(client_for, session):
    order, receipt = make_owed(session), receive(session, "10.00")
    client = client_for("clerk")
    assert client.get(f"{ROOM}/receipts/{receipt.id}/").status_code == 200
    assert client.get(f"{ROOM}/dealers/{receipt.party_id}/statement/").status_code == 200
    assert client.get(f"{ROOM}/receipts/new").status_code == 403
    for path in (
        "receipts/new",
        f"receipts/{receipt.id}/allocate",
        f"receipts/{receipt.id}/free",
        f"receipts/{receipt.id}/refund",
        f"receipts/{receipt.id}/reverse",
        f"dealers/{receipt.party_id}/terms",
        f"orders/{order.id}/waive",
    ):
        assert client.post(f"{ROOM}/{path}", data=sent(session)).status_code == 403, path


@pytest.mark.parametrize("role", ["splitter", "operator", "packer", "keeper", "loader", "leader"])
def test_who_sees_no_prices_sees_no_accounts(client_for, session, role):
    agree(session, deposit="0.3", limit="77777.00", gate=True)
    order = make_owed(session)
    receipt = receive(session, "123.45", parts={order.id: D("123.45")})
    client = client_for(role, locale="en")
    for path in (
        "receipts/",
        f"receipts/{receipt.id}/",
        "dealers/",
        f"dealers/{receipt.party_id}/statement/",
    ):
        assert client.get(f"{ROOM}/{path}").status_code == 403
    for page in (
        client.get(f"/erp/sales/orders/{order.id}/"),
        client.get(f"/erp/parties/parties/{receipt.party_id}/"),
        client.get("/find?q=RC2611"),
    ):
        text = page.text
        assert all(amount not in text for amount in ("123.45", "1,320.00", "396.00", "77777", receipt.number))


def test_the_accountant_begins_with_the_receivables(client_for, session):
    assert client_for("accountant").get("/").location.endswith("/erp/finance/dealers/")


# --- receipts -----------------------------------------------------------------


def test_a_receipt_is_entered_for_an_order_and_seen_on_its_page(client_for, session):
    order = make_owed(session)
    client = client_for("accountant", locale="en")
    form = client.get(f"{ROOM}/receipts/new?dealer={order.dealer_id}&order={order.id}").text
    field = BeautifulSoup(form, "html.parser").find("input", {"name": f"part_{order.id}"})
    assert field["value"] == "1320.00"
    answer = client.post(f"{ROOM}/receipts/new", data=sent(session, **{f"part_{order.id}": "¥1,000.00"}))
    assert answer.status_code == 303
    assert stands(session, order) == (DOOR, 1000)
    shown = client.get(answer.location).text
    assert all(text in shown for text in ("320.00", "WeChat", "4200001", "陈丽", order.number))
    panel = client.get(f"/erp/sales/orders/{order.id}/").text
    assert all(text in panel for text in ("1,000.00", "320.00", "Prepayment RC"))


def test_a_form_sent_twice_leads_to_one_receipt(client_for, session):
    make_owed(session)
    client = client_for("accountant")
    first, second = (client.post(f"{ROOM}/receipts/new", data=sent(session)) for _ in range(2))
    assert (first.location, count(session, Receipt)) == (second.location, 1)


@pytest.mark.parametrize(
    ("over", "status"),
    [
        ({"amount": "viel"}, 400),
        ({"amount": "0"}, 400),
        ({"amount": "12.345"}, 400),
        ({"method": "BARTER"}, 400),
        ({"received_on": "2099-01-01"}, 422),
        ({"part": "1320.01"}, 422),
        ({"part": "x"}, 400),
    ],
)
def test_nothing_typed_is_lost_when_a_receipt_is_refused(client_for, session, over, status):
    order = make_owed(session)
    typed = sent(
        session, **{f"part_{order.id}" if key == "part" else key: text for key, text in over.items()}
    )
    answer = client_for("accountant").post(f"{ROOM}/receipts/new", data=typed)
    assert (answer.status_code, count(session, Receipt)) == (status, 0)
    page = BeautifulSoup(answer.text, "html.parser")
    for name in ("amount", "received_on", "payer", "reference", "form_key"):
        assert page.find("input", {"name": name})["value"] == typed[name]
    assert page.select(".field-error, .note.stop")


def test_the_oldest_order_is_paid_by_a_tick(client_for, session):
    order = make_owed(session)
    typed = sent(session, is_spread="1", amount="20", **{f"part_{order.id}": "7.00"})
    client_for("accountant").post(f"{ROOM}/receipts/new", data=typed)
    assert stands(session, order)[1] == 20


def test_what_is_left_is_given_taken_off_and_paid_back_on_the_receipts_page(client_for, session):
    order, receipt = make_owed(session), receive(session, "1000.00")
    client = client_for("accountant")
    page = f"{ROOM}/receipts/{receipt.id}"
    given = {"order_id": order.id, "amount": "600"}
    assert client.post(f"{page}/allocate", data=given).status_code == 303
    refused = client.post(f"{page}/allocate", data={"order_id": order.id, "amount": "400.01"})
    assert (refused.status_code, "400.01" in refused.text) == (422, True)
    assert client.post(f"{page}/free", data={"order_id": order.id, "amount": "100"}).status_code == 303
    refund = {"amount": "500", "method": "CASH", "reason": "多付", "form_key": "f1"}
    assert client.post(f"{page}/refund", data=refund).status_code == 303
    assert client.post(f"{page}/refund", data=refund | {"form_key": "f2"}).status_code == 422
    assert (stands(session, order)[1], queries.left_of(session, receipt.id)) == (500, 0)
    assert "-500.00" in client.get(f"{page}/").text


def test_a_reversal_is_seen_on_both_sides(client_for, session):
    receipt = receive(session, "1000.00")
    client = client_for("accountant", locale="en")
    assert client.post(f"{ROOM}/receipts/{receipt.id}/reverse", data={"reason": " "}).status_code == 422
    client.post(f"{ROOM}/receipts/{receipt.id}/reverse", data={"reason": "退票"})
    made = session.scalars(select(Receipt).where(Receipt.reversal_of_id == receipt.id)).one()
    assert made.number in client.get(f"{ROOM}/receipts/{receipt.id}/").text
    assert receipt.number in client.get(f"{ROOM}/receipts/{made.id}/").text
    again = client.post(f"{ROOM}/receipts/{receipt.id}/reverse", data={"reason": "退票"})
    assert again.status_code == 409


def listed(client, query=""):
    page = BeautifulSoup(client.get(f"{ROOM}/receipts/{query}").text, "html.parser")
    return [one.text for one in page.select("td.ref a")]


def test_receipts_are_found_by_dealer_text_day_and_what_is_left(client_for, session):
    order = make_owed(session)
    one = receive(session, "100.00", payer="陈丽", parts={order.id: D("100.00")}).number
    two = receive(session, "200.00", dealer="D002", reference="BK-77", day=FRIDAY - timedelta(days=3)).number
    client = client_for("accountant")
    assert listed(client) == [two, one]
    assert listed(client, "?sort=amount") == [one, two]
    assert listed(client, "?q=陈丽") == listed(client, "?q=yuanshan") == [one]
    assert (
        listed(client, "?q=bk-77")
        == listed(client, "?view=left")
        == listed(client, "?until=2026-11-19")
        == [two]
    )
    assert listed(client, f"?dealer={dealer_of(session, 'D002').id}") == [two]
    assert listed(client, "?method=CASH") == listed(client, "?view=refunds") == []
    rows = cells(client.get(f"{ROOM}/receipts.xlsx"))
    assert [(row[0], row[8], row[9]) for row in rows[1:]] == [(one, 100.0, 0.0), (two, 200.0, 200.0)]
    assert f"{ROOM}/receipts/" in client.get(f"/find?q={one}").text


# --- receivables and statement ------------------------------------------------


def test_receivables_stand_by_age_and_are_exported(client_for, session):
    make_owed(session, at=now() - timedelta(days=45))
    receive(session, "20.00")
    client = client_for("owner", locale="en")
    page = client.get(f"{ROOM}/dealers/").text
    assert "Yuanshan Doors Hangzhou" in page
    assert "Harbour Home Ningbo" not in page
    assert "Harbour Home Ningbo" in client.get(f"{ROOM}/dealers/?view=all&sort=-age1").text
    head, row = cells(client.get(f"{ROOM}/dealers.xlsx"))
    assert row == ["D001", "Yuanshan Doors Hangzhou", 1320.0, 0.0, 1320.0, 0.0, 0.0, 20.0, 1300.0]
    assert len(head) == len(row)


def test_a_statement_is_read_printed_and_exported_to_the_cent(client_for, session):
    order = make_owed(session)
    receive(session, "320.05", parts={order.id: D("320.05")}, payer="陈丽")
    client = client_for("accountant", locale="en")
    base = f"{ROOM}/dealers/{order.dealer_id}/statement"
    page = client.get(f"{base}/?{PERIOD}").text
    assert all(text in page for text in (order.number, "1,320.00", "320.05", "999.95", "Opening balance"))
    chinese = words(client.get(f"{base}.pdf?{PERIOD}&lang=zh_Hans_CN").data)
    assert all(
        text in chinese for text in ("对账单", order.number, "999.95", "玖佰玖拾玖元玖角伍分", "衢江木门厂")
    )
    english = words(client.get(f"{base}.pdf?{PERIOD}&lang=en").data)
    assert "ninehundredninety-nineyuanand95/100" in english
    rows = cells(client.get(f"{base}.xlsx?{PERIOD}"))
    assert [row[1] for row in rows[1:]] == ["", order.number, "RC2611-0001", ""]
    assert [row[4:] for row in rows[1:]] == [
        ["", "", 0.0],
        [1320.0, "", 1320.0],
        ["", 320.05, 999.95],
        [1320.0, 320.05, 999.95],
    ]


def test_a_dealer_who_paid_ahead_is_told_so_on_paper(client_for, session):
    receive(session, "1005.06")
    base = f"{ROOM}/dealers/{dealer_of(session).id}/statement"
    paper = words(client_for("accountant").get(f"{base}.pdf?{PERIOD}").data)
    assert all(text in paper for text in ("预收余额", "壹仟零伍元零陆分", "-1,005.06"))


def test_a_period_that_ends_before_it_begins_is_refused(client_for, session):
    base = f"{ROOM}/dealers/{dealer_of(session).id}/statement"
    client = client_for("accountant")
    assert client.get(f"{base}/?since=2026-11-30&until=2026-11-01").status_code == 422
    assert client.get(f"{base}/?since=nonsense&until=x").status_code == 200
    assert client.get(f"{ROOM}/dealers/999999/statement/").status_code == 404


# --- terms and exceptions -----------------------------------------------------


def test_terms_are_agreed_on_the_dealers_page(client_for, session):
    party_id = dealer_of(session).id
    client = client_for("accountant", locale="en")
    typed = {"deposit": "30", "credit_limit": "50,000", "has_balance_gate": "1", "version": "0"}
    answer = client.post(f"{ROOM}/dealers/{party_id}/terms", data=typed)
    assert urlsplit(answer.location).path == f"/erp/parties/parties/{party_id}/"
    assert queries.terms_of(session, party_id) == Terms(D("0.3"), D("50000.00"), True, 1)
    page = BeautifulSoup(client.get(answer.location).text, "html.parser")
    assert page.find("input", {"name": "credit_limit"})["value"] == "50000.00"
    assert client.post(f"{ROOM}/dealers/{party_id}/terms", data=typed).status_code == 409
    assert client.post(f"{ROOM}/dealers/{party_id}/terms", data={"deposit": "101"}).status_code == 400


def test_a_supplier_has_no_account(client_for, session):
    supplier = dealer_of(session, "S001")
    client = client_for("accountant", locale="en")
    assert "Credit limit" not in client.get(f"/erp/parties/parties/{supplier.id}/").text
    assert client.post(f"{ROOM}/dealers/{supplier.id}/terms", data={}).status_code == 422


def test_the_order_shows_what_holds_it_back_before_anybody_releases_it(client_for, session):
    agree(session, deposit="0.3")
    order = make_owed(session)
    splitter, accountant = client_for("splitter", locale="en"), client_for("accountant", locale="en")
    release = f"/mes/splitting/orders/{order.id}/release"
    page = splitter.get(f"/erp/sales/orders/{order.id}/").text
    assert "30 % of it must be paid before, 0 % are paid" in page
    assert release not in page
    refused = splitter.post(release)
    assert (refused.status_code, "erp.finance.deposit_missing" in refused.text) == (422, True)
    session.expire_all()
    assert order.state is OrderState.CONFIRMED
    accountant.post(f"{ROOM}/receipts/new", data=sent(session, amount="396", **{f"part_{order.id}": "396"}))
    assert release in splitter.get(f"/erp/sales/orders/{order.id}/").text
    assert splitter.post(release).status_code == 302
    session.expire_all()
    assert order.state is OrderState.RELEASED


def test_the_owner_lets_an_order_pass_and_everybody_reads_why(client_for, session):
    agree(session, deposit="0.3")
    order = make_owed(session)
    owner, splitter = client_for("owner", locale="en"), client_for("splitter")
    waive = f"{ROOM}/orders/{order.id}/waive"
    assert waive in owner.get(f"/erp/sales/orders/{order.id}/").text
    assert splitter.post(waive, data={"gate": "RELEASE", "reason": "x"}).status_code == 403
    assert owner.post(waive, data={"gate": "RELEASE", "reason": ""}).status_code == 422
    assert owner.post(waive, data={"gate": "RELEASE", "reason": "工程单，月结"}).status_code == 303
    waiver = session.scalars(select(Waiver)).one()
    assert (waiver.gate, waiver.reason) == (Gate.RELEASE, "工程单，月结")
    page = splitter.get(f"/erp/sales/orders/{order.id}/").text
    assert "特批未付款下达" in page
    assert "工程单，月结" in page
    assert splitter.post(f"/mes/splitting/orders/{order.id}/release").status_code == 302


def test_an_order_without_a_price_shows_no_account(client_for, session):
    order = make_order(session)
    session.commit()
    page = client_for("clerk").get(f"/erp/sales/orders/{order.id}/").text
    assert f"{ROOM}/dealers/{order.dealer_id}/statement/" not in page


def test_the_lists_keep_their_address_in_the_export(client_for, session):
    receive(session, "10.00")
    page = BeautifulSoup(client_for("accountant").get(f"{ROOM}/receipts/?q=RC&view=left").text, "html.parser")
    link = next(one["href"] for one in page.select("a") if "receipts.xlsx" in one["href"])
    assert parse_qs(urlsplit(link).query) == {"q": ["RC"], "view": ["left"]}
