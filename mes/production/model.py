"""Tables of production."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Id, Model, choice
from erp.catalogue.rules.entries import Duty


class WorkReport(Model):
    """One operation done on one piece: by whom, where and when. One row per piece, operation and pass."""

    __tablename__ = "mes_production_work_report"
    __table_args__ = (UniqueConstraint("piece_id", "operation_code", "pass_no"),)

    id: Mapped[Id]
    piece_id: Mapped[int] = mapped_column(ForeignKey("mes_splitting_piece.id"))
    operation_code: Mapped[str]
    pass_no: Mapped[int] = mapped_column(default=1)
    person_id: Mapped[int] = mapped_column(ForeignKey("core_auth_person.id"), index=True)
    station_id: Mapped[int | None] = mapped_column(ForeignKey("mes_scanning_station.id"))
    done_at: Mapped[At] = mapped_column(index=True)


class Scrap(Model):
    """One piece that was scrapped on the floor, why, and the piece that replaces it."""

    __tablename__ = "mes_production_scrap"

    id: Mapped[Id]
    piece_id: Mapped[int] = mapped_column(ForeignKey("mes_splitting_piece.id"), unique=True)
    new_piece_id: Mapped[int] = mapped_column(ForeignKey("mes_splitting_piece.id"), unique=True)
    defect_code: Mapped[str]  # core.codelists, kind "defect"
    duty: Mapped[Duty] = mapped_column(
        choice(Duty), default=Duty.UNKNOWN
    )  # that of the reason, until somebody judges otherwise
    note: Mapped[str] = mapped_column(default="")
    operation_code: Mapped[str | None]  # the operation it was due for
    person_id: Mapped[int] = mapped_column(ForeignKey("core_auth_person.id"))
    station_id: Mapped[int | None] = mapped_column(ForeignKey("mes_scanning_station.id"))
    scrapped_at: Mapped[At] = mapped_column(index=True)
