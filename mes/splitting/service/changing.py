"""What a change of a released order does to its sets and pieces."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from core.codes import Letter
from core.i18n import Named
from core.numbers.service import next_codes
from erp.materials import queries as materials
from erp.sales.model import Order
from erp.stock import service as stock
from mes.scanning import service as scanning
from mes.splitting import queries
from mes.splitting.model import DoorSet, Piece
from mes.splitting.rules import (
    VOIDABLE,
    FrozenOrder,
    PieceMoved,
    PieceState,
    SetChange,
    SetGone,
    Voided,
)
from mes.splitting.service.pieces import TURN
from mes.splitting.service.writing import (
    NET_STEP,
    PIECES,
    REQUIREMENTS,
    SETS,
    Writer,
    piece_rows,
    requirement_rows,
    set_values,
)

CHANGED = "changed"  # why a former label is refused: its piece is made anew after a change of the order


LOOSE = (  # what may differ of a piece that stays: nothing of it is wood
    *("name", "name_en", "part_group", "mirror_code", "drawn_as", "package_kind", "package_index"),
)


STAY = (
    update(PIECES)
    .where(PIECES.c.id == bindparam("piece"))
    .values({name: bindparam(f"new_{name}") for name in LOOSE})
)


def void(
    session: Session,
    set_ids: Collection[int],
    seen: Mapping[int, PieceState],
    *,
    by: int | None,
    at: datetime,
) -> Voided:
    """Take all pieces of some door sets out of the work, remakes among them; their labels are refused from now on.

    `seen` says where the clerk saw each piece: one that is elsewhere by now is a refusal, so that nobody
    cancels what he does not know of. Raises SetGone, PieceMoved.
    """
    won = session.scalars(
        update(SETS)
        .where(SETS.c.id.in_(set_ids), SETS.c.voided_at.is_(None))
        .values(voided_at=at)
        .returning(SETS.c.id)
    ).all()
    if lost := set(set_ids) - set(won):
        raise SetGone(set=session.scalar(select(SETS.c.number).where(SETS.c.id == min(lost))))
    found = session.execute(
        select(Piece.id, Piece.state, Piece.code).where(
            Piece.set_id.in_(set_ids), Piece.state.not_in((PieceState.VOID, PieceState.REMAKE))
        )
    ).all()
    by_state: defaultdict[PieceState, list[int]] = defaultdict(list)
    for piece_id, state, _ in found:
        if seen.get(piece_id) is not state or state not in VOIDABLE:
            raise moved(session, piece_id, seen)
        by_state[state].append(piece_id)
    for state, ids in by_state.items():
        _void(session, ids, state, seen, at)
    scanning.cancel_labels(session, [code for *_, code in found if code], by=by, at=at)
    tracked = [state for _, state, code in found if code]
    packed = tracked.count(PieceState.PACKED)
    return Voided(len(tracked), tracked.count(PieceState.MADE) + packed, packed)


def _void(
    session: Session, ids: Sequence[int], state: PieceState, seen: Mapping[int, PieceState], at: datetime
) -> None:
    """Make pieces void that are still in the state they were read in. Raises PieceMoved."""
    won = session.scalars(
        update(PIECES)
        .where(PIECES.c.id.in_(ids), PIECES.c.state == state)
        .values(state=PieceState.VOID, changed_at=at)
        .returning(PIECES.c.id)
    ).all()
    lost = set(ids) - set(won)
    if lost:  # a scan came between the reading and the writing
        raise moved(session, min(lost), seen)


def moved(session: Session, piece_id: int, seen: Mapping[int, PieceState]) -> PieceMoved:
    """Return the refusal that names a piece that is not where it was seen."""
    number, piece = session.execute(
        select(DoorSet.number, Piece)
        .join(DoorSet, DoorSet.id == Piece.set_id)
        .where(Piece.id == piece_id)
        .execution_options(populate_existing=True)
    ).one()
    was = seen.get(piece_id)
    return PieceMoved(
        set=number,
        piece=Named(piece.name, piece.name_en),
        label=piece.code or "",
        seen=was or "—",
        state=piece.state,
    )


def take_out(session: Session, seen: Mapping[int, PieceState], *, at: datetime) -> None:
    """Make pieces void that are made anew or not wanted any more, each where it was seen. Raises PieceMoved."""
    by_state: defaultdict[PieceState, list[int]] = defaultdict(list)
    for piece_id, state in sorted(seen.items()):
        if state not in VOIDABLE:
            raise moved(session, piece_id, seen)
        by_state[state].append(piece_id)
    for state, ids in by_state.items():
        _void(session, ids, state, seen, at)


def unpack(session: Session, seen: Mapping[int, PieceState], *, at: datetime) -> None:
    """Take packed pieces back to made that go into another box; others stay. Raises PieceMoved."""
    for piece_id, state in sorted(seen.items()):
        after = PieceState.MADE if state is PieceState.PACKED else state
        turn = {"piece": piece_id, "before": state, "after": after, "at": at}
        if session.scalar(TURN, turn) is None:
            raise moved(session, piece_id, seen)


def refreeze(
    session: Session, order_id: int, changes: Sequence[SetChange], *, by: int | None, at: datetime
) -> dict[tuple[int, str], int]:
    """Freeze released sets anew: what they are made of, pieces that come, requirements, labels.

    Pieces that go are void already (`take_out`); each label of one that is made anew is refused from now on and
    names the new one, others are cancelled by the caller. Returns the ids of the new pieces by set and code.
    """
    by_code = materials.ids(session)
    rows, stays = [], []
    for change in changes:
        session.execute(
            update(SETS)
            .where(SETS.c.id == change.set_id)
            .values(**set_values(change.line, change.made), frozen_at=at)
        )
        for values in piece_rows(change.made, order_id, by_code, PieceState.PLANNED, at):
            code = values["rule_code"]
            if code in change.kept:
                stays.append({"piece": change.kept[code], **{f"new_{name}": values[name] for name in LOOSE}})
            else:
                rows.append({**values, "set_id": change.set_id, "is_urgent": code in change.urgent})
    if stays:
        session.connection().execute(STAY, stays)
    _require_anew(session, changes, by_code)
    return _insert_anew(session, rows, changes, by=by, at=at)


def _require_anew(session: Session, changes: Sequence[SetChange], by_code: Mapping[str, int]) -> None:
    session.execute(
        delete(REQUIREMENTS).where(REQUIREMENTS.c.set_id.in_([change.set_id for change in changes]))
    )
    rows = [
        {"set_id": change.set_id, **wanted}
        for change in changes
        for wanted in requirement_rows(change.made, by_code)
    ]
    if rows:
        session.execute(insert(REQUIREMENTS), rows)


def _insert_anew(
    session: Session,
    rows: Sequence[dict[str, Any]],
    changes: Sequence[SetChange],
    *,
    by: int | None,
    at: datetime,
) -> dict[tuple[int, str], int]:
    if not rows:
        return {}
    codes = iter(next_codes(session, Letter.PIECE, sum(row["is_tracked"] for row in rows)))
    labelled = [{**row, "code": next(codes) if row["is_tracked"] else None} for row in rows]
    ids = session.scalars(insert(PIECES).returning(PIECES.c.id, sort_by_parameter_order=True), labelled).all()
    former = {
        (change.set_id, code): label for change in changes for code, label in change.labels.items() if label
    }
    for row in labelled:
        old = former.get((row["set_id"], row["rule_code"]))
        if old and row["code"]:
            scanning.supersede(session, old, row["code"], CHANGED, by=by, at=at)
        elif old:
            scanning.cancel_labels(session, [old], by=by, at=at)
    return {(row["set_id"], row["rule_code"]): piece for row, piece in zip(labelled, ids, strict=True)}


def add_sets(session: Session, order: FrozenOrder, *, at: datetime) -> list[int]:
    """Freeze further sets of a released order; return their ids in the order of `order.sets()`."""
    writer = Writer(order, materials.ids(session), PieceState.PLANNED, at)
    return writer.write(session, list(order.sets()))


def name_room(session: Session, line_id: int, room: str) -> None:
    """Let the sets of a line stand for another room; nothing of them is made anew."""
    session.execute(update(SETS).where(SETS.c.line_id == line_id).values(room=room))


def put_need(session: Session, order_id: int, set_ids: Collection[int] | None = None) -> None:
    """Tell stock what the sets of an order that were not cancelled need, or some of them; twice is as once."""
    need = {
        material_id: quantity.quantize(NET_STEP, ROUND_HALF_UP)
        for material_id, quantity in queries.need(session, order_id, set_ids).items()
    }
    number = session.scalars(select(Order.number).where(Order.id == order_id)).one()
    stock.put_demand(session, "erp.sales.order", order_id, need, name=number)
