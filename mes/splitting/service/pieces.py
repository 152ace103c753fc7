"""Pieces on their way: cut, made, packed, shipped, returned, scrapped and made again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.codes import Letter
from core.errors import NotFound
from core.events import publish
from core.numbers.service import next_codes
from erp.sales import service as sales
from mes.scanning import service as scanning
from mes.splitting.events import PieceReplaced
from mes.splitting.model import Piece
from mes.splitting.rules import (
    ON_FLOOR,
    PieceState,
)
from mes.splitting.service.writing import PIECES

ADVANCE = (
    update(PIECES)
    .where(
        PIECES.c.id == bindparam("piece"),
        PIECES.c.step_count == bindparam("step"),
        PIECES.c.state.in_(ON_FLOOR),
    )
    .values(step_count=PIECES.c.step_count + 1, state=bindparam("after"), changed_at=bindparam("at"))
    .returning(PIECES.c.order_id)
)


TURN = (
    update(PIECES)
    .where(PIECES.c.id == bindparam("piece"), PIECES.c.state == bindparam("before"))
    .values(state=bindparam("after"), changed_at=bindparam("at"))
    .returning(PIECES.c.order_id)
)


def advance(session: Session, piece_id: int, step: int, state: PieceState, *, at: datetime) -> bool:
    """Count one more operation of a piece as done, if it stood at `step`; say whether this call won.

    The piece becomes `state`; the order's progress is told: its first cut piece starts it, a made one counts.
    """
    order_id = session.scalar(ADVANCE, {"piece": piece_id, "step": step, "after": state, "at": at})
    if order_id is None:
        return False
    if state is PieceState.MADE:
        sales.record_progress(session, order_id, made=1)
    else:
        sales.record_progress(session, order_id)
    return True


def mark_cut(session: Session, piece_ids: Collection[int], *, at: datetime) -> int:
    """Mark untracked pieces as cut (they have no label to scan); return how many were planned."""
    done = session.execute(
        update(Piece)
        .where(Piece.id.in_(piece_ids), Piece.state == PieceState.PLANNED, Piece.is_tracked.is_(False))
        .values(state=PieceState.CUT, changed_at=at)
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def mark_packed(session: Session, piece_id: int, *, at: datetime) -> bool:
    """Mark a made piece as packed, and tell its order; say whether this call won."""
    return _turn(session, piece_id, PieceState.MADE, PieceState.PACKED, packed=1, at=at)


def mark_unpacked(session: Session, piece_id: int, *, at: datetime) -> bool:
    """Take a packed piece back to made, and tell its order; say whether this call won."""
    return _turn(session, piece_id, PieceState.PACKED, PieceState.MADE, packed=-1, at=at)


def _turn(
    session: Session, piece_id: int, before: PieceState, after: PieceState, *, packed: int, at: datetime
) -> bool:
    order_id = session.scalar(TURN, {"piece": piece_id, "before": before, "after": after, "at": at})
    if order_id is None:
        return False
    sales.record_progress(session, order_id, packed=packed)
    return True


def mark_shipped(session: Session, piece_ids: Collection[int], *, at: datetime) -> int:
    """Mark packed pieces as shipped; return how many were packed."""
    done = session.execute(
        update(Piece)
        .where(Piece.id.in_(piece_ids), Piece.state == PieceState.PACKED)
        .values(state=PieceState.SHIPPED, changed_at=at)
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def mark_returned(session: Session, piece_ids: Collection[int], *, at: datetime) -> int:
    """Take shipped pieces back to packed, as their package came back; return how many were shipped."""
    done = session.execute(
        update(Piece)
        .where(Piece.id.in_(piece_ids), Piece.state == PieceState.SHIPPED)
        .values(state=PieceState.PACKED, changed_at=at)
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def replace(session: Session, piece_id: int, reason: str, *, by: int | None, at: datetime) -> Piece | None:
    """Scrap a piece that is not packed and return the one to be made in its place; None when another was first.

    What was built into it is made again as well. The old label is refused from
    now on and names the new one. Publishes PieceReplaced.
    """
    old = _held(session, piece_id)
    was_made = old.state is PieceState.MADE
    if not _scrap(session, old, at):
        return None
    new = _again(session, old, at)
    if old.code is not None:
        scanning.supersede(session, old.code, new.code, reason, by=by, at=at)
    built_in = session.scalars(
        select(Piece).where(
            Piece.set_id == old.set_id, Piece.joins == old.rule_code, Piece.state.in_(ON_FLOOR)
        )
    ).all()
    for part in built_in:
        if _scrap(session, part, at):
            _again(session, part, at)
    if was_made:
        sales.record_progress(session, old.order_id, made=-1)
    publish(session, PieceReplaced(old.id, new.id))
    _note(session, "replace", old, new, by=by, at=at)
    return new


def make_again(session: Session, piece_id: int, *, by: int | None, at: datetime) -> Piece | None:
    """Plan a piece once more that has left the house; None when it has not, or is made again already.

    The old one stays shipped: it lies at the dealer's. What is built into it is made again as well.
    """
    old = _held(session, piece_id)
    known = select(Piece.id).where(Piece.remake_of_id == piece_id)
    if old.state is not PieceState.SHIPPED or session.scalar(known) is not None:
        return None
    new = _again(session, old, at)
    built_in = select(Piece).where(
        Piece.set_id == old.set_id,
        Piece.joins == old.rule_code,
        Piece.state.not_in((PieceState.VOID, PieceState.REMAKE)),
    )
    for part in session.scalars(built_in).all():
        _again(session, part, at)
    sales.record_progress(session, old.order_id, pieces=int(new.is_tracked))
    _note(session, "make_again", old, new, by=by, at=at)
    return new


def _held(session: Session, piece_id: int) -> Piece:
    """Lock a piece and return it as it stands: a scan may have moved it since it was read. Raises NotFound."""
    piece = session.get(Piece, piece_id, with_for_update=True, populate_existing=True)
    if piece is None:
        raise NotFound
    return piece


def _note(session: Session, verb: str, old: Piece, new: Piece, *, by: int | None, at: datetime) -> None:
    codes = {"code": [old.code, new.code]}
    audit.record(
        session, subject="mes.splitting.piece", subject_id=old.id, verb=verb, by=by, at=at, changes=codes
    )


def _scrap(session: Session, piece: Piece, at: datetime) -> bool:
    done = session.execute(
        update(Piece)
        .where(Piece.id == piece.id, Piece.state.in_(ON_FLOOR))
        .values(state=PieceState.REMAKE, changed_at=at)
        .execution_options(synchronize_session=False)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


COPIED = (
    *("set_id", "order_id", "rule_code", "name", "name_en", "part_group", "material_id", "thickness_mm"),
    *("length_mm", "width_mm", "cut_length_mm", "cut_width_mm", "cut_method", "grain", "part_count"),
    *("is_tracked", "edges", "mitre", "machining", "drawn_as", "joins", "mirror_code", "package_kind"),
    *("package_index", "route", "hand_edit_id"),
)


def _again(session: Session, old: Piece, at: datetime) -> Piece:
    """Plan a piece once more, urgently, with a label of its own."""
    new = Piece(
        **{name: getattr(old, name) for name in COPIED},
        code=next_codes(session, Letter.PIECE, 1)[0] if old.is_tracked else None,
        is_urgent=True,
        remake_of_id=old.id,
        changed_at=at,
        state=PieceState.PLANNED,
        step_count=0,
    )
    session.add(new)
    session.flush()  # for its id
    return new
