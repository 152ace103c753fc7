"""Tables of splitting: what a released order was split into, frozen. Lengths are mm."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Code, Id, Json, Min, Mm, Model, Qty, choice
from erp.catalogue.rules.document import DoorKind
from erp.materials.rules import Grain
from mes.splitting.rules import CutMethod, PieceState, ReleaseReason


class DoorSet(Model):
    """One physical door set of a released order line, as it was split by the release or by the last change of it."""

    __tablename__ = "mes_splitting_door_set"
    __table_args__ = (UniqueConstraint("line_id", "position"),)

    id: Mapped[Id]
    code: Mapped[Code] = mapped_column(unique=True)  # D…
    number: Mapped[str] = mapped_column(unique=True)  # SO2611-0042-3-1: order, line, which of its equal sets
    order_id: Mapped[int] = mapped_column(ForeignKey("erp_sales_order.id"), index=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("erp_sales_line.id"))
    position: Mapped[int]
    room: Mapped[str]
    door_version_id: Mapped[int] = mapped_column(ForeignKey("erp_catalogue_door_version.id"))
    parameters_sha256: Mapped[str]  # of the line's values and the profile's parameters
    evaluator: Mapped[str]
    results: Mapped[Json]  # named results, {name: text}
    drawing: Mapped[Json]  # what the door macros draw
    packages: Mapped[Json]  # planned packages: [{kind, index, name, name_en, pieces: [rule codes]}]
    frozen_at: Mapped[At]
    voided_at: Mapped[At | None]  # cancelled after the release; its pieces are void


class Piece(Model):
    """One physical part (or one bundle with one label) of one door set, and how far it has come."""

    __tablename__ = "mes_splitting_piece"
    __table_args__ = (
        CheckConstraint("part_count > 0", name="part_count_positive"),
        CheckConstraint("(code IS NULL) = (is_tracked = false)", name="tracked_has_code"),
        Index("ix_mes_splitting_piece_order_id_state", "order_id", "state"),
        Index("ix_mes_splitting_piece_material_id_state", "material_id", "state"),
        Index("ix_mes_splitting_piece_is_urgent_state", "is_urgent", "state"),  # remakes on their way
    )

    id: Mapped[Id]
    code: Mapped[str | None] = mapped_column(unique=True)  # P…; the code of the label in force
    set_id: Mapped[int] = mapped_column(ForeignKey("mes_splitting_door_set.id"), index=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("erp_sales_order.id"))
    rule_code: Mapped[str]  # JAMB_L, LEAF_1: unique among the live pieces of its set
    name: Mapped[str]
    name_en: Mapped[str]
    part_group: Mapped[str]  # LEAF FRAME TRIM HARDWARE GLASS PACKING
    material_id: Mapped[int | None] = mapped_column(ForeignKey("erp_materials_material.id"))
    thickness_mm: Mapped[Mm | None]
    length_mm: Mapped[Mm | None]  # finished
    width_mm: Mapped[Mm | None]
    cut_length_mm: Mapped[Mm | None]  # as sawn
    cut_width_mm: Mapped[Mm | None]
    cut_method: Mapped[CutMethod] = mapped_column(choice(CutMethod))
    grain: Mapped[Grain] = mapped_column(choice(Grain))
    part_count: Mapped[int]  # more than 1: a bundle under one label
    is_tracked: Mapped[bool]
    edges: Mapped[str] = mapped_column(default="")
    mitre: Mapped[str] = mapped_column(default="")
    machining: Mapped[str] = mapped_column(default="")
    drawn_as: Mapped[str] = mapped_column(default="")  # which part of the drawing it is
    joins: Mapped[str | None]  # code of the piece of the same set that this one is built into
    mirror_code: Mapped[str | None]  # rule code of its left or right twin
    package_kind: Mapped[str | None]
    package_index: Mapped[int | None]
    route: Mapped[Json]  # operation codes in order
    hand_edit_id: Mapped[int | None] = mapped_column(
        ForeignKey("erp_sales_hand_edit.id")
    )  # changed or added by hand: who, when and why stand there
    step_count: Mapped[int] = mapped_column(default=0)  # operations done
    state: Mapped[PieceState] = mapped_column(choice(PieceState), default=PieceState.PLANNED)
    is_urgent: Mapped[bool] = mapped_column(default=False)  # a remake goes first
    remake_of_id: Mapped[int | None] = mapped_column(ForeignKey("mes_splitting_piece.id"), unique=True)
    changed_at: Mapped[At]  # of its last step or state: "waiting since"


class Requirement(Model):
    """What one door set needs of one material that is no piece: band, hinges, lock, seal, carton."""

    __tablename__ = "mes_splitting_requirement"

    id: Mapped[Id]
    set_id: Mapped[int] = mapped_column(ForeignKey("mes_splitting_door_set.id"), index=True)
    rule_code: Mapped[str]
    material_id: Mapped[int] = mapped_column(ForeignKey("erp_materials_material.id"), index=True)
    needed_qty: Mapped[Qty]  # in the material's unit
    joins: Mapped[str | None]  # code of the kit piece of the same set that it lies in
    hand_edit_id: Mapped[int | None] = mapped_column(ForeignKey("erp_sales_hand_edit.id"))


class Release(Model):
    """One release of one order: the first makes version 1, each change after it one more."""

    __tablename__ = "mes_splitting_release"
    __table_args__ = (
        UniqueConstraint("order_id", "version"),
        CheckConstraint("version > 0 AND active_min >= 0", name="counts_from_one"),
        CheckConstraint("(version = 1) = (reason = 'first')", name="further_says_why"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("erp_sales_order.id"))
    version: Mapped[int]
    reason: Mapped[ReleaseReason] = mapped_column(choice(ReleaseReason))
    note: Mapped[str] = mapped_column(default="")
    is_untouched: Mapped[bool]  # no hand was laid on any of its lines
    active_min: Mapped[Min]  # people's recorded work on the order and its sheet since the release before
    released_at: Mapped[At] = mapped_column(index=True)
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))


class ReleasedLine(Model):
    """One order line in one release, as it stood then; a further release names only the lines it changed."""

    __tablename__ = "mes_splitting_released_line"
    __table_args__ = (
        UniqueConstraint("release_id", "line_id"),
        CheckConstraint(
            "set_count > 0 AND touch_count >= 0 AND hand_edit_count >= 0", name="counts_not_negative"
        ),
    )

    id: Mapped[Id]
    release_id: Mapped[int] = mapped_column(ForeignKey("mes_splitting_release.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("erp_sales_line.id"), index=True)
    kind: Mapped[DoorKind] = mapped_column(
        choice(DoorKind)
    )  # with the next two: its class in the first figure
    has_glass: Mapped[bool]
    has_transom: Mapped[bool]
    set_count: Mapped[int]
    touch_count: Mapped[int | None]  # of a hand; not known where it was released before touches were recorded
    hand_edit_count: Mapped[int] = mapped_column(default=0)  # manual overrides in force on it
