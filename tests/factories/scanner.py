"""People with a scanner, for tests."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from mes.scanning import service as scanning
from mes.scanning.rules import ScanRequest, Who
from tests.conftest import NOON


def scan_request(kind, code, context=None, witness=None, *, who, **over):
    """One scan at noon, read by a scanner, nobody signing for it."""
    given = {
        "scan_id": str(uuid.uuid4()),
        "quantity": 1,
        "is_manual": False,
        "scanned_at": NOON,
        "at": NOON,
        "where": None,
    }
    return ScanRequest(kind=kind, code=code, context=context, witness=witness, who=who, **{**given, **over})


@dataclass
class Scanner:
    """Somebody who scans; every scan goes through the door's own judgement and log."""

    session: object
    person: object
    permissions: frozenset

    signs_with: ClassVar[str] = ""
    signs_for: ClassVar[str] = ""

    def scan(self, kind, code, context=None, witness=None, *, signer=None, **over):
        """Return the stored answer of one scan."""
        who = Who(self.person.id, self.person.name, self.permissions)
        if signer:
            over["signer"] = Who(signer.id, signer.name, frozenset({self.signs_with}))
            over["reason"] = self.signs_for
        request = scan_request(kind, code, context, witness, who=who, **over)
        said, _ = scanning.take(self.session, request, request.scan_id)
        self.session.expire_all()
        return said

    def block(self, kind, code, context=None, witness=None, **over):
        """Return the number of the refusal, None when there is none."""
        return self.scan(kind, code, context, witness, **over)["block_code"]
