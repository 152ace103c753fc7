import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError

from core import work
from core.codelists.model import Entry
from core.codelists.service import put


def add(session, code, *, wrong=None):
    put(session, "colour", code, "暖白", "Warm white", [], 1)
    session.flush()
    if wrong:
        raise wrong


def codes(session):
    return session.scalars(select(Entry.code).order_by(Entry.code)).all()


def test_returning_commits_and_raising_rolls_back(app, session):
    with app.app_context():
        work.run(add, "A")
        with pytest.raises(ValueError, match="no"):
            work.run(add, "B", wrong=ValueError("no"))
    assert codes(session) == ["A"]


def test_transaction_does_not_nest(app, session):
    with app.app_context(), work.transaction(), pytest.raises(RuntimeError, match="does not nest"):
        work.run(add, "A")


def test_a_page_that_writes_is_refused(app, session):
    with app.app_context(), pytest.raises(RuntimeError, match="outside transaction"):
        add(work.read(), "A")


def test_a_page_that_writes_in_bulk_is_refused(app, session):
    with app.app_context(), pytest.raises(RuntimeError, match="outside transaction"):
        work.read().execute(update(Entry).values(name="x"))


def test_a_page_runs_no_plain_sql_for_nobody_can_tell_what_it_does(app, session):
    with app.app_context(), pytest.raises(RuntimeError, match="outside transaction"):
        work.read().execute(text("DELETE FROM core_codelists_entry"))


def test_only_a_passing_trouble_is_tried_again(app, session):
    tried = []

    def hindered(_session, text):
        tried.append(text)
        if len(tried) < 3:
            raise OperationalError("", {}, Exception(text))
        return len(tried)

    with app.app_context():
        assert work.run(hindered, "database is locked") == 3
        tried.clear()
        with pytest.raises(OperationalError):
            work.run(hindered, "disk is full")
    assert tried == ["disk is full"]
