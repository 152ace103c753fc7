"""Scans by kind through the whole door, with a million scans in the log, beside the bare reference application.

Aim: at least 0.4 of the reference's rate; what a tablet kept in a day, 2,000 scans, sent within 5 s. Reference, Mortise
and the load generator share the machine's cores. PostgreSQL is measured with one and with two web processes.
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
from itertools import count, cycle
from pathlib import Path
from typing import Any

from tests.bench import reference
from tests.bench.factory import application, database, fill_log, ready_to_scan, set_back
from tests.bench.load import Figures, Request, interleaved, load, median, ratio
from tests.bench.serving import Server, web

SETS = 400
SECONDS = 3.0
CLIENTS = (1, 8, 32, 64)
KINDS = ("PACK_ADD", "PACK_OPEN", "MOVE", "LOAD")
PROCESSES = {"sqlite": (1,), "postgresql": (1, 2)}
LOGGED = 1_000_000  # scans of three years of a small maker
KEPT, AT_ONCE = 2000, 100  # scans of a day without the network, and how many a tablet sends at once
AIM, AIM_S = 0.4, 5.0


def scans(argument: dict[str, Any], number: int) -> Iterator[Request]:
    """Make one client's scans of a kind; every n-th thing is its own, so that each scan is let pass."""
    work = json.loads(Path(argument["file"]).read_text())
    mine = work[argument["kind"]][number :: argument["clients"]]
    if argument["kind"] == "PACK_ADD":
        for package, piece in mine:
            yield _request(argument, "PACK_ADD", piece, package)
        return
    for round_number in count():
        for one in mine:
            if argument["kind"] == "PACK_OPEN":
                yield _request(argument, "PACK_OPEN", one)
            elif argument["kind"] == "MOVE":
                yield _request(argument, "MOVE", one, work["places"][round_number % 2])
            else:
                kind = ("LOAD", "UNLOAD")[round_number % 2]
                yield _request(argument, kind, one[0], one[1])


def _scan(argument: dict[str, Any], kind: str, code: str, context: str | None = None) -> dict[str, Any]:
    return {
        "scan_id": str(uuid.uuid4()),
        "kind": kind,
        "code": code,
        "context": context,
        "device": argument["device"],
        "scanned_at": "2026-11-20T12:00:00+08:00",
    }


def _request(argument: dict[str, Any], kind: str, code: str, context: str | None = None) -> Request:
    headers = {"Authorization": f"Bearer {argument['token']}"}
    return Request.of_json("/api/v1/scans", _scan(argument, kind, code, context), b'"ACCEPT"', headers)


def main() -> None:
    """Print scans a second by kind at 1, 8, 32 and 64 clients, then a kept day, on both databases."""
    for kind, processes in PROCESSES.items():
        with (
            tempfile.TemporaryDirectory(prefix="mortise-bench-") as folder,
            database(kind) as url,
            application(url) as app,
        ):
            packer = ready_to_scan(app, SETS, Path(folder) / "work.json")
            fill_log(app, int(os.environ.get("MORTISE_BENCH_LOGGED", LOGGED)))
            bare_url = url if kind == "postgresql" else f"sqlite:///{folder}/bare.db"
            reference.make_tables(bare_url)
            for number in processes:
                _compare(f"{kind} ×{number}", url, bare_url, Path(folder), packer, number)


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
            _rates(name, ours, bare, clients, packer)
        _kept_day(name, ours, packer)
        print(f"  {name:<13} memory after the storm: {ours.memory_mb()}; load {os.getloadavg()[0]:.0f}")


def _rates(name: str, ours: Server, bare: Server, clients: int, packer: dict[str, str]) -> None:
    measures = {"reference": partial(load, bare.port, clients, SECONDS, "tests.bench.reference:scans")}
    measures |= {kind: partial(_ours, ours, clients, packer, kind) for kind in KINDS}
    found = interleaved(measures)
    print(f"  {name:<13} {clients:>2} clients  reference {median(found['reference'])}", flush=True)
    for kind in KINDS:
        share = ratio(found, kind, "reference")
        print(f"  {'':<13} {'':>2}          {kind:<9} {median(found[kind])}  ratio {share:.2f} (aim {AIM})")


def _ours(server: Server, clients: int, packer: dict[str, str], kind: str) -> Figures:
    set_back()
    argument = {**packer, "clients": clients, "kind": kind}
    return load(server.port, clients, SECONDS, "tests.bench.bench_scans:scans", argument)


def _kept_day(name: str, server: Server, packer: dict[str, str]) -> None:
    """Send what a tablet kept, in its order and its batches, and print how long that takes."""
    set_back()
    work = json.loads(Path(packer["file"]).read_text())["PACK_ADD"]
    kept = [
        _scan(packer, "PACK_ADD", piece, package) for (package, piece), _ in zip(cycle(work), range(KEPT))
    ]
    headers = {"Authorization": f"Bearer {packer['token']}", "Content-Type": "application/json"}
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    began, passed = time.perf_counter(), 0
    for start in range(0, KEPT, AT_ONCE):
        body = json.dumps({"scans": kept[start : start + AT_ONCE]})
        connection.request("POST", "/api/v1/scans/batch", body, headers)
        answers = json.loads(connection.getresponse().read())["answers"]
        passed += sum(item["verdict"]["outcome"] == "ACCEPT" for item in answers)
    seconds = time.perf_counter() - began
    connection.close()
    print(
        f"  {name:<13} {KEPT} kept scans in batches of {AT_ONCE}: {seconds:.1f} s (aim {AIM_S:.0f}), {passed} let pass"
    )
