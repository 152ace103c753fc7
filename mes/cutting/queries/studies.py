"""Reads of cutting: what was released of a material of late, the sizes that could be bought, and studies of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.jobs.model import Job
from erp.materials import queries as materials
from erp.materials.model import Material
from erp.materials.rules import MaterialKind
from erp.purchasing.model import SupplierArticle
from mes.cutting.model import Study
from mes.cutting.rules.study import (
    ChoiceResult,
    StockSize,
    ranked,
    read_result,
    read_size,
    saving_rate,
    telling,
)
from mes.cutting.rules.yields import monday
from mes.splitting.model import DoorSet, Piece
from mes.splitting.rules import LIVE

CUT_KINDS = (MaterialKind.SHEET, MaterialKind.BAR)


@dataclass(frozen=True, slots=True)
class Released:
    """The days that demand is taken from, from `since` up to but without `before`; `day_of` is the factory's."""

    since: datetime
    before: datetime
    day_of: Callable[[datetime], date]


@dataclass(frozen=True, slots=True)
class StudyPage:
    """A study with what came of it, the cheapest choice first."""

    study: Study
    material: Material
    job: Job | None
    sizes: tuple[StockSize, ...]
    results: tuple[ChoiceResult, ...]

    @property
    def shown(self) -> list[ChoiceResult]:
        """What is worth showing, what is bought now in any case."""
        kept = {one.sizes for one in telling(self.results)}
        return [one for one in self.results if one.sizes in kept or one == self.bought]

    @property
    def bought(self) -> ChoiceResult | None:
        """What is bought now."""
        now = tuple(place for place, size in enumerate(self.sizes) if size.is_bought)
        return next((one for one in self.results if one.sizes == now), None)

    def saving(self, result: ChoiceResult) -> Decimal | None:
        """How much less a choice costs than what is bought now, as a share."""
        return saving_rate(result, self.bought)


def by_week(session: Session, material_id: int, asked: Released) -> dict[date, list[Piece]]:
    """Return what was released of a material and is wanted still, by the Monday of its week."""
    rows = session.execute(
        select(Piece, DoorSet.frozen_at)
        .join(DoorSet, DoorSet.id == Piece.set_id)
        .where(
            Piece.material_id == material_id,
            Piece.state.in_(LIVE),
            Piece.cut_length_mm.is_not(None),
            DoorSet.frozen_at >= asked.since,
            DoorSet.frozen_at < asked.before,
        )
        .order_by(DoorSet.frozen_at, Piece.id)
    )
    found: dict[date, list[Piece]] = {}
    for piece, frozen_at in rows:
        found.setdefault(monday(asked.day_of(frozen_at)), []).append(piece)
    return found


def cut_materials(session: Session) -> Sequence[Material]:
    """Return the materials that are cut, by kind and code."""
    wanted = select(Material).where(Material.kind.in_(CUT_KINDS), Material.is_active)
    return session.scalars(wanted.order_by(Material.kind.desc(), Material.code)).all()


def bought_sizes(session: Session, material_id: int) -> list[tuple[Decimal, Decimal | None, Decimal | None]]:
    """Return length, width and price of what is bought now: the cheapest supplier's price, else the article's."""
    articles = [one for one in materials.articles(session, material_id) if one.length_mm is not None]
    rows = (
        select(SupplierArticle.article_id, func.min(SupplierArticle.price))
        .where(SupplierArticle.article_id.in_([one.id for one in articles]), SupplierArticle.is_active)
        .group_by(SupplierArticle.article_id)
    )
    prices: dict[int, Decimal] = dict(session.execute(rows).all())
    return [
        (one.length_mm or Decimal(0), one.width_mm, prices.get(one.id, one.cost_price)) for one in articles
    ]


def listed() -> Select[*tuple[Any, ...]]:
    """Return studies with their material and job."""
    rows = select(Study, Material, Job).join(Material, Material.id == Study.material_id)
    return rows.outerjoin(Job, Job.id == Study.job_id)


def study_page(session: Session, study_id: int) -> StudyPage:
    """Return one study. Raises NotFound."""
    row = session.execute(listed().where(Study.id == study_id)).one_or_none()
    if row is None:
        raise NotFound
    study, material, job = row
    sizes = tuple(read_size(one) for one in study.question["sizes"])
    results = ranked([read_result(one) for one in study.answer or []])
    return StudyPage(study, material, job, sizes, tuple(results))
