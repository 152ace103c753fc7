"""Cancelling door sets of a released order."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotFound
from erp.sales import service as sales
from erp.sales.rules.orders import Counted, Withdrawn
from erp.sales.rules.states import OrderState
from mes.changes.rules import Cancelling, check_asked
from mes.cutting.service import demand as cutting
from mes.packing import service as packing
from mes.planning import service as planning
from mes.shipping import service as shipping
from mes.splitting import service as splitting
from mes.splitting.model import DoorSet


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What a cancelling did: where the order stands now, and which package numbers are void."""

    state: OrderState
    set_count: int
    package_numbers: tuple[str, ...]


def cancel(session: Session, order_id: int, asked: Cancelling, *, by: int | None, at: datetime) -> Cancelled:
    """Take door sets of a released order out of the work: packages, pieces, labels, counts and demand.

    Raises NothingChosen, ReasonMissing, NotFound, BoxGone, PieceMoved, SetGone, StepRefused.
    """
    check_asked(asked)
    numbers = session.execute(
        select(DoorSet.id, DoorSet.number, DoorSet.line_id)
        .where(DoorSet.order_id == order_id, DoorSet.id.in_(asked.set_ids))
        .order_by(DoorSet.id)
    ).all()
    ids = [set_id for set_id, _, _ in numbers]
    if set(ids) != set(asked.set_ids):
        raise NotFound
    shipping.drop_packages(session, ids, by=by, at=at)
    boxes = packing.void(session, ids, by=by, at=at)
    planning.hold_batches(session, order_id)
    gone = splitting.void(session, ids, asked.seen, by=by, at=at)
    withdrawn = Withdrawn(
        numbers=tuple(number for _, number, _ in numbers),
        by_line=Counter(line_id for _, _, line_id in numbers),
        counted=Counted(
            sets=-len(ids),
            pieces=-gone.pieces,
            made=-gone.made,
            packed=-gone.packed,
            packages=-sum(box.is_void for box in boxes),
            sealed=-sum(box.was_sealed for box in boxes),
        ),
    )
    state = sales.withdraw(session, order_id, withdrawn, asked.reason.strip(), by=by, at=at)
    splitting.put_need(session, order_id)
    cutting.put_demand_of(session, order_id)
    planning.settle_order(session, order_id, by=by, at=at)
    return Cancelled(state, len(ids), tuple(box.number for box in boxes if box.is_void))
