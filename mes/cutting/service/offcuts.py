"""Commands of cutting: offcuts come into stock, are held by one plan, are cut up or taken out. None commits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.codes import Letter
from core.errors import NotFound
from core.numbers.service import next_codes
from erp.materials.model import Article
from erp.stock import service as stock
from mes.cutting.model import CutLayout, Offcut
from mes.cutting.queries import offcuts as queries
from mes.cutting.rules import DMM, OffcutFacts, PieceFacts
from mes.cutting.rules.offcuts import OffcutEnd, OffcutState, check_end
from mes.nesting.rules.plan import Layout

SUBJECT, PLAN = "mes.cutting.offcut", "mes.cutting.plan"
OFFERED_MOST = 24  # more sizes only slow the search down


def hold(session: Session, plan_id: int, material_id: int, pieces: Sequence[PieceFacts]) -> list[OffcutFacts]:
    """Hold the free offcuts of a material that fit one of the pieces, for one plan; return them.

    The wanted ones first, then the oldest. Locks them; those that another plan takes at this moment are passed by.
    """
    rows = session.execute(
        select(Offcut, Article)
        .join(CutLayout, CutLayout.id == Offcut.layout_id)
        .join(Article, Article.id == CutLayout.article_id)
        .where(Offcut.material_id == material_id, Offcut.state == OffcutState.FREE)
        .order_by(Offcut.is_wanted.desc(), Offcut.kept_at, Offcut.id)
        .with_for_update(of=Offcut, skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    fitting = [(row, article) for row, article in rows if any(_fits(row, piece) for piece in pieces)]
    for row, _article in fitting[:OFFERED_MOST]:
        row.state, row.plan_id = OffcutState.HELD, plan_id
    session.flush()
    return [queries.facts(row, article) for row, article in fitting[:OFFERED_MOST]]


def _fits(row: Offcut, piece: PieceFacts) -> bool:
    """Say whether a piece is not larger than an offcut, whichever way it lies; the engine knows the rest."""
    ours = sorted((row.length_mm, row.width_mm or row.length_mm))
    sides = sorted((piece.length_mm, piece.width_mm or piece.length_mm))
    return sides[0] <= ours[0] and sides[1] <= ours[1]


def release(session: Session, plan_id: int, *, but: Collection[str] = ()) -> None:
    """Let go the offcuts that a plan holds and does not use."""
    session.execute(
        update(Offcut)
        .where(Offcut.plan_id == plan_id, Offcut.state == OffcutState.HELD, Offcut.code.not_in(but))
        .values(state=OffcutState.FREE, plan_id=None)
        .execution_options(synchronize_session=False)
    )


def plan_rests(session: Session, material_id: int, sheets: Sequence[tuple[int, Layout]]) -> None:
    """Write down what rests the sheets of a plan will leave, each with a label; `sheets`: row id and layout."""
    is_bar = any(offcut.width_dmm == 0 for _, layout in sheets for offcut in layout.offcuts)
    rests = [(layout_id, offcut) for layout_id, layout in sheets for offcut in layout.offcuts]
    rows = [
        {
            "code": code,
            "layout_id": layout_id,
            "material_id": material_id,
            "x_mm": offcut.x_dmm * DMM,
            "y_mm": offcut.y_dmm * DMM,
            "length_mm": offcut.length_dmm * DMM,
            "width_mm": None if is_bar else offcut.width_dmm * DMM,
            "state": OffcutState.PLANNED,
            "is_wanted": False,
            "reason": "",
        }
        for code, (layout_id, offcut) in zip(
            next_codes(session, Letter.SHEET, len(rests)), rests, strict=True
        )
    ]
    if rows:
        session.execute(insert(Offcut), rows)


def give_up(session: Session, plan_id: int, layout_ids: Sequence[int], *, at: datetime) -> None:
    """Undo what sheets that will not be cut have held and would have left."""
    lots = select(CutLayout.lot_id).where(CutLayout.id.in_(layout_ids), CutLayout.lot_id.is_not(None))
    session.execute(
        update(Offcut)
        .where(Offcut.plan_id == plan_id, Offcut.lot_id.in_(lots))
        .values(state=OffcutState.FREE, plan_id=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Offcut)
        .where(Offcut.layout_id.in_(layout_ids), Offcut.state == OffcutState.PLANNED)
        .values(state=OffcutState.VOID, ended_at=at)
        .execution_options(synchronize_session=False)
    )


def after_cut(session: Session, layout: CutLayout, *, by: int, at: datetime) -> int:
    """Take what a sheet was cut from out of stock, if it was an offcut, and its rests in; return how many came.

    Locks the rests, then their balances.
    """
    if layout.lot_id is not None:
        session.execute(
            update(Offcut)
            .where(Offcut.lot_id == layout.lot_id)
            .values(state=OffcutState.USED, plan_id=None, ended_at=at)
            .execution_options(synchronize_session=False)
        )
        stock.cut_up(session, layout.lot_id, subject=PLAN, subject_id=layout.plan_id, by=by, at=at)
    rests = session.scalars(
        select(Offcut)
        .where(Offcut.layout_id == layout.id, Offcut.state == OffcutState.PLANNED)
        .order_by(Offcut.id)
        .with_for_update()
    ).all()
    for rest in rests:
        lot = stock.keep_offcut(
            session,
            layout.article_id,
            rest.code,
            stock.OffcutSize(rest.length_mm, rest.width_mm),
            subject=PLAN,
            subject_id=layout.plan_id,
            by=by,
            at=at,
        )
        rest.state, rest.lot_id, rest.kept_at = OffcutState.FREE, lot.id, at
    session.flush()
    return len(rests)


def end(
    session: Session, offcut_id: int, what: OffcutEnd, reason: str, *, by: int | None, at: datetime
) -> Offcut:
    """Decide about an offcut: the next plan takes it at no cost, it was used otherwise, or it is scrapped.

    Locks it, then its balance. Raises NotFound, OffcutBusy, OffcutReasonMissing.
    """
    row = session.get(Offcut, offcut_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    check_end(row.code, row.state, what, reason)
    if what is OffcutEnd.FIRST:
        row.is_wanted = True
    elif row.lot_id is not None:
        is_scrap = what is OffcutEnd.SCRAPPED
        stock.take_out(
            session, row.lot_id, is_scrap=is_scrap, subject=SUBJECT, subject_id=row.id, by=by, at=at
        )
        row.state, row.ended_at, row.reason = OffcutState.GONE, at, reason.strip()
    changes = {"end": [None, what.value], "reason": [None, reason.strip()]}
    audit.record(session, subject=SUBJECT, subject_id=row.id, verb="end", by=by, at=at, changes=changes)
    session.flush()
    return row
