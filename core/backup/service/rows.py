"""Rows of a table as lines of JSON and back, the same on SQLite and on PostgreSQL.

A number is a number, a text a text; a Decimal, a moment and a day are texts, bytes are
base64, and a column of JSON is the text of its JSON (so that SQL's NULL and JSON's null
stay apart).
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Date,
    Enum,
    LargeBinary,
    Numeric,
    String,
    Table,
    Text,
    bindparam,
    cast,
    collate,
    func,
    select,
)
from sqlalchemy.types import TypeDecorator

from core.db import UtcDateTime

CHUNK_ROWS = 1000  # read and written at a time


def write_rows(connection: Connection, table: Table) -> Iterator[tuple[int, bytes]]:
    """Yield the table's rows in the order of their keys: how many, and one line of JSON for each."""
    bytewise = "BINARY" if connection.dialect.name == "sqlite" else "C"
    columns = [cast(c, Text) if isinstance(c.type, JSON) else c for c in table.columns]
    keys = [collate(c, bytewise) if isinstance(c.type, String) else c for c in table.primary_key]
    rows = connection.execute(select(*columns).order_by(*keys), execution_options={"yield_per": CHUNK_ROWS})
    for some in rows.partitions():
        yield len(some), "".join(_line(row) for row in some).encode()


def _line(row: Iterable[Any]) -> str:
    return json.dumps(list(row), ensure_ascii=False, separators=(",", ":"), default=_plain) + "\n"


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    raise TypeError(f"a backup cannot hold a {type(value).__name__}")


def read_rows(connection: Connection, table: Table, lines: Iterable[bytes]) -> None:
    """Insert the rows of these lines; raise ValueError for a line that is none of the table's."""
    rows = (_checked(json.loads(line), len(table.columns)) for line in lines)
    if connection.dialect.name == "sqlite":
        _insert(connection, table, rows)
    else:
        _copy(connection, table, rows)
        _continue_numbering(connection, table)


def _checked(row: Any, width: int) -> list[Any]:
    if not isinstance(row, list) or len(row) != width:
        raise ValueError(f"expected a row of {width} values, got {row!r:.80}")
    return row


def _insert(connection: Connection, table: Table, rows: Iterable[list[Any]]) -> None:
    texts = {c.name: bindparam(c.name, type_=Text()) for c in table.columns if isinstance(c.type, JSON)}
    command = table.insert().values(texts)
    readers = [(c.name, _reader(c)) for c in table.columns]
    some: list[dict[str, Any]] = []
    for row in rows:
        some.append(
            {name: None if raw is None else read(raw) for (name, read), raw in zip(readers, row, strict=True)}
        )
        if len(some) == CHUNK_ROWS:
            connection.execute(command, some)
            some.clear()
    if some:
        connection.execute(command, some)


def _reader(column: Column[Any]) -> Callable[[Any], Any]:
    """Return what makes the column's value out of its plain form."""
    kind = column.type
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat
    if isinstance(kind, Date):
        return date.fromisoformat
    if isinstance(kind, LargeBinary):
        return b64decode
    if isinstance(kind, Enum) and kind.enum_class is not None:
        return kind.enum_class
    if isinstance(kind.impl if isinstance(kind, TypeDecorator) else kind, Numeric):
        return Decimal
    return _as_it_is


def _as_it_is(raw: Any) -> Any:
    return raw


def _copy(connection: Connection, table: Table, rows: Iterable[list[Any]]) -> None:
    """Insert by COPY: one statement, so that a row may point to a later one; it reads plain forms itself."""
    prepare = connection.dialect.identifier_preparer
    columns = ", ".join(prepare.quote(c.name) for c in table.columns)
    blobs = [i for i, c in enumerate(table.columns) if isinstance(c.type, LargeBinary)]
    command = f"COPY {prepare.format_table(table)} ({columns}) FROM STDIN"
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(command) as copy:
            for row in rows:
                for i in blobs:
                    row[i] = None if row[i] is None else b64decode(row[i])
                copy.write_row(row)
    except (psycopg.DataError, psycopg.IntegrityError) as wrong:
        raise ValueError(str(wrong)) from wrong


def _continue_numbering(connection: Connection, table: Table) -> None:
    """Have the table's next key follow the largest one."""
    key = table.autoincrement_column
    if key is not None:
        sequence = func.pg_get_serial_sequence(table.name, key.name)
        connection.execute(select(func.setval(sequence, func.coalesce(func.max(key) + 1, 1), False)))
