"""What is compared before a package is sealed: the kit of hardware with its list, the look with the order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.codelists.model import Entry
from core.i18n import Named
from erp.materials.model import Article, Material
from erp.sales.model import Line
from erp.stock.model import Balance, Lot
from mes.packing.model import Content, KitCount
from mes.packing.rules import Box, KitNeed, Look
from mes.scanning.rules import Text
from mes.splitting.model import DoorSet, Piece, Requirement


def kit(session: Session, package_id: int) -> list[KitNeed]:
    """Return what belongs into the kits of a package, one entry for each material, and what was counted in."""
    return kits_of(session, [package_id]).get(package_id, [])


def kits_of(session: Session, package_ids: Collection[int]) -> dict[int, list[KitNeed]]:
    """Return what belongs into the kits of some packages, as `kit` does of one."""
    material = (Material.id, Material.name, Material.name_en, Material.unit_kg)
    rows = session.execute(
        select(
            Content.package_id, *material, func.sum(Requirement.needed_qty), func.max(KitCount.counted_count)
        )
        .select_from(Content)
        .join(Piece, Piece.id == Content.piece_id)
        .join(Requirement, (Requirement.set_id == Piece.set_id) & (Requirement.joins == Piece.rule_code))
        .join(Material, Material.id == Requirement.material_id)
        .outerjoin(
            KitCount, (KitCount.package_id == Content.package_id) & (KitCount.material_id == Material.id)
        )
        .where(Content.package_id.in_(package_ids))
        .group_by(Content.package_id, *material)
        .order_by(Content.package_id, Material.id)
    )
    found: dict[int, list[KitNeed]] = {}
    for package_id, key, name, name_en, unit_kg, needed, counted in rows:
        need = KitNeed(key, Named(name, name_en), needed, unit_kg, counted or 0)
        found.setdefault(package_id, []).append(need)
    return found


def lots_of(session: Session, material_ids: Collection[int]) -> list[tuple[str, int, Named]]:
    """Return the labels of the lots of some materials that lie somewhere, with their material."""
    lying = select(Balance.lot_id).where(Balance.on_hand_qty > 0)
    rows = session.execute(
        select(Lot.code, Material.id, Material.name, Material.name_en)
        .join(Article, Article.id == Lot.article_id)
        .join(Material, Material.id == Article.material_id)
        .where(Material.id.in_(material_ids), Lot.id.in_(lying))
        .order_by(Lot.id)
    )
    return [(code, material_id, Named(name, name_en)) for code, material_id, name, name_en in rows]


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
    """Return the handing and colour of a package, as stored words and as a person reads them."""
    return looks_of(session, [box], {box.package_id: {item.set_id for item in box.items}})[box.package_id]


def looks_of(
    session: Session, boxes: Sequence[Box], sharing: Mapping[int, Collection[int]]
) -> dict[int, tuple[Look, Text]]:
    """Return the handing and colour of some packages, as `look` does of one; `sharing` has the sets of shared ones.

    What several sets may share has no handing, and a colour only where all of them have the same.
    """
    sets_of = {
        box.package_id: sharing.get(box.package_id, ()) if box.set_id is None else (box.set_id,)
        for box in boxes
    }
    shared = {box.package_id for box in boxes if box.set_id is None}
    ids = {set_id for sets in sets_of.values() for set_id in sets}
    rows = session.execute(
        select(DoorSet.id, Line.handing, Line.colour_code, Entry.name, Entry.name_en)
        .join(Line, Line.id == DoorSet.line_id)
        .outerjoin(Entry, (Entry.code == Line.colour_code) & (Entry.kind == "colour"))
        .where(DoorSet.id.in_(ids))
    )
    of_set = {row.id: row for row in rows}
    return {
        package_id: _look([of_set[one] for one in sets if one in of_set], is_shared=package_id in shared)
        for package_id, sets in sets_of.items()
    }


def _look(sets: Sequence[Any], *, is_shared: bool) -> tuple[Look, Text]:
    handing = sets[0].handing if sets and not is_shared else None
    colours = {(row.colour_code, row.name, row.name_en) for row in sets}
    colour, name, name_en = colours.pop() if len(colours) == 1 else (None, None, "")
    seen = Look(handing.value if handing else "", colour or "")
    parts = [part for part in (handing, Named(name, name_en) if name else None) if part]
    return seen, Text("%(parts)s", {"parts": parts})
