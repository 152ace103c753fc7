"""Reads of baselines: the list, one of them, and what a figure has become since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from core.auth.model import Person
from core.errors import NotFound
from core.files.model import File
from erp.sales.model import Order
from mes.efficiency.model import Baseline, BaselineDay, BaselineExclusion, TimedWork
from mes.efficiency.queries.days import days
from mes.efficiency.queries.figures import Report, report
from mes.efficiency.queries.rollups import Daily, daily
from mes.efficiency.queries.window import Calendar
from mes.efficiency.rules import NO_BASELINE, SPLIT, WAREHOUSE, Metric
from mes.efficiency.rules.baselines import (
    DEFINITION,
    GRADES,
    LONGEST_SHIFT,
    BaselineState,
    Day,
    Exclusion,
    sha256_of,
)
from mes.efficiency.rules.improvement import After, Before, Improvement, compare, compared

SORTS = {"number": Baseline.number, "metric": Baseline.metric, "since": Baseline.since_on}


@dataclass(frozen=True, slots=True)
class BaselineShown:
    """One baseline as its page shows it."""

    row: Baseline
    days: tuple[Day, ...]
    exclusions: tuple[Exclusion, ...]
    recorded_by: str
    decided_by: str | None
    file: File | None
    superseded_by: str | None
    is_whole: bool  # its days give the hash that was recorded with them


def baseline_rows() -> Select[*tuple[Any, ...]]:
    """Return the baselines with who recorded them."""
    return select(Baseline, Person.name.label("person")).join(Person, Person.id == Baseline.recorded_by_id)


def baseline(session: Session, baseline_id: int) -> BaselineShown:
    """Return one baseline. Raises NotFound."""
    decider, later = aliased(Person), aliased(Baseline)
    found = session.execute(
        select(Baseline, Person.name, decider.name, File, later.number)
        .join(Person, Person.id == Baseline.recorded_by_id)
        .outerjoin(decider, decider.id == Baseline.decided_by_id)
        .outerjoin(File, File.id == Baseline.file_id)
        .outerjoin(later, later.id == Baseline.superseded_by_id)
        .where(Baseline.id == baseline_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    row, recorded_by, decided_by, file, superseded_by = found
    kept = days_of(session, baseline_id)
    return BaselineShown(
        row,
        kept,
        exclusions_of(session, baseline_id),
        recorded_by,
        decided_by,
        file,
        superseded_by,
        is_whole=sha256_of(kept) == row.raw_sha256,
    )


def days_of(session: Session, baseline_id: int) -> tuple[Day, ...]:
    """Return the days of a baseline, the first one first."""
    rows = session.scalars(
        select(BaselineDay)
        .where(BaselineDay.baseline_id == baseline_id)
        .order_by(BaselineDay.worked_on, BaselineDay.family)
    )
    return tuple(row.day for row in rows)


def exclusions_of(session: Session, baseline_id: int) -> tuple[Exclusion, ...]:
    """Return what was left out of a baseline."""
    rows = session.scalars(
        select(BaselineExclusion)
        .where(BaselineExclusion.baseline_id == baseline_id)
        .order_by(BaselineExclusion.id)
    )
    return tuple(row.exclusion for row in rows)


def parameters() -> Mapping[Metric, dict[str, str]]:
    """Return the weights and standard minutes that the figures are measured by today, as a baseline keeps them."""
    split = {kind.value: str(weight) for kind, weight in SPLIT.weights.items()}
    split |= {name: str(getattr(SPLIT, name)) for name in ("non_standard", "glass", "transom", "equal_set")}
    store = {work.value: str(minutes) for work, minutes in WAREHOUSE.standard_min.items()}
    return {Metric.M1: split, Metric.M2: store, Metric.M3: {}, Metric.M4: {}, Metric.M5: {}}


@dataclass(frozen=True, slots=True)
class Judged:
    """The report of some days, its figures compared with their baselines: what every page, paper and file tells."""

    daily: Daily
    report: Report
    changes: Mapping[Metric, Improvement]  # of the figures that have a baseline


def judged(session: Session, calendar: Calendar, *, at: datetime) -> Judged:
    """Return the five figures of some days as known at `at`, each compared with its approved baseline."""
    sums = daily(session, calendar, at=at)
    found = report(session, sums)
    changes = improvements(session, sums)
    figures = tuple(
        compared(figure, NO_BASELINE, changes[figure.metric]) if figure.metric in changes else figure
        for figure in found.figures
    )
    return Judged(sums, replace(found, figures=figures), changes)


def improvements(session: Session, found: Daily) -> Mapping[Metric, Improvement]:
    """Return what became of each figure that has an approved baseline, in the days of a window."""
    rows = session.scalars(select(Baseline).where(Baseline.state == BaselineState.APPROVED))
    return {row.metric: _compared(session, row, found) for row in rows}


def _compared(session: Session, row: Baseline, found: Daily) -> Improvement:
    before = Before(
        number=row.number,
        method=row.method,
        grade=GRADES[row.method],
        definition=row.definition,
        parameters=row.parameters,
        first=row.since_on,
        last=row.until_on,
        days=days_of(session, row.id),
        exclusions=exclusions_of(session, row.id),
    )
    after = After(
        definition=DEFINITION,
        parameters=parameters()[row.metric],
        first=found.calendar.days[0],
        last=found.calendar.days[-1],
        days=days(found, row.metric),
        live_since=_live_since(session, found.calendar.zone),
    )
    return compare(row.metric, before, after)


def _live_since(session: Session, zone: ZoneInfo) -> date | None:
    """Return the day on which the first order was released here."""
    first = session.scalar(select(func.min(Order.released_at)))
    return None if first is None else first.astimezone(zone).date()


def running(session: Session, person_id: int) -> TimedWork | None:
    """Return the work that a person times just now."""
    return session.scalar(
        select(TimedWork).where(TimedWork.person_id == person_id, TimedWork.ended_at.is_(None))
    )


def timed_rows() -> Select[*tuple[Any, ...]]:
    """Return all work done the old way and timed, with its workers."""
    return select(TimedWork, Person.name.label("person")).join(Person, Person.id == TimedWork.person_id)


def unclosed(session: Session, at: datetime) -> list[tuple[TimedWork, str]]:
    """Return the work that runs for longer than a shift can last, with its workers: nobody stopped it."""
    rows = timed_rows().where(TimedWork.ended_at.is_(None), TimedWork.started_at < at - LONGEST_SHIFT)
    return [(row, person) for row, person in session.execute(rows.order_by(TimedWork.started_at))]
