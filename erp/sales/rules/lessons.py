"""What a person shows of one dealer's way of writing, and how it joins the habits a sheet is read with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.choices import Choice
from core.errors import RuleViolation
from core.i18n import N_
from erp.catalogue.rules.document import Handing
from erp.sales.rules.headings import Column
from erp.sales.rules.issues import Field
from erp.sales.rules.normalise import is_blank, key, plain
from erp.sales.rules.vocabulary import Habits, Learned

WORD_MAX = 80


class LessonKind(Choice):
    """What a remembered word speaks of."""

    COLUMN = "COLUMN", N_("Heading of a column")
    SIZE_ORDER = "SIZE_ORDER", N_("Order of sizes in one cell")
    MODEL = "MODEL", N_("Model")
    COLOUR = "COLOUR", N_("Colour")
    HANDING = "HANDING", N_("Handing")


class SizeOrder(Choice):
    """Which size stands first in a cell that holds both."""

    WIDTH = "WIDTH", N_("width before height")
    HEIGHT = "HEIGHT", N_("height before width")


FIELD_OF = {
    LessonKind.MODEL: Field.MODEL,
    LessonKind.COLOUR: Field.COLOUR,
    LessonKind.HANDING: Field.HANDING,
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
    """One word of a dealer and what it means; of the order of sizes the word is empty."""

    kind: LessonKind
    word: str
    meaning: str  # name of a Column, a SizeOrder, a model's or colour's code, a Handing

    @property
    def key(self) -> str:
        """The word as words are compared."""
        return key(self.word)


def check_lesson(lesson: Lesson, models: Iterable[str], colours: Iterable[str]) -> None:
    """Raise LessonUnclear unless the word says something and its meaning exists."""
    meanings = {
        LessonKind.COLUMN: {column.name for column in COLUMN_FIELDS},
        LessonKind.SIZE_ORDER: {one.value for one in SizeOrder},
        LessonKind.MODEL: set(models),
        LessonKind.COLOUR: set(colours),
        LessonKind.HANDING: {one.value for one in Handing},
    }
    has_word = lesson.kind is LessonKind.SIZE_ORDER or (
        not is_blank(lesson.word) and bool(lesson.key) and len(plain(lesson.word)) <= WORD_MAX
    )
    if not has_word or lesson.meaning not in meanings[lesson.kind]:
        raise LessonUnclear(word=lesson.word, meaning=lesson.meaning)


def with_lessons(habits: Habits, lessons: Iterable[tuple[Lesson, str]]) -> Habits:
    """Return the habits with what was shown, each with its day; what was shown wins over what was chosen."""
    columns, learned = list(habits.columns), list(habits.learned)
    for lesson, day in lessons:
        if lesson.kind is LessonKind.COLUMN:
            columns.append((lesson.word, lesson.meaning))
        elif lesson.kind is LessonKind.SIZE_ORDER:
            is_height_first = lesson.meaning == SizeOrder.HEIGHT.value
            habits = replace(habits, is_height_first=is_height_first, order_day=day)
        else:
            learned.append(Learned(FIELD_OF[lesson.kind].value, lesson.word, lesson.meaning, day))
    return replace(habits, columns=tuple(columns), learned=tuple(learned))
