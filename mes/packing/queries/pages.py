"""What the pages and labels of packing show: packages with all their facts, what is missing, who scanned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from core.auth.model import Person
from core.codelists.model import Entry
from core.i18n import Named
from erp.catalogue.model import Door
from erp.catalogue.rules.document import Handing
from erp.materials.model import Material
from erp.parties.model import Party
from erp.sales.model import Line, Order
from mes.packing.model import Content, Damage, Package
from mes.packing.queries.judging import BOX, BOXES, box_of, items, next_operation
from mes.packing.rules import Box, Item, Look, PackageState, WeighedBy, label_of, weight_of
from mes.scanning.model import Scan
from mes.scanning.rules import Block, Outcome, ScanKind
from mes.splitting.model import DoorSet, Piece, Requirement
from mes.splitting.rules import PieceState

AT_BENCH = (ScanKind.PACK_ADD, ScanKind.PACK_REMOVE)
COLOUR = "colour"  # kind of the code list
PICTURED = aliased(DoorSet)
ANY_SET = func.coalesce(  # a shared package is pictured by the first set in it
    Package.set_id,
    select(func.min(Piece.set_id))
    .join(Content, Content.piece_id == Piece.id)
    .where(Content.package_id == Package.id)
    .correlate(Package)
    .scalar_subquery(),
    select(func.min(DoorSet.id))
    .where(DoorSet.order_id == Package.order_id)
    .correlate(Package)
    .scalar_subquery(),
)


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
        select(Piece, DoorSet.door_version_id)
        .join(Content, Content.piece_id == Piece.id)
        .join(DoorSet, DoorSet.id == Piece.set_id)
        .where(Content.package_id == package_id, Content.packed_at.is_(None))
        .order_by(Content.id)
    )
    contents = {item.piece_id: item for item in items(session, [package_id]).get(package_id, ())}
    return [
        Missing(
            item=contents[part.id],
            code=part.code,
            state=part.state,
            next_operation=next_operation(session, version_id, part.route, part.step_count),
            since_at=part.changed_at,
            is_urgent=part.is_urgent,
        )
        for part, version_id in rows
    ]


@dataclass(frozen=True, slots=True)
class MissingOfOrder:
    """A piece that a package of an order waits for, with the package."""

    package_id: int
    package: Named
    room: str
    missing: Missing


def missing_of_order(session: Session, order_id: int) -> list[MissingOfOrder]:
    """Return what the packages of an order still wait for, package by package; void ones wait for nothing."""
    boxes = session.execute(
        BOXES.where(
            Package.order_id == order_id,
            Package.state != PackageState.VOID,
            select(Content.id).where(Content.package_id == Package.id, Content.packed_at.is_(None)).exists(),
        ).order_by(Package.position)
    )
    found = [box_of(row) for row in boxes]
    return [
        MissingOfOrder(one.package_id, label_of(one), one.room, row)
        for one in found
        for row in missing(session, one.package_id)
    ]


@dataclass(frozen=True, slots=True)
class KitLine:
    """Some of one hardware that lies in a kit."""

    name: Named
    needed_qty: Decimal
    unit_kg: Decimal | None  # what one weighs


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
    kit: tuple[KitLine, ...]  # what lies in its kits of hardware
    look: Look  # what eyes compare
    weight_kg: Decimal | None
    weight_from: WeighedBy | None

    @property
    def is_remake(self) -> bool:
        """Whether a replaced piece is in it, or what another box left without: marked on its label."""
        return self.box.is_supplement or any(item.is_remake for item in self.box.items)


def packages(
    session: Session, *, order_id: int | None = None, package_id: int | None = None
) -> list[PackageFacts]:
    """Return the packages of an order, or one package, in the order of their numbers."""
    rows = session.execute(
        select(*BOX, Package, Order, PICTURED.drawing, Line, Door, Party, Person.name)
        .join(Order, Order.id == Package.order_id)
        .outerjoin(DoorSet, DoorSet.id == Package.set_id)
        .join(PICTURED, PICTURED.id == ANY_SET)
        .join(Line, Line.id == PICTURED.line_id)
        .join(Door, Door.id == Line.door_id)
        .join(Party, Party.id == Order.dealer_id)
        .outerjoin(Person, Person.id == Package.sealed_by_id)
        .where(Package.order_id == order_id if package_id is None else Package.id == package_id)
        .where(Order.released_at.is_not(None))  # else a release is writing them, or broke off
        .order_by(Package.position)
    ).all()
    contents = items(session, [row[0] for row in rows])
    ids = [row[0] for row in rows]
    colours, kits, shades = _colours(session), _kits(session, ids), _shades(session, ids)
    return [
        _facts(
            box_of(row[: len(BOX)], contents.get(row[0], ())),
            row[len(BOX) :],
            colours,
            kits.get(row[0], []),
            shades.get(row[0], set()),
        )
        for row in rows
    ]


def _shades(session: Session, package_ids: Sequence[int]) -> dict[int, set[str]]:
    """Return the colours of the sets whose pieces belong into shared packages, by package."""
    found: dict[int, set[str]] = {}
    rows = session.execute(
        select(Content.package_id, Line.colour_code)
        .join(Package, Package.id == Content.package_id)
        .join(Piece, Piece.id == Content.piece_id)
        .join(DoorSet, DoorSet.id == Piece.set_id)
        .join(Line, Line.id == DoorSet.line_id)
        .where(Content.package_id.in_(package_ids), Package.set_id.is_(None))
        .distinct()
    )
    for package_id, colour in rows:
        found.setdefault(package_id, set()).add(colour or "")
    return found


def _kits(session: Session, package_ids: Sequence[int]) -> dict[int, list[KitLine]]:
    """Return what lies in the kits of some packages: the requirements that join a piece of theirs, by material."""
    found: dict[int, list[KitLine]] = {}
    rows = session.execute(
        select(
            Content.package_id,
            Material.name,
            Material.name_en,
            func.sum(Requirement.needed_qty),
            Material.unit_kg,
        )
        .join(Piece, Piece.id == Content.piece_id)
        .join(Requirement, (Requirement.set_id == Piece.set_id) & (Requirement.joins == Piece.rule_code))
        .join(Material, Material.id == Requirement.material_id)
        .where(Content.package_id.in_(package_ids))
        .group_by(Content.package_id, Material.id, Material.name, Material.name_en, Material.unit_kg)
        .order_by(func.min(Requirement.id))
    )
    for package_id, name, name_en, qty, unit_kg in rows:
        found.setdefault(package_id, []).append(KitLine(Named(name, name_en), qty, unit_kg))
    return found


def _facts(
    box: Box, row: Sequence[Any], colours: dict[str, Named], kit: Sequence[KitLine], shades: set[str]
) -> PackageFacts:
    package, order, drawing, line, door, dealer, sealed_by = row
    handing = line.handing if box.set_id is not None else None
    colour = line.colour_code or "" if len(shades) < 2 else ""  # noqa: PLR2004  # one colour, or none at all
    lines = [(one.needed_qty, one.unit_kg) for one in kit]
    weight_kg, weight_from = weight_of(package.weighed_kg, package.planned_kg, lines)
    return PackageFacts(
        box=box,
        label_count=package.label_count,
        dealer=Named(dealer.name, dealer.name_en),
        dealer_city=dealer.city,
        dealer_locale=dealer.locale,
        customer=order.customer,
        site=order.site,
        article=Named(door.name, door.name_en),
        colour=colours.get(colour, Named(colour)),
        width_mm=line.width_mm,
        height_mm=line.height_mm,
        wall_mm=line.wall_mm,
        handing=handing,
        drawing=drawing,
        opened_at=package.opened_at,
        sealed_at=package.sealed_at,
        sealed_by=sealed_by or "",
        kit=tuple(kit),
        look=Look(handing.value if handing else "", colour),
        weight_kg=weight_kg,
        weight_from=weight_from,
    )


def drawing(session: Session, set_id: int) -> Any:
    """Return what the door macros draw of a set; None when there is no such set."""
    return session.scalar(select(DoorSet.drawing).where(DoorSet.id == set_id))


def _colours(session: Session) -> dict[str, Named]:
    rows = session.execute(select(Entry.code, Entry.name, Entry.name_en).where(Entry.kind == COLOUR))
    return {code: Named(name, name_en) for code, name, name_en in rows}


def piece_codes(session: Session, package_id: int) -> dict[int, str]:
    """Return the label code of each piece that belongs into a package and has one, by the piece's id."""
    rows = session.execute(
        select(Piece.id, Piece.code)
        .join(Content, Content.piece_id == Piece.id)
        .where(Content.package_id == package_id)
    )
    return {piece_id: code for piece_id, code in rows if code}


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


def order_number(session: Session, order_id: int) -> str | None:
    """Return the number of an order, or None."""
    return session.scalar(select(Order.number).where(Order.id == order_id))


def has_packages(session: Session, order_id: int) -> bool:
    """Say whether an order was released, so that its packages are planned."""
    found = select(Package.id).join(Order, Order.id == Package.order_id)
    return (
        session.scalar(found.where(Order.id == order_id, Order.released_at.is_not(None)).limit(1)) is not None
    )


def damages(session: Session, package_id: int) -> list[tuple[Damage, str]]:
    """Return the damages that were told of a package, the latest first, and who told them."""
    rows = session.execute(
        select(Damage, Person.name)
        .outerjoin(Person, Person.id == Damage.reported_by_id)
        .where(Damage.package_id == package_id)
        .order_by(Damage.id.desc())
    )
    return [(row, name or "") for row, name in rows]


def open_packages(session: Session, person_id: int, limit: int = 8) -> list[Box]:
    """Return the packages that are being packed, a person's own first, the latest first; without contents."""
    rows = session.execute(
        BOXES.where(Package.state == PackageState.OPEN)
        .order_by((Package.opened_by_id == person_id).desc(), Package.opened_at.desc())
        .limit(limit)
    )
    return [box_of(row) for row in rows]
