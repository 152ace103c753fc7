"""What the releases and changes of an order did, for its history and its list to take away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from core.auth.model import Person
from core.choices import Choice
from core.errors import NotFound
from erp.sales.model import Order
from erp.sales.rules.amending import Difference, differences, read_entry
from mes.changes.model import Change, ChangedBox, ChangedPiece, ChangedSet
from mes.changes.rules.comparing import Fate, SetFate
from mes.packing.model import Package
from mes.packing.rules import PackageState
from mes.splitting.model import DoorSet, Piece, Release
from mes.splitting.rules import PieceState

STAGES: dict[str, Choice] = {one.value: one for kind in (PackageState, PieceState) for one in kind}


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """One line of a change: what it says differently, and what one set of it cost before and costs since."""

    position: int
    differences: tuple[Difference, ...]
    is_new: bool
    is_dropped: bool
    before_price: str
    after_price: str


@dataclass(frozen=True, slots=True)
class PieceRow:
    """One piece of one change: what became of it."""

    version: int
    set_number: str
    room: str
    fate: Fate
    stage: Choice | None  # how far the old one had come
    old: Piece | None
    new: Piece | None

    @property
    def piece(self) -> Piece:
        """The piece as it is now, or was at last."""
        found = self.new or self.old
        if found is None:
            raise NotFound
        return found

    @property
    def old_sides(self) -> tuple[Decimal, ...]:
        """How large the old one is; nothing of a kit, or of a new one."""
        return _sides(self.old)

    @property
    def new_sides(self) -> tuple[Decimal, ...]:
        """How large the new one is; nothing of a kit, or of a cancelled one."""
        return _sides(self.new)


def _sides(piece: Piece | None) -> tuple[Decimal, ...]:
    sides = () if piece is None else (piece.length_mm, piece.width_mm)
    return tuple(side for side in sides if side is not None)


@dataclass(frozen=True, slots=True)
class BoxRow:
    """One package of one change, and where it lay."""

    fate: Choice
    package: Package
    state: PackageState
    place: str


@dataclass(frozen=True, slots=True)
class Version:
    """One release of an order, with what its change did; the first one has none."""

    release: Release
    person: str
    change: Change | None
    lines: tuple[ChangedLine, ...] = ()
    sets: tuple[tuple[DoorSet, SetFate], ...] = ()
    pieces: tuple[PieceRow, ...] = ()
    boxes: tuple[BoxRow, ...] = ()

    @property
    def counts(self) -> Counter[Fate]:
        """How many labelled pieces had each fate."""
        return Counter(one.fate for one in self.pieces if one.piece.is_tracked)


@dataclass(frozen=True, slots=True)
class History:
    """An order with all its versions, the latest first."""

    order: Order
    versions: tuple[Version, ...]


def history(session: Session, order_id: int) -> History:
    """Return what every version of an order did. Raises NotFound."""
    order = session.get(Order, order_id)
    if order is None:
        raise NotFound
    rows = session.execute(
        select(Release, Person.name, Change)
        .outerjoin(Person, Person.id == Release.released_by_id)
        .outerjoin(Change, Change.release_id == Release.id)
        .where(Release.order_id == order_id)
        .order_by(Release.version.desc())
    )
    return History(order, tuple(_version(session, *row) for row in rows.all()))


def latest(session: Session, order_id: int) -> tuple[Release, str] | None:
    """Return the last release of an order and who made it; nothing before the first."""
    row = session.execute(
        select(Release, Person.name)
        .outerjoin(Person, Person.id == Release.released_by_id)
        .where(Release.order_id == order_id)
        .order_by(Release.version.desc())
        .limit(1)
    ).first()
    return None if row is None else (row[0], row[1] or "")


def _version(session: Session, release: Release, person: str | None, change: Change | None) -> Version:
    if change is None:
        return Version(release, person or "", None)
    sets = session.execute(
        select(DoorSet, ChangedSet.fate)
        .join(ChangedSet, ChangedSet.set_id == DoorSet.id)
        .where(ChangedSet.change_id == change.id)
        .order_by(ChangedSet.id)
    )
    boxes = session.execute(
        select(ChangedBox, Package)
        .join(Package, Package.id == ChangedBox.package_id)
        .where(ChangedBox.change_id == change.id)
        .order_by(Package.position)
    )
    return Version(
        release,
        person or "",
        change,
        tuple(_line(one) for one in change.lines),
        tuple((row, fate) for row, fate in sets),
        tuple(_pieces(session, release.version, change.id)),
        tuple(BoxRow(row.fate, package, row.state, row.place) for row, package in boxes),
    )


def _line(data: Mapping[str, Any]) -> ChangedLine:
    before = read_entry(data["before"]) if data["before"] else None
    after = read_entry(data["after"]) if data["after"] else None
    return ChangedLine(
        position=data["position"],
        differences=differences(before, after) if before and after else (),
        is_new=before is None,
        is_dropped=after is None,
        before_price=data.get("before_price", ""),
        after_price=data.get("after_price", ""),
    )


def _pieces(session: Session, version: int, change_id: int) -> Sequence[PieceRow]:
    old, new = aliased(Piece), aliased(Piece)
    rows = session.execute(
        select(ChangedPiece.fate, ChangedPiece.stage, DoorSet.number, DoorSet.room, old, new)
        .join(DoorSet, DoorSet.id == ChangedPiece.set_id)
        .outerjoin(old, old.id == ChangedPiece.old_piece_id)
        .outerjoin(new, new.id == ChangedPiece.new_piece_id)
        .where(ChangedPiece.change_id == change_id)
        .order_by(ChangedPiece.id)
    )
    return [
        PieceRow(version, number, room, fate, STAGES.get(stage), before, after)
        for fate, stage, number, room, before, after in rows
    ]
