"""Tables of work sheets."""

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Id, Json, Model, choice
from mes.worksheets.rules import PaperKind


class MachineCode(Model):
    """One template that turns a piece into the string that the machine of one operation takes."""

    __tablename__ = "mes_worksheets_machine_code"
    __table_args__ = (CheckConstraint("length_max > 0", name="length_positive"),)

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)  # DOORLINE
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    operation_code: Mapped[str] = mapped_column(index=True)
    part_group: Mapped[str] = mapped_column(default="")  # LEAF, FRAME …; empty: every piece that passes there
    template: Mapped[str]
    tables: Mapped[Json]  # {table: {value: word}}
    alphabet: Mapped[str] = mapped_column(default="")  # the characters it takes; empty: printable ASCII
    length_max: Mapped[int]
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Paper(Model):
    """One long paper that is drawn in the background, and the file that came of it."""

    __tablename__ = "mes_worksheets_paper"

    id: Mapped[Id]
    kind: Mapped[PaperKind] = mapped_column(choice(PaperKind))
    title: Mapped[str]
    job_id: Mapped[int] = mapped_column(ForeignKey("core_jobs_job.id"))
    file_id: Mapped[int | None] = mapped_column(ForeignKey("core_files_file.id"))
    created_at: Mapped[At]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
