"""The table of the company."""

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.company.rules import Company
from core.db import At, Id, Model

ONLY = 1  # the one row's id


class Letterhead(Model):
    """The factory as its papers name it: the table has this one row, or none before it was first entered."""

    __tablename__ = "core_company_letterhead"
    __table_args__ = (CheckConstraint(f"id = {ONLY}", name="only_one"),)

    id: Mapped[Id]
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    address_en: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    bank: Mapped[str] = mapped_column(default="")
    bank_account: Mapped[str] = mapped_column(default="")
    tax_number: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)  # a page that saw another one is told
    changed_at: Mapped[At]

    @property
    def company(self) -> Company:
        """The row as the papers want it."""
        return Company(**{name: getattr(self, name) for name in Company.__slots__})
