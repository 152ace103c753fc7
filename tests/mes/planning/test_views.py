from sqlalchemy import select

from mes.planning import queries, service
from mes.planning.model import Batch, BatchOrder
from mes.planning.rules import BatchStage
from mes.planning.service import create_batch
from mes.splitting.model import Piece
from mes.splitting.rules import CutMethod, PieceState
from tests.conftest import NOON
from tests.factories.factory import make_order, release_order


def test_a_splitter_makes_a_batch_of_the_ticked_orders(client_for, session):
    first, second = release_order(session), release_order(session)
    client = client_for("splitter")
    offered = client.get("/mes/planning/batches/new").text
    assert first.number in offered
    answer = client.post(
        "/mes/planning/batches/",
        data={"lot": [f"{first.id}:1:WHITE", f"{second.id}:1:WHITE"], "note": "急"},
        follow_redirects=True,
    )
    batch = session.scalars(select(Batch)).one()
    assert answer.request.path == f"/mes/planning/batches/{batch.id}/"
    assert batch.number in answer.text
    assert batch.note == "急"
    assert session.scalars(select(BatchOrder.order_id).order_by(BatchOrder.order_id)).all() == [
        first.id,
        second.id,
    ]


def test_a_batch_without_orders_is_refused_and_nothing_is_kept(client_for, session):
    answer = client_for("splitter").post("/mes/planning/batches/", data={"note": "x"})
    assert answer.status_code == 422
    assert session.scalars(select(Batch)).all() == []


def test_an_order_number_that_is_none_is_a_bad_request(client_for):
    answer = client_for("splitter").post("/mes/planning/batches/", data={"lot": ["abc"]})
    assert answer.status_code == 400


def test_an_unreleased_order_is_refused(client_for, session):
    order = make_order(session)
    answer = client_for("splitter").post("/mes/planning/batches/", data={"lot": [f"{order.id}:1:WHITE"]})
    assert answer.status_code == 422
    assert order.number in answer.text


def test_a_keeper_sees_batches_and_makes_none(client_for, session):
    order = release_order(session)
    batch = create_batch(session, [order.id], by=None, at=NOON)
    client = client_for("keeper")
    assert batch.number in client.get("/mes/planning/batches/").text
    assert client.get(f"/mes/planning/batches/{batch.id}/").status_code == 200
    assert client.get("/mes/planning/batches/new").status_code == 403
    assert client.post("/mes/planning/batches/", data={"lot": [f"{order.id}:1:WHITE"]}).status_code == 403


def test_a_batch_stands_where_its_pieces_are(client_for, session):
    order, other = release_order(session), release_order(session)
    batch = create_batch(session, [order.id], by=None, at=NOON)
    waiting = create_batch(session, [other.id], by=None, at=NOON)
    service.mark_planned(session, batch.id)
    sawn = select(Piece).where(Piece.order_id == order.id, Piece.cut_method != CutMethod.NONE)
    first, *rest = session.scalars(sawn).all()
    told = [queries.stage_of(session, batch.id)]
    first.state = PieceState.CUT
    told.append(stage(session, batch))
    for piece in rest:
        piece.state = PieceState.CUT
    told.append(stage(session, batch))
    for piece in session.scalars(select(Piece).where(Piece.order_id == order.id, Piece.is_tracked)):
        piece.state = PieceState.MADE
    told.append(stage(session, batch))
    assert told == [BatchStage.PLANNED, BatchStage.CUTTING, BatchStage.CUT, BatchStage.MADE]
    assert queries.stage_counts(session) == {BatchStage.MADE: 1, BatchStage.OPEN: 1}
    page = client_for("splitter").get("/mes/planning/batches/?view=MADE&sort=state").text
    assert (batch.number in page, waiting.number in page) == (True, False)


def stage(session, batch):
    session.flush()
    return queries.stage_of(session, batch.id)


def test_a_packer_has_no_business_with_batches(client_for):
    assert client_for("packer").get("/mes/planning/batches/").status_code == 403


def test_the_list_is_narrowed_by_order_number_and_exported(client_for, session):
    batches = []
    for _ in range(2):
        order = release_order(session)
        batches.append((order, create_batch(session, [order.id], by=None, at=NOON)))
    client = client_for("splitter", locale="en")
    found = client.get(f"/mes/planning/batches/?q={batches[0][0].number}").text
    assert batches[0][1].number in found
    assert batches[1][1].number not in found
    assert client.get("/mes/planning/batches/export.xlsx").data.startswith(b"PK")
    assert "No batch fits this search." in client.get("/mes/planning/batches/?q=nothing").text


def test_a_batch_that_does_not_exist_is_404(client_for):
    assert client_for("splitter").get("/mes/planning/batches/99999/").status_code == 404


def test_the_code_of_a_batch_leads_to_its_page(client_for, session):
    batch = create_batch(session, [release_order(session).id], by=None, at=NOON)
    client = client_for("keeper")
    found = client.get(f"/api/v1/scans/resolve?code={batch.code}")
    assert (found.status_code, batch.number in found.text) == (200, True)
