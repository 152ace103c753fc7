"""The stretch of time that a figure is about, and the scans within it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from core.auth.model import Person
from mes.scanning.model import Scan


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of time that a report is about, from `since` up to but without `before`; `zone` is the factory's."""

    since: datetime
    before: datetime
    zone: ZoneInfo

    @property
    def day_count(self) -> int:
        """How many days it holds."""
        return (self.before - self.since).days

    def holds(self, column: Any) -> ColumnElement[bool]:
        """Return the condition that a moment lies within."""
        condition: ColumnElement[bool] = (column >= self.since) & (column < self.before)
        return condition


@dataclass(frozen=True, slots=True)
class Calendar:
    """The factory's days of a window: each with the moment at which it begins, and the end of the last."""

    days: tuple[date, ...]
    begins: tuple[datetime, ...]
    end: datetime
    zone: ZoneInfo

    @property
    def window(self) -> Window:
        """The window from the first day's beginning to the last day's end."""
        return Window(self.begins[0], self.end, self.zone)

    @property
    def windows(self) -> Iterable[tuple[date, Window]]:
        """Each day, and the stretch of time that it is."""
        for day, begin, end in zip(self.days, self.begins, (*self.begins[1:], self.end), strict=True):
            yield day, Window(begin, end, self.zone)

    def day_of(self, at: datetime) -> date:
        """Return the day that a moment of the window belongs to."""
        return self.days[bisect_right(self.begins, at) - 1]

    def parts(self, begin: datetime, end: datetime) -> Iterable[tuple[date, int]]:
        """Return the microseconds of an interval that lie in each day, clipped to the window."""
        for day, first, last in zip(self.days, self.begins, (*self.begins[1:], self.end), strict=True):
            inside = min(end, last) - max(begin, first)
            if inside > timedelta(0):
                yield day, inside // timedelta(microseconds=1)


def calendar_of(first: date, last: date, zone: ZoneInfo) -> Calendar:
    """Return the factory's days from the first to the last."""
    days = tuple(first + timedelta(days=after) for after in range((last - first).days + 1))
    nights = (*days, last + timedelta(days=1))
    begins = [datetime.combine(day, time(), zone).astimezone(UTC) for day in nights]
    return Calendar(days, tuple(begins[:-1]), begins[-1], zone)


def calendar_within(window: Window) -> Calendar:
    """Return the factory's days that a window is made of. Raises ValueError unless it is made of whole days."""
    first, last = (
        moment.astimezone(window.zone).date()
        for moment in (window.since, window.before - timedelta(microseconds=1))
    )
    found = calendar_of(first, last, window.zone)
    if found.window != window:
        raise ValueError(f"{window} does not begin and end with a day")
    return found


def count(session: Session, rows: Select[Any]) -> int:
    """Return how many rows a statement has."""
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def scan_rows(wanted: ColumnElement[bool]) -> Select[Any]:
    """Return the wanted scans, refused ones included."""
    columns: tuple[Any, ...] = (Scan.received_at.label("at"), Scan.code.label("what"))
    return (
        select(
            *columns, Scan.context.label("number"), Person.name.label("person"), Scan.kind, Scan.block_code
        )
        .join(Person, Person.id == Scan.person_id)
        .where(wanted)
    )
