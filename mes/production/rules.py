"""Rules of production: the next operation, what is refused at a station, which orders will be late."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from enum import Enum, auto

from core.choices import Choice
from core.errors import RuleViolation
from core.i18n import N_
from erp.catalogue.rules.entries import Duty
from mes.splitting.rules import PieceState

CUT = "CUT"  # the operation that a saw does to a whole sheet, reported by its label
REPEAT = timedelta(
    seconds=30
)  # nobody finishes two operations of one piece this fast: a second scan is a slip
PACE_DAYS = 7  # factory days over which the pace is measured: a week holds every weekday once


class Verdict(Enum):
    """What a scan of a piece means at a station."""

    DO = auto()  # report the operation that is due
    DONE_BEFORE = auto()
    FINISHED = auto()  # nothing left to do
    EARLIER_OPEN = auto()  # another operation comes first
    CLOSED = auto()  # packed, shipped or void


@dataclass(frozen=True, slots=True)
class Standing:
    """A piece as a station needs to know it."""

    state: PieceState
    route: tuple[str, ...]
    step_count: int
    last_here_at: datetime | None  # when this station last reported an operation of it


def next_operation(route: Sequence[str], step_count: int) -> str | None:
    """Return the operation that a piece is due for, or None when all are done."""
    return route[step_count] if step_count < len(route) else None


def judge(piece: Standing, operations: Sequence[str], *, at: datetime) -> Verdict:
    """Say what a scan of `piece` means at a station that does `operations`."""
    if piece.state not in (PieceState.PLANNED, PieceState.CUT, PieceState.MADE):
        return Verdict.CLOSED
    due = next_operation(piece.route, piece.step_count)
    is_slip = piece.last_here_at is not None and at - piece.last_here_at < REPEAT
    if due in operations and not is_slip:
        return Verdict.DO
    if is_slip or set(operations) & set(piece.route[: piece.step_count]):
        return Verdict.DONE_BEFORE
    return Verdict.FINISHED if due is None else Verdict.EARLIER_OPEN


def duty_of(code: str) -> Duty:
    """Return the duty that a reason of the list stands for; one that says none is not known."""
    return next((duty for duty in Duty if duty.value == code), Duty.UNKNOWN)


def size_text(length_mm: Decimal | None, width_mm: Decimal | None, part_count: int) -> str:
    """Return a piece's size as it stands on its label: "2090 × 240", "2068 · 2"."""
    sizes = " × ".join(f"{size.normalize():f}" for size in (length_mm, width_mm) if size is not None)
    return f"{sizes} · {part_count}" if part_count > 1 else sizes


class Lateness(Choice):
    """How an order stands to its due day."""

    OVERDUE = "OVERDUE", N_("Overdue")
    WILL_BE_LATE = "WILL_BE_LATE", N_("Will be late")
    IN_TIME = "IN_TIME", N_("In time")
    UNKNOWN = "UNKNOWN", N_("Not known")


@dataclass(frozen=True, slots=True)
class OpenWork:
    """What is still to be done for one order."""

    order_id: int
    due_on: date | None
    operation_count: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """When the work of one order will be done if the floor goes on as it did."""

    order_id: int
    expected_on: date | None  # nothing without a pace
    lateness: Lateness
    days_late: int


def pace(report_count: int, day_count: int) -> Decimal:
    """Return the operations of a working day: reports over the days that had any, exact."""
    return Decimal(report_count) / day_count if day_count else Decimal(0)


def forecast(work: Iterable[OpenWork], per_day: Decimal, today: date) -> list[Forecast]:
    """Return when each order's work will be done, the one due first at the head of the line.

    The floor is taken as one line that works off the orders by due day, `per_day` operations a
    day, today included. Orders without a due day come last and are never late.
    """
    line = sorted(work, key=lambda order: (order.due_on is None, order.due_on or today, order.order_id))
    done_count = 0
    found = []
    for order in line:
        done_count += order.operation_count
        found.append(_forecast(order, done_count, per_day, today))
    return found


def _forecast(order: OpenWork, done_count: int, per_day: Decimal, today: date) -> Forecast:
    expected_on = None
    if per_day > 0:
        days = int((done_count / per_day).to_integral_value(ROUND_CEILING))
        expected_on = today + timedelta(days=max(days - 1, 0))
    if order.due_on is None:
        return Forecast(order.order_id, expected_on, Lateness.UNKNOWN, 0)
    if order.due_on < today:
        return Forecast(order.order_id, expected_on, Lateness.OVERDUE, (today - order.due_on).days)
    if expected_on is None:
        return Forecast(order.order_id, None, Lateness.UNKNOWN, 0)
    days_late = max((expected_on - order.due_on).days, 0)
    lateness = Lateness.WILL_BE_LATE if days_late else Lateness.IN_TIME
    return Forecast(order.order_id, expected_on, lateness, days_late)


class NoDevice(RuleViolation):
    """A tablet page on a device that stands at no station."""

    code = "mes.production.no_device"
    message = N_("This device stands at no station. The administrator enrols it on the stations page.")


class BadgeUnknown(RuleViolation):
    """A badge that is not in force."""

    code = "mes.production.badge_unknown"
    message = N_("%(badge)s is no badge in force. Scan your own badge, or see the office.")


class BadgeNotHere(RuleViolation):
    """A badge in force, of somebody who does other work."""

    code = "mes.production.badge_not_here"
    message = N_("%(name)s has no work to report at %(station)s. Scan the badge of somebody who has.")
