"""What the scans alone say of pieces, packages and loads, beside what the tables say."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp.stock.model import Place
from erp.stock.rules import PlaceKind
from mes.packing.model import Content, Package
from mes.packing.rules import PackageState
from mes.scanning.model import Scan
from mes.scanning.rules import Outcome, ScanKind
from mes.shipping.model import LoadPackage

AFTER = {
    ScanKind.PACK_OPEN: PackageState.OPEN,
    ScanKind.PACK_SEAL: PackageState.SEALED,
    ScanKind.PACK_REOPEN: PackageState.OPEN,
    ScanKind.LOAD: PackageState.LOADED,
    ScanKind.UNLOAD: PackageState.SEALED,
}
CARRIED = (ScanKind.STORE_IN, ScanKind.MOVE, ScanKind.STAGE)


def differences(session: Session) -> list[str]:
    """Replay every scan that was let pass, in the log's order, and return where the tables say otherwise."""
    kinds = dict(session.execute(select(Place.id, Place.kind)).all())
    packed: dict[int, int] = {}  # piece: package
    state: dict[int, PackageState] = {}
    place: dict[int, int | None] = {}
    loaded: dict[int, int] = {}  # package: load
    rows = session.execute(
        select(Scan.kind, Scan.object_id, Scan.context_id)
        .where(Scan.outcome.in_((Outcome.ACCEPT, Outcome.OVERRIDE)))
        .order_by(Scan.id)
    )
    for kind, thing, context in rows:
        if kind is ScanKind.PACK_ADD:
            packed[thing] = context
        elif kind is ScanKind.PACK_REMOVE:
            packed.pop(thing, None)
        elif kind in CARRIED:
            place[thing] = context
            state[thing] = (
                PackageState.STAGED if kinds[context] is PlaceKind.STAGING else PackageState.IN_STORE
            )
        elif kind in AFTER:
            state[thing], place[thing] = AFTER[kind], None
        if kind is ScanKind.LOAD:
            loaded[thing] = context
        elif kind is ScanKind.UNLOAD:
            loaded.pop(thing, None)
    return [
        *_compare("piece in package", packed, _packed(session)),
        *_compare("state of package", state, _states(session)),
        *_compare("place of package", {k: v for k, v in place.items() if v}, _places(session)),
        *_compare("package on load", loaded, _loaded(session)),
    ]


def _packed(session: Session) -> dict[int, int]:
    rows = session.execute(
        select(Content.piece_id, Content.package_id).where(Content.packed_at.is_not(None))
    ).all()
    found = dict(rows)
    assert len(found) == len(rows), "a piece is in two packages"
    return found


def _states(session: Session) -> dict[int, PackageState]:
    rows = session.execute(
        select(Package.id, Package.state).where(Package.state != PackageState.PLANNED)
    ).all()
    return dict(rows)


def _places(session: Session) -> dict[int, int]:
    return dict(
        session.execute(select(Package.id, Package.place_id).where(Package.place_id.is_not(None))).all()
    )


def _loaded(session: Session) -> dict[int, int]:
    rows = session.execute(
        select(LoadPackage.package_id, LoadPackage.load_id).where(LoadPackage.loaded_at.is_not(None))
    ).all()
    found = dict(rows)
    assert len(found) == len(rows), "a package is on two vehicles"
    return found


def _compare(what: str, by_scans: dict[int, object], by_tables: dict[int, object]) -> list[str]:
    return [
        f"{what} {key}: {by_scans.get(key)} by the scans, {by_tables.get(key)} by the tables"
        for key in sorted(by_scans.keys() | by_tables.keys())
        if by_scans.get(key) != by_tables.get(key)
    ]
