"""The stretch of time that a figure is about, and the scans within it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from core.auth.model import Person
from mes.scanning.model import Scan
from mes.scanning.rules import ScanKind


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


def count(session: Session, rows: Select[Any]) -> int:
    """Return how many rows a statement has."""
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def scan_rows(window: Window, kinds: Collection[ScanKind]) -> Select[Any]:
    """Return the scans of some kinds within the window, refused ones included."""
    columns: tuple[Any, ...] = (Scan.received_at.label("at"), Scan.code.label("what"))
    return (
        select(
            *columns, Scan.context.label("number"), Person.name.label("person"), Scan.kind, Scan.block_code
        )
        .join(Person, Person.id == Scan.person_id)
        .where(Scan.kind.in_(kinds), window.holds(Scan.received_at))
    )
