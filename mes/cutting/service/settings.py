"""Commands of cutting: what saws and materials are told. Each changes one row and never commits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.errors import Conflict, NotFound
from erp.materials.model import Material
from erp.materials.rules import MaterialKind
from mes.cutting.model import MaterialCut, Saw
from mes.cutting.queries import settings as queries
from mes.cutting.rules.saw import SawFacts
from mes.scanning.model import Station

SAW, MATERIAL = "mes.cutting.saw", "mes.cutting.material_cut"


@dataclass(frozen=True, slots=True)
class MaterialTold:
    """What the saw is told of one material."""

    station_id: int | None
    offcut_length_mm: Decimal | None
    offcut_width_mm: Decimal | None
    offcut_rate: Decimal
    mitre_mm: Decimal
    is_matched: bool = False


def put_saw(
    session: Session, station_id: int, facts: SawFacts, ptx_version: str, *, by: int | None, at: datetime
) -> None:
    """Say how a station saws. Raises NotFound."""
    station = session.get(Station, station_id)
    if station is None or queries.CUT not in station.operation_codes:
        raise NotFound
    row = session.scalar(select(Saw).where(Saw.station_id == station_id).with_for_update())
    if row is None:
        row = Saw(station_id=station_id)
    told = {
        "book_height_mm": facts.book_height_mm,
        "is_longest_first": facts.is_longest_first,
        "mitre_mm": facts.mitre_mm,
        "is_wedge_lost": facts.is_wedge_lost,
        "first_cut": facts.first_cut,
        "ptx_version": ptx_version,
    }
    _put(session, SAW, row, told, by=by, at=at)


def put_material(
    session: Session, material_id: int, told: MaterialTold, *, by: int | None, at: datetime
) -> None:
    """Say how a material is cut; an edge less than it has and a mitre of a board are left out. Raises NotFound."""
    material = session.get(Material, material_id)
    if material is None or material.kind not in queries.CUT_KINDS:
        raise NotFound
    row = session.scalar(select(MaterialCut).where(MaterialCut.material_id == material_id).with_for_update())
    if row is None:
        row = MaterialCut(material_id=material_id)
    is_bar = material.kind is MaterialKind.BAR
    values = {
        "station_id": told.station_id,
        "offcut_length_mm": told.offcut_length_mm,
        "offcut_width_mm": None if is_bar else told.offcut_width_mm,
        "offcut_rate": told.offcut_rate,
        "mitre_mm": told.mitre_mm if is_bar else Decimal(0),
        "is_matched": told.is_matched and not is_bar,
    }
    _put(session, MATERIAL, row, values, by=by, at=at)


def _put(
    session: Session,
    subject: str,
    row: Saw | MaterialCut,
    told: Mapping[str, object],
    *,
    by: int | None,
    at: datetime,
) -> None:
    """Write what was told. Raises Conflict when somebody wrote the row at the same moment."""
    changes = {}
    for name, new in told.items():
        old = getattr(row, name)
        if old != new:
            changes[name] = [old, new]
            setattr(row, name, new)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as wrong:
        raise Conflict from wrong
    audit.record(session, subject=subject, subject_id=row.id, verb="put", by=by, at=at, changes=changes)
