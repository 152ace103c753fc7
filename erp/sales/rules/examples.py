"""What the corrections of a reviewed sheet could teach about its dealer. Lengths are mm, Decimal."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from erp.sales.rules.issues import Field, Issue, IssueCode
from erp.sales.rules.lessons import FIELD_OF, UNIT_MM, Lesson, LessonKind, SizeOrder
from erp.sales.rules.normalise import Measure, is_blank, measures, plain, shown

SIZES = (Field.WIDTH, Field.HEIGHT, Field.WALL)


@dataclass(frozen=True, slots=True)
class Example:
    """One row of a reviewed sheet: what its cells held, what it says now, what of that a hand has typed."""

    cells: Mapping[str, str]  # by field; nothing where the sheet has no such cell
    values: Mapping[str, str]
    typed: Collection[str]
    issues: tuple[Issue, ...] = ()

    def is_shown(self, field: Field, code: IssueCode) -> bool:
        """Whether a person said what the value is: typed it, or confirmed what was read."""
        return field.value in self.typed or any(
            one.code is code and one.field is field and one.is_settled for one in self.issues
        )


def taught(rows: Sequence[Example], issues: Iterable[Issue]) -> list[Lesson]:
    """Return what the rows and the questions about the whole sheet teach, each word with its last meaning.

    What holds for every line is only taught where no two rows contradict each other.
    """
    found: dict[tuple[LessonKind, str], Lesson] = {}
    for row in rows:
        for kind, field in FIELD_OF.items():
            text = plain(row.cells.get(field.value, ""))
            if field.value in row.typed and row.values.get(field.value) and not is_blank(text):
                lesson = Lesson(kind, text, row.values[field.value])
                found[kind, lesson.key] = lesson
    for kind, meanings in (
        (LessonKind.UNIT, [one for row in rows for one in _units(row)]),
        (LessonKind.SIZE_ORDER, [one for row in rows for one in _orders(row)]),
        (LessonKind.DIM_BASIS, list(_bases(rows, issues))),
        (LessonKind.LOCK, list(_unwritten(rows, Field.LOCK))),
        (LessonKind.WALL, list(_unwritten(rows, Field.WALL))),
    ):
        if len(set(meanings)) == 1:
            found[kind, ""] = Lesson(kind, "", meanings[0])
    return list(found.values())


def _units(row: Example) -> Iterator[str]:
    """Yield the unit that turns a bare number of the sheet into the size that a person said it is."""
    for field in SIZES:
        if not row.is_shown(field, IssueCode.UNIT_SUSPECT):
            continue
        bare = measures(row.cells.get(field.value, ""))
        now = row.values.get(field.value, "")
        if bare is None or len(bare) != 1 or bare[0].unit_mm is not None or not now:
            continue
        yield from (
            unit.value
            for unit, factor in UNIT_MM.items()
            if (bare[0].value * factor).quantize(Decimal("0.1")) == Decimal(now)
        )


def _orders(row: Example) -> Iterator[str]:
    """Yield which of two numbers in one cell a person said is the width."""
    width, height = row.values.get(Field.WIDTH.value, ""), row.values.get(Field.HEIGHT.value, "")
    text = row.cells.get(Field.WIDTH.value, "")
    is_shown = row.is_shown(Field.WIDTH, IssueCode.DIM_ORDER_AMBIGUOUS)
    if not is_shown or not width or not height or text != row.cells.get(Field.HEIGHT.value):
        return
    pair = _pair(measures(text) or ())
    if pair is None:
        return
    if pair[0] * Decimal(height) == pair[1] * Decimal(width):
        yield SizeOrder.WIDTH.value
    if pair[0] * Decimal(width) == pair[1] * Decimal(height):
        yield SizeOrder.HEIGHT.value


def _pair(found: Sequence[Measure]) -> tuple[Decimal, Decimal] | None:
    """Return the two numbers that are width and height; of three the smallest, first or last, is the wall."""
    numbers = [one.value for one in found]
    if any(one.side is not None for one in found) or len(numbers) not in (2, 3):
        return None
    if len(numbers) == 3:
        wall = numbers.index(min(numbers))
        if wall == 1:
            return None
        del numbers[wall]
    return numbers[0], numbers[1]


def _bases(rows: Sequence[Example], issues: Iterable[Issue]) -> Iterator[str]:
    """Yield what the sizes are of, where the sheet did not say it and a person did."""
    asked = [one for one in issues if one.code is IssueCode.DIM_BASIS_ASSUMED]
    is_typed = any(Field.DIM_BASIS.value in row.typed for row in rows)
    if asked and (is_typed or asked[0].is_settled):
        yield from (row.values.get(Field.DIM_BASIS.value, "") for row in rows)


def _unwritten(rows: Sequence[Example], field: Field) -> Iterator[str]:
    """Yield what a person typed where the sheet said nothing."""
    for row in rows:
        if field.value in row.typed and is_blank(row.cells.get(field.value, "")):
            text = row.values.get(field.value, "")
            yield shown(Decimal(text)) if field is Field.WALL and text else text
