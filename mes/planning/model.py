"""Tables of planning."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Code, Id, Model, On, choice
from mes.planning.rules import BatchState


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
    """One released order in one batch; an order is in one batch at most."""

    __tablename__ = "mes_planning_batch_order"

    id: Mapped[Id]
    batch_id: Mapped[int] = mapped_column(ForeignKey("mes_planning_batch.id"), index=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("erp_sales_order.id"), unique=True)
