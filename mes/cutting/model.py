"""Tables of cutting: plans, their layouts, which piece lies where, offcuts, and how saws work. Lengths are mm."""

from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Code, Id, Json, Mm, Model, On, Rate, choice
from mes.cutting.rules import PlanState
from mes.cutting.rules.offcuts import OffcutState
from mes.nesting.rules.instance import FirstCut

ZERO = Decimal(0)


class CutPlan(Model):
    """How the pieces of one material in one batch are cut out of stock, as computed once."""

    __tablename__ = "mes_cutting_cut_plan"

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)  # BA2611-0007-1
    batch_id: Mapped[int] = mapped_column(ForeignKey("mes_planning_batch.id"), index=True)
    material_id: Mapped[int] = mapped_column(ForeignKey("erp_materials_material.id"))
    station_id: Mapped[int | None] = mapped_column(ForeignKey("mes_scanning_station.id"))  # the saw it is for
    state: Mapped[PlanState] = mapped_column(choice(PlanState), default=PlanState.QUEUED)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("core_jobs_job.id"))
    instance: Mapped[Json]  # contracts: cutting instance
    result: Mapped[Json | None]  # contracts: cutting plan; while QUEUED the best found so far
    yield_rate: Mapped[Rate | None]
    stock_count: Mapped[int | None]  # sheets or bars
    piece_count: Mapped[int]
    unplaced_count: Mapped[int | None]
    created_at: Mapped[At]
    computed_at: Mapped[At | None]


class TakenAlong(Model):
    """One remake in a plan that is being computed, whatever its batch; gone once the plan is kept or given up."""

    __tablename__ = "mes_cutting_taken_along"

    id: Mapped[Id]
    piece_id: Mapped[int] = mapped_column(ForeignKey("mes_splitting_piece.id"), unique=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("mes_cutting_cut_plan.id"), index=True)


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
    lot_id: Mapped[int | None] = mapped_column(
        ForeignKey("erp_stock_lot.id"), index=True
    )  # the offcut that it is cut from
    board_lot_id: Mapped[int | None] = mapped_column(
        ForeignKey("erp_stock_lot.id"), index=True
    )  # the lot of whole boards that it came out of, an offcut too; known where it was scanned at the saw
    cut_at: Mapped[At | None] = mapped_column(index=True)
    cut_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    cut_station_id: Mapped[int | None] = mapped_column(ForeignKey("mes_scanning_station.id"))
    dropped_at: Mapped[At | None]  # planned anew before it was cut: its label is refused


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


class Offcut(Model):
    """One rest of one sheet or bar that is worth keeping; its label is printed with the sheet's.

    Once its sheet is cut it is a lot of one piece in the ledger of stock, under the same code.
    """

    __tablename__ = "mes_cutting_offcut"
    __table_args__ = (
        CheckConstraint("(state = 'HELD') = (plan_id IS NOT NULL)", name="held_by_a_plan"),
        CheckConstraint("lot_id IS NOT NULL OR state IN ('PLANNED', 'VOID')", name="stock_has_a_lot"),
        Index("ix_mes_cutting_offcut_material_id_state", "material_id", "state"),
    )

    id: Mapped[Id]
    code: Mapped[Code] = mapped_column(unique=True)  # O…
    layout_id: Mapped[int] = mapped_column(ForeignKey("mes_cutting_cut_layout.id"), index=True)
    material_id: Mapped[int] = mapped_column(ForeignKey("erp_materials_material.id"))
    x_mm: Mapped[Mm]  # where it lies on its sheet
    y_mm: Mapped[Mm]
    length_mm: Mapped[Mm]  # along the sheet's length, so that the grain is known
    width_mm: Mapped[Mm | None]  # a bar has none
    state: Mapped[OffcutState] = mapped_column(choice(OffcutState), default=OffcutState.PLANNED)
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("erp_stock_lot.id"), unique=True)
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("mes_cutting_cut_plan.id"), index=True)
    is_wanted: Mapped[bool] = mapped_column(default=False)  # somebody wants it used before all others
    kept_at: Mapped[At | None]  # since when it lies in stock
    ended_at: Mapped[At | None]
    reason: Mapped[str] = mapped_column(default="")  # why it was taken out


class Saw(Model):
    """One station that saws, and how it works; a station without a row takes one board at a time."""

    __tablename__ = "mes_cutting_saw"
    __table_args__ = (
        CheckConstraint("book_height_mm > 0", name="book_height_positive"),
        CheckConstraint("mitre_mm >= 0", name="mitre_not_negative"),
    )

    id: Mapped[Id]
    station_id: Mapped[int] = mapped_column(ForeignKey("mes_scanning_station.id"), unique=True)
    book_height_mm: Mapped[Mm | None]  # how high a stack of boards it cuts at once
    is_longest_first: Mapped[bool] = mapped_column(default=False)
    mitre_mm: Mapped[Mm] = mapped_column(default=ZERO)  # what it takes for each mitred end of a bar
    is_wedge_lost: Mapped[bool] = mapped_column(
        default=False
    )  # it does not turn the bar: the wedge beside each mitred end is waste
    first_cut: Mapped[FirstCut] = mapped_column(choice(FirstCut), default=FirstCut.ANY)  # through a board
    ptx_version: Mapped[str]  # what its controller reads


class MaterialCut(Model):
    """One material that is cut otherwise than by the defaults."""

    __tablename__ = "mes_cutting_material_cut"
    __table_args__ = (
        CheckConstraint("offcut_rate >= 0", name="offcut_rate_not_negative"),
        CheckConstraint("mitre_mm >= 0", name="mitre_not_negative"),
        CheckConstraint("offcut_length_mm > 0 AND offcut_width_mm > 0", name="offcut_sizes_positive"),
    )

    id: Mapped[Id]
    material_id: Mapped[int] = mapped_column(ForeignKey("erp_materials_material.id"), unique=True)
    station_id: Mapped[int | None] = mapped_column(ForeignKey("mes_scanning_station.id"))  # which saw cuts it
    offcut_length_mm: Mapped[Mm | None]  # a smaller rest is waste
    offcut_width_mm: Mapped[Mm | None]
    offcut_rate: Mapped[Rate]  # an offcut costs a plan so much of what it is worth
    mitre_mm: Mapped[Mm]  # what one mitred end costs of a bar
    is_matched: Mapped[bool] = mapped_column(default=False)  # the grain runs on over the leaves of a set


class Study(Model):
    """One question which stock sizes of a material to buy, what was cut of late, and what came of it."""

    __tablename__ = "mes_cutting_study"

    id: Mapped[Id]
    material_id: Mapped[int] = mapped_column(ForeignKey("erp_materials_material.id"), index=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("core_jobs_job.id"))
    since_on: Mapped[On]  # what was released from this day on
    until_on: Mapped[On]  # to this day
    piece_count: Mapped[int]  # parts to cut
    question: Mapped[Json]  # rules.study: the demand as a cutting instance, and the choices of sizes
    answer: Mapped[Json | None]  # one entry for each choice; empty until it is computed
    asked_at: Mapped[At] = mapped_column(index=True)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
