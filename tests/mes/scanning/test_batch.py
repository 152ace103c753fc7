"""What a device kept while it was without the network: each scan once, in order, with its own verdict."""

from collections import Counter
from uuid import uuid4

import pytest
from sqlalchemy import event, func, select

from core.codes import Letter, make
from mes.packing.model import Content, Package
from mes.scanning import service
from mes.scanning.model import Scan
from mes.scanning.rules import StationKind
from mes.splitting.model import Piece
from mes.splitting.rules import PieceState
from tests.conftest import NOON
from tests.factories.factory import release_order, station
from tests.mes.packing.bench import make_all, packages, pieces_of
from tests.mes.shipping.dock import make_load, sealed_order


@pytest.fixture
def frame(session):
    order = release_order(session)
    make_all(session, order)
    session.commit()
    return packages(session, order, "FRAME")[0]


@pytest.fixture
def tablet(session):
    device = service.enrol(session, station(session, StationKind.PACK).id, "平板 1", by=None, at=NOON)
    session.commit()
    return device


def scan(kind, code, **over):
    given = {
        "scan_id": str(uuid4()),
        "kind": kind,
        "code": code,
        "scanned_at": "2026-11-22T12:00:00+08:00",
    }
    return given | over


def packing(session, frame, tablet, first=1):
    """Open a package and put everything in, as a tablet counts it."""
    kept = [scan("PACK_OPEN", frame.code)]
    kept += [scan("PACK_ADD", one.code, context=frame.code) for one in pieces_of(session, frame)]
    return [one | {"device": tablet.key, "position": n} for n, one in enumerate(kept, first)]


def send(client, *scans):
    answer = client.post("/api/v1/scans/batch", json={"scans": list(scans)})
    assert answer.status_code == 200, answer.text
    return answer.json


def outcomes(answer):
    return [item["verdict"]["outcome"] for item in answer["answers"]]


def logged(session):
    return session.scalar(select(func.count()).select_from(Scan))


def test_kept_scans_are_judged_in_their_order_and_counted_on(client_for, session, frame, tablet):
    kept = packing(session, frame, tablet)
    answer = send(client_for("packer"), *kept)
    assert outcomes(answer) == ["ACCEPT"] * len(kept)
    assert [item["scan_id"] for item in answer["answers"]] == [one["scan_id"] for one in kept]
    assert answer["next_position"] == len(kept) + 1
    assert list(session.scalars(select(Scan.device_position).order_by(Scan.id))) == list(
        range(1, len(kept) + 1)
    )


def test_a_batch_whose_answer_was_lost_is_sent_again_and_done_once(client_for, session, frame, tablet):
    kept, packer = packing(session, frame, tablet), client_for("packer")
    send(packer, *kept[:3])  # the tablet dies before the answer
    again = send(packer, *kept)
    assert [item["verdict"]["replayed"] for item in again["answers"]] == [True] * 3 + [False] * (
        len(kept) - 3
    )
    assert outcomes(again) == ["ACCEPT"] * len(kept)
    assert logged(session) == len(kept)


def test_one_bad_scan_keeps_none_of_those_behind_it_waiting(client_for, session, frame, tablet):
    kept, packer = packing(session, frame, tablet), client_for("packer")
    kept.insert(1, {"scan_id": "broken-1", "kind": "DANCE"})
    kept.insert(2, scan("PACK_OPEN", frame.code, device="stolen"))
    kept.insert(3, kept[0] | {"code": "K000000000"})
    answer = send(packer, *kept)
    errors = [item["error"] and item["error"]["code"] for item in answer["answers"]]
    assert errors[:4] == [
        None,
        "core.invalid_input",
        "mes.scanning.device_unknown",
        "mes.scanning.scan_reused",
    ]
    assert errors[4:] == [None] * (len(kept) - 4)
    assert logged(session) == len(kept) - 3


def test_a_device_that_counts_anew_is_told_where_to_go_on(client_for, session, frame, tablet):
    kept, packer = packing(session, frame, tablet), client_for("packer")
    send(packer, kept[0])
    anew = packing(session, frame, tablet, first=1)
    answer = send(packer, *anew)  # nothing behind the first one is judged either: order is all
    assert {item["error"]["code"] for item in answer["answers"]} == {"mes.scanning.position_taken"}
    on = [one | {"position": n} for n, one in enumerate(anew, answer["next_position"])]
    assert outcomes(send(packer, *on)) == ["ACCEPT"] * len(on)
    assert logged(session) == 1 + len(on)


def test_what_the_device_refused_is_logged_and_never_done(client_for, session, frame, tablet):
    packer = client_for("packer")
    opened, first, *_ = packing(session, frame, tablet)
    answer = send(packer, opened, first | {"blocked": "E02"})
    assert outcomes(answer) == ["ACCEPT", "BLOCK"]
    assert answer["answers"][1]["verdict"]["block_code"] == "E02"
    session.expire_all()
    assert session.scalar(select(func.count()).where(Content.packed_at.is_not(None))) == 0


def test_a_signature_is_never_kept_on_a_device(client_for, session, frame, tablet):
    signed = {"badge": "U00017J", "pin": "62504", "reason": "customer waits"}
    seal = scan("PACK_SEAL", frame.code, override=signed)
    error = send(client_for("packer"), seal)["answers"][0]["error"]
    assert (error["code"], set(error["fields"])) == ("core.invalid_input", {"override"})
    assert logged(session) == 0


def test_of_two_devices_that_packed_one_piece_one_wins_and_the_other_is_told_the_box(
    client_for, session, frame, tablet
):
    """A piece that was moved into another package meanwhile: the tablet that holds the old plan packed it as well."""
    leaf = session.scalars(
        select(Package).where(Package.order_id == frame.order_id, Package.kind == "LEAF")
    ).one()
    moved = pieces_of(session, frame)[0]
    other = service.enrol(session, station(session, StationKind.PACK).id, "平板 2", by=None, at=NOON)
    session.execute(Content.__table__.update().where(Content.piece_id == moved.id).values(package_id=leaf.id))
    session.commit()
    first = [scan("PACK_OPEN", leaf.code), scan("PACK_ADD", moved.code, context=leaf.code)]
    second = [scan("PACK_OPEN", frame.code), scan("PACK_ADD", moved.code, context=frame.code)]
    packer = client_for("packer", locale="en")
    won = send(packer, *(one | {"device": tablet.key, "position": n} for n, one in enumerate(first, 1)))
    lost = send(packer, *(one | {"device": other.key, "position": n} for n, one in enumerate(second, 1)))
    assert outcomes(won) == ["ACCEPT", "ACCEPT"]
    assert outcomes(lost) == ["ACCEPT", "BLOCK"]
    refused = lost["answers"][1]
    assert refused["verdict"]["block_code"] == "E06"
    assert refused["box"] == f"{frame.name_en} {frame.position}/{frame.total_count}"  # the box that is opened
    assert f"{leaf.name_en} {leaf.position}/{leaf.total_count}" in refused["verdict"]["todo"]
    session.expire_all()
    assert session.get(Piece, moved.id).state is PieceState.PACKED
    assert session.scalars(select(Content.package_id).where(Content.piece_id == moved.id)).all() == [leaf.id]


def test_two_devices_with_the_same_plan_pack_a_piece_once(client_for, session, frame, tablet):
    piece = pieces_of(session, frame)[0]
    other = service.enrol(session, station(session, StationKind.PACK).id, "平板 2", by=None, at=NOON)
    session.commit()
    packer = client_for("packer")

    def packs(device):
        kept = [scan("PACK_OPEN", frame.code), scan("PACK_ADD", piece.code, context=frame.code)]
        return send(packer, *(one | {"device": device.key, "position": n} for n, one in enumerate(kept, 1)))

    assert outcomes(packs(tablet)) == ["ACCEPT", "ACCEPT"]
    late = packs(other)["answers"][1]
    assert (late["verdict"]["outcome"], late["verdict"]["block_code"]) == ("BLOCK", "E28")
    assert late["box"] is not None


def test_a_batch_has_at_most_five_hundred_scans_and_at_least_one(client_for, session, frame):
    packer = client_for("packer")
    for scans in ([], [scan("PACK_OPEN", frame.code)] * 501):
        assert packer.post("/api/v1/scans/batch", json={"scans": scans}).status_code == 400
    assert logged(session) == 0


def test_an_unknown_code_in_a_batch_is_named_itself(client_for, session, frame, tablet):
    lost = scan("PACK_OPEN", make(Letter.PACKAGE, 999_999))
    item = send(client_for("packer"), lost)["answers"][0]
    assert (item["verdict"]["block_code"], item["box"]) == ("E21", lost["code"])


def test_a_scan_that_is_in_a_batch_twice_is_done_once(client_for, session, frame, tablet):
    opened, first, *_ = packing(session, frame, tablet)
    answer = send(client_for("packer"), opened, first, first, first | {"code": opened["code"]})
    assert [item["verdict"] and item["verdict"]["replayed"] for item in answer["answers"]] == [
        *(False, False, True),
        None,
    ]
    assert answer["answers"][3]["error"]["code"] == "mes.scanning.scan_reused"
    assert logged(session) == 2


def test_a_device_that_counts_two_of_a_batch_alike_is_told_so(client_for, session, frame, tablet):
    opened, first, second, *_ = packing(session, frame, tablet)
    answer = send(client_for("packer"), opened, first, second | {"position": first["position"]})
    assert answer["answers"][2]["error"]["code"] == "mes.scanning.position_taken"
    assert logged(session) == 2


def test_a_label_that_becomes_an_old_one_in_the_batch_is_refused_behind_it(
    client_for, session, frame, tablet
):
    piece = pieces_of(session, frame)[0]
    scrapped = scan("SCRAP", piece.code, witness="CHP")
    again = scan("PACK_ADD", piece.code, context=frame.code)
    answer = send(client_for("leader"), scan("PACK_OPEN", frame.code), scrapped, again)
    assert outcomes(answer) == ["ACCEPT", "ACCEPT", "BLOCK"]
    assert answer["answers"][2]["verdict"]["block_code"] == "E26"


def test_a_load_is_closed_by_the_log_of_its_own_batch(client_for, session):
    """Closing compares the list with the scan log: what stands before it in the batch is in there."""
    order = sealed_order(session)
    load = make_load(session, order)
    session.commit()
    kept = [scan("LOAD", box.code, context=load.code) for box in packages(session, order)]
    answer = send(client_for("loader"), *kept, scan("SHIP_CLOSE", load.code))
    assert outcomes(answer) == ["ACCEPT"] * (len(kept) + 1)
    assert [row.code for row in session.scalars(select(Scan).order_by(Scan.id))][-1] == load.code


def test_a_batch_asks_the_log_and_the_old_labels_once_for_many(client_for, session, frame, tablet):
    kept, packer = packing(session, frame, tablet), client_for("packer")
    sent, engine = [], session.get_bind().engine
    listen = lambda *args: sent.append(args[2])  # noqa: E731
    event.listen(engine, "before_cursor_execute", listen)
    send(packer, *kept)
    event.remove(engine, "before_cursor_execute", listen)
    asked = Counter(
        name for text in sent for name in ("mes_scanning_scan", "mes_scanning_former_label") if name in text
    )
    assert asked["mes_scanning_former_label"] == 1
    assert asked["mes_scanning_scan"] == 4  # stored? positions? the log; and where the device counts on
