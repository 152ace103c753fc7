"""Reads of changes: an order's sets as they stand, with all that would become void."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.choices import Choice
from core.errors import NotFound
from erp.sales.model import Order
from erp.sales.rules.states import WITHDRAWABLE
from mes.changes.rules import may_be_void, stage
from mes.packing.model import Content, Package
from mes.splitting import queries as splitting
from mes.splitting.model import DoorSet, Piece
from mes.splitting.rules import PieceState


@dataclass(frozen=True, slots=True)
class PieceShown:
    """One piece of a set and how far it has come."""

    piece: Piece
    stage: Choice
    package: Package | None


@dataclass(frozen=True, slots=True)
class SetShown:
    """One door set with its pieces (replaced ones left out) and packages."""

    row: DoorSet
    pieces: tuple[PieceShown, ...]
    packages: tuple[Package, ...]
    shared: tuple[Package, ...]  # into which pieces of other sets go too

    @property
    def is_void(self) -> bool:
        """Whether it was cancelled."""
        return self.row.voided_at is not None

    @property
    def gone(self) -> tuple[Package, ...]:
        """Return the packages that stand against cancelling it: on a vehicle, or shipped."""
        return tuple(one for one in (*self.packages, *self.shared) if not may_be_void(one.state))

    @property
    def is_cancellable(self) -> bool:
        """Whether it may be cancelled as it stands."""
        is_shipped = any(one.piece.state is PieceState.SHIPPED for one in self.pieces)
        return not (self.is_void or self.gone or is_shipped)

    @property
    def begun_count(self) -> int:
        """How many pieces are cut already or further: what is lost."""
        begun = (PieceState.CUT, PieceState.MADE, PieceState.PACKED)
        return sum(one.piece.state in begun for one in self.pieces)

    @property
    def label_count(self) -> int:
        """How many labels of pieces become void."""
        return sum(one.piece.code is not None for one in self.pieces)

    @property
    def seen(self) -> str:
        """Return where each piece was seen, as the form sends it back."""
        return " ".join(f"{one.piece.id}:{one.piece.state.value}" for one in self.pieces)


@dataclass(frozen=True, slots=True)
class ChangePage:
    """A released order, set by set."""

    order: Order
    sets: tuple[SetShown, ...]

    @property
    def is_open(self) -> bool:
        """Whether anything of the order may be cancelled."""
        return self.order.state in WITHDRAWABLE and any(one.is_cancellable for one in self.sets)


def page(session: Session, order_id: int) -> ChangePage:
    """Return how every set and piece of a released order stands. Raises NotFound."""
    order = session.get(Order, order_id, populate_existing=True)
    if order is None:
        raise NotFound
    sets = splitting.sets(session, order_id)
    packages = session.scalars(
        select(Package)
        .where(Package.order_id == order_id)
        .order_by(Package.position)
        .execution_options(populate_existing=True)
    ).all()
    by_id = {one.id: one for one in packages}
    places = dict(
        session.execute(
            select(Content.piece_id, Content.package_id).where(Content.package_id.in_(by_id))
        ).all()
    )
    pieces: dict[int, list[PieceShown]] = {one.id: [] for one in sets}
    for piece in splitting.pieces(session, order_id):
        if piece.state is not PieceState.REMAKE:
            box = by_id.get(places.get(piece.id, 0))
            shown = PieceShown(piece, stage(piece.state, None if box is None else box.state), box)
            pieces[piece.set_id].append(shown)
    return ChangePage(
        order,
        tuple(
            SetShown(
                row,
                tuple(pieces[row.id]),
                tuple(one for one in packages if one.set_id == row.id),
                _shared_by(pieces[row.id]),
            )
            for row in sets
        ),
    )


def _shared_by(pieces: Sequence[PieceShown]) -> tuple[Package, ...]:
    boxes = {one.package.id: one.package for one in pieces if one.package and one.package.set_id is None}
    return tuple(boxes.values())


def cancellable(session: Session, order_id: int) -> bool:
    """Say whether an order is released and not gone, so that its sets may be looked at for cancelling."""
    return session.scalar(select(Order.state).where(Order.id == order_id)) in WITHDRAWABLE
