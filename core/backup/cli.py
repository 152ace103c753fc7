"""Commands of backups on the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.exc import DBAPIError

from core import clock, work
from core.backup import service
from core.backup.rules import Manifest
from core.errors import AppError

backup = AppGroup("backup", help="Consistent copies of the database, and the way back.")
as_json = click.option("--json", "is_json", is_flag=True, help="Print the manifest as JSON.")
existing = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))


@contextmanager
def _said() -> Iterator[None]:
    """End with 1 and the reason when it is refused, or when disk or database say no."""
    try:
        yield
    except (AppError, DBAPIError, OSError) as wrong:
        raise click.ClickException(str(wrong).splitlines()[0]) from wrong


@backup.command("create")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@as_json
def create(file: Path, is_json: bool) -> None:
    """Write a copy of the whole database into FILE, while the server runs."""
    with _said():
        manifest = service.create(work.sessions().engine, file, at=clock.now())
    _print(manifest, f"{file}: {file.stat().st_size / 1e6:.1f} MB", is_json)


@backup.command("verify")
@existing
@as_json
def verify(file: Path, is_json: bool) -> None:
    """Prove that FILE restores: do it in a scratch database and compare."""
    with _said():
        manifest, differences = service.verify(work.sessions().engine, file)
    for line in differences:
        click.echo(line, err=True)
    if differences:
        sys.exit(1)
    _print(manifest, f"{file}: restores, and is what it was", is_json)


@backup.command("restore")
@existing
@click.option(
    "--replace", is_flag=True, help="Replace what the database holds; that is kept in a backup first."
)
@as_json
def restore(file: Path, replace: bool, is_json: bool) -> None:
    """Put the backup FILE into the database: all of it, or nothing."""
    engine = work.sessions().engine
    with _said():
        if replace:
            click.echo(f"What the database held before is kept in {_keep_present()}", err=True)
        manifest = service.restore(engine, file, replace=replace)
    _print(manifest, f"{file}: restored", is_json)


def _keep_present() -> Path:
    """Back up what is there now, and return the file."""
    moment = clock.now()
    folder = Path(current_app.config["VAR_DIR"]) / "backups"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"before-restore-{moment:%Y%m%d-%H%M%S}.zip"
    service.create(work.sessions().engine, file, at=moment)
    return file


def _print(manifest: Manifest, done: str, is_json: bool) -> None:
    """Say what was done, or print the manifest."""
    if is_json:
        click.echo(json.dumps(manifest.as_document(), indent=1))
    else:
        tables = len(manifest.tables)
        click.echo(f"{done}; {manifest.row_count} rows of {tables} tables, revision {manifest.revision}")
