"""Reads of scanning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.i18n import Named
from mes.scanning.model import Device, FormerLabel, Scan, Station
from mes.scanning.rules import Where


def where(session: Session, device_key: str) -> Where | None:
    """Return the station at which an enrolled device stands, or None."""
    row = session.execute(
        select(Device.id, Station.id, Station.name, Station.name_en, Station.kind, Station.operation_codes)
        .join(Station, Station.id == Device.station_id)
        .where(Device.key == device_key, Device.is_active, Station.is_active)
    ).one_or_none()
    if row is None:
        return None
    device_id, station_id, name, name_en, kind, operations = row
    return Where(device_id, station_id, Named(name, name_en), kind, tuple(operations))


def former_label(session: Session, code: str) -> FormerLabel | None:
    """Return what is known of a label that is refused from now on."""
    return session.scalar(select(FormerLabel).where(FormerLabel.code == code))


def stored(session: Session, scan_id: str) -> tuple[str, dict[str, Any]] | None:
    """Return fingerprint and answer of a scan that was judged before."""
    row = session.execute(select(Scan.body_sha256, Scan.answer).where(Scan.scan_id == scan_id)).one_or_none()
    return None if row is None else (row[0], row[1])


def stations(session: Session) -> Sequence[Station]:
    """Return the active stations by name."""
    return session.scalars(select(Station).where(Station.is_active).order_by(Station.name)).all()


def devices(session: Session) -> Sequence[tuple[Device, Station]]:
    """Return the enrolled devices and where they stand."""
    rows = session.execute(
        select(Device, Station)
        .join(Station, Station.id == Device.station_id)
        .where(Device.is_active)
        .order_by(Station.name, Device.name)
    )
    return [(device, station) for device, station in rows]


def recent(session: Session, object_type: str, object_id: int, limit: int = 50) -> Sequence[Scan]:
    """Return the scans of one thing, newest first."""
    return session.scalars(
        select(Scan)
        .where(Scan.object_type == object_type, Scan.object_id == object_id)
        .order_by(Scan.id.desc())
        .limit(limit)
    ).all()
