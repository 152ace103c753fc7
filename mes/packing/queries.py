"""Reads of packing: facts for the judges, for pages and for labels; proofs for `stock verify`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from core.auth.model import Person
from core.codelists.model import Entry
from core.i18n import Named
from erp.catalogue.model import Door
from erp.catalogue.rules.document import Handing
from erp.parties.model import Party
from erp.sales.model import Line, Order
from erp.sales.rules.states import OrderState
from mes.packing.model import Content, Package
from mes.packing.rules import FINISHED, Box, Item, PackageState, Piece
from mes.production import queries as production
from mes.scanning.model import Scan
from mes.scanning.rules import Block, Outcome, ScanKind
from mes.splitting import model as splitting
from mes.splitting.model import DoorSet
from mes.splitting.rules import PieceState

OVER = (OrderState.SHIPPED, OrderState.CLOSED, OrderState.CANCELLED)
AT_BENCH = (ScanKind.PACK_ADD, ScanKind.PACK_REMOVE)
COLOUR = "colour"  # kind of the code list


Part = splitting.Piece  # a piece as the table has it; Piece is the judge's
BOX = (
    *(Package.id, Package.code, Package.kind, Package.name, Package.name_en, Package.position),
    *(Package.total_count, Package.state, Package.order_id, Order.number, Order.state),
    *(Package.set_id, DoorSet.number, DoorSet.room),
)  # columns, not entities: a scan reads them as they stand under its lock, and quickly
ITEM = (
    *(Part.id, Part.rule_code, Part.mirror_code, Part.name, Part.name_en, Part.length_mm, Part.width_mm),
    *(Part.part_count, Part.remake_of_id, Part.drawn_as),
)
PIECE = (
    *(
        Part.id,
        Part.rule_code,
        Part.mirror_code,
        Part.name,
        Part.name_en,
        Part.set_id,
        Part.state,
        Part.route,
    ),
    *(
        Part.step_count,
        DoorSet.number,
        DoorSet.room,
        DoorSet.door_version_id,
        Order.number,
        Content.packed_at,
    ),
)


class Lock(Enum):
    """How a reader holds a package until the end of the transaction."""

    NONE = "none"
    SHARED = "shared"  # several may, and nobody changes its state meanwhile
    ALONE = "alone"


def package_id(session: Session, code: str) -> int | None:
    """Return the id of the package whose label in force carries `code`."""
    return session.scalar(select(Package.id).where(Package.code == code))


def box(session: Session, package_id: int, lock: Lock = Lock.NONE) -> Box | None:
    """Return a package with everything that belongs into it, pieces in the order of their rules."""
    wanted = _boxes().where(Package.id == package_id)
    if lock is not Lock.NONE:
        wanted = wanted.with_for_update(read=lock is Lock.SHARED, of=Package)
    row = session.execute(wanted).one_or_none()
    return None if row is None else _box(row, _items(session, [package_id]).get(package_id, ()))


def _boxes() -> Select[*tuple[Any, ...]]:
    return select(*BOX).join(Order, Order.id == Package.order_id).join(DoorSet, DoorSet.id == Package.set_id)


def _box(row: Sequence[Any], items: tuple[Item, ...] = ()) -> Box:
    """Return a package out of the values of BOX."""
    package_id, code, kind, name, name_en, position, total_count, state, *head = row
    order_id, order_number, order_state, set_id, set_number, room = head
    return Box(
        package_id=package_id,
        code=code,
        kind=kind,
        name=Named(name, name_en),
        position=position,
        total_count=total_count,
        state=state,
        order_id=order_id,
        order_number=order_number,
        is_order_open=order_state not in OVER,
        set_id=set_id,
        set_number=set_number,
        room=room or set_number,
        items=items,
    )


def _items(session: Session, package_ids: Sequence[int]) -> dict[int, tuple[Item, ...]]:
    found: dict[int, list[Item]] = {}
    rows = session.execute(
        select(Content.package_id, Content.packed_at, *ITEM)
        .join(Part, Part.id == Content.piece_id)
        .where(Content.package_id.in_(package_ids))
        .order_by(Content.id)
    )
    for package, packed_at, piece_id, rule_code, mirror_code, name, name_en, length, width, *rest in rows:
        part_count, remake_of_id, drawn_as = rest
        found.setdefault(package, []).append(
            Item(
                piece_id=piece_id,
                rule_code=rule_code,
                mirror_code=mirror_code,
                name=Named(name, name_en),
                length_mm=length,
                width_mm=width,
                part_count=part_count,
                is_packed=packed_at is not None,
                is_remake=remake_of_id is not None,
                drawn_as=drawn_as or "",
            )
        )
    return {package: tuple(items) for package, items in found.items()}


def piece(session: Session, code: str) -> Piece | None:
    """Return the piece whose label in force carries `code`, and the package that it belongs to."""
    return _piece(session, Part.code == code)


def piece_by_id(session: Session, piece_id: int) -> Piece | None:
    """Return a piece and the package that it belongs to."""
    return _piece(session, Part.id == piece_id)


def _piece(session: Session, condition: ColumnElement[bool]) -> Piece | None:
    row = session.execute(
        select(*PIECE, *BOX)
        .join(DoorSet, DoorSet.id == Part.set_id)
        .join(Order, Order.id == Part.order_id)
        .outerjoin(Content, Content.piece_id == Part.id)
        .outerjoin(Package, Package.id == Content.package_id)
        .where(condition)
    ).one_or_none()
    if row is None:
        return None
    facts, home = row[: len(PIECE)], row[len(PIECE) :]
    piece_id, rule_code, mirror_code, name, name_en, set_id, state, route, step_count, *rest = facts
    set_number, room, version_id, order_number, packed_at = rest
    return Piece(
        piece_id=piece_id,
        rule_code=rule_code,
        mirror_code=mirror_code,
        name=Named(name, name_en),
        set_id=set_id,
        set_number=set_number,
        order_number=order_number,
        room=room or set_number,
        state=state,
        next_operation=next_operation(session, version_id, route, step_count),
        box=None if home[0] is None else _box(home),
        is_packed=packed_at is not None,
    )


def next_operation(session: Session, version_id: int, route: Sequence[str], step_count: int) -> Named | None:
    """Return what has still to be done first on a piece; nothing when all is done."""
    if step_count >= len(route):
        return None
    code = route[step_count]
    return production.operation_names(session, version_id).get(code, Named(code))


@dataclass(frozen=True, slots=True)
class Missing:
    """A piece that a package waits for, and where it is."""

    item: Item
    code: str | None
    state: PieceState
    next_operation: Named | None
    since_at: datetime
    is_urgent: bool


def missing(session: Session, package_id: int) -> list[Missing]:
    """Return what a package still waits for, in its own order."""
    rows = session.execute(
        select(Part, DoorSet.door_version_id)
        .join(Content, Content.piece_id == Part.id)
        .join(DoorSet, DoorSet.id == Part.set_id)
        .where(Content.package_id == package_id, Content.packed_at.is_(None))
        .order_by(Content.id)
    )
    items = {item.piece_id: item for item in _items(session, [package_id]).get(package_id, ())}
    return [
        Missing(
            item=items[part.id],
            code=part.code,
            state=part.state,
            next_operation=next_operation(session, version_id, part.route, part.step_count),
            since_at=part.changed_at,
            is_urgent=part.is_urgent,
        )
        for part, version_id in rows
    ]


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """One package with all that its page and its label show."""

    box: Box
    label_count: int
    dealer: Named
    dealer_city: str
    dealer_locale: str
    customer: str
    site: str
    article: Named
    colour: Named
    width_mm: Decimal
    height_mm: Decimal
    wall_mm: Decimal
    handing: Handing | None
    drawing: Any
    opened_at: datetime | None
    sealed_at: datetime | None
    sealed_by: str

    @property
    def is_remake(self) -> bool:
        """Whether a replaced piece is in it: marked on its label."""
        return any(item.is_remake for item in self.box.items)


def packages(
    session: Session, *, order_id: int | None = None, package_id: int | None = None
) -> list[PackageFacts]:
    """Return the packages of an order, or one package, in the order of their numbers."""
    rows = session.execute(
        select(*BOX, Package, Order, DoorSet.drawing, Line, Door, Party, Person.name)
        .join(Order, Order.id == Package.order_id)
        .join(DoorSet, DoorSet.id == Package.set_id)
        .join(Line, Line.id == DoorSet.line_id)
        .join(Door, Door.id == Line.door_id)
        .join(Party, Party.id == Order.dealer_id)
        .outerjoin(Person, Person.id == Package.sealed_by_id)
        .where(Package.order_id == order_id if package_id is None else Package.id == package_id)
        .order_by(Package.position)
    ).all()
    items = _items(session, [row[0] for row in rows])
    colours = _colours(session)
    return [_facts(_box(row[: len(BOX)], items.get(row[0], ())), row[len(BOX) :], colours) for row in rows]


def _facts(box: Box, row: Sequence[Any], colours: dict[str, Named]) -> PackageFacts:
    package, order, drawing, line, door, dealer, sealed_by = row
    return PackageFacts(
        box=box,
        label_count=package.label_count,
        dealer=Named(dealer.name, dealer.name_en),
        dealer_city=dealer.city,
        dealer_locale=dealer.locale,
        customer=order.customer,
        site=order.site,
        article=Named(door.name, door.name_en),
        colour=colours.get(line.colour_code or "", Named(line.colour_code or "")),
        width_mm=line.width_mm,
        height_mm=line.height_mm,
        wall_mm=line.wall_mm,
        handing=line.handing,
        drawing=drawing,
        opened_at=package.opened_at,
        sealed_at=package.sealed_at,
        sealed_by=sealed_by or "",
    )


def drawing(session: Session, set_id: int) -> Any:
    """Return what the door macros draw of a set; None when there is no such set."""
    return session.scalar(select(DoorSet.drawing).where(DoorSet.id == set_id))


def _colours(session: Session) -> dict[str, Named]:
    rows = session.execute(select(Entry.code, Entry.name, Entry.name_en).where(Entry.kind == COLOUR))
    return {code: Named(name, name_en) for code, name, name_en in rows}


def content_codes(session: Session, package_id: int) -> set[str]:
    """Return the codes of the pieces that were scanned into a package: any of them proves its label."""
    return set(
        session.scalars(
            select(Part.code)
            .join(Content, Content.piece_id == Part.id)
            .where(Content.package_id == package_id, Content.packed_at.is_not(None))
        )
    )


@dataclass(frozen=True, slots=True)
class BenchScan:
    """One scan at a package, as its page lists it."""

    kind: ScanKind
    outcome: Outcome
    block: Block | None
    code: str
    person: str
    received_at: datetime


def scans(session: Session, package_id: int, limit: int = 40) -> list[BenchScan]:
    """Return the scans at a package, refused ones included, newest first."""
    rows = session.execute(
        select(Scan.kind, Scan.outcome, Scan.block_code, Scan.code, Person.name, Scan.received_at)
        .join(Person, Person.id == Scan.person_id)
        .where(
            or_(
                and_(Scan.object_type == "package", Scan.object_id == package_id),
                and_(Scan.context_id == package_id, Scan.kind.in_(AT_BENCH)),
            )
        )
        .order_by(Scan.id.desc())
        .limit(limit)
    )
    return [BenchScan(*row) for row in rows]


def open_packages(session: Session, person_id: int, limit: int = 8) -> list[Box]:
    """Return the packages that are being packed, a person's own first, the latest first; without contents."""
    rows = session.execute(
        _boxes()
        .where(Package.state == PackageState.OPEN)
        .order_by((Package.opened_by_id == person_id).desc(), Package.opened_at.desc())
        .limit(limit)
    )
    return [_box(row) for row in rows]


def faults(session: Session) -> list[str]:
    """Prove that counts and states agree with what was scanned; one line for each that does not."""
    return [*_wrong_totals(session), *_wrong_seals(session), *_wrong_pieces(session)]


def _wrong_totals(session: Session) -> list[str]:
    rows = session.execute(
        select(Order.number, func.count(Package.id), func.max(Package.total_count), Order.package_count)
        .join(Package, Package.order_id == Order.id)
        .group_by(Order.id, Order.number, Order.package_count)
    )
    return [
        f"{number}: {count} packages, labelled as {total}, counted as {told}"
        for number, count, total, told in rows
        if not count == total == told
    ]


def _wrong_seals(session: Session) -> list[str]:
    sealed = (
        select(Package.order_id, func.count(Package.id).label("count"))
        .where(Package.state.in_(FINISHED))
        .group_by(Package.order_id)
        .subquery()
    )
    rows = session.execute(
        select(Order.number, Order.sealed_count, func.coalesce(sealed.c.count, 0))
        .outerjoin(sealed, sealed.c.order_id == Order.id)
        .where(Order.sealed_count != func.coalesce(sealed.c.count, 0))
    )
    return [f"{number}: {told} packages told as sealed, {count} are" for number, told, count in rows]


def _wrong_pieces(session: Session) -> list[str]:
    packed = (PieceState.PACKED, PieceState.SHIPPED)
    rows = session.execute(
        select(Part.code, Part.state, Content.packed_at)
        .join(Content, Content.piece_id == Part.id)
        .where(Content.packed_at.is_not(None) != Part.state.in_(packed))
    )
    return [
        f"{code}: {state.value}, but its package says {'in' if at else 'not in'}" for code, state, at in rows
    ]
