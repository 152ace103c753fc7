"""Tables of numbers."""

from sqlalchemy.orm import Mapped, mapped_column

from core.db import Id, Model


class NumberSeries(Model):
    """One series (a document prefix in one month, or a letter of printed codes) and the last number given."""

    __tablename__ = "core_numbers_series"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    given_count: Mapped[int] = mapped_column(default=0)
