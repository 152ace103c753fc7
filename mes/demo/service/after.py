"""What comes after a vehicle has left the demo factory: a package that comes back, claims, pieces made again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.packing.model import Content, Package
from mes.packing.rules import PackageState
from mes.scanning.rules import Block
from mes.shipping.model import Claim, LoadPackage, Return
from mes.shipping.rules import ClaimState, Condition
from mes.shipping.service import receipts
from mes.shipping.service.remakes import remake

Tick = Callable[[], datetime]


def take_one_back(session: Session, load_id: int, by: int, tick: Tick) -> None:
    """Take the last package of the history's first load back, and have a piece of it made again."""
    if session.scalar(select(Return.id).limit(1)) is not None:
        return
    package_id, code = session.execute(
        select(Package.id, Package.code)
        .join(LoadPackage, LoadPackage.package_id == Package.id)
        .where(LoadPackage.load_id == load_id, Package.state == PackageState.SHIPPED)
        .order_by(Package.id.desc())
        .limit(1)
    ).one()
    back = receipts.take_back(session, code, Condition.DAMAGED, "卸货时摔落，包装破损", by=by, at=tick())
    piece_id = _first_piece(session, package_id)
    remake(session, package_id, piece_id, "PKG", "卸货摔落", return_id=back.id, by=by, at=tick())


def decide_one(session: Session, by: int, tick: Tick) -> None:
    """Accept the first claim of the history and have the piece made again; later ones wait."""
    if session.scalar(select(Claim.id).where(Claim.state != ClaimState.OPEN).limit(1)) is not None:
        return
    claim = session.scalars(
        select(Claim).where(Claim.package_id.is_not(None)).order_by(Claim.id).limit(1)
    ).one_or_none()
    if claim is None or claim.package_id is None:
        return
    receipts.decide(session, claim.id, True, Block.E14, "已安排补做，随下一车发出", by=by, at=tick())
    piece_id = _first_piece(session, claim.package_id)
    remake(session, claim.package_id, piece_id, "SCR", claim.note, claim_id=claim.id, by=by, at=tick())


def _first_piece(session: Session, package_id: int) -> int:
    return session.scalars(
        select(Content.piece_id).where(Content.package_id == package_id).order_by(Content.id).limit(1)
    ).one()
