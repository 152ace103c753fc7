"""Scans at the packing bench: each finds its package and piece, calls one command, and says what was done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from core.codes import Letter
from core.i18n import N_
from mes.packing import queries, service
from mes.packing.rules import Box, PackageState, Piece, label_of
from mes.scanning import service as scanning
from mes.scanning.rules import Accepted, Blocked, ScanKind, ScanRequest, Text
from mes.scanning.service import Handler, Resolved
from mes.splitting.rules import PieceState

PACK, OVERRIDE = "mes.packing.pack", "mes.packing.override"
PAGES = "/mes/packing"  # where the answers' pictures are; a scan is also judged where there is no request


def pack_open(session: Session, scan: ScanRequest) -> Accepted:
    """Take a package in hand."""
    package_id = _package_id(session, scan.code)
    box = service.open_package(session, package_id, by=scan.who.id, at=scan.at)
    answer = _accepted(Text(N_("%(package)s is open."), {"package": label_of(box)}), box)
    return replace(answer, shown=answer.shown | {"proves": False})  # no piece is verified yet: no green tick


def pack_add(session: Session, scan: ScanRequest) -> Accepted:
    """Put a piece into the package in hand."""
    code = scan.context or ""
    box = service.hold(session, code)
    if box is None:
        raise scanning.unknown(session, code)
    with _at(box.package_id):
        piece = _piece(session, scan.code)
        box = service.add_piece(session, box, piece, by=scan.who.id, at=scan.at)
    return _accepted(Text(N_("%(piece)s is in."), {"piece": piece.name}), box, piece)


def pack_remove(session: Session, scan: ScanRequest) -> Accepted:
    """Take a piece out of the package in hand."""
    package_id = _package_id(session, scan.context or "")
    with _at(package_id):
        piece = _piece(session, scan.code)
        box = service.remove_piece(session, package_id, piece, at=scan.at)
    return _accepted(Text(N_("%(piece)s is out."), {"piece": piece.name}), box, piece)


def pack_seal(session: Session, scan: ScanRequest) -> Accepted:
    """Close the package; a supervisor may sign for one that is not complete."""
    package_id = _package_id(session, scan.code)
    is_signed = scan.signer is not None
    box = service.seal(session, package_id, by=scan.who.id, at=scan.at, is_signed=is_signed)
    is_short = any(not item.is_packed for item in box.items)
    return _accepted(
        Text(N_("%(package)s is sealed."), {"package": label_of(box)}),
        box,
        is_override=is_signed and is_short,
    )


def pack_reopen(session: Session, scan: ScanRequest) -> Accepted:
    """Open a sealed package again."""
    package_id = _package_id(session, scan.code)
    box = service.reopen(session, package_id, by=scan.who.id, at=scan.at)
    return _accepted(Text(N_("%(package)s is open again."), {"package": label_of(box)}), box)


HANDLERS = (
    Handler(ScanKind.PACK_OPEN, PACK, pack_open, (Letter.PACKAGE,)),
    Handler(ScanKind.PACK_ADD, PACK, pack_add, (Letter.PIECE,), (Letter.PACKAGE,)),
    Handler(ScanKind.PACK_REMOVE, PACK, pack_remove, (Letter.PIECE,), (Letter.PACKAGE,)),
    Handler(ScanKind.PACK_SEAL, PACK, pack_seal, (Letter.PACKAGE,), override_permission=OVERRIDE),
    Handler(ScanKind.PACK_REOPEN, PACK, pack_reopen, (Letter.PACKAGE,)),
)


def resolve_package(session: Session, code: str) -> Resolved | None:
    """Say what a package's code stands for."""
    package_id = queries.package_id(session, code)
    box = None if package_id is None else queries.box(session, package_id)
    if box is None:
        return None
    return Resolved(
        "package",
        box.package_id,
        label_of(box),
        box.state,
        "mes_packing.package_show",
        {"package_id": box.package_id},
    )


@contextmanager
def _at(package_id: int) -> Iterator[None]:
    """Log a refusal under the package in hand as well."""
    try:
        yield
    except Blocked as refused:
        refused.context_id = package_id
        raise


def _package_id(session: Session, code: str) -> int:
    package_id = queries.package_id(session, code)
    if package_id is None:
        raise scanning.unknown(session, code)
    return package_id


def _piece(session: Session, code: str) -> Piece:
    piece = queries.piece(session, code)
    if piece is None or piece.state is PieceState.REMAKE:  # a scrapped piece keeps its row, not its label
        raise scanning.unknown(session, code)
    return piece


def _accepted(say: Text, box: Box, piece: Piece | None = None, *, is_override: bool = False) -> Accepted:
    return Accepted(
        say,
        object_type="package" if piece is None else "piece",
        object_id=box.package_id if piece is None else piece.piece_id,
        context_id=box.package_id,
        progress=box.progress,
        shown=_shown(box, piece),
        is_override=is_override,
    )


def _shown(box: Box, piece: Piece | None) -> dict[str, Any]:
    """Return what the bench draws: the name in large letters, and the piece pointed out in its door."""
    item = next((item for item in box.items if piece and item.piece_id == piece.piece_id), None)
    hot = f"?hot={item.drawn_as}" if item and item.drawn_as else ""
    shown: dict[str, Any] = {
        "name": label_of(box) if item is None else item.name,
        "size": "" if item is None else item.size,
        "package_id": box.package_id,
        "piece_id": None if item is None else item.piece_id,
        "picture": f"{PAGES}/sets/{box.set_id}/drawing{hot}",
    }
    if box.state is PackageState.SEALED:
        shown["label"] = f"{PAGES}/packages/{box.package_id}/label.pdf"
    return shown
