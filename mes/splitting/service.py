"""Commands of splitting: each changes one thing and never commits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Any, cast

from sqlalchemy import Select, Table, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.codes import Letter
from core.db import Bulk
from core.errors import NotFound
from core.events import publish
from core.i18n import Named
from core.numbers.service import next_codes
from erp.finance import queries as finance
from erp.materials import queries as materials
from erp.sales import service as sales
from erp.sales.model import Order
from erp.sales.rules.orders import ReleasedCounts
from erp.stock import service as stock
from mes.scanning import service as scanning
from mes.splitting import queries
from mes.splitting.events import PieceReplaced, SetsDropped, SetsFrozen, SetsWritten
from mes.splitting.model import DoorSet, Piece, Release, ReleasedLine, Requirement
from mes.splitting.rules import (
    EVALUATOR,
    ON_FLOOR,
    VOIDABLE,
    ChangedMeanwhile,
    CutMethod,
    FrozenLine,
    FrozenOrder,
    FrozenSet,
    PieceMoved,
    PieceState,
    ReleaseReason,
    SetChange,
    SetGone,
    Voided,
    check_reason,
    net_need,
)

NET_STEP = MIN_STEP = Decimal("0.001")
SLICE = 25  # sets written in one transaction: some 30 ms of SQLite's write lock
OneSet = tuple[FrozenLine, int, FrozenSet]  # as FrozenOrder.sets() gives it
# the bare tables: an insert into the mapped classes would be cut up by which values are empty, and a
# scan's statement that is made once, on bare tables, costs a quarter
SETS, PIECES, REQUIREMENTS, RELEASED_LINES = (
    cast(Table, kind.__table__) for kind in (DoorSet, Piece, Requirement, ReleasedLine)
)
PIECE_COLUMNS, REQUIREMENT_COLUMNS = (
    tuple(column.name for column in table.c if column.name != "id") for table in (PIECES, REQUIREMENTS)
)
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
CHANGED = "changed"  # why a former label is refused: its piece is made anew after a change of the order
LOOSE = (  # what may differ of a piece that stays: nothing of it is wood
    *("name", "name_en", "part_group", "mirror_code", "drawn_as", "package_kind", "package_index"),
)
STAY = (
    update(PIECES)
    .where(PIECES.c.id == bindparam("piece"))
    .values({name: bindparam(f"new_{name}") for name in LOOSE})
)
TURN = (
    update(PIECES)
    .where(PIECES.c.id == bindparam("piece"), PIECES.c.state == bindparam("before"))
    .values(state=bindparam("after"), changed_at=bindparam("at"))
    .returning(PIECES.c.order_id)
)


def release(session: Session, order: FrozenOrder, *, by: int | None, at: datetime) -> None:
    """Freeze an order that was split in memory: sets, pieces, requirements, demand, packages.

    Locks the order, so that neither its payment nor its lines change meanwhile. Publishes SetsWritten, SetsFrozen;
    SetsDropped for what a release that broke off had written. Raises ChangedMeanwhile, DepositMissing,
    CreditExceeded, StepRefused.
    """
    for write in _Release(order, by, at).steps():
        write(session)


def release_in_slices(
    order: FrozenOrder, *, by: int | None, at: datetime
) -> Iterator[Callable[[Session], None]]:
    """Return a release as commands for transactions of their own, one after the other; a small order is one.

    Nobody sees a slice: until the last command makes all of them count, its sets, pieces and packages are void.
    Where a release breaks off, the next one begins with removing what it wrote. Raises as `release` does.
    """
    if order.set_count <= SLICE:
        return iter([partial(release, order=order, by=by, at=at)])
    return _Release(order, by, at).steps()


class _Release:
    """One release on its way into the database.

    Its first step raises the order's version, each further one looks for that version: so whatever comes
    between (another release, a change of the order, its cancellation) stops it.
    """

    def __init__(self, order: FrozenOrder, by: int | None, at: datetime) -> None:
        self.order, self.by, self.at = order, by, at
        self.are_left = False  # sets of a release that broke off
        self.material_ids: dict[str, int] = {}

    def steps(self) -> Iterator[Callable[[Session], None]]:
        """Return what is to be done, in order; each step is made when the one before it is done."""
        yield self._take
        while self.are_left:
            yield self._clear
        writer = _Writer(self.order, self.material_ids, PieceState.VOID, self.at)
        sets, done = list(self.order.sets()), 0
        for begin in range(0, len(sets), SLICE):
            some = sets[begin : begin + SLICE]
            yield partial(self._write, writer=writer, some=some, packages_before=done)
            done += sum(len(one.explosion.packages) for *_, one in some)
        need = net_need(self.order)  # of what can be reckoned before, nothing is left for the last lock
        yield partial(self._finish, need=need)

    def _take(self, session: Session) -> None:
        order = self.order
        row = session.get(Order, order.order_id, with_for_update=True)
        if row is None:
            raise NotFound
        if row.version != order.version:
            raise ChangedMeanwhile(number=order.number)
        _check_paid(session, order.order_id)
        sales.begin_release(session, order.order_id)
        self.material_ids = materials.ids(session)
        self.are_left = session.scalar(_sets_of(order.order_id).limit(1)) is not None

    def _hold(self, session: Session) -> None:
        """Lock the order; raise ChangedMeanwhile unless it is as the first step left it."""
        order = self.order
        row = session.get(Order, order.order_id, with_for_update=True, populate_existing=True)
        if row is None or row.version != order.version + 1:
            raise ChangedMeanwhile(number=order.number)

    def _clear(self, session: Session) -> None:
        self._hold(session)
        ids = session.scalars(_sets_of(self.order.order_id).limit(SLICE)).all()
        _drop(session, ids)
        self.are_left = len(ids) == SLICE

    def _write(self, session: Session, writer: _Writer, some: Sequence[OneSet], packages_before: int) -> None:
        self._hold(session)
        set_ids = writer.write(session, some)
        order = self.order
        publish(session, SetsWritten(order.order_id, tuple(set_ids), packages_before, order.package_count))

    def _finish(self, session: Session, need: Mapping[str, Decimal]) -> None:
        self._hold(session)
        order = self.order
        _check_paid(session, order.order_id)
        counts = ReleasedCounts(order.set_count, order.tracked_count, order.package_count)
        sales.mark_released(session, order.order_id, counts=counts, by=self.by, at=self.at)
        session.execute(update(SETS).where(SETS.c.order_id == order.order_id).values(voided_at=None))
        session.execute(
            update(PIECES).where(PIECES.c.order_id == order.order_id).values(state=PieceState.PLANNED)
        )
        demand = {
            self.material_ids[code]: quantity.quantize(NET_STEP, ROUND_HALF_UP)
            for code, quantity in need.items()
        }
        stock.put_demand(session, "erp.sales.order", order.order_id, demand, name=order.number)
        record_release(session, order.order_id, order.lines, ReleaseReason.FIRST, by=self.by, at=self.at)
        publish(session, SetsFrozen(order.order_id))


def _check_paid(session: Session, order_id: int) -> None:
    """Raise DepositMissing or CreditExceeded while money is missing for a release."""
    if (unpaid := finance.release_refusal(session, order_id)) is not None:
        raise unpaid


def _sets_of(order_id: int) -> Select[int]:
    return select(SETS.c.id).where(SETS.c.order_id == order_id).order_by(SETS.c.id)


def drop_unreleased(session: Session, line_id: int) -> None:
    """Remove what a release that broke off had written of a line. Publishes SetsDropped."""
    ids = session.scalars(
        select(SETS.c.id)
        .join(Order, Order.id == SETS.c.order_id)
        .where(SETS.c.line_id == line_id, Order.released_at.is_(None))
    ).all()
    if ids:
        _drop(session, ids)


def _drop(session: Session, set_ids: Sequence[int]) -> None:
    publish(session, SetsDropped(tuple(set_ids)))
    for table in (PIECES, REQUIREMENTS):
        session.execute(delete(table).where(table.c.set_id.in_(set_ids)))
    session.execute(delete(SETS).where(SETS.c.id.in_(set_ids)))


def record_release(
    session: Session,
    order_id: int,
    lines: Sequence[FrozenLine],
    reason: ReleaseReason,
    *,
    note: str = "",
    by: int | None,
    at: datetime,
) -> Release:
    """Record that `lines` of an order were released: by how many touches, in how many minutes, and why.

    The caller holds the order's lock and names, in a further release, the lines it changed.
    Raises ReasonMissing.
    """
    last_version, last_at = session.execute(
        select(func.max(Release.version), func.max(Release.released_at)).where(Release.order_id == order_id)
    ).one()
    version = (last_version or 0) + 1
    check_reason(version, reason)
    spent = queries.active_minutes(session, order_id, last_at, at)
    row = Release(
        order_id=order_id,
        version=version,
        reason=reason,
        note=note,
        is_untouched=bool(lines) and all(line.touch_count == 0 for line in lines),
        active_min=(Decimal(spent.numerator) / spent.denominator).quantize(MIN_STEP, ROUND_HALF_UP),
        released_at=at,
        released_by_id=by,
    )
    session.add(row)
    session.flush()  # for its id
    rows = [
        {
            "release_id": row.id,
            "line_id": line.line_id,
            "kind": line.kind,
            "has_glass": line.has_glass,
            "has_transom": line.has_transom,
            "set_count": line.set_count,
            "touch_count": line.touch_count,
            "hand_edit_count": line.hand_edit_count,
        }
        for line in lines
    ]
    if rows:
        session.execute(insert(RELEASED_LINES), rows)
    return row


class _Writer:
    """Writes sets of an order with their pieces and requirements; what equal sets share is bound once."""

    def __init__(
        self, order: FrozenOrder, material_ids: Mapping[str, int], state: PieceState, at: datetime
    ) -> None:
        self.order, self.material_ids, self.state, self.at = order, material_ids, state, at
        self.frozen: dict[tuple[int, int], dict[str, Any]] = {}
        self.bound: dict[tuple[str, int], list[dict[str, Any]]] = {}

    def write(self, session: Session, some: Sequence[OneSet]) -> list[int]:
        """Insert some sets with all that is of them; return their ids in the same order."""
        set_ids = self._insert_sets(session, some)
        self._insert_pieces(session, some, set_ids)
        self._insert_requirements(session, some, set_ids)
        return set_ids

    def _insert_sets(self, session: Session, some: Sequence[OneSet]) -> list[int]:
        labels = next_codes(session, Letter.DOOR_SET, len(some))
        rows = [
            {
                "code": label,
                "number": f"{self.order.number}-{line.position}-{position}",
                "order_id": self.order.order_id,
                "position": position,
                "frozen_at": self.at,
                "voided_at": self.at if self.state is PieceState.VOID else None,
                **self._set(line, one),
            }
            for label, (line, position, one) in zip(labels, some, strict=True)
        ]
        made = insert(SETS).returning(SETS.c.id, sort_by_parameter_order=True)
        return list(session.scalars(made, rows))

    def _set(self, line: FrozenLine, one: FrozenSet) -> dict[str, Any]:
        key = (line.line_id, id(one))
        if key not in self.frozen:
            self.frozen[key] = _frozen(line, one)
        return self.frozen[key]

    def _insert_pieces(self, session: Session, some: Sequence[OneSet], set_ids: Sequence[int]) -> None:
        bulk = Bulk(session.connection(), PIECES, PIECE_COLUMNS)
        pieces = [
            {**piece, "set_id": set_id}
            for set_id, (*_, one) in zip(set_ids, some, strict=True)
            for piece in self._bound("piece", bulk, one)
        ]
        labels = iter(next_codes(session, Letter.PIECE, sum(piece["is_tracked"] for piece in pieces)))
        bulk.insert([{**piece, "code": next(labels) if piece["is_tracked"] else None} for piece in pieces])

    def _insert_requirements(self, session: Session, some: Sequence[OneSet], set_ids: Sequence[int]) -> None:
        bulk = Bulk(session.connection(), REQUIREMENTS, REQUIREMENT_COLUMNS)
        bulk.insert(
            [
                {**wanted, "set_id": set_id}
                for set_id, (*_, one) in zip(set_ids, some, strict=True)
                for wanted in self._bound("requirement", bulk, one)
            ]
        )

    def _bound(self, what: str, bulk: Bulk, one: FrozenSet) -> list[dict[str, Any]]:
        """Return the rows of one set as the driver wants them, but for the set and the labels."""
        key = (what, id(one.explosion))
        if key not in self.bound:
            rows = (
                _pieces(one, self.order.order_id, self.material_ids, self.state, self.at)
                if what == "piece"
                else _requirements(one, self.material_ids)
            )
            self.bound[key] = [bulk.bind(row) for row in rows]
        return self.bound[key]


def _frozen(line: FrozenLine, one: FrozenSet) -> dict[str, Any]:
    """Return what equal sets of a line have in common."""
    explosion = one.explosion
    return {
        "line_id": line.line_id,
        "room": line.room,
        "door_version_id": line.door_version_id,
        "parameters_sha256": one.parameters_sha256,
        "evaluator": EVALUATOR,
        "results": {name: str(value) for name, value in explosion.results.items()},
        "drawing": explosion.drawing.to_dict(),
        "packages": [
            {
                "kind": package.kind,
                "index": package.index,
                "name": package.name,
                "name_en": package.name_en,
                "pieces": list(package.piece_codes),
                "kg": None if package.kg is None else str(package.kg),
                "kit": package.kit.value,
                "tolerance_kg": str(package.tolerance_kg),
            }
            for package in explosion.packages
        ],
    }


def _pieces(
    one: FrozenSet, order_id: int, by_code: Mapping[str, int], state: PieceState, at: datetime
) -> list[dict[str, Any]]:
    """Return the pieces of one set, but for their set and label."""
    return [
        {
            "order_id": order_id,
            "rule_code": piece.code,
            "name": piece.name,
            "name_en": piece.name_en,
            "part_group": piece.group.value,
            "material_id": by_code[piece.material_code] if piece.material_code else None,
            "thickness_mm": piece.thickness_mm,
            "length_mm": piece.length_mm,
            "width_mm": piece.width_mm,
            "cut_length_mm": piece.cut_length_mm,
            "cut_width_mm": piece.cut_width_mm,
            "cut_method": CutMethod(piece.cut.value),
            "grain": piece.grain,
            "part_count": piece.count,
            "is_tracked": piece.is_tracked,
            "edges": piece.edges,
            "mitre": piece.mitre,
            "machining": piece.machining,
            "drawn_as": piece.drawn_as,
            "joins": piece.joins or None,
            "mirror_code": piece.is_mirror_of or None,
            "package_kind": piece.package or None,
            "package_index": piece.package_index if piece.package else None,
            "route": list(piece.route),
            "hand_edit_id": piece.hand_edit_id,
            "step_count": 0,
            "state": state,
            "is_urgent": False,
            "remake_of_id": None,
            "changed_at": at,
        }
        for piece in one.explosion.pieces
    ]


def _requirements(one: FrozenSet, by_code: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return what one set needs beside its pieces, but for its set."""
    return [
        {
            "rule_code": wanted.rule_code,
            "material_id": by_code[wanted.material_code],
            "needed_qty": wanted.quantity,
            "joins": wanted.joins or None,
            "hand_edit_id": wanted.hand_edit_id,
        }
        for wanted in one.explosion.requirements
    ]


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
    old = session.get(
        Piece, piece_id, with_for_update=True, populate_existing=True
    )  # as it stands, not as read
    if old is None:
        raise NotFound
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
    audit.record(
        session,
        subject="mes.splitting.piece",
        subject_id=old.id,
        verb="replace",
        by=by,
        at=at,
        changes={"code": [old.code, new.code]},
    )
    return new


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
            .values(**_frozen(change.line, change.made), frozen_at=at)
        )
        for values in _pieces(change.made, order_id, by_code, PieceState.PLANNED, at):
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
        for wanted in _requirements(change.made, by_code)
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
    writer = _Writer(order, materials.ids(session), PieceState.PLANNED, at)
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
