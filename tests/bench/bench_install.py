"""From nothing to the first page: seconds, megabytes, memory.

A fresh clone of what is committed, with empty package caches, is started by `dev.py run`, stopped and
started again. The seconds of the first start hold the download: they tell of the network as well.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.serving import ROOT, free_port, running

PROCESS_LIMIT_MB = 200  # of each web process


def main() -> None:
    """Print the figures of an installation."""
    with tempfile.TemporaryDirectory(prefix="mortise-install-") as folder:
        clone = Path(folder) / "mortise"
        copying = ["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone)]
        subprocess.run(copying, check=True)  # noqa: S603
        env = {name: value for name, value in os.environ.items() if not name.startswith("MORTISE_")}
        env |= {"UV_CACHE_DIR": f"{folder}/uv", "PIP_CACHE_DIR": f"{folder}/pip"}
        first = _start(clone, env, "first start, empty caches")
        print(f"  installed: {_megabytes(clone / '.venv')} MB in .venv")
        second = _start(clone, env, "second start")
        print(f"  second start / first start: {second / first:.2f}")


def _start(clone: Path, env: dict[str, str], name: str) -> float:
    """Start the clone, print the seconds to its first page and its memory, stop it."""
    port = free_port()
    command = [sys.executable, "dev.py", "run"]
    with running(command, port, {**env, "MORTISE_PORT": str(port)}, path="/", folder=clone) as server:
        print(f"  {name}: {server.started_s:.1f} s to the first page")
        for process, megabytes in server.memory_mb().items():
            print(f"    {megabytes:6.0f} MB at rest  {process}")
        print(f"    (at most {PROCESS_LIMIT_MB} MB are meant for a web process, gunicorn)")
        return server.started_s


def _megabytes(folder: Path) -> int:
    """Return what a folder takes on the disk."""
    return round(sum(f.lstat().st_blocks * 512 for f in folder.rglob("*")) / 1e6)
