"""The fixtures `app` and `database` with the demo factory loaded: for folders whose conftest imports them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests import postgres
from tests.conftest import ON_POSTGRES, Database, application, build, copy_of
from tests.factories.factory import load_pack


@pytest.fixture(scope="session")
def factory_template(template: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a database that holds the demo factory and is only copied."""
    folder = tmp_path_factory.mktemp("factory")
    url = copy_of(template, "factory", folder)
    app = build(url)
    with app.extensions["sessions"].writing() as session:
        load_pack(session)
        session.commit()
    app.extensions["sessions"].engine.dispose()
    if ON_POSTGRES:
        return f"mortise_{postgres.worker()}_factory"
    file = url.removeprefix("sqlite:///")
    assert not Path(f"{file}-wal").exists()  # all of it is in the one file that is copied
    return file


@pytest.fixture(scope="session")
def app(factory_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with application(factory_template, "stocked", tmp_path_factory.mktemp("stocked")) as app:
        yield app


@pytest.fixture
def database(factory_template: str, tmp_path: Path) -> Iterator[Database]:
    with application(factory_template, "own", tmp_path) as app:
        yield Database(app)
