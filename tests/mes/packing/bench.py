"""A released order at the packing bench."""

from sqlalchemy import select

from mes.packing import scans
from mes.packing.model import Content, Package
from mes.scanning.rules import ScanKind
from mes.splitting.model import Piece
from mes.splitting.rules import PieceState
from tests.factories.people import make_person
from tests.factories.scanner import Scanner

PACKER = frozenset({"mes.scanning.scan", "mes.packing.pack", "mes.packing.read", "mes.packing.label"})


class Bench(Scanner):
    """A packer at the bench."""

    signs_with = scans.OVERRIDE
    signs_for = "客户催货"

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
    return Bench(session, make_person(session, roles=("packer",)), PACKER)


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
