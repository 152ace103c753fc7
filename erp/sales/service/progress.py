"""What the floor tells of an order: released, made, packed, sealed, shipped; each is one UPDATE."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, literal, update
from sqlalchemy.orm import Session

from core.audit.service import record
from core.errors import NotFound
from core.states import StepRefused
from erp.sales.model import Order
from erp.sales.rules.orders import ReleasedCounts
from erp.sales.rules.states import OrderState, Verb
from erp.sales.service.orders import SUBJECT

ON_THE_FLOOR = (OrderState.RELEASED, OrderState.IN_PRODUCTION, OrderState.READY, OrderState.SHIPPED)


def mark_released(
    session: Session, order_id: int, *, counts: ReleasedCounts, by: int | None, at: datetime
) -> None:
    """Take a confirmed order as released, with what it consists of; of two callers one wins.

    Raises NotFound, StepRefused.
    """
    won = session.execute(
        update(Order)
        .where(Order.id == order_id, Order.state == OrderState.CONFIRMED)
        .values(
            state=OrderState.RELEASED,
            released_at=at,
            set_count=counts.set_count,
            piece_count=counts.piece_count,
            package_count=counts.package_count,
            version=Order.version + 1,
        )
        .execution_options(synchronize_session="fetch")
    )
    if not won.rowcount:  # type: ignore[attr-defined]
        order = session.get(Order, order_id, populate_existing=True)
        if order is None:
            raise NotFound
        raise StepRefused(number=order.number, state=order.state, wanted=OrderState.RELEASED)
    changes = {"state": [OrderState.CONFIRMED.value, OrderState.RELEASED.value]}
    record(
        session, subject=SUBJECT, subject_id=order_id, verb=Verb.RELEASE.value, by=by, at=at, changes=changes
    )


def record_progress(
    session: Session,
    order_id: int,
    *,
    made: int = 0,
    packed: int = 0,
    sealed: int = 0,
    shipped: int = 0,
    pieces: int = 0,
    packages: int = 0,
    at: datetime | None = None,
) -> None:
    """Add to an order's counts and move its state with them; a call without counts says "work has begun".

    RELEASED becomes IN_PRODUCTION with the first call, READY when every package is sealed, SHIPPED when every
    package is shipped, and back where a count falls. `at` is kept as the moment of shipping.
    """
    sealed_count, shipped_count = Order.sealed_count + sealed, Order.shipped_count + shipped
    package_count = Order.package_count + packages
    session.execute(
        update(Order)
        .where(Order.id == order_id, Order.state.in_(ON_THE_FLOOR))
        .values(
            made_count=Order.made_count + made,
            packed_count=Order.packed_count + packed,
            sealed_count=sealed_count,
            shipped_count=shipped_count,
            piece_count=Order.piece_count + pieces,
            package_count=package_count,
            state=_state(package_count, sealed_count, shipped_count),
            shipped_at=_shipped_at(package_count, shipped_count, at),
        )
        .execution_options(synchronize_session=False)
    )


def _state(
    packages: ColumnElement[int], sealed: ColumnElement[int], shipped: ColumnElement[int]
) -> ColumnElement[OrderState]:
    kind = Order.state.type
    return case(
        (and_(packages > 0, shipped >= packages), literal(OrderState.SHIPPED, kind)),
        (and_(packages > 0, sealed >= packages), literal(OrderState.READY, kind)),
        else_=literal(OrderState.IN_PRODUCTION, kind),
    )


def _shipped_at(
    packages: ColumnElement[int], shipped: ColumnElement[int], at: datetime | None
) -> ColumnElement[datetime | None]:
    kind = Order.shipped_at.type
    is_gone = and_(packages > 0, shipped >= packages)
    return case((is_gone, func.coalesce(literal(at, kind), Order.shipped_at)), else_=literal(None, kind))
