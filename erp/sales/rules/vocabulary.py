"""What the reader of a sheet must know: models, colours, how this dealer writes. Lengths are mm, Decimal."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from core.choices import Choice
from core.i18n import N_
from erp.catalogue.rules.document import DimBasis, DoorKind

SWING = frozenset({DoorKind.SINGLE, DoorKind.DOUBLE, DoorKind.UNEQUAL})


@dataclass(frozen=True, slots=True)
class Limits:
    """The smallest and the largest that is made, for one measure."""

    low_mm: Decimal
    high_mm: Decimal

    def holds(self, value_mm: Decimal) -> bool:
        """Whether the value lies inside, ends included."""
        return self.low_mm <= value_mm <= self.high_mm


@dataclass(frozen=True, slots=True)
class LeafLess:
    """What the leaf is smaller than the opening."""

    width_mm: Decimal
    height_mm: Decimal


@dataclass(frozen=True, slots=True)
class LockWords:
    """One lock, or one value of a further choice, that a model can have."""

    code: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OptionWords:
    """One further choice that a model has: its code, its values with their names."""

    code: str
    values: tuple[LockWords, ...]


@dataclass(frozen=True, slots=True)
class ModelWords:
    """One door model: what dealers call it and which sizes it is made in."""

    code: str
    names: tuple[str, ...]
    kind: DoorKind
    width: Limits | None = None
    height: Limits | None = None
    wall: Limits | None = None
    leaf_less: LeafLess | None = None
    locks: tuple[LockWords, ...] = ()
    usual_lock: str = ""  # what a line gets that names none
    options: tuple[OptionWords, ...] = ()  # glass, bottom, faces …
    measures: frozenset[str] = frozenset()  # codes of further sizes

    def option(self, code: str) -> OptionWords | None:
        """Return the further choice of that code."""
        return next((one for one in self.options if one.code == code), None)

    def has_lock(self, code: str) -> bool:
        """Whether the lock of that code can be had."""
        return any(one.code == code for one in self.locks)

    @property
    def needs_handing(self) -> bool:
        """Whether it swings."""
        return self.kind in SWING


@dataclass(frozen=True, slots=True)
class ColourWords:
    """One colour: its names, and what dealers also call it."""

    code: str
    names: tuple[str, ...]
    nicknames: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Learned:
    """One word of a dealer whose meaning was shown by a person: a model, a colour, a handing, a lock, a wall."""

    field: str  # as issues.Field stores it
    word: str  # "": what is meant where nothing is written
    value: str
    day: str  # when it was shown, for the note that names the source


@dataclass(frozen=True, slots=True)
class Habits:
    """How one dealer fills in sheets; None where nothing is agreed."""

    is_height_first: bool | None = None
    unit_mm: Decimal | None = None  # 10 for a dealer who writes cm
    dim_basis: DimBasis | None = None
    bare_side_is_in: bool | None = None  # a lone 左: True for in-left, False for out-left
    is_seen_from_inside: bool = False
    columns: tuple[tuple[str, str], ...] = ()  # the dealer's own heading -> name of a Column
    learned: tuple[Learned, ...] = ()
    usual: tuple[Learned, ...] = ()  # what is meant where nothing is written: the lock, the wall
    order_day: str = ""  # when the order of sizes was shown by a person; "": chosen or not agreed


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything a sheet is read against."""

    models: tuple[ModelWords, ...]
    colours: tuple[ColourWords, ...]
    habits: Habits = Habits()

    def model(self, code: str | None) -> ModelWords | None:
        """Return the model of that code."""
        return next((model for model in self.models if model.code == code), None)


class Profile(Choice):
    """The habits that can be chosen by name."""

    PLAIN = "plain", N_("nothing agreed")
    HEIGHT_FIRST = "height-first", N_("height before width")
    CM = "cm", N_("sizes in cm")
    LEAF_SIZES = "leaf-sizes", N_("sizes are of the leaf")
    SEEN_FROM_INSIDE = "seen-from-inside", N_("handing seen from inside")
    LEFT_IS_IN_LEFT = "left-is-in-left", N_("a lone left means in, left")


# How dealers fill in their sheets, where one of them always does it so; chosen when a sheet is sent in.
PROFILES: dict[str, Habits] = {
    Profile.PLAIN.value: Habits(),
    Profile.HEIGHT_FIRST.value: Habits(is_height_first=True),
    Profile.CM.value: Habits(unit_mm=Decimal(10)),
    Profile.LEAF_SIZES.value: Habits(dim_basis=DimBasis.LEAF),
    Profile.SEEN_FROM_INSIDE.value: Habits(is_seen_from_inside=True),
    Profile.LEFT_IS_IN_LEFT.value: Habits(bare_side_is_in=True),
}
