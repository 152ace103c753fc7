"""Putting a change of a released order in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from erp.sales import service as sales
from erp.sales.model import Order
from erp.sales.rules.amending import Amended, AmendedMeanwhile, check_amended, entry_data
from erp.sales.rules.orders import Counted
from mes.changes.model import Change, ChangedBox, ChangedPiece, ChangedSet
from mes.changes.queries.plans import BoxFateShown, ChangePlan, LinePlan, PieceFate
from mes.changes.rules.changing import Changing, LinesUnmakeable, LinesWithoutPrice, check_why
from mes.changes.rules.comparing import BoxFate, Fate, SetFate
from mes.cutting.service import demand as cutting
from mes.packing import service as packing
from mes.packing.rules import TouchedBox
from mes.planning import service as planning
from mes.shipping import service as shipping
from mes.splitting import service as splitting
from mes.splitting.model import DoorSet, Piece, Release
from mes.splitting.rules import FrozenOrder, PieceState, SetChange, Voided

MADE = (PieceState.MADE, PieceState.PACKED)


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change did: which version it made, and which packages must be opened, with where they lie."""

    release: Release
    change_id: int
    opened: tuple[BoxFateShown, ...]


def change(
    session: Session, plan: ChangePlan, asked: Changing, *, by: int | None, at: datetime, on: date
) -> Changed:
    """Put a change of a released order in force, the very one that was looked at; it makes one version more.

    `plan` was made by reading; what moved since is a refusal, and nothing of it is done. `on` is the factory's
    day. Locks the loads of packages that go, all packages of the order, its batches, pieces, the order, the
    demands.
    Raises NothingAmended, NothingLeft, LinesUnmakeable, LinesWithoutPrice, HasLeft, WhyMissing, AmendedMeanwhile,
    PieceMoved, SetGone, BoxFixed, BoxGone, DueInPast.
    """
    reason = check_why(asked)
    order = plan.draft.order
    _check(session, plan, asked)
    dropped = [one.row.id for one in plan.sets if one.row and one.fate is SetFate.CANCELLED]
    work, where = plan.work, plan.where
    shipping.drop_packages(session, dropped, work.void, by=by, at=at)
    boxes = packing.take_apart(session, order.id, work, by=by, at=at)
    boxes += packing.void(session, dropped, by=by, at=at)
    planning.hold_batches(session, order.id)
    splitting.take_out(session, {key: where[key] for key in work.gone}, at=at)
    splitting.unpack(session, {key: where[key] for key in work.moved}, at=at)
    gone = splitting.void(session, dropped, where, by=by, at=at)
    amended = Amended(
        order_version=asked.order_version,
        lines=plan.draft.changed,
        total=plan.draft.after_total,
        due_on=asked.due_on,
        said=asked.note.strip(),
        counted=_counted(plan, gone, boxes),
    )
    ids = sales.amend(session, order.id, amended, by=by, at=at, on=on)
    lines = [_written(line, ids) for line in plan.lines]
    ended = [edit.id for line in lines if line.draft.is_new_door for edit in line.ended]
    sales.end_edits(session, ended, by=by, at=at)
    pieces = splitting.refreeze(session, order.id, _set_changes(lines), by=by, at=at)
    came = _add_sets(session, plan, lines, at)
    changed = [one.row.id for one in plan.sets if one.row and one.fate is SetFate.CHANGED]
    for line in lines:
        if line.draft.after is not None:
            splitting.name_room(session, ids[line.draft.key], line.draft.after.entry.room)
    packing.plan_sets(session, order.id, [*changed, *came])
    frozen = [line.frozen for line in lines if line.frozen is not None]
    release = splitting.record_release(
        session, order.id, frozen, reason, note=asked.note.strip(), by=by, at=at
    )
    splitting.put_need(session, order.id)
    cutting.put_demand_of(session, order.id)
    planning.settle_order(session, order.id, by=by, at=at)
    change_id = _record(session, plan, asked, release, pieces, came)
    opened = tuple(box for box in plan.boxes if box.fate is BoxFate.OPENED)
    return Changed(release, change_id, opened)


def _check(session: Session, plan: ChangePlan, asked: Changing) -> None:
    """Raise what stands against the plan, and what moved since the page showed it."""
    order = plan.draft.order
    version = session.scalar(select(Order.version).where(Order.id == order.id))
    if version != asked.order_version or order.version != asked.order_version:
        raise AmendedMeanwhile(number=order.number)
    check_amended(order.number, plan.draft.lines)
    if plan.draft.unready:
        raise LinesUnmakeable(lines=[str(one) for one in plan.draft.unready])
    if plan.draft.unpriced:
        raise LinesWithoutPrice(lines=[str(one) for one in plan.draft.unpriced])
    if plan.faults:
        raise plan.faults[0]
    for piece_id, state in plan.where.items():
        if asked.seen.get(piece_id) is not state:
            raise splitting.moved(session, piece_id, asked.seen)


def _counted(plan: ChangePlan, gone: Voided, boxes: Sequence[TouchedBox]) -> Counted:
    """Return what the change adds to the order's counts."""
    changed = [one for one in plan.sets if one.fate is SetFate.CHANGED]
    pieces = [piece for one in changed for piece in one.pieces]
    out = [piece.old.state for piece in pieces if piece.old and piece.old.is_tracked and _is_gone(piece)]
    moved = [piece.old.state for piece in pieces if piece.old and piece.fate is Fate.MOVED]
    new = [one for one in plan.sets if one.fate is SetFate.NEW]
    shown = [box.fate for one in plan.sets for box in one.boxes]
    return Counted(
        sets=len(new) - sum(one.fate is SetFate.CANCELLED for one in plan.sets),
        pieces=sum(one.count(Fate.NEW) for one in new)
        + sum(piece.new is not None and piece.new.is_tracked and _comes(piece) for piece in pieces)
        - len(out)
        - gone.pieces,
        made=-sum(state in MADE for state in out) - gone.made,
        packed=-sum(state is PieceState.PACKED for state in (*out, *moved)) - gone.packed,
        packages=shown.count(BoxFate.NEW) - shown.count(BoxFate.VOID),
        sealed=-sum(box.was_sealed for box in boxes),
    )


def _is_gone(piece: PieceFate) -> bool:
    return piece.fate in (Fate.RECUT, Fate.CANCELLED)


def _comes(piece: PieceFate) -> bool:
    return piece.fate in (Fate.RECUT, Fate.NEW)


def _written(line: LinePlan, ids: Mapping[str, int]) -> LinePlan:
    """Return a line's plan with the id that its line has now."""
    if line.frozen is None:
        return line
    frozen = replace(line.frozen, line_id=ids[line.draft.key])
    return replace(
        line, frozen=frozen, sets=tuple(replace(one, line=frozen if one.line else None) for one in line.sets)
    )


def _set_changes(lines: Sequence[LinePlan]) -> list[SetChange]:
    return [
        SetChange(
            set_id=one.row.id,
            line=one.line,
            made=one.made,
            kept={
                piece.decided.code: piece.old.id for piece in one.pieces if piece.old and not _is_gone(piece)
            },
            labels={
                piece.decided.code: piece.old.code for piece in one.pieces if piece.old and _is_gone(piece)
            },
            urgent=frozenset(piece.decided.code for piece in one.pieces if piece.is_lost),
        )
        for line in lines
        for one in line.sets
        if one.fate is SetFate.CHANGED and one.row and one.line and one.made
    ]


def _add_sets(session: Session, plan: ChangePlan, lines: Sequence[LinePlan], at: datetime) -> list[int]:
    """Write the sets that come; return their ids in the plan's order."""
    order = plan.draft.order
    coming = tuple(
        replace(line.frozen, sets=made)
        for line in lines
        if line.frozen is not None
        and (made := tuple(one.made for one in line.sets if one.fate is SetFate.NEW and one.made))
    )
    if not coming:
        return []
    return splitting.add_sets(session, FrozenOrder(order.id, order.number, order.version, coming), at=at)


# --- what is kept of it for ever


def _record(
    session: Session,
    plan: ChangePlan,
    asked: Changing,
    release: Release,
    pieces: Mapping[tuple[int, str], int],
    came: Sequence[int],
) -> int:
    """Write down what the change did; return its id."""
    draft = plan.draft
    row = Change(
        order_id=draft.order.id,
        release_id=release.id,
        lines=[_line_data(line) for line in plan.lines],
        before_amount=draft.before_total,
        after_amount=draft.after_total,
        before_due_on=draft.due_on,
        after_due_on=asked.due_on,
    )
    session.add(row)
    session.flush()  # for its id
    new = iter(came)
    sets = [(one.row.id if one.row else next(new), one) for one in plan.sets]
    rows = [
        {"change_id": row.id, "set_id": set_id, "fate": one.fate, "before": _frozen(one.row)}
        for set_id, one in sets
    ]
    if rows:
        session.execute(insert(ChangedSet), rows)
    ids = dict(pieces) | _piece_ids(session, came)
    shown = [(set_id, piece) for set_id, one in sets for piece in one.pieces]
    if shown:
        session.execute(insert(ChangedPiece), [_piece_data(row.id, key, piece, ids) for key, piece in shown])
    boxes = [
        {
            "change_id": row.id,
            "package_id": box.package.id,
            "fate": box.fate,
            "state": box.state,
            "place": box.place,
        }
        for box in plan.boxes
        if box.package and box.state
    ]
    if boxes:
        session.execute(insert(ChangedBox), boxes)
    return row.id


def _piece_ids(session: Session, set_ids: Sequence[int]) -> dict[tuple[int, str], int]:
    """Return the pieces of sets that came, by set and code."""
    rows = session.execute(select(Piece.set_id, Piece.rule_code, Piece.id).where(Piece.set_id.in_(set_ids)))
    return {(set_id, code): piece_id for set_id, code, piece_id in rows}


def _piece_data(
    change_id: int, set_id: int, piece: PieceFate, ids: Mapping[tuple[int, str], int]
) -> dict[str, Any]:
    old = None if piece.old is None else piece.old.id
    new = ids[set_id, piece.decided.code] if _comes(piece) else old
    return {
        "change_id": change_id,
        "set_id": set_id,
        "old_piece_id": old,
        "new_piece_id": None if piece.fate is Fate.CANCELLED else new,
        "fate": piece.fate,
        "stage": piece.stage or "",
        "because": piece.decided.because,
    }


def _line_data(line: LinePlan) -> dict[str, Any]:
    before, after = line.draft.before, line.draft.after
    prices = {
        f"{name}_price": f"{asked.price.unit_amount:f}"
        for name, asked in (("before", before), ("after", after))
        if asked and asked.price
    }
    return {
        "position": line.draft.position,
        "before": entry_data(before.entry) if before else None,
        "after": entry_data(after.entry) if after else None,
        **prices,
    }


def _frozen(row: DoorSet | None) -> dict[str, Any]:
    names = ("door_version_id", "parameters_sha256", "results", "drawing", "packages")
    return {} if row is None else {name: getattr(row, name) for name in names}
