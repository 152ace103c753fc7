"""Database and server on the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import click
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from core.clock import now
from core.server import certificates, serving
from core.web.address import address_of, addresses
from core.web.registry import registry

database = AppGroup("database", help="The database and its migrations.")


def config() -> Config:
    """Return Alembic's configuration for this application's database."""
    found = Config()
    found.set_main_option("script_location", str(Path(current_app.root_path) / "migrations"))
    found.attributes["engine"] = current_app.extensions["sessions"].engine
    return found


@database.command("upgrade")
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Bring the database up to date."""
    url = current_app.config["DATABASE_URL"]
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    command.upgrade(config(), revision)


@database.command("downgrade")
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Take migrations back, down to a revision (`base` for all)."""
    command.downgrade(config(), revision)


@database.command("check")
def check() -> None:
    """End with 1 when the tables in the code and the migrations differ."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = {**os.environ, "MORTISE_DATABASE_URL": f"sqlite:///{folder}/check.db"}
        for verb in ("upgrade", "compare"):
            done = subprocess.run(  # noqa: S603  (our own command)
                [sys.executable, "-m", "flask", "--app", "wsgi", "database", verb], env=scratch, check=False
            )
            if done.returncode:
                raise SystemExit(1)


@database.command("compare")
def compare() -> None:
    """End with 1 when this database and the tables in the code differ."""
    try:
        command.check(config())
    except CommandError as wrong:
        raise click.ClickException(str(wrong)) from wrong


@click.command("serve")
@with_appcontext
def serve() -> None:
    """Serve the pages and run the background jobs, until told to stop."""
    settings = current_app.config
    secure = serving.Secure.of(settings) if settings["HTTPS"] else None
    if secure is not None:
        secure.keep(now())
    environment = dict(os.environ)
    if settings["PROCESSES"] > 1:
        environment["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="mortise-metrics-")
    told = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: told.set())
    for address in addresses(settings["HOST"]):
        click.echo(f"Mortise 榫: {address_of(address, settings)}")
    if secure is not None:
        for left_out in certificates.left_out(secure.names):
            click.echo(f"No certificate for {left_out}: it is not an address of a private network.", err=True)
        click.echo(f"Authority: {certificates.fingerprint(secure.files.authority)}")
    wanted = serving.children(settings, secure, registry().companions)
    raise SystemExit(serving.keep_alive(wanted, environment, told, secure, now))
