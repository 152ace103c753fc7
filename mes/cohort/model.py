"""Tables of the cohort."""

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Blob, Id, Model


class FactoryKey(Model):
    """The one key by which this factory signs its exports; kept with the data: a restored factory stays the same."""

    __tablename__ = "mes_cohort_factory_key"
    __table_args__ = (CheckConstraint("id = 1", name="is_the_only_one"),)

    id: Mapped[Id]
    private: Mapped[Blob] = mapped_column(deferred=True)
    made_at: Mapped[At]
