"""What a factory pack holds: the entries of its sections, and how a model leans on profile and assemblies.

Lengths are mm.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from core.choices import Choice
from core.i18n import N_, Named
from erp.catalogue.rules.document import (
    Case,
    Check,
    DoorKind,
    Field,
    Finish,
    Leaf,
    LeafStyle,
    Limits,
    Measure,
    ModelDocument,
    Opening,
    Operation,
    Option,
    PackageRule,
    PartRule,
    RequirementRule,
    Route,
)
from erp.catalogue.rules.examples import Example
from erp.catalogue.rules.formula import Formula, Template
from erp.catalogue.rules.prices import PriceBook
from erp.materials.rules import MaterialEntry, StockSize
from erp.parties.rules import PartyEntry

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PackHeader:
    """Which factory this is, and which edition of its pack."""

    code: str
    name: Named
    version: str


@dataclass(frozen=True, slots=True)
class ColourEntry:
    """One colour, with what dealers call it."""

    code: str
    name: Named
    nicknames: tuple[str, ...] = ()


class Duty(Choice):
    """Whose fault a scrap, a remake or a claim is (domain: remake flow)."""

    SPLITTING = "SPLITTING", N_("Splitting")
    OPERATION = "OPERATION", N_("The work at an operation")
    MACHINE = "MACHINE", N_("A machine")
    MATERIAL = "MATERIAL", N_("Material, its supplier")
    HANDLING = "HANDLING", N_("Handling in the house")
    CARRIER = "CARRIER", N_("The carrier")
    DEALER = "DEALER", N_("The dealer's order")
    MEASURER = "MEASURER", N_("Measuring on site")
    INSTALLER = "INSTALLER", N_("Installing on site")
    UNKNOWN = "UNKNOWN", N_("Not known")


@dataclass(frozen=True, slots=True)
class DefectEntry:
    """One defect that a piece can be scrapped for, and whose fault it is as a rule."""

    code: str
    name: Named
    duty: Duty = Duty.UNKNOWN


@dataclass(frozen=True, slots=True)
class Profile:
    """A named set of parameters and the formulas that every model of it shares."""

    code: str
    name: Named
    openings: tuple[Opening, ...]
    parameters: Mapping[str, Decimal] = field(default_factory=dict)
    tables: Mapping[str, tuple[tuple[Decimal, ...], ...]] = field(default_factory=dict)
    results: Mapping[str, Formula] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class Assembly:
    """Parts that several models share, with their choices: a frame, architraves, a kit of hardware."""

    code: str
    name: Named
    options: tuple[Option, ...] = ()
    measures: tuple[Measure, ...] = ()
    results: Mapping[str, Formula] = field(default_factory=dict)
    leaf_results: Mapping[str, Formula] = field(default_factory=dict)
    materials: Mapping[str, tuple[Case, ...]] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    parts: tuple[PartRule, ...] = ()
    requirements: tuple[RequirementRule, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One door model as the pack writes it: what is its own, on a profile and assemblies."""

    code: str
    name: Named
    kind: DoorKind
    finish: Finish
    profile: str
    limits: Limits
    colours: tuple[str, ...]
    uses: tuple[str, ...] = ()
    style: LeafStyle = LeafStyle.PLAIN
    requires: Mapping[Field, Formula] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    measures: tuple[Measure, ...] = ()
    openings: tuple[Opening, ...] = ()  # instead of those of the profile
    parameters: Mapping[str, Decimal] = field(default_factory=dict)  # in place of, or beside, the profile's
    results: Mapping[str, Formula] = field(default_factory=dict)
    leaf_results: Mapping[str, Formula] = field(default_factory=dict)
    materials: Mapping[str, tuple[Case, ...]] = field(default_factory=dict)
    leaves: tuple[Leaf, ...] = ()
    checks: tuple[Check, ...] = ()
    parts: tuple[PartRule, ...] = ()
    requirements: tuple[RequirementRule, ...] = ()
    examples: tuple[Example, ...] = ()  # run before new rules are published
    is_retired: bool = False  # no new lines; orders that have it go on


@dataclass(frozen=True, slots=True)
class StationEntry:
    """One place of work with its tablet; the kinds are those of scanning."""

    name: Named
    kind: str
    operations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceEntry:
    """One place where things lie; the kinds are those of stock."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Pack:
    """A whole factory as data."""

    header: PackHeader
    colours: tuple[ColourEntry, ...] = ()
    materials: tuple[MaterialEntry, ...] = ()
    defects: tuple[DefectEntry, ...] = ()
    operations: tuple[Operation, ...] = ()
    routes: tuple[Route, ...] = ()
    packages: tuple[PackageRule, ...] = ()
    profiles: tuple[Profile, ...] = ()
    assemblies: tuple[Assembly, ...] = ()
    models: tuple[ModelEntry, ...] = ()
    stations: tuple[StationEntry, ...] = ()
    places: tuple[PlaceEntry, ...] = ()
    parties: tuple[PartyEntry, ...] = ()
    prices: tuple[PriceBook, ...] = ()

    @property
    def documents(self) -> tuple[ModelDocument, ...]:
        """The model documents, in the order of the models."""
        return tuple(self.document(model) for model in self.models)

    @property
    def stock_lengths(self) -> dict[str, tuple[StockSize, ...]]:
        """The usable stock sizes by material, of all that are cut."""
        return {one.code: one.stock_sizes for one in self.materials if one.is_cut}

    def document(self, model: ModelEntry) -> ModelDocument:
        """Return a model with everything it leans on: profile first, then assemblies, then its own."""
        profile = next(one for one in self.profiles if one.code == model.profile)
        used = [one for code in model.uses for one in self.assemblies if one.code == code]
        parts = (*(part for one in used for part in one.parts), *model.parts)
        routes = tuple(one for one in self.routes if any(may_be(part.route, one.code) for part in parts))
        steps = {step for route in routes for step in route.operations}
        packed = {part.package for part in parts}
        return ModelDocument(
            code=model.code,
            name=model.name,
            kind=model.kind,
            finish=model.finish,
            profile=model.profile,
            limits=model.limits,
            colours=model.colours,
            openings=model.openings or profile.openings,
            style=model.style,
            requires=model.requires,
            options=(*(one for a in used for one in a.options), *model.options),
            measures=(*(one for a in used for one in a.measures), *model.measures),
            parameters={**profile.parameters, **model.parameters},
            tables=profile.tables,
            results=_merged(profile, model, used),
            leaf_results=_joined([one.leaf_results for one in used], model.leaf_results),
            materials=_joined([one.materials for one in used], model.materials),
            leaves=model.leaves,
            checks=(*profile.checks, *(one for a in used for one in a.checks), *model.checks),
            parts=parts,
            requirements=(*(one for a in used for one in a.requirements), *model.requirements),
            packages=tuple(one for one in self.packages if one.code in packed),
            routes=routes,
            operations=tuple(one for one in self.operations if one.code in steps),
        )


def may_be(template: Template | None, code: str) -> bool:
    """Return whether a template could be filled to `code`."""
    if template is None:
        return False
    first, *rest = re.split(r"\{\w+\}", template.text)
    if not rest:
        return first == code
    if not code.startswith(first):
        return False
    at, last = len(first), rest[-1]
    for literal in rest[:-1]:  # each hole takes one character or more, the shortest that fits
        found = code.find(literal, at + 1)
        if found < 0:
            return False
        at = found + len(literal)
    return code.endswith(last) and at + 1 + len(last) <= len(code)


def _merged(profile: Profile, model: ModelEntry, used: list[Assembly]) -> dict[str, Formula]:
    """Return the results in order of use: the profile's, the assemblies', the model's own (its leaves)."""
    return _joined([profile.results, *(one.results for one in used)], model.results)


def _joined(parts: list[Mapping[str, T]], last: Mapping[str, T]) -> dict[str, T]:
    made: dict[str, T] = {}
    for part in (*parts, last):
        made.update(part)
    return made
