"""The reference of the scan benchmarks: the least that a web program could do for a scan.

Bare Flask under the same server settings as Mortise; the raw driver, a connection per thread, no
log-in, no check: one read by an index and one durable insert, in one transaction.
`POST /scan {"scan_id", "code"}` answers what lies behind the code. The database comes by
`MORTISE_BENCH_URL`; `make_tables` fills it first.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import psycopg
from flask import Flask, request
from flask.typing import ResponseReturnValue

from tests.bench.load import Request

PIECE_COUNT = 10_000
TABLES = (
    "CREATE TABLE piece (code VARCHAR(16) PRIMARY KEY, name VARCHAR(40) NOT NULL)",
    "CREATE TABLE scan (id VARCHAR(36) PRIMARY KEY, code VARCHAR(16) NOT NULL, answer VARCHAR(200) NOT NULL)",
)
URL = os.environ.get("MORTISE_BENCH_URL", "")
app = Flask(__name__)
here = threading.local()  # each thread's own connection
# SQLite's own waiting is unfair: the same lock in front of it that Mortise has
line = threading.Lock() if URL.startswith("sqlite") else nullcontext()


def connect(url: str) -> Any:
    """Open a connection by the raw driver; both begin and commit only when told."""
    if url.startswith("sqlite:///"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, timeout=10)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        return connection
    return psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True)


def code_of(number: int) -> str:
    """Return the code of the reference's n-th piece."""
    return f"P{number:07d}"


def make_tables(url: str) -> None:
    """Make and fill the two tables in an empty database."""
    connection = connect(url)
    for table in TABLES:
        connection.execute(table)
    connection.execute("BEGIN")
    for number in range(PIECE_COUNT):
        connection.execute(f"INSERT INTO piece VALUES ('{code_of(number)}', 'piece {number}')")  # noqa: S608
    connection.execute("COMMIT")
    connection.close()


@app.post("/scan")
def scan() -> ResponseReturnValue:
    """Read the piece, keep the scan, answer when it is durable."""
    body = request.get_json()
    if not hasattr(here, "connection"):
        here.connection = connect(URL)
        here.mark = "?" if URL.startswith("sqlite") else "%s"
    mark, execute = here.mark, here.connection.execute
    with line:
        execute("BEGIN IMMEDIATE" if mark == "?" else "BEGIN")
        try:
            found = execute(f"SELECT name FROM piece WHERE code = {mark}", (body["code"],)).fetchone()  # noqa: S608
            answer = {"scan_id": body["scan_id"], "outcome": "ACCEPT", "name": found[0]}
            row = (body["scan_id"], body["code"], found[0])
            execute(f"INSERT INTO scan VALUES ({mark}, {mark}, {mark})", row)  # noqa: S608
            execute("COMMIT")
        except BaseException:
            execute("ROLLBACK")
            raise
    return answer


def scans(_argument: object, client: int) -> Iterator[Request]:
    """Make one client's scans, without end (for `tests.bench.load`)."""
    for number in range(1_000_000_000):
        code = code_of((client * 997 + number) % PIECE_COUNT)
        yield Request.of_json("/scan", {"scan_id": str(uuid.uuid4()), "code": code}, expected=b"ACCEPT")
