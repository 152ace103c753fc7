"""What one day adds to the figures, out of the raw rows.

What is little and may change long after its day (`changing_sums`) is never kept.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.activity.model import Interval
from erp.sales.model import Order
from erp.stock.model import Move
from mes.counting.model import Count, Line
from mes.efficiency.model import PaidTime
from mes.efficiency.queries.accuracy import BENCH, BENCH_ERRORS, DOCK, DOCK_ERRORS, receipts
from mes.efficiency.queries.machines import machine_days, planned_days
from mes.efficiency.queries.orders import lead_times, split_error_rows, split_line, split_lines
from mes.efficiency.queries.warehouse import BY_MOVE, BY_SCAN, COUNTED, PASSED, TORN
from mes.efficiency.queries.window import Calendar, Window, calendar_within
from mes.efficiency.rules import SPLIT, SplitLine, Work, line_weight
from mes.efficiency.rules.sums import MILLION, DaySums, Name, Sums, add, count_error, planned_text, weigh
from mes.scanning.model import FormerLabel, Scan
from mes.splitting.model import Release, ReleasedLine
from mes.splitting.rules import ORDER_WORK

LONGEST_WORK = timedelta(days=3)  # nobody works on without ten minutes' rest for so long: bounds what is read
KINDS = sorted({*BY_SCAN.values(), *BENCH, *DOCK})


def day_sums(session: Session, window: Window, *, at: datetime) -> DaySums:
    """Return what one day adds, out of the rows themselves, as known at `at`."""
    cells: Sums = {}
    for line in split_lines(session, window, at=at):
        weigh(cells, line)
    _add_work(session, window, cells)
    _add_moves(session, window, cells)
    _add_scans(session, window, cells)
    day = calendar_within(window)
    planned = planned_days(session, day, at=at)[day.days[0]]
    return DaySums(
        cells,
        lead_times(session, window),
        machine_days(session, window, planned, at=at),
        planned_text(planned, window.since),
    )


def _add_work(session: Session, window: Window, cells: Sums) -> None:
    """Add the time of work on orders, by the kind of door that weighed most when the order was first released.

    Work on a sheet is work on the order that it became; what is not released has no kind yet.
    """
    rows = session.execute(
        select(Interval.subject, Interval.subject_id, Interval.started_at, Interval.ended_at).where(
            Interval.kind.in_(ORDER_WORK),
            Interval.ended_at > window.since,
            Interval.started_at < window.before,
            Interval.started_at > window.since - LONGEST_WORK,
        )
    ).all()
    sheets = _orders_of_sheets(session, {row.subject_id for row in rows if row.subject == "erp.sales.import"})
    ids = [
        sheets.get(row.subject_id) if row.subject == "erp.sales.import" else row.subject_id for row in rows
    ]
    kinds = _kinds(session, {one for one in ids if one is not None})
    for order_id, row in zip(ids, rows, strict=True):
        inside = min(row.ended_at, window.before) - max(row.started_at, window.since)
        kind = "" if order_id is None else kinds.get(order_id, "")
        if inside > timedelta(0):
            add(cells, Name.WORK, kind, 1, inside // timedelta(microseconds=1))


def _orders_of_sheets(session: Session, ids: set[int]) -> dict[int, int]:
    """Return the order that each of some sheets became."""
    rows = session.execute(select(Order.import_id, Order.id).where(Order.import_id.in_(ids)))
    return {sheet: order_id for sheet, order_id in rows if sheet is not None}


def _kinds(session: Session, order_ids: set[int]) -> dict[int, str]:
    """Return the kind of door that weighs most in each order's first release."""
    weights: defaultdict[int, Counter[str]] = defaultdict(Counter)
    rows = session.execute(
        select(Release.order_id, ReleasedLine.kind, ReleasedLine.set_count)
        .join(ReleasedLine, ReleasedLine.release_id == Release.id)
        .where(Release.order_id.in_(order_ids), Release.version == 1)
        .order_by(ReleasedLine.line_id)
    )
    for order_id, kind, count in rows:
        weights[order_id][kind.value] += int(1000 * line_weight(SplitLine(kind, count)))
    return {order_id: found.most_common(1)[0][0] for order_id, found in weights.items()}


def _add_moves(session: Session, window: Window, cells: Sums) -> None:
    """Add the confirmed transactions that are moves of stock, what was counted, and labels printed again."""
    works = {kind: work for work, kind in BY_MOVE.items()}
    rows = session.execute(
        select(Move.kind, func.count())
        .where(Move.kind.in_(works), window.holds(Move.moved_at))
        .group_by(Move.kind)
    )
    for kind, count in rows:
        add(cells, Name.STORE, works[kind].value, count)
    counted = session.scalar(
        select(func.count()).select_from(Line).join(Count, COUNTED).where(window.holds(Count.closed_at))
    )
    if counted:
        add(cells, Name.STORE, Work.COUNT.value, counted)
    torn = session.scalar(
        select(func.count())
        .select_from(FormerLabel)
        .where(FormerLabel.reason == TORN, window.holds(FormerLabel.replaced_at))
    )
    if torn:
        add(cells, Name.STORE, Work.REPRINT.value, torn)


def _add_scans(session: Session, window: Window, cells: Sums) -> None:
    """Add the confirmed transactions that are scans, and the scans of bench and dock with the wrong ones refused."""
    works = {kind: work for work, kind in BY_SCAN.items()}
    rows = session.execute(
        select(Scan.kind, Scan.outcome, Scan.block_code, func.count())
        .where(Scan.kind.in_(KINDS), window.holds(Scan.received_at))
        .group_by(Scan.kind, Scan.outcome, Scan.block_code)
    )
    for kind, outcome, block, count in rows:
        if kind in works and outcome in PASSED:
            add(cells, Name.STORE, works[kind].value, count)
        if kind in BENCH:
            add(cells, Name.BENCH, "", count, count if block in BENCH_ERRORS else 0)
        if kind in DOCK:
            add(cells, Name.DOCK, "", count, count if block in DOCK_ERRORS else 0)


def changing_sums(session: Session, calendar: Calendar, *, at: datetime) -> dict[date, Sums]:
    """Return by day what may change long after its day, and is little: split errors, receipts, paid minutes."""
    found: defaultdict[date, Sums] = defaultdict(dict)
    gate = at - timedelta(days=SPLIT.gate_days)
    for row in session.execute(split_error_rows(calendar.window)):
        count_error(found[calendar.day_of(row.at)], split_line(row, gate))
    for receipt in receipts(session, calendar.window):
        add(found[calendar.day_of(receipt.at)], Name.CONFIRMED, "", 1, int(not receipt.is_right))
    paid = session.execute(
        select(PaidTime.worked_on, func.count(), func.sum(PaidTime.paid_min))
        .where(PaidTime.worked_on.between(calendar.days[0], calendar.days[-1]))
        .group_by(PaidTime.worked_on)
    )
    for on, people, minutes in paid:
        add(found[on], Name.PAID, "", people, 60 * MILLION * int(minutes))
    return found
