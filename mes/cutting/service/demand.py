"""Commands of cutting: what stock is told that a batch needs. None commits."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from erp.materials.model import Article, Material
from erp.sales.model import Order
from erp.stock import service as stock
from erp.stock.rules import Size, in_unit
from mes.cutting.model import CutLayout, CutPlan
from mes.cutting.rules import PlanState
from mes.planning import queries as planning_queries
from mes.planning.model import Batch, BatchOrder
from mes.planning.queries import lots
from mes.splitting import service as splitting
from mes.splitting.model import DoorSet, Requirement

BATCH, ORDER = "mes.planning.batch", "erp.sales.order"


def put_demand(session: Session, batch_id: int) -> None:
    """Tell stock what a batch needs: sheets and bars by the piece, the rest as its sets require it.

    Locks the orders of the batch: another batch may hold another colour of one.
    """
    order_ids = planning_queries.order_ids(session, batch_id)
    session.execute(select(Order.id).where(Order.id.in_(order_ids)).order_by(Order.id).with_for_update())
    need: defaultdict[int, Decimal] = defaultdict(Decimal)
    sheets = session.execute(
        select(CutPlan.material_id, func.count(CutLayout.id))
        .join(CutLayout, CutLayout.plan_id == CutPlan.id)
        .where(CutPlan.batch_id == batch_id, CutPlan.state == PlanState.READY)
        .where(CutLayout.dropped_at.is_(None), CutLayout.lot_id.is_(None))  # offcuts are in the factory
        .group_by(CutPlan.material_id)
    )
    for material_id, count in sheets:
        need[material_id] += Decimal(count)
    batched = lots.batched_sets().subquery()
    required = session.execute(
        select(Requirement.material_id, Requirement.needed_qty)
        .join(batched, batched.c.set_id == Requirement.set_id)
        .where(batched.c.batch_id == batch_id)
    )
    for material_id, qty in required:
        need[material_id] += qty
    batch = session.get_one(Batch, batch_id)
    stock.put_demand(
        session,
        BATCH,
        batch_id,
        need,
        unit_qty=_stock_in_unit(session, batch_id),
        name=batch.number,
        needed_on=batch.due_on,
    )
    for order_id in order_ids:
        open_sets = _sets_without_plan(session, order_id)
        if open_sets:  # other colours of it: these alone are still asked for by the order
            splitting.put_need(session, order_id, open_sets)
            stock.ask_again(session, ORDER, order_id)
        else:
            stock.carry(session, ORDER, [order_id], need)


def put_demand_of(session: Session, order_id: int) -> None:
    """Tell stock anew what the batch of an order needs, after some of its sets were cancelled."""
    for batch_id in session.scalars(
        select(BatchOrder.batch_id)
        .join(CutPlan, CutPlan.batch_id == BatchOrder.batch_id)
        .where(BatchOrder.order_id == order_id, CutPlan.state == PlanState.READY)
        .distinct()
    ).all():
        put_demand(session, batch_id)


def _sets_without_plan(session: Session, order_id: int) -> list[int]:
    """Return the sets of an order whose batch, if they have one, has no plan yet."""
    batched = lots.batched_sets().subquery()
    planned = (
        select(batched.c.set_id)
        .join(CutPlan, CutPlan.batch_id == batched.c.batch_id)
        .where(CutPlan.state == PlanState.READY)
    )
    wanted = select(DoorSet.id).where(DoorSet.order_id == order_id, DoorSet.voided_at.is_(None))
    return list(session.scalars(wanted.where(DoorSet.id.not_in(planned)).order_by(DoorSet.id)))


def _stock_in_unit(session: Session, batch_id: int) -> dict[int, Decimal]:
    """Return the sheets and bars of a batch's plans in their material's unit, each by its own size."""
    rows = session.execute(
        select(Material, Article.length_mm, Article.width_mm, func.count(CutLayout.id))
        .join(Article, Article.material_id == Material.id)
        .join(CutLayout, CutLayout.article_id == Article.id)
        .join(CutPlan, CutPlan.id == CutLayout.plan_id)
        .where(CutPlan.batch_id == batch_id, CutPlan.state == PlanState.READY)
        .group_by(Material.id, Article.id)
    )
    found: defaultdict[int, Decimal] = defaultdict(Decimal)
    for material, length, width, count in rows:
        found[material.id] += in_unit(Decimal(count), material.kind, Size(length, width, material.trim_mm))
    return dict(found)
