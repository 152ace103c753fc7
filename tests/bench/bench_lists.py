"""Lists: 250,000 orders of four lines, their first page, filters, sorts and searches.

Aim: 300 ms for the statements of every page. Beside each stands a raw indexed query of the same run: fifty orders
by their key with the driver alone.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import insert, text

from core.web.lists import paged
from core.words.model import Word
from core.words.rules import kept
from erp.catalogue.rules.document import DimBasis, DoorKind
from erp.parties.queries import dealers
from erp.sales.forms import order_filter
from erp.sales.model import Line, Order
from erp.sales.queries import orders as queries
from erp.sales.rules.states import OrderState
from tests.bench.factory import DAY, NOON, application, confirm_orders, database

ORDERS, LINES = 250_000, 4
AT_ONCE = 5_000
AIM_MS = 300.0
RUNS = 5
SURNAMES, GIVEN = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"
STREETS = ("中山路", "解放街", "鹿溪北路", "城南新区", "江滨花园", "翡翠湾")
OPEN = (
    OrderState.DRAFT,
    OrderState.CONFIRMED,
    OrderState.RELEASED,
    OrderState.IN_PRODUCTION,
    OrderState.READY,
)
ASKED: dict[str, dict[str, str]] = {
    "first page, open": {},
    "first page, all": {"view": "all"},
    "last page that is counted": {"view": "all", "page": "20"},
    "late": {"view": "late"},
    "one dealer": {"view": "all", "dealer": "1"},
    "one state": {"view": "all", "state": "SHIPPED"},
    "due in a week": {"view": "all", "from": "2026-11-20", "to": "2026-11-27"},
    "sorted by number": {"view": "all", "sort": "number"},
    "sorted by dealer": {"view": "all", "sort": "dealer"},
    "sorted by due day": {"view": "all", "sort": "-due"},
    "sorted by made": {"view": "all", "sort": "-made"},
    "open, sorted by due day": {"sort": "due"},
    "search: number": {"view": "all", "q": "SO2512-123456"},
    "search: beginning of all numbers": {"view": "all", "q": "SO25"},
    "search: customer": {"view": "all", "q": "赵伟芳"},
    "search: initials": {"view": "all", "q": "zwf"},
    "search: street": {"view": "all", "q": "鹿溪"},
    "search: dealer": {"view": "all", "q": "杭州"},
    "search: two words": {"view": "all", "q": "赵 翡翠"},
    "search: nothing like it": {"view": "all", "q": "不存在的人"},
    "search: open, by due day": {"q": "赵", "sort": "due"},
}


def main() -> None:
    """Print the milliseconds of each page on both databases."""
    for kind in ("sqlite", "postgresql"):
        with database(kind) as url, application(url) as app:
            began = time.perf_counter()
            _fill(app)
            print(f"  {kind:<11} {ORDERS * LINES:,} lines filled in {time.perf_counter() - began:.0f} s")
            print(f"  {'':<11} {'raw, 50 orders by key':<34} {_median(lambda: _raw(app)):7.1f} ms")
            for name, arguments in ASKED.items():
                found = _median(lambda arguments=arguments: _page(app, arguments))
                mark = "" if found <= AIM_MS else "   OVER"
                print(f"  {'':<11} {name:<34} {found:7.1f} ms (aim {AIM_MS:.0f}){mark}")


def _median(work: Any) -> float:
    found = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        found.append((time.perf_counter() - began) * 1000)
    return sorted(found)[RUNS // 2]


def _page(app: Flask, arguments: dict[str, str]) -> None:
    """Read everything that the page of orders reads."""
    address = "/erp/sales/orders/?" + urlencode(arguments)
    with app.test_request_context(address), app.extensions["sessions"].reading() as session:
        rows = queries.order_rows(session, order_filter(arguments), DAY)
        page = paged(session, rows, queries.SORTS, default="-new")
        queries.view_counts(session, DAY)
        queries.set_counts(session, [order.id for order, _dealer in page.rows])
        dealers(session)


def _raw(app: Flask) -> None:
    with app.extensions["sessions"].engine.connect() as connection:
        connection.exec_driver_sql("SELECT * FROM erp_sales_order ORDER BY id DESC LIMIT 50").fetchall()


def _fill(app: Flask) -> None:
    """Write the orders, their lines and their words in large inserts; a fiftieth of them is open."""
    confirm_orders(1, 1)  # the factory, its dealers and its models
    chance = random.Random(20261120)  # noqa: S311  (sample data, no secret)
    with app.extensions["sessions"].writing() as session:
        for table, rows in (
            (Order, _orders(chance)),
            (Line, _lines()),
        ):
            for some in _slices(rows):
                session.execute(insert(table.__table__), some)
        session.commit()
    with app.extensions["sessions"].writing() as session:
        found = session.execute(text("SELECT id, number, customer, site FROM erp_sales_order WHERE id > 1"))
        for some in _slices(_words(found)):
            session.execute(insert(Word.__table__), some)
        session.commit()
        session.execute(text("ANALYZE"))
        session.commit()


def _slices(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    some: list[dict[str, Any]] = []
    for row in rows:
        some.append(row)
        if len(some) == AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _orders(chance: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(2, ORDERS + 2):
        is_open = number > ORDERS - ORDERS // 50
        yield {
            "id": number,
            "number": f"SO25{number % 12 + 1:02d}-{number:06d}",
            "dealer_id": number % 4 + 1,
            "customer": chance.choice(SURNAMES) + chance.choice(GIVEN) + chance.choice(GIVEN),
            "site": f"{chance.choice(STREETS)}{number % 900}号",
            "dealer_reference": "",
            "note": "",
            "due_on": date(2024, 1, 1) + timedelta(days=number // 230),
            "state": chance.choice(OPEN) if is_open else OrderState.SHIPPED,
            "created_at": NOON,
            "made_count": number % 60,
            **dict.fromkeys(("set_count", "piece_count", "packed_count", "package_count"), 4),
            **dict.fromkeys(("sealed_count", "shipped_count"), 0),
            "version": 1,
        }


def _lines() -> Iterator[dict[str, Any]]:
    for order in range(2, ORDERS + 2):
        for position in range(1, LINES + 1):
            yield {
                "order_id": order,
                "position": position,
                "room": f"{position} 号房",
                "door_id": 1,
                "kind": DoorKind.SINGLE,
                "colour_code": "WHITE",
                "dim_basis": DimBasis.OPENING,
                "width_mm": 900,
                "height_mm": 2100,
                "wall_mm": 240,
                "options": {},
                "measures": {},
                "set_count": 1,
                "note": "",
                "source": {},
            }


def _words(orders: Iterable[Any]) -> Iterator[dict[str, Any]]:
    for order_id, *texts in orders:
        for word in kept(texts):
            yield {"subject": queries.SUBJECT, "subject_id": order_id, "word": word}
