"""What a packing bench holds to judge without the network: packages and every piece that belongs into them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from core.i18n import Named
from erp.catalogue.rules.document import KitCheck
from erp.parties.model import Party
from erp.sales.model import Order
from mes.packing.model import Package
from mes.packing.queries.judging import BOXES, CONTENTS, ITEM, OVER, PACKAGES, PIECES, THEIRS, box_of, item_of
from mes.packing.queries.kits import kits_of, looks_of
from mes.packing.rules import Box, Item, KitNeed, Look, PackageState
from mes.production import queries as production
from mes.scanning.rules import Text
from mes.splitting.model import Piece
from mes.splitting.rules import PieceState

HELD_AT_MOST = 1500  # packages: a week of a small maker, some 100 KB compressed
PACKED = (PieceState.MADE, PieceState.PACKED)


@dataclass(frozen=True, slots=True)
class JobPiece:
    """One piece of a package, with its label and how far it has come."""

    code: str
    item: Item
    state: PieceState
    next_operation: Named | None  # none when all are done


@dataclass(frozen=True, slots=True)
class Job:
    """One package to be packed, or packed already, of an order that is being packed."""

    box: Box
    dealer: Named
    pieces: tuple[JobPiece, ...]
    look: Look
    look_said: Text
    kit: tuple[KitNeed, ...]  # empty when its label proves it


def jobs(session: Session) -> list[Job]:
    """Return the packages of the orders that are to be packed next, with their pieces; by order and number.

    Orders with a package that is open come first, then those with pieces that are made, then by due day; at most
    HELD_AT_MOST packages.
    """
    dealers = _dealers(session)
    rows = session.execute(
        BOXES.where(PACKAGES.c.order_id.in_(dealers), PACKAGES.c.state != PackageState.VOID).order_by(
            PACKAGES.c.order_id, PACKAGES.c.position
        )
    )
    boxes = [box_of(row) for row in rows][:HELD_AT_MOST]
    pieces = _pieces(session, [box.package_id for box in boxes])
    kits = kits_of(session, [box.package_id for box in boxes if box.kit_check is not KitCheck.CODE])
    sharing = {package_id: {piece.item.set_id for piece in found} for package_id, found in pieces.items()}
    looks = looks_of(session, boxes, sharing)
    return [
        Job(
            box,
            dealers[box.order_id],
            tuple(pieces.get(box.package_id, ())),
            *looks[box.package_id],
            tuple(kits.get(box.package_id, ())),
        )
        for box in boxes
    ]


def _dealers(session: Session) -> dict[int, Named]:
    """Return the orders that are to be packed next, and whose they are."""
    package, piece = aliased(Package), aliased(Piece)
    waiting = (PackageState.PLANNED, PackageState.OPEN)
    is_made = exists().where(piece.order_id == Order.id, piece.state.in_(PACKED))
    is_open = exists().where(package.order_id == Order.id, package.state == PackageState.OPEN)
    rows = session.execute(
        select(Order.id, Party.name, Party.name_en, Order.package_count)
        .join(Party, Party.id == Order.dealer_id)
        .where(
            Order.state.not_in(OVER),
            exists().where(package.order_id == Order.id, package.state.in_(waiting)),
        )
        .order_by(is_open.desc(), is_made.desc(), Order.due_on.is_(None), Order.due_on, Order.id)
    )
    found: dict[int, Named] = {}
    count = 0
    for order_id, name, name_en, package_count in rows:
        count += package_count
        if found and count > HELD_AT_MOST:
            break
        found[order_id] = Named(name, name_en)
    return found


def _pieces(session: Session, package_ids: list[int]) -> dict[int, list[JobPiece]]:
    names: dict[int, dict[str, Named]] = {}
    progress = (PIECES.c.code, PIECES.c.state, PIECES.c.route, PIECES.c.step_count, THEIRS.c.door_version_id)
    rows = session.execute(
        select(CONTENTS.c.package_id, *progress, *ITEM)
        .select_from(
            CONTENTS.join(PIECES, PIECES.c.id == CONTENTS.c.piece_id)
            .join(THEIRS, THEIRS.c.id == PIECES.c.set_id)
            .join(PACKAGES, PACKAGES.c.id == CONTENTS.c.package_id)
        )
        .where(CONTENTS.c.package_id.in_(package_ids))
        .order_by(CONTENTS.c.id)
    )
    found: dict[int, list[JobPiece]] = {}
    for package_id, code, state, route, step_count, version_id, *item in rows:
        following = None
        if step_count < len(route) and state not in PACKED:
            if version_id not in names:
                names[version_id] = production.operation_names(session, version_id)
            following = names[version_id].get(route[step_count], Named(route[step_count]))
        found.setdefault(package_id, []).append(JobPiece(code, item_of(item), state, following))
    return found
