"""The one order in which the names of a document are given: what evaluator and proof both go by.

A formula sees the names that were given before it; a name given again hides the earlier one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from erp.catalogue.rules.document import Case, DimBasis, Leaf, Measure, ModelDocument, Option
from erp.catalogue.rules.formula import Formula, Table, Template, Value

Source = Value | Table | Formula | Option | Measure | tuple[Leaf, ...] | tuple[Case, ...] | None
Rows = Iterable[tuple[str, Source]]
CHOICES = ("colour", "handing", "hinge_side", "opens", "dim_basis", "mother_width")
SIZES = ("W", "H", "WT")
OF_THE_LEAF = ("leaf", "is_active", "leaf_handing", "leaf_hinge")
LEAF_SIZES = ("LW", "LH")
OPENING = ("OW", "OH")
ON_EVERY_LINE = frozenset((*CHOICES, *SIZES, *OPENING, "kind", "leaves"))
ON_EVERY_LEAF = frozenset((*LEAF_SIZES, *OF_THE_LEAF))


class Stage(IntEnum):
    """The stages in which names are given, in their order; a formula sees the stages before its own."""

    CONSTANT = 0
    CHOICE = 1  # of the line; its options among them
    LEAVES = 2  # how many there are, which follows from the choices
    SIZE = 3
    MEASURE = 4  # each sees those before it
    OPENING = 5
    RESULT = 6  # each sees those before it
    LEAF_SIZE = 7  # from here on once per leaf
    LEAF = 8
    LEAF_RESULT = 9  # each sees those before it
    MATERIAL = 10  # of the set, and of each leaf again; each sees those before it


OF_THE_SET = (
    Stage.CONSTANT,
    Stage.CHOICE,
    Stage.LEAVES,
    Stage.SIZE,
    Stage.MEASURE,
    Stage.OPENING,
    Stage.RESULT,
)
TOGETHER = frozenset({Stage.OPENING, Stage.LEAF_SIZE})  # their formulas do not see each other


def given_in(document: ModelDocument, stage: Stage, basis: DimBasis, leaf: int = 1) -> Rows:
    """Return the names that a stage gives, in order, with what they follow from; nothing: from the line."""
    return _GIVEN[stage](document, basis, leaf)


def _constants(document: ModelDocument, _basis: DimBasis, _leaf: int) -> Rows:
    return (("kind", str(document.kind)), *document.parameters.items(), *document.tables.items())


def _choices(document: ModelDocument, _basis: DimBasis, _leaf: int) -> Rows:
    return (*((name, None) for name in CHOICES), *((one.code, one) for one in document.options))


def _opening(document: ModelDocument, basis: DimBasis, _leaf: int) -> Rows:
    found = [one for one in document.openings if one.basis == basis]
    return list(zip(OPENING, (found[0].width, found[0].height), strict=True)) if found else ()


def _leaf_sizes(document: ModelDocument, _basis: DimBasis, leaf: int) -> Rows:
    rule = document.leaves[leaf - 1]
    return zip(LEAF_SIZES, (rule.width, rule.height), strict=True)


_GIVEN: dict[Stage, Callable[[ModelDocument, DimBasis, int], Rows]] = {
    Stage.CONSTANT: _constants,
    Stage.CHOICE: _choices,
    Stage.LEAVES: lambda document, _basis, _leaf: (("leaves", document.leaves),),
    Stage.SIZE: lambda _document, _basis, _leaf: ((name, None) for name in SIZES),
    Stage.MEASURE: lambda document, _basis, _leaf: ((one.code, one) for one in document.measures),
    Stage.OPENING: _opening,
    Stage.RESULT: lambda document, _basis, _leaf: document.results.items(),
    Stage.LEAF_SIZE: _leaf_sizes,
    Stage.LEAF: lambda _document, _basis, _leaf: ((name, None) for name in OF_THE_LEAF),
    Stage.LEAF_RESULT: lambda document, _basis, _leaf: document.leaf_results.items(),
    Stage.MATERIAL: lambda document, _basis, _leaf: document.materials.items(),
}


@dataclass(frozen=True, slots=True)
class Given:
    """One name as it is given at one place; `seen` are the places of the names that its formulas use."""

    at: int
    name: str
    stage: Stage
    leaf: int  # 0: of the set
    source: Source
    seen: dict[str, int]


@dataclass(frozen=True, slots=True)
class Order:
    """Every place of a document at which a name is given, set first, then leaf by leaf.

    `visible` maps stage and leaf to the names that were given when that stage was over.
    """

    places: list[Given] = field(default_factory=list)
    visible: dict[tuple[Stage, int], dict[str, int]] = field(default_factory=dict)


def order_of(document: ModelDocument, basis: DimBasis) -> Order:
    """Return the order of all names of a document whose sizes are given in `basis`."""
    order = Order()
    names: dict[str, int] = {}
    for stage in OF_THE_SET:
        names = _stage(order, document, stage, basis, 0, names)
    _stage(order, document, Stage.MATERIAL, basis, 0, names)
    for leaf in range(1, len(document.leaves) + 1):
        own = names
        for stage in (Stage.LEAF_SIZE, Stage.LEAF, Stage.LEAF_RESULT, Stage.MATERIAL):
            own = _stage(order, document, stage, basis, leaf, own)
    return order


def _stage(
    order: Order, document: ModelDocument, stage: Stage, basis: DimBasis, leaf: int, before: dict[str, int]
) -> dict[str, int]:
    """Add the places of a stage; return the names with those it gave."""
    names = dict(before)
    for name, source in given_in(document, stage, basis, leaf):
        at, sees = len(order.places), before if stage in TOGETHER else names
        seen = {one: sees[one] for one in _used(source) if one in sees}
        order.places.append(Given(at, name, stage, leaf, source, seen))
        names[name] = at
    order.visible[stage, leaf] = names
    return names


def _used(source: Source) -> Iterator[str]:
    """Yield the names that the formulas of a source use."""
    parts: tuple[object, ...] = source if isinstance(source, tuple) else (source,)
    for part in parts:
        if isinstance(part, Formula | Template):
            yield from part.names
        elif isinstance(part, Measure):
            yield from part.when.names
            yield from part.default.names if part.default else ()
        elif isinstance(part, Leaf):
            yield from part.when.names
        elif isinstance(part, Case):
            yield from part.when.names | part.use.names
