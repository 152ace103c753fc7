"""What a station reads: a piece, a sheet, the names of operations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Table, bindparam, func, select
from sqlalchemy.orm import Session

from core.i18n import N_, Named
from erp.catalogue.model import Door, DoorVersion
from erp.materials.model import Article
from erp.sales.model import Order
from erp.stock.model import Lot
from mes.cutting.model import CutLayout, CutPlan, Offcut, Placement
from mes.cutting.rules import PlanState
from mes.cutting.rules.offcuts import OffcutState
from mes.planning import queries as planning
from mes.planning.model import Batch
from mes.production.model import WorkReport
from mes.production.rules import (
    Standing,
)
from mes.scanning.model import Station
from mes.scanning.rules import Block
from mes.splitting.model import DoorSet, Piece
from mes.splitting.rules import PieceState

OPEN = (PieceState.PLANNED, PieceState.CUT)
GONE = (PieceState.VOID, PieceState.REMAKE)


@dataclass(frozen=True, slots=True)
class PieceAtStation:
    """One piece with what its verdict says about it."""

    id: int
    code: str
    name: Named
    rule_code: str
    length_mm: Any
    width_mm: Any
    part_count: int
    is_by_hand: bool
    order_id: int
    order_number: str
    set_id: int
    set_number: str
    room: str
    door_version_id: int
    standing: Standing


PIECES, SETS, ORDERS, REPORTS, VERSIONS = (
    # every scan asks these: bare tables and statements made once, because making them is most of the cost
    cast(Table, kind.__table__)
    for kind in (Piece, DoorSet, Order, WorkReport, DoorVersion)
)
PIECE = (
    *(
        PIECES.c.id,
        PIECES.c.name,
        PIECES.c.name_en,
        PIECES.c.rule_code,
        PIECES.c.length_mm,
        PIECES.c.width_mm,
    ),
    *(PIECES.c.part_count, PIECES.c.hand_edit_id, PIECES.c.order_id, ORDERS.c.number, PIECES.c.set_id),
    *(
        SETS.c.number,
        SETS.c.room,
        SETS.c.door_version_id,
        PIECES.c.state,
        PIECES.c.route,
        PIECES.c.step_count,
    ),
)
LAST_HERE = (
    select(func.max(REPORTS.c.done_at))
    .where(REPORTS.c.piece_id == PIECES.c.id, REPORTS.c.station_id == bindparam("station"))
    .scalar_subquery()
)
PIECE_AT = (
    select(*PIECE, LAST_HERE)
    .select_from(
        PIECES.join(SETS, SETS.c.id == PIECES.c.set_id).join(ORDERS, ORDERS.c.id == PIECES.c.order_id)
    )
    .where(PIECES.c.code == bindparam("code"), ORDERS.c.released_at.is_not(None))
)
PARTS_INSIDE = (
    select(
        *(PIECES.c.name, PIECES.c.name_en, PIECES.c.is_tracked),
        *(PIECES.c.route, PIECES.c.step_count, PIECES.c.state),
    )
    .where(PIECES.c.set_id == bindparam("set"), PIECES.c.joins == bindparam("rule"), PIECES.c.state.in_(OPEN))
    .order_by(PIECES.c.id)
)
SET_COUNTS = (
    select(PIECES.c.state, func.count())
    .where(PIECES.c.set_id == bindparam("set"), PIECES.c.is_tracked, PIECES.c.state.not_in(GONE))
    .group_by(PIECES.c.state)
)
OPERATIONS = select(VERSIONS.c.document["operations"]).where(VERSIONS.c.id == bindparam("version"))


def piece_at(session: Session, code: str, station_id: int | None) -> PieceAtStation | None:
    """Return the piece of a label and when `station_id` last reported on it, or None."""
    row = session.execute(PIECE_AT, {"code": code, "station": station_id}).one_or_none()
    if row is None:
        return None
    piece_id, name, name_en, rule_code, length_mm, width_mm, part_count, hand_edit_id, *more = row
    order_id, order_number, set_id, set_number, room, version_id, state, route, step_count, last_here_at = (
        more
    )
    return PieceAtStation(
        id=piece_id,
        code=code,
        name=Named(name, name_en),
        rule_code=rule_code,
        length_mm=length_mm,
        width_mm=width_mm,
        part_count=part_count,
        is_by_hand=hand_edit_id is not None,
        order_id=order_id,
        order_number=order_number,
        set_id=set_id,
        set_number=set_number,
        room=room,
        door_version_id=version_id,
        standing=Standing(state, tuple(route), step_count, last_here_at),
    )


def awaits_plan(session: Session, piece: PieceAtStation) -> str | None:
    """Return the batch that a piece is to be cut with, "" of none yet; None where it may be cut as it is.

    A factory that has no cut plan in force cuts without any. A remake is cut alone, and so is what its batch's plans
    could not place.
    """
    in_force = select(CutPlan.id).where(CutPlan.state == PlanState.READY)
    asked = select(Piece.remake_of_id.is_not(None), in_force.exists()).where(Piece.id == piece.id)
    is_remake, is_any_planned = session.execute(asked).one()
    if is_remake or not is_any_planned:
        return None
    batch_id = planning.batch_of_set(session, piece.set_id)
    if batch_id is None:
        return ""
    if session.scalar(select(in_force.where(CutPlan.batch_id == batch_id).exists())):
        return None
    return session.get_one(Batch, batch_id).number


def open_inside(session: Session, set_id: int, rule_code: str) -> Named | None:
    """Return the first part that is built into a piece and is not done yet, or None.

    A part with a label is done with its route; one without is done when it is cut.
    """
    for name, name_en, is_tracked, route, step_count, state in session.execute(
        PARTS_INSIDE, {"set": set_id, "rule": rule_code}
    ):
        is_open = step_count < len(route) if is_tracked else state is PieceState.PLANNED and bool(route)
        if is_open:
            return Named(name, name_en)
    return None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One physical sheet or bar of a cut plan."""

    id: int
    plan_id: int
    is_in_force: bool  # not of a plan that a newer one replaced
    article_id: int
    article_code: str  # what it is cut from
    is_offcut: bool  # it is cut from one, not from a whole board


def sheet_by_code(session: Session, code: str) -> Sheet | None:
    """Return the sheet or bar with this label, or the one that is cut from the offcut with it, or None."""
    held = select(Lot.id).where(Lot.code == code, Lot.length_mm.is_not(None)).scalar_subquery()
    rows = session.execute(
        select(CutLayout, CutPlan.state, Article.code)
        .join(CutPlan, CutPlan.id == CutLayout.plan_id)
        .join(Article, Article.id == CutLayout.article_id)
        .where((CutLayout.code == code) | (CutLayout.lot_id == held))
        .order_by(CutLayout.id.desc())  # an offcut may have been in a plan that was given up
        .limit(1)
    )
    row = rows.one_or_none()
    if row is None:
        return None
    layout, state, article = row
    is_in_force = state is PlanState.READY and layout.dropped_at is None
    return Sheet(
        layout.id, layout.plan_id, is_in_force, layout.article_id, article, layout.lot_id is not None
    )


@dataclass(frozen=True, slots=True)
class LotInHand:
    """The lot whose label was scanned at a saw."""

    id: int
    article_id: int
    article_code: str


def lot_by_code(session: Session, code: str) -> LotInHand | None:
    """Return the lot of boards or bars with this label, or None."""
    rows = select(Lot.id, Lot.article_id, Article.code).join(Article, Article.id == Lot.article_id)
    row = session.execute(rows.where(Lot.code == code)).one_or_none()
    return None if row is None else LotInHand(*row)


def part_count(session: Session, sheet_id: int) -> int:
    """Return how many parts are sawn out of a sheet or bar."""
    return session.scalar(select(func.count()).where(Placement.layout_id == sheet_id)) or 0


@dataclass(frozen=True, slots=True)
class NextSheet:
    """The sheet or bar of a plan that is cut next, and what it is cut from: an article, or the label of an offcut."""

    code: str
    position: int
    total_count: int
    stock: str


def next_sheet(session: Session, plan_id: int) -> NextSheet | None:
    """Return the first sheet of a plan that is not cut yet, or None."""
    waits = (CutLayout.plan_id == plan_id) & CutLayout.cut_at.is_(None) & CutLayout.dropped_at.is_(None)
    total = select(func.max(CutLayout.position)).where(CutLayout.plan_id == plan_id).scalar_subquery()
    row = session.execute(
        select(CutLayout.code, CutLayout.position, total, func.coalesce(Lot.code, Article.code))
        .join(Article, Article.id == CutLayout.article_id)
        .outerjoin(Lot, Lot.id == CutLayout.lot_id)
        .where(waits)
        .order_by(CutLayout.position)
        .limit(1)
    ).one_or_none()
    return None if row is None else NextSheet(*row)


@dataclass(frozen=True, slots=True)
class OffcutAtSaw:
    """An offcut whose label was scanned at a saw, and why it is not to be cut, if so."""

    id: int
    state: OffcutState
    plan: str  # the number of the plan that holds it
    wanted: (
        str | None
    )  # the offcut that the sheet in hand is cut from, where this is another; "" of a whole board
    block: Block | None
    todo: str


AT_SAW = {  # what stands against cutting an offcut, by its state; one that a plan holds may be cut
    OffcutState.PLANNED: (Block.E23, N_("Have the sheet cut and scanned that it comes off.")),
    OffcutState.FREE: (Block.E22, N_("Put it back: no plan takes it. The next plan may.")),
    OffcutState.USED: (Block.E28, N_("Take the next sheet.")),
    OffcutState.GONE: (Block.E24, N_("Put it aside and call the team leader.")),
    OffcutState.VOID: (Block.E24, N_("Put it aside and call the team leader.")),
}


def offcut_at_saw(session: Session, code: str, wanted: str | None) -> OffcutAtSaw | None:
    """Return the offcut with this label, and what stands against cutting it for the sheet labelled `wanted`."""
    row = session.execute(
        select(Offcut, CutPlan.number, CutPlan.state)
        .outerjoin(CutPlan, CutPlan.id == Offcut.plan_id)
        .where(Offcut.code == code)
    ).one_or_none()
    if row is None:
        return None
    offcut, number, state = row
    block, todo = AT_SAW.get(offcut.state, (None, ""))
    if offcut.state is OffcutState.HELD and state is not PlanState.READY:
        block, todo = Block.E22, N_("Put it back: the plan that holds it is still being computed.")
    named = _cut_from(session, wanted) if wanted else None
    if named is not None and named != code:
        return OffcutAtSaw(offcut.id, offcut.state, number or "", named, block or Block.E22, todo)
    return OffcutAtSaw(offcut.id, offcut.state, number or "", None, block, todo)


def _cut_from(session: Session, sheet_code: str) -> str | None:
    """Return the label of the offcut that a sheet is cut from, "" of a whole board, None of no sheet."""
    rows = select(CutLayout.id, Lot.code).outerjoin(Lot, Lot.id == CutLayout.lot_id)
    row = session.execute(rows.where(CutLayout.code == sheet_code)).one_or_none()
    return None if row is None else row[1] or ""


def pieces_on(session: Session, sheet_id: int) -> list[tuple[int, bool]]:
    """Return the planned pieces of a cut sheet that lie on no uncut one, and whether each has a label."""
    elsewhere = (
        select(Placement.id)
        .join(CutLayout, CutLayout.id == Placement.layout_id)
        .join(CutPlan, CutPlan.id == CutLayout.plan_id)
        .where(
            Placement.piece_id == Piece.id,
            CutLayout.cut_at.is_(None),
            CutLayout.dropped_at.is_(None),
            CutPlan.state == PlanState.READY,
        )
    )
    rows = session.execute(
        select(Piece.id, Piece.is_tracked)
        .where(
            Piece.id.in_(select(Placement.piece_id).where(Placement.layout_id == sheet_id)),
            Piece.state == PieceState.PLANNED,
            ~elsewhere.exists(),
        )
        .order_by(Piece.id)
    )
    return [(key, is_tracked) for key, is_tracked in rows]


def set_progress(session: Session, set_id: int) -> tuple[int, int]:
    """Return how many of a set's labelled pieces are made or further, and how many there are."""
    made_or_further = (PieceState.MADE, PieceState.PACKED, PieceState.SHIPPED)
    rows = session.execute(SET_COUNTS, {"set": set_id})
    counts = {state: count for state, count in rows}  # noqa: C416  (a row is no pair to the type checker)
    return sum(counts.get(state, 0) for state in made_or_further), sum(counts.values())


def operation_names(session: Session, version_id: int) -> dict[str, Named]:
    """Return the names of the operations of one frozen door model."""
    return _named(session.scalar(OPERATIONS, {"version": version_id}) or [])


def all_operation_names(session: Session) -> dict[str, Named]:
    """Return the names of the operations of all door models in force."""
    documents = session.scalars(
        select(DoorVersion.document["operations"])
        .join(Door, Door.current_version_id == DoorVersion.id)
        .order_by(DoorVersion.id)
    )
    return {code: name for listed in documents for code, name in _named(listed or []).items()}


def _named(operations: Iterable[Mapping[str, Any]]) -> dict[str, Named]:
    return {one["code"]: Named(one["name"]["zh"], one["name"]["en"]) for one in operations}


def stations_of(session: Session) -> dict[str, list[Named]]:
    """Return the stations at which each operation is done."""
    found = defaultdict(list)
    stations = session.scalars(select(Station).where(Station.is_active).order_by(Station.name))
    for station in stations:
        for operation in station.operation_codes:
            found[operation].append(Named(station.name, station.name_en))
    return dict(found)


def done_count(session: Session, station_id: int, on: date, zone: str) -> int:
    """Return the operations that a station has reported on one factory day."""
    begins, ends = day_bounds(on, zone)
    count = session.scalar(
        select(func.count())
        .select_from(WorkReport)
        .where(WorkReport.station_id == station_id, WorkReport.done_at >= begins, WorkReport.done_at < ends)
    )
    return count or 0


def day_bounds(on: date, zone: str) -> tuple[datetime, datetime]:
    """Return when a factory day begins and ends."""
    midnight = datetime.combine(on, time(), ZoneInfo(zone))
    return midnight, datetime.combine(on + timedelta(days=1), time(), ZoneInfo(zone))


def picture(session: Session, piece_id: int) -> tuple[dict[str, Any], str, Named] | None:
    """Return the drawing of a piece's set, the part to point out in it and its name, or None."""
    row = session.execute(
        select(DoorSet.drawing, Piece.drawn_as, Piece.name, Piece.name_en)
        .join(Piece, Piece.set_id == DoorSet.id)
        .where(Piece.id == piece_id)
    ).one_or_none()
    return None if row is None else (row[0], row[1] or "", Named(row[2], row[3]))
