"""The one transaction rule. Only the edge (views, scans, jobs, commands) may import this.

A page reads with `read()`; a command is run by `run(command, …)`, which opens
one writing `transaction()` on a session of its own, commits when the command
returns and rolls back when it raises.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, Concatenate, ParamSpec, TypeVar

from flask import current_app, g, has_app_context
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import ORMExecuteState, Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError

from core.errors import Conflict

P = ParamSpec("P")
T = TypeVar("T")

TRIES = 5
PAUSE_S = 0.02  # the first pause before another try; doubled each time, with chance
# a lock that is taken again at once does not come to those who wait for it: one who waits for SQLite asks again after
# at most 25 ms, and after 100 ms when it has waited for long; so a while is left free as long as the lock was held
LET_BY_LEAST_S, LET_BY_MOST_S = 0.03, 0.5
PASSING = {"40001", "40P01", "55P03"}  # PostgreSQL: serialization, deadlock, lock not available


class ReadingSession(Session):
    """A session that may only read: a page never holds the write lock."""


class Sessions:
    """Makes the application's sessions, and keeps SQLite's writers in one line."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.reading = sessionmaker(engine.execution_options(**_reading(engine)), class_=ReadingSession)
        self.writing = sessionmaker(engine, expire_on_commit=False)
        # SQLite's own waiting is unfair: one lock per process in front of it
        self.line = threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()


def _reading(engine: Engine) -> dict[str, Any]:
    """Return the execution options of connections that only read.

    On PostgreSQL each statement has its own view of the data with or without a transaction, so there
    is none: it would cost two more journeys, and psycopg forgets its prepared statements at a rollback.
    """
    plain = {"reading": True}
    return {**plain, "isolation_level": "AUTOCOMMIT"} if engine.dialect.name == "postgresql" else plain


def sessions() -> Sessions:
    """Return the application's maker of sessions."""
    found: Sessions = current_app.extensions["sessions"]
    return found


def read() -> Session:
    """Return this request's (or command's) session for reading, opened on first use."""
    if "reading" not in g:
        g.reading = sessions().reading()
    found: Session = g.reading
    return found


@contextmanager
def transaction() -> Iterator[Session]:
    """One unit of work: commit at the end, roll back on any exception.

    Only the edge opens one. It does not nest: a service that opened one would
    commit half of its caller's work. What was read before is read anew after.
    """
    if g.get("writing"):
        raise RuntimeError("transaction() does not nest; services take a session instead")
    close_session()
    makers = sessions()
    g.writing = True
    try:
        with makers.line, makers.writing() as session:
            try:
                yield session
                session.commit()
            except StaleDataError as lost:
                session.rollback()
                raise Conflict from lost
            except BaseException:
                session.rollback()
                raise
    finally:
        g.writing = False


def run(command: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run one command in one transaction and return what it returns.

    Tries again, after a pause, when the database says that another writer was
    in the way (lock, serialization, deadlock), and for nothing else.
    """
    for tried in range(TRIES):
        try:
            with transaction() as session:
                return command(session, *args, **kwargs)
        except OperationalError as wrong:
            if tried + 1 == TRIES or not _passing(wrong):
                raise
        time.sleep(random.uniform(0, PAUSE_S * 2**tried))  # noqa: S311  (a pause, no secret)
    raise AssertionError("the loop returns or raises")


def run_in_turn(commands: Iterable[Callable[[Session], object]]) -> None:
    """Run commands one after the other, each in a transaction of its own; other writers come between them."""
    rest_s = 0.0
    for command in commands:
        time.sleep(rest_s)
        began = time.monotonic()
        run(command)
        rest_s = min(max(time.monotonic() - began, LET_BY_LEAST_S), LET_BY_MOST_S)


def _passing(wrong: OperationalError) -> bool:
    return getattr(wrong.orig, "sqlstate", None) in PASSING or "database is locked" in str(wrong.orig)


@event.listens_for(ReadingSession, "before_flush")
def _no_flush(session: Session, _context: Any, _instances: Any) -> None:
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("a page wrote outside transaction()")


@event.listens_for(ReadingSession, "do_orm_execute")
def _no_write(state: ORMExecuteState) -> None:
    if not state.is_select:  # text() neither: nobody can tell what it does
        raise RuntimeError("a page wrote outside transaction()")


def assert_saved(response: Any) -> Any:
    """Refuse to answer "fine" when something was changed and never saved (an after_request hook)."""
    session: Session | None = g.get("reading")
    if session is not None and (session.new or session.dirty or session.deleted):
        raise RuntimeError("a page wrote outside transaction()")
    return response


def close_session(_error: BaseException | None = None) -> None:
    """Close this request's reading session (a teardown hook)."""
    if has_app_context() and (session := g.pop("reading", None)) is not None:
        session.close()
