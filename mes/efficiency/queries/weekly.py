"""One week beside the week before: the five figures, how much was done, the largest losses, the classes of errors."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.efficiency.queries.accuracy import BENCH, BENCH_ERRORS, DOCK, DOCK_ERRORS, found_errors
from mes.efficiency.queries.baselines import Judged, judged
from mes.efficiency.queries.figures import Report, report
from mes.efficiency.queries.machines import machine_spans
from mes.efficiency.queries.rollups import Daily, daily
from mes.efficiency.queries.window import Window, calendar_of
from mes.efficiency.rules import Figure
from mes.machines.rules.figures import Loss, losses, ranked
from mes.scanning.model import Scan
from mes.scanning.rules import Block

LOSSES_TOLD = 5


@dataclass(frozen=True, slots=True)
class LossRow:
    """Planned time that the key machines lost in one way: minutes and stops, and the minutes of the week before."""

    loss: Loss
    before: Fraction


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One class of errors: scans that were refused, and what an independent look or a dealer found, in both weeks."""

    block: Block
    refused: int
    refused_before: int
    found: int
    found_before: int


@dataclass(frozen=True, slots=True)
class Week:
    """One week of the factory, Monday to Sunday, beside the one before."""

    first: date
    last: date
    is_over: bool
    now: Judged
    before: Report
    losses: tuple[LossRow, ...]  # the largest first
    errors: tuple[ErrorRow, ...]  # the most first

    @property
    def pairs(self) -> list[tuple[Figure, Figure]]:
        """Each figure of the week and of the week before."""
        return list(zip(self.now.report.figures, self.before.figures, strict=True))


def week(session: Session, on: date, zone: ZoneInfo, *, at: datetime) -> Week:
    """Return the week that a day lies in, as known at `at`."""
    first = on - timedelta(days=on.weekday())
    this = calendar_of(first, first + timedelta(days=6), zone)
    found = judged(session, this, at=at)
    earlier = daily(session, calendar_of(first - timedelta(days=7), first - timedelta(days=1), zone), at=at)
    return Week(
        first=first,
        last=this.days[-1],
        is_over=this.end <= at,
        now=found,
        before=report(session, earlier),
        losses=_losses(session, found.daily, earlier),
        errors=_errors(session, this.window, earlier.calendar.window),
    )


def _losses(session: Session, this: Daily, earlier: Daily) -> tuple[LossRow, ...]:
    before = {(one.state, one.reason): one.length for one in _lost(session, earlier)}
    rows = [LossRow(one, before.get((one.state, one.reason), Fraction(0))) for one in _lost(session, this)]
    return tuple(rows[:LOSSES_TOLD])


def _lost(session: Session, found: Daily) -> list[Loss]:
    """Return the planned time that the key machines lost, the largest loss first."""
    lines = machine_spans(session, found.key, found.calendar.window, at=found.at)
    days = found.calendar.days
    planned = {one: [part for day in days for part in found.planned[day].of(one)] for one in lines}
    return ranked(loss for one, line in lines.items() for loss in losses(line, planned[one]))


def _errors(session: Session, this: Window, earlier: Window) -> tuple[ErrorRow, ...]:
    refused, refused_before = _refused(session, this), _refused(session, earlier)
    found, found_before = found_errors(session, this), found_errors(session, earlier)
    classes = {*refused, *refused_before, *found, *found_before}
    rows = [
        ErrorRow(one, refused[one], refused_before[one], found[one], found_before[one]) for one in classes
    ]
    return tuple(sorted(rows, key=lambda row: (-row.found, -row.refused, row.block.value)))


def _refused(session: Session, window: Window) -> Counter[Block]:
    """Return how many wrong scans of each class were refused at bench, store and dock."""
    counts: Counter[Block] = Counter()
    for kinds, errors in ((BENCH, BENCH_ERRORS), (DOCK, DOCK_ERRORS)):
        rows = session.execute(
            select(Scan.block_code, func.count())
            .where(Scan.kind.in_(kinds), Scan.block_code.in_(errors), window.holds(Scan.received_at))
            .group_by(Scan.block_code)
        )
        for block, count in rows:
            if block is not None:
                counts[block] += count
    return counts
