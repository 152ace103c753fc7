"""Reads of planning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.i18n import Named
from erp.parties.model import Party
from erp.sales.model import Order
from mes.planning.model import Batch, BatchOrder
from mes.planning.queries import lots
from mes.planning.rules import BatchState
from mes.planning.rules.batching import ColourLot


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
    rows = _orders().where(Order.id.in_(order_ids(session, batch_id))).order_by(Order.id)
    return BatchPage(batch, _shown(session, rows), lots.lots_of(session, batch_id))


def batch_rows(text: str, state: BatchState | None) -> Select[*tuple[Any, ...]]:
    """Return batches with how many orders and door sets each has."""
    sets = lots.batched_sets().subquery()
    set_count = select(func.count()).select_from(sets).where(sets.c.batch_id == Batch.id)
    order_count = select(func.count(BatchOrder.order_id.distinct())).where(BatchOrder.batch_id == Batch.id)
    rows = select(
        Batch,
        order_count.correlate(Batch).scalar_subquery().label("orders"),
        set_count.correlate(Batch).scalar_subquery().label("sets"),
    )  # counted for the rows of a page alone
    if state is not None:
        rows = rows.where(Batch.state == state)
    if text:
        of_order = select(BatchOrder.batch_id).join(Order, Order.id == BatchOrder.order_id)
        named = of_order.where(Order.number.icontains(text, autoescape=True))
        rows = rows.where(Batch.number.icontains(text, autoescape=True) | Batch.id.in_(named))
    return rows


def state_counts(session: Session) -> dict[BatchState, int]:
    """Return how many batches stand where."""
    return dict(session.execute(select(Batch.state, func.count()).group_by(Batch.state)).all())


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
