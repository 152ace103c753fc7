"""The names that formulas see: a line's sizes and choices, the model's parameters and results, leaf by leaf.

Refusals are gathered, not raised, so that a person sees everything that is wrong with a line at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from core.errors import AppError
from core.i18n import Named
from erp.catalogue.rules.boxes import LARGEST_MM
from erp.catalogue.rules.document import Case, CheckKind, Field, Measure, ModelDocument, Option
from erp.catalogue.rules.formula import Formula, FormulaFault, Names, Table, Template, Value, tidy
from erp.catalogue.rules.line import (
    FIELDS,
    ArchitraveTooNarrow,
    ChoiceMissing,
    ChoiceUnknown,
    GlassTooLarge,
    LeafImpossible,
    LeafTooNarrow,
    LineSpec,
    NegativeSize,
    NotASize,
    OffTheGrid,
    OutOfLimits,
    RuleFault,
    RuleField,
)
from erp.catalogue.rules.order import OF_THE_SET, Source, Stage, given_in

Scoped = dict[str, Value | Table]
LEAF = "LEAF"  # the part that a leaf's own sizes are told as: LEAF_1, LEAF_2 …
LEAF_SIZES = {"LW": RuleField.WIDTH, "LH": RuleField.HEIGHT}
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
        self.leaves: list[int] = []  # which of the document's leaves there are, counted from 1

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
        return self._above_zero(value, NegativeSize, told(self.document, part, field))

    def leaf_size(self, formula: Formula, names: Names, part: str, what: RuleField) -> Decimal | None:
        """Return a leaf's width or height above zero, or None after noting what is wrong."""
        value = self.number(formula, names, part, "leaves")
        return self._above_zero(value, LeafImpossible, told(self.document, part, "leaves") | {"what": what})

    def _above_zero(
        self, value: Decimal | None, refusal: type[NegativeSize], facts: dict[str, object]
    ) -> Decimal | None:
        if value is not None and value <= 0:
            self.refusals.append(refusal(**facts, value=tidy(value)))
            return None
        return value

    def _note(self, fault: FormulaFault, used: frozenset[str], names: Names, part: str, field: str) -> None:
        values = ", ".join(f"{name} = {_shown(names[name])}" for name in sorted(used) if name in names)
        facts = told(self.document, part, field)
        self.refusals.append(RuleFault(**facts, values=values or "–", **fault.facts))


def told(document: ModelDocument, part: str, field: str) -> dict[str, object]:
    """Return the facts of a refusal: model, part and field by their codes, and the two as people say them."""
    return {
        "model": document.code,
        "part": part,
        "field": field,
        "name": _part_name(document, part),
        "what": FIELDS.get(field, field),
    }


def _part_name(document: ModelDocument, code: str) -> Named | str:
    """Return what a part, a requirement, a further size or a leaf is called; a named result by its own name."""
    found = next((one.name for one in document.parts if one.code == code), None)
    found = found or next((one.name for one in document.requirements if one.code == code), None)
    found = found or next((one.name for one in document.measures if one.code == code), None)
    if found is not None:
        return found
    base, _sep, number = code.rpartition("_")
    if base != LEAF or not number.isdecimal():
        return code
    if len(document.leaves) != 2 or document.slides:
        return (
            Named(f"门扇 {number}", f"leaf {number}") if len(document.leaves) > 1 else Named("门扇", "leaf")
        )
    return Named("母扇", "active leaf") if number == "1" else Named("子扇", "passive leaf")


def _shown(value: Value | Table) -> Value | Table:
    return tidy(value) if isinstance(value, Decimal) else value


def build_scope(work: Evaluator, spec: LineSpec) -> Scope | None:
    """Return the names for `spec`, or None where so much is wrong that nothing follows from it."""
    names: Scoped = {}
    if not all(_STAGES[stage](work, spec, names) for stage in OF_THE_SET):
        return None
    _check_sizes(work, names)
    scopes = _leaf_scopes(work, spec, names)
    _materials(work, spec, names)
    for leaf in scopes:
        _materials(work, spec, leaf.names)
    return None if work.leaves and not scopes else Scope(names, scopes)


def _constants(work: Evaluator, spec: LineSpec, names: Scoped) -> bool:
    for name, value in given_in(work.document, Stage.CONSTANT, spec.dim_basis):
        names[name] = value  # type: ignore[assignment]  # a constant is a value or a table
    return True


def _choices(work: Evaluator, spec: LineSpec, names: Scoped) -> bool:
    """Add the choices; refuse the unknown ones and the missing options."""
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
    for name, source in given_in(work.document, Stage.CHOICE, spec.dim_basis):
        names[name] = _option(work, spec, source) if isinstance(source, Option) else made[name]
    known = tuple(option.code for option in work.document.options)
    for code in spec.options.keys() - set(known):
        work.refusals.append(_unknown(Field.OPTION, code, known))
    return True


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


def _leaf_count(work: Evaluator, spec: LineSpec, names: Scoped) -> bool:
    """Add how many leaves there are; refuse what must be chosen and is not."""
    rules = enumerate(work.document.leaves, start=1)
    work.leaves = [at for at, leaf in rules if work.truth(leaf.when, names, "leaves")]
    names["leaves"] = Decimal(len(work.leaves))
    _check_required(work, spec, names)
    return True


def _check_required(work: Evaluator, spec: LineSpec, names: Names) -> None:
    given = {
        Field.COLOUR: spec.colour,
        Field.HANDING: spec.handing,
        Field.MOTHER_WIDTH: spec.mother_width_mm,
    }
    for field, when in work.document.requires.items():
        if not given.get(field) and work.truth(when, names, str(field)):
            work.refusals.append(ChoiceMissing(field=field))


def _sizes(work: Evaluator, spec: LineSpec, names: Scoped) -> bool:
    """Add the sizes given; refuse what is no size, and a basis that the model does not know."""
    document = work.document
    given = {Field.WIDTH: spec.width_mm, Field.HEIGHT: spec.height_mm}
    if document.limits.wall is not None:
        given[Field.WALL] = spec.wall_mm
    sizes = {"W": spec.width_mm, "H": spec.height_mm, "WT": given.get(Field.WALL, Decimal(0))}
    if spec.mother_width_mm is not None:
        given[Field.MOTHER_WIDTH] = spec.mother_width_mm
    wrong = [
        (field, value)
        for field, value in given.items()
        if not value.is_finite() or not 0 < value <= LARGEST_MM
    ]
    work.refusals.extend(NotASize(field=field, value=tidy(value)) for field, value in wrong)
    known = tuple(str(one.basis) for one in document.openings)
    if str(spec.dim_basis) not in known:
        work.refusals.append(_unknown(Field.BASIS, str(spec.dim_basis), known))
    for name, _ in given_in(document, Stage.SIZE, spec.dim_basis):
        names[name] = sizes[name]
    return not wrong and str(spec.dim_basis) in known


def _measures(work: Evaluator, spec: LineSpec, names: Scoped) -> bool:
    """Add the further sizes, each as given or by its default; refuse what cannot be."""
    known = tuple(one.code for one in work.document.measures)
    work.refusals.extend(
        _unknown(Field.MEASURE, code, known) for code in sorted(spec.measures.keys() - set(known))
    )
    for name, measure in given_in(work.document, Stage.MEASURE, spec.dim_basis):
        if isinstance(measure, Measure):
            is_asked = work.truth(measure.when, names, name)
            names[name] = _measure(work, spec, names, measure) if is_asked else Decimal(0)
    return True


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


def _opening(work: Evaluator, spec: LineSpec, names: Scoped) -> bool:
    """Add the opening that follows from what was given; return whether the model is made for it."""
    fields = {"OW": "width", "OH": "height"}
    rows = given_in(work.document, Stage.OPENING, spec.dim_basis)
    made = {name: work.number(_formula(one), names, "openings", fields[name]) for name, one in rows}
    for name, size in made.items():
        if size is None:
            return False
        names[name] = size
    return _within(work, spec, names)


def _within(work: Evaluator, spec: LineSpec, names: Names) -> bool:
    limits = work.document.limits
    sized = [(Field.WIDTH, names["OW"], limits.width), (Field.HEIGHT, names["OH"], limits.height)]
    if limits.wall is not None:
        sized.append((Field.WALL, spec.wall_mm, limits.wall))
    outside = [
        OutOfLimits(field=field, value=tidy(value), lowest=tidy(limit.min), highest=tidy(limit.max))
        for field, value, limit in sized
        if isinstance(value, Decimal) and not limit.min <= value <= limit.max
    ]
    work.refusals.extend(outside)
    return not outside


def _formula(source: Source) -> Formula:
    if not isinstance(source, Formula):
        raise TypeError(source)
    return source


def _results(work: Evaluator, spec: LineSpec, names: Scoped) -> bool:
    """Add what follows from the sizes; nothing follows without the active leaf's width, or after a fault."""
    if any(
        isinstance(one, ChoiceMissing) and one.facts["field"] is Field.MOTHER_WIDTH for one in work.refusals
    ):
        return False
    return _follow(work, given_in(work.document, Stage.RESULT, spec.dim_basis), names)


def _follow(work: Evaluator, rows: Iterable[tuple[str, Source]], names: Scoped, part: str = "") -> bool:
    """Add one result after the other; return whether all could be worked out."""
    for name, formula in rows:
        where = (part, name) if part else (name, "results")
        value = work.value(_formula(formula), names, *where)
        if value is None:
            return False
        names[name] = value
    return True


_STAGES: dict[Stage, Callable[[Evaluator, LineSpec, Scoped], bool]] = {
    Stage.CONSTANT: _constants,
    Stage.CHOICE: _choices,
    Stage.LEAVES: _leaf_count,
    Stage.SIZE: _sizes,
    Stage.MEASURE: _measures,
    Stage.OPENING: _opening,
    Stage.RESULT: _results,
}


def _check_sizes(work: Evaluator, names: Names) -> None:
    for check in work.document.checks:
        if not work.truth(check.when, names, check.kind):
            continue
        value = work.number(check.value, names, check.kind, "value")
        least = work.number(check.least, names, check.kind, "least")
        if value is not None and least is not None and value < least:
            work.refusals.append(REFUSALS[check.kind](check=check.name, value=tidy(value), least=tidy(least)))


def _leaf_scopes(work: Evaluator, spec: LineSpec, names: Scoped) -> tuple[LeafScope, ...]:
    """Return the names of each leaf: those of the set, its own size and side, and the leaf results."""
    made: list[LeafScope] = []
    for index, rule in enumerate(work.leaves, start=1):
        part = f"{LEAF}_{index}"
        sizes = {
            name: work.leaf_size(_formula(one), names, part, LEAF_SIZES[name])
            for name, one in given_in(work.document, Stage.LEAF_SIZE, spec.dim_basis, rule)
        }
        own: Scoped = dict(names)
        own.update({name: size for name, size in sizes.items() if size is not None})
        if None in sizes.values():
            return ()
        sides = _leaf_names(names, index)
        own.update((name, sides[name]) for name, _ in given_in(work.document, Stage.LEAF, spec.dim_basis))
        if not _follow(work, given_in(work.document, Stage.LEAF_RESULT, spec.dim_basis), own, part):
            return ()
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


def _materials(work: Evaluator, spec: LineSpec, names: Scoped) -> None:
    """Add each material choice: the first case that holds."""
    for name, cases in given_in(work.document, Stage.MATERIAL, spec.dim_basis):
        rows = [case for case in cases if isinstance(case, Case)] if isinstance(cases, tuple) else []
        fits = next((case for case in rows if work.truth(case.when, names, name)), None)
        names[name] = "" if fits is None else work.text(fits.use, names, name, "materials")
