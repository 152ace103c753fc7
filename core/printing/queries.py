"""Reading printers and print jobs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, aliased

from core.auth.model import Person
from core.printing.model import Printer, PrintJob
from core.printing.rules import PrintState

SHOWN = 100  # jobs on the page
LOST_AFTER = timedelta(seconds=60)  # no sign of life for so long: the sender died
BLOCKING = (PrintState.SENDING, PrintState.UNSURE)
OPEN = (PrintState.QUEUED, PrintState.SENDING, PrintState.UNSURE)


def printers(session: Session) -> Sequence[Printer]:
    """Return all printers, those in service first."""
    return session.scalars(select(Printer).order_by(Printer.is_active.desc(), Printer.name)).all()


def jobs(session: Session) -> list[tuple[PrintJob, Printer, str]]:
    """Return the latest print jobs with their printer and who wanted them, open ones first."""
    rows = session.execute(
        select(PrintJob, Printer, Person.name)
        .join(Printer, Printer.id == PrintJob.printer_id)
        .outerjoin(Person, Person.id == PrintJob.created_by_id)
        .order_by(PrintJob.state.not_in(OPEN), PrintJob.id.desc())
        .limit(SHOWN)
    ).all()
    return [(job, printer, name or "") for job, printer, name in rows]


def waits(at: datetime) -> ColumnElement[bool]:
    """Return the condition under which a job may be sent now."""
    return (PrintJob.state == PrintState.QUEUED) & (PrintJob.seen_at.is_(None) | (PrintJob.seen_at <= at))


def due_printers(session: Session, at: datetime) -> list[int]:
    """Return the ids of the printers for which a job may be sent now, or whose sender died."""
    other = aliased(PrintJob)
    is_blocked = exists().where(other.printer_id == PrintJob.printer_id, other.state.in_(BLOCKING))
    is_lost = (PrintJob.state == PrintState.SENDING) & (PrintJob.seen_at < at - LOST_AFTER)
    wanted = select(PrintJob.printer_id).where((waits(at) & ~is_blocked) | is_lost).distinct()
    return list(session.scalars(wanted.order_by(PrintJob.printer_id)))
