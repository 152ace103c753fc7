from uuid import uuid4

import pytest
import zxingcpp
from flask import render_template
from pypdfium2 import PdfDocument
from sqlalchemy import func, select

from core.audit.model import Entry as AuditEntry
from erp.catalogue.rules.entries import Duty
from mes.production import service
from mes.production.model import Scrap, WorkReport
from mes.production.panels import order_panel
from mes.scanning.rules import StationKind
from mes.splitting.model import DoorSet, Piece
from mes.splitting.rules import CutMethod, PieceState
from tests.conftest import NOON
from tests.factories.factory import release_order
from tests.factories.mes_production import (
    make_defects,
    make_device,
    make_door_version,
    make_order,
    make_piece,
    make_set,
    make_station,
)
from tests.factories.people import make_person

COOKIE = "mortise_device"


@pytest.fixture
def jamb(session):
    """A left jamb that waits for its edges."""
    door_set = make_set(session, make_order(session), make_door_version(session))
    piece = make_piece(session, door_set, step_count=1, state=PieceState.CUT)
    session.commit()
    return piece


@pytest.fixture
def device(session):
    """A tablet at the edge bander."""
    made = make_device(session, make_station(session))
    session.commit()
    return made


def scan(client, device, code, kind="OP_DONE", **over):
    body = {"scan_id": str(uuid4()), "kind": kind, "code": code, "device": device.key}
    return client.post("/api/v1/scans", json=body | {"scanned_at": "2026-11-22T12:00:00+08:00"} | over)


def test_the_station_shows_what_waits_for_it(client_for, device, jamb):
    client = client_for("operator")
    client.set_cookie(COOKIE, device.key)
    page = client.get("/mes/production/station")
    assert (page.status_code, "封边机" in page.text, "封边" in page.text) == (200, True, True)


def test_the_station_speaks_english_to_those_who_do(client_for, device, jamb):
    client = client_for("operator", locale="en")
    client.set_cookie(COOKIE, device.key)
    page = client.get("/mes/production/station")
    assert ("edge bander" in page.text, "next piece" in page.text, 'lang="en"' in page.text) == (
        True,
        True,
        True,
    )


def test_a_device_that_is_not_enrolled_shows_no_station(client_for):
    client = client_for("operator")
    page = client.get("/mes/production/station")
    assert (page.status_code, "mes.production.no_device" in page.text) == (422, False)
    assert 'href="/login?next=/mes/scanning/enrol&amp;password=1"' in page.text
    told = client.get("/mes/production/station", headers={"Accept": "application/json"})
    assert (told.status_code, told.json["error"]["code"]) == (422, "mes.production.no_device")


def test_a_clerk_sees_neither_station_nor_the_team_leaders_page(client_for, device):
    client = client_for("clerk")
    client.set_cookie(COOKIE, device.key)
    for address in ("station", "scrap", "lead", "lead/waiting/EDGE"):
        assert client.get(f"/mes/production/{address}").status_code == 403


def test_a_badge_lets_its_person_in_at_the_station_of_the_device(app, session, device):
    person = make_person(session, roles=("operator",))
    session.commit()
    client = app.test_client()
    client.set_cookie(COOKIE, device.key)
    assert person.badge not in client.get("/mes/production/lock").text
    answer = client.post("/mes/production/lock", data={"badge": person.badge.lower()})
    assert (answer.status_code, "/mes/production/station" in answer.location) == (302, True)
    assert person.name in client.get("/mes/production/station").text


def test_a_packers_tablet_opens_the_packing_bench(app, session):
    person = make_person(session, roles=("packer",))
    bench = make_device(session, make_station(session, (), kind=StationKind.PACK, name="包装 1 号台"))
    session.commit()
    client = app.test_client()
    client.set_cookie(COOKIE, bench.key)
    assert "/mes/packing/bench" in client.post("/mes/production/lock", data={"badge": person.badge}).location


@pytest.mark.parametrize("badge", ["", "U00017K", "U00017J", "P0001A2BL", "x" * 300])
def test_a_badge_that_is_not_in_force_lets_nobody_in(app, session, device, badge):
    client = app.test_client()
    client.set_cookie(COOKIE, device.key)
    answer = client.post("/mes/production/lock", data={"badge": badge})
    assert (answer.status_code, 'role="alert"' in answer.text) == (422, True)
    assert client.get("/mes/production/station").status_code == 302


def test_a_badge_without_an_enrolled_device_lets_nobody_in(app, session):
    person = make_person(session, roles=("operator",))
    session.commit()
    client = app.test_client()
    assert client.post("/mes/production/lock", data={"badge": person.badge}).status_code == 422
    with client.session_transaction() as cookie:
        assert "_user_id" not in cookie


def test_the_lock_lets_the_person_go(client_for, device):
    client = client_for("operator")
    client.set_cookie(COOKIE, device.key)
    assert "王芳" in client.get("/mes/production/lock").text
    assert client.get("/mes/production/station").status_code == 302


def test_a_scan_at_the_station_reports_the_operation(client_for, session, device, jamb):
    answer = scan(client_for("operator"), device, jamb.code).json
    assert (answer["outcome"], answer["say"], answer["shown"]["name"]) == ("ACCEPT", "封边 完成", "左立板")
    assert (answer["shown"]["size"], answer["progress"]["total"]) == ("2090 × 240", 1)
    assert session.scalar(select(func.count()).select_from(WorkReport)) == 1


def test_a_packer_may_not_report_operations(client_for, session, device, jamb):
    answer = scan(client_for("packer"), device, jamb.code).json
    assert (answer["outcome"], answer["block_code"]) == ("BLOCK", "E25")
    assert session.scalar(select(func.count()).select_from(WorkReport)) == 0


def test_a_scrap_by_scan_names_the_label_of_the_remake(client_for, session, device, jamb):
    make_defects(session)
    session.commit()
    client = client_for("operator")
    answer = scan(client, device, jamb.code, "SCRAP", witness="CHP").json
    assert (answer["outcome"], answer["shown"]["new_code"][0]) == ("ACCEPT", "P")
    again = scan(client, device, jamb.code).json
    assert (again["block_code"], answer["shown"]["new_code"] in again["todo"]) == ("E26", True)


def test_the_scrap_page_asks_for_the_reason_and_then_for_the_piece(client_for, session, device):
    make_defects(session)
    session.commit()
    client = client_for("operator")
    client.set_cookie(COOKIE, device.key)
    first = client.get("/mes/production/scrap").text
    second = client.get("/mes/production/scrap?reason=CHP").text
    assert ("崩边" in first, "先选原因" in first, "data-reason" in first) == (True, True, False)
    assert ('data-reason="CHP"' in second, 'id="verdict"' in second) == (True, True)


def test_a_pieces_picture_points_it_out(client_for, jamb):
    client = client_for("operator")
    picture = client.get(f"/mes/production/pieces/{jamb.id}/picture")
    assert (picture.status_code, "hot" in picture.text, "<svg" in picture.text) == (200, True, True)
    assert client.get("/mes/production/pieces/999999/picture").status_code == 404


def test_the_team_leader_sees_what_waits_and_which_order_is_late(client_for, session, jamb):
    client = client_for("leader")
    page = client.get("/mes/production/lead")
    assert (page.status_code, "SO2611-0042" in page.text, "封边" in page.text) == (200, True, True)
    pieces = client.get("/mes/production/lead/waiting/EDGE").text
    assert (jamb.code in pieces, "SO2611-0042-1-1" in pieces) == (True, True)
    assert client.get("/mes/production/lead/waiting/NOTHING").status_code == 404


def test_the_team_leaders_page_says_why_it_is_empty(client_for):
    page = client_for("leader").get("/mes/production/lead")
    assert page.text.count('class="empty"') == 3


def test_the_orders_page_shows_how_far_its_sets_are(app, session, jamb):
    panel = order_panel(session, jamb.order_id)
    with app.test_request_context():
        text = render_template(panel.template, **panel.context)
    assert ("SO2611-0042-1-1" in text, "封边" in text, "0 / 1" in text) == (True, True, True)


def test_an_order_that_is_not_released_has_no_panel_of_production(session):
    assert order_panel(session, make_order(session).id) is None


def test_the_label_of_a_piece_says_what_it_is_and_carries_its_code(client_for, session, jamb):
    answer = client_for("operator").get(f"/mes/production/pieces/{jamb.id}/label.pdf")
    page = PdfDocument(answer.data)[0]
    text = page.get_textpage().get_text_range()
    assert all(
        word in text for word in ("左立板", "2090 × 240", "SO2611-0042-1-1", "开料→封边→终检", jamb.code)
    )
    bitmap = page.render(scale=8).to_pil()
    assert {found.text for found in zxingcpp.read_barcodes(bitmap)} == {jamb.code}


def test_an_orders_labels_are_those_of_what_comes_off_no_sheet(client_for, session, jamb):
    leaf = make_piece(
        session, session.get(DoorSet, jamb.set_id), name="门扇", route=["QC"], cut_method=CutMethod.NONE
    )
    session.commit()
    client = client_for("splitter")
    pdf = PdfDocument(client.get(f"/mes/production/orders/{jamb.order_id}/labels.pdf").data)
    assert [leaf.code in page.get_textpage().get_text_range() for page in pdf] == [True]
    assert client.get("/mes/production/orders/999999/labels.pdf").status_code == 404


def test_a_scrapped_piece_has_no_label_any_more(client_for, session, jamb):
    jamb.state = PieceState.REMAKE
    session.commit()
    assert client_for("operator").get(f"/mes/production/pieces/{jamb.id}/label.pdf").status_code == 404


def badge_in(app, session, *roles):
    """Scan somebody's badge at the lock of a tablet; return the client and the answer."""
    device = make_device(session, make_station(session))
    person = make_person(session, roles=roles)
    session.commit()
    client = app.test_client()
    return client, client.post(f"/mes/production/lock?device={device.key}", data={"badge": person.badge})


def test_a_badge_gives_no_more_than_the_floor_whoever_carries_it(app, session):
    client, answer = badge_in(app, session, "administrator")
    assert answer.status_code == 302
    assert client.get("/people/").status_code == 403
    assert client.get("/erp/sales/orders/new").status_code == 403


def test_a_badge_of_somebody_with_other_work_leaves_the_tablet_locked(app, session):
    client, answer = badge_in(app, session, "owner")
    assert (answer.status_code, "没有可报的工作" in answer.text) == (422, True)
    assert client.get("/me").status_code == 302


def test_an_enrolled_tablet_asks_for_a_badge_before_a_password(app, session):
    client = app.test_client()
    client.set_cookie("mortise_device", "any")
    assert client.get("/login").location.endswith("/mes/production/lock")
    assert client.get("/login?password=1").status_code == 200


def test_the_leader_judges_whose_fault_a_scrap_was_and_others_do_not(client_for, session):
    order = release_order(session, at=NOON)
    jamb = session.scalars(select(Piece).where(Piece.order_id == order.id, Piece.rule_code == "JAMB_L")).one()
    service.scrap(session, jamb.code, "DIM", where=None, by=make_person(session).id, at=NOON)
    session.commit()
    row = session.scalars(select(Scrap)).one()
    address = f"/mes/production/lead/scraps/{row.id}/judge"
    client = client_for("leader")
    assert "工序操作" in client.get("/mes/production/lead").text  # the duty of a size error
    assert client_for("operator").post(address, data={"duty": "SPLITTING"}).status_code == 403
    client = client_for("leader")
    assert client.post(address, data={"duty": "NOBODY"}).status_code == 400
    assert client.post(address, data={"duty": "SPLITTING", "note": "图纸看错"}).status_code == 302
    session.expire_all()
    assert (row.duty, row.note) == (Duty.SPLITTING, "图纸看错")
    told = session.scalars(select(AuditEntry).where(AuditEntry.verb == "judge")).one()
    assert told.changes["duty"] == ["OPERATION", "SPLITTING"]
    assert (
        client.post(f"/mes/production/lead/scraps/{row.id + 1}/judge", data={"duty": "DEALER"}).status_code
        == 404
    )
