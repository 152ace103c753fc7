"""Reads of cutting: the sheets and bars that were reported as cut, with what came of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from erp.materials.model import Article, Material
from erp.materials.rules import MaterialKind
from mes.cutting.model import CutLayout, CutPlan, Offcut, Placement
from mes.cutting.queries.offcuts import IN_STOCK
from mes.cutting.queries.waiting import KINDS
from mes.cutting.rules import extent
from mes.cutting.rules.offcuts import OffcutState
from mes.cutting.rules.yields import CutSheetFacts
from mes.nesting.rules.instance import Kind
from mes.scanning.model import Station
from mes.splitting.model import Piece
from mes.splitting.rules import PieceState

KEPT = (*IN_STOCK, OffcutState.USED)
Sums = dict[int, Decimal]  # by layout


def cut_sheets(
    session: Session, since: datetime, before: datetime, day_of: Callable[[datetime], date]
) -> list[CutSheetFacts]:
    """Return the sheets and bars cut from `since` up to but without `before`, in the order of cutting.

    `day_of` tells the factory's day of a moment.
    """
    window = (CutLayout.cut_at >= since, CutLayout.cut_at < before)
    rows = session.execute(
        select(CutLayout, CutPlan.number, Material.kind, Article, Offcut, Station.name)
        .join(CutPlan, CutPlan.id == CutLayout.plan_id)
        .join(Material, Material.id == CutPlan.material_id)
        .join(Article, Article.id == CutLayout.article_id)
        .outerjoin(Offcut, Offcut.lot_id == CutLayout.lot_id)
        .outerjoin(Station, Station.id == CutLayout.cut_station_id)
        .where(*window)
        .order_by(CutLayout.cut_at, CutLayout.id)
    ).all()
    planned = _planned(session, window)
    lost, unwanted = (_gone(session, window, state) for state in (PieceState.REMAKE, PieceState.VOID))
    kept = _kept(session, window)
    return [
        CutSheetFacts(
            kind=KINDS[kind],
            plan_id=layout.plan_id,
            plan=number,
            saw=station or "",
            cut_on=day_of(layout.cut_at),
            gross=_gross(KINDS[kind], offcut or article),
            planned=planned[layout.plan_id, layout.pattern],
            lost=lost.get(layout.id, Decimal(0)),
            unwanted=unwanted.get(layout.id, Decimal(0)),
            kept=kept.get(layout.id, Decimal(0)),
        )
        for layout, number, kind, article, offcut, station in rows
        if layout.cut_at is not None
    ]


def _gross(kind: Kind, stock: Any) -> Decimal:
    return extent(stock.length_mm, stock.width_mm if kind is Kind.SHEET else None)


def _planned(session: Session, window: Iterable[Any]) -> dict[tuple[int, int], Decimal]:
    """Return what the parts on the sheets come to, by plan and pattern: of equal sheets one is measured."""
    first = select(func.min(CutLayout.id)).where(*window).group_by(CutLayout.plan_id, CutLayout.pattern)
    sums = _sums(session, [Placement.layout_id.in_(first)])
    rows = session.execute(
        select(CutLayout.id, CutLayout.plan_id, CutLayout.pattern).where(CutLayout.id.in_(first))
    )
    return {(plan_id, pattern): sums.get(key, Decimal(0)) for key, plan_id, pattern in rows}


def _gone(session: Session, window: Iterable[Any], state: PieceState) -> Sums:
    """Return what became of parts in one state, by sheet."""
    return _sums(session, [*window, Piece.state == state])


def _sums(session: Session, conditions: Iterable[Any]) -> Sums:
    size = (Placement.layout_id, Material.kind, Placement.length_mm, Placement.width_mm)
    rows = session.execute(
        select(*size, func.count())
        .join(CutLayout, CutLayout.id == Placement.layout_id)
        .join(CutPlan, CutPlan.id == CutLayout.plan_id)
        .join(Material, Material.id == CutPlan.material_id)
        .join(Piece, Piece.id == Placement.piece_id)
        .where(*conditions)
        .group_by(*size)
    )
    found: defaultdict[int, Decimal] = defaultdict(Decimal)
    for layout_id, kind, length, width, count in rows:
        found[layout_id] += count * extent(length, width if kind is MaterialKind.SHEET else None)
    return dict(found)


def _kept(session: Session, window: Iterable[Any]) -> Sums:
    """Return the offcuts that came into stock and were not taken out otherwise, by the sheet they came off."""
    rows = session.execute(
        select(Offcut.layout_id, Offcut.length_mm, Offcut.width_mm)
        .join(CutLayout, CutLayout.id == Offcut.layout_id)
        .where(*window, Offcut.state.in_(KEPT))
    )
    found: defaultdict[int, Decimal] = defaultdict(Decimal)
    for layout_id, length, width in rows:
        found[layout_id] += extent(length, width)
    return dict(found)
