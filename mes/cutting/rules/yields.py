"""What a plan promised and what came of it: the yield of sheets and bars that were reported as cut.

Quantities are m2 of sheets and m of bars; they are never added up over the two.

gross     what was cut up: whole sheets or bars by their size, an offcut by its own
planned   the parts that the plan placed on it, by their size as sawn
lost      of these, what was scrapped since, at whatever operation; the remake counts on the sheet it is cut from
unwanted  of these, what was cancelled or changed away before it was made
kept      offcuts that came off it into stock and were not taken out for something else
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from core.choices import Choice
from core.i18n import N_
from mes.nesting.rules.instance import Kind

RATE = Decimal("0.0001")
ZERO = Decimal(0)


class By(Choice):
    """What a row of the report is about."""

    PLAN = "plan", N_("Cut plan")
    SAW = "saw", N_("Saw")
    WEEK = "week", N_("Week")


@dataclass(frozen=True, slots=True)
class CutSheetFacts:
    """One sheet or bar that was reported as cut."""

    kind: Kind
    plan_id: int
    plan: str  # its number
    saw: str  # "" where nobody knows
    cut_on: date  # the factory's day
    gross: Decimal
    planned: Decimal
    lost: Decimal = ZERO
    unwanted: Decimal = ZERO
    kept: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class YieldRow:
    """Plan against actual of some sheets or bars; `key` is a plan's number, a saw's name or a week's Monday."""

    key: str
    kind: Kind
    plan_id: int | None  # where a row is a plan
    sheet_count: int
    gross: Decimal
    planned: Decimal
    lost: Decimal
    unwanted: Decimal
    kept: Decimal

    @property
    def good(self) -> Decimal:
        """Parts that are wanted and not scrapped: planned - lost - unwanted."""
        return self.planned - self.lost - self.unwanted

    @property
    def planned_rate(self) -> Decimal | None:
        """Yield as planned: planned / gross."""
        return _rate(self.planned, self.gross)

    @property
    def actual_rate(self) -> Decimal | None:
        """Yield as it came: good / gross."""
        return _rate(self.good, self.gross)

    @property
    def net_rate(self) -> Decimal | None:
        """Yield as it came, with the offcuts given back to stock: good / (gross - kept)."""
        return _rate(self.good, self.gross - self.kept)

    @property
    def difference(self) -> Decimal | None:
        """How far the actual yield is below (-) the planned one, in shares of gross."""
        return None if self.gross <= 0 else _rate(self.good - self.planned, self.gross)


def _rate(part: Decimal, whole: Decimal) -> Decimal | None:
    """Return a share to four places, half up; nothing of nothing."""
    return (part / whole).quantize(RATE, ROUND_HALF_UP) if whole > 0 else None


def monday(day: date) -> date:
    """Return the first day of a day's week."""
    return day - timedelta(days=day.weekday())


KEYS: dict[By, Callable[[CutSheetFacts], str]] = {
    By.PLAN: lambda one: one.plan,
    By.SAW: lambda one: one.saw,
    By.WEEK: lambda one: monday(one.cut_on).isoformat(),
}


def yield_rows(sheets: Iterable[CutSheetFacts], by: By) -> list[YieldRow]:
    """Return a row for each plan, saw or week and kind of stock, by key; the last week first."""
    grouped: dict[tuple[str, Kind], list[CutSheetFacts]] = {}
    for one in sheets:
        grouped.setdefault((KEYS[by](one), one.kind), []).append(one)
    found = [_summed(key, kind, rows, by) for (key, kind), rows in grouped.items()]
    found.sort(key=lambda row: row.kind.value, reverse=True)  # sheets before bars
    return sorted(found, key=lambda row: row.key, reverse=by is By.WEEK)


def total(sheets: Iterable[CutSheetFacts]) -> list[YieldRow]:
    """Return the sum of all sheets and that of all bars."""
    rows: dict[Kind, list[CutSheetFacts]] = {}
    for one in sheets:
        rows.setdefault(one.kind, []).append(one)
    return [_summed("", kind, rows[kind], By.WEEK) for kind in (Kind.SHEET, Kind.BAR) if kind in rows]


def _summed(key: str, kind: Kind, rows: list[CutSheetFacts], by: By) -> YieldRow:
    return YieldRow(
        key=key,
        kind=kind,
        plan_id=rows[0].plan_id if by is By.PLAN else None,
        sheet_count=len(rows),
        gross=sum((one.gross for one in rows), ZERO),
        planned=sum((one.planned for one in rows), ZERO),
        lost=sum((one.lost for one in rows), ZERO),
        unwanted=sum((one.unwanted for one in rows), ZERO),
        kept=sum((one.kept for one in rows), ZERO),
    )
