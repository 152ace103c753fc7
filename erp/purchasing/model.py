"""Tables of purchasing. Quantities of lines and offers count articles; the price is of one."""

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Id, Model, On, Price, Qty, Rate, choice
from erp.purchasing.rules.orders import PurchaseState


class SupplierArticle(Model):
    """One article as one supplier delivers it."""

    __tablename__ = "erp_purchasing_supplier_article"
    __table_args__ = (
        UniqueConstraint("supplier_id", "article_id"),
        CheckConstraint("price >= 0 AND lead_days >= 0", name="not_negative"),
        CheckConstraint("least_qty > 0 AND multiple_qty > 0", name="quantities_positive"),
    )

    id: Mapped[Id]
    supplier_id: Mapped[int] = mapped_column(ForeignKey("erp_parties_party.id"))
    article_id: Mapped[int] = mapped_column(ForeignKey("erp_materials_article.id"), index=True)
    supplier_code: Mapped[str] = mapped_column(default="")  # what the supplier calls it
    price: Mapped[Price]
    lead_days: Mapped[int]  # calendar days from order to delivery
    least_qty: Mapped[Qty]
    multiple_qty: Mapped[Qty]  # pack size
    is_active: Mapped[bool] = mapped_column(default=True)


class Policy(Model):
    """How one material is planned, and how often its proposal was turned into an order."""

    __tablename__ = "erp_purchasing_policy"
    __table_args__ = (
        CheckConstraint("safety_qty >= 0", name="safety_not_negative"),
        CheckConstraint("waste_rate >= 0", name="waste_not_negative"),
    )

    id: Mapped[Id]
    material_id: Mapped[int] = mapped_column(ForeignKey("erp_materials_material.id"), unique=True)
    safety_qty: Mapped[Qty]  # in the material's unit
    waste_rate: Mapped[Rate]  # until cut plans tell a better one
    taken_count: Mapped[int] = mapped_column(default=0)  # a proposal is turned into an order once


class PurchaseOrder(Model):
    """One order to one supplier."""

    __tablename__ = "erp_purchasing_order"

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)  # PO2611-0007
    supplier_id: Mapped[int] = mapped_column(ForeignKey("erp_parties_party.id"), index=True)
    state: Mapped[PurchaseState] = mapped_column(
        choice(PurchaseState), default=PurchaseState.DRAFT, index=True
    )
    expected_on: Mapped[On | None]
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[At] = mapped_column(index=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    ordered_at: Mapped[At | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class PurchaseLine(Model):
    """One article of a purchase order: how much, at what price, and how much of it has come."""

    __tablename__ = "erp_purchasing_line"
    __table_args__ = (
        UniqueConstraint("order_id", "article_id"),
        CheckConstraint("ordered_qty > 0", name="ordered_positive"),
        CheckConstraint("received_qty >= 0", name="received_not_negative"),
        CheckConstraint("price >= 0", name="price_not_negative"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("erp_purchasing_order.id"))
    article_id: Mapped[int] = mapped_column(ForeignKey("erp_materials_article.id"), index=True)
    ordered_qty: Mapped[Qty]
    received_qty: Mapped[Qty]
    price: Mapped[Price]


class Receipt(Model):
    """One delivery against one purchase line: the lot that it became."""

    __tablename__ = "erp_purchasing_receipt"

    id: Mapped[Id]
    line_id: Mapped[int] = mapped_column(ForeignKey("erp_purchasing_line.id"), index=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("erp_stock_lot.id"), unique=True)
    taken_qty: Mapped[Qty]
    reason: Mapped[str] = mapped_column(default="")  # why more was kept than was ordered
