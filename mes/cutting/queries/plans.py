"""Reads of cutting: plans and their sheets, as pages, papers and labels show them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.i18n import Named
from core.jobs.model import Job
from core.jobs.rules import OPEN
from erp.catalogue.model import DoorVersion
from erp.materials.model import Article, Material
from mes.cutting.model import CutLayout, CutPlan, Offcut, Placement
from mes.cutting.queries import settings
from mes.cutting.rules import DMM, PlanState
from mes.cutting.rules.saw import Step, boards_per_book, books, cut_list
from mes.nesting.rules.cuts import Cut, Slicing, sliced
from mes.nesting.rules.instance import Instance, Kind, Stock, read_instance
from mes.nesting.rules.plan import Layout, Plan, read_plan
from mes.planning.model import Batch
from mes.splitting.model import DoorSet, Piece
from mes.splitting.rules import PieceState

SORTS = {
    "number": CutPlan.id,
    "batch": Batch.id,
    "yield": CutPlan.yield_rate,
    "sheets": CutPlan.stock_count,
    "state": CutPlan.state,
}


@dataclass(frozen=True, slots=True)
class PlanShown:
    """A plan with its material and, while it is computed, its job."""

    plan: CutPlan
    material: Material
    job: Job | None

    @property
    def is_computed(self) -> bool:
        """Whether its job is at work or waits for its turn; a plan that was kept meanwhile is done."""
        return self.plan.state is PlanState.QUEUED and self.job is not None and self.job.state in OPEN


@dataclass(frozen=True, slots=True)
class Part:
    """One part of one piece where it lies on its sheet."""

    piece: Piece
    set_number: str
    room: str
    place: Placement
    next_operation: Named | None  # what is done with it after the saw
    package: Named | None  # which package of its set it goes into
    allowance_mm: Decimal = Decimal(0)  # what its mitred ends take of the bar, after it
    pair: str = ""  # 1/2: the first of two whose grain runs on, side by side on this sheet

    @property
    def name(self) -> Named:
        """What it is."""
        return Named(self.piece.name, self.piece.name_en)

    @property
    def is_by_hand(self) -> bool:
        """Whether a hand made it otherwise than the rules."""
        return self.piece.hand_edit_id is not None

    @property
    def is_void(self) -> bool:
        """Whether nobody wants it any more: it was cancelled after the plan was made."""
        return self.piece.state is PieceState.VOID


@dataclass(frozen=True, slots=True)
class SheetShown:
    """One physical sheet or bar with everything on it, how it is sawn, and how much of it is used."""

    row: CutLayout
    article: Article
    stock: Stock
    layout: Layout
    parts: tuple[Part, ...]
    slicing: Slicing | None
    used_rate: Decimal
    offcuts: tuple[Offcut, ...]

    @property
    def cuts(self) -> tuple[Cut, ...]:
        """The saw cuts in order."""
        return () if self.slicing is None else self.slicing.cuts

    @property
    def steps(self) -> list[Step]:
        """The cut list."""
        return [] if self.slicing is None else cut_list(self.slicing)


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One physical sheet in the list beside the picture."""

    position: int
    code: str
    used_rate: Decimal
    is_cut: bool
    is_dropped: bool


@dataclass(frozen=True, slots=True)
class PlanPage:
    """A plan with its batch, its material, and its sheets; without a result it has none."""

    plan: CutPlan
    batch: Batch
    material: Material
    job: Job | None
    instance: Instance
    result: Plan | None
    lines: tuple[SheetLine, ...]
    book_count: int  # boards that the saw cuts at once

    @property
    def is_computed(self) -> bool:
        """Whether a job is at work on it or it waits for one; its result is the best so far."""
        return PlanShown(self.plan, self.material, self.job).is_computed

    @property
    def is_kept(self) -> bool:
        """Whether it has sheets; else its result is only what was found so far."""
        return self.result is not None and self.plan.state is not PlanState.QUEUED

    def books(self, pattern: int) -> list[int]:
        """Return how the equal boards of a pattern are stacked: 4 + 2."""
        return [] if self.result is None else books(self.result.layouts[pattern].repeat, self.book_count)

    @property
    def offcut_count(self) -> int:
        """How many offcuts are worth keeping."""
        if self.result is None:
            return 0
        return sum(layout.repeat * len(layout.offcuts) for layout in self.result.layouts)


def plans_of(session: Session, batch_id: int) -> list[PlanShown]:
    """Return a batch's plans in their order."""
    return _plans(session, plan_rows().where(CutPlan.batch_id == batch_id).order_by(CutPlan.id))


def plan_rows() -> Select[CutPlan, Material, Job]:
    """Return plans with their material and their job."""
    rows = select(CutPlan, Material, Job).join(Material, Material.id == CutPlan.material_id)
    return rows.outerjoin(Job, Job.id == CutPlan.job_id)


def listed(text: str, state: PlanState | None) -> Select[*tuple[Any, ...]]:
    """Return the plans of a list page, with their batch."""
    rows = plan_rows().add_columns(Batch).join(Batch, Batch.id == CutPlan.batch_id)
    if state is not None:
        rows = rows.where(CutPlan.state == state)
    if text:
        fields = (CutPlan.number, Material.code, Material.name, Material.name_en)
        found = [field.icontains(text, autoescape=True) for field in fields]
        rows = rows.where(found[0] | found[1] | found[2] | found[3])
    return rows


def state_counts(session: Session) -> dict[PlanState, int]:
    """Return how many plans stand where."""
    return dict(session.execute(select(CutPlan.state, func.count()).group_by(CutPlan.state)).all())


def _plans(session: Session, rows: Select[CutPlan, Material, Job]) -> list[PlanShown]:
    return [PlanShown(plan, material, job) for plan, material, job in session.execute(rows)]


def plan_page(session: Session, plan_id: int) -> PlanPage:
    """Return one plan. Raises NotFound."""
    row = session.execute(listed("", None).where(CutPlan.id == plan_id)).one_or_none()
    if row is None:
        raise NotFound
    plan, material, job, batch = row
    instance = read_instance(plan.instance)
    result = None if plan.result is None else read_plan(plan.result)
    saw = settings.saw_facts(session, plan.station_id)
    return PlanPage(
        plan,
        batch,
        material,
        job,
        instance,
        result,
        _lines(session, plan, instance, result),
        boards_per_book(saw.book_height_mm, material.thickness_mm) if instance.kind is Kind.SHEET else 1,
    )


def _lines(session: Session, plan: CutPlan, instance: Instance, result: Plan | None) -> tuple[SheetLine, ...]:
    if result is None:
        return ()
    stocks = {stock.id: stock for stock in instance.stock}
    rates = [used_rate(stocks[layout.stock], layout) for layout in result.layouts]
    rows = session.scalars(select(CutLayout).where(CutLayout.plan_id == plan.id).order_by(CutLayout.position))
    return tuple(
        SheetLine(
            row.position,
            row.code,
            rates[row.pattern],
            is_cut=row.cut_at is not None,
            is_dropped=row.dropped_at is not None,
        )
        for row in rows
    )


def used_rate(stock: Stock, layout: Layout) -> Decimal:
    """Return how much of a stock piece becomes parts, 0–1."""
    whole = stock.length_dmm * (stock.width_dmm or 1)
    return Decimal(sum(at.length_dmm * (at.width_dmm or 1) for at in layout.placements)) / whole


def sheets(session: Session, page: PlanPage, positions: Sequence[int] | None = None) -> list[SheetShown]:
    """Return sheets of a plan with what lies on them, all or those at some positions."""
    if page.result is None:
        return []
    rows = (
        select(CutLayout, Article)
        .join(Article, Article.id == CutLayout.article_id)
        .where(CutLayout.plan_id == page.plan.id)
        .order_by(CutLayout.position)
    )
    if positions is not None:
        rows = rows.where(CutLayout.position.in_(positions))
    found = session.execute(rows).all()
    parts = _parts(session, [row.id for row, _ in found])
    offcuts = _offcuts(session, [row.id for row, _ in found])
    stocks = {stock.id: stock for stock in page.instance.stock}
    shown = []
    for row, article in found:
        layout = page.result.layouts[row.pattern]
        stock = stocks[layout.stock]
        shown.append(
            SheetShown(
                row=row,
                article=article,
                stock=stock,
                layout=layout,
                parts=_allowed(page.instance, layout, parts[row.id]),
                slicing=sliced(page.instance, stock, layout.placements),
                used_rate=used_rate(stock, layout),
                offcuts=tuple(offcuts.get(row.id, ())),
            )
        )
    return shown


def profile_mm(sheets: Iterable[SheetShown]) -> Decimal | None:
    """Return how wide the profile is that all parts of some bars are made of; None where they do not agree."""
    widths = {part.piece.width_mm for sheet in sheets for part in sheet.parts}
    return widths.pop() if len(widths) == 1 else None


def _allowed(instance: Instance, layout: Layout, parts: Sequence[Part]) -> tuple[Part, ...]:
    """Return the parts of a sheet, which lie as its layout's placements do: what mitres take, which are pairs."""
    if not instance.mitres and not instance.groups:
        return tuple(parts)
    pairs = {
        part.id: f"{place}/{len(members)}"
        for members in instance.groups.values()
        for place, part in enumerate(members, start=1)
    }
    return tuple(
        replace(part, allowance_mm=instance.mitres.get(at.part, 0) * DMM, pair=pairs.get(at.part, ""))
        for part, at in zip(parts, layout.placements, strict=True)
    )


def _offcuts(session: Session, layout_ids: Sequence[int]) -> dict[int, list[Offcut]]:
    found: dict[int, list[Offcut]] = {}
    rows = select(Offcut).where(Offcut.layout_id.in_(layout_ids)).order_by(Offcut.id)
    for row in session.scalars(rows):
        found.setdefault(row.layout_id, []).append(row)
    return found


def _parts(session: Session, layout_ids: Sequence[int]) -> dict[int, list[Part]]:
    rows = session.execute(
        select(Placement, Piece, DoorSet)
        .join(Piece, Piece.id == Placement.piece_id)
        .join(DoorSet, DoorSet.id == Piece.set_id)
        .where(Placement.layout_id.in_(layout_ids))
        .order_by(Placement.layout_id, Placement.position)
    ).all()
    operations = _operations(session, {door_set.door_version_id for _, _, door_set in rows})
    found: dict[int, list[Part]] = {key: [] for key in layout_ids}
    for place, piece, door_set in rows:
        names = operations[door_set.door_version_id]
        part = Part(
            piece=piece,
            set_number=door_set.number,
            room=door_set.room,
            place=place,
            next_operation=names.get(piece.route[1]) if len(piece.route) > 1 else None,
            package=_package(door_set, piece),
        )
        found[place.layout_id].append(part)
    return found


def _operations(session: Session, version_ids: Collection[int]) -> dict[int, dict[str, Named]]:
    """Return the names of the operations of some frozen door models, by version and code."""
    rows = session.execute(
        select(DoorVersion.id, DoorVersion.document["operations"]).where(DoorVersion.id.in_(version_ids))
    )
    return {
        key: {one["code"]: Named(one["name"]["zh"], one["name"].get("en", "")) for one in listed or []}
        for key, listed in rows
    }


def _package(door_set: DoorSet, piece: Piece) -> Named | None:
    """Return the name of the package that a piece goes into, or None."""
    wanted = (piece.package_kind, piece.package_index)
    found = (one for one in door_set.packages if (one["kind"], one["index"]) == wanted)
    one = next(found, None)
    return None if one is None else Named(one["name"], one["name_en"])


def board_lot_of_offcut(session: Session, lot_id: int) -> int | None:
    """Return the lot of whole boards that an offcut came out of, by the offcut's lot; None where nobody scanned it."""
    rows = select(CutLayout.board_lot_id).join(Offcut, Offcut.layout_id == CutLayout.id)
    return session.scalar(rows.where(Offcut.lot_id == lot_id))


def sheet_found(session: Session, code: str) -> tuple[CutLayout, CutPlan] | None:
    """Return the sheet with this label and its plan, or None."""
    rows = select(CutLayout, CutPlan).join(CutPlan, CutPlan.id == CutLayout.plan_id)
    return session.execute(rows.where(CutLayout.code == code)).one_or_none()


def prove(session: Session) -> list[str]:
    """Return what is wrong: a ready plan whose placements differ from its result."""
    placed = (
        select(CutLayout.plan_id, func.count(Placement.id).label("count"))
        .join(Placement, Placement.layout_id == CutLayout.id)
        .group_by(CutLayout.plan_id)
        .subquery()
    )
    rows = session.execute(
        select(CutPlan.number, CutPlan.piece_count, CutPlan.unplaced_count, placed.c.count)
        .outerjoin(placed, placed.c.plan_id == CutPlan.id)
        .where(CutPlan.state == PlanState.READY)
    )
    return [
        f"cut plan {number}: {count or 0} placed and {unplaced} unplaced of {pieces}"
        for number, pieces, unplaced, count in rows
        if (count or 0) + (unplaced or 0) != pieces
    ]
