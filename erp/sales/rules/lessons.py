"""What a person shows of one dealer's way of writing, and how it joins the habits a sheet is read with."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from core.choices import Choice
from core.errors import RuleViolation
from core.i18n import N_
from erp.catalogue.rules.document import DimBasis, Handing
from erp.sales.rules.headings import Column
from erp.sales.rules.issues import Field
from erp.sales.rules.normalise import INCH_MM, is_blank, key, plain
from erp.sales.rules.sizes import BANDS
from erp.sales.rules.vocabulary import Habits, Learned

WORD_MAX = 80


class LessonKind(Choice):
    """What a remembered word speaks of."""

    COLUMN = "COLUMN", N_("Heading of a column")
    SIZE_ORDER = "SIZE_ORDER", N_("Order of sizes in one cell")
    MODEL = "MODEL", N_("Model")
    COLOUR = "COLOUR", N_("Colour")
    HANDING = "HANDING", N_("Handing")
    LOCK = "LOCK", N_("Lock")  # of no word: the usual one, where none is named
    UNIT = "UNIT", N_("Unit of sizes")
    DIM_BASIS = "DIM_BASIS", N_("Sizes are of")
    WALL = "WALL", N_("Usual wall thickness")


class SizeUnit(Choice):
    """What a number without a unit is in."""

    MM = "MM", N_("mm")
    CM = "CM", N_("cm")
    INCH = "INCH", N_("inch")


UNIT_MM = {SizeUnit.MM: Decimal(1), SizeUnit.CM: Decimal(10), SizeUnit.INCH: INCH_MM}


class SizeOrder(Choice):
    """Which size stands first in a cell that holds both."""

    WIDTH = "WIDTH", N_("width before height")
    HEIGHT = "HEIGHT", N_("height before width")


WORDLESS = frozenset({LessonKind.SIZE_ORDER, LessonKind.UNIT, LessonKind.DIM_BASIS, LessonKind.WALL})
MAY_BE_WORDLESS = WORDLESS | {LessonKind.LOCK}
FIELD_OF = {
    LessonKind.MODEL: Field.MODEL,
    LessonKind.COLOUR: Field.COLOUR,
    LessonKind.HANDING: Field.HANDING,
    LessonKind.LOCK: Field.LOCK,
}
COLUMN_FIELDS = {  # a column by the field that it fills, for those that a person can name
    **{Column(field.value): field for field in (Field.ROOM, Field.MODEL, Field.COLOUR, Field.DIM_BASIS)},
    **{Column(field.value): field for field in (Field.HANDING, Field.LOCK, Field.SET_COUNT, Field.NOTE)},
    Column.WIDTH: Field.WIDTH,
    Column.HEIGHT: Field.HEIGHT,
    Column.WALL: Field.WALL,
    Column.MOTHER_WIDTH: Field.MOTHER_WIDTH,
    **{Column(field.value): field for field in (Field.GLASS, Field.BOTTOM, Field.FACES, Field.WALL_L)},
    **{Column(field.value): field for field in (Field.WALL_R, Field.FLOOR, Field.LIGHT)},
    **{Column(field.value): field for field in (Field.CORNER, Field.HINGE, Field.PRICE)},
}


class LessonUnclear(RuleViolation):
    """There is no such meaning for a word of that kind."""

    code = "erp.sales.lesson_unclear"
    message = N_(
        'A word of the sheet and one of the offered meanings are expected; "%(word)s" as "%(meaning)s" is none. '
        "Choose the meaning from the list."
    )


@dataclass(frozen=True, slots=True)
class Lesson:
    """One word of a dealer and what it means; the word is empty of what holds for every line."""

    kind: LessonKind
    word: str
    meaning: str  # name of a Column, a SizeOrder, SizeUnit, DimBasis or Handing, a code, or a wall in mm

    @property
    def key(self) -> str:
        """The word as words are compared."""
        return key(self.word)


@dataclass(frozen=True, slots=True)
class Known:
    """What a lesson can mean: codes of the models, the colours and their locks."""

    models: Collection[str]
    colours: Collection[str]
    locks: Collection[str]

    def meanings(self, kind: LessonKind) -> Collection[str]:
        """Return every meaning of a kind; of a wall there is no list."""
        return {
            LessonKind.COLUMN: [column.name for column in COLUMN_FIELDS],
            LessonKind.SIZE_ORDER: [one.value for one in SizeOrder],
            LessonKind.UNIT: [one.value for one in SizeUnit],
            LessonKind.DIM_BASIS: [one.value for one in DimBasis],
            LessonKind.HANDING: [one.value for one in Handing],
            LessonKind.MODEL: self.models,
            LessonKind.COLOUR: self.colours,
            LessonKind.LOCK: self.locks,
        }.get(kind, ())


def check_lesson(lesson: Lesson, known: Known) -> None:
    """Raise LessonUnclear unless the word says something and its meaning exists."""
    if not is_clear(lesson, known):
        raise LessonUnclear(word=lesson.word, meaning=lesson.meaning)


def is_clear(lesson: Lesson, known: Known) -> bool:
    """Whether the word says something, and its meaning exists."""
    if lesson.kind in WORDLESS:
        has_word = not lesson.word
    else:
        is_word = not is_blank(lesson.word) and bool(lesson.key) and len(plain(lesson.word)) <= WORD_MAX
        has_word = is_word or (lesson.kind in MAY_BE_WORDLESS and not lesson.word)
    is_wall = lesson.kind is LessonKind.WALL and _is_wall(lesson.meaning)
    return has_word and (is_wall or lesson.meaning in known.meanings(lesson.kind))


def _is_wall(text: str) -> bool:
    return re.fullmatch(r"[0-9]{2,3}(\.[0-9])?", text) is not None and BANDS[Field.WALL].holds(Decimal(text))


def with_lessons(habits: Habits, lessons: Iterable[tuple[Lesson, str]]) -> Habits:
    """Return the habits with what was shown, each with its day; what was shown wins over what was chosen."""
    columns, learned, usual = list(habits.columns), list(habits.learned), list(habits.usual)
    for lesson, day in lessons:
        match lesson.kind:
            case LessonKind.COLUMN:
                columns.append((lesson.word, lesson.meaning))
            case LessonKind.SIZE_ORDER:
                is_height_first = lesson.meaning == SizeOrder.HEIGHT.value
                habits = replace(habits, is_height_first=is_height_first, order_day=day)
            case LessonKind.UNIT:
                habits = replace(habits, unit_mm=UNIT_MM[SizeUnit(lesson.meaning)])
            case LessonKind.DIM_BASIS:
                habits = replace(habits, dim_basis=DimBasis(lesson.meaning))
            case LessonKind.WALL:
                usual.append(Learned(Field.WALL.value, "", lesson.meaning, day))
            case LessonKind.LOCK if not lesson.word:
                usual.append(Learned(Field.LOCK.value, "", lesson.meaning, day))
            case kind:
                learned.append(Learned(FIELD_OF[kind].value, lesson.word, lesson.meaning, day))
    return replace(habits, columns=tuple(columns), learned=tuple(learned), usual=tuple(usual))
