"""Commands of the warehouse: what was scanned is found, and one thing is moved; nothing here commits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from core.i18n import N_
from erp.stock import queries as stock_queries
from erp.stock import service as stock
from erp.stock.rules import MoveKind, PlaceKind
from mes.packing import queries as packages
from mes.packing import service as packing
from mes.packing.rules import LOADABLE, Box, lost
from mes.planning.model import Batch
from mes.scanning import service as scanning
from mes.scanning.rules import Block, Blocked, Text
from mes.warehouse import queries
from mes.warehouse.rules import Lanes, LotInHand, Portion, Spot, ToStage, state_at


@dataclass(frozen=True, slots=True)
class Staging:
    """What only those know who plan loads: where a package is to be staged, and what is still to be fetched."""

    lanes: Callable[[Session, int], Lanes | None]
    to_stage: Callable[[Session], list[ToStage]]


_staging: list[Staging] = []


def stage_with(staging: Staging) -> None:
    """Have shipping say what is to be staged for its loads; a second time changes nothing."""
    _staging[:] = [staging]


def lanes(session: Session, package_id: int) -> Lanes | None:
    """Return the staging places for a package, when it is on an open load."""
    return next((staging.lanes(session, package_id) for staging in _staging), None)


def to_stage(session: Session) -> list[ToStage]:
    """Return the open loads with what is still to be staged for them."""
    return next((staging.to_stage(session) for staging in _staging), [])


def find_package(session: Session, code: str) -> Box:
    """Return the package with this label. Raises Blocked E21, E26."""
    box = packages.box_by_code(session, code)
    if box is None:
        raise scanning.unknown(session, code)
    return box


def find_lot(session: Session, code: str) -> LotInHand:
    """Return the lot or offcut with this label. Raises Blocked E21, E23, E26."""
    lot = queries.lot(session, code)
    if lot is None and queries.is_uncut_rest(session, code):
        raise Blocked(
            Block.E23,
            expected=Text(N_("An offcut of a sheet that is reported as cut")),
            got=Text(N_("%(code)s, its sheet is not reported yet"), {"code": code}),
            todo=Text(N_("Have the sheet scanned at the saw, then scan again.")),
        )
    if lot is None:
        raise scanning.unknown(session, code)
    return lot


def find_spot(session: Session, code: str) -> Spot:
    """Return the place with this label. Raises Blocked E21, E26."""
    spot = queries.spot(session, code)
    if spot is None:
        raise scanning.unknown(session, code)
    return spot


def find_batch(session: Session, code: str) -> Batch:
    """Return the batch with this label. Raises Blocked E21, E26."""
    batch = queries.batch(session, code)
    if batch is None:
        raise scanning.unknown(session, code)
    return batch


def put_away(session: Session, lot: LotInHand, spot: Spot, *, by: int, at: datetime) -> Decimal:
    """Carry all of a lot that lies at goods-in (an offcut: anywhere) to a place; return how much it was.

    Locks the balances. Raises StockShort, PlaceUnfit, PlaceClosed.
    """
    moved = Decimal(0)
    for portion in lot.portions:
        is_waiting = lot.is_offcut or portion.spot.kind is PlaceKind.RECEIVING
        if is_waiting and portion.spot.place_id != spot.place_id:
            places = (portion.spot.place_id, spot.place_id)
            stock.move(session, lot.lot_id, *places, portion.qty, MoveKind.TRANSFER, by=by, at=at)
            moved += portion.qty
    return moved


def issue(
    session: Session, lot: LotInHand, portion: Portion, batch_id: int, qty: Decimal, *, by: int, at: datetime
) -> None:
    """Hand a quantity of a lot out to a batch. Locks the balance, then the demand. Raises StockShort, OverIssue."""
    stock.issue(
        session,
        lot.lot_id,
        portion.spot.place_id,
        qty,
        subject=stock_queries.BATCH,
        subject_id=batch_id,
        by=by,
        at=at,
    )


def give_back(
    session: Session, lot: LotInHand, batch_id: int, spot: Spot, qty: Decimal, *, by: int, at: datetime
) -> None:
    """Put a quantity of a lot that was issued to a batch back to a place. Raises OverReturn."""
    stock.give_back(
        session,
        lot.lot_id,
        spot.place_id,
        qty,
        subject=stock_queries.BATCH,
        subject_id=batch_id,
        by=by,
        at=at,
    )


def transfer(
    session: Session, lot: LotInHand, portion: Portion, spot: Spot, qty: Decimal, *, by: int, at: datetime
) -> None:
    """Carry a quantity of a lot from one place to another. Locks the balances. Raises StockShort."""
    places = (portion.spot.place_id, spot.place_id)
    stock.move(session, lot.lot_id, *places, qty, MoveKind.TRANSFER, by=by, at=at)


def carry(session: Session, box: Box, spot: Spot) -> None:
    """Put a sealed package at a place: in store or staged, as the place is. Raises Blocked E27."""
    if packing.move_on(session, [box.package_id], LOADABLE, state_at(spot.kind), place_id=spot.place_id) != 1:
        raise lost(box)
