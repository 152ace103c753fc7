"""Database and server on the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType

import click
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from flask import current_app
from flask.cli import AppGroup, with_appcontext

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
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
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
    web = _web(settings["HOST"], settings["PORT"], settings["PROCESSES"], settings["THREADS"])
    worker = [sys.executable, "-m", "flask", "--app", "wsgi", "jobs", "work"]
    environment = dict(os.environ)
    if settings["PROCESSES"] > 1:
        environment["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="mortise-metrics-")
    children = [subprocess.Popen(line, env=environment) for line in (web, worker)]  # noqa: S603  (our own commands)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        for child in children:
            child.terminate()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    code = children[0].wait()
    stop(signal.SIGTERM, None)
    children[1].wait()
    raise SystemExit(0 if code in (0, -signal.SIGTERM) else code)


def _web(host: str, port: int, processes: int, threads: int) -> list[str]:
    if sys.platform == "win32":
        return [
            sys.executable,
            "-m",
            "waitress",
            f"--listen={host}:{port}",
            f"--threads={threads}",
            "wsgi:app",
        ]
    return [
        *(sys.executable, "-m", "gunicorn", "--bind", f"{host}:{port}", "--worker-class", "gthread"),
        *("--workers", str(processes), "--threads", str(threads), "--preload", "--no-control-socket"),
        *("--graceful-timeout", "10", "--keep-alive", "75", "--log-level", "warning", "wsgi:app"),
    ]
