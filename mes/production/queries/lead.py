"""What the team leader reads: what waits where, which orders will be late, what was scrapped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from core.codelists import queries as codelists
from core.i18n import Named
from erp.catalogue.rules.entries import Duty
from erp.parties.model import Party
from erp.sales.model import Order
from mes.planning.queries import load
from mes.planning.rules.capacity import Risk
from mes.production.model import Scrap, WorkReport
from mes.production.queries.station import (
    GONE,
    OPEN,
    all_operation_names,
    day_bounds,
    stations_of,
)
from mes.production.rules import (
    PACE_DAYS,
    Forecast,
    OpenWork,
    forecast,
    next_operation,
    pace,
)
from mes.splitting.model import DoorSet, Piece
from mes.splitting.rules import PieceState

WAITING_SORTS = {"since": Piece.changed_at, "set": Piece.set_id, "name": Piece.name}


@dataclass(frozen=True, slots=True)
class Waiting:
    """The labelled pieces that wait for one operation."""

    operation: str
    name: Named
    stations: Sequence[Named]
    piece_count: int
    urgent_count: int
    since: datetime


def waiting(session: Session) -> list[Waiting]:
    """Return what waits for which operation since when, the longest waiting first."""
    rows = session.execute(
        select(Piece.route, Piece.step_count, Piece.is_urgent, func.count(), func.min(Piece.changed_at))
        .where(Piece.state.in_(OPEN), Piece.is_tracked)
        .group_by(Piece.route, Piece.step_count, Piece.is_urgent)
    )
    counts: dict[str, list[tuple[int, bool, datetime]]] = defaultdict(list)
    for route, step_count, is_urgent, count, since in rows:
        due = next_operation(route, step_count)
        if due is not None:
            counts[due].append((count, is_urgent, since))
    names, stations = all_operation_names(session), stations_of(session)
    found = [
        Waiting(
            operation=operation,
            name=names.get(operation, Named(operation)),
            stations=stations.get(operation, []),
            piece_count=sum(count for count, _, _ in groups),
            urgent_count=sum(count for count, is_urgent, _ in groups if is_urgent),
            since=min(since for _, _, since in groups),
        )
        for operation, groups in counts.items()
    ]
    return sorted(found, key=lambda one: one.since)


def due_for(session: Session, operation: str) -> ColumnElement[bool]:
    """Return the condition of the labelled pieces that are due for one operation."""
    pairs = session.execute(
        select(Piece.route, Piece.step_count)
        .where(Piece.state.in_(OPEN), Piece.is_tracked)
        .group_by(Piece.route, Piece.step_count)
    )
    fitting = [
        and_(Piece.route == route, Piece.step_count == step_count)
        for route, step_count in pairs
        if next_operation(route, step_count) == operation
    ]
    return and_(Piece.state.in_(OPEN), Piece.is_tracked, or_(*fitting)) if fitting else Piece.id.is_(None)


def waiting_pieces(session: Session, operation: str) -> Select[Piece, str, str, int, str, date | None, Party]:
    """Return the labelled pieces that wait for one operation, with set, order and dealer."""
    return (
        select(Piece, DoorSet.number, DoorSet.room, Order.id, Order.number, Order.due_on, Party)
        .join(DoorSet, DoorSet.id == Piece.set_id)
        .join(Order, Order.id == Piece.order_id)
        .join(Party, Party.id == Order.dealer_id)
        .where(due_for(session, operation))
    )


@dataclass(frozen=True, slots=True)
class OrderAhead:
    """One order in work, with what is open of it and when it will be done."""

    number: str
    dealer: Named
    due_on: date | None
    open_operation_count: int
    open_piece_count: int
    forecast: Forecast  # by the pace of the last days
    reasons: tuple[Risk, ...]  # by working days, as the office sees it


@dataclass(frozen=True, slots=True)
class Ahead:
    """The orders in work by due day, and the pace that they were measured with."""

    orders: Sequence[OrderAhead]
    report_count: int
    day_count: int


def ahead(session: Session, today: date, zone: str) -> Ahead:
    """Return when the orders in work will be done, and from which reports that was reckoned."""
    report_count, day_count = _pace(session, zone, today)
    open_work = _open_work(session)
    orders = {
        order.id: (order, Named(dealer.name, dealer.name_en))
        for order, dealer in session.execute(
            select(Order, Party).join(Party, Party.id == Order.dealer_id).where(Order.id.in_(open_work))
        )
    }
    reasons = load.reasons_of(session, list(orders), today)
    work = [OpenWork(key, orders[key][0].due_on, operations) for key, (operations, _) in open_work.items()]
    return Ahead(
        [
            OrderAhead(
                number=orders[one.order_id][0].number,
                dealer=orders[one.order_id][1],
                due_on=orders[one.order_id][0].due_on,
                open_operation_count=open_work[one.order_id][0],
                open_piece_count=open_work[one.order_id][1],
                forecast=one,
                reasons=reasons.get(one.order_id, ()),
            )
            for one in forecast(work, pace(report_count, day_count), today)
        ],
        report_count,
        day_count,
    )


def _open_work(session: Session) -> dict[int, tuple[int, int]]:
    """Return open operations and open labelled pieces of every order that has any."""
    rows = session.execute(
        select(Piece.order_id, Piece.route, Piece.step_count, func.count())
        .where(Piece.state.in_(OPEN), Piece.is_tracked)
        .group_by(Piece.order_id, Piece.route, Piece.step_count)
    )
    found: dict[int, tuple[int, int]] = {}
    for order_id, route, step_count, count in rows:
        operations, pieces = found.get(order_id, (0, 0))
        found[order_id] = (operations + count * (len(route) - step_count), pieces + count)
    return found


def _pace(session: Session, zone: str, today: date) -> tuple[int, int]:
    """Return the reports on labelled pieces of the last days and the days that had any."""
    counts = [_reports(session, today - timedelta(days=ago), zone) for ago in range(PACE_DAYS)]
    return sum(counts), sum(count > 0 for count in counts)


def _reports(session: Session, on: date, zone: str) -> int:
    begins, ends = day_bounds(on, zone)
    count = session.scalar(
        select(func.count())
        .select_from(WorkReport)
        .join(Piece, Piece.id == WorkReport.piece_id)
        .where(WorkReport.done_at >= begins, WorkReport.done_at < ends, Piece.is_tracked)
    )
    return count or 0


@dataclass(frozen=True, slots=True)
class ScrapLine:
    """One scrapped piece, whose fault it was, and how far its remake is."""

    id: int
    old_code: str
    new_code: str
    new_piece_id: int
    new_state: PieceState
    name: Named
    set_number: str
    defect: Named
    duty: Duty
    note: str
    scrapped_at: datetime


def recent_scraps(session: Session, limit: int = 20) -> list[ScrapLine]:
    """Return the newest scraps."""
    old, new = Piece.__table__.alias("old"), Piece.__table__.alias("new")
    defects = {one.code: Named(one.name, one.name_en) for one in codelists.entries(session, "defect")}
    rows = session.execute(
        select(
            old.c.code,
            new.c.code,
            new.c.id,
            new.c.state,
            new.c.name,
            new.c.name_en,
            DoorSet.number,
            Scrap,
        )
        .select_from(Scrap)
        .join(old, old.c.id == Scrap.piece_id)
        .join(new, new.c.id == Scrap.new_piece_id)
        .join(DoorSet, DoorSet.id == new.c.set_id)
        .order_by(Scrap.id.desc())
        .limit(limit)
    )
    return [
        ScrapLine(
            id=scrap.id,
            old_code=old_code,
            new_code=new_code,
            new_piece_id=new_id,
            new_state=state,
            name=Named(name, name_en),
            set_number=number,
            defect=defects.get(scrap.defect_code, Named(scrap.defect_code)),
            duty=scrap.duty,
            note=scrap.note,
            scrapped_at=scrap.scrapped_at,
        )
        for old_code, new_code, new_id, state, name, name_en, number, scrap in rows
    ]


@dataclass(frozen=True, slots=True)
class SetProgress:
    """One door set of an order: how many labelled pieces are made, and what the others wait for."""

    number: str
    room: str
    made_count: int
    piece_count: int
    waits_for: Sequence[Named]


def order_progress(session: Session, order_id: int) -> list[SetProgress]:
    """Return how far each set of an order is."""
    rows = session.execute(
        select(DoorSet.id, DoorSet.number, DoorSet.room, Piece.state, Piece.route, Piece.step_count)
        .join(Piece, Piece.set_id == DoorSet.id)
        .where(DoorSet.order_id == order_id, Piece.is_tracked, Piece.state.not_in(GONE))
        .order_by(DoorSet.id, Piece.id)
    ).all()
    names = all_operation_names(session)
    sets: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        sets[row.id].append(row)
    return [_set_progress(pieces, names) for pieces in sets.values()]


def _set_progress(pieces: Sequence[Any], names: Mapping[str, Named]) -> SetProgress:
    still = [piece for piece in pieces if piece.state in OPEN]
    waits_for: dict[str, Named] = {}
    for piece in still:
        due = next_operation(piece.route, piece.step_count)
        if due is not None:
            waits_for.setdefault(due, names.get(due, Named(due)))
    first = pieces[0]
    return SetProgress(
        first.number, first.room, len(pieces) - len(still), len(pieces), list(waits_for.values())
    )
