"""Commands of work sheets: each changes one thing and never commits."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit.service import record
from core.errors import Conflict
from core.files import service as files
from core.jobs import service as jobs
from mes.worksheets import queries
from mes.worksheets.model import MachineCode, Paper
from mes.worksheets.rules import CodeEntry, CodeTaken, PaperKind, Scope, read_template

SUBJECT = "mes.worksheets.machine_code"
DRAW = "mes.worksheets.draw"


def add_code(session: Session, entry: CodeEntry, *, by: int | None, at: datetime) -> MachineCode:
    """Take in a template. Raises CodeTaken, and what read_template raises."""
    read_template(entry.template, entry.tables, entry.alphabet, entry.length_max)
    if session.scalar(select(MachineCode.id).where(MachineCode.code == entry.code)) is not None:
        raise CodeTaken(code=entry.code)
    row = MachineCode(**asdict(entry))
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as lost:  # somebody was first since the look above
        raise CodeTaken(code=entry.code) from lost
    record(session, subject=SUBJECT, subject_id=row.id, verb="create", by=by, at=at)
    return row


def amend_code(
    session: Session, code_id: int, entry: CodeEntry, *, version: int, by: int | None, at: datetime
) -> MachineCode:
    """Bring a template up to date; its code stays. Raises NotFound, Conflict, and what read_template raises."""
    row = queries.machine_code(session, code_id)
    if row.version != version:
        raise Conflict
    read_template(entry.template, entry.tables, entry.alphabet, entry.length_max)
    wanted = asdict(entry) | {"code": row.code}
    changes = {key: [getattr(row, key), new] for key, new in wanted.items() if getattr(row, key) != new}
    for key, (_old, new) in changes.items():
        setattr(row, key, new)
    if changes:
        record(session, subject=SUBJECT, subject_id=row.id, verb="amend", by=by, at=at, changes=changes)
    return row


def prepare(
    session: Session,
    kind: PaperKind,
    scope: Scope,
    *,
    operation: str,
    subject: str,
    locale: str,
    printed: str,
    by: int | None,
    at: datetime,
) -> Paper:
    """Have a long paper drawn in the background; the job runs once this is committed."""
    arguments = {
        "kind": kind.value,
        "order_ids": list(scope.order_ids),
        "batch_id": scope.batch_id,
        "operation": operation,
        "subject": subject,
        "locale": locale,
        "printed": printed,
    }
    job = jobs.enqueue(session, DRAW, arguments, by=by, at=at)
    paper = Paper(kind=kind, title=subject, job_id=job.id, created_at=at, created_by_id=by)
    session.add(paper)
    session.flush()  # its page is shown next
    job.arguments = {**arguments, "paper_id": paper.id}
    return paper


def keep(session: Session, paper_id: int, content: bytes, *, at: datetime) -> None:
    """Keep what was drawn; of two workers the first one's stays. Raises NotFound."""
    paper = queries.paper(session, paper_id)
    if paper.file_id is None:
        file = files.keep(
            session, f"{paper.title}.pdf", "application/pdf", content, by=paper.created_by_id, at=at
        )
        paper.file_id = file.id
