"""What comes out of splitting one door set: pieces, requirements, packages, drawing. Lengths are mm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from erp.catalogue.rules.document import Cut, Group, KitCheck, PackageRule
from erp.materials.rules import Grain, Unit


@dataclass(frozen=True, slots=True)
class PieceSpec:
    """One piece of a set, or `count` equal ones that share a row; finished sizes, and sizes as cut."""

    code: str
    rule_code: str
    name: str
    name_en: str
    group: Group
    material_code: str  # empty for what is joined from others or taken from a shelf
    thickness_mm: Decimal | None
    length_mm: Decimal | None  # a kit has no size
    width_mm: Decimal | None
    cut_length_mm: Decimal | None  # nothing unless it is cut
    cut_width_mm: Decimal | None  # nothing for a bar
    count: int
    grain: Grain
    cut: Cut
    is_tracked: bool
    edges: str
    mitre: str
    machining: str
    joins: str  # code of the piece it becomes one with
    route: tuple[str, ...]
    package: str
    package_index: int
    is_mirror_of: str
    drawn_as: str
    extra_length_mm: Decimal = Decimal(0)  # how much longer it is cut than finished, exact
    extra_width_mm: Decimal = Decimal(0)
    hand_edit_id: int | None = None  # the change by hand that is in it


@dataclass(frozen=True, slots=True)
class RequirementSpec:
    """A quantity of a material that a set uses up."""

    rule_code: str
    name: str
    name_en: str
    material_code: str
    quantity: Decimal
    unit: Unit
    joins: str  # code of the kit piece it lies in
    hand_edit_id: int | None = None


@dataclass(frozen=True, slots=True)
class PackageSpec:
    """One package of a set with the codes of its pieces; of a shared one, what this set puts into it."""

    kind: str
    index: int
    name: str
    name_en: str
    piece_codes: tuple[str, ...]
    kg: Decimal | None = None  # what its pieces weigh; nothing where the rule has no density
    kit: KitCheck = KitCheck.CODE
    tolerance_kg: Decimal = Decimal(0)
    shared: PackageRule | None = None  # by which the sets of an order fill it; nothing of a set's own


@dataclass(frozen=True, slots=True)
class GlassDrawing:
    """What is to be seen of a glass in a leaf; `up_mm` is its lower edge above the floor."""

    width_mm: Decimal
    height_mm: Decimal
    up_mm: Decimal


@dataclass(frozen=True, slots=True)
class LeafDrawing:
    """One leaf as drawn, from left to right as seen from outside the room."""

    code: str
    width_mm: Decimal
    height_mm: Decimal
    hinge: str  # L or R; empty where nothing turns
    is_active: bool
    style: str
    slides: bool = False
    glass: GlassDrawing | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """The measures that the picture of a door set is made of; the short names are those of the profile."""

    measures: Mapping[str, Decimal]
    leaves: tuple[LeafDrawing, ...]
    opens_out: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the `d` of the drawing macros.

        A picture is placed in pixels, so numbers leave the exact world here, and only here.
        """
        leaves = [
            {
                "w": _drawn(leaf.width_mm),
                "h": _drawn(leaf.height_mm),
                "hinge": leaf.hinge,
                "active": leaf.is_active,
                "glass": _glass(leaf.glass),
                "style": leaf.style,
                "slides": leaf.slides,
            }
            for leaf in self.leaves
        ]
        measures = {name: _drawn(value) for name, value in self.measures.items()}
        return {**measures, "leaves": leaves, "out": self.opens_out}


@dataclass(frozen=True, slots=True)
class Explosion:
    """One door set, split. `results` are exact; every piece was rounded once."""

    results: Mapping[str, Decimal]
    pieces: tuple[PieceSpec, ...]
    requirements: tuple[RequirementSpec, ...]
    packages: tuple[PackageSpec, ...]
    drawing: Drawing


def _glass(glass: GlassDrawing | None) -> dict[str, Any] | None:
    if glass is None:
        return None
    return {"w": _drawn(glass.width_mm), "h": _drawn(glass.height_mm), "up": _drawn(glass.up_mm)}


def _drawn(value: Decimal) -> Any:
    return int(value) if value == value.to_integral_value() else float(value)
