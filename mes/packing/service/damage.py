"""Commands for packages that something happened to: damaged, void, gone without some of their contents."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import cast

from sqlalchemy import Table, func, insert, select, update
from sqlalchemy.orm import Session

from core import codes
from core.audit import service as audit
from core.errors import NotFound
from core.numbers import service as numbers
from erp.sales import service as sales
from erp.sales.model import Order
from erp.sales.rules.states import OrderState
from mes.packing import queries
from mes.packing.model import Content, Damage, Package
from mes.packing.rules import (
    LOADABLE,
    REOPENABLE,
    BoxNotEmpty,
    DamageStage,
    NotDamageable,
    NotRemakeable,
    PackageState,
    label_of,
)
from mes.packing.service import reopen
from mes.scanning import service as scanning
from mes.splitting import service as splitting
from mes.splitting.model import Piece
from mes.splitting.rules import LIVE

PACKAGES = cast(Table, Package.__table__)
SUBJECT = "mes.packing.package"
AFTER_SALES = (OrderState.RELEASED, OrderState.IN_PRODUCTION, OrderState.READY, OrderState.SHIPPED)


def report_damage(
    session: Session,
    package_id: int,
    stage: DamageStage,
    note: str,
    photo_id: int | None = None,
    *,
    by: int,
    at: datetime,
) -> Damage:
    """Tell that a sealed package is damaged (E14): it is loaded no more until it is opened and sealed again.

    Locks the package. Raises NotFound, NotDamageable.
    """
    box = queries.box_alone(session, package_id)
    if box is None:
        raise NotFound
    if box.state not in LOADABLE:
        raise NotDamageable(package=label_of(box), state=box.state)
    session.execute(
        update(PACKAGES)
        .where(PACKAGES.c.id == package_id)
        .values(state=PackageState.DAMAGED, sealed_at=None, sealed_by_id=None)
    )
    row = Damage(
        package_id=package_id,
        stage=stage,
        note=note,
        photo_id=photo_id,
        before=box.state,
        reported_at=at,
        reported_by_id=by,
    )
    session.add(row)
    session.flush()  # for its id
    sales.record_progress(session, box.order_id, sealed=-1)
    audit.record(
        session,
        subject=SUBJECT,
        subject_id=package_id,
        verb="damage",
        by=by,
        at=at,
        changes={"note": ["", note], "state": [box.state.value, PackageState.DAMAGED.value]},
    )
    return row


def void_empty(session: Session, package_id: int, *, by: int, at: datetime) -> None:
    """Make a package void that nothing belongs into; its number stays out, its label is refused.

    Locks the package. Raises NotFound, BoxNotEmpty, NotDamageable when it has left.
    """
    box = queries.box_alone(session, package_id)
    if box is None:
        raise NotFound
    if box.state not in (PackageState.PLANNED, PackageState.OPEN):
        raise NotDamageable(package=label_of(box), state=box.state)
    live = session.scalars(
        select(func.count(Content.id))
        .join(Piece, Piece.id == Content.piece_id)
        .where(Content.package_id == package_id, Piece.state.in_(LIVE))
    ).one()
    if live:
        raise BoxNotEmpty(count=live, package=label_of(box))
    session.execute(
        update(PACKAGES)
        .where(PACKAGES.c.id == package_id)
        .values(state=PackageState.VOID, place_id=None, sealed_at=None, sealed_by_id=None)
    )
    scanning.cancel_labels(session, [box.code], by=by, at=at)
    sales.record_progress(session, box.order_id, packages=-1)
    audit.record(session, subject=SUBJECT, subject_id=package_id, verb="void", by=by, at=at)


def supplement(session: Session, package_ids: Collection[int], *, by: int | None, at: datetime) -> list[int]:
    """Plan a package for what each of some packages goes without; return the new ones.

    For the one who ships, before the orders are told. A new one has a number after the last; N grows on what
    is not printed yet. Locks nothing that the caller does not hold.
    """
    waiting = session.execute(
        select(Content.package_id, Content.id)
        .join(Piece, Piece.id == Content.piece_id)
        .where(Content.package_id.in_(package_ids), Content.packed_at.is_(None), Piece.state.in_(LIVE))
        .order_by(Content.id)
    ).all()
    made = []
    for package_id in dict.fromkeys(row.package_id for row in waiting):
        new_id = _plan_supplement(session, package_id)
        session.execute(
            update(Content)
            .where(Content.id.in_([row.id for row in waiting if row.package_id == package_id]))
            .values(package_id=new_id)
            .execution_options(synchronize_session=False)
        )
        audit.record(session, subject=SUBJECT, subject_id=new_id, verb="supplement", by=by, at=at)
        made.append(new_id)
    return made


def take_out(session: Session, package_id: int, piece_id: int, *, by: int, at: datetime) -> None:
    """Take a packed piece out that is to be made again; a closed package is opened.

    Locks the package. Raises NotFound, NotRemakeable when it is not in the house.
    """
    box = queries.box_alone(session, package_id)
    if box is None:
        raise NotFound
    if box.state not in (PackageState.PLANNED, PackageState.OPEN, *REOPENABLE) or not box.is_order_open:
        raise NotRemakeable(package=label_of(box), state=box.state)
    if box.state in REOPENABLE:
        reopen(session, package_id, by=by, at=at)
    out = session.scalar(
        update(Content)
        .where(Content.piece_id == piece_id, Content.package_id == package_id, Content.packed_at.is_not(None))
        .values(packed_at=None, packed_by_id=None)
        .returning(Content.id)
        .execution_options(synchronize_session=False)
    )
    if out is not None:
        splitting.mark_unpacked(session, piece_id, at=at)


def send_after(session: Session, package_id: int, piece_id: int, *, by: int, at: datetime) -> int:
    """Have a piece wait in a package that follows one that has left; return which.

    One that is planned for it and not closed yet takes this piece too. Locks the package that has left.
    Raises NotFound, NotRemakeable when its order is closed.
    """
    box = queries.box_alone(session, package_id)
    if box is None:
        raise NotFound
    order_state = session.scalars(select(Order.state).where(Order.id == box.order_id)).one()
    if order_state not in AFTER_SALES:
        raise NotRemakeable(package=label_of(box), state=order_state)
    new_id = session.scalar(
        select(PACKAGES.c.id)
        .where(
            PACKAGES.c.supplement_of_id == package_id,
            PACKAGES.c.state.in_((PackageState.PLANNED, PackageState.OPEN)),
        )
        .order_by(PACKAGES.c.id)
        .limit(1)
    )
    if new_id is None:
        new_id = _plan_supplement(session, package_id)
        audit.record(session, subject=SUBJECT, subject_id=new_id, verb="supplement", by=by, at=at)
    session.add(Content(package_id=new_id, piece_id=piece_id))
    session.flush()  # the database's uniqueness is the judge
    return new_id


def _plan_supplement(session: Session, package_id: int) -> int:
    """Plan one package for what `package_id` goes without, and tell its order; return its id."""
    first = session.execute(select(PACKAGES).where(PACKAGES.c.id == package_id)).one()
    last = session.scalars(
        select(func.max(PACKAGES.c.position)).where(PACKAGES.c.order_id == first.order_id)
    ).one()
    total_count = last + 1
    new_id: int = session.scalars(
        insert(PACKAGES)
        .values(
            code=numbers.next_codes(session, codes.Letter.PACKAGE, 1)[0],
            order_id=first.order_id,
            set_id=first.set_id,
            shared_index=first.shared_index,
            rooms=first.rooms,
            kind=first.kind,
            name=f"{first.name} 补",
            name_en=f"{first.name_en or first.name} (rest)",
            position=total_count,
            total_count=total_count,
            state=PackageState.PLANNED,
            label_count=0,
            kit_check=first.kit_check,
            tolerance_kg=first.tolerance_kg,
            supplement_of_id=package_id,
        )
        .returning(PACKAGES.c.id)
    ).one()
    session.execute(
        update(PACKAGES)
        .where(
            PACKAGES.c.order_id == first.order_id,
            PACKAGES.c.label_count == 0,
            PACKAGES.c.state != PackageState.VOID,
        )
        .values(total_count=total_count)
    )
    sales.record_progress(session, first.order_id, packages=1)
    return new_id
