"""Commands of cutting: what comes of a plan that is computed: shown, kept, ended early or given up. None commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.codes import Letter
from core.errors import NotFound
from core.jobs import service as jobs
from core.jobs.model import Job
from core.jobs.rules import OPEN
from core.numbers.service import next_codes
from erp.materials.model import Article, Material
from erp.stock import service as stock
from erp.stock.rules import Size, in_unit, rounded_up
from mes.cutting.model import CutLayout, CutPlan, Offcut, Placement, TakenAlong
from mes.cutting.rules import CutSheet, PiecesChanged, PlanState, deal, placed_qty, worth
from mes.cutting.service import offcuts
from mes.cutting.service.demand import put_demand
from mes.nesting.rules.instance import read_instance
from mes.nesting.rules.plan import Plan, read_plan
from mes.planning import service as planning
from mes.planning.model import Batch
from mes.splitting.model import Piece
from mes.splitting.rules import PieceState

SUBJECT = "mes.cutting.plan"


def stop_batch(session: Session, batch_id: int, *, at: datetime) -> int:
    """Stop what is being computed for a batch and keep the best found so far; return how many plans it was.

    What has found nothing yet waits again, or ends as soon as it has. Locks the batch, then the plans. Raises NotFound.
    """
    if session.get(Batch, batch_id, with_for_update=True) is None:
        raise NotFound
    wanted = select(CutPlan).join(Job, Job.id == CutPlan.job_id)
    open_ones = wanted.where(CutPlan.batch_id == batch_id, Job.state.in_(OPEN))
    plans = session.scalars(
        open_ones.where(CutPlan.state == PlanState.QUEUED)
        .order_by(CutPlan.id)
        .with_for_update(of=CutPlan)
        .execution_options(populate_existing=True)
    ).all()
    for plan in plans:
        _stop(session, plan, at=at)
    return len(plans)


def stop_plan(session: Session, plan_id: int, *, at: datetime) -> CutPlan:
    """Stop one plan that is being computed and keep the best found so far, as `stop_batch` does.

    Locks its batch, then the plan. Raises NotFound.
    """
    plan = _locked(session, plan_id)
    if plan is None:
        raise NotFound
    if plan.state is PlanState.QUEUED:
        _stop(session, plan, at=at)
    return plan


def _stop(session: Session, plan: CutPlan, *, at: datetime) -> None:
    """Stop a plan's job; keep what it has found, unless it is at work and has found nothing yet: then it will."""
    job = session.get(Job, plan.job_id)
    if job is not None:
        jobs.stop(session, job.id, at=at)
        session.refresh(job)
    if plan.result is not None or job is None or job.state not in OPEN:
        end_early(session, plan, at=at)


def end_early(session: Session, plan: CutPlan, *, at: datetime) -> None:
    """Keep the best that was found of a plan that nobody computes any more; without any it is given up.

    It is given up as well when its pieces were scrapped or cut meanwhile. The caller has locked batch and plan.
    """
    job = session.get(Job, plan.job_id)
    if plan.result is None or job is None or not _are_waiting(session, job.arguments["pieces"]):
        fail(session, plan.id)
        return
    _keep(session, plan, read_plan(plan.result), job.arguments["pieces"], at=at)


def publish(session: Session, plan_id: int, found: Plan) -> bool:
    """Show the best plan found so far while its job goes on; say whether it is better than the last. Locks the plan."""
    plan = session.get(CutPlan, plan_id, with_for_update=True, populate_existing=True)
    if plan is None or plan.state is not PlanState.QUEUED or _better(plan, found) is not found:
        return False
    _write_down(plan, found)
    return True


def _better(plan: CutPlan, found: Plan) -> Plan:
    """Return what was found now, unless what was published before leaves out less or costs no more.

    A job that was begun anew after its worker died has published already.
    """
    if plan.result is None:
        return found
    before, instance = read_plan(plan.result), read_instance(plan.instance)
    return found if worth(instance, found) < worth(instance, before) else before


def _write_down(plan: CutPlan, result: Plan) -> None:
    """Write a result and its figures on its plan."""
    plan.result = result.to_dict()
    plan.yield_rate = result.yield_rate
    plan.stock_count = sum(layout.repeat for layout in result.layouts)
    plan.unplaced_count = sum(left.quantity for left in result.unplaced)


def fail(session: Session, plan_id: int) -> None:
    """Say that a plan will not come; its pieces wait for another one, and the offcuts that it held are free."""
    offcuts.release(session, plan_id)
    let_go(session, plan_id)
    session.execute(
        update(CutPlan)
        .where(CutPlan.id == plan_id, CutPlan.state == PlanState.QUEUED)
        .values(state=PlanState.FAILED, result=None, yield_rate=None, stock_count=None, unplaced_count=None)
        .execution_options(synchronize_session=False)
    )


def let_go(session: Session, plan_id: int) -> None:
    """Say that the remakes of a plan are placed, or wait for another one."""
    session.execute(delete(TakenAlong).where(TakenAlong.plan_id == plan_id))


def store(
    session: Session, plan_id: int, result: Plan, pieces: Mapping[str, Sequence[int]], *, at: datetime
) -> bool:
    """Keep a computed plan: its sheets with their labels, and where every piece lies; of two, the better one.

    Tells the batch that it is planned and stock what the batch needs. Says whether this call did it.
    Locks the batch, whose plans are kept one after the other, then the plan. Raises PiecesChanged.
    """
    plan = _locked(session, plan_id)
    if plan is None or plan.state is not PlanState.QUEUED:
        return False
    if not _are_waiting(session, pieces):
        raise PiecesChanged(number=plan.number)
    _keep(session, plan, _better(plan, result), pieces, at=at)
    return True


def _locked(session: Session, plan_id: int) -> CutPlan | None:
    """Return a plan, locked after its batch."""
    batch_id = select(CutPlan.batch_id).where(CutPlan.id == plan_id).scalar_subquery()
    session.execute(select(Batch.id).where(Batch.id == batch_id).with_for_update())
    return session.get(CutPlan, plan_id, with_for_update=True, populate_existing=True)


def _keep(
    session: Session, plan: CutPlan, result: Plan, pieces: Mapping[str, Sequence[int]], *, at: datetime
) -> None:
    """Make the sheets of a result; the caller has locked batch and plan, and its pieces still wait."""
    _write_down(plan, result)
    _insert_sheets(session, plan, result, list(deal(result, pieces)))
    let_go(session, plan.id)
    offcuts.release(session, plan.id, but={layout.stock for layout in result.layouts})
    plan.state, plan.computed_at = PlanState.READY, at
    session.flush()  # the sums below see it
    put_demand(session, plan.batch_id)
    _note_yield(session, plan, result, at)
    planning.mark_planned(session, plan.batch_id)
    audit.record(session, subject=SUBJECT, subject_id=plan.id, verb="compute", by=None, at=at)


def _are_waiting(session: Session, pieces: Mapping[str, Sequence[int]]) -> bool:
    """Say whether every piece still waits to be cut."""
    wanted = {piece for ids in pieces.values() for piece in ids}
    still = session.scalar(
        select(func.count()).where(Piece.id.in_(wanted), Piece.state == PieceState.PLANNED)
    )
    return still == len(wanted)


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
