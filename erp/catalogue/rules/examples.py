"""Example cases: lines kept with a model, with the pieces that they must give; a difference is a question.

Lengths are mm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from core.choices import Choice
from core.i18n import N_
from erp.catalogue.rules.document import ModelDocument
from erp.catalogue.rules.explode import attempt, explode
from erp.catalogue.rules.explosion import Explosion
from erp.catalogue.rules.line import LineSpec


@dataclass(frozen=True, slots=True)
class ExpectedPiece:
    """What one piece must be; sizes as in PieceSpec."""

    code: str
    material: str = ""
    count: int = 1
    length_mm: Decimal | None = None
    width_mm: Decimal | None = None
    cut_length_mm: Decimal | None = None
    cut_width_mm: Decimal | None = None
    edges: str = "----"
    mitre: str = ""


@dataclass(frozen=True, slots=True)
class ExpectedRequirement:
    """What is used up beside the pieces."""

    code: str
    material: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Example:
    """One line of a model with the pieces and requirements that it must give."""

    code: str
    line: LineSpec
    pieces: tuple[ExpectedPiece, ...]
    requirements: tuple[ExpectedRequirement, ...] = ()


class DifferenceKind(Choice):
    """How a piece stands to what it was."""

    SAME = "same", N_("unchanged")
    CHANGED = "changed", N_("changed")
    NEW = "new", N_("new")
    GONE = "gone", N_("gone")


@dataclass(frozen=True, slots=True)
class Difference:
    """One piece or requirement before and after: `changes` maps a field to (from, to)."""

    code: str
    kind: DifferenceKind
    changes: Mapping[str, tuple[Any, Any]]


def record_example(document: ModelDocument, code: str, line: LineSpec) -> Example:
    """Return the example that `line` is now. Raises the refusal of a line that cannot be made."""
    made = explode(document, line)
    return Example(code, line, expected_pieces(made), expected_requirements(made))


def expected_pieces(made: Explosion) -> tuple[ExpectedPiece, ...]:
    """Return the pieces of a set as an example keeps them."""
    return tuple(
        ExpectedPiece(
            one.code,
            one.material_code,
            one.count,
            one.length_mm,
            one.width_mm,
            one.cut_length_mm,
            one.cut_width_mm,
            one.edges,
            one.mitre,
        )
        for one in made.pieces
    )


def expected_requirements(made: Explosion) -> tuple[ExpectedRequirement, ...]:
    """Return the requirements of a set as an example keeps them; those of the leaves added up."""
    sums: dict[tuple[str, str], Decimal] = {}
    for one in made.requirements:
        key = (one.rule_code, one.material_code)
        sums[key] = sums.get(key, Decimal(0)) + one.quantity
    return tuple(ExpectedRequirement(code, material, quantity) for (code, material), quantity in sums.items())


def example_differences(document: ModelDocument, example: Example) -> tuple[Difference, ...]:
    """Return what the model gives otherwise than the example says; a line refused gives nothing at all."""
    made, refusals = attempt(document, example.line)
    is_made = made is not None and not refusals
    pieces = expected_pieces(made) if made is not None and is_made else ()
    requirements = expected_requirements(made) if made is not None and is_made else ()
    found = (*differences(example.pieces, pieces), *differences(example.requirements, requirements))
    return tuple(one for one in found if one.kind is not DifferenceKind.SAME)


def set_differences(before: Explosion | None, after: Explosion | None) -> tuple[Difference, ...]:
    """Return every piece and requirement of two ways to split one line, the unchanged ones too."""
    old, new = (() if one is None else expected_pieces(one) for one in (before, after))
    used, uses = (() if one is None else expected_requirements(one) for one in (before, after))
    return (*differences(old, new), *differences(used, uses))


def differences(
    before: tuple[ExpectedPiece, ...] | tuple[ExpectedRequirement, ...],
    after: tuple[ExpectedPiece, ...] | tuple[ExpectedRequirement, ...],
) -> tuple[Difference, ...]:
    """Return how each record stands, by code: those of `after` in their order, then what is gone."""
    old = {one.code: one for one in before}
    made = []
    for one in after:
        was = old.pop(one.code, None)
        pairs = {} if was is None else _changes(was, one)
        kind = DifferenceKind.NEW if was is None else DifferenceKind.CHANGED if pairs else DifferenceKind.SAME
        made.append(Difference(one.code, kind, pairs))
    gone = [Difference(code, DifferenceKind.GONE, {}) for code in old]
    return (*made, *gone)


def _changes(was: object, now: object) -> dict[str, tuple[Any, Any]]:
    names = [one.name for one in fields(now)]  # type: ignore[arg-type]  # both are the dataclasses above
    pairs = {name: (getattr(was, name), getattr(now, name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
