"""A sheet of 200 lines from upload to review page, and 300 piece labels as PDF.

The sheet stands beside the bare reading of the same file; the labels beside their limit of 2 s.
"""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Callable

import pypdfium2
import python_calamine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core.jobs.worker import run_waiting
from core.work import run
from erp.parties import queries as parties
from mes.cutting import service as cutting
from mes.cutting.model import CutPlan
from mes.planning import service as planning
from tests.bench.factory import DAY, NOON, application, confirm_orders, database, release
from tests.conftest import logged_in
from tests.erp.sales.sheets import plain_order
from tests.factories.people import make_person

LINES, LABELS, LIMIT_S = 200, 300, 2.0
ROUNDS = 5


def main() -> None:
    """Print the seconds of both, on SQLite."""
    with database("sqlite") as url, application(url) as app:
        ids = confirm_orders(6, 5)
        with app.extensions["sessions"].writing() as session:
            clerk = make_person(session, roles=("administrator",)).id
            session.commit()
        client = logged_in(app, clerk)
        _import(app, client)
        _labels(app, client, ids)


def _median(measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(ROUNDS))


def _import(app: Flask, client: FlaskClient) -> None:
    content = plain_order(*(_distinct(number) for number in range(LINES)))
    with app.extensions["sessions"].reading() as session:
        dealer = parties.dealers(session)[0].id

    def upload() -> float:
        began = time.perf_counter()
        sent = {"dealer_id": dealer, "sheet": (io.BytesIO(content), "order.xlsx")}
        answer = client.post("/erp/sales/imports/new", data=sent, follow_redirects=True)
        assert answer.status_code == 200, answer.text  # noqa: S101
        return time.perf_counter() - began

    def bare() -> float:
        began = time.perf_counter()
        python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
        return time.perf_counter() - began

    ours, reading = _median(upload), _median(bare)
    print(
        f"  sheet of {LINES} lines, upload to review page: {ours:.2f} s; only reading its cells: {reading:.3f} s"
    )


def _distinct(number: int) -> list[object]:
    """Return a line of a size of its own."""
    return ["主卧", "M-SINGLE", "暖白", 900, 2000 + number % 180, 200 - number // 180, "内左", 1, ""]


def _labels(app: Flask, client: FlaskClient, ids: list[int]) -> None:
    for order_id in ids:
        release(app, order_id)

    def plan(session: object) -> None:
        batch = planning.create_batch(session, ids, by=None, at=NOON, on=DAY)
        cutting.plan_batch(session, batch.id, by=None, at=NOON)

    run(plan)
    run_waiting(app)
    with app.extensions["sessions"].reading() as session:
        plans = session.scalars(select(CutPlan.id).order_by(CutPlan.id)).all()

    def printed() -> tuple[int, float]:
        count, began = 0, time.perf_counter()
        for plan_id in plans:
            content = client.get(f"/mes/cutting/plans/{plan_id}/labels.pdf").data
            count += len(pypdfium2.PdfDocument(content))
            if count >= LABELS:
                break
        return count, time.perf_counter() - began

    runs = [printed() for _ in range(ROUNDS)]
    count, seconds = sorted(runs, key=lambda one: one[1])[ROUNDS // 2]
    share_s = seconds / count * LABELS
    print(f"  {count} labels of sheets and pieces as PDF: {seconds:.2f} s")
    print(f"  {LABELS} of them take {share_s:.2f} s (limit {LIMIT_S:.0f})")
