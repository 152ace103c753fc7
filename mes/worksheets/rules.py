"""Rules of work sheets: which paper is asked for, and the template of a machine code. Lengths are mm, Decimal.

A template is literal text with holes: `{formula}`, `{formula:05d}`, `{formula|TABLE:3s}`. The formula is of the
catalogue's language; a table turns its value into another word; `05d` is a whole number filled with zeros to five
places, `3s` a word filled with blanks to three.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.choices import Choice
from core.errors import RuleViolation
from core.i18n import N_
from erp.catalogue.rules.formula import Formula, Names, Value, compile_formula, tidy

LONGEST_TEMPLATE = 600  # characters; the composite code of a door line has some eighty
PAGES_AT_ONCE = 200  # more are drawn in the background: nobody waits a minute for a page
CARDS_A_PAGE = 7  # pieces on one page of an operation sheet

Tables = Mapping[str, Mapping[str, str]]
_HOLE = re.compile(r"\{([^{}]*)\}")
_SPEC = re.compile(r"(0?)([1-9][0-9]?)([ds])")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a paper is about: some orders, or of these what one batch makes."""

    order_ids: tuple[int, ...]
    batch_id: int | None = None


class PaperKind(Choice):
    """Which paper is printed."""

    OPERATION = "operation", N_("Operation sheet")
    MATERIAL = "material", N_("Material sheet")
    ROUTE = "route", N_("Route cards")


class NothingToPrint(RuleViolation):
    """No piece is left for a paper."""

    code = "mes.worksheets.nothing_to_print"
    message = N_("Nothing is left to be done there: every piece of it is finished, or none goes this way.")


class TooManyPages(RuleViolation):
    """A paper that would keep the person waiting."""

    code = "mes.worksheets.too_many_pages"
    message = N_(
        "This would be about %(pages)s pages; up to %(most)s are drawn at once. Have it prepared in the background."
    )


class TemplateUnreadable(RuleViolation):
    """A template of which a hole cannot be read."""

    code = "mes.worksheets.template_unreadable"
    message = N_(
        "“%(hole)s” cannot be read. Write it like {LW*10:05d}, {handing|HAND:1s} or {piece_length:d}."
    )


class TableMissing(RuleViolation):
    """A hole names a table that is not there."""

    code = "mes.worksheets.table_missing"
    message = N_("“%(hole)s” asks the table %(table)s, which this template does not have.")


class NotInTable(RuleViolation):
    """A value without a row."""

    code = "mes.worksheets.not_in_table"
    message = N_("The table %(table)s has no row for “%(value)s”. Add one, or a row for *.")


class NotWhole(RuleViolation):
    """A number with places where the machine takes none."""

    code = "mes.worksheets.not_whole"
    message = N_("“%(hole)s” gives %(value)s, but a whole number of zero or more is wanted there.")


class TooWide(RuleViolation):
    """A value wider than its place: cut off it would mean something else."""

    code = "mes.worksheets.too_wide"
    message = N_("“%(hole)s” gives “%(value)s”, which does not go into %(width)s places.")


class CharacterRefused(RuleViolation):
    """A character that the machine does not take."""

    code = "mes.worksheets.character_refused"
    message = N_("The code “%(text)s” holds “%(character)s”, which this machine does not take.")


class CodeTooLong(RuleViolation):
    """More characters than the machine takes."""

    code = "mes.worksheets.code_too_long"
    message = N_("The code “%(text)s” has %(length)s characters, this machine takes %(most)s.")


class EditedByHand(RuleViolation):
    """A code out of the rules' sizes for a piece that a hand made otherwise."""

    code = "mes.worksheets.edited_by_hand"
    message = N_(
        "This piece was changed by hand, and the template takes %(names)s as the rules make them. "
        "Type the values of the label in at the machine."
    )


class CodeTaken(RuleViolation):
    """A machine code of that name is there already."""

    code = "mes.worksheets.code_taken"
    message = N_("There is a machine code %(code)s already. Change that one, or take another code.")


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """A machine code as somebody typed it."""

    code: str
    name: str
    name_en: str
    operation_code: str
    part_group: str
    template: str
    tables: dict[str, dict[str, str]]
    alphabet: str
    length_max: int
    is_active: bool


@dataclass(frozen=True, slots=True)
class Hole:
    """One hole of a template: a value, perhaps looked up, in a fixed width."""

    text: str
    formula: Formula
    table: str  # empty: the value itself
    width: int  # 0: as wide as it is
    is_number: bool
    is_zero_filled: bool

    def fill(self, names: Names, tables: Tables) -> str:
        """Return what stands in the hole. Raises FormulaFault, NotInTable, NotWhole, TooWide."""
        value = self.formula.evaluate(names)
        found = _looked_up(tables[self.table], self.table, _word(value)) if self.table else _word(value)
        if self.is_number and not found.isdecimal():
            raise NotWhole(hole=self.text, value=found)
        if self.width and len(found) > self.width:
            raise TooWide(hole=self.text, value=found, width=self.width)
        if self.is_number:
            return found.rjust(self.width, "0" if self.is_zero_filled else " ")
        return found.ljust(self.width)


@dataclass(frozen=True, slots=True)
class CodeTemplate:
    """A machine code, read and ready: text and holes in turn, and what the machine takes."""

    parts: tuple[str | Hole, ...]
    tables: Tables
    alphabet: frozenset[str]  # empty: every printable ASCII character, which Code 128 holds
    length_max: int

    @property
    def names(self) -> frozenset[str]:
        """The names that its formulas use."""
        return frozenset().union(*(part.formula.names for part in self.parts if isinstance(part, Hole)))

    def build(self, names: Names) -> str:
        """Return the code of one piece, checked. Raises what Hole.fill raises, CharacterRefused, CodeTooLong."""
        text = "".join(
            part if isinstance(part, str) else part.fill(names, self.tables) for part in self.parts
        )
        for character in text:
            is_known = character in self.alphabet if self.alphabet else " " <= character <= "~"
            if not is_known:
                raise CharacterRefused(text=text, character=character)
        if not 0 < len(text) <= self.length_max:
            raise CodeTooLong(text=text, length=len(text), most=self.length_max)
        return text


def read_template(text: str, tables: Tables, alphabet: str, length_max: int) -> CodeTemplate:
    """Read a template. Raises TemplateUnreadable, TableMissing, FormulaFault."""
    if not text or len(text) > LONGEST_TEMPLATE:
        raise TemplateUnreadable(hole=text[:40])
    rest = _HOLE.sub("", text)
    if "{" in rest or "}" in rest:
        raise TemplateUnreadable(hole=rest[:40])
    parts: list[str | Hole] = []
    for place, part in enumerate(_HOLE.split(text)):  # text, hole, text, …
        parts.append(_hole(part, tables) if place % 2 else part)
    return CodeTemplate(tuple(part for part in parts if part != ""), tables, frozenset(alphabet), length_max)


def _hole(text: str, tables: Tables) -> Hole:
    value, colon, spec = text.partition(":")
    formula, bar, table = value.partition("|")
    fits = _SPEC.fullmatch(spec)
    if (colon and fits is None and spec != "d") or (bar and not table.strip()):
        raise TemplateUnreadable(hole="{" + text + "}")
    table = table.strip()
    if bar and table not in tables:
        raise TableMissing(hole="{" + text + "}", table=table)
    is_number = spec.endswith("d")
    width = int(fits[2]) if fits else 0
    is_zero_filled = bool(fits and fits[1])
    if is_zero_filled and not is_number:
        raise TemplateUnreadable(hole="{" + text + "}")
    return Hole("{" + text + "}", compile_formula(formula), table, width, is_number, is_zero_filled)


def read_tables(text: str) -> dict[str, dict[str, str]]:
    """Read tables as they are typed, one to a line: `HAND: IN_L=1, IN_R=2, *=0`. Raises TemplateUnreadable."""
    tables: dict[str, dict[str, str]] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        name, colon, rows = line.partition(":")
        if not colon or not name.strip():
            raise TemplateUnreadable(hole=line[:60])
        tables[name.strip()] = dict(_row(row, line) for row in rows.split(","))
    return tables


def _row(row: str, line: str) -> tuple[str, str]:
    key, equals, value = row.partition("=")
    if not equals or not key.strip():
        raise TemplateUnreadable(hole=line[:60])
    return key.strip(), value.strip()


def tables_text(tables: Tables) -> str:
    """Return tables as they are typed."""
    return "\n".join(
        f"{name}: {', '.join(f'{key}={value}' for key, value in rows.items())}"
        for name, rows in tables.items()
    )


def _word(value: Value) -> str:
    if isinstance(value, Decimal):
        return str(tidy(value))
    return str(int(value)) if isinstance(value, bool) else value


def _looked_up(table: Mapping[str, str], name: str, value: str) -> str:
    found = table.get(value, table.get("*"))
    if found is None:
        raise NotInTable(table=name, value=value)
    return found
