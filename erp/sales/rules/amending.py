"""Changing a released order: what is typed line by line, what of it differs, and what it costs. Lengths are mm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from core.errors import AppError, Conflict, RuleViolation
from core.i18n import N_
from erp.catalogue.rules.document import DimBasis, Handing
from erp.pricing.rules.prices import ZERO, LinePrice
from erp.sales.rules.issues import Issue
from erp.sales.rules.orders import Counted, LineEntry

T = TypeVar("T")
NEW = "n"  # keys of added lines are n1, n2 …; those of the order's own lines are their ids


class NotAmendable(RuleViolation):
    """Only a released order that has not left is changed this way."""

    code = "erp.sales.not_amendable"
    message = N_(
        "%(number)s is %(state)s. A released order that has not left is changed here; a draft on its own page, "
        "and what has left needs a new order."
    )


class AmendedMeanwhile(Conflict):
    """Another change of the order came into force after this one was looked at."""

    code = "erp.sales.amended_meanwhile"
    message = N_(
        "%(number)s was changed after you looked at it. Nothing of yours is lost: "
        "look below at what your entries do now, and put them in force again."
    )


class NothingAmended(RuleViolation):
    """A change that changes nothing."""

    code = "erp.sales.nothing_amended"
    message = N_("No line differs from the order as it is. Change, add or drop one first.")


class NothingLeft(RuleViolation):
    """A change that leaves no line."""

    code = "erp.sales.nothing_left"
    message = N_("Nothing of %(number)s would be left. Cancel its door sets instead.")


class LineDropped(RuleViolation):
    """A line that is to go is edited."""

    code = "erp.sales.line_dropped"
    message = N_("Line %(position)s is to be dropped. Take it back first, then change it.")


class PriceReasonMissing(RuleViolation):
    """A price by hand without a reason."""

    code = "erp.sales.price_reason_missing"
    message = N_("Say why this price was agreed by hand.")


@dataclass(frozen=True, slots=True)
class Edit:
    """What is typed for one line: how it shall be (nothing: it goes), and a price where one was agreed by hand."""

    entry: LineEntry | None
    agreed_amount: Decimal | None = None  # for one set
    agreed_reason: str = ""
    base: LineEntry | None = None  # the line in force as it was typed over; nothing of an added one


@dataclass(frozen=True, slots=True)
class Asked:
    """What one line asks for, and what one set of it costs."""

    entry: LineEntry
    price: LinePrice | None = None

    @property
    def amount(self) -> Decimal:
        """What all its sets cost; nothing without a price."""
        return self.price.times(self.entry.set_count) if self.price else ZERO

    def is_same_door(self, other: Asked) -> bool:
        """Say whether one set of both is the same: model, sizes and choices."""
        mine, its = self.entry, other.entry
        return mine.door_code == its.door_code and mine.spec.sha256 == its.spec.sha256


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One line of an order that is being changed: as it is in force, and as it shall be."""

    key: str
    line_id: int | None
    position: int
    before: Asked | None  # nothing: it is added
    after: Asked | None  # nothing: it is dropped
    edit: Edit | None = None
    issues: tuple[Issue, ...] = ()  # what stands against making it
    refusal: AppError | None = None  # why it has no price

    @property
    def is_changed(self) -> bool:
        """Whether it differs from what is in force."""
        return self.edit is not None

    @property
    def is_new_door(self) -> bool:
        """Whether its sets are to be made otherwise than what is in force."""
        if self.before is None or self.after is None:
            return self.after is not None
        return not self.before.is_same_door(self.after)

    @property
    def is_dropped(self) -> bool:
        """Whether it shall go."""
        return self.after is None

    @property
    def more(self) -> int:
        """How many sets more it shall have; below zero: fewer."""
        before = self.before.entry.set_count if self.before else 0
        return (self.after.entry.set_count if self.after else 0) - before


@dataclass(frozen=True, slots=True)
class Amended:
    """A change as it is put in force: the order as it was looked at, its lines, and what they come to."""

    order_version: int
    lines: tuple[DraftLine, ...]  # changed ones only
    total: Decimal | None  # of all lines; nothing where the order has no prices
    due_on: date | None
    said: str  # why, for the history
    counted: Counted


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a line says otherwise: its field and both values, as text."""

    name: str
    before: str
    after: str


def differences(before: LineEntry, after: LineEntry) -> tuple[Difference, ...]:
    """Return what two lines say differently, field by field; options and further sizes by their codes."""
    old, new = flat(before), flat(after)
    return tuple(
        Difference(name, old.get(name, ""), new.get(name, ""))
        for name in dict.fromkeys((*old, *new))
        if old.get(name, "") != new.get(name, "")
    )


def flat(entry: LineEntry) -> dict[str, str]:
    """Return what a line says, by field, as text; names are those of the issues' fields."""
    return {
        "room": entry.room,
        "model": entry.door_code,
        "colour": entry.colour_code or "",
        "dim_basis": entry.dim_basis.value,
        "width_mm": _mm(entry.width_mm),
        "height_mm": _mm(entry.height_mm),
        "wall_mm": _mm(entry.wall_mm),
        "mother_width_mm": _mm(entry.mother_width_mm),
        "handing": entry.handing.value if entry.handing else "",
        "set_count": str(entry.set_count),
        **entry.options,
        **{code: _mm(size) for code, size in entry.measures.items()},
        "note": entry.note,
    }


def _mm(size: Decimal | None) -> str:
    return "" if size is None else f"{size.normalize():f}"


def entry_data(entry: LineEntry) -> dict[str, Any]:
    """Return a line as JSON keeps it."""
    return {
        "door_code": entry.door_code,
        "room": entry.room,
        "colour_code": entry.colour_code,
        "dim_basis": entry.dim_basis.value,
        "width_mm": str(entry.width_mm),
        "height_mm": str(entry.height_mm),
        "wall_mm": str(entry.wall_mm),
        "mother_width_mm": None if entry.mother_width_mm is None else str(entry.mother_width_mm),
        "handing": entry.handing.value if entry.handing else None,
        "options": dict(entry.options),
        "measures": {code: str(size) for code, size in entry.measures.items()},
        "set_count": entry.set_count,
        "note": entry.note,
    }


def read_entry(data: Mapping[str, Any]) -> LineEntry:
    """Return the line that `entry_data` gave."""
    mother = data["mother_width_mm"]
    return LineEntry(
        door_code=data["door_code"],
        room=data["room"],
        colour_code=data["colour_code"],
        dim_basis=DimBasis(data["dim_basis"]),
        width_mm=Decimal(data["width_mm"]),
        height_mm=Decimal(data["height_mm"]),
        wall_mm=Decimal(data["wall_mm"]),
        mother_width_mm=None if mother is None else Decimal(mother),
        handing=Handing(data["handing"]) if data["handing"] else None,
        options=dict(data["options"]),
        measures={code: Decimal(size) for code, size in data["measures"].items()},
        set_count=data["set_count"],
        note=data["note"],
    )


def edits_data(edits: Mapping[str, Edit]) -> dict[str, Any]:
    """Return what was typed as JSON keeps it, by the key of its line."""
    return {
        key: {
            "entry": None if edit.entry is None else entry_data(edit.entry),
            "agreed_amount": None if edit.agreed_amount is None else str(edit.agreed_amount),
            "agreed_reason": edit.agreed_reason,
            "base": None if edit.base is None else entry_data(edit.base),
        }
        for key, edit in edits.items()
    }


def read_edits(data: Mapping[str, Any]) -> dict[str, Edit]:
    """Return what `edits_data` kept."""
    return {
        key: Edit(
            None if one["entry"] is None else read_entry(one["entry"]),
            None if one["agreed_amount"] is None else Decimal(one["agreed_amount"]),
            one["agreed_reason"],
            None if one["base"] is None else read_entry(one["base"]),
        )
        for key, one in data.items()
    }


def added_keys(edits: Mapping[str, Edit]) -> list[str]:
    """Return the keys of the added lines."""
    return [key for key in edits if key.startswith(NEW)]


def next_key(edits: Mapping[str, Edit]) -> str:
    """Return the key of one more added line."""
    numbers = [int(key.removeprefix(NEW)) for key in added_keys(edits)]
    return f"{NEW}{max(numbers, default=0) + 1}"


def is_idle(edit: Edit, before: LineEntry) -> bool:
    """Say whether an edit changes nothing of the line that is in force."""
    return edit.agreed_amount is None and edit.entry is not None and not differences(before, edit.entry)


def rebased(typed: LineEntry, base: LineEntry, now: LineEntry) -> LineEntry:
    """Return what was typed over `base` as it stands on the line in force now: what was left alone follows it."""
    names = [one.name for one in fields(LineEntry) if one.name not in ("options", "measures")]
    values = {
        name: getattr(typed if getattr(typed, name) != getattr(base, name) else now, name) for name in names
    }
    return LineEntry(
        **values,
        options=_rebased(typed.options, base.options, now.options),
        measures=_rebased(typed.measures, base.measures, now.measures),
    )


def _rebased(typed: Mapping[str, T], base: Mapping[str, T], now: Mapping[str, T]) -> dict[str, T]:
    found = dict(now)
    for code in dict.fromkeys((*typed, *base)):
        if typed.get(code) != base.get(code):
            found.pop(code, None)
            if code in typed:
                found[code] = typed[code]
    return found


def live(entry: LineEntry, live_count: int) -> LineEntry:
    """Return a line with as many sets as are still wanted."""
    return replace(entry, set_count=live_count)


def check_amended(number: str, lines: tuple[DraftLine, ...]) -> None:
    """Raise NothingAmended, NothingLeft."""
    if not any(line.is_changed for line in lines):
        raise NothingAmended
    if all(line.is_dropped for line in lines):
        raise NothingLeft(number=number)
