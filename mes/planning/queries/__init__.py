"""Reads of planning."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.i18n import Named
from erp.parties.model import Party
from erp.sales.model import Line, Order
from mes.planning.model import Batch, BatchOrder
from mes.planning.queries import lots
from mes.planning.rules import BatchStage, BatchState
from mes.planning.rules.batching import ColourLot
from mes.splitting.model import DoorSet, Piece
from mes.splitting.rules import CutMethod, PieceState

SAWN = (PieceState.CUT, PieceState.MADE, PieceState.PACKED, PieceState.SHIPPED)
_pieces: Any = (
    select(Piece.id)
    .join(DoorSet, DoorSet.id == Piece.set_id)
    .join(Line, Line.id == DoorSet.line_id)
    .join(BatchOrder, lots.is_of_lot())
    .where(BatchOrder.batch_id == Batch.id)
    .correlate(Batch)
)
_cut_pieces = _pieces.where(Piece.cut_method != CutMethod.NONE)
_labelled = _pieces.where(Piece.is_tracked)
_is_begun = _cut_pieces.where(Piece.state.in_(SAWN)).exists()
_is_uncut = _cut_pieces.where(Piece.state == PieceState.PLANNED).exists()
_is_unmade = _labelled.where(Piece.state.in_((PieceState.PLANNED, PieceState.CUT))).exists()
_is_made = _labelled.where(Piece.state.in_(SAWN)).exists() & ~_is_unmade
PACKED = (PieceState.PACKED, PieceState.SHIPPED)
_to_pack = _labelled.where(Piece.package_kind.is_not(None))
is_done: Any = (  # nothing of a batch is left to be made or packed
    ~_is_unmade
    & _to_pack.where(Piece.state.in_(PACKED)).exists()
    & ~_to_pack.where(Piece.state == PieceState.MADE).exists()
)
stage_word: Any = case(  # the word of a BatchStage
    (Batch.state == BatchState.DONE, BatchStage.DONE.value),
    (_is_made, BatchStage.MADE.value),
    (_is_begun & ~_is_uncut, BatchStage.CUT.value),
    (_is_begun, BatchStage.CUTTING.value),
    (Batch.state == BatchState.OPEN, BatchStage.OPEN.value),
    else_=BatchStage.PLANNED.value,
)


@dataclass(frozen=True, slots=True)
class OrderShown:
    """One order as a list of planning shows it."""

    id: int
    number: str
    dealer: Named
    customer: str
    due_on: date | None
    set_count: int
    piece_count: int
    made_count: int


@dataclass(frozen=True, slots=True)
class BatchPage:
    """A batch with its orders."""

    batch: Batch
    stage: BatchStage
    orders: list[OrderShown]
    lots: list[ColourLot]

    @property
    def set_count(self) -> int:
        """How many door sets it is."""
        return sum(lot.set_count for lot in self.lots)

    @property
    def piece_count(self) -> int:
        """How many labelled pieces it is."""
        return sum(lot.piece_count for lot in self.lots)

    def lots_of(self, order_id: int) -> list[ColourLot]:
        """Return which colours of an order are made in it."""
        return [lot for lot in self.lots if lot.order_id == order_id]


def batch_page(session: Session, batch_id: int) -> BatchPage:
    """Return one batch. Raises NotFound."""
    batch = session.get(Batch, batch_id)
    if batch is None:
        raise NotFound
    stage = stage_of(session, batch_id)
    rows = _orders().where(Order.id.in_(order_ids(session, batch_id))).order_by(Order.id)
    return BatchPage(batch, stage, _shown(session, rows), lots.lots_of(session, batch_id))


def stage_of(session: Session, batch_id: int) -> BatchStage:
    """Return how far one batch has come."""
    return BatchStage(session.scalars(select(stage_word).where(Batch.id == batch_id)).one())


def batch_of_set(session: Session, set_id: int) -> int | None:
    """Return the id of the batch that a set is made in."""
    batched = lots.batched_sets().subquery()
    return session.scalar(select(batched.c.batch_id).where(batched.c.set_id == set_id))


def batches_of_sets(session: Session, set_ids: Collection[int]) -> Sequence[int]:
    """Return the ids of the batches that some sets are made in, in the order in which they are locked."""
    batched = lots.batched_sets().subquery()
    found = select(batched.c.batch_id).where(batched.c.set_id.in_(set_ids)).distinct()
    return session.scalars(found.order_by(batched.c.batch_id)).all()


def batch_rows(text: str, stage: BatchStage | None) -> Select[*tuple[Any, ...]]:
    """Return batches with how many orders and door sets each has, and the word of its stage."""
    sets = lots.batched_sets().subquery()
    set_count = select(func.count()).select_from(sets).where(sets.c.batch_id == Batch.id)
    order_count = select(func.count(BatchOrder.order_id.distinct())).where(BatchOrder.batch_id == Batch.id)
    rows = select(
        Batch,
        order_count.correlate(Batch).scalar_subquery().label("orders"),
        set_count.correlate(Batch).scalar_subquery().label("sets"),
        stage_word.label("stage"),
    )  # counted for the rows of a page alone
    if stage is not None:
        rows = rows.where(stage_word == stage.value)
    if text:
        of_order = select(BatchOrder.batch_id).join(Order, Order.id == BatchOrder.order_id)
        named = of_order.where(Order.number.icontains(text, autoescape=True))
        rows = rows.where(Batch.number.icontains(text, autoescape=True) | Batch.id.in_(named))
    return rows


def stage_counts(session: Session) -> dict[BatchStage, int]:
    """Return how many batches stand where."""
    stages = select(stage_word.label("stage")).subquery()
    rows = session.execute(select(stages.c.stage, func.count()).group_by(stages.c.stage))
    return {BatchStage(word): count for word, count in rows}


def batches_of_order(session: Session, order_id: int) -> Sequence[Batch]:
    """Return the batches that an order's colours are made in, the oldest first."""
    of_order = select(BatchOrder.batch_id).where(BatchOrder.order_id == order_id)
    return session.scalars(select(Batch).where(Batch.id.in_(of_order)).order_by(Batch.id)).all()


def order_ids(session: Session, batch_id: int) -> Sequence[int]:
    """Return the ids of a batch's orders."""
    wanted = select(BatchOrder.order_id).where(BatchOrder.batch_id == batch_id).distinct()
    return session.scalars(wanted.order_by(BatchOrder.order_id)).all()


def find(session: Session, text: str, limit: int = 10) -> Sequence[Batch]:
    """Return the batches with this code, or whose number begins with this text."""
    named = Batch.number.startswith(text, autoescape=True)
    wanted = select(Batch).where((Batch.code == text) | named)
    return session.scalars(wanted.order_by(Batch.id.desc()).limit(limit)).all()


def _orders() -> Select[Order, Party]:
    return select(Order, Party).join(Party, Party.id == Order.dealer_id)


def _shown(session: Session, rows: Select[Order, Party]) -> list[OrderShown]:
    return [
        OrderShown(
            id=order.id,
            number=order.number,
            dealer=Named(dealer.name, dealer.name_en),
            customer=order.customer,
            due_on=order.due_on,
            set_count=order.set_count,
            piece_count=order.piece_count,
            made_count=order.made_count,
        )
        for order, dealer in session.execute(rows)
    ]
