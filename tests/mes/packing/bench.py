"""A released order at the packing bench."""

import uuid
from dataclasses import dataclass

from sqlalchemy import select

from mes.packing import scans
from mes.packing.model import Content, Package
from mes.scanning import service as scanning
from mes.scanning.rules import ScanKind, ScanRequest, Who
from mes.splitting.model import Piece
from mes.splitting.rules import PieceState
from tests.conftest import NOON
from tests.factories.people import make_person

PACKER = frozenset({"mes.scanning.scan", "mes.packing.pack", "mes.packing.read", "mes.packing.label"})


@dataclass
class Bench:
    """A packer who scans; every scan goes through the door's own judgement and log."""

    session: object
    person: object
    permissions: frozenset = PACKER

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
            signer=signer and Who(signer.id, signer.name, frozenset({scans.OVERRIDE})),
            reason="客户催货" if signer else None,
        )
        said, _ = scanning.take(self.session, request, request.scan_id)
        self.session.expire_all()
        return said

    def block(self, kind, code, context=None, **over):
        """Return the number of the refusal, None when there is none."""
        return self.scan(kind, code, context, **over)["block_code"]

    def open(self, package):
        assert self.block(ScanKind.PACK_OPEN, package.code) is None
        return package

    def add(self, package, piece):
        return self.block(ScanKind.PACK_ADD, piece.code, package.code)

    def fill(self, package):
        """Open a package and put everything in."""
        self.open(package)
        for piece in pieces_of(self.session, package):
            assert self.add(package, piece) is None
        return package


def make_bench(session):
    return Bench(session, make_person(session, roles=("packer",)))


def packages(session, order, kind=None):
    """An order's packages in their order."""
    found = session.scalars(
        select(Package).where(Package.order_id == order.id).order_by(Package.position)
    ).all()
    return [package for package in found if kind in (None, package.kind)]


def pieces_of(session, package):
    return session.scalars(
        select(Piece)
        .join(Content, Content.piece_id == Piece.id)
        .where(Content.package_id == package.id)
        .order_by(Content.id)
    ).all()


def piece(session, order, rule_code, number=0):
    """A live piece of an order by its rule, of its first set or a later one."""
    return session.scalars(
        select(Piece)
        .where(Piece.order_id == order.id, Piece.rule_code == rule_code, Piece.state != PieceState.REMAKE)
        .order_by(Piece.id)
    ).all()[number]


def make_all(session, order):
    """Bring every labelled piece to the end of its route, as if all its operations were reported."""
    found = session.scalars(select(Piece).where(Piece.order_id == order.id, Piece.is_tracked)).all()
    for one in found:
        one.state, one.step_count = PieceState.MADE, len(one.route)
    session.flush()
