"""Reading sizes: units, and which number is the width. Lengths are mm, Decimal.

What is written plainly is taken; what had to be understood is said (NOTE); what could be meant otherwise is
asked (ASK) with the other readings as offers; what is no size stops (STOP).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from erp.sales.rules.issues import Change, Field, Issue, IssueCode, Severity, issue, one_each
from erp.sales.rules.normalise import Measure, Side, measures, plain, shown
from erp.sales.rules.vocabulary import SWING, Limits, ModelWords

MM_MIN, MM_MAX = Decimal("0.1"), Decimal("99999")  # beyond, it is no size at all
FACTORS = (Decimal(1), Decimal(10), Decimal(1000))  # mm, cm, m
# Where an opening lies when nothing says the unit: 90 × 210 must be cm, 900 × 2100 must be mm.
BANDS = {
    Field.WIDTH: Limits(Decimal(300), Decimal(6000)),
    Field.HEIGHT: Limits(Decimal(600), Decimal(4000)),
    Field.WALL: Limits(Decimal(50), Decimal(600)),
    Field.MOTHER_WIDTH: Limits(Decimal(400), Decimal(1200)),
    Field.WALL_L: Limits(Decimal(50), Decimal(600)),
    Field.WALL_R: Limits(Decimal(50), Decimal(600)),
    Field.FLOOR: Limits(Decimal(20), Decimal(150)),
    Field.LIGHT: Limits(Decimal(100), Decimal(800)),
}
DOOR_WIDTH = Limits(Decimal(400), Decimal(2000))  # of a swing door whose model is not known
DOOR_HEIGHT = Limits(Decimal(1500), Decimal(3000))
WALL_TOP = Decimal(450)  # the smallest of three numbers is the wall when it is below


@dataclass(frozen=True, slots=True)
class Told:
    """What heading and dealer's habits say about sizes: unit in mm, order as letters W H T."""

    unit_mm: Decimal | None = None
    order: str = ""


@dataclass(frozen=True, slots=True)
class SizesRead:
    """Width, height and wall as read from one cell, and what is to be said about them."""

    width_mm: Decimal | None = None
    height_mm: Decimal | None = None
    wall_mm: Decimal | None = None
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class SizeRead:
    """One measure as read from its own cell."""

    value_mm: Decimal | None
    issues: tuple[Issue, ...] = ()


def possible(value_mm: Decimal | None) -> Decimal | None:
    """Return the value to 0.1 mm, or None when no door has such a size (0, −1, 1e9)."""
    if value_mm is None or not MM_MIN <= value_mm <= MM_MAX:
        return None
    return value_mm.quantize(Decimal("0.1"))


def read_one(field: Field, text: str, cell: str, told: Told) -> SizeRead:
    """Read a cell that holds one measure."""
    found = measures(text)
    if found is None or len(found) != 1:
        return SizeRead(None, (_unreadable(field, text, cell, _meant(field, text, told)),))
    factor, is_guess = _factor(field, found[0], told)
    value = possible(found[0].value * factor)
    if value is None:
        return SizeRead(None, (_unreadable(field, text, cell),))
    return SizeRead(value, _unit_issues(field, found[0], factor, is_guess, text, cell))


def read_cell(text: str, cell: str, told: Told, model: ModelWords | None) -> SizesRead:
    """Read a cell that holds width and height, and perhaps the wall: `2100*900*240`."""
    found = measures(text)
    if found is None or len(found) not in (2, 3):
        return SizesRead(issues=tuple(_unreadable(f, text, cell) for f in (Field.WIDTH, Field.HEIGHT)))
    by_side, is_stated = _by_side(found, told)
    rest = _unassigned(found, by_side)
    if rest is not None:
        first, second = rest
        by_side |= {Field.WIDTH: first, Field.HEIGHT: second}
    values, issues = _to_mm(by_side, told, text, cell)
    if rest is not None and not is_stated:
        values, order_issues = _settle_order(values, text, cell, model)
        issues += order_issues
    return SizesRead(values.get(Field.WIDTH), values.get(Field.HEIGHT), values.get(Field.WALL), tuple(issues))


_FIELD_OF = {Side.WIDTH: Field.WIDTH, Side.HEIGHT: Field.HEIGHT, Side.WALL: Field.WALL}
_FIELD_OF_LETTER = {"W": Field.WIDTH, "H": Field.HEIGHT, "T": Field.WALL}


def _by_side(found: tuple[Measure, ...], told: Told) -> tuple[dict[Field, Measure], bool]:
    """Assign what the cell (宽900) or the heading (宽*高*墙厚) says; True when all is said."""
    named = {_FIELD_OF[one.side]: one for one in found if one.side is not None}
    if len(named) == len(found):
        return named, True
    order = told.order if len(told.order) >= len(found) else ""
    if not named and order and len(found) == 3:
        return {_FIELD_OF_LETTER[letter]: one for letter, one in zip(order, found, strict=False)}, True
    if not named and order:
        pair = [letter for letter in order if letter != "T"]
        return {_FIELD_OF_LETTER[letter]: one for letter, one in zip(pair, found, strict=False)}, True
    if not named and len(found) == 3:
        wall = min(found, key=lambda one: one.value * (one.unit_mm or 1))
        if found.index(wall) != 1:
            named[Field.WALL] = wall
    return named, False


def _unassigned(found: tuple[Measure, ...], by_side: dict[Field, Measure]) -> tuple[Measure, Measure] | None:
    """Return the two numbers that are width and height in one order or the other."""
    if {Field.WIDTH, Field.HEIGHT} <= set(by_side):
        return None
    taken = list(by_side.values())
    rest = [one for one in found if not any(one is other for other in taken)]
    if len(rest) == 2 and not ({Field.WIDTH, Field.HEIGHT} & set(by_side)):
        return rest[0], rest[1]
    for field in (Field.WIDTH, Field.HEIGHT):
        if field not in by_side and rest:
            by_side[field] = rest.pop(0)
    return None


def _to_mm(
    by_side: dict[Field, Measure], told: Told, text: str, cell: str
) -> tuple[dict[Field, Decimal], list[Issue]]:
    """Turn each number into mm; the unit of the height holds for its neighbours in the cell."""
    values: dict[Field, Decimal] = {}
    issues: list[Issue] = []
    row_unit = _common_unit(by_side, told)
    for field, one in by_side.items():
        factor, is_guess = _factor(field, one, told)
        if is_guess is False and one.unit_mm is None and row_unit is not None:
            factor, is_guess = row_unit, row_unit != 1
        value = possible(one.value * factor)
        if value is None:
            issues.append(_unreadable(field, text, cell))
            continue
        values[field] = value
        issues += _unit_issues(field, one, factor, is_guess, text, cell)
    return values, issues


def _common_unit(by_side: dict[Field, Measure], told: Told) -> Decimal | None:
    """Return cm or m when the larger of width and height must be in it and the wall fits with it."""
    if told.unit_mm is not None or any(one.unit_mm for one in by_side.values()):
        return None
    pair = [one for field, one in by_side.items() if field is not Field.WALL]
    if not pair:
        return None
    largest = max(pair, key=lambda one: one.value)
    factor, _ = _factor(Field.HEIGHT, largest, told)
    if factor == 1:
        return None
    fits = all(
        one.value * factor <= BANDS[field].high_mm
        for field, one in by_side.items()
        if field is not Field.HEIGHT
    )
    return factor if fits else None


def _factor(field: Field, one: Measure, told: Told) -> tuple[Decimal, bool]:
    """Return the unit of a number in mm, and whether it was guessed from the number alone."""
    stated = one.unit_mm or told.unit_mm
    if stated is not None:
        return stated, False
    band = BANDS[field]
    for factor in FACTORS:
        if band.holds(one.value * factor):
            return factor, factor != 1
    return Decimal(1), False


def _settle_order(
    values: dict[Field, Decimal], text: str, cell: str, model: ModelWords | None
) -> tuple[dict[Field, Decimal], list[Issue]]:
    """Choose which number is the width when nothing says it; ask when both readings are plausible."""
    first, second = values.get(Field.WIDTH), values.get(Field.HEIGHT)
    if first is None or second is None:
        return values, []
    straight, turned = plausible(first, second, model), plausible(second, first, model)
    if turned and not straight:
        values = values | {Field.WIDTH: second, Field.HEIGHT: first}
    width, height = values[Field.WIDTH], values[Field.HEIGHT]
    if straight is turned:
        return values, [swap_question(width, height, cell, raw=text)]
    return values, [
        issue(
            IssueCode.DIM_ORDER_READ,
            Severity.NOTE,
            Field.WIDTH,
            cell=cell,
            raw=text,
            width=shown(width),
            height=shown(height),
        )
    ]


def plausible(width_mm: Decimal, height_mm: Decimal, model: ModelWords | None) -> bool:
    """Whether these can be width and height of that model; of a usual swing door when it is not known."""
    width = (model.width if model else None) or DOOR_WIDTH
    height = (model.height if model else None) or DOOR_HEIGHT
    is_upright = height_mm >= width_mm or (model is not None and model.kind not in SWING)
    return width.holds(width_mm) and height.holds(height_mm) and is_upright


def swap_question(width_mm: Decimal, height_mm: Decimal, cell: str, **facts: str) -> Issue:
    """Return the question which of two numbers is the width."""
    return issue(
        IssueCode.DIM_ORDER_AMBIGUOUS,
        Severity.ASK,
        Field.WIDTH,
        cell=cell,
        offers=((Change(Field.WIDTH, shown(height_mm)), Change(Field.HEIGHT, shown(width_mm))),),
        **facts,
        width=shown(width_mm),
        height=shown(height_mm),
    )


def _unit_issues(
    field: Field, one: Measure, factor: Decimal, is_guess: bool, text: str, cell: str
) -> tuple[Issue, ...]:
    """Say a unit that was written, ask for one that was guessed."""
    read = shown(one.value * factor)
    if is_guess:
        offers = ((Change(field, shown(one.value)),),) if possible(one.value) else ()
        return (
            issue(IssueCode.UNIT_SUSPECT, Severity.ASK, field, cell=cell, offers=offers, raw=text, read=read),
        )
    if factor != 1:
        return (issue(IssueCode.UNIT_READ, Severity.NOTE, field, cell=cell, raw=text, read=read),)
    return ()


_TOLERANCE = re.compile(r"(.+?)(?:±|\+/-|\+-).+")
_RANGE = re.compile(r"(.+?)(?:~|至|到)(.+)")


def _meant(field: Field, text: str, told: Told) -> tuple[str, ...]:
    """Return what 900±5 or 2090～2100 may mean: the size without its tolerance, either end of a range."""
    flat = plain(text)
    said = _TOLERANCE.fullmatch(flat) or _RANGE.fullmatch(flat)
    found = []
    for part in said.groups() if said else ():
        one = measures(part)
        if one is not None and len(one) == 1:
            value = possible(one[0].value * _factor(field, one[0], told)[0])
            found += [shown(value)] if value is not None else []
    return tuple(found)


def _unreadable(field: Field, text: str, cell: str, meant: tuple[str, ...] = ()) -> Issue:
    offers = one_each(field, meant)
    return issue(IssueCode.SIZE_UNREADABLE, Severity.STOP, field, cell=cell, offers=offers, raw=text)
