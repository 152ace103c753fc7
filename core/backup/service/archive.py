"""The file of a backup: a zip that is whole, or is not there."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.backup.rules import BackupExists, BackupUnreadable, Manifest, TableFacts

MANIFEST = "manifest.json"
MANIFEST_MAX_BYTES = 1_000_000  # some hundred tables take 20 kB
# what zipfile, zlib, json and the readers of values raise about a file that is not what it was
DAMAGE = (  # what zipfile, zlib, json and the readers of values raise about a file that is not what it was
    *(zipfile.BadZipFile, zlib.error, ArithmeticError, EOFError, LookupError),
    *(OSError, RuntimeError, TypeError, ValueError),
)


@contextmanager
def new_file(target: Path) -> Iterator[zipfile.ZipFile]:
    """Give a zip to fill, readable by its owner only; it gets its name when it is whole and on the disk."""
    if target.exists():
        raise BackupExists(file=target)
    unfinished = target.with_name(f"{target.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
                yield packed
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(target)
    finally:
        unfinished.unlink(missing_ok=True)


def write_table(
    packed: zipfile.ZipFile, name: str, columns: tuple[str, ...], rows: Iterable[tuple[int, bytes]]
) -> TableFacts:
    """Write a table's lines and return what was written."""
    facts = Counted()
    with packed.open(_place(name), "w", force_zip64=True) as out:
        for number, lines in rows:
            facts.add(number, lines)
            out.write(lines)
    return facts.of(columns)


def write_manifest(packed: zipfile.ZipFile, manifest: Manifest) -> None:
    """Write the manifest, last: a file without it is no backup."""
    packed.writestr(MANIFEST, json.dumps(manifest.as_document(), indent=1))


class Counted:
    """Counts and hashes a table's lines as they pass."""

    def __init__(self) -> None:
        self._rows = 0
        self._hash = hashlib.sha256()

    def add(self, number: int, lines: bytes) -> None:
        """Take in some more lines."""
        self._rows += number
        self._hash.update(lines)

    def of(self, columns: tuple[str, ...]) -> TableFacts:
        """Return what passed."""
        return TableFacts(columns, self._rows, self._hash.hexdigest())


class OldFile:
    """A backup opened for reading."""

    def __init__(self, packed: zipfile.ZipFile, manifest: Manifest) -> None:
        self._packed = packed
        self.manifest = manifest

    def read_table(self, name: str, load: Callable[[Iterable[bytes]], None]) -> TableFacts:
        """Hand the table's lines to `load` and return what was read, whatever the manifest says."""
        facts = Counted()
        with self._packed.open(_place(name)) as file:
            load(_counted(file, facts))
        return facts.of(self.manifest.tables[name].columns)


def _counted(lines: Iterable[bytes], facts: Counted) -> Iterator[bytes]:
    for line in lines:
        facts.add(1, line)
        yield line


def _place(name: str) -> str:
    return f"tables/{name}.jsonl"


@contextmanager
def old_file(source: Path) -> Iterator[OldFile]:
    """Open a backup, or raise BackupUnreadable; what is wrong inside a table shows when it is read."""
    try:
        packed = zipfile.ZipFile(source)
    except (zipfile.BadZipFile, OSError, ValueError) as wrong:
        raise BackupUnreadable(file=source, problem=wrong) from wrong
    with packed:
        try:
            with packed.open(MANIFEST) as file:
                manifest = Manifest.from_document(json.loads(file.read(MANIFEST_MAX_BYTES)))
        except DAMAGE as wrong:
            raise BackupUnreadable(file=source, problem=f"{MANIFEST}: {wrong}") from wrong
        yield OldFile(packed, manifest)
