"""Tables of shipping."""

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Code, Id, Model, On, choice
from mes.scanning.rules import Block
from mes.shipping.rules import ClaimKind, ClaimState, Condition, Freight, LoadState


class Load(Model):
    """One vehicle on one day, and what is to go onto it."""

    __tablename__ = "mes_shipping_load"

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)  # LD2611-0003
    code: Mapped[Code] = mapped_column(unique=True)  # S…
    vehicle: Mapped[str]
    driver: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    carrier: Mapped[str] = mapped_column(default="")
    freight: Mapped[Freight] = mapped_column(choice(Freight), default=Freight.PREPAID)
    is_by_stop: Mapped[bool] = mapped_column(default=False)  # what is unloaded last is loaded first
    planned_on: Mapped[On]
    state: Mapped[LoadState] = mapped_column(choice(LoadState), default=LoadState.PLANNED)
    created_at: Mapped[At]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    closed_at: Mapped[At | None] = mapped_column(index=True)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    exception_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))  # who signed
    exception_reason: Mapped[str | None]  # why it was closed short
    shipped_at: Mapped[At | None] = mapped_column(index=True)
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
    token_sha256: Mapped[str | None] = mapped_column(unique=True)  # of the link by which its dealer confirms
    link_made_at: Mapped[At | None]
    link_expires_at: Mapped[At | None]
    received_at: Mapped[At | None] = mapped_column(index=True)  # when the dealer had told of every package
    received_by: Mapped[str] = mapped_column(default="")  # the name that was typed


class LoadPackage(Model):
    """One package that belongs onto one load; loaded once it was scanned on. Left behind: the row goes."""

    __tablename__ = "mes_shipping_load_package"

    id: Mapped[Id]
    load_id: Mapped[int] = mapped_column(ForeignKey("mes_shipping_load.id"), index=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("mes_shipping_delivery.id"), index=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("mes_packing_package.id"), unique=True)
    loaded_at: Mapped[At | None]
    loaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))


class LoadPhoto(Model):
    """One picture of a vehicle as it was loaded."""

    __tablename__ = "mes_shipping_load_photo"

    id: Mapped[Id]
    load_id: Mapped[int] = mapped_column(ForeignKey("mes_shipping_load.id"), index=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("core_files_file.id"))
    taken_at: Mapped[At]
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))


class Receipt(Model):
    """What a dealer said of one package of a delivery: that it came as it should, or what is wrong."""

    __tablename__ = "mes_shipping_receipt"
    __table_args__ = (UniqueConstraint("delivery_id", "package_id"),)

    id: Mapped[Id]
    delivery_id: Mapped[int] = mapped_column(ForeignKey("mes_shipping_delivery.id"))
    package_id: Mapped[int] = mapped_column(ForeignKey("mes_packing_package.id"), index=True)
    is_right: Mapped[bool]
    said_at: Mapped[At]
    said_by: Mapped[str]


class Claim(Model):
    """One thing that a dealer says is wrong with a delivery, and what the office found."""

    __tablename__ = "mes_shipping_claim"
    __table_args__ = (
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_has_moment"),
        CheckConstraint("state <> 'accepted' OR block_code IS NOT NULL", name="accepted_has_class"),
    )

    id: Mapped[Id]
    delivery_id: Mapped[int] = mapped_column(ForeignKey("mes_shipping_delivery.id"), index=True)
    package_id: Mapped[int | None] = mapped_column(
        ForeignKey("mes_packing_package.id"), index=True
    )  # nothing: a thing that is on no list
    kind: Mapped[ClaimKind] = mapped_column(choice(ClaimKind))
    note: Mapped[str] = mapped_column(default="")
    photo_id: Mapped[int | None] = mapped_column(ForeignKey("core_files_file.id"))
    claimed_at: Mapped[At] = mapped_column(index=True)
    claimed_by: Mapped[str]  # the name that was typed
    is_late: Mapped[bool]  # later than the days within which a claim counts for the packing's accuracy
    state: Mapped[ClaimState] = mapped_column(choice(ClaimState), default=ClaimState.OPEN)
    block_code: Mapped[Block | None] = mapped_column(choice(Block))  # whose error it was, by its number
    answer: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[At | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))


class Remake(Model):
    """One piece that is made again because of a claim, a return or a damage; why stands with its scrap."""

    __tablename__ = "mes_shipping_remake"

    id: Mapped[Id]
    scrap_id: Mapped[int] = mapped_column(ForeignKey("mes_production_scrap.id"), unique=True)
    package_id: Mapped[int] = mapped_column(
        ForeignKey("mes_packing_package.id"), index=True
    )  # the one that it lay in
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("mes_shipping_claim.id"), index=True)
    return_id: Mapped[int | None] = mapped_column(ForeignKey("mes_shipping_return.id"), index=True)


class Return(Model):
    """One package that came back from a delivery; its row left the load's list, the note keeps it."""

    __tablename__ = "mes_shipping_return"

    id: Mapped[Id]
    package_id: Mapped[int] = mapped_column(ForeignKey("mes_packing_package.id"), index=True)
    load_id: Mapped[int] = mapped_column(ForeignKey("mes_shipping_load.id"), index=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("mes_shipping_delivery.id"), index=True)
    condition: Mapped[Condition] = mapped_column(choice(Condition))
    reason: Mapped[str]
    loaded_at: Mapped[At]
    loaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    returned_at: Mapped[At] = mapped_column(index=True)
    returned_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
