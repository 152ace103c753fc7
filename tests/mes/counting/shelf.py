"""Somebody who counts a shelf, for tests."""

from mes.counting import queries
from mes.counting.model import Count
from mes.counting.scans import STRIKE
from mes.scanning.rules import ScanKind
from tests.factories.people import make_person
from tests.factories.scanner import Scanner

COUNTER = frozenset({"mes.scanning.scan", "mes.counting.count"})


class Counter(Scanner):
    """Somebody with a handheld in front of a shelf."""

    def place(self, place):
        """Scan the place: begin or finish; return what the answer shows."""
        said = self.scan(ScanKind.COUNT, place.code, place.code)
        assert said["outcome"] == "ACCEPT", said
        return said["shown"]

    def lot(self, place, lot, quantity):
        return self.block(ScanKind.COUNT, lot.code, place.code, quantity=quantity)

    def package(self, place, package):
        return self.block(ScanKind.COUNT, package.code, place.code)

    def strike(self, place, thing):
        """Take back what was entered of a lot or a package."""
        return self.block(ScanKind.COUNT, thing.code, place.code, witness=STRIKE)

    def round(self, place, *lots):
        """Count a place through, {lot: quantity} as pairs; return the state of its count."""
        self.place(place)
        for lot, quantity in lots:
            assert self.lot(place, lot, quantity) is None
        self.place(place)
        return last_count(self.session, place).state


def make_counter(session, name="陈国强"):
    return Counter(session, make_person(session, roles=("keeper",), name=name), COUNTER)


def last_count(session, place):
    return session.query(Count).filter_by(place_id=place.id).order_by(Count.id.desc()).first()


def line_of(session, count, code):
    return next(row.line for row in queries.lines(session, count.id) if row.facts.code == code)
