"""Scans by kind through the whole door, with a million scans in the log, beside the bare reference application.

Aim: at least 0.4 of the reference's rate; what a tablet kept in a day, 2,000 scans, sent within 5 s. Reference, Mortise
and the load generator share the machine's cores. All of it takes a quarter of an hour; less of it is asked for by the
environment, lists by commas: MORTISE_BENCH_DATABASES (sqlite,postgresql), _PROCESSES (1,2), _CLIENTS (1,8,32,64),
_KINDS, _SECONDS of a round, _ROUNDS, _LOGGED (scans in the log) and _SETS (door sets of the factory).
"""

from __future__ import annotations

import json
import os
import tempfile
import time
import uuid
from collections.abc import Iterator
from functools import partial
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Any

from tests.bench import reference
from tests.bench.factory import application, database, fill_log, ready_to_scan, set_back
from tests.bench.load import Figures, Request, interleaved, load, median, ratio
from tests.bench.serving import Server, web

KINDS = ("PACK_ADD", "PACK_OPEN", "OP_DONE", "STORE_IN", "MOVE", "LOAD")
KEPT, AT_ONCE = 2000, 100  # scans of a day without the network, and how many a tablet sends at once
AIM, AIM_S = 0.4, 5.0


def _asked(name: str, usual: str) -> list[str]:
    """Return what is asked for by the environment, else the usual."""
    return os.environ.get(f"MORTISE_BENCH_{name}", usual).split(",")


DATABASES = _asked("DATABASES", "sqlite,postgresql")
PROCESSES = [int(one) for one in _asked("PROCESSES", "1,2")]
CLIENTS = [int(one) for one in _asked("CLIENTS", "1,8,32,64")]
WANTED = _asked("KINDS", ",".join(KINDS))
SECONDS = float(_asked("SECONDS", "1.2")[0])
ROUNDS = int(_asked("ROUNDS", "3")[0])
LOGGED = int(_asked("LOGGED", "1000000")[0])  # of three years of a small maker
SETS = int(_asked("SETS", "400")[0])


def scans(argument: dict[str, Any], number: int) -> Iterator[Request]:
    """Make one client's scans of a kind; every n-th thing is its own, so that each scan is let pass."""
    work = json.loads(Path(argument["file"]).read_text())
    kind = argument["kind"]
    mine = work[kind][number :: argument["clients"]]
    for round_number in count():
        for one in mine:
            yield _request(argument, _scan_of(argument, work, kind, one, round_number % 2))
        if kind in ("PACK_ADD", "OP_DONE") or not mine:
            return  # a piece is packed once, and made once; with few things there is none for every client


def _scan_of(
    argument: dict[str, Any], work: dict[str, Any], kind: str, one: Any, turn: int
) -> dict[str, Any]:
    """Return the scan of one thing; what can be done again is done to and fro, by turns."""
    if kind == "PACK_ADD":
        return _scan(argument, kind, one[1], one[0])
    if kind == "STORE_IN":
        return _scan(argument, kind, one[0], work["shelves"][turn], one[1])
    if kind == "MOVE":
        return _scan(argument, kind, one, work["places"][turn])
    if kind == "LOAD":
        return _scan(argument, ("LOAD", "UNLOAD")[turn], *one)
    return _scan(argument, kind, one)


def _scan(
    argument: dict[str, Any], kind: str, code: str, context: str | None = None, witness: str | None = None
) -> dict[str, Any]:
    return {
        "scan_id": str(uuid.uuid4()),
        "kind": kind,
        "code": code,
        "context": context,
        "witness": witness,
        "device": argument["floor" if kind == "OP_DONE" else "device"],
        "scanned_at": "2026-11-20T12:00:00+08:00",
    }


def _request(argument: dict[str, Any], scan: dict[str, Any]) -> Request:
    headers = {"Authorization": f"Bearer {argument['token']}"}
    return Request.of_json("/api/v1/scans", scan, b'"ACCEPT"', headers)


def main() -> None:
    """Print one table: scans a second and their times by kind and clients, and a kept day, on both databases."""
    print(f"  {LOGGED:,} scans in the log; share: of the reference's rate, aim {AIM}")
    times = "".join(f"{name:>8}" for name in ("scans/s", "p50 ms", "p95 ms", "p99 ms"))
    print(f"  {'database':<10} {'web':>3} {'clients':>7}  {'kind':<9}{times}  share", flush=True)
    for kind in DATABASES:
        with (
            tempfile.TemporaryDirectory(prefix="mortise-bench-") as folder,
            database(kind) as url,
            application(url) as app,
        ):
            packer = ready_to_scan(app, SETS, Path(folder) / "work.json")
            fill_log(app, LOGGED)
            bare_url = url if kind == "postgresql" else f"sqlite:///{folder}/bare.db"
            reference.make_tables(bare_url)
            for number in PROCESSES:
                _compare(kind, url, bare_url, Path(folder), packer, number)


def _compare(
    name: str, url: str, bare_url: str, folder: Path, packer: dict[str, str], processes: int
) -> None:
    settings = {
        "MORTISE_DATABASE_URL": url,
        "MORTISE_VAR_DIR": str(folder),
        "MORTISE_SECRET_KEY": "bench",
    }
    with (
        web("wsgi:app", settings, processes) as ours,
        web("tests.bench.reference:app", {"MORTISE_BENCH_URL": bare_url}, processes) as bare,
    ):
        for clients in CLIENTS:
            _rates(f"{name:<10} {processes:>3} {clients:>7}", ours, bare, clients, packer)
        _kept_day(f"{name:<10} {processes:>3} {1:>7}", ours, packer)
        memory = sum(ours.memory_mb().values())
        print(
            f"  {name:<10} {processes:>3} memory {memory:.0f} MB; load {os.getloadavg()[0]:.0f}", flush=True
        )


def _rates(where: str, ours: Server, bare: Server, clients: int, packer: dict[str, str]) -> None:
    measures = {"reference": partial(load, bare.port, clients, SECONDS, "tests.bench.reference:scans")}
    measures |= {kind: partial(_ours, ours, clients, packer, kind) for kind in WANTED}
    found = interleaved(measures, ROUNDS)
    for kind in measures:
        run = median(found[kind])
        times = f"{run.rate_per_s:>8.0f}{run.p50_ms:>8.1f}{run.p95_ms:>8.1f}{run.p99_ms:>8.1f}"
        share = f"{ratio(found, kind, 'reference'):>7.2f}" if kind != "reference" else ""
        failed = f"  {run.failed_count} FAILED: {run.failure}" if run.failed_count else ""
        print(f"  {where}  {kind:<9}{times}{share}{failed}", flush=True)


def _ours(server: Server, clients: int, packer: dict[str, str], kind: str) -> Figures:
    set_back()
    argument = {**packer, "clients": clients, "kind": kind}
    return load(server.port, clients, SECONDS, "tests.bench.bench_scans:scans", argument)


def _kept_day(where: str, server: Server, packer: dict[str, str]) -> None:
    """Send what a tablet kept, in its order and its batches, and print how long that takes."""
    set_back()
    work = json.loads(Path(packer["file"]).read_text())["PACK_ADD"]
    kept = [_scan(packer, "PACK_ADD", piece, package) for package, piece in work[:KEPT]]
    headers = {"Authorization": f"Bearer {packer['token']}", "Content-Type": "application/json"}
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    began, passed = time.perf_counter(), 0
    for start in range(0, len(kept), AT_ONCE):
        body = json.dumps({"scans": kept[start : start + AT_ONCE]})
        connection.request("POST", "/api/v1/scans/batch", body, headers)
        answers = json.loads(connection.getresponse().read())["answers"]
        passed += sum(item["verdict"]["outcome"] == "ACCEPT" for item in answers)
    seconds = time.perf_counter() - began
    connection.close()
    told = f"{len(kept)} scans in batches of {AT_ONCE}: {seconds:.1f} s (aim {AIM_S:.0f}), {passed} let pass"
    print(f"  {where}  {'kept day':<9}{len(kept) / seconds:>8.0f}  {told}", flush=True)
