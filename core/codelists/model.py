"""Tables of code lists."""

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Id, Json, Model


class Entry(Model):
    """One word of one plain list (colours, defects), with what people also call it."""

    __tablename__ = "core_codelists_entry"
    __table_args__ = (UniqueConstraint("kind", "code"),)

    id: Mapped[Id]
    kind: Mapped[str]  # "colour", "defect"
    code: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str]
    nicknames: Mapped[Json]  # ["奶白", "暖百"]
    group_code: Mapped[str] = mapped_column(default="")  # what a word belongs to: a defect's duty
    position: Mapped[int]
    is_active: Mapped[bool] = mapped_column(default=True)
