"""The commands of backups: their exit codes and what they print."""

import json
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import insert

from core import work
from core.audit.model import Entry
from core.auth.model import Person
from core.backup.cli import backup as commands

NOON = datetime(2026, 11, 21, 4, tzinfo=UTC)


@pytest.fixture
def command(new_engine, tmp_path):
    """Run `flask backup …` on a database with one person."""
    engine = new_engine("cli")
    with engine.begin() as connection:
        connection.execute(insert(Person).values(login="p", name="李", locale="zh_Hans_CN", created_at=NOON))
    app = Flask("backups")
    app.config["VAR_DIR"] = str(tmp_path / "var")
    app.extensions["sessions"] = work.Sessions(engine)
    app.cli.add_command(commands)
    runner = app.test_cli_runner()

    def run(*words):
        return runner.invoke(args=["backup", *map(str, words)])

    run.engine = engine
    return run


def test_a_backup_is_made_verified_and_restored(command, tmp_path):
    file = tmp_path / "one.zip"

    made = command("create", file)
    assert made.exit_code == 0
    assert "1 rows of" in made.output
    assert command("verify", file).exit_code == 0
    back = command("restore", file, "--replace")
    assert back.exit_code == 0
    assert len(list((tmp_path / "var" / "backups").glob("before-restore-*.zip"))) == 1


def test_the_manifest_is_printed_as_json(command, tmp_path):
    printed = json.loads(command("create", tmp_path / "one.zip", "--json").stdout)

    assert printed["revision"] == "0001"
    assert printed["tables"]["core_auth_person"]["rows"] == 1


def test_a_refused_restore_ends_with_1_and_the_reason(command, tmp_path):
    file = tmp_path / "one.zip"
    command("create", file)

    refused = command("restore", file)

    assert refused.exit_code == 1
    assert "core_auth_person has rows" in refused.stderr


def test_a_damaged_file_ends_with_1(command, tmp_path):
    file = tmp_path / "one.zip"
    command("create", file)
    file.write_bytes(file.read_bytes()[:1000])

    damaged = command("verify", file)

    assert damaged.exit_code == 1
    assert "not a whole backup" in damaged.stderr


def test_a_missing_file_is_wrong_use(command, tmp_path):
    assert command("verify", tmp_path / "none.zip").exit_code == 2


def test_a_folder_that_is_not_there_ends_with_1(command, tmp_path):
    assert command("create", tmp_path / "nowhere" / "one.zip").exit_code == 1


def test_a_database_without_its_tables_ends_with_1(command, tmp_path):
    with command.engine.begin() as connection:
        Entry.__table__.drop(connection)

    refused = command("create", tmp_path / "one.zip")

    assert refused.exit_code == 1
    assert "core_audit_entry" in refused.stderr
