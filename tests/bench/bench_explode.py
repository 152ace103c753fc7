"""Explosion: a thousand sets in memory, one order of 300 and of 1,000 sets into each database, alone and beside scans.

Aims: one set p95 under 50 ms; 300 sets of one order exploded and written to SQLite in under 3 s while packers scan,
and no scan waits longer than 300 ms meanwhile. The release runs in a process of its own, beside the web process: the
hardest case for SQLite, whose writers of two processes do not queue up. “CPU” is what the release itself took.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask

from erp.catalogue import queries as catalogue
from erp.catalogue.rules.explode import explode
from erp.materials import queries as materials
from erp.sales.queries import order_lines
from mes.splitting.queries import spec_of
from tests.bench.bench_release import WRITTEN, count
from tests.bench.factory import application, confirm_orders, database, ready_to_scan, release
from tests.bench.load import Figures, load
from tests.bench.serving import web

SETS, LARGE = 1000, (300, 1000)
ONE_AIM_MS, LARGE_AIM_S, WAIT_AIM_MS = 50.0, 3.0, 300.0
CLIENTS, STORM_S, CALM_S = 4, 8.0, 2.0
PACKABLE = 400  # sets that the packers pack meanwhile


def main() -> None:
    """Print sets and rows a second, one set's p95, and what the packers felt."""
    with database("sqlite") as url, application(url) as app:
        _in_memory(app)
    for kind in ("sqlite", "postgresql"):
        for sets in LARGE:
            with tempfile.TemporaryDirectory(prefix="mortise-bench-") as folder, database(kind) as url:
                _into(kind, url, Path(folder), sets)


def _in_memory(app: Flask) -> None:
    """Explode a thousand lines, each by itself: nothing is kept from one to the next but the read document."""
    (order_id,) = confirm_orders(1, SETS)
    with app.extensions["sessions"].reading() as session:
        lines = order_lines(session, order_id)
        document = catalogue.document(catalogue.current_version(session, lines[0].door_id))
        stock = materials.stock_lengths(session)
        specs = [spec_of(line) for line in lines]
    times, pieces = [], 0
    for spec in specs:
        began = time.perf_counter()
        pieces += len(explode(document, spec, stock).pieces)
        times.append(time.perf_counter() - began)
    p95 = sorted(times)[int(len(times) * 0.95)] * 1000
    print(f"  memory      {SETS / sum(times):6.0f} sets/s, {pieces / sum(times):7.0f} pieces/s; ", end="")
    print(f"one set p95 {p95:.1f} ms (aim {ONE_AIM_MS:.0f})")


def _into(kind: str, url: str, folder: Path, sets: int) -> None:
    """Explode and write two orders of so many sets: one alone, one while packers scan."""
    with application(url) as app:
        packer = ready_to_scan(app, PACKABLE, folder / "work.json")
        alone, beside = confirm_orders(2, sets)
        print(f"  {kind:<11} {sets} sets alone: {_released(app, alone, sets)}")
        settings = {
            "MORTISE_DATABASE_URL": url,
            "MORTISE_VAR_DIR": str(folder),
            "MORTISE_SECRET_KEY": "bench",
        }
        with web("wsgi:app", settings) as server:
            argument: dict[str, Any] = {**packer, "clients": CLIENTS, "kind": "PACK_ADD"}
            found, told = _beside(server.port, argument, lambda: _released(app, beside, sets))
        print(f"  {'':<11} {sets} sets beside {CLIENTS} packers: {told} (aim {LARGE_AIM_S:.0f} s for 300)")
        print(f"  {'':<11} scans {found}  worst {found.worst_ms:.0f} ms (aim {WAIT_AIM_MS:.0f})")


def _released(app: Flask, order_id: int, sets: int) -> str:
    """Split and release an order; return how fast."""
    before, wall, cpu = _rows(app), time.perf_counter(), time.thread_time()
    release(app, order_id)
    wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
    rows = _rows(app) - before
    return f"{wall:.2f} s (CPU {cpu:.2f}), {sets / wall:.0f} sets/s, {rows / wall:.0f} rows/s"


def _rows(app: Flask) -> int:
    with app.extensions["sessions"].reading() as session:
        return sum(count(session, name) for name in WRITTEN)


def _beside(port: int, argument: dict[str, Any], work: Callable[[], str]) -> tuple[Figures, str]:
    """Do some work in the midst of scans; return what the scans felt, and what the work says."""
    found: list[Figures] = []

    def storm() -> None:
        found.append(load(port, CLIENTS, STORM_S, "tests.bench.bench_scans:scans", argument))

    thread = threading.Thread(target=storm)
    thread.start()
    time.sleep(CALM_S)
    told = work()
    thread.join()
    return found[0], told
