"""Which processes serve the factory, and how they are kept alive."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from core.server import certificates
from core.web.address import addresses
from core.web.registry import Companion

LOOK_S = 0.5  # how often we look after the children
RENEW_EVERY = timedelta(hours=6)  # how often we look at the certificate


@dataclass(frozen=True, slots=True)
class Child:
    """A process of ours. Without an `essential` one the server ends; another is started again."""

    name: str
    command: list[str]
    essential: bool = False


@dataclass(frozen=True, slots=True)
class Secure:
    """What serving over HTTPS needs: the certificates, and the names they stand for."""

    files: certificates.Files
    names: Sequence[str]

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Secure:
        """Return it for these settings. Raises click.ClickException where the server cannot do it."""
        if sys.platform == "win32":
            raise click.ClickException(
                "MORTISE_HTTPS=on: the server for Windows speaks plain HTTP only. "
                "Put a reverse proxy with a certificate in front, or serve from Linux."
            )
        return cls(certificate_files(settings), _names(settings["HOST"]))

    def keep(self, at: datetime) -> None:
        """Make or renew the server's certificate where that is due."""
        certificates.keep(self.files, self.names, at)


def certificate_files(settings: Mapping[str, Any]) -> certificates.Files:
    """Return where this installation keeps its certificates."""
    return certificates.Files(Path(settings["VAR_DIR"]) / "https")


def _names(host: str) -> list[str]:
    return sorted({*addresses(host), "127.0.0.1", "localhost", f"{socket.gethostname().lower()}.local"})


def children(
    settings: Mapping[str, Any], secure: Secure | None, companions: Sequence[Companion] = ()
) -> list[Child]:
    """Return the processes that serve with these settings, and what the packages want beside them."""
    flask = [sys.executable, "-m", "flask", "--app", "wsgi"]
    work = [*flask, "jobs", "work"]
    further = [*work, "--only-jobs"]
    found = [
        Child("web server", _web(settings, secure), essential=True),
        Child("worker of background jobs", work),
        *(Child("further worker of background jobs", further) for _ in range(settings["WORKERS"] - 1)),
    ]
    found += [Child(one.name, [*flask, *one.command]) for one in companions if settings[one.setting]]
    if secure is not None:
        guide = f"core.server.plain:make({settings['HTTPS_PORT']}, {str(secure.files.authority)!r})"
        found.append(Child("guide to HTTPS", gunicorn(settings["HOST"], settings["PORT"], 1, 4, guide)))
    return found


def _web(settings: Mapping[str, Any], secure: Secure | None) -> list[str]:
    host, threads = settings["HOST"], settings["THREADS"]
    if sys.platform == "win32":
        listen = f"--listen={host}:{settings['PORT']}"
        return [sys.executable, "-m", "waitress", listen, f"--threads={threads}", "wsgi:app"]
    processes = settings["PROCESSES"]
    if secure is None:
        return gunicorn(host, settings["PORT"], processes, threads, "wsgi:app")
    files = secure.files
    return [
        *gunicorn(host, settings["HTTPS_PORT"], processes, threads, "wsgi:app"),
        *("--certfile", str(files.server), "--keyfile", str(files.server_key)),
    ]


def gunicorn(host: str, port: int, processes: int, threads: int, app: str) -> list[str]:
    """Return the command line that serves a WSGI application on POSIX systems."""
    return [
        *(sys.executable, "-m", "gunicorn", "--bind", f"{host}:{port}", "--worker-class", "gthread"),
        *("--workers", str(processes), "--threads", str(threads), "--preload", "--no-control-socket"),
        *("--graceful-timeout", "10", "--keep-alive", "75", "--log-level", "warning", app),
    ]


def keep_alive(
    wanted: Sequence[Child],
    env: dict[str, str],
    told: threading.Event,
    secure: Secure | None,
    clock: Callable[[], datetime],
) -> int:
    """Run the children until an essential one ends or we are told to stop; any other is started again.

    Looks after the certificate too: the server reads the files anew with every connection.
    Returns the exit code: 0 when told.
    """
    running = [(child, _start(child, env)) for child in wanted]
    looked_at = clock()
    while not told.wait(LOOK_S) and all(run.poll() is None for child, run in running if child.essential):
        running = [(child, _again(child, run, env)) for child, run in running]
        if secure is not None and clock() - looked_at > RENEW_EVERY:
            looked_at = clock()
            secure.keep(looked_at)
    for _, run in running:
        run.terminate()
    codes = [run.wait() for child, run in running if child.essential]
    for _, run in running:
        run.wait()
    return 0 if told.is_set() else max(codes)


def _start(child: Child, env: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(child.command, env=env)  # noqa: S603  (our own commands)


def _again(child: Child, run: subprocess.Popen[bytes], env: dict[str, str]) -> subprocess.Popen[bytes]:
    if run.poll() is None or child.essential:
        return run
    click.echo(f"The {child.name} has ended; it is started again.", err=True)
    return _start(child, env)
