"""Reads of cutting: how the plans of a batch stand, while they are computed and after its orders changed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.jobs.model import Job
from core.jobs.rules import OPEN
from mes.cutting.model import CutLayout, CutPlan, Placement
from mes.cutting.queries.waiting import waiting_pieces
from mes.cutting.rules import PlanState
from mes.cutting.rules.progress import BatchProgress, PlanWork, progress
from mes.splitting.model import Piece
from mes.splitting.rules import PieceState


@dataclass(frozen=True, slots=True)
class Stale:
    """What the plans of a batch do not know: parts on sheets not cut that nobody wants, and pieces in no plan."""

    unwanted_count: int
    waiting_count: int

    def __bool__(self) -> bool:
        """Say whether what is not cut yet should be planned anew."""
        return bool(self.unwanted_count)


def stale(session: Session, batch_id: int) -> Stale:
    """Return what has changed since a batch was planned, on sheets that are not cut; what is cut stands."""
    return Stale(unwanted_parts(session, [batch_id]).get(batch_id, 0), len(waiting_pieces(session, batch_id)))


def unwanted_parts(session: Session, batch_ids: Collection[int]) -> dict[int, int]:
    """Return by batch how many parts on sheets that are not cut nobody wants: cancelled, changed or scrapped."""
    rows = session.execute(
        select(CutPlan.batch_id, func.count())
        .join(CutLayout, CutLayout.plan_id == CutPlan.id)
        .join(Placement, Placement.layout_id == CutLayout.id)
        .join(Piece, Piece.id == Placement.piece_id)
        .where(CutPlan.batch_id.in_(batch_ids), CutPlan.state == PlanState.READY)
        .where(CutLayout.cut_at.is_(None), CutLayout.dropped_at.is_(None))
        .where(Piece.state.in_((PieceState.VOID, PieceState.REMAKE)))
        .group_by(CutPlan.batch_id)
    )
    return dict(rows.all())


def batch_progress(session: Session, batch_id: int, at: datetime) -> BatchProgress | None:
    """Return how far the plans are that were asked for last, or nothing when none is on its way."""
    asked = (
        select(func.max(CutPlan.created_at))
        .join(Job, Job.id == CutPlan.job_id)
        .where(CutPlan.batch_id == batch_id, CutPlan.state == PlanState.QUEUED, Job.state.in_(OPEN))
    )
    asked_at = session.scalar(asked)
    rows = session.execute(
        select(CutPlan.piece_count, Job)
        .join(Job, Job.id == CutPlan.job_id)
        .where(CutPlan.batch_id == batch_id, CutPlan.created_at == asked_at)
        .order_by(CutPlan.id)
    ).all()
    works = [PlanWork(count, job.state, job.done_count, job.total_count) for count, job in rows]
    began_at = min((job.started_at for _, job in rows if job.started_at), default=None)
    return progress(works, began_at, at) if works else None
