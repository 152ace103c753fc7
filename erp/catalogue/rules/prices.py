"""A price book as a factory pack writes it; what a line costs by it is worked out by erp/pricing.

Amounts are in the factory's currency, Decimal; sizes are mm.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.choices import Choice
from core.i18n import N_, Named


class PriceUnit(Choice):
    """What a base price is for."""

    SET = "SET", N_("Door set")
    METRE = "METRE", N_("running metre")
    M2 = "M2", N_("square metre")
    STICK = "STICK", N_("stick")


class BandMode(Choice):
    """How an oversize band charges."""

    RATIO = "RATIO", N_("share of the base price")
    PER_UNIT = "PER_UNIT", N_("for each step begun")
    FIXED = "FIXED", N_("fixed amount")


class Combine(Choice):
    """How the surcharges of height, width and wall come together."""

    MAX_PLUS_WALL = "MAX_PLUS_WALL", N_("the larger of height and width, plus wall")
    SUM = "SUM", N_("all three")


@dataclass(frozen=True, slots=True)
class Band:
    """What sizes above the standard cost from `lo` on, below `hi` (the last band has no end).

    `amount` is a share of the base price (RATIO), an amount for each `step_mm` begun above the standard
    (PER_UNIT), or an amount (FIXED).
    """

    lo: Decimal
    mode: BandMode
    amount: Decimal
    hi: Decimal | None = None
    step_mm: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Oversize:
    """The bands of one measure; up to `standard_mm` the base price covers it."""

    standard_mm: Decimal
    bands: tuple[Band, ...] = ()


@dataclass(frozen=True, slots=True)
class BasePrice:
    """What a model costs in some colours (all of them where none is named)."""

    model: str
    price: Decimal
    unit: PriceUnit = PriceUnit.SET
    colours: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OptionPrice:
    """What a choice adds for each set, in some models (all where none is named)."""

    option: str
    value: str
    price: Decimal
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LevelDiscount:
    """What dealers of a level get off; `rate` is a fraction of one."""

    level: str
    rate: Decimal


@dataclass(frozen=True, slots=True)
class PriceBook:
    """One list of prices, valid from a day on until its last day (without one: until another follows)."""

    code: str
    name: Named
    valid_from: date
    valid_to: date | None = None
    combine: Combine = Combine.MAX_PLUS_WALL
    is_discounted_last: bool = True  # the discount also takes from the oversize surcharge
    tax_rate: Decimal = Decimal("0.13")
    is_tax_included: bool = True
    height: Oversize = Oversize(Decimal(2100))
    width: Oversize = Oversize(Decimal(900))
    wall: Oversize = Oversize(Decimal(200))
    bases: tuple[BasePrice, ...] = ()
    options: tuple[OptionPrice, ...] = ()
    levels: tuple[LevelDiscount, ...] = ()
