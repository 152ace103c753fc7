"""Tables of shipping."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Code, Id, Model, On, choice
from mes.shipping.rules import LoadState


class Load(Model):
    """One vehicle on one day, and what is to go onto it."""

    __tablename__ = "mes_shipping_load"

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)  # LD2611-0003
    code: Mapped[Code] = mapped_column(unique=True)  # S…
    vehicle: Mapped[str]
    driver: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    planned_on: Mapped[On]
    state: Mapped[LoadState] = mapped_column(choice(LoadState), default=LoadState.PLANNED)
    created_at: Mapped[At]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    closed_at: Mapped[At | None] = mapped_column(index=True)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    exception_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))  # who signed
    exception_reason: Mapped[str | None]  # why it was closed short
    shipped_at: Mapped[At | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Delivery(Model):
    """One dealer's part of a load: one stop, one delivery note."""

    __tablename__ = "mes_shipping_delivery"
    __table_args__ = (UniqueConstraint("load_id", "dealer_id"),)

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)  # DN2611-0011
    code: Mapped[Code] = mapped_column(unique=True)  # N…
    load_id: Mapped[int] = mapped_column(ForeignKey("mes_shipping_load.id"))
    dealer_id: Mapped[int] = mapped_column(ForeignKey("erp_parties_party.id"), index=True)
    address: Mapped[str]
    position: Mapped[int]  # the stop, 1 = first unloaded


class LoadPackage(Model):
    """One package that belongs onto one load; loaded once it was scanned on. Left behind: the row goes."""

    __tablename__ = "mes_shipping_load_package"

    id: Mapped[Id]
    load_id: Mapped[int] = mapped_column(ForeignKey("mes_shipping_load.id"), index=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("mes_shipping_delivery.id"), index=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("mes_packing_package.id"), unique=True)
    loaded_at: Mapped[At | None]
    loaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
