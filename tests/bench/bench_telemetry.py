"""A thousand messages a second for a minute through mosquitto, while scans go on: what arrived, at what price.

Aim: nothing lost, nothing twice, no scan waits 1 s. A hundred machines speak with quality 1: ten of them tell another
state in each message, so that each that is lost is missed; the others every ten seconds; a piece with every tenth
message. Half way through, the listener is killed and started again. Listener, web server, broker, machines and scanners
share this machine's cores. Without mosquitto (`apt-get install mosquitto`) it says so.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import func, select

from core.clock import now
from core.work import run
from mes.machines.model import Output, StateChange, StateRepeat
from tests.bench.factory import application, database, ready_to_scan
from tests.bench.load import Figures, load
from tests.bench.serving import ROOT, free_port, web
from tests.factories.machines import make_machine

MACHINES, RATE, SECONDS = 100, 1000, int(os.environ.get("MORTISE_BENCH_SECONDS", "60"))
SETS, SCANNERS = 200, 4
STATE_EVERY = 100  # messages of one machine: ten seconds
RESTLESS, PIECE_EVERY = 10, 10  # machines that tell another state in each message; messages for a piece
AIM_MS = 1000.0
DRAIN_S = 60.0
MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
SETTINGS = """listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_queued_messages 0
max_inflight_messages 1000
"""


def main() -> None:
    """Print received, lost, CPU and the longest scan, on both databases."""
    if not Path(MOSQUITTO).exists():
        print("  mosquitto is not installed (apt-get install mosquitto): nothing was measured")
        return
    for kind in ("sqlite", "postgresql"):
        with (
            tempfile.TemporaryDirectory(prefix="mortise-bench-") as folder,
            database(kind) as url,
            application(url) as app,
            mosquitto(Path(folder)) as broker,
        ):
            packer = ready_to_scan(app, SETS, Path(folder) / "work.json")
            run(_write_down)
            _measure(kind, app, url, Path(folder), broker, packer)


def _write_down(session: Any) -> None:
    for number in range(MACHINES):
        make_machine(session, f"m-{number}")


@contextmanager
def mosquitto(folder: Path) -> Iterator[int]:
    """Run a broker of one's own, set up as the guide says, and give its port."""
    port, file = free_port(), folder / "mosquitto.conf"
    file.write_text(SETTINGS.format(port=port))
    with (folder / "mosquitto.log").open("wb") as log:
        process = subprocess.Popen([MOSQUITTO, "-c", str(file)], stdout=log, stderr=log)  # noqa: S603
        try:
            time.sleep(1)
            if process.poll() is not None:
                raise RuntimeError(f"mosquitto ended: {(folder / 'mosquitto.log').read_text()}")
            yield port
        finally:
            process.terminate()
            process.wait()


def _measure(kind: str, app: Flask, url: str, folder: Path, broker: int, packer: dict[str, str]) -> None:
    env = {
        **os.environ,
        "MORTISE_DATABASE_URL": url,
        "MORTISE_VAR_DIR": str(folder),
        "MORTISE_SECRET_KEY": "bench",
        "MORTISE_MQTT_URL": f"mqtt://mortise:x@127.0.0.1:{broker}",
    }
    listener = _listen(env)
    waits: list[Any] = []
    with web("wsgi:app", env) as server:
        argument = {**packer, "clients": SCANNERS, "kind": "MOVE"}
        scanning = threading.Thread(
            target=lambda: waits.append(
                load(server.port, SCANNERS, SECONDS, "tests.bench.bench_scans:scans", argument)
            )
        )
        scanning.start()
        speaker = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "tests.bench.bench_telemetry", str(broker)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        time.sleep(SECONDS / 2)
        used = _cpu_s(listener.pid)
        listener.send_signal(signal.SIGKILL)  # what it had not kept yet stays with the broker
        listener.wait()
        listener = _listen(env)
        told = json.loads(speaker.communicate()[0])
        scanning.join()
        drained = _drain(app, told)
        used += _cpu_s(listener.pid)
        listener.terminate()
        listener.wait()
    _print(kind, app, told, drained, used, waits[0])


def _listen(env: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "machines", "listen"]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE)  # noqa: S603
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(1)  # it subscribes
    return process


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _drain(app: Flask, told: dict[str, Any]) -> float:
    """Wait until all changes and pieces that were told are kept, or for a minute; return how long it took."""
    began = time.monotonic()
    while time.monotonic() - began < DRAIN_S and _kept(app)[:2] != (told["changes"], told["pieces"]):
        time.sleep(0.2)
    return time.monotonic() - began


def _kept(app: Flask) -> tuple[int, ...]:
    """Return how many changes of state and pieces, and how many rows of output and of repeats, there are."""
    wanted = (
        func.count(StateChange.id),
        func.sum(Output.good_count),
        func.count(Output.id),
        func.count(StateRepeat.id),
    )
    with app.extensions["sessions"].reading() as session:
        return tuple(int(session.scalar(select(one)) or 0) for one in wanted)


def _print(kind: str, app: Flask, told: dict[str, Any], drained: float, used: float, waits: Figures) -> None:
    changes, pieces, outputs, repeats = _kept(app)
    took = told["took_s"]
    print(
        f"  {kind:<11} {told['messages']} messages in {took:.1f} s ({told['messages'] / took:.0f}/s), "
        f"the listener killed once; all kept {drained:.1f} s later"
    )
    print(
        f"  {'':<11} changes of state {changes} of {told['changes']} (lost {told['changes'] - changes}), "
        f"pieces {pieces} of {told['pieces']} (lost {told['pieces'] - pieces})"
    )
    print(f"  {'':<11} rows: {changes} changes, {outputs} of output, {repeats} repeats")
    print(f"  {'':<11} listener's CPU: {100 * used / took:.0f} % of a core; load {os.getloadavg()[0]:.0f}")
    print(
        f"  {'':<11} scans beside it {waits}; longest {waits.worst_ms:.0f} ms (aim {AIM_MS:.0f})", flush=True
    )


# --- the machines, in a process of their own --------------------------------------------------


def speak(port: int) -> dict[str, Any]:
    """Speak for all machines at the rate, and tell how much was said."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bench-machines")
    client.max_inflight_messages_set(0)
    client.max_queued_messages_set(0)
    client.connect("127.0.0.1", port)
    client.loop_start()
    began, sent, changes, good = time.monotonic(), [], 0, [0] * MACHINES
    for number in range(RATE * SECONDS):
        machine, turn = number % MACHINES, number // MACHINES
        every = 1 if machine < RESTLESS else STATE_EVERY
        good[machine] += turn % PIECE_EVERY == 0 and turn > 0
        changes += turn % every == 0
        told = {
            "ts": now().isoformat(),
            "run": turn // every % 2 == 0,
            "good": good[machine],
        }
        sent.append(client.publish(f"wd/bench/m-{machine}/state", json.dumps(told), qos=1))
        ahead = began + (number + 1) / RATE - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
    for one in sent:
        one.wait_for_publish(DRAIN_S)
    took = time.monotonic() - began
    client.disconnect()
    client.loop_stop()
    return {"messages": len(sent), "changes": changes, "pieces": sum(good), "took_s": took}


if __name__ == "__main__":
    print(json.dumps(speak(int(sys.argv[1]))))
