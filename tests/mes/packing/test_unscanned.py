"""The log alone proves what is in a package."""

from mes.packing import queries
from mes.packing.model import Content
from mes.scanning.rules import ScanKind
from tests.conftest import NOON
from tests.factories.factory import release_order
from tests.mes.packing.bench import make_all, make_bench, packages, pieces_of


def test_what_lies_in_a_package_without_a_scan_is_named(session):
    order = release_order(session)
    make_all(session, order)
    bench, (frame,) = make_bench(session), packages(session, order, "FRAME")
    bench.fill(frame)
    first, second, third, _ = pieces_of(session, frame)
    assert queries.unscanned(session) == []
    assert bench.block(ScanKind.PACK_REMOVE, first.code, frame.code) is None
    assert bench.add(frame, first) is None
    assert queries.unscanned(session) == []
    assert bench.block(ScanKind.PACK_REMOVE, second.code, frame.code) is None
    content = session.query(Content).filter_by(piece_id=second.id).one()
    content.packed_at = NOON  # a hand in the table
    (leaf,) = packages(session, order, "LEAF")
    session.query(Content).filter_by(piece_id=third.id).one().package_id = leaf.id
    session.flush()
    assert queries.unscanned(session) == [
        f"{second.code}: in {frame.code} without a scan that put it there",
        f"{third.code}: in {leaf.code} without a scan that put it there",
    ]
