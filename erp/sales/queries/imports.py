"""Reads of sheets in review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from core.choices import Choice
from core.errors import NotFound
from core.files.model import File
from core.i18n import N_
from erp.parties.model import Party
from erp.sales.model import Import, ImportRow, Order
from erp.sales.rules.issues import FURTHER_CHOICES, FURTHER_SIZES, Field, Issue, Severity
from erp.sales.rules.kept import read_issues
from erp.sales.rules.review import count_open
from erp.sales.rules.states import ImportState

PAGE_ROWS = 25


class Only(Choice):
    """Which rows of a sheet are shown."""

    ALL = "all", N_("All rows")
    STOP = "stop", N_("Must be corrected")
    ASK = "ask", N_("To be confirmed")
    FINE = "fine", N_("Nothing open")
    SKIPPED = "skipped", N_("Left out")


@dataclass(frozen=True, slots=True)
class RowShown:
    """One row of a sheet with its issues."""

    row: ImportRow
    issues: tuple[Issue, ...]

    @property
    def state(self) -> Only:
        """What the row still needs."""
        if self.row.is_skipped:
            return Only.SKIPPED
        stops, asks = count_open(self.issues)
        return Only.STOP if stops else Only.ASK if asks else Only.FINE

    def of(self, field: str) -> list[tuple[int, Issue]]:
        """Return the issues of one field with their numbers."""
        return [
            (number, one)
            for number, one in enumerate(self.issues)
            if one.field is not None and one.field.value == field
        ]

    def worst(self, field: str) -> Severity | None:
        """Return how serious the field's open issues are."""
        open_ones = {one.severity for _, one in self.of(field) if one.is_open}
        return next((s for s in (Severity.STOP, Severity.ASK) if s in open_ones), None)


@dataclass(frozen=True, slots=True)
class ImportPage:
    """One sheet in review."""

    found: Import
    dealer: Party
    file: File
    issues: tuple[Issue, ...]  # of the sheet as a whole
    rows: tuple[RowShown, ...]
    order: Order | None
    seen_before: Sequence[Any]  # (Import, Order number or None) of the same file

    def count(self, only: Only) -> int:
        """Return how many rows a choice shows."""
        return sum(1 for row in self.rows if only is Only.ALL or row.state is only)

    @property
    def open_counts(self) -> tuple[int, int]:
        """How many places must be corrected and how many confirmed, left-out rows aside."""
        stops, asks = count_open(self.issues)
        for row in self.rows:
            if not row.row.is_skipped:
                stop, ask = count_open(row.issues)
                stops, asks = stops + stop, asks + ask
        return stops, asks

    def shown(self, only: Only, number: int) -> tuple[RowShown, ...]:
        """Return one page of the chosen rows."""
        chosen = [row for row in self.rows if only is Only.ALL or row.state is only]
        return tuple(chosen[(number - 1) * PAGE_ROWS : number * PAGE_ROWS])


def columns_of(rows: Sequence[RowShown]) -> list[Field]:
    """Return the fields that are shown: a further choice or size only when some row speaks of it."""
    spoken = {name for row in rows for name in row.row.source}
    spoken |= {name for row in rows for name, text in row.row.values.items() if text}
    spoken |= {
        change.field.value for row in rows for one in row.issues for offer in one.offers for change in offer
    }
    further = (*FURTHER_CHOICES, *FURTHER_SIZES, Field.PRICE)
    return [one for one in Field if one not in further or one.value in spoken]


def import_page(session: Session, import_id: int) -> ImportPage:
    """Return one sheet with all its rows. Raises NotFound."""
    row = session.execute(
        select(Import, Party, File)
        .join(Party, Party.id == Import.dealer_id)
        .join(File, File.id == Import.file_id)
        .where(Import.id == import_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    found, dealer, file = row
    rows = session.scalars(
        select(ImportRow).where(ImportRow.import_id == import_id).order_by(ImportRow.row_number)
    )
    return ImportPage(
        found,
        dealer,
        file,
        read_issues(found.issues),
        tuple(RowShown(row, read_issues(row.issues)) for row in rows),
        session.scalar(select(Order).where(Order.import_id == import_id)),
        _seen_before(session, found, file),
    )


def _seen_before(session: Session, found: Import, file: File) -> Sequence[Any]:
    return session.execute(
        select(Import, Order.number)
        .join(File, File.id == Import.file_id)
        .outerjoin(Order, Order.import_id == Import.id)
        .where(File.sha256 == file.sha256, Import.id != found.id)
        .order_by(Import.id)
        .limit(5)
    ).all()


def is_in_review(session: Session, import_id: int) -> bool:
    """Return whether a sheet may still be corrected. Raises NotFound."""
    found = session.get(Import, import_id)
    if found is None:
        raise NotFound
    return found.state is ImportState.OPEN


def file_of(session: Session, import_id: int) -> tuple[Import, str, bytes]:
    """Return a sheet with its file's name and bytes. Raises NotFound."""
    found = session.get(Import, import_id)
    if found is None:
        raise NotFound
    name, content = session.execute(select(File.name, File.content).where(File.id == found.file_id)).one()
    return found, name, content


def import_row(session: Session, row_id: int) -> RowShown:
    """Return one row as it stands. Raises NotFound."""
    row = session.get(ImportRow, row_id)
    if row is None:
        raise NotFound
    return RowShown(row, read_issues(row.issues))


def import_rows() -> Select[*tuple[Any, ...]]:
    """Return the select of (Import, Party, File, Order number) for the list of sheets."""
    rows = (
        select(Import, Party, File, Order.number)
        .join(Party, Party.id == Import.dealer_id)
        .join(File, File.id == Import.file_id)
        .outerjoin(Order, Order.import_id == Import.id)
    )
    return cast(Select[*tuple[Any, ...]], rows)
