"""Commands of dealers' sheets on their way in: each locks the import, every correction is kept at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.audit.service import record
from core.errors import NotFound
from core.files.service import keep
from core.states import check_step
from erp.sales.model import Import, ImportRow, Order
from erp.sales.queries.offer import Offer, entry_for, offer, vocabulary, with_making
from erp.sales.rules.archive import media_type_of
from erp.sales.rules.issues import Field
from erp.sales.rules.kept import (
    issues_data,
    read_issues,
    read_values,
    source_data,
    values_data,
)
from erp.sales.rules.layout import FactName
from erp.sales.rules.lines import ReadOrder
from erp.sales.rules.normalise import day_of, plain
from erp.sales.rules.orders import (
    ImportClosed,
    ImportUnsettled,
    NothingToTake,
    OrderHead,
)
from erp.sales.rules.questions import About
from erp.sales.rules.review import Act, Action, amend, count_open, keep_settled, offered, settle
from erp.sales.rules.row import ReadRow
from erp.sales.rules.states import IMPORT_STEPS, ImportState
from erp.sales.rules.vocabulary import Profile
from erp.sales.service.lines import add_lines
from erp.sales.service.orders import check_answered, create_order

SUBJECT = "erp.sales.import"


@dataclass(frozen=True, slots=True)
class Upload:
    """A dealer's sheet as it came: who sent it, and the file byte for byte."""

    dealer_id: int
    name: str
    content: bytes
    profile: str = Profile.PLAIN.value  # how this dealer writes, as chosen for this sheet


def start_import(
    session: Session, upload: Upload, read: ReadOrder, *, by: int | None, at: datetime
) -> Import:
    """Keep a sheet with everything that was read from it, for review; `read` is judged already (queries)."""
    kind = media_type_of(upload.content, upload.name)
    file = keep(session, upload.name, kind, upload.content, by=by, at=at)
    started = Import(
        dealer_id=upload.dealer_id,
        file_id=file.id,
        state=ImportState.OPEN,
        sheet_name=read.sheet_name,
        profile=upload.profile,
        facts={
            fact.name.value: {"value": fact.value, "cell": fact.cell, "text": fact.text}
            for fact in read.facts
        },
        issues=issues_data(read.issues),
        created_at=at,
        created_by_id=by,
    )
    session.add(started)
    session.flush()  # the rows need its id
    session.execute(insert(ImportRow), [_row_data(started.id, row) for row in read.rows])
    record(session, subject=SUBJECT, subject_id=started.id, verb="start", by=by, at=at)
    return started


def _row_data(import_id: int, row: ReadRow) -> dict[str, Any]:
    return {
        "import_id": import_id,
        "row_number": row.row_number,
        "source": source_data(row.source),
        "read_values": values_data(row.values),
        "values": values_data(row.values),
        "typed_fields": [],
        "issues": issues_data(row.issues),
        "is_skipped": False,
    }


def read_again(
    session: Session, import_id: int, read: ReadOrder, *, by: int | None, at: datetime
) -> dict[str, list[Any]]:
    """Put a new reading of its file under a sheet in review; what was typed, confirmed or left out stays.

    A row that is no line any more is left out. The facts of the order as a whole stay as they are. Returns what
    changed, as the history tells it. Raises NotFound, ImportClosed.
    """
    found = _open_import(session, import_id)
    found.issues = issues_data(keep_settled(read.issues, read_issues(found.issues)))
    there = {row.row_number: row for row in rows_of(session, import_id)}
    offering = offer(session)
    changes: dict[str, list[Any]] = {}
    for fresh in read.rows:
        row = there.pop(fresh.row_number, None)
        if row is None:
            session.execute(insert(ImportRow), [_row_data(import_id, fresh)])
            changes[f"{fresh.row_number}"] = ["", "read"]
        else:
            changes |= _put_reading(row, fresh, offering)
    for gone in there.values():
        gone.is_skipped = True
    if changes:
        record(
            session, subject=SUBJECT, subject_id=import_id, verb="read again", by=by, at=at, changes=changes
        )
    return changes


def _put_reading(row: ImportRow, fresh: ReadRow, offering: Offer) -> dict[str, list[Any]]:
    """Put a new reading under a row, and over it what was typed by hand. Returns what changed of its values."""
    old, before = read_values(row.values), read_issues(row.issues)
    typed = {field: old.text(field) for field in Field if field.value in row.typed_fields}
    reviewed = amend(fresh.values, fresh.issues, typed, vocabulary(offering))
    issues = reviewed.issues if reviewed.changed else fresh.issues
    if reviewed.changed:
        issues = with_making(reviewed.values, issues, offering)
    row.source, row.read_values = source_data(fresh.source), values_data(fresh.values)
    row.values = values_data(reviewed.values)
    row.issues = issues_data(keep_settled(issues, before))
    return {
        f"{row.row_number}.{field.value}": [old.text(field), reviewed.values.text(field)]
        for field in Field
        if old.text(field) != reviewed.values.text(field)
    }


# --- corrections ------------------------------------------------------------


def _open_import(session: Session, import_id: int) -> Import:
    """Return the import, locked, while it is in review. Raises NotFound, ImportClosed."""
    found = session.get(Import, import_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound
    if found.state is not ImportState.OPEN:
        raise ImportClosed(state=found.state)
    return found


def review_row(
    session: Session,
    import_id: int,
    row_id: int,
    typed: Mapping[Field, str],
    action: Action | None = None,
    *,
    by: int | None,
    at: datetime,
) -> ImportRow:
    """Take what the clerk typed into a row, then what was pressed, and judge the row anew.

    Raises NotFound, ImportClosed.
    """
    _open_import(session, import_id)
    row = session.get(ImportRow, row_id, populate_existing=True)
    if row is None or row.import_id != import_id:
        raise NotFound
    offering = offer(session)
    _amend(session, row, typed, offering, by=by, at=at)
    match action:
        case Action(act=Act.OFFER):
            _amend(session, row, offered(read_issues(row.issues), action), offering, by=by, at=at)
        case Action(act=Act.SETTLE):
            row.issues = issues_data(settle(read_issues(row.issues), action))
        case Action(act=Act.SKIP | Act.RESTORE):
            row.is_skipped = action.act is Act.SKIP
    return row


def _amend(
    session: Session,
    row: ImportRow,
    typed: Mapping[Field, str],
    offering: Offer,
    *,
    by: int | None,
    at: datetime,
) -> None:
    before = read_issues(row.issues)
    old = read_values(row.values)
    reviewed = amend(old, before, typed, vocabulary(offering))
    issues = keep_settled(with_making(reviewed.values, reviewed.issues, offering), before)
    row.values = values_data(reviewed.values)
    row.typed_fields = sorted({*row.typed_fields, *(field.value for field in reviewed.changed)})
    row.issues = issues_data(issues)
    changes: dict[str, list[Any]] = {
        f"{row.row_number}.{field.value}": [old.text(field), reviewed.values.text(field)]
        for field in reviewed.changed
    }
    if changes:
        record(
            session,
            subject=SUBJECT,
            subject_id=row.import_id,
            verb="correct",
            by=by,
            at=at,
            changes=changes,
        )


def review_sheet(session: Session, import_id: int, action: Action, *, by: int | None, at: datetime) -> Import:
    """Confirm a question about the whole sheet, or take its offer for every row.

    Raises NotFound, ImportClosed.
    """
    found = _open_import(session, import_id)
    issues = read_issues(found.issues)
    if action.act is Act.OFFER and (typed := offered(issues, action)):
        offering = offer(session)
        for row in rows_of(session, import_id):
            _amend(session, row, typed, offering, by=by, at=at)
    found.issues = issues_data(settle(issues, action))
    return found


def settle_all(session: Session, import_id: int) -> int:
    """Confirm every reading of the sheet that is only asked; what must be corrected stays. Returns how many.

    Raises NotFound, ImportClosed.
    """
    found = _open_import(session, import_id)
    asked = count_open(read_issues(found.issues))[1]
    found.issues = issues_data(settle(read_issues(found.issues)))
    for row in rows_of(session, import_id):
        issues = read_issues(row.issues)
        asked += 0 if row.is_skipped else count_open(issues)[1]
        row.issues = issues_data(settle(issues))
    return asked


def correct_fact(
    session: Session, import_id: int, typed: Mapping[FactName, str], *, by: int | None, at: datetime
) -> Import:
    """Correct what the sheet says about the order as a whole. Raises NotFound, ImportClosed."""
    found = _open_import(session, import_id)
    changes: dict[str, list[Any]] = {}
    facts = dict(found.facts)
    for name, text in typed.items():
        old = facts.get(name.value, {"value": "", "cell": "", "text": ""})
        if plain(text) != old["value"]:
            changes[name.value] = [old["value"], plain(text)]
            facts[name.value] = {**old, "value": plain(text)}
    found.facts = facts
    if changes:
        record(session, subject=SUBJECT, subject_id=import_id, verb="correct", by=by, at=at, changes=changes)
    return found


def drop_import(session: Session, import_id: int, *, by: int | None, at: datetime) -> Import:
    """Give a sheet up; the file and all corrections stay to be looked at. Raises NotFound, StepRefused."""
    found = session.get(Import, import_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound
    check_step(IMPORT_STEPS, found.sheet_name, found.state, ImportState.DROPPED)
    found.state = ImportState.DROPPED
    record(session, subject=SUBJECT, subject_id=import_id, verb="drop", by=by, at=at)
    return found


# --- the order --------------------------------------------------------------


def rows_of(session: Session, import_id: int) -> list[ImportRow]:
    """Return the rows of a sheet in its order."""
    return list(
        session.scalars(
            select(ImportRow).where(ImportRow.import_id == import_id).order_by(ImportRow.row_number)
        )
    )


def take_in(session: Session, import_id: int, *, by: int | None, at: datetime, on: date) -> Order:
    """Turn a settled sheet into a draft order with its lines; sent twice, it is the same order.

    Locks the import. Raises NotFound, ImportClosed, ImportUnsettled, NothingToTake, QuestionsOpen,
    AnswersUndecided.
    """
    found = session.get(Import, import_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound
    if found.state is ImportState.TAKEN:
        return session.scalars(select(Order).where(Order.import_id == import_id)).one()
    if found.state is not ImportState.OPEN:
        raise ImportClosed(state=found.state)
    rows = [row for row in rows_of(session, import_id) if not row.is_skipped]
    if not rows:
        raise NothingToTake
    _check_settled(found, rows)
    check_answered(session, About(import_id=import_id), found.sheet_name)
    order = create_order(session, _head(found), by=by, at=at, on=on, import_id=import_id)
    offering = offer(session)
    entries = [(entry_for(read_values(row.values), offering), row) for row in rows]
    add_lines(
        session,
        order,
        [(entry, dict(row.source), len(row.typed_fields)) for entry, row in entries if entry is not None],
    )
    found.state = ImportState.TAKEN
    record(session, subject=SUBJECT, subject_id=import_id, verb="take in", by=by, at=at)
    return order


def _check_settled(found: Import, rows: list[ImportRow]) -> None:
    """Raise ImportUnsettled while anything is open, on the sheet or in a row that counts."""
    stops, asks = count_open(read_issues(found.issues))
    for row in rows:
        stop, ask = count_open(read_issues(row.issues))
        stops, asks = stops + stop, asks + ask
    if stops or asks:
        raise ImportUnsettled(stops=stops, asks=asks)


def _head(found: Import) -> OrderHead:
    """Return the order's head; a due date that is no date is kept in the remark."""

    def value(name: FactName) -> str:
        return str(found.facts.get(name.value, {}).get("value", ""))

    due = value(FactName.DUE_ON)
    due_on = day_of(due)
    notes = [value(FactName.NOTE), due if due and due_on is None else "", value(FactName.PHONE)]
    return OrderHead(
        dealer_id=found.dealer_id,
        dealer_reference=value(FactName.DEALER_REFERENCE),
        customer=value(FactName.CUSTOMER),
        site=value(FactName.SITE),
        note=" · ".join(note for note in notes if note),
        due_on=due_on,
    )
