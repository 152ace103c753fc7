"""A batch whose boards were issued and cut, whose packages were packed and shipped: what tracing looks at."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from core.codes import Letter
from core.numbers.service import next_codes
from erp.materials.model import Article
from erp.stock import service as stock
from mes.cutting.model import CutLayout, CutPlan, Placement
from mes.cutting.rules import PlanState
from mes.planning.model import BatchOrder
from mes.production.model import WorkReport
from mes.scanning.rules import ScanKind, StationKind
from mes.splitting.model import Piece
from tests.conftest import NOON
from tests.factories.factory import station
from tests.factories.people import make_person
from tests.factories.stock import make_lot, make_place, make_supplier
from tests.mes.packing.bench import packages
from tests.mes.shipping.dock import make_dock, make_load, sealed_order
from tests.mes.warehouse.keeper import make_batch

D = Decimal


class World:
    """What a test asks about."""


def make_world(session, *, dealer="D001", is_shipped=True):
    """One order: a lot issued to its batch, one board cut into its first tracked piece, all packages loaded."""
    made = World()
    made.order = sealed_order(session, dealer=dealer)
    made.piece = session.scalars(
        select(Piece)
        .where(Piece.order_id == made.order.id, Piece.is_tracked, Piece.material_id.is_not(None))
        .order_by(Piece.id)
    ).first()
    made.article = session.scalars(
        select(Article).where(Article.material_id == made.piece.material_id).order_by(Article.id)
    ).first()
    made.batch = make_batch(session, {made.piece.material_id: D(5)})
    session.add(BatchOrder(batch_id=made.batch.id, order_id=made.order.id, colour_code="WHITE"))
    made.shelf = make_place(session)
    supplier = make_supplier(session)
    made.lot = make_lot(session, made.article, made.shelf, "20", supplier_id=supplier.id, reference="DN-4711")
    issue(session, made, made.lot, 3)
    made.layout = make_layout(session, made)
    worker = make_person(session, roles=("operator",), name="刘敏")
    session.add(
        WorkReport(
            piece_id=made.piece.id,
            operation_code="EDGE",
            person_id=worker.id,
            station_id=station(session, StationKind.FLOOR).id,
            done_at=NOON,
        )
    )
    if is_shipped:
        ship(session, made)
    session.flush()
    return made


def issue(session, made, lot, count):
    stock.issue(
        session, lot.id, made.shelf.id, D(count), subject="mes.planning.batch", subject_id=made.batch.id,
        by=None, at=NOON,
    )  # fmt: skip


def make_layout(session, made, lot=None):
    """A board of a plan of the batch, cut at noon, on it the piece; `lot`: the offcut that it was."""
    plan = CutPlan(
        number=f"{made.batch.number}-1", batch_id=made.batch.id, material_id=made.piece.material_id,
        state=PlanState.READY, instance={}, piece_count=1, created_at=NOON,
    )  # fmt: skip
    session.add(plan)
    session.flush()
    (code,) = next_codes(session, Letter.SHEET, 1)
    layout = CutLayout(
        code=code, plan_id=plan.id, position=1, pattern=0, article_id=made.article.id,
        lot_id=lot and lot.id, cut_at=NOON - timedelta(hours=2),
    )  # fmt: skip
    session.add(layout)
    session.flush()
    session.add(
        Placement(
            layout_id=layout.id, piece_id=made.piece.id, position=1, x_mm=D(10), y_mm=D(10),
            length_mm=D(900), width_mm=D(400), is_turned=False,
        )
    )  # fmt: skip
    return layout


def ship(session, made):
    dock = make_dock(session)
    made.load = make_load(session, made.order)
    for package in packages(session, made.order):
        assert dock.load(made.load, package) is None
    assert dock.scan(ScanKind.SHIP_CLOSE, made.load.code)["outcome"] == "ACCEPT"
