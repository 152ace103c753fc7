"""What the judges of packing are shown: a package with its contents, and the scanned piece.

Every scan at the bench asks these: columns of bare tables, so that it reads them as they stand under its
lock, in statements made once, because making one costs more than running it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, cast

from sqlalchemy import Select, Table, and_, bindparam, case, func, select
from sqlalchemy.orm import Session

from core.i18n import Named
from erp.sales.model import Order
from erp.sales.rules.states import OrderState
from mes.packing.model import Content, Package
from mes.packing.rules import Box, Item, PackageState, Piece
from mes.production import queries as production
from mes.splitting import model as splitting
from mes.splitting.rules import PieceState

OVER = (OrderState.SHIPPED, OrderState.CLOSED, OrderState.CANCELLED)
PACKAGES, CONTENTS, PIECES, SETS, ORDERS = (
    cast(Table, kind.__table__) for kind in (Package, Content, splitting.Piece, splitting.DoorSet, Order)
)
BOX = (
    *(PACKAGES.c.id, PACKAGES.c.code, PACKAGES.c.kind, PACKAGES.c.name, PACKAGES.c.name_en),
    *(PACKAGES.c.position, PACKAGES.c.total_count, PACKAGES.c.state, PACKAGES.c.order_id),
    *(ORDERS.c.number, ORDERS.c.state, PACKAGES.c.set_id, SETS.c.number, SETS.c.room, PACKAGES.c.rooms),
    *(PACKAGES.c.kit_check, PACKAGES.c.tolerance_kg, PACKAGES.c.supplement_of_id),
)
THEIRS = SETS.alias()  # the sets of the pieces that belong into a package
ROOM = case((PACKAGES.c.set_id.is_not(None), ""), (THEIRS.c.room != "", THEIRS.c.room), else_=THEIRS.c.number)
ITEM = (
    *(PIECES.c.id, PIECES.c.rule_code, PIECES.c.mirror_code, PIECES.c.name, PIECES.c.name_en),
    *(PIECES.c.length_mm, PIECES.c.width_mm, PIECES.c.part_count, PIECES.c.remake_of_id, PIECES.c.drawn_as),
    *(CONTENTS.c.packed_at, PIECES.c.set_id, THEIRS.c.number, ROOM),
)
PIECE = (
    *(PIECES.c.id, PIECES.c.rule_code, PIECES.c.mirror_code, PIECES.c.name, PIECES.c.name_en),
    *(PIECES.c.set_id, PIECES.c.state, PIECES.c.route, PIECES.c.step_count),
    *(SETS.c.number, SETS.c.room, SETS.c.door_version_id, ORDERS.c.number, CONTENTS.c.packed_at),
)

HOMES = PACKAGES.join(ORDERS, ORDERS.c.id == PACKAGES.c.order_id).outerjoin(
    SETS, SETS.c.id == PACKAGES.c.set_id
)
BOXES: Select[*tuple[Any, ...]] = select(*BOX).select_from(HOMES)  # without their contents
FILLED = (
    select(*BOX, *ITEM)  # one row for each piece that belongs in, in the order of their rules
    .select_from(
        HOMES.outerjoin(CONTENTS, CONTENTS.c.package_id == PACKAGES.c.id)
        .outerjoin(PIECES, PIECES.c.id == CONTENTS.c.piece_id)
        .outerjoin(THEIRS, THEIRS.c.id == PIECES.c.set_id)
    )
    .order_by(CONTENTS.c.id)
)
RELEASED = ORDERS.c.released_at.is_not(None)  # else a release is writing them, or broke off
BY_ID, BY_CODE = PACKAGES.c.id == bindparam("package"), and_(PACKAGES.c.code == bindparam("code"), RELEASED)
PACKAGE_ID = select(PACKAGES.c.id).select_from(HOMES).where(BY_CODE)
FILLED_BY_ID = FILLED.where(BY_ID)
FILLED_BY_CODE = FILLED.where(BY_CODE)
FILLED_BY_CODE_SHARED = FILLED.where(BY_CODE).with_for_update(read=True, of=PACKAGES)
ALONE_BY_ID = BOXES.where(BY_ID).with_for_update(of=PACKAGES)
CODES_IN = (
    select(PIECES.c.code)
    .join_from(CONTENTS, PIECES, PIECES.c.id == CONTENTS.c.piece_id)
    .where(CONTENTS.c.package_id == bindparam("package"), CONTENTS.c.packed_at.is_not(None))
)
ITEMS = (
    select(CONTENTS.c.package_id, *ITEM)
    .join_from(CONTENTS, PIECES, PIECES.c.id == CONTENTS.c.piece_id)
    .join(THEIRS, THEIRS.c.id == PIECES.c.set_id)
    .join(PACKAGES, PACKAGES.c.id == CONTENTS.c.package_id)
    .where(CONTENTS.c.package_id.in_(bindparam("packages", expanding=True)))
    .order_by(CONTENTS.c.id)
)
SCANNED = select(*PIECE, *BOX).select_from(
    PIECES.join(SETS, SETS.c.id == PIECES.c.set_id)
    .join(ORDERS, ORDERS.c.id == PIECES.c.order_id)
    .outerjoin(CONTENTS, CONTENTS.c.piece_id == PIECES.c.id)
    .outerjoin(PACKAGES, PACKAGES.c.id == CONTENTS.c.package_id)
)
PIECE_BY_CODE = SCANNED.where(PIECES.c.code == bindparam("code"), RELEASED)
PIECE_BY_ID = SCANNED.where(PIECES.c.id == bindparam("piece"))


def package_id(session: Session, code: str) -> int | None:
    """Return the id of the package whose label in force carries `code`."""
    return session.scalar(PACKAGE_ID, {"code": code})


def box(session: Session, package_id: int) -> Box | None:
    """Return a package with everything that belongs into it, pieces in the order of their rules."""
    return _filled(session.execute(FILLED_BY_ID, {"package": package_id}).all())


def box_by_code(session: Session, code: str) -> Box | None:
    """Return the package whose label in force carries `code`, as `box` does."""
    return _filled(session.execute(FILLED_BY_CODE, {"code": code}).all())


def content_codes(session: Session, package_id: int) -> set[str]:
    """Return the codes of the pieces that were scanned into a package: any of them proves its label."""
    return set(session.scalars(CODES_IN, {"package": package_id}))


def box_shared(session: Session, code: str) -> Box | None:
    """Return the package whose label in force carries `code`; nobody changes its state until the end.

    Others may hold it so too, and put pieces in meanwhile.
    """
    return _filled(session.execute(FILLED_BY_CODE_SHARED, {"code": code}).all())


def box_alone(session: Session, package_id: int) -> Box | None:
    """Return a package that nobody else may hold until the end, with its contents as they stand then."""
    row = session.execute(ALONE_BY_ID, {"package": package_id}).one_or_none()
    return None if row is None else box_of(row, items(session, [package_id]).get(package_id, ()))


def boxes_alone(session: Session, set_ids: Collection[int]) -> list[Box]:
    """Return the packages of some door sets, and those they share with others, that are not void.

    Without contents; nobody else may hold them.
    """
    shared = (
        select(CONTENTS.c.package_id)
        .join_from(CONTENTS, PIECES, PIECES.c.id == CONTENTS.c.piece_id)
        .where(PIECES.c.set_id.in_(set_ids))
    )
    theirs = PACKAGES.c.set_id.in_(set_ids) | (PACKAGES.c.set_id.is_(None) & PACKAGES.c.id.in_(shared))
    wanted = theirs & (PACKAGES.c.state != PackageState.VOID)
    rows = BOXES.where(wanted).order_by(PACKAGES.c.id).with_for_update(of=PACKAGES)
    return [box_of(row) for row in session.execute(rows)]


def set_ids(session: Session, box: Box) -> Sequence[int]:
    """Return the door sets of which pieces belong into a package."""
    if box.set_id is not None:
        return (box.set_id,)
    inside = select(PIECES.c.set_id).join(CONTENTS, CONTENTS.c.piece_id == PIECES.c.id)
    return session.scalars(inside.where(CONTENTS.c.package_id == box.package_id).distinct()).all()


def boxes_of_order_alone(session: Session, order_id: int) -> list[Box]:
    """Return an order's packages that are not void, without contents; nobody else may hold them."""
    wanted = (PACKAGES.c.order_id == order_id) & (PACKAGES.c.state != PackageState.VOID)
    rows = BOXES.where(wanted).order_by(PACKAGES.c.id).with_for_update(of=PACKAGES)
    return [box_of(row) for row in session.execute(rows)]


def _filled(rows: Sequence[Sequence[Any]]) -> Box | None:
    if not rows:
        return None
    contents = (row[len(BOX) :] for row in rows)
    return box_of(rows[0][: len(BOX)], tuple(item_of(one) for one in contents if one[0] is not None))


def box_of(row: Sequence[Any], items: tuple[Item, ...] = ()) -> Box:
    """Return a package out of the values of BOX."""
    package_id, code, kind, name, name_en, position, total_count, state, *head = row
    (
        order_id,
        order_number,
        order_state,
        set_id,
        set_number,
        room,
        rooms,
        kit_check,
        tolerance_kg,
        supplement_of_id,
    ) = head
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
        set_number=set_number or "",
        room=room or set_number or rooms,
        items=items,
        kit_check=kit_check,
        tolerance_kg=tolerance_kg,
        is_supplement=supplement_of_id is not None,
    )


def items(session: Session, package_ids: Sequence[int]) -> dict[int, tuple[Item, ...]]:
    """Return what belongs into some packages, by the package, pieces in the order of their rules."""
    found: dict[int, list[Item]] = {}
    for package, *values in session.execute(ITEMS, {"packages": package_ids}):
        found.setdefault(package, []).append(item_of(values))
    return {package: tuple(contents) for package, contents in found.items()}


def item_of(values: Sequence[Any]) -> Item:
    """Return a piece out of the values of ITEM."""
    piece_id, rule_code, mirror_code, name, name_en, length, width, *rest = values
    part_count, remake_of_id, drawn_as, packed_at, set_id, set_number, room = rest
    return Item(
        piece_id=piece_id,
        rule_code=rule_code,
        mirror_code=mirror_code,
        name=_in_room(Named(name, name_en), room),
        length_mm=length,
        width_mm=width,
        part_count=part_count,
        is_packed=packed_at is not None,
        is_remake=remake_of_id is not None,
        drawn_as=drawn_as or "",
        set_id=set_id,
        set_number=set_number,
        room=room,
    )


def _in_room(name: Named, room: str) -> Named:
    """Return the name of a piece in a package of several sets: it says whose it is."""
    return Named(f"{name.zh} · {room}", f"{name.en} · {room}" if name.en else "") if room else name


def emptied_by(session: Session, set_ids: Collection[int]) -> list[int]:
    """Return the shared packages into which pieces of these sets belong and of no other set."""
    inside = CONTENTS.join(PIECES, PIECES.c.id == CONTENTS.c.piece_id)
    theirs = select(CONTENTS.c.package_id).select_from(inside).where(PIECES.c.set_id.in_(set_ids))
    rows = session.scalars(
        select(CONTENTS.c.package_id)
        .select_from(inside.join(PACKAGES, PACKAGES.c.id == CONTENTS.c.package_id))
        .where(PACKAGES.c.set_id.is_(None), PACKAGES.c.id.in_(theirs))
        .group_by(CONTENTS.c.package_id)
        .having(func.count().filter(PIECES.c.set_id.not_in(set_ids)) == 0)
    )
    return list(rows)


def piece(session: Session, code: str) -> Piece | None:
    """Return the piece whose label in force carries `code`, and the package that it belongs to."""
    return _piece(session, session.execute(PIECE_BY_CODE, {"code": code}).one_or_none())


def piece_by_id(session: Session, piece_id: int) -> Piece | None:
    """Return a piece and the package that it belongs to."""
    return _piece(session, session.execute(PIECE_BY_ID, {"piece": piece_id}).one_or_none())


def _piece(session: Session, row: Sequence[Any] | None) -> Piece | None:
    if row is None:
        return None
    facts, home = row[: len(PIECE)], row[len(PIECE) :]
    piece_id, rule_code, mirror_code, name, name_en, set_id, state, route, step_count, *rest = facts
    set_number, room, version_id, order_number, packed_at = rest
    is_made = state is PieceState.MADE  # then nothing is to be done first, and no model is read
    box = None if home[0] is None else box_of(home)
    is_shared = box is not None and box.set_id is None
    return Piece(
        piece_id=piece_id,
        rule_code=rule_code,
        mirror_code=mirror_code,
        name=_in_room(Named(name, name_en), (room or set_number) if is_shared else ""),
        set_id=set_id,
        set_number=set_number,
        order_number=order_number,
        room=room or set_number,
        state=state,
        next_operation=None if is_made else next_operation(session, version_id, route, step_count),
        box=box,
        is_packed=packed_at is not None,
    )


def next_operation(session: Session, version_id: int, route: Sequence[str], step_count: int) -> Named | None:
    """Return what has still to be done first on a piece; nothing when all is done."""
    if step_count >= len(route):
        return None
    code = route[step_count]
    return production.operation_names(session, version_id).get(code, Named(code))
