"""Tables of planning."""

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Code, Id, Model, On, Rate, choice
from erp.catalogue.rules.document import DoorKind, Finish
from mes.planning.rules import BatchState
from mes.planning.rules.capacity import DayKind


class Batch(Model):
    """One group of released orders that are cut and made together."""

    __tablename__ = "mes_planning_batch"

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)  # BA2611-0007
    code: Mapped[Code] = mapped_column(unique=True)  # B…
    state: Mapped[BatchState] = mapped_column(choice(BatchState), default=BatchState.OPEN)
    due_on: Mapped[On | None]
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[At] = mapped_column(index=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class BatchOrder(Model):
    """One colour lot in one batch: all door sets of one colour of a released order, those that come later too."""

    __tablename__ = "mes_planning_batch_order"
    __table_args__ = (UniqueConstraint("order_id", "colour_code"),)

    id: Mapped[Id]
    batch_id: Mapped[int] = mapped_column(ForeignKey("mes_planning_batch.id"), index=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("erp_sales_order.id"))
    colour_code: Mapped[str] = mapped_column(default="")  # "": of the lines that name no colour


class Rush(Model):
    """One order that somebody wants made before the others, and why."""

    __tablename__ = "mes_planning_rush"

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("erp_sales_order.id"), unique=True)
    reason: Mapped[str]
    said_at: Mapped[At]
    said_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))


class Capacity(Model):
    """One product class: how many sets of it a full day makes, and how many working days one takes."""

    __tablename__ = "mes_planning_capacity"
    __table_args__ = (
        UniqueConstraint("kind", "finish"),
        CheckConstraint("set_count > 0 AND production_days >= 0", name="counts"),
        CheckConstraint("warning_rate > 0", name="warning_positive"),
    )

    id: Mapped[Id]
    kind: Mapped[DoorKind] = mapped_column(choice(DoorKind))
    finish: Mapped[Finish] = mapped_column(choice(Finish))
    set_count: Mapped[int]
    warning_rate: Mapped[Rate]
    production_days: Mapped[int]


class CalendarDay(Model):
    """One day that is worked otherwise than its weekday says."""

    __tablename__ = "mes_planning_calendar_day"

    id: Mapped[Id]
    day_on: Mapped[On] = mapped_column(unique=True)
    kind: Mapped[DayKind] = mapped_column(choice(DayKind))
    note: Mapped[str] = mapped_column(default="")  # National Day
