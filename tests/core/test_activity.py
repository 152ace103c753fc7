from datetime import timedelta
from itertools import pairwise

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
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


def test_who_goes_from_order_to_order_works_all_the_time(session):
    """Order 1 from 0:00 to 0:20, order 2 until 1:00, order 1 again until 1:30: nothing between them is lost."""
    person = make_person(session)
    for second, order in ((0, 1), (20, 2), (50, 2), (60, 1), (90, 1)):
        beat(session, person.id, "splitting", "order", order, at=NOON + timedelta(seconds=second))
    session.expire_all()
    rows = session.scalars(select(Interval).order_by(Interval.started_at, Interval.id)).all()
    assert [(r.subject_id, (r.ended_at - r.started_at).seconds) for r in rows] == [(1, 20), (2, 40), (1, 30)]


def test_another_order_after_a_longer_gap_begins_anew(session):
    person = make_person(session)
    for minute, order in ((0, 1), (11, 2), (12, 2)):
        beat(session, person.id, "splitting", "order", order, at=NOON + timedelta(minutes=minute))
    session.expire_all()
    assert minutes(session) == [("splitting", 0, 1), ("splitting", 1, 2)]


BEATS = st.lists(
    st.tuples(
        st.integers(0, 1), st.sampled_from(("splitting", "packing")), st.integers(1, 3), st.integers(0, 90)
    ),
    max_size=25,
)


@given(BEATS)
@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_comes_in_whatever_order_no_person_works_twice_at_once(session, some):
    """Two people, two kinds of work, three orders, beats of an hour and a half mixed up and late."""
    nested = session.begin_nested()
    people = [make_person(session).id for _ in range(2)]
    for person, kind, order, minute in some:
        beat(session, people[person], kind, "order", order, at=NOON + timedelta(minutes=minute))
    session.expire_all()
    for person in people:
        rows = session.scalars(
            select(Interval)
            .where(Interval.person_id == person)
            .order_by(Interval.started_at, Interval.ended_at)
        ).all()
        assert all(one.ended_at <= after.started_at for one, after in pairwise(rows))
        assert all(one.started_at <= one.ended_at for one in rows)
    nested.rollback()
