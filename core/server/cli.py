"""Database and server on the command line."""

from __future__ import annotations

import os
import signal
import socket
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

LOOK_S = 0.5  # how often we look after the children

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
    web = _web(settings["HOST"], settings["PORT"], settings["PROCESSES"], settings["THREADS"])
    worker = [sys.executable, "-m", "flask", "--app", "wsgi", "jobs", "work"]
    environment = dict(os.environ)
    if settings["PROCESSES"] > 1:
        environment["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="mortise-metrics-")
    told = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: told.set())
    for address in _addresses(settings["HOST"]):
        click.echo(f"Mortise 榫: http://{address}:{settings['PORT']}/")
    raise SystemExit(_keep_alive(web, worker, environment, told))


def _keep_alive(web: list[str], worker: list[str], env: dict[str, str], told: threading.Event) -> int:
    """Run the web server until it ends or we are told to stop; a worker that dies is started again."""
    serving = subprocess.Popen(web, env=env)  # noqa: S603  (our own commands)
    working = subprocess.Popen(worker, env=env)  # noqa: S603
    while not told.wait(LOOK_S) and serving.poll() is None:
        if working.poll() is not None:
            click.echo("The worker of background jobs has ended; it is started again.", err=True)
            working = subprocess.Popen(worker, env=env)  # noqa: S603
    for child in (serving, working):
        child.terminate()
    working.wait()
    code = serving.wait()
    return 0 if told.is_set() else code


def _addresses(host: str) -> list[str]:
    """Return where a browser finds us: for all interfaces, this machine and its address on the plant's network."""
    if host not in ("0.0.0.0", "::"):  # noqa: S104  (compared, not bound)
        return [host]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent: it only picks the way out
            return ["127.0.0.1", str(probe.getsockname()[0])]
        except OSError:  # no network: this machine alone
            return ["127.0.0.1"]


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
