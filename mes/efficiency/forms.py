"""Forms of efficiency."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, TypeVar

from flask_babel import gettext as _
from pydantic import BeforeValidator, Field

from core.errors import InvalidInput
from core.web.forms import Form, Name, half_width, parse
from erp.catalogue.rules.document import DoorKind
from mes.efficiency.rules import Metric
from mes.efficiency.rules.baselines import Day, Exclusion, Method

DONE, PAID = "done_", "paid_"  # fields that stand once for each kind of work, and for each person
OUT, WHY = "out_", "why_"  # and for each day that stands out: whether it is left out, and why
SECONDS = 60  # minutes are typed, seconds are kept
BREAK = re.compile(r"[\t,;]+| +")  # between the columns of a typed line


F = TypeVar("F", bound=Form)


def _empty_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


OptionalDay = Annotated[date | None, BeforeValidator(_empty_is_none)]
Whole = Annotated[int, BeforeValidator(half_width), Field(ge=0, le=100_000)]
OfADay = Annotated[int, BeforeValidator(half_width), Field(gt=0, le=1440)]
Note = Annotated[str, Field(max_length=2000)]


class DaysForm(Form):
    """The days that a report is about, in either order; empty means the usual ones."""

    since: Annotated[OptionalDay, Field(alias="from")] = None
    until: Annotated[OptionalDay, Field(alias="to")] = None


class DayForm(Form):
    """One day; empty means today."""

    on: OptionalDay = None


class BaselineForm(Form):
    """A baseline as it is typed; its days and exclusions are lines of text."""

    metric: Metric
    method: Method
    first: date
    last: date
    days: Annotated[str, Field(max_length=200_000)] = ""
    exclusions: Annotated[str, Field(max_length=20_000)] = ""
    note: Note = ""


class WhyForm(Form):
    """Why a baseline is withdrawn."""

    reason: Name


class _DayOut(Form):
    """One day that is left out."""

    on: date
    why: Name


class StartForm(Form):
    """Which work is timed."""

    metric: Metric


class StopForm(Form):
    """When timed work ended, if not now, and a remark."""

    ended_at: Annotated[datetime | None, BeforeValidator(_empty_is_none)] = None
    note: Note = ""


class _Row(Form):
    """One typed day."""

    on: date
    numerator: Annotated[Decimal, Field(ge=0, le=10**9, decimal_places=4)]
    denominator: Annotated[Decimal, Field(ge=0, le=10**9, decimal_places=4)]
    count: Annotated[int, Field(ge=0, le=10**7)] = 0
    family: DoorKind | None = None


class _LeftOut(Form):
    """One typed exclusion."""

    count: Annotated[int, Field(ge=1, le=10**7)]
    reason: Name


class _Number(Form):
    """One whole number of a field that may be empty."""

    value: Annotated[Whole | None, BeforeValidator(_empty_is_none)]


class _Minutes(Form):
    """The minutes of one person and day; empty: none were paid."""

    value: Annotated[OfADay | None, BeforeValidator(_empty_is_none)]


def day_rows(metric: Metric, text: str) -> tuple[Day, ...]:
    """Return the days typed as lines: day, part, whole, and where known the number of events and the kind of door.

    Of M1 the whole is minutes of work, of M2 paid minutes, of M3 both are minutes. Raises InvalidInput for `days`.
    """
    names = ("on", "numerator", "denominator", "count", "family")
    made = []
    for number, line in _lines(text):
        cells = [cell for cell in BREAK.split(line) if cell]
        if not 3 <= len(cells) <= len(names):
            raise InvalidInput({"days": _("Line %(line)s: three to five columns are expected.", line=number)})
        row = _parsed(_Row, dict(zip(names, cells, strict=False)), "days", number)
        whole = SECONDS if metric in (Metric.M1, Metric.M2, Metric.M3) else 1
        part = SECONDS if metric is Metric.M3 else 1
        family = "" if row.family is None else row.family.value
        made.append(Day(row.on, row.numerator * part, row.denominator * whole, row.count, family))
    return tuple(made)


def exclusion_rows(text: str) -> tuple[Exclusion, ...]:
    """Return what was left out, typed as lines: a number and its reason. Raises InvalidInput for `exclusions`."""
    made = []
    for number, line in _lines(text):
        count, _sep, reason = line.partition(" ")
        row = _parsed(_LeftOut, {"count": count, "reason": reason}, "exclusions", number)
        made.append(Exclusion(row.reason, row.count))
    return tuple(made)


def left_out(given: Mapping[str, str]) -> dict[date, str]:
    """Return the days that are ticked to be left out, with their reasons. Raises InvalidInput with one per field."""
    made: dict[date, str] = {}
    wrong: dict[str, str] = {}
    for name in given:
        if not name.startswith(OUT):
            continue
        on = name.removeprefix(OUT)
        try:
            row = parse(_DayOut, {"on": on, "why": given.get(WHY + on, "")})
        except InvalidInput as bad:
            wrong[WHY + on] = next(iter(bad.fields.values()))
        else:
            made[row.on] = row.why
    if wrong:
        raise InvalidInput(wrong)
    return made


def _lines(text: str) -> list[tuple[int, str]]:
    """Return the filled lines with their numbers; full-width signs and tabs made plain."""
    plain = unicodedata.normalize("NFKC", text).splitlines()
    return [(number, line.replace("\t", " ").strip()) for number, line in enumerate(plain, 1) if line.strip()]


def _parsed(form: type[F], cells: Mapping[str, str], field: str, number: int) -> F:
    try:
        return parse(form, cells)
    except InvalidInput as wrong:
        first = next(iter(wrong.fields.values()))
        raise InvalidInput({field: _("Line %(line)s: %(what)s", line=number, what=first)}) from wrong


def done_counts(given: Mapping[str, str]) -> dict[str, int]:
    """Return what was done by kind. Raises InvalidInput with one sentence per field."""
    return {kind: value or 0 for kind, value in _fields(_Number, given, DONE).items()}


def paid_minutes(given: Mapping[str, str]) -> dict[int, int | None]:
    """Return the paid minutes by person; nothing where the field is empty. Raises InvalidInput."""
    return {int(who): value for who, value in _fields(_Minutes, given, PAID).items() if who.isdecimal()}


def _fields(
    form: type[_Number] | type[_Minutes], given: Mapping[str, str], prefix: str
) -> dict[str, int | None]:
    made: dict[str, int | None] = {}
    wrong: dict[str, str] = {}
    for name in given:
        if name.startswith(prefix):
            try:
                made[name.removeprefix(prefix)] = parse(form, {"value": given[name]}).value
            except InvalidInput as bad:
                wrong[name] = bad.fields["value"]
    if wrong:
        raise InvalidInput(wrong)
    return made
