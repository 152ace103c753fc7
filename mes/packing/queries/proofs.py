"""What `stock verify` proves of packing: counts and states agree with what was scanned."""

from __future__ import annotations

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from erp.sales.model import Order
from mes.packing.model import Content, Package
from mes.packing.rules import FINISHED, PackageState
from mes.scanning.model import Scan
from mes.scanning.rules import Outcome, ScanKind
from mes.splitting.model import Piece
from mes.splitting.rules import PieceState


def faults(session: Session) -> list[str]:
    """Prove that counts and states agree with what was scanned; one line for each that does not."""
    return [*_wrong_totals(session), *_wrong_seals(session), *_wrong_pieces(session)]


def _wrong_totals(session: Session) -> list[str]:
    rows = session.execute(
        select(
            Order.number,
            func.count(Package.id),
            func.count(Package.id).filter(Package.state == PackageState.VOID),
            func.max(Package.total_count),
            Order.package_count,
        )
        .join(Package, Package.order_id == Order.id)
        .where(Order.released_at.is_not(None))  # else a release is writing them, or broke off
        .group_by(Order.id, Order.number, Order.package_count)
    )
    return [  # a void package keeps its number: labels say i of N as they were printed
        f"{number}: {count} packages, {void} of them void, labelled as {total}, counted as {told}"
        for number, count, void, total, told in rows
        if count != total or count - void != told
    ]


def _wrong_seals(session: Session) -> list[str]:
    sealed = (
        select(Package.order_id, func.count(Package.id).label("count"))
        .where(Package.state.in_(FINISHED))
        .group_by(Package.order_id)
        .subquery()
    )
    rows = session.execute(
        select(Order.number, Order.sealed_count, func.coalesce(sealed.c.count, 0))
        .outerjoin(sealed, sealed.c.order_id == Order.id)
        .where(Order.sealed_count != func.coalesce(sealed.c.count, 0))
    )
    return [f"{number}: {told} packages told as sealed, {count} are" for number, told, count in rows]


def _wrong_pieces(session: Session) -> list[str]:
    packed = (PieceState.PACKED, PieceState.SHIPPED)
    rows = session.execute(
        select(Piece.code, Piece.state, Content.packed_at)
        .join(Content, Content.piece_id == Piece.id)
        .where(Content.packed_at.is_not(None) != Piece.state.in_(packed))
        .order_by(Piece.id)
    )
    return [
        f"{code}: {state.value}, but its package says {'in' if at else 'not in'}" for code, state, at in rows
    ]


def unscanned(session: Session) -> list[str]:
    """Prove by the scan log alone that what is packed was scanned into that very package, and not out again since."""
    last = (
        select(Scan.object_id, func.max(Scan.id).label("scan_id"))
        .where(
            Scan.object_type == "piece",
            Scan.kind.in_((ScanKind.PACK_ADD, ScanKind.PACK_REMOVE)),
            Scan.outcome.in_((Outcome.ACCEPT, Outcome.OVERRIDE)),
        )
        .group_by(Scan.object_id)
        .subquery()
    )
    rows = session.execute(
        select(Piece.code, Package.code)
        .select_from(Content)
        .join(Piece, Piece.id == Content.piece_id)
        .join(Package, Package.id == Content.package_id)
        .outerjoin(last, last.c.object_id == Content.piece_id)
        .outerjoin(Scan, Scan.id == last.c.scan_id)
        .where(
            Content.packed_at.is_not(None),
            or_(Scan.id.is_(None), Scan.kind != ScanKind.PACK_ADD, Scan.context_id != Content.package_id),
        )
        .order_by(Piece.id)
    )
    return [f"{piece}: in {package} without a scan that put it there" for piece, package in rows]
