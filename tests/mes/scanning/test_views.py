import pytest

from core.auth.model import Person
from mes.scanning import queries
from mes.scanning.model import Device, Station
from mes.scanning.rules import StationKind
from tests.core.pdf.paper import scanned, words
from tests.factories.factory import station
from tests.factories.people import make_person

STATIONS = "/mes/scanning/stations/"
ENROL = "/mes/scanning/enrol"


def scan(client, code):
    body = {
        "scan_id": f"scan-{code}-1",
        "kind": "LOAD",
        "code": code,
        "context": None,
        "scanned_at": "2026-11-22T12:00:00+08:00",
    }
    return client.post("/api/v1/scans", json=body)


def test_a_tablet_is_enrolled_and_asks_for_a_badge(client_for, session):
    client = client_for("administrator")
    bench = station(session, StationKind.PACK)
    answer = client.post(ENROL, data={"station_id": bench.id, "name": "T-03"})
    device = session.query(Device).one()
    assert (answer.status_code, device.name, device.station_id) == (200, "T-03", bench.id)
    assert client.get_cookie("mortise_device").value == device.key
    assert f"/mes/production/lock?device={device.key}" in answer.text
    assert queries.where(session, device.key).station_kind is StationKind.PACK
    client_for("administrator").post(f"/mes/scanning/devices/{device.id}/retire")
    session.expire_all()
    assert queries.where(session, device.key) is None


def test_whoever_enrols_a_device_is_logged_out_there(client_for, session):
    client = client_for("administrator", locale="en")
    bench = station(session, StationKind.PACK)
    page = client.post(ENROL, data={"station_id": bench.id, "name": "T-04"}).text
    assert ("you are logged out here" in page, 'lang="en"' in page, "/logout" in page) == (True, True, False)
    assert client.get(STATIONS).status_code == 302  # to the log-in
    with client.session_transaction() as kept:
        assert "_user_id" not in kept


def test_a_device_needs_a_name_and_keeps_what_was_chosen(client_for, session):
    answer = client_for("administrator").post(ENROL, data={"station_id": "1", "name": " "})
    assert (answer.status_code, session.query(Device).count()) == (400, 0)


def test_only_the_administrator_sets_up_stations_and_devices(client_for):
    for role, may_read in (("leader", True), ("owner", True), ("packer", False), ("clerk", False)):
        client = client_for(role)
        assert client.get(STATIONS).status_code == (200 if may_read else 403)
        assert client.get("/mes/scanning/scans/").status_code == (200 if may_read else 403)
        assert client.post(ENROL, data={"station_id": 1, "name": "x"}).status_code == 403
        assert client.get(ENROL).status_code == client.post(f"{STATIONS}new").status_code == 403


def test_a_station_is_set_up_with_its_operations_and_its_label_can_be_read(client_for, session):
    client = client_for("administrator")
    form = {"name": "压合 2", "name_en": "press 2", "kind": "FLOOR", "operations": "press， size"}
    assert client.post(f"{STATIONS}new", data=form).status_code == 303
    made = session.query(Station).filter_by(name="压合 2").one()
    assert made.operation_codes == ["PRESS", "SIZE"]
    label = client.get(f"{STATIONS}labels.pdf?station={made.id}")
    assert set(scanned(label.data).values()) == {made.code}
    assert "压合2" in words(label.data)
    refused = client.post(f"{STATIONS}new", data=form | {"kind": "MOON"})
    assert (refused.status_code, "压合 2" in refused.text) == (400, True)


def test_refused_scans_are_in_the_list_and_can_be_asked_for(client_for, session):
    client = client_for("administrator")
    assert scan(client, "K000001").json["block_code"] == "E20"
    page = client.get(
        "/mes/scanning/scans/?outcome=BLOCK&block=E20&kind=LOAD&since=2026-01-01&until=2126-01-01"
    )
    assert (page.status_code, "K000001" in page.text) == (200, True)
    assert "K000001" not in client.get("/mes/scanning/scans/?outcome=ACCEPT").text
    assert "K000001" not in client.get("/mes/scanning/scans/?until=2026-01-01").text
    assert client.get("/mes/scanning/scans/?code=k000001").text.count("E20") > 1
    assert client.get("/mes/scanning/scans/?since=yesterday").status_code == 400
    assert client.get("/mes/scanning/scans/export.xlsx").data[:2] == b"PK"


@pytest.mark.parametrize(("locale", "word"), [("zh_Hans_CN", "登记本机"), ("en", "Enrol this device")])
def test_the_stations_page_speaks_the_person_s_language(client_for, locale, word):
    assert word in client_for("administrator", locale=locale).get(STATIONS).text


def test_a_station_s_code_is_resolved(client_for, session):
    code = station(session, StationKind.DOCK).code
    answer = client_for("loader").get("/api/v1/scans/resolve", query_string={"code": code})
    assert (answer.json["object_type"], answer.json["name"]) == ("station", "发货口")


def test_people_who_scanned_can_be_chosen(client_for, session):
    make_person(session, name="从不扫码")
    client = client_for("administrator")
    scan(client, "K000001")
    me = session.get(Person, client.person_id)
    page = client.get(f"/mes/scanning/scans/?person={me.id}")
    assert ("从不扫码" in page.text, me.name in page.text) == (False, True)
