from decimal import Decimal

import pytest
from sqlalchemy import select

from core.codes import Letter, make
from erp.sales.rules.states import OrderState
from mes.packing import queries, service
from mes.packing.model import Content, Package
from mes.packing.rules import NothingToReprint, PackageState
from mes.scanning.model import Scan
from mes.scanning.rules import Outcome, ScanKind
from mes.splitting import service as splitting
from mes.splitting.rules import PieceState
from tests.conftest import NOON
from tests.factories.factory import make_line, release_order
from tests.factories.people import make_person
from tests.mes.packing.bench import make_all, make_bench, packages, piece, pieces_of

DOUBLE = make_line(door_code="M-DOUBLE", width_mm=Decimal("1500.0"))
ADD, OPEN, SEAL = ScanKind.PACK_ADD, ScanKind.PACK_OPEN, ScanKind.PACK_SEAL
REMOVE, REOPEN = ScanKind.PACK_REMOVE, ScanKind.PACK_REOPEN


@pytest.fixture
def bench(session):
    return make_bench(session)


@pytest.fixture
def order(session):
    """One double door and two equal single doors, all pieces made: 5 + 4 + 4 packages."""
    order = release_order(session, DOUBLE, make_line(set_count=2))
    make_all(session, order)
    return order


def test_a_release_plans_every_package_once_and_numbers_them_through(session, order):
    found = packages(session, order)
    assert [package.position for package in found] == list(range(1, 14))
    assert {package.total_count for package in found} == {13}
    kinds = "LEAF LEAF FRAME TRIM HARDWARE LEAF FRAME TRIM HARDWARE LEAF FRAME TRIM HARDWARE"
    assert [package.kind for package in found] == kinds.split()
    assert len({package.code for package in found}) == 13


def test_every_labelled_piece_belongs_into_exactly_one_package_of_its_set(session, order):
    rows = session.execute(
        select(Content.piece_id, Package.set_id).join(Package, Package.id == Content.package_id)
    ).all()
    assert len(rows) == order.piece_count == 37  # 13 of the double door, 12 of each single one
    assert all(session.get(Content, row).packed_at is None for row in session.scalars(select(Content.id)))
    codes = [p.rule_code for p in pieces_of(session, packages(session, order, "FRAME")[0])]
    assert codes == ["JAMB_L", "JAMB_R", "HEAD", "STOPS"]


def test_a_piece_scanned_in_is_packed_and_told_to_its_order(session, order, bench):
    frame = bench.open(packages(session, order, "FRAME")[0])
    jamb = pieces_of(session, frame)[0]
    said = bench.scan(ADD, jamb.code, frame.code)
    assert (said["outcome"], said["progress"]["done"], said["progress"]["total"]) == ("ACCEPT", 1, 4)
    assert said["progress"]["missing"][0] == {"zh": "右立板", "en": "right jamb"}
    assert (jamb.state, order.packed_count, frame.state) == (PieceState.PACKED, 1, PackageState.OPEN)
    row = session.scalars(select(Content).where(Content.piece_id == jamb.id)).one()
    assert (row.packed_at, row.packed_by_id) == (NOON, bench.person.id)


def test_a_full_package_is_sealed_and_told_to_its_order(session, order, bench):
    frame = bench.fill(packages(session, order, "FRAME")[0])
    assert bench.block(SEAL, frame.code) is None
    assert (frame.state, frame.sealed_at, frame.sealed_by_id) == (
        PackageState.SEALED,
        NOON,
        bench.person.id,
    )
    assert (order.sealed_count, order.packed_count, frame.label_count) == (1, 4, 1)


def test_an_order_with_every_package_sealed_is_ready(session, order, bench):
    for package in packages(session, order):
        bench.fill(package)
        assert bench.block(SEAL, package.code) is None
    assert (order.state, order.sealed_count, order.packed_count) == (OrderState.READY, 13, 37)
    assert queries.faults(session) == []


# ---- every refusal of the bench, by its number


def test_e01_a_package_with_a_part_missing_stays_open_and_names_it(session, order, bench):
    frame = bench.fill(packages(session, order, "FRAME")[0])
    head = pieces_of(session, frame)[2]
    assert bench.block(REMOVE, head.code, frame.code) is None
    said = bench.scan(SEAL, frame.code)
    assert (said["block_code"], said["progress"]["missing"]) == ("E01", [{"zh": "横板", "en": "head"}])
    assert (said["expected"]["facts"], said["got"]["facts"]) == ({"count": 4}, {"count": 3})
    assert (frame.state, order.sealed_count) == (PackageState.OPEN, 0)


def test_e02_a_piece_of_another_package_of_the_set_is_sent_there(session, order, bench):
    frame = bench.open(packages(session, order, "FRAME")[0])
    said = bench.scan(ADD, piece(session, order, "ARCH_OPEN_L").code, frame.code)
    assert (said["block_code"], said["todo"]["facts"]["package"]["zh"]) == ("E02", "线包 4/13")


def test_e03_a_piece_of_another_order_or_of_another_set_is_refused(session, order, bench):
    other = release_order(session, make_line(room="次卧"))
    make_all(session, other)
    frame = bench.open(packages(session, order, "FRAME")[1])
    said = bench.scan(ADD, piece(session, other, "JAMB_L").code, frame.code)
    assert (said["block_code"], said["got"]["facts"]["order"]) == ("E03", other.number)
    said = bench.scan(ADD, piece(session, order, "JAMB_L", 2).code, frame.code)
    assert (said["block_code"], said["got"]["facts"]["order"]) == ("E03", f"{order.number}-2-2")


def test_e05_the_mirror_of_the_expected_leaf_is_refused(session, order, bench):
    leaf = bench.open(packages(session, order, "LEAF")[0])
    said = bench.scan(ADD, piece(session, order, "LEAF_2").code, leaf.code)
    assert (said["block_code"], said["expected"]["facts"]["name"]["zh"]) == ("E05", "门扇 1")


def test_e06_a_piece_that_lies_in_another_package_is_not_packed_twice(session, order, bench):
    leaf, other = packages(session, order, "LEAF")[:2]
    bench.fill(other)
    bench.open(leaf)
    said = bench.scan(ADD, piece(session, order, "LEAF_2").code, leaf.code)
    assert (said["block_code"], said["got"]["facts"]["package"]["zh"]) == ("E06", "扇包 2 2/13")
    assert bench.block(REMOVE, piece(session, order, "LEAF_2").code, leaf.code) == "E06"


def test_e07_a_void_piece_is_not_packed(session, order, bench):
    frame = bench.open(packages(session, order, "FRAME")[0])
    jamb = pieces_of(session, frame)[0]
    jamb.state = PieceState.VOID
    assert bench.add(frame, jamb) == "E07"


def test_e20_a_code_with_a_wrong_check_character_is_unreadable(session, order, bench):
    frame = bench.open(packages(session, order, "FRAME")[0])
    code = pieces_of(session, frame)[0].code
    broken = code[:-1] + ("A" if code[-1] != "A" else "B")
    assert bench.block(ADD, broken, frame.code) == "E20"
    assert bench.block(OPEN, "？？") == "E20"


def test_e21_a_code_that_was_never_printed_is_unknown(session, order, bench):
    frame = bench.open(packages(session, order, "FRAME")[0])
    assert bench.block(ADD, make(Letter.PIECE, 999_999), frame.code) == "E21"
    assert bench.block(OPEN, make(Letter.PACKAGE, 999_999)) == "E21"
    assert bench.block(ADD, pieces_of(session, frame)[0].code, make(Letter.PACKAGE, 999_999)) == "E21"


def test_e22_a_package_is_no_piece_and_a_piece_is_no_package(session, order, bench):
    frame = bench.open(packages(session, order, "FRAME")[0])
    jamb = pieces_of(session, frame)[0]
    assert bench.block(ADD, frame.code, frame.code) == "E22"
    assert bench.block(OPEN, jamb.code) == "E22"
    assert bench.block(ADD, jamb.code) == "E22"  # into no package
    assert bench.block(SEAL, jamb.code) == "E22"


def test_e23_an_unfinished_piece_is_sent_to_its_next_operation(session, order, bench):
    frame = bench.open(packages(session, order, "FRAME")[0])
    jamb = pieces_of(session, frame)[0]
    jamb.state, jamb.step_count = PieceState.CUT, 1
    said = bench.scan(ADD, jamb.code, frame.code)
    assert (said["block_code"], said["todo"]["facts"]["operation"]["zh"]) == ("E23", "封边")


def test_e24_a_package_that_is_not_open_takes_nothing(session, order, bench):
    frame = packages(session, order, "FRAME")[0]
    jamb = pieces_of(session, frame)[0]
    assert bench.add(frame, jamb) == "E24"  # planned
    bench.fill(frame)
    assert bench.block(SEAL, frame.code) is None
    assert bench.add(frame, jamb) == "E24"  # sealed
    assert bench.block(REMOVE, jamb.code, frame.code) == "E24"
    assert bench.block(OPEN, frame.code) == "E24"
    assert bench.block(SEAL, frame.code) == "E24"
    assert bench.block(REOPEN, packages(session, order, "TRIM")[0].code) == "E24"


def test_e24_a_closed_order_is_not_packed(session, order, bench):
    frame = bench.open(packages(session, order, "FRAME")[0])
    order.state = OrderState.CLOSED
    session.flush()
    assert bench.add(frame, pieces_of(session, frame)[0]) == "E24"
    assert bench.block(OPEN, packages(session, order, "TRIM")[0].code) == "E24"


def test_e25_without_the_right_nothing_is_packed(session, order, bench):
    frame = bench.open(packages(session, order, "FRAME")[0])
    bench.permissions = frozenset({"mes.scanning.scan"})
    assert bench.add(frame, pieces_of(session, frame)[0]) == "E25"
    assert bench.block(OPEN, frame.code) == "E25"


def test_e26_a_torn_label_names_the_new_one(session, order, bench):
    frame = bench.open(packages(session, order, "FRAME")[0])
    service.count_labels(session, [frame.id], by=bench.person.id, at=NOON)
    session.expire_all()
    old = frame.code
    new = service.reprint_label(session, frame.id, by=bench.person.id, at=NOON)
    session.expire_all()
    assert (frame.code, frame.label_count) == (new, 2)
    said = bench.scan(OPEN, old)
    assert (said["block_code"], said["todo"]["facts"]["code"]) == ("E26", new)
    assert bench.block(ADD, pieces_of(session, frame)[0].code, old) == "E26"
    assert bench.add(frame, pieces_of(session, frame)[0]) is None


def test_e26_the_label_of_a_scrapped_piece_names_the_remake(session, order, bench):
    frame = bench.open(packages(session, order, "FRAME")[0])
    jamb = pieces_of(session, frame)[0]
    remake = splitting.replace(session, jamb.id, "scrapped", by=None, at=NOON)
    said = bench.scan(ADD, jamb.code, frame.code)
    assert (said["block_code"], said["todo"]["facts"]["code"]) == ("E26", remake.code)


def test_e28_a_piece_scanned_again_into_its_own_package_is_no_error(session, order, bench):
    frame = bench.open(packages(session, order, "FRAME")[0])
    jamb = pieces_of(session, frame)[0]
    assert [bench.add(frame, jamb), bench.add(frame, jamb)] == [None, "E28"]
    assert order.packed_count == 1


# ---- taking out, opening again, signing, remakes, labels


def test_a_piece_taken_out_is_made_again_and_can_be_packed_again(session, order, bench):
    frame = bench.open(packages(session, order, "FRAME")[0])
    jamb = pieces_of(session, frame)[0]
    assert bench.block(REMOVE, jamb.code, frame.code) == "E02"
    assert bench.add(frame, jamb) is None
    assert bench.block(REMOVE, jamb.code, frame.code) is None
    assert (jamb.state, order.packed_count) == (PieceState.MADE, 0)
    assert bench.add(frame, jamb) is None


def test_a_sealed_package_is_opened_again_and_no_longer_counts_as_sealed(session, order, bench):
    frame = bench.fill(packages(session, order, "FRAME")[0])
    bench.scan(SEAL, frame.code)
    assert bench.block(REOPEN, frame.code) is None
    assert (frame.state, frame.sealed_at, order.sealed_count) == (PackageState.OPEN, None, 0)
    assert bench.block(REOPEN, frame.code) == "E24"
    assert bench.block(SEAL, frame.code) is None


def test_a_signed_exception_seals_a_package_short_and_is_logged_as_one(session, order, bench):
    leader = make_person(session, roles=("leader",), name="李班长")
    frame = bench.open(packages(session, order, "FRAME")[0])
    assert bench.scan(SEAL, frame.code, signer=leader)["outcome"] == "OVERRIDE"
    logged = session.scalars(select(Scan).order_by(Scan.id.desc())).first()
    assert (logged.outcome, logged.override_by_id) == (Outcome.OVERRIDE, leader.id)
    assert frame.state == PackageState.SEALED


def test_a_signature_opens_no_closed_package_and_makes_no_override_of_a_full_one(session, order, bench):
    leader = make_person(session, roles=("leader",))
    full = bench.fill(packages(session, order, "FRAME")[0])
    assert bench.scan(SEAL, full.code, signer=leader)["outcome"] == "ACCEPT"
    assert bench.block(SEAL, full.code, signer=leader) == "E24"


def test_the_package_of_a_scrapped_piece_waits_for_the_new_one(session, order, bench):
    frame = bench.open(packages(session, order, "FRAME")[0])
    jamb, *others = pieces_of(session, frame)
    for other in others:
        assert bench.add(frame, other) is None
    remake = splitting.replace(session, jamb.id, "scrapped", by=None, at=NOON)
    assert bench.block(SEAL, frame.code) == "E01"
    assert bench.add(frame, remake) == "E23"
    remake.state, remake.step_count = PieceState.MADE, len(remake.route)
    assert bench.add(frame, remake) is None
    assert bench.block(SEAL, frame.code) is None
    assert queries.packages(session, package_id=frame.id)[0].is_remake


def test_a_missing_piece_is_shown_with_where_it_is(session, order, bench):
    frame = bench.open(packages(session, order, "FRAME")[0])
    jamb = pieces_of(session, frame)[0]
    jamb.state, jamb.step_count = PieceState.CUT, 1
    session.flush()
    first, *rest = queries.missing(session, frame.id)
    assert (first.item.name.zh, first.next_operation.zh, first.code) == ("左立板", "封边", jamb.code)
    assert [row.next_operation for row in rest] == [None, None, None]


def test_a_label_that_was_never_printed_is_not_replaced(session, order):
    frame = packages(session, order, "FRAME")[0]
    with pytest.raises(NothingToReprint) as refusal:
        service.reprint_label(session, frame.id, by=None, at=NOON)
    assert refusal.value.facts == {"number": f"{order.number} 3/13", "state": PackageState.PLANNED}


def test_a_package_moves_on_only_from_where_it_is_expected(session, order, bench):
    frame = bench.fill(packages(session, order, "FRAME")[0])
    sealed = (PackageState.SEALED,)
    assert service.move_on(session, [frame.id], sealed, PackageState.IN_STORE) == 0
    bench.scan(SEAL, frame.code)
    assert service.move_on(session, [frame.id], sealed, PackageState.IN_STORE) == 1
    session.expire_all()
    assert frame.state == PackageState.IN_STORE
    assert bench.block(REOPEN, frame.code) is None


def test_what_was_packed_proves_a_label(session, order, bench):
    frame = bench.open(packages(session, order, "FRAME")[0])
    jamb, head = pieces_of(session, frame)[0], pieces_of(session, frame)[2]
    bench.add(frame, jamb)
    assert queries.content_codes(session, frame.id) == {jamb.code}
    assert head.code not in queries.content_codes(session, frame.id)


def test_a_count_that_was_tampered_with_is_found(session, order, bench):
    assert queries.faults(session) == []
    frame = bench.fill(packages(session, order, "FRAME")[0])
    pieces_of(session, frame)[0].state = PieceState.MADE
    order.sealed_count, order.package_count = 2, 12
    session.flush()
    assert len(queries.faults(session)) == 3


def test_a_refused_scan_changes_nothing_but_the_log(session, order, bench):
    frame = bench.open(packages(session, order, "FRAME")[0])
    before = session.scalar(select(Scan.id).order_by(Scan.id.desc()).limit(1))
    assert bench.add(frame, piece(session, order, "ARCH_OPEN_L")) == "E02"
    assert (order.packed_count, session.scalars(select(Scan).where(Scan.id > before)).one().block_code) == (
        0,
        "E02",
    )
