"""A batch is done when everything of it is packed, also when the last two packages are closed at one moment."""

import threading

import pytest
from sqlalchemy import select

from core.audit.model import Entry
from core.work import run
from mes.packing import service as packing
from mes.planning import queries, service
from mes.planning.model import Batch
from mes.planning.rules import BatchStage, BatchState
from mes.planning.service import create_batch
from mes.scanning.rules import ScanKind
from tests.conftest import NOON
from tests.factories.factory import make_line, release_order
from tests.mes.changes.office import cancel, sets_of
from tests.mes.packing.bench import make_all, make_bench, packages, pieces_of


@pytest.fixture
def batch(session):
    """A batch of one order whose pieces are made."""
    order = release_order(session, make_line(set_count=2))
    made = create_batch(session, [order.id], by=None, at=NOON)
    service.mark_planned(session, made.id)
    make_all(session, order)
    made.order = order
    return made


def seal_all(session, boxes, bench=None):
    bench = bench or make_bench(session)
    for package in boxes:
        bench.fill(package)
        assert bench.block(ScanKind.PACK_SEAL, package.code) is None
    return bench


def state_of(session, batch):
    session.refresh(batch)
    return batch.state, queries.stage_of(session, batch.id)


def test_the_last_package_closes_the_batch(session, batch, client_for):
    *most, last = packages(session, batch.order)
    bench = seal_all(session, most)
    assert state_of(session, batch) == (BatchState.PLANNED, BatchStage.MADE)
    seal_all(session, [last], bench)
    assert state_of(session, batch) == (BatchState.DONE, BatchStage.DONE)
    other = create_batch(session, [release_order(session).id], by=None, at=NOON)
    assert queries.stage_counts(session) == {BatchStage.DONE: 1, BatchStage.OPEN: 1}
    session.commit()
    page = client_for("splitter", locale="en").get("/mes/planning/batches/?view=DONE").text
    assert (batch.number in page, other.number in page) == (True, False)
    assert (
        session.scalars(select(Entry.verb).where(Entry.subject == service.SUBJECT)).all().count("settle") == 1
    )


def test_what_is_taken_out_of_its_package_opens_the_batch_again(session, batch):
    boxes = packages(session, batch.order)
    bench = seal_all(session, boxes)
    box = boxes[-1]
    assert bench.block(ScanKind.PACK_REOPEN, box.code) is None
    assert state_of(session, batch)[0] is BatchState.DONE  # nothing is missing yet
    (piece, *_) = pieces_of(session, box)
    assert bench.block(ScanKind.PACK_REMOVE, piece.code, box.code) is None
    assert state_of(session, batch) == (BatchState.PLANNED, BatchStage.MADE)
    assert bench.add(box, piece) is None
    assert bench.block(ScanKind.PACK_SEAL, box.code) is None
    assert state_of(session, batch)[0] is BatchState.DONE


def test_cancelling_what_is_not_packed_closes_the_batch(session, batch):
    first, second = sets_of(session, batch.order)
    seal_all(session, [one for one in packages(session, batch.order) if one.set_id == first.id])
    assert state_of(session, batch)[0] is BatchState.PLANNED
    cancel(session, batch.order, second)
    assert state_of(session, batch)[0] is BatchState.DONE


def test_an_order_in_no_batch_is_packed_as_ever(session):
    order = release_order(session)
    make_all(session, order)
    seal_all(session, packages(session, order))
    assert session.scalars(select(Batch)).all() == []


def test_of_two_who_close_the_last_two_packages_at_once_one_closes_the_batch(database):
    with database.session as session:
        order = release_order(session)
        batch_id = create_batch(session, [order.id], by=None, at=NOON).id
        make_all(session, order)
        *most, one, other = packages(session, order)
        bench = seal_all(session, most)
        for package in (one, other):
            bench.fill(package)
        last = (one.id, other.id)
        by = bench.person.id
        session.commit()
    ready = threading.Barrier(2)

    def close(package_id):
        with database.app.app_context():
            ready.wait()
            run(packing.seal, package_id, by=by, at=NOON)

    threads = [threading.Thread(target=close, args=(key,)) for key in last]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.session as session:
        assert session.get(Batch, batch_id).state is BatchState.DONE
