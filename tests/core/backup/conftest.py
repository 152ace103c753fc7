"""Whole databases of a test's own, on the engine that this run tests."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, text

import core.app  # noqa: F401  (its tables)
import erp  # noqa: F401
import mes  # noqa: F401
from core.db import Model, make_engine
from tests import postgres

REVISION = "0001"
OF_THIS_RUN = os.environ.get("MORTISE_TEST_DATABASE", "sqlite")
PATTERN = f"mortise_backup_pattern_{postgres.worker()}"


def _make_tables(url: str) -> None:
    engine = make_engine(url)
    Model.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:it)"), {"it": REVISION})
    engine.dispose()


@pytest.fixture(scope="session")
def patterns(tmp_path_factory):
    """An empty database with all tables, of each kind, to be copied: a file, and a name on the server."""
    file = tmp_path_factory.mktemp("pattern") / "pattern.db"
    _make_tables(f"sqlite:///{file}")
    if OF_THIS_RUN == "postgresql":
        postgres.start_server()
        _make_tables(postgres.make_database(PATTERN))
    yield file
    if OF_THIS_RUN == "postgresql":
        postgres.drop_database(PATTERN)


@pytest.fixture
def new_engine(tmp_path, patterns) -> Iterator[Callable[[str], Engine]]:
    """Make an empty database with all tables, by name: `new_engine("old")`, on the engine of this run."""
    made = []

    def make(name: str, kind: str = OF_THIS_RUN) -> Engine:
        if kind == "postgresql":
            url = postgres.make_database(f"mortise_backup_{name}_{postgres.worker()}", PATTERN)
        else:
            url = f"sqlite:///{shutil.copy(patterns, tmp_path / f'{name}.db')}"
        made.append(make_engine(url))
        return made[-1]

    yield make
    for engine in made:
        engine.dispose()
        if engine.dialect.name == "postgresql":
            postgres.drop_database(engine.url.database)
