import io
import uuid

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from core.auth.service import HASHER
from mes.packing.model import Package
from mes.packing.rules import PackageState
from mes.scanning import service as scanning
from mes.scanning.rules import StationKind
from mes.shipping import queries
from mes.shipping import service as shipping
from mes.shipping.model import Delivery, Load
from mes.shipping.rules import LoadState
from tests.conftest import NOON
from tests.factories.factory import station
from tests.factories.people import make_person
from tests.mes.packing.bench import packages
from tests.mes.shipping.dock import make_dock, make_load, sealed_order

LOADS = "/mes/shipping/loads/"


@pytest.fixture
def order(session):
    return sealed_order(session)


@pytest.fixture
def load(session, order):
    load = make_load(session, order)
    session.commit()
    return load


def text_of(content):
    document = pypdfium2.PdfDocument(content)
    return "".join(page.get_textpage().get_text_range() for page in document)


def codes_in(content):
    page = pypdfium2.PdfDocument(content)[0].render(scale=3).to_pil()
    buffer = io.BytesIO()
    page.save(buffer, "PNG")
    return {found.text for found in zxingcpp.read_barcodes(Image.open(buffer))}


def scan(client, kind, code, context=None, **over):
    body = {
        "scan_id": str(uuid.uuid4()),
        "kind": kind,
        "code": code,
        "context": context,
        "scanned_at": "2026-11-22T12:00:00+08:00",
    }
    answer = client.post("/api/v1/scans", json=body | over)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_a_clerk_plans_a_load_and_chooses_its_packages(client_for, session, order):
    client = client_for("clerk")
    session.commit()
    page = client.get("/mes/shipping/loads/new")
    assert "新装车单" in page.text
    form = {"vehicle": "浙Ｈ·A１２３４", "driver": "周师傅", "phone": "138", "planned_on": "2026-11-23"}
    answer = client.post("/mes/shipping/loads/new", data=form)
    load = session.query(Load).one()
    assert load.vehicle == "浙H·A1234"  # an input method's figures are made plain
    assert (answer.status_code, answer.location) == (303, f"{LOADS}{load.id}/packages")
    page = client.get(answer.location + "?q=" + order.number)
    assert page.text.count('name="package"') == 4
    ids = [package.id for package in packages(session, order)]
    answer = client.post(answer.location, data={"package": [str(one) for one in ids]})
    assert answer.status_code == 303
    page = client.get(answer.location)
    assert ("杭州远山门业经销部" in page.text, order.number in page.text, "0 / 4" in page.text) == (True,) * 3


def test_what_was_typed_is_kept_when_a_load_is_refused(client_for, session):
    client = client_for("clerk")
    answer = client.post(
        "/mes/shipping/loads/new", data={"vehicle": "", "driver": "周师傅", "planned_on": "bald"}
    )
    assert (answer.status_code, "周师傅" in answer.text, "bald" in answer.text) == (400, True, True)
    assert session.query(Load).count() == 0


def test_nobody_plans_or_loads_without_the_right(client_for, session, load):
    operator, owner = client_for("operator"), client_for("owner")
    for address in (LOADS, f"{LOADS}{load.id}/", "/mes/shipping/dock", f"{LOADS}{load.id}/label.pdf"):
        assert operator.get(address).status_code == 403
    assert owner.get(f"{LOADS}{load.id}/").status_code == 200
    assert owner.get("/mes/shipping/dock").status_code == 403
    for verb in ("packages", "cancel", "ship"):
        assert owner.post(f"{LOADS}{load.id}/{verb}").status_code == 403
    assert client_for("clerk").post(f"{LOADS}{load.id}/ship").status_code == 403
    assert client_for().get(LOADS).status_code == 403


@pytest.mark.parametrize(("locale", "words"), [("zh_Hans_CN", "装车单"), ("en", "Loads")])
def test_every_page_speaks_one_language(client_for, load, locale, words):
    client = client_for("administrator", locale=locale)
    for address in (
        LOADS,
        f"{LOADS}{load.id}/",
        f"{LOADS}{load.id}/packages",
        f"/mes/shipping/dock?load={load.id}",
    ):
        page = client.get(address)
        assert page.status_code == 200
    assert words in client.get(LOADS).text
    assert client.get(f"{LOADS}?q=%27+OR+1%3D1+--").status_code == 200


def test_an_empty_list_says_what_to_do_next(client_for):
    page = client_for("clerk", locale="en").get(LOADS)
    assert "There is no such load." in page.text
    assert "/mes/shipping/loads/new" in page.text


def test_a_package_of_a_closed_load_is_not_taken_off_and_nothing_is_kept(client_for, session, order, load):
    client = client_for("clerk")
    session.get(Load, load.id).state = LoadState.CLOSED
    session.commit()
    answer = client.post(f"{LOADS}{load.id}/packages/{packages(session, order)[0].id}/remove")
    assert (answer.status_code, "mes.shipping.load_not_open" in answer.text) == (422, True)
    session.expire_all()
    assert len(queries.facts(session, load.id).cargo) == 4


def test_the_dock_loads_by_scan_refuses_and_closes(client_for, session, order, load):
    client = client_for("loader")
    first, *rest = packages(session, order)
    said = scan(client, "LOAD", first.code, load.code)
    assert (said["outcome"], said["progress"]["done"]) == ("ACCEPT", 1)
    assert said["shown"] == {"name": "扇包 1/4", "size": order.number, "package_id": first.id}
    again = scan(client, "LOAD", first.code, load.code)
    assert (again["outcome"], again["block_code"]) == ("BLOCK", "E28")
    short = scan(client, "SHIP_CLOSE", load.code)
    assert (short["block_code"], len(short["progress"]["missing"])) == ("E10", 3)
    parts = client.get(f"{LOADS}{load.id}/dock?last={first.id}")
    assert (parts.status_code, "1<small> / 4" in parts.text) == (200, True)
    for package in rest:
        assert scan(client, "LOAD", package.code, load.code)["outcome"] == "ACCEPT"
    assert scan(client, "SHIP_CLOSE", load.code)["outcome"] == "ACCEPT"
    answer = client.post(f"{LOADS}{load.id}/ship")
    assert answer.status_code == 303
    session.expire_all()
    assert {p.state for p in packages(session, order)} == {PackageState.SHIPPED}


def test_a_refusal_at_the_dock_is_complete_in_english(client_for, session, load):
    foreign = sealed_order(session, dealer="D002")
    client = client_for("loader", locale="en")
    said = scan(client, "LOAD", packages(session, foreign)[0].code, load.code)
    assert said["block_code"] == "E11"
    assert said["expected"] == f"A package for a dealer of {load.number}"
    assert said["got"].endswith("for Jinhao Doors Nanchang")
    assert said["todo"] == "Take it off. It goes to Jinhao Doors Nanchang."


def client_as_leader(client_for, session, leader):
    client = client_for("leader")
    with client.session_transaction() as cookie:
        cookie["_user_id"] = str(leader.id)
    return client


def test_a_short_load_needs_a_signature_with_the_right_to_sign(client_for, session, order, load):
    client = client_for("loader")
    scan(client, "LOAD", packages(session, order)[0].code, load.code)
    packer = make_person(session, roles=("packer",), pin_hash=HASHER.hash("4711"))
    leader = make_person(session, roles=("leader",), pin_hash=HASHER.hash("4712"))
    session.commit()
    signed = {"badge": packer.badge, "pin": "4711", "reason": "客户急用"}
    assert scan(client, "SHIP_CLOSE", load.code, override=signed)["block_code"] == "E25"
    signed = {"badge": leader.badge, "pin": "0000", "reason": "客户急用"}
    assert scan(client, "SHIP_CLOSE", load.code, override=signed)["block_code"] == "E25"
    signed = {"badge": leader.badge, "pin": "4712", "reason": "客户急用"}
    own = scan(client_as_leader(client_for, session, leader), "SHIP_CLOSE", load.code, override=signed)
    assert (own["block_code"], "不能给自己签字" in own["todo"]) == ("E25", True)
    assert scan(client, "SHIP_CLOSE", load.code, override=signed)["outcome"] == "OVERRIDE"
    page = client_for("owner").get(f"{LOADS}{load.id}/")
    assert "客户急用" in page.text


def test_a_list_with_a_part_of_an_order_says_so_from_the_first_and_is_signed_for(client_for, session, order):
    """The page said that nothing is missing, closing refused by other counts, and nothing could be signed."""
    client = client_for("loader")
    load = make_load(session)
    mine = packages(session, order)[:2]
    shipping.add_packages(session, load.id, [one.id for one in mine], by=load.created_by_id, at=NOON)
    leader = make_person(session, roles=("leader",), pin_hash=HASHER.hash("4712"))
    session.commit()
    scan(client, "LOAD", mine[0].code, load.code)
    words = f"{order.number} 还有 2 包不在这张装车单上"
    assert words in client.get(f"{LOADS}{load.id}/dock").text  # before the last box
    assert words in client_for("clerk").get(f"{LOADS}{load.id}/").text
    scan(client, "LOAD", mine[1].code, load.code)
    page = client.get(f"{LOADS}{load.id}/dock").text
    assert ('data-act="close"' in page, 'data-act="sign"' in page) == (False, True)
    assert (f"{order.number} 的 2 包留下" in page, 'name="sign-pin"' in page) == (True, True)
    assert client.get("/api/v1/shipping/jobs").json["loads"][0]["absent"] == [order.number] * 2
    short = scan(client, "SHIP_CLOSE", load.code)
    assert (short["block_code"], short["got"]) == ("E10", words)
    assert "单据、签字" in short["todo"]
    signed = {"badge": leader.badge, "pin": "4712", "reason": "其余下车"}
    assert scan(client, "SHIP_CLOSE", load.code, override=signed)["outcome"] == "OVERRIDE"
    session.expire_all()
    assert session.get(Load, load.id).state is LoadState.CLOSED


def test_scans_at_the_dock_know_device_and_badge(client_for, app, session, order, load):
    client = client_for("administrator")
    loader = make_person(session, roles=("loader",))
    device = scanning.enrol(session, station(session, StationKind.DOCK).id, "D-01", by=None, at=NOON)
    session.commit()
    code = packages(session, order)[0].code
    said = scan(client, "LOAD", code, load.code, badge=loader.badge, device=device.key)
    assert said["outcome"] == "ACCEPT"
    client.set_cookie("mortise_device", device.key)
    assert "发货口" in client.get("/mes/shipping/dock").text


def test_a_delivery_note_lists_what_was_scanned_on_and_nothing_else(client_for, session, order):
    other = sealed_order(session, dealer="D003")
    load, dock = make_load(session, order, other), make_dock(session)
    for package in [*packages(session, order)[:3], *packages(session, other)]:
        assert dock.load(load, package) is None
    assert dock.close(load, signer=make_person(session, roles=("leader",))) is None
    session.commit()
    client = client_for("clerk")
    first, second = session.query(Delivery).order_by(Delivery.position).all()
    answer = client.get(f"/mes/shipping/deliveries/{first.id}/note.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    text = text_of(answer.data)
    codes = [package.code for package in packages(session, order)]
    assert [code in text for code in codes] == [True, True, True, False]
    for wanted in (
        "发货单",
        first.number,
        load.vehicle,
        "杭州市拱墅区示例路 18 号",
        "共 3 包，1 个订单",
        "周师傅",
    ):
        assert wanted in text
    assert codes_in(answer.data) == {first.code}
    english = text_of(client.get(f"/mes/shipping/deliveries/{second.id}/note.pdf").data)
    for wanted in ("Delivery note", "Harbour Home Ningbo", "Packages: 4, orders: 1", "Received by, date"):
        assert wanted in english


def test_label_and_sheet_carry_the_load_s_code(client_for, session, load):
    client = client_for("loader")
    label = client.get(f"{LOADS}{load.id}/label.pdf").data
    assert codes_in(label) == {load.code}
    assert load.vehicle in text_of(label)
    sheet = client.get(f"{LOADS}{load.id}/sheet.pdf").data
    assert codes_in(sheet) == {load.code}
    assert all(package.code in text_of(sheet) for package in session.query(Package))


def test_a_load_and_a_delivery_are_found_by_number_and_code(client_for, session, load):
    client = client_for("clerk")
    delivery = session.query(Delivery).one()
    for text in (load.number, load.code.lower(), delivery.number, delivery.code):
        assert client.get("/find", query_string={"q": text}).location == f"{LOADS}{load.id}/"
    loader = client_for("loader")
    assert (
        loader.get("/api/v1/scans/resolve", query_string={"code": load.code}).json["url"]
        == f"{LOADS}{load.id}/"
    )
    assert (
        loader.get("/api/v1/scans/resolve", query_string={"code": delivery.code}).json["name"]
        == delivery.number
    )


def test_the_order_s_page_shows_its_loads(client_for, session, order, load):
    page = client_for("clerk").get(f"/erp/sales/orders/{order.id}/")
    assert load.number in page.text


def test_the_list_comes_as_a_spreadsheet(client_for, load):
    answer = client_for("clerk").get(f"{LOADS}export.xlsx")
    assert (answer.status_code, answer.data[:2]) == (200, b"PK")
