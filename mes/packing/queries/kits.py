"""What is compared before a package is sealed: the kit of hardware with its list, the look with the order."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.codelists.model import Entry
from core.i18n import Named
from erp.materials.model import Article, Material
from erp.sales.model import Line
from erp.stock.model import Lot
from mes.packing.model import Content, KitCount
from mes.packing.rules import Box, KitNeed, Look
from mes.scanning.rules import Text
from mes.splitting.model import DoorSet, Piece, Requirement


def kit(session: Session, package_id: int) -> list[KitNeed]:
    """Return what belongs into the kits of a package, one entry for each material, and what was counted in."""
    rows = session.execute(
        select(
            Material.id,
            Material.name,
            Material.name_en,
            Material.unit_kg,
            func.sum(Requirement.needed_qty),
            func.max(KitCount.counted_count),
        )
        .select_from(Content)
        .join(Piece, Piece.id == Content.piece_id)
        .join(Requirement, (Requirement.set_id == Piece.set_id) & (Requirement.joins == Piece.rule_code))
        .join(Material, Material.id == Requirement.material_id)
        .outerjoin(KitCount, (KitCount.package_id == package_id) & (KitCount.material_id == Material.id))
        .where(Content.package_id == package_id)
        .group_by(Material.id, Material.name, Material.name_en, Material.unit_kg)
        .order_by(Material.id)
    )
    return [
        KitNeed(key, Named(name, name_en), needed, unit_kg, counted or 0)
        for key, name, name_en, unit_kg, needed, counted in rows
    ]


def material_of_lot(session: Session, code: str) -> tuple[int, Named] | None:
    """Return the material of the lot that carries a label."""
    row = session.execute(
        select(Material.id, Material.name, Material.name_en)
        .join(Article, Article.material_id == Material.id)
        .join(Lot, Lot.article_id == Article.id)
        .where(Lot.code == code)
    ).one_or_none()
    return None if row is None else (row[0], Named(row[1], row[2]))


def look(session: Session, box: Box) -> tuple[Look, Text]:
    """Return the handing and colour of a package, as stored words and as a person reads them.

    What several sets share has no handing, and a colour only where all of them have the same.
    """
    sets = {box.set_id} if box.set_id is not None else {item.set_id for item in box.items}
    rows = session.execute(
        select(Line.handing, Line.colour_code, Entry.name, Entry.name_en)
        .join(DoorSet, DoorSet.line_id == Line.id)
        .outerjoin(Entry, (Entry.code == Line.colour_code) & (Entry.kind == "colour"))
        .where(DoorSet.id.in_(sets))
        .distinct()
    ).all()
    handing = rows[0].handing if rows and box.set_id is not None else None
    colours = {(row.colour_code, row.name, row.name_en) for row in rows}
    colour, name, name_en = colours.pop() if len(colours) == 1 else (None, None, "")
    seen = Look(handing.value if handing else "", colour or "")
    parts = [part for part in (handing, Named(name, name_en) if name else None) if part]
    return seen, Text("%(parts)s", {"parts": parts})
