"""Commands of materials: bring them to what a factory pack states; never commit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import Model
from erp.materials import queries
from erp.materials.model import Article, Material
from erp.materials.rules import ArticleEntry, MaterialEntry

PRICE_STEP = Decimal("0.0001")


def put(session: Session, entries: Sequence[MaterialEntry]) -> int:
    """Take in materials with their articles, or bring them up to date; return how many changed.

    An article that its material no longer lists is put to rest; a material that is not among `entries` stays.
    """
    known = queries.by_code(session)
    stocked = {one.code: one for one in session.scalars(select(Article))}
    changed = 0
    for entry in entries:
        material = known.get(entry.code) or Material(code=entry.code)
        is_changed = _bring(session, material, _columns(entry))
        if is_changed:
            session.flush()  # its articles need its id
        for article in entry.articles:
            row = stocked.get(article.code) or Article(code=article.code)
            is_changed |= _bring(session, row, _article_columns(material, article))
        is_changed |= _rest(material, entry, stocked.values())
        changed += is_changed
    return changed


def _bring(session: Session, row: Model, wanted: dict[str, Any]) -> bool:
    """Set what differs; say whether anything did."""
    session.add(row)
    differing = {key: value for key, value in wanted.items() if getattr(row, key) != value}
    for key, value in differing.items():
        setattr(row, key, value)
    return bool(differing)


def _rest(material: Material, entry: MaterialEntry, stocked: Any) -> bool:
    """Put to rest the articles of a material that its entry no longer lists; say whether there were any."""
    listed = {article.code for article in entry.articles}
    gone = [
        one for one in stocked if one.material_id == material.id and one.code not in listed and one.is_active
    ]
    for article in gone:
        article.is_active = False
    return bool(gone)


def _columns(entry: MaterialEntry) -> dict[str, Any]:
    return {
        "name": entry.name.zh,
        "name_en": entry.name.en,
        "kind": entry.kind,
        "unit_code": entry.unit,
        "colour_code": entry.colour,
        "thickness_mm": entry.thickness_mm,
        "grain": entry.grain,
        "kerf_mm": entry.kerf_mm,
        "trim_mm": entry.trim_mm,
        "unit_kg": entry.kg,
        "is_active": True,
    }


def _article_columns(material: Material, entry: ArticleEntry) -> dict[str, Any]:
    return {
        "material_id": material.id,
        "length_mm": entry.length_mm,
        "width_mm": entry.width_mm,
        "cost_price": None if entry.price is None else entry.price.quantize(PRICE_STEP),
        "is_active": True,
    }
