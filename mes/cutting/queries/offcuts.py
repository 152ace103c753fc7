"""Reads of cutting: offcuts, what they are worth, how long they have lain, and the proof that they agree with stock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from erp.materials.model import Article, Material
from erp.stock.model import Balance, Lot, Place
from mes.cutting.model import CutLayout, CutPlan, Offcut
from mes.cutting.rules import OffcutFacts, PlanState, extent
from mes.cutting.rules.offcuts import OffcutState, age_days, is_dead

IN_STOCK = (OffcutState.FREE, OffcutState.HELD)
CENT = Decimal("0.01")
SORTS = {
    "code": Offcut.id,
    "material": Material.name,
    "length": Offcut.length_mm,
    "since": Offcut.kept_at,
    "state": Offcut.state,
    "place": Place.name,
}


@dataclass(frozen=True, slots=True)
class OffcutShown:
    """An offcut with its material, where it lies and which plan holds it."""

    row: Offcut
    material: Material
    article: Article
    place: Place | None
    plan: CutPlan | None

    @property
    def value_amount(self) -> Decimal | None:
        """Its share of the price of a whole sheet or bar; None where nobody knows the price."""
        if self.article.cost_price is None:
            return None
        return facts(self.row, self.article).value_amount.quantize(CENT)

    def days(self, at: datetime) -> int:
        """How long it has lain."""
        return 0 if self.row.kept_at is None else age_days(self.row.kept_at, at)

    def is_dead(self, at: datetime) -> bool:
        """Whether somebody should decide about it."""
        return self.row.state in IN_STOCK and self.row.kept_at is not None and is_dead(self.row.kept_at, at)


def facts(row: Offcut, article: Article) -> OffcutFacts:
    """Return an offcut as the rules want it."""
    whole = extent(article.length_mm or row.length_mm, article.width_mm)
    return OffcutFacts(row.code, row.length_mm, row.width_mm, article.cost_price, whole, row.is_wanted)


def _all() -> Any:
    """Return all offcuts, rows as the fields of OffcutShown."""
    rows: Any = (
        select(Offcut, Material, Article, Place, CutPlan)
        .join(Material, Material.id == Offcut.material_id)
        .join(CutLayout, CutLayout.id == Offcut.layout_id)
        .join(Article, Article.id == CutLayout.article_id)
        .outerjoin(Balance, and_(Balance.lot_id == Offcut.lot_id, Balance.on_hand_qty > 0))
        .outerjoin(Place, Place.id == Balance.place_id)
        .outerjoin(CutPlan, CutPlan.id == Offcut.plan_id)
    )
    return rows


def listed(text: str, state: OffcutState | None, dead_since: datetime | None = None) -> Select[Any]:
    """Return the offcuts of a list page, rows as the fields of OffcutShown; without a state those in stock."""
    rows = _all()
    rows = rows.where(Offcut.state == state) if state else rows.where(Offcut.state.in_(IN_STOCK))
    if dead_since is not None:
        rows = rows.where(Offcut.kept_at <= dead_since)
    for word in text.split():
        fields = (Offcut.code, Material.code, Material.name, Material.name_en, Place.name)
        rows = rows.where(or_(*(field.icontains(word, autoescape=True) for field in fields)))
    return cast(Select[Any], rows)


def shown(session: Session, offcut_id: int) -> OffcutShown | None:
    """Return one offcut."""
    row = session.execute(_all().where(Offcut.id == offcut_id)).one_or_none()
    return None if row is None else OffcutShown(*row)


@dataclass(frozen=True, slots=True)
class Source:
    """The sheet that an offcut came from, and the plan of that sheet."""

    plan: CutPlan
    layout: CutLayout


def source(session: Session, offcut_id: int) -> Source | None:
    """Return where an offcut came from."""
    rows = select(CutPlan, CutLayout).join(CutLayout, CutLayout.plan_id == CutPlan.id)
    row = session.execute(
        rows.join(Offcut, Offcut.layout_id == CutLayout.id).where(Offcut.id == offcut_id)
    ).one_or_none()
    return None if row is None else Source(*row)


def of_code(session: Session, code: str) -> Offcut | None:
    """Return the offcut with this label."""
    return session.scalar(select(Offcut).where(Offcut.code == code))


def of_plan(session: Session, plan_id: int) -> Sequence[Offcut]:
    """Return the offcuts that a plan leaves, as its sheets are cut."""
    rows = select(Offcut).join(CutLayout, CutLayout.id == Offcut.layout_id)
    return session.scalars(
        rows.where(CutLayout.plan_id == plan_id).order_by(CutLayout.position, Offcut.id)
    ).all()


def state_counts(session: Session) -> dict[OffcutState, int]:
    """Return how many offcuts stand where."""
    return dict(session.execute(select(Offcut.state, func.count()).group_by(Offcut.state)).all())


def prove(session: Session) -> list[str]:
    """Return what is wrong: an offcut that stock does not have (or still has), or that no plan really holds."""
    on_hand = func.coalesce(func.sum(Balance.on_hand_qty), 0)
    rows = session.execute(
        select(Offcut.code, Offcut.state, on_hand)
        .outerjoin(Balance, Balance.lot_id == Offcut.lot_id)
        .group_by(Offcut.id)
    )
    faults = [
        f"offcut {code}: {state.value}, {qty} in stock"
        for code, state, qty in rows
        if (qty == 1) != (state in IN_STOCK)
    ]
    open_layouts = (
        select(CutLayout.id)
        .join(CutPlan, CutPlan.id == CutLayout.plan_id)
        .where(CutLayout.lot_id == Offcut.lot_id, CutLayout.plan_id == Offcut.plan_id)
        .where(CutLayout.cut_at.is_(None), CutLayout.dropped_at.is_(None))
    )
    held = (
        select(Offcut.code, CutPlan.number)
        .join(CutPlan, CutPlan.id == Offcut.plan_id)
        .where(CutPlan.state != PlanState.QUEUED, ~open_layouts.exists())
    )
    faults += [f"offcut {code}: held by {number} for nothing" for code, number in session.execute(held)]
    twice = (
        select(Lot.code)
        .join(CutLayout, CutLayout.lot_id == Lot.id)
        .where(CutLayout.dropped_at.is_(None))
        .group_by(Lot.id)
        .having(func.count() > 1)
    )
    return faults + [f"offcut {code}: in more than one plan" for code in session.scalars(twice)]
