"""The second look: drawn at random, by another person, who is not told what belongs in."""

import io
import re
from dataclasses import replace

import pytest
from PIL import Image
from sqlalchemy import func, select

from core.auth.model import Person
from core.i18n import Named
from mes.packing import queries
from mes.packing.model import Draw, Recheck, RecheckItem
from mes.packing.queries import rechecks as reads
from mes.packing.rules import PackageState, RecheckState
from mes.packing.rules.rechecks import (
    Found,
    Home,
    Inside,
    NothingToDraw,
    RecheckOver,
    compare,
    draw,
    is_right,
)
from mes.packing.service import rechecks as service
from mes.scanning.rules import Block, ScanKind
from tests.conftest import NOON
from tests.factories.people import make_person
from tests.mes.packing.bench import PACKER, Bench, make_bench, packages, pieces_of
from tests.mes.packing.test_views import post
from tests.mes.shipping.dock import sealed_order

LOOK = ScanKind.RECHECK
JAMB_L = Inside("P1", "JAMB_L", "JAMB_R", Named("左立板"), 3, 1)
JAMB_R = Inside("P2", "JAMB_R", "JAMB_L", Named("右立板"), 3, 1)
HEAD = Inside("P3", "HEAD", None, Named("横板"), 3, 1)
OTHER = Inside("P4", "HEAD", None, Named("横板"), 4, 1)


HOME = Home(1, 3)


def blocks(packed, scanned, home=HOME):
    return [(one.block, one.code) for one in compare(home, packed, scanned)]


def test_what_lies_in_a_package_is_compared_as_a_set():
    seen = [(JAMB_L, None), (HEAD, None)]
    assert blocks([JAMB_L, HEAD], seen) == []
    assert blocks([JAMB_L, HEAD], seen[:1]) == [(Block.E01, "P3")]
    assert blocks([JAMB_L], seen) == [(Block.E02, "P3")]
    assert blocks([JAMB_L], [(JAMB_L, None), (OTHER, None)]) == [(Block.E03, "P4")]
    assert blocks([JAMB_L], [(JAMB_R, None)]) == [(Block.E01, "P1"), (Block.E05, "P2")]
    assert blocks([JAMB_L, HEAD], [(JAMB_L, Block.E04), (HEAD, Block.E14)]) == [
        (Block.E04, "P1"),
        (Block.E14, "P3"),
    ]


def test_what_sets_share_may_hold_pieces_of_any_set_of_its_order():
    shared = Home(1, None)
    assert blocks([JAMB_L, OTHER], [(JAMB_L, None), (OTHER, None)], shared) == []
    assert blocks([JAMB_L], [(JAMB_L, None), (OTHER, None)], shared) == [(Block.E02, "P4")]
    far = replace(OTHER, order_id=2)
    assert blocks([JAMB_L], [(JAMB_L, None), (far, None)], shared) == [(Block.E03, "P4")]
    twin = replace(JAMB_R, set_id=4)  # the mirror of another set's jamb is no mix-up of left and right
    assert blocks([JAMB_L], [(twin, None)], shared) == [(Block.E01, "P1"), (Block.E02, "P2")]


def test_a_damage_is_no_error_of_packing():
    assert is_right([Found(Block.E14, "P1", HEAD.name)])
    assert not is_right([Found(Block.E14, "P1", HEAD.name), Found(Block.E01, "P2", HEAD.name)])


def test_the_same_seed_draws_the_same_packages_and_another_one_others():
    first = draw(range(100), 10, "a")
    assert first == draw(reversed(range(100)), 10, "a")
    assert len(set(first)) == 10
    assert first != draw(range(100), 10, "b")
    assert draw(range(3), 10, "a") == [0, 1, 2]


def test_every_package_is_as_likely_as_the_others():
    """Of 10 packages 3 are drawn, 1,000 times: each comes 300 times, give or take five times 14.5 (binomial)."""
    times = [0] * 10
    for seed in range(1000):
        for one in draw(range(10), 3, str(seed)):
            times[one] += 1
    assert all(228 <= count <= 372 for count in times)


# ---- by scan


@pytest.fixture
def order(session):
    return sealed_order(session)


@pytest.fixture
def drawn(session, order):
    """Every package of the order is drawn."""
    return service.draw_packages(session, 10, "seed", by=make_bench(session).person.id, at=NOON)


@pytest.fixture
def looker(session):
    person = make_person(session, roles=("loader",), name="赵强")
    return Bench(session, person, PACKER | {"mes.packing.recheck"})


def look(looker, package, code, witness=None):
    return looker.scan(LOOK, code, package.code, witness)


def row_of(session, package):
    session.expire_all()
    return session.scalars(select(Recheck).where(Recheck.package_id == package.id)).one()


def test_a_draw_can_be_done_again_by_anybody(session, order, drawn):
    kept = session.get(Draw, drawn.id)
    chosen = session.scalars(select(Recheck.package_id).where(Recheck.draw_id == drawn.id)).all()
    assert sorted(chosen) == draw(kept.candidates, kept.drawn_count, kept.seed)
    with pytest.raises(NothingToDraw):
        service.draw_packages(session, 1, "x", by=1, at=NOON)


def test_a_right_package_is_found_right_and_stays_sealed(session, order, drawn, looker):
    frame = packages(session, order, "FRAME")[0]
    said = looker.scan(LOOK, frame.code)
    assert (said["outcome"], said["progress"]["total"], said["progress"]["missing"]) == ("ACCEPT", 0, [])
    for count, piece in enumerate(pieces_of(session, frame), start=1):
        said = look(looker, frame, piece.code)
        assert (said["outcome"], said["shown"]["count"], said["progress"]["total"]) == (
            "ACCEPT",
            count,
            count,
        )
        assert look(looker, frame, piece.code)["block_code"] == "E28"
    row = row_of(session, frame)
    assert service.finish(session, row.id, "", by=looker.person.id, at=NOON) == []
    row = row_of(session, frame)
    assert (row.state, row.is_right, row.checked_by_id) == (RecheckState.DONE, True, looker.person.id)
    assert frame.state is PackageState.SEALED


def test_the_look_does_not_tell_whether_a_piece_belongs_in(session, order, drawn, looker):
    frame, trim = packages(session, order, "FRAME")[0], packages(session, order, "TRIM")[0]
    looker.scan(LOOK, frame.code)
    right = look(looker, frame, pieces_of(session, frame)[0].code)
    wrong = look(looker, frame, pieces_of(session, trim)[0].code)
    assert (right["outcome"], right["say"]) == (wrong["outcome"], wrong["say"])


def test_a_wrong_package_is_found_wrong_and_opened_again(session, order, drawn, looker):
    frame, trim = packages(session, order, "FRAME")[0], packages(session, order, "TRIM")[0]
    looker.scan(LOOK, frame.code)
    for piece in pieces_of(session, frame)[1:]:
        look(looker, frame, piece.code)
    look(looker, frame, pieces_of(session, trim)[0].code)
    row = row_of(session, frame)
    found = service.finish(session, row.id, "", by=looker.person.id, at=NOON)
    assert [one.block for one in found] == [Block.E01, Block.E02]
    row = row_of(session, frame)
    assert (row.is_right, [error["block"] for error in row.errors]) == (False, ["E01", "E02"])
    assert (frame.state, order.sealed_count) == (PackageState.OPEN, 3)
    assert queries.faults(session) == []


def test_what_eyes_see_is_noted_with_the_piece(session, order, drawn, looker):
    leaf = packages(session, order, "LEAF")[0]
    (piece,) = pieces_of(session, leaf)
    looker.scan(LOOK, leaf.code)
    look(looker, leaf, piece.code)
    assert look(looker, leaf, piece.code, "E14")["outcome"] == "ACCEPT"
    row = row_of(session, leaf)
    found = service.finish(session, row.id, "角裂", by=looker.person.id, at=NOON)
    assert [one.block for one in found] == [Block.E14]
    assert (row_of(session, leaf).is_right, leaf.state) == (True, PackageState.DAMAGED)
    assert queries.damages(session, leaf.id)[0][0].note == "角裂"
    assert session.scalar(select(func.count(RecheckItem.id))) == 1


def test_who_packed_it_and_who_comes_second_do_not_look(session, order, drawn, looker):
    leaf = packages(session, order, "LEAF")[0]
    sealer = session.get(Person, leaf.sealed_by_id)
    packer = Bench(session, sealer, PACKER | {"mes.packing.recheck"})
    assert packer.block(LOOK, leaf.code) == "E25"
    assert looker.block(LOOK, leaf.code) is None
    second = Bench(session, make_person(session), PACKER | {"mes.packing.recheck"})
    assert second.block(LOOK, leaf.code) == "E25"
    with pytest.raises(RecheckOver):
        service.finish(session, row_of(session, leaf).id, "", by=second.person.id, at=NOON)


def test_a_package_that_was_not_drawn_or_moved_on_is_not_looked_into(session, order, looker):
    leaf = packages(session, order, "LEAF")[0]
    assert looker.block(LOOK, leaf.code) == "E22"
    service.draw_packages(session, 10, "seed", by=looker.person.id, at=NOON)
    packer = make_bench(session)
    packer.scan(ScanKind.PACK_REOPEN, leaf.code)
    assert looker.block(LOOK, leaf.code) == "E24"
    packer.scan(ScanKind.PACK_SEAL, leaf.code)
    leaf.state = PackageState.LOADED
    session.flush()
    with pytest.raises(NothingToDraw):
        service.draw_packages(session, 10, "seed", by=looker.person.id, at=NOON)
    session.expire_all()
    assert row_of(session, leaf).state is RecheckState.DROPPED


def test_a_package_sealed_anew_can_be_drawn_anew(session, order, drawn, looker):
    leaf = packages(session, order, "LEAF")[0]
    looker.scan(LOOK, leaf.code)
    service.finish(
        session, row_of(session, leaf).id, "", by=looker.person.id, at=NOON
    )  # nothing scanned: E01
    session.expire_all()
    assert leaf.state is PackageState.OPEN
    assert leaf.id not in reads.candidates(session)
    make_bench(session).scan(ScanKind.PACK_SEAL, leaf.code, at=NOON.replace(hour=5))
    assert leaf.id in reads.candidates(session)


# ---- pages


def test_a_look_from_the_draw_to_its_result_over_the_pages(client_for, session):
    order = sealed_order(session)
    session.commit()
    leader, loader = client_for("leader"), client_for("loader")
    assert "没有" in leader.get("/mes/packing/rechecks/").text
    assert leader.post("/mes/packing/rechecks/draw", data={"count": "0"}).status_code == 400
    assert leader.post("/mes/packing/rechecks/draw", data={"count": "4"}).status_code == 303
    assert loader.post("/mes/packing/rechecks/draw", data={"count": "4"}).status_code == 403
    frame = packages(session, order, "FRAME")[0]
    assert frame.code in loader.get("/mes/packing/rechecks/scan").text
    post(loader, "RECHECK", frame.code)
    for piece in pieces_of(session, frame)[1:]:
        assert post(loader, "RECHECK", piece.code, frame.code)["outcome"] == "ACCEPT"
    number = row_of(session, frame).id
    page = loader.get(f"/mes/packing/rechecks/{number}/").text
    assert "全部扫完" in page
    assert pieces_of(session, frame)[0].name not in page  # what is missing is not told before the end
    photo = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(photo, "PNG")
    photo.seek(0)
    sent = {"note": "少左立板", "photo": (photo, "a.png")}
    assert loader.post(f"/mes/packing/rechecks/{number}/finish", data=sent).status_code == 303
    page = leader.get(f"/mes/packing/rechecks/{number}/").text
    assert all(word in page for word in ("内容有误", "E01", "左立板", "少左立板", "/files/"))
    assert "E01" in leader.get("/mes/packing/rechecks/?view=done").text
    assert leader.get("/mes/packing/rechecks/export.xlsx?view=all").status_code == 200


def test_a_damage_is_told_on_its_page_and_no_text_passes_for_a_picture(client_for, session):
    order = sealed_order(session)
    leaf = packages(session, order, "LEAF")[0]
    session.commit()
    keeper = client_for("keeper")
    url = f"/mes/packing/packages/{leaf.id}/damage"
    assert "登记破损" in keeper.get(url).text
    assert keeper.post(url, data={"stage": "store", "note": "x"}).status_code == 400
    sent = {"stage": "store", "note": "角部撞伤", "photo": (io.BytesIO(b"<script>"), "a.jpg")}
    refused = keeper.post(url, data=sent)
    assert (refused.status_code, "角部撞伤" in refused.text) == (422, True)
    photo = io.BytesIO()
    Image.new("RGB", (4000, 3000), "blue").save(photo, "JPEG")
    photo.seek(0)
    sent = {"stage": "store", "note": "角部撞伤", "photo": (photo, "b.jpg")}
    assert keeper.post(url, data=sent).status_code == 303
    page = client_for("leader").get(f"/mes/packing/packages/{leaf.id}/")
    assert "角部撞伤" in page.text
    (address,) = re.findall(r'href="([^"]*files/\d+)"', page.text)
    kept = client_for("leader").get(address)
    assert kept.mimetype == "image/jpeg"
    assert max(Image.open(io.BytesIO(kept.data)).size) == 1600
    again = keeper.post(url, data={"stage": "dock", "note": "又一次"})
    assert again.status_code == 422
