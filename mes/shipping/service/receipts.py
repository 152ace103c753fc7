"""Commands of what happens after a vehicle has left: the dealer's receipt, claims, packages that come back.

Lock order: the delivery (or the load), then packages, pieces and the orders' counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.errors import NotFound
from core.files.photos import JPEG
from core.files.service import keep
from erp.sales import service as sales
from mes.packing import service as packing
from mes.packing.rules import DamageStage, PackageState
from mes.packing.service.damage import report_damage
from mes.scanning.rules import Block
from mes.shipping import queries
from mes.shipping.model import Claim, Delivery, Load, LoadPackage, Receipt, Return
from mes.shipping.rules import (
    CLAIM_COUNTS,
    CLAIM_NOTE_MAX,
    CLAIMABLE,
    GONE,
    LINK_HOLDS,
    AnswerMissing,
    ClaimDecided,
    ClaimKind,
    ClaimState,
    Condition,
    LinkUnknown,
    LoadState,
    NameMissing,
    NotAway,
    NoteMissing,
    NothingSaid,
    NotShipped,
    ReasonMissing,
    Said,
    check_link,
    token_sha256,
)
from mes.splitting import service as splitting

SUBJECT, CLAIM = "mes.shipping.delivery", "mes.shipping.claim"
NOT_COME = (ClaimKind.PACKAGE_MISSING, ClaimKind.PACKAGE_WRONG)  # the package is not with the dealer


def make_link(session: Session, delivery_id: int, token: str, *, by: int, at: datetime) -> Delivery:
    """Let a dealer confirm a delivery by a link; an older link opens nothing any more. Raises NotFound, NotShipped."""
    delivery = session.get(Delivery, delivery_id, with_for_update=True)
    if delivery is None:
        raise NotFound
    state = session.scalars(select(Load.state).where(Load.id == delivery.load_id)).one()
    if state is not LoadState.SHIPPED:
        raise NotShipped(number=delivery.number)
    delivery.token_sha256 = token_sha256(token)
    delivery.link_made_at, delivery.link_expires_at = at, at + LINK_HOLDS
    audit.record(session, subject=SUBJECT, subject_id=delivery_id, verb="link", by=by, at=at)
    return delivery


def receive(session: Session, token: str, said: Sequence[Said], name: str, *, at: datetime) -> Delivery:
    """Take a dealer's receipt, package by package; what is wrong becomes a claim.

    What was said of a package stays as it was said first; a claim can be added later. Locks the delivery.
    Raises LinkUnknown, LinkOver, NameMissing, NothingSaid, NoteMissing.
    """
    delivery = session.scalar(
        select(Delivery).where(Delivery.token_sha256 == token_sha256(token)).with_for_update()
    )
    if delivery is None:
        raise LinkUnknown
    check_link(delivery.link_expires_at, at)
    name = name.strip()[:40]
    if not name:
        raise NameMissing
    if not said:
        raise NothingSaid
    mine = {one.package_id: one for one in queries.delivered(session, delivery.id)}
    known = set(session.scalars(select(Receipt.package_id).where(Receipt.delivery_id == delivery.id)))
    for one in said:
        if one.package_id is not None and one.package_id not in mine:
            continue  # it came back meanwhile
        if one.kind is not None:
            label = mine[one.package_id].full if one.package_id is not None else "+"
            _claim(session, delivery, one, label, name, at)
        if one.package_id is not None and one.package_id not in known:
            known.add(one.package_id)
            _receive_one(session, delivery.id, one, name, at)
    if delivery.received_at is None and known >= set(mine):
        delivery.received_at, delivery.received_by = at, name
    audit.record(session, subject=SUBJECT, subject_id=delivery.id, verb="receive", by=None, at=at)
    return delivery


def _receive_one(session: Session, delivery_id: int, one: Said, name: str, at: datetime) -> None:
    session.execute(
        insert(Receipt).values(
            delivery_id=delivery_id,
            package_id=one.package_id,
            is_right=one.kind is None,
            said_at=at,
            said_by=name,
        )
    )
    if one.kind not in NOT_COME:
        packing.move_on(session, [one.package_id or 0], (PackageState.SHIPPED,), PackageState.RECEIVED)


def _claim(session: Session, delivery: Delivery, one: Said, label: object, name: str, at: datetime) -> None:
    note = one.note.strip()[:CLAIM_NOTE_MAX]
    if not note and one.photo is None and one.kind not in NOT_COME:
        raise NoteMissing(package=label)
    shipped_at = session.scalars(select(Load.shipped_at).where(Load.id == delivery.load_id)).one()
    photo_id = None
    if one.photo is not None:
        photo_id = keep(session, f"{at:%Y%m%d-%H%M%S}.jpg", JPEG, one.photo, by=None, at=at).id
    session.add(
        Claim(
            delivery_id=delivery.id,
            package_id=one.package_id,
            kind=one.kind,
            note=note,
            photo_id=photo_id,
            claimed_at=at,
            claimed_by=name,
            is_late=shipped_at is None or at > shipped_at + CLAIM_COUNTS,
        )
    )


def decide(
    session: Session,
    claim_id: int,
    is_accepted: bool,
    block: Block | None,
    answer: str,
    *,
    by: int,
    at: datetime,
) -> Claim:
    """Say whether a claim is right, and which error it was. Raises NotFound, ClaimDecided, AnswerMissing."""
    claim = session.get(Claim, claim_id, with_for_update=True, populate_existing=True)
    if claim is None or (is_accepted and block not in CLAIMABLE):
        raise NotFound
    if claim.state is not ClaimState.OPEN:
        raise ClaimDecided(state=claim.state)
    if not is_accepted and not answer.strip():
        raise AnswerMissing
    claim.state = ClaimState.ACCEPTED if is_accepted else ClaimState.REJECTED
    claim.block_code = block if is_accepted else None
    claim.answer, claim.decided_at, claim.decided_by_id = answer.strip()[:CLAIM_NOTE_MAX], at, by
    audit.record(
        session,
        subject=CLAIM,
        subject_id=claim_id,
        verb="decide",
        by=by,
        at=at,
        changes={"state": [ClaimState.OPEN.value, claim.state.value], "answer": ["", claim.answer]},
    )
    return claim


def take_back(
    session: Session, code: str, condition: Condition, reason: str, *, by: int, at: datetime
) -> Return:
    """Take a shipped package back into the house: a good one to be stored, a damaged one to be opened.

    Its load's list loses it, the delivery note keeps it; its pieces are packed again, its order waits for it
    again. Locks the load, then the package. Raises NotFound, NotAway, ReasonMissing.
    """
    cargo = queries.cargo_of_code(session, code)
    if cargo is None:
        raise NotFound
    reason = reason.strip()[:CLAIM_NOTE_MAX]
    if not reason:
        raise ReasonMissing
    if cargo.state not in GONE or cargo.load_id is None or cargo.delivery_id is None:
        raise NotAway(package=cargo.full, state=cargo.state)
    session.execute(select(Load.id).where(Load.id == cargo.load_id).with_for_update())
    gone = session.execute(
        delete(LoadPackage)
        .where(LoadPackage.package_id == cargo.package_id, LoadPackage.load_id == cargo.load_id)
        .returning(LoadPackage.loaded_at, LoadPackage.loaded_by_id)
    ).one_or_none()
    if gone is None or not packing.move_on(session, [cargo.package_id], GONE, PackageState.SEALED):
        raise NotAway(package=cargo.full, state=cargo.state)
    row = Return(
        package_id=cargo.package_id,
        load_id=cargo.load_id,
        delivery_id=cargo.delivery_id,
        condition=condition,
        reason=reason,
        loaded_at=gone.loaded_at,
        loaded_by_id=gone.loaded_by_id,
        returned_at=at,
        returned_by_id=by,
    )
    session.add(row)
    session.flush()  # for its id
    splitting.mark_returned(session, queries.content_ids(session, [cargo.package_id]), at=at)
    sales.record_progress(session, cargo.order_id, shipped=-1)
    if condition is Condition.DAMAGED:
        report_damage(session, cargo.package_id, DamageStage.RETURN, reason, by=by, at=at)
    audit.record(
        session,
        subject="mes.shipping.load",
        subject_id=cargo.load_id,
        verb="take_back",
        by=by,
        at=at,
        changes={"packages": [[cargo.code], None], "reason": ["", reason]},
    )
    return row
