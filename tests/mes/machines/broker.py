"""A real MQTT broker beside a test, on a port of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CONFIGURATION = """listeners:
  default: {{type: tcp, bind: "127.0.0.1:{port}"}}
plugins:
  amqtt.plugins.authentication.AnonymousAuthPlugin: {{allow_anonymous: false}}  # who has a name: kept for
"""
PATIENCE_S = 20.0


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    """Serve a broker and give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    file = folder / "broker.yaml"
    file.write_text(CONFIGURATION.format(port=port), encoding="utf-8")
    command = [sys.executable, "-m", "amqtt.scripts.broker_script", "-c", str(file)]
    with (folder / "broker.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603  (our own words)
        try:
            _wait(process, port, folder / "broker.log")
            yield f"mqtt://mortise:secret@127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"the broker does not listen: {log.read_text()}")
