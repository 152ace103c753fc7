"""Commands of efficiency: baselines, work timed the old way, paid minutes, kept days; never commit.

A baseline's days are inserted with it and never touched again; approving locks the figure's approved baseline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit.service import record
from core.errors import Conflict, NotFound
from core.numbers.service import next_number
from core.states import check_step
from mes.efficiency.model import (
    Baseline,
    BaselineDay,
    BaselineExclusion,
    DaySum,
    FoldedDay,
    LateEvent,
    MachineDay,
    PaidTime,
    RollUp,
    TimedWork,
)
from mes.efficiency.queries.baselines import days_of, parameters, running
from mes.efficiency.queries.rollups import TIMES
from mes.efficiency.queries.sums import day_sums
from mes.efficiency.queries.window import calendar_of
from mes.efficiency.rules import Metric
from mes.efficiency.rules.baselines import (
    DEFINITION,
    STEPS,
    BaselineState,
    Day,
    DayAhead,
    Exclusion,
    Method,
    NothingRuns,
    RowsChanged,
    RunsAlready,
    SamePerson,
    check_days,
    check_stop,
    check_timed,
    sha256_of,
)
from mes.efficiency.rules.sums import LATE, SETTLED, DaySums, basis

BASELINE, TIMED, PAID = "mes.efficiency.baseline", "mes.efficiency.timed_work", "mes.efficiency.paid_time"
PREFIX = "BL"


@dataclass(frozen=True, slots=True)
class BaselineEntry:
    """A baseline as it is recorded."""

    metric: Metric
    method: Method
    first: date
    last: date
    days: tuple[Day, ...]
    exclusions: tuple[Exclusion, ...] = ()
    note: str = ""
    file_id: int | None = None


def record_baseline(
    session: Session, entry: BaselineEntry, *, by: int, at: datetime, today: date
) -> Baseline:
    """Record a baseline with its days, their hash and today's weights.

    Raises PeriodWrong, NoDays, DayTwice, DayOutside, DayFaulty.
    """
    check_days(entry.metric, entry.first, entry.last, entry.days, today)
    made = Baseline(
        number=next_number(session, PREFIX, on=today),
        metric=entry.metric,
        definition=DEFINITION,
        method=entry.method,
        since_on=entry.first,
        until_on=entry.last,
        parameters=parameters()[entry.metric],
        raw_sha256=sha256_of(entry.days),
        note=entry.note,
        file_id=entry.file_id,
        recorded_at=at,
        recorded_by_id=by,
    )
    session.add(made)
    session.flush()  # its rows carry its id
    _insert_rows(session, made.id, entry)
    record(session, subject=BASELINE, subject_id=made.id, verb="record", by=by, at=at)
    return made


def _insert_rows(session: Session, baseline_id: int, entry: BaselineEntry) -> None:
    rows = [
        {
            "baseline_id": baseline_id,
            "worked_on": day.on,
            "family": day.family,
            "numerator_qty": day.numerator,
            "denominator_qty": day.denominator,
            "event_count": day.event_count,
        }
        for day in entry.days
    ]
    session.execute(insert(BaselineDay), rows)
    left_out: Sequence[dict[str, Any]] = [
        {"baseline_id": baseline_id, "reason": one.reason, "event_count": one.event_count}
        for one in entry.exclusions
    ]
    if left_out:
        session.execute(insert(BaselineExclusion), left_out)


def approve_baseline(session: Session, baseline_id: int, *, by: int, at: datetime) -> None:
    """Approve a baseline as a second person; an approved one of the same figure is superseded.

    Locks both. Raises NotFound, StepRefused, SamePerson, RowsChanged, Conflict.
    """
    found = _locked(session, baseline_id)
    check_step(STEPS, found.number, found.state, BaselineState.APPROVED)
    if found.recorded_by_id == by:
        raise SamePerson(number=found.number)
    if sha256_of(days_of(session, baseline_id)) != found.raw_sha256:
        raise RowsChanged(number=found.number)
    _supersede(session, found, by=by, at=at)
    found.state, found.decided_at, found.decided_by_id = BaselineState.APPROVED, at, by
    try:
        session.flush()  # the index allows one approved baseline of a figure
    except IntegrityError as lost:
        raise Conflict from lost
    record(session, subject=BASELINE, subject_id=baseline_id, verb="approve", by=by, at=at)


def _supersede(session: Session, by_what: Baseline, *, by: int, at: datetime) -> None:
    older = session.scalar(
        select(Baseline)
        .where(Baseline.metric == by_what.metric, Baseline.state == BaselineState.APPROVED)
        .with_for_update()
    )
    if older is None:
        return
    older.state, older.superseded_by_id = BaselineState.SUPERSEDED, by_what.id
    session.flush()  # before the next one takes its place in the index
    changes: dict[str, list[Any]] = {"superseded_by": [None, by_what.number]}
    record(session, subject=BASELINE, subject_id=older.id, verb="supersede", by=by, at=at, changes=changes)


def withdraw_baseline(session: Session, baseline_id: int, reason: str, *, by: int, at: datetime) -> None:
    """Withdraw a baseline that nobody approved. Locks it. Raises NotFound, StepRefused."""
    found = _locked(session, baseline_id)
    check_step(STEPS, found.number, found.state, BaselineState.WITHDRAWN)
    found.state, found.reason = BaselineState.WITHDRAWN, reason
    found.decided_at, found.decided_by_id = at, by
    changes: dict[str, list[Any]] = {"reason": [None, reason]}
    record(session, subject=BASELINE, subject_id=baseline_id, verb="withdraw", by=by, at=at, changes=changes)


def _locked(session: Session, baseline_id: int) -> Baseline:
    found = session.scalar(select(Baseline).where(Baseline.id == baseline_id).with_for_update())
    if found is None:
        raise NotFound
    return found


# --- work done the old way ----------------------------------------------------


def start_timed(session: Session, metric: Metric, *, by: int, at: datetime) -> None:
    """Start timing the person's work on a figure. Raises RunsAlready: nobody does two things at once."""
    check_timed(metric)
    try:
        with session.begin_nested():
            session.add(TimedWork(person_id=by, metric=metric, started_at=at))
    except IntegrityError as lost:
        raise RunsAlready from lost


def stop_timed(
    session: Session,
    counts: Mapping[str, int],
    note: str = "",
    *,
    by: int,
    at: datetime,
    ended_at: datetime | None = None,
) -> None:
    """Stop the person's running work, now or at a moment told afterwards, and keep what was done.

    Locks it. Raises NothingRuns, EndWrong, UnknownKind.
    """
    found = running(session, by)
    if found is None:
        raise NothingRuns
    end = ended_at or at
    check_stop(found.metric, found.started_at, end, counts, at)
    stopped = session.execute(
        update(TimedWork)
        .where(TimedWork.id == found.id, TimedWork.ended_at.is_(None))
        .values(
            ended_at=end,
            is_late=ended_at is not None,
            counts={kind: count for kind, count in counts.items() if count},
            note=note,
        )
    )
    if not stopped.rowcount:  # type: ignore[attr-defined]
        raise NothingRuns
    record(session, subject=TIMED, subject_id=found.id, verb="stop", by=by, at=at)


# --- paid minutes -------------------------------------------------------------


def put_paid_time(
    session: Session, on: date, minutes: Mapping[int, int | None], *, by: int, at: datetime, today: date
) -> None:
    """Enter for how many minutes each person was paid for warehouse work on one day; nothing takes it out.

    What is unchanged stays as it was entered. Raises DayAhead, or Conflict when two enter the same at once.
    """
    if on > today:
        raise DayAhead(day=on, today=today)
    kept = {
        row.person_id: row
        for row in session.scalars(select(PaidTime).where(PaidTime.worked_on == on).with_for_update())
    }
    for person_id, paid in minutes.items():
        row = kept.get(person_id)
        before = None if row is None else row.paid_min
        if before == paid:
            continue
        if row is not None:
            session.delete(row)
            session.flush()  # the day is free for the new row
        if paid is not None:
            session.add(
                PaidTime(person_id=person_id, worked_on=on, paid_min=paid, entered_at=at, entered_by_id=by)
            )
        changes: dict[str, list[Any]] = {on.isoformat(): [before, paid]}
        record(session, subject=PAID, subject_id=person_id, verb="enter", by=by, at=at, changes=changes)
    try:
        session.flush()  # one row per person and day
    except IntegrityError as lost:
        raise Conflict from lost


# --- kept days ----------------------------------------------------------------


def note_late(session: Session, since: datetime, until: datetime, *, at: datetime) -> None:
    """Note that something was told at `at` about a stretch of time; none is needed while its day is not kept."""
    if since < at - LATE:
        session.execute(insert(LateEvent), {"since_at": since, "until_at": max(since, until)})


def fold_day(session: Session, day: date, zone: ZoneInfo, *, at: datetime) -> bool:
    """Keep the sums of one day, out of the raw rows; say whether it had ended for long enough to be kept.

    Locks the folding: one day is folded at a time. Notes of late events are read before the raw rows, and only those
    that were read go: what is told meanwhile keeps its note.
    """
    window = calendar_of(day, day, zone).window
    if window.before + SETTLED > at:
        return False
    _begin_folding(session, str(zone))
    late = session.execute(
        select(LateEvent.id, LateEvent.since_at, LateEvent.until_at).where(
            LateEvent.since_at < window.before, LateEvent.until_at >= window.since
        )
    ).all()
    _keep(session, day, day_sums(session, window, at=at), at=at)
    session.execute(delete(LateEvent).where(LateEvent.id.in_([row.id for row in late])))
    rest = [
        {"since_at": since, "until_at": until}
        for row in late
        for since, until in (
            (row.since_at, window.since - timedelta(microseconds=1)),
            (window.before, row.until_at),
        )
        if since <= until
    ]
    if rest:
        session.execute(insert(LateEvent), rest)
    return True


def _begin_folding(session: Session, zone: str) -> None:
    """Lock the folding; what was folded by another zone or other weights goes."""
    kept = session.scalars(select(RollUp).with_for_update()).one()
    if kept.basis != basis(zone):
        for table in (DaySum, MachineDay, FoldedDay):
            session.execute(delete(table))
        kept.basis = basis(zone)


def _keep(session: Session, day: date, found: DaySums, *, at: datetime) -> None:
    for table in (DaySum, MachineDay, FoldedDay):
        session.execute(delete(table).where(table.worked_on == day))
    kept = {"worked_on": day, "planned": found.planned, "lead_us": list(found.leads), "folded_at": at}
    session.execute(insert(FoldedDay), kept)
    sums = [
        {"worked_on": day, "name": name.value, "key": key, "event_count": count, "exact_sum": amount}
        for (name, key), (count, amount) in found.cells.items()
    ]
    machines = [
        {"worked_on": day, "machine_id": machine_id}
        | dict(zip((column.key for column in TIMES), times, strict=True))
        for machine_id, times in found.machines.items()
    ]
    for table, rows in ((DaySum, sums), (MachineDay, machines)):
        if rows:
            session.execute(insert(table), rows)
