"""Commands of backups.

They take the engine itself, not a session: a backup is about the whole database.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import OperationalError, StatementError

from core.backup.rules import (
    BackupDamaged,
    DatabaseNotEmpty,
    Manifest,
    OtherRevision,
    TableFacts,
    difference,
)
from core.backup.service import archive, rows
from core.db import Model, make_engine


def create(engine: Engine, target: Path, *, at: datetime) -> Manifest:
    """Write a consistent copy of the whole database into a new file and return its manifest.

    All tables are read in one snapshot; nobody waits for it. Raises BackupExists.
    """
    with archive.new_file(target) as packed, _snapshot(engine) as connection:
        tables = {
            table.name: archive.write_table(
                packed, table.name, tuple(table.columns.keys()), rows.write_rows(connection, table)
            )
            for table in Model.metadata.sorted_tables
        }
        manifest = Manifest(_revision(connection), engine.dialect.name, at, tables)
        archive.write_manifest(packed, manifest)
    return manifest


def verify(engine: Engine, source: Path) -> tuple[Manifest, list[str]]:
    """Restore a backup into a scratch database, read that back, and return what differs, one line a table.

    The engine's own database is not touched. Raises BackupUnreadable, OtherRevision.
    """
    with engine.connect() as connection:
        revision = _revision(connection)
    with archive.old_file(source) as file:
        _check_revision(file.manifest, revision)
        try:
            with _scratch(engine) as scratch:
                with scratch.begin() as connection:
                    _load(connection, file)
                with _snapshot(scratch) as connection:
                    return file.manifest, _differences(connection, file.manifest)
        except BackupDamaged as damaged:
            return file.manifest, [f"{damaged.facts['table']}: {damaged.facts['problem']}"]


def restore(engine: Engine, source: Path, *, replace: bool = False) -> Manifest:
    """Put a backup into the database, in one transaction: all of it, or nothing.

    Locks the whole database. Raises BackupUnreadable, BackupDamaged, OtherRevision, and
    DatabaseNotEmpty unless what is there is to be replaced.
    """
    with archive.old_file(source) as file, engine.begin() as connection:
        _check_revision(file.manifest, _revision(connection))
        if not replace:
            _check_empty(connection)
        _clear(connection)
        _load(connection, file)
    return file.manifest


def _revision(connection: Connection) -> str:
    return MigrationContext.configure(connection).get_current_revision() or "none"


def _check_revision(manifest: Manifest, revision: str) -> None:
    if manifest.revision != revision:
        raise OtherRevision(backup=manifest.revision, database=revision)


def _check_empty(connection: Connection) -> None:
    for table in Model.metadata.sorted_tables:
        if connection.execute(select(1).select_from(table).limit(1)).first():
            raise DatabaseNotEmpty(table=table.name)


def _clear(connection: Connection) -> None:
    """Empty every table. Nobody else writes until the end of the transaction."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")  # until the end of this transaction
        for table in reversed(Model.metadata.sorted_tables):
            connection.execute(table.delete())
    else:
        names = map(connection.dialect.identifier_preparer.format_table, Model.metadata.sorted_tables)
        connection.execute(text(f"TRUNCATE {', '.join(names)}"))


def _load(connection: Connection, file: archive.OldFile) -> None:
    """Insert every table of the file; raise BackupDamaged when one is not what the manifest says."""
    for table in Model.metadata.sorted_tables:
        expected = file.manifest.tables.get(table.name)
        if expected is None or expected.columns != tuple(table.columns.keys()):
            raise BackupDamaged(table=table.name, problem="the manifest lacks it or has other columns")
        try:
            got = file.read_table(table.name, partial(rows.read_rows, connection, table))
        except OperationalError:
            raise  # the database's trouble, not the backup's
        except (*archive.DAMAGE, StatementError) as wrong:
            raise BackupDamaged(table=table.name, problem=str(wrong).splitlines()[0]) from wrong
        if problem := difference(expected, got):
            raise BackupDamaged(table=table.name, problem=problem)
    if connection.dialect.name == "sqlite":
        for table_name, row, parent, _key in connection.exec_driver_sql("PRAGMA foreign_key_check"):
            raise BackupDamaged(table=table_name, problem=f"row {row} points to a missing row of {parent}")


def _differences(connection: Connection, manifest: Manifest) -> list[str]:
    """Compare what the database holds with the manifest."""
    found = []
    for table in Model.metadata.sorted_tables:
        counted = archive.Counted()
        for number, lines in rows.write_rows(connection, table):
            counted.add(number, lines)
        expected: TableFacts = manifest.tables[table.name]
        if problem := difference(expected, counted.of(tuple(table.columns.keys()))):
            found.append(f"{table.name}: {problem}")
    return found


@contextmanager
def _snapshot(engine: Engine) -> Iterator[Connection]:
    """Give a connection that sees the database as it is now, whatever is written meanwhile."""
    options: dict[str, Any] = {"reading": True}
    if engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def _scratch(engine: Engine) -> Iterator[Engine]:
    """Give an empty database of the same kind, with all tables, that is gone afterwards."""
    if engine.dialect.name == "sqlite":
        with tempfile.TemporaryDirectory(prefix="mortise-verify-") as folder:
            yield from _with_tables(make_engine(f"sqlite:///{Path(folder) / 'scratch.db'}"))
        return
    schema = f"mortise_verify_{secrets.token_hex(4)}"
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    try:
        inside = engine.url.update_query_dict({"options": f"-csearch_path={schema}"})
        yield from _with_tables(make_engine(inside.render_as_string(hide_password=False)))
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))


def _with_tables(engine: Engine) -> Iterator[Engine]:
    try:
        Model.metadata.create_all(engine)
        yield engine
    finally:
        engine.dispose()
