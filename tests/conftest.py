"""The application, its database and its people, as the tests meet them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

import erp
import mes
from core.app import create_app
from core.server.cli import database as commands
from core.work import ReadingSession
from tests import postgres
from tests.factories.people import make_person

ON_POSTGRES = os.environ.get("MORTISE_TEST_DATABASE") == "postgresql"
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # noon in the factory


def build(url: str, **over: object) -> Flask:
    settings = {
        "TESTING": True,
        "SECRET_KEY": "for tests",
        "DATABASE_URL": url,
        "LOCALE": "zh_Hans_CN",
        "TIMEZONE": "Asia/Shanghai",
        "WTF_CSRF_ENABLED": False,
        "RATELIMIT_ENABLED": False,
        "COMPANY": "衢江木门厂",
        "FONT_FILE": "",
        "DEMO_PASSWORD": "",
        "MQTT_URL": "",
        "THREADS": 8,
        "VAR_DIR": "",
        "HOST": "127.0.0.1",
        "PORT": 8000,
        "HTTPS": False,
        "HTTPS_PORT": 8443,
    }
    return create_app(settings | over, packages=(erp, mes))


def migrate(url: str) -> None:
    app = build(url)
    result = app.test_cli_runner().invoke(commands, ["upgrade"])
    assert result.exit_code == 0, result.output
    app.extensions["sessions"].engine.dispose()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a migrated, empty database that is only copied."""
    if ON_POSTGRES:
        postgres.start_server()
        postgres.make_template(migrate)
        return postgres.TEMPLATE
    file = tmp_path_factory.mktemp("database") / "template.db"
    migrate(f"sqlite:///{file}")
    return str(file)


def copy_of(template: str, name: str, folder: Path) -> str:
    if ON_POSTGRES:
        return postgres.make_database(f"mortise_{postgres.worker()}_{name}", template)
    shutil.copy(template, folder / f"{name}.db")
    return f"sqlite:///{folder / name}.db"


@contextmanager
def application(template: str, name: str, folder: Path) -> Iterator[Flask]:
    app = build(copy_of(template, name, folder))
    yield app
    app.extensions["sessions"].engine.dispose()


@pytest.fixture(scope="session")
def app(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with application(template, "shared", tmp_path_factory.mktemp("shared")) as app:
        yield app


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session whose commits end in a savepoint; everything is rolled back after the test.

    Pages and commands of the test work on the same connection.
    """
    usual = app.extensions["sessions"]
    with usual.engine.connect() as connection, connection.begin() as outer:

        def maker(kind: type[Session]) -> sessionmaker[Session]:
            return sessionmaker(
                connection, class_=kind, join_transaction_mode="create_savepoint", expire_on_commit=False
            )

        app.extensions["sessions"] = SimpleNamespace(
            engine=usual.engine, reading=maker(ReadingSession), writing=maker(Session), line=nullcontext()
        )
        with maker(Session)() as s:
            yield s
        app.extensions["sessions"] = usual
        outer.rollback()


@pytest.fixture
def client_for(app: Flask, session: Session) -> Callable[..., FlaskClient]:
    """Make a client that is logged in as a person with these roles; `.person` says who."""

    def make(*roles: str, locale: str = "zh_Hans_CN") -> FlaskClient:
        person = make_person(session, roles=roles, locale=locale)
        session.commit()
        return logged_in(app, person.id)

    return make


def logged_in(app: Flask, person_id: int) -> FlaskClient:
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = str(person_id)
        cookie["_fresh"] = True
    client.person_id = person_id
    return client


@dataclass
class Database:
    """A database of a test's own, committed for real: for claims about two connections."""

    app: Flask

    @property
    def session(self) -> Session:
        """A new writing session; the test closes it."""
        return self.app.extensions["sessions"].writing()


@pytest.fixture
def database(template: str, tmp_path: Path) -> Iterator[Database]:
    with application(template, "own", tmp_path) as app:
        yield Database(app)
