"""What a remark says that belongs into a field: it is offered there, never taken. Lengths are mm, Decimal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from erp.catalogue.rules.document import DoorKind
from erp.sales.rules.issues import Change, Field, Issue, IssueCode, Severity, issue
from erp.sales.rules.normalise import plain, shown
from erp.sales.rules.vocabulary import ModelWords

if TYPE_CHECKING:
    from erp.sales.rules.judging import LineValues

_REMARK = re.compile(r"(墙厚?\s*\d|[左右]\s*墙|[高宽扇]\s*\d|\d\s*(?:mm|cm))")
_MOTHER = re.compile(r"(?:母扇|母门|大扇)宽?\s*(\d{3,4})")
_SIDE_WALL = re.compile(r"([左右])(?:侧|边)?墙?(?:体|厚)?\s*[:=]?\s*(\d{2,3})(?!\d)\s*(?:mm)?")
_FLOOR = re.compile(
    r"(?:地面|地板|地砖|地坪)[^,;。]{0,6}?(?:未扣|没扣|不扣|未减|未做|未铺|没铺|没做)[^;。]*|"
    r"(?:未扣|没扣|不含)(?:地面|地板|地砖|地坪)[^;。]*|floor not deducted[^;.]*",
    re.IGNORECASE,
)
_THICKNESS = re.compile(r"(\d{1,3})\s*(mm|毫米|cm|公分|厘米)")
_SETS = re.compile(r"(?<!\d)(\d{1,3})\s*[樘套扇]")


def check_note(values: LineValues, model: ModelWords | None) -> Iterator[Issue]:
    """Ask about everything that the remark adds to the line; what stands in the fields already is not asked."""
    note = plain(values.note)
    rest = note
    for found in (
        _sides(note, values),
        _floor(note, values),
        _sets(note, values),
        _mother(note, values, model),
    ):
        if found is not None:
            text, question = found
            rest = rest.replace(text, "") if text else _SIDE_WALL.sub("", rest)
            yield from question
    if _REMARK.search(rest):
        yield issue(IssueCode.REMARK_SAYS_MORE, Severity.ASK, Field.NOTE, raw=values.note)


Found = tuple[str, tuple[Issue, ...]] | None  # the words that are dealt with ("": the walls), what is asked


def _ask(code: IssueCode, values: LineValues, *changes: Change) -> tuple[Issue, ...]:
    """Return the question, unless the line says already what the remark says."""
    if changes and all(values.text(one.field) == one.value for one in changes):
        return ()
    return (issue(code, Severity.ASK, Field.NOTE, offers=(changes,) if changes else (), raw=values.note),)


def _sides(note: str, values: LineValues) -> Found:
    """左墙260右墙240: each side has a wall of its own."""
    if "墙" not in note:
        return None
    walls = dict(_SIDE_WALL.findall(note))
    fields = {"左": Field.WALL_L, "右": Field.WALL_R}
    changes = tuple(Change(fields[side], shown(Decimal(size))) for side, size in walls.items())
    return ("", _ask(IssueCode.WALL_PER_SIDE, values, *changes)) if changes else None


def _floor(note: str, values: LineValues) -> Found:
    """地面未扣50mm: the floor is not laid yet, and the height still holds it."""
    said = _FLOOR.search(note)
    if said is None:
        return None
    size = _THICKNESS.search(said[0])
    if size is None:
        return said[0], () if values.floor is not None else _ask(IssueCode.FLOOR_NOT_DEDUCTED, values)
    thickness = Decimal(size[1]) * (1 if size[2] in ("mm", "毫米") else 10)
    return said[0], _ask(IssueCode.FLOOR_NOT_DEDUCTED, values, Change(Field.FLOOR, shown(thickness)))


def _sets(note: str, values: LineValues) -> Found:
    said = _SETS.search(note)
    if said is None or int(said[1]) == 0:
        return None
    return said[0], _ask(IssueCode.QTY_IN_REMARK, values, Change(Field.SET_COUNT, str(int(said[1]))))


def _mother(note: str, values: LineValues, model: ModelWords | None) -> Found:
    """母扇800: the active leaf of an unequal double door."""
    said = _MOTHER.search(note)
    if said is None or model is None or model.kind is not DoorKind.UNEQUAL:
        return None
    change = Change(Field.MOTHER_WIDTH, shown(Decimal(said[1])))
    return said[0], _ask(IssueCode.REMARK_SAYS_MORE, values, change)
