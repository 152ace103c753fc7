"""Forms of the catalogue."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BeforeValidator, StringConstraints

from core.choices import Choice
from core.web.forms import Form, Mm, Name, OptionalMm, Text
from erp.catalogue.rules.document import DimBasis, Handing, ModelDocument
from erp.catalogue.rules.drafts import LONGEST_REASON
from erp.catalogue.rules.formula import Formula, Template
from erp.catalogue.rules.line import LineSpec
from erp.catalogue.rules.samples import usual


def _empty_is_none(value: object) -> object:
    return value or None


MEASURE = "measure_"  # further sizes of the model come as measure_TH …


class TrialForm(Form):
    """The sizes and choices that a model is tried with."""

    width_mm: Mm
    height_mm: Mm
    wall_mm: Mm
    dim_basis: DimBasis = DimBasis.OPENING
    handing: Annotated[Handing | None, BeforeValidator(_empty_is_none)] = None
    colour: Annotated[Text | None, BeforeValidator(_empty_is_none)] = None
    mother_width_mm: OptionalMm = None

    def spec(self, options: Mapping[str, str], measures: Mapping[str, Decimal]) -> LineSpec:
        """Return the line that this is, with options and further sizes by their codes."""
        return LineSpec(
            width_mm=self.width_mm,
            height_mm=self.height_mm,
            wall_mm=self.wall_mm,
            dim_basis=self.dim_basis,
            handing=self.handing,
            colour=self.colour,
            mother_width_mm=self.mother_width_mm,
            options=options,
            measures=measures,
        )


def options_of(document: ModelDocument, given: Mapping[str, str]) -> dict[str, str]:
    """Return the options typed, by code; an empty one counts as not made."""
    return {
        one.code: given[f"option_{one.code}"] for one in document.options if given.get(f"option_{one.code}")
    }


def first_values(document: ModelDocument) -> dict[str, str]:
    """Return what stands in the form before anything was typed."""
    spec = usual(document)
    values = {
        "width_mm": f"{spec.width_mm.normalize():f}",
        "height_mm": f"{spec.height_mm.normalize():f}",
        "wall_mm": f"{spec.wall_mm.normalize():f}",
        "dim_basis": str(spec.dim_basis),
        "handing": str(spec.handing or ""),
        "colour": spec.colour or "",
        "mother_width_mm": "" if spec.mother_width_mm is None else f"{spec.mother_width_mm.normalize():f}",
    }
    values |= {f"option_{code}": word for code, word in spec.options.items()}
    return values | {f"{MEASURE}{code}": f"{size.normalize():f}" for code, size in spec.measures.items()}


# --- entries of a draft -----------------------------------------------------

Tree = dict[str, Any]


class DraftForm(Form):
    """What a draft is called, and why the rules are changed."""

    name: Name
    reason: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_REASON)]


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of an entry as a form shows it.

    `shape` is text, formula, choice, truth, words (a list of codes in one field), record (a record of
    fields), tuple (rows of fields), mapping (rows of a name and a value), or numbers (a row of a table).
    """

    key: str
    shape: str
    hint: Any
    is_required: bool


def cells(record: type[Any]) -> tuple[Cell, ...]:
    """Return the fields of a dataclass of the rules, as a form shows them."""
    hints = get_type_hints(record)
    return tuple(
        Cell(
            one.name,
            _shape(hints[one.name]),
            _bare(hints[one.name]),
            one.default is MISSING and one.default_factory is MISSING,
        )
        for one in fields(record)
    )


def _bare(hint: Any) -> Any:
    """Return a type without its `| None`."""
    if get_origin(hint) in (Union, UnionType):
        return next(one for one in get_args(hint) if one is not NoneType)
    return hint


def inner(hint: Any) -> Any:
    """Return the type of the rows of a tuple, or of the values of a mapping."""
    return get_args(hint)[1 if get_origin(hint) is Mapping else 0]


def shape_of(hint: Any) -> str:
    """Return how a form shows values of a type."""
    return _shape(hint)


def _shape(hint: Any) -> str:
    hint = _bare(hint)
    if get_origin(hint) is Mapping:
        return "mapping"
    if get_origin(hint) is tuple:
        row = inner(hint)
        if row is Decimal:
            return "numbers"
        return "tuple" if get_origin(row) is tuple or is_dataclass(row) else "words"
    if hint in (Formula, Template):
        return "formula"
    if is_dataclass(hint):
        return "record"
    if hint is bool:
        return "truth"
    return "choice" if issubclass(hint, Choice) else "text"


def typed_tree(given: Mapping[str, str]) -> Tree:
    """Return the fields of a form, `parts.3.length` = …, as records in records."""
    tree: Tree = {}
    for name, text in given.items():
        *path, last = name.split(".")
        at = tree
        for key in path:
            found = at.setdefault(key, {})
            if not isinstance(found, dict):
                break
            at = found
        else:
            at[last] = text
    return tree


def typed(hint: Any, given: Any) -> Any:
    """Return what was typed for a value of type `hint` as plain data; nothing for an empty field."""
    hint, shape = _bare(hint), _shape(hint)
    if shape in ("tuple", "mapping"):
        rows = _rows(given)
        if shape == "tuple":
            return [typed(inner(hint), row) for row in rows]
        return [[str(row.get("0", "")).strip(), _value(hint, row)] for row in rows if isinstance(row, dict)]
    if shape == "record":
        return typed_record(hint, given if isinstance(given, dict) else {})
    text = given.strip() if isinstance(given, str) else ""
    if hint is not str:  # names keep their full-width brackets
        text = unicodedata.normalize("NFKC", text)
    if shape in ("words", "numbers"):
        return [one for one in re.split(r"[\s,，、;；]+", text) if one]
    return text or None


def _value(hint: Any, row: Tree) -> Any:
    found = typed(inner(hint), row.get("1", ""))
    return "" if found is None else found


def _rows(given: Any) -> list[Any]:
    if not isinstance(given, dict):
        return []
    return [given[key] for key in sorted((one for one in given if one.isdigit()), key=int)]


def typed_record(record: type[Any], given: Tree) -> Tree:
    """Return what was typed for a record; empty fields are left out, so that their defaults hold."""
    made = {cell.key: typed(cell.hint, given[cell.key]) for cell in cells(record) if cell.key in given}
    return {key: value for key, value in made.items() if value not in (None, "", [], {})}


def pressed(tree: Tree, verb: str, path: str, at: int) -> None:
    """Change the rows at `path` (`options.0.values`) in what was typed, as a button of a row says."""
    *upper, last = path.split(".")
    for key in upper:
        found = tree.setdefault(key, {})
        if not isinstance(found, dict):
            return
        tree = found
    rows = edited_rows(_rows(tree.get(last)), verb, at)
    tree[last] = {str(number): row for number, row in enumerate(rows)}


def edited_rows(rows: list[Any], verb: str, at: int) -> list[Any]:
    """Return the rows after a button was pressed: copy, remove, up or down at a row, or add one at the end."""
    made = list(rows)
    if verb == "add":
        return [*made, {}]
    if not 0 <= at < len(made):
        return made
    if verb == "copy":
        made.insert(at + 1, made[at])
    elif verb == "remove":
        del made[at]
    elif verb in ("up", "down"):
        to = max(0, at - 1) if verb == "up" else at + 1
        made.insert(to, made.pop(at))
    return made
