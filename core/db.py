"""Tables and column types. Knows SQLAlchemy, knows no Flask."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    DateTime,
    Enum,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    create_engine,
    event,
    insert,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

from core.choices import Choice

NAMING = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
BUSY_S = 10  # how long a writer waits for SQLite's only write lock


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, kept as UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware moment into UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment back aware and in UTC, whatever the engine made of it."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Fixed(TypeDecorator[Decimal]):
    """A Decimal with a fixed number of places, exact on every engine.

    PostgreSQL keeps it as NUMERIC. SQLite has no decimals (it would keep a
    float), so there it is an integer count of the last place. Add, compare
    and sort in SQL; multiply in Python (SQLite would scale twice).
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        super().__init__(precision, scale)  # the names Alembic writes into migrations
        self.places = scale

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Choose the column's real type."""
        on_sqlite = dialect.name == "sqlite"
        return dialect.type_descriptor(BigInteger() if on_sqlite else self.impl_instance)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Refuse floats and lost places; scale for SQLite."""
        if value is None:
            return None
        exact = Decimal(value) if isinstance(value, int) else value
        if not isinstance(exact, Decimal) or not self._fits(exact):
            raise ValueError(f"{value!r} does not fit {self.places} places")
        return int(exact.scaleb(self.places)) if dialect.name == "sqlite" else exact

    def _fits(self, value: Decimal) -> bool:
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int):  # NaN, infinity
            return False
        return -exponent <= self.places or value == round(value, self.places)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Give back a Decimal with all its places."""
        if value is None:
            return None
        return Decimal(value).scaleb(-self.places) if dialect.name == "sqlite" else Decimal(value)


def choice(words: type[Choice]) -> Enum:
    """Column type for a Choice: its stored word, checked by the database too."""
    return Enum(
        words,
        native_enum=False,
        create_constraint=True,
        length=20,
        name=words.__name__.lower(),
        values_callable=lambda members: [m.value for m in members],
    )


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # else pysqlite begins late and savepoints leak
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",  # an answered scan survives a power cut
        "foreign_keys = ON",
        "cache_size = -32000",
        "temp_store = MEMORY",
        "mmap_size = 268435456",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def make_engine(url: str, pool_size: int = 5) -> Engine:
    """Open the database; teach SQLite real transactions and foreign keys.

    A connection with the execution option `reading` begins plainly; every
    other one takes SQLite's write lock at once, so that no reader is promoted
    to writer half-way.
    """
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True)
    engine = create_engine(url, pool_size=2 * pool_size, max_overflow=10, connect_args={"timeout": BUSY_S})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


BigId = BigInteger().with_variant(Integer, "sqlite")
Document = JSON().with_variant(JSONB(), "postgresql")

Id = Annotated[int, mapped_column(BigId, primary_key=True)]
Ref = Annotated[
    int, mapped_column(BigId)
]  # for foreign keys: mapped_column(ForeignKey(…)) is added by the table
Code = Annotated[str, mapped_column(String(16))]  # a printed code, core.codes
Mm = Annotated[Decimal, mapped_column(Fixed(8, 1))]
Kg = Annotated[Decimal, mapped_column(Fixed(10, 3))]
Min = Annotated[Decimal, mapped_column(Fixed(10, 3))]
Qty = Annotated[Decimal, mapped_column(Fixed(14, 3))]
Rate = Annotated[Decimal, mapped_column(Fixed(9, 6))]
Money = Annotated[Decimal, mapped_column(Fixed(14, 2))]
Price = Annotated[Decimal, mapped_column(Fixed(14, 4))]
At = Annotated[datetime, mapped_column(UtcDateTime)]
On = Annotated[date, mapped_column(Date)]
Json = Annotated[Any, mapped_column(Document)]
Blob = Annotated[bytes, mapped_column(LargeBinary)]


class Bulk:
    """Many rows for one table, of which most values repeat: each is turned into the driver's own once.

    An insert through the statement turns every value of every row: three quarters of the time that a large
    release held SQLite's write lock.
    """

    def __init__(self, connection: Connection, table: Table, columns: Collection[str]) -> None:
        self._connection, self._table, self._columns = connection, table, tuple(columns)
        dialect = connection.dialect
        turned = {name: table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in columns}
        self._turn = {name: turn for name, turn in turned.items() if turn is not None}

    def bind(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return some values of a row as the driver wants them."""
        return {name: self._turn[name](value) if name in self._turn else value for name, value in row.items()}

    def insert(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows of bound values; each has every column."""
        if not rows:
            return
        compiled = insert(self._table).compile(dialect=self._connection.dialect, column_keys=self._columns)
        order = compiled.positiontup
        given = [tuple(row[name] for name in order) for row in rows] if order else list(rows)
        self._connection.exec_driver_sql(str(compiled), given)


class Model(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(naming_convention=NAMING)
