"""M1: the released lines, the minutes that people spent on orders, and what stands beside the figure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import Select, func, or_, select, union
from sqlalchemy.orm import Session, aliased

from core.activity.model import Interval
from core.auth.model import Person
from erp.catalogue.rules.entries import Duty
from erp.sales.model import HandEdit, Line, Order
from mes.efficiency.queries.window import Window, count
from mes.efficiency.rules import SPLIT, SplitLine
from mes.production.model import Scrap
from mes.splitting.model import DoorSet, Piece, Release, ReleasedLine
from mes.splitting.rules import ORDER_WORK, ReleaseReason, clipped_minutes

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
    released_again = (
        select(ReleasedLine.line_id)
        .join(Release, Release.id == ReleasedLine.release_id)
        .where(Release.reason == ReleaseReason.SPLIT_ERROR)
    )
    made_again = (
        select(DoorSet.line_id)
        .join(Piece, Piece.set_id == DoorSet.id)
        .join(Scrap, Scrap.piece_id == Piece.id)
        .where(Scrap.duty == Duty.SPLITTING)
    )
    return line_rows(window).where(Line.id.in_(union(released_again, made_again)))


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


def splitting(session: Session, window: Window, *, is_spent_told: bool = True) -> Splitting:
    """Return what stands beside the first figure of a window; who spent how long is left out where nobody asks."""
    rows = session.execute(
        select(Release.reason, Release.is_untouched, func.count())
        .where(window.holds(Release.released_at))
        .group_by(Release.reason, Release.is_untouched)
    )
    counts: Counter[ReleaseReason] = Counter()
    untouched = 0
    for reason, is_untouched, number in rows:
        counts[reason] += number
        untouched += number if is_untouched and reason is ReleaseReason.FIRST else 0
    again = tuple((one, counts[one]) for one in ReleaseReason if one is not ReleaseReason.FIRST)
    spent = _spent(session, window) if is_spent_told else ()
    return Splitting(spent, counts[ReleaseReason.FIRST], untouched, again)


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


def work_before_release(session: Session, order_id: int) -> list[tuple[datetime, datetime, datetime]]:
    """Return begin and end of each stretch of work on a released order or its sheet, and when it was released."""
    is_order = (Interval.subject == "erp.sales.order") & (Interval.subject_id == Order.id)
    is_sheet = (Interval.subject == "erp.sales.import") & (Interval.subject_id == Order.import_id)
    rows = session.execute(
        select(Interval.started_at, Interval.ended_at, Order.released_at)
        .join(Order, or_(is_order, is_sheet))
        .where(Order.id == order_id, Order.released_at.is_not(None), Interval.kind.in_(ORDER_WORK))
    )
    return [(begin, end, at) for begin, end, at in rows if at is not None]


def lead_times(session: Session, window: Window) -> tuple[int, ...]:
    """Return the microseconds from entry to release of each order released within the window, the shortest first."""
    rows = session.execute(select(Order.created_at, Order.released_at).where(window.holds(Order.released_at)))
    return tuple(sorted((end - begin) // timedelta(microseconds=1) for begin, end in rows if end is not None))


def young_count(session: Session, window: Window, *, at: datetime) -> int:
    """Return how many of the lines released within the window have a gate that is open at `at`."""
    gate = at - timedelta(days=SPLIT.gate_days)
    return count(session, line_rows(window).where(Release.released_at > gate))
