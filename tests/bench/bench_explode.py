"""Explosion: a thousand sets in memory and into each database, one set by itself, a large order beside scans.

Aims: one set p95 under 50 ms; 300 sets of one order exploded and written to SQLite in under 3 s while packers scan,
and no scan waits longer than 300 ms meanwhile. Beside it stand the same rows copied by the database alone.
"""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from flask import Flask

from erp.catalogue import queries as catalogue
from erp.catalogue.rules.explode import explode
from erp.materials import queries as materials
from erp.sales.queries import order_lines
from mes.splitting.queries import spec_of
from tests.bench.bench_release import WRITTEN, copied_s, count
from tests.bench.factory import application, confirm_orders, database, ready_to_scan, release
from tests.bench.load import Figures, load
from tests.bench.serving import web

SETS, LARGE = 1000, 300
ONE_AIM_MS, LARGE_AIM_S, WAIT_AIM_MS = 50.0, 3.0, 300.0
CLIENTS, STORM_S, CALM_S = 4, 6.0, 2.0


def main() -> None:
    """Print sets and rows a second, one set's p95, and what the storm felt."""
    for kind in ("sqlite", "postgresql"):
        with database(kind) as url, application(url) as app:
            if kind == "sqlite":
                _in_memory(app)
            _into(app, kind)
    for kind in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory(prefix="mortise-bench-") as folder, database(kind) as url:
            _beside_scans(kind, url, Path(folder))


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


def _into(app: Flask, kind: str) -> None:
    """Release a thousand sets in orders of a hundred."""
    ids = confirm_orders(10, SETS // 10)
    began = time.perf_counter()
    for order_id in ids:
        release(app, order_id)
    seconds = time.perf_counter() - began
    with app.extensions["sessions"].reading() as session:
        rows = sum(count(session, name) for name in WRITTEN)
    print(f"  {kind:<11} {SETS / seconds:6.0f} sets/s, {rows / seconds:7.0f} rows/s; ", end="")
    print(f"the same {rows} rows copied by the database alone {rows / copied_s(app):7.0f} rows/s")


def _beside_scans(kind: str, url: str, folder: Path) -> None:
    with application(url) as app:
        packer = ready_to_scan(app, 400, folder / "work.json")
        (large,) = confirm_orders(1, LARGE)
        settings = {
            "MORTISE_DATABASE_URL": url,
            "MORTISE_VAR_DIR": str(folder),
            "MORTISE_SECRET_KEY": "bench",
        }
        with web("wsgi:app", settings) as server:
            argument: dict[str, Any] = {**packer, "clients": CLIENTS, "kind": "PACK_ADD"}
            found: list[Figures] = []

            def storm() -> None:
                found.append(load(server.port, CLIENTS, STORM_S, "tests.bench.bench_scans:scans", argument))

            thread = threading.Thread(target=storm)
            thread.start()
            time.sleep(CALM_S)
            began = time.perf_counter()
            release(app, large)
            seconds = time.perf_counter() - began
            thread.join()
        print(f"  {kind:<11} {LARGE} sets beside {CLIENTS} packers: {seconds:.2f} s (aim {LARGE_AIM_S:.0f})")
        print(f"  {'':<11} scans {found[0]}  worst {found[0].worst_ms:.0f} ms (aim {WAIT_AIM_MS:.0f})")
