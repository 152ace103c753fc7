"""Reads of cutting: which saw cuts what, how it works, and what a material's rests are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp.materials.model import Material
from erp.materials.rules import MaterialKind
from mes.cutting.model import MaterialCut, Saw
from mes.cutting.rules import CutSetting
from mes.cutting.rules.saw import SawFacts
from mes.scanning.model import Station

CUT = "CUT"  # the operation that makes a station a saw
CUT_KINDS = (MaterialKind.SHEET, MaterialKind.BAR)
PTX_VERSION = "1.08"  # where nobody said what the saw reads


@dataclass(frozen=True, slots=True)
class SawRow:
    """A station that saws, and what was said about it."""

    station: Station
    saw: Saw | None


@dataclass(frozen=True, slots=True)
class MaterialRow:
    """A material that is sawn, and what was said about it."""

    material: Material
    setting: MaterialCut | None


def saw_rows(session: Session) -> list[SawRow]:
    """Return the stations that saw, the oldest first: it cuts what was given to no other."""
    rows = select(Station, Saw).outerjoin(Saw, Saw.station_id == Station.id).where(Station.is_active)
    found = session.execute(rows.order_by(Station.id)).all()
    return [SawRow(station, saw) for station, saw in found if CUT in station.operation_codes]


def material_rows(session: Session) -> list[MaterialRow]:
    """Return the materials that are sawn, by kind and code."""
    rows = (
        select(Material, MaterialCut)
        .outerjoin(MaterialCut, MaterialCut.material_id == Material.id)
        .where(Material.kind.in_(CUT_KINDS), Material.is_active)
        .order_by(Material.kind.desc(), Material.code)
    )
    return [MaterialRow(material, setting) for material, setting in session.execute(rows)]


def setting_of(session: Session, material_id: int) -> CutSetting:
    """Return what a material's saw is told, and what the saw takes for mitred ends."""
    row = session.scalar(select(MaterialCut).where(MaterialCut.material_id == material_id))
    saw = saw_facts(session, station_of(session, material_id))
    told = CutSetting(saw_mitre_mm=saw.mitre_mm, is_wedge_lost=saw.is_wedge_lost, first_cut=saw.first_cut)
    if row is None:
        return told
    return replace(
        told,
        offcut_length_mm=row.offcut_length_mm,
        offcut_width_mm=row.offcut_width_mm,
        offcut_rate=row.offcut_rate,
        mitre_mm=row.mitre_mm,
        is_matched=row.is_matched,
    )


def station_of(session: Session, material_id: int) -> int | None:
    """Return the station that cuts a material: its own, else the first that saws; None where none does."""
    chosen = select(MaterialCut.station_id).where(MaterialCut.material_id == material_id)
    found = session.scalar(chosen)
    if found is not None:
        return found
    saws = saw_rows(session)
    return saws[0].station.id if saws else None


def saw_facts(session: Session, station_id: int | None) -> SawFacts:
    """Return how a station saws."""
    saw = session.scalar(select(Saw).where(Saw.station_id == station_id))
    if saw is None:
        return SawFacts()
    return SawFacts(saw.book_height_mm, saw.is_longest_first, saw.mitre_mm, saw.is_wedge_lost, saw.first_cut)


def ptx_version(session: Session, station_id: int | None) -> str:
    """Return the version of PTX that a saw's controller reads."""
    return session.scalar(select(Saw.ptx_version).where(Saw.station_id == station_id)) or PTX_VERSION


def stations(session: Session, ids: Sequence[int]) -> dict[int, Station]:
    """Return stations by id."""
    return {one.id: one for one in session.scalars(select(Station).where(Station.id.in_(ids)))}
