"""The model document: everything needed to split one door model, in one frozen value.

It is what gets a version, a hash, and is bound to an order when that is released. Lengths are mm.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.choices import Choice
from core.errors import RuleViolation
from core.i18n import N_, Named
from erp.catalogue.rules.formula import Formula, Template, compile_formula
from erp.catalogue.rules.reading import Fault, Reader, node_of_data, plain
from erp.materials.rules import Grain, Unit


class DoorKind(Choice):
    """What kind of thing an order line asks for."""

    SINGLE = "SINGLE", N_("single swing")
    DOUBLE = "DOUBLE", N_("double equal")
    UNEQUAL = "UNEQUAL", N_("unequal double")
    SLIDING = "SLIDING", N_("sliding door")
    HANGING = "HANGING", N_("hanging sliding door")
    CASED_OPENING = "CASED_OPENING", N_("cased opening")
    WINDOW_CASING = "WINDOW_CASING", N_("window casing")
    LEAF_ONLY = "LEAF_ONLY", N_("leaf only")
    FRAME_ONLY = "FRAME_ONLY", N_("frame only")
    TRIM_ONLY = "TRIM_ONLY", N_("trim only")
    PANEL = "PANEL", N_("wall panel")


SLIDING_KINDS = frozenset({DoorKind.SLIDING, DoorKind.HANGING})


class DimBasis(Choice):
    """Which size the dealer gave: 70 and 45 mm lie between the first and the last."""

    OPENING = "OPENING", N_("wall opening")
    FRAME_OUTER = "FRAME_OUTER", N_("frame outer size")
    CLEAR = "CLEAR", N_("clear passage")
    LEAF = "LEAF", N_("leaf")


class Handing(Choice):
    """Hinge side as seen from outside the room, and whether one pushes into the room or pulls out of it."""

    IN_L = "IN_L", N_("in, left")
    IN_R = "IN_R", N_("in, right")
    OUT_L = "OUT_L", N_("out, left")
    OUT_R = "OUT_R", N_("out, right")

    @property
    def mirrored(self) -> Handing:
        """The handing of the other leaf of a pair."""
        swapped = self.value[:-1] + ("R" if self.value.endswith("L") else "L")
        return next(hand for hand in Handing if hand.value == swapped)


class Finish(Choice):
    """How the surface is made."""

    MELAMINE = "MELAMINE", N_("melamine")
    PAINTED = "PAINTED", N_("painted")
    MEMBRANE = "MEMBRANE", N_("membrane pressed")
    WRAPPED = "WRAPPED", N_("wrapped")


class LeafStyle(Choice):
    """How the face of a leaf is drawn."""

    PLAIN = "plain", N_("plain")
    TWO = "two", N_("two panels")
    THREE = "three", N_("three grooves")


class Group(Choice):
    """What part of a door set a piece belongs to."""

    LEAF = "LEAF", N_("leaf")
    FRAME = "FRAME", N_("frame")
    TRIM = "TRIM", N_("trim")
    HARDWARE = "HARDWARE", N_("hardware")
    GLASS = "GLASS", N_("glass")
    PACKING = "PACKING", N_("packing")


class Cut(Choice):
    """What a piece is cut from."""

    SHEET = "sheet", N_("sheet")
    BAR = "bar", N_("bar")
    NONE = "none", N_("not cut")


class SizeKind(Choice):
    """Whether a rule states the finished size or the size as cut."""

    FINISHED = "finished", N_("finished size")
    RAW = "raw", N_("size as cut")


class Tracked(Choice):
    """Who gets a label: each piece, the bundle, or nobody."""

    TRUE = "true", N_("each piece has a label")
    FALSE = "false", N_("no label")
    BUNDLE = "bundle", N_("one label for the bundle")


class Per(Choice):
    """How often a rule is applied."""

    SET = "set", N_("once per set")
    LEAF = "leaf", N_("once per leaf")


class PackPer(Choice):
    """Whose pieces lie in one package of a kind."""

    SET = "set", N_("once per set")
    LEAF = "leaf", N_("once per leaf")
    ORDER = "order", N_("for all sets of an order")
    COLOUR = "colour", N_("for all sets of an order in one colour")


SHARED = (PackPer.ORDER, PackPer.COLOUR)
SHARED_AFTER = 1000  # packages that sets of an order share are numbered from 1001, those of one set from 1


class KitCheck(Choice):
    """How it is proved that a kit of hardware holds what it should."""

    CODE = "code", N_("by its label")
    COUNT = "count", N_("counted, material by material")
    WEIGHT = "weight", N_("by its weight")


class CheckKind(Choice):
    """What a check of sizes watches over; each has its own refusal."""

    ARCHITRAVE_COVER = "ARCHITRAVE_COVER", N_("wall cover of the architrave")
    LEAF_WIDTH = "LEAF_WIDTH", N_("width of a leaf")
    FRAME_GRID = "FRAME_GRID", N_("frame size on the maker's grid")
    GLASS_FITS = "GLASS_FITS", N_("wood around the glass")


class Field(Choice):
    """A field of an order line that a model may ask for."""

    WIDTH = "width_mm", N_("width")
    HEIGHT = "height_mm", N_("height")
    WALL = "wall_mm", N_("wall thickness")
    BASIS = "dim_basis", N_("what the size means")
    HANDING = "handing", N_("handing")
    COLOUR = "colour", N_("colour")
    MOTHER_WIDTH = "mother_width_mm", N_("width of the active leaf")
    OPTION = "options", N_("options")
    MEASURE = "measures", N_("further sizes")


TRUE = compile_formula("True")
ONE = compile_formula("1")


@dataclass(frozen=True, slots=True)
class Range:
    """A lowest and a highest size, both allowed, mm."""

    min: Decimal
    max: Decimal


@dataclass(frozen=True, slots=True)
class Limits:
    """The openings that a model is made for, mm. Without `wall` the model asks for no wall thickness."""

    width: Range
    height: Range
    wall: Range | None = None


@dataclass(frozen=True, slots=True)
class OptionValue:
    """One word that an option can take."""

    code: str
    name: Named


@dataclass(frozen=True, slots=True)
class Option:
    """One further choice of an order line; formulas see it by its code. Without default it must be made."""

    code: str
    name: Named
    values: tuple[OptionValue, ...]
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """One further size of an order line, mm, such as the height of a transom; formulas see it by its code.

    It is asked for where `when` holds, and is 0 elsewhere. Without a default it must be given.
    """

    code: str
    name: Named
    min: Decimal
    max: Decimal
    default: Formula | None = None
    when: Formula = TRUE


@dataclass(frozen=True, slots=True)
class Opening:
    """How the wall opening follows from the size that was given (W × H)."""

    basis: DimBasis
    width: Formula
    height: Formula


@dataclass(frozen=True, slots=True)
class Case:
    """One row of a material choice: the first whose condition holds is used."""

    use: Template
    when: Formula = TRUE


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf, the active one first; parts made per leaf see LW, LH, leaf, is_active and leaf_handing.

    `when` sees the choices of the line only, so that a model can have as many leaves as were chosen.
    """

    width: Formula
    height: Formula
    when: Formula = TRUE


@dataclass(frozen=True, slots=True)
class Check:
    """A size that must not fall below a least one, or the line is refused."""

    kind: CheckKind
    name: Named
    value: Formula
    least: Formula
    when: Formula = TRUE


@dataclass(frozen=True, slots=True)
class PartRule:
    """How one part follows from the sizes and choices of a line.

    `joins` names the part that it becomes one with (a face joins the leaf, a stop the bundle): such a part
    is cut, but not labelled, reported or packed by itself. `size` says whether length and width are finished
    or raw sizes; `cut_length` and `cut_width` give the raw size of a part whose finished size is stated.
    """

    code: str
    name: Named
    group: Group
    quantity: Formula = ONE
    when: Formula = TRUE
    per: Per = Per.SET
    material: Template | None = None
    length: Formula | None = None
    width: Formula | None = None
    thickness: Formula | None = None
    size: SizeKind = SizeKind.FINISHED
    cut_length: Formula | None = None
    cut_width: Formula | None = None
    cut: Cut = Cut.NONE
    cut_when: Formula = TRUE  # elsewhere it is put together from the parts that join it
    grain: Grain = Grain.NONE
    edges: str = "----"  # two long sides, two short ones; a letter where there is band
    mitre: Template | None = None  # the angles of its two ends, such as 45/90
    machining: Template | None = None  # what is milled into it, such as HINGE or LOCK
    tracked: Tracked = Tracked.FALSE
    joins: str | None = None
    mirror: str | None = None  # the twin that is taken for it by mistake
    drawn_as: str | None = None  # its place in the drawing: JAMB_L ARCH_H LEAF_1 …
    route: Template | None = None
    package: str | None = None


@dataclass(frozen=True, slots=True)
class RequirementRule:
    """A material used up that is no piece: edge band, hinges, a carton. `joins` names the kit it lies in."""

    code: str
    name: Named
    material: Template
    quantity: Formula
    unit: Unit
    when: Formula = TRUE
    per: Per = Per.SET
    joins: str | None = None


@dataclass(frozen=True, slots=True)
class PackageRule:
    """One kind of package: its pieces are those whose rule names it.

    What is packed for all sets of an order is filled set by set, up to the same caps.

    Weights are kg. `kg_m3` is what a cubic metre of such pieces weighs; without it nothing is weighed. A piece
    longer than `longest_mm` gets a package of its own; one that is heavier than `most_kg` by itself likewise.
    """

    code: str
    name: Named
    per: PackPer = PackPer.SET
    most_pieces: int = 20
    most_kg: Decimal | None = None
    longest_mm: Decimal | None = None
    kg_m3: Decimal | None = None
    kit: KitCheck = KitCheck.CODE
    tolerance_kg: Decimal = Decimal("0.02")  # less than the lightest bag of screws weighs


@dataclass(frozen=True, slots=True)
class Operation:
    """One step of work."""

    code: str
    name: Named


@dataclass(frozen=True, slots=True)
class Route:
    """The steps that a piece goes through, in order."""

    code: str
    name: Named
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelDocument:
    """One door model with all that splitting it needs: self-contained, so that it can be frozen."""

    code: str
    name: Named
    kind: DoorKind
    finish: Finish
    profile: str
    limits: Limits
    colours: tuple[str, ...]
    openings: tuple[Opening, ...]
    style: LeafStyle = LeafStyle.PLAIN
    requires: Mapping[Field, Formula] = field(default_factory=dict)  # what must be chosen, and when
    options: tuple[Option, ...] = ()
    measures: tuple[Measure, ...] = ()
    parameters: Mapping[str, Decimal] = field(default_factory=dict)
    tables: Mapping[str, tuple[tuple[Decimal, ...], ...]] = field(default_factory=dict)  # rows (from, value)
    results: Mapping[str, Formula] = field(default_factory=dict)  # in order; each sees those before it
    leaf_results: Mapping[str, Formula] = field(default_factory=dict)  # likewise, once per leaf
    materials: Mapping[str, tuple[Case, ...]] = field(default_factory=dict)
    leaves: tuple[Leaf, ...] = ()
    checks: tuple[Check, ...] = ()
    parts: tuple[PartRule, ...] = ()
    requirements: tuple[RequirementRule, ...] = ()
    packages: tuple[PackageRule, ...] = ()
    routes: tuple[Route, ...] = ()
    operations: tuple[Operation, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the document as plain data that JSON keeps whole, in whatever order it keeps its keys."""
        made: dict[str, Any] = plain(self)
        return made

    @property
    def usual_options(self) -> dict[str, str]:
        """The choices that are made where a line makes none, by the code of their option."""
        return {one.code: one.default for one in self.options if one.default}

    @property
    def leaf_count(self) -> int:
        """How many leaves it can have at most; none for a cased opening."""
        return len(self.leaves)

    @property
    def slides(self) -> bool:
        """Whether its leaves run on a track instead of turning on hinges."""
        return self.kind in SLIDING_KINDS

    @property
    def sha256(self) -> str:
        """The hash of the document: equal for equal rules, whatever the file looked like."""
        text = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


class DocumentFaults(RuleViolation):
    """A stored model document cannot be read back; `faults` says why, place by place."""

    code = "erp.catalogue.document_faults"
    message = N_("The rules of model %(model)s cannot be read: %(count)s faults, the first is %(first)s.")

    def __init__(self, model: str, faults: tuple[Fault, ...]) -> None:
        super().__init__(model=model, count=len(faults), first=str(faults[0]))
        self.faults = faults


def read_document(data: dict[str, Any]) -> ModelDocument:
    """Return the document that `to_dict` gave. Raises DocumentFaults."""
    reader = Reader()
    document = reader.record(ModelDocument, node_of_data(data))
    if document is None:
        raise DocumentFaults(str(data.get("code", "")), tuple(reader.faults))
    return document
