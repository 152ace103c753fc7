import threading
import uuid

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select

from core.work import run
from mes.packing.model import Content, Package
from mes.packing.rules import PackageState
from mes.scanning import service as scanning
from mes.scanning.model import Scan
from mes.scanning.rules import Block, Outcome, ScanKind, Who
from tests.core.pdf.paper import page_count, scanned, words
from tests.factories.factory import release_order
from tests.factories.people import make_person
from tests.factories.scanner import scan_request
from tests.mes.packing.bench import PACKER, make_all, packages, pieces_of


@pytest.fixture
def order(session):
    """One single door, all pieces made: four packages."""
    order = release_order(session, customer="郑女士", site="御江府 6 幢 1203")
    make_all(session, order)
    session.commit()
    return order


def post(client, kind, code, context=None, **over):
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


def fill(session, client, package):
    post(client, "PACK_OPEN", package.code)
    for piece in pieces_of(session, package):
        assert post(client, "PACK_ADD", piece.code, package.code)["outcome"] == "ACCEPT"


def test_a_package_is_packed_and_sealed_over_the_wire(session, client_for, order):
    client = client_for("packer")
    frame = packages(session, order, "FRAME")[0]
    assert post(client, "PACK_OPEN", frame.code)["outcome"] == "ACCEPT"
    answer = post(client, "PACK_ADD", pieces_of(session, frame)[0].code, frame.code)
    assert answer["outcome"] == "ACCEPT"
    assert answer["progress"] == {"done": 1, "total": 4, "missing": ["右立板", "横板", "档条"]}
    assert answer["shown"]["name"] == "左立板"
    assert answer["shown"]["size"] == "2090 × 240"
    assert post(client, "PACK_SEAL", frame.code)["block_code"] == "E01"
    for piece in pieces_of(session, frame)[1:]:
        post(client, "PACK_ADD", piece.code, frame.code)
    sealed = post(client, "PACK_SEAL", frame.code)
    assert sealed["outcome"] == "ACCEPT"
    assert client.get(sealed["shown"]["label"]).mimetype == "application/pdf"
    session.expire_all()
    assert frame.state == PackageState.SEALED


def test_every_refusal_of_the_bench_comes_over_the_wire(session, client_for, order):
    client = client_for("packer")
    other = release_order(session)
    make_all(session, other)
    frame, trim = packages(session, order, "FRAME")[0], packages(session, order, "TRIM")[0]
    jamb, head = pieces_of(session, frame)[0], pieces_of(session, frame)[2]
    strange = pieces_of(session, packages(session, other, "FRAME")[0])[0]
    strip = pieces_of(session, trim)[0]
    head.state, head.step_count = "CUT", 1
    session.commit()

    def block(kind, code, context=None):
        answer = post(client, kind, code, context)
        assert all(answer[part] for part in ("expected", "got", "todo", "block_name"))
        return answer["block_code"]

    assert block("PACK_ADD", jamb.code, frame.code) == "E24"
    post(client, "PACK_OPEN", frame.code)
    assert block("PACK_ADD", "P0", frame.code) == "E20"
    assert block("PACK_ADD", "PZZZZZZZ" + "5", frame.code) in {"E20", "E21"}
    assert block("PACK_ADD", frame.code, frame.code) == "E22"
    assert block("PACK_ADD", head.code, frame.code) == "E23"
    assert block("PACK_ADD", strange.code, frame.code) == "E03"
    assert block("PACK_ADD", strip.code, frame.code) == "E02"
    post(client, "PACK_ADD", jamb.code, frame.code)
    assert block("PACK_ADD", jamb.code, frame.code) == "E28"
    assert block("PACK_SEAL", frame.code) == "E01"
    post(client, "PACK_OPEN", trim.code)
    assert block("PACK_ADD", jamb.code, trim.code) == "E06"
    assert block("PACK_REOPEN", frame.code) == "E24"


def test_the_same_scan_sent_twice_packs_once_and_another_scan_id_is_neutral(session, client_for, order):
    client = client_for("packer")
    frame = packages(session, order, "FRAME")[0]
    jamb = pieces_of(session, frame)[0]
    post(client, "PACK_OPEN", frame.code)
    once = str(uuid.uuid4())
    first = post(client, "PACK_ADD", jamb.code, frame.code, scan_id=once)
    again = post(client, "PACK_ADD", jamb.code, frame.code, scan_id=once)
    assert (first["replayed"], again["replayed"], again["outcome"]) == (False, True, "ACCEPT")
    assert post(client, "PACK_ADD", jamb.code, frame.code)["block_code"] == "E28"
    assert session.scalar(select(func.count(Content.id)).where(Content.packed_at.is_not(None))) == 1


def test_the_bench_shows_what_is_in_hand_in_both_languages(session, client_for, order):
    frame = packages(session, order, "FRAME")[0]
    for locale, name, piece in (("zh_Hans_CN", "套包", "左立板"), ("en", "frame package", "left jamb")):
        client = client_for("packer", locale=locale)
        post(client, "PACK_OPEN", frame.code)
        page = client.get(f"/mes/packing/bench?package={frame.id}").text
        assert name in page
        assert piece in page
        assert order.number in page
        assert f'data-code="{frame.code}"' in page


def test_an_empty_bench_asks_for_a_label(client_for):
    assert client_for("packer").get("/mes/packing/bench").status_code == 200


def test_the_parts_of_the_bench_follow_the_scans(session, client_for, order):
    client = client_for("packer")
    frame = packages(session, order, "FRAME")[0]
    fill(session, client, frame)
    parts = client.get(f"/mes/packing/packages/{frame.id}/bench").text
    assert "data-complete" in parts
    assert "disabled" not in parts
    post(client, "PACK_SEAL", frame.code)
    assert f"/packages/{frame.id}/print" in client.get(f"/mes/packing/packages/{frame.id}/bench").text


def test_what_is_missing_and_the_drawing_can_be_asked_for(session, client_for, order):
    client = client_for("packer")
    frame = packages(session, order, "FRAME")[0]
    assert "左立板" in client.get(f"/mes/packing/packages/{frame.id}/missing").text
    drawing = client.get(f"/mes/packing/sets/{frame.set_id}/drawing?hot=JAMB_L").text
    assert '<rect class="hot"' in drawing
    assert client.get("/mes/packing/sets/999999/drawing").status_code == 404


def test_a_label_says_everything_and_both_its_codes_are_read(session, client_for, order):
    client = client_for("packer")
    frame = packages(session, order, "FRAME")[0]
    fill(session, client, frame)
    post(client, "PACK_SEAL", frame.code)
    content = client.get(f"/mes/packing/packages/{frame.id}/label.pdf").data
    text = words(content)
    for part in (order.number, "套包", "2/4", "郑女士", "主卧", "左立板2090×240", "900×2100×240", "王芳"):
        assert part in text, part
    assert set(scanned(content).values()) == {frame.code}
    assert len(scanned(content)) == 2


def test_all_labels_of_an_order_are_one_file_and_are_counted(session, client_for, order):
    client = client_for("packer")
    answer = client.post(f"/mes/packing/orders/{order.id}/print", follow_redirects=True)
    assert page_count(answer.data) == 4
    session.expire_all()
    assert {package.label_count for package in packages(session, order)} == {1}


def test_a_torn_label_is_replaced_from_the_page_of_its_package(session, client_for, order):
    client = client_for("packer")
    frame = packages(session, order, "FRAME")[0]
    refused = client.post(f"/mes/packing/packages/{frame.id}/reprint")
    assert refused.status_code == 422
    client.post(f"/mes/packing/packages/{frame.id}/print")
    session.expire_all()
    old = frame.code
    page = client.post(f"/mes/packing/packages/{frame.id}/reprint", follow_redirects=True).text
    session.expire_all()
    assert frame.code != old
    assert frame.code in page
    answer = post(client, "PACK_OPEN", old)
    assert (answer["block_code"], frame.code in answer["todo"]) == ("E26", True)


def test_the_page_of_a_package_shows_its_scans_refused_ones_included(session, client_for, order):
    client = client_for("packer")
    frame = packages(session, order, "FRAME")[0]
    strip = pieces_of(session, packages(session, order, "TRIM")[0])[0]
    post(client, "PACK_OPEN", frame.code)
    post(client, "PACK_ADD", strip.code, frame.code)
    page = client.get(f"/mes/packing/packages/{frame.id}/").text
    assert strip.code in page
    assert "E02" in page


def test_the_page_of_a_package_shows_the_label_code_of_every_piece(session, client_for, order):
    frame = packages(session, order, "FRAME")[0]
    page = client_for("packer").get(f"/mes/packing/packages/{frame.id}/").text
    codes = [piece.code for piece in pieces_of(session, frame)]
    assert len(codes) > 1
    assert all(code in page for code in codes)


def test_a_package_taken_in_hand_proves_nothing_and_a_piece_put_in_does(session, client_for, order):
    client = client_for("packer")
    frame = packages(session, order, "FRAME")[0]
    piece = pieces_of(session, frame)[0]
    assert post(client, "PACK_OPEN", frame.code)["shown"]["proves"] is False
    assert "proves" not in post(client, "PACK_ADD", piece.code, frame.code)["shown"]


def test_a_package_is_found_by_its_code(session, client_for, order):
    frame = packages(session, order, "FRAME")[0]
    answer = client_for("packer").get(f"/find?q={frame.code.lower()}")
    assert answer.headers["Location"].endswith(f"/mes/packing/packages/{frame.id}/")


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("packer", "/mes/packing/bench", 200),
        ("leader", "/mes/packing/bench", 200),
        ("clerk", "/mes/packing/bench", 403),
        ("operator", "/mes/packing/bench", 403),
        ("clerk", "/mes/packing/packages/{id}/", 200),
        ("clerk", "/mes/packing/packages/{id}/label.pdf", 200),
        ("operator", "/mes/packing/packages/{id}/", 403),
        ("operator", "/mes/packing/orders/{order}/labels.pdf", 403),
        ("clerk", "/mes/packing/packages/{id}/missing", 403),
    ],
)
def test_who_may_look_at_what(session, client_for, order, role, path, status):
    place = path.format(id=packages(session, order)[0].id, order=order.id)
    assert client_for(role).get(place).status_code == status


@pytest.mark.parametrize("path", ["packages/{id}/print", "packages/{id}/reprint", "orders/{order}/print"])
def test_who_may_not_print_prints_nothing(session, client_for, order, path):
    place = path.format(id=packages(session, order)[0].id, order=order.id)
    assert client_for("clerk").post(f"/mes/packing/{place}").status_code == 403
    session.expire_all()
    assert packages(session, order)[0].label_count == 0


def test_an_operator_who_packs_is_told_that_they_may_not(session, client_for, order):
    frame = packages(session, order, "FRAME")[0]
    assert post(client_for("operator"), "PACK_OPEN", frame.code)["block_code"] == "E25"


def signature(session, *roles):
    """Return the badge and PIN of somebody with these roles."""
    person = make_person(session, roles=roles, pin_hash=PasswordHasher(1, 8, 1).hash("2468"))
    session.commit()
    return {"badge": person.badge, "pin": "2468", "reason": "客户催货，下午补"}


def test_a_leader_signs_for_a_package_that_is_not_complete(session, client_for, order):
    client, signed = client_for("packer"), signature(session, "leader")
    frame = packages(session, order, "FRAME")[0]
    post(client, "PACK_OPEN", frame.code)
    wrong = post(client, "PACK_SEAL", frame.code, override=signed | {"pin": "1357"})
    assert (wrong["outcome"], wrong["block_code"]) == ("BLOCK", "E25")
    assert post(client, "PACK_SEAL", frame.code, override=signed)["outcome"] == "OVERRIDE"
    session.expire_all()
    assert frame.state == PackageState.SEALED


def test_a_packer_cannot_sign_for_another_packer(session, client_for, order):
    client, signed = client_for("packer"), signature(session, "packer")
    frame = packages(session, order, "FRAME")[0]
    post(client, "PACK_OPEN", frame.code)
    assert post(client, "PACK_SEAL", frame.code, override=signed)["block_code"] == "E25"


# ---- two packers at once, on two connections


def _at_once(database, scans):
    """Send scans from as many threads at once; return the stored answers."""
    answers, barrier = [], threading.Barrier(len(scans))

    def work(request):
        with database.app.app_context():
            barrier.wait()
            answers.append(run(scanning.take, request, request.scan_id)[0])

    threads = [threading.Thread(target=work, args=(request,)) for request in scans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _released(database):
    """A released order with two open packages; return codes and the packer's id."""
    with database.app.app_context(), database.session as session:
        packer = make_person(session, roles=("packer",))
        order = release_order(session)
        make_all(session, order)
        found = packages(session, order)
        for package in found:
            package.state = PackageState.OPEN
        session.commit()
        return packer.id, {p.kind: (p.code, [x.code for x in pieces_of(session, p)]) for p in found}


def _request(person_id, code, context):
    return scan_request(ScanKind.PACK_ADD, code, context, who=Who(person_id, "王芳", PACKER))


def test_of_two_packers_with_one_piece_exactly_one_wins(database):
    person_id, boxes = _released(database)
    frame, pieces = boxes["FRAME"]
    answers = _at_once(database, [_request(person_id, pieces[0], frame) for _ in range(4)])
    assert sorted(answer["outcome"] for answer in answers) == [Outcome.ACCEPT] + [Outcome.BLOCK] * 3
    assert {answer["block_code"] for answer in answers} <= {None, Block.E28.value, Block.E27.value}
    with database.session as session:
        assert session.scalar(select(func.count(Content.id)).where(Content.packed_at.is_not(None))) == 1
        assert session.scalar(select(func.count(Scan.id))) == 4


def test_two_packers_with_different_pieces_of_one_package_both_succeed(database):
    person_id, boxes = _released(database)
    frame, pieces = boxes["FRAME"]
    answers = _at_once(database, [_request(person_id, code, frame) for code in pieces])
    assert {answer["outcome"] for answer in answers} == {Outcome.ACCEPT}
    with database.session as session:
        assert session.scalar(select(func.count(Content.id)).where(Content.packed_at.is_not(None))) == 4


def test_a_hardware_package_says_what_lies_in_its_kit(client_for, session):
    order = release_order(session)
    package = session.scalar(
        select(Package).where(Package.order_id == order.id, Package.kind == "HARDWARE").limit(1)
    )
    session.commit()
    packer = client_for("packer")
    text = words(packer.get(f"/mes/packing/packages/{package.id}/label.pdf").data)
    # a leaf of 2055 mm hangs on three hinges (domain: 2 below 1900, 3 below 2300)
    assert "4寸合页×3" in text
    page = packer.get(f"/mes/packing/packages/{package.id}/").text
    assert ("4 寸合页" in page, "× 3" in page) == (True, True)


def test_what_an_order_misses_is_listed_with_where_it_is(session, client_for, order):
    frame = packages(session, order, "FRAME")[0]
    client = client_for("packer")
    for package in packages(session, order):
        if package.id != frame.id:
            fill(session, client, package)
    jamb = pieces_of(session, frame)[0]
    jamb.state, jamb.step_count = "CUT", 1
    session.commit()
    page = client.get(f"/mes/packing/orders/{order.id}/missing").text
    assert all(piece.code in page for piece in pieces_of(session, frame))
    assert "封边" in page
    fill_codes = [piece.code for piece in pieces_of(session, packages(session, order, "TRIM")[0])]
    assert not any(code in page for code in fill_codes)
    assert client.get("/mes/packing/orders/999/missing").status_code == 404
