"""Commands of cutting: each changes one thing and never commits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.codes import Letter
from core.errors import NotFound
from core.jobs import service as jobs
from core.jobs.model import Job
from core.jobs.rules import OPEN
from core.numbers.service import next_codes
from erp.materials import queries as materials
from erp.materials.model import Article, Material
from erp.sales.model import Order
from erp.stock import service as stock
from erp.stock.rules import Size, in_unit, rounded_up
from mes.cutting import queries
from mes.cutting.model import CutLayout, CutPlan, Offcut, Placement, TakenAlong
from mes.cutting.queries import settings as told_settings
from mes.cutting.rules import (
    CutJob,
    CutSheet,
    NoRemakes,
    NothingToCut,
    PiecesChanged,
    PlanRunning,
    PlanState,
    cut_job,
    deal,
    placed_qty,
)
from mes.cutting.service import offcuts
from mes.nesting.rules.plan import Plan
from mes.planning import queries as planning_queries
from mes.planning import service as planning
from mes.planning.model import Batch, BatchOrder
from mes.planning.queries import lots
from mes.splitting import service as splitting
from mes.splitting.model import DoorSet, Piece, Requirement
from mes.splitting.rules import PieceState

SUBJECT = "mes.cutting.plan"
BATCH, ORDER = "mes.planning.batch", "erp.sales.order"
SOLVE = "cutting.solve"  # the kind of job


def plan_batch(session: Session, batch_id: int, *, by: int | None, at: datetime) -> list[CutPlan]:
    """Have a plan computed, in the background, for each material of which pieces of the batch wait.

    A batch that has plans already gets further ones for what came since. Remakes of other batches that wait for the
    same material are taken along: they go into the next cut. Offcuts that fit are held for the plan.
    Locks the batch, then remakes, then offcuts. Raises NotFound, PlanRunning, NothingToCut, NoStockSize.
    """
    batch = _opened(session, batch_id)
    mine = queries.waiting_pieces(session, batch_id)
    materials_wanted = {piece.material_id for piece in mine}
    along = [
        piece
        for piece in queries.waiting_pieces(session, is_urgent=True)
        if piece.material_id in materials_wanted
    ]
    return _plan(session, batch, [*mine, *along], by=by, at=at)


def plan_remakes(session: Session, *, by: int | None, at: datetime) -> list[CutPlan]:
    """Have everything that is made again, of all batches, planned now; it is cut for the batch that waits longest.

    Locks this batch, then remakes, then offcuts. Raises NoRemakes, PlanRunning, NothingToCut, NoStockSize.
    """
    pieces = queries.waiting_pieces(session, is_urgent=True)
    if not pieces:
        raise NoRemakes
    oldest = min(pieces, key=lambda piece: piece.id)
    batch = _opened(session, queries.batch_of_set(session, oldest.set_id) or 0)
    return _plan(session, batch, pieces, by=by, at=at)


def _opened(session: Session, batch_id: int) -> Batch:
    """Return a batch, locked, of which nothing is being computed. Raises NotFound, PlanRunning."""
    batch = session.get(Batch, batch_id, with_for_update=True)
    if batch is None:
        raise NotFound
    _close_stopped(session, batch)
    return batch


def _plan(
    session: Session, batch: Batch, pieces: Sequence[Piece], *, by: int | None, at: datetime
) -> list[CutPlan]:
    """Queue a plan for each material of some waiting pieces; remakes are taken, each by one plan.

    Raises NothingToCut, NoStockSize.
    """
    remakes = _remakes(session, [piece.id for piece in pieces if piece.is_urgent])
    ours = {piece.id: piece for piece in pieces if not piece.is_urgent or piece.id in remakes}
    if not ours:
        raise NothingToCut(number=batch.number)
    told = session.scalar(select(func.count()).select_from(CutPlan).where(CutPlan.batch_id == batch.id)) or 0
    plans = []
    for position, (material, rows) in enumerate(queries.by_material(session, ours.values()), start=told + 1):
        plan = _queue(session, batch, f"{batch.number}-{position}", material, rows, by=by, at=at)
        plans.append(plan)
        taken = [{"plan_id": plan.id, "piece_id": piece.id} for piece in rows if piece.is_urgent]
        if taken:
            session.execute(insert(TakenAlong), taken)
    changes: dict[str, list[Any]] = {"plans": [None, [plan.number for plan in plans]]}
    audit.record(session, subject=BATCH, subject_id=batch.id, verb="plan", by=by, at=at, changes=changes)
    return plans


def _remakes(session: Session, ids: Collection[int]) -> set[int]:
    """Return which of some remakes no plan has, locked; those that another planner takes now are passed by."""
    wanted = select(Piece.id).where(Piece.id.in_(ids)).order_by(Piece.id)
    locked = session.scalars(wanted.with_for_update(skip_locked=True)).all()
    taken = session.scalars(select(TakenAlong.piece_id).where(TakenAlong.piece_id.in_(locked))).all()
    return set(locked) - set(taken)


def _queue(
    session: Session,
    batch: Batch,
    number: str,
    material: Material,
    pieces: Sequence[Piece],
    *,
    by: int | None,
    at: datetime,
) -> CutPlan:
    """Write one plan down with its job. Raises NoStockSize."""
    plan = CutPlan(
        number=number,
        batch_id=batch.id,
        material_id=material.id,
        station_id=told_settings.station_of(session, material.id),
        state=PlanState.QUEUED,
        instance={},
        piece_count=sum(piece.part_count for piece in pieces),
        created_at=at,
    )
    session.add(plan)
    session.flush()  # for its id, which the job and the offcuts need
    wanted = queries.pieces_facts(session, pieces)
    held = offcuts.hold(session, plan.id, material.id, wanted)
    articles = materials.articles(session, material.id)
    job = cut_job(queries.material_facts(session, material, articles, held), wanted)
    plan.instance = job.instance
    plan.job_id = jobs.enqueue(session, SOLVE, _arguments(session, plan, job), by=by, at=at).id
    return plan


def _arguments(session: Session, plan: CutPlan, job: CutJob) -> dict[str, Any]:
    """Return what the job needs beside the instance: the pieces, and how they are wanted sawn."""
    saw = told_settings.saw_facts(session, plan.station_id)
    return {
        "plan_id": plan.id,
        "pieces": job.pieces,
        "ranks": job.ranks,
        "is_longest_first": saw.is_longest_first,
    }


def replan(session: Session, batch_id: int, *, by: int | None, at: datetime) -> list[CutPlan]:
    """Give up every sheet of a batch that is not cut yet, and have what still waits planned anew.

    Labels of these sheets are refused from now on; the offcuts that they held are free. Locks the batch, then its
    plans, then offcuts. Returns the new plans, none when nothing waits any more. Raises NotFound, PlanRunning.
    """
    _opened(session, batch_id)
    ready = (CutPlan.batch_id == batch_id) & (CutPlan.state == PlanState.READY)
    plans = session.scalars(select(CutPlan).where(ready).order_by(CutPlan.id).with_for_update()).all()
    for plan in plans:
        _drop_uncut(session, plan, at=at)
    session.flush()
    put_demand(session, batch_id)
    audit.record(session, subject=BATCH, subject_id=batch_id, verb="replan", by=by, at=at)
    if not queries.waiting_pieces(session, batch_id):
        return []
    return plan_batch(session, batch_id, by=by, at=at)


def stop_batch(session: Session, batch_id: int, *, at: datetime) -> int:
    """Stop what is being computed for a batch: at once what still waits, soon what runs; return how many plans.

    Locks the batch. Raises NotFound.
    """
    if session.get(Batch, batch_id, with_for_update=True) is None:
        raise NotFound
    rows = session.execute(
        select(CutPlan.id, Job)
        .join(Job, Job.id == CutPlan.job_id)
        .where(CutPlan.batch_id == batch_id, CutPlan.state == PlanState.QUEUED, Job.state.in_(OPEN))
        .order_by(CutPlan.id)
    ).all()
    for plan_id, job in rows:
        jobs.stop(session, job.id, at=at)
        session.refresh(job)
        if job.state not in OPEN:
            fail(session, plan_id)
    return len(rows)


def _drop_uncut(session: Session, plan: CutPlan, *, at: datetime) -> None:
    """Drop the sheets of a plan that are not cut; a plan without any sheet left is replaced."""
    dropped = session.scalars(
        update(CutLayout)
        .where(CutLayout.plan_id == plan.id, CutLayout.cut_at.is_(None), CutLayout.dropped_at.is_(None))
        .values(dropped_at=at)
        .returning(CutLayout.id)
        .execution_options(synchronize_session=False)
    ).all()
    offcuts.give_up(session, plan.id, dropped, at=at)
    is_any_cut = select(CutLayout.id).where(CutLayout.plan_id == plan.id, CutLayout.cut_at.is_not(None))
    if dropped and session.scalar(is_any_cut.limit(1)) is None:
        plan.state = PlanState.REPLACED


def _close_stopped(session: Session, batch: Batch) -> None:
    """Let plans go whose job was stopped or has failed. Raises PlanRunning while a job is at work."""
    rows = session.execute(
        select(CutPlan, Job.state)
        .outerjoin(Job, Job.id == CutPlan.job_id)
        .where(CutPlan.batch_id == batch.id, CutPlan.state == PlanState.QUEUED)
    )
    for plan, state in rows.all():
        if state in OPEN:
            raise PlanRunning(number=batch.number)
        plan.state = PlanState.FAILED
        offcuts.release(session, plan.id)
        _let_go(session, plan.id)


def _let_go(session: Session, plan_id: int) -> None:
    """Say that the remakes of a plan are placed, or wait for another one."""
    session.execute(delete(TakenAlong).where(TakenAlong.plan_id == plan_id))


def fail(session: Session, plan_id: int) -> None:
    """Say that a plan will not come; its pieces wait for another one, and the offcuts that it held are free."""
    offcuts.release(session, plan_id)
    _let_go(session, plan_id)
    session.execute(
        update(CutPlan)
        .where(CutPlan.id == plan_id, CutPlan.state == PlanState.QUEUED)
        .values(state=PlanState.FAILED)
        .execution_options(synchronize_session=False)
    )


def store(
    session: Session, plan_id: int, result: Plan, pieces: Mapping[str, Sequence[int]], *, at: datetime
) -> bool:
    """Keep a computed plan: its sheets with their labels, and where every piece lies.

    Tells the batch that it is planned and stock what the batch needs. Says whether this call did it.
    Locks the batch, whose plans are kept one after the other, then the plan. Raises PiecesChanged.
    """
    batch_id = select(CutPlan.batch_id).where(CutPlan.id == plan_id).scalar_subquery()
    session.execute(select(Batch.id).where(Batch.id == batch_id).with_for_update())
    plan = session.get(CutPlan, plan_id, with_for_update=True, populate_existing=True)
    if plan is None or plan.state is not PlanState.QUEUED:
        return False
    _check_waiting(session, plan, pieces)
    sheets = list(deal(result, pieces))
    _insert_sheets(session, plan, result, sheets)
    _let_go(session, plan.id)
    offcuts.release(session, plan.id, but={layout.stock for layout in result.layouts})
    plan.result = result.to_dict()
    plan.state, plan.computed_at = PlanState.READY, at
    plan.yield_rate = result.yield_rate
    plan.stock_count = len(sheets)
    plan.unplaced_count = sum(left.quantity for left in result.unplaced)
    session.flush()  # the sums below see it
    put_demand(session, plan.batch_id)
    _note_yield(session, plan, result, at)
    planning.mark_planned(session, plan.batch_id)
    audit.record(session, subject=SUBJECT, subject_id=plan.id, verb="compute", by=None, at=at)
    return True


def _check_waiting(session: Session, plan: CutPlan, pieces: Mapping[str, Sequence[int]]) -> None:
    """Raise PiecesChanged unless every piece still waits to be cut."""
    wanted = {piece for ids in pieces.values() for piece in ids}
    still = session.scalar(
        select(func.count()).where(Piece.id.in_(wanted), Piece.state == PieceState.PLANNED)
    )
    if still != len(wanted):
        raise PiecesChanged(number=plan.number)


def _insert_sheets(session: Session, plan: CutPlan, result: Plan, sheets: Sequence[CutSheet]) -> None:
    stocks = _stocks(session, plan)
    rows = [
        {
            "code": code,
            "plan_id": plan.id,
            "position": position,
            "pattern": sheet.pattern,
            "article_id": stocks[sheet.article][0],
            "lot_id": stocks[sheet.article][1],
        }
        for position, (code, sheet) in enumerate(
            zip(next_codes(session, Letter.SHEET, len(sheets)), sheets, strict=True), start=1
        )
    ]
    if not rows:
        return
    made = insert(CutLayout).returning(CutLayout.id, sort_by_parameter_order=True)
    layout_ids = session.scalars(made, rows).all()
    placed = [
        {
            "layout_id": layout_id,
            "piece_id": place.piece_id,
            "position": position,
            "x_mm": place.x_mm,
            "y_mm": place.y_mm,
            "length_mm": place.length_mm,
            "width_mm": place.width_mm,
            "is_turned": place.is_turned,
        }
        for layout_id, sheet in zip(layout_ids, sheets, strict=True)
        for position, place in enumerate(sheet.places, start=1)
    ]
    session.execute(insert(Placement), placed)
    cut = [(key, result.layouts[sheet.pattern]) for key, sheet in zip(layout_ids, sheets, strict=True)]
    offcuts.plan_rests(session, plan.material_id, cut)


def _stocks(session: Session, plan: CutPlan) -> dict[str, tuple[int, int | None]]:
    """Return article and, of an offcut, lot behind each stock piece that a plan may cut, by its id there."""
    articles = session.scalars(select(Article).where(Article.material_id == plan.material_id))
    found: dict[str, tuple[int, int | None]] = {article.code: (article.id, None) for article in articles}
    held = session.execute(
        select(Offcut.code, CutLayout.article_id, Offcut.lot_id)
        .join(CutLayout, CutLayout.id == Offcut.layout_id)
        .where(Offcut.plan_id == plan.id)
    )
    return found | {code: (article_id, lot_id) for code, article_id, lot_id in held}


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


def put_demand_of(session: Session, order_id: int) -> None:
    """Tell stock anew what the batch of an order needs, after some of its sets were cancelled."""
    for batch_id in session.scalars(
        select(BatchOrder.batch_id)
        .join(CutPlan, CutPlan.batch_id == BatchOrder.batch_id)
        .where(BatchOrder.order_id == order_id, CutPlan.state == PlanState.READY)
        .distinct()
    ).all():
        put_demand(session, batch_id)


def _note_yield(session: Session, plan: CutPlan, result: Plan, at: datetime) -> None:
    """Tell stock what the plan makes of its sheets or bars, in the material's unit."""
    material = session.get_one(Material, plan.material_id)
    stocks = {one["id"]: one for one in plan.instance["stock"]}
    net_qty = stock_qty = Decimal(0)
    for layout in result.layouts:
        length, width = (_decimal(stocks[layout.stock].get(side)) for side in ("length_mm", "width_mm"))
        size = Size(length, width, material.trim_mm)
        stock_qty += in_unit(Decimal(layout.repeat), material.kind, size)
        net_qty += layout.repeat * placed_qty(layout)
    net_qty = rounded_up(net_qty)
    if stock_qty:
        stock.note_yield(session, plan.number, material.id, net_qty=net_qty, stock_qty=stock_qty, at=at)


def _decimal(value: float | None) -> Decimal | None:
    """Return a number of an instance as it was written."""
    return None if value is None else Decimal(str(value))


def mark_layout_cut(
    session: Session, layout_id: int, *, station_id: int | None, by: int, at: datetime
) -> bool:
    """Mark one sheet or bar as cut; say whether this call was the one that did.

    An offcut that it was cut from leaves the stock, and its rests come in. Locks the sheet by its conditional
    update, then its offcuts.
    """
    done = session.execute(
        update(CutLayout)
        .where(CutLayout.id == layout_id, CutLayout.cut_at.is_(None), CutLayout.dropped_at.is_(None))
        .values(cut_at=at, cut_by_id=by, cut_station_id=station_id)
        .execution_options(synchronize_session=False)
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        return False
    layout = session.get_one(CutLayout, layout_id, populate_existing=True)
    offcuts.after_cut(session, layout, by=by, at=at)
    return True
