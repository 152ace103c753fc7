"""What was told late: the days it is about are read from the raw rows until they are folded again."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mes.efficiency import service
from mes.efficiency.queries.orders import work_before_release
from mes.machines.events import StatesTold
from mes.splitting.events import SetsFrozen


def on_states_told(session: Session, told: StatesTold) -> None:
    """Note that a machine's states since some moment are others than they were."""
    service.note_late(session, told.since, told.at, at=told.at)


def on_sets_frozen(session: Session, released: SetsFrozen) -> None:
    """Note that the work on an order has a kind of door now: it was released."""
    for since, until, released_at in work_before_release(session, released.order_id):
        service.note_late(session, since, until, at=released_at)
