"""Commands of shipping: each changes one thing and never commits.

Lock order: the load, then its list, then packages, pieces and the orders' counts. Loading takes the
load's row for sharing, so that two people load one vehicle at once; the list is changed and the load
closed by one alone. What a scan does wrong is raised as Blocked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import cast

from sqlalchemy import Table, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.codes import Letter
from core.errors import NotFound
from core.files.photos import JPEG
from core.files.service import keep
from core.numbers import service as numbers
from core.states import check_step
from erp.finance import queries as finance
from erp.parties import queries as parties
from erp.sales import service as sales
from mes.packing import queries as boxes
from mes.packing import service as packing
from mes.packing.model import Package
from mes.packing.rules import LOADABLE, PackageState
from mes.packing.service.damage import supplement
from mes.scanning.rules import Blocked, Progress
from mes.shipping import queries
from mes.shipping.model import Delivery, Load, LoadPackage, LoadPhoto
from mes.shipping.rules import (
    OPEN,
    STEPS,
    Cargo,
    Freight,
    LoadHead,
    LoadNotOpen,
    LoadState,
    Manifest,
    NothingChosen,
    NotOnLoad,
    PackageNotReady,
    PackageOnBoard,
    PackageTaken,
    judge_close,
    judge_load,
    judge_unload,
    lost,
    needs_signature,
)
from mes.splitting import service as splitting

SUBJECT = "mes.shipping.load"
LISTED = cast(
    Table, LoadPackage.__table__
)  # bare, and statements made once: every scan at the dock asks them
ON_LIST = (LISTED.c.load_id == bindparam("of_load"), LISTED.c.package_id == bindparam("of_package"))
PUT_ON = (
    update(LISTED)
    .where(*ON_LIST, LISTED.c.loaded_at.is_(None))
    .values(loaded_at=bindparam("at"), loaded_by_id=bindparam("by"))
)
TAKE_OFF = (
    update(LISTED).where(*ON_LIST, LISTED.c.loaded_at.is_not(None)).values(loaded_at=None, loaded_by_id=None)
)


def create_load(
    session: Session,
    vehicle: str,
    driver: str,
    phone: str,
    planned_on: date,
    *,
    carrier: str = "",
    freight: Freight = Freight.PREPAID,
    is_by_stop: bool = False,
    by: int,
    at: datetime,
) -> Load:
    """Plan a vehicle for a day, with nothing on its list yet; by stop, what is unloaded last is loaded first."""
    load = Load(
        number=numbers.next_number(session, "LD", on=planned_on),
        code=numbers.next_codes(session, Letter.LOAD, 1)[0],
        vehicle=vehicle,
        driver=driver,
        phone=phone,
        carrier=carrier,
        freight=freight,
        is_by_stop=is_by_stop,
        planned_on=planned_on,
        created_at=at,
        created_by_id=by,
    )
    session.add(load)
    session.flush()  # for its id
    audit.record(session, subject=SUBJECT, subject_id=load.id, verb="create", by=by, at=at)
    return load


def add_packages(
    session: Session, load_id: int, package_ids: Sequence[int], *, by: int, at: datetime
) -> None:
    """Put sealed packages onto a load's list; a dealer who is new there becomes its last stop.

    Locks the load. Raises LoadNotOpen, NothingChosen, PackageNotReady, PackageTaken.
    """
    load = _locked_open(session, load_id)
    wanted = list(dict.fromkeys(package_ids))
    cargo = {one.package_id: one for one in queries.cargo_of(session, wanted)}
    chosen = [cargo[package_id] for package_id in wanted if package_id in cargo]
    if not chosen:
        raise NothingChosen
    for one in chosen:
        if one.state not in LOADABLE:
            raise PackageNotReady(package=one.full, state=one.state)
    deliveries = _deliveries(session, load, chosen)
    rows = [
        {"load_id": load_id, "delivery_id": deliveries[one.dealer_id], "package_id": one.package_id}
        for one in chosen
    ]
    try:
        with session.begin_nested():  # the database's uniqueness is the judge
            session.execute(insert(LoadPackage), rows)
    except IntegrityError as wrong:
        raise PackageTaken from wrong
    _note(session, load_id, "add_packages", {"packages": [None, [one.code for one in chosen]]}, by=by, at=at)


def _deliveries(session: Session, load: Load, chosen: Sequence[Cargo]) -> dict[int, int]:
    """Return the delivery of each dealer, made where there is none yet."""
    rows = session.execute(select(Delivery.dealer_id, Delivery.id).where(Delivery.load_id == load.id))
    found = dict(rows.all())
    position = session.scalar(select(func.max(Delivery.position)).where(Delivery.load_id == load.id)) or 0
    for dealer_id in dict.fromkeys(one.dealer_id for one in chosen if one.dealer_id not in found):
        position += 1
        delivery = Delivery(
            number=numbers.next_number(session, "DN", on=load.planned_on),
            code=numbers.next_codes(session, Letter.DELIVERY, 1)[0],
            load_id=load.id,
            dealer_id=dealer_id,
            address=_address(session, dealer_id),
            position=position,
        )
        session.add(delivery)
        session.flush()  # for its id
        found[dealer_id] = delivery.id
    return found


def _address(session: Session, dealer_id: int) -> str:
    dealer = parties.party(session, dealer_id)
    if dealer.address.startswith(dealer.city):
        return dealer.address
    return f"{dealer.city} {dealer.address}".strip()


def remove_package(session: Session, load_id: int, package_id: int, *, by: int, at: datetime) -> None:
    """Take a package that is not on the vehicle off its list.

    Locks the load. Raises LoadNotOpen, PackageOnBoard, NotOnLoad.
    """
    load = _locked_open(session, load_id)
    (cargo,) = queries.cargo_of(session, [package_id]) or (None,)
    if cargo is None or cargo.load_id != load_id:
        raise NotOnLoad(number=load.number)
    gone = session.execute(
        delete(LoadPackage).where(
            LoadPackage.load_id == load_id,
            LoadPackage.package_id == package_id,
            LoadPackage.loaded_at.is_(None),
        )
    )
    if gone.rowcount != 1:  # type: ignore[attr-defined]
        raise PackageOnBoard(package=cargo.full)
    _drop_empty_stops(session, load_id)
    _note(session, load_id, "remove_package", {"packages": [[cargo.code], None]}, by=by, at=at)


def drop_packages(
    session: Session,
    set_ids: Collection[int],
    package_ids: Collection[int] = (),
    *,
    by: int | None,
    at: datetime,
) -> None:
    """Take the packages of cancelled door sets, and others, off the lists they are on, unless on the vehicle.

    So are those into which nothing else belongs than pieces of these sets. For the one who cancels, before the
    packages become void. Locks the loads by id.
    """
    emptied = boxes.emptied_by(session, set_ids)
    listed = session.execute(
        select(LoadPackage.load_id, LoadPackage.package_id, Package.code)
        .join(Package, Package.id == LoadPackage.package_id)
        .where(
            Package.set_id.in_(set_ids) | Package.id.in_([*package_ids, *emptied]),
            LoadPackage.loaded_at.is_(None),
        )
        .order_by(LoadPackage.load_id, Package.id)
    ).all()
    for load_id in dict.fromkeys(row.load_id for row in listed):
        _locked(session, load_id)
        mine = [row for row in listed if row.load_id == load_id]
        session.execute(
            delete(LoadPackage).where(
                LoadPackage.package_id.in_([row.package_id for row in mine]), LoadPackage.loaded_at.is_(None)
            )
        )
        _drop_empty_stops(session, load_id)
        codes = [row.code for row in mine]
        _note(session, load_id, "remove_package", {"packages": [codes, None]}, by=by, at=at)


def cancel(session: Session, load_id: int, *, by: int, at: datetime) -> None:
    """Give a load up on which nothing was loaded yet; its packages are free for another.

    Locks the load. Raises StepRefused.
    """
    load = _locked(session, load_id)
    check_step(STEPS, load.number, load.state, LoadState.CANCELLED)
    session.execute(delete(LoadPackage).where(LoadPackage.load_id == load_id))
    _drop_empty_stops(session, load_id)
    _step(session, load_id, load.state, LoadState.CANCELLED)
    _note(session, load_id, "cancel", {}, by=by, at=at)


def load(session: Session, load_id: int, cargo: Cargo, *, by: int, at: datetime) -> Progress:
    """Put a package onto the vehicle and return how far the loading is; the first one begins it.

    Locks the load for sharing. Raises Blocked E24, E12, E28, E11, E29, E13; E27 when another scan was quicker.
    """
    head = _head(session, load_id, cargo)
    _refuse(session, judge_load(head, cargo, is_held=_is_held(session, cargo)), load_id)
    facts = {"of_load": load_id, "of_package": cargo.package_id}
    won = session.execute(PUT_ON, {**facts, "at": at, "by": by})
    moved = won.rowcount == 1 and packing.move_on(  # type: ignore[attr-defined]
        session, [cargo.package_id], LOADABLE, PackageState.LOADED
    )
    if not moved:
        _refuse(session, _lost_cargo(session, load_id, cargo), load_id)
    if head.state is LoadState.PLANNED:
        _step(session, load_id, LoadState.PLANNED, LoadState.LOADING)
    return queries.progress(session, load_id)


def _lost_cargo(session: Session, load_id: int, cargo: Cargo) -> Blocked:
    """Judge again what another scan changed between the reading and the writing."""
    now = (queries.cargo_of(session, [cargo.package_id]) or [cargo])[0]
    head = _head(session, load_id, now)
    return judge_load(head, now, is_held=_is_held(session, now)) or lost(head)


def _is_held(session: Session, cargo: Cargo) -> bool:
    """Say whether the package's order must be paid in full first; a payment that is reversed later changes nothing."""
    return bool(finance.held_from_loading(session, [cargo.order_id]))


def unload(session: Session, load_id: int, cargo: Cargo, *, at: datetime) -> Progress:
    """Take a package off the vehicle and return how far the loading is; it stays on the list.

    Locks the load for sharing. Raises Blocked E24, E12, E27.
    """
    head = _head(session, load_id, cargo)
    _refuse(session, judge_unload(head, cargo), load_id)
    won = session.execute(TAKE_OFF, {"of_load": load_id, "of_package": cargo.package_id})
    moved = won.rowcount == 1 and packing.move_on(  # type: ignore[attr-defined]
        session, [cargo.package_id], (PackageState.LOADED,), PackageState.SEALED
    )
    if not moved:
        raise lost(head)
    return queries.progress(session, load_id)


def close(
    session: Session, load_id: int, *, signer: int | None, reason: str | None, by: int, at: datetime
) -> tuple[Manifest, bool]:
    """Close a complete load; one that goes short as its dealers allow it, mostly with a supervisor's signature.

    Returns how it stands, and whether a signature was needed. What stays behind leaves the list, so that it
    can go with the next load. Compares the list with the scan log. Locks the load.
    Raises Blocked E24, E15, E10, E27.
    """
    manifest = _manifest(session, load_id)
    going = {one.order_id for one in manifest.cargo if one.is_loaded}
    absent = [one for one in queries.absent(session, load_id) if one.order_id in going]
    scanned = queries.scanned_on(session, load_id)
    refusal = judge_close(manifest, scanned, absent, is_signed=signer is not None)
    if refusal is not None:
        refusal.progress = manifest.progress
        raise refusal
    behind = (*manifest.missing, *absent)
    session.execute(
        delete(LoadPackage).where(LoadPackage.load_id == load_id, LoadPackage.loaded_at.is_(None))
    )
    _drop_empty_stops(session, load_id)
    signed = {"exception_by_id": signer, "exception_reason": reason} if behind else {}
    if not _step(
        session, load_id, LoadState.LOADING, LoadState.CLOSED, closed_at=at, closed_by_id=by, **signed
    ):
        raise lost(manifest)
    changes: dict[str, list[object]] = {"left_behind": [[one.code for one in behind], None]} if behind else {}
    _note(session, load_id, "close", changes, by=by, at=at)
    return _manifest(session, load_id), needs_signature(behind)


def add_photo(session: Session, load_id: int, picture: bytes, *, by: int, at: datetime) -> LoadPhoto:
    """Keep a picture of a loaded vehicle, drawn anew by the caller. Raises NotFound."""
    _locked(session, load_id)
    file = keep(session, f"{at:%Y%m%d-%H%M%S}.jpg", JPEG, picture, by=by, at=at)
    photo = LoadPhoto(load_id=load_id, file_id=file.id, taken_at=at, taken_by_id=by)
    session.add(photo)
    _note(session, load_id, "photo", {}, by=by, at=at)
    return photo


def ship(session: Session, load_id: int, *, by: int, at: datetime) -> None:
    """Let a closed load leave: its packages and their pieces are shipped, its orders are told.

    Locks the load, then the orders by id. Raises StepRefused.
    """
    found = _locked(session, load_id)
    check_step(STEPS, found.number, found.state, LoadState.SHIPPED)
    _step(session, load_id, LoadState.CLOSED, LoadState.SHIPPED, shipped_at=at)
    manifest = _manifest(session, load_id)
    ids = [one.package_id for one in manifest.cargo]
    packing.move_on(session, ids, (PackageState.LOADED,), PackageState.SHIPPED)
    supplement(session, ids, by=by, at=at)
    splitting.mark_shipped(session, queries.content_ids(session, ids), at=at)
    for order_id, count in sorted(Counter(one.order_id for one in manifest.cargo).items()):
        sales.record_progress(session, order_id, shipped=count, at=at)
    _note(session, load_id, "ship", {}, by=by, at=at)


def _locked(session: Session, load_id: int) -> Load:
    found = session.get(Load, load_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def _locked_open(session: Session, load_id: int) -> Load:
    found = _locked(session, load_id)
    if found.state not in OPEN:
        raise LoadNotOpen(number=found.number, state=found.state)
    return found


def _manifest(session: Session, load_id: int) -> Manifest:
    """Lock a load and return it with its list."""
    session.execute(select(Load.id).where(Load.id == load_id).with_for_update())
    found = queries.manifest(session, load_id)
    if found is None:
        raise NotFound
    return found


def _head(session: Session, load_id: int, cargo: Cargo) -> LoadHead:
    """Lock a load and return what a judge sees of it; a planned one is taken alone, as its state will change."""
    state = queries.state_of(session, load_id)
    found = queries.head(session, load_id, cargo, is_shared=state is not LoadState.PLANNED)
    if found is None:
        raise NotFound
    return found


def _step(session: Session, load_id: int, before: LoadState, after: LoadState, **values: object) -> bool:
    """Bring a load from one state to the next, if it is still there; say whether it was."""
    won = session.execute(
        update(Load)
        .where(Load.id == load_id, Load.state == before)
        .values(state=after, **values)
        .execution_options(synchronize_session=False)
    )
    return bool(won.rowcount)  # type: ignore[attr-defined]


def _drop_empty_stops(session: Session, load_id: int) -> None:
    """Take the deliveries off a load to which nothing goes any more."""
    used = select(LoadPackage.delivery_id).where(LoadPackage.load_id == load_id)
    session.execute(delete(Delivery).where(Delivery.load_id == load_id, Delivery.id.not_in(used)))


def _note(
    session: Session,
    load_id: int,
    verb: str,
    changes: dict[str, list[object]],
    *,
    by: int | None,
    at: datetime,
) -> None:
    audit.record(session, subject=SUBJECT, subject_id=load_id, verb=verb, by=by, at=at, changes=changes)


def _refuse(session: Session, refusal: Blocked | None, load_id: int) -> None:
    """Raise a refusal, with how far the loading is."""
    if refusal is not None:
        refusal.progress = queries.progress(session, load_id)
        raise refusal
