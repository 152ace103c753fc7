"""What can go wrong at bench, store and dock is refused under its own number; what is right is never refused."""

import random
from collections import Counter
from decimal import Decimal

import pytest
from flask_babel import force_locale
from sqlalchemy import func, select

from erp.catalogue.rules.document import DimBasis
from mes.packing.model import Content, Package
from mes.scanning import service as scanning
from mes.scanning.api import answer_of
from mes.scanning.model import Scan
from mes.scanning.rules import Outcome, ScanKind, Who
from mes.shipping import service as shipping
from mes.splitting.model import Piece
from tests.conftest import NOON
from tests.factories.factory import make_line, release_order
from tests.factories.scanner import scan_request
from tests.mes.packing.bench import make_all, make_bench
from tests.mes.shipping.dock import make_dock, make_load
from tests.scenarios.errors import ERRORS, make_plant

CLASSES = {f"E{n:02d}" for n in (*range(1, 14), 15, *range(20, 31))}
SEEDED, AT_LEAST, CLEAN = 100, 99, 1000
ROOMS = ("主卧", "次卧")  # as people typed them
TRUCK, LOADED = 25, 200  # packages on one load, and of the clean ones on any


@pytest.fixture
def plant(session):
    return make_plant(session)


def provoked(plant, key):
    """Provoke one error, and take back whatever was done for it; return the answer."""
    with plant.session.begin_nested() as undone:
        said = ERRORS[key](plant)
        undone.rollback()
    plant.session.expire_all()
    return said


def test_every_class_that_a_scan_can_catch_is_provoked():
    assert {block for block, _ in ERRORS} == CLASSES


def test_each_error_is_refused_at_each_step_with_a_whole_message_in_both_languages(app, plant):
    faults = []
    for (block, step), _ in sorted(ERRORS.items()):
        said = provoked(plant, (block, step))
        if said["block_code"] != block:
            faults.append((block, step, said["block_code"]))
            continue
        for locale, is_chinese in (("zh_Hans_CN", True), ("en", False)):
            with app.test_request_context(), force_locale(locale):
                answer = answer_of("x" * 8, said, replayed=False)
            parts = (answer.block_name, answer.expected, answer.got, answer.todo)
            todo = "".join(answer.todo.split(room)[0] for room in ROOMS if room in answer.todo) or answer.todo
            is_mixed = any("一" <= one <= "鿿" for one in todo) != is_chinese
            if not all(parts) or "%(" in answer.message or is_mixed:
                faults.append((block, step, locale, answer.message))
    assert faults == []


def test_of_a_hundred_seeded_errors_at_least_99_are_refused_under_the_right_number(plant):
    plant.chance = random.Random(6250)  # noqa: S311  (a test that can be repeated)
    by_class = {block: [key for key in ERRORS if key[0] == block] for block in sorted(CLASSES)}
    order = [block for block in by_class for _ in range(4)]
    plant.chance.shuffle(order)
    drawn = [plant.chance.choice(by_class[block]) for block in order[:SEEDED]]
    found = Counter(provoked(plant, key)["block_code"] == key[0] for key in drawn)
    assert sum(found.values()) == SEEDED
    assert found[True] >= AT_LEAST


def test_a_thousand_clean_packages_are_packed_and_loaded_without_a_false_refusal(session):
    size = {"width_mm": Decimal("800.0"), "height_mm": Decimal("2000.0"), "dim_basis": DimBasis.LEAF}
    leaves = make_line(door_code="M-LEAF", set_count=CLEAN // 2, **size)  # one package each, the doors four
    order = release_order(session, make_line(set_count=CLEAN // 8), leaves)
    make_all(session, order)
    rows = session.execute(
        select(Package.id, Package.code, Piece.code)
        .join(Content, Content.package_id == Package.id)
        .join(Piece, Piece.id == Content.piece_id)
        .where(Package.order_id == order.id)
        .order_by(Package.position, Content.id)
    ).all()
    boxes: dict[tuple[int, str], list[str]] = {}
    for package_id, code, piece in rows:
        boxes.setdefault((package_id, code), []).append(piece)
    assert len(boxes) == CLEAN
    packer, loader = make_bench(session), make_dock(session)

    def scan(person, kind, code, context=None):
        who = Who(person.person.id, person.person.name, person.permissions)
        request = scan_request(kind, code, context, who=who)
        scanning.take(session, request, request.scan_id)

    for (_, code), pieces in boxes.items():
        scan(packer, ScanKind.PACK_OPEN, code)
        for piece in pieces:
            scan(packer, ScanKind.PACK_ADD, piece, code)
        scan(packer, ScanKind.PACK_SEAL, code)
    keys = list(boxes)
    for start in range(0, LOADED, TRUCK):
        load = make_load(session, by=packer.person.id)
        some = keys[start : start + TRUCK]
        shipping.add_packages(session, load.id, [key for key, _ in some], by=packer.person.id, at=NOON)
        for _, code in some:
            scan(loader, ScanKind.LOAD, code, load.code)
    refused = session.scalars(select(Scan.block_code).where(Scan.outcome != Outcome.ACCEPT)).all()
    assert refused == []
    assert session.scalars(select(func.count(Scan.id))).one() == 2 * CLEAN + LOADED + len(rows)
