from datetime import date
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from mes.efficiency.queries import calendar_of
from mes.efficiency.rules import Work, warehouse
from mes.efficiency.rules.guards import guarded
from tests.conftest import NOON
from tests.factories.stock import make_lot, make_place
from tests.mes.counting.shelf import make_counter
from tests.mes.efficiency.reading import report

WINDOW = calendar_of(date(2026, 10, 23), date(2026, 11, 22), ZoneInfo("Asia/Shanghai")).window


def figure():
    return warehouse({Work.RECEIVE: 10}, Fraction(60), 5)


def told(one):
    return {part.name: part.value for part in one.further}


def test_below_98_per_cent_the_figure_says_that_the_book_is_not_right():
    right = guarded(figure(), 50, 49, Decimal("0.1234"))
    assert told(right)["Record accuracy"] == Decimal("98.0")
    assert told(right)["Dead stock, of the value that lies now"] == Decimal("12.3")
    assert right.missing == figure().missing
    wrong = guarded(figure(), 50, 48, None)
    assert wrong.missing[0].facts == {"rate": Decimal("96.0"), "least": Decimal(98)}
    assert (wrong.value, "Dead stock, of the value that lies now" in told(wrong)) == (figure().value, False)


def test_without_a_count_nobody_knows_whether_the_book_is_right():
    assert guarded(figure(), 0, 0, None).missing[0].msgid.startswith("No place was counted")


def test_counts_of_the_window_are_in_the_report(session):
    shelf = make_place(session)
    lot = make_lot(session, place=shelf)
    make_counter(session).round(shelf, (lot, 10))
    session.flush()
    second = report(session, WINDOW, at=NOON).figures[1]
    assert (told(second)["Places counted"], told(second)["Places as booked"]) == (1, 1)
