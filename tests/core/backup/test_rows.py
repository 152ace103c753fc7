"""Every type of column goes into a backup and comes back, and reads the same from both databases."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    LargeBinary,
    MetaData,
    String,
    Table,
    insert,
    null,
    select,
    text,
)

from core.backup.service import rows
from core.choices import Choice
from core.db import BigId, Document, Fixed, UtcDateTime, choice


class Mood(Choice):
    """Something to choose."""

    GOOD = "good", "Good"


PLAIN = MetaData()
THING = Table(
    "thing",
    PLAIN,
    Column("id", BigId, primary_key=True),
    Column("size_mm", Fixed(8, 1)),
    Column("at", UtcDateTime),
    Column("on", Date),
    Column("mood", choice(Mood)),
    Column("is_on", Boolean),
    Column("document", Document),
    Column("content", LargeBinary),
    Column("name", String),
    Column("parent_id", ForeignKey("thing.id")),
)
NAMED = Table("named", PLAIN, Column("code", String(8), primary_key=True))
BEIJING = timezone(timedelta(hours=8))

# 08:00 in Beijing is midnight UTC; the bytes 00 01 ff are AAH/ in base64
FULL = (
    '[1,"2065.0","2026-11-21T00:00:00+00:00","2026-11-21","good",true,'
    '"{\\"a\\": [1.5, null]}","AAH/","左\\n\\"\\\\\\t",2]\n'
)
EMPTY = "[2,null,null,null,null,null,null,null,null,null]\n"
JSON_NULL = '[3,"-0.5","2026-11-21T00:00:00.000001+00:00",null,null,false,"null","","",null]\n'


@pytest.fixture
def connection(new_engine):
    engine = new_engine("rows")
    with engine.begin() as connection:
        PLAIN.create_all(connection)
        yield connection


def lines(connection, table):
    return b"".join(some for _number, some in rows.write_rows(connection, table)).decode()


def fill(connection):
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    else:
        connection.execute(
            text("ALTER TABLE thing ALTER CONSTRAINT thing_parent_id_fkey DEFERRABLE INITIALLY DEFERRED")
        )
    connection.execute(
        insert(THING).values(
            id=1,
            size_mm=Decimal("2065"),
            at=datetime(2026, 11, 21, 8, tzinfo=BEIJING),
            on=date(2026, 11, 21),
            mood=Mood.GOOD,
            is_on=True,
            document={"a": [1.5, None]},
            content=b"\x00\x01\xff",
            name='左\n"\\\t',
            parent_id=2,
        )
    )
    connection.execute(insert(THING).values(id=2, document=null()))
    connection.execute(
        insert(THING).values(
            id=3,
            size_mm=Decimal("-0.5"),
            at=datetime(2026, 11, 21, microsecond=1, tzinfo=UTC),
            is_on=False,
            document=None,
            content=b"",
            name="",
        )
    )


def test_every_type_is_written_the_same_on_both_databases(connection):
    fill(connection)

    assert lines(connection, THING) == FULL + EMPTY + JSON_NULL


def test_what_was_written_reads_back_as_it_was(connection):
    given = (FULL + EMPTY + JSON_NULL).encode()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")  # row 1 points to row 2

    rows.read_rows(connection, THING, given.splitlines(keepends=True))

    assert lines(connection, THING).encode() == given
    first = connection.execute(select(THING).where(THING.c.id == 1)).one()
    assert first.at == datetime(2026, 11, 21, tzinfo=UTC)
    assert first.size_mm == Decimal("2065.0")
    assert first.document == {"a": [1.5, None]}
    assert first.mood is Mood.GOOD


def test_a_null_of_the_table_and_a_null_of_json_stay_apart(connection):
    fill(connection)
    given = lines(connection, THING).encode()
    connection.execute(THING.delete())

    rows.read_rows(connection, THING, given.splitlines(keepends=True))

    assert connection.scalars(select(THING.c.id).where(THING.c.document.is_(null()))).all() == [2]


def test_texts_are_ordered_by_their_bytes_on_both_databases(connection):
    connection.execute(NAMED.insert(), [{"code": code} for code in ("b", "A", "门", "a", "B1", "B-")])

    assert lines(connection, NAMED) == '["A"]\n["B-"]\n["B1"]\n["a"]\n["b"]\n["门"]\n'


@pytest.mark.parametrize(
    "line",
    [
        b'["a","b"]\n',
        b"{}\n",
        b"[",
        b"\xff\n",
    ],
)
def test_a_line_that_is_no_row_of_the_table_is_refused(connection, line):
    with pytest.raises(ValueError, match=r"."):
        rows.read_rows(connection, NAMED, [line])


def test_a_new_row_gets_a_key_after_the_restored_ones(connection):
    rows.read_rows(connection, THING, [EMPTY.replace("2", "41").encode()])

    assert connection.execute(insert(THING).values(name="next")).inserted_primary_key[0] == 42
