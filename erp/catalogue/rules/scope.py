"""The names that formulas see: a line's sizes and choices, the model's parameters and results, leaf by leaf.

Refusals are gathered, not raised, so that a person sees everything that is wrong with a line at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.errors import AppError
from erp.catalogue.rules.document import CheckKind, Field, Leaf, Limits, Measure, ModelDocument, Option
from erp.catalogue.rules.formula import Formula, FormulaFault, Names, Table, Template, Value, tidy
from erp.catalogue.rules.line import (
    ArchitraveTooNarrow,
    ChoiceMissing,
    ChoiceUnknown,
    GlassTooLarge,
    LeafTooNarrow,
    LineSpec,
    NegativeSize,
    NotASize,
    OffTheGrid,
    OutOfLimits,
    RuleFault,
)

LARGEST_MM = Decimal(20000)  # no wall has a larger opening; guards the arithmetic
ON_EVERY_LINE = frozenset(
    (
        "W",
        "H",
        "WT",
        "OW",
        "OH",
        "kind",
        "colour",
        "handing",
        "hinge_side",
        "opens",
        "dim_basis",
        "mother_width",
        "leaves",
    )
)
ON_EVERY_LEAF = frozenset(("LW", "LH", "leaf", "is_active", "leaf_handing", "leaf_hinge"))
REFUSALS = {
    CheckKind.ARCHITRAVE_COVER: ArchitraveTooNarrow,
    CheckKind.LEAF_WIDTH: LeafTooNarrow,
    CheckKind.FRAME_GRID: OffTheGrid,
    CheckKind.GLASS_FITS: GlassTooLarge,
}


@dataclass(frozen=True, slots=True)
class LeafScope:
    """The names of one leaf; `index` counts from the active one."""

    index: int
    names: dict[str, Value | Table]


@dataclass(frozen=True, slots=True)
class Scope:
    """The names of a set and of each of its leaves."""

    names: dict[str, Value | Table]
    leaves: tuple[LeafScope, ...]


class Evaluator:
    """Works out the formulas of one document and keeps what went wrong, each with its part and field."""

    def __init__(self, document: ModelDocument) -> None:
        self.document = document
        self.refusals: list[AppError] = []

    def value(self, formula: Formula, names: Names, part: str, field: str) -> Value | None:
        """Return the value, or None after noting the fault."""
        try:
            return formula.evaluate(names)
        except FormulaFault as fault:
            self._note(fault, formula.names, names, part, field)
            return None

    def number(self, formula: Formula, names: Names, part: str, field: str) -> Decimal | None:
        """Return the value, which must be a number, or None after noting the fault."""
        try:
            return formula.number(names)
        except FormulaFault as fault:
            self._note(fault, formula.names, names, part, field)
            return None

    def truth(self, formula: Formula, names: Names, part: str) -> bool:
        """Return whether the condition holds; not, after noting a fault."""
        try:
            return formula.truth(names)
        except FormulaFault as fault:
            self._note(fault, formula.names, names, part, "when")
            return False

    def text(self, template: Template | None, names: Names, part: str, field: str) -> str:
        """Return the filled template; empty without one, or after noting a fault."""
        if template is None:
            return ""
        try:
            return template.fill(names)
        except FormulaFault as fault:
            self._note(fault, template.names, names, part, field)
            return ""

    def size(self, formula: Formula | None, names: Names, part: str, field: str) -> Decimal | None:
        """Return a length above zero, or None: without a formula, or after noting what is wrong."""
        value = None if formula is None else self.number(formula, names, part, field)
        if value is not None and value <= 0:
            self.refusals.append(
                NegativeSize(model=self.document.code, part=part, field=field, value=tidy(value))
            )
            return None
        return value

    def _note(self, fault: FormulaFault, used: frozenset[str], names: Names, part: str, field: str) -> None:
        values = ", ".join(f"{name} = {_shown(names[name])}" for name in sorted(used) if name in names)
        facts = {"model": self.document.code, "part": part, "field": field, "values": values or "–"}
        self.refusals.append(RuleFault(**facts, **fault.facts))


def _shown(value: Value | Table) -> Value | Table:
    return tidy(value) if isinstance(value, Decimal) else value


def build_scope(work: Evaluator, spec: LineSpec) -> Scope | None:
    """Return the names for `spec`, or None where so much is wrong that nothing follows from it."""
    document = work.document
    names: dict[str, Value | Table] = {"kind": str(document.kind)}
    names.update(document.parameters)
    names.update(document.tables)
    names.update(_choices(work, spec))
    made = [leaf for leaf in document.leaves if work.truth(leaf.when, names, "leaves")]
    names["leaves"] = Decimal(len(made))
    _check_required(work, spec, names)
    if not _sizes(work, spec, names):
        return None
    for name, formula in document.results.items():
        value = work.value(formula, names, name, "results")
        if value is None:
            return None
        names[name] = value
    _check_sizes(work, names)
    scopes = _leaves(work, names, made)
    _materials(work, names)
    for leaf in scopes:
        _materials(work, leaf.names)
    return None if made and not scopes else Scope(names, scopes)


def _choices(work: Evaluator, spec: LineSpec) -> dict[str, Value]:
    """Return the choices as names; refuse the unknown ones and the missing options."""
    hand = str(spec.handing or "")
    made: dict[str, Value] = {
        "colour": spec.colour or "",
        "handing": hand,
        "hinge_side": hand[-1:],
        "opens": hand.split("_")[0],
        "dim_basis": str(spec.dim_basis),
        "mother_width": spec.mother_width_mm or Decimal(0),
    }
    if spec.colour and spec.colour not in work.document.colours:
        work.refusals.append(_unknown(Field.COLOUR, spec.colour, work.document.colours))
    for option in work.document.options:
        made[option.code] = _option(work, spec, option)
    for code in spec.options.keys() - {option.code for option in work.document.options}:
        known = tuple(option.code for option in work.document.options)
        work.refusals.append(_unknown(Field.OPTION, code, known))
    return made


def _option(work: Evaluator, spec: LineSpec, option: Option) -> str:
    word = spec.options.get(option.code) or option.default
    allowed = tuple(value.code for value in option.values)
    if word is None:
        work.refusals.append(ChoiceMissing(field=option.name))
    elif word not in allowed:
        work.refusals.append(_unknown(option.name, word, allowed))
    return word or ""


def _unknown(field: object, value: str, allowed: tuple[str, ...]) -> ChoiceUnknown:
    return ChoiceUnknown(field=field, value=value, allowed=", ".join(allowed) or "–")


def _check_required(work: Evaluator, spec: LineSpec, names: Names) -> None:
    given = {
        Field.COLOUR: spec.colour,
        Field.HANDING: spec.handing,
        Field.MOTHER_WIDTH: spec.mother_width_mm,
    }
    for field, when in work.document.requires.items():
        if not given.get(field) and work.truth(when, names, str(field)):
            work.refusals.append(ChoiceMissing(field=field))


def _sizes(work: Evaluator, spec: LineSpec, names: dict[str, Value | Table]) -> bool:
    """Add the sizes given and the opening that follows; return whether the model is made for it."""
    document = work.document
    given = {Field.WIDTH: spec.width_mm, Field.HEIGHT: spec.height_mm}
    wall = Decimal(0)
    if document.limits.wall is not None:
        given[Field.WALL] = wall = spec.wall_mm
    if spec.mother_width_mm is not None:
        given[Field.MOTHER_WIDTH] = spec.mother_width_mm
    wrong = [
        (field, value)
        for field, value in given.items()
        if not value.is_finite() or not 0 < value <= LARGEST_MM
    ]
    work.refusals.extend(NotASize(field=field, value=tidy(value)) for field, value in wrong)
    opening = next((one for one in document.openings if one.basis == spec.dim_basis), None)
    if opening is None:
        known = tuple(str(one.basis) for one in document.openings)
        work.refusals.append(_unknown(Field.BASIS, str(spec.dim_basis), known))
    if wrong or opening is None:
        return False
    names.update({"W": spec.width_mm, "H": spec.height_mm, "WT": wall})
    _measures(work, spec, names)
    width = work.number(opening.width, names, "openings", "width")
    height = work.number(opening.height, names, "openings", "height")
    if width is None or height is None:
        return False
    names.update({"OW": width, "OH": height})
    return _within(work, document.limits, width, height, wall)


def _measures(work: Evaluator, spec: LineSpec, names: dict[str, Value | Table]) -> None:
    """Add the further sizes in their order, each as given or by its default; refuse what cannot be."""
    known = tuple(one.code for one in work.document.measures)
    work.refusals.extend(
        _unknown(Field.MEASURE, code, known) for code in sorted(spec.measures.keys() - set(known))
    )
    for measure in work.document.measures:
        is_asked = work.truth(measure.when, names, measure.code)
        names[measure.code] = _measure(work, spec, names, measure) if is_asked else Decimal(0)


def _measure(work: Evaluator, spec: LineSpec, names: Names, measure: Measure) -> Decimal:
    value = spec.measures.get(measure.code)
    if value is None and measure.default is not None:
        value = work.number(measure.default, names, measure.code, "default")
    elif value is None:
        work.refusals.append(ChoiceMissing(field=measure.name))
    elif not value.is_finite() or not measure.min <= value <= measure.max:
        facts = {"value": tidy(value), "lowest": tidy(measure.min), "highest": tidy(measure.max)}
        work.refusals.append(OutOfLimits(field=measure.name, **facts))
    return measure.min if value is None else value


def _within(work: Evaluator, limits: Limits, width: Decimal, height: Decimal, wall: Decimal) -> bool:
    sized = [(Field.WIDTH, width, limits.width), (Field.HEIGHT, height, limits.height)]
    if limits.wall is not None:
        sized.append((Field.WALL, wall, limits.wall))
    outside = [
        OutOfLimits(field=field, value=tidy(value), lowest=tidy(limit.min), highest=tidy(limit.max))
        for field, value, limit in sized
        if not limit.min <= value <= limit.max
    ]
    work.refusals.extend(outside)
    return not outside


def _check_sizes(work: Evaluator, names: Names) -> None:
    for check in work.document.checks:
        if not work.truth(check.when, names, check.kind):
            continue
        value = work.number(check.value, names, check.kind, "value")
        least = work.number(check.least, names, check.kind, "least")
        if value is not None and least is not None and value < least:
            work.refusals.append(REFUSALS[check.kind](check=check.name, value=tidy(value), least=tidy(least)))


def _leaves(work: Evaluator, names: Mapping[str, Value | Table], leaves: list[Leaf]) -> tuple[LeafScope, ...]:
    """Return the names of each leaf: those of the set, its own size and side, and the leaf results."""
    made: list[LeafScope] = []
    for index, rule in enumerate(leaves, start=1):
        part = f"LEAF_{index}"
        width, height = (work.size(one, names, part, "leaves") for one in (rule.width, rule.height))
        if width is None or height is None:
            return ()
        own = dict(names) | _leaf_names(names, index)
        own.update({"LW": width, "LH": height})
        for name, formula in work.document.leaf_results.items():
            value = work.value(formula, own, part, name)
            if value is None:
                return ()
            own[name] = value
        made.append(LeafScope(index, own))
    return tuple(made)


def _leaf_names(names: Names, index: int) -> dict[str, Value]:
    """Return which leaf it is and where its hinges are: the second leaf of a pair mirrors the first."""
    side = str(names["hinge_side"])
    if index > 1:
        side = {"L": "R", "R": "L"}.get(side, side)
    hand = f"{names['opens']}_{side}" if side else ""
    return {
        "leaf": Decimal(index),
        "is_active": index == 1,
        "leaf_handing": hand,
        "leaf_hinge": side,
    }


def _materials(work: Evaluator, names: dict[str, Value | Table]) -> None:
    """Add each material choice: the first case that holds."""
    for name, cases in work.document.materials.items():
        fits = next((case for case in cases if work.truth(case.when, names, name)), None)
        names[name] = "" if fits is None else work.text(fits.use, names, name, "materials")
