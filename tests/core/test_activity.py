from datetime import timedelta

from sqlalchemy import select

from core.activity.model import Interval
from core.activity.service import beat
from tests.conftest import NOON
from tests.factories.people import make_person


def minutes(session):
    rows = session.scalars(select(Interval).order_by(Interval.id)).all()
    return [(r.kind, (r.ended_at - r.started_at) / timedelta(minutes=1), r.beat_count) for r in rows]


def beats(session, person, *marks):
    for kind, minute in marks:
        beat(session, person.id, kind, None, None, at=NOON + timedelta(minutes=minute))
    session.expire_all()


def test_beats_within_ten_minutes_are_one_interval(session):
    beats(session, make_person(session), ("splitting", 0), ("splitting", 9), ("splitting", 19))
    assert minutes(session) == [("splitting", 19, 3)]


def test_a_longer_gap_is_cut_off(session):
    # 10 minutes still count, 10.1 do not
    beats(session, make_person(session), ("splitting", 0), ("splitting", 10), ("splitting", 20.1))
    assert minutes(session) == [("splitting", 10, 2), ("splitting", 0, 1)]


def test_other_work_begins_an_interval_and_never_overlaps(session):
    beats(session, make_person(session), ("splitting", 0), ("splitting", 4), ("packing", 5), ("packing", 7))
    assert minutes(session) == [("splitting", 4, 2), ("packing", 2, 2)]


def test_a_late_beat_changes_nothing(session):
    beats(session, make_person(session), ("splitting", 0), ("splitting", 5), ("packing", 3), ("splitting", 4))
    assert minutes(session) == [("splitting", 5, 2)]


def test_two_people_do_not_mix(session):
    one, two = make_person(session), make_person(session)
    beats(session, one, ("splitting", 0), ("splitting", 2))
    beats(session, two, ("splitting", 1), ("splitting", 3))
    assert minutes(session) == [("splitting", 2, 2), ("splitting", 2, 2)]
