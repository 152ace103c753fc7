"""The guards of the second figure: record accuracy within the window, dead stock as it lies."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from erp.stock import queries as stock
from erp.stock.rules import DEAD_DAYS
from mes.counting import queries as counting
from mes.efficiency.queries.window import Window
from mes.efficiency.rules.figures import Figure
from mes.efficiency.rules.guards import guarded


def with_guards(session: Session, window: Window, figure: Figure, *, at: datetime) -> Figure:
    """Return the figure of the warehouse with its guards beside it, as known at `at`."""
    found = counting.accuracy(session, window.since, window.before)
    dead = stock.dead_stock(session, DEAD_DAYS, at)
    return guarded(figure, found.place_count, found.right_count, dead.rate)
