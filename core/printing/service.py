"""Commands of printing. Each is short: the wire to a printer is used outside any transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select, update
from sqlalchemy.orm import Session, undefer

from core.audit import service as audit
from core.errors import NotFound
from core.printing.model import Printer, PrintJob
from core.printing.queries import BLOCKING, LOST_AFTER, OPEN, waits
from core.printing.raster import page_sizes
from core.printing.rules import Language, NameTaken, NotUnsure, PrinterGone, PrintState, Problem, SizeUnfit

RETRY_AFTER = timedelta(seconds=10)
SUBJECT = "core.printing.printer"


@dataclass(frozen=True, slots=True)
class PrinterEntry:
    """A printer as it is set up."""

    name: str
    host: str
    port: int
    language: Language
    dots_per_mm: int
    width_mm: int
    height_mm: int
    gap_mm: Decimal
    is_answering: bool
    is_active: bool = True


def put_printer(
    session: Session, printer_id: int | None, entry: PrinterEntry, *, by: int, at: datetime
) -> Printer:
    """Set a printer up, or change one. Raises NotFound, NameTaken."""
    other = session.scalar(select(Printer).where(Printer.name == entry.name))
    if other is not None and other.id != printer_id:
        raise NameTaken(name=entry.name)
    row = Printer() if printer_id is None else session.get(Printer, printer_id, with_for_update=True)
    if row is None:
        raise NotFound
    for name in PrinterEntry.__slots__:
        setattr(row, name, getattr(entry, name))
    session.add(row)
    session.flush()  # for its id
    verb = "add" if printer_id is None else "change"
    audit.record(session, subject=SUBJECT, subject_id=row.id, verb=verb, by=by, at=at)
    return row


def queue(
    session: Session, printer_id: int, name: str, content: bytes, key: str, *, by: int | None, at: datetime
) -> PrintJob:
    """Write labels down for a printer; the same key again gives the job that is there already.

    Raises NotFound, PrinterGone, SizeUnfit.
    """
    there = session.scalar(select(PrintJob).where(PrintJob.key == key))
    if there is not None:
        return there
    printer = session.get(Printer, printer_id)
    if printer is None:
        raise NotFound
    if not printer.is_active:
        raise PrinterGone(printer=printer.name)
    sizes = page_sizes(content)
    holds = (printer.width_mm, printer.height_mm)
    for size in sizes:
        if size != holds:
            raise SizeUnfit(
                printer=printer.name, holds="×".join(map(str, holds)), needs="×".join(map(str, size))
            )
    job = PrintJob(
        key=key,
        printer_id=printer_id,
        name=name,
        content=content,
        page_count=len(sizes),
        created_at=at,
        created_by_id=by,
    )
    session.add(job)
    session.flush()  # for its id
    return job


def claim(session: Session, printer_id: int, *, at: datetime) -> PrintJob | None:
    """Take a printer's oldest waiting job, with its content; None when none may go now.

    Locks the printer. A job whose sender died is unsure from now on and never sent again by itself; while one is
    unsure the others wait, for labels come out in the order in which they were wanted.
    """
    session.execute(select(Printer.id).where(Printer.id == printer_id).with_for_update())
    of_printer = PrintJob.printer_id == printer_id
    session.execute(
        update(PrintJob)
        .where(of_printer, PrintJob.state == PrintState.SENDING, PrintJob.seen_at < at - LOST_AFTER)
        .values(state=PrintState.UNSURE, problem=Problem.LOST)
    )
    if (
        session.scalar(select(PrintJob.id).where(of_printer, PrintJob.state.in_(BLOCKING)).limit(1))
        is not None
    ):
        return None
    job = session.scalar(
        select(PrintJob)
        .where(of_printer, waits(at))
        .order_by(PrintJob.id)
        .limit(1)
        .options(undefer(PrintJob.content))
    )
    if job is not None:
        job.state, job.seen_at = PrintState.SENDING, at
    return job


def tell(session: Session, job_id: int, printed: int, problem: Problem | None, *, at: datetime) -> bool:
    """Keep how many labels have come out and what stands in the way; say whether the job is still wanted."""
    return _step(session, job_id, printed_count=printed, problem=problem, seen_at=at)


def give_back(session: Session, job_id: int, printed: int, problem: Problem | None, *, at: datetime) -> bool:
    """Let a job wait, after a problem for a while: nothing of its next label can come out, so it may be sent again."""
    again_at = at + RETRY_AFTER if problem else None
    return _step(
        session, job_id, printed_count=printed, problem=problem, state=PrintState.QUEUED, seen_at=again_at
    )


def leave_unsure(session: Session, job_id: int, printed: int) -> bool:
    """Stop a job whose next label may or may not have come out: a person looks."""
    return _step(session, job_id, printed_count=printed, problem=Problem.LOST, state=PrintState.UNSURE)


def finish(session: Session, job_id: int, printed: int, *, at: datetime) -> bool:
    """Close a job of which every label has come out."""
    return _step(session, job_id, printed_count=printed, problem=None, state=PrintState.PRINTED, ended_at=at)


def _step(session: Session, job_id: int, **values: object) -> bool:
    found = session.execute(
        update(PrintJob)
        .where(PrintJob.id == job_id, PrintJob.state == PrintState.SENDING)
        .values(**values)
        .returning(PrintJob.id)
    ).first()
    return found is not None


def answer(session: Session, job_id: int, *, came_out: bool, at: datetime) -> None:
    """Go on with an unsure job: after the label that came out, or with it once more. Raises NotFound, NotUnsure."""
    job = session.get(PrintJob, job_id, with_for_update=True)
    if job is None:
        raise NotFound
    if job.state is not PrintState.UNSURE:
        raise NotUnsure
    job.printed_count += came_out
    is_done = job.printed_count == job.page_count
    job.state = PrintState.PRINTED if is_done else PrintState.QUEUED
    job.problem, job.seen_at, job.ended_at = None, None, at if is_done else None


def cancel(session: Session, job_id: int, *, at: datetime) -> None:
    """Print nothing more of a job; what is at the printer already comes out."""
    session.execute(
        update(PrintJob)
        .where(PrintJob.id == job_id, PrintJob.state.in_(OPEN))
        .values(state=PrintState.CANCELLED, ended_at=at)
    )
