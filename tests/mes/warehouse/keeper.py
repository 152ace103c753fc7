"""A warehouse keeper with a handheld."""

import uuid
from dataclasses import dataclass

from core.codes import Letter
from core.numbers.service import next_codes
from erp.stock import service as stock
from mes.planning.model import Batch
from mes.planning.rules import BatchState
from mes.scanning import service as scanning
from mes.scanning.rules import ScanKind, ScanRequest, Who
from tests.conftest import NOON
from tests.factories.people import make_person

KEEPER = frozenset({"mes.scanning.scan", "mes.warehouse.store", "mes.warehouse.issue", "mes.warehouse.read"})


@dataclass
class Keeper:
    """A keeper who scans; every scan goes through the door's own judgement and log."""

    session: object
    person: object
    permissions: frozenset = KEEPER

    def scan(self, kind, code, context=None, witness=None, *, quantity=1):
        """Return the stored answer of one scan."""
        scan_id = str(uuid.uuid4())
        request = ScanRequest(
            scan_id=scan_id,
            kind=kind,
            code=code,
            context=context,
            witness=witness,
            quantity=quantity,
            is_manual=False,
            scanned_at=NOON,
            at=NOON,
            who=Who(self.person.id, self.person.name, self.permissions),
            where=None,
        )
        said, _ = scanning.take(self.session, request, scan_id)
        self.session.expire_all()
        return said

    def block(self, kind, code, context=None, witness=None, **over):
        """Return the number of the refusal, None when there is none."""
        return self.scan(kind, code, context, witness, **over)["block_code"]

    def store(self, package, place, witness=None):
        return self.block(ScanKind.STORE_IN, package.code, place.code, witness and witness.code)

    def issue(self, lot, batch, quantity, place=None):
        return self.block(ScanKind.ISSUE, lot.code, batch.code, place and place.code, quantity=quantity)


def make_keeper(session):
    return Keeper(session, make_person(session, roles=("keeper",), name="陈国强"))


def make_batch(session, needed, state=BatchState.PLANNED):
    """A batch that needs these materials, {material_id: Decimal}, counted in articles."""
    (code,) = next_codes(session, Letter.BATCH, 1)
    batch = Batch(number=f"BA-{code}", code=code, state=state, created_at=NOON)
    session.add(batch)
    session.flush()
    stock.put_demand(session, "mes.planning.batch", batch.id, needed)
    session.flush()
    return batch
