"""Tables of counting."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Id, Model, Qty, choice
from mes.counting.rules import CountCause, CountState

IS_OPEN = text("state NOT IN ('DONE', 'CANCELLED')")


class Count(Model):
    """One count of one place, from its plan to its closing; a place has at most one that is open."""

    __tablename__ = "mes_counting_count"
    __table_args__ = (
        Index(
            "uq_mes_counting_count_open_place",
            "place_id",
            unique=True,
            sqlite_where=IS_OPEN,
            postgresql_where=IS_OPEN,
        ),
        CheckConstraint("(state = 'DONE') = (is_accurate IS NOT NULL)", name="done_says_how"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)  # CT2611-0007
    place_id: Mapped[int] = mapped_column(ForeignKey("erp_stock_place.id"), index=True)
    state: Mapped[CountState] = mapped_column(choice(CountState), default=CountState.PLANNED, index=True)
    pass_count: Mapped[int] = mapped_column(default=0)  # rounds begun
    counter_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))  # of this round
    created_at: Mapped[At]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    closed_at: Mapped[At | None] = mapped_column(index=True)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    reason: Mapped[str] = mapped_column(default="")  # why the difference was approved, or the count cancelled
    is_accurate: Mapped[bool | None]  # whether the book was right for everything at the place


class Entry(Model):
    """One quantity of one thing that was counted in one round. Several of a thing add up (two pallets)."""

    __tablename__ = "mes_counting_entry"
    __table_args__ = (
        CheckConstraint("(lot_id IS NULL) <> (package_id IS NULL)", name="lot_or_package"),
        CheckConstraint("counted_qty > 0", name="something"),
    )

    id: Mapped[Id]
    count_id: Mapped[int] = mapped_column(ForeignKey("mes_counting_count.id"), index=True)
    pass_number: Mapped[int]  # from 1
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("erp_stock_lot.id"))
    package_id: Mapped[int | None] = mapped_column(ForeignKey("mes_packing_package.id"))
    counted_qty: Mapped[Qty]
    book_qty: Mapped[Qty]  # what the book said at this moment
    entered_at: Mapped[At]
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("core_auth_person.id"))
    struck_at: Mapped[At | None]  # taken back: counted wrongly


class Line(Model):
    """What the last round of a count found of one thing, beside the book, and what became of the difference."""

    __tablename__ = "mes_counting_line"
    __table_args__ = (CheckConstraint("(lot_id IS NULL) <> (package_id IS NULL)", name="lot_or_package"),)

    id: Mapped[Id]
    count_id: Mapped[int] = mapped_column(ForeignKey("mes_counting_count.id"), index=True)
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("erp_stock_lot.id"))
    package_id: Mapped[int | None] = mapped_column(ForeignKey("mes_packing_package.id"))
    first_qty: Mapped[Qty]  # of the first round
    counted_qty: Mapped[Qty]  # of the last round that counted it
    book_qty: Mapped[Qty]  # at the moment of that count
    is_right: Mapped[bool]
    cause: Mapped[CountCause | None] = mapped_column(choice(CountCause))  # of an approved difference
    move_id: Mapped[int | None] = mapped_column(ForeignKey("erp_stock_move.id"))  # what was posted
