"""Tables of stock: the ledger and what is derived from it."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Code, Id, Mm, Model, On, Qty, choice
from erp.stock.rules import MoveKind, PlaceKind


class Place(Model):
    """One place that can hold things: a shelf, a lane, the floor; or one of the virtual places."""

    __tablename__ = "erp_stock_place"

    id: Mapped[Id]
    code: Mapped[Code] = mapped_column(unique=True)  # L…
    name: Mapped[str] = mapped_column(unique=True)  # A-03-2
    kind: Mapped[PlaceKind] = mapped_column(choice(PlaceKind), index=True)
    is_active: Mapped[bool] = mapped_column(default=True)


class Lot(Model):
    """One delivery of one article, with a label of its own on every pallet or box of it.

    A lot with sizes of its own is one offcut of a sheet or bar of that article.
    """

    __tablename__ = "erp_stock_lot"
    __table_args__ = (
        CheckConstraint("length_mm > 0 AND width_mm > 0", name="sizes_positive"),
        CheckConstraint("width_mm IS NULL OR length_mm IS NOT NULL", name="width_needs_length"),
    )

    id: Mapped[Id]
    code: Mapped[Code] = mapped_column(unique=True)  # R…
    article_id: Mapped[int] = mapped_column(ForeignKey("erp_materials_article.id"), index=True)
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("erp_parties_party.id"))
    supplier_reference: Mapped[str] = mapped_column(default="")
    received_at: Mapped[At]
    form_key: Mapped[str | None] = mapped_column(
        unique=True
    )  # minted with the form: sent twice, received once
    length_mm: Mapped[Mm | None]  # an offcut's own; empty: as its article
    width_mm: Mapped[Mm | None]

    @property
    def is_offcut(self) -> bool:
        """Whether it is a rest, smaller than its article."""
        return self.length_mm is not None


class Move(Model):
    """One quantity of one lot that went from one place to another. Never changed, never deleted."""

    __tablename__ = "erp_stock_move"
    __table_args__ = (
        CheckConstraint("moved_qty > 0", name="qty_positive"),
        CheckConstraint("from_place_id <> to_place_id", name="places_differ"),
        Index("ix_erp_stock_move_subject", "subject", "subject_id"),
    )

    id: Mapped[Id]
    kind: Mapped[MoveKind] = mapped_column(choice(MoveKind))
    lot_id: Mapped[int] = mapped_column(ForeignKey("erp_stock_lot.id"), index=True)
    from_place_id: Mapped[int] = mapped_column(ForeignKey("erp_stock_place.id"))
    to_place_id: Mapped[int] = mapped_column(ForeignKey("erp_stock_place.id"))
    moved_qty: Mapped[Qty]
    subject: Mapped[str | None]  # what it was moved for, e.g. "mes.planning.batch"
    subject_id: Mapped[int | None]
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("erp_stock_move.id"), unique=True)
    moved_at: Mapped[At] = mapped_column(index=True)
    moved_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))


class Balance(Model):
    """What of one lot lies at one real place: a cache of the ledger that `stock verify` proves."""

    __tablename__ = "erp_stock_balance"
    __table_args__ = (
        UniqueConstraint("lot_id", "place_id"),
        CheckConstraint("on_hand_qty >= 0", name="never_negative"),
    )

    id: Mapped[Id]
    lot_id: Mapped[int] = mapped_column(ForeignKey("erp_stock_lot.id"))
    place_id: Mapped[int] = mapped_column(ForeignKey("erp_stock_place.id"), index=True)
    on_hand_qty: Mapped[Qty]


class Demand(Model):
    """What one subject needs of one material: an order in the material's unit, a batch in articles."""

    __tablename__ = "erp_stock_demand"
    __table_args__ = (
        UniqueConstraint("subject", "subject_id", "material_id"),
        CheckConstraint("needed_qty >= 0", name="needed_not_negative"),
        CheckConstraint("issued_qty >= 0", name="issued_not_negative"),
        CheckConstraint("unit_qty >= 0", name="unit_not_negative"),
    )

    id: Mapped[Id]
    subject: Mapped[str]  # "erp.sales.order" (net need) or "mes.planning.batch" (stock pieces of its plans)
    subject_id: Mapped[int]
    material_id: Mapped[int] = mapped_column(ForeignKey("erp_materials_material.id"), index=True)
    needed_qty: Mapped[Qty]
    issued_qty: Mapped[Qty]
    unit_qty: Mapped[Qty | None]  # needed_qty in the material's unit, where that is not told in it
    name: Mapped[str] = mapped_column(default="")  # the subject's number, as people read it
    needed_on: Mapped[On | None]  # a batch's day; an order's stands with the order, where it may change
    is_carried: Mapped[bool] = mapped_column(default=False)  # a batch's plan asks for it in the order's place


class CutYield(Model):
    """What one cut plan made of its stock, in the material's unit: told by cutting, read where waste is planned."""

    __tablename__ = "erp_stock_cut_yield"
    __table_args__ = (CheckConstraint("net_qty >= 0 AND stock_qty > 0", name="quantities"),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)  # the plan's number
    material_id: Mapped[int] = mapped_column(ForeignKey("erp_materials_material.id"), index=True)
    net_qty: Mapped[Qty]  # the pieces as cut
    stock_qty: Mapped[Qty]  # what can be used of the sheets or bars that they were cut out of
    computed_at: Mapped[At]


class Period(Model):
    """One month that is closed: nothing is moved in it any more. Opened again, the row goes."""

    __tablename__ = "erp_stock_period"

    id: Mapped[Id]
    month_on: Mapped[On] = mapped_column(unique=True)  # its first day
    ends_at: Mapped[At]  # the first moment after it, in the factory
    closed_at: Mapped[At]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
