"""Reads of cutting: what waits to be cut, plans as pages, papers and labels show them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.i18n import Named
from core.jobs.model import Job
from core.jobs.rules import OPEN
from erp.catalogue.model import DoorVersion
from erp.catalogue.rules.document import Group
from erp.materials.model import Article, Material
from erp.materials.rules import MaterialKind
from erp.sales.model import Order
from mes.cutting.model import CutLayout, CutPlan, Offcut, Placement, TakenAlong
from mes.cutting.queries import settings
from mes.cutting.rules import DMM, MaterialFacts, OffcutFacts, PieceFacts, PlanState, StockFacts
from mes.cutting.rules.progress import BatchProgress, PlanWork, progress
from mes.cutting.rules.saw import Step, boards_per_book, books, cut_list
from mes.nesting.rules.cuts import Cut, Slicing, sliced
from mes.nesting.rules.instance import Instance, Kind, Stock, read_instance
from mes.nesting.rules.plan import Layout, Plan, read_plan
from mes.planning.model import Batch
from mes.planning.queries import lots
from mes.splitting.model import DoorSet, Piece
from mes.splitting.rules import CutMethod, PieceState

SORTS = {
    "number": CutPlan.id,
    "batch": Batch.id,
    "yield": CutPlan.yield_rate,
    "sheets": CutPlan.stock_count,
    "state": CutPlan.state,
}
KINDS = {MaterialKind.SHEET: Kind.SHEET, MaterialKind.BAR: Kind.BAR}


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


def waiting_pieces(
    session: Session, batch_id: int | None = None, *, is_urgent: bool = False
) -> Sequence[Piece]:
    """Return the pieces that wait to be cut and lie in no plan in force; remakes first, then as orders are due.

    Only those of sets that are in a batch, of one batch where one is named; only the urgent ones if asked.
    """
    batched = lots.batched_sets().subquery()
    rows = (
        select(Piece)
        .join(batched, batched.c.set_id == Piece.set_id)
        .join(Order, Order.id == Piece.order_id)
        .where(*_is_waiting())
    )
    if batch_id is not None:
        rows = rows.where(batched.c.batch_id == batch_id)
    if is_urgent:
        rows = rows.where(Piece.is_urgent)
    return session.scalars(
        rows.order_by(Piece.is_urgent.desc(), Order.due_on.is_(None), Order.due_on, Piece.order_id, Piece.id)
    ).all()


@dataclass(frozen=True, slots=True)
class Remake:
    """One piece that is made again and waits for the saw."""

    piece: Piece
    set_number: str
    material: Material
    order: Order
    since_at: datetime


def remakes(session: Session) -> list[Remake]:
    """Return everything that is made again and lies in no plan, the oldest first."""
    waiting = [piece.id for piece in waiting_pieces(session, is_urgent=True)]
    rows = session.execute(
        select(Piece, DoorSet.number, Material, Order)
        .join(DoorSet, DoorSet.id == Piece.set_id)
        .join(Order, Order.id == Piece.order_id)
        .join(Material, Material.id == Piece.material_id)
        .where(Piece.id.in_(waiting))
        .order_by(Piece.id)
    )
    return [
        Remake(piece, number, material, order, piece.changed_at) for piece, number, material, order in rows
    ]


def _is_waiting() -> tuple[Any, ...]:
    planned = (
        select(Placement.id)
        .join(CutLayout, CutLayout.id == Placement.layout_id)
        .where(Placement.piece_id == Piece.id, CutLayout.dropped_at.is_(None))
    )
    return (
        Piece.state == PieceState.PLANNED,
        Piece.cut_method != CutMethod.NONE,
        Piece.material_id.is_not(None),
        Piece.cut_length_mm.is_not(None),
        ~planned.exists(),
        ~select(TakenAlong.id).where(TakenAlong.piece_id == Piece.id).exists(),
    )


def waiting_by_material(session: Session, batch_id: int) -> list[tuple[Material, list[Piece]]]:
    """Return a batch's waiting pieces by material, materials by code."""
    return by_material(session, waiting_pieces(session, batch_id))


def by_material(session: Session, pieces: Iterable[Piece]) -> list[tuple[Material, list[Piece]]]:
    """Return pieces by material, materials by code; each material's in the order in which they came."""
    grouped: dict[int, list[Piece]] = {}
    for piece in pieces:
        if piece.material_id is not None:
            grouped.setdefault(piece.material_id, []).append(piece)
    wanted = select(Material).where(Material.id.in_(grouped)).order_by(Material.code)
    return [(material, grouped[material.id]) for material in session.scalars(wanted)]


def material_facts(
    session: Session,
    material: Material,
    articles: Sequence[Article],
    offcuts: Sequence[OffcutFacts] = (),
) -> MaterialFacts:
    """Return a material, its sizes and what its saw is told as the rules want them."""
    sized = [
        StockFacts(article.code, article.length_mm, article.width_mm, article.cost_price)
        for article in articles
        if article.length_mm is not None
    ]
    return MaterialFacts(
        name=Named(material.name, material.name_en),
        kind=KINDS[material.kind],
        grain=material.grain,
        kerf_mm=material.kerf_mm,
        trim_mm=material.trim_mm,
        stock=tuple(sized),
        offcuts=tuple(offcuts),
        setting=settings.setting_of(session, material.id),
    )


def pieces_facts(session: Session, pieces: Sequence[Piece]) -> list[PieceFacts]:
    """Return waiting pieces as the rules want them; their orders are ranked as they come, remakes before all."""
    ranks: dict[int, int] = {}
    for piece in pieces:
        if not piece.is_urgent:
            ranks.setdefault(piece.order_id, len(ranks) + 1)
    places = _leaf_places(session, pieces)
    return [_piece_facts(piece, 0 if piece.is_urgent else ranks[piece.order_id], places) for piece in pieces]


def _leaf_places(session: Session, pieces: Iterable[Piece]) -> dict[tuple[int, str], int]:
    """Return where the leaves that some pieces are, or join, stand in their set, from the left; by set and code.

    The drawing knows it: LEAF_1 is the leftmost leaf as seen from outside.
    """
    of_leaves = {piece.set_id for piece in pieces if piece.part_group == Group.LEAF}
    rows = session.execute(
        select(Piece.set_id, Piece.rule_code, Piece.drawn_as)
        .where(Piece.set_id.in_(of_leaves), Piece.drawn_as.startswith("LEAF_"))
        .order_by(Piece.id)
    )
    drawn = [(set_id, code, as_.removeprefix("LEAF_")) for set_id, code, as_ in rows]
    return {(set_id, code): int(place) for set_id, code, place in drawn if place.isdigit()}


def _piece_facts(piece: Piece, rank: int, places: Mapping[tuple[int, str], int]) -> PieceFacts:
    leaf = piece.joins or piece.rule_code
    place = places.get((piece.set_id, leaf), 0) if piece.part_group == Group.LEAF else 0
    of_leaf = leaf[leaf.rfind("_") :] if "_" in leaf else ""  # LEAF_2: its parts are called FACE_2
    return PieceFacts(
        id=piece.id,
        length_mm=piece.cut_length_mm or Decimal(0),  # a waiting piece has one
        width_mm=piece.cut_width_mm if piece.cut_method is CutMethod.SHEET else None,
        grain=piece.grain,
        part_count=piece.part_count,
        mitre=piece.mitre,
        profile_mm=piece.width_mm,
        rank=rank,
        pair=f"{piece.set_id} {piece.rule_code.replace(of_leaf, '', 1)} {(place + 1) // 2}"
        if place and of_leaf
        else "",
        pair_place=place,
    )


@dataclass(frozen=True, slots=True)
class Stale:
    """What the plans of a batch do not know: parts on sheets not cut that nobody wants, and pieces in no plan."""

    unwanted_count: int
    waiting_count: int

    def __bool__(self) -> bool:
        """Say whether what is not cut yet should be planned anew."""
        return bool(self.unwanted_count)


def stale(session: Session, batch_id: int) -> Stale:
    """Return what has changed since a batch was planned, on sheets that are not cut; what is cut stands."""
    return Stale(unwanted_parts(session, [batch_id]).get(batch_id, 0), len(waiting_pieces(session, batch_id)))


def unwanted_parts(session: Session, batch_ids: Collection[int]) -> dict[int, int]:
    """Return by batch how many parts on sheets that are not cut nobody wants: cancelled, changed or scrapped."""
    rows = session.execute(
        select(CutPlan.batch_id, func.count())
        .join(CutLayout, CutLayout.plan_id == CutPlan.id)
        .join(Placement, Placement.layout_id == CutLayout.id)
        .join(Piece, Piece.id == Placement.piece_id)
        .where(CutPlan.batch_id.in_(batch_ids), CutPlan.state == PlanState.READY)
        .where(CutLayout.cut_at.is_(None), CutLayout.dropped_at.is_(None))
        .where(Piece.state.in_((PieceState.VOID, PieceState.REMAKE)))
        .group_by(CutPlan.batch_id)
    )
    return dict(rows.all())


def batch_progress(session: Session, batch_id: int, at: datetime) -> BatchProgress | None:
    """Return how far the plans are that were asked for last, or nothing when none is on its way."""
    asked = (
        select(func.max(CutPlan.created_at))
        .join(Job, Job.id == CutPlan.job_id)
        .where(CutPlan.batch_id == batch_id, CutPlan.state == PlanState.QUEUED, Job.state.in_(OPEN))
    )
    asked_at = session.scalar(asked)
    rows = session.execute(
        select(CutPlan.piece_count, Job)
        .join(Job, Job.id == CutPlan.job_id)
        .where(CutPlan.batch_id == batch_id, CutPlan.created_at == asked_at)
        .order_by(CutPlan.id)
    ).all()
    works = [PlanWork(count, job.state, job.done_count, job.total_count) for count, job in rows]
    began_at = min((job.started_at for _, job in rows if job.started_at), default=None)
    return progress(works, began_at, at) if works else None


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
