"""Rules of cut plans: what is to be cut as a cutting instance, and which piece lies where. Lengths are mm."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.choices import Choice
from core.errors import Conflict, RuleViolation
from core.i18n import N_, Named
from erp.materials.rules import Grain
from mes.nesting.rules.instance import FirstCut, Instance, Kind
from mes.nesting.rules.plan import Layout, Plan

KERF_MM = Decimal("4.0")  # a scoring panel saw; where the material says nothing
STAGES = 3  # rip, cross-cut, rip again; then a trimming cut
OFFCUT_SHEET_MM = (Decimal(600), Decimal(300))  # smaller ones are never found again
OFFCUT_BAR_MM = Decimal(800)
OFFCUT_RATE = Decimal("0.5")  # an offcut costs a plan so much of its share of a new sheet: it is used first
COST_PLACES = Decimal("0.0001")
MITRED = "45"  # how a mitred end stands in a piece's mitre, as in 45/90
DMM = Decimal("0.1")  # the engine counts in tenths
_Key = tuple[
    Decimal, Decimal | None, Grain, int, Decimal
]  # of a part: sizes, grain, mitred ends, their allowance


class PlanState(Choice):
    """Where a cut plan stands."""

    QUEUED = "QUEUED", N_("Waiting to be computed")
    READY = "READY", N_("Ready")
    FAILED = "FAILED", N_("Failed")
    REPLACED = "REPLACED", N_("Replaced by a newer plan")


class NothingToCut(RuleViolation):
    """A batch all of whose pieces are in a plan, or cut, already."""

    code = "mes.cutting.nothing_to_cut"
    message = N_("Every piece of %(number)s is in a cut plan already.")


class NoRemakes(RuleViolation):
    """Nothing that is made again waits to be cut."""

    code = "mes.cutting.no_remakes"
    message = N_("No remake waits to be cut: all of them are in a cut plan.")


class PlanRunning(Conflict):
    """A batch whose plans are being computed right now."""

    code = "mes.cutting.plan_running"
    message = N_("The cut plans of %(number)s are being computed. Wait for them, or stop them first.")


class NoStockSize(RuleViolation):
    """A material that has pieces to cut, but no size in which it is bought."""

    code = "mes.cutting.no_stock_size"
    message = N_("%(material)s has no article with a size. Add the sizes in which it is bought.")


class PiecesChanged(Conflict):
    """Pieces were scrapped or cut while their plan was computed."""

    code = "mes.cutting.pieces_changed"
    message = N_("Pieces of %(number)s were scrapped or cut while it was computed. Compute it again.")


class PlanFaulty(RuleViolation):
    """The checker found a fault in a computed plan: it is not used."""

    code = "mes.cutting.plan_faulty"
    message = N_("The computed plan %(number)s did not pass its check: %(fault)s. Compute it again.")


@dataclass(frozen=True, slots=True)
class StockFacts:
    """One article that may be cut; a bar has no width."""

    code: str
    length_mm: Decimal
    width_mm: Decimal | None
    cost_price: Decimal | None


@dataclass(frozen=True, slots=True)
class OffcutFacts:
    """One offcut in stock that may be cut again; `is_wanted`: somebody wants it used before all others."""

    code: str
    length_mm: Decimal
    width_mm: Decimal | None
    cost_price: Decimal | None  # of the whole sheet or bar that it is cut from, with its extent (m2, m)
    whole_qty: Decimal
    is_wanted: bool = False

    @property
    def qty(self) -> Decimal:
        """How much it is: m2, or m of a bar."""
        return extent(self.length_mm, self.width_mm)

    @property
    def value_amount(self) -> Decimal:
        """Its share of what the whole sheet or bar costs; its extent where nobody knows a price."""
        price = self.whole_qty if self.cost_price is None else self.cost_price
        return price * self.qty / self.whole_qty


@dataclass(frozen=True, slots=True)
class CutSetting:
    """What a material's saw is told; the defaults hold for a material that nobody set."""

    offcut_length_mm: Decimal | None = None  # a smaller rest is waste
    offcut_width_mm: Decimal | None = None
    offcut_rate: Decimal = OFFCUT_RATE
    mitre_mm: Decimal = Decimal(0)  # what one mitred end costs of a bar, where the material has its own word
    saw_mitre_mm: Decimal = Decimal(0)  # what the saw takes for each, where it has none
    is_wedge_lost: bool = False  # the saw does not turn the bar over between two mitred ends
    first_cut: FirstCut = FirstCut.ANY  # which way the saw takes its first cuts through a board
    is_matched: bool = False  # the grain runs on over the leaves of a door set


@dataclass(frozen=True, slots=True)
class MaterialFacts:
    """A material as the saw sees it."""

    name: Named
    kind: Kind
    grain: Grain
    kerf_mm: Decimal | None
    trim_mm: Decimal | None
    stock: tuple[StockFacts, ...]
    offcuts: tuple[OffcutFacts, ...] = ()
    setting: CutSetting = CutSetting()


@dataclass(frozen=True, slots=True)
class PieceFacts:
    """One piece to be cut; a bundle is cut `part_count` times."""

    id: int
    length_mm: Decimal
    width_mm: Decimal | None
    grain: Grain
    part_count: int
    mitre: str = ""  # 45/90: how its two ends are cut
    profile_mm: Decimal | None = None  # how wide a moulding is, across its face
    rank: int = 0  # of its order: pieces of the same rank are wanted near each other
    pair: str = ""  # the same part of the leaf beside it in its set has the same
    pair_place: int = 0  # where it stands among them, from the left


@dataclass(frozen=True, slots=True)
class CutJob:
    """A cutting instance (contracts: its format), and the pieces behind each of its parts, in order.

    `ranks` stand beside the pieces: parts of one order are sawn near each other.
    """

    instance: Mapping[str, Any]
    pieces: Mapping[str, Sequence[int]] = field(default_factory=dict)
    ranks: Mapping[str, Sequence[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """Where one part of one piece lies."""

    piece_id: int
    x_mm: Decimal
    y_mm: Decimal
    length_mm: Decimal
    width_mm: Decimal
    is_turned: bool


@dataclass(frozen=True, slots=True)
class CutSheet:
    """One physical sheet or bar: which layout of the plan, cut from which article, and what lies on it."""

    pattern: int
    article: str
    places: tuple[Place, ...]


def cut_job(material: MaterialFacts, pieces: Sequence[PieceFacts]) -> CutJob:
    """Return the instance for cutting `pieces` out of `material`; equal sizes with equal ends are one part.

    Where the material is matched, the leaves of a set are parts of one group. Raises NoStockSize.
    """
    if not material.stock:
        raise NoStockSize(material=material.name)
    groups: dict[_Key, list[PieceFacts]] = {}
    ranked = sorted(pieces, key=lambda piece: piece.rank)  # stable: as they came within a rank
    paired = _paired(ranked) if material.setting.is_matched else {}
    for piece in (one for one in ranked if one.pair not in paired):
        allowance_mm = Decimal(0) if piece.width_mm else end_allowance(material.setting, piece.profile_mm)
        ends = mitred_ends(piece.mitre) if allowance_mm else 0
        key = (piece.length_mm, piece.width_mm, piece.grain, ends, allowance_mm if ends else Decimal(0))
        groups.setdefault(key, []).extend([piece] * piece.part_count)
    is_bar = material.kind is Kind.BAR
    named = {_name(key, groups): (_part(_name(key, groups), *key), found) for key, found in groups.items()}
    named |= _matched(paired)
    instance = {
        "kind": material.kind.value,
        "kerf_mm": _number(KERF_MM if material.kerf_mm is None else material.kerf_mm),
        "trim_mm": _trim(material),
        "min_offcut_mm": _least_offcut(is_bar, material.setting),
        "stock": [_stock(stock, material) for stock in material.stock]
        + [_offcut(offcut, material) for offcut in material.offcuts],
        "parts": [part | {"quantity": len(found)} for part, found in named.values()],
    }
    if not is_bar:
        instance |= {"stages": STAGES, "first_cut": material.setting.first_cut.value}
    return CutJob(
        instance,
        {name: [piece.id for piece in found] for name, (_, found) in named.items()},
        {name: [piece.rank for piece in found] for name, (_, found) in named.items()},
    )


def _paired(pieces: Iterable[PieceFacts]) -> dict[str, list[PieceFacts]]:
    """Return the pieces that are cut side by side out of one sheet, from the left, by what they belong to.

    They are at least two, equally long, equally often wanted, and have a grain.
    """
    found: dict[str, list[PieceFacts]] = {}
    for piece in pieces:
        if piece.pair and piece.width_mm and piece.grain is not Grain.NONE:
            found.setdefault(piece.pair, []).append(piece)
    return {
        pair: sorted(members, key=lambda one: one.pair_place)
        for pair, members in found.items()
        if len({one.pair_place for one in members}) == len(members) > 1
        and len({(one.length_mm, one.grain, one.part_count) for one in members}) == 1
    }


def _matched(
    paired: Mapping[str, Sequence[PieceFacts]],
) -> dict[str, tuple[dict[str, Any], list[PieceFacts]]]:
    """Return the parts of all pairs with the pieces behind them, by name; pairs of the same sizes are one group.

    The pieces of every member stand in the same order, so that the n-th of each belong together.
    """
    shapes: dict[tuple[_Key, ...], list[Sequence[PieceFacts]]] = {}
    for members in paired.values():
        keys = ((one.length_mm, one.width_mm, one.grain, 0, Decimal(0)) for one in members)
        shapes.setdefault(tuple(keys), []).append(members)
    made: dict[str, tuple[dict[str, Any], list[PieceFacts]]] = {}
    for number, (shape, found) in enumerate(shapes.items(), start=1):
        for place, key in enumerate(shape):
            name = f"{part_id(*key[:4])}xP{number}.{place + 1}"
            pieces = [members[place] for members in found for _ in range(members[place].part_count)]
            made[name] = (_part(name, *key) | {"match": f"P{number}"}, pieces)
    return made


def _name(key: _Key, others: Iterable[_Key]) -> str:
    """Return what a part is called; where only the allowance tells it from another, with that."""
    name = part_id(*key[:4])
    is_twin = sum(other[:4] == key[:4] for other in others) > 1
    return f"{name}x{_text(key[4])}" if is_twin else name


def part_id(length_mm: Decimal, width_mm: Decimal | None, grain: Grain, ends: int = 0) -> str:
    """Return what a size is called in an instance: 2090x240xlength; with mitred ends 2158xlengthxM2."""
    sides = [length_mm] if width_mm is None else [length_mm, width_mm]
    named = (*(_text(side) for side in sides), grain.value)
    return "x".join((*named, f"M{ends}") if ends else named)


def mitred_ends(mitre: str) -> int:
    """Return how many ends of a piece are mitred: of 45/90 one."""
    return mitre.split("/").count(MITRED)


def end_allowance(setting: CutSetting, profile_mm: Decimal | None) -> Decimal:
    """Return what one mitred end takes of a bar beyond the length to its long point.

    The material's own word goes first. Else what the saw takes for it (a wider kerf at 45°, a second cut) and,
    where the bar is not turned over, the wedge that falls off beside it: at 45° as long as the profile is wide.
    """
    if setting.mitre_mm:
        return setting.mitre_mm
    wedge_mm = profile_mm if setting.is_wedge_lost and profile_mm else Decimal(0)
    return setting.saw_mitre_mm + wedge_mm


def extent(length_mm: Decimal, width_mm: Decimal | None) -> Decimal:
    """Return how much a board (m2) or a bar (m) is."""
    return length_mm / 1000 if width_mm is None else length_mm * width_mm / 1_000_000


def deal(plan: Plan, pieces: Mapping[str, Sequence[int]]) -> Iterator[CutSheet]:
    """Yield the physical sheets of a plan in cutting order; pieces of one size are dealt out in order."""
    waiting = {part: iter(ids) for part, ids in pieces.items()}
    for pattern, layout in enumerate(plan.layouts):
        for _ in range(layout.repeat):
            places = tuple(
                Place(
                    next(waiting[at.part]),
                    at.x_dmm * DMM,
                    at.y_dmm * DMM,
                    at.length_dmm * DMM,
                    at.width_dmm * DMM,
                    at.is_turned,
                )
                for at in layout.placements
            )
            yield CutSheet(pattern, layout.stock, places)


def worth(instance: Instance, plan: Plan) -> tuple[int, int]:
    """Return what plans are compared by, the less the better: parts left out, then what its stock costs."""
    cost = sum(stock.cost * plan.stock_used.get(stock.id, 0) for stock in instance.stock)
    return sum(left.quantity for left in plan.unplaced), cost


def _trim(material: MaterialFacts) -> dict[str, int | float]:
    sides = ("start", "end") if material.kind is Kind.BAR else ("left", "right", "bottom", "top")
    return {side: _number(material.trim_mm or Decimal(0)) for side in sides}


def _least_offcut(is_bar: bool, setting: CutSetting) -> dict[str, int | float]:
    if is_bar:
        return {"length": _number(setting.offcut_length_mm or OFFCUT_BAR_MM)}
    length, width = OFFCUT_SHEET_MM
    return {
        "length": _number(setting.offcut_length_mm or length),
        "width": _number(setting.offcut_width_mm or width),
    }


def _stock(stock: StockFacts, material: MaterialFacts) -> dict[str, Any]:
    """Return one article as stock; its price counts only where every article of the material has one."""
    row: dict[str, Any] = {
        "id": stock.code,
        "length_mm": _number(stock.length_mm),
        "quantity": None,
        "offcut": False,
    }
    if stock.width_mm is not None:
        row |= {"width_mm": _number(stock.width_mm), "grain": material.grain.value}
    if stock.cost_price is not None and _is_priced(material):
        row["cost"] = _number(stock.cost_price)
    return row


def _is_priced(material: MaterialFacts) -> bool:
    """Say whether every article has a price: else sizes are compared by what they measure."""
    return all(one.cost_price for one in material.stock)


def _offcut(offcut: OffcutFacts, material: MaterialFacts) -> dict[str, Any]:
    """Return an offcut as stock of which there is one; it costs less than it is worth, nothing when wanted."""
    value = offcut.value_amount if _is_priced(material) else offcut.qty
    cost = Decimal(0) if offcut.is_wanted else (value * material.setting.offcut_rate).quantize(COST_PLACES)
    row = {
        "id": offcut.code,
        "length_mm": _number(offcut.length_mm),
        "quantity": 1,
        "cost": _number(cost),
        "offcut": True,
    }
    if offcut.width_mm is not None:
        row |= {"width_mm": _number(offcut.width_mm), "grain": material.grain.value}
    return row


def _part(
    name: str,
    length_mm: Decimal,
    width_mm: Decimal | None,
    grain: Grain,
    ends: int,
    allowance_mm: Decimal,
) -> dict[str, Any]:
    row: dict[str, Any] = {"id": name, "length_mm": _number(length_mm)}
    if width_mm is not None:
        row |= {"width_mm": _number(width_mm), "grain": grain.value}
    if ends:
        row["mitre_mm"] = _number(ends * allowance_mm)
    return row


def _number(value: Decimal) -> int | float:
    """Return a decimal as JSON writes it."""
    return int(value) if value == int(value) else float(value)


def _text(length_mm: Decimal) -> str:
    return f"{length_mm.normalize():f}"


def placed_qty(layout: Layout) -> Decimal:
    """Return what the parts on one sheet (m2) or bar (m) come to; the engine counts tenths of a mm."""
    return sum(
        (
            Decimal(part.length_dmm) * part.width_dmm / 100_000_000
            if part.width_dmm  # a bar has none
            else Decimal(part.length_dmm) / 10_000
            for part in layout.placements
        ),
        Decimal(0),
    )
