"""What the floor tells of an order: released, made, packed, sealed, shipped; each is one UPDATE."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Integer,
    Table,
    Update,
    and_,
    bindparam,
    case,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Session

from core.audit.service import record
from core.errors import NotFound
from core.events import publish
from core.states import StepRefused
from erp.sales.events import AmountChanged, OrderCancelled
from erp.sales.model import ZERO, Line, Order
from erp.sales.queries.orders import SUBJECT
from erp.sales.rules.orders import Counted, ReleasedCounts, Withdrawn
from erp.sales.rules.states import WITHDRAWABLE, OrderState, Verb

ORDERS = cast(Table, Order.__table__)
ON_THE_FLOOR = (OrderState.RELEASED, OrderState.IN_PRODUCTION, OrderState.READY, OrderState.SHIPPED)


def begin_release(session: Session, order_id: int) -> None:
    """Take a confirmed order for a release that may need several transactions: its version rises.

    Raises NotFound, StepRefused.
    """
    _set_confirmed(session, order_id, {})


def mark_released(
    session: Session, order_id: int, *, counts: ReleasedCounts, by: int | None, at: datetime
) -> None:
    """Take a confirmed order as released, with what it consists of; of two callers one wins.

    Raises NotFound, StepRefused.
    """
    values = {
        "state": OrderState.RELEASED,
        "released_at": at,
        "set_count": counts.set_count,
        "piece_count": counts.piece_count,
        "package_count": counts.package_count,
    }
    _set_confirmed(session, order_id, values)
    changes = {"state": [OrderState.CONFIRMED.value, OrderState.RELEASED.value]}
    record(
        session, subject=SUBJECT, subject_id=order_id, verb=Verb.RELEASE.value, by=by, at=at, changes=changes
    )


def _set_confirmed(session: Session, order_id: int, values: Mapping[str, Any]) -> None:
    """Change a confirmed order, and its version. Raises NotFound, StepRefused."""
    won = session.execute(
        update(Order)
        .where(Order.id == order_id, Order.state == OrderState.CONFIRMED)
        .values(version=Order.version + 1, **values)
        .execution_options(synchronize_session="fetch")
    )
    if not won.rowcount:  # type: ignore[attr-defined]
        order = session.get(Order, order_id, populate_existing=True)
        if order is None:
            raise NotFound
        raise StepRefused(number=order.number, state=order.state, wanted=OrderState.RELEASED)


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
    facts = {"made": made, "packed": packed, "sealed": sealed, "shipped": shipped, "pieces": pieces}
    session.execute(PROGRESS, {"order": order_id, **facts, "packages": packages, "at": at})


def withdraw(
    session: Session, order_id: int, gone: Withdrawn, reason: str, *, by: int | None, at: datetime
) -> OrderState:
    """Take cancelled door sets off a released order's counts and total, and return where it stands then.

    With its last set it is CANCELLED; one whose other packages are all shipped or sealed is SHIPPED or READY.
    Locks the order. Publishes OrderCancelled, AmountChanged. Raises NotFound, StepRefused.
    """
    before = session.scalar(select(ORDERS.c.state).where(ORDERS.c.id == order_id).with_for_update())
    if before is None:
        raise NotFound
    after: OrderState | None = session.scalar(
        update(ORDERS)
        .where(ORDERS.c.id == order_id, ORDERS.c.state.in_(WITHDRAWABLE))
        .values(counted(gone.counted, at))
        .returning(ORDERS.c.state)
    )
    if after is None:
        order = session.get_one(Order, order_id, populate_existing=True)
        raise StepRefused(number=order.number, state=order.state, wanted=OrderState.CANCELLED)
    _take_back(session, order_id, gone)
    changes: dict[str, list[Any]] = {
        "state": [before.value, after.value],
        "sets": ["", ", ".join(gone.numbers)],
        "note": ["", reason],
    }
    record(
        session, subject=SUBJECT, subject_id=order_id, verb=Verb.WITHDRAW.value, by=by, at=at, changes=changes
    )
    if after is OrderState.CANCELLED:
        publish(session, OrderCancelled(order_id))
    publish(session, AmountChanged(order_id, by, at))
    return after


def counted(by: Counted, at: datetime) -> dict[str, Any]:
    """Return what an UPDATE sets where sets, pieces and packages of a released order come or go."""
    counts = ORDERS.c
    kind = counts.state.type
    left, sealed = counts.package_count + by.packages, counts.sealed_count + by.sealed
    is_shipped = and_(left > 0, counts.shipped_count >= left)
    return {
        "set_count": counts.set_count + by.sets,
        "piece_count": counts.piece_count + by.pieces,
        "made_count": counts.made_count + by.made,
        "packed_count": counts.packed_count + by.packed,
        "package_count": left,
        "sealed_count": sealed,
        "state": case(
            (counts.set_count + by.sets <= 0, literal(OrderState.CANCELLED, kind)),
            (is_shipped, literal(OrderState.SHIPPED, kind)),
            (and_(left > 0, sealed >= left), literal(OrderState.READY, kind)),
            (counts.state == OrderState.RELEASED, literal(OrderState.RELEASED, kind)),
            else_=literal(OrderState.IN_PRODUCTION, kind),
        ),
        "shipped_at": case((is_shipped, literal(at, counts.shipped_at.type)), else_=counts.shipped_at),
        "version": counts.version + 1,
    }


def _take_back(session: Session, order_id: int, gone: Withdrawn) -> None:
    """Count the sets that were taken back at their lines, and take what was agreed for them off the total."""
    lines = session.scalars(select(Line).where(Line.id.in_(gone.by_line), Line.order_id == order_id)).all()
    for line in lines:
        line.cancelled_count += gone.by_line[line.id]
    less = sum(((line.unit_amount or ZERO) * gone.by_line[line.id] for line in lines), ZERO)
    session.execute(
        update(ORDERS).where(ORDERS.c.id == order_id).values(total_amount=ORDERS.c.total_amount - less)
    )


def _progress() -> Update:
    """Return what adds to the counts, made once for all scans: each names what it adds."""
    counts = ORDERS.c
    sealed_count = counts.sealed_count + _added("sealed")
    shipped_count = counts.shipped_count + _added("shipped")
    package_count = counts.package_count + _added("packages")
    return (
        update(ORDERS)
        .where(ORDERS.c.id == bindparam("order"), ORDERS.c.state.in_(ON_THE_FLOOR))
        .values(
            made_count=counts.made_count + _added("made"),
            packed_count=counts.packed_count + _added("packed"),
            sealed_count=sealed_count,
            shipped_count=shipped_count,
            piece_count=counts.piece_count + _added("pieces"),
            package_count=package_count,
            state=_state(package_count, sealed_count, shipped_count),
            shipped_at=_shipped_at(package_count, shipped_count),
        )
    )


def _added(name: str) -> ColumnElement[int]:
    return bindparam(name, type_=Integer())


def _state(
    packages: ColumnElement[int], sealed: ColumnElement[int], shipped: ColumnElement[int]
) -> ColumnElement[OrderState]:
    kind = ORDERS.c.state.type
    return case(
        (and_(packages > 0, shipped >= packages), literal(OrderState.SHIPPED, kind)),
        (and_(packages > 0, sealed >= packages), literal(OrderState.READY, kind)),
        else_=literal(OrderState.IN_PRODUCTION, kind),
    )


def _shipped_at(packages: ColumnElement[int], shipped: ColumnElement[int]) -> ColumnElement[datetime | None]:
    before = ORDERS.c.shipped_at
    is_gone = and_(packages > 0, shipped >= packages)
    at = func.coalesce(bindparam("at", type_=before.type), before)
    return case((is_gone, at), else_=literal(None, before.type))


PROGRESS = _progress()
