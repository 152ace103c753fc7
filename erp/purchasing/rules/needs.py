"""Who gets what there is: needs of a material, waste, and the stock dealt out by need date.

All quantities of one material are in its unit: sheets m2, bars and bands m, the rest as it is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal

from core.choices import Choice
from core.i18n import N_, Named
from erp.materials.rules import MaterialKind, Unit

ZERO = Decimal(0)
STEP = Decimal("0.001")
YIELD_STEP = Decimal("0.0001")
PLANS = 10  # so many of a material's last cut plans tell its waste


class WantKind(Choice):
    """Out of what a need comes."""

    ORDER = "order", N_("Released order")
    BATCH = "batch", N_("Batch")
    EXPECTED = "expected", N_("Confirmed order, expected")


@dataclass(frozen=True, slots=True)
class Wastage:
    """How much of a material's stock becomes pieces, 0–1, and how many cut plans say so (0: its own parameter)."""

    yield_rate: Decimal
    plan_count: int


@dataclass(frozen=True, slots=True)
class Want:
    """What one order or batch has still to draw of one material."""

    kind: WantKind
    subject_id: int
    name: str  # SO2611-0042
    needed_on: date | None
    net_qty: Decimal
    qty: Decimal  # with waste


@dataclass(frozen=True, slots=True)
class Share:
    """Out of what one want will be served."""

    want: Want
    reserved_qty: Decimal  # from what lies there
    coming_qty: Decimal  # from what is on order
    lacking_qty: Decimal


def wastage(plans: Sequence[tuple[Decimal, Decimal]], waste_rate: Decimal) -> Wastage:
    """Return the mean yield of computed plans, given as (net, stock), large plans counting more.

    Without a plan it is what the material's own parameter leaves: a waste of 0.12 is a yield of 0.88.
    """
    net_qty = sum((net for net, _ in plans), ZERO)
    stock_qty = sum((stock for _, stock in plans), ZERO)
    if not net_qty or not stock_qty:
        return Wastage(1 - waste_rate, 0)
    return Wastage((net_qty / stock_qty).quantize(YIELD_STEP), len(plans))


def gross(net_qty: Decimal, waste: Wastage) -> Decimal:
    """Return what has to be there so that `net_qty` comes out of it, rounded up to 0.001."""
    return (net_qty / waste.yield_rate).quantize(STEP, ROUND_CEILING)


def still_needed(needed_qty: Decimal, issued_qty: Decimal, unit_qty: Decimal | None) -> Decimal:
    """Return what has still to be drawn, in the material's unit, rounded up to 0.001.

    With `unit_qty` the other two count articles, which together are so much: of sheets of two sizes each counts
    as their mean.
    """
    left = needed_qty - issued_qty
    if unit_qty is None or not needed_qty:
        return left
    return (unit_qty * left / needed_qty).quantize(STEP, ROUND_CEILING)


def deal_out(wants: Sequence[Want], on_hand_qty: Decimal, on_order_qty: Decimal) -> list[Share]:
    """Give stock, then what is on order, to the wants: the earliest need first, those without a day last.

    On the same day what was promised first (released before batch before expected, then by number) goes first.
    """
    ranks = {kind: rank for rank, kind in enumerate(WantKind)}
    shares = []
    for want in sorted(wants, key=lambda one: (one.needed_on or date.max, ranks[one.kind], one.name)):
        reserved = min(want.qty, max(ZERO, on_hand_qty))
        coming = min(want.qty - reserved, max(ZERO, on_order_qty))
        on_hand_qty, on_order_qty = on_hand_qty - reserved, on_order_qty - coming
        shares.append(Share(want, reserved, coming, want.qty - reserved - coming))
    return shares


@dataclass(frozen=True, slots=True)
class Requirement:
    """One material: everything that is wanted of it, and out of what it will be served."""

    material_id: int
    code: str
    material: Named
    kind: MaterialKind
    unit: Unit
    on_hand_qty: Decimal
    on_order_qty: Decimal
    safety_qty: Decimal
    wastage: Wastage | None  # sheets and bars
    shares: tuple[Share, ...]

    @property
    def needed_qty(self) -> Decimal:
        """What has still to be drawn, waste included."""
        return sum((one.want.qty for one in self.shares), ZERO)

    @property
    def reserved_qty(self) -> Decimal:
        """What of the stock is spoken for."""
        return sum((one.reserved_qty for one in self.shares), ZERO)

    @property
    def lacking_qty(self) -> Decimal:
        """What neither lies there nor comes."""
        return sum((one.lacking_qty for one in self.shares), ZERO)

    @property
    def lacking_on(self) -> date | None:
        """The first day on which something is lacking; None also where no day is told."""
        days = [one.want.needed_on for one in self.shares if one.lacking_qty and one.want.needed_on]
        return min(days, default=None)

    @property
    def shortfall_qty(self) -> Decimal:
        """What has to be bought so that the safety stock is left once all wants are served."""
        return max(ZERO, self.needed_qty + self.safety_qty - self.on_hand_qty - self.on_order_qty)
