"""Tables of packing."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Code, Id, Model, choice
from mes.packing.rules import PackageState


class Package(Model):
    """One box, planned when its order was released: i of N of the order, with fixed contents."""

    __tablename__ = "mes_packing_package"
    __table_args__ = (UniqueConstraint("order_id", "position"),)

    id: Mapped[Id]
    code: Mapped[Code] = mapped_column(unique=True)  # K…; the code of the label in force
    order_id: Mapped[int] = mapped_column(ForeignKey("erp_sales_order.id"))
    set_id: Mapped[int] = mapped_column(ForeignKey("mes_splitting_door_set.id"), index=True)
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
