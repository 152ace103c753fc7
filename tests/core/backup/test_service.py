"""A backup is whole and consistent, says when it is not, and is restored all or not at all."""

import json
import threading
import zipfile
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, insert, inspect, select
from sqlalchemy.exc import DBAPIError

from core.audit.model import Entry
from core.auth.model import Person
from core.backup import service
from core.backup.rules import BackupDamaged, BackupExists, BackupUnreadable, DatabaseNotEmpty, OtherRevision
from core.files.model import File

NOON = datetime(2026, 11, 21, 4, tzinfo=UTC)
PICTURE = bytes(range(256)) * 400  # does not pack well: a cut or a changed byte hits it


@pytest.fixture
def engine(new_engine):
    """A database with one person and one of that person's files."""
    engine = new_engine("old")
    with engine.begin() as connection:
        add_person(connection, 1)
        connection.execute(
            insert(File).values(
                name="门.jpg",
                media_type="image/jpeg",
                sha256="0" * 64,
                byte_count=len(PICTURE),
                content=PICTURE,
                uploaded_at=NOON,
                uploaded_by_id=1,
            )
        )
    return engine


@pytest.fixture
def backup(engine, tmp_path):
    file = tmp_path / "one.zip"
    service.create(engine, file, at=NOON)
    return file


def add_person(connection, person_id):
    connection.execute(
        insert(Person).values(
            id=person_id, login=f"p{person_id}", name="李", locale="zh_Hans_CN", created_at=NOON
        )
    )


def count(engine, model):
    with engine.connect().execution_options(reading=True) as connection:
        return connection.scalar(select(func.count()).select_from(model))


def changed(file, member, change):
    """Write the zip anew with one member changed; its own checksums fit."""
    with zipfile.ZipFile(file) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    members[member] = change(members[member])
    with zipfile.ZipFile(file, "w") as packed:
        for name, content in members.items():
            packed.writestr(name, content)


def with_row_count(count_):
    def change(raw):
        document = json.loads(raw)
        document["tables"]["core_auth_person"]["rows"] = count_
        return json.dumps(document).encode()

    return change


def test_a_backup_says_what_it_holds(engine, tmp_path):
    manifest = service.create(engine, tmp_path / "one.zip", at=NOON)

    assert manifest.revision == "0001"
    assert manifest.created_at == NOON
    assert manifest.engine == engine.dialect.name
    assert manifest.row_count == 2
    assert manifest.tables["core_auth_person"].row_count == 1


def test_a_backup_is_for_its_owner_only(backup):
    assert backup.stat().st_mode & 0o077 == 0


def test_a_backup_overwrites_nothing(engine, backup):
    before = backup.read_bytes()

    with pytest.raises(BackupExists):
        service.create(engine, backup, at=NOON)

    assert backup.read_bytes() == before


def test_a_backup_that_fails_leaves_no_file(engine, tmp_path, new_engine):
    empty = new_engine("bare")
    with empty.begin() as connection:
        Entry.__table__.drop(connection)

    with pytest.raises(DBAPIError, match="core_audit_entry"):
        service.create(empty, tmp_path / "never.zip", at=NOON)

    assert list(tmp_path.glob("never*")) == []


def test_a_whole_backup_is_verified(engine, backup):
    assert service.verify(engine, backup)[1] == []


def test_what_is_restored_is_what_was_there(backup, new_engine):
    new = new_engine("new")

    service.restore(new, backup)

    with new.connect() as connection:
        assert connection.execute(select(Person.id, Person.name)).one() == (1, "李")
        assert connection.scalar(select(File.content)) == PICTURE
        assert connection.scalar(select(File.uploaded_at)) == NOON
    assert (
        service.create(new, backup.with_name("two.zip"), at=NOON).tables
        == service.verify(new, backup)[0].tables
    )


def test_keys_go_on_after_the_restored_ones(backup, new_engine):
    new = new_engine("new")
    service.restore(new, backup)

    with new.begin() as connection:
        given = connection.execute(
            insert(Person).values(login="next", name="王", locale="en", created_at=NOON)
        )

    assert given.inserted_primary_key[0] == 2


def test_a_factory_moves_from_sqlite_to_the_database_of_this_run(tmp_path, new_engine):
    small = new_engine("small", "sqlite")
    with small.begin() as connection:
        add_person(connection, 7)
    service.create(small, tmp_path / "move.zip", at=NOON)
    grown = new_engine("grown")

    service.restore(grown, tmp_path / "move.zip")

    assert count(grown, Person) == 1
    assert service.verify(grown, tmp_path / "move.zip")[1] == []


def test_a_backup_taken_while_another_writes_holds_whole_transactions(engine, tmp_path):
    told, began = threading.Event(), threading.Event()

    def write_pairs():
        number = 0
        while not told.is_set():
            with engine.begin() as connection:
                for verb in ("give", "take"):
                    connection.execute(
                        insert(Entry).values(
                            subject="x", subject_id=number, verb=verb, changes={}, happened_at=NOON
                        )
                    )
            number += 1
            began.set()

    writer = threading.Thread(target=write_pairs)
    writer.start()
    try:
        began.wait(10)
        made = [service.create(engine, tmp_path / f"{n}.zip", at=NOON) for n in range(5)]
    finally:
        told.set()
        writer.join()

    assert [manifest.tables["core_audit_entry"].row_count % 2 for manifest in made] == [0] * 5
    assert made[-1].tables["core_audit_entry"].row_count > made[0].tables["core_audit_entry"].row_count
    assert service.verify(engine, tmp_path / "4.zip")[1] == []


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_backup_is_refused(engine, backup, share):
    whole = backup.read_bytes()
    backup.write_bytes(whole[: int(len(whole) * share)])

    with pytest.raises(BackupUnreadable):
        service.verify(engine, backup)


def test_a_changed_byte_is_found_and_restores_nothing(engine, backup, new_engine):
    raw = bytearray(backup.read_bytes())
    raw[raw.index(b"tables/core_files_file.jsonl") + 60] ^= 1
    backup.write_bytes(raw)
    new = new_engine("new")

    assert [line.split(":")[0] for line in service.verify(engine, backup)[1]] == ["core_files_file"]
    with pytest.raises(BackupDamaged) as damaged:
        service.restore(new, backup)
    assert damaged.value.facts["table"] == "core_files_file"
    assert count(new, Person) == 0


@pytest.mark.parametrize(
    ("member", "change", "problem"),
    [
        ("tables/core_auth_person.jsonl", lambda raw: raw.replace("李".encode(), "王".encode()), "hash"),
        ("tables/core_auth_person.jsonl", lambda raw: b"", "expected 1 rows, got 0"),
        (
            "tables/core_auth_person.jsonl",
            lambda raw: raw + raw,
            "",
        ),  # the same key twice: the database's words
        ("tables/core_auth_person.jsonl", lambda raw: b"[1]\n", "expected a row of"),
        ("manifest.json", with_row_count(2), "expected 2 rows, got 1"),
    ],
)
def test_rows_that_are_not_the_manifests_are_named(engine, backup, member, change, problem):
    changed(backup, member, change)

    (line,) = service.verify(engine, backup)[1]

    assert line.startswith("core_auth_person: ")
    assert problem in line


@pytest.mark.parametrize("content", [b"", b"not json", b"[]", b"{}", b'{"format": 99}'])
def test_a_file_without_a_manifest_of_ours_is_refused(engine, backup, content):
    changed(backup, "manifest.json", lambda _raw: content)

    with pytest.raises(BackupUnreadable):
        service.restore(engine, backup, replace=True)

    assert count(engine, Person) == 1


def test_a_row_without_its_parent_is_damage(engine, backup, new_engine):
    changed(backup, "tables/core_auth_person.jsonl", lambda raw: raw.replace(b"[1,", b"[5,", 1))
    new = new_engine("new")

    with pytest.raises(BackupDamaged):
        service.restore(new, backup)

    assert count(new, Person) == 0


def test_a_backup_of_other_tables_is_refused(backup, new_engine):
    newer = new_engine("newer")
    with newer.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0002'")

    with pytest.raises(OtherRevision) as refused:
        service.restore(newer, backup, replace=True)

    assert refused.value.facts == {"backup": "0001", "database": "0002"}
    with pytest.raises(OtherRevision):
        service.verify(newer, backup)


def test_what_is_there_is_not_lost_unasked(backup, new_engine):
    new = new_engine("new")
    with new.begin() as connection:
        add_person(connection, 9)

    with pytest.raises(DatabaseNotEmpty) as refused:
        service.restore(new, backup)

    assert refused.value.facts["table"] == "core_auth_person"
    assert count(new, Person) == 1


def test_what_is_there_is_replaced_when_asked(backup, new_engine):
    new = new_engine("new")
    with new.begin() as connection:
        add_person(connection, 9)

    service.restore(new, backup, replace=True)

    with new.connect() as connection:
        assert connection.scalars(select(Person.id)).all() == [1]


def test_a_damaged_backup_replaces_nothing(engine, backup):
    changed(backup, "manifest.json", with_row_count(2))

    with pytest.raises(BackupDamaged):
        service.restore(engine, backup, replace=True)

    assert count(engine, Person) == 1
    assert count(engine, File) == 1


def test_verifying_leaves_nothing_behind(engine, backup):
    before = inspect(engine).get_schema_names()

    service.verify(engine, backup)

    assert inspect(engine).get_schema_names() == before
    assert count(engine, Person) == 1
