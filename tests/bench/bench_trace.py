"""Tracing: one package, one piece and one lot among ten million scans.

Aim: 100 ms. One order is packed and loaded by the real commands; its pieces, packages, boards, lots and scans are then
copied inside the database, each copy with ids and codes of its own, until the log holds MORTISE_BENCH_SCANS rows.
Beside each stands the same number of rows read by their key.
"""

from __future__ import annotations

import os
import time
from typing import Any

from flask import Flask
from sqlalchemy import Table, func, select, text
from sqlalchemy.orm import Session

from core.db import Model
from erp.stock.model import Lot, Move
from mes.cutting.model import CutLayout, CutPlan, Placement
from mes.packing.model import Content, Package
from mes.planning.model import Batch
from mes.production.model import WorkReport
from mes.scanning.model import Scan
from mes.shipping.model import LoadPackage
from mes.splitting.model import DoorSet, Piece
from mes.tracing import queries
from tests.bench.factory import application, database
from tests.mes.tracing.world import make_world

SCANS = int(os.environ.get("MORTISE_BENCH_SCANS", "10000000"))
AIM_MS = 100.0
RUNS = 21
STEP = 5_000  # between the ids of one copy and the next: more than the first has, and 400,000 copies fit into an id
# what is copied, parents first: columns that are shifted, columns that get a name of their own
COPIED: tuple[tuple[Any, tuple[str, ...], tuple[str, ...]], ...] = (
    (DoorSet, ("id", "position"), ("code", "number")),
    (Piece, ("id", "set_id"), ("code",)),
    (Package, ("id", "set_id", "position"), ("code",)),
    (Content, ("id", "package_id", "piece_id"), ()),
    (LoadPackage, ("id", "package_id"), ()),
    (Batch, ("id",), ("code", "number")),
    (CutPlan, ("id", "batch_id"), ("number",)),
    (CutLayout, ("id", "plan_id"), ("code",)),
    (Placement, ("id", "layout_id", "piece_id"), ()),
    (Lot, ("id",), ("code",)),
    (Move, ("id", "lot_id", "subject_id"), ()),
    (WorkReport, ("id", "piece_id"), ()),
    (Scan, ("id", "object_id"), ("scan_id",)),
)


def main() -> None:
    """Print the milliseconds of each story on both databases."""
    for kind in ("sqlite", "postgresql"):
        with database(kind) as url, application(url) as app:
            began = time.perf_counter()
            with app.extensions["sessions"].writing() as session:
                first = make_world(session)
                session.commit()
                ids = {"package": _box(session, first.piece.id), "piece": first.piece.id, "lot": first.lot.id}
                copies = _fill(session)
                count = session.scalar(select(func.count()).select_from(Scan))
            _analyze(app)
            print(f"  {kind:<11} {count:,} scans, {copies:,} copies in {time.perf_counter() - began:.0f} s")
            for what, row_id in ids.items():
                _measure(app, what, row_id + copies // 2 * STEP)


def _box(session: Session, piece_id: int) -> int:
    return session.scalars(select(Content.package_id).where(Content.piece_id == piece_id)).one()


def _fill(session: Session) -> int:
    """Copy everything until the log is long enough; return how many copies there are."""
    per_copy = session.scalar(select(func.count()).select_from(Scan)) or 1
    copies = max(1, SCANS // per_copy)
    assert all((session.scalar(select(func.max(one.id))) or 0) < STEP for one, _shifted, _named in COPIED)
    for one, shifted, named in COPIED:
        session.execute(text(_copy(session, one, shifted, named)), {"copies": copies})
        session.commit()
    return copies


def _copy(session: Session, one: type[Model], shifted: tuple[str, ...], named: tuple[str, ...]) -> str:
    """Return the statement that writes every row of a table once more for each number from 1."""
    table: Table = one.__table__  # type: ignore[assignment]

    def value(column: str) -> str:
        if column in shifted:
            return f"t.{column} + n.i * {STEP}"
        return f"t.{column} || '-' || n.i" if column in named else f"t.{column}"

    columns = [column.name for column in table.columns]
    values = ", ".join(value(column) for column in columns)
    numbers = "SELECT i FROM generate_series(1, :copies) AS g(i)"
    if session.get_bind().dialect.name == "sqlite":
        numbers = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < :copies) SELECT i FROM c"
    return (
        f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT {values} "  # noqa: S608  (names of our own tables)
        f"FROM ({numbers}) AS n CROSS JOIN (SELECT * FROM {table.name}) AS t"
    )


def _analyze(app: Flask) -> None:
    with app.extensions["sessions"].engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")


def _measure(app: Flask, what: str, row_id: int) -> None:
    """Print the median and the worst of one story, each with a session of its own, beside the bare read."""
    took, rows = [], 0
    for number in range(RUNS + 1):
        began = time.perf_counter()
        with app.extensions["sessions"].reading() as session:
            told = queries.dealers if what == "lot" else queries.trace
            rows = len(told(session, what, row_id))
        if number:  # the first also makes the statement, once in the life of a server
            took.append((time.perf_counter() - began) * 1000)
    assert rows, "nothing was told"
    median, worst = sorted(took)[RUNS // 2], max(took)
    mark = "" if worst <= AIM_MS else "   OVER"
    bare = _bare(app, rows)
    print(
        f"  {'':<11} trace of one {what:<8} {rows:3d} rows {median:7.1f} ms, worst {worst:7.1f} "
        f"(aim {AIM_MS:.0f}; as many scans by key {bare:.1f}){mark}"
    )


def _bare(app: Flask, rows: int) -> float:
    with app.extensions["sessions"].engine.connect() as connection:
        began = time.perf_counter()
        connection.exec_driver_sql(
            f"SELECT * FROM mes_scanning_scan WHERE id >= {STEP} ORDER BY id LIMIT {rows}"  # noqa: S608
        ).fetchall()
        return (time.perf_counter() - began) * 1000
