"""Scans at the dock: each finds its load and package, calls one command, and says what was done."""

from __future__ import annotations

from sqlalchemy.orm import Session

from core.codes import Letter
from core.i18n import N_
from mes.scanning import service as scanning
from mes.scanning.rules import Accepted, Progress, ScanKind, ScanRequest, Text
from mes.scanning.service import Handler, Resolved
from mes.shipping import queries, service
from mes.shipping.rules import Cargo

LOAD, SIGN = "mes.shipping.load", "mes.shipping.sign"


def load(session: Session, scan: ScanRequest) -> Accepted:
    """Put a package onto the vehicle in hand."""
    load_id, cargo = _load_id(session, scan.context or ""), _cargo(session, scan.code)
    progress = service.load(session, load_id, cargo, by=scan.who.id, at=scan.at)
    return _moved(Text(N_("%(package)s is on."), {"package": cargo.full}), load_id, cargo, progress)


def unload(session: Session, scan: ScanRequest) -> Accepted:
    """Take a package off the vehicle in hand."""
    load_id, cargo = _load_id(session, scan.context or ""), _cargo(session, scan.code)
    progress = service.unload(session, load_id, cargo, at=scan.at)
    return _moved(Text(N_("%(package)s is off."), {"package": cargo.full}), load_id, cargo, progress)


def ship_close(session: Session, scan: ScanRequest) -> Accepted:
    """Close the load; a supervisor may sign for one that goes short."""
    load_id = _load_id(session, scan.code)
    signer = None if scan.signer is None else scan.signer.id
    manifest, was_needed = service.close(
        session, load_id, signer=signer, reason=scan.reason, by=scan.who.id, at=scan.at
    )
    say = Text(N_("Load %(number)s is closed."), {"number": manifest.number})
    return Accepted(
        say,
        object_type="load",
        object_id=load_id,
        context_id=load_id,
        progress=manifest.progress,
        shown={"name": manifest.number},
        is_override=signer is not None and was_needed,
    )


HANDLERS = (
    Handler(ScanKind.LOAD, LOAD, load, (Letter.PACKAGE,), (Letter.LOAD,)),
    Handler(ScanKind.UNLOAD, LOAD, unload, (Letter.PACKAGE,), (Letter.LOAD,)),
    Handler(ScanKind.SHIP_CLOSE, LOAD, ship_close, (Letter.LOAD,), override_permission=SIGN, reads_log=True),
)


def resolve_load(session: Session, code: str) -> Resolved | None:
    """Say what a load's code stands for."""
    load_id = queries.load_id(session, code)
    manifest = None if load_id is None else queries.manifest(session, load_id)
    if manifest is None:
        return None
    return Resolved(
        "load",
        manifest.load_id,
        manifest.number,
        manifest.state,
        "mes_shipping.load_show",
        {"load_id": manifest.load_id},
    )


def resolve_delivery(session: Session, code: str) -> Resolved | None:
    """Say what the code on a delivery note stands for."""
    delivery = queries.delivery_of_code(session, code)
    if delivery is None:
        return None
    return Resolved(
        "delivery",
        delivery.id,
        delivery.number,
        None,
        "mes_shipping.load_show",
        {"load_id": delivery.load_id},
    )


def _load_id(session: Session, code: str) -> int:
    load_id = queries.load_id(session, code)
    if load_id is None:
        raise scanning.unknown(session, code)
    return load_id


def _cargo(session: Session, code: str) -> Cargo:
    cargo = queries.cargo_of_code(session, code)
    if cargo is None:
        raise scanning.unknown(session, code)
    return cargo


def _moved(say: Text, load_id: int, cargo: Cargo, progress: Progress) -> Accepted:
    """Answer what came onto or off the vehicle: its name in large letters, and which package is to be pointed out."""
    return Accepted(
        say,
        object_type="package",
        object_id=cargo.package_id,
        context_id=load_id,
        progress=progress,
        shown={"name": cargo.label, "size": cargo.order_number, "package_id": cargo.package_id},
    )
