"""Reads of splitting: an order split in memory, and what was frozen of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from sqlalchemy import Select, func, select, true
from sqlalchemy.orm import Session

from core.activity.model import Interval
from core.errors import AppError, NotFound
from erp.catalogue import queries as catalogue
from erp.catalogue.model import DoorVersion
from erp.catalogue.rules.by_hand import Edit, by_hand, of_set
from erp.catalogue.rules.by_hand import faults as hand_faults
from erp.catalogue.rules.document import ModelDocument
from erp.catalogue.rules.explode import attempt, explode
from erp.catalogue.rules.explosion import Explosion
from erp.catalogue.rules.line import LineSpec
from erp.catalogue.rules.need import cut_qty
from erp.materials import queries as materials
from erp.materials.model import Material
from erp.materials.rules import MaterialKind, StockSize
from erp.sales.model import Line, Order
from erp.sales.queries import hand_edits
from erp.sales.queries.hand_edits import EditShown
from erp.sales.queries.questions import waiting_spans
from mes.splitting.model import DoorSet, Piece, Release, Requirement
from mes.splitting.rules import (
    LIVE,
    ORDER_WORK,
    Fault,
    FrozenLine,
    FrozenOrder,
    FrozenSet,
    LinesRefused,
    NothingToRelease,
    PieceState,
    clipped_minutes,
    parameters_sha256,
    share,
)

Row = TypeVar("Row", DoorSet, Piece)


def spec_of(line: Line) -> LineSpec:
    """Return a line's sizes and choices, as the explosion wants them."""
    return LineSpec(
        width_mm=line.width_mm,
        height_mm=line.height_mm,
        wall_mm=line.wall_mm,
        dim_basis=line.dim_basis,
        handing=line.handing,
        colour=line.colour_code,
        mother_width_mm=line.mother_width_mm,
        options=line.options,
        measures={code: Decimal(size) for code, size in line.measures.items()},
    )


def _lines(session: Session, order_id: int) -> Sequence[Line]:
    return session.scalars(select(Line).where(Line.order_id == order_id).order_by(Line.position)).all()


class Split:
    """Splits the lines of an order; equal lines, and models that several lines share, are worked out once."""

    def __init__(self, session: Session, lines: Sequence[Line]) -> None:
        self.session = session
        self.stock: Mapping[str, tuple[StockSize, ...]] = materials.stock_lengths(session)
        self.edits = hand_edits.in_force(session, [line.id for line in lines])
        self.kinds: Mapping[str, MaterialKind] = materials.kinds(session) if self.edits else {}
        self.doors: dict[int, tuple[DoorVersion, ModelDocument]] = {}
        self.done: dict[tuple[int, str], Explosion] = {}

    def door(self, door_id: int) -> tuple[DoorVersion, ModelDocument]:
        """Return a door model's version in force and its document."""
        if door_id not in self.doors:
            version = catalogue.current_version(self.session, door_id)
            self.doors[door_id] = (version, catalogue.document(version))
        return self.doors[door_id]

    def faults(self, line: Line) -> tuple[AppError, ...]:
        """Return everything that stands against making a line."""
        made, refusals = attempt(self.door(line.door_id)[1], spec_of(line), self.stock)
        if refusals or made is None:
            return refusals
        return self.hand_faults(line, made)

    def hand_faults(self, line: Line, made: Explosion) -> tuple[AppError, ...]:
        """Return everything that stands against a line's changes by hand, each once."""
        edits = self.edits.get(line.id, ())
        found: dict[str, AppError] = {str(one): one for one in hand_edits.lost_sets(edits, line.set_count)}
        for own in dict.fromkeys(_edits_by_set(line, edits)):
            found.update({str(one): one for one in hand_faults(made, own, self.stock, self.kinds)})
        return tuple(found.values())

    def explode(self, door_id: int, spec: LineSpec) -> Explosion:
        """Return one set of a model, split by its version in force. Raises its first refusal."""
        version, document = self.door(door_id)
        key = (version.id, spec.sha256)
        if key not in self.done:
            self.done[key] = explode(document, spec, self.stock)
        return self.done[key]

    def line(self, line: Line) -> FrozenLine:
        """Return a line, split. Raises the line's first refusal."""
        version, _document = self.door(line.door_id)
        spec = spec_of(line)
        return FrozenLine(
            line_id=line.id,
            position=line.position,
            room=line.room,
            door_version_id=version.id,
            spec=spec,
            sets=self._sets(line, version.sha256, spec, self.explode(line.door_id, spec)),
            kind=line.kind,
            touch_count=line.touch_count,
        )

    def _sets(
        self, line: Line, version_sha256: str, spec: LineSpec, made: Explosion
    ) -> tuple[FrozenSet, ...]:
        """Return what each set of a line is made of, changes by hand included. Raises what stands against them."""
        if wrong := self.hand_faults(line, made):
            raise wrong[0]
        wanted = _edits_by_set(line, self.edits.get(line.id, ()))
        different = {own: frozen_set(version_sha256, spec, made, own) for own in dict.fromkeys(wanted)}
        return tuple(different[own] for own in wanted)

    def lasting(self, made: Explosion, edits: Sequence[Edit]) -> tuple[Edit, ...]:
        """Return those changes by hand of one set that still fit what the rules make of it now."""
        return tuple(one for one in edits if not hand_faults(made, (one,), self.stock, self.kinds))


def frozen_set(version_sha256: str, spec: LineSpec, made: Explosion, own: tuple[Edit, ...]) -> FrozenSet:
    """Return one set as the rules make it and a hand has changed it."""
    return FrozenSet(by_hand(made, own) if own else made, parameters_sha256(version_sha256, spec, own), own)


def _edits_by_set(line: Line, edits: Sequence[Edit]) -> list[tuple[Edit, ...]]:
    """Return the changes by hand of each set of a line, in the order of the sets."""
    return [of_set(edits, position) for position in range(1, line.set_count + 1)]


def faults(session: Session, order_id: int) -> list[Fault]:
    """Return everything that stands against making an order's lines, line by line."""
    lines = _lines(session, order_id)
    split = Split(session, lines)
    return [Fault(line.id, line.position, refusal) for line in lines for refusal in split.faults(line)]


def prepare(session: Session, order_id: int) -> FrozenOrder:
    """Split an order in memory. Raises NotFound, NothingToRelease, LinesRefused."""
    order = session.get(Order, order_id)
    if order is None:
        raise NotFound
    lines = _lines(session, order_id)
    if not lines:
        raise NothingToRelease(number=order.number)
    split, made, refused = Split(session, lines), [], []
    for line in lines:
        try:
            made.append(split.line(line))
        except AppError:
            refused.append(line.position)
    if refused:
        raise LinesRefused(number=order.number, lines=refused)
    return FrozenOrder(order.id, order.number, order.version, share(made))


@dataclass(frozen=True, slots=True)
class SetPage:
    """One door set with its pieces and requirements, as a page shows it."""

    row: DoorSet
    version: int  # of the door model
    door_name: str
    door_name_en: str
    pieces: list[tuple[Piece, Material | None]] = field(default_factory=list)
    requirements: list[tuple[Requirement, Material]] = field(default_factory=list)
    edits: list[EditShown] = field(default_factory=list)  # the changes by hand that are in it

    def reason(self, edit_id: int | None) -> str:
        """Return why and by whom a piece or requirement was changed by hand."""
        return next((f"{one.reason} · {one.who}" for one in self.edits if one.id == edit_id), "")


def _released(what: type[Row]) -> Select[Row]:
    """Leave out what a release is still writing, or had written when it broke off."""
    return select(what).join(Order, Order.id == what.order_id).where(Order.released_at.is_not(None))


def sets(session: Session, order_id: int) -> Sequence[DoorSet]:
    """Return a released order's sets in their order."""
    return session.scalars(_released(DoorSet).where(DoorSet.order_id == order_id).order_by(DoorSet.id)).all()


def set_page(session: Session, set_id: int) -> SetPage:
    """Return one released set with everything it is made of. Raises NotFound."""
    row = session.scalar(_released(DoorSet).where(DoorSet.id == set_id))
    if row is None:
        raise NotFound
    version = catalogue.version(session, row.door_version_id)
    door = catalogue.door(session, version.door_id)
    pieces = session.execute(
        select(Piece, Material)
        .outerjoin(Material, Material.id == Piece.material_id)
        .where(Piece.set_id == set_id)
        .order_by(Piece.id)
    )
    requirements = session.execute(
        select(Requirement, Material)
        .join(Material, Material.id == Requirement.material_id)
        .where(Requirement.set_id == set_id)
        .order_by(Requirement.id)
    )
    return SetPage(
        row,
        version.position,
        door.name,
        door.name_en,
        [(piece, material) for piece, material in pieces],
        [(wanted, material) for wanted, material in requirements],
        hand_edits.frozen_in(session, row.line_id, row.position, row.frozen_at),
    )


def pieces(session: Session, order_id: int) -> Sequence[Piece]:
    """Return all pieces of a released order, set by set, replaced ones included."""
    return session.scalars(
        _released(Piece).where(Piece.order_id == order_id).order_by(Piece.set_id, Piece.id)
    ).all()


def need(session: Session, order_id: int, set_ids: Collection[int] | None = None) -> dict[int, Decimal]:
    """Return what the frozen sets of an order that were not cancelled need of each material, net, by its id.

    `set_ids`: of these alone. Sheets in m2 and bars in m of the sizes as cut, a remade piece once; the rest as it
    was required.
    """
    found: defaultdict[int, Decimal] = defaultdict(Decimal)
    size = (Piece.material_id, Piece.cut_length_mm, Piece.cut_width_mm, Piece.part_count)
    rows = session.execute(
        select(*size).where(
            Piece.order_id == order_id,
            Piece.state.in_(LIVE),
            true() if set_ids is None else Piece.set_id.in_(set_ids),
        )
    )
    for material_id, length, width, count in rows:
        if material_id is not None and length is not None:  # the others are not cut
            found[material_id] += cut_qty(length, width) * count
    required = session.execute(
        select(Requirement.material_id, Requirement.needed_qty)
        .join(DoorSet, DoorSet.id == Requirement.set_id)
        .where(DoorSet.order_id == order_id, DoorSet.voided_at.is_(None))
        .where(true() if set_ids is None else DoorSet.id.in_(set_ids))
    )
    for material_id, qty in required:
        found[material_id] += qty
    return dict(found)


def requirements(session: Session, order_id: int) -> Sequence[tuple[Requirement, Material]]:
    """Return what a released order's sets need beside their pieces."""
    rows = session.execute(
        select(Requirement, Material)
        .join(DoorSet, DoorSet.id == Requirement.set_id)
        .join(Material, Material.id == Requirement.material_id)
        .join(Order, Order.id == DoorSet.order_id)
        .where(DoorSet.order_id == order_id, Order.released_at.is_not(None))
        .order_by(Requirement.id)
    )
    return [(wanted, material) for wanted, material in rows]


def piece_by_code(session: Session, code: str) -> Piece | None:
    """Return the piece whose label in force this is."""
    return session.scalar(_released(Piece).where(Piece.code == code))


def set_by_code(session: Session, code: str) -> DoorSet | None:
    """Return the released door set with this code."""
    return session.scalar(_released(DoorSet).where(DoorSet.code == code))


def sets_found(session: Session, text: str, limit: int = 10) -> Sequence[DoorSet]:
    """Return the released sets with this code, or whose number begins with this text."""
    return session.scalars(
        _released(DoorSet)
        .where((DoorSet.code == text) | DoorSet.number.startswith(text, autoescape=True))
        .order_by(DoorSet.number)
        .limit(limit)
    ).all()


def prove(session: Session) -> list[str]:
    """Return what is wrong: replaced pieces without exactly one in their place, lines that count other sets."""
    orphans = session.scalars(
        select(Piece.code)
        .where(Piece.state == PieceState.REMAKE)
        .where(Piece.id.not_in(select(Piece.remake_of_id).where(Piece.remake_of_id.is_not(None))))
    )
    count, void = func.count(DoorSet.id), func.count(DoorSet.voided_at)
    lines = session.execute(
        select(Order.number, Line.position, Line.set_count, Line.cancelled_count, count, void)
        .join(Order, Order.id == Line.order_id)
        .join(DoorSet, DoorSet.line_id == Line.id)
        .where(Order.released_at.is_not(None))
        .group_by(Order.number, Line.position, Line.set_count, Line.cancelled_count, Line.id)
        .having((count != Line.set_count) | (void != Line.cancelled_count))
    )
    return [
        *(f"piece {code} was scrapped and nothing replaces it" for code in orphans),
        *(
            f"{number} line {position}: {sets} sets of which {gone} cancelled, counted as {told} and {told_gone}"
            for number, position, told, told_gone, sets, gone in lines
        ),
    ]


def active_minutes(session: Session, order_id: int, since: datetime | None, before: datetime) -> Fraction:
    """Return the minutes that people worked on an order, and on the sheet it came from, in some time.

    One person's intervals never overlap; two people's minutes both count. While the order waits for its
    dealer's answer nothing counts.
    """
    sheet = select(Order.import_id).where(Order.id == order_id).scalar_subquery()
    of_order = (Interval.subject == "erp.sales.order") & (Interval.subject_id == order_id)
    of_sheet = (Interval.subject == "erp.sales.import") & (Interval.subject_id == sheet)
    rows = session.execute(
        select(Interval.started_at, Interval.ended_at).where(
            Interval.kind.in_(ORDER_WORK), of_order | of_sheet
        )
    )
    waiting = waiting_spans(session, order_id, before)
    return clipped_minutes(((begin, end) for begin, end in rows), since, before, waiting)


def releases(session: Session, order_id: int) -> Sequence[Release]:
    """Return the releases of an order, the first first."""
    return session.scalars(
        select(Release).where(Release.order_id == order_id).order_by(Release.version)
    ).all()
