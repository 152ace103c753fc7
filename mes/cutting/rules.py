"""Rules of cut plans: what is to be cut as a cutting instance, and which piece lies where. Lengths are mm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.choices import Choice
from core.errors import Conflict, RuleViolation
from core.i18n import N_, Named
from erp.materials.rules import Grain
from mes.nesting.rules.cuts import Cut
from mes.nesting.rules.instance import Kind
from mes.nesting.rules.plan import Layout, Plan

KERF_MM = Decimal("4.0")  # a scoring panel saw; where the material says nothing
STAGES = 3  # rip, cross-cut, rip again; then a trimming cut
OFFCUT_SHEET_MM = (Decimal(600), Decimal(300))  # smaller ones are never found again
OFFCUT_BAR_MM = Decimal(800)
DMM = Decimal("0.1")  # the engine counts in tenths


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
class MaterialFacts:
    """A material as the saw sees it."""

    name: Named
    kind: Kind
    grain: Grain
    kerf_mm: Decimal | None
    trim_mm: Decimal | None
    stock: tuple[StockFacts, ...]


@dataclass(frozen=True, slots=True)
class PieceFacts:
    """One piece to be cut; a bundle is cut `part_count` times."""

    id: int
    length_mm: Decimal
    width_mm: Decimal | None
    grain: Grain
    part_count: int


@dataclass(frozen=True, slots=True)
class CutJob:
    """A cutting instance (contracts: its format), and the pieces behind each of its parts, in order."""

    instance: Mapping[str, Any]
    pieces: Mapping[str, Sequence[int]] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True)
class Step:
    """Some equal cuts after each other, as the cut list shows them."""

    first: int
    last: int
    stage: int
    size_mm: Decimal

    @property
    def count(self) -> int:
        """How many cuts it is."""
        return self.last - self.first + 1


def cut_job(material: MaterialFacts, pieces: Sequence[PieceFacts]) -> CutJob:
    """Return the instance for cutting `pieces` out of `material`; equal sizes are one part.

    Raises NoStockSize.
    """
    if not material.stock:
        raise NoStockSize(material=material.name)
    groups: dict[tuple[Decimal, Decimal | None, Grain], list[int]] = {}
    for piece in pieces:
        key = (piece.length_mm, piece.width_mm, piece.grain)
        groups.setdefault(key, []).extend([piece.id] * piece.part_count)
    is_bar = material.kind is Kind.BAR
    named = {part_id(*key): (key, ids) for key, ids in groups.items()}
    instance = {
        "kind": material.kind.value,
        "kerf_mm": _number(KERF_MM if material.kerf_mm is None else material.kerf_mm),
        "trim_mm": _trim(material),
        "min_offcut_mm": _least_offcut(is_bar),
        "stock": [_stock(stock, material) for stock in material.stock],
        "parts": [_part(name, *key, quantity=len(ids)) for name, (key, ids) in named.items()],
    }
    if not is_bar:
        instance["stages"] = STAGES
    return CutJob(instance, {name: ids for name, (_, ids) in named.items()})


def part_id(length_mm: Decimal, width_mm: Decimal | None, grain: Grain) -> str:
    """Return what a size is called in an instance: 2090x240xlength."""
    sides = [length_mm] if width_mm is None else [length_mm, width_mm]
    return "x".join((*(_text(side) for side in sides), grain.value))


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


def steps_of(cuts: Sequence[Cut]) -> list[Step]:
    """Return the cut list: equal cuts that follow each other are one step."""
    steps: list[Step] = []
    for cut in cuts:
        size_mm = cut.size_dmm * DMM
        before = steps[-1] if steps else None
        if before is not None and (before.stage, before.size_mm) == (cut.stage, size_mm):
            steps[-1] = Step(before.first, cut.n, cut.stage, size_mm)
        else:
            steps.append(Step(cut.n, cut.n, cut.stage, size_mm))
    return steps


def _trim(material: MaterialFacts) -> dict[str, int | float]:
    sides = ("start", "end") if material.kind is Kind.BAR else ("left", "right", "bottom", "top")
    return {side: _number(material.trim_mm or Decimal(0)) for side in sides}


def _least_offcut(is_bar: bool) -> dict[str, int | float]:
    if is_bar:
        return {"length": _number(OFFCUT_BAR_MM)}
    return {"length": _number(OFFCUT_SHEET_MM[0]), "width": _number(OFFCUT_SHEET_MM[1])}


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
    if stock.cost_price is not None and all(one.cost_price for one in material.stock):
        row["cost"] = _number(stock.cost_price)
    return row


def _part(
    name: str, length_mm: Decimal, width_mm: Decimal | None, grain: Grain, *, quantity: int
) -> dict[str, Any]:
    row: dict[str, Any] = {"id": name, "length_mm": _number(length_mm), "quantity": quantity}
    if width_mm is not None:
        row |= {"width_mm": _number(width_mm), "grain": grain.value}
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
