"""Tables of changes: what every change of a released order did. Rows are written once and never changed."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Id, Json, Model, Money, On, choice
from mes.changes.rules.comparing import BoxFate, Fate, SetFate
from mes.packing.rules import PackageState


class Change(Model):
    """One change of one released order that came into force; who, when and why stand with its release."""

    __tablename__ = "mes_changes_change"

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("erp_sales_order.id"), index=True)
    release_id: Mapped[int] = mapped_column(ForeignKey("mes_splitting_release.id"), unique=True)
    lines: Mapped[
        Json
    ]  # [{"position", "before", "after", prices of one set}], entries as rules.amending keeps them
    before_amount: Mapped[Money | None]  # agreed total of the order
    after_amount: Mapped[Money | None]
    before_due_on: Mapped[On | None]
    after_due_on: Mapped[On | None]


class ChangedSet(Model):
    """One door set that a change froze anew, brought, or took back; `before` is what it was frozen as."""

    __tablename__ = "mes_changes_changed_set"
    __table_args__ = (UniqueConstraint("change_id", "set_id"),)

    id: Mapped[Id]
    change_id: Mapped[int] = mapped_column(ForeignKey("mes_changes_change.id"))
    set_id: Mapped[int] = mapped_column(ForeignKey("mes_splitting_door_set.id"), index=True)
    fate: Mapped[SetFate] = mapped_column(choice(SetFate))
    before: Mapped[
        Json
    ]  # {"door_version_id", "parameters_sha256", "results", "drawing", "packages"}; {} of a new one


class ChangedPiece(Model):
    """What one change did with one piece of a changed set; a piece that stays is both the old and the new one."""

    __tablename__ = "mes_changes_changed_piece"

    id: Mapped[Id]
    change_id: Mapped[int] = mapped_column(ForeignKey("mes_changes_change.id"), index=True)
    set_id: Mapped[int] = mapped_column(ForeignKey("mes_splitting_door_set.id"))
    old_piece_id: Mapped[int | None] = mapped_column(ForeignKey("mes_splitting_piece.id"))
    new_piece_id: Mapped[int | None] = mapped_column(ForeignKey("mes_splitting_piece.id"))
    fate: Mapped[Fate] = mapped_column(choice(Fate))
    stage: Mapped[str]  # how far the old one had come: a state of a piece, or of its package; "" of a new one
    because: Mapped[str]  # code of the piece that it shares its fate with; "" for none


class ChangedBox(Model):
    """What one change did with one package of a changed set, and where it was."""

    __tablename__ = "mes_changes_changed_box"

    id: Mapped[Id]
    change_id: Mapped[int] = mapped_column(ForeignKey("mes_changes_change.id"), index=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("mes_packing_package.id"))
    fate: Mapped[BoxFate] = mapped_column(choice(BoxFate))
    state: Mapped[PackageState] = mapped_column(choice(PackageState))  # before
    place: Mapped[str]  # its name; "" where it lay at none
