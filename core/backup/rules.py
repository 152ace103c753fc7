"""What a backup's manifest says, and the refusals of backups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.errors import Conflict, RuleViolation
from core.i18n import N_

FORMAT = 1  # of the file; a reader of another number would misread it


class BackupUnreadable(RuleViolation):
    """The file is no backup, or not a whole one."""

    code = "core.backup.unreadable"
    message = N_("%(file)s is not a whole backup of Mortise: %(problem)s.")


class BackupDamaged(RuleViolation):
    """What a table of the file holds is not what its manifest says."""

    code = "core.backup.damaged"
    message = N_(
        "The backup is damaged: table %(table)s: %(problem)s. Nothing was changed; take another backup."
    )


class OtherRevision(RuleViolation):
    """The backup was made by a version of Mortise with other tables."""

    code = "core.backup.other_revision"
    message = N_(
        "The backup has the tables of revision %(backup)s, the database those of %(database)s. "
        "Restore it with the version of Mortise that made it, then upgrade."
    )


class DatabaseNotEmpty(Conflict):
    """Restoring would lose what the database holds."""

    code = "core.backup.not_empty"
    message = N_(
        "The database is not empty: %(table)s has rows. Restore into an empty one, "
        "or replace all it holds with --replace."
    )


class BackupExists(Conflict):
    """A backup never overwrites a file."""

    code = "core.backup.exists"
    message = N_("%(file)s exists already. Give the backup another name.")


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What one table of a backup holds: its columns in order, its number of rows, and their hash."""

    columns: tuple[str, ...]
    row_count: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    revision: str
    engine: str
    created_at: datetime
    tables: dict[str, TableFacts]

    @property
    def row_count(self) -> int:
        """Return the number of rows of all tables."""
        return sum(facts.row_count for facts in self.tables.values())

    def as_document(self) -> dict[str, Any]:
        """Return the manifest as it is written down."""
        return {
            "format": FORMAT,
            "revision": self.revision,
            "engine": self.engine,
            "created_at": self.created_at.isoformat(),
            "tables": {
                name: {"columns": list(facts.columns), "rows": facts.row_count, "sha256": facts.sha256}
                for name, facts in self.tables.items()
            },
        }

    @classmethod
    def from_document(cls, document: Any) -> Manifest:
        """Read a manifest; raise KeyError, TypeError or ValueError where it is none of this format."""
        if document["format"] != FORMAT:
            raise ValueError(f"format {document['format']}, expected {FORMAT}")
        return cls(
            revision=str(document["revision"]),
            engine=str(document["engine"]),
            created_at=datetime.fromisoformat(document["created_at"]),
            tables={
                name: TableFacts(tuple(facts["columns"]), int(facts["rows"]), facts["sha256"])
                for name, facts in document["tables"].items()
            },
        )


def difference(expected: TableFacts, got: TableFacts) -> str | None:
    """Say how a table differs from what was expected, or nothing when it does not."""
    if expected.columns != got.columns:
        return f"expected columns {', '.join(expected.columns)}, got {', '.join(got.columns)}"
    if expected.row_count != got.row_count:
        return f"expected {expected.row_count} rows, got {got.row_count}"
    if expected.sha256 != got.sha256:
        return f"expected rows with hash {expected.sha256[:12]}, got {got.sha256[:12]}"
    return None
