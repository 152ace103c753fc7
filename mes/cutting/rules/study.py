"""Which stock sizes of a material to buy: what was cut of late, planned anew out of each choice of sizes.

Lengths are mm. The demand is taken week by week, as nothing of one week waits for the next; what a choice costs is
the sum over the weeks. Offcuts are left out: they would count as cheap what an earlier choice has left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations
from typing import Any

from core.errors import RuleViolation
from core.i18n import N_
from mes.nesting.rules.plan import Plan

SIZES_MOST = 5  # 5 alone and 10 pairs, and what is bought now
SIZES_TOGETHER = 2  # more sizes on the shelf than two are a store of their own
RATE = Decimal("0.0001")


class NoDemand(RuleViolation):
    """A material of which nothing was released in the days that were asked about."""

    code = "mes.cutting.no_demand"
    message = N_("Nothing of %(material)s was released in these days. Choose more days.")


class NoSizes(RuleViolation):
    """A question without sizes to compare."""

    code = "mes.cutting.no_sizes"
    message = N_("Enter at least one size with its price; up to %(most)s can be compared.")


@dataclass(frozen=True, slots=True)
class StockSize:
    """One size that is or could be bought; a bar has no width. `price` is of one sheet or bar."""

    length_mm: Decimal
    width_mm: Decimal | None
    price: Decimal
    is_bought: bool = False  # an article of today

    @property
    def text(self) -> str:
        """The size as people write it: 2440 × 1220."""
        sides = [self.length_mm] if self.width_mm is None else [self.length_mm, self.width_mm]
        return " × ".join(f"{side.normalize():f}" for side in sides)


@dataclass(frozen=True, slots=True)
class ChoiceResult:
    """What one choice of sizes comes to."""

    sizes: tuple[int, ...]  # which of the question's sizes
    counts: Mapping[int, int]  # sheets or bars of each
    cost: Decimal
    net: Decimal  # m2 or m of parts
    gross: Decimal  # m2 or m of stock
    unplaced_count: int  # parts that fit none of its sizes: the choice does not do

    @property
    def yield_rate(self) -> Decimal | None:
        """Parts by stock; nothing where no sheet was used."""
        return (self.net / self.gross).quantize(RATE, ROUND_HALF_UP) if self.gross else None

    @property
    def sheet_count(self) -> int:
        """How many sheets or bars it takes."""
        return sum(self.counts.values())


def choices(sizes: Sequence[StockSize]) -> list[tuple[int, ...]]:
    """Return what is compared, as places in `sizes`: what is bought now, each size alone, every two together."""
    bought = tuple(place for place, size in enumerate(sizes) if size.is_bought)
    found = [bought] if bought else []
    for count in range(1, SIZES_TOGETHER + 1):
        found += combinations(range(len(sizes)), count)
    return list(dict.fromkeys(found))


def instance_of(
    demand: Mapping[str, Any], sizes: Sequence[StockSize], choice: Sequence[int]
) -> dict[str, Any]:
    """Return a week's demand with one choice of sizes as its stock; a size is named by its place."""
    return {**demand, "stock": [_stock(place, sizes[place], demand["stock"][0]) for place in choice]}


def _stock(place: int, size: StockSize, like: Mapping[str, Any]) -> dict[str, Any]:
    row = {"id": str(place), "length_mm": float(size.length_mm), "quantity": None, "offcut": False}
    row["cost"] = float(size.price)
    if size.width_mm is not None:
        row |= {"width_mm": float(size.width_mm), "grain": like["grain"]}
    return row


def summed(
    sizes: Sequence[StockSize],
    choice: Sequence[int],
    plans: Sequence[tuple[Mapping[str, Any], Plan]],
) -> ChoiceResult:
    """Return what the plans of all weeks come to, each beside its instance; money exactly, by the sizes' prices."""
    counts: Counter[int] = Counter()
    net, unplaced = Decimal(0), 0
    for demand, plan in plans:
        counts.update({int(place): count for place, count in plan.stock_used.items()})
        left = {row.part: row.quantity for row in plan.unplaced}
        unplaced += sum(left.values())
        for part in demand["parts"]:
            net += _extent(part) * (part["quantity"] - left.get(part["id"], 0))
    return ChoiceResult(
        sizes=tuple(choice),
        counts=dict(counts),
        cost=sum((sizes[place].price * count for place, count in counts.items()), Decimal(0)),
        net=net,
        gross=sum((size_qty(sizes[place]) * count for place, count in counts.items()), Decimal(0)),
        unplaced_count=unplaced,
    )


def _extent(part: Mapping[str, Any]) -> Decimal:
    length = Decimal(str(part["length_mm"]))
    return length * Decimal(str(part["width_mm"])) / 1_000_000 if "width_mm" in part else length / 1000


def size_qty(size: StockSize) -> Decimal:
    """Return how much a sheet (m2) or a bar (m) is."""
    return size.length_mm * size.width_mm / 1_000_000 if size.width_mm is not None else size.length_mm / 1000


def ranked(results: Sequence[ChoiceResult]) -> list[ChoiceResult]:
    """Return the choices, the cheapest first, fewer sizes before more; those that leave parts over come last."""
    return sorted(results, key=lambda one: (one.unplaced_count > 0, one.cost, len(one.sizes), one.sizes))


def telling(results: Sequence[ChoiceResult]) -> list[ChoiceResult]:
    """Return the choices that say something: where a plan took none of a size, the choice without it says it."""
    compared = {one.sizes for one in results}

    def is_said(one: ChoiceResult) -> bool:
        used = tuple(place for place in one.sizes if one.counts.get(place))
        return not one.unplaced_count and used != one.sizes and used in compared

    return [one for one in results if not is_said(one)]


def saving_rate(result: ChoiceResult, now: ChoiceResult | None) -> Decimal | None:
    """Return how much less a choice costs than what is bought now, as a share; nothing where that is not known."""
    if now is None or not now.cost or now.unplaced_count or result.unplaced_count:
        return None
    return (1 - result.cost / now.cost).quantize(RATE, ROUND_HALF_UP)


# --- as they are kept ---------------------------------------------------------------------------------------


def size_data(size: StockSize) -> dict[str, Any]:
    """Return a size as it is kept."""
    return {
        "length_mm": str(size.length_mm),
        "width_mm": None if size.width_mm is None else str(size.width_mm),
        "price": str(size.price),
        "is_bought": size.is_bought,
    }


def read_size(data: Mapping[str, Any]) -> StockSize:
    """Return a size that was kept."""
    width = data["width_mm"]
    return StockSize(
        Decimal(data["length_mm"]),
        None if width is None else Decimal(width),
        Decimal(data["price"]),
        data["is_bought"],
    )


def result_data(one: ChoiceResult) -> dict[str, Any]:
    """Return a result as it is kept."""
    return {
        "sizes": list(one.sizes),
        "counts": {str(place): count for place, count in one.counts.items()},
        "cost": str(one.cost),
        "net": str(one.net),
        "gross": str(one.gross),
        "unplaced": one.unplaced_count,
    }


def read_result(data: Mapping[str, Any]) -> ChoiceResult:
    """Return a result that was kept."""
    return ChoiceResult(
        tuple(data["sizes"]),
        {int(place): count for place, count in data["counts"].items()},
        Decimal(data["cost"]),
        Decimal(data["net"]),
        Decimal(data["gross"]),
        data["unplaced"],
    )
