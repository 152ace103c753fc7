"""The one door for scans, through HTTP: a gesture's identity, who and where, the refusals of the door itself."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from core.activity.model import Interval
from core.codes import Letter, make
from mes.packing.model import Content, Package
from mes.scanning import service
from mes.scanning.model import FormerLabel, Scan
from mes.scanning.rules import Outcome, StationKind
from mes.splitting.model import Piece
from tests.conftest import NOON
from tests.factories.factory import release_order, station
from tests.factories.people import make_person


@pytest.fixture
def order(session):
    made = release_order(session)
    session.commit()
    return made


@pytest.fixture
def package(session, order):
    return session.scalar(
        select(Package).where(Package.order_id == order.id, Package.kind == "FRAME").order_by(Package.id)
    )


def body(kind, code, **over):
    given = {
        "scan_id": str(uuid4()),
        "kind": kind,
        "code": code,
        "scanned_at": "2026-11-22T12:00:00+08:00",
    }
    return given | over


def post(client, *args, **over):
    return client.post("/api/v1/scans", json=body(*args, **over))


def test_the_same_gesture_gets_the_stored_answer(client_for, session, package):
    packer, sent = client_for("packer"), body("PACK_OPEN", package.code)
    first = packer.post("/api/v1/scans", json=sent).json
    second = packer.post("/api/v1/scans", json=sent).json
    assert (first["outcome"], first["replayed"], second["replayed"]) == ("ACCEPT", False, True)
    assert {k: v for k, v in second.items() if k != "replayed"} == {
        k: v for k, v in first.items() if k != "replayed"
    }
    assert session.scalar(select(func.count()).select_from(Scan)) == 1


def test_one_number_for_two_gestures_is_refused(client_for, session, package):
    packer, sent = client_for("packer"), body("PACK_OPEN", package.code)
    packer.post("/api/v1/scans", json=sent)
    answer = packer.post("/api/v1/scans", json=sent | {"quantity": 2})
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "mes.scanning.scan_reused")


@pytest.mark.parametrize(
    ("code", "block"),
    [("P0001A2BM", "E20"), ("门", "E20"), (make(Letter.PACKAGE, 999_999), "E21")],
)
def test_a_code_that_stands_for_nothing_is_refused_and_logged(client_for, session, package, code, block):
    answer = post(client_for("packer"), "PACK_OPEN", code).json
    assert (answer["outcome"], answer["block_code"]) == ("BLOCK", block)
    assert all(answer[part] for part in ("expected", "got", "todo", "message"))
    logged = session.scalars(select(Scan)).one()
    assert (logged.outcome, logged.block_code, logged.code) == (Outcome.BLOCK, block, code)


def test_a_piece_where_a_package_is_wanted_is_refused(client_for, session, order, package):
    piece = session.scalar(select(Piece.code).where(Piece.order_id == order.id, Piece.is_tracked).limit(1))
    assert post(client_for("packer"), "PACK_OPEN", piece).json["block_code"] == "E22"
    missing_context = post(client_for("packer"), "PACK_ADD", piece).json
    assert missing_context["block_code"] == "E22"


def test_an_old_label_names_the_new_one(client_for, session, package):
    old, new = make(Letter.PACKAGE, 900_001), package.code
    service.supersede(session, old, new, "torn", by=None, at=NOON)
    session.commit()
    answer = post(client_for("packer"), "PACK_OPEN", old).json
    assert (answer["block_code"], new in answer["todo"]) == ("E26", True)


def test_a_label_replaced_twice_names_the_last_one(session):
    first, second, third = (make(Letter.PACKAGE, 900_000 + n) for n in (1, 2, 3))
    service.supersede(session, first, second, "torn", by=None, at=NOON)
    service.supersede(session, second, third, "torn", by=None, at=NOON)
    session.flush()
    session.expire_all()
    assert {f.new_code for f in session.scalars(select(FormerLabel))} == {third}


def test_who_may_not_is_told_so_after_what_is_unknown(client_for, session, package):
    operator = client_for("operator")
    assert post(operator, "PACK_OPEN", package.code).json["block_code"] == "E25"
    assert post(operator, "PACK_OPEN", make(Letter.PACKAGE, 999_999)).json["block_code"] == "E21"


def test_without_the_right_to_scan_nothing_is_judged(client_for, session, package):
    assert post(client_for("clerk"), "PACK_OPEN", package.code).status_code == 403
    assert session.scalar(select(func.count()).select_from(Scan)) == 0


def test_a_badge_on_an_enrolled_device_says_who_scanned(client_for, session, package):
    bench = station(session, StationKind.PACK)
    device = service.enrol(session, bench.id, "平板 1", by=None, at=NOON)
    colleague = make_person(session, roles=("packer",), name="李娜")
    session.commit()
    answer = post(client_for("packer"), "PACK_OPEN", package.code, badge=colleague.badge, device=device.key)
    assert answer.json["outcome"] == "ACCEPT"
    logged = session.scalars(select(Scan)).one()
    assert (logged.person_id, logged.station_id) == (colleague.id, bench.id)
    assert session.scalars(select(Interval)).one().person_id == colleague.id


def test_an_unknown_badge_and_an_unknown_device_are_refused(client_for, session, package):
    bench = station(session, StationKind.PACK)
    device = service.enrol(session, bench.id, "平板 1", by=None, at=NOON)
    session.commit()
    packer = client_for("packer")
    wrong_badge = post(packer, "PACK_OPEN", package.code, badge=make(Letter.BADGE, 9999), device=device.key)
    assert wrong_badge.json["block_code"] == "E25"
    logged = session.scalars(select(Scan)).one()  # a refused scan is logged, under whoever is logged in
    assert (logged.block_code, logged.person_id) == ("E25", packer.person_id)
    wrong_device = post(packer, "PACK_OPEN", package.code, device="stolen")
    assert (wrong_device.status_code, wrong_device.json["error"]["code"]) == (
        422,
        "mes.scanning.device_unknown",
    )


def test_a_refused_scan_changes_nothing_but_the_log(client_for, session, order, package):
    content = session.scalar(select(Content).where(Content.package_id == package.id).limit(1))
    code = session.scalar(select(Piece.code).where(Piece.id == content.piece_id))
    packer = client_for("packer")
    post(packer, "PACK_OPEN", package.code)
    answer = post(packer, "PACK_ADD", code, context=package.code).json
    assert (answer["outcome"], answer["block_code"]) == ("BLOCK", "E23")  # nothing has been made yet
    session.expire_all()
    assert session.get(Content, content.id).packed_at is None
    assert session.scalar(select(func.count()).select_from(Scan)) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"scan_id": "x"},
        {"kind": "DANCE"},
        {"quantity": 0},
        {"quantity": 10**9},
        {"scanned_at": "yesterday"},
        {"scanned_at": "2026-11-22T12:00:00"},
        {"code": "P" * 201},
        {"extra": 1},
    ],
)
def test_a_body_that_is_no_scan_is_refused_by_field(client_for, session, wrong):
    answer = client_for("packer").post("/api/v1/scans", json=body("PACK_OPEN", "K000042A") | wrong)
    assert answer.status_code == 400
    assert set(answer.json["error"]["fields"]) == set(wrong)
    assert session.scalar(select(func.count()).select_from(Scan)) == 0


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"\xff"])
def test_what_is_no_json_object_is_refused(client_for, raw):
    answer = client_for("packer").post("/api/v1/scans", data=raw, content_type="application/json")
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "core.not_json")


def test_the_answer_speaks_the_persons_language(client_for, package):
    chinese = post(client_for("packer"), "PACK_OPEN", "P0001A2BM").json
    english = post(client_for("packer", locale="en"), "PACK_OPEN", "P0001A2BM").json
    assert (chinese["block_name"], english["block_name"]) == ("码读不出", "Unreadable code")


def test_resolving_a_code_reads_and_never_writes(client_for, session, package):
    packer = client_for("packer")
    found = packer.get(f"/api/v1/scans/resolve?code={package.code}").json
    assert (found["object_type"], found["block_code"]) == ("package", None)
    lost = packer.get(f"/api/v1/scans/resolve?code={make(Letter.PACKAGE, 999_999)}").json
    assert (lost["object_type"], lost["block_code"]) == (None, "E21")
    assert session.scalar(select(func.count()).select_from(Scan)) == 0


def test_a_devices_clock_does_not_matter(client_for, session, package):
    long_ago = "2024-06-01T08:00:00+08:00"
    assert (
        post(client_for("packer"), "PACK_OPEN", package.code, scanned_at=long_ago).json["outcome"] == "ACCEPT"
    )
    logged = session.scalars(select(Scan)).one()
    assert logged.received_at - logged.scanned_at > timedelta(days=600)
