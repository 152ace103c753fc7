"""Tables of packing. Weights are kg."""

from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Code, Id, Json, Kg, Model, choice
from erp.catalogue.rules.document import KitCheck
from mes.packing.rules import DamageStage, PackageState, RecheckState
from mes.scanning.rules import Block


class Package(Model):
    """One box, planned when its order was released: i of N of the order, with fixed contents.

    It holds pieces of one door set, or of several sets of its order that share it.
    """

    __tablename__ = "mes_packing_package"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint("(set_id IS NULL) = (shared_index IS NOT NULL)", name="of_a_set_or_shared"),
    )

    id: Mapped[Id]
    code: Mapped[Code] = mapped_column(unique=True)  # K…; the code of the label in force
    order_id: Mapped[int] = mapped_column(ForeignKey("erp_sales_order.id"))
    set_id: Mapped[int | None] = mapped_column(ForeignKey("mes_splitting_door_set.id"), index=True)
    shared_index: Mapped[int | None]  # which of its kind among those that sets of the order share
    rooms: Mapped[str] = mapped_column(
        default=""
    )  # of a shared one: the rooms of what belongs in, for people
    kind: Mapped[str]  # the package rule: LEAF FRAME TRIM HARDWARE
    name: Mapped[str]
    name_en: Mapped[str]
    position: Mapped[int]  # i
    total_count: Mapped[int]  # N
    state: Mapped[PackageState] = mapped_column(
        choice(PackageState), default=PackageState.PLANNED, index=True
    )
    place_id: Mapped[int | None] = mapped_column(ForeignKey("erp_stock_place.id"), index=True)
    label_count: Mapped[int] = mapped_column(default=0)  # labels printed, torn ones included
    planned_kg: Mapped[Kg | None]  # what its pieces weigh by the package rule
    kit_check: Mapped[KitCheck] = mapped_column(choice(KitCheck), default=KitCheck.CODE)
    tolerance_kg: Mapped[Kg] = mapped_column(default=Decimal(0))  # by which a weighed kit may differ
    weighed_kg: Mapped[Kg | None]  # on the scales, when it was sealed
    supplement_of_id: Mapped[int | None] = mapped_column(
        ForeignKey("mes_packing_package.id")
    )  # the box that went without what is in this one
    opened_at: Mapped[At | None]
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    sealed_at: Mapped[At | None] = mapped_column(index=True)
    sealed_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))


class Content(Model):
    """One piece that belongs into one package; packed once it has been scanned in."""

    __tablename__ = "mes_packing_content"

    id: Mapped[Id]
    package_id: Mapped[int] = mapped_column(ForeignKey("mes_packing_package.id"), index=True)
    piece_id: Mapped[int] = mapped_column(ForeignKey("mes_splitting_piece.id"), unique=True)
    packed_at: Mapped[At | None]
    packed_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))


class KitCount(Model):
    """How many of one material were counted into one package with a kit."""

    __tablename__ = "mes_packing_kit_count"
    __table_args__ = (
        UniqueConstraint("package_id", "material_id"),
        CheckConstraint("counted_count > 0", name="counted_positive"),
    )

    id: Mapped[Id]
    package_id: Mapped[int] = mapped_column(ForeignKey("mes_packing_package.id"))
    material_id: Mapped[int] = mapped_column(ForeignKey("erp_materials_material.id"))
    counted_count: Mapped[int]
    counted_at: Mapped[At]
    counted_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))


class Damage(Model):
    """One report that a package is damaged (E14): where it was seen, by whom, with a picture."""

    __tablename__ = "mes_packing_damage"

    id: Mapped[Id]
    package_id: Mapped[int] = mapped_column(ForeignKey("mes_packing_package.id"), index=True)
    stage: Mapped[DamageStage] = mapped_column(choice(DamageStage))
    note: Mapped[str]
    photo_id: Mapped[int | None] = mapped_column(ForeignKey("core_files_file.id"))
    before: Mapped[PackageState] = mapped_column(choice(PackageState))  # where it stood
    reported_at: Mapped[At] = mapped_column(index=True)
    reported_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))


class Draw(Model):
    """One random draw of packages to be looked at again; whoever has the seed can draw it once more."""

    __tablename__ = "mes_packing_draw"

    id: Mapped[Id]
    seed: Mapped[str]
    candidates: Mapped[Json]  # ids of the packages it was drawn from
    drawn_count: Mapped[int]
    drawn_at: Mapped[At]
    drawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))


class Recheck(Model):
    """One package that is, or was, looked at again by somebody else, who is not told what belongs in."""

    __tablename__ = "mes_packing_recheck"
    __table_args__ = (
        UniqueConstraint("draw_id", "package_id"),
        Index("ix_mes_packing_recheck_package_id", "package_id"),
        Index(
            "uq_mes_packing_recheck_open",  # one look at a time
            "package_id",
            unique=True,
            sqlite_where=text("state IN ('drawn', 'begun')"),
            postgresql_where=text("state IN ('drawn', 'begun')"),
        ),
    )

    id: Mapped[Id]
    draw_id: Mapped[int] = mapped_column(ForeignKey("mes_packing_draw.id"))
    package_id: Mapped[int] = mapped_column(ForeignKey("mes_packing_package.id"))
    state: Mapped[RecheckState] = mapped_column(choice(RecheckState), default=RecheckState.DRAWN)
    packed_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))  # who sealed it
    checked_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    begun_at: Mapped[At | None]
    ended_at: Mapped[At | None] = mapped_column(index=True)
    is_right: Mapped[bool | None]
    errors: Mapped[Json]  # [{"block": "E01", "code": "P…", "name": …, "name_en": …}]
    note: Mapped[str] = mapped_column(default="")
    photo_id: Mapped[int | None] = mapped_column(ForeignKey("core_files_file.id"))


class RecheckItem(Model):
    """One label that was scanned out of a package that is looked at again."""

    __tablename__ = "mes_packing_recheck_item"
    __table_args__ = (UniqueConstraint("recheck_id", "code"),)

    id: Mapped[Id]
    recheck_id: Mapped[int] = mapped_column(ForeignKey("mes_packing_recheck.id"))
    code: Mapped[Code]
    piece_id: Mapped[int | None] = mapped_column(ForeignKey("mes_splitting_piece.id"))
    seen: Mapped[Block | None] = mapped_column(choice(Block))  # what eyes see: E04, E14; nothing: as labelled
    scanned_at: Mapped[At]
