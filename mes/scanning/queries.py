"""Reads of scanning."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, Table, bindparam, func, or_, select
from sqlalchemy.orm import Session

from core.auth.model import Person
from core.i18n import Named
from mes.scanning.model import Device, FormerLabel, Scan, Station
from mes.scanning.rules import Block, Outcome, ScanKind, Where

# every scan asks these: bare tables and statements made once, because making them is most of the cost
DEVICES, STATIONS, SCANS, FORMER = (
    cast(Table, kind.__table__) for kind in (Device, Station, Scan, FormerLabel)
)
PLACE = (STATIONS.c.id, STATIONS.c.name, STATIONS.c.name_en, STATIONS.c.kind, STATIONS.c.operation_codes)
WHERE = (
    select(DEVICES.c.id, *PLACE)
    .join_from(DEVICES, STATIONS, STATIONS.c.id == DEVICES.c.station_id)
    .where(DEVICES.c.key == bindparam("key"), DEVICES.c.is_active, STATIONS.c.is_active)
)
IS_FORMER = select(FORMER.c.id).where(FORMER.c.code == bindparam("code"))
AT_POSITION = select(SCANS.c.id).where(
    SCANS.c.device_id == bindparam("device"), SCANS.c.device_position == bindparam("position")
)
STORED = select(SCANS.c.body_sha256, SCANS.c.answer).where(SCANS.c.scan_id == bindparam("scan_id"))
ALL_STORED = select(SCANS.c.scan_id, SCANS.c.body_sha256, SCANS.c.answer).where(
    SCANS.c.scan_id.in_(bindparam("scan_ids", expanding=True))
)
ALL_FORMER = select(FORMER.c.code).where(FORMER.c.code.in_(bindparam("codes", expanding=True)))
AT_POSITIONS = select(SCANS.c.device_position).where(
    SCANS.c.device_id == bindparam("device"),
    SCANS.c.device_position.in_(bindparam("positions", expanding=True)),
)
AHEAD = "mes.scanning.ahead"  # under which a session keeps it


@dataclass(slots=True)
class Ahead:
    """What one transaction of a batch looks up for all its scans at once, and what of its log it has still to write."""

    stored: dict[str, tuple[str, dict[str, Any]] | None]  # by scan_id
    positions: dict[tuple[int, int], bool]  # is it taken, by device and position
    former: dict[str, bool]  # is a label refused, by code
    unwritten: list[dict[str, Any]] = field(default_factory=list)


def look_ahead(
    session: Session,
    scan_ids: Collection[str],
    positions: Mapping[int, Collection[int]],
    codes: Collection[str],
) -> None:
    """Look up what the scans of one transaction ask of the log and of old labels; `positions` are by device."""
    stored: dict[str, tuple[str, dict[str, Any]] | None] = dict.fromkeys(scan_ids)
    for scan_id, fingerprint, answer in session.execute(ALL_STORED, {"scan_ids": list(scan_ids)}):
        stored[scan_id] = (fingerprint, answer)
    taken: dict[tuple[int, int], bool] = {}
    for device_id, wanted in positions.items():
        found = set(session.scalars(AT_POSITIONS, {"device": device_id, "positions": list(wanted)}))
        taken |= {(device_id, position): position in found for position in wanted}
    refused = set(session.scalars(ALL_FORMER, {"codes": list(codes)}))
    session.info[AHEAD] = Ahead(stored, taken, {code: code in refused for code in codes})


def ahead(session: Session) -> Ahead | None:
    """Return what the scans of this transaction were looked up with, in a batch."""
    found: Ahead | None = session.info.get(AHEAD)
    return found


def where(session: Session, device_key: str) -> Where | None:
    """Return the station at which an enrolled device stands, or None."""
    row = session.execute(WHERE, {"key": device_key}).one_or_none()
    if row is None:
        return None
    device_id, station_id, name, name_en, kind, operations = row
    return Where(device_id, station_id, Named(name, name_en), kind, tuple(operations))


def printer_of(session: Session, device_key: str) -> int | None:
    """Return the label printer beside the station at which an enrolled device stands."""
    return session.scalar(
        select(Station.printer_id)
        .join(Device, Device.station_id == Station.id)
        .where(Device.key == device_key)
    )


def former_label(session: Session, code: str) -> FormerLabel | None:
    """Return what is known of a label that is refused from now on."""
    return session.scalar(select(FormerLabel).where(FormerLabel.code == code))


def is_former(session: Session, code: str) -> bool:
    """Say whether a label is refused from now on."""
    known = ahead(session)
    if known is not None and code in known.former:
        return known.former[code]
    return session.scalar(IS_FORMER, {"code": code}) is not None


def stored(session: Session, scan_id: str) -> tuple[str, dict[str, Any]] | None:
    """Return fingerprint and answer of a scan that was judged before."""
    known = ahead(session)
    if known is not None and scan_id in known.stored:
        return known.stored[scan_id]
    row = session.execute(STORED, {"scan_id": scan_id}).one_or_none()
    return None if row is None else (row[0], row[1])


def is_position_taken(session: Session, device_id: int, position: int) -> bool:
    """Say whether a device counted another scan with this number."""
    known = ahead(session)
    if known is not None and (device_id, position) in known.positions:
        return known.positions[device_id, position]
    return session.scalar(AT_POSITION, {"device": device_id, "position": position}) is not None


def next_position(session: Session, device_id: int) -> int:
    """Return the number with which a device's next scan is counted."""
    last = session.scalar(select(func.max(SCANS.c.device_position)).where(SCANS.c.device_id == device_id))
    return (last or 0) + 1


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


def station_of_code(session: Session, code: str) -> Station | None:
    """Return the station whose label carries `code`."""
    return session.scalar(select(Station).where(Station.code == code))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which scans to list; what is None or empty is any."""

    since: datetime | None = None
    before: datetime | None = None
    person_id: int | None = None
    kind: ScanKind | None = None
    outcome: Outcome | None = None
    block: Block | None = None
    code: str = ""


SCAN_SORTS = {"at": Scan.id, "who": Person.name, "kind": Scan.kind, "verdict": Scan.outcome}
EXPORTED_AT_MOST = 50_000  # rows of a spreadsheet that an office computer still opens


def scan_rows(wanted: Wanted) -> Select[Any]:
    """Return the scans of a filter with who and where, to be paged."""
    columns: tuple[Any, ...] = (Scan.id, Scan.received_at, Scan.kind, Scan.code, Scan.context, Scan.witness)
    verdicts = (Scan.outcome, Scan.block_code, Scan.override_reason, Scan.is_manual, Scan.answer)
    rows = (
        select(*columns, *verdicts, Person.name.label("person"), Station.name.label("station"))
        .join(Person, Person.id == Scan.person_id)
        .outerjoin(Station, Station.id == Scan.station_id)
    )
    if wanted.since is not None:
        rows = rows.where(Scan.received_at >= wanted.since)
    if wanted.before is not None:
        rows = rows.where(Scan.received_at < wanted.before)
    if wanted.code:
        rows = rows.where(or_(Scan.code == wanted.code, Scan.context == wanted.code))
    equal = {
        Scan.person_id: wanted.person_id,
        Scan.kind: wanted.kind,
        Scan.outcome: wanted.outcome,
        Scan.block_code: wanted.block,
    }
    return rows.where(*(column == value for column, value in equal.items() if value is not None))


def newest_scans(wanted: Wanted) -> Select[Any]:
    """Return the scans of a filter, newest first, as many as a spreadsheet takes."""
    return scan_rows(wanted).order_by(Scan.id.desc()).limit(EXPORTED_AT_MOST)


def people_who_scanned(session: Session) -> Sequence[Person]:
    """Return everybody who ever scanned, by name."""
    who = select(Scan.person_id).distinct()
    return session.scalars(select(Person).where(Person.id.in_(who)).order_by(Person.name)).all()
