"""Scans at the packing bench: each finds its package and piece, calls one command, and says what was done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from core.codes import Letter, clean
from core.errors import AppError
from core.i18n import N_, Named
from mes.packing import queries, service
from mes.packing.rules import (
    Box,
    BoxNotEmpty,
    DamageStage,
    NotDamageable,
    PackageState,
    Piece,
    label_of,
)
from mes.packing.rules.rechecks import SEEN_BY_EYE
from mes.packing.service import damage as breakage
from mes.packing.service import kits, rechecks
from mes.scanning import service as scanning
from mes.scanning.rules import Accepted, Block, Blocked, Progress, ScanKind, ScanRequest, StationKind, Text
from mes.scanning.service import Handler, Resolved
from mes.splitting.rules import PieceState

PACK, OVERRIDE, DAMAGE = "mes.packing.pack", "mes.packing.override", "mes.packing.damage"
RECHECK = "mes.packing.recheck"
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
    if scan.code.startswith(Letter.LOT):
        return _count_in(session, scan)
    box = service.hold(session, code)
    if box is None:
        raise scanning.unknown(session, code)
    with _at(box.package_id):
        piece = _piece(session, scan.code)
        box = service.add_piece(session, box, piece, by=scan.who.id, at=scan.at)
    return _accepted(Text(N_("%(piece)s is in."), {"piece": piece.name}), box, piece)


def _count_in(session: Session, scan: ScanRequest) -> Accepted:
    """Count hardware into the package in hand: the lot's label says which, the quantity how many."""
    box = _box_alone(session, scan.context or "")
    with _at(box.package_id):
        material_id, name = _material(session, scan.code)
        line = kits.count_in(session, box, material_id, name, scan.quantity, by=scan.who.id, at=scan.at)
    facts = {"name": name, "count": line.counted_count, "total": line.needed_count}
    return Accepted(
        Text(N_("%(name)s: %(count)s of %(total)s are in."), facts),
        object_type="package",
        object_id=box.package_id,
        context_id=box.package_id,
        progress=box.progress,
        shown=_shown(box, None) | {"name": name, "size": f"{line.counted_count} / {line.needed_count}"},
    )


def _box_alone(session: Session, code: str) -> Box:
    box = queries.box_alone(session, _package_id(session, code))
    assert box is not None  # noqa: S101  # just found
    return box


def _material(session: Session, code: str) -> tuple[int, Named]:
    found = queries.material_of_lot(session, code)
    if found is None:
        raise scanning.unknown(session, code)
    return found


def pack_remove(session: Session, scan: ScanRequest) -> Accepted:
    """Take a piece out of the package in hand; of hardware, count it anew."""
    package_id = _package_id(session, scan.context or "")
    if scan.code.startswith(Letter.LOT):
        material_id, name = _material(session, scan.code)
        box = service.hold_open(session, package_id)
        kits.count_anew(session, package_id, material_id)
        return _accepted(Text(N_("%(name)s is counted anew."), {"name": name}), box)
    with _at(package_id):
        piece = _piece(session, scan.code)
        box = service.remove_piece(session, package_id, piece, at=scan.at)
    return _accepted(Text(N_("%(piece)s is out."), {"piece": piece.name}), box, piece)


def pack_seal(session: Session, scan: ScanRequest) -> Accepted:
    """Close the package; a supervisor may sign for one that is not complete.

    `witness` is how somebody saw its handing and colour, `quantity` above 1 what a kit weighs, in grams.
    """
    package_id = _package_id(session, scan.code)
    box, is_override = service.seal(
        session,
        package_id,
        weighed_kg=Decimal(scan.quantity).scaleb(-3) if scan.quantity > 1 else None,
        said=scan.witness,
        by=scan.who.id,
        at=scan.at,
        is_signed=scan.signer is not None,
    )
    say = Text(N_("%(package)s is sealed."), {"package": label_of(box)})
    return _accepted(say, box, is_override=is_override)


def pack_reopen(session: Session, scan: ScanRequest) -> Accepted:
    """Open a sealed package again."""
    package_id = _package_id(session, scan.code)
    box = service.reopen(session, package_id, by=scan.who.id, at=scan.at)
    return _accepted(Text(N_("%(package)s is open again."), {"package": label_of(box)}), box)


def damage(session: Session, scan: ScanRequest) -> Accepted:
    """Tell that a package is damaged; `witness` says what, the station where."""
    package_id = _package_id(session, scan.code)
    stage = STAGES.get(scan.where.station_kind if scan.where else StationKind.PACK, DamageStage.BENCH)
    try:
        breakage.report_damage(session, package_id, stage, scan.witness or "", by=scan.who.id, at=scan.at)
    except NotDamageable as refused:
        raise _told(session, package_id, refused) from refused
    box = queries.box(session, package_id)
    assert box is not None  # noqa: S101  # just damaged
    return _accepted(
        Text(N_("%(package)s is reported as damaged (E14). Put it aside."), {"package": label_of(box)}), box
    )


def void(session: Session, scan: ScanRequest) -> Accepted:
    """Make an empty package void."""
    package_id = _package_id(session, scan.code)
    try:
        breakage.void_empty(session, package_id, by=scan.who.id, at=scan.at)
    except (NotDamageable, BoxNotEmpty) as refused:
        raise _told(session, package_id, refused) from refused
    box = queries.box(session, package_id)
    assert box is not None  # noqa: S101  # just made void
    return _accepted(Text(N_("%(package)s is void."), {"package": label_of(box)}), box)


def _told(session: Session, package_id: int, refused: AppError) -> Blocked:
    """Return a refusal of a command as the verdict of a scan: the package is not where this may be done."""
    box = queries.box(session, package_id)
    return Blocked(
        Block.E24,
        expected=Text(N_("A package with which this may be done")),
        got=Text("%(package)s: %(state)s", {"package": label_of(box), "state": box.state} if box else {}),
        todo=Text(refused.message, refused.facts),
        object_type="package",
        object_id=package_id,
    )


def recheck(session: Session, scan: ScanRequest) -> Accepted:
    """Look again: the package first, then whatever lies in it; `witness` E04 or E14 is what eyes see of it."""
    if scan.code.startswith(Letter.PACKAGE):
        found = rechecks.begin(session, scan.code, by=scan.who.id, at=scan.at)
        say, name = Text(N_("Open it and scan every label in it.")), found.package
        count = found.noted_count
    else:
        seen = next((one for one in SEEN_BY_EYE if one.value == scan.witness), None)
        package = clean(scan.context or "")
        found, name = rechecks.note(session, package, scan.code, seen, by=scan.who.id, at=scan.at)
        say, count = Text(N_("Noted.")), found.noted_count + (seen is None)
    return Accepted(
        say,
        object_type="package",
        object_id=found.package_id,
        context_id=found.package_id,
        progress=Progress(count, count),  # how many belong in is not told
        shown={"name": name, "package_id": found.package_id, "recheck_id": found.recheck_id, "count": count},
    )


STAGES = {
    StationKind.PACK: DamageStage.BENCH,
    StationKind.STORE: DamageStage.STORE,
    StationKind.DOCK: DamageStage.DOCK,
}
HANDLERS = (
    Handler(ScanKind.PACK_OPEN, PACK, pack_open, (Letter.PACKAGE,)),
    Handler(ScanKind.PACK_ADD, PACK, pack_add, (Letter.PIECE, Letter.LOT), (Letter.PACKAGE,)),
    Handler(ScanKind.PACK_REMOVE, PACK, pack_remove, (Letter.PIECE, Letter.LOT), (Letter.PACKAGE,)),
    Handler(ScanKind.PACK_SEAL, PACK, pack_seal, (Letter.PACKAGE,), override_permission=OVERRIDE),
    Handler(ScanKind.PACK_REOPEN, PACK, pack_reopen, (Letter.PACKAGE,)),
    Handler(ScanKind.DAMAGE, DAMAGE, damage, (Letter.PACKAGE,)),
    Handler(ScanKind.RECHECK, RECHECK, recheck, (Letter.PACKAGE, Letter.PIECE)),
    Handler(ScanKind.VOID, OVERRIDE, void, (Letter.PACKAGE,)),
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
    }
    set_id = box.set_id if item is None else item.set_id
    if set_id is not None:  # what several sets share has no picture before a piece of one is scanned
        shown["picture"] = f"{PAGES}/sets/{set_id}/drawing{hot}"
    if box.state is PackageState.SEALED:
        shown["label"] = f"{PAGES}/packages/{box.package_id}/label.pdf"
    return shown
