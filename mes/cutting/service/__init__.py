"""Commands of cutting: what is planned, and planned anew, and what the saw reports. None commits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.errors import NotFound
from core.jobs import service as jobs
from core.jobs.model import Job
from core.jobs.rules import OPEN
from erp.materials import queries as materials
from erp.materials.model import Material
from mes.cutting import queries
from mes.cutting.model import CutLayout, CutPlan, TakenAlong
from mes.cutting.queries import settings as told_settings
from mes.cutting.rules import CutJob, NoRemakes, NothingToCut, PlanRunning, PlanState, cut_job
from mes.cutting.service import offcuts, results
from mes.cutting.service.demand import put_demand
from mes.planning import queries as planning
from mes.planning.model import Batch
from mes.splitting.model import Piece

BATCH = "mes.planning.batch"
SOLVE = "cutting.solve"  # the kind of job


def plan_batch(session: Session, batch_id: int, *, by: int | None, at: datetime) -> list[CutPlan]:
    """Have a plan computed, in the background, for each material of which pieces of the batch wait.

    A batch that has plans already gets further ones for what came since. Remakes of other batches that wait for the
    same material are taken along: they go into the next cut. Offcuts that fit are held for the plan.
    Locks the batch, then remakes, then offcuts. Raises NotFound, PlanRunning, NothingToCut, NoStockSize.
    """
    batch = _opened(session, batch_id, at)
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
    batch = _opened(session, planning.batch_of_set(session, oldest.set_id) or 0, at)
    return _plan(session, batch, pieces, by=by, at=at)


def _opened(session: Session, batch_id: int, at: datetime) -> Batch:
    """Return a batch, locked, of which nothing is being computed. Raises NotFound, PlanRunning."""
    batch = session.get(Batch, batch_id, with_for_update=True)
    if batch is None:
        raise NotFound
    _close_stopped(session, batch, at)
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
    _opened(session, batch_id, at)
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


def _close_stopped(session: Session, batch: Batch, at: datetime) -> None:
    """Keep what plans found whose job was stopped or has failed. Raises PlanRunning while a job is at work."""
    rows = session.execute(
        select(CutPlan, Job.state)
        .outerjoin(Job, Job.id == CutPlan.job_id)
        .where(CutPlan.batch_id == batch.id, CutPlan.state == PlanState.QUEUED)
        .order_by(CutPlan.id)
        .with_for_update(of=CutPlan)
    ).all()
    if any(state in OPEN for _plan, state in rows):
        raise PlanRunning(number=batch.number)
    for plan, _state in rows:
        results.end_early(session, plan, at=at)


def mark_layout_cut(
    session: Session,
    layout_id: int,
    *,
    station_id: int | None,
    lot_id: int | None = None,
    by: int,
    at: datetime,
) -> bool:
    """Mark one sheet or bar as cut; say whether this call was the one that did.

    `lot_id` is the lot of boards that was scanned for it; an offcut has the lot of the board that it came off. An
    offcut that it was cut from leaves the stock, and its rests come in. Locks the sheet by its conditional update,
    then its offcuts.
    """
    done = session.execute(
        update(CutLayout)
        .where(CutLayout.id == layout_id, CutLayout.cut_at.is_(None), CutLayout.dropped_at.is_(None))
        .values(cut_at=at, cut_by_id=by, cut_station_id=station_id, board_lot_id=lot_id)
        .execution_options(synchronize_session=False)
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        return False
    layout = session.get_one(CutLayout, layout_id, populate_existing=True)
    if layout.lot_id is not None:
        layout.board_lot_id = queries.board_lot_of_offcut(session, layout.lot_id)
    offcuts.after_cut(session, layout, by=by, at=at)
    return True
