"""What a station holds to go on without the network: for whom, when it is sent again, and in whose words."""

import re
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from core.codes import read
from erp.catalogue.rules.document import KitCheck
from erp.materials.model import Article
from mes.counting import api as counting
from mes.packing import api as packing
from mes.packing import queries as judging
from mes.packing.rules import PackageState
from mes.scanning.rules import DOOR_WORDS, ScanKind
from mes.shipping import api as shipping
from mes.warehouse import api as warehouse
from tests.factories.factory import release_order
from tests.factories.stock import make_lot, make_place
from tests.mes.packing.bench import make_all, make_bench, packages, pieces_of
from tests.mes.shipping.dock import make_load

JUDGES = Path(__file__).resolve().parents[3] / "static" / "js" / "lib" / "judge"
STRING = re.compile(r'"([^"\n]*)"')
ROLES = {
    "/api/v1/packing/jobs": "packer",
    "/api/v1/shipping/jobs": "loader",
    "/api/v1/warehouse/jobs": "keeper",
    "/api/v1/counting/jobs": "keeper",
}


@pytest.fixture
def order(session):
    made = release_order(session)
    make_all(session, made)
    session.commit()
    return made


@pytest.mark.parametrize(("url", "role"), ROLES.items())
def test_jobs_are_for_those_who_do_them(client_for, order, url, role):
    assert client_for(role).get(url).status_code == 200
    assert client_for("operator").get(url).status_code == 403


@pytest.mark.parametrize(("url", "role"), ROLES.items())
def test_jobs_are_sent_again_only_when_they_changed(client_for, session, order, url, role):
    client = client_for(role)
    first = client.get(url)
    etag = {"If-None-Match": first.headers["ETag"]}
    assert client.get(url, headers=etag).status_code == 304
    bench = make_bench(session)
    for box in packages(session, order):
        bench.fill(box)
        assert bench.block(ScanKind.PACK_SEAL, box.code) is None
    make_load(session, order)
    session.commit()
    assert client.get(url, headers=etag).status_code == 200


def test_the_bench_holds_every_piece_of_its_packages(client_for, session, order):
    held = client_for("packer").get("/api/v1/packing/jobs").json
    assert [box["code"] for box in held["packages"]] == [box.code for box in packages(session, order)]
    for box, told in zip(packages(session, order), held["packages"], strict=True):
        assert [piece[0] for piece in told["pieces"]] == [piece.code for piece in pieces_of(session, box)]
        assert all(read(piece[0]) == piece[0] for piece in told["pieces"])
    assert {piece[5] for box in held["packages"] for piece in box["pieces"]} == {"MADE"}


def test_the_bench_holds_what_is_compared_before_sealing(client_for, session, order):
    frame, kit = packages(session, order, "FRAME")[0], packages(session, order, "HARDWARE")[0]
    kit.kit_check = KitCheck.COUNT
    need, *_ = judging.kit(session, kit.id)
    article = session.scalars(select(Article).where(Article.material_id == need.material_id)).first()
    lot = make_lot(session, article, make_place(session), "50")
    session.commit()
    held = client_for("packer", locale="en").get("/api/v1/packing/jobs").json
    told = {box["code"]: box for box in held["packages"]}
    assert told[frame.code]["look"] == ["IN_L WHITE", ["in, left", "warm white"]]
    assert told[frame.code]["kit"] is None
    assert told[kit.code]["kit"]["check"] == "count"
    assert [need.material_id, need.name.en, need.needed_count, 0] in told[kit.code]["kit"]["needs"]
    assert [lot.code, need.material_id, need.name.en] in held["lots"]


def test_the_bench_holds_a_package_in_hand_before_all_others(client_for, session, order, monkeypatch):
    later = release_order(session)
    packages(session, later)[0].state = PackageState.OPEN
    session.commit()
    monkeypatch.setattr(sys.modules["mes.packing.queries.jobs"], "HELD_AT_MOST", 1)  # room for one order
    held = client_for("packer").get("/api/v1/packing/jobs").json["packages"]
    assert {box["order"] for box in held} == {later.number}


def test_the_dock_holds_its_loads_in_the_order_of_the_stops(client_for, session, order):
    bench = make_bench(session)
    for box in packages(session, order):
        bench.fill(box)
        bench.block(ScanKind.PACK_SEAL, box.code)
    load = make_load(session, order)
    session.commit()
    (held,) = client_for("loader").get("/api/v1/shipping/jobs").json["loads"]
    assert (held["code"], held["state"]) == (load.code, "PLANNED")
    codes = [one["code"] for stop in held["stops"] for one in stop["packages"]]
    assert codes == [box.code for box in packages(session, order)]


def test_the_handheld_holds_where_a_package_goes_and_what_proves_its_label(client_for, session, order):
    bench = make_bench(session)
    box = packages(session, order, "FRAME")[0]
    bench.fill(box)
    bench.block(ScanKind.PACK_SEAL, box.code)
    session.commit()
    keeper = client_for("keeper")
    (held,) = keeper.get("/api/v1/warehouse/jobs").json["packages"]
    looked = keeper.get(f"/api/v1/warehouse/packages?code={box.code}").json["shown"]
    assert {name: held[name] for name in ("name", "size", "code", "dealer", "place", "why")} == {
        name: looked[name] for name in ("name", "size", "code", "dealer", "place", "why")
    }
    assert held["pieces"] == [piece.code for piece in pieces_of(session, box)]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("pack.js", packing.WORDS),
        ("load.js", shipping.WORDS),
        ("store.js", warehouse.WORDS),
        ("count.js", counting.WORDS),
        ("door.js", ()),
    ],
)
def test_a_device_says_nothing_that_the_server_would_not_say(file, words):
    code = re.sub(r"^import .*$|^ ?/?\*.*$|//.*$", "", (JUDGES / file).read_text(), flags=re.M)
    said = {text for text in STRING.findall(code) if " " in text}
    assert said
    assert said <= {*words, *DOOR_WORDS}


def test_the_worker_keeps_all_that_the_pages_are_made_of(app):
    client = app.test_client()
    kept = client.get("/worker.js")
    assert (kept.mimetype, kept.headers["Cache-Control"]) == ("text/javascript", "no-cache")
    addresses = re.findall(r'"(/(?:static|vendor)/[^"]+)"', kept.text)
    assert any("/js/lib/judge/pack.js?v=" in one for one in addresses)
    for one in addresses:
        with client.get(one) as answer:
            assert answer.status_code == 200, one
    pages = ("/mes/packing/bench", "/mes/warehouse/put-away", "/mes/shipping/dock", "/mes/counting/scan")
    for page in (*pages, "/offline"):
        assert f'"{page}"' in kept.text
    manifest = client.get("/manifest.webmanifest").json
    with client.get(manifest["icons"][0]["src"]) as answer:
        assert answer.status_code == 200
