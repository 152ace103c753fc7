"""A warehouse keeper with a handheld."""

from core.codes import Letter
from core.numbers.service import next_codes
from erp.stock import service as stock
from mes.planning.model import Batch
from mes.planning.rules import BatchState
from mes.scanning.rules import ScanKind
from tests.conftest import NOON
from tests.factories.people import make_person
from tests.factories.scanner import Scanner

KEEPER = frozenset({"mes.scanning.scan", "mes.warehouse.store", "mes.warehouse.issue", "mes.warehouse.read"})


class Keeper(Scanner):
    """A keeper among the shelves."""

    def store(self, package, place, witness=None):
        return self.block(ScanKind.STORE_IN, package.code, place.code, witness and witness.code)

    def issue(self, lot, batch, quantity, place=None):
        return self.block(ScanKind.ISSUE, lot.code, batch.code, place and place.code, quantity=quantity)


def make_keeper(session):
    return Keeper(session, make_person(session, roles=("keeper",), name="陈国强"), KEEPER)


def make_batch(session, needed, state=BatchState.PLANNED, unit_qty=None):
    """A batch that needs these materials, {material_id: Decimal}, counted in articles; `unit_qty` in their unit."""
    (code,) = next_codes(session, Letter.BATCH, 1)
    batch = Batch(number=f"BA-{code}", code=code, state=state, created_at=NOON)
    session.add(batch)
    session.flush()
    stock.put_demand(session, "mes.planning.batch", batch.id, needed, unit_qty=unit_qty)
    session.flush()
    return batch
