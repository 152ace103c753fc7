"""Tables of cutting: plans, their layouts, and which piece lies where. Lengths are mm."""

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Code, Id, Json, Mm, Model, Rate, choice
from mes.cutting.rules import PlanState


class CutPlan(Model):
    """How the pieces of one material in one batch are cut out of stock, as computed once."""

    __tablename__ = "mes_cutting_cut_plan"

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)  # BA2611-0007-1
    batch_id: Mapped[int] = mapped_column(ForeignKey("mes_planning_batch.id"), index=True)
    material_id: Mapped[int] = mapped_column(ForeignKey("erp_materials_material.id"))
    state: Mapped[PlanState] = mapped_column(choice(PlanState), default=PlanState.QUEUED)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("core_jobs_job.id"))
    instance: Mapped[Json]  # contracts: cutting instance
    result: Mapped[Json | None]  # contracts: cutting plan; empty until READY
    yield_rate: Mapped[Rate | None]
    stock_count: Mapped[int | None]  # sheets or bars
    piece_count: Mapped[int]
    unplaced_count: Mapped[int | None]
    created_at: Mapped[At]
    computed_at: Mapped[At | None]


class CutLayout(Model):
    """One physical sheet or bar of a plan, with a label of its own."""

    __tablename__ = "mes_cutting_cut_layout"
    __table_args__ = (UniqueConstraint("plan_id", "position"),)

    id: Mapped[Id]
    code: Mapped[Code] = mapped_column(unique=True)  # O…
    plan_id: Mapped[int] = mapped_column(ForeignKey("mes_cutting_cut_plan.id"), index=True)
    position: Mapped[int]  # in cutting order
    pattern: Mapped[int]  # which layout of the plan's result
    article_id: Mapped[int] = mapped_column(ForeignKey("erp_materials_article.id"))
    cut_at: Mapped[At | None]
    cut_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))


class Placement(Model):
    """One part of one piece on one physical sheet or bar. A bundle of n parts has n rows."""

    __tablename__ = "mes_cutting_placement"
    __table_args__ = (Index("ix_mes_cutting_placement_piece_id", "piece_id"),)

    id: Mapped[Id]
    layout_id: Mapped[int] = mapped_column(ForeignKey("mes_cutting_cut_layout.id"), index=True)
    piece_id: Mapped[int] = mapped_column(ForeignKey("mes_splitting_piece.id"))
    position: Mapped[int]  # in cutting order on this sheet
    x_mm: Mapped[Mm]
    y_mm: Mapped[Mm]
    length_mm: Mapped[Mm]
    width_mm: Mapped[Mm]
    is_turned: Mapped[bool]
