"""Tables of printing. Lengths are mm."""

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Blob, Id, Mm, Model, choice
from core.printing.rules import Language, PrintState, Problem


class Printer(Model):
    """One label printer on the network, and the labels that are in it."""

    __tablename__ = "core_printing_printer"
    __table_args__ = (CheckConstraint("dots_per_mm IN (8, 12)", name="dots_per_mm_known"),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    host: Mapped[str]
    port: Mapped[int]
    language: Mapped[Language] = mapped_column(choice(Language))
    dots_per_mm: Mapped[int]  # 8: 203 dpi, 12: 300 dpi
    width_mm: Mapped[int]
    height_mm: Mapped[int]
    gap_mm: Mapped[Mm]
    is_answering: Mapped[bool]  # it says on the same connection whether a label has come out
    is_active: Mapped[bool] = mapped_column(default=True)


class PrintJob(Model):
    """Some labels for one printer, kept as they are to look; each comes out once."""

    __tablename__ = "core_printing_print_job"
    __table_args__ = (
        CheckConstraint("printed_count BETWEEN 0 AND page_count", name="printed_within_pages"),
        Index("ix_core_printing_print_job_state_id", "state", "id"),
    )

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)  # minted with the button: pressed twice, printed once
    printer_id: Mapped[int] = mapped_column(ForeignKey("core_printing_printer.id"))
    name: Mapped[str]
    content: Mapped[Blob] = mapped_column(deferred=True)  # PDF, one label to a page
    page_count: Mapped[int]
    printed_count: Mapped[int] = mapped_column(default=0)  # labels known to have come out
    state: Mapped[PrintState] = mapped_column(choice(PrintState), default=PrintState.QUEUED)
    problem: Mapped[Problem | None] = mapped_column(choice(Problem))
    created_at: Mapped[At]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    seen_at: Mapped[At | None]  # the sender's last sign of life, or when to try again
    ended_at: Mapped[At | None]
