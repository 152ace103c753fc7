"""The raw data of a report, from which anybody can recompute it: sheets of plain rows under fixed headings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from core.auth.model import Person
from core.errors import RuleViolation
from core.i18n import N_
from erp.sales.model import Line
from mes.efficiency.model import Baseline, BaselineDay, BaselineExclusion, PaidTime
from mes.efficiency.queries.accuracy import Check, each_once, receipts
from mes.efficiency.queries.baselines import Judged
from mes.efficiency.queries.machines import key_machines, machine_spans
from mes.efficiency.queries.orders import line_rows, split_line, work_rows
from mes.efficiency.queries.warehouse import transaction_rows
from mes.efficiency.queries.window import Calendar
from mes.efficiency.rules import PROOF, SPLIT, WAREHOUSE, Work
from mes.efficiency.rules.baselines import DEFINITION, BaselineState
from mes.splitting.model import Release

ROWS_AT_MOST = 500_000  # of one sheet; a spreadsheet holds 1,048,576


class TooManyEvents(RuleViolation):
    """More events than a spreadsheet holds."""

    code = "mes.efficiency.too_many_events"
    message = N_("Sheet “%(sheet)s” would hold more than %(limit)s events. Choose fewer days.")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of raw data: its name, its headings, its rows; moments as UTC text, exact numbers as text."""

    name: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def sheets(session: Session, calendar: Calendar, found: Judged, *, at: datetime) -> tuple[Sheet, ...]:
    """Return everything that the figures of some days are made of. Raises TooManyEvents."""
    return (
        _sheet("figures", ("metric", "value", "unit", "numerator", "denominator", "sample"), _figures(found)),
        _sheet("changes", CHANGE, _changes(found)),
        _sheet("window", ("first", "last", "zone", "known_at"), [_window(calendar, at)]),
        _sheet("parameters", ("name", "value"), _parameters()),
        _sheet("M1_lines", LINE, _lines(session, calendar, at)),
        _sheet("M1_work", ("person", "order", "began_at", "ended_at"), _work(session, calendar)),
        _sheet("M2_transactions", ("work", "at"), _transactions(session, calendar)),
        _sheet("M2_paid", ("day", "person", "paid_min"), _paid(session, calendar)),
        _sheet("M3_spans", ("machine", "began_at", "ended_at", "state"), _spans(session, calendar, at)),
        _sheet("M3_planned", ("machine", "began_at", "ended_at"), _planned(found)),
        _sheet("M4_looks", ("at", "package", "is_right"), _checks(_looks(found))),
        _sheet("M5_deliveries", ("at", "delivery", "is_right"), _checks(receipts(session, calendar.window))),
        _sheet("baselines", BASELINE, _baselines(session)),
        _sheet("baseline_days", BASELINE_DAY, _baseline_days(session)),
        _sheet("baseline_left_out", ("baseline", "reason", "events"), _left_out(session)),
    )


LINE = (
    *("released_at", "order", "position", "kind", "set_count", "has_glass", "has_transom"),
    *("hand_edit_count", "came_back"),
)
CHANGE = ("metric", "baseline", "before", "after", "change_percent", "points", "low_percent", "high_percent")
BASELINE = (
    "number",
    "metric",
    "method",
    "definition",
    "first",
    "last",
    "sha256",
    "recorded_by",
    "approved_by",
)
BASELINE_DAY = ("baseline", "day", "family", "numerator", "denominator", "events")


def _sheet(name: str, headings: tuple[str, ...], rows: Iterable[Sequence[Any]]) -> Sheet:
    kept: list[tuple[Any, ...]] = []
    for row in rows:
        if len(kept) == ROWS_AT_MOST:
            raise TooManyEvents(sheet=name, limit=ROWS_AT_MOST)
        kept.append(tuple(row))
    return Sheet(name, headings, tuple(kept))


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _figures(found: Judged) -> Iterable[Sequence[Any]]:
    for one in found.report.figures:
        parts = (one.numerator.value, one.denominator.value, one.sample)
        yield (one.metric.value, one.value, one.unit, *parts)


def _changes(found: Judged) -> Iterable[Sequence[Any]]:
    for metric, one in sorted(found.changes.items()):
        yield (
            metric.value,
            *(one.number, one.before, one.after, one.change),
            *(one.points, one.low, one.high),
        )


def _window(calendar: Calendar, at: datetime) -> Sequence[Any]:
    return calendar.days[0], calendar.days[-1], str(calendar.zone), _moment(at)


def _parameters() -> Iterable[tuple[str, Any]]:
    yield "definition", DEFINITION
    yield from ((f"weight.{kind.value}", weight) for kind, weight in SPLIT.weights.items())
    for name in ("non_standard", "glass", "transom", "equal_set", "least_min", "gate_days"):
        yield name, getattr(SPLIT, name)
    yield from ((f"standard.{work.value}", least) for work, least in WAREHOUSE.standard_min.items())
    yield "accuracy.target", PROOF.target
    yield "accuracy.doubt", PROOF.doubt


def _lines(session: Session, calendar: Calendar, at: datetime) -> Iterable[Sequence[Any]]:
    for row in session.execute(line_rows(calendar.window).order_by(Release.released_at, Line.position)):
        line = split_line(row, at)
        flags = (line.has_glass, line.has_transom, line.hand_edit_count, line.came_back)
        yield (
            _moment(row.at),
            row.number,
            row.position,
            line.kind.value,
            line.set_count,
            *(int(flag) for flag in flags),
        )


def _work(session: Session, calendar: Calendar) -> Iterable[Sequence[Any]]:
    for row in session.execute(work_rows(calendar.window)):
        yield row.person, row.number, _moment(row.at), _moment(row.ended_at)


def _transactions(session: Session, calendar: Calendar) -> Iterable[Sequence[Any]]:
    for work in Work:
        for row in session.execute(transaction_rows(calendar.window, work)):
            yield work.value, _moment(row.at)


def _paid(session: Session, calendar: Calendar) -> Iterable[Sequence[Any]]:
    return session.execute(
        select(PaidTime.worked_on, Person.name, PaidTime.paid_min)
        .join(Person, Person.id == PaidTime.person_id)
        .where(PaidTime.worked_on.between(calendar.days[0], calendar.days[-1]))
        .order_by(PaidTime.worked_on, Person.name)
    )


def _spans(session: Session, calendar: Calendar, at: datetime) -> Iterable[Sequence[Any]]:
    """Yield the states of the key machines, stops that are too short to be one bridged already."""
    key = key_machines(session)
    lines = machine_spans(session, key, calendar.window, at=at)
    for machine in key:
        for span in lines[machine.id]:
            state = "" if span.state is None else span.state.value
            yield machine.key, _moment(span.begin), _moment(span.end), state


def _planned(found: Judged) -> Iterable[Sequence[Any]]:
    for machine in found.daily.key:
        for day in found.daily.calendar.days:
            for begin, end in found.daily.planned[day].of(machine.id):
                yield machine.key, _moment(begin), _moment(end)


def _looks(found: Judged) -> Iterable[Check]:
    return each_once(found.daily.looks, found.daily.calendar.window)


def _checks(found: Iterable[Check]) -> Iterable[Sequence[Any]]:
    for check in found:
        yield _moment(check.at), check.what, int(check.is_right)


def _baselines(session: Session) -> Iterable[Sequence[Any]]:
    recorder, approver = aliased(Person), aliased(Person)
    rows = session.execute(
        select(Baseline, recorder.name, approver.name)
        .join(recorder, recorder.id == Baseline.recorded_by_id)
        .join(approver, approver.id == Baseline.decided_by_id)
        .where(Baseline.state == BaselineState.APPROVED)
        .order_by(Baseline.number)
    )
    for row, recorded_by, approved_by in rows:
        days = (row.since_on, row.until_on, row.raw_sha256)
        yield row.number, row.metric.value, row.method.value, row.definition, *days, recorded_by, approved_by


def _baseline_days(session: Session) -> Iterable[Sequence[Any]]:
    rows = session.execute(
        select(Baseline.number, BaselineDay)
        .join(Baseline, Baseline.id == BaselineDay.baseline_id)
        .where(Baseline.state == BaselineState.APPROVED)
        .order_by(Baseline.number, BaselineDay.worked_on, BaselineDay.family)
    )
    for number, row in rows:
        sums = (row.numerator_qty, row.denominator_qty, row.event_count)
        yield number, row.worked_on, row.family, *sums


def _left_out(session: Session) -> Iterable[Sequence[Any]]:
    return session.execute(
        select(Baseline.number, BaselineExclusion.reason, BaselineExclusion.event_count)
        .join(Baseline, Baseline.id == BaselineExclusion.baseline_id)
        .where(Baseline.state == BaselineState.APPROVED)
        .order_by(BaselineExclusion.id)
    )
