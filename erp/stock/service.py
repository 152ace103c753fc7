"""Commands of stock: each changes one thing and never commits.

Stock is a ledger: a quantity of a lot goes from one place to another and the move is never changed.
Balances are what the moves add up to; they are changed in the move's own transaction, by conditional
UPDATEs, so that two who draw the last sheets at once cannot both get them. Lock order: the balances of
a move in the order of their places, then the demand.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.codes import Letter
from core.errors import Conflict, NotFound
from core.events import publish
from core.i18n import Named
from core.numbers.service import next_codes
from erp.materials.model import Article, Material
from erp.stock import queries
from erp.stock.events import MonthClosing, ReceiptReversed
from erp.stock.model import Balance, CutYield, Demand, Lot, Move, Period, Place
from erp.stock.rules import (
    VIRTUAL,
    MoveKind,
    NameTaken,
    NotProved,
    NotReversible,
    OverReturn,
    PeriodClosed,
    PlaceKind,
    ReopenReasonMissing,
    StockShort,
    check_issue,
    check_order,
    check_over,
    check_place,
    check_whole,
    counted_in,
    month_text,
    next_month,
    plain,
    rounded_up,
)

ZERO = Decimal(0)
LOT, PERIOD = "erp.stock.lot", "erp.stock.period"


def add_place(session: Session, name: str, kind: PlaceKind) -> Place:
    """Set up a place with a label of its own. Raises NameTaken."""
    if session.scalar(select(Place.id).where(Place.name == name)) is not None:
        raise NameTaken(name=name)
    (code,) = next_codes(session, Letter.PLACE, 1)
    place = Place(code=code, name=name, kind=kind, is_active=True)
    session.add(place)
    session.flush()  # for its id
    return place


def virtual_place(session: Session, kind: PlaceKind) -> Place:
    """Return the one place of a virtual kind, made on first use."""
    found = select(Place).where(Place.kind == kind).order_by(Place.id).limit(1)
    place = session.scalar(found)
    if place is not None:
        return place
    try:
        with session.begin_nested():
            return add_place(session, kind.value, kind)
    except (IntegrityError, NameTaken):  # another writer made it a moment ago
        return session.scalars(found).one()


def put_demand(
    session: Session,
    subject: str,
    subject_id: int,
    needed: Mapping[int, Decimal],
    *,
    unit_qty: Mapping[int, Decimal] | None = None,
    name: str = "",
    needed_on: date | None = None,
) -> None:
    """Set what a subject needs of each material; what was issued for it stays. Twice is as once.

    `unit_qty` says what `needed` is in the unit of a material of which it counts articles.

    `name` is the subject's number as people read it; `needed_on` is for subjects whose own row erp cannot
    read. Quantities are rounded up to 0.001. A material that is no longer needed keeps its row with 0 as long as
    something was issued for it.
    """
    needed = {material_id: rounded_up(qty) for material_id, qty in needed.items()}
    in_units = unit_qty or {}
    told = {
        demand.material_id: demand
        for demand in session.scalars(
            select(Demand).where(Demand.subject == subject, Demand.subject_id == subject_id).with_for_update()
        )
    }
    for material_id, demand in told.items():
        demand.needed_qty = needed.get(material_id, ZERO)
        demand.name, demand.needed_on = name, needed_on
        demand.unit_qty = in_units.get(material_id)
        if material_id not in needed and not demand.issued_qty:
            session.delete(demand)
    fresh = [
        {
            "subject": subject,
            "subject_id": subject_id,
            "material_id": material_id,
            "needed_qty": needed_qty,
            "issued_qty": ZERO,
            "unit_qty": in_units.get(material_id),
            "name": name,
            "needed_on": needed_on,
            "is_carried": False,
        }
        for material_id, needed_qty in needed.items()
        if material_id not in told
    ]
    session.flush()  # the changed rows before the new ones
    if fresh:
        session.execute(insert(Demand), fresh)


def carry(
    session: Session, subject: str, subject_ids: Collection[int], material_ids: Collection[int]
) -> None:
    """Say that the plans of a batch ask for these materials in the place of the subjects: not twice."""
    session.execute(
        update(Demand)
        .where(
            Demand.subject == subject,
            Demand.subject_id.in_(subject_ids),
            Demand.material_id.in_(material_ids),
        )
        .values(is_carried=True)
        .execution_options(synchronize_session=False)
    )


def ask_again(session: Session, subject: str, subject_id: int) -> None:
    """Say that no plan asks in the place of a subject any more: its demands count again."""
    session.execute(
        update(Demand)
        .where(Demand.subject == subject, Demand.subject_id == subject_id)
        .values(is_carried=False)
        .execution_options(synchronize_session=False)
    )


def note_yield(
    session: Session, name: str, material_id: int, *, net_qty: Decimal, stock_qty: Decimal, at: datetime
) -> None:
    """Keep what a computed cut plan made of its stock, both in the material's unit; a plan tells it once."""
    session.add(
        CutYield(name=name, material_id=material_id, net_qty=net_qty, stock_qty=stock_qty, computed_at=at)
    )


def receive(
    session: Session,
    article_id: int,
    qty: Decimal,
    place_id: int,
    *,
    supplier_id: int | None,
    reference: str,
    by: int | None,
    at: datetime,
    form_key: str | None = None,
) -> Lot:
    """Take a delivery of one article in, as a new lot with a label of its own, and return it.

    The same `form_key` again returns the lot of the first time and receives nothing. Raises NotFound,
    NotWhole, PlaceUnfit, PlaceClosed.
    """
    article = session.get(Article, article_id)
    if article is None:
        raise NotFound
    material = session.get_one(Material, article.material_id)
    check_whole(article.code, counted_in(material.kind, material.unit_code), qty)
    lot = Lot(
        article_id=article_id,
        supplier_id=supplier_id,
        supplier_reference=reference,
        received_at=at,
        form_key=form_key,
    )
    before = _begun(session, lot)
    if before is not None:
        return before
    supplier = virtual_place(session, PlaceKind.SUPPLIER)
    move(session, lot.id, supplier.id, place_id, qty, MoveKind.RECEIPT, by=by, at=at)
    audit.record(
        session,
        subject=LOT,
        subject_id=lot.id,
        verb="receive",
        by=by,
        at=at,
        changes={"article": [None, article.code], "qty": [None, qty]},
    )
    return lot


def _begun(session: Session, lot: Lot) -> Lot | None:
    """Write a new lot, or return the one that the same form made before."""
    same_form = select(Lot).where(Lot.form_key == lot.form_key)
    before = session.scalar(same_form) if lot.form_key else None
    if before is not None:
        return before
    (lot.code,) = next_codes(session, Letter.LOT, 1)
    try:
        with session.begin_nested():
            session.add(lot)
    except IntegrityError:  # the same form, sent twice at once
        return session.scalars(same_form).one()
    return None


def move(
    session: Session,
    lot_id: int,
    from_place_id: int,
    to_place_id: int,
    qty: Decimal,
    kind: MoveKind,
    *,
    subject: str | None = None,
    subject_id: int | None = None,
    by: int | None,
    at: datetime,
) -> Move:
    """Move a quantity of a lot from one place to another and return the ledger's new row.

    Locks the two balances in the order of their places. Raises NotFound, PlaceUnfit, PlaceClosed,
    PeriodClosed, StockShort.
    """
    start, end = session.get(Place, from_place_id), session.get(Place, to_place_id)
    if start is None or end is None:
        raise NotFound
    check_place(end.name, end.kind, is_active=end.is_active)
    _check_period(session, at)
    for place, change in sorted(((start, -qty), (end, qty)), key=lambda step: step[0].id):
        if place.kind not in VIRTUAL:
            _change(session, lot_id, place, change)
    row = Move(
        kind=kind,
        lot_id=lot_id,
        from_place_id=from_place_id,
        to_place_id=to_place_id,
        moved_qty=qty,
        subject=subject,
        subject_id=subject_id,
        moved_at=at,
        moved_by_id=by,
    )
    session.add(row)
    session.flush()  # for its id
    return row


def _check_period(session: Session, at: datetime) -> None:
    """Raise PeriodClosed when a moment lies in a closed month, or before one."""
    closed = session.scalar(select(Period).where(Period.ends_at > at).order_by(Period.ends_at).limit(1))
    if closed is not None:
        raise PeriodClosed(month=month_text(closed.month_on))


def close_month(
    session: Session, month_on: date, ends_at: datetime, *, by: int | None, at: datetime
) -> Period:
    """Close a month: from now on nothing is moved in it, and a mistake in it is put right in an open one.

    Months are closed in order. The ledger must prove itself, and whoever hears MonthClosing may refuse.
    Raises MonthNotOver, MonthOutOfOrder, NotProved, Conflict.
    """
    check_over(month_on, ends_at, at)
    last = queries.last_closed(session)
    check_order(month_on, None if last is None else next_month(last.month_on))
    faults = queries.verify(session)
    if faults:
        raise NotProved(count=len(faults))
    publish(session, MonthClosing(month_on, ends_at))
    row = Period(month_on=month_on, ends_at=ends_at, closed_at=at, closed_by_id=by)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as same:  # somebody closed it a moment ago
        raise Conflict from same
    audit.record(session, subject=PERIOD, subject_id=row.id, verb="close", by=by, at=at)
    return row


def open_month(session: Session, month_on: date, reason: str, *, by: int | None, at: datetime) -> None:
    """Open the month that was closed last. Raises NotFound, MonthOutOfOrder, ReopenReasonMissing."""
    last = queries.last_closed(session)
    if last is None:
        raise NotFound
    check_order(month_on, last.month_on)
    if not reason.strip():
        raise ReopenReasonMissing
    changes: dict[str, list[Any]] = {"month": [month_on, None], "reason": [None, reason.strip()]}
    audit.record(session, subject=PERIOD, subject_id=last.id, verb="open", by=by, at=at, changes=changes)
    session.delete(last)
    session.flush()  # the next move sees it open


def _change(session: Session, lot_id: int, place: Place, change: Decimal) -> None:
    """Change one balance, never below zero. Raises StockShort."""
    changed = (
        update(Balance)
        .where(Balance.lot_id == lot_id, Balance.place_id == place.id)
        .values(on_hand_qty=Balance.on_hand_qty + change)
        .execution_options(synchronize_session=False)
    )
    if change < 0:
        if session.execute(changed.where(Balance.on_hand_qty >= -change)).rowcount == 0:  # type: ignore[attr-defined]
            raise _short(session, lot_id, place, -change)
        return
    if session.execute(changed).rowcount:  # type: ignore[attr-defined]
        return
    try:
        with session.begin_nested():
            session.execute(insert(Balance).values(lot_id=lot_id, place_id=place.id, on_hand_qty=change))
    except IntegrityError:  # another writer was first to put something of the lot there
        session.execute(changed)


def _short(session: Session, lot_id: int, place: Place, need_qty: Decimal) -> StockShort:
    here = select(Balance.on_hand_qty).where(Balance.lot_id == lot_id, Balance.place_id == place.id)
    article = select(Article.code).join(Lot, Lot.article_id == Article.id).where(Lot.id == lot_id)
    return StockShort(
        article=session.scalar(article),
        place=place.name,
        need=plain(need_qty),
        have=plain(session.scalar(here) or ZERO),
    )


@dataclass(frozen=True, slots=True)
class OffcutSize:
    """How large an offcut is; a bar has no width."""

    length_mm: Decimal
    width_mm: Decimal | None


def floor_place(session: Session) -> Place:
    """Return where offcuts lie when they come off the saw: the first place of the shop floor, made if there is none."""
    found = select(Place).where(Place.kind == PlaceKind.FLOOR, Place.is_active).order_by(Place.id).limit(1)
    place = session.scalar(found)
    return place if place is not None else add_place(session, PlaceKind.FLOOR.value, PlaceKind.FLOOR)


def keep_offcut(
    session: Session,
    article_id: int,
    code: str,
    size: OffcutSize,
    *,
    subject: str,
    subject_id: int,
    by: int | None,
    at: datetime,
) -> Lot:
    """Take a rest of an article back from production as a lot of one piece with a size of its own.

    It lies on the shop floor until somebody puts it away.
    """
    lot = Lot(
        code=code, article_id=article_id, received_at=at, length_mm=size.length_mm, width_mm=size.width_mm
    )
    session.add(lot)
    session.flush()  # for its id
    start, end = virtual_place(session, PlaceKind.PRODUCTION), floor_place(session)
    move(
        session,
        lot.id,
        start.id,
        end.id,
        Decimal(1),
        MoveKind.RETURN,
        subject=subject,
        subject_id=subject_id,
        by=by,
        at=at,
    )
    return lot


def cut_up(
    session: Session, lot_id: int, *, subject: str, subject_id: int, by: int | None, at: datetime
) -> None:
    """Take an offcut out of stock because it was cut up. Raises NotFound, StockShort."""
    _withdraw(
        session,
        lot_id,
        PlaceKind.PRODUCTION,
        MoveKind.CUT,
        subject=subject,
        subject_id=subject_id,
        by=by,
        at=at,
    )


def take_out(
    session: Session,
    lot_id: int,
    *,
    is_scrap: bool,
    subject: str,
    subject_id: int,
    by: int | None,
    at: datetime,
) -> None:
    """Take an offcut out of stock without a plan: scrapped, or used for something else. Raises NotFound."""
    end = PlaceKind.LOSS if is_scrap else PlaceKind.PRODUCTION
    _withdraw(session, lot_id, end, MoveKind.SCRAP, subject=subject, subject_id=subject_id, by=by, at=at)


def _withdraw(
    session: Session,
    lot_id: int,
    end: PlaceKind,
    kind: MoveKind,
    *,
    subject: str,
    subject_id: int,
    by: int | None,
    at: datetime,
) -> None:
    """Move the one piece of an offcut from where it lies to a virtual place. Raises NotFound, StockShort."""
    here = select(Balance.place_id).where(Balance.lot_id == lot_id, Balance.on_hand_qty > ZERO)
    place_id = session.scalar(here)
    if place_id is None:
        raise NotFound
    target = virtual_place(session, end)
    move(
        session,
        lot_id,
        place_id,
        target.id,
        Decimal(1),
        kind,
        subject=subject,
        subject_id=subject_id,
        by=by,
        at=at,
    )


def issue(
    session: Session,
    lot_id: int,
    from_place_id: int,
    qty: Decimal,
    *,
    subject: str,
    subject_id: int,
    by: int | None,
    at: datetime,
) -> Move:
    """Hand a quantity of a lot out for a subject that needs its material.

    Locks the balance, then the demand. Raises NotFound, NotWhole, StockShort, OverIssue.
    """
    _, material_id = _lot_of(session, lot_id, qty)
    used = virtual_place(session, PlaceKind.PRODUCTION)
    row = move(
        session,
        lot_id,
        from_place_id,
        used.id,
        qty,
        MoveKind.ISSUE,
        subject=subject,
        subject_id=subject_id,
        by=by,
        at=at,
    )
    add_issued(session, subject, subject_id, material_id, qty)
    return row


def _lot_of(session: Session, lot_id: int, qty: Decimal) -> tuple[Lot, int]:
    """Return a lot of which a quantity can be, and its material. Raises NotFound, NotWhole."""
    found = session.execute(
        select(Lot, Article.code, Material)
        .join(Article, Article.id == Lot.article_id)
        .join(Material, Material.id == Article.material_id)
        .where(Lot.id == lot_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    lot, code, material = found
    check_whole(code, counted_in(material.kind, material.unit_code), qty)
    return lot, material.id


def give_back(
    session: Session,
    lot_id: int,
    to_place_id: int,
    qty: Decimal,
    *,
    subject: str,
    subject_id: int,
    by: int | None,
    at: datetime,
) -> Move:
    """Take a quantity of a lot back from the shop that was issued for a subject; it is needed again.

    Locks the balance, then the demand. Raises NotFound, NotWhole, PlaceUnfit, PlaceClosed, OverReturn.
    """
    lot, material_id = _lot_of(session, lot_id, qty)
    used = virtual_place(session, PlaceKind.PRODUCTION)
    row = move(
        session,
        lot_id,
        used.id,
        to_place_id,
        qty,
        MoveKind.RETURN,
        subject=subject,
        subject_id=subject_id,
        by=by,
        at=at,
    )
    _demand(session, subject, subject_id, material_id)  # its lock makes two returns wait for each other
    left = queries.issued_qty(session, lot_id, subject, subject_id)
    if left < 0:
        raise OverReturn(lot=lot.code, need=plain(qty), have=plain(left + qty))
    add_issued(session, subject, subject_id, material_id, -qty)
    return row


def _demand(session: Session, subject: str, subject_id: int, material_id: int) -> Demand | None:
    """Return what a subject needs of a material, locked."""
    return session.scalar(
        select(Demand)
        .where(Demand.subject == subject, Demand.subject_id == subject_id, Demand.material_id == material_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def add_issued(session: Session, subject: str, subject_id: int, material_id: int, qty: Decimal) -> None:
    """Count what was issued for a demand; a negative `qty` takes it back.

    Locks the demand. Raises OverIssue.
    """
    demand = _demand(session, subject, subject_id, material_id)
    needed_qty, issued_qty = (demand.needed_qty, demand.issued_qty) if demand else (ZERO, ZERO)
    if qty > 0:
        material = session.get_one(Material, material_id)
        check_issue(Named(material.name, material.name_en), needed_qty, issued_qty, qty)
    if demand is not None:
        demand.issued_qty = issued_qty + qty
    session.flush()  # a later UPDATE in SQL sees it


def reverse(session: Session, move_id: int, *, by: int | None, at: datetime) -> Move:
    """Take a move back by a move the other way; what was issued is needed again.

    The ledger keeps both. Publishes ReceiptReversed.
    Raises NotFound, NotReversible, StockShort, OverReturn, PlaceUnfit, PlaceClosed.
    """
    wrong = session.get(Move, move_id, with_for_update=True)
    if wrong is None:
        raise NotFound
    is_undone = session.scalar(select(Move.id).where(Move.reverses_id == move_id)) is not None
    is_offcut = session.get_one(Lot, wrong.lot_id).is_offcut  # what cutting did, cutting takes back
    if is_undone or wrong.kind is MoveKind.REVERSAL or (is_offcut and wrong.kind is not MoveKind.TRANSFER):
        raise NotReversible
    if wrong.kind is MoveKind.ISSUE and wrong.subject is not None and wrong.subject_id is not None:
        with_it = queries.issued_qty(session, wrong.lot_id, wrong.subject, wrong.subject_id)
        if with_it < wrong.moved_qty:  # part of it came back meanwhile
            code = session.get_one(Lot, wrong.lot_id).code
            raise OverReturn(lot=code, need=plain(wrong.moved_qty), have=plain(with_it))
    row = move(
        session,
        wrong.lot_id,
        wrong.to_place_id,
        wrong.from_place_id,
        wrong.moved_qty,
        MoveKind.REVERSAL,
        subject=wrong.subject,
        subject_id=wrong.subject_id,
        by=by,
        at=at,
    )
    row.reverses_id = move_id
    taken_back = {MoveKind.ISSUE: -wrong.moved_qty, MoveKind.RETURN: wrong.moved_qty}
    if wrong.kind in taken_back and wrong.subject is not None and wrong.subject_id is not None:
        article = select(Article.material_id).join(Lot, Lot.article_id == Article.id)
        material_id = session.scalars(article.where(Lot.id == wrong.lot_id)).one()
        add_issued(session, wrong.subject, wrong.subject_id, material_id, taken_back[wrong.kind])
    if wrong.kind is MoveKind.RECEIPT:
        publish(session, ReceiptReversed(wrong.lot_id, wrong.moved_qty, by, at))
    audit.record(
        session,
        subject=LOT,
        subject_id=wrong.lot_id,
        verb="reverse",
        by=by,
        at=at,
        changes={"move": [move_id, row.id], "qty": [wrong.moved_qty, ZERO]},
    )
    return row
