"""Judging the values of a line, read or corrected, against what can be made. Lengths are mm, Decimal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from erp.catalogue.rules.document import DimBasis, DoorKind, Handing
from erp.sales.rules.issues import (
    FURTHER_CHOICES,
    FURTHER_SIZES,
    SIZES,
    Change,
    Field,
    Issue,
    IssueCode,
    Severity,
    issue,
    one_each,
)
from erp.sales.rules.normalise import is_blank, key, plain, shown
from erp.sales.rules.reading import (
    OFFERS_MAX,
    Read,
    read_basis,
    read_choice,
    read_colour,
    read_count,
    read_handing,
    read_model,
    read_price,
)
from erp.sales.rules.remarks import check_note
from erp.sales.rules.sizes import Told, plausible, read_one, swap_question
from erp.sales.rules.vocabulary import SWING, Limits, LockWords, ModelWords, Vocabulary

WALL_USUAL = Limits(Decimal(80), Decimal(260))  # thinner needs a special frame, thicker two boards joined
GRID_MM = Decimal(50)  # openings are planned in steps of 50; leaf sizes are not
NO_WALL_KINDS = frozenset({DoorKind.LEAF_ONLY, DoorKind.TRIM_ONLY, DoorKind.PANEL})


@dataclass(frozen=True, slots=True)
class LineValues:
    """What one line asks for, as far as it is known."""

    room: str = ""
    model: str | None = None
    colour: str | None = None
    dim_basis: DimBasis | None = None
    width_mm: Decimal | None = None
    height_mm: Decimal | None = None
    wall_mm: Decimal | None = None
    mother_width_mm: Decimal | None = None
    handing: Handing | None = None
    lock: str = ""
    set_count: int | None = None
    note: str = ""
    glass: str = ""
    bottom: str = ""
    faces: str = ""
    wall_l: Decimal | None = None
    wall_r: Decimal | None = None
    floor: Decimal | None = None
    light: Decimal | None = None
    corner: str = ""
    hinge: str = ""
    price: Decimal | None = None  # what the dealer expects for one set

    def text(self, field: Field) -> str:
        """Return one value as text: sizes without needless zeros, choices as their stored word."""
        value = getattr(self, field.value)
        if isinstance(value, Decimal):
            return shown(value)
        return "" if value is None else str(value)

    def texts(self) -> tuple[tuple[str, str], ...]:
        """Return every value as text, empty ones included."""
        return tuple((field.value, self.text(field)) for field in Field)

    def with_text(self, field: Field, text: str | None) -> LineValues:
        """Return these values with one of them replaced by its stored text."""
        value: object = text or None
        if text:
            match field:
                case Field.DIM_BASIS:
                    value = DimBasis[text]
                case Field.HANDING:
                    value = Handing[text]
                case Field.SET_COUNT:
                    value = int(text)
                case _ if field in SIZES or field is Field.PRICE:
                    value = Decimal(text)
                case _:
                    value = text
        elif field in (Field.ROOM, Field.LOCK, Field.NOTE, *FURTHER_CHOICES):
            value = ""
        return self.with_value(field, value)

    def with_value(self, field: Field, value: Any) -> LineValues:
        """Return these values with one of them replaced; the value has the field's own type."""
        return replace(self, **{field.value: value})


def values_from(texts: Mapping[str, str]) -> LineValues:
    """Return the values whose texts were kept."""
    values = LineValues()
    for one in Field:
        values = values.with_text(one, texts.get(one.value, ""))
    return values


@dataclass(frozen=True, slots=True)
class Corrected:
    """A line after one field was typed anew: its values, and what is said about that typing."""

    values: LineValues
    issues: tuple[Issue, ...]


def correct(values: LineValues, field: Field, text: str, vocabulary: Vocabulary) -> Corrected:
    """Read what the clerk typed into a field as a cell would be read (内左, 90cm, 2樘)."""
    if field is Field.LOCK:
        return Corrected(values.with_text(field, read_lock(text, vocabulary.model(values.model))), ())
    if field in (Field.ROOM, Field.NOTE):
        return Corrected(values.with_text(field, plain(text)), ())
    if field in SIZES:
        if is_blank(text):
            return Corrected(values.with_text(field, None), ())
        size = read_one(field, text, "", Told(unit_mm=None if _has_unit(text) else Decimal(1)))
        return Corrected(values.with_value(field, size.value_mm), size.issues)
    if field in FURTHER_CHOICES:
        read = read_choice(field, text, "", vocabulary.model(values.model))
    else:
        read = _read_word(field, text, vocabulary)
    return Corrected(values.with_text(field, read.value), read.issues)


def _read_word(field: Field, text: str, vocabulary: Vocabulary) -> Read:
    match field:
        case Field.MODEL:
            return read_model(text, "", vocabulary)
        case Field.COLOUR:
            return read_colour(text, "", vocabulary)
        case Field.HANDING:
            return read_handing(text, "", vocabulary.habits)
        case Field.DIM_BASIS:
            return read_basis(text, "")
        case Field.PRICE:
            return read_price(text, "")
        case _:
            return read_count(text, "")


def read_lock(text: str, model: ModelWords | None) -> str:
    """Return the code of the model's lock that the text names exactly; else the text itself, to be asked."""
    if is_blank(text):
        return ""
    named = [lock.code for lock in (model.locks if model else ()) if _is_named(text, lock)]
    return named[0] if len(named) == 1 else plain(text)


def _is_named(text: str, lock: LockWords) -> bool:
    return key(text) in {key(name) for name in (lock.code, *lock.names)}


def _has_unit(text: str) -> bool:
    return bool(re.search(r"[a-z毫厘米公]", plain(text).casefold()))


def recheck(values: LineValues, vocabulary: Vocabulary) -> tuple[Issue, ...]:
    """Return what is wrong with the values as they stand, whoever wrote them."""
    model = vocabulary.model(values.model)
    return (
        *_check_words(values, vocabulary, model),
        *_check_sizes(values, model),
        *_check_wall(values, model),
        *_check_handing(values, model),
        *_check_lock(values, model),
        *_check_further(values, model),
        *check_note(values, model),
    )


def _check_words(values: LineValues, vocabulary: Vocabulary, model: ModelWords | None) -> Iterator[Issue]:
    if values.model is None:
        offers = tuple(one.code for one in vocabulary.models)
        few = offers if len(offers) <= OFFERS_MAX + 1 else ()
        yield issue(IssueCode.MODEL_MISSING, Severity.STOP, Field.MODEL, offers=one_each(Field.MODEL, few))
    elif model is None:
        yield issue(IssueCode.UNKNOWN_MODEL, Severity.STOP, Field.MODEL, raw=values.model)
    if values.colour is None:
        yield issue(IssueCode.COLOUR_MISSING, Severity.STOP, Field.COLOUR)
    elif values.colour not in {colour.code for colour in vocabulary.colours}:
        yield issue(IssueCode.UNKNOWN_COLOUR, Severity.STOP, Field.COLOUR, raw=values.colour)
    if values.set_count is None:
        yield issue(IssueCode.QTY_UNREADABLE, Severity.STOP, Field.SET_COUNT, raw="", limit=999)
    if values.dim_basis is None:
        offers = tuple(member.value for member in DimBasis)
        yield issue(
            IssueCode.DIM_BASIS_UNKNOWN,
            Severity.STOP,
            Field.DIM_BASIS,
            offers=one_each(Field.DIM_BASIS, offers),
            raw="",
        )


def _check_sizes(values: LineValues, model: ModelWords | None) -> Iterator[Issue]:
    width, height = values.width_mm, values.height_mm
    for field, value in ((Field.WIDTH, width), (Field.HEIGHT, height)):
        if value is None:
            yield issue(IssueCode.SIZE_MISSING, Severity.STOP, field)
    if width is None or height is None:
        return
    out = tuple(_out_of_limit(values, model))
    can_swap = plausible(height, width, model)
    if out:
        swap = ((Change(Field.WIDTH, shown(height)), Change(Field.HEIGHT, shown(width))),)
        yield from (replace(one, offers=swap if can_swap else ()) for one in out)
    elif _is_unusual(width, height, model):
        yield swap_question(width, height, "")
    elif (leaf := _leaf_suspicion(values, model)) is not None:
        yield leaf


def _out_of_limit(values: LineValues, model: ModelWords | None) -> Iterator[Issue]:
    """Compare with the model's limits; they are openings, so other sizes wait for the splitter's check."""
    if model is None or values.dim_basis is not DimBasis.OPENING:
        return
    for field, limits in ((Field.WIDTH, model.width), (Field.HEIGHT, model.height)):
        value = values.width_mm if field is Field.WIDTH else values.height_mm
        if limits is not None and value is not None and not limits.holds(value):
            yield _outside(field, value, limits)


def _outside(field: Field, value: Decimal, limits: Limits) -> Issue:
    return issue(
        IssueCode.OUT_OF_LIMIT,
        Severity.STOP,
        field,
        raw=shown(value),
        low=shown(limits.low_mm),
        high=shown(limits.high_mm),
    )


def _is_unusual(width: Decimal, height: Decimal, model: ModelWords | None) -> bool:
    """A swing door wider than high, or lower than 1500."""
    if model is not None and model.kind not in SWING:
        return False
    return width > height or height < Decimal(1500)


def _leaf_suspicion(values: LineValues, model: ModelWords | None) -> Issue | None:
    """Ask when the size fits the 50 mm grid only if it is taken as the leaf's (830 × 2055 is 900 × 2100)."""
    if model is None or model.leaf_less is None or values.dim_basis is not DimBasis.OPENING:
        return None
    if values.width_mm is None or values.height_mm is None:
        return None
    width = values.width_mm + model.leaf_less.width_mm
    height = values.height_mm + model.leaf_less.height_mm
    is_grid = not width % GRID_MM and not height % GRID_MM
    if not is_grid or not (values.width_mm % GRID_MM or values.height_mm % GRID_MM):
        return None
    return issue(
        IssueCode.LEAF_SIZE_SUSPECT,
        Severity.ASK,
        Field.WIDTH,
        offers=(
            (Change(Field.WIDTH, shown(width)), Change(Field.HEIGHT, shown(height))),
            (Change(Field.DIM_BASIS, DimBasis.LEAF.value),),
        ),
        width=shown(width),
        height=shown(height),
    )


def _check_wall(values: LineValues, model: ModelWords | None) -> Iterator[Issue]:
    wall = values.wall_mm
    if model is not None and model.kind in NO_WALL_KINDS:
        return
    if wall is None:
        yield issue(IssueCode.WALL_MISSING, Severity.STOP, Field.WALL)
    elif model is not None and model.wall is not None and not model.wall.holds(wall):
        yield _outside(Field.WALL, wall, model.wall)
    elif not WALL_USUAL.holds(wall):
        yield issue(
            IssueCode.WALL_RANGE,
            Severity.ASK,
            Field.WALL,
            raw=shown(wall),
            low=shown(WALL_USUAL.low_mm),
            high=shown(WALL_USUAL.high_mm),
        )


def _check_handing(values: LineValues, model: ModelWords | None) -> Iterator[Issue]:
    if model is None:
        return
    if model.needs_handing and values.handing is None:
        offers = one_each(Field.HANDING, tuple(member.value for member in Handing))
        yield issue(IssueCode.HANDING_MISSING, Severity.STOP, Field.HANDING, offers=offers)
    if not model.needs_handing and values.handing is not None:
        yield issue(IssueCode.HANDING_UNUSED, Severity.NOTE, Field.HANDING, raw=values.handing.value)


def _check_lock(values: LineValues, model: ModelWords | None) -> Iterator[Issue]:
    """Ask about a lock that the model does not have; no lock named means the model's usual one."""
    if model is None or not values.lock or not model.locks:
        return
    if values.lock in {lock.code for lock in model.locks}:
        return
    alike = [lock.code for lock in model.locks if _sounds_like(values.lock, lock.names)]
    if len(alike) == 1:
        offers = one_each(Field.LOCK, (alike[0],))
    else:
        offers = one_each(Field.LOCK, tuple(lock.code for lock in model.locks))
    yield issue(
        IssueCode.LOCK_UNKNOWN,
        Severity.ASK,
        Field.LOCK,
        offers=offers,
        raw=values.lock,
        read=model.usual_lock,
    )


def _sounds_like(text: str, names: tuple[str, ...]) -> bool:
    return any(key(text) in key(name) or key(name) in key(text) for name in names)


def _check_further(values: LineValues, model: ModelWords | None) -> Iterator[Issue]:
    """Ask about a choice or size that the model does not have; confirmed, it is left out."""
    if model is None:
        return
    known = {one.code for one in model.options} | model.measures
    for one in (*FURTHER_CHOICES, *FURTHER_SIZES):
        text = values.text(one)
        if text and one.value not in known and text not in ("NONE", "0"):
            yield issue(IssueCode.OPTION_UNUSED, Severity.ASK, one, raw=text)
