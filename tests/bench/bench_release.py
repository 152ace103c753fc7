"""Release: orders split and written, beside the same rows written by the raw driver in one transaction.

Aims: 200 orders of 5 sets in 10 s or less; no transaction of an order of 1,000 sets longer than 300 ms, for as long
as that every scan waits on SQLite.
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import func, select, text

from core.db import Model
from core.work import run
from mes.splitting import queries, service
from tests.bench.factory import NOON, application, confirm_orders, database, release

ORDERS, SETS = 200, 5
LIMIT_S, WAIT_AIM_MS = 10.0, 300.0
LARGE = (300, 1000)
WRITTEN = (
    "mes_splitting_door_set",
    "mes_splitting_piece",
    "mes_splitting_requirement",
    "mes_packing_package",
    "mes_packing_content",
)


def main() -> None:
    """Print sets and rows a second on both databases."""
    for kind in ("sqlite", "postgresql"):
        with database(kind) as url, application(url) as app:
            ids = confirm_orders(ORDERS, SETS)
            began = time.perf_counter()
            worst = 0.0
            for order_id in ids:
                one = time.perf_counter()
                release(app, order_id)
                worst = max(worst, time.perf_counter() - one)
            seconds = time.perf_counter() - began
            with app.extensions["sessions"].reading() as session:
                rows = sum(count(session, name) for name in WRITTEN)
            print(
                f"  {kind:<11} {ORDERS} orders of {SETS} sets: {seconds:5.1f} s (limit {LIMIT_S:.0f}); "
                f"{ORDERS * SETS / seconds:5.0f} sets/s, {rows / seconds:6.0f} rows/s"
            )
            print(f"  {'':<11} the slowest order took {worst * 1000:.0f} ms")
            print(f"  {'':<11} the same {rows} rows copied by the database alone: {copied_s(app):5.1f} s")
            for sets in LARGE:
                _slices(app, sets)


def _slices(app: Any, sets: int) -> None:
    """Release one large order, transaction by transaction."""
    (order_id,) = confirm_orders(1, sets)
    with app.extensions["sessions"].reading() as reading:
        frozen = queries.prepare(reading, order_id)
    walls, cpus = [], []
    for command in service.release_in_slices(frozen, by=None, at=NOON):
        wall, cpu = time.perf_counter(), time.thread_time()
        run(command)
        walls.append((time.perf_counter() - wall) * 1000)
        cpus.append((time.thread_time() - cpu) * 1000)
    print(
        f"  {'':<11} one order of {sets} sets: {len(walls)} transactions, the longest {max(walls):.0f} ms "
        f"({max(cpus):.0f} ms of it on the processor; aim {WAIT_AIM_MS:.0f}), {sum(walls) / 1000:.2f} s in all"
    )


def count(session: Any, name: str) -> int:
    table = Model.metadata.tables[name]
    return session.scalar(select(func.count()).select_from(table)) or 0


def copied_s(app: Any) -> float:
    """Copy the written rows into bare tables, in one transaction: the least that the database needs for them."""
    with app.extensions["sessions"].writing() as session:
        began = time.perf_counter()
        for name in WRITTEN:
            session.execute(text(f"CREATE TABLE bench_{name} AS SELECT * FROM {name}"))  # noqa: S608
        session.commit()
        return time.perf_counter() - began
