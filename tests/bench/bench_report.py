"""The owner's report of a year at ten million scans and a million changes of state, and what leads down from it.

Aims: report 300 ms warm and 1 s cold (the first page of a server that has just started), drill-down 300 ms. One order
is released, packed and shipped by the real commands; its rows are then copied inside the database over a year that ends
now, until the log holds MORTISE_BENCH_SCANS rows and a tenth as many changes of state. Summing the year anew is told
too; beside each database stands how long counting the scans takes it.
"""

from __future__ import annotations

import os
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.orm import Session

from core.activity.model import Interval
from core.clock import now
from core.work import run
from erp.sales.model import Line, Order
from erp.stock.model import Move
from mes.efficiency import service
from mes.efficiency.model import PaidTime
from mes.efficiency.queries.rollups import faults
from mes.efficiency.queries.window import Calendar, calendar_of
from mes.efficiency.rules import Metric
from mes.efficiency.rules.baselines import Day, Method
from mes.efficiency.rules.improvement import interval
from mes.efficiency.service import BaselineEntry
from mes.machines.model import Machine, Output, StateChange
from mes.packing.model import Draw, Package, Recheck
from mes.scanning.model import Scan
from mes.shipping import service as shipping
from mes.shipping.model import Delivery, Load
from mes.splitting.model import Release, ReleasedLine
from tests.bench.factory import application, database
from tests.conftest import build, logged_in
from tests.factories.factory import make_line, release_order
from tests.factories.machines import make_machine, make_shift
from tests.factories.people import make_person
from tests.factories.stock import make_lot
from tests.mes.shipping.dock import make_dock, make_load, sealed_order

SCANS = int(os.environ.get("MORTISE_BENCH_SCANS", "10000000"))
DAYS, MACHINES, RUNS = 365, 20, 9
PROVED_AT_MOST = 1_000_000
ZONE = ZoneInfo("Asia/Shanghai")
WARM_MS, COLD_MS, DRILL_MS = 300.0, 1000.0, 300.0
SHIFT_S = 36_000  # the hours of a day in which things happen
FAR = 1_000_000  # ids of what is copied begin here


def main() -> None:
    """Print the milliseconds of the report on both databases."""
    for kind in ("sqlite", "postgresql"):
        with database(kind) as url, application(url) as app:
            began = time.perf_counter()
            with app.extensions["sessions"].writing() as session:
                year = _year()
                owner = _fill(session, year)
                session.commit()
                counts = [
                    session.scalar(select(func.count()).select_from(one)) for one in (Scan, StateChange)
                ]
            _analyze(app)
            filled = time.perf_counter() - began
            print(f"  {kind:<11} {counts[0]:,} scans, {counts[1]:,} changes of state, in {filled:.0f} s")
            _rebuild(app, year)
            _pages(url, owner, year)
            _prove(app)


def _year() -> Calendar:
    today = now().astimezone(ZONE).date()
    return calendar_of(today - timedelta(days=DAYS - 1), today, ZONE)


# --- the year -----------------------------------------------------------------------


def _fill(session: Session, year: Calendar) -> int:
    """Fill the year; return who may read it."""
    at = year.begins[0] + timedelta(hours=9)
    make_shift(session, weekdays=range(7))
    machines = [make_machine(session, f"machine-{number}") for number in range(MACHINES)]
    order = release_order(session, make_line(), make_line(door_code="M-CASED", handing=None), at=at)
    packed, lot, owner = (
        sealed_order(session),
        make_lot(session, at=at),
        make_person(session, roles=("owner",)),
    )
    dock, lorry = make_dock(session), make_load(session, packed)
    for package in session.scalars(select(Package).where(Package.order_id == packed.id)):
        assert dock.load(lorry, package) is None
    assert dock.close(lorry) is None
    shipping.ship(session, lorry.id, by=owner.id, at=at)
    _baselines(session, year, owner.id, make_person(session, roles=("owner",)).id)
    session.flush()
    copy = _Copy(session, year)
    orders = max(1, SCANS // 400)
    _orders(copy, orders, order)
    copy.rows(Scan, SCANS, _scans(copy, owner.id), _one(session, Scan))
    copy.rows(Move, SCANS // 40, {"moved_at": copy.at, "reverses_id": "NULL"}, f"lot_id = {lot.id}")
    copy.rows(Package, SCANS // 20, _packages(copy), f"order_id = {packed.id} AND position = 1")
    _checks(session, copy, owner.id)
    _machines(session, copy, [machine.id for machine in machines])
    session.execute(
        insert(PaidTime),
        [
            {
                "person_id": owner.id,
                "worked_on": day,
                "paid_min": 2400 // 2,
                "entered_at": at,
                "entered_by_id": owner.id,
            }
            for day in year.days
        ],
    )
    return owner.id


class _Copy:
    """Copies one row of a table many times, spread evenly over the year's working hours; `i` counts from 1."""

    def __init__(self, session: Session, year: Calendar) -> None:
        self.session = session
        self.is_sqlite = session.get_bind().dialect.name == "sqlite"
        self.base = int(year.begins[0].timestamp()) + 8 * 3600
        self.count = 0

    def moment(self, seconds: str) -> str:
        """Return SQL for a moment some seconds after the year's first morning."""
        if self.is_sqlite:
            return f"strftime('%Y-%m-%d %H:%M:%S', {self.base} + ({seconds}), 'unixepoch') || '.000000'"
        return f"to_timestamp({self.base} + ({seconds}))"

    @property
    def second(self) -> str:
        """SQL for the second of the i-th row: evenly in the hours of its day."""
        of_day = max(1, self.count // DAYS)
        return f"((i - 1) / {of_day}) * 86400 + ((i - 1) % {of_day}) * {SHIFT_S} / {of_day}"

    @property
    def at(self) -> Any:
        """SQL for the moment of the i-th row; told once the count is known."""
        return lambda: self.moment(self.second)

    def rows(self, one: Any, count: int, over: dict[str, Any], where: str) -> None:
        """Insert so many rows like the one that `where` finds, with other values in some columns."""
        self.count = count
        table: Table = one.__table__
        columns = [column.name for column in table.columns]
        values = {name: value() if callable(value) else value for name, value in over.items()}
        values.setdefault("id", f"i + {FAR}")
        told = ", ".join(values.get(name, f"t.{name}") for name in columns)
        numbers = "SELECT i FROM generate_series(1, :count) AS g(i)"
        if self.is_sqlite:
            numbers = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < :count) SELECT i FROM c"
        self.session.execute(
            text(
                f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT {told} "  # noqa: S608  (names of our tables)
                f"FROM ({numbers}) AS n CROSS JOIN (SELECT * FROM {table.name} WHERE {where} LIMIT 1) AS t"
            ),
            {"count": count},
        )


def _one(session: Session, table: Any) -> str:
    return f"id = {session.scalar(select(func.min(table.id)))}"


def _orders(copy: _Copy, count: int, order: Order) -> None:
    """Orders of four lines, each with its release, its work, and for one in a hundred a split error a week later."""
    session = copy.session
    line = session.scalars(select(Line).where(Line.order_id == order.id).order_by(Line.position)).first()
    assert line is not None
    named = {"number": "'B-' || i", "form_key": "NULL", "import_id": "NULL"}
    copy.rows(Order, count, named | {"created_at": copy.at, "released_at": copy.at}, f"id = {order.id}")
    lines = {"order_id": f"(i - 1) / 4 + 1 + {FAR}", "position": "(i - 1) % 4 + 1"}
    copy.rows(Line, 4 * count, lines, f"id = {line.id}")
    of_order = {"order_id": f"i + {FAR}", "released_at": copy.at}
    copy.rows(Release, count, of_order, f"order_id = {order.id}")
    of_release = {"release_id": f"(i - 1) / 4 + 1 + {FAR}", "line_id": f"i + {FAR}"}
    copy.rows(ReleasedLine, 4 * count, of_release, f"line_id = {line.id}")
    again = {
        "id": f"i + {2 * FAR}",
        "order_id": f"i * 100 + {FAR}",
        "version": "2",
        "reason": "'split_error'",
        "released_at": lambda: copy.moment(f"({copy.second}) + 7 * 86400"),
    }
    copy.rows(Release, count // 100, again, f"order_id = {order.id}")
    wrong = {"id": f"i + {8 * FAR}", "release_id": f"i + {2 * FAR}", "line_id": f"i * 400 + {FAR}"}
    copy.rows(ReleasedLine, count // 100, wrong, f"line_id = {line.id}")
    person = make_person(session)
    session.add(
        Interval(
            person_id=person.id,
            kind="splitting",
            subject="erp.sales.order",
            subject_id=order.id,
            started_at=order.released_at,
            ended_at=order.released_at,
        )
    )
    session.flush()
    work = {
        "subject_id": f"(i - 1) / 2 + 1 + {FAR}",
        "started_at": copy.at,
        "ended_at": lambda: copy.moment(f"({copy.second}) + 300"),
    }
    copy.rows(Interval, 2 * count, work, f"person_id = {person.id}")


def _scans(copy: _Copy, person_id: int) -> dict[str, Any]:
    """Half of the scans are operations, a quarter packing, the rest store, dock and goods; one in 200 is refused."""
    kinds = (
        *["OP_DONE"] * 10,
        *["PACK_ADD"] * 4,
        *["PACK_OPEN", "PACK_SEAL", "STORE_IN", "LOAD", "GOODS_IN", "MOVE"],
    )
    kind = " ".join(f"WHEN {number} THEN '{word}'" for number, word in enumerate(kinds))
    return {
        "scan_id": "'scan-' || i",
        "kind": f"CASE i % {len(kinds)} {kind} END",
        "outcome": "CASE WHEN i % 211 = 0 THEN 'BLOCK' ELSE 'ACCEPT' END",
        "block_code": "CASE WHEN i % 211 = 0 THEN 'E03' END",
        "person_id": str(person_id),
        "device_id": "NULL",
        "device_position": "NULL",
        "object_id": "i / 5",
        "scanned_at": copy.at,
        "received_at": copy.at,
    }


def _packages(copy: _Copy) -> dict[str, Any]:
    of_package = {"code": "'K' || i", "position": "i + 100", "place_id": "NULL", "supplement_of_id": "NULL"}
    return of_package | {"opened_at": copy.at, "sealed_at": copy.at}


def _checks(session: Session, copy: _Copy, by: int) -> None:
    """Two thousand looks into packages, five thousand deliveries of which all are confirmed."""
    draw = Draw(seed="1", candidates=[], drawn_count=1, drawn_at=now(), drawn_by_id=by)
    session.add(draw)
    session.flush()
    first = session.scalar(select(func.min(Package.id)))
    look = {"state": "done", "is_right": True, "ended_at": now() - timedelta(days=2 * DAYS), "errors": []}
    session.add(Recheck(draw_id=draw.id, package_id=first, **look))
    session.flush()
    looks = min(2000, SCANS // 20)
    copy.rows(Recheck, looks, {"package_id": f"i + {FAR}", "ended_at": copy.at}, f"draw_id = {draw.id}")
    loads = {"number": "'LB-' || i", "code": "'SB' || i", "shipped_at": copy.at, "closed_at": copy.at}
    copy.rows(Load, 5000, loads, "shipped_at IS NOT NULL")
    delivered = {"number": "'NB-' || i", "code": "'NB' || i", "load_id": f"i + {FAR}", "token_sha256": "NULL"}
    copy.rows(Delivery, 5000, delivered | {"received_at": copy.at}, "true" if not copy.is_sqlite else "1")


def _machines(session: Session, copy: _Copy, ids: list[int]) -> None:
    """Each machine runs, waits and fails in turn, and counts what it makes."""
    per_machine = SCANS // 10 // len(ids)
    for number, machine_id in enumerate(ids):
        told = {"state": "WORKING", "source": "SIGNAL", "alarm": ""}
        at = now() - timedelta(days=2 * DAYS)
        session.add(StateChange(machine_id=machine_id, began_at=at, received_at=at, **told))
        session.add(Output(machine_id=machine_id, good_count=9, reject_count=1, counted_at=at))
        session.flush()
        state = "CASE i % 3 WHEN 0 THEN 'READY' WHEN 1 THEN 'WORKING' ELSE 'ERROR' END"
        over = {
            "id": f"i + {FAR * (number + 1)}",
            "state": state,
            "began_at": copy.at,
            "received_at": copy.at,
        }
        copy.rows(StateChange, per_machine, over, f"machine_id = {machine_id}")
        made = {"id": f"i + {FAR * (number + 1)}", "counted_at": copy.at}
        copy.rows(Output, DAYS * 10, made, f"machine_id = {machine_id}")
    session.execute(Machine.__table__.update().values(seen_at=now()))


def _baselines(session: Session, year: Calendar, recorder: int, approver: int) -> None:
    """Four weeks before the year for each figure that has one."""
    first = year.days[0] - timedelta(days=30)
    for metric, part, whole in ((Metric.M1, 9, 3600), (Metric.M2, 9, 36_000), (Metric.M3, 400, 3600)):
        days = tuple(
            Day(first + timedelta(days=at), Decimal(part + at % 3), Decimal(whole + at), 10)
            for at in range(28)
        )
        entry = BaselineEntry(metric, Method.PAPER_LOG, first, first + timedelta(days=27), days)
        made = service.record_baseline(session, entry, by=recorder, at=now(), today=year.days[-1])
        session.flush()
        service.approve_baseline(session, made.id, by=approver, at=now())


def _analyze(app: Flask) -> None:
    with app.extensions["sessions"].engine.connect() as connection:
        auto = connection.execution_options(isolation_level="AUTOCOMMIT")
        auto.exec_driver_sql("ANALYZE" if auto.dialect.name == "sqlite" else "VACUUM ANALYZE")


# --- what is measured ---------------------------------------------------------------


def _rebuild(app: Flask, year: Calendar) -> None:
    took = []
    for day in year.days:
        began = time.perf_counter()
        run(service.fold_day, day, ZONE, at=now())
        took.append(time.perf_counter() - began)
    print(f"  {'':<11} the year summed anew in {sum(took):.1f} s, the longest day {1000 * max(took):.0f} ms")


def _pages(url: str, owner: int, year: Calendar) -> None:
    days = f"from={year.days[0]}&to={year.days[-1]}"
    app = build(url)  # a server that has just started: nothing is compiled, no connection open
    interval.cache_clear()
    client = logged_in(app, owner)
    report = f"/mes/efficiency/report?{days}"
    cold = _get(client, report)
    _tell("report, cold", [cold], COLD_MS)
    _tell("report, warm", [_get(client, report) for _ in range(RUNS)], WARM_MS)
    for code in ("M1", "M2", "M3", "M4", "M5"):
        page = f"/mes/efficiency/metrics/{code}?{days}"
        _get(client, page)
        _tell(f"drill-down {code}", [_get(client, page) for _ in range(RUNS)], DRILL_MS)
    wrong = f"/mes/efficiency/metrics/M4?{days}&part=wrong"
    _get(client, wrong)
    _tell("refused scans", [_get(client, wrong) for _ in range(RUNS)], DRILL_MS)
    app.extensions["sessions"].engine.dispose()


def _get(client: Any, address: str) -> float:
    began = time.perf_counter()
    answer = client.get(address)
    took = (time.perf_counter() - began) * 1000
    assert answer.status_code == 200, answer.status_code
    return took


def _tell(what: str, took: list[float], aim: float) -> None:
    median = sorted(took)[len(took) // 2]
    mark = "" if median <= aim else "   OVER"
    print(f"  {'':<11} {what:<16} {median:7.1f} ms, worst {max(took):7.1f} (aim {aim:.0f}){mark}", flush=True)


def _prove(app: Flask) -> None:
    """Tell what counting the scans alone takes, and compare the kept days of a smaller log with its rows."""
    with app.extensions["sessions"].reading() as session:
        began = time.perf_counter()
        session.scalar(select(func.count()).select_from(Scan))
        counting = (time.perf_counter() - began) * 1000
        print(f"  {'':<11} counting the scans once: {counting:.0f} ms", flush=True)
        if SCANS > PROVED_AT_MOST:
            return  # it takes as long as summing anew
        began = time.perf_counter()
        wrong = faults(session)
        proving = time.perf_counter() - began
    assert not wrong, wrong[:3]
    print(f"  {'':<11} every kept day proved in {proving:.1f} s")
