"""Sealed packages, loads and a loader at the dock."""

import uuid
from dataclasses import dataclass
from datetime import date

from mes.packing.rules import PackageState
from mes.scanning import service as scanning
from mes.scanning.rules import ScanKind, ScanRequest, Who
from mes.shipping import scans, service
from tests.conftest import NOON
from tests.factories.factory import release_order
from tests.factories.people import make_person
from tests.mes.packing.bench import make_all, make_bench, packages

LOADER = frozenset({"mes.scanning.scan", "mes.shipping.load", "mes.shipping.read"})
MONDAY = date(2026, 11, 23)


@dataclass
class Dock:
    """A loader who scans; every scan goes through the door's own judgement and log."""

    session: object
    person: object
    permissions: frozenset = LOADER

    def scan(self, kind, code, context=None, *, signer=None, scan_id=None):
        """Return the stored answer of one scan."""
        request = ScanRequest(
            scan_id=scan_id or str(uuid.uuid4()),
            kind=kind,
            code=code,
            context=context,
            witness=None,
            quantity=1,
            is_manual=False,
            scanned_at=NOON,
            at=NOON,
            who=Who(self.person.id, self.person.name, self.permissions),
            where=None,
            signer=signer and Who(signer.id, signer.name, frozenset({scans.SIGN})),
            reason="一包补漆，下车再送" if signer else None,
        )
        said, _ = scanning.take(self.session, request, request.scan_id)
        self.session.expire_all()
        return said

    def load(self, load, package):
        return self.scan(ScanKind.LOAD, package.code, load.code)["block_code"]

    def unload(self, load, package):
        return self.scan(ScanKind.UNLOAD, package.code, load.code)["block_code"]

    def close(self, load, **over):
        return self.scan(ScanKind.SHIP_CLOSE, load.code, **over)["block_code"]


def make_dock(session):
    return Dock(session, make_person(session, roles=("loader",), name="赵强"))


def make_load(session, *orders, by=None, vehicle="浙H·A1234"):
    """A planned load with all sealed packages of some orders on its list."""
    by = by or make_person(session, roles=("clerk",), name="林芳").id
    load = service.create_load(session, vehicle, "周师傅", "13800000000", MONDAY, by=by, at=NOON)
    ids = [p.id for order in orders for p in packages(session, order) if p.state == PackageState.SEALED]
    if ids:
        service.add_packages(session, load.id, ids, by=by, at=NOON)
    session.flush()
    return load


def sealed_order(session, *lines, dealer="D001"):
    """A released order whose packages are all packed and sealed at the bench."""
    order = release_order(session, *lines, dealer=dealer)
    make_all(session, order)
    bench = make_bench(session)
    for package in packages(session, order):
        bench.fill(package)
        assert bench.block(ScanKind.PACK_SEAL, package.code) is None
    return order
