"""M3: the stations whose machines could report their states."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.scanning.model import Station
from mes.scanning.rules import StationKind


def floor_stations(session: Session) -> int:
    """Return how many stations of the floor are in use."""
    return session.scalars(
        select(func.count(Station.id)).where(Station.kind == StationKind.FLOOR, Station.is_active)
    ).one()
