"""A cutting plan: layouts of stock pieces, what found no place, and how good it is.

Lengths inside are integers of 0.1 mm (`*_dmm`); `to_dict` writes mm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.choices import Choice
from core.i18n import N_
from mes.nesting.rules.instance import COST_PLACES, Kind


class Reason(Choice):
    """Why a part is not in the plan."""

    TOO_LARGE = "larger than every stock piece", N_("Larger than every stock piece")
    GRAIN = "fits no stock piece with its grain", N_("Fits no stock piece with its grain")
    MATCH = "its group fits no stock piece together", N_("Its group fits no stock piece together")
    NO_SIZE = "its length or width is not above 0", N_("Its length or width is not above 0")
    NO_STOCK = "the stock is used up", N_("The stock is used up")
    NO_TIME = "no time was left to place it", N_("No time was left to place it")


@dataclass(frozen=True, slots=True)
class Placement:
    """One part on a stock piece: its corner and what it covers along x (the stock's length) and y."""

    part: str
    x_dmm: int
    y_dmm: int
    length_dmm: int
    width_dmm: int
    is_turned: bool


@dataclass(frozen=True, slots=True)
class Offcut:
    """One free rectangle that is worth keeping."""

    x_dmm: int
    y_dmm: int
    length_dmm: int
    width_dmm: int


@dataclass(frozen=True, slots=True)
class Layout:
    """How one stock piece is cut, `repeat` times alike."""

    stock: str
    repeat: int
    placements: tuple[Placement, ...]
    offcuts: tuple[Offcut, ...]


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A part that found no place, and why."""

    part: str
    quantity: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Bound:
    """What the placed parts cost in stock at the very least, in units of the instance's cost."""

    stock_cost: Decimal
    method: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The answer to one instance."""

    kind: Kind
    layouts: tuple[Layout, ...]
    unplaced: tuple[Unplaced, ...]
    yield_rate: Decimal  # part area (or length) by area of the stock used, 0–1, four places
    stock_used: Mapping[str, int]
    bound: Bound
    gap_rate: Decimal | None  # stock cost by bound, less 1; None where the bound is 0 and the cost is not
    seconds: Decimal

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as the data that is written as JSON."""
        is_bar = self.kind is Kind.BAR
        return {
            "kind": self.kind.value,
            "layouts": [
                {
                    "stock": layout.stock,
                    "repeat": layout.repeat,
                    "placements": [_placement(placement, is_bar) for placement in layout.placements],
                    "offcuts": [_rectangle(offcut, is_bar) for offcut in layout.offcuts],
                }
                for layout in self.layouts
            ],
            "unplaced": [
                {"part": left.part, "quantity": left.quantity, "reason": left.reason.value}
                for left in self.unplaced
            ],
            "yield": _number(self.yield_rate),
            "stock_used": dict(self.stock_used),
            "bound": {"stock_cost": _number(self.bound.stock_cost), "method": self.bound.method},
            "gap": None if self.gap_rate is None else _number(self.gap_rate),
            "seconds": _number(self.seconds),
        }


def cost_shown(cost: int) -> Decimal:
    """Return an exact whole-number cost in the units of the instance."""
    return Decimal(cost).scaleb(-COST_PLACES).normalize() + 0


def read_plan(data: Mapping[str, Any]) -> Plan:
    """Return the plan that `to_dict` once wrote as `data`."""
    return Plan(
        kind=Kind(data["kind"]),
        layouts=tuple(
            Layout(
                stock=row["stock"],
                repeat=row["repeat"],
                placements=tuple(
                    Placement(p["part"], *_read_rectangle(p), is_turned=p.get("turned", False))
                    for p in row["placements"]
                ),
                offcuts=tuple(Offcut(*_read_rectangle(o)) for o in row["offcuts"]),
            )
            for row in data["layouts"]
        ),
        unplaced=tuple(Unplaced(u["part"], u["quantity"], Reason(u["reason"])) for u in data["unplaced"]),
        yield_rate=Decimal(str(data["yield"])),
        stock_used=dict(data["stock_used"]),
        bound=Bound(Decimal(str(data["bound"]["stock_cost"])), data["bound"]["method"]),
        gap_rate=None if data["gap"] is None else Decimal(str(data["gap"])),
        seconds=Decimal(str(data["seconds"])),
    )


def _placement(placement: Placement, is_bar: bool) -> dict[str, Any]:
    data = {"part": placement.part, **_rectangle(placement, is_bar)}
    return data if is_bar else {**data, "turned": placement.is_turned}


def _rectangle(at: Placement | Offcut, is_bar: bool) -> dict[str, Any]:
    data = {"x_mm": _mm(at.x_dmm), "length_mm": _mm(at.length_dmm)}
    if is_bar:
        return data
    return {
        "x_mm": data["x_mm"],
        "y_mm": _mm(at.y_dmm),
        "length_mm": data["length_mm"],
        "width_mm": _mm(at.width_dmm),
    }


def _read_rectangle(data: Mapping[str, Any]) -> tuple[int, int, int, int]:
    x, y, length, width = (
        int(Decimal(str(data.get(name, 0))) * 10) for name in ("x_mm", "y_mm", "length_mm", "width_mm")
    )
    return x, y, length, width


def _mm(length_dmm: int) -> int | float:
    return length_dmm // 10 if length_dmm % 10 == 0 else length_dmm / 10


def _number(value: Decimal) -> int | float:
    return int(value) if value == int(value) else float(value)
