"""Pages of purchasing as people read them: the right person, the wrong one, and what was typed is kept."""

import re
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from erp.purchasing import service
from erp.purchasing.model import PurchaseLine, PurchaseOrder, SupplierArticle
from erp.stock import queries as stock_queries
from erp.stock import service as stock
from tests.erp.purchasing.test_service import make_offer, make_ordered, need_of, short_of
from tests.factories.factory import MORNING, release_order
from tests.factories.stock import make_hinge, make_place

ROOM = "/erp/purchasing"


@pytest.fixture
def hinge(session):
    """A hinge that one supplier delivers in boxes of ten, 33 short of its safety stock."""
    found = make_hinge(session)
    make_offer(session, found)
    short_of(session, found)
    session.commit()
    return found


def picked(page, hinge, **over):
    """What the proposal's form sends when only this material is ticked."""
    key = hinge.material_id
    sent = dict(re.findall(rf'name="(\w+_{key})" value="([^"]*)"', page.text))
    return {"material": key, **sent, **over}


@pytest.mark.parametrize("path", ["requirement/", "proposal/", "orders/", "articles/"])
@pytest.mark.parametrize("locale", ["zh_Hans_CN", "en"])
def test_every_page_opens_for_the_buyer_and_not_for_a_packer(client_for, hinge, path, locale):
    assert client_for("clerk", locale=locale).get(f"{ROOM}/{path}").status_code == 200
    assert client_for("packer").get(f"{ROOM}/{path}").status_code == 403


def test_the_requirement_names_who_wants_a_material_and_drills_down(session, client_for, hinge):
    order = release_order(session)
    stock.put_demand(session, stock_queries.ORDER, order.id, {hinge.material_id: Decimal(7)})
    session.commit()
    client = client_for("owner", locale="en")
    listed = client.get(f"{ROOM}/requirement/?view=lacking").text
    assert f"{ROOM}/requirement/{hinge.material_id}/" in listed
    shown = client.get(f"{ROOM}/requirement/{hinge.material_id}/").text
    assert f"/erp/sales/orders/{order.id}/" in shown
    assert order.number in shown


def test_the_requirement_is_given_as_a_spreadsheet_and_as_json(session, client_for, hinge):
    order = release_order(session)
    stock.put_demand(session, stock_queries.ORDER, order.id, {hinge.material_id: Decimal(7)})
    session.commit()
    client = client_for("clerk")
    assert client.get(f"{ROOM}/requirement.xlsx").data[:2] == b"PK"
    said = client.get(f"/api/v1/purchasing/requirement?order_id={order.id}").json
    mine = [one for one in said["materials"] if one["code"].startswith(hinge.code.removesuffix("-A"))]
    assert [(one["needed"], one["lacking"], one["wants"][0]["number"]) for one in mine] == [
        ("7.000", "7.000", order.number)
    ]
    assert client.get("/api/v1/purchasing/requirement?until=soon").status_code == 400


def test_a_proposal_is_ordered_by_the_clerk_and_an_older_page_is_refused(session, client_for, hinge):
    client = client_for("clerk", locale="en")
    page = client.get(f"{ROOM}/proposal/")
    sent = picked(page, hinge)
    assert sent[f"qty_{hinge.material_id}"] == "40"
    assert client.post(f"{ROOM}/proposal/", data=sent).status_code == 303
    again = client.post(f"{ROOM}/proposal/", data=sent)
    assert (again.status_code, "ordered by somebody a moment ago" in again.text) == (409, True)
    assert session.scalar(select(func.count()).select_from(PurchaseOrder)) == 1


def test_a_quantity_that_cannot_be_read_is_kept_and_named(session, client_for, hinge):
    client = client_for("clerk", locale="en")
    sent = picked(client.get(f"{ROOM}/proposal/"), hinge, **{f"qty_{hinge.material_id}": "many"})
    answer = client.post(f"{ROOM}/proposal/", data=sent)
    assert answer.status_code == 400
    assert 'value="many"' in answer.text
    assert "Expected a number" in answer.text


def test_the_keeper_receives_but_does_not_order(session, client_for, hinge):
    place = make_place(session)
    order, line = make_ordered(session, make_hinge(session))
    session.commit()
    keeper = client_for("keeper", locale="en")
    address = f"{ROOM}/orders/{order.id}/lines/{line.id}/receive"
    delivery = {"qty": "25", "place_id": place.id, "reference": "RK-77", "reason": "", "form_key": "f"}
    refused = keeper.post(address, data=delivery)
    assert (refused.status_code, "at most 21 more" in refused.text) == (422, True)
    assert 'value="RK-77"' in refused.text
    assert keeper.post(address, data=delivery | {"qty": "20"}).status_code == 303
    session.expire_all()
    assert session.get(PurchaseLine, line.id).received_qty == 20
    assert keeper.post(f"{ROOM}/orders/", data={"supplier_id": order.supplier_id}).status_code == 403
    assert keeper.post(f"{ROOM}/orders/{order.id}/cancel").status_code == 403


def test_a_draft_is_edited_ordered_and_printed(session, client_for, hinge):
    client = client_for("clerk", locale="en")
    client.post(f"{ROOM}/proposal/", data=picked(client.get(f"{ROOM}/proposal/"), hinge))
    order = session.scalars(select(PurchaseOrder)).one()
    line = session.scalars(select(PurchaseLine)).one()
    edit = {"version": order.version, f"qty_{line.id}": "50", f"price_{line.id}": "x", "note": "by truck"}
    wrong = client.post(f"{ROOM}/orders/{order.id}/amend", data=edit)
    assert (wrong.status_code, "by truck" in wrong.text) == (400, True)
    client.post(f"{ROOM}/orders/{order.id}/amend", data=edit | {f"price_{line.id}": "10.05"})
    assert "502.50" in client.get(f"{ROOM}/orders/{order.id}/").text  # 50 × 10.05
    assert client.post(f"{ROOM}/orders/{order.id}/place").status_code == 303
    assert client.get(f"{ROOM}/orders/{order.id}/order.pdf").data[:4] == b"%PDF"


def test_an_article_of_a_supplier_is_entered_changed_and_taken_off(session, client_for, hinge):
    client, other = client_for("clerk", locale="en"), make_hinge(session)
    supplier = session.scalars(select(SupplierArticle)).first().supplier_id
    session.commit()
    typed = {"supplier_id": supplier, "article": other.code, "price": "-1", "lead_days": "3"}
    wrong = client.post(f"{ROOM}/articles/", data=typed)
    assert (wrong.status_code, other.code in wrong.text, "at least 0" in wrong.text) == (400, True, True)
    for price in ("4.5", "4.25"):
        assert client.post(f"{ROOM}/articles/", data=typed | {"price": price}).status_code == 303
    row = session.scalars(select(SupplierArticle).where(SupplierArticle.article_id == other.id)).one()
    session.refresh(row)
    assert row.price == Decimal("4.25")
    client.post(f"{ROOM}/articles/{row.id}/drop")
    session.refresh(row)
    assert row.is_active is False


def test_a_safety_stock_is_said_on_the_materials_page(session, client_for, hinge):
    client = client_for("clerk", locale="en")
    address = f"{ROOM}/requirement/{hinge.material_id}/policy"
    wrong = client.post(address, data={"safety_qty": "lots", "waste": "5"})
    assert (wrong.status_code, 'value="lots"' in wrong.text) == (400, True)
    client.post(address, data={"safety_qty": "60", "waste": "5"})
    session.expire_all()
    assert need_of(session, hinge).safety_qty == 60


def test_the_search_finds_a_purchase_order(session, client_for, hinge):
    order, _line = make_ordered(session, make_hinge(session))
    session.commit()
    assert f"{ROOM}/orders/{order.id}/" in client_for("clerk").get(f"/find?q={order.number}").text
    service.cancel(session, order.id, by=None, at=MORNING)
