from datetime import date

from core.codes import Letter
from core.numbers.service import next_codes, next_number

NOVEMBER, DECEMBER = date(2026, 11, 22), date(2026, 12, 1)


def test_a_series_counts_within_its_month(session):
    assert [next_number(session, "SO", on=NOVEMBER) for _ in range(2)] == ["SO2611-0001", "SO2611-0002"]
    assert next_number(session, "SO", on=DECEMBER) == "SO2612-0001"


def test_a_rolled_back_command_gives_its_number_back(session):
    next_number(session, "SO", on=NOVEMBER)
    session.commit()
    next_number(session, "SO", on=NOVEMBER)
    session.rollback()
    assert next_number(session, "SO", on=NOVEMBER) == "SO2611-0002"


def test_codes_are_taken_in_one_go_and_never_twice(session):
    first = next_codes(session, Letter.PIECE, 3)
    then = next_codes(session, Letter.PIECE, 2)
    assert len({*first, *then}) == 5
    assert first == sorted(first)
    assert next_codes(session, Letter.PIECE, 0) == []
