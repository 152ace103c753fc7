"""Sealed packages, loads and a loader at the dock."""

from datetime import date

from mes.packing.rules import PackageState
from mes.scanning.rules import ScanKind
from mes.shipping import scans, service
from tests.conftest import NOON
from tests.factories.factory import release_order
from tests.factories.people import make_person
from tests.factories.scanner import Scanner
from tests.mes.packing.bench import make_all, make_bench, packages

LOADER = frozenset({"mes.scanning.scan", "mes.shipping.load", "mes.shipping.read"})
MONDAY = date(2026, 11, 23)


class Dock(Scanner):
    """A loader at the dock."""

    signs_with = scans.SIGN
    signs_for = "一包补漆，下车再送"

    def load(self, load, package):
        return self.block(ScanKind.LOAD, package.code, load.code)

    def unload(self, load, package):
        return self.block(ScanKind.UNLOAD, package.code, load.code)

    def close(self, load, **over):
        return self.block(ScanKind.SHIP_CLOSE, load.code, **over)


def make_dock(session):
    return Dock(session, make_person(session, roles=("loader",), name="赵强"), LOADER)


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
