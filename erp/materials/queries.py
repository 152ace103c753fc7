"""Reads of materials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session

from erp.materials.model import Article, Material
from erp.materials.rules import MaterialKind, StockSize, usable


def by_code(session: Session) -> dict[str, Material]:
    """Return every material by its code."""
    return {one.code: one for one in session.scalars(select(Material))}


def ids(session: Session) -> dict[str, int]:
    """Return the id of every material by its code."""
    return {code: found for code, found in session.execute(select(Material.code, Material.id))}  # noqa: C416  (typed)


def kinds(session: Session) -> dict[str, MaterialKind]:
    """Return what kind every active material is, by its code."""
    rows = session.execute(select(Material.code, Material.kind).where(Material.is_active))
    return {code: kind for code, kind in rows}  # noqa: C416  (typed)


def active(session: Session) -> Sequence[Material]:
    """Return the active materials, by kind and code."""
    wanted = select(Material).where(Material.is_active).order_by(Material.kind, Material.code)
    return session.scalars(wanted).all()


def articles(session: Session, material_id: int) -> Sequence[Article]:
    """Return the active articles of one material, the longest first."""
    wanted = select(Article).where(Article.material_id == material_id, Article.is_active)
    return session.scalars(wanted.order_by(Article.length_mm.desc(), Article.code)).all()


def articles_of(session: Session, material_ids: Sequence[int]) -> dict[int, list[Article]]:
    """Return the active articles of some materials, by material."""
    wanted = (
        select(Article).where(Article.material_id.in_(material_ids), Article.is_active).order_by(Article.code)
    )
    found: dict[int, list[Article]] = {one: [] for one in material_ids}
    for article in session.scalars(wanted):
        found[article.material_id].append(article)
    return found


def stock_lengths(session: Session) -> dict[str, tuple[StockSize, ...]]:
    """Return the usable stock sizes by material code, of all that is cut: what `explode` and `check` take."""
    rows = session.execute(
        select(Material.code, Article.length_mm, Article.width_mm, Material.trim_mm)
        .join(Article, Article.material_id == Material.id)
        .where(
            Material.kind.in_((MaterialKind.SHEET, MaterialKind.BAR)),
            Material.is_active,
            Article.is_active,
        )
        .order_by(Material.code, Article.code)
    )
    found: dict[str, tuple[StockSize, ...]] = {}
    for code, length_mm, width_mm, trim_mm in rows:
        if length_mm is None:
            continue  # an article without a size is not cut
        found[code] = (*found.get(code, ()), usable(length_mm, width_mm, trim_mm))
    return found


def listed(text: str, kind: MaterialKind | None) -> Select[Any]:
    """Return the materials of a list page: of one kind, with `text` in code, name or an article's code."""
    rows = select(Material).where(Material.is_active)
    if kind is not None:
        rows = rows.where(Material.kind == kind)
    if text:
        of_article = exists().where(
            Article.material_id == Material.id, Article.code.icontains(text, autoescape=True)
        )
        fields = (Material.code, Material.name, Material.name_en)
        rows = rows.where(or_(of_article, *(field.icontains(text, autoescape=True) for field in fields)))
    return rows
