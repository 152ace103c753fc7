"""What was told late: the days it is about are read from the raw rows until they are folded again."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.activity.model import Interval
from erp.sales.model import Order
from mes.efficiency import service
from mes.machines.events import StatesTold
from mes.splitting.events import SetsFrozen
from mes.splitting.rules import ORDER_WORK


def on_states_told(session: Session, told: StatesTold) -> None:
    """Note that a machine's states since some moment are others than they were."""
    service.note_late(session, told.since, told.at, at=told.at)


def on_sets_frozen(session: Session, released: SetsFrozen) -> None:
    """Note that the work on an order has a kind of door now: it was released."""
    order = session.get_one(Order, released.order_id, populate_existing=True)
    if order.released_at is None:
        return
    of_order = (Interval.subject == "erp.sales.order") & (Interval.subject_id == order.id)
    of_sheet = (Interval.subject == "erp.sales.import") & (Interval.subject_id == order.import_id)
    rows = session.execute(
        select(Interval.started_at, Interval.ended_at).where(
            Interval.kind.in_(ORDER_WORK), or_(of_order, of_sheet)
        )
    ).all()
    for since, until in rows:
        service.note_late(session, since, until, at=order.released_at)
