"""Reads of planning: colour lots, those that wait for a batch and those of one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, select
from sqlalchemy.orm import Session

from core.i18n import Named
from erp.catalogue import queries as catalogue
from erp.catalogue.model import DoorVersion
from erp.catalogue.rules.document import Finish
from erp.materials.model import Material
from erp.parties.model import Party
from erp.sales.model import Line, Order
from mes.planning.model import BatchOrder, Rush
from mes.planning.rules import BATCHABLE
from mes.planning.rules.batching import BatchKey, ColourLot, main_material
from mes.splitting.model import DoorSet, Piece
from mes.splitting.rules import LIVE

COLOUR = func.coalesce(Line.colour_code, literal_column("''"))  # the same text in SELECT and GROUP BY
Lot = tuple[int, str]  # order, colour


@dataclass
class _Found:
    """What was counted of one lot."""

    set_count: int = 0
    piece_count: int = 0
    finishes: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    areas: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


def batched_sets() -> Select[Any]:
    """Return set_id and batch_id of every set that was not cancelled and is in a batch."""
    rows: Any = (
        select(DoorSet.id.label("set_id"), BatchOrder.batch_id)
        .join(Line, Line.id == DoorSet.line_id)
        .join(BatchOrder, is_of_lot())
        .where(DoorSet.voided_at.is_(None))
    )
    return cast(Select[Any], rows)


def is_of_lot() -> ColumnElement[bool]:
    """Say which sets, with their line, a row of BatchOrder is about."""
    return and_(BatchOrder.order_id == DoorSet.order_id, BatchOrder.colour_code == COLOUR)


def waiting(session: Session, order_ids: Collection[int] | None = None) -> list[ColourLot]:
    """Return the lots of released orders that are in no batch, the first due first; those without a day last."""
    batched = select(BatchOrder.id).where(is_of_lot())
    chosen = [Order.state.in_(BATCHABLE), ~batched.correlate(DoorSet, Line).exists()]
    if order_ids is not None:
        chosen.append(Order.id.in_(order_ids))
    found = _lots(session, chosen)
    return sorted(found, key=lambda lot: (lot.due_on is None, lot.due_on, lot.order_id))


def lots_of(session: Session, batch_id: int) -> list[ColourLot]:
    """Return the lots of a batch, by order."""
    of_batch = select(BatchOrder.id).where(is_of_lot(), BatchOrder.batch_id == batch_id)
    return sorted(
        _lots(session, [of_batch.correlate(DoorSet, Line).exists()]),
        key=lambda lot: (lot.order_id, lot.key.colour),
    )


def _lots(session: Session, chosen: Iterable[ColumnElement[bool]]) -> list[ColourLot]:
    conditions = (*chosen, DoorSet.voided_at.is_(None))
    counted = _counted(session, conditions)
    orders = {
        order.id: (order, dealer)
        for order, dealer in session.execute(
            select(Order, Party)
            .join(Party, Party.id == Order.dealer_id)
            .where(Order.id.in_({order_id for order_id, _ in counted}))
        )
    }
    rushes = dict(session.execute(select(Rush.order_id, Rush.reason)).all())
    names = _Names(session)
    return [
        ColourLot(
            order_id=order_id,
            number=orders[order_id][0].number,
            dealer=Named(orders[order_id][1].name, orders[order_id][1].name_en),
            customer=orders[order_id][0].customer,
            key=names.key(found, colour),
            due_on=orders[order_id][0].due_on,
            set_count=found.set_count,
            piece_count=found.piece_count,
            rush=rushes.get(order_id),
        )
        for (order_id, colour), found in counted.items()
    ]


def _counted(session: Session, conditions: Iterable[ColumnElement[bool]]) -> dict[Lot, _Found]:
    """Return the lots with their sets by finish, and what their parts come to by material."""
    found: defaultdict[Lot, _Found] = defaultdict(_Found)
    finish = DoorVersion.document["finish"]
    sets = session.execute(
        select(DoorSet.order_id, COLOUR, DoorSet.door_version_id, func.count())
        .join(Line, Line.id == DoorSet.line_id)
        .join(Order, Order.id == DoorSet.order_id)
        .where(*conditions)
        .group_by(DoorSet.order_id, COLOUR, DoorSet.door_version_id)
    ).all()
    finishes: dict[int, str] = dict(
        session.execute(
            select(DoorVersion.id, finish).where(DoorVersion.id.in_({version for _, _, version, _ in sets}))
        ).all()
    )
    for order_id, colour, version, count in sets:
        found[order_id, colour].set_count += count
        found[order_id, colour].finishes[finishes[version]] += count
    size = (Material.code, Piece.cut_length_mm, Piece.cut_width_mm, Piece.is_tracked)
    parts = session.execute(
        select(DoorSet.order_id, COLOUR, *size, func.sum(Piece.part_count), func.count())
        .join(DoorSet, DoorSet.id == Piece.set_id)
        .join(Line, Line.id == DoorSet.line_id)
        .join(Order, Order.id == DoorSet.order_id)
        .outerjoin(Material, Material.id == Piece.material_id)
        .where(*conditions, Piece.state.in_(LIVE))
        .group_by(DoorSet.order_id, COLOUR, *size)
    )
    for order_id, colour, material, length, width, is_tracked, part_count, count in parts:
        lot = found[order_id, colour]
        lot.piece_count += count if is_tracked else 0
        if material is not None and length is not None and width is not None:
            lot.areas[material] += length * width * part_count
    return dict(found)


class _Names:
    """What materials and colours are called."""

    def __init__(self, session: Session) -> None:
        self.colours = catalogue.colours(session)
        self.materials = {
            code: Named(name, name_en)
            for code, name, name_en in session.execute(select(Material.code, Material.name, Material.name_en))
        }

    def key(self, found: _Found, colour: str) -> BatchKey:
        """Return the key of a lot: the material of the largest area, the finish of the most sets, its colour."""
        material = main_material(found.areas.items())
        finish = min(found.finishes, key=lambda one: (-found.finishes[one], one), default=None)
        return BatchKey(
            material,
            self.materials.get(material, Named(material)),
            None if finish is None else Finish(finish),
            colour,
            self.colour(colour),
        )

    def colour(self, code: str) -> Named:
        """Return what a colour is called; its code when it is not in the list any more."""
        entry = self.colours.get(code)
        return Named(code) if entry is None else Named(entry.name, entry.name_en)
