"""Tables of scanning."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Code, Id, Json, Model, choice
from mes.scanning.rules import Block, Outcome, ScanKind, StationKind


class Station(Model):
    """One work place with a label of its own; the operations that are reported there."""

    __tablename__ = "mes_scanning_station"

    id: Mapped[Id]
    code: Mapped[Code] = mapped_column(unique=True)  # M…
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    kind: Mapped[StationKind] = mapped_column(choice(StationKind))
    operation_codes: Mapped[Json]  # ["SIZE", "EDGE"]; [] for packing, store and dock
    printer_id: Mapped[int | None] = mapped_column(ForeignKey("core_printing_printer.id"))  # beside it
    is_active: Mapped[bool] = mapped_column(default=True)


class Device(Model):
    """One tablet or handheld enrolled at a station; `key` is its unguessable id, kept on the device."""

    __tablename__ = "mes_scanning_device"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    station_id: Mapped[int] = mapped_column(ForeignKey("mes_scanning_station.id"))
    enrolled_at: Mapped[At]
    enrolled_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    is_active: Mapped[bool] = mapped_column(default=True)


class Scan(Model):
    """One gesture with a scanner, whatever became of it, and the answer it got. Append-only."""

    __tablename__ = "mes_scanning_scan"
    __table_args__ = (
        CheckConstraint("(outcome = 'BLOCK') = (block_code IS NOT NULL)", name="block_says_why"),
        UniqueConstraint("device_id", "device_position"),  # a device counts its gestures; none is kept twice
        Index("ix_mes_scanning_scan_object", "object_type", "object_id"),
        Index("ix_mes_scanning_scan_kind_received_at", "kind", "received_at"),
        Index(
            "ix_mes_scanning_scan_refused",  # few among many
            "received_at",
            sqlite_where=text("block_code IS NOT NULL"),
            postgresql_where=text("block_code IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    scan_id: Mapped[str] = mapped_column(unique=True)  # minted on the device, once per gesture
    body_sha256: Mapped[str]
    kind: Mapped[ScanKind] = mapped_column(choice(ScanKind))
    code: Mapped[str]  # as it came, cut at 64 characters
    context: Mapped[str | None]
    witness: Mapped[str | None]
    person_id: Mapped[int] = mapped_column(ForeignKey("core_auth_person.id"))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("mes_scanning_device.id"))
    station_id: Mapped[int | None] = mapped_column(ForeignKey("mes_scanning_station.id"))
    device_position: Mapped[
        int | None
    ]  # `position` of the protocol: the order on the device, whatever its clock
    scanned_at: Mapped[At]  # the device's clock
    received_at: Mapped[At]  # the server's
    scan_count: Mapped[int] = mapped_column(default=1)  # `quantity` of the protocol
    is_manual: Mapped[bool] = mapped_column(default=False)
    outcome: Mapped[Outcome] = mapped_column(choice(Outcome))
    block_code: Mapped[Block | None] = mapped_column(choice(Block))
    object_type: Mapped[str | None]
    object_id: Mapped[int | None]
    context_id: Mapped[int | None]
    override_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    override_reason: Mapped[str | None]
    answer: Mapped[Json]  # the stored answer, without its language: msgids and facts


class FormerLabel(Model):
    """One label that is refused from now on, and the code that stands in its place, if any."""

    __tablename__ = "mes_scanning_former_label"

    id: Mapped[Id]
    code: Mapped[Code] = mapped_column(unique=True)
    new_code: Mapped[str | None]
    reason: Mapped[str]  # "torn", "scrapped", …
    replaced_at: Mapped[At]
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
