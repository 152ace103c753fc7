"""Reads of efficiency: numerators and denominators out of real rows, and the very events behind them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from core.activity.model import Interval
from core.auth.model import Person
from core.i18n import N_
from erp.catalogue.rules.entries import Duty
from erp.sales.model import HandEdit, Line, Order
from erp.stock.model import Lot, Move
from erp.stock.rules import MoveKind
from mes.efficiency import rules
from mes.efficiency.rules import SPLIT, Figure, Metric, SplitLine, Work
from mes.packing.model import Package
from mes.production.model import Scrap
from mes.scanning.model import FormerLabel, Scan, Station
from mes.scanning.rules import Block, Outcome, ScanKind, StationKind
from mes.shipping.model import Delivery, Load
from mes.splitting.model import DoorSet, Piece, Release, ReleasedLine
from mes.splitting.rules import ORDER_WORK, ReleaseReason, clipped_minutes, minutes

PASSED = (Outcome.ACCEPT, Outcome.OVERRIDE)
BY_MOVE = {
    Work.RECEIVE: MoveKind.RECEIPT,
    Work.ISSUE: MoveKind.ISSUE,
    Work.RETURN: MoveKind.RETURN,
    Work.COUNT: MoveKind.COUNT,
}
BY_SCAN = {Work.PUT_AWAY: ScanKind.GOODS_IN, Work.STORE_IN: ScanKind.STORE_IN, Work.LOAD: ScanKind.LOAD}
TORN = "torn"  # why a former label was replaced by a reprint
BENCH = (
    *(ScanKind.PACK_OPEN, ScanKind.PACK_ADD, ScanKind.PACK_REMOVE),
    *(ScanKind.PACK_SEAL, ScanKind.PACK_REOPEN),
)
DOCK = (ScanKind.STORE_IN, ScanKind.LOAD, ScanKind.UNLOAD, ScanKind.SHIP_CLOSE)
# errors that a scan can catch (domain: error classes); the rest of the numbers is about codes and rights
BENCH_ERRORS = (Block.E01, Block.E02, Block.E03, Block.E05, Block.E06, Block.E07, Block.E08)
DOCK_ERRORS = (Block.E09, Block.E10, Block.E11, Block.E12, Block.E13, Block.E15)


# a line as it stood when it was first released, by which it is weighed for good; an order may get lines later
FIRST = aliased(ReleasedLine)
FIRST_RELEASED = (
    select(FIRST.id)
    .join(Release, Release.id == FIRST.release_id)
    .where(FIRST.line_id == Line.id)
    .order_by(Release.version)
    .limit(1)
    .correlate(Line)
    .scalar_subquery()
)
# of the same line: when a split error first brought it back, and when one first had a piece of it made again
RELEASED_AGAIN_AT = (
    select(func.min(Release.released_at))
    .join(ReleasedLine, ReleasedLine.release_id == Release.id)
    .where(ReleasedLine.line_id == Line.id, Release.reason == ReleaseReason.SPLIT_ERROR)
    .correlate(Line)
    .scalar_subquery()
)
MADE_AGAIN_AT = (
    select(func.min(Scrap.scrapped_at))
    .join(Piece, Piece.id == Scrap.piece_id)
    .join(DoorSet, DoorSet.id == Piece.set_id)
    .where(DoorSet.line_id == Line.id, Scrap.duty == Duty.SPLITTING)
    .correlate(Line)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of time that a report is about, from `since` up to but without `before`."""

    since: datetime
    before: datetime

    @property
    def day_count(self) -> int:
        """How many days it holds."""
        return (self.before - self.since).days

    def holds(self, column: Any) -> ColumnElement[bool]:
        """Return the condition that a moment lies within."""
        condition: ColumnElement[bool] = (column >= self.since) & (column < self.before)
        return condition


@dataclass(frozen=True, slots=True)
class Intercept:
    """Wrong scans that were refused at one kind of station; never mixed into an accuracy."""

    wrong: int
    scans: int

    @property
    def rate(self) -> Any:
        """Refused wrong scans per 1,000 scans; nothing without a scan."""
        return rules.per_thousand(self.wrong, self.scans)


@dataclass(frozen=True, slots=True)
class Report:
    """The five figures of a window, and what stands beside them."""

    figures: tuple[Figure, ...]
    bench: Intercept
    dock: Intercept
    lead_hours: Any  # median from order entry to release; nothing without an order


def report(session: Session, window: Window, *, at: datetime) -> Report:
    """Return the five figures of a window, as known at `at`."""
    return Report(
        figures=(
            rules.splitting(split_lines(session, window, at=at), active_minutes(session, window, ORDER_WORK)),
            rules.warehouse(transactions(session, window), Fraction(0), window.day_count),
            rules.equipment(Fraction(0), Fraction(0), 0, _floor_stations(session)),
            rules.packing(0, 0, _count(session, sealed_rows(window))),
            rules.shipping(0, 0, _count(session, delivery_rows(window))),
        ),
        bench=_intercept(session, window, BENCH, BENCH_ERRORS),
        dock=_intercept(session, window, DOCK, DOCK_ERRORS),
        lead_hours=rules.median_hours(_lead_minutes(session, window)),
    )


def split_lines(session: Session, window: Window, *, at: datetime) -> list[SplitLine]:
    """Return the order lines released within the window."""
    gate = at - timedelta(days=SPLIT.gate_days)
    rows = session.execute(line_rows(window).order_by(Release.released_at, Line.id))
    return [split_line(row, gate) for row in rows]


def line_rows(window: Window) -> Select[Any]:
    """Return the order lines first released within the window, as they stood then."""
    columns: tuple[Any, ...] = (Release.released_at.label("at"), Order.id.label("order_id"), Order.number)
    of_line: tuple[Any, ...] = (Line.position, ReleasedLine.kind, ReleasedLine.set_count)
    of_sets = (ReleasedLine.has_glass, ReleasedLine.has_transom)
    of_release = (ReleasedLine.touch_count, ReleasedLine.hand_edit_count)
    errors = (RELEASED_AGAIN_AT.label("released_again_at"), MADE_AGAIN_AT.label("made_again_at"))
    return (
        select(*columns, *of_line, *of_sets, *of_release, *errors)
        .join(ReleasedLine, ReleasedLine.release_id == Release.id)
        .join(Line, Line.id == ReleasedLine.line_id)
        .join(Order, Order.id == Line.order_id)
        .where(window.holds(Release.released_at), ReleasedLine.id == FIRST_RELEASED)
    )


def split_line(row: Any, gate: datetime) -> SplitLine:
    """Return a row of `line_rows` as the figure counts it; released after `gate`, it is young."""
    errors = [at for at in (row.released_again_at, row.made_again_at) if at is not None]
    return SplitLine(
        kind=row.kind,
        set_count=row.set_count,
        has_glass=row.has_glass,
        has_transom=row.has_transom,
        is_young=row.at > gate,
        is_untouched=None if row.touch_count is None else row.touch_count == 0,
        hand_edit_count=row.hand_edit_count,
        is_split_error=bool(errors),
        came_back=bool(errors) and min(errors) <= row.at + timedelta(days=SPLIT.gate_days),
    )


def touched_rows(window: Window) -> Select[Any]:
    """Return the lines released within the window whose touches were recorded."""
    return line_rows(window).where(ReleasedLine.touch_count.is_not(None))


def untouched_rows(window: Window) -> Select[Any]:
    """Return the lines released within the window that no hand was laid on."""
    return line_rows(window).where(ReleasedLine.touch_count == 0)


def split_error_rows(window: Window) -> Select[Any]:
    """Return the lines released within the window that had a split error: released or made again for one."""
    return line_rows(window).where(or_(RELEASED_AGAIN_AT.is_not(None), MADE_AGAIN_AT.is_not(None)))


def by_hand_rows(window: Window) -> Select[Any]:
    """Return the lines released within the window with changes by hand."""
    return line_rows(window).where(ReleasedLine.hand_edit_count > 0)


def override_rows(window: Window) -> Select[Any]:
    """Return the changes by hand that were in force when their order was released within the window."""
    columns: tuple[Any, ...] = (HandEdit.made_at.label("at"), Order.id.label("order_id"), Order.number)
    of_edit = (Line.position, HandEdit.set_position, HandEdit.kind, HandEdit.name, HandEdit.name_en)
    return (
        select(*columns, *of_edit, HandEdit.reason, Person.name.label("person"))
        .join(Line, Line.id == HandEdit.line_id)
        .join(Order, Order.id == Line.order_id)
        .join(Person, Person.id == HandEdit.made_by_id)
        .where(
            window.holds(Order.released_at),
            HandEdit.made_at <= Order.released_at,
            or_(HandEdit.dropped_at.is_(None), HandEdit.dropped_at > Order.released_at),
        )
    )


def remake_rows(window: Window) -> Select[Any]:
    """Return the pieces of lines released within the window that were made again for a split error."""
    columns: tuple[Any, ...] = (Scrap.scrapped_at.label("at"), Order.id.label("order_id"), Order.number)
    of_piece = (DoorSet.id.label("set_id"), DoorSet.number.label("set_number"), Piece.name, Piece.name_en)
    return (
        select(
            *columns, *of_piece, Scrap.defect_code, Scrap.note.label("reason"), Person.name.label("person")
        )
        .join(Piece, Piece.id == Scrap.piece_id)
        .join(DoorSet, DoorSet.id == Piece.set_id)
        .join(Order, Order.id == Piece.order_id)
        .join(Person, Person.id == Scrap.person_id)
        .where(window.holds(Order.released_at), Scrap.duty == Duty.SPLITTING)
    )


def release_rows(window: Window) -> Select[Any]:
    """Return the releases within the window, first and further ones."""
    columns: tuple[Any, ...] = (Release.released_at.label("at"), Order.id.label("order_id"), Order.number)
    of_release = (Release.version, Release.reason, Release.note, Release.is_untouched, Release.active_min)
    return (
        select(*columns, *of_release, Person.name.label("person"))
        .join(Order, Order.id == Release.order_id)
        .outerjoin(Person, Person.id == Release.released_by_id)
        .where(window.holds(Release.released_at))
    )


@dataclass(frozen=True, slots=True)
class Spent:
    """The minutes that one person worked on one order (or its sheet) within a window."""

    person: str
    order_id: int | None  # nothing: work on no order that came about
    number: str
    active_min: Fraction


@dataclass(frozen=True, slots=True)
class Splitting:
    """What stands beside the first figure: who worked how long on what, and the releases."""

    spent: tuple[Spent, ...]  # the most minutes first; they add up to the figure's denominator
    first_count: int
    untouched_count: int  # first releases without a manual touch
    again: tuple[tuple[ReleaseReason, int], ...]  # further releases by reason


def splitting(session: Session, window: Window) -> Splitting:
    """Return what stands beside the first figure of a window."""
    rows = session.execute(
        select(Release.reason, Release.is_untouched, func.count())
        .where(window.holds(Release.released_at))
        .group_by(Release.reason, Release.is_untouched)
    )
    counts: Counter[ReleaseReason] = Counter()
    untouched = 0
    for reason, is_untouched, count in rows:
        counts[reason] += count
        untouched += count if is_untouched and reason is ReleaseReason.FIRST else 0
    again = tuple((one, counts[one]) for one in ReleaseReason if one is not ReleaseReason.FIRST)
    return Splitting(_spent(session, window), counts[ReleaseReason.FIRST], untouched, again)


def _spent(session: Session, window: Window) -> tuple[Spent, ...]:
    """Return the minutes by person and order; work on a sheet is work on the order that it became."""
    is_order = (Interval.subject == "erp.sales.order") & (Interval.subject_id == Order.id)
    is_sheet = (Interval.subject == "erp.sales.import") & (Interval.subject_id == Order.import_id)
    rows = session.execute(
        select(Person.name, Person.id, Order.id, Order.number, Interval.started_at, Interval.ended_at)
        .select_from(Interval)
        .join(Person, Person.id == Interval.person_id)
        .outerjoin(Order, or_(is_order, is_sheet))
        .where(
            Interval.kind.in_(ORDER_WORK),
            Interval.ended_at > window.since,
            Interval.started_at < window.before,
        )
    )
    spans: defaultdict[tuple[str, int, int | None, str], list[tuple[datetime, datetime]]] = defaultdict(list)
    for person, person_id, order_id, number, begin, end in rows:
        spans[person, person_id, order_id, number or ""].append((begin, end))
    found = [
        Spent(person, order_id, number, clipped_minutes(some, window.since, window.before))
        for (person, _, order_id, number), some in spans.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.active_min, one.person, one.number)))


def work_rows(window: Window, kinds: Collection[str] = ORDER_WORK) -> Select[Any]:
    """Return the working intervals of some kinds that touch the window."""
    columns: tuple[Any, ...] = (Interval.started_at.label("at"), Interval.ended_at, Interval.kind)
    return (
        select(*columns, Interval.subject, Interval.subject_id, Order.number, Person.name.label("person"))
        .join(Person, Person.id == Interval.person_id)
        .outerjoin(Order, (Interval.subject == "erp.sales.order") & (Order.id == Interval.subject_id))
        .where(
            Interval.kind.in_(kinds), Interval.ended_at > window.since, Interval.started_at < window.before
        )
    )


def active_minutes(session: Session, window: Window, kinds: Collection[str]) -> Fraction:
    """Return the minutes that people worked on something within the window; intervals are clipped to it."""
    rows = session.execute(
        select(Interval.started_at, Interval.ended_at).where(
            Interval.kind.in_(kinds), Interval.ended_at > window.since, Interval.started_at < window.before
        )
    )
    return clipped_minutes(((begin, end) for begin, end in rows), window.since, window.before)


def _lead_minutes(session: Session, window: Window) -> list[Fraction]:
    rows = session.execute(select(Order.created_at, Order.released_at).where(window.holds(Order.released_at)))
    return [minutes(begin, end) for begin, end in rows if end is not None]


def transactions(session: Session, window: Window) -> dict[Work, int]:
    """Return how many confirmed transactions of each kind the warehouse made within the window."""
    return {work: _count(session, transaction_rows(window, work)) for work in Work}


def transaction_rows(window: Window, work: Work) -> Select[Any]:
    """Return the confirmed transactions of one kind."""
    if work in BY_MOVE:
        return _moves(window, BY_MOVE[work])
    if work in BY_SCAN:
        return _scans(window, (BY_SCAN[work],)).where(Scan.outcome.in_(PASSED))
    columns: tuple[Any, ...] = (FormerLabel.replaced_at.label("at"), FormerLabel.code.label("what"))
    return (
        select(*columns, FormerLabel.new_code.label("number"), Person.name.label("person"))
        .outerjoin(Person, Person.id == FormerLabel.replaced_by_id)
        .where(FormerLabel.reason == TORN, window.holds(FormerLabel.replaced_at))
    )


def _moves(window: Window, kind: MoveKind) -> Select[Any]:
    columns: tuple[Any, ...] = (Move.moved_at.label("at"), Lot.code.label("what"))
    return (
        select(*columns, Move.moved_qty.label("number"), Person.name.label("person"))
        .join(Lot, Lot.id == Move.lot_id)
        .outerjoin(Person, Person.id == Move.moved_by_id)
        .where(Move.kind == kind, window.holds(Move.moved_at))
    )


def _scans(window: Window, kinds: Collection[ScanKind]) -> Select[Any]:
    columns: tuple[Any, ...] = (Scan.received_at.label("at"), Scan.code.label("what"))
    return (
        select(
            *columns, Scan.context.label("number"), Person.name.label("person"), Scan.kind, Scan.block_code
        )
        .join(Person, Person.id == Scan.person_id)
        .where(Scan.kind.in_(kinds), window.holds(Scan.received_at))
    )


def wrong_rows(window: Window, kinds: Collection[ScanKind], errors: Collection[Block]) -> Select[Any]:
    """Return the wrong scans that were refused at some kinds of scans."""
    return _scans(window, kinds).where(Scan.block_code.in_(errors))


def _intercept(
    session: Session, window: Window, kinds: Collection[ScanKind], errors: Collection[Block]
) -> Intercept:
    scans = _count(session, _scans(window, kinds))
    return Intercept(_count(session, wrong_rows(window, kinds, errors)), scans)


def sealed_rows(window: Window) -> Select[Any]:
    """Return the packages sealed within the window."""
    columns: tuple[Any, ...] = (Package.sealed_at.label("at"), Package.code.label("what"))
    return (
        select(*columns, Order.number.label("number"), Person.name.label("person"))
        .join(Order, Order.id == Package.order_id)
        .outerjoin(Person, Person.id == Package.sealed_by_id)
        .where(window.holds(Package.sealed_at))
    )


def delivery_rows(window: Window) -> Select[Any]:
    """Return the deliveries whose load left within the window."""
    columns: tuple[Any, ...] = (Load.shipped_at.label("at"), Delivery.number.label("what"))
    return (
        select(*columns, Load.number.label("number"), Person.name.label("person"))
        .join(Load, Load.id == Delivery.load_id)
        .outerjoin(Person, Person.id == Load.closed_by_id)
        .where(window.holds(Load.shipped_at))
    )


def _floor_stations(session: Session) -> int:
    return session.scalars(
        select(func.count(Station.id)).where(Station.kind == StationKind.FLOOR, Station.is_active)
    ).one()


def _count(session: Session, rows: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


@dataclass(frozen=True, slots=True)
class Events:
    """One list of events behind a figure: how it is asked for, what it is called, where its rows come from."""

    code: str
    name: str  # msgid
    shape: str  # which table shows it: line, override, remake, release, work or event
    rows: Callable[[Window], Select[Any]]
    moment: Any  # the column by which it is sorted


def _of_work(work: Work) -> Events:
    if work in BY_MOVE:
        moment: Any = Move.moved_at
    else:
        moment = Scan.received_at if work in BY_SCAN else FormerLabel.replaced_at
    return Events(work.value, work.label, "event", lambda window: transaction_rows(window, work), moment)


EVENTS: dict[Metric, tuple[Events, ...]] = {
    Metric.M1: (
        Events("lines", N_("Released lines"), "line", line_rows, Release.released_at),
        Events(
            "untouched", N_("Lines released without a touch"), "line", untouched_rows, Release.released_at
        ),
        Events("touches", N_("Lines with recorded touches"), "line", touched_rows, Release.released_at),
        Events(
            "errors",
            N_("Lines with a split error"),
            "line",
            split_error_rows,
            Order.released_at,
        ),
        Events("by_hand", N_("Lines changed by hand"), "line", by_hand_rows, Release.released_at),
        Events("overrides", N_("Manual overrides"), "override", override_rows, HandEdit.made_at),
        Events("remakes", N_("Made again for a split error"), "remake", remake_rows, Scrap.scrapped_at),
        Events("releases", N_("Releases"), "release", release_rows, Release.released_at),
        Events("work", N_("Work on orders"), "work", work_rows, Interval.started_at),
    ),
    Metric.M2: tuple(_of_work(work) for work in Work),
    Metric.M3: (),
    Metric.M4: (
        Events("sealed", N_("Packages sealed"), "event", sealed_rows, Package.sealed_at),
        Events(
            "wrong",
            N_("Wrong scans refused at the bench"),
            "event",
            lambda window: wrong_rows(window, BENCH, BENCH_ERRORS),
            Scan.received_at,
        ),
    ),
    Metric.M5: (
        Events("deliveries", N_("Deliveries shipped"), "event", delivery_rows, Load.shipped_at),
        Events(
            "wrong",
            N_("Wrong scans refused at store and dock"),
            "event",
            lambda window: wrong_rows(window, DOCK, DOCK_ERRORS),
            Scan.received_at,
        ),
    ),
}


def counts(session: Session, metric: Metric, window: Window) -> dict[str, int]:
    """Return how many events each list of a figure holds."""
    return {events.code: _count(session, events.rows(window)) for events in EVENTS[metric]}
