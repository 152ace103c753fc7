"""Servers for benchmarks: started as `serve` starts them, on a free port, and measured from outside."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.server.serving import gunicorn

ROOT = Path(__file__).resolve().parents[2]
START_S = 120.0  # a first start makes a database and loads the demo
STOP_S = 30.0


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    port: int
    pid: int
    started_s: float  # from the start of its process to its first answer

    def memory_mb(self) -> dict[str, float]:
        """Return its memory by process, largest first: MB, pages shared by n processes counted 1/n each."""
        found = {f"{pid} {_name(pid)}": _pss_kb(pid) / 1000 for pid in _family(self.pid)}
        return dict(sorted(found.items(), key=lambda item: -item[1]))


def free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def web(app: str, env: dict[str, str], processes: int = 1, threads: int = 16) -> Iterator[Server]:
    """Serve an application ("wsgi:app") with the very command line, and so the settings, of `serve`."""
    port = free_port()
    command = gunicorn("127.0.0.1", port, processes, threads, app)
    with running(command, port, {**os.environ, **env}) as server:
        yield server


@contextmanager
def running(
    command: Sequence[str], port: int, env: dict[str, str], path: str = "/healthz", folder: Path = ROOT
) -> Iterator[Server]:
    """Run a server's command until the block ends; give it when it answers at `path`, whatever the answer."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=env, start_new_session=True)  # noqa: S603
    try:
        while not _answers(port, path):
            if process.poll() is not None:
                raise RuntimeError(f"the server ended with {process.returncode} before it answered")
            if time.perf_counter() - started > START_S:
                raise RuntimeError(f"the server did not answer within {START_S:.0f} s")
            time.sleep(0.02)
        yield Server(port, process.pid, time.perf_counter() - started)
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (ConnectionError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _family(pid: int) -> list[int]:
    """Return a process and all below it."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it ended meanwhile
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def _name(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return " ".join(word.decode().rpartition("/")[2] for word in words[1:6])


def _pss_kb(pid: int) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(row.split()[1]) for row in rollup.splitlines() if row.startswith("Pss:"))
